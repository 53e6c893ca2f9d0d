"""How sparse arrays are stored, in tensors: as CSR matrices, and by rows.

The *parts* of a CSR matrix are its values, their columns, and where each row begins and the last one ends;
those of an array by rows are the rows that are stored, and their numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxnet.errors import MXNetError, ShapeError
from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

    Parts = tuple[Tensor, ...]

__all__ = [
    "SparseFormatError",
    "check_parts",
    "csr_of",
    "dense_of_csr",
    "dense_of_rows",
    "row_of_each",
    "rows_of",
]


class SparseFormatError(MXNetError, ValueError):
    """The parts of a sparse array do not fit each other."""


def csr_of(dense: Tensor) -> Parts:
    """Return the parts of a matrix."""
    if dense.ndim != 2:
        raise ShapeError(f"Only matrices can be stored as csr, not an array of shape {tuple(dense.shape)}.")
    rows, columns = dense.nonzero(as_tuple=True)
    counts = torch.bincount(rows, minlength=dense.shape[0])
    indptr = torch.cat((counts.new_zeros(1), counts.cumsum(0)))
    return dense[rows, columns], columns, indptr


def dense_of_csr(shape: tuple[int, ...], parts: Parts) -> Tensor:
    """Return the matrix that the parts stand for."""
    values, columns, indptr = parts
    return values.new_zeros(shape).index_put_((row_of_each(indptr), columns), values)


def row_of_each(indptr: Tensor) -> Tensor:
    """Return the row of each value that a CSR matrix stores."""
    return torch.repeat_interleave(torch.arange(len(indptr) - 1, device=indptr.device), indptr.diff())


def rows_of(dense: Tensor) -> Parts:
    """Return the parts of an array: its rows that are not zero."""
    rows = dense.flatten(1).any(1) if dense.ndim > 1 else dense != 0
    indices = rows.nonzero(as_tuple=True)[0]
    return dense[indices], indices


def dense_of_rows(shape: tuple[int, ...], parts: Parts) -> Tensor:
    """Return the array that the parts stand for."""
    values, rows = parts
    return values.new_zeros(shape).index_copy_(0, rows, values)


def check_parts(stype: str, shape: tuple[int, ...], parts: Parts) -> None:
    """Raise SparseFormatError if parts are not those of an array of that shape."""
    problem = _problem(stype, shape, parts)
    if problem:
        raise SparseFormatError(f"This is no {stype} array: {problem}")


def _problem(stype: str, shape: tuple[int, ...], parts: Parts) -> str:  # noqa: PLR0911 - one line for each
    values, indices = parts[:2]
    if indices.ndim != 1 or len(indices) != len(values):
        return f"there are {tuple(indices.shape)} indices for {len(values)} values"
    if stype == "row_sparse":
        if tuple(values.shape[1:]) != tuple(shape[1:]):
            return f"the stored rows have shape {tuple(values.shape[1:])}, not {tuple(shape[1:])}"
        if len(indices) and not (
            indices[0] >= 0 and indices[-1] < shape[0] and bool((indices.diff() > 0).all())
        ):
            return f"the row numbers must increase from 0 to below {shape[0]}"
        return ""
    indptr = parts[2]
    if len(shape) != 2 or tuple(indptr.shape) != (shape[0] + 1,):
        return f"{tuple(indptr.shape)} row starts do not fit a matrix of shape {tuple(shape)}"
    if values.ndim != 1:
        return f"the stored values have shape {tuple(values.shape)}, not ({len(values)},)"
    if indptr[0] != 0 or indptr[-1] != len(indices) or bool((indptr.diff() < 0).any()):
        return f"the row starts must increase from 0 to {len(indices)}"
    if len(indices) and not (indices.min() >= 0 and indices.max() < shape[1]):
        return f"the column numbers must be from 0 to below {shape[1]}"
    return ""
