"""Control flow on arrays."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

C = mx.nd.contrib


def test_foreach_stacks_outputs_and_passes_states_on():
    outputs, states = C.foreach(
        lambda item, states: ([item, item * 2], [states[0] + item]),
        mx.nd.arange(6).reshape((3, 2)),
        [mx.nd.zeros((2,))],
    )
    assert outputs[1].asnumpy().tolist() == [[0, 2], [4, 6], [8, 10]]
    assert states[0].asnumpy().tolist() == [6, 9]


def test_foreach_goes_through_several_arrays_at_once():
    outputs, _ = C.foreach(
        lambda items, states: (items[0] - items[1], states), [mx.nd.ones((2, 3)), mx.nd.ones((2, 3))], []
    )
    assert not outputs.asnumpy().any()


def test_foreach_is_differentiable():
    x = mx.nd.array([1, 2, 3])
    x.attach_grad()
    with mx.autograd.record():
        _, product = C.foreach(lambda item, state: (item, state * item), x, mx.nd.ones((1,)))
    product.backward()
    assert x.grad.asnumpy().tolist() == [6, 3, 2]


def test_foreach_refuses_arrays_of_different_lengths():
    with pytest.raises(ValueError, match="one first extent"):
        C.foreach(lambda items, states: (items[0], states), [mx.nd.ones((2,)), mx.nd.ones((3,))], [])


def test_while_loop_fills_its_outputs_up_with_zeros():
    outputs, (i, total) = C.while_loop(
        lambda i, total: i < 4,
        lambda i, total: ([i], [i + 1, total + i]),
        [mx.nd.array([1]), mx.nd.array([0])],
        5,
    )
    assert outputs[0].asnumpy().ravel().tolist() == [1, 2, 3, 0, 0]
    assert (i.asscalar(), total.asscalar()) == (4, 6)


def test_while_loop_stops_at_the_most_iterations():
    _, i = C.while_loop(lambda i: True, lambda i: ([], i + 1), mx.nd.array([0]), max_iterations=3)
    assert i.asscalar() == 3


def test_while_loop_needs_a_limit():
    with pytest.raises(ValueError, match="max_iterations"):
        C.while_loop(lambda i: i < 1, lambda i: (i, i), mx.nd.array([0]))


@pytest.mark.parametrize(("value", "expected"), [(1, "then"), (0, "else")])
def test_cond_runs_one_branch(value, expected):
    assert C.cond(mx.nd.array([value]), lambda: "then", lambda: "else") == expected


def test_special_numbers_are_found():
    array = mx.nd.array([1, np.inf, np.nan])
    assert C.isinf(array).asnumpy().tolist() == [0, 1, 0]
    assert C.isnan(array).asnumpy().tolist() == [0, 0, 1]
    assert C.isfinite(array).asnumpy().tolist() == [1, 0, 0]


def test_rand_zipfian_expects_rare_classes_less_often():
    samples, expected_true, expected = C.rand_zipfian(mx.nd.array([0, 9]), 50, 10)
    assert samples.dtype is np.int64
    assert samples.shape == expected.shape == (50,)
    assert 0 <= samples.asnumpy().min() <= samples.asnumpy().max() < 10
    assert expected_true.asnumpy()[0] > 5 * expected_true.asnumpy()[1]
