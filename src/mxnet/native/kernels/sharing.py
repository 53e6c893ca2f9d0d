"""Running the shares of a piece of work on the threads of torch's own pool."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from mxnet.native.kernels.language import Words, call, i64, intrinsic, kernel, words_at


@intrinsic
def _answer(builder: Any, function: Any) -> Any:
    """Call a C function of nothing that returns an int."""
    kind = ir.FunctionType(ir.IntType(32), [])
    return builder.call(builder.inttoptr(function, kind.as_pointer()), [])


@kernel
def share(a: Words) -> None:
    """Do what falls to this thread; the words are what tells its number and how many there are, then rows."""
    me, threads, table = _answer(a[0]), _answer(a[1]), i64(a[3])
    for i in range(me, a[4], threads):
        call(a[2], table[i])


@intrinsic
def _together(builder: Any, parallel: Any, function: Any, words: Any, threads: Any) -> None:
    """Have each of some threads call a function: OpenMP's way."""
    kinds = [ir.IntType(64), ir.IntType(64), ir.IntType(32), ir.IntType(32)]
    kind = ir.FunctionType(ir.VoidType(), kinds)
    count = builder.trunc(threads, ir.IntType(32))
    builder.call(builder.inttoptr(parallel, kind.as_pointer()), [function, words, count, ir.IntType(32)(0)])


@kernel
def together(a: Words) -> None:
    """Do shares. Words: what runs threads, what each does, its number, theirs, a kernel, sizes, shares."""
    _together(a[0], a[1], words_at(a), a[5])


@kernel
def share_of_words(a: Words) -> None:
    me, threads = _answer(a[2]), _answer(a[3])
    for i in range(me, a[5], threads):
        call(a[4], words_at(a) + 8 * (7 + i * a[6]))
