"""What operators declare as ``sparse``: rules for how results and gradients are stored, and shared kernels.

A kernel for sparse arrays works on what is stored, and gives a result with the same structure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import ShapeError
from mxnet.ir.storage import CSR, DENSE, ROWS, Call, Sparse, Stored
from mxnet.lazy import F, torch
from mxnet.ops.tools.sparse_kernels import (
    in_each_row,
    matrix_of,
    parts_of_matrix,
    row_of_each,
    rows_there,
    sum_of_rows,
    union_of_rows,
)

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "FLAT",
    "KEEPS_ZEROS",
    "LINEAR",
    "MAKES_DENSE",
    "SLOPES",
    "STEPS",
    "as_first",
    "as_stored",
    "csr_if_whole",
    "densify",
    "grouped",
    "if_alike",
    "like_the_head",
    "on_all_rows",
    "on_places",
    "on_values",
    "product",
    "rows_of",
    "rows_of_csr",
    "sparsify",
    "summed",
    "whole_rows",
    "with_rows",
]

# ------------------------------------------------------------------------------------------ rules of results


def as_first(op: Any, stypes: tuple[str, ...]) -> str | None:
    """Store the result as the first input is."""
    return stypes[0]


def dense(op: Any, stypes: tuple[str, ...]) -> str | None:
    """Make a dense result, without a word about falling back."""
    return DENSE


def if_alike(op: Any, stypes: tuple[str, ...]) -> str | None:
    """Store the result as all inputs are."""
    return stypes[0] if len(set(stypes)) == 1 else None


def csr_if_whole(op: Any, stypes: tuple[str, ...]) -> str | None:
    """Return whole rows of a CSR matrix as such a matrix."""
    whole = all(step in (None, 1) for step in getattr(op, "step", None) or ()) and getattr(op, "axis", 0) == 0
    return CSR if stypes[0] == CSR and whole else None


# ---------------------------------------------------------------------------------------- rules of gradients


def like_the_head(op: Any, stypes: tuple[str, ...], head: str) -> tuple[str, ...]:
    """Store the gradients as the output's is."""
    return (head,) * len(stypes)


def like_the_inputs(op: Any, stypes: tuple[str, ...], head: str) -> tuple[str, ...]:
    """Store the gradients as the inputs are: they are 0, and hold nothing."""
    return stypes


def by_a_slope(op: Any, stypes: tuple[str, ...], head: str) -> tuple[str, ...]:
    """Store the gradient as its two factors are, if they are stored alike."""
    return (head if head == stypes[0] else DENSE,)


# --------------------------------------------------------------------------------------------------- kernels

_SUMMED_BY_TORCH = ("float16", "float32", "float64")


def with_parts(array: Stored, *parts: Tensor) -> Stored:
    """Return an array of the same kind and shape that stores something else."""
    return Stored(array.stype, array.shape, parts)


def on_values(call: Call) -> Stored | None:
    """Compute each stored value."""
    if call.stype in (None, DENSE):
        return None
    values, *places = call.arrays[0].parts
    return with_parts(call.arrays[0], call.run([values]), *places)


def on_all_rows(call: Call) -> Stored | None:
    """Compute the rows that any of the arrays stores; of CSR matrices, the elements."""
    if all(array.stype == CSR for array in call.arrays):
        elements = [_as_elements(array) for array in call.arrays]
        if any(each is None for each in elements):
            return None
        made = on_all_rows(call._replace(arrays=elements))  # type: ignore[arg-type]
        return None if made is None else _as_matrix(made, call.arrays[0].shape)
    if any(array.stype != ROWS for array in call.arrays):
        return None
    rows = union([array.parts[1] for array in call.arrays])
    return with_parts(call.arrays[0], call.run([_spread(array, rows) for array in call.arrays]), rows)


def summed(*factors: int) -> Callable[[Call], Stored | None]:
    """Return the kernel that adds arrays up, each times a factor; 1 for all if none are given."""

    def of(call: Call) -> Stored | None:
        return _sum(call.arrays, factors or (1,) * len(call.arrays)) or on_all_rows(call)

    return of


