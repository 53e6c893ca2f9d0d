"""Comparisons of two operands, which say 0 or 1, and what is chosen or combined by such truths."""

from __future__ import annotations

import numpy as np

from mxnet.native.kernels.language import Words, binary, f32, kernel, words_at


@binary
def equal(x, y):
    return np.float32(1) if x == y else np.float32(0)


@binary
def not_equal(x, y):
    return np.float32(1) if x != y else np.float32(0)


@binary
def greater(x, y):
    return np.float32(1) if x > y else np.float32(0)


@binary
def greater_equal(x, y):
    return np.float32(1) if x >= y else np.float32(0)


@binary
def lesser(x, y):
    return np.float32(1) if x < y else np.float32(0)


@binary
def lesser_equal(x, y):
    return np.float32(1) if x <= y else np.float32(0)


@binary
def logical_and(x, y):
    return np.float32(1) if x != np.float32(0) and y != np.float32(0) else np.float32(0)


@binary
def logical_or(x, y):
    return np.float32(1) if x != np.float32(0) or y != np.float32(0) else np.float32(0)


@binary
def logical_xor(x, y):
    return np.float32(1) if (x != np.float32(0)) != (y != np.float32(0)) else np.float32(0)


@kernel
def where(a: Words) -> None:  # by a condition for each row of so many elements; two say what is a number
    condition, out, width = f32(a[0]), f32(a[3]), a[5]
    x, y = f32(words_at(a) + 8 if a[6] else a[1]), f32(words_at(a) + 16 if a[7] else a[2])
    x_step, y_step = 1 - a[6], 1 - a[7]
    if width == 1:
        for i in range(a[4]):
            left, right = x[i * x_step], y[i * y_step]
            out[i] = left if condition[i] != np.float32(0) else right
    else:
        for i in range(a[4]):
            for j in range(i * width, (i + 1) * width):
                left, right = x[j * x_step], y[j * y_step]
                out[j] = left if condition[i] != np.float32(0) else right
