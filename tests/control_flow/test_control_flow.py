"""What the operators behind loops and branches infer, run, differentiate and refuse."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import mxnet as mx
from mxnet.errors import GradientError

S = mx.sym
X, STATE, A, B = (S.Variable(name) for name in ("x", "s", "a", "b"))


def _train(symbol, grad_req="write", **arrays):
    """Run forward and backward with heads of ones; return the executor."""
    arrays = {name: mx.nd.array(value) for name, value in arrays.items()}
    gradients = {name: mx.nd.zeros(array.shape) for name, array in arrays.items()}
    executor = symbol.bind(mx.cpu(), arrays, args_grad=gradients, grad_req=grad_req)
    outputs = executor.forward(is_train=True)
    executor.backward([mx.nd.ones(output.shape) for output in outputs])
    return executor


def _cumulative():
    return S.Group(S.contrib.foreach(lambda item, state: (item + state, item + state), X, STATE))


# -------------------------------------------------------------------------------------------------- inference


@pytest.mark.parametrize(
    ("known", "arguments", "outputs"),
    [
        ({"x": (4, 2)}, [(4, 2), (2,)], [(4, 2), (2,)]),
        ({"x": (0, 2)}, [(0, 2), (2,)], [(0, 2), (2,)]),
        ({"x": (4, 0), "s": (2,)}, [(4, 2), (2,)], [(4, 2), (2,)]),
        ({"s": (2,)}, [(0, 2), (2,)], [(0, 2), (2,)]),
        ({"x": (3,)}, [(3,), (1,)], [(3, 1), (1,)]),
        ({}, [(), ()], [(), ()]),
    ],
)
def test_foreach_infers_what_is_known_of_data_and_states(known, arguments, outputs):
    assert _cumulative().infer_shape_partial(**known) == (arguments, outputs, [])


def test_foreach_infers_its_data_from_where_its_outputs_are_used():
    symbol = _cumulative()[0] + S.Variable("other", shape=(5, 2))
    assert symbol.infer_shape()[0] == [(5, 2), (2,), (5, 2)]


def test_while_loop_infers_outputs_of_max_iterations():
    symbol = S.Group(
        S.contrib.while_loop(lambda i: i < 4, lambda i: (i * 2, i + 1), S.Variable("i"), max_iterations=6)
    )
    assert symbol.infer_shape(i=(1,)) == ([(1,)], [(6, 1), (1,)], [])


def test_cond_infers_from_one_branch_to_the_other():
    symbol = S.contrib.cond(S.Variable("p"), lambda: A * 2, lambda: B + 1)
    assert symbol.infer_shape(p=(1,), a=(2, 3)) == ([(1,), (2, 3), (2, 3)], [(2, 3)], [])


def test_dtypes_go_through_bodies_both_ways():
    arguments, outputs, _ = _cumulative().infer_type(s="float64")
    assert arguments == outputs == [np.float64, np.float64]


def test_states_may_be_integers_beside_what_is_differentiated():
    count = S.Variable("count")

    def body(item, states):
        return item * states[0], [states[0] * 2, states[1] + 1]

    outputs, states = S.contrib.foreach(body, X, [STATE, count])
    arrays = {
        "x": mx.nd.array([[1.0], [2.0]]),
        "s": mx.nd.array([5.0]),
        "count": mx.nd.array([1], dtype="int32"),
    }
    gradients = {"x": mx.nd.zeros((2, 1)), "s": mx.nd.zeros((1,))}
    executor = S.Group([outputs, *states]).bind(mx.cpu(), arrays, args_grad=gradients)
    made = executor.forward(is_train=True)
    executor.backward([mx.nd.ones(each.shape, dtype=each.dtype) for each in made])
    assert made[2].asnumpy().tolist() == [3]
    assert gradients["x"].asnumpy().tolist() == [[5.0], [10.0]]
    assert gradients["s"].asnumpy().tolist() == [1 + 2 * 2 + 4]


# --------------------------------------------------------------------------------------------------- running


def test_a_loop_that_makes_no_step_returns_zeros_and_passes_gradients_on():
    outputs, last = S.contrib.while_loop(
        lambda i: i < 4, lambda i: (i * 2, i + 1), S.Variable("i"), max_iterations=3
    )
    executor = _train(S.Group([outputs, last]), i=[9.0])
    assert executor.outputs[0].asnumpy().ravel().tolist() == [0, 0, 0]
    assert executor.outputs[1].asscalar() == 9
    assert executor.grad_dict["i"].asscalar() == 1


def test_the_branch_that_is_not_taken_has_zero_gradients():
    executor = _train(
        S.contrib.cond(S.Variable("p"), lambda: A * 2, lambda: B * 3), p=[0.0], a=[1.0], b=[1.0]
    )
    gradients = {name: array.asscalar() for name, array in executor.grad_dict.items()}
    assert gradients == {"p": 0, "a": 0, "b": 3}


def test_a_condition_that_is_nan_is_true():
    symbol = S.contrib.cond(S.Variable("p"), lambda: A * 2, lambda: A * 3)
    assert symbol.eval(p=mx.nd.array([np.nan]), a=mx.nd.array([1]))[0].asscalar() == 2


def test_states_that_come_out_as_they_went_in_keep_gradients_apart():
    first, one = S.contrib.foreach(lambda item, state: (item * state, state), X, STATE)
    second, two = S.contrib.foreach(lambda item, state: (item + state * 3, state), X, STATE)
    executor = _train(S.Group([first, second, one, two]), x=[[1.0], [2.0]], s=[5.0])
    assert executor.grad_dict["x"].asnumpy().ravel().tolist() == [6, 6]
    assert executor.grad_dict["s"].asnumpy().tolist() == [3 + 6 + 1 + 1]


def test_backward_can_run_twice_and_after_inference():
    executor = _train(_cumulative(), x=[[1.0], [2.0]], s=[5.0])
    expected = executor.grad_dict["s"].asnumpy()
    heads = [mx.nd.ones(output.shape) for output in executor.outputs]
    executor.grad_dict["s"][:] = 0
    executor.backward(heads)
    assert executor.grad_dict["s"].asnumpy() == expected
    executor.forward(is_train=False)
    executor.backward(heads)
    assert executor.grad_dict["s"].asnumpy() == expected


def test_dropout_in_a_body_drops_anew_in_each_step_and_the_same_in_its_gradient():
    outputs, _ = S.contrib.foreach(lambda item, state: (S.Dropout(item, p=0.5) + state, state), X, STATE)
    executor = _train(outputs, x=np.ones((3, 64)), s=np.zeros(64))
    kept = executor.outputs[0].asnumpy()
    assert set(kept.ravel()) == {0, 2}
    assert (kept[0] != kept[1]).any()
    assert (executor.grad_dict["x"].asnumpy() == kept).all()


def test_batch_norm_in_a_body_moves_its_statistics_in_each_step():
    """As in MXNet they are arguments of the graph around the loop, and move in backward, from last to first."""

    def body(item, state):
        return S.BatchNorm(item, momentum=0.5, fix_gamma=False, name="bn") + state, state

    outputs, _ = S.contrib.foreach(body, X, STATE)
    assert outputs.list_auxiliary_states() == []
    assert outputs.list_arguments() == ["x", "s", "bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var"]
    executor = outputs.simple_bind(mx.cpu(), x=(2, 4, 3))
    executor.arg_dict["x"][:] = mx.nd.array(np.arange(24).reshape(2, 4, 3))
    executor.forward(is_train=True)
    assert (executor.arg_dict["bn_moving_mean"].asnumpy() == 0).all()
    executor.backward([mx.nd.ones((2, 4, 3))])
    first, last = executor.arg_dict["x"].asnumpy().mean(axis=1)
    moved = 0.5 * (0.5 * last) + 0.5 * first
    np.testing.assert_allclose(executor.arg_dict["bn_moving_mean"].asnumpy(), moved, rtol=1e-6)
    assert executor.grad_dict["bn_beta"].asnumpy().tolist() == [8, 8, 8]
    assert (executor.grad_dict["bn_moving_mean"].asnumpy() == 0).all()


def test_gradients_of_only_some_inputs_are_those_of_all():
    w = S.Variable("w")
    outputs, _ = S.contrib.foreach(lambda item, state: (item * w + state, S.sin(state * w)), X, STATE)
    arrays = {"x": [[1.0], [2.0], [3.0]], "w": [0.5], "s": [0.7]}
    everything = _train(outputs, **arrays).grad_dict
    for name in arrays:
        requests = {each: "write" if each == name else "null" for each in arrays}
        assert (
            _train(outputs, requests, **arrays).grad_dict[name].asnumpy() == everything[name].asnumpy()
        ).all()


def _branch_in_a_loop():
    w = S.Variable("w")

    def body(item, state):
        made = S.contrib.cond(S.sum(item) > 0, lambda: item * w + state, lambda: item - state * w)
        return made, made * 0.5

    return S.contrib.foreach(body, X, STATE)


def _while_in_a_loop():
    w = S.Variable("w")

    def body(item, state):
        outputs, after = S.contrib.while_loop(
            lambda i, s: i < 3,
            lambda i, s: (s * w, [i + 1, s * 0.5 + S.sin(item)]),
            [S.zeros((1,)), state],
            max_iterations=4,
        )
        return outputs.sum(axis=0), after[1]

    return S.contrib.foreach(body, X, STATE)


@pytest.mark.parametrize("loop", [_branch_in_a_loop, _while_in_a_loop])
def test_loops_that_mxnet_cannot_nest_have_their_derivatives(loop):
    """MXNet 1.9.1 infers no shapes for a branch or a while inside of a loop."""
    random = np.random.default_rng(2)
    values = {"x": random.normal(size=(4, 2)), "w": random.normal(size=2), "s": random.normal(size=2)}
    mx.test_utils.check_numeric_gradient(
        S.Group(loop()), {name: mx.nd.array(value) for name, value in values.items()}, rtol=1e-2, atol=1e-3
    )


def test_a_symbol_of_gradients_runs_and_goes_through_json():
    total = S.sum(_cumulative()[0])
    symbol = total.gradient(["x"])
    arrays = {"x": mx.nd.array([[1.0], [2.0], [3.0]]), "s": mx.nd.array([0.0])}
    for each in (symbol, S.load_json(symbol.tojson())):
        arguments = {name: arrays[name] for name in each.list_arguments() if name in arrays}
        assert each.eval(ctx=mx.cpu(), **arguments)[0].asnumpy().ravel().tolist() == [3, 2, 1]


def test_a_loop_is_differentiated_once():
    gradient = S.sum(_cumulative()[0]).gradient(["x"])
    twice = S.sum(gradient * gradient).gradient(["x"])
    with pytest.raises(GradientError, match="_foreach can be differentiated once"):
        twice.eval(x=mx.nd.ones((2, 1)), s=mx.nd.ones((1,)))


def test_a_loop_trains_in_a_module():
    def body(item, state):
        after = S.tanh(
            S.FullyConnected(item, num_hidden=4, name="i2h")
            + S.FullyConnected(state, num_hidden=4, name="h2h")
        )
        return after, after

    steps = S.transpose(S.Variable("data"), axes=(1, 0, 2))
    _, last = S.contrib.foreach(body, steps, S.zeros((8, 4)))
    network = S.SoftmaxOutput(S.FullyConnected(last, num_hidden=2, name="out"), name="softmax")
    random = np.random.RandomState(0)
    data = random.rand(64, 5, 3).astype("float32")
    label = (data[:, :, 0].sum(1) > data[:, :, 1].sum(1)).astype("float32")
    mx.random.seed(1)
    module = mx.mod.Module(network, context=mx.cpu())
    batches = mx.io.NDArrayIter(data, label, batch_size=8)
    module.fit(
        batches,
        num_epoch=25,
        optimizer="adam",
        optimizer_params={"learning_rate": 0.03},
        initializer=mx.init.Xavier(),
    )
    assert module.score(batches, "acc")[0][1] > 0.85


def test_a_body_is_planned_once_for_all_steps_and_runs(monkeypatch):
    from mxnet.plan import lower

    made = []
    write = lower.write
    monkeypatch.setattr(lower, "write", lambda *args, **kwargs: made.append(1) or write(*args, **kwargs))
    executor = _cumulative().bind(mx.cpu(), {"x": mx.nd.ones((50, 2)), "s": mx.nd.zeros((2,))})
    for _ in range(3):
        executor.forward(is_train=False)
    assert len(made) == 2  # that of the graph, and that of the body


def test_loops_compile_copy_and_draw():
    symbol = _cumulative()
    function = symbol.compile()
    outputs, _ = function(mx.nd.array([[1], [2]]), mx.nd.array([0]))
    assert outputs.asnumpy().ravel().tolist() == [1, 3]
    assert copy.deepcopy(symbol).tojson() == symbol.tojson()
    assert "_foreach" in mx.viz.plot_network(symbol, shape={"x": (3, 2)}).source
    assert "    with\n    x-0 = variable" in str(symbol.graph)
    assert "Op:_foreach" in symbol.debug_str()


# ---------------------------------------------------------------------------------------------------- errors


def _growing(loop):
    return S.Group(loop(lambda item, state: (item, S.concat(state, state, dim=0)), X, STATE))


def test_states_keep_their_shape():
    with pytest.raises(
        mx.MXNetError, match=r"State 0 of _foreach has the shape \(2,\) before .* \(4,\) after"
    ):
        _growing(S.contrib.foreach).infer_shape(x=(3, 2), s=(2,))


def test_states_keep_their_dtype():
    symbol = S.Group(S.contrib.foreach(lambda item, state: (item, S.cast(state, "float64")), X, STATE))
    with pytest.raises(
        mx.MXNetError, match="State 0 of _foreach is float32 before a step, but float64 after"
    ):
        symbol.infer_type(x="float32", s="float32")


def test_conditions_have_one_element():
    loop = S.Group(S.contrib.while_loop(lambda i: i < 4, lambda i: (i, i + 1), A, max_iterations=2))
    with pytest.raises(mx.MXNetError, match=r"condition of _while_loop must have one element, .* \(2,\)"):
        loop.infer_shape(a=(2,))
    with pytest.raises(mx.MXNetError, match=r"condition of _cond must have one element, .* \(1, 3\)"):
        S.contrib.cond(A, lambda: A * 1, lambda: A * 2).infer_shape(a=(1, 3))


def test_branches_have_the_same_shapes():
    symbol = S.contrib.cond(S.Variable("p"), lambda: A * 1, lambda: B * 1)
    with pytest.raises(mx.MXNetError, match=r"Output 0 of the else_branch has the shape \(3,\), .* \(2,\)"):
        symbol.infer_shape(p=(1,), a=(2,), b=(3,))


def test_data_have_one_first_extent():
    symbol = S.contrib.foreach(lambda items, state: (items[0] + items[1], state), [X, A], STATE)[0]
    with pytest.raises(mx.MXNetError, match="'data1' does not fit"):
        symbol.infer_shape(x=(4, 2), a=(3, 2), s=(1,))


def test_there_must_be_an_item():
    with pytest.raises(mx.MXNetError, match="no item to run its body on"):
        _cumulative().eval(x=mx.nd.zeros((0, 2)), s=mx.nd.zeros((2,)))


def test_an_error_in_a_body_names_the_loop_and_the_operator():
    symbol = S.contrib.foreach(lambda item, state: (S.dot(item, state, name="product"), state), X, STATE)[0]
    with pytest.raises(mx.MXNetError, match=r"operator _foreach '\w+' .*operator dot 'product'"):
        symbol.infer_shape(x=(2, 3, 4), s=(5, 6))


def test_an_operator_without_its_graphs_says_how_to_make_it():
    symbol = S._internal._foreach(
        X, num_args=2, num_outputs=1, num_out_data=1, in_state_locs=(), in_data_locs=(0,), remain_locs=()
    )
    with pytest.raises(mx.MXNetError, match="make it with mx.sym.contrib.foreach"):
        symbol.infer_shape(x=(2, 2))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"in_data_locs": "[0]"', '"in_data_locs": "[1]"', "do not number 2 variables"),
        ('"num_out_data": "1"', '"num_out_data": "2"', "its body returns 2 values"),
        ('"num_args": "3"', '"num_args": "4"', "has 3 inputs|do not number 3 variables"),
        ('"subgraphs"', '"subgraph"', "no key of this format"),
    ],
)
def test_files_whose_graphs_do_not_fit_are_refused(old, new, message):
    text = _cumulative().tojson()
    assert old in text
    with pytest.raises(mx.MXNetError, match=message):
        S.load_json(text.replace(old, new))
