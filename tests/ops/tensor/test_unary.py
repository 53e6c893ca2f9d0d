"""What the table of samples cannot say of functions of one array: their quirks, as real MXNet 1.9.1 has them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.ops.tensor import unary


def _gradient(function, values, head=1.0):
    x = mx.sym.Variable("x")
    executor = function(x).bind(
        mx.cpu(), {"x": mx.nd.array(values)}, args_grad={"x": mx.nd.zeros(len(values))}
    )
    executor.forward(is_train=True)
    executor.backward(mx.nd.full(len(values), head))
    return executor.grad_dict["x"].asnumpy()


def test_round_moves_halves_away_from_zero_and_rint_moves_them_down():
    halves = mx.nd.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    np.testing.assert_array_equal(mx.nd.round(halves).asnumpy(), [-3, -2, -1, 1, 2, 3])
    np.testing.assert_array_equal(mx.nd.rint(halves).asnumpy(), [-3, -2, -1, 0, 1, 2])


def test_rounding_leaves_numbers_beyond_the_last_fraction_alone():
    large = np.array([8388609.0, -8388609.0, 0.49999997], dtype="float32")
    np.testing.assert_array_equal(mx.nd.rint(mx.nd.array(large)).asnumpy(), [8388609, -8388609, 0])
    np.testing.assert_array_equal(mx.nd.round(mx.nd.array(large)).asnumpy(), [8388609, -8388609, 0])


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("exp", [20, 15, 12], [485165195, 3269017, 162754]),
        ("cbrt", [27, 64, 125, 343, 1000], [3, 4, 5, 7, 10]),
        ("log10", [1000, 100, 10, 1000000], [3, 2, 1, 6]),
        ("sqrt", [99999999], [9999]),
        ("sigmoid", [-3, 0, 100], [0, 0, 1]),
        ("tan", [0, 2, 5], [0, -2, -3]),
        ("reciprocal", [1, 2, -1], [1, 0, -1]),
    ],
)
def test_functions_of_integers_are_cut_off(name, values, expected):
    result = getattr(mx.nd, name)(mx.nd.array(values, dtype="int64"))
    assert result.dtype == np.int64
    np.testing.assert_array_equal(result.asnumpy(), expected)


def test_integer_squares_and_signs_wrap_around():
    small = mx.nd.array([0, 1, 5, 100], dtype="uint8")
    np.testing.assert_array_equal(mx.nd.square(small).asnumpy(), [0, 1, 25, 16])
    np.testing.assert_array_equal(mx.nd.negative(small).asnumpy(), [0, 255, 251, 156])


def test_gamma_has_the_sign_of_its_interval():
    result = mx.nd.gamma(mx.nd.array([-2.5, -1.5, -0.5, -1, 4]))
    np.testing.assert_allclose(result.asnumpy(), [-0.945309, 2.36327, -3.54491, np.nan, 6], rtol=1e-5)


def test_step_functions_pass_no_gradient():
    for name in ("sign", "round", "rint", "ceil", "floor", "trunc", "fix", "logical_not"):
        np.testing.assert_array_equal(_gradient(getattr(mx.sym, name), [-1.5, 0, 2.5]), [0, 0, 0])


def test_gradient_of_abs_and_relu_is_zero_at_zero():
    np.testing.assert_array_equal(_gradient(mx.sym.abs, [-2, 0, 3]), [-1, 0, 1])
    np.testing.assert_array_equal(_gradient(mx.sym.relu, [-2, 0, 3]), [0, 0, 1])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_clip_passes_the_gradient_at_its_bounds(dtype):
    x = mx.sym.Variable("x")
    clipped = mx.sym.clip(x, a_min=-0.1, a_max=0.3)
    values = mx.nd.array([-0.2, -0.1, 0, 0.3, 0.4], dtype=dtype)
    executor = clipped.bind(mx.cpu(), {"x": values}, args_grad={"x": mx.nd.zeros(5, dtype=dtype)})
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones(5, dtype=dtype))
    np.testing.assert_array_equal(executor.grad_dict["x"].asnumpy(), [0, 1, 1, 1, 0])


def test_clip_with_crossed_bounds_first_looks_at_the_greater_one():
    result = mx.nd.clip(mx.nd.array([1, 5, -9]), a_min=2, a_max=1)
    np.testing.assert_array_equal(result.asnumpy(), [2, 1, 2])


def test_clip_cuts_off_the_bounds_of_integers():
    result = mx.nd.clip(mx.nd.array([1, 5, -9], dtype="int32"), a_min=-2.7, a_max=3.5)
    np.testing.assert_array_equal(result.asnumpy(), [1, 3, -2])
    small = mx.nd.clip(mx.nd.array([1, 5, 250], dtype="uint8"), a_min=-2.7, a_max=300)
    np.testing.assert_array_equal(small.asnumpy(), [1, 5, 250])


def test_smooth_l1_is_a_parabola_that_ends_at_one_over_sigma_squared():
    result = mx.nd.smooth_l1(mx.nd.array([-3, -0.25, 0, 0.2, 1]), scalar=2.0)
    np.testing.assert_allclose(result.asnumpy(), [2.875, 0.125, 0, 0.08, 0.875], rtol=1e-6)
    gradient = _gradient(lambda x: mx.sym.smooth_l1(x, scalar=2.0), [-3, -0.25, 0, 0.2, 1])
    np.testing.assert_allclose(gradient, [-1, -1, 0, 0.8, 1], rtol=1e-6)


@pytest.mark.parametrize("axes", [(0, 1, 2, 3), (0, 3, 1, 2), (3, 2, 1, 0)])
def test_tanh_of_many_numbers_is_right_however_they_lie(axes):
    x = np.linspace(-12, 12, 40_000).reshape(2, 50, 40, 10)
    x[0, 0, 0, :3] = np.nan, np.inf, -np.inf
    laid = torch.tensor(x, dtype=torch.float32).permute(axes)
    expected = np.tanh(laid.double().numpy())
    np.testing.assert_allclose(unary.tanh(laid).numpy(), expected, rtol=4e-7)
    assert unary.tanh(laid, laid) is laid
    np.testing.assert_allclose(laid.numpy(), expected, rtol=4e-7)
