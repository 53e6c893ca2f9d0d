"""What slicing does beyond what one recorded call can show."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

data = mx.sym.Variable("data")


@pytest.mark.parametrize("begin", [None, -7, -3, 0, 2, 9])
@pytest.mark.parametrize("end", [None, -7, -3, 0, 2, 9])
@pytest.mark.parametrize("step", [None, 1, 2, -1, -3])
def test_slice_takes_what_python_takes(begin, end, step):
    array = np.arange(5.0, dtype="float32")
    taken = mx.nd.slice(mx.nd.array(array), begin=(begin,), end=(end,), step=(step,))
    np.testing.assert_array_equal(taken.asnumpy(), array[begin:end:step])


def test_slice_knows_the_extents_of_known_axes():
    part = mx.sym.slice(data, begin=(1, None), end=(3, -1))
    assert part.infer_shape_partial(data=(0, 5, 4))[1] == [(0, 4, 4)]


def test_gradient_of_a_backward_slice_is_reversed_again():
    executor = mx.sym.slice(data, begin=(4,), end=(0,), step=(-2,)).simple_bind(mx.cpu(), data=(5,))
    executor.forward(is_train=True)
    executor.backward(mx.nd.array([1, 2]))
    assert executor.grad_dict["data"].asnumpy().tolist() == [0, 0, 2, 0, 1]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"begin": (0, 0, 0), "end": (1, 1, 1)}, r"is longer than the shape of data, \(4, 5\)"),
        ({"begin": (0, 0), "end": (1,)}, "must be of one length"),
        ({"begin": (0,), "end": (1,), "step": (0,)}, "must not be 0"),
    ],
)
def test_slice_refuses_what_cannot_be(params, message):
    with pytest.raises(mx.base.MXNetError, match=message):
        mx.sym.slice(data, **params).infer_shape(data=(4, 5))


@pytest.mark.parametrize(("begin", "end"), [(0, 9), (3, 1), (2, 2), (-9, 2)])
def test_slice_axis_takes_only_positions_that_exist(begin, end):
    with pytest.raises(mx.base.MXNetError, match=f"axis 0 has 4 positions, and no part {begin}:{end}"):
        mx.sym.slice_axis(data, axis=0, begin=begin, end=end).infer_shape(data=(4, 5))


def test_slice_like_cannot_make_data_larger():
    like = mx.sym.Variable("like")
    with pytest.raises(mx.base.MXNetError, match="axis 0 of data has 4 positions, but shape_like has 6"):
        mx.sym.slice_like(data, like).infer_shape(data=(4, 5), like=(6, 3))


def test_slice_like_gives_the_array_it_is_like_a_gradient_of_zeros():
    like = mx.sym.Variable("like")
    executor = mx.sym.slice_like(data, like).simple_bind(
        mx.cpu(), data=(3,), like=(2,), type_dict={"like": "float64"}
    )
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((2,)))
    assert executor.grad_dict["data"].asnumpy().tolist() == [1, 1, 0]
    assert executor.grad_dict["like"].asnumpy().tolist() == [0, 0]


def test_slice_assign_leaves_its_input_alone():
    array = mx.nd.zeros((3,))
    assigned = mx.nd._internal._slice_assign(array, mx.nd.array([1, 2]), begin=(2,), end=(0,), step=(-1,))
    assert assigned.asnumpy().tolist() == [0, 2, 1]
    assert array.asnumpy().tolist() == [0, 0, 0]


def test_a_number_assigned_to_whole_numbers_loses_its_fraction_and_wraps():
    array = mx.nd.zeros((2,), dtype="uint8")
    assigned = mx.nd._internal._slice_assign_scalar(array, scalar=-1.5, begin=(0,), end=(1,))
    assert assigned.asnumpy().tolist() == [255, 0]
