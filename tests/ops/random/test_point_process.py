"""Hawkes processes: what real MXNet 1.9.1 answered, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

NAMES = ("lda", "alpha", "beta", "state", "lags", "marks", "valid_length", "max_time")
PROCESS = ([[1.5, 2]], [0.2, 0.3], [1, 2], [[0.5, 0.7]], [[1, 2, 0.5]], [[0, 1, 0]], [3], [5])


def _arrays(dtype="float64", **changes):
    values = dict(zip(NAMES, PROCESS, strict=True)) | changes
    return [mx.nd.array(values[name], dtype="int32" if name == "marks" else dtype) for name in NAMES]


@pytest.mark.parametrize(
    ("changes", "likelihood", "state"),
    [
        ({}, -16.913831, [0.244815, 0.018347]),
        ({"valid_length": [0]}, -17.809317, [0.003369, 0.000032]),
        ({"valid_length": [1.7]}, -17.176796, [0.021685, 0.018347]),
        ({"max_time": [2]}, -3.264287, [4.917236, 7.401877]),
    ],
)
def test_the_likelihood_is_that_of_mxnet(changes, likelihood, state):
    found, final = mx.nd.contrib.hawkesll(*_arrays(**changes))
    np.testing.assert_allclose(found.asnumpy(), [likelihood], rtol=1e-6)
    np.testing.assert_allclose(final.asnumpy(), [state], atol=1e-6)


def test_gradients_come_from_the_likelihood_and_not_from_the_final_state():
    arrays = _arrays()
    for array in arrays[:4]:
        array.attach_grad()
    with mx.autograd.record():
        outputs = mx.nd.contrib.hawkesll(*arrays)
    mx.autograd.backward(outputs, [mx.nd.ones((1,), dtype="float64"), mx.nd.ones((1, 2), dtype="float64")])
    expected = ([[-3.691154, -4.50026]], [-2.071534, -1.679918], [-0.106136, -0.012338], [[0, 0]])
    for array, gradient in zip(arrays, expected, strict=False):
        np.testing.assert_allclose(array.grad.asnumpy(), gradient, atol=1e-6)


def test_half_precision_is_computed():
    likelihood, _ = mx.nd.contrib.hawkesll(*_arrays("float16"))
    assert likelihood.dtype == np.float16
    np.testing.assert_allclose(likelihood.asnumpy(), [-16.9], rtol=5e-3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"marks": [[0, 2, 0]]}, "marks must be kinds from 0 to 1"),
        ({"marks": [[0, -1, 0]]}, "marks must be kinds from 0 to 1"),
        ({"alpha": [0.2, 0.3, 0.4]}, "expected alpha of shape"),
        ({"lags": [[1, 2]]}, "expected marks of shape"),
        ({"lda": [1.5, 2]}, "expected lda of shape"),
        ({"max_time": [5, 5]}, "expected max_time of shape"),
    ],
)
def test_what_does_not_fit_is_refused(changes, message):
    with pytest.raises(mx.base.MXNetError, match=message):
        mx.nd.contrib.hawkesll(*_arrays(**changes))


def test_kinds_of_events_beyond_the_valid_ones_do_not_matter():
    plain, _ = mx.nd.contrib.hawkesll(*_arrays(valid_length=[2]))
    padded, _ = mx.nd.contrib.hawkesll(*_arrays(valid_length=[2], marks=[[0, 1, -1]]))
    np.testing.assert_array_equal(plain.asnumpy(), padded.asnumpy())
