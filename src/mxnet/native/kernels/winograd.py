"""Windows of 3 by 3 that move by single pixels, by Winograd's minimal filtering: far fewer multiplications.

Tiles of an image are transformed, multiplied with transformed filters by one product of matrices for each of
their elements, and transformed back. Lavin & Gray, *Fast Algorithms for Convolutional Neural Networks*, 2016.
An output tile has two or four pixels a side, an input tile two more. The words stand below in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import binding, ir

from mxnet.native.kernels.language import Words, f32, i64, inline, intrinsic, kernel, product
from mxnet.native.kernels.panels import SPARE, multiply_panels

IMAGE, FILTERS, BIAS, OUT, SCRATCH, SGEMM = 0, 1, 2, 3, 4, 5
HEIGHT, WIDTH, CHANNELS, FILTER_COUNT, PAD_Y, PAD_X = 6, 7, 8, 9, 10, 11
OUT_HEIGHT, OUT_WIDTH, DOWN, ACROSS = 12, 13, 14, 15  # of the output; how many tiles it has
SIDE, BLOCK, TILES, FIRST = 16, 17, 18, 19  # of an input tile; how many at a time and in all; the first, y, x
RELU, TRANSPOSED, PANELS = 22, 23, 24

_I64, _I32 = ir.IntType(64), ir.IntType(32)
_LANES = 16 if binding.get_host_cpu_features().get("avx512f") else 8
_VECTOR = ir.VectorType(ir.FloatType(), _LANES)
_FAST = ("contract", "reassoc", "nsz")
_PLANE_GAP = 16  # numbers between planes, so that these do not fall on the same places of the cache
_NEXT_AT, _WORDS_AT, _PLACES_AT = 16, 24, 72  # words of scratch: the next tile, addresses of pixels, places

Values = Sequence[Any]


class _Arithmetic:
    """Writes sums of vectors."""

    def __init__(self, builder: Any) -> None:
        self._builder = builder

    def add(self, x: Any, y: Any) -> Any:
        return self._builder.fadd(x, y, flags=_FAST)

    def sub(self, x: Any, y: Any) -> Any:
        return self._builder.fsub(x, y, flags=_FAST)

    def times(self, factor: float, x: Any) -> Any:
        return self._builder.fmul(x, ir.Constant(_VECTOR, [float(factor)] * _LANES), flags=_FAST)


# Each transforms a row or column: of an input tile, of products to an output tile, of a gradient of that.


def _in_2(a: _Arithmetic, d: Values) -> Values:
    return [a.sub(d[0], d[2]), a.add(d[1], d[2]), a.sub(d[2], d[1]), a.sub(d[1], d[3])]


def _out_2(a: _Arithmetic, m: Values) -> Values:
    return [a.add(a.add(m[0], m[1]), m[2]), a.sub(a.sub(m[1], m[2]), m[3])]


def _back_2(a: _Arithmetic, g: Values) -> Values:
    return [g[0], a.add(g[0], g[1]), a.sub(g[0], g[1]), a.times(-1, g[1])]


def _in_4(a: _Arithmetic, d: Values) -> Values:
    even, odd = a.sub(d[4], a.times(4, d[2])), a.sub(d[3], a.times(4, d[1]))
    near, far = a.sub(d[4], d[2]), a.times(2, a.sub(d[3], d[1]))
    return [
        a.add(a.times(4, d[0]), a.sub(d[4], a.times(5, d[2]))),
        a.add(even, odd),
        a.sub(even, odd),
        a.add(near, far),
        a.sub(near, far),
        a.add(a.times(4, d[1]), a.sub(d[5], a.times(5, d[3]))),
    ]


def _out_4(a: _Arithmetic, m: Values) -> Values:
    even, odd = a.add(m[1], m[2]), a.sub(m[1], m[2])
    near, far = a.add(m[3], m[4]), a.sub(m[3], m[4])
    return [
        a.add(a.add(m[0], even), near),
        a.add(odd, a.times(2, far)),
        a.add(even, a.times(4, near)),
        a.add(a.add(odd, a.times(8, far)), m[5]),
    ]


def _back_4(a: _Arithmetic, g: Values) -> Values:
    even, odd = a.add(g[0], g[2]), a.add(g[1], g[3])
    near, far = a.add(g[0], a.times(4, g[2])), a.add(a.times(2, g[1]), a.times(8, g[3]))
    return [g[0], a.add(even, odd), a.sub(even, odd), a.add(near, far), a.sub(near, far), g[3]]


def _load(builder: Any, address: Any) -> Any:
    value = builder.load(builder.inttoptr(address, _VECTOR.as_pointer()))
    value.align = 4
    return value


def _store(builder: Any, value: Any, address: Any) -> None:
    builder.store(value, builder.inttoptr(address, _VECTOR.as_pointer())).align = 4


def _at(builder: Any, table: Any, i: int, offset: Any) -> Any:
    """Return one of a table of addresses, moved."""
    held = builder.load(builder.gep(builder.inttoptr(table, _I64.as_pointer()), [_I64(i)]))
    return builder.add(held, offset)


def _into_planes(transform: Callable[..., Values], side: int) -> Any:
    """Make the intrinsic that transforms a tile of pixels, with addresses in a table, into planes."""

    def into(builder: Any, pixels: Any, offset: Any, target: Any, plane: Any) -> None:
        a = _Arithmetic(builder)
        columns = [
            transform(a, [_load(builder, _at(builder, pixels, i * side + j, offset)) for i in range(side)])
            for j in range(side)
        ]
        for i in range(len(columns[0])):
            row = transform(a, [column[i] for column in columns])
            for j, value in enumerate(row):
                place = builder.mul(plane, _I64(i * len(row) + j))
                _store(builder, value, builder.add(target, place))

    return intrinsic(into)


def _from_planes(transform: Callable[..., Values], side: int) -> Any:
    """Make the intrinsic that transforms planes into a tile of pixels, adds a bias and applies ReLU."""

    def back(builder: Any, source: Any, plane: Any, pixels: Any, offset: Any, bias: Any, relu: Any) -> None:
        a, zero = _Arithmetic(builder), ir.Constant(_VECTOR, [0.0] * _LANES)
        columns = [
            transform(
                a,
                [
                    _load(builder, builder.add(source, builder.mul(plane, _I64(i * side + j))))
                    for i in range(side)
                ],
            )
            for j in range(side)
        ]
        added = _load(builder, bias)
        bends = builder.icmp_signed("!=", relu, _I64(0))
        for i in range(len(columns[0])):
            row = transform(a, [column[i] for column in columns])
            for j, value in enumerate(row):
                plain = a.add(value, added)
                bent = builder.select(builder.fcmp_ordered(">", plain, zero), plain, zero)
                place = _at(builder, pixels, i * len(row) + j, offset)
                _store(builder, builder.select(bends, bent, plain), place)

    return intrinsic(back)


_tile_in_2, _tile_in_4 = _into_planes(_in_2, 4), _into_planes(_in_4, 6)
_tile_out_2, _tile_out_4 = _from_planes(_out_2, 4), _from_planes(_out_4, 6)
_tile_back_2, _tile_back_4 = _into_planes(_back_2, 2), _into_planes(_back_4, 4)


@inline
def _pixels(table, base, zeros, image, y0, x0, side, height, width, channels):
    """Write the addresses of a tile's pixels; those outside of the image are elsewhere."""
    t = i64(table)
    for i in range(side):
        y = y0 + i
        for j in range(side):
            x = x0 + j
            inside = y >= 0 and y < height and x >= 0 and x < width
            t[i * side + j] = base + 4 * channels * ((image * height + y) * width + x) if inside else zeros


