"""Regions of interest: boxes in images are cut into bins, of which the elements are pooled.

The first words are arrays; the last ones are memory, if any is needed, and the boxes from which to which one
to work. Images have their channels first. A box begins with the number of its image; one of no image is 0.
"""

from __future__ import annotations

import math

import numpy as np

from mxnet.native.kernels.language import Words, exact, f32, i32, i64, inline, kernel, real, truncated
from mxnet.native.kernels.positions import between, cut, image_of, rounded

_ENDLESS = np.float32(16777216)


@exact
@inline
def _whole_bin(first, last, bins, number, extent):
    """Return the elements from which to before which one a bin goes, of a box from one to another."""
    step = max(last - first + 1, np.float32(1)) / np.float32(bins)
    begin = cut(math.floor(np.float32(number) * step) + first, extent)
    end = cut(math.ceil(np.float32(number + 1) * step) + first, extent)
    return begin, max(begin, end)


_LEAST = -2139095040  # the order of -FLT_MAX, below


@inline
def _ordered(bits):
    """Return a number that is in the order of floats, with NaN below all."""
    order = bits ^ ((bits >> np.int32(31)) & np.int32(0x7FFFFFFF))
    return np.int32(-2147483647) if order > np.int32(0x7F800000) else order


@kernel
def roi_max(a: Words) -> None:
    """Words: images, boxes, maxima, their places; batch, channels, height, width, bins along y, x, scale."""
    batch, channels, height, width, rows, columns, scale = a[4], a[5], a[6], a[7], a[8], a[9], real(a[10])
    for r in range(a[11], a[12]):
        roi = f32(a[1] + 20 * r)
        image = image_of(roi[0], batch)
        left, top = rounded(roi[1] * scale), rounded(roi[2] * scale)
        right, bottom = rounded(roi[3] * scale), rounded(roi[4] * scale)
        for p in range(rows):
            y0, y1 = _whole_bin(top, bottom, rows, p, height)
            for q in range(columns):
                x0, x1 = _whole_bin(left, right, columns, q, width)
                empty = image < 0 or y1 <= y0 or x1 <= x0
                for c in range(channels):
                    to = ((r * channels + c) * rows + p) * columns + q
                    if empty:
                        f32(a[2])[to] = 0
                        i64(a[3])[to] = -1
                    else:
                        _maximum(a, image, c, to, y0, y1, x0, x1)


@inline
def _maximum(a, image, c, to, y0, y1, x0, x1):
    """Write the maximum of a window, and the first place where it is."""
    height, width = a[6], a[7]
    plane = a[0] + 4 * (image * a[5] + c) * height * width
    best, row = np.int32(_LEAST), -1
    for y in range(y0, y1):
        line = i32(plane + 4 * y * width)
        top = np.int32(_LEAST)
        for x in range(x0, x1):
            top = max(top, _ordered(line[x]))
        if top > best:
            best = top
            row = y
    place = -1
    if row >= 0:
        line, place = i32(plane + 4 * row * width), x0
        while _ordered(line[place]) != best:
            place += 1
        f32(a[2])[to] = f32(plane + 4 * row * width)[place]
        place = (image * height + row) * width + place
    else:
        f32(a[2])[to] = -3.4028234663852886e38
    i64(a[3])[to] = place


@kernel
def roi_max_grad(a: Words) -> None:
    """Words: gradient, places, result; images, channels, elements of one; boxes, bins of one."""
    g, where, channels, size = f32(a[0]), i64(a[1]), a[4], a[5]
    to = f32(a[2])
    for i in range(a[3] * channels * size):
        to[i] = 0
    for r in range(a[6]):
        for c in range(channels):
            for k in range(a[7]):
                at = (r * channels + c) * a[7] + k
                place = where[at]
                if place >= 0 and place < a[3] * size:
                    image = place // size
                    to[(image * channels + c) * size + place - image * size] += g[at]


# ------------------------------------------------------------------------------- means of points in between


@exact
@inline
def _point(first, step, number, k, counts):
    return (np.float32(number) + (np.float32(k) + 0.5) / counts) * step + first


