"""Convolutions as they are defined: windows over images times filters in panels, finished in registers.

Images have their channels last. No window is gathered: a table tells where each of its elements lies, and
those outside of the image are zeros that lie elsewhere. Of few channels the image is copied with the zeros
around it: then a line of a window is one stretch of memory, and counts as an element. The words are
addresses, and then the geometry, in the order below; what has fewer axes of space has extents of 1.
"""

from __future__ import annotations

from mxnet.native.kernels.language import Words, f32, i64, inline, kernel
from mxnet.native.kernels.panels import SPARE, multiply_panels

IMAGE, FILTERS, BIAS, ADDEND, OUT, SCRATCH = 0, 1, 2, 3, 4, 5
DEPTH, HEIGHT, WIDTH, CHANNELS = 6, 7, 8, 9
KERNEL, STRIDE, PAD, DILATE, SPACE = 10, 13, 16, 19, 22
FILTER_COUNT, OUT_ROW, ADDEND_ROW = 25, 26, 27  # filters to multiply with; bytes from pixel to pixel
FIRST, ROWS, BLOCK, RELU, TAKES_PIXELS, BY_LINES = 28, 29, 30, 31, 32, 33


@inline
def _list_window(a, number, z, y, x, entry, line, zeros):
    """Write where the elements of a window lie."""
    channels, height, width = 4 * a[CHANNELS], a[HEIGHT], a[WIDTH]
    for k in range(a[KERNEL]):
        down = z * a[STRIDE] - a[PAD] + k * a[DILATE]
        for i in range(a[KERNEL + 1]):
            at = y * a[STRIDE + 1] - a[PAD + 1] + i * a[DILATE + 1]
            there = down >= 0 and down < a[DEPTH] and at >= 0 and at < height
            start = a[IMAGE] + channels * ((number * a[DEPTH] + down) * height + at) * width
            for j in range(a[KERNEL + 2]):
                across = x * a[STRIDE + 2] - a[PAD + 2] + j * a[DILATE + 2]
                inside = there and across >= 0 and across < width
                i64(entry)[0] = start + channels * across if inside else zeros
                entry += line


@inline
def _surround(a, image, target):
    """Copy an image and the zeros around it."""
    source, t, width = f32(image), f32(target), a[WIDTH] * a[CHANNELS]
    side, at = a[PAD + 2] * a[CHANNELS], 0
    for y in range(-a[PAD + 1], a[HEIGHT] + a[PAD + 1]):
        inside = y >= 0 and y < a[HEIGHT]
        for x in range(side if inside else 2 * side + width):
            t[at + x] = 0
        if inside:
            line = y * width
            for x in range(width):
                t[at + side + x] = source[line + x]
            for x in range(side):
                t[at + side + width + x] = 0
        at += 2 * side + width


@inline
def _list_lines(a, y, x, entry, line, image):
    """Write where the lines of a window lie in an image with zeros around it."""
    wide = 4 * a[CHANNELS] * (a[WIDTH] + 2 * a[PAD + 2])
    image += y * a[STRIDE + 1] * wide + 4 * a[CHANNELS] * x * a[STRIDE + 2]
    for _ in range(a[KERNEL + 1]):
        i64(entry)[0] = image
        image += wide
        entry += line


@inline
def _list_windows(a, first, m, table, line, zeros, image):
    """Write where the elements of so many windows lie: pixels, or lines of an image with zeros around it."""
    x, row = first % a[SPACE + 2], first // a[SPACE + 2]
    y, row = row % a[SPACE + 1], row // a[SPACE + 1]
    z, number = row % a[SPACE], row // a[SPACE]
    for i in range(m):
        if a[BY_LINES]:
            _list_lines(a, y, x, table + 8 * i, line, image)
        else:
            _list_window(a, number, z, y, x, table + 8 * i, line, zeros)
        x += 1
        if x == a[SPACE + 2]:
            x = 0
            y += 1
            if y == a[SPACE + 1]:
                y = 0
                z += 1
                if z == a[SPACE]:
                    z = 0
                    number += 1


@kernel
def convolve_directly(a: Words) -> None:
    """Multiply windows with filters in panels, add bias and addend, and apply ReLU.

    The addend may lie where the result will.
    """
    together = a[KERNEL + 2] if a[BY_LINES] else 1
    channels, elements = a[CHANNELS] * together, a[KERNEL] * a[KERNEL + 1] * a[KERNEL + 2] // together
    spare, line = a[SCRATCH], 8 * a[BLOCK]
    table = spare + SPARE
    zeros = table + line * elements
    z = f32(zeros)
    for c in range(channels if channels > 16 else 16):
        z[c] = 0
    whole = zeros + 4 * (channels if channels > 16 else 16)
    done, of_image = 0, a[SPACE + 1] * a[SPACE + 2]
    while done < a[ROWS]:
        m = a[BLOCK] if a[BLOCK] < a[ROWS] - done else a[ROWS] - done
        first = a[FIRST] + done
        if a[BY_LINES]:
            number, at = first // of_image, first % of_image
            m = of_image - at if of_image - at < m else m
            if done == 0 or at == 0:
                _surround(a, a[IMAGE] + 4 * number * a[HEIGHT] * a[WIDTH] * a[CHANNELS], whole)
        t = i64(table)
        if a[TAKES_PIXELS]:
            for i in range(m):
                t[i] = a[IMAGE] + 4 * channels * (first + i)
        else:
            _list_windows(a, first, m, table, line, zeros, whole)
        addend = a[ADDEND] + a[ADDEND_ROW] * first if a[ADDEND] != 0 else 0
        multiply_panels(
            table, line, 0, m, elements, channels, a[FILTERS], a[FILTER_COUNT], a[OUT] + a[OUT_ROW] * first,
            a[OUT_ROW], a[BIAS], addend, a[ADDEND_ROW], 64, a[RELU], a[FILTERS], zeros, spare,
        )  # fmt: skip
        done += m
