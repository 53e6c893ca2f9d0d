"""What intrinsics write alike: vectors from memory and back, loops, choices among sizes of tiles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llvmlite import ir

__all__ = [
    "FAST",
    "HALVES",
    "I64",
    "LANES",
    "VECTOR",
    "across",
    "choose",
    "fetch",
    "load",
    "loop",
    "moved",
    "put",
    "repeated",
    "store",
]

LANES = 8
"""Numbers of a vector: those of AVX2."""
HALVES = (0, 4 * LANES)
"""Where the two vectors of a line of 16 numbers begin, in bytes."""
I64, _I32, _F32 = ir.IntType(64), ir.IntType(32), ir.FloatType()
_P8 = ir.IntType(8).as_pointer()
VECTOR = ir.VectorType(_F32, LANES)
FAST = ("contract", "reassoc", "nsz")
_ZERO = ir.Constant(VECTOR, [0.0] * LANES)

Values = Sequence[Any]


def _vector(builder: Any, address: Any, more: int = 0) -> Any:
    """Return the place of a vector."""
    place = builder.add(address, I64(more)) if more else address
    return builder.inttoptr(place, VECTOR.as_pointer())


def load(builder: Any, address: Any, more: int = 0) -> Any:
    """Return the vector at an address, or so many bytes further on."""
    value = builder.load(_vector(builder, address, more))
    value.align = 4
    return value


def put(builder: Any, value: Any, address: Any, more: int = 0) -> None:
    """Write a vector to an address, or so many bytes further on."""
    builder.store(value, _vector(builder, address, more)).align = 4


def repeated(builder: Any, address: Any, more: int = 0) -> Any:
    """Return a vector of one number."""
    place = builder.add(address, I64(more)) if more else address
    number = builder.load(builder.inttoptr(place, _F32.as_pointer()))
    one = builder.insert_element(ir.Constant(VECTOR, ir.Undefined), number, _I32(0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(_I32, LANES), [0] * LANES))


def moved(builder: Any, base: Any, step: Any, times: int) -> Any:
    """Return an address so many steps further on."""
    return builder.add(base, builder.mul(step, I64(times))) if times else base


def fetch(builder: Any, address: Any, *, writes: bool = False) -> None:
    """Have a cache filled with what is read soon, the nearest but one, or with what is written."""
    kind = ir.FunctionType(ir.VoidType(), [_P8, _I32, _I32, _I32])
    prefetch = builder.module.globals.get("llvm.prefetch.p0i8") or builder.module.declare_intrinsic(
        "llvm.prefetch", [_P8], kind
    )
    which = (1, 3) if writes else (0, 2)
    builder.call(prefetch, [builder.inttoptr(address, _P8), *map(_I32, which), _I32(1)])


def loop(builder: Any, count: Any, firsts: Values, body: Callable[..., Values]) -> Values:
    """Write a loop of so many turns, or none, that makes values of values; return those of the last turn."""
    begin = builder.block
    loop, end = (builder.append_basic_block(name) for name in ("loop", "done"))
    builder.cbranch(builder.icmp_signed(">", count, I64(0)), loop, end)
    builder.position_at_end(loop)
    number, *held = [builder.phi(each.type) for each in (count, *firsts)]
    made = body(*held)
    left = builder.sub(number, I64(1))
    for phi, first, now in zip((number, *held), (count, *firsts), (left, *made), strict=True):
        phi.add_incoming(first, begin)
        phi.add_incoming(now, builder.block)
    last = builder.block
    builder.cbranch(builder.icmp_signed("!=", left, I64(0)), loop, end)
    builder.position_at_end(end)
    results = [builder.phi(each.type) for each in firsts]
    for phi, first, now in zip(results, firsts, made, strict=True):
        phi.add_incoming(first, begin)
        phi.add_incoming(now, last)
    return results


def across(builder: Any, vector: Any) -> Any:
    """Return the sum of a vector's numbers."""
    for width in (4, 2, 1):
        order = [(i + width) % LANES for i in range(LANES)]
        turned = builder.shuffle_vector(vector, vector, ir.Constant(ir.VectorType(_I32, LANES), order))
        vector = builder.fadd(vector, turned, flags=FAST)
    return builder.extract_element(vector, _I32(0))


def choose(builder: Any, number: Any, most: int, write: Callable[[int], None]) -> None:
    """Write code for each number from 1 up to the most, which stands for all above too."""
    after = builder.append_basic_block("after")
    blocks = {each: builder.append_basic_block(f"of_{each}") for each in range(1, most + 1)}
    switch = builder.switch(number, blocks[most])
    for each, block in blocks.items():
        if each < most:
            switch.add_case(I64(each), block)
        builder.position_at_end(block)
        write(each)
        builder.branch(after)
    builder.position_at_end(after)


def store(builder: Any, values: Values, places: Sequence[tuple[Any, int]], relu: Any) -> None:
    """Write vectors to addresses and so many bytes further on, after ReLU if asked for; of NaN that is 0."""
    bends, stays, end = (builder.append_basic_block(name) for name in ("bends", "stays", "end"))
    builder.cbranch(builder.icmp_signed("!=", relu, I64(0)), bends, stays)
    for block in (bends, stays):  # one condition for all, as they would be many branches
        builder.position_at_end(block)
        for value, place in zip(values, places, strict=True):
            bent = builder.select(builder.fcmp_ordered(">", value, _ZERO), value, _ZERO)
            builder.store(bent if block is bends else value, _vector(builder, *place)).align = 4
        builder.branch(end)
    builder.position_at_end(end)
