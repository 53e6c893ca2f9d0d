"""The cells made of other cells, and the one that only drops values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mxnet import symbol
from mxnet.gluon.errors import CheckError, NotForwardError
from mxnet.gluon.rnn.recurrent import HybridRecurrentCell, RecurrentCell
from mxnet.gluon.rnn.sequences import (
    begin_of,
    format_sequence,
    is_whole,
    mask_sequence,
    reverse_sequences,
)

if TYPE_CHECKING:
    from mxnet.gluon.parameter import ParameterDict

__all__ = [
    "BidirectionalCell",
    "DropoutCell",
    "HybridSequentialRNNCell",
    "ModifierCell",
    "ResidualCell",
    "SequentialRNNCell",
    "ZoneoutCell",
    "cannot_step",
]


class _Container(RecurrentCell):
    """A cell whose states are those of its parts, one after the other."""

    def _cells(self) -> list[RecurrentCell]:
        return [cell for cell in self._children.values() if isinstance(cell, RecurrentCell)]

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Return the shape and the layout of each state, of all cells."""
        return [info for cell in self._cells() for info in cell.state_info(batch_size)]

    def begin_state(self, **kwargs: Any) -> list[Any]:  # type: ignore[override]  # MXNet's signature
        """Make the states before the first step, of all cells."""
        self._check_free()
        return [state for cell in self._cells() for state in cell.begin_state(**kwargs)]

    def _shares(self, states: Sequence[Any]) -> Iterator[tuple[RecurrentCell, list[Any]]]:
        """Pair every cell with its states."""
        start = 0
        for cell in self._cells():
            end = start + len(cell.state_info())
            yield cell, list(states[start:end])
            start = end


