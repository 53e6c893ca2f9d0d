"""Running sums in other data types."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


@pytest.mark.parametrize(
    ("data", "source", "target", "expected"),
    [
        ([100, 100, 100], "int8", None, [100, -56, 44]),
        ([100, 100, 100], "uint8", "int32", [100, 200, 300]),
        ([1.5, 2.7], "float32", "int32", [1, 3]),
        ([100, 200], "int32", "int8", [100, 44]),
        ([1, 1, 0], "bool", "int32", [1, 2, 2]),
    ],
)
def test_sums_are_made_in_the_data_type_of_the_output(data, source, target, expected):
    params = {} if target is None else {"dtype": target}
    sums = mx.nd.cumsum(mx.nd.array(data, dtype=source), **params)
    assert (sums.dtype, sums.asnumpy().tolist()) == (np.dtype(target or source), expected)


def test_bools_are_counted_in_int64():
    sums = mx.nd.cumsum(mx.nd.array([1, 1, 0], dtype="bool"))
    assert (sums.dtype, sums.asnumpy().tolist()) == (np.int64, [1, 2, 2])


@pytest.mark.parametrize("axis", [-1, 2])
def test_the_axis_is_counted_from_the_front(axis):
    with pytest.raises(mx.base.MXNetError, match=f"cumsum: axis {axis} does not exist"):
        mx.nd.cumsum(mx.nd.ones((3, 4)), axis=axis)


def test_the_sum_of_nothing_is_nothing():
    assert mx.nd.cumsum(mx.nd.zeros((0, 3))).shape == (0,)
    assert mx.nd.cumsum(mx.nd.zeros((2, 0, 3)), axis=0).shape == (2, 0, 3)


def test_files_name_the_operator_as_mxnet_does():
    assert '"op": "_np_cumsum"' in mx.sym.cumsum(mx.sym.Variable("x")).tojson()
