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
