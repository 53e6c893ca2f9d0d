"""Functions of symbols that are more than one operator."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError


def test_histogram_counts_values_in_equal_bins():
    counted = mx.sym.histogram(mx.sym.Variable("x"), bins=2, range=(0, 4))
    assert counted.list_arguments() == ["x"]
    counts, edges = counted.eval(x=mx.nd.array([0, 1, 1, 4, 9]))
    assert counts.asnumpy().tolist() == [3, 1]
    assert edges.asnumpy().tolist() == [0, 2, 4]


def test_histogram_counts_values_between_edges():
    counted = mx.sym.histogram(mx.sym.Variable("x"), bins=mx.sym.Variable("edges"))
    assert counted.list_outputs() == [f"{counted.name}_output0", f"{counted.name}_output1"]
    counts, _ = counted.eval(x=mx.nd.array([0, 1, 1, 4, 9]), edges=mx.nd.array([1, 2, 9]))
    assert counts.asnumpy().tolist() == [2, 2]
    assert counts.dtype == np.int64


def test_histogram_says_what_it_needs():
    with pytest.raises(MXNetError, match=r"needs range=\(low, high\)"):
        mx.sym.histogram(mx.sym.Variable("x"), bins=3)
    with pytest.raises(MXNetError, match="bins must be an int or a Symbol of edges, not 'a'"):
        mx.sym.histogram(mx.sym.Variable("x"), bins="a")
