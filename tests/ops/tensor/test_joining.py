"""What joining and splitting do beyond what one recorded call can show."""

from __future__ import annotations

import pytest

import mxnet as mx

a, b, c = (mx.sym.Variable(name) for name in "abc")


def test_concat_shares_what_is_known_of_the_other_axes():
    assert mx.sym.concat(a, b, dim=1).infer_shape(a=(2, 3), b=(0, 2)) == ([(2, 3), (2, 2)], [(2, 5)], [])


def test_concat_leaves_out_arrays_of_which_nothing_is_known():
    assert mx.sym.concat(a, b, dim=1).infer_shape_partial(a=(2, 3)) == ([(2, 3), (2, 0)], [(2, 3)], [])


def test_concat_counts_an_array_that_a_later_node_determines():
    # MXNet commits itself to (2, 3) too early, and reports a conflict.
    both = mx.sym.Group([mx.sym.concat(a, b, dim=1), mx.sym.elemwise_add(b, c)])
    assert both.infer_shape(a=(2, 3), c=(2, 4))[1] == [(2, 7), (2, 4)]


def test_concat_learns_the_last_extent_from_its_output():
    total = mx.sym.elemwise_add(mx.sym.concat(a, b, dim=1), c)
    assert total.infer_shape(a=(2, 3), c=(2, 7))[0] == [(2, 3), (2, 4), (2, 7)]


def test_concat_names_the_array_that_does_not_fit():
    with pytest.raises(
        mx.base.MXNetError, match=r"(?s)Expect: arg1 \(2, \?\).*Actual: arg1 \(2, 3, 1\), from variable 'b'"
    ):
        mx.sym.concat(a, b, dim=1).infer_shape(a=(2, 3), b=(2, 3, 1))


def test_rnn_parameters_of_which_nothing_is_known_are_empty():
    joined = mx.sym._internal._rnn_param_concat(a, b, dim=0)
    assert joined.infer_shape(a=(6,)) == ([(6,), (0,)], [(6,)], [])


def test_rnn_parameters_learn_their_length_from_the_whole():
    joined = mx.sym.elemwise_add(mx.sym._internal._rnn_param_concat(a, b, dim=0), c)
    assert joined.infer_shape(a=(6,), c=(9,))[0] == [(6,), (3,), (9,)]


def test_rnn_parameters_of_two_directions_have_one_length():
    joined = mx.sym._internal._rnn_param_concat(a, b, c, dim=0)
    known = mx.sym.elemwise_add(joined, mx.sym.var("d", shape=(14,)))
    assert known.infer_shape(b=(6,), a=(0,), c=(0,))[0] == [(4,), (6,), (4,), (14,)]


def test_stack_learns_nothing_about_one_array_from_another():
    assert mx.sym.stack(a, b, axis=1).infer_shape_partial(a=(2, 3)) == ([(2, 3), ()], [(2, 2, 3)], [])


def test_split_learns_data_from_any_of_its_parts():
    part = mx.sym.elemwise_add(mx.sym.split(a, num_outputs=2)[1], b)
    assert part.infer_shape(a=(0, 6), b=(2, 3))[0] == [(2, 6), (2, 3)]


def test_split_passes_zeros_for_parts_that_are_not_used():
    executor = mx.sym.split(a, num_outputs=3)[1].simple_bind(mx.cpu(), a=(1, 6))
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((1, 2)))
    assert executor.grad_dict["a"].asnumpy().tolist() == [[0, 0, 1, 1, 0, 0]]


def test_split_v2_gives_the_first_sections_what_does_not_divide():
    assert mx.sym.split_v2(a, 3).infer_shape(a=(8, 2))[1] == [(3, 2), (3, 2), (2, 2)]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"num_outputs": 2}, "the extent 5 cannot be split into 2 equal parts"),
        ({"num_outputs": 1, "squeeze_axis": True}, "squeeze_axis needs parts of extent 1"),
        ({"num_outputs": 2, "axis": 3}, "axis 3 does not exist in an array of 2 dimensions"),
    ],
)
def test_split_refuses_what_cannot_be(params, message):
    with pytest.raises(mx.base.MXNetError, match=message):
        mx.sym.split(a, **params).infer_shape(a=(2, 5))


@pytest.mark.parametrize("indices", [(1, 2), (0, 3, 2)])
def test_split_v2_needs_positions_that_begin_with_0_and_ascend(indices):
    with pytest.raises(mx.base.MXNetError, match="must begin with 0 and ascend"):
        mx.sym._internal._split_v2(a, indices=indices)
