"""Graphs in which data tell a shape: each run infers again what is not known before."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError

TABLE = np.arange(12, dtype="float32").reshape(4, 3)


def bound(symbol, mask=(0, 1, 0, 1), **others):
    args = {"data": TABLE, "mask": np.array(mask, "float32"), **others}
    args = {name: mx.nd.array(args[name]) for name in symbol.list_arguments()}
    return symbol.bind(mx.cpu(), args, args_grad={"data": mx.nd.zeros((4, 3))}, grad_req={"data": "write"})


@pytest.fixture
def rows():
    return mx.sym.contrib.boolean_mask(mx.sym.Variable("data"), mx.sym.Variable("mask"), name="rows")


def test_the_shapes_after_it_are_not_inferred(rows):
    doubled = rows * 2
    assert doubled.infer_shape(data=(4, 3), mask=(4,)) == (None, None, None)
    assert doubled.infer_shape_partial(data=(4, 3), mask=(4,)) == ([(4, 3), (4,)], [()], [])


def test_outputs_have_no_shape_before_the_first_run(rows):
    with pytest.raises(MXNetError, match="known after forward"):
        _ = bound(rows).outputs


def test_what_follows_is_computed_and_differentiated(rows):
    weight = np.ones((2, 3), "float32")
    net = mx.sym.FullyConnected(mx.sym.relu(rows * 2), mx.sym.Variable("w"), no_bias=True, num_hidden=2)
    executor = bound(net, w=weight)
    (output,) = executor.forward(is_train=True)
    np.testing.assert_array_equal(output.asnumpy(), (TABLE[[1, 3]] * 2) @ weight.T)
    executor.backward([mx.nd.array([[1, 0], [2, 3]])])
    expected = np.zeros((4, 3))
    expected[1], expected[3] = 2, 10
    np.testing.assert_array_equal(executor.grad_dict["data"].asnumpy(), expected)


def test_another_mask_keeps_another_number_of_rows(rows):
    executor = bound(mx.sym.zeros_like(rows) + mx.sym.sum(rows, axis=0, keepdims=True).broadcast_like(rows))
    assert executor.forward()[0].shape == (2, 3)
    (output,) = executor.forward(is_train=True, mask=mx.nd.array([1, 1, 0, 1]))
    np.testing.assert_array_equal(output.asnumpy(), [TABLE[[0, 1, 3]].sum(0)] * 3)
    executor.backward([mx.nd.ones((3, 3))])
    np.testing.assert_array_equal(executor.grad_dict["data"].asnumpy()[:, 0], [3, 3, 0, 3])


def test_a_mask_may_be_computed_and_drawn():
    data = mx.sym.Variable("data")
    drawn = mx.sym.random.uniform(shape=(4,)) > 0.5
    executor = bound(mx.sym.contrib.boolean_mask(data, drawn) * 2)
    counts = {executor.forward()[0].shape[0] for _ in range(20)}
    assert len(counts) > 1


def test_rows_that_do_not_fit_what_follows_are_refused_when_it_runs(rows):
    executor = bound(mx.sym.elemwise_add(rows, mx.sym.Variable("other"), name="total"), other=TABLE[:3])
    with pytest.raises(
        MXNetError, match=r"boolean_mask 'rows'.*result of shape \(2, 3\), but what follows needs \(3, 3\)"
    ):
        executor.forward()


def test_a_monitor_sees_the_rows(rows):
    seen = {}
    executor = bound(rows + 1)
    executor.set_monitor_callback(lambda name, array: seen.update({name: array.shape}))
    executor.forward()
    assert seen["rows_output"] == (2, 3)


def test_the_program_and_what_is_known_of_memory_can_be_shown(rows):
    executor = bound(rows * 2)
    assert "boolean_mask" in executor.program(is_train=True)
    assert "Total 0 MB" in executor.debug_str()
    assert "rows" in str(executor.memory_plan())
