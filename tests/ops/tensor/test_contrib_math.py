"""Truncation, tolerance and gradients of the small functions of the contrib module."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

INF, NAN = np.inf, np.nan


def _gradient(function, array):
    array.attach_grad()
    with mx.autograd.record():
        output = function(array)
    output.backward()
    return array.grad.asnumpy().tolist()


def test_a_quadratic_of_integers_loses_its_fraction():
    data = mx.nd.array([1, 2, 3], dtype="int32")
    assert mx.nd.contrib.quadratic(data, a=1.5, b=1, c=0.7).asnumpy().tolist() == [3, 8, 17]


def test_a_quadratic_can_be_differentiated_twice():
    x = mx.nd.array([1.0, 2.0])
    x.attach_grad()
    with mx.autograd.record():
        first = mx.autograd.grad(mx.nd.contrib.quadratic(x, a=3, b=1), x, create_graph=True)[0]
    first.backward()
    assert x.grad.asnumpy().tolist() == [6, 6]


def test_a_gradient_multiplier_acts_on_the_gradient_only():
    def reversed_(x):
        return mx.nd.contrib.gradientmultiplier(x, scalar=-2.5)

    assert reversed_(mx.nd.array([3.0])).asscalar() == 3
    assert _gradient(reversed_, mx.nd.array([3.0])) == [-2.5]


def test_what_a_gradient_multiplier_does_to_gradients_is_an_operator():
    backward = mx.nd.contrib.backward_gradientmultiplier
    assert backward(mx.nd.array([1, 2], dtype="int32"), scalar=2.7).asnumpy().tolist() == [2, 4]
    exact = backward(mx.nd.array([1, 2], dtype="int32"), scalar=2.7, is_int=False)
    assert (exact.dtype, exact.asnumpy().tolist()) == (np.float64, [2.7, 5.4])


@pytest.mark.parametrize(("name", "expected"), [("round_ste", [-3, -1, 1, 3]), ("sign_ste", [-1, -1, 1, 1])])
def test_steps_pass_the_gradient_straight_through(name, expected):
    function = getattr(mx.nd.contrib, name)
    data = mx.nd.array([-2.5, -0.5, 0.5, 2.5])
    assert function(data).asnumpy().tolist() == expected
    assert _gradient(function, data) == [1, 1, 1, 1]


def test_division_by_the_root_of_the_extent_cuts_off_integers():
    data = mx.nd.array([[5, 7, 9, -9, 11]], dtype="int32")
    assert mx.nd.contrib.div_sqrt_dim(data).asnumpy().tolist() == [[2, 3, 4, -4, 5]]


@pytest.mark.parametrize(
    ("a", "b", "params", "close"),
    [
        ([1, 2], [1, 2.00001], {}, 1),
        ([1, 2], [1, 3], {}, 0),
        ([1], [2], {"rtol": 0.5, "atol": 0}, 1),
        ([2], [1], {"rtol": 0.5, "atol": 0}, 0),
        ([1], [1.1], {"rtol": 0, "atol": 0.11}, 1),
        ([NAN], [NAN], {}, 1),
        ([NAN], [NAN], {"equal_nan": False}, 0),
        ([NAN], [1], {}, 0),
        ([INF], [INF], {"equal_nan": False}, 1),
        ([INF], [1], {}, 0),
        ([1], [INF], {}, 1),
        ([INF], [-INF], {}, 1),
    ],
)
def test_arrays_are_close_where_mxnet_says_so(a, b, params, close):
    told = mx.nd.contrib.allclose(mx.nd.array(a), mx.nd.array(b), **params)
    assert (told.shape, told.dtype, int(told.asnumpy())) == ((), np.uint8, close)


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32", "uint8"])
def test_arrays_of_any_dtype_are_compared(dtype):
    array = mx.nd.array([1, 2], dtype=dtype)
    assert int(mx.nd.contrib.allclose(array, array).asnumpy()) == 1
    assert int(mx.nd.contrib.allclose(array, array + 1).asnumpy()) == 0


def test_arrays_of_two_shapes_or_dtypes_are_not_compared():
    with pytest.raises(mx.base.MXNetError, match="must have the same shape"):
        mx.nd.contrib.allclose(mx.nd.ones((2,)), mx.nd.ones((3,)))
    with pytest.raises(mx.base.MXNetError, match="must have the same dtype"):
        mx.nd.contrib.allclose(mx.nd.ones((2,)), mx.nd.ones((2,), dtype="float64"))
