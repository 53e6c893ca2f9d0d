"""What the table of samples cannot say of operators of an array and a number: how MXNet 1.9.1 converts the number."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.analysis.gradient import gradients
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import find_operator

INTERNAL = mx.nd._internal


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("_plus_scalar", [-5, 1, 2, 3, 4, 9]),
        ("_rminus_scalar", [9, 3, 2, 1, 0, -5]),
        ("_mul_scalar", [-14, -2, 0, 2, 4, 14]),
        ("_div_scalar", [-3, 0, 0, 0, 1, 3]),
        ("_mod_scalar", [1, 1, 0, 1, 0, 1]),
        ("_rmod_scalar", [-5, 0, 0, 0, 0, 2]),
        ("_power_scalar", [49, 1, 0, 1, 4, 49]),
        ("_rpower_scalar", [0, 0, 1, 2, 4, 128]),
        ("_maximum_scalar", [2, 2, 2, 2, 2, 7]),
        ("_hypot_scalar", [7, 2, 2, 2, 2, 7]),
        ("_equal_scalar", [0, 0, 0, 0, 1, 0]),
        ("_greater_equal_scalar", [0, 0, 0, 0, 1, 1]),
        ("_logical_xor_scalar", [0, 0, 1, 0, 0, 0]),
    ],
)
def test_integers_take_the_number_without_its_fraction(name, expected):
    result = getattr(INTERNAL, name)(mx.nd.array([-7, -1, 0, 1, 2, 7], dtype="int32"), scalar=2.7)
    assert result.dtype == np.int32
    np.testing.assert_array_equal(result.asnumpy(), expected)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("_plus_scalar", [44, 46, 244]),
        ("_minus_scalar", [212, 214, 156]),
        ("_mod_scalar", [0, 2, 24]),
        ("_maximum_scalar", [44, 44, 200]),
        ("_greater_scalar", [0, 0, 1]),
        ("_rpower_scalar", [1, 144, 0]),
    ],
)
def test_small_integers_take_the_number_wrapped_around(name, expected):
    result = getattr(INTERNAL, name)(mx.nd.array([0, 2, 200], dtype="uint8"), scalar=300)
    np.testing.assert_array_equal(result.asnumpy(), expected)


def test_integer_powers_go_by_way_of_float32():
    result = INTERNAL._power_scalar(mx.nd.array([3, 2], dtype="int32"), scalar=19)
    np.testing.assert_array_equal(result.asnumpy(), [1162261504, 524288])


def test_bool_data_becomes_int64():
    result = INTERNAL._minus_scalar(mx.nd.array([0, 1], dtype="bool"), scalar=3)
    assert result.dtype == np.int64
    np.testing.assert_array_equal(result.asnumpy(), [-3, -2])


def test_is_int_false_makes_float64_of_integers_and_leaves_floats():
    result = INTERNAL._plus_scalar(mx.nd.array([0, 1], dtype="int32"), scalar=1.5, is_int=False)
    assert result.dtype == np.float64
    np.testing.assert_array_equal(result.asnumpy(), [1.5, 2.5])
    same = INTERNAL._plus_scalar(mx.nd.array([0, 1], dtype="float16"), scalar=1.5, is_int=False)
    assert same.dtype == np.float16


def test_remainder_has_the_sign_of_the_divisor_and_is_zero_for_zero():
    np.testing.assert_allclose((mx.nd.array([-7.5, 7]) % 2.7).asnumpy(), [0.6, 1.6], rtol=1e-5)
    np.testing.assert_allclose((mx.nd.array([2, -1]) % -1.5).asnumpy(), [-1, -1])
    np.testing.assert_array_equal((mx.nd.array([2, -1]) % 0).asnumpy(), [0, 0])
    np.testing.assert_array_equal((0.5 % mx.nd.array([0, -1])).asnumpy(), [0, -0.5])


def test_comparison_passes_no_gradient():
    x = mx.sym.Variable("x")
    executor = ((x > 1) + x).simple_bind(mx.cpu(), x=(3,))
    executor.forward(is_train=True)
    executor.backward(mx.nd.array([1, 2, 3]))
    np.testing.assert_array_equal(executor.grad_dict["x"].asnumpy(), [1, 2, 3])


def test_adding_a_number_costs_nothing_in_the_gradient():
    x, head = Entry(Node(None, "x")), Entry(Node(None, "head"))
    moved = Entry(Node(find_operator("_plus_scalar").make(scalar=2), "moved", (x,)))
    assert gradients(Graph([moved]), [x], [head]) == [head]


def test_division_of_integers_by_zero_is_an_error_that_names_the_operator():
    with pytest.raises(mx.MXNetError, match="_div_scalar"):
        (mx.nd.array([1, 2], dtype="int32") / 0).wait_to_read()


def test_equal_numbers_make_one_operator():
    cls = find_operator("_plus_scalar")
    assert cls.make(scalar=1.0) == cls.make(scalar="1")
