"""Windows of which each channel is looked at by itself: convolutions with a group a channel, and pooling.

Images have their channels last, as many as vectors of a pixel take. What is summed up, or the largest number,
stays in registers, for four pixels at a time inside of the image. The line below is fetched meanwhile: of a
large batch images come from memory, in more streams than a processor foresees.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mxnet.native.kernels.language import Words, f32, i64, inline, intrinsic, kernel, real
from mxnet.native.kernels.vectors import FAST, HALVES, I64, choose, fetch, load, loop, moved, store

IMAGE, FILTERS, BIAS, OUT, SCRATCH = 0, 1, 2, 3, 4
HEIGHT, WIDTH, CHANNELS, KERNEL, STRIDE, PAD, DILATE, PLACES = 5, 6, 7, 8, 10, 12, 14, 16
FIRST, LINES, RELU, FACTOR = 18, 19, 20, 21  # lines of the output; by what plain sums are multiplied
_PIXELS = 4

Values = Sequence[Any]


def _window(join: Callable[[Any, Any, Any, Any], Any]) -> Any:
    """Make the intrinsic that joins windows around 1 pixel, or 4, of 16 channels each."""

    def window(
        builder: Any, pixels: Any, table: Any, count: Any, offset: Any, step: Any, channel: Any, out: Any,
        out_step: Any, bias: Any, relu: Any,
    ) -> None:  # fmt: skip
        def write(which: int) -> None:
            each = [(pixel, half) for pixel in range(1 if which == 1 else _PIXELS) for half in HALVES]

            def element(entry: Any, *held: Any) -> Values:
                words = builder.inttoptr(entry, I64.as_pointer())
                image = builder.add(builder.load(words), offset)
                tap = builder.add(builder.load(builder.gep(words, [I64(1)])), channel)
                factors = {half: load(builder, tap, half) for half in HALVES}
                numbers = [load(builder, moved(builder, image, step, pixel), half) for pixel, half in each]
                joined = [
                    join(builder, value, x, factors[half])
                    for value, x, (_, half) in zip(held, numbers, each, strict=True)
                ]
                return [builder.add(entry, I64(16)), *joined]

            starts = [load(builder, bias, half) for _, half in each]
            _, *made = loop(builder, count, [table, *starts], element)
            store(builder, made, [(moved(builder, out, out_step, pixel), half) for pixel, half in each], relu)

        choose(builder, pixels, 2, write)

    return intrinsic(window)


def _summed(builder: Any, total: Any, x: Any, factor: Any) -> Any:
    return builder.fadd(total, builder.fmul(x, factor, flags=FAST), flags=FAST)


def _largest(builder: Any, most: Any, x: Any, _: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", x, most), x, most)  # NaN never is


_window_summed, _window_largest = _window(_summed), _window(_largest)


@intrinsic
def _fetch(builder: Any, address: Any) -> None:
    """Have a line of the cache filled with what is read soon."""
    fetch(builder, address)


@inline
def _fetch_below(a, image, line, x, pixels):
    """Have the cache filled with what windows of the next line see first: so many pixels of 16 channels."""
    channels, stride = 4 * a[CHANNELS], a[STRIDE]
    first = (line + 1) * stride - a[PAD] + (a[KERNEL] - 1) * a[DILATE] + 1 - stride
    for i in range(first, first + stride):
        at = image + channels * (i * a[WIDTH] + x * a[STRIDE + 1])
        for _ in range(pixels * a[STRIDE + 1]):
            _fetch(at)
            at += channels


@inline
def _list_elements(a, table, image, line, x, same):
    """Write where the elements of a window lie that are inside of the image, and their filters."""
    t, channels, count = i64(table), 4 * a[CHANNELS], 0
    for i in range(a[KERNEL]):
        down = line * a[STRIDE] - a[PAD] + i * a[DILATE]
        if down >= 0 and down < a[HEIGHT]:
            for j in range(a[KERNEL + 1]):
                across = x * a[STRIDE + 1] - a[PAD + 1] + j * a[DILATE + 1]
                if across >= 0 and across < a[WIDTH]:
                    t[2 * count] = image + channels * (down * a[WIDTH] + across)
                    t[2 * count + 1] = same if same != 0 else a[FILTERS] + channels * (i * a[KERNEL + 1] + j)
                    count += 1
    return count


@inline
def _fill(place, n, number):
    values = f32(place)
    for i in range(n):
        values[i] = number


@inline
def _each_pixel(a, start, same, table, sums):
    """Join all windows; without filters, the numbers are multiplied by the same ones."""
    channels, stride = 4 * a[CHANNELS], a[STRIDE + 1]
    reach = (a[KERNEL + 1] - 1) * a[DILATE + 1] + 1
    for i in range(a[FIRST], a[FIRST] + a[LINES]):
        image = a[IMAGE] + channels * (i // a[PLACES]) * a[HEIGHT] * a[WIDTH]
        x = listed = count = 0
        is_listed = False
        while x < a[PLACES + 1]:
            left = x * stride - a[PAD + 1]
            inside = left >= 0 and left + reach <= a[WIDTH]
            if not (inside and is_listed):
                count = _list_elements(a, table, image, i % a[PLACES], x, same)
                listed, is_listed = x, inside
            room = x + 4 <= a[PLACES + 1] and left + 3 * stride + reach <= a[WIDTH]
            pixels = 4 if inside and room else 1
            step = channels * stride
            offset, out = step * (x - listed), a[OUT] + channels * (i * a[PLACES + 1] + x)
            for c in range(0, channels, 64):
                _fetch_below(a, image + c, i % a[PLACES], x, pixels)
                to, first = out + c, start + c
                if sums:
                    _window_summed(pixels, table, count, offset + c, step, c, to, channels, first, a[RELU])
                else:
                    _window_largest(pixels, table, count, offset + c, step, c, to, channels, first, 0)
            x += pixels


@kernel
def convolve_apart(a: Words) -> None:
    """Convolve each channel with a filter of its own (*kernel, channel), add a bias, and apply ReLU."""
    _fill(a[SCRATCH], a[CHANNELS], np.float32(0))
    start = a[BIAS] if a[BIAS] != 0 else a[SCRATCH]
    _each_pixel(a, start, 0, a[SCRATCH] + 4 * a[CHANNELS], True)


@kernel
def pool_sums(a: Words) -> None:
    """Add up the numbers of each window and channel, multiplied by a factor."""
    factors = a[SCRATCH] + 4 * a[CHANNELS]
    _fill(a[SCRATCH], a[CHANNELS], np.float32(0))
    _fill(factors, a[CHANNELS], real(a[FACTOR]))
    _each_pixel(a, a[SCRATCH], factors, factors + 4 * a[CHANNELS], True)


@kernel
def pool_largest(a: Words) -> None:
    """Find the largest number of each window and channel: of none, or of NaN alone, the lowest there is."""
    _fill(a[SCRATCH], a[CHANNELS], np.float32(-3.4028234663852886e38))
    _each_pixel(a, a[SCRATCH], a[SCRATCH], a[SCRATCH] + 4 * a[CHANNELS], False)
