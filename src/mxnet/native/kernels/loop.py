"""The loop that runs rows, and products of matrices, which are rows too."""

from __future__ import annotations

from mxnet.native.kernels.language import Words, call, gemm, i64, kernel


@kernel
def run(a: Words) -> None:
    """Run rows: of a table, with words in a memory, from the first to before the last one."""
    table, words = i64(a[0]), a[1]
    for i in range(a[2], a[3]):
        call(table[2 * i], words + table[2 * i + 1])


@kernel
def matmul(a: Words) -> None:
    gemm(a)
