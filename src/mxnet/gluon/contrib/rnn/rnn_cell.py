"""The LSTM with a projection, dropout that stays over time, and loops as one operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mxnet import ndarray, symbol
from mxnet.gluon.errors import CheckError
from mxnet.gluon.rnn.cells import LSTMStep, VectorCell
from mxnet.gluon.rnn.modifiers import ModifierCell, cannot_step
from mxnet.gluon.rnn.recurrent import RecurrentCell
from mxnet.gluon.rnn.sequences import format_sequence, is_whole, mask_sequence
from mxnet.symbol import Symbol

if TYPE_CHECKING:
    from mxnet.gluon.nn.norm_layers import Init
    from mxnet.gluon.parameter import Parameter, ParameterDict
    from mxnet.gluon.rnn.cells import Step

__all__ = ["LSTMPCell", "VariationalDropoutCell"]


class VariationalDropoutCell(ModifierCell):
    """Drops the same values in every step (Gal and Ghahramani 2016).

    Parameters
    ----------
    base_cell : RecurrentCell
    drop_inputs, drop_states, drop_outputs : float, default 0.0
        Which part of the inputs, of the first state and of the outputs is dropped.
    """

    def __init__(
        self,
        base_cell: RecurrentCell,
        drop_inputs: float = 0.0,
        drop_states: float = 0.0,
        drop_outputs: float = 0.0,
    ) -> None:
        if drop_states and cannot_step(base_cell):
            raise CheckError(
                f"{type(base_cell).__name__} cannot be stepped, which dropout of states needs: put "
                "VariationalDropoutCells around the cells inside."
            )
        super().__init__(base_cell)
        self.drop_inputs = drop_inputs
        self.drop_states = drop_states
        self.drop_outputs = drop_outputs

    def _alias(self) -> str:
        return "vardrop"

    def reset(self) -> None:
        """Draw anew at the next step what is dropped, and count from 0 again."""
        super().reset()
        self._masks: dict[str, Any] = {}

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        """Take one step; see `RecurrentCell.forward`."""
        if self.drop_states:
            states = [self._drop(F, "states", states[0]), *states[1:]]
        output, next_states = self.base_cell(self._drop(F, "inputs", inputs), states)
        return self._drop(F, "outputs", output), next_states

    def _drop(self, F: Any, what: str, value: Any) -> Any:
        """Multiply by the mask of inputs, states or outputs, drawn when first needed."""
        part = getattr(self, f"drop_{what}")
        if not part:
            return value
        if not isinstance(self._masks.get(what), type(value)):  # none yet, or of another kind of call
            self._masks[what] = F.Dropout(F.ones_like(value), p=part)
        return value * self._masks[what]

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Take `length` steps; see `RecurrentCell.unroll`. Inputs and outputs of all are dropped at once."""
        if self.drop_states:
            return super().unroll(length, inputs, begin_state, layout, merge_outputs, valid_length)
        self.reset()
        inputs, axis, F, _ = format_sequence(length, inputs, layout, merge=True)
        if self.drop_inputs:
            inputs = F.Dropout(inputs, p=self.drop_inputs, axes=(axis,))
        with self._free():
            outputs, states = self.base_cell.unroll(
                length, inputs, begin_state, layout, merge_outputs=True, valid_length=valid_length
            )
        if self.drop_outputs:
            outputs = F.Dropout(outputs, p=self.drop_outputs, axes=(axis,))
        merged = is_whole(outputs) if merge_outputs is None else merge_outputs
        outputs = format_sequence(length, outputs, layout, merged)[0]
        if valid_length is not None:
            outputs = mask_sequence(F, outputs, length, valid_length, axis, merged)
        return outputs, states

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p_out = {self.drop_outputs}, p_state = {self.drop_states})"


