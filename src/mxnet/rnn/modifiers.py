"""The cells made of other cells, and the one that only drops values."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mxnet import symbol
from mxnet.rnn.base import (
    BaseRNNCell,
    CellError,
    RNNParams,
    Step,
    Unrolled,
    Weights,
    _normalize_sequence,
    _split_steps,
)
from mxnet.symbol.creation import zeros
from mxnet.symbol.symbol import Symbol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mxnet.ndarray import NDArray
    from mxnet.rnn.base import Inputs, States


class _Container(BaseRNNCell):
    """A cell whose states, weights and parameters are those of its parts, one after the other."""

    def __init__(self, params: RNNParams | None) -> None:
        super().__init__("", params)
        self._override_cell_params = params is not None

    def _adopt(self, cell: BaseRNNCell) -> None:
        own, new = self._params._params, cell.params._params
        if self._override_cell_params and any(own.get(name) is not each for name, each in new.items()):
            raise CellError(
                f"Give params either to {type(self).__name__} or to the cells in it, not to both."
            )
        self._cells.append(cell)
        own.update(new)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The shape and the layout of each state; a 0 stands for the batch."""
        return _cells_state_info(self._cells)

    def begin_state(self, **kwargs: Any) -> list[Symbol]:  # type: ignore[override]  # MXNet's signature
        """Make the states before the first step, of all cells."""
        self._check_free()
        return _cells_begin_state(self._cells, **kwargs)

    def unpack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        """Split the weights of all cells into one array for each gate."""
        return _cells_unpack_weights(self._cells, args)

    def pack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        """Join what `unpack_weights` split."""
        return _cells_pack_weights(self._cells, args)

    def _shares(self, states: Sequence[Symbol]) -> Iterator[tuple[BaseRNNCell, list[Symbol]]]:
        """Pair every cell with its states."""
        if len(states) != len(self.state_info):
            raise CellError(f"The cells have {len(self.state_info)} states, but got {len(states)}.")
        start = 0
        for cell in self._cells:
            end = start + len(cell.state_info)
            yield cell, list(states[start:end])
            start = end


def _cells_state_info(cells: Sequence[BaseRNNCell]) -> list[dict[str, Any]]:
    """Return the shapes and layouts of the states of several cells."""
    return [info for cell in cells for info in cell.state_info]


def _cells_state_shape(cells: Sequence[BaseRNNCell]) -> list[tuple[int, ...]]:
    """Return the shapes of the states of several cells."""
    return [shape for cell in cells for shape in cell.state_shape]


def _cells_begin_state(cells: Sequence[BaseRNNCell], **kwargs: Any) -> list[Symbol]:
    """Make the first states of several cells."""
    return [state for cell in cells for state in cell.begin_state(**kwargs)]


def _cells_unpack_weights(cells: Sequence[BaseRNNCell], args: Mapping[str, NDArray]) -> Weights:
    """Split the weights of several cells by gate."""
    for cell in cells:
        args = cell.unpack_weights(args)
    return dict(args)


def _cells_pack_weights(cells: Sequence[BaseRNNCell], args: Mapping[str, NDArray]) -> Weights:
    """Join what `_cells_unpack_weights` split."""
    for cell in cells:
        args = cell.pack_weights(args)
    return dict(args)


class SequentialRNNCell(_Container):
    """Cells one on top of the other.

    Parameters
    ----------
    params : RNNParams, optional
        Shared parameters. By default those of the cells.
    """

    def __init__(self, params: RNNParams | None = None) -> None:
        super().__init__(params)

    def add(self, cell: BaseRNNCell) -> None:
        """Put a cell on top."""
        self._adopt(cell)

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> Step:
        """Take one step; see `BaseRNNCell.__call__`."""
        self._counter += 1
        next_states = []
        for cell, its_states in self._shares(states):
            if isinstance(cell, BidirectionalCell):
                raise CellError(
                    "A SequentialRNNCell with a BidirectionalCell cannot be stepped: call unroll."
                )
            inputs, after = cell(inputs, its_states)
            next_states += after
        return inputs, next_states

    def _unroll(
        self, length: int, inputs: Inputs, begin: States, layout: str, merged: bool | None
    ) -> Unrolled:
        states = self.begin_state() if begin is None else begin
        next_states = []
        for cell, its_states in self._shares(states):
            merge = merged if cell is self._cells[-1] else None
            inputs, after = cell.unroll(
                length, inputs=inputs, begin_state=its_states, layout=layout, merge_outputs=merge
            )
            next_states += after
        return inputs, next_states


