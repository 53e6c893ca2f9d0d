"""Max pooling of images that have their channels first, and where the maxima were, as training needs it."""

from __future__ import annotations

import numpy as np

from mxnet.native.kernels.language import Words, f32, i64, inline, kernel

FIRST, END = 3, 4  # planes: a channel of an image each
HEIGHT, WIDTH, KERNEL, STRIDE, PAD, PLACES = 5, 6, 7, 9, 11, 13

_LOWEST = np.float32(-3.4028234663852886e38)


@inline
def _begin(first, left, pad, stride, out, where, n):
    """Begin with less than any number, at the first pixel of each window that is there."""
    o, w = f32(out), i64(where)
    for x in range(n):
        o[x] = _LOWEST
        w[x] = first
    for x in range(left, n):
        w[x] = first + x * stride - pad


@inline
def _look(source, place, step, out, where, n):
    """Keep what is larger of some pixels, and their places; NaN never is."""
    s, o, w = f32(source), f32(out), i64(where)
    for x in range(n):
        pixel, most = s[x * step], o[x]
        o[x] = pixel if pixel > most else most
        w[x] = place + x * step if pixel > most else w[x]


@inline
def _look_at_fours(above, below, place, width, out, where, n):
    """Do all of it for squares of four pixels, the most common window."""
    u, d, o, w = f32(above), f32(below), f32(out), i64(where)
    for x in range(n):
        at, second, third, fourth = place + 2 * x, u[2 * x + 1], d[2 * x], d[2 * x + 1]
        most = u[2 * x] if u[2 * x] > _LOWEST else _LOWEST
        at = place + 2 * x + 1 if second > most else at
        most = second if second > most else most
        at = place + width + 2 * x if third > most else at
        most = third if third > most else most
        w[x] = place + width + 2 * x + 1 if fourth > most else at
        o[x] = fourth if fourth > most else most


@kernel
def pool_maxima(a: Words) -> None:
    """Find the maxima of windows, of equal ones the first.

    Words: data, maxima, where in its plane each was, and what the constants above name.
    """
    height, width, pad, stride, places = a[HEIGHT], a[WIDTH], a[PAD + 1], a[STRIDE + 1], a[PLACES + 1]
    size = a[PLACES] * places
    left = (pad + stride - 1) // stride  # windows that begin left of the image
    left = left if left < places else places
    of_fours = a[KERNEL] == 2 and a[KERNEL + 1] == 2 and stride == 2 and a[PAD] == 0 and pad == 0
    for plane in range(a[FIRST], a[END]):
        image = a[0] + 4 * plane * height * width
        for line in range(a[PLACES]):
            out, where = a[1] + 4 * (plane * size + line * places), a[2] + 8 * (plane * size + line * places)
            top = line * a[STRIDE] - a[PAD]
            first = top if top > 0 else 0
            end = top + a[KERNEL] if top + a[KERNEL] < height else height
            if of_fours and end == first + 2:
                above = image + 4 * first * width
                _look_at_fours(above, above + 4 * width, first * width, width, out, where, places)
            else:
                _begin(first * width, left, pad, stride, out, where, places)
                for y in range(first, end):
                    for j in range(a[KERNEL + 1]):
                        begin = (pad - j + stride - 1) // stride if pad > j else 0
                        n = (width - 1 + pad - j) // stride + 1 if width + pad > j else 0
                        n = (n if n < places else places) - begin
                        place = y * width + begin * stride + j - pad
                        if stride == 1:
                            _look(image + 4 * place, place, 1, out + 4 * begin, where + 8 * begin, n)
                        elif stride == 2:
                            _look(image + 4 * place, place, 2, out + 4 * begin, where + 8 * begin, n)
                        else:
                            _look(image + 4 * place, place, stride, out + 4 * begin, where + 8 * begin, n)


@kernel
def pool_maxima_grad(a: Words) -> None:
    """Add up the gradient of pixels.

    Words: gradient of the maxima, that of the data, and the rest as above.
    """
    pixels, size = a[HEIGHT] * a[WIDTH], a[PLACES] * a[PLACES + 1]
    for plane in range(a[FIRST], a[END]):
        g, into = f32(a[0] + 4 * plane * size), f32(a[1] + 4 * plane * pixels)
        w = i64(a[2] + 8 * plane * size)
        for x in range(pixels):
            into[x] = 0
        for x in range(size):
            if w[x] >= 0 and w[x] < pixels:
                into[w[x]] += g[x]
