"""What rearranging does beyond what one recorded call can show."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.context import cpu
from mxnet.ir.op import Run, find_operator


def shape_after(params, data):
    return mx.sym.Reshape(mx.sym.Variable("data"), **params).infer_shape_partial(data=data)[1][0]


@pytest.mark.parametrize(
    ("codes", "data", "expected"),
    [
        ((4, -1), (2, 3, 4), (4, 6)),
        ((0, -1), (2, 3, 4), (2, 12)),
        ((-1, 0), (2, 3, 4), (8, 3)),
        ((2, -2), (2, 3, 4), (2, 3, 4)),
        ((-2, 1), (2, 3), (2, 3, 1)),
        ((-3, -3), (2, 3, 4, 5), (6, 20)),
        ((-4, 1, 2, -2), (2, 3), (1, 2, 3)),
        ((0, -4, -1, 3, 0), (2, 6, 4), (2, 2, 3, 4)),
        ((0, -4, 2, 3, -1), (2, 6, 4), (2, 2, 3, 4)),
    ],
)
def test_reshape_reads_codes(codes, data, expected):
    assert shape_after({"shape": codes}, data) == expected


@pytest.mark.parametrize(
    ("codes", "data", "expected"),
    [
        ((-1, 0), (10, 5, 4), (50, 4)),
        ((-3, 0, 0), (2, 3, 4, 5), (6, 4, 5)),
        ((0, 0, -1), (2, 3, 4), (2, 3, 4)),
    ],
)
def test_reshape_reads_codes_backwards(codes, data, expected):
    assert shape_after({"shape": codes, "reverse": True}, data) == expected


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"target_shape": (2, 0)}, (2, 12)),
        ({"target_shape": (0, 6)}, (4, 6)),
        ({"target_shape": (0, 12), "keep_highest": True}, (2, 12)),
        ({"target_shape": (3, 2), "shape": (24,)}, (24,)),
    ],
)
def test_reshape_still_reads_its_older_form(params, expected):
    assert shape_after(params, (2, 3, 4)) == expected


def test_reshape_learns_an_unknown_extent_of_data_from_the_output():
    assert mx.sym.Reshape(mx.sym.Variable("data"), shape=(2, 3)).infer_shape(data=(0, 3))[0] == [(2, 3)]


@pytest.mark.parametrize(
    ("codes", "data", "message"),
    [
        ((-1, -1), (2, 3), r"more than one extent"),
        ((0, 0, 0), (2, 3), r"more extents than data of shape \(2, 3\) has"),
        ((-4, 3, -1), (2,), r"cannot split the extent 2 into \(3, -1\)"),
        ((-4, 2), (2,), r"-4 in shape=\(-4, 2\) takes two extents"),
        ((-5,), (2,), r"has the code -5"),
        ((2, 2), (2, 3), r"shape \(2, 3\) cannot have the shape \(2, 2\)"),
        ((4, -1), (2, 3), r"shape \(2, 3\) cannot have the shape \(4, None\)"),
    ],
)
def test_reshape_refuses_what_cannot_be(codes, data, message):
    with pytest.raises(mx.base.MXNetError, match=message):
        shape_after({"shape": codes}, data)


def test_reshape_infers_what_the_other_axes_of_an_empty_array_leave():
    assert mx.nd.reshape(mx.nd.zeros((0, 3, 4)), shape=(0, -1)).shape == (0, 12)


def test_reshape_is_a_view_of_its_input():
    data = torch.arange(6.0).reshape(2, 3)
    assert (
        find_operator("Reshape").make(shape=(3, 2)).kernel_for(Run(cpu()))(data).data_ptr() == data.data_ptr()
    )


def test_squeeze_keeps_one_axis():
    assert mx.sym.squeeze(mx.sym.Variable("data")).infer_shape(data=(1, 1))[1] == [(1,)]


def test_flatten_says_nothing_while_an_extent_is_unknown():
    assert mx.sym.Flatten(mx.sym.Variable("data")).infer_shape_partial(data=(0, 3, 4))[1] == [()]


def test_transpose_infers_backwards_without_axes():
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    assert mx.sym.elemwise_add(mx.sym.transpose(a), b).infer_shape(b=(2, 3, 4))[0] == [(4, 3, 2), (2, 3, 4)]


@pytest.mark.parametrize("axes", [(0, 0, 1), (0, 1), (-1, 0, 1), (0, 1, 3)])
def test_transpose_refuses_what_is_no_order_of_the_axes(axes):
    with pytest.raises(mx.base.MXNetError, match="is no order of the axes of 3-dimensional data"):
        mx.sym.transpose(mx.sym.Variable("data"), axes=axes).infer_shape(data=(2, 3, 4))


@pytest.mark.parametrize("axis", [-1, 2])
def test_reverse_counts_axes_from_the_front_only(axis):
    with pytest.raises(mx.base.MXNetError, match="must be between 0 and 1"):
        mx.sym.reverse(mx.sym.Variable("data"), axis=axis).infer_shape(data=(2, 3))


def test_shape_array_ignores_head_gradients():
    data = mx.sym.Variable("data")
    executor = mx.sym.shape_array(data).simple_bind(mx.cpu(), data=(2, 3))
    assert executor.forward(is_train=True)[0].asnumpy().tolist() == [2, 3]
    executor.backward([mx.nd.array([1, 1], dtype="int64")])
    assert not executor.grad_dict["data"].asnumpy().any()


def test_depth_to_space_and_back_changes_nothing():
    data = mx.nd.array(np.random.default_rng(0).normal(size=(2, 8, 3, 2)))
    there = mx.nd.depth_to_space(data, block_size=2)
    np.testing.assert_array_equal(mx.nd.space_to_depth(there, block_size=2).asnumpy(), data.asnumpy())
