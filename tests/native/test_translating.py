"""The Python of kernels means what Python means; what it has no word for is refused, with its line."""

from __future__ import annotations

import ctypes
import math

import numpy as np
import pytest
from llvmlite import binding

from mxnet.native import loading
from mxnet.native.kernels.language import f32, i32, i64, independent, inline, real, truncated
from mxnet.native.translating import KernelError, translated

THREE = 3
ENGINES = []
"""What holds the machine code."""


def compiled(kernel):
    """Return a function that runs a kernel with some words."""
    machine, _ = loading._machine()
    module = binding.parse_assembly(translated(kernel, "kernel", machine.triple))
    ENGINES.append(binding.create_mcjit_compiler(module, machine))
    run = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(ENGINES[-1].get_function_address("kernel"))
    return lambda *words: run(np.array(words, np.int64).ctypes.data)


def whole_numbers(a):
    out, x, y = i64(a[0]), a[1], a[2]
    out[0] = x + y * THREE - 1
    out[1] = x // y
    out[2] = x % y
    out[3] = x << 2 | y & ~1
    out[4] = -x >> 1 ^ y
    out[5] = max(x, y)
    out[6] = min(x, 5)
    out[7] = 1 if 0 <= x < y else 2
    out[8] = 1 if (not x <= 2 and x != y) or y == -2 else 0


@pytest.mark.parametrize(("x", "y"), [(7, 2), (-7, 2), (7, -2), (-7, -2), (0, 3), (6, 3), (-6, 3)])
def test_integers_are_computed_as_python_does(x, y):
    out = np.zeros(9, np.int64)
    compiled(whole_numbers)(out.ctypes.data, x, y)
    assert out.tolist() == [
        x + 3 * y - 1,
        x // y,
        x % y,
        x << 2 | y & ~1,
        -x >> 1 ^ y,
        max(x, y),
        min(x, 5),
        1 if 0 <= x < y else 2,
        int((x > 2 and x != y) or y == -2),
    ]


def floats(a):
    out, x = f32(a[0]), real(a[1])
    out[0] = 2 * x - 0.5
    out[1] = math.sqrt(x)
    out[2] = abs(-x)
    out[3] = math.floor(-x)
    out[4] = np.float32(np.int64(x)) + np.float32(truncated(x))
    out[5] = math.ceil(x) / 4
    out[6] = np.float32(np.float64(x) * np.float64(x))
    out[7] = np.inf
    out[8] = x if x != x else -1  # noqa: PLR0124


def test_numbers_that_are_written_down_take_the_type_of_what_they_meet():
    out = np.zeros(9, np.float32)
    compiled(floats)(out.ctypes.data, int(np.float32(6.25).view(np.int32)))
    assert out.tolist() == [12.0, 2.5, 6.25, -7, 12, 1.75, 39.0625, np.inf, -1]


def counting(a):
    out, n = i64(a[0]), a[1]
    for i in range(n):
        for j in range(i, n, 2):
            out[0] += j
    for i in range(n, 0, -3):
        out[1] += i
    rest = n
    while rest > 1:
        rest = rest // 2
        out[2] += 1


def test_loops_count_as_python_does():
    out = np.zeros(3, np.int64)
    compiled(counting)(out.ctypes.data, 10)
    expected = [sum(j for i in range(10) for j in range(i, 10, 2)), sum(range(10, 0, -3)), 3]
    assert out.tolist() == expected


@inline
def sorted_pair(x, y):
    if x > y:
        return y, x
    return x, y


@inline
def first_above(table, n, bound):
    t = i32(table)
    for i in range(n):
        if t[i] > bound:
            return i
    return -1


def calls(a):
    out = i64(a[0])
    low, high = sorted_pair(a[2], a[3])
    out[0] = first_above(a[1], 4, low)
    out[1] = first_above(a[1], 4, high)


def test_functions_stand_where_they_are_called_and_may_return_early():
    out, table = np.zeros(2, np.int64), np.array([1, 5, 9, 2], np.int32)
    compiled(calls)(out.ctypes.data, table.ctypes.data, 7, 4)
    assert out.tolist() == [1, 2]


def careful(a):
    out, table, n = i64(a[0]), i64(a[1]), a[2]
    out[0] = table[0] if n > 0 else -1
    out[1] = 1 if n > 0 and table[0] > 0 else 0
    out[2] = 1 if n == 0 or table[0] > 0 else 0
    out[3] = 6 // n if n > 0 else 0


def test_only_the_value_that_is_chosen_is_computed():
    out = np.full(4, 9, np.int64)
    compiled(careful)(out.ctypes.data, 0, 0)  # at address 0 nothing can be read
    assert out.tolist() == [-1, 0, 1, 0]


def two_kinds(a):
    f32(a[0])[0] = real(a[1]) + a[2]


def unknown(a):
    i64(a[0])[0] = sorted(a[1])


def a_truth(a):
    i64(a[0])[0] = a[1] == a[2]


def with_another(a):
    with a:
        pass


def rectified(a):
    x, y = f32(a[0]), f32(a[1])
    for i in independent(2, a[2]):
        y[i] = max(0, x[i])


def test_a_loop_of_independent_turns_tells_llvm_so_and_works_in_place():
    x = np.arange(-20, 20, dtype=np.float32)
    y = x.copy()
    compiled(rectified)(y.ctypes.data, y.ctypes.data, 40)
    assert y.tolist() == [-20, -19, *np.maximum(x[2:], 0)]
    machine, _ = loading._machine()
    assert "llvm.loop.parallel_accesses" in translated(rectified, "kernel", machine.triple)


@pytest.mark.parametrize(
    ("kernel", "why"),
    [
        (two_kinds, "float meets i64: convert one of them"),
        (unknown, "sorted cannot be called"),
        (a_truth, "i64 was expected, and this is i1"),
        (with_another, "there is no With"),
    ],
)
def test_what_cannot_be_translated_is_refused_with_its_line(kernel, why):
    line = kernel.__code__.co_firstlineno + 1
    with pytest.raises(KernelError, match=rf"test_translating.py:{line}: {kernel.__name__}: {why}"):
        translated(kernel, "kernel", "")
