"""The cells that compute: plain, LSTM and GRU, on vectors and, by convolution, on images."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from mxnet import symbol
from mxnet.initializer import LSTMBias
from mxnet.rnn.base import BaseRNNCell, CellError, RNNParams
from mxnet.symbol.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mxnet.initializer import Initializer
    from mxnet.symbol.symbol import Symbol

    Activation = str | Callable[..., Symbol]
    Step = tuple[Symbol, list[Symbol]]


def _activate(activation: Activation, inputs: Symbol, **kwargs: Any) -> Symbol:
    if isinstance(activation, str):
        activation = functools.partial(symbol.Activation, act_type=activation)  # type: ignore[arg-type]
    return activation(inputs, **kwargs)


def _plain(
    name: str, i2h: Symbol, h2h: Symbol, _states: Sequence[Symbol], activation: Activation, _axis: int
) -> Step:
    output = _activate(activation, i2h + h2h, name=f"{name}out")
    return output, [output]


def _lstm(
    name: str, i2h: Symbol, h2h: Symbol, states: Sequence[Symbol], activation: Activation, axis: int
) -> Step:
    gates = symbol.SliceChannel(i2h + h2h, num_outputs=4, name=f"{name}slice", **_channels(axis))
    keep, forget, write = (
        symbol.Activation(gates[number], act_type="sigmoid", name=f"{name}{gate}")
        for number, gate in ((0, "i"), (1, "f"), (3, "o"))
    )
    candidate = _activate(activation, gates[2], name=f"{name}c")
    state = symbol.elemwise_add(forget * states[1], keep * candidate, name=f"{name}state")
    output = symbol.elemwise_mul(write, _activate(activation, state), name=f"{name}out")
    return output, [output, state]


def _gru(
    name: str, i2h: Symbol, h2h: Symbol, states: Sequence[Symbol], activation: Activation, axis: int
) -> Step:
    # The names of the parts have two underscores, in MXNet since the first GRUCell.
    inputs, hidden = (
        symbol.SliceChannel(both, num_outputs=3, name=f"{name}_{group}_slice", **_channels(axis))
        for both, group in ((i2h, "i2h"), (h2h, "h2h"))
    )
    reset, update = (
        symbol.Activation(inputs[number] + hidden[number], act_type="sigmoid", name=f"{name}_{gate}_act")
        for number, gate in ((0, "r"), (1, "z"))
    )
    candidate = _activate(activation, inputs[2] + reset * hidden[2], name=f"{name}_h_act")
    output = symbol.elemwise_add((1.0 - update) * candidate, update * states[0], name=f"{name}out")
    return output, [output]


def _channels(axis: int) -> dict[str, Any]:
    return {} if axis == 1 else {"axis": axis}


class _VectorCell(BaseRNNCell):
    """A cell of two fully connected layers, one from the inputs and one from the last output."""

    _step: Callable[..., Step]
    _parts = ""  # what stands before the names of the two layers
    _states = 1

    def __init__(
        self,
        num_hidden: int,
        activation: Activation,
        prefix: str,
        params: RNNParams | None,
        bias: Initializer | None = None,
    ) -> None:
        super().__init__(prefix, params)
        self._num_hidden = num_hidden
        self._activation = activation
        self._layers = {
            group: (
                self._params.get(f"{group}_weight"),
                self._params.get(f"{group}_bias", **({} if init is None else {"init": init})),
            )
            for group, init in (("i2h", bias), ("h2h", None))
        }

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The shape and the layout of each state; a 0 stands for the batch."""
        return [{"shape": (0, self._num_hidden), "__layout__": "NC"} for _ in range(self._states)]

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> Step:
        """Take one step; see `BaseRNNCell.__call__`."""
        name = self._next_step()
        i2h, h2h = (
            symbol.FullyConnected(
                data,
                *self._layers[group],
                num_hidden=self._num_hidden * len(self._gate_names),
                name=f"{name}{self._parts}{group}",
            )
            for group, data in (("i2h", inputs), ("h2h", states[0]))
        )
        return self._step(name, i2h, h2h, states, self._activation, 1)


class RNNCell(_VectorCell):
    """The plain cell: an activation of what comes in plus what was there.

    Parameters
    ----------
    num_hidden : int
    activation : str or callable, default 'tanh'
        An `act_type` of `Activation`, or a function of a symbol and its `name`.
    prefix : str, default 'rnn_'
    params : RNNParams, optional

    Examples
    --------
    >>> import mxnet as mx
    >>> outputs, states = mx.rnn.RNNCell(3).unroll(2, mx.sym.Variable("data"))
    >>> outputs
    [<Symbol rnn_t0_out>, <Symbol rnn_t1_out>]
    """

    _step = staticmethod(_plain)
    _gate_names = ("",)

    def __init__(
        self,
        num_hidden: int,
        activation: Activation = "tanh",
        prefix: str = "rnn_",
        params: RNNParams | None = None,
    ) -> None:
        super().__init__(num_hidden, activation, prefix, params)


class LSTMCell(_VectorCell):
    """Long short-term memory, with the gates in the order input, forget, candidate, output.

    Parameters
    ----------
    num_hidden : int
    prefix : str, default 'lstm_'
    params : RNNParams, optional
    forget_bias : float, default 1.0
        What the bias of the forget gate is initialized with.
    """

    _step = staticmethod(_lstm)
    _gate_names = ("_i", "_f", "_c", "_o")
    _states = 2

    def __init__(
        self,
        num_hidden: int,
        prefix: str = "lstm_",
        params: RNNParams | None = None,
        forget_bias: float = 1.0,
    ) -> None:
        super().__init__(num_hidden, "tanh", prefix, params, LSTMBias(forget_bias))


