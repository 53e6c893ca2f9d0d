"""The functions that compose loops and branches: names, what they cut out of a graph, what they refuse."""

from __future__ import annotations

import json
import re

import pytest

import mxnet as mx

S = mx.sym
X, Y, STATE, OTHER = (S.Variable(name) for name in ("x", "y", "s", "t"))


def _body(made):
    """Return the nodes of a loop's first graph, as (operator, name) and by name the scope."""
    node = next(n for n in json.loads(made.tojson())["nodes"] if "subgraphs" in n)
    nodes = node["subgraphs"][0]["nodes"]
    return [(n["op"], n["name"]) for n in nodes], {n["name"]: n.get("attrs", {}) for n in nodes}


def test_outputs_and_states_have_the_form_the_user_chose():
    outputs, states = S.contrib.foreach(
        lambda item, state: ([item + state[0], [item]], [state[0] * 2, [state[1][0] + 1]]),
        X,
        [STATE, [OTHER]],
    )
    assert [type(each) for each in (outputs, outputs[1], states, states[1])] == [list] * 4
    names = [each.list_outputs()[0][-1] for each in (outputs[0], outputs[1][0], states[0], states[1][0])]
    assert names == ["0", "1", "2", "3"]


def test_placeholders_are_named_after_what_they_stand_for():
    pieces = S.split(Y, num_outputs=2, name="pieces")
    made, _ = S.contrib.foreach(lambda item, state: (item + state, state), pieces[1], STATE)
    assert [name for op, name in _body(made)[0] if op == "null"] == ["pieces-1", "s-0"]


def test_values_made_outside_become_variables_without_attributes():
    outside = S.Variable("w", shape=(2,), lr_mult=2)
    doubled = outside * 2
    made, _ = S.contrib.foreach(lambda item, state: (item + state * outside + doubled, state), X, STATE)
    _, attributes = _body(made)
    assert attributes["w"] == attributes[f"{doubled.name}_output"] == {}
    assert made.list_arguments() == ["x", "s", "w"]
    assert made.attr_dict()["w"]["__lr_mult__"] == "2"


def test_variables_made_inside_keep_their_attributes():
    def body(item, state):
        return S.FullyConnected(item, num_hidden=3, name="fc", attr={"__lr_mult__": "3"}), state

    made, _ = S.contrib.foreach(body, X, STATE)
    assert made.attr_dict()["fc_weight"]["__lr_mult__"] == "3"
    assert re.fullmatch(r"foreach\d+", made.attr_dict()["fc_weight"]["__subgraph_name__"])


def test_scopes_of_nested_loops_contain_each_other():
    def outer(item, state):
        made, after = S.contrib.foreach(lambda d, s: (d + s, s), item, state, name="inner")
        return made, after

    made, _ = S.contrib.foreach(outer, X, STATE, name="outer")
    graph = json.loads(made.tojson())["nodes"][-1]["subgraphs"][0]["nodes"]
    inner = next(node for node in graph if node["op"] == "_foreach")
    scope = inner["attrs"]["__subgraph_name__"]
    assert re.fullmatch(r"outer\d+", scope)
    names = {node["attrs"]["__subgraph_name__"] for node in inner["subgraphs"][0]["nodes"]}
    assert names == {f"{scope}$inner0"}


def test_a_result_that_is_a_variable_or_an_output_too_is_copied():
    def body(item, state):
        made = item + state
        return [made, item], made

    made, _ = S.contrib.foreach(body, X, STATE)
    assert [op for op, _ in _body(made[0])[0]].count("_copy") == 2


def test_attributes_of_the_scope_are_those_of_the_loop():
    with mx.AttrScope(ctx_group="second"):
        made, _ = S.contrib.foreach(lambda item, state: (item + state, state), X, STATE)
    assert made.attr("ctx_group") == "second"


def test_one_symbol_may_be_data_and_state():
    made, last = S.contrib.foreach(lambda item, state: (item * state, state), X, X)
    assert made.list_arguments() == ["x"]
    outputs = made.eval(x=mx.nd.array([2.0]))
    assert outputs[0].asnumpy().tolist() == [[4.0]]
    assert last.list_outputs()[0].endswith("_output1")