class LSTMPCell(VectorCell, LSTMStep):
    """An LSTM whose output is projected to fewer values (Sak et al. 2014).

    Parameters
    ----------
    hidden_size : int
    projection_size : int
        The size of the output.
    i2h_weight_initializer, h2h_weight_initializer, h2r_weight_initializer : Initializer or str, optional
    i2h_bias_initializer, h2h_bias_initializer : Initializer or str, default 'zeros'
    input_size : int, optional
        By default the first input tells.
    prefix, params
        See `Block`.
    """

    _result = "hidden"
    h2r_weight: Parameter

    def __init__(
        self,
        hidden_size: int,
        projection_size: int,
        i2h_weight_initializer: Init = None,
        h2h_weight_initializer: Init = None,
        h2r_weight_initializer: Init = None,
        i2h_bias_initializer: Init = "zeros",
        h2h_bias_initializer: Init = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        self._projection_size = projection_size
        self._h2r_weight_initializer = h2r_weight_initializer
        weights = (i2h_weight_initializer, h2h_weight_initializer)
        biases = (i2h_bias_initializer, h2h_bias_initializer)
        super().__init__(hidden_size, projection_size, "tanh", input_size, weights, biases, prefix, params)

    def _make_more(self) -> None:
        shape = (self._projection_size, self._hidden_size)
        self._make_parameter("h2r_weight", shape, self._h2r_weight_initializer)

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Return the shape and the layout of each state: output and memory."""
        sizes = (self._projection_size, self._hidden_size)
        return [{"shape": (batch_size, size), "__layout__": "NC"} for size in sizes]

    def _alias(self) -> str:
        return "lstmp"

    def hybrid_forward(  # type: ignore[override]
        self,
        F: Any,
        inputs: Any,
        states: Any,
        i2h_weight: Any,
        h2h_weight: Any,
        h2r_weight: Any,
        i2h_bias: Any,
        h2h_bias: Any,
    ) -> Step:
        """Take one step; see `RecurrentCell.forward`."""
        hidden, (_, state) = super().hybrid_forward(
            F, inputs, states, i2h_weight, h2h_weight, i2h_bias, h2h_bias
        )
        size, name = self._projection_size, f"t{self._counter}_out"
        output = F.FullyConnected(hidden, h2r_weight, num_hidden=size, no_bias=True, name=name)
        return output, [output, state]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._mapping()} -> {self._projection_size})"


def dynamic_unroll(
    cell: RecurrentCell,
    inputs: Any,
    begin_state: Sequence[Any],
    drop_inputs: float = 0,
    drop_outputs: float = 0,
    layout: str = "TNC",
    valid_length: Any = None,
) -> tuple[Any, list[Any]]:
    """Take as many steps as the inputs have, in one operator ``foreach``.

    Parameters
    ----------
    cell : RecurrentCell
    inputs : NDArray or Symbol
        A whole sequence.
    begin_state : list of NDArray or Symbol
    drop_inputs, drop_outputs : float, default 0
        Which part of the values is dropped, the same in every step.
    layout : {'TNC', 'NTC'}
    valid_length : NDArray or Symbol, optional
        The number of steps of each sample, of shape (batch,); see `RecurrentCell.unroll`.

    Returns
    -------
    outputs : NDArray or Symbol
        A whole sequence.
    states : list of NDArray or Symbol
        After the last step.

    Examples
    --------
    >>> import mxnet as mx
    >>> cell = mx.gluon.rnn.RNNCell(3, input_size=2)
    >>> cell.initialize()
    >>> outputs, states = mx.gluon.contrib.rnn.rnn_cell.dynamic_unroll(
    ...     cell, mx.nd.zeros((4, 1, 2)), cell.begin_state(1)
    ... )
    >>> outputs.shape
    (4, 1, 3)
    """
    F = symbol if isinstance(inputs, Symbol) else ndarray
    axis = layout.find("T")
    if axis == 1:
        inputs = F.swapaxes(inputs, 0, 1)
    if drop_inputs:
        inputs = F.Dropout(inputs, p=drop_inputs, axes=(0,))
    if valid_length is None:
        outputs, states = F.contrib.foreach(cell, inputs, begin_state)
    else:

        def step(data: Any, states: Any) -> tuple[Any, list[Any]]:
            number, *before = states
            output, after = cell(data, before)
            going_on = F.broadcast_greater(valid_length, number)
            kept = [F.where(going_on, new, old) for new, old in zip(after, before, strict=True)]
            return output, [number + 1, *kept]

        outputs, states = F.contrib.foreach(step, inputs, [F.zeros((1,)), *begin_state])
        states = states[1:]
        outputs = F.SequenceMask(outputs, sequence_length=valid_length, use_sequence_length=True, axis=0)
    if drop_outputs:
        outputs = F.Dropout(outputs, p=drop_outputs, axes=(0,))
    return (F.swapaxes(outputs, 0, 1) if axis == 1 else outputs), states
