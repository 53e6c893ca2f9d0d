"""Symbols of drawn classes."""

import numpy as np
import pytest

import mxnet as mx


def test_rand_zipfian_draws_frequent_classes_first_and_knows_how_often():
    mx.random.seed(5)
    symbols = mx.sym.contrib.rand_zipfian(mx.sym.var("classes"), 4000, 100)
    samples, true, sampled = (
        each.asnumpy() for each in mx.sym.Group(list(symbols)).eval(classes=mx.nd.array([0, 3]))
    )
    assert samples.dtype == np.int64
    assert samples.min() == 0
    assert samples.max() < 100
    assert true[0] == pytest.approx(4000 * np.log(2) / np.log(101))
    assert (samples == 0).sum() == pytest.approx(true[0], rel=0.15)
    np.testing.assert_allclose(sampled[samples == 3], true[1])
