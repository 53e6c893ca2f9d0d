"""What kernels are written in: words that are addresses or numbers, products, functions that are inlined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir
from numba import extending, njit
from numba import types as numba_types

__all__ = [
    "FAST",
    "KERNELS",
    "Words",
    "call",
    "exp",
    "f32",
    "f64",
    "gemm",
    "i32",
    "i64",
    "inline",
    "kernel",
    "real",
    "truncated",
]

intrinsic: Any = extending.intrinsic  # what it makes is called with one argument less than is written down
types: Any = numba_types

Words = Any
"""A pointer to the words of a row."""

FAST = {"reassoc", "contract", "nsz", "arcp"}
"""What LLVM may take for granted about floats; not that there are no NaN and no infinities."""

KERNELS: dict[str, list[Callable[[Words], None]]] = {}
"""The kernels by the files they stand in, filled while these are imported."""

_I64, _I32, _F32, _P8 = ir.IntType(64), ir.IntType(32), ir.FloatType(), ir.IntType(8).as_pointer()

inline: Callable[[Callable[..., Any]], Callable[..., Any]] = njit(
    inline="always", fastmath=FAST, error_model="numpy"
)
"""Makes a function that kernels may call."""


def kernel(function: Callable[[Words], None]) -> Callable[[Words], None]:
    """Enter a function of words as a kernel of its name."""
    KERNELS.setdefault(function.__module__, []).append(function)
    return function


def _pointer(element: Any) -> Callable[[Any], Any]:
    def pointer(_typing: Any, address: Any) -> Any:  # noqa: ARG001 - numba looks at the names
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return builder.inttoptr(arguments[0], context.get_value_type(signature.return_type))

        return types.CPointer(element)(types.int64), codegen

    made: Callable[[Any], Any] = intrinsic(pointer)
    return made


f32 = _pointer(types.float32)
"""Takes a word for the address of float32."""
f64 = _pointer(types.float64)
i32 = _pointer(types.int32)
i64 = _pointer(types.int64)


@intrinsic
def real(_typing: Any, word: Any) -> Any:  # noqa: ARG001
    """Take a word for the bits of a float32."""

    def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(builder.trunc(arguments[0], _I32), _F32)

    return types.float32(types.int64), codegen


@intrinsic
def call(_typing: Any, function: Any, words: Any) -> Any:  # noqa: ARG001
    """Call the kernel at an address with the words at another."""

    def codegen(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(ir.VoidType(), [_I64.as_pointer()])
        target = builder.inttoptr(arguments[0], kind.as_pointer())
        builder.call(target, [builder.inttoptr(arguments[1], _I64.as_pointer())])
        return context.get_dummy_value()

    return types.void(types.int64, types.int64), codegen


@intrinsic
def gemm(_typing: Any, words: Any) -> Any:  # noqa: ARG001
    """Multiply matrices: words are the address of sgemm, those of A, B and C, and then the scalars.

    These are, in Fortran's order of columns: transA, transB, m, n, k, alpha, lda, ldb, beta, ldc.
    """

    def codegen(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        def at(i: int) -> Any:
            return builder.bitcast(builder.gep(arguments[0], [_I64(i)]), _P8)

        def held(i: int) -> Any:
            return builder.inttoptr(builder.load(builder.gep(arguments[0], [_I64(i)])), _P8)

        kind = ir.FunctionType(ir.VoidType(), [_P8] * 13)
        sgemm = builder.inttoptr(builder.load(arguments[0]), kind.as_pointer())
        builder.call(
            sgemm, [*map(at, range(4, 10)), held(1), at(10), held(2), at(11), at(12), held(3), at(13)]
        )
        return context.get_dummy_value()

    return types.void(types.CPointer(types.int64)), codegen


@intrinsic
def _float_of(_typing: Any, bits: Any) -> Any:  # noqa: ARG001
    def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], _F32)

    return types.float32(types.int32), codegen


@intrinsic
def truncated(_typing: Any, number: Any) -> Any:  # noqa: ARG001
    """Convert a float32 in the range of int32 to an integer, towards 0; no error is looked for."""

    def codegen(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.fptosi(arguments[0], _I32)

    return types.int32(types.float32), codegen


@inline
def exp(x):  # type: ignore[no-untyped-def]
    """Return e to the x in float32: Cephes' polynomial, which LLVM vectorises; 2 units in the last place."""
    low, high = np.float32(-103.972), np.float32(88.72284)
    y = max(x, low)
    y = min(y, high)
    half = np.float32(-0.5) if y < np.float32(0) else np.float32(0.5)
    n = truncated(y * np.float32(1.44269504) + half)
    k = np.float32(n)
    r = y - k * np.float32(0.693359375) + k * np.float32(2.12194440e-4)
    p = np.float32(1.9875691500e-4)
    p = p * r + np.float32(1.3981999507e-3)
    p = p * r + np.float32(8.3334519073e-3)
    p = p * r + np.float32(4.1665795894e-2)
    p = p * r + np.float32(1.6666665459e-1)
    p = p * r + np.float32(5.0000001201e-1)
    p = p * r * r + r + np.float32(1)
    # In two factors, as the whole power of two may be too large or too small for one.
    m = n >> np.int32(1)
    one = _float_of((m + np.int32(127)) << np.int32(23))
    other = _float_of((n - m + np.int32(127)) << np.int32(23))
    e = p * one * other
    e = np.float32(0) if x < low else e
    return np.float32(np.inf) if x > high else e
