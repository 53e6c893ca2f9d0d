"""Convolutions over one, two and three axes, and padding; under MXNet's module name `pool_layers`, too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mxnet import symbol
from mxnet.gluon.block import HybridBlock
from mxnet.gluon.errors import CheckError
from mxnet.gluon.nn.activations import Activation
from mxnet.gluon.nn.axes import LayeredOver, Size, convolution_text, over, per_axis
from mxnet.gluon.nn.pool_layers import (
    AvgPool1D,
    AvgPool2D,
    AvgPool3D,
    GlobalAvgPool1D,
    GlobalAvgPool2D,
    GlobalAvgPool3D,
    GlobalMaxPool1D,
    GlobalMaxPool2D,
    GlobalMaxPool3D,
    MaxPool1D,
    MaxPool2D,
    MaxPool3D,
    _Pooling,  # noqa: F401 - programs outside import it from here
)

if TYPE_CHECKING:
    from mxnet.initializer import Initializer

    Init = Initializer | str | None

__all__ = [
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "ReflectionPad2D",
]


class _Conv(LayeredOver):
    """A convolution of either direction over the sizes it is given; see `Conv2D`."""

    _sizes = frozenset({"dilation", "output_padding", "padding", "strides"})

    weight: Any  # a parameter
    bias: Any  # a parameter, or None

    def __init__(
        self,
        channels: int,
        kernel_size: Size,
        strides: Size,
        padding: Size,
        dilation: Size,
        groups: int,
        layout: str,
        in_channels: int = 0,
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Init = None,
        bias_initializer: Init = "zeros",
        op_name: str = "Convolution",
        adj: Size | None = None,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        axes = len(layout) - 2
        self._channels = channels
        self._in_channels = in_channels
        self._op_name = op_name
        self._kwargs: dict[str, Any] = {
            "kernel": per_axis(self, "kernel_size", kernel_size, axes),
            "stride": per_axis(self, "strides", strides, axes),
            "dilate": per_axis(self, "dilation", dilation, axes),
            "pad": per_axis(self, "padding", padding, axes),
            "num_filter": channels,
            "num_group": groups,
            "no_bias": not use_bias,
            "layout": layout,
        }
        if adj is not None:
            self._kwargs["adj"] = per_axis(self, "output_padding", adj, axes)
        shapes = self._parameter_shapes(in_channels)
        inits = {"weight": weight_initializer, "bias": bias_initializer}
        with self.name_scope():
            self.weight, self.bias = (
                self.params.get(name, shape=shapes[name], init=init, allow_deferred_init=True)
                if name in shapes
                else None
                for name, init in inits.items()
            )
            self.act = None if activation is None else Activation(activation, prefix=f"{activation}_")

    def _parameter_shapes(self, channels: int) -> dict[str, tuple[int, ...]]:
        """Return what the operator says of its parameters when of its input only the channels are known."""
        shape = [0] * len(self._kwargs["layout"])
        shape[self._kwargs["layout"].find("C")] = channels
        data = symbol.Variable("data", shape=tuple(shape))
        node = getattr(symbol, self._op_name)(data, name=f"{self.prefix}fwd", **self._kwargs)
        names, shapes = node.list_arguments()[1:], node.infer_shape_partial()[0][1:]
        return dict(zip([name.rpartition("_")[2] for name in names], shapes, strict=True))

    def _alias(self) -> str:
        return "conv"

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any = None) -> Any:
        """Return the convolution."""
        arrays = (x, weight) if bias is None else (x, weight, bias)
        y = getattr(F, self._op_name)(*arrays, name="fwd", **self._kwargs)
        return y if self.act is None else self.act(y)

    def __repr__(self) -> str:
        return convolution_text(self, self.weight, self._kwargs, self.bias, self.act)


class _Convolution(_Conv):
    """A convolution, with its signature."""

    def __init__(
        self,
        channels: int,
        kernel_size: Size,
        strides: Size = 1,
        padding: Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        layout: str = "",
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Init = None,
        bias_initializer: Init = "zeros",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        self._check_layout(layout)
        super().__init__(
            channels,
            kernel_size,
            strides,
            padding,
            dilation,
            groups,
            layout,
            in_channels,
            activation,
            use_bias,
            weight_initializer,
            bias_initializer,
            **kwargs,
        )


@over("NCW")
class Conv1D(_Convolution):
    """Convolves sequences with filters; see `Conv2D` for the parameters."""


@over("NCHW", "NHWC")
class Conv2D(_Convolution):
    """Convolves images with filters.

    Parameters
    ----------
    channels : int
        How many filters, and so how many channels the output has.
    kernel_size : int or tuple of int
        The size of the filters, as all sizes one number for all axes or one for each.
    strides, padding, dilation : int or tuple of int
    groups : int, default 1
        How many parts the channels are divided into that do not see each other.
    layout : str
        By default channels stand after the batch.
    activation : str, optional
        An `act_type` of `Activation`.
    use_bias : bool, default True
    weight_initializer, bias_initializer : Initializer or str, optional
    in_channels : int, optional
        By default the first input tells.
    **kwargs
        `prefix` and `params`, see `Block`.

    Examples
    --------
    >>> import mxnet as mx
    >>> layer = mx.gluon.nn.Conv2D(8, kernel_size=3, padding=1)
    >>> layer.initialize()
    >>> layer(mx.nd.zeros((1, 3, 5, 5))).shape, layer
    ((1, 8, 5, 5), Conv2D(3 -> 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1)))
    """


@over("NCDHW", "NDHWC")
class Conv3D(_Convolution):
    """Convolves volumes with filters; see `Conv2D` for the parameters."""


class _Transposed(_Conv):
    """A transposed convolution, with its signature."""

    def __init__(
        self,
        channels: int,
        kernel_size: Size,
        strides: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        layout: str = "",
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: Init = None,
        bias_initializer: Init = "zeros",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        self._check_layout(layout)
        super().__init__(
            channels,
            kernel_size,
            strides,
            padding,
            dilation,
            groups,
            layout,
            in_channels,
            activation,
            use_bias,
            weight_initializer,
            bias_initializer,
            op_name="Deconvolution",
            adj=output_padding,
            **kwargs,
        )
        self.outpad = self._kwargs["adj"]


@over("NCW")
class Conv1DTranspose(_Transposed):
    """Spreads sequences by filters; see `Conv2DTranspose` for the parameters."""


@over("NCHW", "NHWC")
class Conv2DTranspose(_Transposed):
    """Spreads each value of images by filters, which is the gradient of a convolution.

    Parameters
    ----------
    output_padding : int or tuple of int
        What is added to the size of the output, which the strides leave open.
    channels, kernel_size, strides, padding, dilation, groups, layout, activation, use_bias
        See `Conv2D`.
    weight_initializer, bias_initializer, in_channels, **kwargs
        See `Conv2D`.
    """


@over("NCDHW", "NDHWC")
class Conv3DTranspose(_Transposed):
    """Spreads volumes by filters; see `Conv2DTranspose` for the parameters."""


class ReflectionPad2D(HybridBlock):
    """Continues images over their borders by their mirror image.

    Parameters
    ----------
    padding : int or tuple of int, default 0
        On all four sides, or a `pad_width` of the operator `Pad`, eight numbers that begin with four zeros.
    **kwargs
        `prefix` and `params`, see `Block`.
    """

    def __init__(self, padding: Size = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._padding = tuple(padding) if isinstance(padding, Sequence) else (0,) * 4 + (padding,) * 4
        if len(self._padding) != 8:
            raise CheckError(f"padding of ReflectionPad2D has to be a number or 8 of them, got {padding!r}.")

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return the larger images."""
        return F.Pad(x, mode="reflect", pad_width=self._padding)
