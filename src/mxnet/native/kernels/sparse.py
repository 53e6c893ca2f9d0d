"""Arrays of which only some rows are stored: the numbers of the rows ascend."""

from __future__ import annotations

import math

import numpy as np

from mxnet.native.kernels.language import Words, f32, f64, i32, i64, kernel, real


@kernel
def merge_rows(
    a: Words,
) -> None:  # the rows of two arrays, each with how many and where it is among all; all rows, and their number
    x, m, in_x, y, n, in_y, rows = i64(a[0]), a[1], i64(a[2]), i64(a[3]), a[4], i64(a[5]), i64(a[6])
    i, j, k = np.int64(0), np.int64(0), np.int64(0)
    while i < m and j < n:  # without a jump that nobody can foresee
        row = min(x[i], y[j])
        rows[k] = row
        in_x[i] = k
        in_y[j] = k
        i, j = i + np.int64(x[i] == row), j + np.int64(y[j] == row)
        k += 1
    while i < m:
        rows[k] = x[i]
        in_x[i] = k
        i += 1
        k += 1
    while j < n:
        rows[k] = y[j]
        in_y[j] = k
        j += 1
        k += 1
    i64(a[7])[0] = k


@kernel
def add_rows(a: Words) -> None:  # x, rows, width, where each is added, the sum and its rows, factor
    x, width, places, out, n, factor = f32(a[0]), a[2], i64(a[3]), f32(a[4]), a[5], real(a[6])
    for r in range(a[1]):
        if places[r] >= 0 and places[r] < n:
            to = places[r] * width
            for i in range(width):
                out[to + i] += factor * x[r * width + i]


@kernel
def number_stretches(a: Words) -> None:  # where each begins, how many, the number of each element's, n
    starts, out = i64(a[0]), i64(a[2])
    for r in range(a[1]):
        for k in range(max(starts[r], 0), min(starts[r + 1], a[3])):
            out[k] = r


@kernel
def repeat_in_stretches(a: Words) -> None:  # x, where each begins, how many, x of each element's, n
    x, starts, out = i32(a[0]), i64(a[1]), i32(a[3])
    for r in range(a[2]):
        for k in range(max(starts[r], 0), min(starts[r + 1], a[4])):
            out[k] = x[r]


@kernel
def sum_stretches(a: Words) -> None:  # x, where each begins, how many, their sums, n
    x, starts, out = f32(a[0]), i64(a[1]), f32(a[3])
    for r in range(a[2]):
        total = np.float32(0)
        for k in range(max(starts[r], 0), min(starts[r + 1], a[4])):
            total += x[k]
        out[r] = total


@kernel
def fill_rows(a: Words) -> None:  # values, columns, where each row begins, rows, width, the matrix, n
    x, columns, starts, width, out = i32(a[0]), i64(a[1]), i64(a[2]), a[4], i32(a[5])
    for r in range(a[3]):
        for k in range(max(starts[r], 0), min(starts[r + 1], a[6])):
            if columns[k] >= 0 and columns[k] < width:
                out[r * width + columns[k]] = x[k]


@kernel
def sum_squares(a: Words) -> None:  # x, rows, width, sums of each row's squares
    x, width, sums = f32(a[0]), a[2], f32(a[3])
    for r in range(a[1]):
        total = np.float32(0)
        for i in range(width):
            total += x[r * width + i] * x[r * width + i]
        sums[r] = total


@kernel
def sum_all_squares(a: Words) -> None:  # x, how many, the sum in float64, its root
    x, n, total = f32(a[0]), a[1], np.float64(0)
    for start in range(0, n, 4096):
        part = np.float32(0)
        for i in range(start, min(start + 4096, n)):
            part += x[i] * x[i]
        total += np.float64(part)
    f64(a[2])[0] = total
    f32(a[3])[0] = np.float32(math.sqrt(total))


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
def rows_there(a: Words) -> None:  # x, rows, width, the numbers of the rows that are not 0, and how many
    x, width, rows, n = i32(a[0]), a[2], i64(a[3]), 0
    for r in range(a[1]):
        found = np.int32(0)
        for i in range(width):
            found |= x[r * width + i] & np.int32(0x7FFFFFFF)  # -0 is 0
        rows[n] = r
        n += 1 if found != np.int32(0) else 0
    i64(a[4])[0] = n


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
