"""Convolution by native kernels of images that have their channels first, without a change of layout.

Made for few channels or filters, for groups, and for any number of axes of space. See the kernels for how.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mxnet.native import threads
from mxnet.ops.nn.filters import add_filters, turned_filters
from mxnet.ops.nn.sliding import Sliding
from mxnet.ops.tools.in_rows import by_rows

if TYPE_CHECKING:
    from mxnet.native.rows import Place, Rows
    from mxnet.ops.nn.convolution_tuning import Part

__all__ = ["collect", "cost", "multiply", "spread"]

_BLOCK = 3 << 14  # numbers that stay in cache: of the image, and of sums
_ELEMENTS = 12  # a multiple of which is added up at once
_SLACK = 192  # numbers behind lines, planes and blocks that kernels read or write in vain
_BY_LINES = 16  # pairs of a channel and a filter up to which they are looked at one by one
_HIGHEST, _ROWS = 7, 4  # then: elements of a column of windows, lines of the result that are made at once
_NEAR, _VECTOR = 1 << 12, 8  # numbers of an image that stay nearest, and of a vector
_HEAD, _OF_VARIANT = 27, 11  # words of a plan before its variants, and of each
_DIRECTLY = 512  # elements of windows up to which lines are summed up where they belong
_WORTH = 1.15  # what it costs to do so elsewhere
# Thousands of multiplications and additions in a microsecond: of windows, also large ones, and for filters.
_RATE, _DEEP, _ADDING = 80, 70, 76
_START = 3  # elements that could be multiplied while a tile begins and ends
_LAYS, _MOVED = 400, 120  # microseconds for a million numbers laid out, and out
_AGAIN = 2  # how many times lines are laid out where there are more of a window's than stay in cache
_LINE, _STEPPED = 0.003, 0.025  # microseconds for a line, in or out, and if its pixels are a stride apart
_NARROW, _BY_LINE = 65, 0.003  # ... line by line: the rate, and microseconds for a line
_ROW = 5  # microseconds for a row that is shared
_ADDED = 300  # ... and for a million numbers that are added up by depth

Axis = Sequence[int]
_AXES = range(3)


class _Plan(NamedTuple):
    """Words for kernels, how many numbers of memory each share needs, and whether it goes line by line."""

    words: tuple[int, ...]
    memory: int
    shares: tuple[tuple[int, int], ...]
    by_lines: bool


class _Variant(NamedTuple):
    """Some elements of the window, told by their indices, and the pixels of the output that they make.

    Attributes
    ----------
    elements : tuple of tuple of int
        Along each axis.
    shifts : tuple of tuple of int
        How far each is from the pixel, along each axis of what is laid out.
    phases : tuple of tuple of int
        In which of the planes of a channel it lies, likewise.
    places, origin, steps : tuple of int
        How many pixels there are, the first, and from each to the next.
    """

    elements: tuple[tuple[int, ...], ...]
    shifts: tuple[tuple[int, ...], ...]
    phases: tuple[tuple[int, ...], ...]
    places: tuple[int, ...]
    origin: tuple[int, ...]
    steps: tuple[int, ...]


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
    plan = _forward(_seen(sliding), threads())
    _add(to, "convolve", plan, image, weight, bias, out, relu=relu)


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
    flat = _by_depth(sliding)
    plan, order = _backward(_seen(flat or sliding), threads())
    if flat is None:
        _add(to, "convolve", plan, grad, turned_filters(to, sliding, weight, order), bias, image, relu=relu)
        return
    taps, size = sliding.kernel[0], math.prod(sliding.kernel[1:])
    order = [[tap * size + i for i in each] for each in order for tap in range(taps)]
    parts = to.scratch(flat.batch * flat.channels * math.prod(flat.extents))
    _add(to, "convolve", plan, grad, turned_filters(to, sliding, weight, order), None, parts)
    depth, made, pixels = sliding.places[0], sliding.extents[0], math.prod(sliding.extents[1:])
    sizes = taps, sliding.channels, depth, made, pixels, sliding.pads[0], sliding.dilates[0]
    units, count = sliding.batch * sliding.channels * made, threads()
    shares = [(units * i // count, units * (i + 1) // count) for i in range(count)]
    start = 0 if bias is None else bias
    to.shares("add_depths", [[parts, start, image, *sizes, *share, relu] for share in shares])


@by_rows
def collect(to: Rows, sliding: Sliding, image: Place, grad: Place, weight: Place) -> None:
    """Write the gradient of the filters into `weight`."""
    plan = _forward(simplified(sliding), threads(), _ELEMENTS)
    elements = plan.words[_HEAD]
    parts = to.scratch(len(plan.shares) * sliding.filters * elements)
    _add(to, "collect", plan, image, parts, None, grad, apart=sliding.filters * elements)
    add_filters(to, sliding, parts, len(plan.shares), elements, weight)


def cost(s: Sliding, part: Part) -> float:
    """Return the microseconds for a part of a convolution."""
    flat = _by_depth(s) if part == "image" else None
    if flat is not None:
        return cost(flat, part) + flat.batch * flat.channels * math.prod(flat.extents) * _ADDED / 1e6 + _ROW
    s = simplified(s)
    _, phases = laid_out(s)
    if part == "image":
        made, channels = s.channels // s.groups, s.filters // s.groups
        lines = [-(-n // by) for n, by in zip(s.extents, s.strides, strict=True)]
        laid = [
            n + d * (k - 1) // by for n, k, d, by in zip(lines, s.kernel, s.dilates, s.strides, strict=True)
        ]
        variants = math.prod(s.strides)
        phases = [1, 1, 1]
        size = channels * math.prod(s.kernel) / variants
        written = s.batch * s.channels * math.prod(s.extents)
    else:
        made, channels = s.filters // s.groups, s.channels // s.groups
        lines, (laid, phases) = list(s.places), laid_out(s)
        variants, size = 1, float(s.size)
        written = s.batch * s.filters * math.prod(s.places)
    pixels = ((lines[0] - 1) * laid[1] + lines[1]) * laid[2]
    width = _width(made)
    pixels = min(-(-pixels // width) * width, lines[0] * lines[1] * -(-lines[2] // width) * width)
    if part == "filters":
        per = 12 if made == 1 else 3
        pixels = max(pixels, lines[2]) + 64 * -(-pixels // 1024)
        sums = float(-(-s.size // per) * per * (made if made == 1 else -(-made // 3) * 3) * pixels)
    else:
        rows = 1.5 if made == 1 else made if made > 3 else made * 1.2
        sums = variants * (size + _START) * rows * pixels
    copied: float = channels * math.prod(laid) * math.prod(phases) * s.groups * s.batch
    passed = channels * laid[0] * laid[1] * math.prod(phases) + made * lines[0] * lines[1] * variants
    passed *= s.batch * s.groups
    if _is_by_lines(channels, made):
        multiplied = 2 * size * made * math.prod(lines) * variants * s.batch * s.groups
        return multiplied / _NARROW / 1e3 + (copied + written) * _MOVED / 1e6 + passed * _BY_LINE + _ROW
    copied *= _AGAIN if s.kernel[0] > 1 else 1
    rate, moved = (_ADDING, _LAYS) if part == "filters" else (_RATE if size <= _DIRECTLY else _DEEP, _MOVED)
    return (
        2 * sums * s.batch * s.groups / rate / 1e3
        + (copied * _LAYS + written * moved) / 1e6
        + passed * (_LINE if set(s.strides) == {1} else _STEPPED)
        + _ROW
    )


def _add(
    to: Rows,
    what: str,
    plan: _Plan,
    image: Place,
    weight: Place,
    bias: Place | None,
    out: Place,
    *,
    relu: bool = False,
    apart: int = 0,
) -> None:
    """Add the row of a kernel; each share has filters of its own if these are some numbers apart."""
    memory = to.scratch(plan.memory * len(plan.shares))
    to.shares(
        f"{what}_lines" if plan.by_lines else f"{what}_planes",
        [
            [
                image, weight.at(i * apart), 0 if bias is None else bias, out, memory.at(i * plan.memory),
                *share, relu, *plan.words,
            ]
            for i, share in enumerate(plan.shares)
        ],
    )  # fmt: skip


def _seen(s: Sliding) -> Sliding:
    """Return it as kernels are to see it: those that go line by line want lines."""
    return s if _is_by_lines(s.channels // s.groups, s.filters // s.groups) else simplified(s)


def _by_depth(s: Sliding) -> Sliding | None:
    """Return how planes of windows slide that make an image's gradient, one by one.

    Elements of a window along its depth are channels then, to be added up; None if what a window meets stays
    in cache.
    """
    met = s.filters * (s.kernel[0] - 1) * s.dilates[0] * math.prod(s.places[1:])
    if s.groups > 1 or s.strides[0] > 1 or met <= _BLOCK:
        return None
    return s._replace(
        channels=s.channels * s.kernel[0],
        extents=(s.places[0], *s.extents[1:]),
        kernel=(1, *s.kernel[1:]),
        pads=(0, *s.pads[1:]),
        dilates=(1, *s.dilates[1:]),
    )


def simplified(s: Sliding) -> Sliding:
    """Return it over one line, where windows are the pixels."""
    if {*s.kernel, *s.strides} != {1} or any(s.pads):
        return s
    line = (1, 1, math.prod(s.places))
    return s._replace(extents=line, places=line)


def laid_out(sliding: Sliding) -> tuple[list[int], list[int]]:
    """Return the extents of what is laid out of an image, and how many phases it has along each axis."""
    reach = [d * (k - 1) for k, d in zip(sliding.kernel, sliding.dilates, strict=True)]
    laid = [n + r // s for n, r, s in zip(sliding.places, reach, sliding.strides, strict=True)]
    return laid, [min(s, r + 1) for s, r in zip(sliding.strides, reach, strict=True)]


@functools.lru_cache(maxsize=4096)
def _forward(s: Sliding, count: int, multiple: int = 1) -> _Plan:
    """Return the plan for the convolution, and for the gradient of its filters."""
    laid, phases = laid_out(s)
    at = [[k * d for k in range(n)] for n, d in zip(s.kernel, s.dilates, strict=True)]
    one = _Variant(
        tuple(tuple(range(n)) for n in s.kernel),
        tuple(tuple(x // by for x in xs) for xs, by in zip(at, s.strides, strict=True)),
        tuple(tuple(x % by for x in xs) for xs, by in zip(at, s.strides, strict=True)),
        s.places,
        (0, 0, 0),
        (1, 1, 1),
    )
    return _planned(
        s, (s.channels, s.filters), (s.extents, s.places), s.strides, s.pads, (phases, laid), [one], count,
        multiple,
    )  # fmt: skip


@functools.lru_cache(maxsize=4096)
def _backward(s: Sliding, count: int) -> tuple[_Plan, list[list[int]]]:
    """Return the plan for the gradient of the image, and the elements of the window that each variant has.

    There is a variant for each remainder of a place, divided by the stride: some elements of windows meet it.
    """
    axes = [remainders(s, axis) for axis in _AXES]
    before = [max(0, *(x for _, shifts, *_ in axis for x in shifts), 0) for axis in axes]
    after = [
        max((places - min(shifts, default=0) for _, shifts, places, *_ in axis), default=1) for axis in axes
    ]
    laid = [max(a + b, 1) for a, b in zip(after, before, strict=True)]
    variants = []
    for each in itertools.product(*axes):
        elements, shifts, places, origin = zip(*each, strict=True)
        shifted = tuple(tuple(b - x for x in xs) for b, xs in zip(before, shifts, strict=True))
        zeros = tuple((0,) * len(xs) for xs in shifts)
        variants.append(_Variant(elements, shifted, zeros, places, origin, s.strides))
    order = [
        [(z * s.kernel[1] + y) * s.kernel[2] + x for z, y, x in itertools.product(*each.elements)]
        for each in variants
    ]
    plan = _planned(
        s, (s.filters, s.channels), (s.places, s.extents), (1, 1, 1), before, ((1, 1, 1), laid), variants,
        count,
    )  # fmt: skip
    return plan, order


def remainders(s: Sliding, axis: int) -> list[tuple[tuple[int, ...], tuple[int, ...], int, int]]:
    """Return for each remainder: elements, how far back what they meet lies, how many places, the first."""
    n, k, step = s.extents[axis], s.kernel[axis], s.strides[axis]
    pad, dilate = s.pads[axis], s.dilates[axis]
    found = []
    for origin in range(min(step, n)):
        first, left = divmod(origin + pad, step)
        elements = tuple(i for i in range(k) if i * dilate % step == left)
        shifts = tuple(i * dilate // step - first for i in elements)
        found.append((elements, shifts, -(-(n - origin) // step), origin))
    return found


def _planned(
    s: Sliding,
    channels: tuple[int, int],
    extents: tuple[Axis, Axis],
    strides: Axis,
    pads: Axis,
    shape: tuple[Axis, Axis],
    variants: Sequence[_Variant],
    count: int,
    multiple: int = 1,
) -> _Plan:
    """Return the words for what goes from some channels and extents to others."""
    (phases, laid), (source, filters) = shape, (each // s.groups for each in channels)
    images, across = s.batch * s.groups, laid[2]
    by_lines = _is_by_lines(source, filters)
    total = max((v.places[0] - 1) * laid[1] + v.places[1] for v in variants)
    far = [[max(axis, default=0) for axis in v.shifts] for v in variants]
    reach = max(z * laid[1] + y for z, y, _ in far)
    near = max(_BLOCK // (source * math.prod(phases) * across) - reach, 2 * reach, 1)
    units = 1 if images >= 2 * count or count == 1 else -(-2 * count // images)
    lines = min(near, max(_BLOCK // (filters * across), 1), total)
    if not by_lines and -(-total // lines) >= units:  # shares are lines; those of filters lay out all again
        parts, stretches = 1, units
    else:
        parts, stretches = min(units, filters), 1
    most = -(-filters // parts)
    lines = min(near, max(_BLOCK // (most * across), 1), total)
    plane = (lines + reach) * across
    plane += -plane % 16 + (16 if -plane % 1024 < 16 else 0)
    in_place = (
        by_lines
        and multiple == 1
        and {*strides, *phases} == {1}
        and not any(pads)
        and [*laid] == [*extents[0]]
        and min(v.places[2] for v in variants) >= _VECTOR
    )
    if in_place:
        plane = math.prod(laid)
        lines = min(max(_NEAR // (source * across) // _ROWS * _ROWS, _ROWS), total)
    sums = -(-lines * across // 64) * 64 + 80
    words: list[int] = [
        source, s.groups, filters, parts, lines + reach, *extents[0], *strides, *pads, *phases, *laid, plane,
        lines, 4 * math.prod(extents[1]), in_place if by_lines else sums, len(variants), total,
        stretches,
    ]  # fmt: skip
    tables: list[int] = []
    start, weights = _HEAD + _OF_VARIANT * len(variants), 0
    apart = (extents[1][1] * extents[1][2], extents[1][2], 1)
    for v in variants:
        offsets = list(_offsets(v, source, phases, laid, plane))
        steps = [step * n for step, n in zip(v.steps, apart, strict=True)]
        origin = 4 * sum(first * n for first, n in zip(v.origin, apart, strict=True))
        table = _columns(v, source, phases, laid, plane) if by_lines and multiple == 1 else offsets
        padded = len(offsets) if by_lines else -(-len(offsets) // multiple) * multiple
        words += [padded, start + len(tables), 4 * weights, *v.places, origin, 4 * steps[0], 4 * steps[1]]
        together = min(v.steps[2], extents[1][2])
        is_direct = steps[2] == 1 and _is_direct(len(offsets), v.places[2], across, filters, parts)
        words += [steps[2], together if by_lines else is_direct]
        tables += table + [0] * (padded - len(offsets))
        weights += len(offsets) * filters * s.groups
    results = 4 * variants[0].steps[2] * (across + 72) + sums if by_lines else most * (sums + 64)
    memory = 64 + (0 if in_place else source * math.prod(phases) * plane + 128) + results + _SLACK
    units = images * parts * stretches
    shares = min(count, units)
    return _Plan(
        (*words, *tables),
        -(-memory // 16) * 16,
        tuple((units * i // shares, units * (i + 1) // shares) for i in range(shares)),
        by_lines,
    )


def _columns(v: _Variant, channels: int, phases: Axis, laid: Axis, plane: int) -> list[int]:
    """Return the elements of a window by columns: how many, the lines from one to the next, and each.

    That is how many bytes from a pixel its first element lies, how many elements it has, where the factors of
    these begin, in bytes, and how far they are apart. The lines of all are in the same distance.
    """
    height, width = map(len, v.elements[1:])
    of_phase: dict[int, list[int]] = {}
    for i in range(height):
        of_phase.setdefault(v.phases[1][i], []).append(i)
    columns, apart = [], 1
    for ys in of_phase.values():
        ordered = sorted(ys, key=lambda i: v.shifts[1][i])
        apart = v.shifts[1][ordered[1]] - v.shifts[1][ordered[0]] if len(ordered) > 1 else apart
        columns += [ordered[i : i + _HIGHEST] for i in range(0, len(ordered), _HIGHEST)]
    offsets, table, count = list(_offsets(v, channels, phases, laid, plane)), [], 0
    for plane_at in range(0, len(offsets), max(height * width, 1)):
        for ys in columns:
            for x in range(width):
                places = [plane_at + y * width + x for y in ys]
                step = places[1] - places[0] if len(places) > 1 else 0
                table += [offsets[places[0]], len(ys), 4 * places[0], 4 * step]
                count += 1
    return [count, apart, *table]


def _is_by_lines(channels: int, filters: int) -> bool:
    """Whether a plane of the result is made at a time, line by line."""
    return filters == 1 or channels * filters <= _BY_LINES


def _is_direct(elements: int, pixels: int, across: int, filters: int, parts: int) -> bool:
    """Whether each line is to be summed up where it belongs."""
    widths = {_width(filters * (i + 1) // parts - filters * i // parts) for i in range(parts)}
    return (
        0 < elements <= _DIRECTLY
        and pixels >= max(widths)
        and all(-(-pixels // width) * width <= _WORTH * across for width in widths)
    )


def _width(filters: int) -> int:
    """Return by how many pixels the tiles are wide that kernels take for so many filters."""
    return 64 if filters == 1 else 24 if filters <= 3 else 16


def _offsets(v: _Variant, channels: int, phases: Axis, laid: Axis, plane: int) -> Iterator[int]:
    """Yield how many bytes from a pixel each element of its window lies."""
    for c in range(channels):
        for at in itertools.product(*(range(len(each)) for each in v.elements)):
            phase, shift = ([each[axis][at[axis]] for axis in _AXES] for each in (v.phases, v.shifts))
            number = ((c * phases[0] + phase[0]) * phases[1] + phase[1]) * phases[2] + phase[2]
            yield 4 * (number * plane + (shift[0] * laid[1] + shift[1]) * laid[2] + shift[2])
