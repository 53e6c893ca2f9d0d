"""The cells that compute: plain, LSTM and GRU, on vectors and, by convolution, on images."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from mxnet import symbol
from mxnet.initializer import LSTMBias
from mxnet.rnn.base import BaseRNNCell, CellError, RNNParams, Step
from mxnet.symbol.variable import Variable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mxnet.initializer import Initializer
    from mxnet.symbol.symbol import Symbol

    Activation = str | Callable[..., Symbol]


class _GatedCell(BaseRNNCell):
    """A cell of two layers, one of the inputs and one of the last output, and a step that joins them."""

    _num_hidden: int
    _activation: Activation
    _channels = 1  # the axis that the gates are split along
    _parts = ""  # what stands before the names of the two layers
    _states = 1

    def _ask_for_params(self, i2h: tuple[Any, Any], h2h: tuple[Any, Any]) -> None:
        """Make the variables of weights and biases, with initializers for those of each layer."""
        self._iW, self._iB, self._hW, self._hB = (
            self.params.get(f"{group}_{kind}", **({} if init is _NONE else {"init": init}))
            for group, inits in (("i2h", i2h), ("h2h", h2h))
            for kind, init in zip(("weight", "bias"), inits, strict=True)
        )

    @property
    def _num_gates(self) -> int:
        return len(self._gate_names)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> Step:
        """Take one step; see `BaseRNNCell.__call__`."""
        if len(states) < self._states:
            raise CellError(f"A {type(self).__name__} has {self._states} states, but got {len(states)}.")
        name = self._next_step()
        i2h, h2h = self._layers(inputs, states, f"{name}{self._parts}")
        return self._join(name, i2h, h2h, states)

    def _layers(self, inputs: Symbol, states: Sequence[Symbol], name: str) -> tuple[Symbol, Symbol]:
        """Apply the two layers."""
        raise NotImplementedError

    def _join(self, name: str, i2h: Symbol, h2h: Symbol, states: Sequence[Symbol]) -> Step:
        """Return the output and the next states."""
        raise NotImplementedError

    def _split_gates(self, both: Symbol, name: str) -> Symbol:
        axis: dict[str, Any] = {} if self._channels == 1 else {"axis": self._channels}
        gates: Symbol = symbol.SliceChannel(both, num_outputs=self._num_gates, name=name, **axis)
        return gates


_NONE = object()  # no initializer is stated


class _Plain(_GatedCell):
    _gate_names = ("",)

    def _join(self, name: str, i2h: Symbol, h2h: Symbol, states: Sequence[Symbol]) -> Step:  # noqa: ARG002
        output = self._get_activation(i2h + h2h, self._activation, name=f"{name}out")
        return output, [output]


class _LSTM(_GatedCell):
    _gate_names = ("_i", "_f", "_c", "_o")
    _states = 2

    def _join(self, name: str, i2h: Symbol, h2h: Symbol, states: Sequence[Symbol]) -> Step:
        gates = self._split_gates(i2h + h2h, f"{name}slice")
        keep, forget, write = (
            symbol.Activation(gates[number], act_type="sigmoid", name=f"{name}{gate}")
            for number, gate in ((0, "i"), (1, "f"), (3, "o"))
        )
        candidate = self._get_activation(gates[2], self._activation, name=f"{name}c")
        state = symbol.elemwise_add(forget * states[1], keep * candidate, name=f"{name}state")
        activated = self._get_activation(state, self._activation)
        output = symbol.elemwise_mul(write, activated, name=f"{name}out")
        return output, [output, state]


class _GRU(_GatedCell):
    _gate_names = ("_r", "_z", "_o")

    def _join(self, name: str, i2h: Symbol, h2h: Symbol, states: Sequence[Symbol]) -> Step:
        # The names of the parts have two underscores, in MXNet since the first GRUCell.
        inputs, hidden = (
            self._split_gates(both, f"{name}_{group}_slice") for both, group in ((i2h, "i2h"), (h2h, "h2h"))
        )
        reset, update = (
            symbol.Activation(inputs[number] + hidden[number], act_type="sigmoid", name=f"{name}_{gate}_act")
            for number, gate in ((0, "r"), (1, "z"))
        )
        candidate = self._get_activation(
            inputs[2] + reset * hidden[2], self._activation, name=f"{name}_h_act"
        )
        output = symbol.elemwise_add((1.0 - update) * candidate, update * states[0], name=f"{name}out")
        return output, [output]


class _VectorCell(_GatedCell):
    """A cell of two fully connected layers."""

    def __init__(
        self,
        num_hidden: int,
        activation: Activation,
        prefix: str,
        params: RNNParams | None,
        bias: Any = _NONE,
    ) -> None:
        super().__init__(prefix, params)
        self._num_hidden = num_hidden
        self._activation = activation
        self._ask_for_params((_NONE, bias), (_NONE, _NONE))

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The shape and the layout of each state; a 0 stands for the batch."""
        return [{"shape": (0, self._num_hidden), "__layout__": "NC"} for _ in range(self._states)]

    def _layers(self, inputs: Symbol, states: Sequence[Symbol], name: str) -> tuple[Symbol, Symbol]:
        rows = self._num_hidden * self._num_gates
        return (
            symbol.FullyConnected(inputs, self._iW, self._iB, num_hidden=rows, name=f"{name}i2h"),
            symbol.FullyConnected(states[0], self._hW, self._hB, num_hidden=rows, name=f"{name}h2h"),
        )


