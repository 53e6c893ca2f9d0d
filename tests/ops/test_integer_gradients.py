"""Gradients of whole numbers: MXNet cuts each slope to a whole number first, and the remainder has none.

The numbers are those of real MXNet 1.9.1 and 1.2.1, of head gradients that count from 1.
"""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

LEFT, RIGHT = [7, -7, 9, 2, 0, 5], [3, 3, -4, 2, 1, 2]
NONE = [0] * 6
LOWEST = np.iinfo("int32").min


def _gradients(name, *arrays, dtype="int32", **params):
    names = [f"v{i}" for i in range(len(arrays))]
    given = {each: mx.nd.array(values, dtype=dtype) for each, values in zip(names, arrays, strict=True)}
    found = {each: mx.nd.zeros(array.shape, dtype=dtype) for each, array in given.items()}
    operator = getattr(mx.sym, name, None) or getattr(mx.sym._internal, name)
    executor = operator(*map(mx.sym.Variable, names), **params).bind(mx.cpu(), given, found)
    (output,) = executor.forward(is_train=True)
    executor.backward([mx.nd.arange(1, output.size + 1, dtype=dtype).reshape(output.shape)])
    return [array.asnumpy().ravel().tolist() for array in found.values()]


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64"])
@pytest.mark.parametrize(
    ("name", "left", "right"),
    [
        ("broadcast_mod", NONE, NONE),
        ("_mod", NONE, NONE),
        ("broadcast_div", [0, 0, 0, 0, 5, 0], [0, 0, 0, 0, 0, -6]),
        ("broadcast_hypot", NONE, [0, 0, 0, 0, 5, 0]),
        ("_hypot", NONE, [0, 0, 0, 0, 5, 0]),
        ("broadcast_mul", [3, 6, -12, 8, 5, 12], [7, -14, 27, 8, 0, 30]),
        ("broadcast_maximum", [1, 0, 3, 4, 0, 6], [0, 2, 0, 0, 5, 0]),
    ],
)
def test_of_two_arrays(name, left, right, dtype):
    assert _gradients(name, LEFT, RIGHT, dtype=dtype) == [left, right]


def test_slopes_are_cut_before_they_add_up():
    left, right = np.reshape(LEFT, (2, 3)), [[3], [2]]
    assert _gradients("broadcast_mod", left, right) == [NONE, [0, 0]]
    assert _gradients("broadcast_div", left, right) == [NONE, [-3, -6]]


def test_of_powers():
    base, exponent = _gradients("broadcast_power", LEFT, RIGHT)
    assert base == [147, 294, 0, 16, 5, 60]
    assert [exponent[i] for i in (0, 3, 5)] == [667, 8, 240]


@pytest.mark.parametrize("scalar", [3, 2.5])
@pytest.mark.parametrize("name", ["_mod_scalar", "_rmod_scalar", "_hypot_scalar"])
def test_of_an_array_and_a_number(name, scalar):
    assert _gradients(name, LEFT, scalar=scalar) == [NONE]


@pytest.mark.parametrize(
    ("name", "params", "gradient"),
    [
        ("sigmoid", {}, NONE),
        ("tanh", {}, [1, 2, 3, 4, 5, 6]),
        ("sqrt", {}, [0, 0, 0, 0, LOWEST, 0]),
        ("sin", {}, [0, 0, 0, 0, 5, 0]),
        ("relu", {}, [1, 0, 3, 4, 0, 6]),
        ("square", {}, [14, -28, 54, 16, 0, 60]),
        ("clip", {"a_min": -2, "a_max": 5}, [0, 0, 0, 4, 5, 6]),
    ],
)
def test_of_one_array(name, params, gradient):
    assert _gradients(name, LEFT, **params) == [gradient]


def test_real_numbers_keep_their_slopes():
    left, right = _gradients("broadcast_mod", [7, -7, 9], [3, 3, -4], dtype="float32")
    assert left == [1, 2, 3]
    assert right == [-2, 6, 9]
    assert _gradients("_mod_scalar", [7, -7], dtype="float32", scalar=3) == [[1, 2]]
