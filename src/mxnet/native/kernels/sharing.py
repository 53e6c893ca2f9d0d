"""Running the shares of a piece of work on the threads of torch's own pool."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from mxnet.native.kernels.language import Words, call, i64, intrinsic, kernel


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
