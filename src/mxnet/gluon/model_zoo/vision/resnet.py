"""ResNet, with activations after the sum (He et al. 2015) and before the convolutions (He et al. 2016)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.gluon import nn
from mxnet.gluon.block import HybridBlock
from mxnet.gluon.errors import CheckError
from mxnet.gluon.model_zoo.vision.shorthand import shorthand, trained

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxnet.context import Context
    from mxnet.gluon.model_zoo.vision.shorthand import Root

__all__ = [
    "BasicBlockV1",
    "BasicBlockV2",
    "BottleneckV1",
    "BottleneckV2",
    "ResNetV1",
    "ResNetV2",
    "get_resnet",
    "resnet18_v1",
    "resnet18_v2",
    "resnet34_v1",
    "resnet34_v2",
    "resnet50_v1",
    "resnet50_v2",
    "resnet101_v1",
    "resnet101_v2",
    "resnet152_v1",
    "resnet152_v2",
]


def _conv3x3(channels: int, stride: int, in_channels: int) -> nn.Conv2D:
    return nn.Conv2D(channels, 3, strides=stride, padding=1, use_bias=False, in_channels=in_channels)


class _BlockV1(HybridBlock):
    """What both blocks of version 1 share: a body beside a shortcut; see `BasicBlockV1`."""

    _body_first = False  # in the sum, as in published graphs

    def __init__(
        self, channels: int, stride: int, downsample: bool = False, in_channels: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.body = nn.HybridSequential(prefix="")
        self._fill(channels, stride, in_channels)
        self.downsample = None
        if downsample:
            self.downsample = nn.HybridSequential(prefix="")
            self.downsample.add(
                nn.Conv2D(channels, 1, strides=stride, use_bias=False, in_channels=in_channels),
                nn.BatchNorm(),
            )

    def _fill(self, channels: int, stride: int, in_channels: int) -> None:
        """Add the layers of the body."""
        raise NotImplementedError

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return the activated sum."""
        residual, body = x if self.downsample is None else self.downsample(x), self.body(x)
        total = body + residual if self._body_first else residual + body
        return F.Activation(total, act_type="relu")


class BasicBlockV1(_BlockV1):
    """Two convolutions beside a shortcut; the sum is activated.

    Parameters
    ----------
    channels : int
        Of the output.
    stride : int
    downsample : bool, default False
        Whether the shortcut is convolved, as it has to be where the size or the channels change.
    in_channels : int, optional
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def _fill(self, channels: int, stride: int, in_channels: int) -> None:
        self.body.add(
            _conv3x3(channels, stride, in_channels),
            nn.BatchNorm(),
            nn.Activation("relu"),
            _conv3x3(channels, 1, channels),
            nn.BatchNorm(),
        )


class BottleneckV1(_BlockV1):
    """Three convolutions, of which that in the middle has fewer channels; see `BasicBlockV1`."""

    _body_first = True

    def _fill(self, channels: int, stride: int, in_channels: int) -> None:  # noqa: ARG002 - the first input tells
        self.body.add(
            nn.Conv2D(channels // 4, kernel_size=1, strides=stride),
            nn.BatchNorm(),
            nn.Activation("relu"),
            _conv3x3(channels // 4, 1, channels // 4),
            nn.BatchNorm(),
            nn.Activation("relu"),
            nn.Conv2D(channels, kernel_size=1, strides=1),
            nn.BatchNorm(),
        )


class _BlockV2(HybridBlock):
    """What both blocks of version 2 share: convolutions after activations; see `BasicBlockV2`."""

    def __init__(
        self, channels: int, stride: int, downsample: bool = False, in_channels: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._count = 0
        for make in self._convolutions(channels, stride, in_channels):
            self._count += 1
            setattr(self, f"bn{self._count}", nn.BatchNorm())
            setattr(self, f"conv{self._count}", make())
        self.downsample = (
            nn.Conv2D(channels, 1, stride, use_bias=False, in_channels=in_channels) if downsample else None
        )

    def _convolutions(self, channels: int, stride: int, in_channels: int) -> Sequence[Any]:
        """Return what makes the convolutions."""
        raise NotImplementedError

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return the sum."""
        residual = x
        for number in range(1, self._count + 1):
            x = F.Activation(getattr(self, f"bn{number}")(x), act_type="relu")
            if number == 1 and self.downsample is not None:
                residual = self.downsample(x)
            x = getattr(self, f"conv{number}")(x)
        return x + residual


class BasicBlockV2(_BlockV2):
    """Two convolutions, each normalized and activated before, beside a shortcut.

    Parameters
    ----------
    channels, stride, downsample, in_channels, **kwargs
        See `BasicBlockV1`.
    """

    def _convolutions(self, channels: int, stride: int, in_channels: int) -> Sequence[Any]:
        return (lambda: _conv3x3(channels, stride, in_channels), lambda: _conv3x3(channels, 1, channels))


class BottleneckV2(_BlockV2):
    """Three convolutions, of which that in the middle has fewer channels; see `BasicBlockV2`."""

    def _convolutions(self, channels: int, stride: int, in_channels: int) -> Sequence[Any]:  # noqa: ARG002
        inner = channels // 4
        return (
            lambda: nn.Conv2D(inner, kernel_size=1, strides=1, use_bias=False),
            lambda: _conv3x3(inner, stride, inner),
            lambda: nn.Conv2D(channels, kernel_size=1, strides=1, use_bias=False),
        )


