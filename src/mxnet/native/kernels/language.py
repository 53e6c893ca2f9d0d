"""What kernels are written in: words that are addresses or numbers, products, functions that are inlined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

__all__ = [
    "KERNELS",
    "Words",
    "binary",
    "call",
    "exact",
    "exp",
    "f32",
    "f64",
    "gemm",
    "i32",
    "i64",
    "independent",
    "inline",
    "intrinsic",
    "kernel",
    "log",
    "pair",
    "product",
    "real",
    "tanh",
    "truncated",
    "unary",
    "words_at",
]

Words = Any
"""A pointer to the words of a row."""

KERNELS: dict[str, list[Callable[[Words], None]]] = {}
"""The kernels by the files they stand in, filled while these are imported."""

_I64, _I32, _F32, _P8 = ir.IntType(64), ir.IntType(32), ir.FloatType(), ir.IntType(8).as_pointer()


def kernel(function: Callable[[Words], None]) -> Callable[[Words], None]:
    """Enter a function of words as a kernel of its name."""
    KERNELS.setdefault(function.__module__, []).append(function)
    return function


def exact(function: Any) -> Any:
    """Have each operation of a function rounded by itself, in the order in which it is written."""
    function.is_exact = True
    return function


def independent(*numbers: int) -> range:
    """Count turns of a loop of which none reads or writes where another one writes.

    LLVM then uses vectors without asking where arrays lie, also where the result lies in an operand.
    """
    return range(*numbers)


independent.turns_are_independent = True  # type: ignore[attr-defined]


def inline(function: Any) -> Any:
    """Let kernels call a function, which then stands in the place of the call."""
    function.is_inline = True
    return function


def intrinsic(function: Any) -> Any:
    """Let kernels call what is written with LLVM's instructions: a function of a builder and of values."""

    def called() -> None: ...

    called.emit, called.is_pure = function, False  # type: ignore[attr-defined]
    return called


def _pure(function: Any) -> Any:
    called = intrinsic(function)
    called.is_pure = True
    return called


def _pointer(element: Any) -> Any:
    return _pure(lambda builder, address: builder.inttoptr(address, element.as_pointer()))


f32 = _pointer(_F32)
"""Takes a word for the address of float32."""
f64 = _pointer(ir.DoubleType())
i32 = _pointer(_I32)
i64 = _pointer(_I64)


@_pure
def real(builder: Any, word: Any) -> Any:
    """Take a word for the bits of a float32."""
    return builder.bitcast(builder.trunc(word, _I32), _F32)


@intrinsic
def call(builder: Any, function: Any, words: Any) -> None:
    """Call the kernel at an address with the words at another."""
    kind = ir.FunctionType(ir.VoidType(), [_I64.as_pointer()])
    builder.call(builder.inttoptr(function, kind.as_pointer()), [builder.inttoptr(words, _I64.as_pointer())])


@intrinsic
def gemm(builder: Any, words: Any) -> None:
    """Multiply matrices: words are the address of sgemm, those of A, B and C, and then the scalars.

    These are, in Fortran's order of columns: transA, transB, m, n, k, alpha, lda, ldb, beta, ldc.
    """

    def at(i: int) -> Any:
        return builder.bitcast(builder.gep(words, [_I64(i)]), _P8)

    def held(i: int) -> Any:
        return builder.inttoptr(builder.load(builder.gep(words, [_I64(i)])), _P8)

    kind = ir.FunctionType(ir.VoidType(), [_P8] * 13)
    sgemm = builder.inttoptr(builder.load(words), kind.as_pointer())
    builder.call(sgemm, [*map(at, range(4, 10)), held(1), at(10), held(2), at(11), at(12), held(3), at(13)])


_ONE = 1065353216  # the bits of 1.0


@inline
def product(g, sgemm, ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc):
    """Compute C = A B + beta C of matrices by rows; the product is told to do so with the columns' order."""
    g[0] = sgemm
    g[1] = b
    g[2] = a
    g[3] = c
    g[4] = tb
    g[5] = ta
    g[6] = n
    g[7] = m
    g[8] = k
    g[9] = _ONE
    g[10] = ldb
    g[11] = lda
    g[12] = _ONE if beta else 0
    g[13] = ldc
    gemm(g)


@_pure
def _float_of(builder: Any, bits: Any) -> Any:
    return builder.bitcast(bits, _F32)


@_pure
def _bits_of(builder: Any, number: Any) -> Any:
    return builder.bitcast(number, _I32)


@_pure
def truncated(builder: Any, number: Any) -> Any:
    """Convert a float32 in the range of int32 to an integer, towards 0; no error is looked for."""
    return builder.fptosi(number, _I32)


@inline
def exp(x):
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


@_pure
def words_at(builder: Any, words: Any) -> Any:
    """Return the address of a row's words, one of which may be the only element of an array."""
    return builder.ptrtoint(words, _I64)


