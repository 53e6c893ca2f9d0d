"""Convolution of images that have their channels first, and the gradient of these: filters times windows.

By native kernels, which write windows side by side as a product needs them; see there. For any window.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mxnet.native import threads
from mxnet.ops.nn.direct import PANEL, by_panels
from mxnet.ops.nn.planes import laid_out, remainders, simplified
from mxnet.ops.nn.sliding import Sliding
from mxnet.ops.tools.in_rows import by_rows

if TYPE_CHECKING:
    from mxnet.native.rows import Place, Rows

__all__ = ["cost", "fits", "multiply", "spread"]

_ROWS = 240  # filters whose elements stay in cache
_TABLE = 1 << 14  # places in a table of elements of filters, at most
_PACKED = 1 << 16  # numbers of windows that stay near
_LAID = 1 << 16  # ... and of an image
_RESULTS = 192  # places whose results stay in cache until they are written where they belong
_RAGGED = 1.08  # times as many places as there are, with whole strips, from where on images share these
_SHARED = 256  # places of images that share strips
_FILTERS = 24  # of a part, at least
_BALANCED = 8  # strips of a share, from where on each has places of its own
_HEAD, _OF_VARIANT = 47, 6  # words of a plan before its variants, and of each

# Of products, thousands of multiplications and additions in a microsecond; elements that could be multiplied
# while a tile begins and ends.
_RATE, _START = 88, 5
# Microseconds for a million numbers of windows, for each stretch more in a strip; of an image laid out, and
# where a stride is taken; of results, and of those that do not lie as computed; of filters read, and turned.
_WINDOWS, _STRETCHES, _LAYS, _STEPS, _RESULT, _PLACED, _READ, _TURNED = 90, 80, 400, 1000, 150, 800, 300, 500
_ROW = 5  # microseconds for a row that is shared

Axes = Sequence[int]
Shifts = tuple[tuple[int, ...], ...]
_ONES: Axes = (1, 1, 1)


class _Variant(NamedTuple):
    """Elements of the window: how far they are from the place, in which phase, and what they make.

    Attributes
    ----------
    shifts, phases : tuple of tuple of int
        Along each axis.
    origins : list of tuple of int
        The first pixel of the output, for each of several that the same elements make with other filters.
    filters : list of list of int
        For each of these, how many numbers from the first of a filter's that of each stretch lies.
    """

    shifts: Shifts
    phases: Shifts
    origins: list[tuple[int, ...]]
    filters: list[list[int]]

    def size(self, channels: int) -> int:
        """Return how many numbers a window has."""
        return channels * math.prod(map(len, self.shifts))


class _Geometry(NamedTuple):
    """What goes where: all but how the work is divided.

    Attributes
    ----------
    channels, filters : int
        Those of a group.
    extents, made : tuple of int
        The extents of an image, and of an output.
    strides, pads : tuple of int
        From place to place in the image, and the zeros before it.
    phases, laid : tuple of int
        How many phases the stride divides lines into, and the extents of each.
    places, steps : tuple of int
        How many places there are, and from one to the next in the output.
    """

    batch: int
    groups: int
    channels: int
    filters: int
    extents: Axes
    made: Axes
    strides: Axes
    pads: Axes
    phases: Axes
    laid: Axes
    places: Axes
    steps: Axes
    kernel: Axes
    variants: Sequence[_Variant]
    is_back: bool

    @property
    def in_place(self) -> bool:
        """Whether windows are read from the image as it lies."""
        return {*self.strides, *self.phases} == {1} and not any(self.pads) and [*self.laid] == [*self.extents]

    @property
    def pixels(self) -> int:
        return math.prod(self.places)

    @property
    def together(self) -> int:
        """How many images share strips of places."""
        whole = -(-self.pixels // PANEL) * PANEL
        return min(self.batch, -(-_SHARED // self.pixels)) if whole > _RAGGED * self.pixels else 1

    @property
    def is_direct(self) -> bool:
        """Whether results are written where they belong from the start."""
        return self.together == 1 and {*self.steps} == {1} and len(self.variants) == 1


class _Plan(NamedTuple):
    """Words that tell the geometry, from which unit of work to which each share goes, and its memory."""

    words: tuple[int, ...]
    shares: tuple[tuple[int, int], ...]
    memory: int


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
    _add(to, _planned(simplified(sliding), threads(), is_back=False), image, weight, bias, out, relu=relu)


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
    turned, filters = to.scratch(weight.size), sliding.filters // sliding.groups
    to("transpose", weight, turned, sliding.groups, filters, weight.size // sliding.filters)
    _add(to, _planned(simplified(sliding), threads(), is_back=True), grad, turned, bias, image, relu=relu)


def fits(sliding: Sliding) -> bool:
    """Whether such products are the fastest here, and there is enough to multiply."""
    return by_panels() and 0 not in (sliding.rows, sliding.size, sliding.filters)


def cost(sliding: Sliding, *, is_back: bool) -> float:
    """Return the microseconds for the convolution, or for the gradient of the image."""
    g = _geometry(simplified(sliding), is_back=is_back)
    places = -(-g.together * g.pixels // PANEL) * PANEL * g.batch / g.together * g.groups
    stretches = min(1 + PANEL / g.places[2], PANEL) - 1
    multiplied = windows = 0.0
    for v in g.variants:
        size, made = v.size(g.channels), len(v.origins) * g.filters
        tiles = -(-made // 6)
        starts = _START + 2 * (size // g.channels if g.is_back else 1)
        multiplied += 2 * places * (size + starts) * max(made, 4 * tiles)
        windows += places * size
    laid = 0 if g.in_place else g.batch * g.groups * g.channels * math.prod(g.phases) * math.prod(g.laid)
    results = g.batch * g.groups * g.filters * math.prod(g.made)
    filters = g.groups * g.filters * g.channels * math.prod(g.kernel)
    moved = windows * (_WINDOWS + _STRETCHES * stretches) + filters * _READ
    moved += laid * (_LAYS if {*g.strides} == {1} else _STEPS)
    moved += results * (_RESULT if g.is_direct else _PLACED) + (filters * _TURNED if g.is_back else 0)
    return multiplied / _RATE / 1e3 + moved / 1e6 + _ROW


def _add(
    to: Rows, plan: _Plan, image: Place, weight: Place, bias: Place | None, out: Place, *, relu: bool
) -> None:
    """Add the row of the kernel."""
    memory, start = to.scratch(len(plan.shares) * plan.memory), 0 if bias is None else bias
    to.shares(
        "convolve_strips",
        [
            [
                image, weight, start, out, memory.at(i * plan.memory), *share, relu, 4 * image.size,
                *plan.words,
            ]
            for i, share in enumerate(plan.shares)
        ],
    )  # fmt: skip


@functools.lru_cache(maxsize=4096)
def _geometry(s: Sliding, *, is_back: bool) -> _Geometry:
    return _backward(s) if is_back else _forward(s)


def _forward(s: Sliding) -> _Geometry:
    laid, phases = laid_out(s)
    far = [[k * d for k in range(n)] for n, d in zip(s.kernel, s.dilates, strict=True)]
    shifts, by_phase = (
        tuple(tuple(divmod(x, step)[i] for x in axis) for axis, step in zip(far, s.strides, strict=True))
        for i in (0, 1)
    )
    return _Geometry(
        s.batch, s.groups, s.channels // s.groups, s.filters // s.groups, s.extents, s.places, s.strides,
        s.pads, phases, laid, s.places, _ONES, s.kernel, [_Variant(shifts, by_phase, [(0, 0, 0)], [[0]])],
        is_back=False,
    )  # fmt: skip


def _backward(s: Sliding) -> _Geometry:
    """Return how the image's gradient is made, with filters turned: (group, channel, *kernel, filter).

    Of a stride pixels divided by it have remainders, and those with the same meet the same elements, others
    than those of another; or the same, where windows do not overlap.
    """
    axes = [remainders(s, axis) for axis in range(3)]
    places = [-(-n // step) for n, step in zip(s.extents, s.strides, strict=True)]
    met = [[x for _, shifts, *_ in axis for x in shifts] or [0] for axis in axes]
    before = [max(0, *each) for each in met]
    laid = [n + b - min(0, *each) for n, b, each in zip(places, before, met, strict=True)]
    variants: dict[Shifts, _Variant] = {}
    for each in itertools.product(*axes):
        elements, shifts, _, origin = zip(*each, strict=True)
        shifted = tuple(tuple(b - x for x in xs) for b, xs in zip(before, shifts, strict=True))
        if () in shifted:
            shifted = ((), (), ())
        zeros = tuple((0,) * len(xs) for xs in shifted)
        variant = variants.setdefault(shifted, _Variant(shifted, zeros, [], []))
        variant.origins.append(origin)
        numbers = np.ravel_multi_index(np.ix_(*elements), s.kernel).ravel() if shifted[0] else ()
        variant.filters.append([int(number) * (s.filters // s.groups) for number in numbers])
    return _Geometry(
        s.batch, s.groups, s.filters // s.groups, s.channels // s.groups, s.places, s.extents, _ONES, before,
        _ONES, laid, places, s.strides, s.kernel, [*variants.values()], is_back=True,
    )  # fmt: skip


def _divided(g: _Geometry, count: int) -> tuple[int, int, int]:
    """Return how many places a unit of work has, into how many blocks they are cut, and parts the filters."""
    whole = -(-g.pixels // PANEL) * PANEL
    if g.together > 1:
        unit = g.together * g.pixels
    elif g.in_place:
        unit = whole
    else:
        reach = _reach(g)
        lines = max(_LAID // (g.channels * math.prod(g.phases) * g.laid[2]) - reach, 2 * reach, 1)
        unit = min(whole, -(-lines * g.places[2] // PANEL) * PANEL)
    numbers = -(-g.batch // g.together) * g.groups
    blocks, parts = -(-g.together * g.pixels // unit), 1
    if numbers * blocks < 4 * count and numbers * blocks % count:
        if g.together == 1 and numbers * whole >= _BALANCED * PANEL * count:
            blocks = -(-blocks // count) * count
            unit = -(-g.pixels // (PANEL * blocks)) * PANEL
            blocks = -(-g.pixels // unit)
        else:
            parts = max(min(count, g.filters // _FILTERS), 1)
    return unit, blocks, parts


def _reach(g: _Geometry) -> int:
    """Return how many lines there are from the first of a window's to its last."""
    return (g.laid[0] - g.places[0]) * g.laid[1] + g.laid[1] - g.places[1]


