"""Products with a matrix in panels: 16 columns of a row side by side, row after row, and then the next 16.

A tile of the result is summed up in registers. Nothing is packed on the way, which a library's product has to
do, and which is most of its time where rows are few.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from mxnet.native.kernels.language import inline, intrinsic

__all__ = ["multiply_panels"]

_ROWS, _LANES = 6, 8  # of a tile, with two vectors a row: 12 of the 16 registers of AVX2
_HALVES = (0, 4 * _LANES)  # bytes
_I64, _I32, _F32 = ir.IntType(64), ir.IntType(32), ir.FloatType()
_VECTOR = ir.VectorType(_F32, _LANES)
_FAST = ("contract", "reassoc", "nsz")


def _load(builder: Any, address: Any, more: int = 0) -> Any:
    place = builder.add(address, _I64(more)) if more else address
    value = builder.load(builder.inttoptr(place, _VECTOR.as_pointer()))
    value.align = 4
    return value


def _load_repeated(builder: Any, address: Any) -> Any:
    """Return a vector of one number."""
    number = builder.load(builder.inttoptr(address, _F32.as_pointer()))
    one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), number, _I32(0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(_I32, _LANES), [0] * _LANES))


def _row(builder: Any, base: Any, step: Any, row: int) -> Any:
    return builder.add(base, builder.mul(step, _I64(row))) if row else base


def _summed(builder: Any, rows: int, count: Any, a: Any, a_row: Any, panel: Any) -> Sequence[Any]:
    """Return the sums of a tile, two vectors a row: a loop along a row, which is down the panel."""
    begin, zero = builder.block, ir.Constant(_VECTOR, [0.0] * _LANES)
    loop, end = (builder.append_basic_block(name) for name in ("summing", "summed"))
    builder.branch(loop)
    builder.position_at_end(loop)
    i, at_a, at_b = (builder.phi(_I64) for _ in range(3))
    sums = [builder.phi(_VECTOR) for _ in range(2 * rows)]
    line = [_load(builder, at_b, half) for half in _HALVES]
    numbers = [_load_repeated(builder, _row(builder, at_a, a_row, row)) for row in range(rows)]
    products = [builder.fmul(x, y, flags=_FAST) for x in numbers for y in line]
    after = [builder.fadd(*pair, flags=_FAST) for pair in zip(products, sums, strict=True)]
    values = [(phi, zero, now) for phi, now in zip(sums, after, strict=True)]
    for phi, first, step in ((i, _I64(0), 1), (at_a, a, 4), (at_b, panel, 8 * _LANES)):
        values.append((phi, first, builder.add(phi, _I64(step))))
    for phi, first, now in values:
        phi.add_incoming(first, begin)
        phi.add_incoming(now, loop)
    builder.cbranch(builder.icmp_signed("<", values[-3][2], count), loop, end)
    builder.position_at_end(end)
    return after


def _either(builder: Any, number: Any, most: int, write: Callable[[int], None]) -> None:
    """Write code for each number from 1 up to the most, which stands for all above too."""
    after = builder.append_basic_block("after")
    blocks = {each: builder.append_basic_block(f"of_{each}") for each in range(1, most + 1)}
    switch = builder.switch(number, blocks[most])
    for each, block in blocks.items():
        if each < most:
            switch.add_case(_I64(each), block)
        builder.position_at_end(block)
        write(each)
        builder.branch(after)
    builder.position_at_end(after)


@intrinsic
def _tile(
    builder: Any, number: Any, a: Any, a_row: Any, panel: Any, count: Any, out: Any, out_row: Any
) -> None:
    """Compute a tile with that many rows, or with 6 of more; steps from row to row are in bytes."""

    def write(rows: int) -> None:
        sums = _summed(builder, rows, count, a, a_row, panel)
        for i, total in enumerate(sums):
            row, half = divmod(i, 2)
            place = builder.add(_row(builder, out, out_row, row), _I64(_HALVES[half]))
            builder.store(total, builder.inttoptr(place, _VECTOR.as_pointer())).align = 4

    _either(builder, number, _ROWS, write)


@inline
def multiply_panels(a, m, b, n, k, out):
    """Compute a product of rows (m, k) with a matrix (k, n) in panels."""
    for j in range(n >> 4):
        for i in range(0, m, 6):
            _tile(m - i, a + 4 * i * k, 4 * k, b + 64 * k * j, k, out + 4 * i * n + 64 * j, 4 * n)
