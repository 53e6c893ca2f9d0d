"""Products that are not the library's: of one row, and of matrices for which its call takes the longest."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir

from mxnet.native.kernels.language import Words, f32, inline, intrinsic, kernel
from mxnet.native.kernels.vectors import FAST, I64, choose, loop, moved


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


_MOST_ROWS = 4


def _tile(width: int) -> Any:
    """Return what multiplies some rows, 4 at most, with columns that are as many as a vector is wide."""
    one, vector = ir.FloatType(), ir.VectorType(ir.FloatType(), width)
    order = ir.Constant(ir.VectorType(ir.IntType(32), width), [0] * width)

    def at(builder: Any, address: Any, kind: Any) -> Any:
        return builder.inttoptr(address, kind.as_pointer())

    def load(builder: Any, address: Any) -> Any:
        value = builder.load(at(builder, address, vector))
        value.align = 4
        return value

    def repeated(builder: Any, address: Any) -> Any:
        number = builder.load(at(builder, address, one))
        single = builder.insert_element(ir.Constant(vector, ir.Undefined), number, ir.IntType(32)(0))
        return builder.shuffle_vector(single, single, order)

    @intrinsic
    def write(builder: Any, x: Any, row: Any, column: Any, y: Any, line: Any, out: Any, k: Any, rows: Any,
              adds: Any) -> None:  # fmt: skip
        """Write the products, or add them to what is there; steps are in bytes."""

        def of_rows(count: int) -> None:
            def turn(a: Any, b: Any, *sums: Any) -> list[Any]:
                other = load(builder, b)
                numbers = [repeated(builder, moved(builder, a, row, i)) for i in range(count)]
                more = [builder.fmul(number, other, flags=FAST) for number in numbers]
                made = [builder.fadd(*pair, flags=FAST) for pair in zip(sums, more, strict=True)]
                return [builder.add(a, column), builder.add(b, line), *made]

            places = [moved(builder, out, line, i) for i in range(count)]
            nothing, is_more = ir.Constant(vector, [0.0] * width), builder.icmp_signed("!=", adds, I64(0))
            for value, place in zip(
                loop(builder, k, [x, y, *[nothing] * count], turn)[2:], places, strict=True
            ):
                with builder.if_else(is_more) as (more, alone):
                    with more:
                        total = builder.fadd(value, load(builder, place), flags=FAST)
                        builder.store(total, at(builder, place, vector)).align = 4
                    with alone:
                        builder.store(value, at(builder, place, vector)).align = 4

        choose(builder, rows, _MOST_ROWS, of_rows)

    return write


_eight, _four, _two, _one = map(_tile, (8, 4, 2, 1))


@kernel
def matmul_small(a: Words) -> None:
    """Multiply a matrix (m, k) with one (k, n) that lies line by line, as the result does.

    Words: the two, the result, m, k, n, the steps of the first along its axes, and whether to add to what is
    there.
    """
    k, n, row, column, adds = a[4], a[5], 4 * a[6], 4 * a[7], a[8]
    line, whole, fours, twos = 4 * n, n & ~7, n & ~3, n & ~1
    for i in range(0, a[3], 4):
        x, y, out, rows = a[0] + i * row, a[1], a[2] + i * line, a[3] - i
        for j in range(0, whole, 8):
            _eight(x, row, column, y + 4 * j, line, out + 4 * j, k, rows, adds)
        if n & 4:
            _four(x, row, column, y + 4 * whole, line, out + 4 * whole, k, rows, adds)
        if n & 2:
            _two(x, row, column, y + 4 * fours, line, out + 4 * fours, k, rows, adds)
        if n & 1:
            _one(x, row, column, y + 4 * twos, line, out + 4 * twos, k, rows, adds)
