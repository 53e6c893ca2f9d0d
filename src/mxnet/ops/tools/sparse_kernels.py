"""Native kernels for arrays that are stored sparsely, called with tensors; None where torch has to do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mxnet.config import knob
from mxnet.lazy import torch
from mxnet.native import find

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["parts_of_matrix", "rows_there", "sum_of_rows", "union_of_rows"]


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
    if any(each.dtype != torch.float32 or not _is_for_kernels(each) for each in values):
        return None
    width = math.prod(values[0].shape[1:])
    found = _merged([each.data_ptr() for each in values], rows, factors, width)
    return None if found is None else (found[0].view(-1, *values[0].shape[1:]), found[1])


def union_of_rows(rows: Sequence[Tensor]) -> Tensor | None:
    """Return the numbers that are among any of several, which ascend."""
    found = _merged([0] * len(rows), rows, [1.0] * len(rows), 0)
    return None if found is None else found[1]


def _merged(
    values: Sequence[int], rows: Sequence[Tensor], factors: Sequence[float], width: int
) -> tuple[Tensor, Tensor] | None:
    run = find("sum_rows") if all(map(_is_for_kernels, rows)) else None
    if run is None:
        return None
    places, count = torch.empty(len(rows), dtype=torch.int64), torch.empty(1, dtype=torch.int64)
    most = sum(map(len, rows))
    out, numbers = torch.empty(most, width), torch.empty(most, dtype=torch.int64)
    arrays: list[float] = []
    for each, own, factor in zip(values, rows, factors, strict=True):
        arrays += (own.data_ptr(), each, len(own), float(factor))
    run(len(rows), width, *(each.data_ptr() for each in (places, numbers, out, count)), *arrays)
    total = int(count)
    if total < 3 * most // 4:  # so much more memory is not kept
        return out[:total].clone(), numbers[:total].clone()
    return out[:total], numbers[:total]


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
    starts = _starts_of_rows(values)
    return None if starts is None else starts.diff().nonzero().view(-1)


def _starts_of_rows(values: Tensor) -> Tensor | None:
    """Return where each row begins among the elements that are not 0."""
    count = find("count_in_rows") if values.dtype == torch.float32 and _is_for_kernels(values) else None
    if count is None:
        return None
    starts = torch.empty(len(values) + 1, dtype=torch.int64)
    count(values.data_ptr(), len(values), math.prod(values.shape[1:]), starts.data_ptr())
    return starts


def _is_for_kernels(tensor: Tensor) -> bool:
    return (
        tensor.device.type == "cpu"
        and tensor.is_contiguous()
        and "native" not in knob("MXNET_DISABLED_PASSES")
    )
