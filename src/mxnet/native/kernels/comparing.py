"""Comparisons of two operands, which say 0 or 1."""

from __future__ import annotations

import numpy as np

from mxnet.native.kernels.language import binary


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
