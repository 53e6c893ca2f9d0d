"""Convolutions as they are defined: windows over images times filters in panels, finished in registers.

Images have their channels last. No window is gathered: a table tells where each of its elements lies, and
those outside of the image are zeros that lie elsewhere. The words are addresses, and then the geometry, in
the order below; what has fewer than three axes of space has extents of 1.
"""

from __future__ import annotations

from mxnet.native.kernels.language import Words, f32, i64, inline, kernel
from mxnet.native.kernels.panels import SPARE, multiply_panels

IMAGE, FILTERS, BIAS, ADDEND, OUT, SCRATCH = 0, 1, 2, 3, 4, 5
DEPTH, HEIGHT, WIDTH, CHANNELS = 6, 7, 8, 9
KERNEL, STRIDE, PAD, DILATE, SPACE = 10, 13, 16, 19, 22
FILTER_COUNT, OUT_ROW, ADDEND_ROW = 25, 26, 27  # filters to multiply with; bytes from pixel to pixel
FIRST, ROWS, BLOCK, RELU, TAKES_PIXELS = 28, 29, 30, 31, 32


@inline
def _list_window(a, row, entry, line, zeros):
    """Write where the elements of a window lie."""
    channels, height, width = 4 * a[CHANNELS], a[HEIGHT], a[WIDTH]
    x, row = row % a[SPACE + 2], row // a[SPACE + 2]
    y, row = row % a[SPACE + 1], row // a[SPACE + 1]
    z, row = row % a[SPACE], row // a[SPACE]
    for k in range(a[KERNEL]):
        down = z * a[STRIDE] - a[PAD] + k * a[DILATE]
        for i in range(a[KERNEL + 1]):
            at = y * a[STRIDE + 1] - a[PAD + 1] + i * a[DILATE + 1]
            there = down >= 0 and down < a[DEPTH] and at >= 0 and at < height
            start = a[IMAGE] + channels * ((row * a[DEPTH] + down) * height + at) * width
            for j in range(a[KERNEL + 2]):
                across = x * a[STRIDE + 2] - a[PAD + 2] + j * a[DILATE + 2]
                inside = there and across >= 0 and across < width
                i64(entry)[0] = start + channels * across if inside else zeros
                entry += line


@kernel
def convolve_directly(a: Words) -> None:
    """Multiply windows with filters in panels, add bias and addend, and apply ReLU.

    The addend may lie where the result will.
    """
    channels, elements = a[CHANNELS], a[KERNEL] * a[KERNEL + 1] * a[KERNEL + 2]
    spare, line = a[SCRATCH], 8 * a[BLOCK]
    table = spare + SPARE
    zeros = table + line * elements
    z = f32(zeros)
    for c in range(channels if channels > 16 else 16):
        z[c] = 0
    done = 0
    while done < a[ROWS]:
        m = a[BLOCK] if a[BLOCK] < a[ROWS] - done else a[ROWS] - done
        first = a[FIRST] + done
        t = i64(table)
        if a[TAKES_PIXELS]:
            for i in range(m):
                t[i] = a[IMAGE] + 4 * channels * (first + i)
        else:
            for i in range(m):
                _list_window(a, first + i, table + 8 * i, line, zeros)
        addend = a[ADDEND] + a[ADDEND_ROW] * first if a[ADDEND] != 0 else 0
        multiply_panels(
            table, line, 0, m, elements, channels, a[FILTERS], a[FILTER_COUNT], a[OUT] + a[OUT_ROW] * first,
            a[OUT_ROW], a[BIAS], addend, a[ADDEND_ROW], a[RELU], zeros, spare,
        )  # fmt: skip
        done += m
