"""Convolution by native kernels of images that have their channels first, without a change of layout.

Made for few channels or filters, for groups, and for any number of axes of space. See the kernels for how.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mxnet.lazy import torch
from mxnet.native import run_shares, threads
from mxnet.ops.nn.sliding import Sliding

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.nn.convolution_tuning import Part

__all__ = ["collect", "cost", "multiply", "spread"]

_BLOCK = 3 << 14  # numbers that stay in cache: of the image, and of sums
_ELEMENTS = 12  # a multiple of which is added up at once
_SLACK = 192  # numbers behind lines, planes and blocks that kernels read or write in vain
_HEAD, _OF_VARIANT = 26, 11  # words of a plan before its variants, and of each
_DIRECTLY = 512  # elements of windows up to which lines are summed up where they belong
_WORTH = 1.15  # what it costs to do so elsewhere
# Thousands of multiplications and additions in a microsecond: of windows, also large ones, and for filters.
_RATE, _DEEP, _ADDING = 80, 70, 76
_START = 3  # elements that could be multiplied while a tile begins and ends
_LAYS, _MOVED = 400, 120  # microseconds for a million numbers laid out, and out
_AGAIN = 2  # how many times lines are laid out where there are more of a window's than stay in cache
_LINE, _STEPPED = 0.003, 0.025  # microseconds for a line, in or out, and if its pixels are a stride apart

Axis = Sequence[int]
_AXES = range(3)


class _Plan(NamedTuple):
    """Words for kernels, and how many numbers of memory each share needs."""

    words: NDArray[np.int64]
    memory: int
    shares: tuple[tuple[int, int], ...]


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


def multiply(
    sliding: Sliding, image: Tensor, weight: Tensor, bias: Tensor | None, out: Tensor, *, relu: bool = False
) -> None:
    """Write the convolution, with a bias added, and ReLU applied; all arrays lie as users see them."""
    plan = _forward(simplified(sliding), threads())
    _run("convolve_planes", plan, image, weight, bias, out, relu=relu)


def spread(sliding: Sliding, grad: Tensor, weight: Tensor, bias: Tensor | None, image: Tensor) -> None:
    """Write the gradient of the image into it; a bias may be added, as this is a transposed convolution."""
    plan, order = _backward(simplified(sliding), threads())
    turned = weight.view(sliding.groups, -1, sliding.channels // sliding.groups, *sliding.kernel)
    parts = [turned[(slice(None),) * 3 + each].transpose(1, 2).reshape(-1) for each in order]
    _run("convolve_planes", plan, grad, torch.cat(parts), bias, image)


def collect(sliding: Sliding, image: Tensor, grad: Tensor, weight: Tensor) -> None:
    """Write the gradient of the filters into `weight`."""
    plan = _forward(simplified(sliding), threads(), _ELEMENTS)
    elements = -(-sliding.size // _ELEMENTS) * _ELEMENTS
    parts = [torch.zeros((sliding.filters, elements), dtype=torch.float32) for _ in plan.shares]
    _run("collect_planes", plan, image, parts, None, grad)
    for part in parts[1:]:
        parts[0].add_(part)
    weight.view(sliding.filters, -1).copy_(parts[0][:, : sliding.size])


def cost(s: Sliding, part: Part) -> float:
    """Return the microseconds for a part of a convolution."""
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
        variants, size = 1, s.size
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
    copied *= _AGAIN if s.kernel[0] > 1 else 1
    rate, moved = (_ADDING, _LAYS) if part == "filters" else (_RATE if size <= _DIRECTLY else _DEEP, _MOVED)
    return (
        2 * sums * s.batch * s.groups / rate / 1e3
        + (copied * _LAYS + written * moved) / 1e6
        + passed * (_LINE if set(s.strides) == {1} else _STEPPED)
        + 20
    )


def _run(
    kernel: str,
    plan: _Plan,
    image: Tensor,
    weight: Tensor | list[Tensor],
    bias: Tensor | None,
    out: Tensor,
    *,
    relu: bool = False,
) -> None:
    memory = torch.empty((len(plan.shares), plan.memory), dtype=torch.float32)
    bias = None if bias is None else bias.contiguous()
    words = []
    for i, share in enumerate(plan.shares):
        filters = weight[i] if isinstance(weight, list) else weight
        arrays = (image, filters, bias, out, memory[i])
        addresses = (0 if each is None else each.data_ptr() for each in arrays)
        words.append((*addresses, plan.words.ctypes.data, *share, relu))
    run_shares(kernel, words)


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
def _backward(s: Sliding, count: int) -> tuple[_Plan, list[tuple[slice, ...]]]:
    """Return the plan for the gradient of the image, and the elements of each variant.

    There is a variant for each remainder of a place, divided by the stride: some elements of windows meet it.
    """
    axes = [remainders(s, axis) for axis in _AXES]
    before = [max((max(shifts, default=0) for _, shifts, *_ in axis), default=0) for axis in axes]
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
    order = [tuple(map(_slice, each.elements)) for each in variants]
    plan = _planned(
        s, (s.filters, s.channels), (s.places, s.extents), (1, 1, 1), before, ((1, 1, 1), laid), variants,
        count,
    )  # fmt: skip
    return plan, order


def _slice(elements: Sequence[int]) -> slice:
    """Return what takes elements that are as far apart, or none."""
    if not elements:
        return slice(0)
    return slice(elements[0], elements[-1] + 1, elements[1] - elements[0] if len(elements) > 1 else 1)


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
    parts = 1 if images >= 2 * count or count == 1 else min(-(-2 * count // images), filters)
    most = -(-filters // parts)
    total = max((v.places[0] - 1) * laid[1] + v.places[1] for v in variants)
    reach = laid[0] * laid[1] - total
    lines = max(_BLOCK // (source * math.prod(phases) * across) - reach, 2 * reach, 1)
    lines = min(lines, max(_BLOCK // (most * across), 1), total)
    plane = (lines + reach) * across
    plane += -plane % 16 + (16 if -plane % 1024 < 16 else 0)
    sums = -(-lines * across // 64) * 64 + 80
    words: list[int] = [
        source, s.groups, filters, parts, lines + reach, *extents[0], *strides, *pads, *phases, *laid, plane,
        lines, 4 * math.prod(extents[1]), sums, len(variants), total,
    ]  # fmt: skip
    tables: list[int] = []
    start, weights = _HEAD + _OF_VARIANT * len(variants), 0
    apart = (extents[1][1] * extents[1][2], extents[1][2], 1)
    for v in variants:
        offsets = list(_offsets(v, source, phases, laid, plane))
        steps = [step * n for step, n in zip(v.steps, apart, strict=True)]
        origin = 4 * sum(first * n for first, n in zip(v.origin, apart, strict=True))
        padded = -(-len(offsets) // multiple) * multiple
        words += [padded, start + len(tables), 4 * weights, *v.places, origin, 4 * steps[0], 4 * steps[1]]
        words += [steps[2], steps[2] == 1 and _is_direct(len(offsets), v.places[2], across, filters, parts)]
        tables += offsets + [0] * (padded - len(offsets))
        weights += len(offsets) * filters * s.groups
    memory = 64 + source * math.prod(phases) * plane + 128 + most * (sums + 64) + _SLACK
    units = images * parts
    shares = min(count, units)
    return _Plan(
        np.array(words + tables, np.int64),
        -(-memory // 16) * 16,
        tuple((units * i // shares, units * (i + 1) // shares) for i in range(shares)),
    )


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