class RNNCell(_VectorCell, _Plain):
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

    def __init__(
        self,
        num_hidden: int,
        activation: Activation = "tanh",
        prefix: str = "rnn_",
        params: RNNParams | None = None,
    ) -> None:
        super().__init__(num_hidden, activation, prefix, params)


class LSTMCell(_VectorCell, _LSTM):
    """Long short-term memory, with the gates in the order input, forget, candidate, output.

    Parameters
    ----------
    num_hidden : int
    prefix : str, default 'lstm_'
    params : RNNParams, optional
    forget_bias : float, default 1.0
        What the bias of the forget gate is initialized with.
    """

    def __init__(
        self,
        num_hidden: int,
        prefix: str = "lstm_",
        params: RNNParams | None = None,
        forget_bias: float = 1.0,
    ) -> None:
        super().__init__(num_hidden, "tanh", prefix, params, LSTMBias(forget_bias))


class GRUCell(_VectorCell, _GRU):
    """The gated recurrent unit as cuDNN computes it, with the gates in the order reset, update, candidate.

    Parameters
    ----------
    num_hidden : int
    prefix : str, default 'gru_'
    params : RNNParams, optional
    """

    _parts = "_"

    def __init__(self, num_hidden: int, prefix: str = "gru_", params: RNNParams | None = None) -> None:
        super().__init__(num_hidden, "tanh", prefix, params)


_LEAKY = functools.partial(symbol.LeakyReLU, act_type="leaky", slope=0.2)


class BaseConvRNNCell(_GatedCell):
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
        self._input_shape = input_shape
        self._conv_layout = conv_layout
        self._channels = conv_layout.find("C")
        self._h2h_kernel, self._h2h_dilate = h2h_kernel, h2h_dilate
        self._h2h_pad = tuple(d * (k - 1) // 2 for k, d in zip(h2h_kernel, h2h_dilate, strict=True))
        self._i2h_kernel, self._i2h_stride = i2h_kernel, i2h_stride
        self._i2h_pad, self._i2h_dilate = i2h_pad, i2h_dilate
        self._ask_for_params(
            (i2h_weight_initializer, i2h_bias_initializer), (h2h_weight_initializer, h2h_bias_initializer)
        )
        # The states are as large as what the convolution of the inputs gives.
        (shape,) = self._convolve_inputs(Variable("data"), "i2h").infer_shape(data=input_shape)[1] or []
        self._state_shape = (
            (0, num_hidden, *shape[2:]) if self._channels == 1 else (0, *shape[1:-1], num_hidden)
        )

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The shape and the layout of each state; a 0 stands for the batch."""
        return [{"shape": self._state_shape, "__layout__": self._conv_layout} for _ in range(self._states)]

    def _convolve_inputs(self, inputs: Symbol, name: str) -> Symbol:
        window = {"kernel": self._i2h_kernel, "stride": self._i2h_stride, "pad": self._i2h_pad}
        return self._convolve(inputs, self._iW, self._iB, name, dilate=self._i2h_dilate, **window)

    def _conv_forward(self, inputs: Symbol, states: Sequence[Symbol], name: str) -> tuple[Symbol, Symbol]:
        """Convolve the inputs and the last output."""
        window = {"kernel": self._h2h_kernel, "stride": (1, 1), "pad": self._h2h_pad}
        h2h = self._convolve(states[0], self._hW, self._hB, f"{name}h2h", dilate=self._h2h_dilate, **window)
        return self._convolve_inputs(inputs, f"{name}i2h"), h2h

    _layers = _conv_forward

    def _convolve(self, data: Symbol, weight: Symbol, bias: Symbol, name: str, **window: Any) -> Symbol:
        filters: dict[str, Any] = {
            "num_filter": self._num_hidden * self._num_gates,
            "layout": self._conv_layout,
        }
        return symbol.Convolution(data, weight, bias, name=name, **filters, **window)


class ConvRNNCell(BaseConvRNNCell, _Plain):
    """`RNNCell` with convolutions; see `BaseConvRNNCell` for the parameters."""


class ConvLSTMCell(BaseConvRNNCell, _LSTM):
    """`LSTMCell` with convolutions; see `BaseConvRNNCell` for the parameters."""


class ConvGRUCell(BaseConvRNNCell, _GRU):
    """`GRUCell` with convolutions; see `BaseConvRNNCell` for the parameters."""
