"""Regions of interest whose bins read channels of their own, plainly or at points of moved bins."""

from __future__ import annotations

import math

import numpy as np

from mxnet.native.kernels.language import Words, exact, f32, i32, inline, kernel, real, truncated
from mxnet.native.kernels.positions import between, cut, image_of, rounded

# Words of plain bins: images, boxes, means (all of these or their gradients), sizes, from which box to which.
BATCH, CHANNELS, HEIGHT, WIDTH, KINDS, GROUPS, BINS, SCALE = 3, 4, 5, 6, 7, 8, 9, 10


@exact
@inline
def _edges(first, last, bins, number, extent):
    step = max(last - first, np.float32(0.1)) / np.float32(bins)
    begin = cut(math.floor(np.float32(number) * step + first), extent)
    end = cut(math.ceil(np.float32(number + 1) * step + first), extent)
    return begin, max(begin, end)


@exact
@inline
def _side(low, high, scale):
    return rounded(low) * scale, (rounded(high) + 1) * scale


@inline
def _sum(plane, width, y0, y1, x0, x1):
    total = np.float32(0)
    for y in range(y0, y1):
        line = f32(plane + 4 * y * width)
        for x in range(x0, x1):
            total += line[x]
    return total


@inline
def _spread(plane, width, y0, y1, x0, x1, share):
    for y in range(y0, y1):
        line = f32(plane + 4 * y * width)
        for x in range(x0, x1):
            line[x] += share


