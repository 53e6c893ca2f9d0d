"""Convolutions of images that have their channels first, as products: filters times windows in strips.

A strip has 16 places, those of one element of their windows side by side and the elements one after the
other: a panel, as :mod:`~mxnet.native.kernels.panels` reads it. Filters are rows as they lie, and so are the
results, which are written where they belong, with bias and ReLU. The window's pixels come from the image
itself where they lie as in memory; else from lines laid out with what is around them. A plan tells the
geometry, in the order below; distances in memory are counted in bytes.
"""

from __future__ import annotations

from typing import Any

from mxnet.native.kernels.language import Words, f32, i64, inline, intrinsic, kernel, words_at
from mxnet.native.kernels.laying import (
    CHANNELS,
    EXTENTS,
    FILTER_COUNT,
    GROUPS,
    LAID,
    PARTS,
    PHASES,
    PLANE,
    lay,
)
from mxnet.native.kernels.panels import multiply_panels
from mxnet.native.kernels.vectors import HALVES, load, put

IMAGE, FILTERS, BIAS, OUT, SCRATCH, FIRST, END, RELU, SIZE, PLAN = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
BATCH, PLACES, OUT_PLACES, OUT_EXTENTS, STEPS, OUT_PLANE = 21, 22, 25, 28, 31, 34  # of places in the output
IN_PLACE, TOGETHER, BLOCKS, UNIT, BLOCK, VARIANTS, DIRECT = 35, 36, 37, 38, 39, 40, 41
LONGEST, REACH = 42, 43  # numbers in the longest of windows; lines from its first to its last
ROW, STRETCH, ROWS = 44, 45, 46  # bytes from filter to filter; numbers that lie together; filters at once
# Of each variant, which has some of the window's elements, for some of the output's pixels:
COUNT, TABLE, PARTS_AT, FARTHEST, ORIGINS, ORIGIN = 0, 1, 2, 3, 4, 5  # origins: how many, and where

_HEAD, _OF_VARIANT = 47, 6  # words of a plan before its variants, and of each
_STRETCHES, _STARTS = (
    512,
    1024,
)  # bytes in scratch memory before stretches of a strip, and all the rest


@intrinsic
def _copy_strip(builder: Any, source: Any, target: Any) -> None:
    """Copy 16 numbers."""
    for value, more in [(load(builder, source, half), half) for half in HALVES]:
        put(builder, value, target, more)


@inline
def _list_stretches(p, first, n, image_step, first_line, stretches):
    """Write where the pixels of some places begin, by stretches of memory: offset, bytes before, how many.

    Return how many stretches there are, and the greatest offset.
    """
    s, of_line, done, count, most = i64(stretches), p[PLACES + 2], 0, 0, 0
    of_image = p[PLACES] * p[PLACES + 1] * of_line
    while done < n:
        image, place = (first + done) // of_image, (first + done) % of_image
        line, x = place // of_line, place % of_line
        z, y = line // p[PLACES + 1], line % p[PLACES + 1]
        run = of_line - x if of_line - x < n - done else n - done
        offset = image * image_step + 4 * ((z * p[LAID + 1] + y - first_line) * p[LAID + 2] + x)
        s[3 * count] = offset
        s[3 * count + 1] = 4 * done
        s[3 * count + 2] = run
        most = offset
        count += 1
        done += run
    return count, most


@inline
def _copy_exactly(s, t, count, elements, source, target):
    for k in range(elements):
        for i in range(count):
            read, written = f32(source + t[k] + s[3 * i]), f32(target + 64 * k + s[3 * i + 1])
            for x in range(s[3 * i + 2]):
                written[x] = read[x]


@inline
def _copy_numbers(s, t, elements, source, target):
    for k in range(elements):
        written = f32(target + 64 * k)
        for i in range(16):
            written[i] = f32(source + t[k] + s[3 * i])[0]


@inline
def _copy_stretches(s, t, count, elements, source, target):
    for k in range(elements):
        for i in range(count):
            _copy_strip(source + t[k] + s[3 * i], target + 64 * k + s[3 * i + 1])


@inline
def _fill_strip(stretches, count, is_safe, table, elements, source, target):
    """Write a strip: what a stretch has too much of, the next one, or the next element, writes over."""
    s, t = i64(stretches), i64(table)
    if not is_safe:
        _copy_exactly(s, t, count, elements, source, target)
    elif count == 1:
        for k in range(elements):
            _copy_strip(source + t[k] + s[0], target + 64 * k)
    elif count == 2:
        for k in range(elements):
            _copy_strip(source + t[k] + s[0], target + 64 * k)
            _copy_strip(source + t[k] + s[3], target + 64 * k + s[4])
    elif count == 16:
        _copy_numbers(s, t, elements, source, target)
    else:
        _copy_stretches(s, t, count, elements, source, target)


