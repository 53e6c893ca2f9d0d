"""SqueezeNet (Iandola et al. 2016)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.gluon import nn
from mxnet.gluon.block import HybridBlock
from mxnet.gluon.contrib.nn import HybridConcurrent
from mxnet.gluon.errors import CheckError
from mxnet.gluon.model_zoo.vision.shorthand import shorthand, trained

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.gluon.model_zoo.vision.shorthand import Root

__all__ = ["SqueezeNet", "squeezenet1_0", "squeezenet1_1"]

# The first convolution, and how many channels the fires squeeze to; None is pooling.
_PLANS = {
    "1.0": ((96, 7), [16, 16, 32, None, 32, 48, 48, 64, None, 64]),
    "1.1": ((64, 3), [16, 16, None, 32, 32, None, 48, 48, 64, 64]),
}


def _fire(squeezed: int) -> nn.HybridSequential:
    """Squeeze the channels, and expand them four times by filters of both sizes."""
    fire = nn.HybridSequential(prefix="")
    fire.add(_convolution(squeezed, 1))
    paths = HybridConcurrent(axis=1, prefix="")
    paths.add(_convolution(4 * squeezed, 1), _convolution(4 * squeezed, 3, 1))
    fire.add(paths)
    return fire


def _convolution(channels: int, kernel_size: int, padding: int = 0) -> nn.HybridSequential:
    layers = nn.HybridSequential(prefix="")
    layers.add(nn.Conv2D(channels, kernel_size, padding=padding), nn.Activation("relu"))
    return layers


class SqueezeNet(HybridBlock):
    """Fires, each of which squeezes channels and expands them, and one convolution as the output.

    Parameters
    ----------
    version : {'1.0', '1.1'}
    classes : int, default 1000
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, version: str, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if version not in _PLANS:
            raise CheckError(f"SqueezeNet has versions {' and '.join(_PLANS)}, got {version!r}.")
        (channels, kernel_size), squeezed = _PLANS[version]
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(nn.Conv2D(channels, kernel_size, strides=2), nn.Activation("relu"))
            for each in (None, *squeezed):
                self.features.add(
                    nn.MaxPool2D(pool_size=3, strides=2, ceil_mode=True) if each is None else _fire(each)
                )
            self.features.add(nn.Dropout(0.5))
            self.output = nn.HybridSequential(prefix="")
            self.output.add(
                nn.Conv2D(classes, kernel_size=1), nn.Activation("relu"), nn.AvgPool2D(13), nn.Flatten()
            )

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002 - the layers know theirs
        """Return the score of each class for images of shape (batch, 3, height, width)."""
        return self.output(self.features(x))


def get_squeezenet(
    version: str,
    pretrained: bool = False,
    ctx: Context | None = None,
    root: Root = None,
    **kwargs: Any,
) -> SqueezeNet:
    """Return a SqueezeNet.

    Parameters
    ----------
    version : {'1.0', '1.1'}
    pretrained, ctx, root
        See `alexnet`.
    **kwargs
        `classes`, `prefix` and `params`.
    """
    return trained(SqueezeNet(version, **kwargs), f"squeezenet{version}", pretrained, ctx, root)


squeezenet1_0, squeezenet1_1 = (
    shorthand(f"squeezenet{version.replace('.', '_')}", f"SqueezeNet {version}", get_squeezenet, version)
    for version in _PLANS
)
