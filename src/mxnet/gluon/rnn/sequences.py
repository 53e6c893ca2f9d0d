"""Sequences as one array or symbol, or as a list of steps: from one to the other, masked and reversed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mxnet import ndarray, symbol
from mxnet.gluon.errors import CheckError
from mxnet.ndarray import NDArray
from mxnet.symbol import Symbol

if TYPE_CHECKING:
    from mxnet.gluon.rnn.recurrent import RecurrentCell

__all__ = ["begin_of", "format_sequence", "is_whole", "mask_sequence", "reverse_sequences"]


def is_whole(sequence: Any) -> bool:
    """Tell whether a sequence is one array or symbol, and not a list of steps."""
    return isinstance(sequence, NDArray | Symbol)


def format_sequence(
    length: int | None, inputs: Any, layout: str, merge: bool | None, in_layout: str | None = None
) -> tuple[Any, int, Any, int]:
    """Turn a sequence into one array or symbol (`merge`), into a list of steps (not), or leave it (None).

    Parameters
    ----------
    length : int or None
        The number of steps, if it is to be checked.
    inputs : NDArray, Symbol or list of these
    layout : {'NTC', 'TNC'}
    merge : bool, optional
    in_layout : {'NTC', 'TNC'}, optional
        That of `inputs`, if it is another one.

    Returns
    -------
    sequence : NDArray, Symbol or list of these
    axis : int
        That of time.
    F : module
        ``mx.nd`` or ``mx.sym``.
    batch_size : int
        0 for symbols.
    """
    if inputs is None:
        raise CheckError("unroll needs inputs: a whole sequence, or a list of one input for each step.")
    axis, in_axis = layout.find("T"), (in_layout or layout).find("T")
    whole = is_whole(inputs)
    if not whole and not inputs:
        raise CheckError(f"unroll over {length} steps needs as many inputs, got an empty list.")
    first = inputs if whole else inputs[0]
    F = symbol if isinstance(first, Symbol) else ndarray
    batch_size = 0 if F is symbol else first.shape[layout.find("N") if whole else 0]
    if whole:
        if merge is False:
            inputs = _split(F, inputs, _steps(F, inputs, in_axis, length), in_axis)
        elif axis != in_axis:
            inputs = F.swapaxes(inputs, dim1=axis, dim2=in_axis)
        return inputs, axis, F, batch_size
    if length is not None and len(inputs) != length:
        raise CheckError(f"unroll over {length} steps needs as many inputs, got {len(inputs)}.")
    return F.stack(*inputs, axis=axis) if merge else inputs, axis, F, batch_size


def _steps(F: Any, inputs: Any, axis: int, length: int | None) -> int:
    """Return how many steps a whole sequence has."""
    if F is symbol:
        if len(inputs.list_outputs()) != 1:
            raise CheckError("unroll takes no grouped symbol: give list(inputs) instead.")
        assert length is not None
        return length
    steps: int = inputs.shape[axis]
    if length is not None and steps != length:
        raise CheckError(f"unroll over {length} steps needs as many inputs, got {steps} along axis {axis}.")
    return steps


def _split(F: Any, sequence: Any, length: int, axis: int, squeeze: Any = 1) -> list[Any]:
    """Return the steps of a whole sequence; `squeeze` is as files of MXNet have it."""
    steps = F.split(sequence, axis=axis, num_outputs=length, squeeze_axis=squeeze)
    return [steps] if isinstance(steps, NDArray) else list(steps)


def begin_of(cell: RecurrentCell, F: Any, begin_state: Any, inputs: Any, batch_size: int) -> list[Any]:
    """Return the states before the first step: zeros if none are given, where the inputs are."""
    if begin_state is not None:
        return list(begin_state)
    if F is symbol:
        return cell.begin_state(func=F.zeros, batch_size=batch_size)
    with (inputs if is_whole(inputs) else inputs[0]).context:
        return cell.begin_state(func=F.zeros, batch_size=batch_size)


def mask_sequence(
    F: Any, data: Any, length: int, valid_length: Any, time_axis: int, merge: bool | None
) -> Any:
    """Set what comes after the valid length of each sample to 0."""
    if not is_whole(data):
        data = F.stack(*data, axis=time_axis)
    masked = F.SequenceMask(data, sequence_length=valid_length, use_sequence_length=True, axis=time_axis)
    return masked if merge else _split(F, masked, length, time_axis, squeeze=True)


def reverse_sequences(sequences: Sequence[Any], unroll_step: int, valid_length: Any = None) -> list[Any]:
    """Return the steps from the last to the first: of each sample, from its last valid one."""
    if valid_length is None:
        return list(reversed(sequences))
    F = symbol if isinstance(sequences[0], Symbol) else ndarray
    whole = F.stack(*sequences, axis=0)
    turned = F.SequenceReverse(whole, sequence_length=valid_length, use_sequence_length=True)
    return _split(F, turned, unroll_step, 0, squeeze=True)
