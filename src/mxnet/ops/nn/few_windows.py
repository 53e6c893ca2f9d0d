"""Convolution of few windows by many filters, as at the end of a network: here the filters do not move.

They are most of what is read and, as their gradient, of what is written. So windows are laid out as the
filters are, a channel after the other, though torch gathers them slowly so.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mxnet.lazy import F, torch

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.nn.sliding import Sliding

__all__ = ["backward", "convolve", "fits"]

_FILTERS = 8  # for each window, from where on it is faster


def fits(sliding: Sliding) -> bool:
    """Whether there are so many filters that to move them would take the most time."""
    return (
        0 < sliding.rows * _FILTERS <= sliding.filters
        and sliding.groups == sliding.extents[0] == sliding.kernel[0] == 1
        and math.prod(sliding.kernel) > 1
    )


def convolve(sliding: Sliding, data: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return the convolution over two axes of space."""
    filters, windows = weight.flatten(1), _windows(sliding, data)
    product = filters @ windows if bias is None else torch.addmm(bias.view(-1, 1), filters, windows)
    return product.view(len(weight), len(data), *sliding.places[1:]).transpose(0, 1).contiguous()


def backward(
    sliding: Sliding, grad: Tensor, data: Tensor, weight: Tensor, wanted: list[bool]
) -> list[Tensor | None]:
    """Return the gradients of data and weight that are wanted."""
    into: list[Tensor | None] = [None, None]
    by_filter = grad.transpose(0, 1).flatten(1)
    if wanted[0]:
        columns = (weight.flatten(1).t() @ by_filter).view(-1, len(data), by_filter.shape[1] // len(data))
        into[0] = F.fold(columns.transpose(0, 1), data.shape[2:], *_geometry(sliding))
    if wanted[1]:
        into[1] = (by_filter @ _windows(sliding, data).t()).view(weight.shape)
    return into


def _windows(sliding: Sliding, data: Tensor) -> Tensor:
    """Return the windows as columns, those of an image after those of the one before."""
    columns = F.unfold(data, *_geometry(sliding))
    return columns.transpose(0, 1).flatten(1)


def _geometry(sliding: Sliding) -> tuple[tuple[int, ...], ...]:
    """Return how windows move over two axes, in torch's order."""
    return sliding.kernel[1:], sliding.dilates[1:], sliding.pads[1:], sliding.strides[1:]
