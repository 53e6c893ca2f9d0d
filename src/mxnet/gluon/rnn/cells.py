"""The cells that compute: plain, LSTM and GRU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from mxnet.gluon.nn.axes import lengths_of
from mxnet.gluon.rnn.recurrent import HybridRecurrentCell

if TYPE_CHECKING:
    from mxnet.gluon.nn.norm_layers import Init
    from mxnet.gluon.parameter import Parameter, ParameterDict

__all__ = ["GRUCell", "GRUStep", "GatedCell", "LSTMCell", "LSTMStep", "PlainStep", "RNNCell"]

Activation: TypeAlias = "str | Callable[..., Any]"
Step: TypeAlias = "tuple[Any, list[Any]]"


class GatedCell(HybridRecurrentCell):
    """A cell of two layers, one of the inputs and one of the last output, and a step that joins them."""

    _gate_names: ClassVar[Sequence[str]]
    _states: ClassVar[int] = 1
    _activation: Activation
    _channel_axis = 1  # that the gates are split along

    i2h_weight: Parameter
    h2h_weight: Parameter
    i2h_bias: Parameter
    h2h_bias: Parameter

    def _make_parameter(self, name: str, shape: tuple[int, ...], init: Init) -> None:
        setattr(self, name, self.params.get(name, shape=shape, init=init, allow_deferred_init=True))

    @property
    def _num_gates(self) -> int:
        return len(self._gate_names)

    def hybrid_forward(
        self,
        F: Any,
        inputs: Any,
        states: Any,
        i2h_weight: Any,
        h2h_weight: Any,
        i2h_bias: Any,
        h2h_bias: Any,
    ) -> Step:
        """Take one step; see `RecurrentCell.forward`."""
        name = f"t{self._counter}_"
        i2h = self._layer(F, "i2h", inputs, i2h_weight, i2h_bias, name=f"{name}i2h")
        h2h = self._layer(F, "h2h", states[0], h2h_weight, h2h_bias, name=f"{name}h2h")
        return self._join(F, name, i2h, h2h, states)

    def _layer(self, F: Any, part: str, data: Any, weight: Any, bias: Any, name: str) -> Any:
        """Apply one of the two layers."""
        raise NotImplementedError

    def _join(self, F: Any, name: str, i2h: Any, h2h: Any, states: Sequence[Any]) -> Step:
        """Return the output and the next states."""
        raise NotImplementedError

    def _activate(self, F: Any, value: Any, name: str) -> Any:
        if isinstance(self._activation, str):
            return F.Activation(value, act_type=self._activation, name=name)
        return self._get_activation(F, value, self._activation, name=name)

    def _split(self, F: Any, both: Any, name: str) -> Any:
        axis = {} if self._channel_axis == 1 else {"axis": self._channel_axis}
        return F.SliceChannel(both, num_outputs=self._num_gates, name=name, **axis)


class PlainStep(GatedCell):
    """The step of the plain cell."""

    _gate_names = ("",)

    def _join(self, F: Any, name: str, i2h: Any, h2h: Any, states: Sequence[Any]) -> Step:  # noqa: ARG002
        both = F.elemwise_add(i2h, h2h, name=f"{name}plus0")
        output = self._get_activation(F, both, self._activation, name=f"{name}out")
        return output, [output]


class LSTMStep(GatedCell):
    """The step of an LSTM, with the gates in the order input, forget, candidate, output."""

    _gate_names = ("_i", "_f", "_c", "_o")
    _states = 2
    _recurrent_activation: Activation = "sigmoid"
    _result = "out"  # what the result is called

    def _join(self, F: Any, name: str, i2h: Any, h2h: Any, states: Sequence[Any]) -> Step:
        gates = self._split(F, F.elemwise_add(i2h, h2h, name=f"{name}plus0"), f"{name}slice")
        keep, forget, candidate, write = (
            self._get_activation(
                F,
                gates[number],
                self._activation if gate == "c" else self._recurrent_activation,
                name=f"{name}{gate}",
            )
            for number, gate in enumerate("ifco")
        )
        state = F.elemwise_add(
            F.elemwise_mul(forget, states[1], name=f"{name}mul0"),
            F.elemwise_mul(keep, candidate, name=f"{name}mul1"),
            name=f"{name}state",
        )
        activated = self._activate(F, state, f"{name}activation0")
        output = F.elemwise_mul(write, activated, name=f"{name}{self._result}")
        return output, [output, state]


class GRUStep(GatedCell):
    """The step of a gated recurrent unit as cuDNN computes it: gates reset, update, candidate."""

    _gate_names = ("_r", "_z", "_o")

    def _join(self, F: Any, name: str, i2h: Any, h2h: Any, states: Sequence[Any]) -> Step:
        inputs = self._split(F, i2h, f"{name}i2h_slice")
        hidden = self._split(F, h2h, f"{name}h2h_slice")
        reset, update = (
            F.Activation(
                F.elemwise_add(inputs[number], hidden[number], name=f"{name}plus{number}"),
                act_type="sigmoid",
                name=f"{name}{gate}_act",
            )
            for number, gate in enumerate("rz")
        )
        remembered = F.elemwise_mul(reset, hidden[2], name=f"{name}mul0")
        candidate = self._activate(
            F, F.elemwise_add(inputs[2], remembered, name=f"{name}plus2"), f"{name}h_act"
        )
        ones = F.ones_like(update, name=f"{name}ones_like0")
        output = F.elemwise_add(
            F.elemwise_mul(F.elemwise_sub(ones, update, name=f"{name}minus0"), candidate, name=f"{name}mul1"),
            F.elemwise_mul(update, states[0], name=f"{name}mul20"),
            name=f"{name}out",
        )
        return output, [output]


class VectorCell(GatedCell):
    """A cell of two fully connected layers; the second reads `width` values."""

    def __init__(
        self,
        hidden_size: int,
        width: int,
        activation: Activation,
        input_size: int,
        weights: tuple[Init, Init],
        biases: tuple[Init, Init],
        prefix: str | None,
        params: ParameterDict | None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._hidden_size = hidden_size
        self._input_size = input_size
        self._activation = activation
        rows = self._rows = hidden_size * self._num_gates
        self._make_parameter("i2h_weight", (rows, input_size), weights[0])
        self._make_parameter("h2h_weight", (rows, width), weights[1])
        self._make_more()
        self._make_parameter("i2h_bias", (rows,), biases[0])
        self._make_parameter("h2h_bias", (rows,), biases[1])

    def _make_more(self) -> None:
        """Make the weights that stand between weights and biases."""

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Return the shape and the layout of each state."""
        return [{"shape": (batch_size, self._hidden_size), "__layout__": "NC"} for _ in range(self._states)]

    def _layer(self, F: Any, part: str, data: Any, weight: Any, bias: Any, name: str) -> Any:  # noqa: ARG002
        return F.FullyConnected(data, weight, bias, num_hidden=self._rows, name=name)

    def _mapping(self) -> str:
        rows, columns = lengths_of(self.i2h_weight)
        return f"{columns or None} -> {rows}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._mapping()})"


