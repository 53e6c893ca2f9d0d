"""Convolutions of images that have their channels first, a plane of the result at a time, line by line.

Made for channels that have filters of their own, and for few filters: what is computed is little more than
what is read and written. As in :mod:`~mxnet.native.kernels.planes`, whose plans these kernels take, lines of
an image are laid out with what lies around them, the pixels of each step of the window apart. Here what is
around is written once, as all images have it in the same places. Lines of the result are summed up in
registers and written where they belong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from llvmlite import ir

from mxnet.native.kernels.language import Words, f32, i64, inline, intrinsic, kernel, words_at
from mxnet.native.kernels.laying import (
    BAND,
    CHANNELS,
    EXTENTS,
    FILTER_COUNT,
    GROUPS,
    LAID,
    PADS,
    PARTS,
    PHASES,
    PLANE,
    STRIDES,
)
from mxnet.native.kernels.vectors import (
    FAST,
    I64,
    LANES,
    VECTOR,
    across,
    choose,
    load,
    loop,
    moved,
    put,
    repeated,
    store,
)

IMAGE, FILTERS, BIAS, OUT, SCRATCH, FIRST, END, RELU, PLAN = 0, 1, 2, 3, 4, 5, 6, 7, 8
LINES, OUT_PLANE, IN_PLACE, VARIANTS, TOTAL = 21, 22, 23, 24, 25
COUNT, TABLE, WEIGHTS, PLACES, ORIGIN, STEPS, TOGETHER = 0, 1, 2, 3, 6, 7, 10  # of each variant

_F32 = ir.FloatType()
_STEP = 4 * LANES  # bytes of a vector
_HEAD, _OF_VARIANT = 27, 11
_ZEROS = 64  # bytes at the start of scratch memory, which are 0
_ROWS = 4  # lines of the result that are summed up at once
_HIGHEST, _OF_COLUMN = 7, 4  # elements of a column at most, and its words
_ELEMENTS = 12  # of a window, likewise

Values = Sequence[Any]


@intrinsic
def _copy(builder: Any, source: Any, target: Any, further: Any, last: Any) -> None:
    """Copy vectors that lie one after another, so many but the last, which may overlap the one before it."""

    def each(here: Any, there: Any) -> Values:
        put(builder, load(builder, here), there)
        return [builder.add(here, I64(_STEP)), builder.add(there, I64(_STEP))]

    loop(builder, further, [source, target], each)
    put(builder, load(builder, builder.add(source, last)), builder.add(target, last))


def _added(builder: Any, number: Any, factor: Any, total: Any) -> Any:
    return builder.fadd(builder.fmul(number, factor, flags=FAST), total, flags=FAST)


def _made(builder: Any, number: Any, most: int, held: Values, write: Callable[[int], Values]) -> Values:
    """Write code that makes values, for each number from 1 up to the most; return what was made."""
    after = builder.append_basic_block("made")
    ways = []

    def each(which: int) -> None:
        made = write(which)
        ways.append((made, builder.block))
        builder.branch(after)
        builder.position_at_end(builder.append_basic_block("never"))

    choose(builder, number, most, each)
    builder.unreachable()
    builder.position_at_end(after)
    results = [builder.phi(value.type) for value in held]
    for made, block in ways:
        for result, value in zip(results, made, strict=True):
            result.add_incoming(value, block)
    return results


class _Column(NamedTuple):
    """Elements of a window above one another: where the first one meets an image, how many, their factors."""

    at: Any
    count: Any
    factor: Any
    apart: Any


def _one_line(builder: Any, column: _Column, step: Any, along: Callable[[Any], Any], sums: Values) -> Values:
    """Return sums of a line, with a column added."""

    def add(here: Any, factor: Any, *held: Any) -> Values:
        repeat = repeated(builder, factor)
        read = [load(builder, *place) for place in along(here)]
        made = [_added(builder, value, repeat, total) for value, total in zip(read, held, strict=True)]
        return [builder.add(here, step), builder.add(factor, column.apart), *made]

    return loop(builder, column.count, [column.at, column.factor, *sums], add)[2:]


def _lines(builder: Any, column: _Column, step: Any, along: Callable[[Any], Any], sums: Values) -> Values:
    """Return sums of several lines, with a column added: a vector that is read is used for all it can."""

    def add(elements: int) -> Values:
        repeats = [repeated(builder, moved(builder, column.factor, column.apart, i)) for i in range(elements)]
        totals, here = [*sums], column.at
        for line in range(elements + _ROWS - 1):
            read = [load(builder, *place) for place in along(here)]
            for row in range(max(0, line + 1 - elements), min(_ROWS, line + 1)):
                for i, value in enumerate(read, row * len(read)):
                    totals[i] = _added(builder, value, repeats[line - row], totals[i])
            here = builder.add(here, step)
        return totals

    return _made(builder, column.count, _HIGHEST, sums, add)


def _of_lines(lines: int, most: int, add: Callable[..., Values]) -> Any:
    """Make the intrinsic that sums up some vectors, up to the most, of so many lines of the result.

    An image is laid out so that the next line that a window reads is that of the next of the result, too.
    """

    def block(
        builder: Any, vectors: Any, factors: Any, table: Any, columns: Any, image: Any, step: Any, last: Any,
        start: Any, out: Any, out_step: Any, relu: Any,
    ) -> None:  # fmt: skip
        def write(number: int) -> None:
            def along(base: Any) -> list[tuple[Any, int]]:
                return [(base, _STEP * i) for i in range(number - 1)] + [(builder.add(base, last), 0)]

            def column(entry: Any, *sums: Any) -> Values:
                words = builder.inttoptr(entry, I64.as_pointer())
                far, count, first, apart = (builder.load(builder.gep(words, [I64(i)])) for i in range(4))
                found = _Column(builder.add(image, far), count, builder.add(factors, first), apart)
                return [builder.add(entry, I64(8 * _OF_COLUMN)), *add(builder, found, step, along, sums)]

            first = repeated(builder, start)
            made = loop(builder, columns, [table, *[first] * (lines * number)], column)[1:]
            targets = [each for row in range(lines) for each in along(moved(builder, out, out_step, row))]
            store(builder, made, targets, relu)

        choose(builder, vectors, most, write)

    return intrinsic(block)


_block_of_one, _block_of_many = _of_lines(1, 8, _one_line), _of_lines(_ROWS, 2, _lines)


@intrinsic
def _sum_elements(
    builder: Any, elements: Any, grad: Any, table: Any, image: Any, vectors: Any, out: Any
) -> None:  # fmt: skip
    """Add to some elements of a filter what vectors of pixels say."""

    def write(number: int) -> None:
        entries = builder.inttoptr(table, I64.as_pointer())
        far = [builder.load(builder.gep(entries, [I64(i)])) for i in range(number)]

        def pixels(here: Any, there: Any, *sums: Any) -> Values:
            line = load(builder, here)
            made = [
                _added(builder, load(builder, builder.add(there, each)), line, total)
                for each, total in zip(far, sums, strict=True)
            ]
            return [builder.add(here, I64(_STEP)), builder.add(there, I64(_STEP)), *made]

        zeros = [ir.Constant(VECTOR, [0.0] * LANES)] * number
        _, _, *made = loop(builder, vectors, [grad, image, *zeros], pixels)
        for i, total in enumerate(made):
            held = builder.inttoptr(builder.add(out, I64(4 * i)), _F32.as_pointer())
            builder.store(builder.fadd(builder.load(held), across(builder, total)), held)

    choose(builder, elements, _ELEMENTS, write)


@inline
def _clear(target, n):
    t = f32(target)
    for x in range(n):
        t[x] = 0


@inline
def _copy_line(source, target, n):
    if n >= 8:
        _copy(source, target, (n - 1) // 8, 4 * n - 32)
    else:
        s, t = f32(source), f32(target)
        for x in range(n):
            t[x] = s[x]


@inline
def _lay_line(p, source, target, plane):
    """Lay out a line for all phases, which are a plane apart; what is around it is there already."""
    n, stride, pad, width = p[EXTENTS + 2], p[STRIDES + 2], p[PADS + 2], p[LAID + 2]
    if stride == 1:
        _copy_line(source, target + 4 * pad, n if n + pad <= width else width - pad)
    elif stride == 2 and p[PHASES + 2] == 2:  # pixels 0, 2, ... and 1, 3, ... of the line
        s, first, second = f32(source), pad % 2, 1 - pad % 2
        even = f32(target + first * plane + 4 * (pad // 2))
        odd = f32(target + second * plane + 4 * ((pad + 1) // 2))
        room, of_odd = width - pad // 2, width - (pad + 1) // 2
        room = room if room < (n + 1) // 2 else (n + 1) // 2
        of_odd = of_odd if of_odd < n // 2 else n // 2
        both = room if room < of_odd else of_odd
        for x in range(both):
            even[x] = s[2 * x]
            odd[x] = s[2 * x + 1]
        for x in range(both, room):
            even[x] = s[2 * x]
        for x in range(both, of_odd):
            odd[x] = s[2 * x + 1]
    else:
        s = f32(source)
        for phase in range(p[PHASES + 2]):
            t, shift = f32(target + phase * plane), phase - pad
            begin = (stride - 1 - shift) // stride if shift < 0 else 0
            end = (n - 1 - shift) // stride + 1 if n > shift else 0
            end = end if end < width else width
            for x in range(begin, end):
                t[x] = s[x * stride + shift]


@inline
def _lay(p, image, laid, first):
    """Lay out some lines of the channels of an image."""
    depth, height, width = p[EXTENTS], p[EXTENTS + 1], p[EXTENTS + 2]
    lines, pitch, at, plane = p[BAND], 4 * p[LAID + 2], laid, 4 * p[PLANE]
    has_bands = p[TOTAL] > p[LINES]
    for c in range(p[CHANNELS]):
        source = image + 4 * c * depth * height * width
        for pz in range(p[PHASES]):
            for py in range(p[PHASES + 1]):
                z = first // p[LAID + 1] * p[STRIDES] + pz - p[PADS]
                y = first % p[LAID + 1] * p[STRIDES + 1] + py - p[PADS + 1]
                bottom = p[LAID + 1] * p[STRIDES + 1] + py - p[PADS + 1]
                for line in range(lines):
                    if z >= 0 and z < depth and y >= 0 and y < height:
                        _lay_line(p, source + 4 * (z * height + y) * width, at + line * pitch, plane)
                    elif has_bands:
                        for px in range(p[PHASES + 2]):
                            _clear(at + px * plane + line * pitch, p[LAID + 2])
                    y += p[STRIDES + 1]
                    if y == bottom:
                        y -= p[LAID + 1] * p[STRIDES + 1]
                        z += p[STRIDES]
                at += p[PHASES + 2] * plane


@inline
def _sum_lines(a, v, table, number, at, pitch, start, to, to_pitch, n, rows):
    """Sum up one line, or several, each of at least a vector."""
    entries = i64(table)
    factors, step = a[FILTERS] + v[WEIGHTS] + 4 * number * v[COUNT], entries[1] * pitch
    if rows == 1:
        for q in range(0, n, 64):
            left = n - q if n - q < 64 else 64
            _block_of_one(
                (left + 7) // 8, factors, table + 16, entries[0], at + 4 * q, step, 4 * left - 32, start,
                to + 4 * q, to_pitch, a[RELU],
            )  # fmt: skip
    else:
        for q in range(0, n, 16):
            left = n - q if n - q < 16 else 16
            _block_of_many(
                (left + 7) // 8, factors, table + 16, entries[0], at + 4 * q, step, 4 * left - 32, start,
                to + 4 * q, to_pitch, a[RELU],
            )  # fmt: skip


@inline
def _interleave(lines, apart, target, n, step):
    """Write lines pixel by pixel, of each the first, of each the second, ..."""
    t = f32(target)
    if step == 2:
        s, r = f32(lines), f32(lines + apart)
        for x in range(n // 2):
            t[2 * x] = s[x]
            t[2 * x + 1] = r[x]
        if n % 2 == 1:
            t[n - 1] = s[n // 2]
    else:
        for phase in range(step if step < n else n):
            r = f32(lines + phase * apart)
            for x in range((n - phase + step - 1) // step):
                t[x * step + phase] = r[x]


@inline
def _sum_result(a, p, laid, memory, number, start, out, first):
    """Sum up some lines of a plane of the result; variants that differ along a line only go together."""
    together, pitch = i64(words_at(p) + 8 * _HEAD)[TOGETHER], 4 * p[LAID + 2]
    room = 4 * (p[LAID + 2] + 72)
    for j in range(0, p[VARIANTS], together):
        v = i64(words_at(p) + 8 * (_HEAD + _OF_VARIANT * j))
        height, n, out_pitch, step = v[PLACES + 1], v[PLACES + 2], v[STEPS + 1], v[STEPS + 2]
        apart = i64(words_at(p) + 8 * v[TABLE])[1]  # lines of the result that are summed up together
        left = (v[PLACES] - 1) * p[LAID + 1] + height - first
        end = first + (p[LINES] if left > p[LINES] else left)
        # Where a line is no vector, what is too much is written over by the lines that follow, if there are.
        spills = p[VARIANTS] == 1 and out_pitch == 4 * n and apart == 1
        line = first
        while line < end:
            z, y = line // p[LAID + 1], line % p[LAID + 1]
            below = height if end - line > height - y else y + end - line  # of this plane, in this band
            many = below - y >= _ROWS * apart
            while y < below:
                rows = _ROWS if many else 1
                each = apart if many else 1
                lines = rows * each
                y = y if y + lines <= below else below - lines  # some once more
                for i in range(each):
                    to = out + v[ORIGIN] + z * v[STEPS] + (y + i) * out_pitch
                    at = laid + (z * p[LAID + 1] + y + i - first) * pitch
                    end_of = to + (rows - 1) * each * out_pitch + 32
                    if step == 1 and (n >= 8 or (spills and end_of <= out + p[OUT_PLANE])):
                        _sum_lines(
                            a, v, words_at(p) + 8 * v[TABLE], number, at, pitch, start, to, each * out_pitch,
                            n if n > 8 else 8, rows,
                        )  # fmt: skip
                    else:
                        whole = 0
                        for k in range(together):
                            beside = memory + k * _ROWS * room
                            w = i64(words_at(p) + 8 * (_HEAD + _OF_VARIANT * (j + k)))
                            whole += w[PLACES + 2]
                            _sum_lines(
                                a, w, words_at(p) + 8 * w[TABLE], number, at, pitch, start, beside,
                                room, w[PLACES + 2] if w[PLACES + 2] > 8 else 8, rows,
                            )  # fmt: skip
                        for row in range(rows):
                            _interleave(
                                memory + row * room, _ROWS * room, to + row * each * out_pitch, whole, step
                            )  # fmt: skip
                y += lines
            line = (line // p[LAID + 1] + 1) * p[LAID + 1]


@kernel
def convolve_lines(a: Words) -> None:
    """Convolve as :func:`~mxnet.native.kernels.planes.convolve_planes` does, of whose words these are."""
    p = i64(words_at(a) + 8 * PLAN)
    memory = laid = a[SCRATCH] + _ZEROS
    planes = p[CHANNELS] * p[PHASES] * p[PHASES + 1] * p[PHASES + 2]
    if p[IN_PLACE]:
        _clear(a[SCRATCH], _ZEROS // 4)
    else:
        memory += 4 * planes * p[PLANE] + 512
        _clear(a[SCRATCH], _ZEROS // 4 + planes * p[PLANE] + 128)
    for u in range(a[FIRST], a[END]):
        number, part = u // p[PARTS], u % p[PARTS]
        image = a[IMAGE] + 4 * number * p[CHANNELS] * p[EXTENTS] * p[EXTENTS + 1] * p[EXTENTS + 2]
        begin = p[FILTER_COUNT] * part // p[PARTS]
        of_all = number % p[GROUPS] * p[FILTER_COUNT]
        for first in range(0, p[TOTAL], p[LINES]):
            if p[IN_PLACE]:
                laid = image + 4 * p[LAID + 2] * first
            else:
                _lay(p, image, laid, first)
            for f in range(begin, p[FILTER_COUNT] * (part + 1) // p[PARTS]):
                start = a[BIAS] + 4 * (of_all + f) if a[BIAS] != 0 else a[SCRATCH]
                out = a[OUT] + p[OUT_PLANE] * (number * p[FILTER_COUNT] + f)
                _sum_result(a, p, laid, memory, of_all + f, start, out, first)


@kernel
def collect_lines(a: Words) -> None:
    """Add up the gradient of filters as :func:`~mxnet.native.kernels.planes.collect_planes` does."""
    p = i64(words_at(a) + 8 * PLAN)
    v = i64(words_at(p) + 8 * _HEAD)
    laid = a[SCRATCH] + _ZEROS
    planes = p[CHANNELS] * p[PHASES] * p[PHASES + 1] * p[PHASES + 2]
    lined = laid + 4 * planes * p[PLANE] + 512
    _clear(a[SCRATCH], _ZEROS // 4 + planes * p[PLANE] + 128)
    _clear(lined, p[LINES] * p[LAID + 2] + 8)
    _clear(a[FILTERS], p[GROUPS] * p[FILTER_COUNT] * v[COUNT])
    height, n = v[PLACES + 1], v[PLACES + 2]
    chunks = (v[COUNT] + _ELEMENTS - 1) // _ELEMENTS
    for u in range(a[FIRST], a[END]):
        number, part = u // p[PARTS], u % p[PARTS]
        image = a[IMAGE] + 4 * number * p[CHANNELS] * p[EXTENTS] * p[EXTENTS + 1] * p[EXTENTS + 2]
        begin = p[FILTER_COUNT] * part // p[PARTS]
        for first in range(0, p[TOTAL], p[LINES]):
            lines = p[LINES] if p[TOTAL] - first > p[LINES] else p[TOTAL] - first
            _lay(p, image, laid, first)
            for f in range(begin, p[FILTER_COUNT] * (part + 1) // p[PARTS]):
                grad = a[OUT] + p[OUT_PLANE] * (number * p[FILTER_COUNT] + f)
                for line in range(lines):
                    z, y = (first + line) // p[LAID + 1], (first + line) % p[LAID + 1]
                    to = lined + 4 * line * p[LAID + 2]
                    if y < height:
                        _copy_line(grad + 4 * n * (z * height + y), to, n)
                    elif p[TOTAL] > p[LINES]:
                        _clear(to, n)
                pixels = (lines - 1) * p[LAID + 2] + n
                if p[TOTAL] > p[LINES]:  # what another band has left there
                    _clear(lined + 4 * pixels, 8)
                out = a[FILTERS] + 4 * v[COUNT] * (number % p[GROUPS] * p[FILTER_COUNT] + f)
                for i in range(chunks):
                    k = v[COUNT] * i // chunks
                    of_chunk = v[COUNT] * (i + 1) // chunks - k
                    _sum_elements(
                        of_chunk, lined, words_at(p) + 8 * (v[TABLE] + k), laid, (pixels + 7) // 8,
                        out + 4 * k,
                    )  # fmt: skip