@inline
def _place_tiles(a, first, count):
    """Write the places of a block of tiles, each an image, y and x, and keep the next one."""
    places, after = i64(first), i64(a[SCRATCH] + 8 * _NEXT_AT)
    for q in range(count):
        for i in range(3):
            places[3 * q + i] = after[i]
        after[2] += 1
        if after[2] == a[ACROSS]:
            after[2] = 0
            after[1] += 1
            if after[1] == a[DOWN]:
                after[1] = 0
                after[0] += 1


@inline
def _transform_image(a, count, places, zeros, planes, plane):
    table, at, side, channels = a[SCRATCH] + 8 * _WORDS_AT, i64(places), a[SIDE], a[CHANNELS]
    step = side - 2
    for q in range(count):
        y, x = at[3 * q + 1] * step - a[PAD_Y], at[3 * q + 2] * step - a[PAD_X]
        _pixels(table, a[IMAGE], zeros, at[3 * q], y, x, side, a[HEIGHT], a[WIDTH], channels)
        for c in range(0, channels, _LANES):
            if side == 6:
                _tile_in_4(table, 4 * c, planes + 4 * (q * channels + c), 4 * plane)
            else:
                _tile_in_2(table, 4 * c, planes + 4 * (q * channels + c), 4 * plane)


@inline
def _prepare(a, zeros):
    z, after = f32(zeros), i64(a[SCRATCH] + 8 * _NEXT_AT)
    for i in range(3):
        after[i] = a[FIRST + i]
    n = a[CHANNELS] if a[CHANNELS] > a[FILTER_COUNT] else a[FILTER_COUNT]
    for i in range(n):
        z[i] = 0
    return zeros + 4 * n