class _Stack(_Container):
    """Cells one on top of the other."""

    def add(self, cell: RecurrentCell) -> None:
        """Put a cell on top."""
        self.register_child(cell)

    def _step(self, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        """Take one step with all cells."""
        next_states: list[Any] = []
        for cell, its_states in self._shares(states):
            if isinstance(cell, BidirectionalCell):
                raise CheckError(
                    f"A {type(self).__name__} with a BidirectionalCell cannot be stepped: call unroll."
                )
            inputs, after = cell(inputs, its_states)
            next_states += after
        return inputs, next_states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Take all steps with each cell; see `RecurrentCell.unroll`."""
        self.reset()
        inputs, _, F, batch_size = format_sequence(length, inputs, layout, None)
        states = begin_of(self, F, begin_state, inputs, batch_size)
        cells = self._cells()
        next_states: list[Any] = []
        for cell, its_states in self._shares(states):
            inputs, after = cell.unroll(
                length,
                inputs=inputs,
                begin_state=its_states,
                layout=layout,
                merge_outputs=merge_outputs if cell is cells[-1] else None,
                valid_length=valid_length,
            )
            next_states += after
        return inputs, next_states

    def __len__(self) -> int:
        return len(self._children)

    def __getitem__(self, i: int) -> Any:
        return list(self._children.values())[i]

    def __repr__(self) -> str:
        lines = [f"({key}): " + repr(cell).replace("\n", "\n  ") for key, cell in self._children.items()]
        return "\n".join([f"{type(self).__name__}(", *(lines or [""]), ")"])


class SequentialRNNCell(_Stack):
    """Cells one on top of the other.

    Parameters
    ----------
    prefix, params
        See `Block`.

    Examples
    --------
    >>> import mxnet as mx
    >>> stack = mx.gluon.rnn.SequentialRNNCell()
    >>> stack.add(mx.gluon.rnn.LSTMCell(4))
    >>> stack.add(mx.gluon.rnn.GRUCell(2))
    >>> stack.state_info(1)[2]["shape"]
    (1, 2)
    """

    def forward(self, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        """Take one step with all cells."""
        self._counter += 1
        return self._step(inputs, states)


class HybridSequentialRNNCell(_Stack, HybridRecurrentCell):
    """Hybrid cells one on top of the other.

    Parameters
    ----------
    prefix, params
        See `Block`.
    """

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> tuple[Any, list[Any]]:  # noqa: ARG002
        """Take one step with all cells."""
        return self._step(inputs, states)


class BidirectionalCell(_Container, HybridRecurrentCell):
    """One cell that reads forwards and one that reads backwards, their outputs side by side.

    Reading backwards needs the whole sequence, so it is unrolled and not stepped.

    Parameters
    ----------
    l_cell, r_cell : RecurrentCell
    output_prefix : str, default 'bi_'
        What the names of the outputs start with.
    """

    def __init__(self, l_cell: RecurrentCell, r_cell: RecurrentCell, output_prefix: str = "bi_") -> None:
        super().__init__(prefix="", params=None)
        self.register_child(l_cell, "l_cell")
        self.register_child(r_cell, "r_cell")
        self._output_prefix = output_prefix

    def __call__(self, inputs: Any, states: Any) -> Any:  # noqa: ARG002
        """Refuse to take one step."""
        raise NotForwardError("A BidirectionalCell cannot be stepped: call unroll.")

    def __repr__(self) -> str:
        forward, backward = self._cells()
        return f"{type(self).__name__}(forward={forward!r}, backward={backward!r})"

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Read the sequence in both directions; see `RecurrentCell.unroll`."""
        self.reset()
        inputs, axis, F, batch_size = format_sequence(length, inputs, layout, merge=False)
        backwards = reverse_sequences(inputs, length, valid_length)
        states = begin_of(self, F, begin_state, inputs, batch_size)
        (left, left_states), (right, right_states) = (
            cell.unroll(
                length,
                inputs=order,
                begin_state=its_states,
                layout=layout,
                merge_outputs=merge,
                valid_length=valid_length,
            )
            for order, merge, (cell, its_states) in zip(
                (inputs, backwards), (merge_outputs, False), self._shares(states), strict=True
            )
        )
        merged = is_whole(left) if merge_outputs is None else merge_outputs
        left = format_sequence(None, left, layout, merged)[0]
        right = format_sequence(None, reverse_sequences(right, length, valid_length), layout, merged)[0]
        outputs: Any
        if merged:
            outputs = F.concat(left, right, dim=2, name=f"{self._output_prefix}out")
        else:
            outputs = [
                F.concat(*pair, dim=1, name=f"{self._output_prefix}t{number}")
                for number, pair in enumerate(zip(left, right, strict=True))
            ]
        if valid_length is not None:
            outputs = mask_sequence(F, outputs, length, valid_length, axis, merged)
        return outputs, left_states + right_states


class DropoutCell(HybridRecurrentCell):
    """Drops values of its inputs in training; it has no states.

    Parameters
    ----------
    rate : float
        The part of the values that is dropped.
    axes : tuple of int, default ()
        Along which values are dropped together.
    prefix, params
        See `Block`.
    """

    def __init__(
        self,
        rate: float,
        axes: tuple[int, ...] = (),
        prefix: str | None = None,
        params: ParameterDict | None = None,
    ) -> None:
        super().__init__(prefix, params)
        if isinstance(rate, bool) or not isinstance(rate, (int, float)):
            raise CheckError(f"rate has to be a number, got {rate!r}.")
        self._rate = rate
        self._axes = axes

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:  # noqa: ARG002 - there are none
        """Return an empty list."""
        return []

    def _alias(self) -> str:
        return "dropout"

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> tuple[Any, Any]:
        """Take one step; see `RecurrentCell.forward`."""
        if self._rate > 0:
            inputs = F.Dropout(inputs, p=self._rate, axes=self._axes, name=f"t{self._counter}_fwd")
        return inputs, states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Drop values of all steps, at once if they come so; see `RecurrentCell.unroll`."""
        self.reset()
        inputs, _, F, _ = format_sequence(length, inputs, layout, merge_outputs)
        if is_whole(inputs):
            outputs, states = self.hybrid_forward(F, inputs, begin_state or [])
            return outputs, list(states)
        return super().unroll(length, inputs, begin_state, layout, merge_outputs, valid_length)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(rate={self._rate}, axes={self._axes})"


class ModifierCell(HybridRecurrentCell):
    """Base of the cells that change what another cell does, with its states and weights.

    Parameters
    ----------
    base_cell : RecurrentCell
        Must not be called itself from then on.
    """

    def __init__(self, base_cell: RecurrentCell) -> None:
        if base_cell._modified:
            raise CheckError(f"Cell {base_cell.name} is already modified. One cell cannot be modified twice.")
        base_cell._modified = True
        super().__init__(prefix=base_cell.prefix + self._alias(), params=None)
        self.base_cell = base_cell

    @property
    def params(self) -> ParameterDict:
        """The parameters of the cell inside."""
        return self.base_cell.params

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Return the shape and the layout of each state of the cell inside."""
        return self.base_cell.state_info(batch_size)

    def begin_state(  # type: ignore[override]  # MXNet's signature: it makes symbols by default
        self, func: Callable[..., Any] = symbol.zeros, **kwargs: Any
    ) -> list[Any]:
        """Make the states before the first step; see `RecurrentCell.begin_state`."""
        self._check_free()
        with self._free():
            return self.base_cell.begin_state(func=func, **kwargs)

    @contextmanager
    def _free(self) -> Iterator[None]:
        """Let the cell inside make its own first states for a while."""
        self.base_cell._modified = False
        try:
            yield
        finally:
            self.base_cell._modified = True

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_cell!r})"


