"""Running the shares of a piece of work on the threads of torch's own pool."""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from mxnet.native.kernels.language import Words, call, i64, intrinsic, kernel, types


@intrinsic
def _answer(_typing: Any, function: Any) -> Any:  # noqa: ARG001
    """Call a C function of nothing that returns an int."""

    def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.IntType(32), [])
        return builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), [])

    return types.int32(types.int64), codegen


@kernel
def share(a: Words) -> None:
    """Do what falls to this thread; the words are what tells its number and how many there are, then rows."""
    me, threads, table = _answer(a[0]), _answer(a[1]), i64(a[3])
    for i in range(me, a[4], threads):
        call(a[2], table[i])