@inline
def _multiply(a, g, count, x, weight, z, lines, offset, zeros):
    """Multiply an element of all tiles with the filters'; lines are where these lie but for an offset."""
    channels, filters = a[CHANNELS], a[FILTER_COUNT]
    if a[PANELS]:
        multiply_panels(
            lines, 0, offset, count, 1, channels, weight, filters, z, 4 * filters, 0, 0, 0, 0, 0,
            weight + 4 * channels * filters, zeros, lines + 8 * a[BLOCK],
        )  # fmt: skip
    elif a[TRANSPOSED]:
        product(g, a[SGEMM], 78, 78, count, filters, channels, x, channels, weight, filters, 0, z, filters)
    else:
        product(g, a[SGEMM], 78, 84, count, filters, channels, x, channels, weight, channels, 0, z, filters)


@kernel
def winograd(a: Words) -> None:
    """Convolve an image with transformed filters: for each element of a tile a matrix (filter, channel).

    Or with TRANSPOSED (channel, filter), which is how the filters of the gradient of the image lie. With
    PANELS they are matrices (channel, filter) in panels either way.
    """
    side, channels, filters, block = a[SIDE], a[CHANNELS], a[FILTER_COUNT], a[BLOCK]
    g, table, places = i64(a[SCRATCH]), a[SCRATCH] + 8 * _WORDS_AT, a[SCRATCH] + 8 * _PLACES_AT
    zeros = places + 24 * block
    waste = _prepare(a, zeros)
    plane, result = block * channels + _PLANE_GAP, block * filters + _PLANE_GAP
    lines = waste + 4 * filters
    planes = lines + 8 * block + SPARE
    results = planes + 4 * side * side * plane
    addresses = i64(lines)
    for q in range(block):
        addresses[q] = planes + 4 * q * channels
    done = 0
    while done < a[TILES]:
        count = block if block < a[TILES] - done else a[TILES] - done
        _place_tiles(a, places, count)
        _transform_image(a, count, places, zeros, planes, plane)
        for p in range(side * side):
            weight = a[FILTERS] + 4 * p * channels * filters
            x, z = planes + 4 * p * plane, results + 4 * p * result
            _multiply(a, g, count, x, weight, z, lines, 4 * p * plane, zeros)
        at, step = i64(places), side - 2
        for q in range(count):
            y, x = at[3 * q + 1] * step, at[3 * q + 2] * step
            _pixels(table, a[OUT], waste, at[3 * q], y, x, step, a[OUT_HEIGHT], a[OUT_WIDTH], filters)
            for k in range(0, filters, _LANES):
                bias = a[BIAS] + 4 * k if a[BIAS] != 0 else zeros
                if side == 6:
                    _tile_out_4(results + 4 * (q * filters + k), 4 * result, table, 4 * k, bias, a[RELU])
                else:
                    _tile_out_2(results + 4 * (q * filters + k), 4 * result, table, 4 * k, bias, a[RELU])
        done += count


@kernel
def winograd_filters(a: Words) -> None:
    """Write the gradient of the transformed filters, from the image and the gradient of the output (OUT)."""
    side, channels, filters, block = a[SIDE], a[CHANNELS], a[FILTER_COUNT], a[BLOCK]
    g, table, places = i64(a[SCRATCH]), a[SCRATCH] + 8 * _WORDS_AT, a[SCRATCH] + 8 * _PLACES_AT
    zeros = places + 24 * block
    plane, result = block * channels + _PLANE_GAP, block * filters + _PLANE_GAP
    planes = _prepare(a, zeros) + 4 * filters
    results = planes + 4 * side * side * plane
    done = 0
    while done < a[TILES]:
        count = block if block < a[TILES] - done else a[TILES] - done
        _place_tiles(a, places, count)
        _transform_image(a, count, places, zeros, planes, plane)
        at, step = i64(places), side - 2
        for q in range(count):
            y, x = at[3 * q + 1] * step, at[3 * q + 2] * step
            _pixels(table, a[OUT], zeros, at[3 * q], y, x, step, a[OUT_HEIGHT], a[OUT_WIDTH], filters)
            for k in range(0, filters, _LANES):
                if side == 6:
                    _tile_back_4(table, 4 * k, results + 4 * (q * filters + k), 4 * result)
                else:
                    _tile_back_2(table, 4 * k, results + 4 * (q * filters + k), 4 * result)
        for p in range(side * side):
            weight = a[FILTERS] + 4 * p * channels * filters
            x, z = planes + 4 * p * plane, results + 4 * p * result
            product(
                g, a[SGEMM], 84, 78, filters, channels, count, z, filters, x, channels, done, weight, channels
            )
        done += count