class GRUCell(_VectorCell):
    """The gated recurrent unit as cuDNN computes it, with the gates in the order reset, update, candidate.

    Parameters
    ----------
    num_hidden : int
    prefix : str, default 'gru_'
    params : RNNParams, optional
    """

    _step = staticmethod(_gru)
    _gate_names = ("_r", "_z", "_o")
    _parts = "_"

    def __init__(self, num_hidden: int, prefix: str = "gru_", params: RNNParams | None = None) -> None:
        super().__init__(num_hidden, "tanh", prefix, params)


_LEAKY = functools.partial(symbol.LeakyReLU, act_type="leaky", slope=0.2)


class BaseConvRNNCell(BaseRNNCell):
    """Base of the cells that look at images, by two convolutions.

    Parameters
    ----------
    input_shape : tuple of int
        Of one step, with the batch.
    num_hidden : int
        How many channels the states have.
    h2h_kernel, h2h_dilate : pair of int
        Of the convolution of the last output; the kernel is odd, so that the size stays.
    i2h_kernel, i2h_stride, i2h_pad, i2h_dilate : pair of int
        Of the convolution of the inputs.
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer
        Initializers or their names.
    activation : str or callable
    prefix : str
    params : RNNParams, optional
    conv_layout : str, default 'NCHW'
    """

    _step: Callable[..., Step]
    _states = 1

    def __init__(
        self,
        input_shape: tuple[int, ...],
        num_hidden: int,
        h2h_kernel: tuple[int, int] = (3, 3),
        h2h_dilate: tuple[int, int] = (1, 1),
        i2h_kernel: tuple[int, int] = (3, 3),
        i2h_stride: tuple[int, int] = (1, 1),
        i2h_pad: tuple[int, int] = (1, 1),
        i2h_dilate: tuple[int, int] = (1, 1),
        i2h_weight_initializer: Initializer | str | None = None,
        h2h_weight_initializer: Initializer | str | None = None,
        i2h_bias_initializer: Initializer | str | None = "zeros",
        h2h_bias_initializer: Initializer | str | None = "zeros",
        activation: Activation = _LEAKY,
        prefix: str | None = None,
        params: RNNParams | None = None,
        conv_layout: str = "NCHW",
    ) -> None:
        super().__init__(f"{type(self).__name__.removesuffix('Cell')}_" if prefix is None else prefix, params)
        if any(size % 2 == 0 for size in h2h_kernel):
            raise CellError(f"h2h_kernel has to be odd, so that states keep their size; got {h2h_kernel}.")
        self._num_hidden = num_hidden
        self._activation = activation
        self._layout = conv_layout
        pad = tuple(dilate * (size - 1) // 2 for size, dilate in zip(h2h_kernel, h2h_dilate, strict=True))
        self._windows: dict[str, dict[str, Any]] = {
            "i2h": {"kernel": i2h_kernel, "stride": i2h_stride, "pad": i2h_pad, "dilate": i2h_dilate},
            "h2h": {"kernel": h2h_kernel, "stride": (1, 1), "pad": pad, "dilate": h2h_dilate},
        }
        inits = {
            "i2h": (i2h_weight_initializer, i2h_bias_initializer),
            "h2h": (h2h_weight_initializer, h2h_bias_initializer),
        }
        self._layers = {
            group: [
                self._params.get(f"{group}_{kind}", init=init)
                for kind, init in zip(("weight", "bias"), pair, strict=True)
            ]
            for group, pair in inits.items()
        }
        # The states are as large as what the convolution of the inputs gives.
        convolved = self._convolve("i2h", Variable("data"), num_hidden, name="i2h")
        (shape,) = convolved.infer_shape(data=input_shape)[1] or []
        self._state_shape = (0, *shape[1:])

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The shape and the layout of each state; a 0 stands for the batch."""
        return [{"shape": self._state_shape, "__layout__": self._layout} for _ in range(self._states)]

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> Step:
        """Take one step; see `BaseRNNCell.__call__`."""
        name = self._next_step()
        filters = self._num_hidden * len(self._gate_names)
        i2h, h2h = (
            self._convolve(group, data, filters, *self._layers[group], name=f"{name}{group}")
            for group, data in (("i2h", inputs), ("h2h", states[0]))
        )
        return self._step(name, i2h, h2h, states, self._activation, self._layout.find("C"))

    def _convolve(self, group: str, data: Symbol, filters: int, *weights: Symbol, name: str) -> Symbol:
        slots: Any = (data, *weights)
        parameters: dict[str, Any] = {"num_filter": filters, "layout": self._layout, "name": name}
        return symbol.Convolution(*slots, **parameters | self._windows[group])


class ConvRNNCell(BaseConvRNNCell):
    """`RNNCell` with convolutions; see `BaseConvRNNCell` for the parameters."""

    _step = staticmethod(_plain)
    _gate_names = ("",)


class ConvLSTMCell(BaseConvRNNCell):
    """`LSTMCell` with convolutions; see `BaseConvRNNCell` for the parameters."""

    _step = staticmethod(_lstm)
    _gate_names = LSTMCell._gate_names
    _states = 2


class ConvGRUCell(BaseConvRNNCell):
    """`GRUCell` with convolutions; see `BaseConvRNNCell` for the parameters."""

    _step = staticmethod(_gru)
    _gate_names = GRUCell._gate_names
