"""Native kernels for arrays that are stored sparsely, called with tensors; None where torch has to do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from mxnet.config import knob
from mxnet.lazy import torch
from mxnet.native import find, run_shares, threads
from mxnet.ops.tools.layout import takes_native

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "in_each_row",
    "matrix_of",
    "norm_of_all",
    "parts_of_matrix",
    "row_of_each",
    "rows_there",
    "squares_of_rows",
    "sum_of_rows",
    "sums_of_rows",
    "union_of_rows",
]


def sum_of_rows(
    values: Sequence[Tensor], rows: Sequence[Tensor], factors: Sequence[float]
) -> tuple[Tensor, Tensor] | None:
    """Return the sum of several arrays, each times a factor: the values, and the numbers of their rows.

    Parameters
    ----------
    values : sequence of Tensor
        The rows of each array that are stored.
    rows : sequence of Tensor
        Their numbers, which ascend.
    factors : sequence of float
    """
    add, native = find("add_rows"), takes_native(*values) and all(map(_is_for_kernels, values))
    if add is None or not native:
        return None
    total, there = values[0], rows[0]
    for each, own, factor in zip(values[1:], rows[1:], factors[1:], strict=True):
        merged = _merged(there, own)
        if merged is None:
            return None
        there, *places = merged
        terms = zip((total, each), places, (1 if total is not values[0] else factors[0], factor), strict=True)
        total = total.new_zeros(len(there), *total.shape[1:])
        size = math.prod(total.shape[1:])
        for term, place, times in terms:
            add(
                term.data_ptr(),
                len(place),
                size,
                place.data_ptr(),
                total.data_ptr(),
                len(there),
                float(times),
            )
    return total, there


def union_of_rows(rows: Sequence[Tensor]) -> Tensor | None:
    """Return the numbers that are among any of several, which ascend."""
    there = rows[0]
    for own in rows[1:]:
        merged = _merged(there, own)
        if merged is None:
            return None
        there = merged[0]
    return there


def _merged(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor] | None:
    """Return the numbers that are among either of two, and where those of each are among them."""
    run = find("merge_rows") if _is_for_kernels(x) and _is_for_kernels(y) else None
    if run is None:
        return None
    m, n = len(x), len(y)
    rows, places = torch.empty(m + n + 1, dtype=torch.int64), torch.empty(m + n, dtype=torch.int64)
    of_x, of_y, first = places[:m], places[m:], rows.data_ptr()
    run(x.data_ptr(), m, of_x.data_ptr(), y.data_ptr(), n, of_y.data_ptr(), first, first + 8 * (m + n))
    return rows[: int(rows[-1])].clone(), of_x, of_y


def parts_of_matrix(values: Tensor) -> tuple[Tensor, Tensor, Tensor] | None:
    """Return what is stored of a dense matrix in CSR form: values, columns, and where each row begins."""
    run, starts = find("take_from_rows"), _starts_of_rows(values)
    if run is None or starts is None:
        return None
    total = int(starts[-1])
    found, columns = torch.empty(total), torch.empty(total, dtype=torch.int64)
    run(values.data_ptr(), *values.shape, found.data_ptr(), columns.data_ptr(), total)
    return found, columns, starts


def rows_there(values: Tensor) -> Tensor | None:
    """Return the numbers of the rows that are not 0 as a whole."""
    run = find("rows_there") if takes_native(values) and values.is_contiguous() else None
    if run is None:
        return None
    rows = torch.empty(len(values) + 1, dtype=torch.int64)
    width = math.prod(values.shape[1:])
    run(values.data_ptr(), len(values), width, rows.data_ptr(), rows[-1:].data_ptr())
    found = rows[: int(rows[-1])]
    return found if len(found) == len(values) else found.clone()


def _starts_of_rows(values: Tensor) -> Tensor | None:
    """Return where each row begins among the elements that are not 0."""
    count = find("count_in_rows") if values.dtype == torch.float32 and _is_for_kernels(values) else None
    if count is None:
        return None
    starts = torch.empty(len(values) + 1, dtype=torch.int64)
    count(values.data_ptr(), len(values), math.prod(values.shape[1:]), starts.data_ptr())
    return starts


def row_of_each(indptr: Tensor) -> Tensor:
    """Return the row of each value that a CSR matrix stores."""
    rows, run = len(indptr) - 1, find("number_stretches") if _is_for_kernels(indptr) else None
    if run is None:
        return torch.repeat_interleave(torch.arange(rows, device=indptr.device), indptr.diff())
    out = torch.empty(int(indptr[-1]), dtype=torch.int64)
    run(indptr.data_ptr(), rows, out.data_ptr(), len(out))
    return out


def in_each_row(values: Tensor, indptr: Tensor) -> Tensor:
    """Return of each value that a CSR matrix stores the one of `values` that stands for its row."""
    run = find("repeat_in_stretches") if takes_native(values) and _is_for_kernels(indptr) else None
    if run is None:
        return values.index_select(0, row_of_each(indptr))
    values, out = values.contiguous(), values.new_empty(int(indptr[-1]))
    run(values.data_ptr(), indptr.data_ptr(), len(values), out.data_ptr(), len(out))
    return out


def sums_of_rows(values: Tensor, indptr: Tensor) -> Tensor:
    """Return the sums of the rows of a CSR matrix."""
    rows, run = len(indptr) - 1, find("sum_stretches") if _is_for_kernels(indptr) else None
    if run is None or not takes_native(values) or not values.is_contiguous():
        return values.new_zeros(rows).index_add_(0, row_of_each(indptr), values)
    sums = values.new_empty(rows)
    run(values.data_ptr(), indptr.data_ptr(), rows, sums.data_ptr(), len(values))
    return sums


def matrix_of(values: Tensor, columns: Tensor, indptr: Tensor, width: int) -> Tensor:
    """Return the dense matrix of what is stored in CSR form."""
    rows = len(indptr) - 1
    matrix, run = values.new_zeros(rows, width), find("fill_rows")
    native = takes_native(values) and all(map(_is_for_kernels, (values, columns, indptr)))
    if run is None or not native:
        return matrix.index_put_((row_of_each(indptr), columns), values)
    places = (each.data_ptr() for each in (values, columns, indptr))
    run(*places, rows, width, matrix.data_ptr(), len(values))
    return matrix


def squares_of_rows(values: Tensor) -> Tensor:
    """Return the sums (n, 1) of the squares of rows, without memory for the squares."""
    n, width = values.shape
    if not values.numel() or not takes_native(values) or find("sum_squares") is None:
        return values.square().sum(1, keepdim=True)
    values, sums = values.contiguous(), values.new_empty(n, 1)
    first, to, size = values.data_ptr(), sums.data_ptr(), values.itemsize
    shares = [(first + a * width * size, b - a, width, to + a * size) for a, b in _shares(n, values)]
    run_shares("sum_squares", shares)
    return sums


def norm_of_all(values: Tensor) -> Tensor:
    """Return the L2 norm (1,) of all elements."""
    if not takes_native(values) or not values.is_contiguous() or find("sum_all_squares") is None:
        exact = values if values.is_floating_point() else values.double()
        norm: Tensor = torch.linalg.vector_norm(exact)
        return norm.view(1)
    bounds = _shares(values.numel(), values)
    sums, roots = torch.empty(len(bounds), dtype=torch.float64), torch.empty(len(bounds))
    first, to, root = values.data_ptr(), sums.data_ptr(), roots.data_ptr()
    shares = [(first + 4 * a, b - a, to + 8 * i, root + 4 * i) for i, (a, b) in enumerate(bounds)]
    run_shares("sum_all_squares", shares)
    return roots if len(bounds) == 1 else sums.sum().sqrt_().view(1)


def _shares(n: int, values: Tensor) -> list[tuple[int, int]]:
    """Return the bounds of what each thread does of n things in an array, if it is worth dividing."""
    parts = threads() if values.numel() >= _SHARED else 1
    return list(pairwise([n * i // parts for i in range(parts + 1)]))


_SHARED = 1 << 16  # elements


def _is_for_kernels(tensor: Tensor) -> bool:
    return (
        tensor.device.type == "cpu"
        and tensor.is_contiguous()
        and "native" not in knob("MXNET_DISABLED_PASSES")
    )