@inline
def tanh(x):
    """Return the hyperbolic tangent in float32: a quotient of polynomials, as in Eigen; rounded near 1."""
    bound = np.float32(7.90531110763549805)
    a = -x if x < np.float32(0) else x
    y = bound if a > bound else a
    s = y * y
    p = np.float32(-2.76076847742355e-16)
    p = p * s + np.float32(2.00018790482477e-13)
    p = p * s + np.float32(-8.60467152213735e-11)
    p = p * s + np.float32(5.12229709037114e-08)
    p = p * s + np.float32(1.48572235717979e-05)
    p = p * s + np.float32(6.37261928875436e-04)
    p = y * (p * s + np.float32(4.89352455891786e-03))
    q = np.float32(1.19825839466702e-06)
    q = q * s + np.float32(1.18534705686654e-04)
    q = q * s + np.float32(2.26843463243900e-03)
    t = p / (q * s + np.float32(4.89352518554385e-03))
    # There are four numbers of float32 between here and 1.
    t = np.float32(1 - 2.98023223876953125e-07 * 0.6) if a > np.float32(8.0382) else t
    t = np.float32(1 - 1.1920928955078125e-07) if a > np.float32(8.2063) else t
    t = np.float32(1 - 5.9604644775390625e-08) if a > np.float32(8.4617) else t
    t = np.float32(1) if a > np.float32(9.0109) else t
    return -t if x < np.float32(0) else t


@inline
def log(x):
    """Return the natural logarithm in float32: Cephes' polynomial."""
    tiny = x < np.float32(1.17549435e-38)
    y = x * np.float32(8388608) if tiny else x  # 2 to the 23
    bits = _bits_of(y)
    e = np.float32((bits >> np.int32(23)) - np.int32(126)) - (np.float32(23) if tiny else np.float32(0))
    m = _float_of((bits & np.int32(0x007FFFFF)) | np.int32(0x3F000000))
    low = m < np.float32(0.707106781186547524)
    e = e - np.float32(1) if low else e
    m = m + m - np.float32(1) if low else m - np.float32(1)
    z = m * m
    p = np.float32(7.0376836292e-2)
    p = p * m + np.float32(-1.1514610310e-1)
    p = p * m + np.float32(1.1676998740e-1)
    p = p * m + np.float32(-1.2420140846e-1)
    p = p * m + np.float32(1.4249322787e-1)
    p = p * m + np.float32(-1.6668057665e-1)
    p = p * m + np.float32(2.0000714765e-1)
    p = p * m + np.float32(-2.4999993993e-1)
    p = p * m + np.float32(3.3333331174e-1)
    p = p * m * z + e * np.float32(-2.12194440e-4) - np.float32(0.5) * z
    found = m + p + e * np.float32(0.693359375)
    found = np.float32(np.inf) if x == np.float32(np.inf) else found
    found = np.float32(-np.inf) if x == np.float32(0) else found
    return found if x >= np.float32(0) else np.float32(np.nan)


def unary(function: Any) -> Any:
    """Enter a function of one number as a kernel; words: x, y, n, where y may be x."""
    of = inline(function)

    def each(a):
        x, y = f32(a[0]), f32(a[1])
        for i in independent(a[2]):
            y[i] = of(x[i])

    return kernel(_as(function, each))


def pair(function: Any) -> Any:
    """Enter a function of two numbers as a kernel for arrays of one size; words: x, y, result, n.

    The result may be x.
    """
    of = inline(function)

    def each(a):
        x, y, out = f32(a[0]), f32(a[1]), f32(a[2])
        for i in independent(a[3]):
            out[i] = of(x[i], y[i])

    return kernel(_as(function, each))


def binary(function: Any) -> Any:
    """Enter a function of two numbers as a kernel for arrays that are repeated to one shape.

    Words: x, y, result, the number of elements, and then 0; or 1 where y is a number, 2 where x is; or 3 and
    the extents of three axes before a last one of so many elements, the steps of x along these four, of y.
    """
    of = inline(function)

    def each(a):
        out, n, kind, at = f32(a[2]), a[3], a[4], 0
        x = f32(words_at(a) if kind == 2 else a[0])  # a number lies among the words
        y = f32(words_at(a) + 8 if kind == 1 else a[1])
        repeated = kind == 3
        x_last = a[11] if repeated else 2 - kind
        y_last = a[15] if repeated else 1 - kind
        for i in range(a[5] if repeated else 1):
            for j in range(a[6] if repeated else 1):
                for k in range(a[7] if repeated else 1):
                    x_at = i * a[8] + j * a[9] + k * a[10] if repeated else 0
                    y_at = i * a[12] + j * a[13] + k * a[14] if repeated else 0
                    if y_last == 0:
                        number = y[y_at]
                        for m in independent(n):
                            out[at + m] = of(x[x_at + m], number)
                    elif x_last == 0:
                        number = x[x_at]
                        for m in independent(n):
                            out[at + m] = of(number, y[y_at + m])
                    else:
                        for m in independent(n):
                            out[at + m] = of(x[x_at + m], y[y_at + m])
                    at += n

    return kernel(_as(function, each))


def _as(function: Callable[..., Any], kernel: Callable[..., Any]) -> Callable[..., Any]:
    kernel.__name__, kernel.__module__ = function.__name__, function.__module__
    return kernel