class BidirectionalCell(_Container):
    """One cell that reads forwards and one that reads backwards, their outputs side by side.

    Reading backwards needs the whole sequence, so it is unrolled and not stepped. The states after the last
    step come as two lists.

    Parameters
    ----------
    l_cell, r_cell : BaseRNNCell
    params : RNNParams, optional
    output_prefix : str, default 'bi_'
        What the names of the outputs start with.
    """

    def __init__(
        self,
        l_cell: BaseRNNCell,
        r_cell: BaseRNNCell,
        params: RNNParams | None = None,
        output_prefix: str = "bi_",
    ) -> None:
        super().__init__(params)
        self._output_prefix = output_prefix
        self._adopt(l_cell)
        self._adopt(r_cell)

    def _unroll(
        self, length: int, inputs: Inputs, begin: States, layout: str, merged: bool | None
    ) -> Unrolled:
        steps = _split_steps(length, inputs, layout)
        states = self.begin_state() if begin is None else begin
        (forward, after), (backward, before) = (
            cell.unroll(length, inputs=order, begin_state=its_states, layout=layout, merge_outputs=merged)
            for order, (cell, its_states) in zip((steps, steps[::-1]), self._shares(states), strict=True)
        )
        prefix = self._output_prefix
        if isinstance(forward, Symbol) and isinstance(backward, Symbol) and merged is not False:
            backward = symbol.reverse(backward, axis=layout.find("T"))
            return symbol.Concat(forward, backward, dim=2, name=f"{prefix}out"), [after, before]
        pairs = zip(
            _split_steps(length, forward, layout), _split_steps(length, backward, layout)[::-1], strict=True
        )
        outputs = [symbol.Concat(*pair, dim=1, name=f"{prefix}t{i}") for i, pair in enumerate(pairs)]
        return outputs, [after, before]


class DropoutCell(BaseRNNCell):
    """Drops values of its inputs in training; it has no states.

    Parameters
    ----------
    dropout : float
        The part of the values that is dropped.
    prefix : str, default 'dropout_'
    params : RNNParams, optional
    """

    def __init__(self, dropout: float, prefix: str = "dropout_", params: RNNParams | None = None) -> None:
        super().__init__(prefix, params)
        if isinstance(dropout, bool) or not isinstance(dropout, (int, float)):
            raise CellError(f"dropout has to be a number, got {dropout!r}.")
        self.dropout = dropout

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """An empty list."""
        return []

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> Step:
        """Take one step; see `BaseRNNCell.__call__`."""
        if self.dropout > 0:
            inputs = symbol.Dropout(inputs, p=self.dropout)
        return inputs, list(states)

    def _unroll(
        self, length: int, inputs: Inputs, begin: States, layout: str, merged: bool | None
    ) -> Unrolled:
        inputs = _normalize_sequence(length, inputs, layout, merged)[0]
        if isinstance(inputs, Symbol):  # values of all steps at once
            return self(inputs, [])
        return super()._unroll(length, inputs, begin, layout, merged)


