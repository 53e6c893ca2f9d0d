"""Convolutions as products of matrices: windows over images are gathered as rows, a block at a time.

Images have their channels last. The words are addresses, and then the geometry, in the order below; what has
fewer than three axes of space has extents of 1. A block of rows stays in cache until it is multiplied.
"""

from __future__ import annotations

import numpy as np

from mxnet.native.kernels.language import Words, f32, i64, inline, kernel, product

IMAGE, FILTERS, BIAS, ADDEND, OUT, SCRATCH, SGEMM = 0, 1, 2, 3, 4, 5, 6
DEPTH, HEIGHT, WIDTH, CHANNELS, IN_GROUP = 7, 8, 9, 10, 11
KERNEL, STRIDE, PAD, DILATE, SPACE = 12, 15, 18, 21, 24
FILTER_COUNT, OUT_GROUP, GROUPS = 27, 28, 29
ROWS, BLOCK, AT = 30, 31, 32  # how many to do, how many at a time, and the place of the first: image, z, y, x
RELU, AS_IT_IS = 36, 37
_PLACE, _HEAD = 128, 256  # bytes of scratch before the place, and before the rows


@inline
def _copy(target, source, n, add):
    t, s = f32(target), f32(source)
    if add:
        for k in range(n):
            t[k] += s[k]
    else:
        for k in range(n):
            t[k] = s[k]


@inline
def _clear(target, n):
    t = f32(target)
    for k in range(n):
        t[k] = np.float32(0)


@inline
def _pass(image, row, n, back):
    """Copy numbers of the image into the row, or on the way back, add those of the row to the image."""
    if back:
        _copy(image, row, n, True)
    else:
        _copy(row, image, n, False)


@inline
def _pass_line(a, line, row, x0, back):
    """Pass a line of a window, the elements of which may lie apart, or in a part of the channels."""
    run, channels, width, dilate = a[IN_GROUP], a[CHANNELS], a[WIDTH], a[DILATE + 2]
    for e in range(a[KERNEL + 2]):
        x = x0 + e * dilate
        if x >= 0 and x < width:
            _pass(line + 4 * channels * e * dilate, row + 4 * e * run, run, back)
        elif not back:
            _clear(row + 4 * e * run, run)


@inline
def _pass_stretch(line, row, left, right, size, back):
    """Pass a line of a window that is one stretch of memory, but for what lies outside of the image."""
    _pass(line + 4 * left, row + 4 * left, right - left, back)
    if not back:
        _clear(row, left)
        _clear(row + 4 * right, size - right)


@inline
def _move(a, image, row, back, place):
    """Gather the window at a place into a row; or on the way back, add the row to the window."""
    at = i64(place)
    depth, height, width, channels, run = a[DEPTH], a[HEIGHT], a[WIDTH], a[CHANNELS], a[IN_GROUP]
    z0, y0 = at[1] * a[STRIDE] - a[PAD], at[2] * a[STRIDE + 1] - a[PAD + 1]
    x0 = at[3] * a[STRIDE + 2] - a[PAD + 2]
    kw = a[KERNEL + 2]
    stretches = a[DILATE + 2] == 1 and run == channels
    left = (-x0 if -x0 < kw else kw) if x0 < 0 else 0
    right = (width - x0 if width - x0 > left else left) if x0 + kw > width else kw
    for i in range(a[KERNEL]):
        z = z0 + i * a[DILATE]
        for j in range(a[KERNEL + 1]):
            y = y0 + j * a[DILATE + 1]
            line = image + 4 * channels * (((at[0] * depth + z) * height + y) * width + x0)
            if z < 0 or z >= depth or y < 0 or y >= height:
                if not back:
                    _clear(row, kw * run)
            elif stretches:
                _pass_stretch(line, row, left * run, right * run, kw * run, back)
            else:
                _pass_line(a, line, row, x0, back)
            row += 4 * kw * run


@inline
def _step(a, first):
    """Go on to the next place."""
    at = i64(first)
    at[3] += 1
    if at[3] == a[SPACE + 2]:
        at[3] = 0
        at[2] += 1
        if at[2] == a[SPACE + 1]:
            at[2] = 0
            at[1] += 1
            if at[1] == a[SPACE]:
                at[1] = 0
                at[0] += 1


@inline
def _start(a, first):
    at = i64(first)
    for i in range(4):
        at[i] = a[AT + i]


@inline
def _rows_size(a):
    return a[KERNEL] * a[KERNEL + 1] * a[KERNEL + 2] * a[IN_GROUP]


