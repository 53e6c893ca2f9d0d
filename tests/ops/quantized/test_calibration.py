"""Thresholds for quantization: what real MXNet 1.9.1 answered for small histograms, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


@pytest.mark.parametrize(
    ("hist", "bins", "threshold", "divergence"),
    [
        ([1, 2, 3], 3, 3, 1.352752),
        ([3, 2, 1], 3, 3, 4.461346),
        ([0, 1, 0], 3, 3, 0),
        ([1, 0, 2], 3, 3, 2.664528),
        ([1, 2, 3], 1, 3, 0.087208),
        ([1, 2, 3, 4, 5], 2, 5, 0.035174),
        ([1, 2, 3, 4, 5], 3, 5, 0.561881),
        ([1, 2, 3, 2, 1], 1, 4, 0),
        ([1, 1, 1, 1, 1, 1, 1], 5, 7, 1.161627),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0], 3, 6, np.finfo("float32").max),
    ],
)
def test_thresholds_are_those_of_mxnet(hist, bins, threshold, divergence):
    edges = mx.nd.arange(0, len(hist) + 1)
    found = mx.nd.contrib.calibrate_entropy(mx.nd.array(hist), edges, num_quantized_bins=bins)
    np.testing.assert_allclose(
        [each.asscalar() for each in found], [threshold, divergence], rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize(
    ("hist", "edges", "bins", "message"),
    [
        ((4,), (5,), 3, "needs an odd number of bins"),
        ((9,), (9,), 3, "9 bins have 10 edges, not 9"),
        ((9, 1), (10,), 3, "expected hist of shape"),
        ((5,), (6,), 9, "not fewer than num_quantized_bins=9"),
    ],
)
def test_histograms_that_do_not_fit_are_refused(hist, edges, bins, message):
    with pytest.raises(mx.base.MXNetError, match=message):
        mx.nd.contrib.calibrate_entropy(mx.nd.ones(hist), mx.nd.ones(edges), num_quantized_bins=bins)


def test_histograms_are_of_single_precision():
    with pytest.raises(mx.base.MXNetError, match="hist must be float32, not float64"):
        mx.nd.contrib.calibrate_entropy(mx.nd.ones((9,), dtype="float64"), mx.nd.ones((10,), dtype="float64"))
