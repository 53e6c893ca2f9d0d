"""Copies: parts of arrays, whole ones, and values that are repeated."""

from __future__ import annotations

from mxnet.native.kernels.language import Words, f32, kernel


@kernel
def copy(a: Words) -> None:  # rows of some width, with a step from one to the next on either side
    x, y, rows, width, from_step, to_step = f32(a[0]), f32(a[1]), a[2], a[3], a[4], a[5]
    for i in range(rows):
        for j in range(width):
            y[i * to_step + j] = x[i * from_step + j]


@kernel
def accumulate(a: Words) -> None:  # y += x
    x, y, n = f32(a[0]), f32(a[1]), a[2]
    for i in range(n):
        y[i] += x[i]