@inline
def _prepare(p, v, filters, parts, bias, first, m, table, starts):
    """List where some filters lie, and write what their results begin with."""
    t, b, at, origins = i64(table), f32(bias), i64(parts), v[ORIGINS]
    elements = v[COUNT] // p[STRETCH]
    for i in range(m):
        channel, origin = (first + i) // origins, (first + i) % origins
        for e in range(elements):
            t[e * m + i] = filters + p[ROW] * channel + at[origin * elements + e]
        if bias != 0:
            s, number = f32(starts + 64 * i), b[channel]
            for x in range(16):
                s[x] = number


@inline
def _write_line(source, target, n, step):
    s, t = f32(source), f32(target)
    if step == 1:
        for x in range(n):
            t[x] = s[x]
    elif step == 2:
        for x in range(n):
            t[2 * x] = s[x]
    else:
        for x in range(n):
            t[x * step] = s[x]


@inline
def _list_lines(p, origin, image_step, first, n, lines):
    """Write where the results of some places belong: by lines, where each begins here and there, how long."""
    s, of_line, done, count = i64(lines), p[OUT_PLACES + 2], 0, 0
    of_image = p[OUT_PLACES] * p[OUT_PLACES + 1] * of_line
    while done < n:
        image, place = (first + done) // of_image, (first + done) % of_image
        line, x = place // of_line, place % of_line
        run = of_line - x if of_line - x < n - done else n - done
        z = line // p[OUT_PLACES + 1] * p[STEPS] + origin[0]
        y = line % p[OUT_PLACES + 1] * p[STEPS + 1] + origin[1]
        left = (p[OUT_EXTENTS + 2] - origin[2] + p[STEPS + 2] - 1) // p[STEPS + 2] - x
        at = (z * p[OUT_EXTENTS + 1] + y) * p[OUT_EXTENTS + 2] + x * p[STEPS + 2] + origin[2]
        if z < p[OUT_EXTENTS] and y < p[OUT_EXTENTS + 1] and left > 0:
            s[3 * count] = 4 * done
            s[3 * count + 1] = image * image_step + 4 * at
            s[3 * count + 2] = run if run < left else left
            count += 1
        done += run
    return count


@inline
def _write(p, v, out, image_step, first, n, row, m, results, results_row, lines):
    """Write results of some places where they belong."""
    for o in range(v[ORIGINS]):
        origin = i64(words_at(p) + 8 * (v[ORIGIN] + 3 * o))
        count, s = _list_lines(p, origin, image_step, first, n, lines), i64(lines)
        for i in range((o + v[ORIGINS] - row % v[ORIGINS]) % v[ORIGINS], m, v[ORIGINS]):
            source, to = results + i * results_row, out + (row + i) // v[ORIGINS] * p[OUT_PLANE]
            for j in range(count):
                _write_line(source + s[3 * j], to + s[3 * j + 1], s[3 * j + 2], p[STEPS + 2])


@inline
def _fill_rows(results, row, m, n, starts):
    """Write what results are that nothing is added to."""
    for i in range(m):
        r, number = f32(results + i * row), f32(starts + 64 * i)[0] if starts != 0 else 0.0
        for x in range(n):
            r[x] = number


@inline
def _lay_out(p, source, image_step, laid, laid_step, images, begin, columns):
    """Lay out of some images the lines that places look at; return the first of them."""
    last = begin + columns - 1
    first, last = begin // p[PLACES + 2], last // p[PLACES + 2]
    if images > 1:
        last = p[PLACES] * p[PLACES + 1] - 1
    first_line = first // p[PLACES + 1] * p[LAID + 1] + first % p[PLACES + 1]
    last_line = last // p[PLACES + 1] * p[LAID + 1] + last % p[PLACES + 1]
    for i in range(images):
        lay(
            p,
            source + i * image_step,
            laid + i * laid_step,
            first_line,
            last_line - first_line + 1 + p[REACH],
        )
    return first_line


@inline
def _fill_strips(p, v, offsets, source, end, first, n, image_step, first_line, stretches, strips):
    """Write the windows of some places, of which nothing is read behind an end."""
    size = v[COUNT]
    for at in range(0, n, 16):
        some = 16 if n - at > 16 else n - at
        count, most = _list_stretches(p, first + at, some, image_step, first_line, stretches)
        is_safe = source + v[FARTHEST] + most + 64 <= end
        _fill_strip(stretches, count, is_safe, offsets, size, source, strips + 4 * size * at)


