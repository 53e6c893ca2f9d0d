"""Matrices transposed, many at once: images change between channels first and channels last so."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from mxnet.native.kernels.language import Words, f32, inline, intrinsic, kernel

_I64, _I32 = ir.IntType(64), ir.IntType(32)
_LANES = 8
_VECTOR = ir.VectorType(ir.FloatType(), _LANES)

# Which elements of two vectors each of the three rounds takes: ones, pairs, halves.
_ROUNDS = (
    (1, (0, 8, 1, 9, 4, 12, 5, 13), (2, 10, 3, 11, 6, 14, 7, 15)),
    (2, (0, 1, 8, 9, 4, 5, 12, 13), (2, 3, 10, 11, 6, 7, 14, 15)),
    (4, (0, 1, 2, 3, 8, 9, 10, 11), (4, 5, 6, 7, 12, 13, 14, 15)),
)
_ORDER = (0, 2, 1, 3, 4, 6, 5, 7)


@intrinsic
def _transpose_block(builder: Any, source: Any, step: Any, target: Any, stride: Any) -> None:
    """Transpose 8 by 8 numbers in registers; the steps from row to row are in bytes."""

    def row(base: Any, width: Any, i: int) -> Any:
        return builder.inttoptr(builder.add(base, builder.mul(width, _I64(i))), _VECTOR.as_pointer())

    def mixed(x: Any, y: Any, elements: tuple[int, ...]) -> Any:
        return builder.shuffle_vector(x, y, ir.Constant(ir.VectorType(_I32, _LANES), elements))

    rows = []
    for i in range(_LANES):
        rows.append(builder.load(row(source, step, i)))
        rows[-1].align = 4
    for distance, low, high in _ROUNDS:
        mixed_rows = list(rows)
        for i in range(_LANES):
            if not i & distance:
                mixed_rows[i] = mixed(rows[i], rows[i + distance], low)
                mixed_rows[i + distance] = mixed(rows[i], rows[i + distance], high)
        rows = mixed_rows
    for i, which in enumerate(_ORDER):
        builder.store(rows[which], row(target, stride, i)).align = 4


@inline
def _one_by_one(s, d, rows, columns, first_row, first_column):
    """Transpose what lies behind a row and what lies behind a column."""
    for k in range(first_column):
        for j in range(first_row, rows):
            d[k * rows + j] = s[j * columns + k]
    for k in range(first_column, columns):
        for j in range(rows):
            d[k * rows + j] = s[j * columns + k]


@inline
def _spread(s, d, n, rows, columns):
    """Transpose few rows, of a number that the compiler knows: colours."""
    for i in range(n):
        for k in range(columns):
            for j in range(rows):
                d[(i * columns + k) * rows + j] = s[(i * rows + j) * columns + k]


@inline
def _gathered(s, d, n, rows, columns):
    """Transpose few columns, likewise."""
    for i in range(n):
        for j in range(rows):
            for k in range(columns):
                d[(i * columns + k) * rows + j] = s[(i * rows + j) * columns + k]


@inline
def _few(source, target, n, rows, columns):
    """Transpose matrices with a side of a number that the compiler knows; return whether they were such."""
    s, d = f32(source), f32(target)
    done = True
    if rows == 3:
        _spread(s, d, n, 3, columns)
    elif rows == 2:
        _spread(s, d, n, 2, columns)
    elif columns == 9:
        _gathered(s, d, n, rows, 9)
    elif columns == 2:
        _gathered(s, d, n, rows, 2)
    elif columns == 3:
        _gathered(s, d, n, rows, 3)
    else:
        done = False
    return done


@inline
def _pair(at, to, rows, columns, across, down, second):
    """Transpose a block, and one beside it, across or below."""
    _transpose_block(at, 4 * columns, to, 4 * rows)
    if second:
        _transpose_block(
            at + 4 * (across + down * columns), 4 * columns, to + 4 * (across * rows + down), 4 * rows
        )


@kernel
def transpose(a: Words) -> None:
    """Write matrices (n, rows, columns) as (n, columns, rows)."""
    source, target, n, rows, columns = a[0], a[1], a[2], a[3], a[4]
    if _few(source, target, n, rows, columns):
        return
    whole_rows, whole_columns = rows & ~7, columns & ~7
    for i in range(n):
        at, to = source + 4 * i * rows * columns, target + 4 * i * rows * columns
        # Along the longer side, two blocks abreast: whole lines of memory, and few of them at a time.
        if rows < columns:
            for j in range(0, whole_rows, 16):
                second = j + 8 < whole_rows
                for k in range(0, whole_columns, 8):
                    _pair(at + 4 * (j * columns + k), to + 4 * (k * rows + j), rows, columns, 0, 8, second)
        else:
            for k in range(0, whole_columns, 16):
                second = k + 8 < whole_columns
                for j in range(0, whole_rows, 8):
                    _pair(at + 4 * (j * columns + k), to + 4 * (k * rows + j), rows, columns, 8, 0, second)
        _one_by_one(f32(at), f32(to), rows, columns, whole_rows, whole_columns)
