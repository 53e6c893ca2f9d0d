"""Rows that are overwritten or kept, and where elements stand."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

TABLE = [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "float32"])
def test_rows_are_overwritten_in_a_copy(dtype):
    old, index = mx.nd.array(TABLE), mx.nd.array([2, 0], dtype=dtype)
    new = mx.nd.contrib.index_copy(old, index, mx.nd.array([[7, 8], [9, 10]]))
    assert new.asnumpy().tolist() == [[9, 10], [3, 4], [7, 8]]
    assert old.asnumpy().tolist() == TABLE


@pytest.mark.parametrize(
    ("index", "rows", "message"),
    [
        ([3], [[7, 8]], "index_vector must hold rows from 0 to 2"),
        ([-1], [[7, 8]], "index_vector must hold rows from 0 to 2"),
        ([[1]], [[7, 8]], "expected index_vector of shape"),
        ([1, 0], [[7, 8]], "has not one element for each row"),
        ([1], [7], "does not hold rows of old_tensor"),
        ([1], [[7, 8, 9]], "does not hold rows of old_tensor"),
    ],
)
def test_rows_that_do_not_fit_are_refused(index, rows, message):
    with pytest.raises(mx.base.MXNetError, match=message):
        mx.nd.contrib.index_copy(mx.nd.array(TABLE), mx.nd.array(index), mx.nd.array(rows))


def test_rows_of_another_dtype_are_refused():
    with pytest.raises(mx.base.MXNetError, match="must have one dtype"):
        mx.nd.contrib.index_copy(mx.nd.array(TABLE), mx.nd.array([1]), mx.nd.array([[7, 8]], dtype="float64"))


def test_the_gradient_of_an_overwriting_is_one_of_its_kind():
    old, index, new = (mx.sym.Variable(name) for name in ("old", "index", "new"))
    copied = mx.sym.contrib.index_copy(old, index, new)
    names = [node.op.name for node in copied.gradient(["old", "new"]).graph.operators]
    assert names.count("_contrib_backward_index_copy") == 1


def test_indices_are_along_the_axes_that_are_named():
    found = mx.nd.contrib.index_array(mx.nd.zeros((2, 3)), axes=(1, 0, -1))
    assert found.dtype == np.int64
    assert found.asnumpy()[1].tolist() == [[0, 1, 0], [1, 1, 1], [2, 1, 2]]


@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_an_empty_array_has_no_indices(shape):
    assert mx.nd.contrib.index_array(mx.nd.zeros(shape)).shape == (*shape, 2)


@pytest.mark.parametrize("axis", [2, -3])
def test_an_axis_that_does_not_exist_has_no_indices(axis):
    with pytest.raises(mx.base.MXNetError, match=f"axis {axis} does not exist"):
        mx.nd.contrib.index_array(mx.nd.zeros((2, 3)), axes=(axis,))


@pytest.mark.parametrize(
    ("mask", "kept"), [([1, 0, 2], [0, 2]), ([0.3, -1, np.nan], [0, 1, 2]), ([0, 0, 0], [])]
)
def test_rows_whose_mask_is_not_zero_are_kept(mask, kept):
    rows = mx.nd.contrib.boolean_mask(mx.nd.array(TABLE), mx.nd.array(mask))
    assert rows.shape == (len(kept), 2)
    assert rows.asnumpy().tolist() == [TABLE[row] for row in kept]


def test_the_gradient_goes_to_the_rows_that_were_kept():
    data, mask = mx.nd.array(TABLE), mx.nd.array([1, 0, 1])
    data.attach_grad()
    with mx.autograd.record():
        rows = mx.nd.contrib.boolean_mask(data, mask)
    rows.backward(mx.nd.array([[1, 2], [3, 4]]))
    assert data.grad.asnumpy().tolist() == [[1, 2], [0, 0], [3, 4]]


def test_a_mask_of_another_length_is_refused():
    with pytest.raises(mx.base.MXNetError, match="has not one element for each row"):
        mx.nd.contrib.boolean_mask(mx.nd.array(TABLE), mx.nd.array([1, 0]))


def test_a_mask_has_one_axis():
    with pytest.raises(mx.base.MXNetError, match="expected index of shape"):
        mx.nd.contrib.boolean_mask(mx.nd.array(TABLE), mx.nd.array([[1, 0, 1]]))


def test_only_rows_are_masked():
    with pytest.raises(mx.base.MXNetError, match="axis=1 is not supported"):
        mx.nd.contrib.boolean_mask(mx.nd.array(TABLE), mx.nd.array([1, 0]), axis=1)
