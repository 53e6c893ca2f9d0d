"""VGG, with and without batch normalization (Simonyan and Zisserman 2014)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.gluon import nn
from mxnet.gluon.block import HybridBlock
from mxnet.gluon.errors import CheckError
from mxnet.gluon.model_zoo.vision.shorthand import shorthand, trained
from mxnet.initializer import Xavier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxnet.context import Context
    from mxnet.gluon.model_zoo.vision.shorthand import Root

__all__ = [
    "VGG",
    "get_vgg",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
]


class VGG(HybridBlock):
    """Groups of small convolutions between pooling, and three dense layers.

    Parameters
    ----------
    layers : list of int
        How many convolutions each group has.
    filters : list of int
        How many channels each group has.
    classes : int, default 1000
    batch_norm : bool, default False
        Whether each convolution is normalized.
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(
        self,
        layers: Sequence[int],
        filters: Sequence[int],
        classes: int = 1000,
        batch_norm: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if len(layers) != len(filters):
            raise CheckError(f"VGG needs filters for each of {len(layers)} groups, got {len(filters)}.")
        normal: dict[str, Any] = {"weight_initializer": "normal", "bias_initializer": "zeros"}
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            for count, channels in zip(layers, filters, strict=True):
                for _ in range(count):
                    init = Xavier(rnd_type="gaussian", factor_type="out", magnitude=2)
                    self.features.add(nn.Conv2D(channels, 3, padding=1, weight_initializer=init))
                    if batch_norm:
                        self.features.add(nn.BatchNorm())
                    self.features.add(nn.Activation("relu"))
                self.features.add(nn.MaxPool2D(strides=2))
            for _ in range(2):
                self.features.add(nn.Dense(4096, activation="relu", **normal), nn.Dropout(rate=0.5))
            self.output = nn.Dense(classes, **normal)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002 - the layers know theirs
        """Return the score of each class for images of shape (batch, 3, height, width)."""
        return self.output(self.features(x))


vgg_spec = {
    11: ([1, 1, 2, 2, 2], [64, 128, 256, 512, 512]),
    13: ([2, 2, 2, 2, 2], [64, 128, 256, 512, 512]),
    16: ([2, 2, 3, 3, 3], [64, 128, 256, 512, 512]),
    19: ([2, 2, 4, 4, 4], [64, 128, 256, 512, 512]),
}


def get_vgg(
    num_layers: int,
    pretrained: bool = False,
    ctx: Context | None = None,
    root: Root = None,
    **kwargs: Any,
) -> VGG:
    """Return a VGG of a published depth.

    Parameters
    ----------
    num_layers : {11, 13, 16, 19}
    pretrained, ctx, root
        See `alexnet`.
    **kwargs
        `batch_norm`, `classes`, `prefix` and `params`.
    """
    if num_layers not in vgg_spec:
        raise CheckError(f"VGG has {', '.join(map(str, vgg_spec))} layers, got {num_layers!r}.")
    suffix = "_bn" if kwargs.get("batch_norm") else ""
    return trained(VGG(*vgg_spec[num_layers], **kwargs), f"vgg{num_layers}{suffix}", pretrained, ctx, root)


def _normalized(num_layers: int, **kwargs: Any) -> VGG:
    """See `get_vgg`."""
    return get_vgg(num_layers, **{**kwargs, "batch_norm": True})


vgg11, vgg13, vgg16, vgg19 = (
    shorthand(f"vgg{depth}", f"VGG of {depth} layers", get_vgg, depth) for depth in vgg_spec
)
vgg11_bn, vgg13_bn, vgg16_bn, vgg19_bn = (
    shorthand(f"vgg{depth}_bn", f"VGG of {depth} layers with batch normalization", _normalized, depth)
    for depth in vgg_spec
)
