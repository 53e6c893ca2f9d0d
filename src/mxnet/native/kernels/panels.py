"""Sums that stay in registers until they are whole: tiles of products of matrices, and windows of channels.

A matrix lies in panels: 16 columns of a row side by side, row after row, and then the next 16. Nothing is
packed on the way, which a library's product has to do, and which is most of its time where rows are few.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

from mxnet.native.kernels.language import inline, intrinsic

__all__ = ["multiply_panels", "sum_window"]

_ROWS, _LANES = 6, 8  # of a tile, with two vectors a row: 12 of the 16 registers of AVX2
_HALVES = (0, 4 * _LANES)  # bytes
_I64, _I32, _F32 = ir.IntType(64), ir.IntType(32), ir.FloatType()
_VECTOR = ir.VectorType(_F32, _LANES)
_FAST = ("contract", "reassoc", "nsz")

Values = Sequence[Any]


def _load(builder: Any, address: Any, more: int = 0) -> Any:
    place = builder.add(address, _I64(more)) if more else address
    value = builder.load(builder.inttoptr(place, _VECTOR.as_pointer()))
    value.align = 4
    return value


def _load_number(builder: Any, address: Any, kind: Any) -> Any:
    return builder.load(builder.inttoptr(address, kind.as_pointer()))


def _repeated(builder: Any, number: Any) -> Any:
    one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), number, _I32(0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(_I32, _LANES), [0] * _LANES))


def _row(builder: Any, base: Any, step: Any, row: int) -> Any:
    return builder.add(base, builder.mul(step, _I64(row))) if row else base


def _summed(
    builder: Any,
    count: Any,
    starts: Values,
    walks: Sequence[tuple[Any, Any]],
    factors: Callable[..., Sequence[tuple[Any, Any]]],
) -> Values:
    """Add products to vectors in a loop; addresses walk from the first of a pair, by the second."""
    begin = builder.block
    loop, end = (builder.append_basic_block(name) for name in ("summing", "summed"))
    builder.branch(loop)
    builder.position_at_end(loop)
    i, *at = (builder.phi(_I64) for _ in range(len(walks) + 1))
    sums = [builder.phi(_VECTOR) for _ in starts]
    after = [
        builder.fadd(builder.fmul(x, y, flags=_FAST), total, flags=_FAST)
        for total, (x, y) in zip(sums, factors(*at), strict=True)
    ]
    going = [(i, _I64(0), _I64(1)), *((phi, *walk) for phi, walk in zip(at, walks, strict=True))]
    values = [(phi, first, builder.add(phi, step)) for phi, first, step in going]
    values += zip(sums, starts, after, strict=True)
    for phi, first, now in values:
        phi.add_incoming(first, begin)
        phi.add_incoming(now, loop)
    builder.cbranch(builder.icmp_signed("<", values[0][2], count), loop, end)
    builder.position_at_end(end)
    return after


def _finished(builder: Any, sums: Values, places: Values, relu: Any) -> None:
    """Store vectors, after ReLU, which makes of NaN 0 as in MXNet."""
    zero, bends = ir.Constant(_VECTOR, [0.0] * _LANES), builder.icmp_signed("!=", relu, _I64(0))
    for plain, place in zip(sums, places, strict=True):
        bent = builder.select(builder.fcmp_ordered(">", plain, zero), plain, zero)
        target = builder.inttoptr(place, _VECTOR.as_pointer())
        builder.store(builder.select(bends, bent, plain), target).align = 4


def _product_tile(rows: int) -> Any:
    """Make the intrinsic that computes a tile with that many rows; steps are in bytes."""

    def tile(builder: Any, a: Any, a_row: Any, a_step: Any, b: Any, b_step: Any, count: Any, out: Any,
             out_row: Any, bias: Any, addend: Any, addend_row: Any, relu: Any) -> None:  # fmt: skip
        each = [(row, half) for row in range(rows) for half in _HALVES]
        starts = [_load(builder, bias, half) for _, half in each]

        def factors(at_a: Any, at_b: Any) -> Sequence[tuple[Any, Any]]:
            line = [_load(builder, at_b, half) for half in _HALVES]
            numbers = (_load_number(builder, _row(builder, at_a, a_row, row), _F32) for row in range(rows))
            return [(x, y) for x in [_repeated(builder, number) for number in numbers] for y in line]

        sums = _summed(builder, count, starts, [(a, a_step), (b, b_step)], factors)
        more = [_load(builder, _row(builder, addend, addend_row, row), half) for row, half in each]
        sums = [builder.fadd(*pair, flags=_FAST) for pair in zip(sums, more, strict=True)]
        places = [builder.add(_row(builder, out, out_row, row), _I64(half)) for row, half in each]
        _finished(builder, sums, places, relu)

    return intrinsic(tile)


_tile_1, _tile_2, _tile_3, _tile_4, _tile_5, _tile_6 = map(_product_tile, range(1, _ROWS + 1))


@inline
def _tile(m, a, a_row, a_step, b, b_step, k, out, out_row, bias, addend, addend_row, relu):
    if m >= 6:
        _tile_6(a, a_row, a_step, b, b_step, k, out, out_row, bias, addend, addend_row, relu)
    elif m == 5:
        _tile_5(a, a_row, a_step, b, b_step, k, out, out_row, bias, addend, addend_row, relu)
    elif m == 4:
        _tile_4(a, a_row, a_step, b, b_step, k, out, out_row, bias, addend, addend_row, relu)
    elif m == 3:
        _tile_3(a, a_row, a_step, b, b_step, k, out, out_row, bias, addend, addend_row, relu)
    elif m == 2:
        _tile_2(a, a_row, a_step, b, b_step, k, out, out_row, bias, addend, addend_row, relu)
    else:
        _tile_1(a, a_row, a_step, b, b_step, k, out, out_row, bias, addend, addend_row, relu)


@inline
def multiply_panels(
    a, a_row, a_step, m, b, b_step, b_panel, n, k, out, out_row, bias, addend, addend_row, relu
):
    """Compute a product (m, n) over k with panels, plus a bias and an addend; all steps are in bytes.

    Either may be zeros, as many as a row has; an addend then with a step of 0. Rows of a panel may lie apart.
    """
    for j in range(n >> 4):
        panel, column = b + b_panel * j, 64 * j
        for i in range(0, m, 6):
            _tile(
                m - i, a + i * a_row, a_row, a_step, panel, b_step, k, out + i * out_row + column, out_row,
                bias + column, addend + i * addend_row + column, addend_row, relu,
            )  # fmt: skip


def _window(pixels: int) -> Any:
    """Make the intrinsic that adds up windows around that many pixels, of 16 channels each."""

    def window(builder: Any, table: Any, count: Any, image: Any, step: Any, filters: Any, out: Any,
               out_step: Any, bias: Any, relu: Any) -> None:  # fmt: skip
        each = [(pixel, half) for pixel in range(pixels) for half in _HALVES]
        starts = [_load(builder, bias, half) for _, half in each]

        def factors(entry: Any) -> Sequence[tuple[Any, Any]]:
            pixel = builder.add(image, _load_number(builder, entry, _I64))
            tap = builder.add(filters, _load_number(builder, builder.add(entry, _I64(8)), _I64))
            line = {half: _load(builder, tap, half) for half in _HALVES}
            return [
                (_load(builder, _row(builder, pixel, step, which), half), line[half]) for which, half in each
            ]

        sums = _summed(builder, count, starts, [(table, _I64(16))], factors)
        places = [builder.add(_row(builder, out, out_step, pixel), _I64(half)) for pixel, half in each]
        _finished(builder, sums, places, relu)

    return intrinsic(window)


_window_1, _window_4 = _window(1), _window(4)


@inline
def sum_window(pixels, table, count, image, step, filters, channels, out, bias, relu):
    """Add up the windows around 1 or 4 pixels of an output, channel by channel.

    The table says of each element how many bytes from `image` it is, and from `filters` what it is
    multiplied by; for the next pixel the elements lie a step further on.
    """
    for c in range(0, 4 * channels, 64):
        if pixels == 4:
            _window_4(table, count, image + c, step, filters + c, out + c, 4 * channels, bias + c, relu)
        else:
            _window_1(table, count, image + c, step, filters + c, out + c, 4 * channels, bias + c, relu)