@inline
def _gathered(a, image, done, m, rows, place):
    """Return where a block of rows lies: in the image itself, if windows are its pixels, or gathered."""
    if a[AS_IT_IS]:
        return image + 4 * done * a[CHANNELS]
    size = _rows_size(a)
    for i in range(m):
        _move(a, image, rows + 4 * i * size, False, place)
        _step(a, place)
    return rows


@inline
def _finish(a, out, offset, channel, m):
    """Add bias and addend to a block of rows, and apply ReLU, of NaN 0 as in MXNet."""
    kg, filters, zero = a[OUT_GROUP], a[FILTER_COUNT], np.float32(0)
    if a[BIAS] != 0:
        b = f32(a[BIAS] + 4 * channel)
        for i in range(m):
            o = f32(out + 4 * i * filters)
            for k in range(kg):
                o[k] += b[k]
    if a[ADDEND] != 0 and a[ADDEND] != a[OUT]:
        for i in range(m):
            o = f32(out + 4 * i * filters)
            d = f32(a[ADDEND] + 4 * (offset + i * filters))
            for k in range(kg):
                o[k] += d[k]
    if a[RELU]:
        for i in range(m):
            o = f32(out + 4 * i * filters)
            for k in range(kg):
                o[k] = o[k] if o[k] > zero else zero


@kernel
def convolve(a: Words) -> None:
    """Multiply windows with filters (filter, *kernel, channel), add bias and addend, and apply ReLU.

    The addend may lie where the result will.
    """
    size, kg, filters = _rows_size(a), a[OUT_GROUP], a[FILTER_COUNT]
    g, place, rows = i64(a[SCRATCH]), a[SCRATCH] + _PLACE, a[SCRATCH] + _HEAD
    step = a[CHANNELS] if a[AS_IT_IS] else size
    for group in range(a[GROUPS]):
        _start(a, place)
        image = a[IMAGE] + 4 * group * a[IN_GROUP]
        done = 0
        while done < a[ROWS]:
            m = a[BLOCK] if a[BLOCK] < a[ROWS] - done else a[ROWS] - done
            lines = _gathered(a, image, done, m, rows, place)
            out = a[OUT] + 4 * (done * filters + group * kg)
            weight = a[FILTERS] + 4 * group * kg * size
            product(
                g, a[SGEMM], 78, 84, m, kg, size, lines, step, weight, size, a[ADDEND] == a[OUT], out, filters
            )
            _finish(a, out, done * filters + group * kg, group * kg, m)
            done += m


@kernel
def convolve_back(a: Words) -> None:
    """Add to an image what a gradient (OUT), multiplied with the filters, says of each window."""
    size, kg, filters = _rows_size(a), a[OUT_GROUP], a[FILTER_COUNT]
    g, place, rows = i64(a[SCRATCH]), a[SCRATCH] + _PLACE, a[SCRATCH] + _HEAD
    for group in range(a[GROUPS]):
        _start(a, place)
        image = a[IMAGE] + 4 * group * a[IN_GROUP]
        done = 0
        while done < a[ROWS]:
            m = a[BLOCK] if a[BLOCK] < a[ROWS] - done else a[ROWS] - done
            grad = a[OUT] + 4 * (done * filters + group * kg)
            weight = a[FILTERS] + 4 * group * kg * size
            if a[AS_IT_IS]:
                to = image + 4 * done * a[CHANNELS]
                product(g, a[SGEMM], 78, 78, m, size, kg, grad, filters, weight, size, 1, to, a[CHANNELS])
            else:
                product(g, a[SGEMM], 78, 78, m, size, kg, grad, filters, weight, size, 0, rows, size)
                for i in range(m):
                    _move(a, image, rows + 4 * i * size, True, place)
                    _step(a, place)
            done += m


@kernel
def convolve_filters(a: Words) -> None:
    """Write the gradient of the filters, from that of the output (OUT) and the windows."""
    size, kg, filters = _rows_size(a), a[OUT_GROUP], a[FILTER_COUNT]
    g, place, rows = i64(a[SCRATCH]), a[SCRATCH] + _PLACE, a[SCRATCH] + _HEAD
    step = a[CHANNELS] if a[AS_IT_IS] else size
    for group in range(a[GROUPS]):
        _start(a, place)
        image = a[IMAGE] + 4 * group * a[IN_GROUP]
        done = 0
        while done < a[ROWS]:
            m = a[BLOCK] if a[BLOCK] < a[ROWS] - done else a[ROWS] - done
            lines = _gathered(a, image, done, m, rows, place)
            grad = a[OUT] + 4 * (done * filters + group * kg)
            weight = a[FILTERS] + 4 * group * kg * size
            product(g, a[SGEMM], 84, 78, kg, size, m, grad, filters, lines, step, done, weight, size)
            done += m