@inline
def _multiply(a, p, v, part, filters, bias, out, first, n, memory, strips):
    """Multiply filters with strips, and write the results."""
    size, spare, lines = v[COUNT], a[SCRATCH] + 64, a[SCRATCH] + _STARTS
    starts = lines + 24 * p[BLOCK]
    table = starts + 64 * p[ROWS]
    rows, out_step = v[ORIGINS] * p[FILTER_COUNT], p[GROUPS] * p[FILTER_COUNT] * p[OUT_PLANE]
    end = rows * (part + 1) // p[PARTS]
    for row in range(rows * part // p[PARTS], end, p[ROWS]):
        m = p[ROWS] if p[ROWS] < end - row else end - row
        _prepare(p, v, filters, words_at(p) + 8 * v[PARTS_AT], bias, row, m, table, starts)
        to, to_row, more = memory, 4 * p[BLOCK], starts if bias != 0 else 0
        if p[DIRECT]:
            to, to_row = out + row * p[OUT_PLANE] + 4 * first, p[OUT_PLANE]
        if size == 0:
            _fill_rows(to, to_row, m, n, more)
        else:
            multiply_panels(
                table, 8 * m, 0, m, size // p[STRETCH], p[STRETCH], strips, n, to, to_row, 0, more, 64, 0,
                a[RELU], strips, a[SCRATCH], spare,
            )  # fmt: skip
        if not p[DIRECT]:
            _write(p, v, out, out_step, first, n, row, m, memory, to_row, lines)


@kernel
def convolve_strips(a: Words) -> None:
    """Convolve images with filters; add bias, and apply ReLU.

    Words: images, filters, bias or 0, output, scratch memory, the first unit of work and that behind the
    last, whether ReLU is applied, how many bytes the images take, and the plan.
    """
    plan, zeros = words_at(a) + 8 * PLAN, f32(a[SCRATCH])
    p = i64(plan)
    for i in range(16):
        zeros[i] = 0
    elements = (p[LONGEST] + p[STRETCH] - 1) // p[STRETCH]
    results = a[SCRATCH] + _STARTS + 24 * p[BLOCK] + (64 + 8 * elements) * p[ROWS]
    strips = results + (0 if p[DIRECT] else 4 * p[ROWS] * p[BLOCK])
    laid = strips + 4 * p[BLOCK] * p[LONGEST] + 128
    laid_step = 4 * p[CHANNELS] * p[PHASES] * p[PHASES + 1] * p[PHASES + 2] * p[PLANE]
    of_image, of_output = p[PLACES] * p[PLACES + 1] * p[PLACES + 2], p[FILTER_COUNT] * p[OUT_PLANE]
    of_group = 4 * p[CHANNELS] * p[EXTENTS] * p[EXTENTS + 1] * p[EXTENTS + 2]
    for u in range(a[FIRST], a[END]):
        part, number = u % p[PARTS], u // p[PARTS] // p[BLOCKS]
        begin = u // p[PARTS] % p[BLOCKS] * p[UNIT]
        group, image = number % p[GROUPS], number // p[GROUPS] * p[TOGETHER]
        images = p[TOGETHER] if p[BATCH] - image > p[TOGETHER] else p[BATCH] - image
        columns = images * of_image - begin
        columns = columns if columns < p[UNIT] else p[UNIT]
        source, end = a[IMAGE] + of_group * (image * p[GROUPS] + group), a[IMAGE] + a[SIZE]
        image_step, first_line = of_group * p[GROUPS], 0
        if not p[IN_PLACE]:
            first_line = _lay_out(p, source, image_step, laid, laid_step, images, begin, columns)
            source, end, image_step = laid, laid + images * laid_step + 256, laid_step
        out = a[OUT] + of_output * (image * p[GROUPS] + group)
        bias = a[BIAS] + 4 * group * p[FILTER_COUNT] if a[BIAS] != 0 else 0
        filters = a[FILTERS] + p[ROW] * p[FILTER_COUNT] * group
        for q in range(0, columns, p[BLOCK]):
            n = p[BLOCK] if p[BLOCK] < columns - q else columns - q
            for j in range(p[VARIANTS]):
                v = i64(plan + 8 * (_HEAD + _OF_VARIANT * j))
                _fill_strips(
                    p, v, plan + 8 * v[TABLE], source, end, begin + q, n, image_step, first_line,
                    a[SCRATCH] + _STRETCHES, strips,
                )  # fmt: skip
                _multiply(a, p, v, part, filters, bias, out, begin + q, n, results, strips)
