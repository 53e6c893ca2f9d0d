"""DenseNet (Huang et al. 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.gluon import nn
from mxnet.gluon.block import HybridBlock
from mxnet.gluon.contrib.nn import HybridConcurrent, Identity
from mxnet.gluon.errors import CheckError
from mxnet.gluon.model_zoo.vision.shorthand import shorthand, trained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxnet.context import Context
    from mxnet.gluon.model_zoo.vision.shorthand import Root

__all__ = ["DenseNet", "densenet121", "densenet161", "densenet169", "densenet201"]


def _dense_block(
    layers: int, bn_size: int, growth_rate: int, dropout: float, stage: int
) -> nn.HybridSequential:
    block = nn.HybridSequential(prefix=f"stage{stage}_")
    with block.name_scope():
        for _ in range(layers):
            block.add(_dense_layer(growth_rate, bn_size, dropout))
    return block


def _dense_layer(growth_rate: int, bn_size: int, dropout: float) -> HybridConcurrent:
    """Compute further channels, and keep what is there beside them."""
    layers = nn.HybridSequential(prefix="")
    layers.add(
        nn.BatchNorm(),
        nn.Activation("relu"),
        nn.Conv2D(bn_size * growth_rate, kernel_size=1, use_bias=False),
        nn.BatchNorm(),
        nn.Activation("relu"),
        nn.Conv2D(growth_rate, kernel_size=3, padding=1, use_bias=False),
    )
    if dropout:
        layers.add(nn.Dropout(dropout))
    both = HybridConcurrent(axis=1, prefix="")
    both.add(Identity(), layers)
    return both


def _transition(channels: int) -> nn.HybridSequential:
    """Halve the channels and the size."""
    layers = nn.HybridSequential(prefix="")
    layers.add(
        nn.BatchNorm(),
        nn.Activation("relu"),
        nn.Conv2D(channels, kernel_size=1, use_bias=False),
        nn.AvgPool2D(pool_size=2, strides=2),
    )
    return layers


class DenseNet(HybridBlock):
    """Blocks in which every layer reads what all layers before it computed.

    Parameters
    ----------
    num_init_features : int
        How many channels the first convolution has.
    growth_rate : int
        How many channels each layer adds.
    block_config : list of int
        How many layers each block has.
    bn_size : int, default 4
        How many times `growth_rate` channels a layer computes in between.
    dropout : float, default 0
    classes : int, default 1000
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(
        self,
        num_init_features: int,
        growth_rate: int,
        block_config: Sequence[int],
        bn_size: int = 4,
        dropout: float = 0,
        classes: int = 1000,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(
                nn.Conv2D(num_init_features, kernel_size=7, strides=2, padding=3, use_bias=False),
                nn.BatchNorm(),
                nn.Activation("relu"),
                nn.MaxPool2D(pool_size=3, strides=2, padding=1),
            )
            channels = num_init_features
            for stage, layers in enumerate(block_config, 1):
                self.features.add(_dense_block(layers, bn_size, growth_rate, dropout, stage))
                channels += layers * growth_rate
                if stage != len(block_config):
                    channels //= 2
                    self.features.add(_transition(channels))
            self.features.add(nn.BatchNorm(), nn.Activation("relu"), nn.AvgPool2D(pool_size=7), nn.Flatten())
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002 - the layers know theirs
        """Return the score of each class for images of shape (batch, 3, 224, 224)."""
        return self.output(self.features(x))


densenet_spec = {
    121: (64, 32, [6, 12, 24, 16]),
    161: (96, 48, [6, 12, 36, 24]),
    169: (64, 32, [6, 12, 32, 32]),
    201: (64, 32, [6, 12, 48, 32]),
}


def get_densenet(
    num_layers: int,
    pretrained: bool = False,
    ctx: Context | None = None,
    root: Root = None,
    **kwargs: Any,
) -> DenseNet:
    """Return a DenseNet of a published depth.

    Parameters
    ----------
    num_layers : {121, 161, 169, 201}
    pretrained, ctx, root
        See `alexnet`.
    **kwargs
        `bn_size`, `dropout`, `classes`, `prefix` and `params`.
    """
    if num_layers not in densenet_spec:
        raise CheckError(f"DenseNet has {', '.join(map(str, densenet_spec))} layers, got {num_layers!r}.")
    network = DenseNet(*densenet_spec[num_layers], **kwargs)
    return trained(network, f"densenet{num_layers}", pretrained, ctx, root)


densenet121, densenet161, densenet169, densenet201 = (
    shorthand(f"densenet{depth}", f"DenseNet of {depth} layers", get_densenet, depth)
    for depth in densenet_spec
)
