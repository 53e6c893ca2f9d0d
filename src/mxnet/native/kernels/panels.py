"""Products with a matrix in panels: 16 columns of a row side by side, row after row, and then the next 16.

A tile of the result is summed up in registers, and finished there: bias, addend and ReLU cost no further way
through memory. Nothing is packed on the way, which a library's product has to do, and which is most of its
time where rows are few. The other matrix is told by a table of addresses, so that its rows may lie anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mxnet.native.kernels.language import f32, inline, intrinsic
from mxnet.native.kernels.vectors import (
    FAST,
    HALVES,
    I64,
    LANES,
    VECTOR,
    choose,
    fetch,
    load,
    loop,
    moved,
    repeated,
    store,
)

__all__ = ["SPARE", "multiply_panels"]

_ROWS = 6  # of a tile, with two vectors a row: 12 of the 16 registers of AVX2
_ROW = 8 * LANES  # bytes of a row of a panel, or of a tile
SPARE = _ROWS * _ROW
"""Bytes of memory for a tile of which not all columns are wanted."""
_DEPTH = 256  # rows of a panel that stay in the nearest cache while they are multiplied

Values = Sequence[Any]


def _summed(
    builder: Any, starts: Values, table: Any, line: Any, elements: Any, offset: Any, count: Any, panel: Any,
    soon: Any, pace: Any,
) -> Values:  # fmt: skip
    """Return the sums of a tile, two vectors a row: along rows that a table tells, down the panel.

    On the way memory is fetched that is needed soon, so many bytes for four numbers of a row.
    """
    rows = len(starts) // 2
    places: list[Any] = []

    def multiply(turns: int) -> Callable[..., Values]:
        """Return what goes so many numbers along the rows."""

        def along(at: Any, down: Any, soon: Any, *sums: Any) -> Values:
            rows_at = [builder.add(place, at) for place in places]
            if turns > 1:
                fetch(builder, soon)
                soon = builder.add(soon, pace)
            for turn in range(turns):
                both = [load(builder, down, _ROW * turn + half) for half in HALVES]
                numbers = [repeated(builder, place, 4 * turn) for place in rows_at]
                products = [builder.fmul(x, y, flags=FAST) for x in numbers for y in both]
                sums = tuple(builder.fadd(*pair, flags=FAST) for pair in zip(products, sums, strict=True))
            return [builder.add(at, I64(4 * turns)), builder.add(down, I64(_ROW * turns)), soon, *sums]

        return along

    def each(entry: Any, down: Any, soon: Any, *sums: Any) -> Values:
        nonlocal places
        words = builder.inttoptr(entry, I64.as_pointer())
        places = [builder.load(builder.gep(words, [I64(row)])) for row in range(rows)]
        held = loop(builder, builder.ashr(count, I64(2)), [offset, down, soon, *sums], multiply(4))
        _, *after = loop(builder, builder.and_(count, I64(3)), held, multiply(1))
        return [builder.add(entry, line), *after]

    return loop(builder, elements, [table, panel, soon, *starts], each)[3:]


@intrinsic
def _tile(
    builder: Any, number: Any, table: Any, line: Any, elements: Any, offset: Any, count: Any, panel: Any,
    soon: Any, pace: Any, out: Any, out_row: Any, bias: Any, addend: Any, addend_row: Any, relu: Any,
) -> None:  # fmt: skip
    """Compute a tile with that many rows, or with 6 of more; all steps are in bytes.

    What the tile below begins with is fetched meanwhile, and where it will be written.
    """

    def write(rows: int) -> None:
        places = [(row, half) for row in range(rows) for half in HALVES]
        columns = [load(builder, bias, half) for _, half in places]
        before, adds, starts = (
            builder.block,
            *(builder.append_basic_block(name) for name in ("adds", "starts")),
        )
        builder.cbranch(builder.icmp_signed("!=", addend, I64(0)), adds, starts)
        builder.position_at_end(adds)
        more = [load(builder, moved(builder, addend, addend_row, row), half) for row, half in places]
        more = [builder.fadd(*pair, flags=FAST) for pair in zip(more, columns, strict=True)]
        for row in range(rows):
            fetch(builder, moved(builder, addend, addend_row, rows + row))
        builder.branch(starts)
        builder.position_at_end(starts)
        firsts = [builder.phi(VECTOR) for _ in places]
        for phi, alone, added in zip(firsts, columns, more, strict=True):
            phi.add_incoming(alone, before)
            phi.add_incoming(added, adds)
        for row in range(rows):
            fetch(builder, moved(builder, out, out_row, rows + row), writes=True)
        sums = _summed(builder, firsts, table, line, elements, offset, count, panel, soon, pace)
        store(builder, sums, [(moved(builder, out, out_row, row), half) for row, half in places], relu)

    choose(builder, number, _ROWS, write)


@inline
def _start(spare, rows, columns, bias, addend, addend_row):
    """Write what some columns of a tile start with."""
    b = f32(bias)
    for i in range(rows):
        s, more = f32(spare + 64 * i), f32(addend + i * addend_row)
        for c in range(columns):
            s[c] = b[c] + more[c]


@inline
def _copy(spare, rows, columns, out, out_row):
    for i in range(rows):
        s, o = f32(spare + 64 * i), f32(out + i * out_row)
        for c in range(columns):
            o[c] = s[c]


@inline
def _multiply_part(
    table, line, offset, m, elements, count, b, panel, n, out, out_row, bias, bias_step, addend, addend_row,
    addend_step, relu, after, zeros, spare,
):  # fmt: skip
    tiles, panels = (m + 5) // 6, (n + 15) >> 4
    fewest, longer = m // tiles, m % tiles
    pace = (256 + tiles - 1) // tiles  # what comes next is fetched while all tiles are multiplied
    share = pace * elements * (count >> 2)
    group = _DEPTH // (elements * count) if elements * count < _DEPTH else 1
    for first in range(0, panels, group):
        at, row, end = table, 0, first + group if first + group < panels else panels
        for t in range(tiles):
            rows = fewest + 1 if t < longer else fewest
            for j in range(first, end):
                columns, start, to = n - 16 * j, bias + bias_step * j, out + 64 * j + out_row * row
                more = addend + addend_step * j + addend_row * row if addend != 0 else 0
                following = j + group
                soon = b + panel * following if following < panels else after + panel * (following - panels)
                if columns >= 16:
                    s, d, d_row, o, o_row = start, more, addend_row, to, out_row
                else:
                    d, d_row = more if more != 0 else zeros, addend_row if more != 0 else 0
                    _start(spare, rows, columns, start, d, d_row)
                    s, d, d_row, o, o_row = zeros, spare, 64, spare, 64
                _tile(
                    rows, at, line, elements, offset, count, b + panel * j, soon + share * t, pace, o, o_row,
                    s, d, d_row, relu,
                )  # fmt: skip
                if columns < 16:
                    _copy(spare, rows, columns, to, out_row)
            at += 8 * rows
            row += rows


@inline
def multiply_panels(
    table, line, offset, m, elements, channels, b, n, out, out_row, bias, addend, addend_row, addend_step,
    relu, after, zeros, spare,
):  # fmt: skip
    """Multiply m rows with a matrix (elements * channels, n) in panels; add bias and addend, apply ReLU.

    A row is made of elements; a table (elements, m), with lines of so many bytes, tells where these lie, and
    all are moved by an offset. Rows of the result, and of the addend, which may lie there too, are so many
    bytes apart; so are what is added to one panel and to the next, which may be the same. Without bias or
    addend their addresses are 0; there have to be 16 zeros.
    """
    panel = 64 * elements * channels
    at_once = _DEPTH // channels if channels < _DEPTH else 1
    parts = (channels + _DEPTH - 1) // _DEPTH
    size = (channels + parts - 1) // parts
    for e in range(0, elements, at_once):
        some = at_once if at_once < elements - e else elements - e
        for c in range(0, channels, size):
            count = size if size < channels - c else channels - c
            is_first, is_last = e + c == 0, e + some == elements and c + count == channels
            starts = is_first and bias != 0
            follows = b + 64 * ((e + some) * channels if c + count == channels else e * channels + c + count)
            _multiply_part(
                table + line * e, line, offset + 4 * c, m, some, count, b + 64 * (e * channels + c), panel, n,
                out, out_row, bias if starts else zeros, 64 if starts else 0, addend if is_first else out,
                addend_row if is_first else out_row, addend_step if is_first else 64, relu if is_last else 0,
                after if is_last else follows,
                zeros, spare,
            )  # fmt: skip
