"""Loops and branches that real MXNet 1.9.1 has run, too: what it answered is in data/control_flow.json."""

from __future__ import annotations

import mxnet as mx

S = mx.sym
V = S.Variable


def lstm():
    cell = mx.rnn.LSTMCell(4, prefix="l_")

    def body(item, states):
        cell.reset()
        return cell(item, states)

    return S.contrib.foreach(body, V("x"), [V("h"), V("c")]), {"x": (5, 3, 2), "h": (3, 4), "c": (3, 4)}


def gru_with_a_head():
    cell = mx.rnn.GRUCell(4, prefix="g_")

    def body(item, state):
        cell.reset()
        output, states = cell(item, [state])
        return S.FullyConnected(output, num_hidden=2, name="out"), states[0]

    outputs, state = S.contrib.foreach(body, V("x"), V("h"))
    return [S.softmax(outputs, axis=-1), state], {"x": (4, 3, 2), "h": (3, 4)}


def nested():
    w = V("w")

    def inner(item, state):
        return item * w + state, S.tanh(state + item)

    def outer(item, state):
        outputs, after = S.contrib.foreach(inner, item, state)
        return outputs.sum(axis=0) + state, after

    return S.contrib.foreach(outer, V("x"), V("s")), {"x": (3, 4, 2), "s": (2,), "w": (2,)}


def while_that_ends_early():
    w = V("w")
    made = S.contrib.while_loop(
        lambda i, s: S.sum(s) < 100,
        lambda i, s: ([s * w, i], [i + 1, s * 1.7 + w * w + i]),
        [V("i"), V("s")],
        max_iterations=9,
    )
    return made, {"i": (1,), "s": (1,), "w": (1,)}


def while_that_runs_out():
    w = V("w")
    made = S.contrib.while_loop(
        lambda i, s: i < 1000,
        lambda i, s: ([s * w, i], [i + 1, S.tanh(s) * 1.7 + w * w]),
        [V("i"), V("s")],
        max_iterations=7,
    )
    return made, {"i": (1,), "s": (2, 3), "w": (2, 3)}


def free_values_made_outside():
    w = V("w")
    outside = S.exp(w) * 2
    pieces = S.split(outside, num_outputs=2, axis=0, name="pieces")

    def body(item, state):
        layer = S.FullyConnected(item, w, num_hidden=4, no_bias=True, name="fc")
        return [item * pieces[0], layer], state * pieces[1] + item

    outputs, state = S.contrib.foreach(body, V("x"), V("s"))
    total = S.broadcast_add(state, S.sum(outside, keepdims=True))
    return [outputs[0] * 2, outputs[1], total], {"x": (3, 2, 2), "s": (2, 2), "w": (4, 2)}


def several_of_everything():
    def body(items, states):
        outputs = [items[0] * states[1], [items[1] + states[0]]]
        return outputs, [states[1] + items[0], states[0] * items[1]]

    made = S.contrib.foreach(body, [V("x"), V("y")], [V("a"), V("b")])
    return made, {"x": (4, 2), "y": (4, 2), "a": (2,), "b": (2,)}


def loop_after_loop():
    outputs, state = S.contrib.foreach(lambda d, s: (d + s, s * d), V("x"), V("s"))
    made = S.contrib.foreach(lambda d, s: (d * s, S.sin(s)), outputs, state)
    return [*made, outputs], {"x": (3, 2), "s": (2,)}


def one_dimensional_data():
    return S.contrib.foreach(lambda d, s: (d * s, d + s * 0.5), V("x"), V("s")), {"x": (4,), "s": (1,)}


def a_state_that_stays():
    w = V("w")
    made = S.contrib.foreach(lambda d, s: (S.broadcast_mul(d, w), s), V("x"), V("s"))
    return made, {"x": (3, 2, 2), "s": (2, 2), "w": (1, 2)}


def first_branch():
    a, b = V("a"), V("b")
    made = S.contrib.cond(S.sum(a) > S.sum(b), lambda: [S.dot(a, b), a], lambda: [a - b, b * a])
    return made, {"a": (2, 2), "b": (2, 2)}


def second_branch():
    a, b = V("a"), V("b")
    made = S.contrib.cond(S.sum(a) <= S.sum(b), lambda: [S.dot(a, b), a], lambda: [a - b, b * a])
    return made, {"a": (2, 2), "b": (2, 2)}


def loop_in_a_branch():
    a, x, s = V("a"), V("x"), V("s")

    def loop():
        return S.contrib.foreach(lambda d, t: (d * a + t, t + d), x, s)[0]

    made = S.contrib.cond(S.sum(a) > -9, loop, lambda: S.broadcast_mul(x, a.reshape((1, 2))))
    return made, {"a": (2,), "x": (3, 2), "s": (2,)}


LOOPS = (
    lstm,
    gru_with_a_head,
    nested,
    while_that_ends_early,
    while_that_runs_out,
    free_values_made_outside,
    several_of_everything,
    loop_after_loop,
    one_dimensional_data,
    a_state_that_stays,
    first_branch,
    second_branch,
    loop_in_a_branch,
)


def flat(made):
    """Return the symbols in a nested list."""
    return [one for each in made for one in flat(each)] if isinstance(made, list | tuple) else [made]


def compose(loop):
    """Return a loop's symbol, with names as at the start of a program, and the shapes of what it is given."""
    with mx.name.NameManager():
        made, shapes = loop()
        return S.Group(flat(made)), shapes
