"""What the table of samples cannot say of activations and softmax."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


def test_prelu_makes_a_slope_for_each_channel_that_begins_at_a_quarter():
    layer = mx.sym.LeakyReLU(act_type="prelu", name="p")
    assert layer.infer_shape(p_data=(2, 3, 4))[0] == [(2, 3, 4), (3,)]
    assert layer.attr_dict()["p_gamma"]["__init__"] == '["Constant", {"value": 0.25}]'


def test_prelu_takes_one_slope_for_all():
    y = mx.nd.LeakyReLU(mx.nd.array([[-2, 2]]), mx.nd.array([0.5]), act_type="prelu")
    assert y.asnumpy().tolist() == [[-1, 2]]


def test_selu_has_the_gradient_of_its_function():
    """MXNet 1.9 computes another one."""
    executor = mx.sym.LeakyReLU(mx.sym.Variable("x"), act_type="selu").simple_bind(mx.cpu(), x=(1,))
    executor.forward(is_train=True, x=mx.nd.array([-1]))
    executor.backward(mx.nd.ones((1,)))
    assert executor.grad_dict["x"].asscalar() == pytest.approx(
        1.0507009873554805 * 1.6732632423543772 * np.exp(-1)
    )


def test_rrelu_draws_slopes_in_training_and_takes_the_middle_otherwise():
    layer = mx.sym.LeakyReLU(
        mx.sym.Variable("x"), act_type="rrelu", lower_bound=0.1, upper_bound=0.3, name="r"
    )
    assert layer.list_outputs() == ["r_output", "r_mask"]
    executor = layer.simple_bind(mx.cpu(), x=(1000,))
    x = mx.nd.full((1000,), -1)
    assert np.unique(executor.forward(x=x)[0].asnumpy()) == pytest.approx(-0.2)
    output, slopes = (o.asnumpy() for o in executor.forward(is_train=True))
    np.testing.assert_array_equal(output, -slopes)
    assert slopes.min() >= 0.1
    assert slopes.max() <= 0.3
    assert slopes.std() == pytest.approx(0.2 / np.sqrt(12), rel=0.1)
    executor.backward([mx.nd.ones((1000,)), mx.nd.zeros((1000,))])
    np.testing.assert_array_equal(executor.grad_dict["x"].asnumpy(), slopes)


def test_softmax_leaves_out_what_lies_after_its_length():
    y = mx.nd.softmax(mx.nd.zeros((3, 4)), mx.nd.array([0, 2, 4], dtype="int32"), use_length=True)
    assert y.asnumpy().tolist() == [[0, 0, 0, 0], [0.5, 0.5, 0, 0], [0.25, 0.25, 0.25, 0.25]]


def test_lengths_of_a_softmax_get_no_gradient():
    data, length = mx.nd.ones((2, 3)), mx.nd.array([2, 3])
    data.attach_grad()
    length.attach_grad()
    with mx.autograd.record():
        y = mx.nd.softmax(data, length, use_length=True)[:, 0]
    y.backward()
    np.testing.assert_allclose(data.grad.asnumpy()[0], [0.25, -0.25, 0])
    assert not length.grad.asnumpy().any()


def test_softmax_axis_out_of_range_is_named():
    with pytest.raises(mx.MXNetError, match="softmax: axis 2 does not exist in an array of 2 dimensions"):
        mx.sym.softmax(name="s", axis=2).infer_shape(s_data=(3, 4))


def test_softmax_activation_of_an_instance_runs_over_the_last_axis():
    x = mx.nd.array(np.random.default_rng(0).normal(size=(2, 3, 4)))
    np.testing.assert_allclose(mx.nd.SoftmaxActivation(x).asnumpy().sum(-1), 1, rtol=1e-6)
    np.testing.assert_allclose(mx.nd.SoftmaxActivation(x, mode="channel").asnumpy().sum(1), 1, rtol=1e-6)


def test_no_gradient_goes_into_the_lengths_of_softmax():
    data, length = mx.sym.var("data"), mx.sym.var("length")
    graph = mx.sym.softmax(data, mx.sym.cast(length, dtype="int32"), use_length=True) * data
    executor = graph.simple_bind(mx.cpu(), data=(2, 3), length=(2,))
    x = np.array([[1, 2, 3], [3, 1, 2]], dtype=np.float32)
    executor.forward(is_train=True, data=x, length=mx.nd.array([2, 3]))
    executor.backward(mx.nd.ones((2, 3)))
    assert executor.grad_dict["length"].asnumpy().tolist() == [0, 0]
    y = np.exp(x) * [[1, 1, 0], [1, 1, 1]]
    y /= y.sum(1, keepdims=True)
    expected = y + y * (x - (x * y).sum(1, keepdims=True))
    np.testing.assert_allclose(executor.grad_dict["data"].asnumpy(), expected, rtol=1e-5)