def cannot_step(cell: RecurrentCell) -> bool:
    """Tell whether a cell, or one in it, can be unrolled only."""
    inner = [each for each in cell._children.values() if isinstance(each, RecurrentCell)]
    return isinstance(cell, BidirectionalCell) or any(map(cannot_step, inner))


class ZoneoutCell(ModifierCell):
    """Keeps a random part of the outputs and states as they were at the step before, in training.

    Parameters
    ----------
    base_cell : RecurrentCell
    zoneout_outputs, zoneout_states : float, default 0.0
        Which part.
    """

    def __init__(
        self, base_cell: RecurrentCell, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0
    ) -> None:
        if cannot_step(base_cell):
            raise CheckError(
                f"{type(base_cell).__name__} cannot be stepped, which zoneout needs: put ZoneoutCells around "
                "the cells inside."
            )
        super().__init__(base_cell)
        self.zoneout_outputs = zoneout_outputs
        self.zoneout_states = zoneout_states

    def _alias(self) -> str:
        return "zoneout"

    def reset(self) -> None:
        """Forget the last output, and count from 0 again."""
        super().reset()
        self._prev_output: Any = None

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        """Take one step; see `RecurrentCell.forward`."""
        output, next_states = self.base_cell(inputs, states)
        if self.zoneout_outputs:
            before = self._prev_output
            if not isinstance(before, type(output)):  # none yet, or of another kind of call
                before = F.zeros_like(output)
            output = _zone_out(F, self.zoneout_outputs, output, before)
        if self.zoneout_states:
            next_states = [
                _zone_out(F, self.zoneout_states, new, old)
                for new, old in zip(next_states, states, strict=True)
            ]
        self._prev_output = output
        return output, next_states

    def __repr__(self) -> str:
        rates = f"p_out={self.zoneout_outputs}, p_state={self.zoneout_states}"
        return f"{type(self).__name__}({rates}, {self.base_cell!r})"


def _zone_out(F: Any, part: float, new: Any, old: Any) -> Any:
    return F.where(F.Dropout(F.ones_like(new), p=part), new, old)


class ResidualCell(ModifierCell):
    """Adds the inputs of a cell to its outputs.

    Parameters
    ----------
    base_cell : RecurrentCell
    """

    def hybrid_forward(self, F: Any, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        """Take one step; see `RecurrentCell.forward`."""
        output, next_states = self.base_cell(inputs, states)
        return F.elemwise_add(output, inputs, name=f"t{self._counter}_fwd"), next_states

    def unroll(
        self,
        length: int,
        inputs: Any,
        begin_state: Sequence[Any] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Any = None,
    ) -> tuple[Any, list[Any]]:
        """Unroll the cell inside, and add the inputs; see `RecurrentCell.unroll`."""
        self.reset()
        with self._free():
            outputs, states = self.base_cell.unroll(
                length,
                inputs=inputs,
                begin_state=begin_state,
                layout=layout,
                merge_outputs=merge_outputs,
                valid_length=valid_length,
            )
        merged = is_whole(outputs) if merge_outputs is None else merge_outputs
        inputs, axis, F, _ = format_sequence(length, inputs, layout, merged)
        if valid_length is not None:
            inputs = mask_sequence(F, inputs, length, valid_length, axis, merged)
        if merged:
            return F.elemwise_add(outputs, inputs), states
        return [F.elemwise_add(*pair) for pair in zip(outputs, inputs, strict=True)], states
