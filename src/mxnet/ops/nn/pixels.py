"""Convolution of windows that share no pixel: a product of matrices, of images as users have them.

Single pixels, also those a step apart, and windows side by side. Images of one window are a product of two
matrices; others have one each, of filters by windows, so that no layout changes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mxnet.lazy import torch
from mxnet.ops.nn.activation import rectified_

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.nn.convolution_tuning import Part
    from mxnet.ops.nn.sliding import Sliding

__all__ = ["backward", "collect", "convolve", "cost", "fits", "multiply", "spread"]

_RATE = 64  # of products: thousands of multiplications and additions in a microsecond
_START = 4  # numbers that could be multiplied and summed up while a product begins
_MOVED, _GATHERED = 150, 1500  # microseconds for a million numbers in and out, and for those of windows
_CALL, _CALLS = 15, 50  # ... and if windows are gathered, too
_PLACES = 512  # of an image, with fewer of which it is worth copying all into one matrix


def convolve(data: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return the convolution of data (n, channel, 1, ...) with weight (filter, channel, 1, ...)."""
    pixels, filters = data.reshape(data.shape[:2]), weight.reshape(weight.shape[:2])
    product = pixels @ filters.t() if bias is None else torch.addmm(bias, pixels, filters.t())
    return product.view(*product.shape, *data.shape[2:])


def backward(grad: Tensor, data: Tensor, weight: Tensor, wanted: list[bool]) -> list[Tensor | None]:
    """Return the gradients of data and weight that are wanted."""
    grads, pixels = grad.reshape(grad.shape[:2]), data.reshape(data.shape[:2])
    into_data = (grads @ weight.reshape(weight.shape[:2])).view(data.shape) if wanted[0] else None
    into_weight = (grads.t() @ pixels).view(weight.shape) if wanted[1] else None
    return [into_data, into_weight]


def fits(sliding: Sliding) -> bool:
    """Whether windows share no pixel, see all channels and stay within the image."""
    axes = zip(sliding.kernel, sliding.strides, sliding.dilates, sliding.places, strict=True)
    return (
        sliding.groups == 1
        and not any(sliding.pads)
        and all(1 in (k, n) or (dilate == 1 and k <= step) for k, step, dilate, n in axes)
    )


def cost(sliding: Sliding, part: Part) -> float:
    """Return the microseconds for a part of a convolution."""
    takes_all = _takes_all(sliding)
    windows = 0 if takes_all else sliding.rows * sliding.size
    numbers = sliding.batch * sliding.channels * math.prod(sliding.extents) + sliding.rows * sliding.filters
    sizes = sliding.rows, sliding.size, sliding.filters
    summed = sizes[("filters", "output", "image").index(part)]
    multiplied = 2 * math.prod(sizes) * (1 + _START / summed)
    calls = _CALL if takes_all else _CALLS
    return multiplied / _RATE / 1e3 + (windows * _GATHERED + numbers * _MOVED) / 1e6 + calls


def multiply(
    sliding: Sliding, image: Tensor, weight: Tensor, bias: Tensor | None, out: Tensor, *, relu: bool = False
) -> None:
    """Write the convolution, with a bias added, and ReLU applied; all arrays lie as users see them."""
    windows = _matrices(_windows(sliding, image), sliding.size)
    filters = weight.reshape(1, sliding.filters, -1).expand(len(windows), -1, -1)
    product = _matrices(out, sliding.filters)
    if bias is None:
        torch.bmm(filters, windows, out=product)
    else:
        torch.baddbmm(bias.view(-1, 1), filters, windows, out=product)
    if relu:
        rectified_(out)


def spread(
    sliding: Sliding, grad: Tensor, weight: Tensor, bias: Tensor | None, image: Tensor, *, relu: bool = False
) -> None:
    """Write the gradient of the image into it.

    As this is a transposed convolution, a bias may be added, and ReLU applied.
    """
    grads = _matrices(grad, sliding.filters)
    filters = weight.reshape(1, sliding.filters, -1).transpose(1, 2).expand(len(grads), -1, -1)
    if _takes_all(sliding):
        torch.bmm(filters, grads, out=_matrices(image, sliding.size))
    else:
        windows = _windows(sliding, image)
        if windows.numel() < image.numel():
            image.zero_()
        columns = torch.bmm(filters, grads)
        columns = columns.transpose(1, 2) if sliding.rows == sliding.batch else columns
        windows.copy_(columns.reshape(windows.shape))
    if bias is not None:
        image.add_(bias.view(-1, *(1,) * (image.dim() - 2)))
    if relu:
        rectified_(image)


def collect(sliding: Sliding, image: Tensor, grad: Tensor, weight: Tensor) -> None:
    """Write the gradient of the filters into `weight`."""
    windows, grads = _matrices(_windows(sliding, image), sliding.size), _matrices(grad, sliding.filters)
    total, places = weight.view(sliding.filters, -1), windows.shape[2]
    if sliding.size * sliding.filters < places * max(sliding.size, sliding.filters):
        torch.sum(torch.bmm(grads, windows.transpose(1, 2)), 0, out=total)
        return
    if places < _PLACES:
        grads, windows = (each.transpose(0, 1).reshape(1, each.shape[1], -1) for each in (grads, windows))
    windows = windows.transpose(1, 2)
    torch.mm(grads[0], windows[0], out=total)
    for each, seen in zip(grads[1:], windows[1:], strict=True):
        total.addmm_(each, seen)


def _takes_all(sliding: Sliding) -> bool:
    """Whether a matrix of windows is an image as it lies."""
    return sliding.takes_pixels or (sliding.kernel == sliding.extents and sliding.rows == sliding.batch)


def _windows(sliding: Sliding, image: Tensor) -> Tensor:
    """Return a view of an image that has an axis for each of the window, and behind them those of places."""
    apart = [math.prod(sliding.extents[axis + 1 :]) for axis in range(3)]
    channel = math.prod(sliding.extents)
    within = [n * d for n, d in zip(apart, sliding.dilates, strict=True)]
    between = [n * step for n, step in zip(apart, sliding.strides, strict=True)]
    return image.as_strided(
        (sliding.batch, sliding.channels, *sliding.kernel, *sliding.places),
        (sliding.channels * channel, channel, *within, *between),
    )


def _matrices(images: Tensor, rows: int) -> Tensor:
    """Return a matrix for each image, a view where there can be one; one for all of columns."""
    if images[:1].numel() == rows:
        return images.reshape(1, -1, rows).transpose(1, 2)
    return images.reshape(len(images), rows, -1)