def _sum(arrays: Sequence[Stored], factors: Sequence[int]) -> Stored | None:
    """Return a sum of arrays; None of those for which there is no kernel."""
    first, stypes = arrays[0], {array.stype for array in arrays}
    if stypes == {CSR}:
        elements = [_as_elements(array) for array in arrays]
        made = None if None in elements else _sum(elements, factors)  # type: ignore[arg-type]
        return None if made is None else _as_matrix(made, first.shape)
    if stypes == {ROWS, DENSE} and len(arrays) == 2:
        return _sum_with_dense(arrays[0], arrays[1], factors[0], factors[1])
    if stypes != {ROWS} or any(array.shape != first.shape for array in arrays):
        return None
    values, rows = zip(*[array.parts for array in arrays], strict=True)
    if factors[0] == 1 and values[0].is_floating_point() and _is_among(rows[1:], rows[0], first.shape[0]):
        total = values[0].clone()
        for each, which, factor in zip(values[1:], rows[1:], factors[1:], strict=True):
            if len(which) == len(rows[0]):
                total.add_(each, alpha=factor)
            else:
                total.index_add_(0, which, each, alpha=factor)
        return with_parts(first, total, rows[0])
    found = sum_of_rows(values, rows, factors)
    return None if found is None else with_parts(first, *found)


def _is_among(several: Sequence[Tensor], rows: Tensor, extent: int) -> bool:
    """Whether rows are all there are, or those of several arrays as well."""
    return len(rows) == extent or all(torch.equal(each, rows) for each in several)


def _sum_with_dense(a: Stored, b: Stored, of_a: int, of_b: int) -> Stored:
    if a.stype == ROWS:
        a, b, of_a, of_b = b, a, of_b, of_a
    total = a.parts[0].clone(memory_format=torch.contiguous_format) if of_a == 1 else a.parts[0] * of_a
    values, rows = b.parts
    return with_parts(a, total.index_add_(0, rows, values, alpha=of_b))


def _as_elements(matrix: Stored) -> Stored | None:
    """Return the elements of a CSR matrix as an array by rows, if they stand in order."""
    values, columns, indptr = matrix.parts
    places = row_of_each(indptr) * matrix.shape[1] + columns
    if not (places.diff() > 0).all():
        return None
    return Stored(ROWS, (math.prod(matrix.shape),), (values, places))


def _as_matrix(elements: Stored, shape: tuple[int, ...]) -> Stored:
    """Return the CSR matrix of elements that are stored by rows; those that are 0 are not stored again."""
    values, places = elements.parts
    there = values != 0
    if not there.all():
        values, places = values[there], places[there]
    starts = torch.arange(shape[0] + 1, device=places.device) * shape[1]
    return Stored(CSR, shape, (values, places % shape[1], torch.searchsorted(places, starts)))


def on_places(call: Call) -> Stored | None:
    """Compute where the only sparse array (or the first, of two) stores something."""
    if call.stype in (None, DENSE) or all(array.stype == CSR for array in call.arrays):
        return None
    sparse = next(array for array in call.arrays if array.stype != DENSE)
    if any(
        extent not in (1, own)
        for array in call.arrays
        for extent, own in zip(array.shape[::-1], sparse.shape[::-1], strict=False)
    ):
        return None
    if sparse.stype == ROWS:
        rows = sparse.parts[1]
        return with_parts(sparse, call.run([rows_of(array, rows) for array in call.arrays]), rows)
    values, columns, indptr = sparse.parts
    parts = [values if array is sparse else _at_places(array, sparse) for array in call.arrays]
    return with_parts(sparse, call.run(parts), columns, indptr)


def _at_places(array: Stored, matrix: Stored) -> Tensor:
    """Return the values of an array, repeated to the shape of a CSR matrix, where that stores something."""
    _, columns, indptr = matrix.parts
    height, width = (1,) * (2 - len(array.shape)) + array.shape
    values = densify(array).reshape(-1)
    if width == 1:
        return in_each_row(values, indptr) if height > 1 else values.expand(len(columns))
    return values.index_select(0, columns if height == 1 else columns + row_of_each(indptr) * width)


