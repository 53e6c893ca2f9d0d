"""Convolution of few windows by many filters, as at the end of a network: here the filters do not move.

They are most of what is read and, as their gradient, of what is written. Windows are rows: a product of few
rows by many filters reads these as they lie, where one of filters by few columns takes several times as long.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mxnet.lazy import F

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
    product = F.linear(_windows(sliding, data), weight.flatten(1), bias)
    return _images(product, data).reshape(len(data), len(weight), *sliding.places[1:])


def backward(
    sliding: Sliding, grad: Tensor, data: Tensor, weight: Tensor, wanted: list[bool]
) -> list[Tensor | None]:
    """Return the gradients of data and weight that are wanted."""
    into: list[Tensor | None] = [None, None]
    by_window = _rows(grad.flatten(2))
    if wanted[0]:
        columns = _images(by_window @ weight.flatten(1), data)
        into[0] = F.fold(columns, data.shape[2:], *_geometry(sliding))
    if wanted[1]:
        into[1] = (by_window.t() @ _windows(sliding, data)).view(weight.shape)
    return into


def _windows(sliding: Sliding, data: Tensor) -> Tensor:
    """Return the windows as rows, those of an image after those of the one before."""
    return _rows(F.unfold(data, *_geometry(sliding)))


def _rows(images: Tensor) -> Tensor:
    """Return what images of shape (images, channels, places) hold, a row for each place."""
    return images.transpose(1, 2).flatten(0, 1)


def _images(rows: Tensor, data: Tensor) -> Tensor:
    """Undo `_rows`, for as many images as there are in the data."""
    return rows.view(len(data), -1, rows.shape[1]).transpose(1, 2)


def _geometry(sliding: Sliding) -> tuple[tuple[int, ...], ...]:
    """Return how windows move over two axes, in torch's order."""
    return sliding.kernel[1:], sliding.dilates[1:], sliding.pads[1:], sliding.strides[1:]
