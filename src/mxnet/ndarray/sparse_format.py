"""Whether the parts of a sparse array (see :class:`mxnet.ir.storage.Stored`) fit each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxnet.errors import MXNetError

if TYPE_CHECKING:
    from torch import Tensor

    Parts = tuple[Tensor, ...]

__all__ = ["SparseFormatError", "ascend", "check_parts"]


class SparseFormatError(MXNetError, ValueError):
    """The parts of a sparse array do not fit each other."""


def check_parts(stype: str, shape: tuple[int, ...], parts: Parts) -> None:
    """Raise SparseFormatError if parts are not those of an array of that shape."""
    problem = _problem(stype, shape, parts)
    if problem:
        raise SparseFormatError(f"This is no {stype} array: {problem}")


def ascend(numbers: Tensor) -> bool:
    """Whether each of some numbers is greater than the one before it."""
    return bool((numbers[1:] > numbers[:-1]).all())


def _problem(stype: str, shape: tuple[int, ...], parts: Parts) -> str:  # noqa: PLR0911 - one line for each
    values, indices = parts[:2]
    if indices.ndim != 1 or values.shape[:1] != indices.shape:
        return f"there are {tuple(indices.shape)} indices for {len(values) if values.ndim else 'no'} values"
    if stype == "row_sparse":
        if tuple(values.shape[1:]) != tuple(shape[1:]):
            return f"the stored rows have shape {tuple(values.shape[1:])}, not {tuple(shape[1:])}"
        if len(indices) and not (indices[0] >= 0 and indices[-1] < shape[0] and ascend(indices)):
            return f"the row numbers must increase from 0 to below {shape[0]}"
        return ""
    indptr = parts[2]
    if len(shape) != 2 or tuple(indptr.shape) != (shape[0] + 1,):
        return f"{tuple(indptr.shape)} row starts do not fit a matrix of shape {tuple(shape)}"
    if values.ndim != 1:
        return f"the stored values have shape {tuple(values.shape)}, not ({len(values)},)"
    if indptr[0] != 0 or indptr[-1] != len(indices) or bool((indptr[1:] < indptr[:-1]).any()):
        return f"the row starts must increase from 0 to {len(indices)}"
    least, most = indices.aminmax() if len(indices) else (0, -1)
    if not 0 <= least <= most + 1 <= shape[1]:
        return f"the column numbers must be from 0 to below {shape[1]}"
    return ""