@functools.lru_cache(maxsize=4096)
def _planned(s: Sliding, count: int, *, is_back: bool) -> _Plan:
    g = _geometry(s, is_back=is_back)
    unit, blocks, parts = _divided(g, count)
    size = max(1, *(v.size(g.channels) for v in g.variants))
    stretch = g.channels if is_back else size
    rows = max(min(_ROWS, _TABLE * stretch // size), 6)
    block = max(min(_PACKED // size, unit if g.is_direct else _RESULTS) // PANEL, 1) * PANEL
    lines = min((unit + g.places[2] - 2) // g.places[2] + 1, g.places[0] * g.places[1])
    between = g.laid[1] - g.places[1] if g.places[0] > 1 else 0
    lines = min(lines + (lines // g.places[1] + 1) * between + _reach(g), g.laid[0] * g.laid[1])
    plane = math.prod(g.laid) if g.in_place else lines * g.laid[2]
    if not g.in_place:
        plane += -plane % 16 + (16 if -plane % 1024 < 16 else 0)
    places_out, made = (g.places, g.made) if {*g.steps} != {1} else ((1, 1, g.pixels),) * 2
    words: list[int] = [
        g.channels, g.groups, g.filters, parts, 0, *g.extents, *g.strides, *g.pads, *g.phases, *g.laid, plane,
        g.batch, *g.places, *places_out, *made, *g.steps, 4 * math.prod(made), g.in_place, g.together, blocks,
        unit, block, len(g.variants), g.is_direct, size, _reach(g), 4 * g.channels * math.prod(g.kernel),
        stretch, rows,
    ]  # fmt: skip
    tables: list[NDArray[np.int64]] = []
    start = _HEAD + _OF_VARIANT * len(g.variants)
    for v in g.variants:
        offsets = _offsets(g, v, plane)
        filters, origins = (np.array(each, np.int64).ravel() for each in (v.filters, v.origins))
        then = start + len(offsets)
        words += [len(offsets), start, then, max(offsets, default=0), len(v.origins), then + len(filters)]
        tables += offsets, 4 * filters, origins
        start = then + len(filters) + len(origins)
    memory = 256 + rows * (16 + 2 * -(-size // stretch)) + 6 * block + block * size + 64
    memory += 0 if g.is_direct else rows * block
    memory += 0 if g.in_place else g.together * g.channels * math.prod(g.phases) * plane + 256
    memory += -memory % PANEL
    units = -(-g.batch // g.together) * g.groups * blocks * parts
    shares = min(count, units)
    return _Plan(
        (*words, *np.concatenate(tables).tolist()),
        tuple((units * i // shares, units * (i + 1) // shares) for i in range(shares)),
        memory,
    )


def _offsets(g: _Geometry, v: _Variant, plane: int) -> NDArray[np.int64]:
    """Return how many bytes from a place each element of its window lies, channels first, or if back last."""
    phase, shift = (np.ix_(*(np.array(xs, np.int64) for xs in each)) for each in (v.phases, v.shifts))
    number = (phase[0] * g.phases[1] + phase[1]) * g.phases[2] + phase[2]
    within = (number * plane + (shift[0] * g.laid[1] + shift[1]) * g.laid[2] + shift[2]).ravel()
    channel = np.arange(g.channels, dtype=np.int64) * (math.prod(g.phases) * plane)
    return 4 * (within[:, None] + channel if g.is_back else channel[:, None] + within).ravel()