@inline
def _taps(first, step, number, points, extent, indices, weights):
    """Write which elements along an axis a bin reads, and their weights; return their number.

    With as many points as elements, these follow on each other from the first.
    """
    index, weight, counts = i32(indices), f32(weights), math.ceil(step)
    counts = counts if counts > 0 else np.float32(0)
    n = 0
    if points > 0:
        counts = np.float32(points)
        for k in range(points):
            at = _point(first, step, number, k, counts)
            low, share = between(at, extent)
            inside = at >= -1 and at <= np.float32(extent)
            fraction = 1 / counts if inside else np.float32(0)
            here = truncated(low)
            index[n] = here
            index[n + 1] = here + np.int32(1) if here < np.int32(extent - 1) else here
            weight[n] = (1 - share) * fraction
            weight[n + 1] = share * fraction
            n += 2
        return n
    begin, end = np.int64(0), np.int64(-1)
    for k in range(np.int64(truncated(min(counts, _ENDLESS)))):
        at = _point(first, step, number, k, counts)
        if at >= -1 and at <= np.float32(extent):
            low, share = between(at, extent)
            under = np.int64(truncated(low))
            above = min(under + 1, extent - 1)
            if end < 0:
                begin = under
            while end < above:
                end = max(end + 1, begin)
                weight[end - begin] = 0
            weight[under - begin] += (1 - share) / counts
            weight[above - begin] += share / counts
    count = end - begin + 1 if end >= 0 else 0
    for k in range(count):
        index[k] = np.int32(begin + k)
    return count


# Words of the means of points: images (or their gradient), boxes, means (or their gradient), then these.
BATCH, CHANNELS, HEIGHT, WIDTH, ROWS, COLUMNS, SCALE, POINTS, ALIGNED, OWN = 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
MEMORY, BEGIN, END = 13, 14, 15


@inline
def _most(a):
    """Return how many elements a bin may read along an axis."""
    longer = max(a[HEIGHT], a[WIDTH])
    return max(longer, 2 * a[POINTS])


@inline
def _prepare(a, r):
    """Write what the bins of a box read: for each bin along y, then x, a number, indices and weights."""
    roi, most, back = f32(a[1] + 20 * r), _most(a), np.float32(0.5) if a[ALIGNED] else np.float32(0)
    for axis in range(2):
        first, last = roi[2 - axis] * real(a[SCALE]) - back, roi[4 - axis] * real(a[SCALE]) - back
        size = last - first
        size = size if a[ALIGNED] or size > 1 else np.float32(1)
        bins = a[COLUMNS] if axis else a[ROWS]
        extent = a[WIDTH] if axis else a[HEIGHT]
        for k in range(bins):
            at = a[MEMORY] + 4 * (k + axis * a[ROWS]) * (2 * most + 2)
            n = _taps(first, size / np.float32(bins), k, a[POINTS], extent, at + 8, at + 8 + 4 * most)
            i64(at)[0] = n


@inline
def _listed(a, bins):
    """Return number, indices and weights of what a bin reads."""
    most = _most(a)
    at = a[MEMORY] + 4 * bins * (2 * most + 2)
    return i64(at)[0], at + 8, at + 8 + 4 * most


@inline
def _mean(a, plane, p, q):
    ny, y_at, y_weights = _listed(a, p)
    nx, x_at, x_weights = _listed(a, a[ROWS] + q)
    total = np.float32(0)
    if nx > 0:
        first, x, wx = np.int64(i32(x_at)[0]), i32(x_at), f32(x_weights)
        for j in range(ny):
            line = plane + 4 * i32(y_at)[j] * a[WIDTH]
            part = np.float32(0)
            if a[POINTS] > 0:
                for k in range(nx):
                    part += wx[k] * f32(line)[x[k]]
            else:
                stretch = f32(line + 4 * first)
                for k in range(nx):
                    part += wx[k] * stretch[k]
            total += part * f32(y_weights)[j]
    return total


@inline
def _mean_back(a, plane, p, q, g):
    ny, y_at, y_weights = _listed(a, p)
    nx, x_at, x_weights = _listed(a, a[ROWS] + q)
    if nx > 0:
        first, x, wx = np.int64(i32(x_at)[0]), i32(x_at), f32(x_weights)
        for j in range(ny):
            line = plane + 4 * i32(y_at)[j] * a[WIDTH]
            share = g * f32(y_weights)[j]
            if a[POINTS] > 0:
                for k in range(nx):
                    f32(line)[x[k]] += wx[k] * share
            else:
                stretch = f32(line + 4 * first)
                for k in range(nx):
                    stretch[k] += wx[k] * share


@inline
def _each_mean(a, is_back):
    """Go through all means; those of OWN bins read channels of their own."""
    rows, columns, own = a[ROWS], a[COLUMNS], a[OWN]
    means = a[CHANNELS] // own
    size = a[HEIGHT] * a[WIDTH]
    out = f32(a[2])
    for r in range(a[BEGIN], a[END]):
        image = image_of(f32(a[1] + 20 * r)[0], a[BATCH])
        if image >= 0:
            _prepare(a, r)
        for c in range(means):
            for p in range(rows):
                for q in range(columns):
                    to = ((r * means + c) * rows + p) * columns + q
                    channel = c * own + p * columns + q if own > 1 else c
                    plane = a[0] + 4 * (image * a[CHANNELS] + channel) * size
                    if is_back:
                        if image >= 0:
                            _mean_back(a, plane, p, q, out[to])
                    else:
                        out[to] = _mean(a, plane, p, q) if image >= 0 else 0.0


