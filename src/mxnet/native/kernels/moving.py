"""Copies: parts of arrays, whole ones, and values that are repeated."""

from __future__ import annotations

import numpy as np

from mxnet.native.kernels.language import Words, f32, kernel, real, truncated


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


@kernel
def fill(a: Words) -> None:  # y = a number
    y, n, number = f32(a[0]), a[1], real(a[2])
    for i in range(n):
        y[i] = number


@kernel
def repeat(a: Words) -> None:  # y: four axes of some extents (the last one n), with the steps of x along them
    x, y, n, at = f32(a[0]), f32(a[1]), a[2], 0
    for i in range(a[3]):
        for j in range(a[4]):
            for k in range(a[5]):
                here = i * a[6] + j * a[7] + k * a[8]
                if a[9] == 0:
                    number = x[here]
                    for m in range(n):
                        y[at + m] = number
                elif a[9] == 1:
                    for m in range(n):
                        y[at + m] = x[here + m]
                else:
                    for m in range(n):
                        y[at + m] = x[here + m * a[9]]
                at += n


@kernel
def put(a: Words) -> None:  # the other way round: the steps are those of y
    x, y, n, at = f32(a[0]), f32(a[1]), a[2], 0
    for i in range(a[3]):
        for j in range(a[4]):
            for k in range(a[5]):
                here = i * a[6] + j * a[7] + k * a[8]
                for m in range(n):
                    y[here + m * a[9]] = x[at + m]
                at += n


@kernel
def look_up(a: Words) -> None:  # rows of x by numbers, which are clipped
    which, x, y, count, rows, width = f32(a[0]), f32(a[1]), f32(a[2]), a[3], a[4], a[5]
    last = np.float32(rows - 1)
    for i in range(count):
        at = which[i] if which[i] > np.float32(0) else np.float32(0)
        at = last if at > last else at
        here = min(np.int64(truncated(at)), rows - 1) * width  # of many rows, a float32 is above the last
        for j in range(width):
            y[i * width + j] = x[here + j]


@kernel
def add_up_rows(a: Words) -> None:  # the gradient of look_up, rows of y from which to before which
    which, g, y, count, rows, width, begin, end = (
        f32(a[0]),
        f32(a[1]),
        f32(a[2]),
        a[3],
        a[4],
        a[5],
        a[6],
        a[7],
    )
    last = np.float32(rows - 1)
    for i in range(begin * width, end * width):
        y[i] = np.float32(0)
    for i in range(count):
        at = which[i] if which[i] > np.float32(0) else np.float32(0)
        at = last if at > last else at
        row = min(np.int64(truncated(at)), rows - 1)  # of many rows, a float32 is above the last
        if row >= begin and row < end:
            for j in range(width):
                y[row * width + j] += g[i * width + j]
