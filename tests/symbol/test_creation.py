"""Functions of symbols that are more than one operator."""

from decimal import Decimal

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


# Asked of MXNet 1.9.1.
def test_functions_of_two_take_their_arguments_by_name():
    x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
    assert mx.sym.pow(base=x, exp=2).attr("op_name") == "_power_scalar"
    assert mx.sym.power(2, exp=x).attr("op_name") == "_rpower_scalar"
    assert mx.sym.power(base=x, exp=y).list_arguments() == ["x", "y"]
    for function in (mx.sym.maximum, mx.sym.minimum, mx.sym.hypot):
        assert function(left=x, right=2).list_arguments() == ["x"]
        assert function(left=3, right=x).list_arguments() == ["x"]
    assert (mx.sym.pow(2, 3), mx.sym.hypot(3, 4), mx.sym.maximum(1, 2)) == (8, 5, 2)


@pytest.mark.parametrize("number", [2, 2.0, np.int64(2), np.float32(2), Decimal(2)], ids=repr)
def test_any_number_goes_with_a_symbol(number):
    x = mx.sym.Variable("x")
    for made in (x + number, mx.sym.maximum(x, number), mx.sym.power(number, x)):
        assert float(made.attr("scalar")) == 2


def test_methods_take_inplace_as_those_of_arrays_do():
    x = mx.sym.Variable("x")
    assert x.expand_dims(1, True).infer_shape(x=(2, 3))[1] == [(2, 1, 3)]
    assert x.expand_dims(axis=0, inplace=True).infer_shape(x=(2, 3))[1] == [(1, 2, 3)]
    assert x.squeeze(inplace=True).infer_shape(x=(2, 1))[1] == [(2,)]
    assert x.squeeze(1, True).infer_shape(x=(2, 1))[1] == [(2,)]
    assert x.flatten(inplace=True).infer_shape(x=(2, 3, 4))[1] == [(2, 12)]
    assert x.expand_dims(0, name="more").name == "more"


def test_attributes_given_to_an_operator_are_stored_as_text():
    attr = {"__init__": mx.init.Xavier()}
    y = mx.sym.Convolution(mx.sym.var("x"), kernel=(1, 1), num_filter=2, attr=attr, name="c")
    again = mx.sym.load_json(y.tojson()).attr_dict()
    assert "Xavier object at" in again["c"]["__init__"] == again["c_weight"]["__init__"]
