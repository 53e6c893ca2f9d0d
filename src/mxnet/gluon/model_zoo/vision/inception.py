"""Inception V3 (Szegedy et al. 2015)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mxnet.gluon import nn
from mxnet.gluon.block import HybridBlock
from mxnet.gluon.contrib.nn import HybridConcurrent
from mxnet.gluon.model_zoo.vision.shorthand import trained

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.gluon.model_zoo.vision.shorthand import Root

__all__ = ["Inception3", "inception_v3"]

# The windows of convolutions: kernel size, strides, padding.
_POINT = (1, 1, 0)
_SMALL, _LARGE, _HALVING = (3, 1, 1), (5, 1, 2), (3, 2, 0)
_LONG, _TALL = ((1, 7), 1, (0, 3)), ((7, 1), 1, (3, 0))
_FLAT, _UPRIGHT = ((1, 3), 1, (0, 1)), ((3, 1), 1, (1, 0))

_POOLS: dict[str, Callable[[], HybridBlock]] = {
    "mean": lambda: nn.AvgPool2D(pool_size=3, strides=1, padding=1),
    "max": lambda: nn.MaxPool2D(pool_size=3, strides=2),
}


def _convolution(channels: int, window: Any) -> nn.HybridSequential:
    """Convolve, normalize, activate."""
    kernel_size, strides, padding = window
    layers = nn.HybridSequential(prefix="")
    layers.add(
        nn.Conv2D(channels, kernel_size, strides, padding, use_bias=False),
        nn.BatchNorm(epsilon=0.001),
        nn.Activation("relu"),
    )
    return layers


def _branch(*steps: Any) -> nn.HybridSequential:
    """Put steps one after the other: a kind of pooling, or channels and the window of a convolution."""
    branch = nn.HybridSequential(prefix="")
    for step in steps:
        branch.add(_POOLS[step]() if isinstance(step, str) else _convolution(*step))
    return branch


def _split(*steps: Any) -> nn.HybridSequential:
    """Put steps one after the other, and then a flat and an upright convolution beside each other."""
    branch = nn.HybridSequential(prefix="")
    branch.add(_branch(*steps))
    both = HybridConcurrent(axis=1, prefix="")
    both.add(_branch((384, _FLAT)), _branch((384, _UPRIGHT)))
    branch.add(both)
    return branch


def _a(pooled: int) -> list[tuple[Any, ...]]:
    return [
        (_branch, (64, _POINT)),
        (_branch, (48, _POINT), (64, _LARGE)),
        (_branch, (64, _POINT), (96, _SMALL), (96, _SMALL)),
        (_branch, "mean", (pooled, _POINT)),
    ]


def _c(inner: int) -> list[tuple[Any, ...]]:
    return [
        (_branch, (192, _POINT)),
        (_branch, (inner, _POINT), (inner, _LONG), (192, _TALL)),
        (_branch, (inner, _POINT), (inner, _TALL), (inner, _LONG), (inner, _TALL), (192, _LONG)),
        (_branch, "mean", (192, _POINT)),
    ]


_B = [
    (_branch, (384, _HALVING)),
    (_branch, (64, _POINT), (96, _SMALL), (96, _HALVING)),
    (_branch, "max"),
]
_D = [
    (_branch, (192, _POINT), (320, _HALVING)),
    (_branch, (192, _POINT), (192, _LONG), (192, _TALL), (192, _HALVING)),
    (_branch, "max"),
]
_E = [
    (_branch, (320, _POINT)),
    (_split, (384, _POINT)),
    (_split, (448, _POINT), (384, _SMALL)),
    (_branch, "mean", (192, _POINT)),
]
# The modules in their order, by the names that their parameters begin with: branches beside each other.
_MODULES = {
    "A1": _a(32),
    "A2": _a(64),
    "A3": _a(64),
    "B": _B,
    "C1": _c(128),
    "C2": _c(160),
    "C3": _c(160),
    "C4": _c(192),
    "D": _D,
    "E1": _E,
    "E2": _E,
}


def _module(name: str) -> HybridConcurrent:
    module = HybridConcurrent(axis=1, prefix=f"{name}_")
    with module.name_scope():
        for make, *steps in _MODULES[name]:
            module.add(make(*steps))
    return module


def make_aux(classes: int) -> nn.HybridSequential:
    """Return the second output of the published network, which helps in training."""
    layers = nn.HybridSequential(prefix="")
    layers.add(
        nn.AvgPool2D(pool_size=5, strides=3),
        _convolution(128, _POINT),
        _convolution(768, (5, 1, 0)),
        nn.Flatten(),
        nn.Dense(classes),
    )
    return layers


class Inception3(HybridBlock):
    """Modules that look at images with filters of several forms.

    Parameters
    ----------
    classes : int, default 1000
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self.features.add(
                _convolution(32, _HALVING),
                _convolution(32, (3, 1, 0)),
                _convolution(64, _SMALL),
                nn.MaxPool2D(pool_size=3, strides=2),
                _convolution(80, _POINT),
                _convolution(192, (3, 1, 0)),
                nn.MaxPool2D(pool_size=3, strides=2),
            )
            for name in _MODULES:
                self.features.add(_module(name))
            self.features.add(nn.AvgPool2D(pool_size=8), nn.Dropout(0.5))
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002 - the layers know theirs
        """Return the score of each class for images of shape (batch, 3, 299, 299)."""
        return self.output(self.features(x))


def inception_v3(
    pretrained: bool = False, ctx: Context | None = None, root: Root = None, **kwargs: Any
) -> Inception3:
    """Return Inception V3; see `alexnet` for the arguments."""
    return trained(Inception3(**kwargs), "inceptionv3", pretrained, ctx, root)
