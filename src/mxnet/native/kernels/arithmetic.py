"""Functions of two operands, which may be arrays that are repeated to one shape, or numbers."""

from __future__ import annotations

from mxnet.native.kernels.language import binary


@binary
def add(x, y):
    return x + y


@binary
def sub(x, y):
    return x - y


@binary
def mul(x, y):
    return x * y


@binary
def div(x, y):
    return x / y


@binary
def maximum(x, y):  # NaN stays
    return x if x > y or x != x else y  # noqa: PLR0124


@binary
def minimum(x, y):
    return x if x < y or x != x else y  # noqa: PLR0124
