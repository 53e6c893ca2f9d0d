"""MobileNet (Howard et al. 2017) and MobileNetV2 (Sandler et al. 2018), in four widths each."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from mxnet.gluon import nn
from mxnet.gluon.block import HybridBlock
from mxnet.gluon.model_zoo.vision.shorthand import shorthand, trained

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.gluon.model_zoo.vision.shorthand import Root

__all__ = [
    "MobileNet",
    "MobileNetV2",
    "get_mobilenet",
    "get_mobilenet_v2",
    "mobilenet0_5",
    "mobilenet0_25",
    "mobilenet0_75",
    "mobilenet1_0",
    "mobilenet_v2_0_5",
    "mobilenet_v2_0_25",
    "mobilenet_v2_0_75",
    "mobilenet_v2_1_0",
]


class RELU6(HybridBlock):
    """Cuts values below 0 and above 6."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return what is left."""
        return F.clip(x, 0, 6, name="relu6")


def _add_conv(
    out: nn.HybridSequential,
    channels: int = 1,
    kernel: int = 1,
    stride: int = 1,
    pad: int = 0,
    num_group: int = 1,
    active: bool = True,
    relu6: bool = False,
) -> None:
    """Add a convolution, its normalization, and an activation."""
    out.add(
        nn.Conv2D(channels, kernel, stride, pad, groups=num_group, use_bias=False), nn.BatchNorm(scale=True)
    )
    if active:
        out.add(RELU6() if relu6 else nn.Activation("relu"))


def _add_conv_dw(out: nn.HybridSequential, dw_channels: int, channels: int, stride: int) -> None:
    """Add a convolution of each channel by itself, and one of single pixels."""
    _add_conv(out, channels=dw_channels, kernel=3, stride=stride, pad=1, num_group=dw_channels)
    _add_conv(out, channels=channels)


class LinearBottleneck(HybridBlock):
    """Expands channels, convolves each by itself, and projects them without an activation.

    Parameters
    ----------
    in_channels, channels : int
        Of input and output.
    t : int
        How many times more channels there are in between.
    stride : int
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, in_channels: int, channels: int, t: int, stride: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.use_shortcut = stride == 1 and in_channels == channels
        wide = in_channels * t
        with self.name_scope():
            self.out = nn.HybridSequential()
            _add_conv(self.out, wide, relu6=True)
            _add_conv(self.out, wide, kernel=3, stride=stride, pad=1, num_group=wide, relu6=True)
            _add_conv(self.out, channels, active=False)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return the output, with the input added where it fits."""
        out = self.out(x)
        return F.elemwise_add(out, x) if self.use_shortcut else out


class MobileNet(HybridBlock):
    """Convolutions of each channel by itself, each followed by one of single pixels.

    Parameters
    ----------
    multiplier : float, default 1.0
        How many of the channels there are.
    classes : int, default 1000
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, multiplier: float = 1.0, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        widths = [
            int(each * multiplier) for each in [32, 64, *[128] * 2, *[256] * 2, *[512] * 6, *[1024] * 2]
        ]
        strides = [1, 2] * 3 + [1] * 5 + [2, 1]
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            with self.features.name_scope():
                _add_conv(self.features, channels=widths[0], kernel=3, pad=1, stride=2)
                for pair, stride in zip(pairwise(widths), strides, strict=True):
                    _add_conv_dw(self.features, *pair, stride)
                self.features.add(nn.GlobalAvgPool2D(), nn.Flatten())
            self.output = nn.Dense(classes)

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002 - the layers know theirs
        """Return the score of each class for images of shape (batch, 3, height, width)."""
        return self.output(self.features(x))


# Of each group of bottlenecks: channels, times of expansion, how many, stride of the first.
_V2_GROUPS = (
    (16, 1, 1, 1),
    (24, 6, 2, 2),
    (32, 6, 3, 2),
    (64, 6, 4, 2),
    (96, 6, 3, 1),
    (160, 6, 3, 2),
    (320, 6, 1, 1),
)


class MobileNetV2(HybridBlock):
    """Bottlenecks that expand and project.

    Parameters
    ----------
    multiplier : float, default 1.0
        How many of the channels there are.
    classes : int, default 1000
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, multiplier: float = 1.0, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="features_")
            with self.features.name_scope():
                before = int(32 * multiplier)
                _add_conv(self.features, before, kernel=3, stride=2, pad=1, relu6=True)
                number = 0
                for channels, t, count, first_stride in _V2_GROUPS:
                    for stride in [first_stride, *[1] * (count - 1)]:
                        after, prefix = int(channels * multiplier), f"linearbottleneck{number}_"
                        self.features.add(LinearBottleneck(before, after, t, stride, prefix=prefix))
                        before, number = after, number + 1
                _add_conv(self.features, int(1280 * multiplier) if multiplier > 1.0 else 1280, relu6=True)
                self.features.add(nn.GlobalAvgPool2D())
            self.output = nn.HybridSequential(prefix="output_")
            with self.output.name_scope():
                self.output.add(nn.Conv2D(classes, 1, use_bias=False, prefix="pred_"), nn.Flatten())

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002 - the layers know theirs
        """Return the score of each class for images of shape (batch, 3, height, width)."""
        return self.output(self.features(x))


_WIDTHS = {1.0: "1.0", 0.75: "0.75", 0.5: "0.5", 0.25: "0.25"}  # as the names of files have them


def get_mobilenet(
    multiplier: float,
    pretrained: bool = False,
    ctx: Context | None = None,
    root: Root = None,
    **kwargs: Any,
) -> MobileNet:
    """Return a MobileNet of some width.

    Parameters
    ----------
    multiplier : float
        1.0, 0.75, 0.5 and 0.25 are published.
    pretrained, ctx, root
        See `alexnet`.
    **kwargs
        `classes`, `prefix` and `params`.
    """
    name = f"mobilenet{_WIDTHS.get(multiplier, multiplier)}"
    return trained(MobileNet(multiplier, **kwargs), name, pretrained, ctx, root)


def get_mobilenet_v2(
    multiplier: float,
    pretrained: bool = False,
    ctx: Context | None = None,
    root: Root = None,
    **kwargs: Any,
) -> MobileNetV2:
    """Return a MobileNetV2 of some width; see `get_mobilenet` for the arguments."""
    name = f"mobilenetv2_{_WIDTHS.get(multiplier, multiplier)}"
    return trained(MobileNetV2(multiplier, **kwargs), name, pretrained, ctx, root)


mobilenet1_0, mobilenet0_75, mobilenet0_5, mobilenet0_25 = (
    shorthand(f"mobilenet{text.replace('.', '_')}", f"MobileNet of width {text}", get_mobilenet, width)
    for width, text in _WIDTHS.items()
)
mobilenet_v2_1_0, mobilenet_v2_0_75, mobilenet_v2_0_5, mobilenet_v2_0_25 = (
    shorthand(
        f"mobilenet_v2_{text.replace('.', '_')}", f"MobileNetV2 of width {text}", get_mobilenet_v2, width
    )
    for width, text in _WIDTHS.items()
)
