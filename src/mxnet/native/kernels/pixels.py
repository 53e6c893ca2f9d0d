"""Products of filters by the windows of an image that share no pixel, and what comes before and behind.

The words of an image are what limits the threads of its product, or 0; the product's own; then the geometry.
"""

from __future__ import annotations

import numpy as np

from mxnet.native.kernels.language import Words, f32, gemm, i64, independent, inline, kernel, words_at
from mxnet.native.kernels.loop import gemm_alone

LIMIT, PRODUCT, RESULT = 0, 1, 4
IMAGE, WINDOWS = 15, 16  # where windows are to be gathered, or 0 where they lie as a product reads them
CHANNELS, KERNEL, PLACES, APART, WITHIN, BETWEEN = 17, 18, 21, 24, 25, 28
OUT, BIAS, LINES, WIDTH, RELU, CLEARED = 31, 32, 33, 34, 35, 36


@inline
def _moved(a, back):
    """Gather windows, or put them back: for each of their elements there is a line of places."""
    at, last, step = a[WINDOWS], a[PLACES + 2], a[BETWEEN + 2]
    for c in range(a[CHANNELS]):
        for i in range(a[KERNEL]):
            for j in range(a[KERNEL + 1]):
                for k in range(a[KERNEL + 2]):
                    first = c * a[APART] + i * a[WITHIN] + j * a[WITHIN + 1] + k * a[WITHIN + 2]
                    for z in range(a[PLACES]):
                        for y in range(a[PLACES + 1]):
                            image = f32(a[IMAGE] + 4 * (first + z * a[BETWEEN] + y * a[BETWEEN + 1]))
                            line = f32(at)
                            for x in independent(last):
                                if back:
                                    image[x * step] = line[x]
                                else:
                                    line[x] = image[x * step]
                            at += 4 * last


@inline
def _multiplied(a):
    words = words_at(a)
    if a[LIMIT] != 0:
        gemm_alone(a[LIMIT], words + 8 * PRODUCT)
    else:
        gemm(i64(words + 8 * PRODUCT))


@inline
def _finished(out, bias, lines, width, relu):
    zero = np.float32(0)
    for i in range(lines):
        line, more = f32(out + 4 * i * width), f32(bias)[i] if bias != 0 else zero
        if relu:
            for j in independent(width):
                total = line[j] + more
                line[j] = total if total > zero else zero
        elif bias != 0:
            for j in independent(width):
                line[j] += more


@kernel
def finish_lines(a: Words) -> None:
    """Words: lines, a bias for each or 0, how many lines, how long they are, whether ReLU is applied."""
    _finished(a[0], a[1], a[2], a[3], a[4])


@kernel
def multiply_pixels(a: Words) -> None:
    """Convolve an image."""
    if a[WINDOWS] != 0:
        _moved(a, False)
    _multiplied(a)
    _finished(a[OUT], a[BIAS], a[LINES], a[WIDTH], a[RELU])


@kernel
def spread_pixels(a: Words) -> None:
    """Write the gradient of an image."""
    _multiplied(a)
    if a[WINDOWS] != 0:
        image = f32(a[IMAGE])
        for i in range(a[CLEARED]):
            image[i] = np.float32(0)
        _moved(a, True)
    _finished(a[OUT], a[BIAS], a[LINES], a[WIDTH], a[RELU])


@kernel
def collect_pixels(a: Words) -> None:
    """Write the gradient of filters that an image has, or add it to what is there."""
    if a[WINDOWS] != 0:
        _moved(a, False)
    _multiplied(a)
