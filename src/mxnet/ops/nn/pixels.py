"""Convolution of windows that share no pixel: a product of matrices, of images as users have them.

Single pixels, also those a step apart, and windows side by side. Images of one window are a product of two
matrices; others have one each, of filters by windows, so that no layout changes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mxnet.lazy import torch
from mxnet.native import threads
from mxnet.ops.nn.filters import add_filters
from mxnet.ops.tools.in_rows import by_rows

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Place, Rows
    from mxnet.ops.nn.sliding import Sliding

__all__ = ["backward", "collect", "convolve", "cost", "fits", "multiply", "spread"]

_RATE = 64  # of products: thousands of multiplications and additions in a microsecond
_START = 6  # numbers of a window that could be multiplied while a product begins
_MOVED, _GATHERED = 100, 800  # microseconds for a million numbers in and out, and for those of windows
_CALL = 15
_WORTH = 1 << 16  # numbers that are read or written, from where on it is worth to wake other threads
_UNEVEN = 4  # images for each thread, from where on it matters little that one has another one to do


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


def cost(sliding: Sliding) -> float:
    """Return the microseconds for any part of a convolution."""
    windows = 0 if sliding.takes_pixels or _is_one_matrix(sliding) else sliding.rows * sliding.size
    numbers = sliding.batch * sliding.channels * math.prod(sliding.extents) + sliding.rows * sliding.filters
    multiplied = 2 * sliding.rows * (sliding.size + _START) * sliding.filters
    return multiplied / _RATE / 1e3 + (windows * _GATHERED + numbers * _MOVED) / 1e6 + _CALL


@by_rows
def multiply(
    to: Rows,
    sliding: Sliding,
    image: Place,
    weight: Place,
    bias: Place | None,
    out: Place,
    *,
    relu: bool = False,
) -> None:
    """Write the convolution, with a bias added, and ReLU applied; all arrays lie as users see them."""
    s, places = sliding, math.prod(sliding.places)
    if _is_one_matrix(s):
        to.product(image, weight, out, (s.batch, s.size, s.filters), turn_right=True)
        _finish(to, s.batch, out, bias, (s.filters, 1), relu=relu)
        return
    rows = []
    for number in range(s.batch):
        seen, windows, geometry = _gathered(to, s, image, number)
        into = out.at(number * s.filters * places)
        product = to.factors(weight, seen, into, (s.filters, s.size, places))
        rows.append([*product, *windows, *geometry, into, bias or 0, s.filters, places, relu, 0])
    _each(to, "multiply_pixels", s, rows)


@by_rows
def spread(
    to: Rows,
    sliding: Sliding,
    grad: Place,
    weight: Place,
    bias: Place | None,
    image: Place,
    *,
    relu: bool = False,
) -> None:
    """Write the gradient of the image into it.

    As this is a transposed convolution, a bias may be added, and ReLU applied.
    """
    s, places, pixels = sliding, math.prod(sliding.places), math.prod(sliding.extents)
    if _is_one_matrix(s):
        to.product(grad, weight, image, (s.batch, s.filters, s.size))
        _finish(to, s.batch, image, bias, (s.channels, pixels), relu=relu)
        return
    rows = []
    for number in range(s.batch):
        seen, windows, geometry = _gathered(to, s, image, number)
        grads, into = grad.at(number * s.filters * places), image.at(number * s.channels * pixels)
        product = to.factors(weight, grads, seen, (s.size, s.filters, places), turn_left=True)
        cleared = s.channels * pixels if s.size * places < s.channels * pixels else 0
        rows.append([*product, *windows, *geometry, into, bias or 0, s.channels, pixels, relu, cleared])
    _each(to, "spread_pixels", s, rows)


@by_rows
def collect(to: Rows, sliding: Sliding, image: Place, grad: Place, weight: Place) -> None:
    """Write the gradient of the filters into `weight`."""
    s, places, numbers = sliding, math.prod(sliding.places), sliding.filters * sliding.size
    if _is_one_matrix(s):
        to.product(grad, image, weight, (s.filters, s.batch, s.size), turn_left=True)
        return
    is_apart = s.batch > 1 and _is_shared(s) and numbers < places * max(s.size, s.filters)
    parts, rows = to.scratch(s.batch * numbers) if is_apart else weight, []
    for number in range(s.batch):
        seen, windows, geometry = _gathered(to, s, image, number)
        grads, into = grad.at(number * s.filters * places), parts.at(number * numbers if is_apart else 0)
        adds = number > 0 and not is_apart
        product = to.factors(grads, seen, into, (s.filters, places, s.size), turn_right=True, add=adds)
        rows.append([*product, *windows, *geometry])
    if is_apart:
        _each(to, "collect_pixels", s, rows)
        add_filters(to, s, parts, s.batch, s.size, weight)
    else:
        for row in rows:
            to("collect_pixels", *row)


def _each(to: Rows, kernel: str, s: Sliding, rows: list[list[Place | float]]) -> None:
    """Add rows, a product each, which threads share if all of them are at work then."""
    if _is_shared(s):
        to.shares(kernel, rows)
    else:
        for row in rows:
            to(kernel, *row)


def _is_shared(s: Sliding) -> bool:
    count = threads()
    even = s.batch % count == 0 or s.batch >= _UNEVEN * count
    return count > 1 and even and s.rows * (s.size + s.filters) > _WORTH


def _is_one_matrix(s: Sliding) -> bool:
    """Whether images are the rows of a matrix, as each is a single window."""
    return s.rows == s.batch and s.kernel == s.extents


def _finish(
    to: Rows, images: int, out: Place, bias: Place | None, extents: tuple[int, int], *, relu: bool
) -> None:
    """Add a bias to the lines of each image, of which there are so many of a length, and apply ReLU."""
    for number in range(images if relu or bias is not None else 0):
        to("finish_lines", out.at(number * math.prod(extents)), bias or 0, *extents, relu)


def _gathered(
    to: Rows, s: Sliding, image: Place, number: int
) -> tuple[Place, tuple[Place, Place | int], tuple[int, ...]]:
    """Return where the windows of an image lie, as a matrix, and what kernels are told of it and them."""
    apart = [math.prod(s.extents[axis + 1 :]) for axis in range(3)]
    channel = math.prod(s.extents)
    within = [n * d for n, d in zip(apart, s.dilates, strict=True)]
    between = [n * step for n, step in zip(apart, s.strides, strict=True)]
    own = image.at(number * s.channels * channel)
    windows = None if s.takes_pixels else to.scratch(s.size * math.prod(s.places))
    geometry = s.channels, *s.kernel, *s.places, channel, *within, *between
    return windows or own, (own, windows or 0), geometry
