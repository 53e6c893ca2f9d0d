"""What ordering does beyond what one recorded call can show."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

ties = mx.nd.array([3, 1, 3, 2, 3, 1])


@pytest.mark.parametrize(
    ("k", "is_ascend", "expected"),
    [(2, False, [0, 2]), (4, False, [0, 2, 4, 3]), (3, True, [1, 5, 3]), (0, True, [1, 5, 3, 0, 2, 4])],
)
def test_of_equal_elements_the_first_come_first(k, is_ascend, expected):
    assert mx.nd.topk(ties, k=k, is_ascend=is_ascend).asnumpy().tolist() == expected


def test_a_few_of_many_are_found():
    array = np.random.default_rng(0).permutation(1000).astype("float32").reshape(10, 100)
    values, where = mx.nd.topk(mx.nd.array(array), k=3, ret_typ="both")
    np.testing.assert_array_equal(values.asnumpy(), -np.sort(-array)[:, :3])
    np.testing.assert_array_equal(where.asnumpy(), np.argsort(-array)[:, :3])


def test_topk_of_the_flattened_array_keeps_the_shape_of_a_mask():
    mask = mx.nd.topk(mx.nd.array([[1, 4], [3, 2]]), axis=None, k=2, ret_typ="mask")
    assert mask.asnumpy().tolist() == [[0, 1], [1, 0]]


def test_topk_shows_one_output_unless_both_are_asked_for():
    data = mx.sym.Variable("data")
    assert mx.sym.topk(data, ret_typ="value", name="t").list_outputs() == ["t_output0"]
    assert mx.sym.topk(data, ret_typ="both", name="t").list_outputs() == ["t_output0", "t_output1"]


def test_topk_refuses_more_than_there_are():
    with pytest.raises(mx.base.MXNetError, match="there are no k=5 among the 4 elements along axis 1"):
        mx.sym.topk(mx.sym.Variable("data"), k=5, axis=1).infer_shape(data=(3, 4))


@pytest.mark.parametrize("axis", [0, None])
def test_the_gradient_of_sort_goes_back_to_where_elements_were(axis):
    executor = mx.sym.sort(mx.sym.Variable("data"), axis=axis).simple_bind(mx.cpu(), data=(3,))
    executor.forward(is_train=True, data=mx.nd.array([3, 1, 2]))
    executor.backward(mx.nd.array([10, 20, 30]))
    assert executor.grad_dict["data"].asnumpy().tolist() == [30, 10, 20]


def test_positions_have_no_gradient():
    executor = mx.sym.argsort(mx.sym.Variable("data")).simple_bind(mx.cpu(), data=(3,))
    executor.forward(is_train=True, data=mx.nd.array([3, 1, 2]))
    executor.backward(mx.nd.array([10, 20, 30]))
    assert not executor.grad_dict["data"].asnumpy().any()


def test_a_value_on_an_edge_belongs_to_the_bin_it_begins_and_the_last_bin_has_both():
    values = mx.nd.array([1, 2, 2, 5, 7])
    counts, edges = mx.nd.histogram(values, bins=mx.nd.array([1, 2, 5]))
    assert counts.asnumpy().tolist() == [1, 3]  # 7 is in none
    assert counts.dtype == np.int64
    assert edges.asnumpy().tolist() == [1, 2, 5]


def test_bins_of_equal_width_span_the_values():
    counts, edges = mx.nd.histogram(mx.nd.array([0, 1, 1, 4]), bins=np.int64(2))
    assert counts.asnumpy().tolist() == [3, 1]
    assert edges.asnumpy().tolist() == [0, 2, 4]
    assert counts.dtype == edges.dtype == np.float32  # as MXNet, which asks numpy where no range is given


def test_a_number_of_bins_needs_their_range():
    with pytest.raises(ValueError, match=r"bin_cnt needs range=\(low, high\), not None"):
        mx.nd._internal._histogram(ties, bin_cnt=3)


@pytest.mark.parametrize(
    ("dtype", "bins", "counts", "edges"),
    [
        ("int32", 3, [2, 2, 3], [0, 1, 3, 5]),  # as MXNet 1.9.1: whole numbers have whole edges
        ("float32", 3, [3, 2, 2], [0, 5 / 3, 10 / 3, 5]),
    ],
)
def test_edges_of_equal_bins_are_numbers_of_the_data_type(dtype, bins, counts, edges):
    data = mx.nd.array([0, 0, 1, 2, 3, 4, 5], dtype=dtype)
    count, edge = mx.nd._internal._histogram(data, bin_cnt=bins, range=(0.0, 5.0))
    np.testing.assert_array_equal(count.asnumpy(), counts)
    np.testing.assert_allclose(edge.asnumpy(), edges, rtol=1e-6)
