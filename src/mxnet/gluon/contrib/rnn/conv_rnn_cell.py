"""Cells that look at sequences, images and volumes, by two convolutions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.gluon.errors import CheckError
from mxnet.gluon.nn.axes import lengths_of, over, per_axis
from mxnet.gluon.rnn.cells import GatedCell, GRUStep, LSTMStep, PlainStep

if TYPE_CHECKING:
    from mxnet.gluon.nn.axes import Size
    from mxnet.gluon.nn.norm_layers import Init
    from mxnet.gluon.parameter import ParameterDict
    from mxnet.gluon.rnn.cells import Activation

__all__ = [
    "Conv1DGRUCell",
    "Conv1DLSTMCell",
    "Conv1DRNNCell",
    "Conv2DGRUCell",
    "Conv2DLSTMCell",
    "Conv2DRNNCell",
    "Conv3DGRUCell",
    "Conv3DLSTMCell",
    "Conv3DRNNCell",
]


class _ConvCell(GatedCell):
    """A cell of two convolutions; see `Conv2DRNNCell` for the parameters."""

    _sizes = frozenset({"i2h_pad", "i2h_dilate", "h2h_dilate"})

    def __init__(
        self,
        input_shape: tuple[int, ...],
        hidden_channels: int,
        i2h_kernel: Size,
        h2h_kernel: Size,
        i2h_pad: Size = 0,
        i2h_dilate: Size = 1,
        h2h_dilate: Size = 1,
        i2h_weight_initializer: Init = None,
        h2h_weight_initializer: Init = None,
        i2h_bias_initializer: Init = "zeros",
        h2h_bias_initializer: Init = "zeros",
        conv_layout: str = "",
        activation: Activation = "tanh",
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        axes = len(conv_layout) - 2
        if len(input_shape) != axes + 1:
            raise CheckError(
                f"input_shape of {type(self).__name__} has to be that of one step without the batch, "
                f"{axes + 1} numbers, got {input_shape!r}."
            )
        self._input_shape = tuple(input_shape)
        self._hidden_channels = hidden_channels
        self._conv_layout = conv_layout
        self._activation = activation
        self._channel_axis = conv_layout.find("C")
        sizes = {
            "i2h_kernel": i2h_kernel,
            "i2h_pad": i2h_pad,
            "i2h_dilate": i2h_dilate,
            "h2h_kernel": h2h_kernel,
            "h2h_dilate": h2h_dilate,
        }
        size = {name: per_axis(self, name, given, axes) for name, given in sizes.items()}
        if any(length % 2 == 0 for length in size["h2h_kernel"]):
            raise CheckError(f"h2h_kernel has to be odd, so that states keep their size; got {h2h_kernel!r}.")
        size["h2h_pad"] = tuple(
            dilate * (length - 1) // 2
            for length, dilate in zip(size["h2h_kernel"], size["h2h_dilate"], strict=True)
        )
        spatial = list(self._input_shape)
        self._in_channels = spatial.pop(self._channel_axis - 1)
        self._state_shape = self._arranged(
            hidden_channels,
            (
                length + 2 * pad - dilate * (kernel - 1)
                for length, pad, dilate, kernel in zip(
                    spatial, size["i2h_pad"], size["i2h_dilate"], size["i2h_kernel"], strict=True
                )
            ),
        )
        rows = hidden_channels * self._num_gates
        self._convolutions = {
            part: {
                "kernel": size[f"{part}_kernel"],
                "stride": (1,) * axes,
                "pad": size[f"{part}_pad"],
                "dilate": size[f"{part}_dilate"],
                "num_filter": rows,
                "layout": conv_layout,
            }
            for part in ("i2h", "h2h")
        }
        weight_shapes = {
            "i2h": (rows, *self._arranged(self._in_channels, size["i2h_kernel"])),
            "h2h": (rows, *self._arranged(hidden_channels, size["h2h_kernel"])),
        }
        self._make_parameter("i2h_weight", weight_shapes["i2h"], i2h_weight_initializer)
        self._make_parameter("h2h_weight", weight_shapes["h2h"], h2h_weight_initializer)
        self._make_parameter("i2h_bias", (rows,), i2h_bias_initializer)
        self._make_parameter("h2h_bias", (rows,), h2h_bias_initializer)

    def _arranged(self, channels: int, spatial: Any) -> tuple[int, ...]:
        """Return a shape with channels where the layout has them."""
        shape = list(spatial)
        shape.insert(self._channel_axis - 1, channels)
        return tuple(shape)

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Return the shape and the layout of each state."""
        shape = (batch_size, *self._state_shape)
        return [{"shape": shape, "__layout__": self._conv_layout} for _ in range(self._states)]

    def _layer(self, F: Any, part: str, data: Any, weight: Any, bias: Any, name: str) -> Any:
        return F.Convolution(data, weight, bias, name=name, **self._convolutions[part])

    def __repr__(self) -> str:
        mapping = f"{self._in_channels} -> {lengths_of(self.i2h_weight)[0]}"
        return f"{type(self).__name__}({mapping}, {self._activation}, {self._conv_layout})"


