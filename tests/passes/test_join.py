"""Dense layers that share a weight become one product, and so do the gradients of a weight that is used often."""

from __future__ import annotations

import numpy as np
import pytest
from rewritten import typed

import mxnet as mx
from mxnet.passes import apply_passes
from mxnet.passes.join_dense_layers import join_dense_layers
from mxnet.passes.rewrite import verify

STEPS, ROWS, UNITS = 6, 3, 4


@pytest.fixture(autouse=True)
def without_rows(monkeypatch):
    """The texts of programs are compared: they are about the steps of torch's kernels."""
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "native")


def shared(weights, x, name, **settings):
    return mx.sym.FullyConnected(x, num_hidden=UNITS, name=name, **weights, **settings)


def parameters(name, *, bias=True):
    return {key: mx.sym.Variable(f"{name}_{key}") for key in (("weight", "bias") if bias else ("weight",))}


def recurrent_net():
    """Return a recurrent layer, unrolled: its input side does not depend on its steps, its state side does."""
    steps = mx.sym.SliceChannel(mx.sym.Variable("data"), num_outputs=STEPS, axis=0, squeeze_axis=True)
    inside, across = parameters("i2h"), parameters("h2h")
    state = mx.sym.Variable("state")
    for i in range(STEPS):
        gates = shared(inside, steps[i], f"t{i}_i2h") + shared(across, state, f"t{i}_h2h")
        state = mx.sym.Activation(gates, act_type="tanh", name=f"t{i}_state")
    return state


def feed_forward_net(count=5, **settings):
    """Return a weight applied to arrays of different numbers of rows."""
    weights = parameters("fc", bias=not settings.get("no_bias"))
    return mx.sym.Group(
        [shared(weights, mx.sym.Variable(f"x{i}"), f"fc{i}", **settings) for i in range(count)]
    )


def runs(net, reqs="write", **shapes):
    executor = net.simple_bind(mx.cpu(), grad_req=reqs, **shapes)
    random = np.random.default_rng(1)
    for array in executor.arg_dict.values():
        array[:] = random.uniform(-1, 1, array.shape)
    executor.forward(is_train=True)
    executor.backward([mx.nd.array(random.uniform(-1, 1, out.shape)) for out in executor.outputs])
    found = {name: grad.asnumpy() for name, grad in executor.grad_dict.items() if grad is not None}
    executor.forward(is_train=False)
    outputs = {f"output{i}": out.asnumpy() for i, out in enumerate(executor.outputs)}
    return executor.program(True), found | outputs


RECURRENT = {"data": (STEPS, ROWS, UNITS), "state": (ROWS, UNITS)}
UNEVEN = {f"x{i}": (i + 1, 7) for i in range(5)}


@pytest.mark.parametrize(
    ("net", "shapes"),
    [(recurrent_net(), RECURRENT), (feed_forward_net(), UNEVEN), (feed_forward_net(no_bias=True), UNEVEN)],
    ids=["recurrent", "feed-forward", "without bias"],
)
@pytest.mark.parametrize("reqs", ["write", "add"])
def test_joined_products_give_the_same_numbers(net, shapes, reqs, monkeypatch):
    program, found = runs(net, reqs, **shapes)
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "all")
    plain, expected = runs(net, reqs, **shapes)
    assert program.count("_FullyConnected(") < plain.count("_FullyConnected(")
    assert found.keys() == expected.keys()
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-5, atol=1e-6, err_msg=name)


def test_input_side_of_a_recurrent_layer_is_one_product_and_the_state_side_is_not():
    graph = apply_passes(typed(recurrent_net(), **RECURRENT), (join_dense_layers,))
    verify(graph)
    names = [node.name for node in graph.operators if node.op.name == "FullyConnected"]
    assert sorted(names) == sorted(["t5_i2h_joined1", *(f"t{i}_h2h" for i in range(STEPS))])


def test_gradient_of_the_state_side_is_one_product():
    program, _ = runs(recurrent_net(), **RECURRENT)
    assert "t5_h2h_backward_joined" in program
    assert "add_n" not in program


def test_layers_that_depend_on_each_other_stay_as_they_are():
    weights, x = parameters("fc"), mx.sym.Variable("data")
    for i in range(6):
        x = shared(weights, x, f"fc{i}")
    graph = typed(x, data=(ROWS, UNITS))
    assert join_dense_layers(graph) is graph


def test_groups_that_wait_for_each_other_do_not_make_a_cycle():
    first, second = parameters("a"), parameters("b")
    ends = []
    for i in range(8):  # half of them go through a and then b, the others the other way round
        order = (first, second) if i % 2 else (second, first)
        ends.append(shared(order[1], shared(order[0], mx.sym.Variable(f"x{i}"), f"lower{i}"), f"upper{i}"))
    program, found = runs(mx.sym.Group(ends), **{f"x{i}": (2, UNITS) for i in range(8)})
    assert "joined" in program
    assert all(np.isfinite(array).all() for array in found.values())


def test_gradient_of_the_state_itself_is_not_taken_for_one_of_the_weight(monkeypatch):
    """A state that is read twice has an add_n of its own."""
    inside, state, seen = parameters("h2h"), mx.sym.Variable("state"), []
    for i in range(STEPS):
        state = mx.sym.Activation(shared(inside, state, f"t{i}"), act_type="tanh")
        seen.append(state)
    _, found = runs(mx.sym.Group(seen), state=(ROWS, UNITS))
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "all")
    _, expected = runs(mx.sym.Group(seen), state=(ROWS, UNITS))
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-5, atol=1e-6, err_msg=name)


def test_few_uses_are_not_joined():
    net = feed_forward_net(count=3)
    graph = typed(net, x0=(1, 7), x1=(2, 7), x2=(3, 7))
    assert join_dense_layers(graph) is graph


def test_monitor_sees_every_layer():
    executor = recurrent_net().simple_bind(mx.cpu(), **RECURRENT)
    seen = []
    executor.set_monitor_callback(lambda name, _: seen.append(name))
    executor.forward(is_train=True)
    assert [f"t{i}_i2h_output" in seen for i in range(STEPS)] == [True] * STEPS


def test_gradient_that_is_read_elsewhere_too_is_right():
    """A weight made of another variable hands its gradient on."""
    weight = mx.sym.Variable("half") * 2
    net = mx.sym.add_n(
        *(
            mx.sym.FullyConnected(mx.sym.Variable(f"x{i}"), weight=weight, num_hidden=UNITS, no_bias=True)
            for i in range(5)
        )
    )
    shapes = {f"x{i}": (2, 3) for i in range(5)} | {"half": (UNITS, 3)}
    executor = net.simple_bind(mx.cpu(), **shapes)
    for name, array in executor.arg_dict.items():
        array[:] = 1 if name != "half" else 0.5
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((2, UNITS)))
    np.testing.assert_array_equal(executor.grad_dict["half"].asnumpy(), np.full((UNITS, 3), 20.0))