@inline
def _each_bin(a, begin, end, is_back):
    size, bins, groups, kinds, out = a[HEIGHT] * a[WIDTH], a[BINS], a[GROUPS], a[KINDS], f32(a[2])
    for r in range(begin, end):
        roi = f32(a[1] + 20 * r)
        image = image_of(roi[0], a[BATCH])
        left, right = _side(roi[1], roi[3], real(a[SCALE]))
        top, bottom = _side(roi[2], roi[4], real(a[SCALE]))
        for p in range(bins):
            y0, y1 = _edges(top, bottom, bins, p, a[HEIGHT])
            for q in range(bins):
                x0, x1 = _edges(left, right, bins, q, a[WIDTH])
                area = (y1 - y0) * (x1 - x0) if image >= 0 else 0
                for c in range(kinds):
                    to = ((r * kinds + c) * bins + p) * bins + q
                    channel = (c * groups + p * groups // bins) * groups + q * groups // bins
                    plane = a[0] + 4 * (image * a[CHANNELS] + channel) * size
                    if is_back:
                        if area > 0:
                            _spread(plane, a[WIDTH], y0, y1, x0, x1, out[to] / np.float32(area))
                    elif area > 0:
                        out[to] = _sum(plane, a[WIDTH], y0, y1, x0, x1) / np.float32(area)
                    else:
                        out[to] = 0


@inline
def _clear(place, n):
    values = f32(place)
    for i in range(n):
        values[i] = 0


@kernel
def own_mean(a: Words) -> None:
    _each_bin(a, a[11], a[12], False)


@kernel
def own_mean_grad(a: Words) -> None:
    _clear(a[0], a[BATCH] * a[CHANNELS] * a[HEIGHT] * a[WIDTH])
    _each_bin(a, 0, a[11], True)


# -------------------------------------------------------------------------------------------- moved bins

# Words: images, boxes, shifts, means (or their gradient), sizes, memory, what the rest says of each kernel.
M_BATCH, M_CHANNELS, M_HEIGHT, M_WIDTH, M_KINDS, M_GROUPS, M_BINS, M_SCALE = 4, 5, 6, 7, 8, 9, 10, 11
M_PARTS, M_POINTS, M_CLASSES, M_FACTOR, M_MEMORY = 12, 13, 14, 15, 16


@exact
@inline
def _span(low, high, scale):
    first = rounded(low) * scale - 0.5
    return first, max((rounded(high) + 1) * scale - 0.5 - first, np.float32(0.1))


@exact
@inline
def _position(first, size, shift, number, bins, k, points):
    begin = first + (shift + np.float32(number) / np.float32(bins)) * size
    return begin + np.float32(k) * (size / np.float32(points * bins))


@inline
def _read(first, size, shift, number, bins, points, extent, memory):
    """Write which elements a bin reads along an axis, their weights, and how these change with the shift."""
    index, weight, slope = i32(memory), f32(memory + 8 * points), f32(memory + 16 * points)
    counted = np.float32(0)
    for k in range(points):
        at = _position(first, size, shift, number, bins, k, points)
        inside = at >= -0.5 and at <= np.float32(extent) - 0.5
        counted += np.float32(1) if inside else np.float32(0)
    for k in range(points):
        at = _position(first, size, shift, number, bins, k, points)
        inside = at >= -0.5 and at <= np.float32(extent) - 0.5
        fraction = 1 / counted if inside else np.float32(0)
        low, share = between(at, extent)
        here = truncated(low)
        index[2 * k] = here
        index[2 * k + 1] = here + np.int32(1) if here < np.int32(extent - 1) else here
        weight[2 * k] = (1 - share) * fraction
        weight[2 * k + 1] = share * fraction
        moves = fraction if at >= 0 and at <= np.float32(extent - 1) else np.float32(0)
        slope[2 * k] = -moves
        slope[2 * k + 1] = moves


@inline
def _shift(a, r, kind, p, q, axis):
    parts = a[M_PARTS]
    at = ((r * a[M_CLASSES] + kind) * 2 + axis) * parts * parts
    return at + p * parts // a[M_BINS] * parts + q * parts // a[M_BINS]


@inline
def _moved(shifts, at, factor):
    return f32(shifts)[at] * factor if shifts != 0 else np.float32(0)


@inline
def _weighted(plane, width, points, memory, y_weights, x_weights):
    """Return the sum of the elements that are read, by some weights along y and x."""
    n, y, x = 2 * points, i32(memory), i32(memory + 24 * points)
    wy, wx = f32(memory + 8 * points * y_weights), f32(memory + 24 * points + 8 * points * x_weights)
    total = np.float32(0)
    for j in range(n):
        line = f32(plane + 4 * y[j] * width)
        part = np.float32(0)
        for k in range(n):
            part += wx[k] * line[x[k]]
        total += wy[j] * part
    return total


@inline
def _pull(plane, width, points, memory, g):
    n, y, x = 2 * points, i32(memory), i32(memory + 24 * points)
    wy, wx = f32(memory + 8 * points), f32(memory + 32 * points)
    for j in range(n):
        line = f32(plane + 4 * y[j] * width)
        for k in range(n):
            line[x[k]] += g * wy[j] * wx[k]


@inline
def _pull_shift(a, offset, place, g, y_weights, x_weights):
    f32(place)[0] += g * _weighted(a[0] + offset, a[M_WIDTH], a[M_POINTS], a[M_MEMORY], y_weights, x_weights)


@inline
def _each_moved(a, begin, end, into, into_shifts, is_back):
    bins, groups, points, kinds = a[M_BINS], a[M_GROUPS], a[M_POINTS], a[M_KINDS]
    width, size, memory, out = a[M_WIDTH], a[M_HEIGHT] * a[M_WIDTH], a[M_MEMORY], f32(a[3])
    each = kinds // a[M_CLASSES]
    for r in range(begin, end):
        roi = f32(a[1] + 20 * r)
        image = image_of(roi[0], a[M_BATCH])
        left, wide = _span(roi[1], roi[3], real(a[M_SCALE]))
        top, high = _span(roi[2], roi[4], real(a[M_SCALE]))
        for kind in range(a[M_CLASSES]):
            for p in range(bins):
                for q in range(bins):
                    x_at, y_at = _shift(a, r, kind, p, q, 0), _shift(a, r, kind, p, q, 1)
                    factor = real(a[M_FACTOR])
                    dx, dy = _moved(a[2], x_at, factor), _moved(a[2], y_at, factor)
                    _read(top, high, dy, p, bins, points, a[M_HEIGHT], memory)
                    _read(left, wide, dx, q, bins, points, width, memory + 24 * points)
                    for c in range(kind * each, (kind + 1) * each):
                        to = ((r * kinds + c) * bins + p) * bins + q
                        channel = (c * groups + p * groups // bins) * groups + q * groups // bins
                        offset = 4 * (image * a[M_CHANNELS] + channel) * size
                        if not is_back:
                            there = image >= 0
                            out[to] = _weighted(a[0] + offset, width, points, memory, 1, 1) if there else 0.0
                        elif image >= 0:
                            if into != 0:
                                _pull(into + offset, width, points, memory, out[to])
                            if into_shifts != 0:
                                g = out[to] * factor
                                _pull_shift(a, offset, into_shifts + 4 * x_at, g * wide, 1, 2)
                                _pull_shift(a, offset, into_shifts + 4 * y_at, g * high, 2, 1)


@kernel
def moved_mean(a: Words) -> None:  # then: from which box to which
    _each_moved(a, a[17], a[18], 0, 0, False)


@kernel
def moved_mean_grad(a: Words) -> None:  # then: boxes, and the gradients of images and shifts, or 0
    if a[18] != 0:
        _clear(a[18], a[M_BATCH] * a[M_CHANNELS] * a[M_HEIGHT] * a[M_WIDTH])
    if a[19] != 0:
        _clear(a[19], a[17] * 2 * a[M_CLASSES] * a[M_PARTS] * a[M_PARTS])
    _each_moved(a, 0, a[17], a[18], a[19], True)
