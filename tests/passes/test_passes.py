"""Each pass: the graph before, after and expected, the same numbers, and a graph it must leave alone."""

from collections import Counter

import numpy as np
import pytest
from rewritten import typed

import mxnet as mx
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import find_operator
from mxnet.passes import INFERENCE, apply_passes
from mxnet.passes.drop_identities import drop_identities
from mxnet.passes.merge_equal_nodes import merge_equal_nodes
from mxnet.passes.rewrite import verify


def text(graph):
    verify(graph)
    return str(graph).splitlines()


def test_equal_nodes_become_one():
    x = mx.sym.Variable("x")
    net = mx.sym.elemwise_mul(mx.sym.exp(x, name="a"), mx.sym.exp(x, name="b"), name="product")
    assert text(net.graph) == [
        "x = variable",
        "a = exp(x)",
        "b = exp(x)",
        "product = elemwise_mul(a, b)",
        "outputs: product",
    ]
    assert text(merge_equal_nodes(net.graph)) == [
        "x = variable",
        "a = exp(x)",
        "product = elemwise_mul(a, a)",
        "outputs: product",
    ]


def test_what_becomes_equal_is_merged_too():
    x = mx.sym.Variable("x")
    left = mx.sym.sqrt(mx.sym.exp(x, name="a"), name="c")
    right = mx.sym.sqrt(mx.sym.exp(x, name="b"), name="d")
    merged = merge_equal_nodes(mx.sym.elemwise_add(left, right, name="sum").graph)
    assert [node.name for node in merged.operators] == ["a", "c", "sum"]


def test_other_parameters_other_devices_and_random_numbers_are_not_merged():
    x = mx.sym.Variable("x")
    with mx.AttrScope(ctx_group="elsewhere"):
        there = mx.sym.exp(x)
    draws = [mx.sym.random.uniform(shape=(2,)) for _ in range(2)]
    net = mx.sym.Group([mx.sym.exp(x), there, x + 1, x + 2, *draws])
    assert merge_equal_nodes(net.graph) is net.graph


def test_losses_are_not_merged():
    x, label = mx.sym.Variable("x"), mx.sym.Variable("label")
    losses = [mx.sym.LinearRegressionOutput(mx.sym.exp(x), label) for _ in range(2)]
    merged = merge_equal_nodes(mx.sym.Group(losses).graph)
    assert Counter(node.op.name for node in merged.operators) == {"exp": 1, "LinearRegressionOutput": 2}


def test_each_of_two_equal_losses_starts_a_gradient():
    x, label = mx.sym.Variable("x"), mx.sym.Variable("label")
    once = mx.sym.LinearRegressionOutput(x, label, grad_scale=2)
    twice = mx.sym.Group([mx.sym.LinearRegressionOutput(x, label) for _ in range(2)])
    found = []
    for net in (once, twice):
        executor = net.simple_bind(mx.cpu(), x=(2, 3), label=(2, 3))
        executor.arg_dict["x"][:] = 3
        executor.forward(is_train=True)
        executor.backward()
        found.append(executor.grad_dict["x"].asnumpy())
    np.testing.assert_array_equal(*found)


def test_identities_are_left_out_of_inference():
    x = mx.sym.Variable("x")
    net = mx.sym.BlockGrad(mx.sym.identity(mx.sym.Dropout(mx.sym.exp(x, name="e"))), name="end")
    assert text(drop_identities(net.graph)) == ["x = variable", "e = exp(x)", "outputs: e"]


def test_dropout_that_always_drops_stays():
    net = mx.sym.Dropout(mx.sym.Variable("x"), mode="always")
    assert drop_identities(net.graph) is net.graph


def test_result_is_the_same_with_and_without_passes():
    x = mx.sym.Variable("x")
    net = mx.sym.Dropout(mx.sym.exp(x) * mx.sym.exp(x)) + mx.sym.BlockGrad(x)
    value = mx.nd.array([[0.5, -1.0], [2.0, 0.0]])
    optimised = net.bind(mx.cpu(), {"x": value})
    watched = net.bind(mx.cpu(), {"x": value})
    watched.set_monitor_callback(lambda name, array: None)  # a monitor sees every node, so no pass runs
    np.testing.assert_array_equal(optimised.forward()[0].asnumpy(), watched.forward()[0].asnumpy())


def test_output_that_is_an_argument_after_passes_is_a_copy():
    value = mx.nd.array([1.0, 2.0])
    executor = mx.sym.identity(mx.sym.Variable("x")).bind(mx.cpu(), {"x": value})
    (out,) = executor.forward()
    value[:] = 9
    np.testing.assert_array_equal(out.asnumpy(), [1, 2])


def test_error_in_a_rewritten_node_speaks_of_the_users():
    table, index = mx.sym.Variable("table"), mx.sym.Variable("index")
    net = mx.sym.take(mx.sym.identity(table), index, mode="raise", name="lookup")
    executor = net.bind(mx.cpu(), {"table": mx.nd.ones((3, 2)), "index": mx.nd.array([7])})
    with pytest.raises(mx.MXNetError, match="'lookup'.*test_passes.py"):
        executor.forward()


def test_verifier_refuses_an_output_that_does_not_exist():
    exp = find_operator("exp").make()
    wrong = Node(exp, "wrong", (Entry(Node(None, "x"), 1),))
    with pytest.raises(mx.MXNetError, match="reads output 1 of variable 'x'"):
        verify(Graph([Entry(wrong)]))


def test_pipeline_for_inference_drops_before_it_merges():
    x = mx.sym.Variable("x")
    net = mx.sym.exp(mx.sym.identity(x)) + mx.sym.exp(x)
    assert len(apply_passes(typed(net, x=(2, 3)), INFERENCE).operators) == 2
