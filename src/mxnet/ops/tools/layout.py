"""Changing how images and filters lie in memory, by native kernels where these can: torch's are slow."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from mxnet.lazy import torch
from mxnet.native import find

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["channels_first", "channels_last", "empty_last", "lies_last", "takes_native", "transposed"]


def takes_native(*arrays: Tensor | None) -> bool:
    """Whether native kernels can take these arrays: float32 on the CPU, and nobody watches."""
    if torch.compiler.is_compiling():
        return False
    return all(array is None or _is_plain(array) for array in arrays)


def _is_plain(array: Tensor) -> bool:
    return (
        array.dtype == torch.float32
        and array.is_cpu  # its device says the same, in ten times the time
        and type(array) in (torch.Tensor, torch.nn.Parameter)
        and not (array.requires_grad and torch.is_grad_enabled())
    )


def empty_last(shape: Sequence[int]) -> Tensor:
    """Return an unwritten float32 array (n, channel, *space) that has the channels last in memory."""
    n, channels, *space = shape
    return torch.empty((n, *space, channels), dtype=torch.float32).movedim(-1, 1)


def lies_last(images: Tensor) -> bool:
    """Whether images have their channels last in memory; those of one channel or one pixel have."""
    return images.movedim(1, -1).is_contiguous()


def channels_last(images: Tensor) -> Tensor:
    """Return images (n, channel, *space), or filters, with the channels of a pixel side by side."""
    if lies_last(images):
        return images
    transpose = _transposing(images) if images.is_contiguous() else None
    if transpose is None:
        return images.movedim(1, -1).contiguous().movedim(-1, 1)
    changed = empty_last(images.shape)
    n, channels, *space = images.shape
    transpose(images.data_ptr(), changed.data_ptr(), n, channels, math.prod(space))
    return changed


def channels_first(images: Tensor, out: Tensor | None = None) -> Tensor:
    """Undo :func:`channels_last`."""
    lies = images.dim() > 2 and not images.is_contiguous() and lies_last(images)
    transpose = _transposing(images, out) if lies else None
    if transpose is None or not (out is None or out.is_contiguous()):
        return images.contiguous() if out is None else out.copy_(images)
    n, channels, *space = images.shape
    changed = torch.empty(images.shape, dtype=images.dtype) if out is None else out
    transpose(images.data_ptr(), changed.data_ptr(), n, math.prod(space), channels)
    return changed


def transposed(matrices: Tensor, out: Tensor | None = None) -> Tensor:
    """Return matrices (n, rows, columns), which lie so, as (n, columns, rows), which may be `out`."""
    n, rows, columns = matrices.shape
    changed = torch.empty((n, columns, rows), dtype=matrices.dtype) if out is None else out
    transpose = _transposing(matrices, out)
    if transpose is None:
        return changed.copy_(matrices.transpose(1, 2))
    transpose(matrices.data_ptr(), changed.data_ptr(), n, rows, columns)
    return changed


def _transposing(*arrays: Tensor | None) -> Callable[..., None] | None:
    return find("transpose") if takes_native(*arrays) else None
