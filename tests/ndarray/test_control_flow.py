"""Loops and branches on arrays: forms, padding, gradients, and what they refuse."""

from __future__ import annotations

import pytest

import mxnet as mx

A = mx.nd.array
foreach, while_loop, cond = mx.nd.contrib.foreach, mx.nd.contrib.while_loop, mx.nd.contrib.cond


def _numbers(arrays):
    if isinstance(arrays, list | tuple):
        return [_numbers(each) for each in arrays]
    return arrays.asnumpy().ravel().tolist()


def test_foreach_takes_and_returns_nested_lists():
    def body(items, states):
        return [items[0], [items[1]]], [states[0], [states[1][0] + 1]]

    outputs, states = foreach(body, [A([1, 2]), A([3, 4])], [A([0]), [A([0])]])
    assert _numbers(outputs) == [[1, 2], [[3, 4]]]
    assert _numbers(states) == [[0], [[2]]]


def test_foreach_may_have_no_outputs_and_no_states():
    assert _numbers(foreach(lambda item, state: ([], state + item), A([1, 2]), A([0]))) == [[], [3]]
    assert _numbers(foreach(lambda item, state: (item * 2, []), A([1, 2]), [])) == [[2, 4], []]


def test_while_loop_fills_up_with_zeros():
    outputs, last = while_loop(lambda i, s: i < 2, lambda i, s: ([s], (i + 1, s * 2)), (A([0]), A([1])), 4)
    assert _numbers(outputs) == [[1, 2, 0, 0]]
    assert _numbers(last) == [[2], [4]]


def test_while_loop_returns_a_single_variable_by_itself():
    assert _numbers(while_loop(lambda i: i < 2, lambda i: (i, [i + 1]), [A([0])], 2)) == [[0, 1], [2]]


@pytest.mark.parametrize("nothing", [None, []])
def test_while_loop_may_have_no_outputs(nothing):
    assert _numbers(while_loop(lambda i: i < 2, lambda i: (nothing, i + 1), A([0]), 5)) == [[], [2]]


def test_while_loop_without_a_step_has_no_outputs():
    assert _numbers(while_loop(lambda i: i < 2, lambda i: (i, i + 1), A([7]), 5)) == [[], [7]]


def test_gradients_are_recorded_through_loops():
    x, w = A([1, 2, 3]), A([0.5])
    for array in (x, w):
        array.attach_grad()
    with mx.autograd.record():
        outputs, _ = foreach(lambda item, state: (item * w + state, state + item), x, mx.nd.zeros((1,)))
        total = outputs.sum()
    total.backward()
    assert w.grad.asscalar() == 6
    assert x.grad.asnumpy().tolist() == [2.5, 1.5, 0.5]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: foreach(lambda d, s: (None, s), A([1]), A([1])), "outputs of body must be .* there is None"),
        (lambda: foreach(lambda d, s: d, A([1]), A([1])), "must return a pair"),
        (lambda: foreach(lambda d, s: (d, s), 1, A([1])), "data must be a .nested. list of NDArray"),
        (lambda: foreach(lambda d, s: (d, s), A([1]), None), "init_states must be"),
        (lambda: foreach(lambda d, s: (d[0], s), [A([1]), A([1, 2])], A([1])), "one first extent"),
        (
            lambda: while_loop(lambda i: i < 2, lambda i: (i, i + 1), A([0])),
            "max_iterations should be specified",
        ),
        (
            lambda: while_loop(lambda i: i < 2, lambda i: (i, [i, i]), A([0]), 3),
            "as many loop_vars as it takes",
        ),
        (lambda: while_loop(lambda: True, lambda: ([], []), [], 3), "at least one element"),
        (lambda: while_loop(lambda i: i < 2, lambda i: i, A([0]), 3), "must return a pair"),
        (
            lambda: while_loop(lambda i: i < 2, lambda i: ([i] * int(i.asscalar() + 1), i + 1), A([0]), 3),
            "the same number of outputs in each step",
        ),
        (lambda: while_loop(lambda i: A([1, 0]), lambda i: (i, i), A([0]), 3), "array of one element"),
        (lambda: cond(A([1, 1]), lambda: A([1]), lambda: A([2])), "array of one element"),
    ],
)
def test_what_is_wrong_is_said(call, message):
    with pytest.raises(mx.MXNetError, match=message):
        call()


def test_cond_runs_one_of_two_functions():
    assert cond(A([0]), lambda: pytest.fail("not this one"), lambda: A([2])).asscalar() == 2
