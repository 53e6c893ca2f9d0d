"""Graphs: the order of nodes, and what they refuse."""

import pytest

import mxnet as mx
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import find_operator


def test_nodes_come_depth_first_and_left_to_right():
    x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
    net = mx.sym.exp(y, name="e") + mx.sym.FullyConnected(x, num_hidden=1, name="f")
    assert [n.name for n in net.graph.nodes][:-1] == ["y", "e", "x", "f_weight", "f_bias", "f"]


def test_nodes_and_operators_are_frozen():
    node = Node(find_operator("exp").make(), "first")
    with pytest.raises(AttributeError, match="frozen"):
        node.inputs = (Entry(node),)
    with pytest.raises(AttributeError, match="frozen"):
        node.op.name = "log"


def test_variable_in_an_auxiliary_slot_is_no_argument():
    net = mx.sym.BatchNorm(mx.sym.Variable("x"), moving_mean=mx.sym.Variable("m"), name="bn")
    assert net.list_arguments() == ["x", "bn_gamma", "bn_beta"]
    assert net.list_auxiliary_states() == ["m", "bn_moving_var"]
