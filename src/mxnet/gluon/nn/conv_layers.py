"""Convolutions, pooling and padding over one, two and three axes."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

from mxnet import symbol
from mxnet.gluon.block import HybridBlock
from mxnet.gluon.errors import CheckError
from mxnet.gluon.nn.activations import Activation

if TYPE_CHECKING:
    from mxnet.gluon.parameter import Parameter
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

Size: TypeAlias = "int | Sequence[int]"
Layer = TypeVar("Layer", bound=HybridBlock)

_SIZES = {"dilation", "output_padding", "padding", "pool_size", "strides"}


def _over(*layouts: str) -> Callable[[type[Layer]], type[Layer]]:
    """Set the layouts of a layer, and so its number of axes, and the defaults of its signature after them."""

    def set_up(layer: type[Layer]) -> type[Layer]:
        axes = len(layouts[0]) - 2
        init: Any = layer.__init__
        defaults = tuple(
            layouts[0]
            if name == "layout"
            else (each.default,) * axes
            if name in _SIZES and axes > 1 and each.default is not None
            else each.default
            for name, each in inspect.signature(init).parameters.items()
            if each.default is not each.empty
        )
        own = types.FunctionType(init.__code__, init.__globals__, init.__name__, defaults, init.__closure__)
        own.__annotations__, own.__doc__ = init.__annotations__, init.__doc__
        own.__qualname__ = f"{layer.__name__}.__init__"
        layer.__init__ = own  # type: ignore[assignment]
        layer._layouts = layouts  # type: ignore[attr-defined]
        return layer

    return set_up


def _per_axis(layer: HybridBlock, name: str, size: Size, axes: int) -> tuple[int, ...]:
    """Return a size as one number for each axis."""
    if not isinstance(size, Sequence):
        return (size,) * axes
    if len(size) != axes:
        numbers = f"{axes} ints" if axes > 1 else "1 int"
        raise CheckError(f"{name} of {type(layer).__name__} must be a number or {numbers}, got {size!r}.")
    return tuple(size)


class _Layered(HybridBlock):
    """A layer over as many axes as its layouts have."""

    _layouts: ClassVar[tuple[str, ...]]

    def _check_layout(self, layout: str) -> int:
        """Return the number of axes that are not batch or channels."""
        if layout not in self._layouts:
            allowed = " and ".join(map(repr, self._layouts))
            raise CheckError(f"{type(self).__name__} supports only layout {allowed}, got {layout!r}.")
        return len(layout) - 2


class _Conv(_Layered):
    """A convolution of either direction over the sizes it is given; see `Conv2D`."""

    weight: Parameter
    bias: Parameter | None

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
            "kernel": _per_axis(self, "kernel_size", kernel_size, axes),
            "stride": _per_axis(self, "strides", strides, axes),
            "dilate": _per_axis(self, "dilation", dilation, axes),
            "pad": _per_axis(self, "padding", padding, axes),
            "num_filter": channels,
            "num_group": groups,
            "no_bias": not use_bias,
            "layout": layout,
        }
        if adj is not None:
            self._kwargs["adj"] = _per_axis(self, "output_padding", adj, axes)
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
        # The two numbers are the second and the first length of the weight, whatever the layout and direction.
        facts, shape = self._kwargs, self.weight.shape
        parts = [f"{shape[1] or None} -> {shape[0]}", f"kernel_size={facts['kernel']}", f"stride={facts['stride']}"]
        axes = len(facts["kernel"])
        parts += [f"padding={facts['pad']}"] * (facts["pad"] != (0,) * axes)
        parts += [f"dilation={facts['dilate']}"] * (facts["dilate"] != (1,) * axes)
        parts += [f"output_padding={facts.get('adj')}"] * (facts.get("adj", (0,) * axes) != (0,) * axes)
        parts += [f"groups={facts['num_group']}"] * (facts["num_group"] != 1)
        parts += ["bias=False"] * (self.bias is None)
        parts += [str(self.act)] * (self.act is not None)
        return f"{type(self).__name__}({', '.join(parts)})"



class _Convolution(_Conv, _Layered):
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


@_over("NCW")
class Conv1D(_Convolution):
    """Convolves sequences with filters; see `Conv2D` for the parameters."""


@_over("NCHW", "NHWC")
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


@_over("NCDHW", "NDHWC")
class Conv3D(_Convolution):
    """Convolves volumes with filters; see `Conv2D` for the parameters."""


class _Transposed(_Conv, _Layered):
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


@_over("NCW")
class Conv1DTranspose(_Transposed):
    """Spreads sequences by filters; see `Conv2DTranspose` for the parameters."""


@_over("NCHW", "NHWC")
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


@_over("NCDHW", "NDHWC")
class Conv3DTranspose(_Transposed):
    """Spreads volumes by filters; see `Conv2DTranspose` for the parameters."""


class _Pooling(_Layered):
    """Pooling over the sizes it is given."""

    def __init__(
        self,
        pool_size: Size,
        strides: Size | None,
        padding: Size,
        ceil_mode: bool,
        global_pool: bool,
        pool_type: str,
        layout: str,
        count_include_pad: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        axes = len(layout) - 2
        self._kwargs: dict[str, Any] = {
            "kernel": _per_axis(self, "pool_size", pool_size, axes),
            "stride": _per_axis(self, "strides", pool_size if strides is None else strides, axes),
            "pad": _per_axis(self, "padding", padding, axes),
            "global_pool": global_pool,
            "pool_type": pool_type,
            "layout": layout,
            "pooling_convention": "full" if ceil_mode else "valid",
        }
        if count_include_pad is not None:
            self._kwargs["count_include_pad"] = count_include_pad

    def _alias(self) -> str:
        return "pool"

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Return what is pooled."""
        return F.Pooling(x, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        facts = "size={kernel}, stride={stride}, padding={pad}, ceil_mode={ceil_mode}, global_pool={global_pool}"
        ceil_mode = self._kwargs["pooling_convention"] == "full"
        text = f"{type(self).__name__}({facts}, pool_type={{pool_type}}, layout={{layout}})"
        return text.format(ceil_mode=ceil_mode, **self._kwargs)


class _MaxPool(_Pooling):
    def __init__(
        self,
        pool_size: Size = 2,
        strides: Size | None = None,
        padding: Size = 0,
        layout: str = "",
        ceil_mode: bool = False,
        **kwargs: Any,
    ) -> None:
        self._check_layout(layout)
        super().__init__(pool_size, strides, padding, ceil_mode, False, "max", layout, **kwargs)


@_over("NCW", "NWC")
class MaxPool1D(_MaxPool):
    """Takes the largest value of each window of sequences; see `MaxPool2D` for the parameters."""


@_over("NCHW", "NHWC")
class MaxPool2D(_MaxPool):
    """Takes the largest value of each window of images.

    Parameters
    ----------
    pool_size : int or tuple of int, default 2
        The size of the window, as all sizes one number for all axes or one for each.
    strides : int or tuple of int, optional
        By default the size of the window.
    padding : int or tuple of int, default 0
    layout : str
        By default channels stand after the batch.
    ceil_mode : bool, default False
        Whether a window may reach over the end.
    **kwargs
        `prefix` and `params`, see `Block`.
    """


@_over("NCDHW", "NDHWC")
class MaxPool3D(_MaxPool):
    """Takes the largest value of each window of volumes; see `MaxPool2D` for the parameters.

    Notes
    -----
    Here, `ceil_mode` stands before `layout`, as in MXNet.
    """

    def __init__(
        self,
        pool_size: Size = 2,
        strides: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        layout: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, layout, ceil_mode, **kwargs)


class _AvgPool(_Pooling):
    def __init__(
        self,
        pool_size: Size = 2,
        strides: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        layout: str = "",
        count_include_pad: bool = True,
        **kwargs: Any,
    ) -> None:
        self._check_layout(layout)
        super().__init__(
            pool_size, strides, padding, ceil_mode, False, "avg", layout, count_include_pad, **kwargs
        )


@_over("NCW", "NWC")
class AvgPool1D(_AvgPool):
    """Takes the mean of each window of sequences; see `AvgPool2D` for the parameters.

    Notes
    -----
    Here, `layout` stands before `ceil_mode`, as in MXNet.
    """

    def __init__(
        self,
        pool_size: Size = 2,
        strides: Size | None = None,
        padding: Size = 0,
        layout: str = "",
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, ceil_mode, layout, count_include_pad, **kwargs)


@_over("NCHW", "NHWC")
class AvgPool2D(_AvgPool):
    """Takes the mean of each window of images.

    Parameters
    ----------
    pool_size, strides, padding, ceil_mode, layout, **kwargs
        See `MaxPool2D`.
    count_include_pad : bool, default True
        Whether what was padded counts as zeros.
    """


@_over("NCDHW", "NDHWC")
class AvgPool3D(_AvgPool):
    """Takes the mean of each window of volumes; see `AvgPool2D` for the parameters."""


class _GlobalPool(_Pooling):
    _pool_type: ClassVar[str]

    def __init__(self, layout: str = "", **kwargs: Any) -> None:
        axes = self._check_layout(layout)
        super().__init__((1,) * axes, None, 0, True, True, self._pool_type, layout, **kwargs)


class _GlobalMaxPool(_GlobalPool):
    _pool_type = "max"


class _GlobalAvgPool(_GlobalPool):
    _pool_type = "avg"


@_over("NCW", "NWC")
class GlobalMaxPool1D(_GlobalMaxPool):
    """Takes the largest value of each channel of sequences."""


@_over("NCHW", "NHWC")
class GlobalMaxPool2D(_GlobalMaxPool):
    """Takes the largest value of each channel of images."""


@_over("NCDHW", "NDHWC")
class GlobalMaxPool3D(_GlobalMaxPool):
    """Takes the largest value of each channel of volumes."""


@_over("NCW", "NWC")
class GlobalAvgPool1D(_GlobalAvgPool):
    """Takes the mean of each channel of sequences."""


@_over("NCHW", "NHWC")
class GlobalAvgPool2D(_GlobalAvgPool):
    """Takes the mean of each channel of images."""


@_over("NCDHW", "NDHWC")
class GlobalAvgPool3D(_GlobalAvgPool):
    """Takes the mean of each channel of volumes."""


class ReflectionPad2D(HybridBlock):
    """Continues images over their borders by their mirror image.

    Parameters
    ----------
    padding : int or tuple of int, default 0
        On all four sides, or a `pad_width` of the operator `Pad`: eight numbers, of which the first four are 0.
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
