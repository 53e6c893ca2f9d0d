"""Operators behind functions on arrays of MXNet 0.x."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError

internal = mx.nd._internal


def test_set_value_fills_the_array_that_it_is_given():
    array = mx.nd.zeros((2, 3), dtype="float16")
    internal._set_value(src=5.5, out=array)
    np.testing.assert_array_equal(array.asnumpy(), np.full((2, 3), 5.5, "float16"))


def test_set_value_needs_an_array():
    with pytest.raises(MXNetError, match="out="):
        internal._set_value(src=5.5)


def test_onehot_encode_writes_rows_into_a_matrix():
    rows = mx.nd.zeros((2, 3))
    internal._onehot_encode(mx.nd.array([0, 2]), rows, out=rows)
    assert rows.asnumpy().tolist() == [[1, 0, 0], [0, 0, 1]]


def test_copyto_copies_into_another_array():
    source, target = mx.nd.ones((2, 3)), mx.nd.zeros((2, 3))
    internal._copyto(source, out=target)
    source[:] = 7
    assert target.asnumpy().tolist() == [[1, 1, 1]] * 2
