"""What the operators without inputs do beyond what one recorded call can show."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.ops.tensor.creation import number_as


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (2.7, "float32", 2.7),
        (-2.7, "int32", -2),
        (-2.7, "uint8", 254),
        (300, "uint8", 44),
        (200, "int8", -56),
        (0.5, "bool", True),
        (float("nan"), "int64", np.iinfo("int64").min),
    ],
)
def test_a_number_is_written_as_its_dtype_holds_it(value, dtype, expected):
    assert number_as(value, dtype) == expected


@pytest.mark.parametrize("make", [mx.sym.zeros, mx.sym.ones])
def test_an_extent_of_0_is_inferred_from_its_use(make):
    x = mx.sym.Variable("x")
    total = mx.sym.elemwise_add(x, make(shape=(0, 3)))
    assert total.eval(x=mx.nd.zeros((2, 3)))[0].shape == (2, 3)


def test_zeros_without_a_dtype_take_it_from_their_use():
    x = mx.sym.Variable("x")
    nothing = mx.sym._internal._zeros_without_dtype(shape=(2,))
    assert mx.sym.elemwise_add(nothing, x).infer_type(x="float64")[1] == [np.float64]


def test_whole_numbers_count_with_a_whole_step():
    assert mx.nd.arange(0.5, 6, 1.5, dtype="int32").asnumpy().tolist() == [0, 1, 2, 3]


def test_arange_can_get_its_length_from_its_use():
    x = mx.sym.Variable("x")
    numbers = mx.sym.arange(start=5, step=2, infer_range=True)
    assert mx.sym.elemwise_add(x, numbers).eval(x=mx.nd.zeros((3,)))[0].asnumpy().tolist() == [5, 7, 9]


@pytest.mark.parametrize(
    "params", [{"start": 0}, {"start": 5, "stop": 2}, {"start": 1, "stop": 3, "step": -1}]
)
def test_arange_refuses_to_be_empty(params):
    with pytest.raises(mx.base.MXNetError, match="there are no values from"):
        mx.sym.arange(**params)


def test_arange_like_repeats_each_value():
    assert mx.nd.contrib.arange_like(mx.nd.zeros((2, 3)), repeat=4).asnumpy().tolist() == [
        [0, 0, 0],
        [0, 1, 1],
    ]
