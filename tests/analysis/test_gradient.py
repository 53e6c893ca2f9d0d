"""The gradient is a graph: what it is made of, what it leaves out, and that it is right to any order."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError


def value(symbol, **arrays):
    return [each.asnumpy() for each in symbol.eval(**{k: mx.nd.array(v) for k, v in arrays.items()})]


def test_gradient_is_a_symbol_that_can_be_listed_saved_and_composed():
    x, w = mx.sym.Variable("x"), mx.sym.Variable("w")
    slope = mx.sym.dot(x, w).gradient(["w"])
    again = mx.sym.load_json(slope.tojson())
    assert again.list_arguments() == slope.list_arguments()
    moved = slope(x=mx.sym.Variable("y") * 2)
    assert "y" in moved.list_arguments()


def test_third_derivative_of_a_power():
    x = mx.sym.Variable("x")
    third = (x**4).gradient(["x"]).gradient(["x"]).gradient(["x"])
    np.testing.assert_allclose(value(third, x=[2.0, 3.0])[0], [48, 72], rtol=1e-5)


def test_second_derivative_through_a_layer():
    x = mx.sym.Variable("x")
    net = mx.sym.sum(mx.sym.tanh(mx.sym.FullyConnected(x, num_hidden=2, no_bias=True, name="f")))
    second = mx.sym.sum(net.gradient(["x"])).gradient(["f_weight"])
    x0, w0 = np.array([[0.3, -0.2]]), np.array([[0.5, 0.1], [-0.4, 0.7]])
    (found,) = value(second, x=x0, f_weight=w0)

    def first(w):
        t = np.tanh(x0 @ w.T)
        return float(((1 - t**2) @ w).sum())

    numeric = np.zeros_like(w0)
    for index in np.ndindex(*w0.shape):
        up, down = w0.copy(), w0.copy()
        up[index] += 1e-5
        down[index] -= 1e-5
        numeric[index] = (first(up) - first(down)) / 2e-5
    np.testing.assert_allclose(found, numeric, rtol=1e-3, atol=1e-4)


def test_gradient_with_respect_to_an_internal_output():
    x = mx.sym.Variable("x")
    inner = mx.sym.square(x, name="inner")
    outer = mx.sym.exp(inner, name="outer")
    np.testing.assert_allclose(value(outer.gradient(["inner_output"]), x=[2.0])[0], np.exp([4.0]), rtol=1e-6)


def test_gradient_of_what_nothing_depends_on_is_zero():
    x = mx.sym.Variable("x")
    blocked = mx.sym.BlockGrad(x)
    np.testing.assert_array_equal(value(blocked.gradient(["x"]), x=[1.0, 2.0])[0], [0, 0])


def test_loss_starts_its_own_gradient():
    x = mx.sym.Variable("x")
    net = mx.sym.LinearRegressionOutput(x, name="lro")
    (found,) = value(net.gradient(["x"]), x=[[1.0], [2.0]], lro_label=[[0.0], [0.0]])
    np.testing.assert_allclose(found, [[1.0], [2.0]])


def test_only_what_is_wanted_is_computed():
    x = mx.sym.Variable("x")
    net = mx.sym.FullyConnected(x, num_hidden=2, name="f")
    slope = net.gradient(["f_bias"])
    assert "x" not in [n.name for n in slope.graph.nodes if n.op is None] or all(
        "data_grad" not in n.op.output_names() for n in slope.graph.operators
    )


def test_unknown_name_gets_a_suggestion():
    net = mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=2, name="fc")
    with pytest.raises(MXNetError, match="Did you mean 'fc_weight'"):
        net.gradient(["fc_wieght"])
