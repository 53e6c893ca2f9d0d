"""Arrays of which only some rows are stored: the numbers of the rows ascend."""

from __future__ import annotations

import numpy as np

from mxnet.native.kernels.language import Words, f32, i32, i64, inline, kernel, real

_END = np.int64(1) << np.int64(62)


@inline
def _next_row(a, at):
    """Return the least number of a row at which an array is now."""
    least = _END
    for j in range(a[0]):
        if at[j] < a[8 + 4 * j]:
            row = i64(a[6 + 4 * j])[at[j]]
            least = row if row < least else least
    return least


@kernel
def sum_rows(
    a: Words,
) -> None:  # how many arrays; width; places for where each is, and for the rows, values and
    # number of the sum, which has room for all; then of each array the rows, values, how many, and its factor
    width, at, rows, out, n = a[1], i64(a[2]), i64(a[3]), f32(a[4]), 0
    for j in range(a[0]):
        at[j] = 0
    row = _next_row(a, at)
    while row != _END:
        rows[n] = row
        for i in range(width):
            out[n * width + i] = np.float32(0)
        for j in range(a[0]):
            if at[j] < a[8 + 4 * j] and i64(a[6 + 4 * j])[at[j]] == row:
                x, start, factor = f32(a[7 + 4 * j]), at[j] * width, real(a[9 + 4 * j])
                at[j] += 1
                for i in range(width):
                    out[n * width + i] += factor * x[start + i]
        n += 1
        row = _next_row(a, at)
    i64(a[5])[0] = n


@kernel
def sum_squares(a: Words) -> None:  # x, rows, width, sums of each row's squares
    x, width, sums = f32(a[0]), a[2], f32(a[3])
    for r in range(a[1]):
        total = np.float32(0)
        for i in range(width):
            total += x[r * width + i] * x[r * width + i]
        sums[r] = total


@kernel
def count_in_rows(a: Words) -> None:  # x, rows, width; where the elements that are not 0 of each row begin
    x, rows, width, starts = i32(a[0]), a[1], a[2], i64(a[3])
    total = np.int64(0)
    starts[0] = 0
    for r in range(rows):
        found = np.int32(0)
        for i in range(width):
            found += np.int32((x[r * width + i] & np.int32(0x7FFFFFFF)) != np.int32(0))  # -0 is 0
        total += np.int64(found)
        starts[r + 1] = total


@kernel
def take_from_rows(a: Words) -> None:  # x, rows, width, values and columns of the elements that are not 0
    x, rows, width, values, columns = f32(a[0]), a[1], a[2], f32(a[3]), i64(a[4])
    n, most = 0, a[5]
    for r in range(rows):
        for i in range(width):
            y = x[r * width + i]
            if y != np.float32(0) and n < most:
                values[n] = y
                columns[n] = i
                n += 1