@kernel
def roi_mean(a: Words) -> None:
    _each_mean(a, False)


@kernel
def roi_mean_grad(a: Words) -> None:
    out = f32(a[0])
    for i in range(a[BATCH] * a[CHANNELS] * a[HEIGHT] * a[WIDTH]):
        out[i] = 0
    _each_mean(a, True)


# --------------------------------------------------------------------------------------------- turned boxes

_CHUNK = 128  # points at a time


@inline
def _read_along(a, memory, n, x0, y0, dx, dy, k0):
    """Write the elements around some points of a line, and their weights; each has room for a chunk."""
    height, width = a[HEIGHT], a[WIDTH]
    i00, i01, i10, i11 = i32(memory), i32(memory + 512), i32(memory + 1024), i32(memory + 1536)
    w00, w01, w10, w11 = f32(memory + 2048), f32(memory + 2560), f32(memory + 3072), f32(memory + 3584)
    for k in range(n):
        number = np.float32(k0 + k) + 0.5
        x, y = x0 + number * dx, y0 + number * dy
        low_x, share_x = between(x, width)
        low_y, share_y = between(y, height)
        inside = x >= -1 and x <= np.float32(width) and y >= -1 and y <= np.float32(height)
        there = np.float32(1) if inside else np.float32(0)
        right = min(low_x + 1, np.float32(width - 1))
        below = min(low_y + 1, np.float32(height - 1))
        left, line, next_line = truncated(low_x), truncated(low_y), truncated(below)
        wide = np.int32(width)
        i00[k] = line * wide + left
        i01[k] = line * wide + truncated(right)
        i10[k] = next_line * wide + left
        i11[k] = next_line * wide + truncated(right)
        w00[k] = (1 - share_y) * (1 - share_x) * there
        w01[k] = (1 - share_y) * share_x * there
        w10[k] = share_y * (1 - share_x) * there
        w11[k] = share_y * share_x * there


@inline
def _read(plane, memory, n):
    d = f32(plane)
    i00, i01, i10, i11 = i32(memory), i32(memory + 512), i32(memory + 1024), i32(memory + 1536)
    w00, w01, w10, w11 = f32(memory + 2048), f32(memory + 2560), f32(memory + 3072), f32(memory + 3584)
    total = np.float32(0)
    for k in range(n):
        total += d[i00[k]] * w00[k] + d[i01[k]] * w01[k] + d[i10[k]] * w10[k] + d[i11[k]] * w11[k]
    return total


@kernel
def turned_mean(a: Words) -> None:
    """Words as above; a box has width and height around its centre, and an angle."""
    rows, columns, channels, scale = a[ROWS], a[COLUMNS], a[CHANNELS], real(a[SCALE])
    size = a[HEIGHT] * a[WIDTH]
    out = f32(a[2])
    for r in range(a[BEGIN], a[END]):
        roi = f32(a[1] + 24 * r)
        image = image_of(roi[0], a[BATCH])
        angle = roi[5] * np.float32(math.pi / 180)
        cos, sin = math.cos(angle), math.sin(angle)
        wide = max(roi[3] * scale, np.float32(1)) / np.float32(columns)
        high = max(roi[4] * scale, np.float32(1)) / np.float32(rows)
        across, along = np.float32(a[POINTS]), np.float32(a[POINTS])
        if a[POINTS] <= 0:
            across, along = min(math.ceil(wide), _ENDLESS), min(math.ceil(high), _ENDLESS)
        nx, ny = np.int64(truncated(across)), np.int64(truncated(along))
        right_x, right_y, down_x, down_y = cos * wide, -sin * wide, sin * high, cos * high
        for p in range(rows):
            for q in range(columns):
                down, right = np.float32(p) - np.float32(rows) / 2, np.float32(q) - np.float32(columns) / 2
                first_x = roi[1] * scale + down * down_x + right * right_x
                first_y = roi[2] * scale + down * down_y + right * right_y
                for c in range(channels):
                    out[((r * channels + c) * rows + p) * columns + q] = 0
                for j in range(ny if image >= 0 else 0):
                    further = (np.float32(j) + 0.5) / along
                    x0, y0 = first_x + further * down_x, first_y + further * down_y
                    for k0 in range(0, nx, _CHUNK):
                        n = min(nx - k0, _CHUNK)
                        _read_along(a, a[MEMORY], n, x0, y0, right_x / across, right_y / across, k0)
                        for c in range(channels):
                            plane = a[0] + 4 * (image * channels + c) * size
                            to = ((r * channels + c) * rows + p) * columns + q
                            out[to] += _read(plane, a[MEMORY], n)
                for c in range(channels):
                    out[((r * channels + c) * rows + p) * columns + q] /= across * along