class ModifierCell(BaseRNNCell):
    """Base of the cells that change what another cell does, with its states and weights.

    Parameters
    ----------
    base_cell : BaseRNNCell
        Must not be called itself from then on.
    """

    def __init__(self, base_cell: BaseRNNCell) -> None:
        super().__init__()
        base_cell._modified = True
        self.base_cell = base_cell
        self._cells.append(base_cell)

    @property
    def params(self) -> RNNParams:
        """The parameters of the cell inside."""
        self._own_params = False
        return self.base_cell.params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """The shape and the layout of each state of the cell inside."""
        return self.base_cell.state_info

    def begin_state(  # type: ignore[override]  # MXNet names its argument so
        self, init_sym: Callable[..., Symbol] = zeros, **kwargs: Any
    ) -> list[Symbol]:
        """Make the states before the first step; see `BaseRNNCell.begin_state`."""
        make = kwargs.pop("func", init_sym)
        self._check_free()
        with self._free():
            return self.base_cell.begin_state(func=make, **kwargs)

    def unpack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        """Split the weights of the cell inside into one array for each gate."""
        return self.base_cell.unpack_weights(args)

    def pack_weights(self, args: Mapping[str, NDArray]) -> Weights:
        """Join what `unpack_weights` split."""
        return self.base_cell.pack_weights(args)

    @contextmanager
    def _free(self) -> Iterator[None]:
        """Let the cell inside make its own first states for a while."""
        self.base_cell._modified = False
        try:
            yield
        finally:
            self.base_cell._modified = True


class ZoneoutCell(ModifierCell):
    """Keeps a random part of the outputs and states as they were at the step before, in training.

    Parameters
    ----------
    base_cell : BaseRNNCell
    zoneout_outputs, zoneout_states : float, default 0.0
        Which part.
    """

    def __init__(
        self, base_cell: BaseRNNCell, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0
    ) -> None:
        if not _can_step(base_cell):
            raise CellError(
                f"{type(base_cell).__name__} cannot be stepped, which zoneout needs: unfuse it, or put "
                "ZoneoutCells around the cells inside."
            )
        super().__init__(base_cell)
        self.zoneout_outputs = zoneout_outputs
        self.zoneout_states = zoneout_states

    def reset(self) -> None:
        """Forget the last output, and count from 0 again."""
        super().reset()
        self.prev_output: Symbol | None = None

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> Step:
        """Take one step; see `BaseRNNCell.__call__`."""
        output, next_states = self.base_cell(inputs, states)
        before = (
            zeros((0, 0)) if self.prev_output is None else self.prev_output
        )  # it takes a name, used or not
        if self.zoneout_outputs:
            output = _zone_out(self.zoneout_outputs, output, before)
        if self.zoneout_states:
            next_states = [
                _zone_out(self.zoneout_states, new, old) for new, old in zip(next_states, states, strict=True)
            ]
        self.prev_output = output
        return output, next_states


def _can_step(cell: BaseRNNCell) -> bool:
    """Tell whether a cell and all inside define a step."""
    steps = type(cell).__call__ is not BaseRNNCell.__call__
    return steps and all(map(_can_step, cell._cells))


def _zone_out(part: float, new: Symbol, old: Symbol) -> Symbol:
    mask = symbol.Dropout(symbol.ones_like(new), p=part)
    chosen: Symbol = symbol.where(mask, new, old)
    return chosen


class ResidualCell(ModifierCell):
    """Adds the inputs of a cell to its outputs.

    Parameters
    ----------
    base_cell : BaseRNNCell
    """

    def __call__(self, inputs: Symbol, states: Sequence[Symbol]) -> Step:
        """Take one step; see `BaseRNNCell.__call__`."""
        output, next_states = self.base_cell(inputs, states)
        return _add_residual(output, inputs), next_states

    def _unroll(
        self, length: int, inputs: Inputs, begin: States, layout: str, merged: bool | None
    ) -> Unrolled:
        with self._free():
            outputs, states = self.base_cell.unroll(
                length, inputs=inputs, begin_state=begin, layout=layout, merge_outputs=merged
            )
        inputs = _normalize_sequence(length, inputs, layout, isinstance(outputs, Symbol))[0]
        if isinstance(outputs, Symbol):
            return _add_residual(outputs, inputs), states
        return [_add_residual(*pair) for pair in zip(outputs, inputs, strict=True)], states


def _add_residual(output: Symbol, inputs: Any) -> Symbol:
    added: Symbol = symbol.elemwise_add(output, inputs, name=f"{output.name}_plus_residual")
    return added