class _ResNet(HybridBlock):
    """What both versions share; see `ResNetV1`."""

    def __init__(
        self,
        block: type[HybridBlock],
        layers: Sequence[int],
        channels: Sequence[int],
        classes: int = 1000,
        thumbnail: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if len(layers) != len(channels) - 1:
            raise CheckError(
                f"{type(self).__name__} needs the channels of the first convolution and of each of "
                f"{len(layers)} stages, got {len(channels)}."
            )
        with self.name_scope():
            self.features = nn.HybridSequential(prefix="")
            self._begin()
            if thumbnail:
                self.features.add(_conv3x3(channels[0], 1, 0))
            else:
                self.features.add(
                    nn.Conv2D(channels[0], 7, 2, 3, use_bias=False),
                    nn.BatchNorm(),
                    nn.Activation("relu"),
                    nn.MaxPool2D(3, 2, 1),
                )
            for number, count in enumerate(layers):
                self.features.add(_stage(number + 1, block, count, channels[number + 1], channels[number]))
            self._end()
            self.output = nn.Dense(classes, in_units=channels[-1])

    def _begin(self) -> None:
        """Add what stands before the first convolution."""

    def _end(self) -> None:
        """Add what stands after the last stage."""

    def hybrid_forward(self, F: Any, x: Any) -> Any:  # noqa: ARG002 - the layers know theirs
        """Return the score of each class for images of shape (batch, 3, height, width)."""
        return self.output(self.features(x))


def _stage(number: int, block: Any, count: int, channels: int, in_channels: int) -> nn.HybridSequential:
    """Put blocks one after the other; the first halves the size, but in the first stage."""
    stage = nn.HybridSequential(prefix=f"stage{number}_")
    stride, changes = 1 if number == 1 else 2, channels != in_channels
    with stage.name_scope():
        stage.add(block(channels, stride, changes, in_channels=in_channels, prefix=""))
        for _ in range(count - 1):
            stage.add(block(channels, 1, False, in_channels=channels, prefix=""))
    return stage


class ResNetV1(_ResNet):
    """Stages of blocks with shortcuts.

    Parameters
    ----------
    block : class
        `BasicBlockV1` or `BottleneckV1`.
    layers : list of int
        How many blocks each stage has.
    channels : list of int
        Of the first convolution, and of each stage.
    classes : int, default 1000
    thumbnail : bool, default False
        Whether images are as small as those of CIFAR, so that the first convolution leaves the size.
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def _end(self) -> None:
        self.features.add(nn.GlobalAvgPool2D())


class ResNetV2(_ResNet):
    """Stages of blocks whose shortcuts nothing changes; see `ResNetV1` for the parameters."""

    def _begin(self) -> None:
        self.features.add(nn.BatchNorm(scale=False, center=False))

    def _end(self) -> None:
        self.features.add(nn.BatchNorm(), nn.Activation("relu"), nn.GlobalAvgPool2D(), nn.Flatten())


_BASIC, _BOTTLENECK = [64, 64, 128, 256, 512], [64, 256, 512, 1024, 2048]
resnet_spec = {
    18: ("basic_block", [2, 2, 2, 2], _BASIC),
    34: ("basic_block", [3, 4, 6, 3], _BASIC),
    50: ("bottle_neck", [3, 4, 6, 3], _BOTTLENECK),
    101: ("bottle_neck", [3, 4, 23, 3], _BOTTLENECK),
    152: ("bottle_neck", [3, 8, 36, 3], _BOTTLENECK),
}
resnet_net_versions: list[type[_ResNet]] = [ResNetV1, ResNetV2]
resnet_block_versions: list[dict[str, type[HybridBlock]]] = [
    {"basic_block": BasicBlockV1, "bottle_neck": BottleneckV1},
    {"basic_block": BasicBlockV2, "bottle_neck": BottleneckV2},
]


def get_resnet(
    version: int,
    num_layers: int,
    pretrained: bool = False,
    ctx: Context | None = None,
    root: Root = None,
    **kwargs: Any,
) -> HybridBlock:
    """Return a ResNet of a published depth.

    Parameters
    ----------
    version : {1, 2}
    num_layers : {18, 34, 50, 101, 152}
    pretrained, ctx, root
        See `alexnet`.
    **kwargs
        `classes`, `thumbnail`, `prefix` and `params`.
    """
    if num_layers not in resnet_spec:
        raise CheckError(f"ResNet has {', '.join(map(str, resnet_spec))} layers, got {num_layers!r}.")
    if version not in {1, 2}:
        raise CheckError(f"ResNet has versions 1 and 2, got {version!r}.")
    kind, layers, channels = resnet_spec[num_layers]
    block = resnet_block_versions[version - 1][kind]
    network = resnet_net_versions[version - 1](block, layers, channels, **kwargs)
    return trained(network, f"resnet{num_layers}_v{version}", pretrained, ctx, root)


(
    resnet18_v1,
    resnet34_v1,
    resnet50_v1,
    resnet101_v1,
    resnet152_v1,
    resnet18_v2,
    resnet34_v2,
    resnet50_v2,
    resnet101_v2,
    resnet152_v2,
) = (
    shorthand(
        f"resnet{depth}_v{version}",
        f"ResNet of {depth} layers, version {version}",
        get_resnet,
        version,
        depth,
    )
    for version in (1, 2)
    for depth in resnet_spec
)