WRONG_BODIES = [
    (lambda item, state: item, "must return a pair"),
    (lambda item, state: (item, state, state), "must return a pair"),
    (lambda item, state: (1, state), "outputs of body must be a .nested. list of Symbol, but there is 1"),
    (lambda item, state: (item, [state]), r"in the form of init_states, Symbol, but returned \[Symbol\]"),
    (lambda item, state: (state * 2, state), "body does not use 'x'"),
    (lambda item, state: (item * 2, item), "body does not use 's'"),
]


@pytest.mark.parametrize(("body", "message"), WRONG_BODIES)
def test_foreach_says_what_a_body_returned_wrong(body, message):
    with pytest.raises(mx.MXNetError, match=message):
        S.contrib.foreach(body, X, STATE)


@pytest.mark.parametrize(
    ("data", "states", "message"),
    [
        (1, STATE, "data must be a .nested. list of Symbol"),
        (X, None, "init_states must be .* None, of type NoneType"),
    ],
)
def test_foreach_takes_symbols(data, states, message):
    with pytest.raises(mx.MXNetError, match=message):
        S.contrib.foreach(lambda item, state: (item, state), data, states)


def _more(i, s):
    return s + i, [i + 1, s]


WRONG_LOOPS = [
    ({"max_iterations": None}, "max_iterations should be specified"),
    ({"max_iterations": "many"}, "max_iterations must be an int, not 'many'"),
    ({"max_iterations": 0}, "max_iterations.*at least 1"),
    ({"loop_vars": []}, "loop_vars should contain at least one element"),
    ({"loop_vars": [X, 1]}, "loop_vars must be a .nested. list of Symbol, but there is 1"),
    ({"cond": lambda i, s: True}, "cond must return a Symbol of one output, but returned True"),
    ({"cond": lambda i, s: [i < 3]}, "cond must return a Symbol of one output"),
    ({"func": lambda i, s: s}, "func must return a pair"),
    ({"func": lambda i, s: (s, [i])}, "as many loop_vars as it takes, 2, but returned 1"),
    ({"func": lambda i, s: (s, None)}, "as many loop_vars as it takes, 2, but returned 0"),
    ({"func": lambda i, s: (i, [i, i])}, "func does not use 's'"),
]


@pytest.mark.parametrize(("wrong", "message"), WRONG_LOOPS)
def test_while_loop_says_what_is_wrong(wrong, message):
    right = {"cond": lambda i, s: i < 3, "func": _more, "loop_vars": [X, STATE], "max_iterations": 4}
    with pytest.raises(mx.MXNetError, match=message):
        S.contrib.while_loop(**{**right, **wrong})


@pytest.mark.parametrize("nothing", [None, []])
def test_a_while_loop_may_have_no_outputs(nothing):
    outputs, last = S.contrib.while_loop(
        lambda i, s: i < 3, lambda i, s: (nothing, [i + 1, s * 2]), [X, STATE], max_iterations=5
    )
    assert outputs == []
    values = S.Group(last).eval(x=mx.nd.array([0]), s=mx.nd.array([1]))
    assert [value.asscalar() for value in values] == [3, 8]


@pytest.mark.parametrize(
    ("pred", "then", "otherwise", "message"),
    [
        (True, lambda: X, lambda: Y, "pred must be a Symbol of one output, not True"),
        (S.Group([X, Y]), lambda: X, lambda: Y, "pred must be a Symbol of one output"),
        (X, lambda: 2, lambda: Y, "outputs of then_func must be .* there is 2"),
        (X, lambda: [X, Y], lambda: Y, "then_func returns 2 symbols, but else_func 1"),
        (X, list, list, "must return at least one symbol"),
    ],
)
def test_cond_says_what_is_wrong(pred, then, otherwise, message):
    with pytest.raises(mx.MXNetError, match=message):
        S.contrib.cond(pred, then, otherwise)


def test_a_branch_is_not_run_when_the_other_is():
    p = S.Variable("p")
    symbol = S.contrib.cond(p, lambda: X * 2, lambda: S.Custom(X, op_type="never_run"))
    assert symbol.eval(p=mx.nd.array([1]), x=mx.nd.array([3]))[0].asscalar() == 6


@mx.operator.register("never_run")
class NeverRunProp(mx.operator.CustomOpProp):
    """An operator that fails when it is run."""

    def create_operator(self, ctx, shapes, dtypes):
        raise AssertionError("the branch that is not taken ran")
