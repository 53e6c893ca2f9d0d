"""The fused cell: all layers and steps in one ``RNN`` operator, with all weights in one vector."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from mxnet import ndarray as nd
from mxnet import symbol
from mxnet.caller import warn
from mxnet.initializer import FusedRNN
from mxnet.rnn.base import BaseRNNCell, CellError, RNNParams, Unrolled, Weights, _normalize_sequence
from mxnet.rnn.cells import GRUCell, LSTMCell, RNNCell
from mxnet.rnn.modifiers import BidirectionalCell, DropoutCell, SequentialRNNCell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mxnet.ndarray import NDArray
    from mxnet.rnn.base import Inputs, States


class FusedRNNCell(BaseRNNCell):
    """A network of layers of cells, computed by one operator, which needs the whole sequence.

    Parameters
    ----------
    num_hidden : int
    num_layers : int, default 1
    mode : {'lstm', 'gru', 'rnn_relu', 'rnn_tanh'}
    bidirectional : bool, default False
    dropout : float, default 0.0
        Between layers.
    get_next_state : bool, default False
        Whether `unroll` returns the states after the last step.
    forget_bias : float, default 1.0
        Of an LSTM, at initialization.
    prefix : str, optional
        By default the mode and an underscore.
    params : RNNParams, optional
    """

    def __init__(
        self,
        num_hidden: int,
        num_layers: int = 1,
        mode: str = "lstm",
        bidirectional: bool = False,
        dropout: float = 0.0,
        get_next_state: bool = False,
        forget_bias: float = 1.0,
        prefix: str | None = None,
        params: RNNParams | None = None,
    ) -> None:
        super().__init__(f"{mode}_" if prefix is None else prefix, params)
        self._num_hidden = num_hidden
        self._num_layers = num_layers
        self._mode = mode
        self._bidirectional = bidirectional
        self._dropout = dropout
        self._get_next_state = get_next_state
        self._init = FusedRNN(None, num_hidden, num_layers, mode, bidirectional, forget_bias)
        self._gate_names = self._init.gates
        self._num_gates = len(self._gate_names)
        self._directions = ["l", "r"] if bidirectional else ["l"]
        self._packed = f"{self._params._prefix}parameters"
        self._parameter = self.params.get("parameters", init=self._init)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The shape and the layout of each state; a 0 stands for the batch."""
        shape = (self._num_layers * (1 + self._bidirectional), 0, self._num_hidden)
        return [{"shape": shape, "__layout__": "LNC"} for _ in range(1 + (self._mode == "lstm"))]

    def _unroll(
        self, length: int, inputs: Inputs, begin: States, layout: str, merged: bool | None
    ) -> Unrolled:
        inputs, axis = _normalize_sequence(length, inputs, layout, merge=True)
        if axis == 1:
            warn("FusedRNNCell is faster with layout TNC than with NTC.")
            inputs = symbol.swapaxes(inputs, dim1=0, dim2=1)  # type: ignore[arg-type] # they are merged
        states = self.begin_state() if begin is None else begin
        slots: Any = (inputs, self._parameter, *states)
        parameters: dict[str, Any] = {
            "state_size": self._num_hidden,
            "num_layers": self._num_layers,
            "bidirectional": self._bidirectional,
            "p": self._dropout,
            "state_outputs": self._get_next_state,
            "mode": self._mode,
            "name": f"{self._prefix}rnn",
        }
        rnn = symbol.RNN(*slots, **parameters)
        outputs, next_states = rnn, []
        if self._get_next_state:
            outputs, *next_states = rnn
            for state in next_states:
                state._set_attr(__layout__="LNC")
        if axis == 1:
            outputs = symbol.swapaxes(outputs, dim1=0, dim2=1)
        return _normalize_sequence(length, outputs, layout, merged)[0], next_states

    def unpack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        """Cut the vector into the weights of each gate of each layer, named as those of `unfuse`."""
        weights = dict(args)
        packed = weights.pop(self._packed)
        parts = _cut(packed, self._init.parts(self._prefix, packed.size))
        return weights | {name: part.copy() for name, part in parts.items()}

    def _slice_weights(self, arr: NDArray, li: int, lh: int) -> Weights:  # noqa: ARG002 - it is num_hidden
        """Return views of the weights of each gate in the vector of a network that reads `li` values."""
        return _cut(arr, self._init.parts_of_width(self._prefix, li))

    def pack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        """Join what `unpack_weights` cut."""
        weights = dict(args)
        width = weights[f"{self._prefix}l0_i2h{self._gate_names[0]}_weight"].shape[1]
        parts = [
            weights.pop(name).reshape((-1,)) for name, _ in self._init.parts_of_width(self._prefix, width)
        ]
        weights[self._packed] = nd.concatenate(parts)
        return weights

    def unfuse(self) -> SequentialRNNCell:
        """Return the same network as single cells, which fit the weights of `unpack_weights`."""
        stack = SequentialRNNCell()
        for layer in range(self._num_layers):
            forward = self._single(f"l{layer}_")
            if self._bidirectional:
                backward, prefix = self._single(f"r{layer}_"), f"{self._prefix}bi_l{layer}_"
                stack.add(BidirectionalCell(forward, backward, output_prefix=prefix))
            else:
                stack.add(forward)
            if self._dropout > 0 and layer < self._num_layers - 1:
                stack.add(DropoutCell(self._dropout, prefix=f"{self._prefix}_dropout{layer}_"))
        return stack

    def _single(self, place: str) -> BaseRNNCell:
        prefix = self._prefix + place
        if self._mode == "lstm":
            return LSTMCell(self._num_hidden, prefix)
        if self._mode == "gru":
            return GRUCell(self._num_hidden, prefix)
        return RNNCell(self._num_hidden, self._mode.removeprefix("rnn_"), prefix)


def _cut(packed: NDArray, parts: Sequence[tuple[str, tuple[int, ...]]]) -> Weights:
    """Return views of the parts of a vector, which have names and shapes."""
    total = sum(math.prod(shape) for _, shape in parts)
    if total != packed.size:
        raise CellError(f"The vector of weights has {packed.size} values, but the cell's take {total}.")
    views, start = {}, 0
    for name, shape in parts:
        end = start + math.prod(shape)
        views[name] = packed[start:end].reshape(shape)
        start = end
    return views
