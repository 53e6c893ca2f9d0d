"""Changing how images and filters lie in memory, by native kernels where these can: torch's are many times slower."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from mxnet.lazy import torch
from mxnet.native import find

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["channels_first", "channels_last", "takes_native"]


def takes_native(*arrays: Tensor | None) -> bool:
    """Whether native kernels can take these arrays, by their addresses: float32 on the CPU, and nobody watches."""
    if torch.compiler.is_compiling():
        return False
    return all(
        array.dtype == torch.float32
        and array.device.type == "cpu"
        and type(array) in (torch.Tensor, torch.nn.Parameter)
        and not (array.requires_grad and torch.is_grad_enabled())
        for array in arrays
        if array is not None
    )


def channels_last(images: Tensor) -> Tensor:
    """Return images (n, channels, height, width), or filters, with the channels of a pixel side by side."""
    last = torch.channels_last
    n, channels, height, width = images.shape
    if (
        images.is_contiguous(memory_format=last)
        or not images.is_contiguous()
        or not (transpose := _transposing(images))
    ):
        return images.contiguous(memory_format=last)
    changed = torch.empty_like(images, memory_format=last)
    transpose(images.data_ptr(), changed.data_ptr(), n, channels, height * width)
    return changed


def channels_first(images: Tensor, out: Tensor | None = None) -> Tensor:
    """Undo :func:`channels_last`; arrays of other ranks are but made contiguous."""
    lies_last = images.dim() == 4 and images.is_contiguous(memory_format=torch.channels_last)
    transpose = _transposing(images, out) if lies_last and not images.is_contiguous() else None
    if transpose is None or not (out is None or out.is_contiguous()):
        return images.contiguous() if out is None else out.copy_(images)
    n, channels, *space = images.shape
    changed = torch.empty(images.shape, dtype=images.dtype) if out is None else out
    transpose(images.data_ptr(), changed.data_ptr(), n, math.prod(space), channels)
    return changed


def _transposing(*arrays: Tensor | None) -> Callable[..., None] | None:
    return find("transpose") if takes_native(*arrays) else None
