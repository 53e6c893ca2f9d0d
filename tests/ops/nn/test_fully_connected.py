"""What the table of samples cannot say of the dense layer."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


def test_fully_connected_learns_the_batch_from_its_output():
    data = mx.sym.Variable("data", shape=(0, 4))
    layer = mx.sym.FullyConnected(data, num_hidden=5, name="fc")
    both = layer + mx.sym.Variable("other", shape=(2, 5))
    shapes = dict(zip(both.list_arguments(), both.infer_shape()[0], strict=True))
    assert shapes["data"] == (2, 4)


def test_fully_connected_without_flatten_works_on_the_last_axis():
    x, w = mx.nd.array(np.arange(12).reshape(2, 3, 2)), mx.nd.array([[1, 0], [0, 1], [1, 1]])
    y = mx.nd.FullyConnected(x, w, num_hidden=3, no_bias=True, flatten=False)
    assert y.shape == (2, 3, 3)
    assert y.asnumpy()[1, 2].tolist() == [10, 11, 21]


def test_fully_connected_takes_numbers_for_rows():
    y = mx.nd.FullyConnected(mx.nd.array([1, 2]), mx.nd.array([[3]]), num_hidden=1, no_bias=True)
    assert y.asnumpy().tolist() == [[3], [6]]


def test_a_weight_that_does_not_fit_is_named_with_both_shapes():
    layer = mx.sym.FullyConnected(mx.sym.Variable("x"), name="fc", num_hidden=2)
    with pytest.raises(
        mx.MXNetError, match=r"(?s)'weight' does not fit.*Expect: weight \(2, 4\).*Actual: weight \(2, 5\)"
    ):
        layer.infer_shape(x=(3, 4), fc_weight=(2, 5))


@pytest.mark.parametrize("rows", [2, 4])
@pytest.mark.parametrize("is_train", [False, True])
def test_the_bias_of_a_dense_layer_may_be_a_column(rows, is_train):
    values = {"x": mx.nd.arange(3 * rows).reshape((rows, 3)), "w": mx.nd.ones((4, 3))}
    values["b"] = mx.nd.arange(4).reshape((4, 1))
    net = mx.sym.FullyConnected(*map(mx.sym.Variable, "xwb"), num_hidden=4)
    assert net.infer_shape(x=(rows, 3), b=(4, 1))[0] == [(rows, 3), (4, 3), (4, 1)]
    for symbol in (net, mx.sym.Activation(net, act_type="relu")):
        gradient = mx.nd.ones((4, 1))
        executor = symbol.bind(mx.cpu(), values, {"b": gradient}, "add")
        (output,) = executor.forward(is_train=is_train)
        np.testing.assert_array_equal(output.asnumpy()[:, 0], values["x"].asnumpy().sum(1))
        np.testing.assert_array_equal(output.asnumpy()[1] - output.asnumpy()[1, 0], [0, 1, 2, 3])
        executor.backward([mx.nd.ones((rows, 4))])
        assert gradient.asnumpy().tolist() == [[1 + rows]] * 4
    with pytest.raises(mx.MXNetError, match="the shape of 'bias' does not fit"):
        net.infer_shape(x=(rows, 3), b=(1, 4))


def test_a_dense_layer_with_rows_of_weights_takes_a_column_of_biases():
    weight, bias = (mx.nd.ones(shape).tostype("row_sparse") for shape in ((4, 3), (4, 1)))
    output = mx.nd.sparse.FullyConnected(mx.nd.ones((2, 3)), weight, bias, num_hidden=4)
    assert output.asnumpy().tolist() == [[4] * 4] * 2
