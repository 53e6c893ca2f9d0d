"""A row times a matrix that lies line by line: each line is read once, as fast as memory gives it."""

from __future__ import annotations

import numpy as np

from mxnet.native.kernels.language import Words, f32, inline, kernel


@inline
def _finished(total, bias, i, relu):
    total = total + f32(bias)[i] if bias != 0 else total
    return np.float32(0) if relu and not total > np.float32(0) else total


@kernel
def multiply_row(a: Words) -> None:
    """Multiply a row of k numbers with lines of a matrix, from which to before which.

    A bias is added, and ReLU applied. Four lines are read abreast, as memory answers several sooner than one.
    """
    x, out, bias, k, relu, end = f32(a[0]), f32(a[3]), a[2], a[4], a[5], a[7]
    whole = a[6] + ((end - a[6]) & ~3)
    for i in range(a[6], whole, 4):
        m = f32(a[1] + 4 * i * k)
        s0 = s1 = s2 = s3 = np.float32(0)
        for j in range(k):
            number = x[j]
            s0 += number * m[j]
            s1 += number * m[j + k]
            s2 += number * m[j + 2 * k]
            s3 += number * m[j + 3 * k]
        out[i] = _finished(s0, bias, i, relu)
        out[i + 1] = _finished(s1, bias, i + 1, relu)
        out[i + 2] = _finished(s2, bias, i + 2, relu)
        out[i + 3] = _finished(s3, bias, i + 3, relu)
    for i in range(whole, end):
        m, total = f32(a[1] + 4 * i * k), np.float32(0)
        for j in range(k):
            total += x[j] * m[j]
        out[i] = _finished(total, bias, i, relu)
