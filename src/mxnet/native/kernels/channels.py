"""Numbers of channels, each times one number and plus another: what BatchNorm does in inference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mxnet.native.kernels.language import Words, f32, inline, intrinsic, kernel
from mxnet.native.kernels.vectors import FAST, I64, LANES, load, loop, moved, repeated, store

SCALE, SHIFT, OUT, CHANNELS, SIZE, RELU, FIRST, COUNT, PARTS, PART = range(10)
# The size is that of a plane; behind the number of parts stand an address and a number of channels for each.


def _scaling(*, is_of_plane: bool) -> Any:
    """Make the intrinsic that scales and shifts some vectors: by one number each, or by vectors."""

    def scale(builder: Any, count: Any, x: Any, by: Any, shift: Any, out: Any, relu: Any) -> None:
        held = [repeated(builder, each) for each in (by, shift)] if is_of_plane else []

        def turn(at: Any) -> Sequence[Any]:
            times, plus = held or [load(builder, builder.add(each, at)) for each in (by, shift)]
            scaled = builder.fmul(load(builder, builder.add(x, at)), times, flags=FAST)
            store(builder, [builder.fadd(scaled, plus, flags=FAST)], [(builder.add(out, at), 0)], relu)
            return [moved(builder, at, I64(4 * LANES), 1)]

        loop(builder, count, [I64(0)], turn)

    return intrinsic(scale)


_scale_pixel, _scale_plane = _scaling(is_of_plane=False), _scaling(is_of_plane=True)


@inline
def _scale_rest(begin, end, image, scales, shifts, into, step, relu):
    """Scale and shift what is left, fewer numbers than a vector's."""
    x, scale, shift, y = f32(image), f32(scales), f32(shifts), f32(into)
    for i in range(begin, end):
        number = x[i] * scale[i * step] + shift[i * step]
        y[i] = number if number > np.float32(0) or relu == 0 else np.float32(0)


@kernel
def scale_pixels(a: Words) -> None:
    """Scale and shift the channels of pixels, which are last, and apply ReLU.

    They come from several arrays, whose channels lie side by side in the result.
    """
    relu = a[RELU]
    for pixel in range(a[FIRST], a[FIRST] + a[COUNT]):
        scale, shift, out = a[SCALE], a[SHIFT], a[OUT] + 4 * a[CHANNELS] * pixel
        for i in range(a[PARTS]):
            n = a[PART + 2 * i + 1]
            image, vectors = a[PART + 2 * i] + 4 * n * pixel, n // 8
            _scale_pixel(vectors, image, scale, shift, out, relu)
            _scale_rest(8 * vectors, n, image, scale, shift, out, 1, relu)
            scale += 4 * n
            shift += 4 * n
            out += 4 * n


@kernel
def scale_planes(a: Words) -> None:
    """Scale and shift the planes of channels, which are first, and apply ReLU."""
    n, relu, vectors = a[SIZE], a[RELU], a[SIZE] // 8
    for plane in range(a[FIRST], a[FIRST] + a[COUNT]):
        channel, at = 4 * (plane % a[CHANNELS]), 4 * n * plane
        scale, shift, image, out = a[SCALE] + channel, a[SHIFT] + channel, a[PART] + at, a[OUT] + at
        _scale_plane(vectors, image, scale, shift, out, relu)
        _scale_rest(8 * vectors, n, image, scale, shift, out, 0, relu)