class _ConvRNNCell(_ConvCell, PlainStep):
    def _alias(self) -> str:
        return "conv_rnn"


class _ConvLSTMCell(_ConvCell, LSTMStep):
    def _alias(self) -> str:
        return "conv_lstm"


class _ConvGRUCell(_ConvCell, GRUStep):
    def _alias(self) -> str:
        return "conv_gru"


@over("NCW", "NWC")
class Conv1DRNNCell(_ConvRNNCell):
    """The plain cell on sequences; see `Conv2DRNNCell` for the parameters."""


@over("NCHW", "NHWC")
class Conv2DRNNCell(_ConvRNNCell):
    """The plain cell on images.

    Parameters
    ----------
    input_shape : tuple of int
        Of one step, without the batch.
    hidden_channels : int
        How many channels the states have.
    i2h_kernel, h2h_kernel : int or tuple of int
        Of the convolutions of the inputs and of the last output; the second is odd, so that the size stays.
    i2h_pad, i2h_dilate, h2h_dilate : int or tuple of int
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer
        Initializers or their names.
    conv_layout : str
        By default channels stand after the batch.
    activation : str or callable, default 'tanh'
    prefix, params
        See `Block`.

    Examples
    --------
    >>> import mxnet as mx
    >>> cell = mx.gluon.contrib.rnn.Conv2DRNNCell((3, 8, 8), 4, i2h_kernel=3, h2h_kernel=3)
    >>> cell.state_info(1)[0]["shape"], cell
    ((1, 4, 6, 6), Conv2DRNNCell(3 -> 4, tanh, NCHW))
    """


@over("NCDHW", "NDHWC")
class Conv3DRNNCell(_ConvRNNCell):
    """The plain cell on volumes; see `Conv2DRNNCell` for the parameters."""


@over("NCW", "NWC")
class Conv1DLSTMCell(_ConvLSTMCell):
    """The LSTM on sequences; see `Conv2DRNNCell` for the parameters."""


@over("NCHW", "NHWC")
class Conv2DLSTMCell(_ConvLSTMCell):
    """The LSTM on images (Shi et al. 2015); see `Conv2DRNNCell` for the parameters."""


@over("NCDHW", "NDHWC")
class Conv3DLSTMCell(_ConvLSTMCell):
    """The LSTM on volumes; see `Conv2DRNNCell` for the parameters."""


@over("NCW", "NWC")
class Conv1DGRUCell(_ConvGRUCell):
    """The gated recurrent unit on sequences; see `Conv2DRNNCell` for the parameters."""


@over("NCHW", "NHWC")
class Conv2DGRUCell(_ConvGRUCell):
    """The gated recurrent unit on images; see `Conv2DRNNCell` for the parameters."""


@over("NCDHW", "NDHWC")
class Conv3DGRUCell(_ConvGRUCell):
    """The gated recurrent unit on volumes; see `Conv2DRNNCell` for the parameters."""
