"""What an index means to an array of some shape: MXNet's functions about keys, for classes like arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mxnet.errors import MXNetError, ShapeError
from mxnet.ndarray.ndarray import NDArray

__all__ = [
    "check_boolean_array_dimension",
    "get_indexing_dispatch_code",
    "get_oshape_of_gather_nd_op",
    "indexing_key_expand_implicit_axes",
]

_NDARRAY_UNSUPPORTED_INDEXING = -1
_NDARRAY_BASIC_INDEXING = 0
_NDARRAY_ADVANCED_INDEXING = 1


class KeyKindError(MXNetError, ValueError, AssertionError):
    """Something that cannot be an index was used as one."""


class MaskError(ShapeError, IndexError):
    """A boolean array has another shape than what it chooses from."""


def get_indexing_dispatch_code(key: tuple[Any, ...]) -> int:
    """Return 0 for a key of numbers, slices and None, 1 if there are arrays or lists among them.

    Raises
    ------
    MXNetError
        If something in it is no index.
    """
    if not isinstance(key, tuple):
        raise KeyKindError(f"A key must be a tuple of indices, not {type(key).__name__}.")
    code = _NDARRAY_BASIC_INDEXING
    for index in key:
        if isinstance(index, (NDArray, np.ndarray, list, tuple, range)):
            code = _NDARRAY_ADVANCED_INDEXING
        elif not (isinstance(index, (slice, int, np.integer)) or index is None):
            raise KeyKindError(f"Arrays take no index {index!r} of type {type(index).__name__}.")
    return code


def indexing_key_expand_implicit_axes(key: Any, shape: Sequence[int]) -> tuple[tuple[Any, ...], int]:
    """Return a key with a slice for each axis that it leaves out or means by ``...``.

    Returns
    -------
    key : tuple
    axis : int
        The axis of the first boolean array in it, -1 if there is none.

    Examples
    --------
    >>> from mxnet.ndarray.ndarray import indexing_key_expand_implicit_axes
    >>> indexing_key_expand_implicit_axes((..., 1), (2, 3))
    ((slice(None, None, None), 1), -1)
    """
    given = list(key) if isinstance(key, tuple) else [key]
    places = [i for i, index in enumerate(given) if index is Ellipsis]
    if len(places) > 1:
        raise KeyKindError("An index can hold only one ellipsis (...).")
    place = places[0] if places else len(given)
    before, after = given[:place], given[place + 1 :]
    missing = len(shape) - sum(index is not None for index in before + after)
    whole = [*before, *[slice(None)] * missing, *after]
    is_mask = [isinstance(index, (NDArray, np.ndarray)) and index.dtype == np.bool_ for index in whole]
    return tuple(whole), is_mask.index(True) if True in is_mask else -1


def check_boolean_array_dimension(array_shape: Sequence[int], axis: int, bool_shape: Sequence[int]) -> None:
    """Refuse a boolean array that does not have the extents of what it chooses from, from an axis on.

    Raises
    ------
    MXNetError
        If one differs.
    """
    for i, (given, wanted) in enumerate(zip(bool_shape, array_shape[axis:], strict=False), axis):
        if given != wanted:
            raise MaskError(f"Axis {i} has the extent {wanted}, but the boolean array has {given} there.")


def get_oshape_of_gather_nd_op(dshape: Sequence[int], ishape: Sequence[int]) -> tuple[int, ...]:
    """Return the shape of what ``gather_nd`` takes from an array of one shape with indices of another."""
    if len(dshape) == 0 or len(ishape) == 0 or ishape[0] > len(dshape):
        raise ShapeError(f"gather_nd cannot take from {tuple(dshape)} with indices of {tuple(ishape)}.")
    return (*ishape[1:], *dshape[ishape[0] :])


def _get_broadcast_shape(shape1: Sequence[int], shape2: Sequence[int]) -> tuple[int, ...]:
    """Return the shape to which two are broadcast."""
    try:
        return np.broadcast_shapes(tuple(shape1), tuple(shape2))
    except ValueError:
        raise ShapeError(f"Shapes {tuple(shape1)} and {tuple(shape2)} do not broadcast.") from None


def _int_to_slice(idx: int) -> slice:
    """Return the slice of one position."""
    return slice(-1, None) if idx == -1 else slice(idx, idx + 1)


def _get_index_range(
    start: int | None, stop: int | None, length: int, step: int | None = 1
) -> tuple[int, int, int]:
    """Return where a slice of an axis starts and stops, and its step."""
    return slice(start, stop, step).indices(length)


def _get_dim_size(start: int, stop: int, step: int) -> int:
    """Return how many positions a slice has."""
    return len(range(start, stop, step))


def _get_slice_len(slc: slice, seq_length: int) -> int:
    """Return how many positions a slice of an axis has."""
    return len(range(*slc.indices(seq_length)))
