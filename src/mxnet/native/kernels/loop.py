"""The loop that runs rows, and products of matrices, which are rows too."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from mxnet.native.kernels.language import Words, call, gemm, i64, inline, intrinsic, kernel, words_at


@kernel
def run(a: Words) -> None:
    """Run rows: of a table, with words in a memory, from the first to before the last one."""
    table, words = i64(a[0]), a[1]
    for i in range(a[2], a[3]):
        call(table[2 * i], words + table[2 * i + 1])


@kernel
def matmul(a: Words) -> None:
    gemm(a)


@intrinsic
def _limit(builder: Any, function: Any, threads: Any) -> Any:
    """Say how many threads products of this thread may take; return what it was before."""
    number = ir.IntType(32)
    kind = ir.FunctionType(number, [number])
    before = builder.call(builder.inttoptr(function, kind.as_pointer()), [builder.trunc(threads, number)])
    return builder.sext(before, ir.IntType(64))


@inline
def gemm_alone(limit, words):
    """Multiply matrices on one thread: by what limits threads, and the words of a product."""
    before = _limit(limit, 1)
    gemm(i64(words))
    _limit(limit, before)


@kernel
def matmul_alone(a: Words) -> None:  # the same on one thread; before its words, what limits threads
    gemm_alone(a[0], words_at(a) + 8)