def rows_of(array: Stored, wanted: Tensor) -> Tensor:
    """Return some rows of an array."""
    if array.stype != ROWS:
        return densify(array).index_select(0, wanted)
    values, rows = array.parts
    if not len(rows):
        return values.new_zeros(len(wanted), *values.shape[1:])
    if len(rows) == array.shape[0]:  # all of them
        return values.index_select(0, wanted)
    place, there = _find(rows, wanted)
    found = values.index_select(0, place)
    return found if there.all() else found.masked_fill_(~there.view(-1, *(1,) * (values.dim() - 1)), 0)


def _find(rows: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
    """Return where numbers are among those of stored rows, which ascend, and whether they are there."""
    place = torch.searchsorted(rows, wanted)
    if not len(rows):
        return place, torch.zeros_like(place, dtype=torch.bool)
    place.clamp_(max=len(rows) - 1)
    return place, rows[place] == wanted


def union(several: Sequence[Tensor]) -> Tensor:
    """Return the numbers of the rows that any of several arrays stores; the same ones cost nothing."""
    first = several[0]
    if all(each is first or torch.equal(each, first) for each in several[1:]):
        return first
    merged = union_of_rows(several)
    if merged is not None:
        return merged
    rows, *others = sorted(several, key=len, reverse=True)
    for more in others:
        new = more[~_find(rows, more)[1]]
        if len(new):
            place = torch.searchsorted(rows, new) + torch.arange(len(new), device=new.device)
            old = torch.ones(len(rows) + len(new), dtype=torch.bool, device=new.device)
            old[place] = False
            rows = torch.empty_like(old, dtype=rows.dtype).masked_scatter_(old, rows)
            rows[place] = new
    return rows


def _spread(array: Stored, rows: Tensor) -> Tensor:
    """Return the values in rows that are all of the stored ones, and more."""
    values, own = array.parts
    if len(own) == len(rows):
        return values
    return values.new_zeros(len(rows), *values.shape[1:]).index_copy_(
        0, torch.searchsorted(rows, own), values
    )


def with_rows(array: Stored, rows: Tensor, values: Tensor, *, whole: bool = False) -> Stored:
    """Return an array by rows with other values in some rows, written in place where it stores them all.

    If it does not, it gets room for them; or, if it is to be `whole`, for all rows at once.
    """
    stored, own = array.parts
    if len(own) == array.shape[0]:
        stored.index_copy_(0, rows, values)
        return array
    place, there = _find(own, rows)
    if not there.all():
        if whole:
            stored, own = whole_rows(array).parts
            place = rows
        else:
            every = union([own, rows])
            stored, own, place = _spread(array, every), every, torch.searchsorted(every, rows)
    stored.index_copy_(0, place, values)
    return with_parts(array, stored, own)


def whole_rows(array: Stored) -> Stored:
    """Return an array by rows that stores all its rows."""
    every = torch.arange(array.shape[0], device=array.parts[0].device)
    return with_parts(array, _spread(array, every), every)


def as_stored(value: Tensor | Stored) -> Stored:
    """Return how a value is stored, which is dense if it is just a tensor."""
    return value if isinstance(value, Stored) else Stored(DENSE, tuple(value.shape), (value,))


def product(matrix: Stored, factor: Stored, *, transposed: bool) -> Stored:
    """Multiply a CSR matrix, or its transpose, with an array; only rows that meet a value are looked at.

    Returns
    -------
    Stored
        A dense array; of the transpose, the rows that have a value in the matrix.
    """
    values, columns, indptr = matrix.parts
    extents = factor.shape[1:]
    if transposed:
        order = columns.argsort(stable=True)
        rows, counts = torch.unique_consecutive(columns[order], return_counts=True)
        starts = torch.cat((counts.new_zeros(1), counts.cumsum(0)))
        sums = _weighted_sums(values[order], row_of_each(indptr)[order], starts, factor)
        return Stored(ROWS, (matrix.shape[1], *extents), (sums, rows))
    sums = _weighted_sums(values, columns, indptr, factor)
    return Stored(DENSE, (matrix.shape[0], *extents), (sums,))


def _weighted_sums(weights: Tensor, places: Tensor, starts: Tensor, factor: Stored) -> Tensor:
    """Return sums of rows of an array, each times a weight; the i-th sum begins at ``starts[i]``."""
    if factor.stype == DENSE or len(factor.parts[0]) == factor.shape[0]:  # it has all rows
        rows = factor.parts[0]
    else:
        rows = factor.parts[0]
        found, there = _find(factor.parts[1], places)
        if there.all():
            places = found
        else:
            wanted, places = torch.unique(places, return_inverse=True)
            rows = rows_of(factor, wanted)
    if str(rows.dtype)[6:] in _SUMMED_BY_TORCH and rows.dtype == weights.dtype and rows.numel():
        sums: Tensor = F.embedding_bag(
            places,
            rows.flatten(1) if rows.dim() > 1 else rows.unsqueeze(1),
            starts,
            mode="sum",
            per_sample_weights=weights,
            include_last_offset=True,
        )

        return sums.view(-1, *rows.shape[1:])
    sums = rows.new_zeros(len(starts) - 1, *rows.shape[1:])
    return sums.index_add_(0, row_of_each(starts), weights.view(-1, *(1,) * (rows.dim() - 1)) * rows[places])


def rows_of_csr(matrix: Stored, wanted: Tensor) -> Stored:
    """Return the CSR matrix of some rows of another one."""
    values, columns, indptr = matrix.parts
    counts = indptr.diff()[wanted]
    starts = torch.cat((counts.new_zeros(1), counts.cumsum(0)))
    row = row_of_each(starts)
    taken = torch.arange(len(row), device=row.device) + (indptr[wanted] - starts[:-1])[row]
    return Stored(CSR, (len(wanted), matrix.shape[1]), (values[taken], columns[taken], starts))


def grouped(places: Tensor, rows: Tensor, shape: tuple[int, ...]) -> Stored:
    """Return an array with the sum of those rows that have the same place in it."""
    there, group = torch.unique(places, return_inverse=True)
    sums = torch.ops.aten.embedding_dense_backward(rows, group, len(there), -1, False)
    return Stored(ROWS, shape, (sums, there))


def densify(array: Stored) -> Tensor:
    """Return all values of an array."""
    values, *places = array.parts
    if array.stype == DENSE:
        return values
    if array.stype == ROWS:
        return values.new_zeros(array.shape).index_copy_(0, places[0], values)
    columns, indptr = places
    return matrix_of(values, columns, indptr, array.shape[1])


def sparsify(stype: str, values: Tensor) -> tuple[Tensor, ...]:
    """Return the parts that stand for dense values.

    Raises
    ------
    ShapeError
        If they are stored as CSR, but are no matrix.
    """
    if stype == ROWS:
        rows = rows_there(values)
        if rows is None:
            there = values.flatten(1).any(1) if values.ndim > 1 else values != 0
            rows = there.nonzero(as_tuple=True)[0]
        return values.index_select(0, rows), rows
    if values.ndim != 2:
        raise ShapeError(f"Only matrices can be stored as csr, not an array of shape {tuple(values.shape)}.")
    found = parts_of_matrix(values)
    if found is not None:
        return found
    rows, columns = values.nonzero(as_tuple=True)
    counts = torch.bincount(rows, minlength=values.shape[0])
    return values[rows, columns], columns, torch.cat((counts.new_zeros(1), counts.cumsum(0)))


# ----------------------------------------------------------------------------------------- ready declarations

KEEPS_ZEROS = Sparse(as_first, kernel=on_values)
"""Of functions that are 0 at 0, so that what is not stored stays so."""

LINEAR = Sparse(as_first, like_the_head, on_values)
"""Of those whose gradient is the output's, times a constant."""

SLOPES = Sparse(as_first, by_a_slope, on_values)
"""Of those whose gradient is 0 where the input is, too."""

STEPS = Sparse(as_first, like_the_inputs, on_values)
"""Of those whose gradient is 0 everywhere."""

FLAT = Sparse(gradient=like_the_inputs)
"""Of functions whose gradient is 0 everywhere, but which are not 0 at 0: they compute with dense copies."""

MAKES_DENSE = Sparse(dense)
"""Of those whose results are dense in any case, which MXNet does not report as falling back."""