class RNNCell(VectorCell, PlainStep):
    """The plain cell: an activation of what comes in plus what was there.

    Parameters
    ----------
    hidden_size : int
    activation : str or callable, default 'tanh'
        An `act_type` of `Activation`, a block, or a function of `F`'s values and a `name`.
    i2h_weight_initializer, h2h_weight_initializer : Initializer or str, optional
    i2h_bias_initializer, h2h_bias_initializer : Initializer or str, default 'zeros'
    input_size : int, optional
        By default the first input tells.
    prefix, params
        See `Block`.

    Examples
    --------
    >>> import mxnet as mx
    >>> cell = mx.gluon.rnn.RNNCell(3, input_size=2)
    >>> cell.initialize()
    >>> outputs, states = cell.unroll(4, mx.nd.zeros((1, 4, 2)), merge_outputs=True)
    >>> outputs.shape, states[0].shape, cell
    ((1, 4, 3), (1, 3), RNNCell(2 -> 3, tanh))
    """

    def __init__(
        self,
        hidden_size: int,
        activation: Activation = "tanh",
        i2h_weight_initializer: Init = None,
        h2h_weight_initializer: Init = None,
        i2h_bias_initializer: Init = "zeros",
        h2h_bias_initializer: Init = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        weights = (i2h_weight_initializer, h2h_weight_initializer)
        biases = (i2h_bias_initializer, h2h_bias_initializer)
        super().__init__(hidden_size, hidden_size, activation, input_size, weights, biases, prefix, params)

    def _alias(self) -> str:
        return "rnn"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._mapping()}, {self._activation})"


class LSTMCell(VectorCell, LSTMStep):
    """Long short-term memory, with the gates in the order input, forget, candidate, output.

    Parameters
    ----------
    hidden_size : int
    i2h_weight_initializer, h2h_weight_initializer : Initializer or str, optional
    i2h_bias_initializer, h2h_bias_initializer : Initializer or str, default 'zeros'
    input_size : int, optional
        By default the first input tells.
    prefix, params
        See `Block`.
    activation : str, default 'tanh'
        Of the candidate and of the state.
    recurrent_activation : str, default 'sigmoid'
        Of the gates.
    """

    def __init__(
        self,
        hidden_size: int,
        i2h_weight_initializer: Init = None,
        h2h_weight_initializer: Init = None,
        i2h_bias_initializer: Init = "zeros",
        h2h_bias_initializer: Init = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
        activation: Activation = "tanh",
        recurrent_activation: Activation = "sigmoid",
    ) -> None:
        weights = (i2h_weight_initializer, h2h_weight_initializer)
        biases = (i2h_bias_initializer, h2h_bias_initializer)
        super().__init__(hidden_size, hidden_size, activation, input_size, weights, biases, prefix, params)
        self._recurrent_activation = recurrent_activation

    def _alias(self) -> str:
        return "lstm"


class GRUCell(VectorCell, GRUStep):
    """The gated recurrent unit as cuDNN computes it, with the gates in the order reset, update, candidate.

    Parameters
    ----------
    hidden_size : int
    i2h_weight_initializer, h2h_weight_initializer : Initializer or str, optional
    i2h_bias_initializer, h2h_bias_initializer : Initializer or str, default 'zeros'
    input_size : int, optional
        By default the first input tells.
    prefix, params
        See `Block`.
    """

    def __init__(
        self,
        hidden_size: int,
        i2h_weight_initializer: Init = None,
        h2h_weight_initializer: Init = None,
        i2h_bias_initializer: Init = "zeros",
        h2h_bias_initializer: Init = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        weights = (i2h_weight_initializer, h2h_weight_initializer)
        biases = (i2h_bias_initializer, h2h_bias_initializer)
        super().__init__(hidden_size, hidden_size, "tanh", input_size, weights, biases, prefix, params)

    def _alias(self) -> str:
        return "gru"
