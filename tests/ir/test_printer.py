"""Graphs as text: ours and MXNet's."""

import json

import mxnet as mx
from mxnet.ir.graph import Graph
from mxnet.ir.json import read_graph
from mxnet.ir.printer import print_graph


def test_each_node_has_a_line_and_outputs_stand_at_the_end():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, no_bias=True, name="fc")
    net = mx.sym.Activation(net, act_type="relu", name="relu")
    assert str(net.graph).splitlines() == [
        "data = variable",
        "fc_weight = variable",
        "fc = FullyConnected(data, fc_weight, num_hidden=4, no_bias=True)",
        "relu = Activation(fc, act_type='relu')",
        "outputs: relu",
    ]


def test_a_graph_prints_itself():
    graph = mx.sym.Variable("x").graph
    assert str(graph) == print_graph(graph.nodes, graph.outputs) == "x = variable\noutputs: x"


def test_one_of_several_outputs_is_told_by_its_number():
    parts = mx.sym.SliceChannel(mx.sym.Variable("x"), num_outputs=2, name="cut")
    assert str(mx.sym.exp(parts[1], name="e").graph).splitlines()[-2:] == ["e = exp(cut[1])", "outputs: e"]


def test_names_that_repeat_are_numbered():
    twice = mx.sym.elemwise_add(mx.sym.Variable("x"), mx.sym.Variable("x"), name="x")
    assert str(twice.graph).splitlines() == [
        "x = variable",
        "x#2 = variable",
        "x#3 = elemwise_add(x, x#2)",
        "outputs: x#3",
    ]


def test_notes_stand_behind():
    with mx.AttrScope(ctx_group="dev1"):
        assert "  # __ctx_group__=dev1, __lr_mult__=2" in str(mx.sym.Variable("x", lr_mult=2).graph)


def test_subgraphs_stand_under_their_node():
    body = {"nodes": [{"op": "null", "name": "y", "inputs": []}], "arg_nodes": [0], "heads": [[0, 0]]}
    nodes = [{"op": "_loop", "name": "l", "inputs": [], "subgraphs": [body]}]
    graph = Graph(read_graph(json.dumps({"nodes": nodes, "arg_nodes": [], "heads": [[0, 0]]})))
    assert str(graph).splitlines() == [
        "l = _loop()",
        "    with",
        "    y = variable",
        "    outputs: y",
        "outputs: l",
    ]


def test_debug_str_of_a_variable_and_of_an_operator_without_inputs_is_one_line():
    assert mx.sym.Variable("x").debug_str() == "Variable:x\n"
    assert mx.sym.zeros((2,), name="z").debug_str() == "AtomicFunctor  Op:_zeros\n"


def test_debug_str_of_a_group_is_that_of_mxnet():
    data = mx.sym.Variable("data")
    dense = mx.sym.FullyConnected(data, num_hidden=3, name="fc", attr={"__z__": "1", "__ctx_group__": "q"})
    parts = mx.sym.SliceChannel(dense, num_outputs=3, name="sp")
    normal = mx.sym.BatchNorm(parts[0], name="bn")
    assert mx.sym.Group([parts[1], dense, data, normal]).debug_str() == (
        "Symbol Outputs:\n\toutput[0]=sp(1)\n\toutput[1]=fc(0)\n\toutput[2]=data(0)\n\toutput[3]=bn(0)\n"
        "Variable:data\nVariable:fc_weight\nVariable:fc_bias\n"
        "--------------------\nOp:FullyConnected, Name=fc\nInputs:\n"
        "\targ[0]=data(0) version=0\n\targ[1]=fc_weight(0) version=0\n\targ[2]=fc_bias(0) version=0\n"
        "Attrs:\n\t__ctx_group__=q\n\t__z__=1\n\tnum_hidden=3\n"
        "--------------------\nOp:SliceChannel, Name=sp\nInputs:\n\targ[0]=fc(0)\nAttrs:\n\tnum_outputs=3\n"
        "Variable:bn_gamma\nVariable:bn_beta\nVariable:bn_moving_mean\nVariable:bn_moving_var\n"
        "--------------------\nOp:BatchNorm, Name=bn\nInputs:\n\targ[0]=sp(0)\n"
        "\targ[1]=bn_gamma(0) version=0\n\targ[2]=bn_beta(0) version=0\n"
        "\targ[3]=bn_moving_mean(0) version=1\n\targ[4]=bn_moving_var(0) version=1\n"
    )
