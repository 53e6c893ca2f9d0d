"""Writing results where a kernel is told, also where torch's own kernels do not do so in every layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["laid_out_alike", "written"]


def written(result: Tensor, out: Tensor | None) -> Tensor:
    """Return a result or, if there is a place for it, that with the result copied into it."""
    return result if out is None else out.copy_(result)


def laid_out_alike(array: Tensor, out: Tensor | None) -> bool:
    """Whether there is a place for a result which is laid out as the array: row by row, or channels last.

    Many of torch's kernels have written elsewhere what does not lie as their input does.
    """
    if out is None:
        return False
    if array.is_contiguous():
        return out.is_contiguous()
    last = torch.channels_last
    return array.is_contiguous(memory_format=last) and out.is_contiguous(memory_format=last)
