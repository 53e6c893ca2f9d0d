"""Convolutions of images that have their channels first, as these are: pixels of a plane side by side.

Lines of an image are laid out with what lies around them, the pixels of each step of the window apart. Then
an element of the window is as far away from every pixel. A tile of the result, some filters by some pixels,
is summed up in registers: no window is gathered, no filter packed, nothing transposed. What reaches over the
end of a line is computed, and left out. A plan tells the geometry, in the order below; distances in memory
are counted in bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir

from mxnet.native.kernels.language import Words, f32, i64, inline, intrinsic, kernel, words_at
from mxnet.native.kernels.laying import (
    BAND,
    CHANNELS,
    EXTENTS,
    FILTER_COUNT,
    GROUPS,
    LAID,
    PARTS,
    PHASES,
    PLANE,
    clear,
    lay,
)
from mxnet.native.kernels.vectors import FAST, I64, LANES, VECTOR, across, choose, load, moved, repeated

IMAGE, FILTERS, BIAS, OUT, SCRATCH, FIRST, END, RELU, PLAN = 0, 1, 2, 3, 4, 5, 6, 7, 8
LINES, OUT_PLANE, SUMS, VARIANTS, TOTAL, STRETCHES = 21, 22, 23, 24, 25, 26  # of lines, a unit of work each
# Of each variant, which has some of the window's elements, for some of the output's pixels:
COUNT, TABLE, WEIGHTS, PLACES, ORIGIN, STEPS, DIRECT = 0, 1, 2, 3, 6, 7, 10

_F32 = ir.FloatType()
_HEAD, _OF_VARIANT = 27, 11  # words of a plan before its variants, and of each
_ZEROS = 256  # bytes at the start of scratch memory, which are 0
_DEPTH = 256  # elements of windows that stay in the nearest cache while all filters are multiplied with them
_RUN = 1024  # pixels of a gradient, likewise

Values = Sequence[Any]


def _loop(builder: Any, count: Any, moving: Sequence[tuple[Any, int]], sums: Values, body: Any) -> Values:
    """Write a loop, of at least one turn, that adds up; what moves does so by a number of bytes."""
    begin = builder.block
    loop, end = (builder.append_basic_block(name) for name in ("summing", "summed"))
    builder.branch(loop)
    builder.position_at_end(loop)
    i, *places = (builder.phi(I64) for _ in range(1 + len(moving)))
    held = [builder.phi(VECTOR) for _ in sums]
    after = [
        builder.fadd(builder.fmul(x, y, flags=FAST), total, flags=FAST)
        for (x, y), total in zip(body(*places), held, strict=True)
    ]
    left = builder.add(i, I64(-1))
    further = [builder.add(place, I64(step)) for place, (_, step) in zip(places, moving, strict=True)]
    values = zip(
        (i, *places, *held), (count, *(at for at, _ in moving), *sums), (left, *further, *after), strict=True
    )
    for phi, first, now in values:
        phi.add_incoming(first, begin)
        phi.add_incoming(now, loop)
    builder.cbranch(builder.icmp_signed(">", left, I64(0)), loop, end)
    builder.position_at_end(end)
    return after


def _of_pixels(most: int, vectors: int) -> Any:
    """Make the intrinsic that computes a tile of filters, up to the most, by vectors of pixels."""

    def tile(
        builder: Any, number: Any, weights: Any, weight_row: Any, table: Any, count: Any, image: Any,
        start: Any, start_row: Any, out: Any, out_row: Any,
    ) -> None:  # fmt: skip
        def write(rows: int) -> None:
            tiles = [(row, 4 * LANES * v) for row in range(rows) for v in range(vectors)]
            sums = [load(builder, moved(builder, start, start_row, row), more) for row, more in tiles]

            def multiply(weight: Any, entry: Any) -> list[tuple[Any, Any]]:
                at = builder.add(image, builder.load(builder.inttoptr(entry, I64.as_pointer())))
                line = [load(builder, at, 4 * LANES * v) for v in range(vectors)]
                numbers = [repeated(builder, moved(builder, weight, weight_row, row)) for row in range(rows)]
                return [(x, y) for x in numbers for y in line]

            made = _loop(builder, count, [(weights, 4), (table, 8)], sums, multiply)
            for (row, more), total in zip(tiles, made, strict=True):
                place = builder.add(moved(builder, out, out_row, row), I64(more))
                builder.store(total, builder.inttoptr(place, VECTOR.as_pointer())).align = 4

        choose(builder, number, most, write)

    return intrinsic(tile)


def _of_filters(most: int, elements: int) -> Any:
    """Make the intrinsic that adds to a tile of filters, up to the most, by elements of their windows."""

    def tile(
        builder: Any, number: Any, grad: Any, grad_row: Any, table: Any, image: Any, vectors: Any, out: Any,
        out_row: Any,
    ) -> None:  # fmt: skip
        def write(rows: int) -> None:
            entries = builder.inttoptr(table, I64.as_pointer())
            far = [builder.load(builder.gep(entries, [I64(i)])) for i in range(elements)]

            def multiply(at: Any, pixels: Any) -> list[tuple[Any, Any]]:
                lines = [load(builder, moved(builder, at, grad_row, row)) for row in range(rows)]
                windows = [load(builder, builder.add(pixels, each)) for each in far]
                return [(x, y) for x in lines for y in windows]

            zeros = [ir.Constant(VECTOR, [0.0] * LANES)] * (rows * elements)
            step = 4 * LANES
            made = _loop(builder, vectors, [(grad, step), (image, step)], zeros, multiply)
            for i, total in enumerate(made):
                row, element = divmod(i, elements)
                place = builder.add(moved(builder, out, out_row, row), I64(4 * element))
                held = builder.inttoptr(place, _F32.as_pointer())
                builder.store(builder.fadd(builder.load(held), across(builder, total)), held)

        choose(builder, number, most, write)

    return intrinsic(tile)


_tile_of_one, _tile_of_few, _tile_of_many = _of_pixels(1, 8), _of_pixels(3, 3), _of_pixels(6, 2)
_filter, _filters = _of_filters(1, 12), _of_filters(3, 3)


@inline
def _finish_line(source, target, n, step, more, relu):
    """Write a line of the result, with a bias, and ReLU applied, of NaN 0 as in MXNet."""
    s, t, zero = f32(source), f32(target), np.float32(0)
    if step == 1:
        if relu:
            for x in range(n):
                total = s[x] + more
                t[x] = total if total > 0 else zero
        else:
            for x in range(n):
                t[x] = s[x] + more
    else:
        for x in range(n):
            total = s[x] + more
            t[x * step] = zero if relu and not total > 0 else total


@inline
def _tiles(p, v, weights, k, n, at, start, start_row, start_step, out, row, filters):
    """Sum up a tile of pixels for all filters, by some elements of windows."""
    table, count = words_at(p) + 8 * v[TABLE] + 8 * k, v[COUNT]
    tiles = (filters + 5) // 6 if filters > 3 else 1
    fewest, more = filters // tiles, filters % tiles
    weight = weights + 4 * k
    if filters == 1:
        _tile_of_one(1, weight, 4 * count, table, n, at, start, start_row, out, row)
    elif filters <= 3:
        _tile_of_few(filters, weight, 4 * count, table, n, at, start, start_row, out, row)
    else:
        for t in range(tiles):
            rows = fewest + 1 if t < more else fewest
            _tile_of_many(rows, weight, 4 * count, table, n, at, start, start_row, out, row)
            weight += 4 * count * rows
            start += start_step * rows
            out += row * rows


@inline
def _sum(p, v, weights, laid, zeros, sums, row, filters, pixels, width):
    """Sum up a block of pixels for all filters."""
    for k in range(0, v[COUNT], _DEPTH):
        n = _DEPTH if v[COUNT] - k > _DEPTH else v[COUNT] - k
        for q in range(0, pixels, width):
            to = sums + 4 * q
            _tiles(
                p, v, weights, k, n, laid + 4 * q, zeros if k == 0 else to, 0 if k == 0 else row,
                0 if k == 0 else row, to, row, filters,
            )  # fmt: skip


@inline
def _sum_lines(a, p, v, weights, laid, starts, out, filters, first, lines, width):
    """Sum up lines where they belong; the end of a line is computed with some of what was before it."""
    n = v[PLACES + 2]
    for line in range(lines):
        z, y = (first + line) // p[LAID + 1], (first + line) % p[LAID + 1]
        if y < v[PLACES + 1]:
            to = out + v[ORIGIN] + z * v[STEPS] + y * v[STEPS + 1]
            at = laid + 4 * line * p[LAID + 2]
            for q in range(0, n, width):
                x = q if q + width <= n else n - width
                _tiles(
                    p, v, weights, 0, v[COUNT], at + 4 * x, starts, 4 * width, 4 * width, to + 4 * x,
                    p[OUT_PLANE], filters,
                )  # fmt: skip
            if a[RELU]:
                for f in range(filters):
                    _finish_line(to + f * p[OUT_PLANE], to + f * p[OUT_PLANE], n, 1, np.float32(0), 1)


@inline
def _finish(a, p, v, out, bias, sums, row, filters, first, lines):
    """Write some lines of the result."""
    b = f32(bias)
    for f in range(filters):
        more = b[f] if bias != 0 else np.float32(0)
        for line in range(lines):
            z, y = (first + line) // p[LAID + 1], (first + line) % p[LAID + 1]
            if y < v[PLACES + 1]:
                to = out + v[ORIGIN] + f * p[OUT_PLANE] + z * v[STEPS] + y * v[STEPS + 1]
                source = sums + f * row + 4 * line * p[LAID + 2]
                _finish_line(source, to, v[PLACES + 2], v[STEPS + 2], more, a[RELU])


@inline
def _before(p, stretch):
    """Return how many lines lie before a stretch, which consists of whole bands."""
    bands = (p[TOTAL] + p[LINES] - 1) // p[LINES]
    before = bands * stretch // p[STRETCHES] * p[LINES]
    return before if before < p[TOTAL] else p[TOTAL]


@inline
def _start(starts, bias, filters, width):
    """Write what the sums of each filter begin with."""
    b = f32(bias)
    for f in range(filters):
        s, first = f32(starts + 4 * f * width), b[f] if bias != 0 else np.float32(0)
        for x in range(width):
            s[x] = first


@kernel
def convolve_planes(a: Words) -> None:
    """Convolve some parts of the filters with images; add bias, and apply ReLU.

    Words: images, filters, bias or 0, output, scratch memory, the first part and that behind the last,
    whether ReLU is applied, plan.
    """
    p = i64(words_at(a) + 8 * PLAN)
    zeros, laid, row = a[SCRATCH], a[SCRATCH] + _ZEROS, 4 * p[SUMS]
    planes = p[CHANNELS] * p[PHASES] * p[PHASES + 1] * p[PHASES + 2]
    starts = laid + 4 * planes * p[PLANE] + 512
    clear(zeros, _ZEROS // 4)
    for u in range(a[FIRST], a[END]):
        number, part = u // p[STRETCHES] // p[PARTS], u // p[STRETCHES] % p[PARTS]
        image = a[IMAGE] + 4 * number * p[CHANNELS] * p[EXTENTS] * p[EXTENTS + 1] * p[EXTENTS + 2]
        begin = p[FILTER_COUNT] * part // p[PARTS]
        filters = p[FILTER_COUNT] * (part + 1) // p[PARTS] - begin
        width = 64 if filters == 1 else 24 if filters <= 3 else 16
        sums = starts + 4 * filters * width
        of_all = number % p[GROUPS] * p[FILTER_COUNT] + begin
        out = a[OUT] + p[OUT_PLANE] * (number * p[FILTER_COUNT] + begin)
        bias = a[BIAS] + 4 * of_all if a[BIAS] != 0 else 0
        _start(starts, bias, filters, width)
        for first in range(_before(p, u % p[STRETCHES]), _before(p, u % p[STRETCHES] + 1), p[LINES]):
            lay(p, image, laid, first, p[BAND])
            for j in range(p[VARIANTS]):
                v = i64(words_at(p) + 8 * (_HEAD + _OF_VARIANT * j))
                weights = a[FILTERS] + v[WEIGHTS] + 4 * of_all * v[COUNT]
                left = (v[PLACES] - 1) * p[LAID + 1] + v[PLACES + 1] - first
                lines = p[LINES] if left > p[LINES] else left
                if v[DIRECT] and lines > 0:
                    _sum_lines(a, p, v, weights, laid, starts, out, filters, first, lines, width)
                elif lines > 0:
                    pixels = (lines - 1) * p[LAID + 2] + v[PLACES + 2]
                    if v[COUNT] == 0:
                        clear(sums, filters * p[SUMS])
                    else:
                        _sum(p, v, weights, laid, zeros, sums, row, filters, pixels, width)
                    _finish(a, p, v, out, bias, sums, row, filters, first, lines)


@inline
def _lay_grad(p, v, grad, target, row, filters, first, lines):
    """Lay out some lines of a gradient as those of the image are; what is between them is 0."""
    across, n = p[LAID + 2], v[PLACES + 2]
    for f in range(filters):
        t = f32(target + f * row)
        for line in range(lines):
            z, y = (first + line) // p[LAID + 1], (first + line) % p[LAID + 1]
            at = line * across
            if y < v[PLACES + 1]:
                s = f32(grad + f * p[OUT_PLANE] + 4 * n * (z * v[PLACES + 1] + y))
                for x in range(n):
                    t[at + x] = s[x]
                for x in range(at + n, at + across):
                    t[x] = 0
            else:
                for x in range(at, at + across):
                    t[x] = 0
        for x in range(lines * across, lines * across + 8):
            t[x] = 0


@inline
def _add_up(p, v, grad, grad_row, at, pixels, filters, out, row):
    """Add to the gradient of filters what some pixels say."""
    table, count, vectors = words_at(p) + 8 * v[TABLE], v[COUNT], (pixels + 7) // 8
    if filters == 1:
        for k in range(0, count, 12):
            _filter(1, grad, grad_row, table + 8 * k, at, vectors, out + 4 * k, row)
    else:
        for f in range(0, filters, 3):
            for k in range(0, count, 3):
                _filters(
                    filters - f, grad + f * grad_row, grad_row, table + 8 * k, at, vectors,
                    out + f * row + 4 * k, row,
                )  # fmt: skip


@kernel
def collect_planes(a: Words) -> None:
    """Add up the gradient of filters, of which the plan has a multiple of 12 elements, for one share.

    Words: images, result (filter, element), 0, gradient of the output, and the rest as above.
    """
    p = i64(words_at(a) + 8 * PLAN)
    v = i64(words_at(p) + 8 * _HEAD)
    laid, row = a[SCRATCH] + _ZEROS, 4 * p[SUMS]
    planes = p[CHANNELS] * p[PHASES] * p[PHASES + 1] * p[PHASES + 2]
    lined = laid + 4 * planes * p[PLANE] + 512
    clear(a[FILTERS], p[GROUPS] * p[FILTER_COUNT] * v[COUNT])
    for u in range(a[FIRST], a[END]):
        number, part = u // p[STRETCHES] // p[PARTS], u // p[STRETCHES] % p[PARTS]
        image = a[IMAGE] + 4 * number * p[CHANNELS] * p[EXTENTS] * p[EXTENTS + 1] * p[EXTENTS + 2]
        begin = p[FILTER_COUNT] * part // p[PARTS]
        filters = p[FILTER_COUNT] * (part + 1) // p[PARTS] - begin
        out = a[FILTERS] + 4 * v[COUNT] * (number % p[GROUPS] * p[FILTER_COUNT] + begin)
        grad = a[OUT] + p[OUT_PLANE] * (number * p[FILTER_COUNT] + begin)
        for first in range(_before(p, u % p[STRETCHES]), _before(p, u % p[STRETCHES] + 1), p[LINES]):
            lines = p[LINES] if p[TOTAL] - first > p[LINES] else p[TOTAL] - first
            lay(p, image, laid, first, p[BAND])
            _lay_grad(p, v, grad, lined, row, filters, first, lines)
            pixels = (lines - 1) * p[LAID + 2] + v[PLACES + 2]
            for q in range(0, pixels, _RUN):
                n = _RUN if pixels - q > _RUN else pixels - q
                _add_up(p, v, lined + 4 * q, row, laid + 4 * q, n, filters, out, 4 * v[COUNT])


@kernel
def add_depths(a: Words) -> None:
    """Add up planes that elements of a window make along the depth of images, where each belongs.

    Words: planes (image, element, channel, depth), bias or 0, images (image, channel, depth), elements,
    channels, the depth of both, pixels of a plane, pad, dilation, the first plane and that behind the last,
    whether ReLU is applied.
    """
    taps, channels, depth, made, n, b = a[3], a[4], a[5], a[6], a[7], f32(a[1])
    for u in range(a[10], a[11]):
        c, z, target = u // made % channels, u % made, a[2] + 4 * n * u
        t, more = f32(target), b[c] if a[1] != 0 else np.float32(0)
        for x in range(n):
            t[x] = more
        for i in range(taps):
            at = z + a[8] - i * a[9]
            if at >= 0 and at < depth:
                s = f32(a[0] + 4 * n * (((u // made // channels * taps + i) * channels + c) * depth + at))
                for x in range(n):
                    t[x] += s[x]
        if a[12]:
            _finish_line(target, target, n, 1, np.float32(0), 1)
