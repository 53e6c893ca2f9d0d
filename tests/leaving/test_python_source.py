"""The Python of a network builds it again, and repeated parts of it are functions."""

import pytest

import mxnet as mx


def built_by(source):
    scope = {}
    exec(source, scope)
    return scope["symbol"]


def test_the_program_builds_an_equal_network(network):
    assert built_by(network.symbol.to_python()).tojson() == network.symbol.tojson()


def test_repeated_parts_become_functions(one_network):
    source = one_network("resnet_v2").symbol.to_python()
    assert "def unit(data, name, stride, num_filter):" in source
    assert 'unit(pooling0, "stage1_unit1", stride=(1, 1), num_filter=8)' in source


def test_names_that_differ_at_their_end_become_functions_too(one_network):
    source = one_network("inception").symbol.to_python()
    assert 'name=f"conv_{name}"' in source
    assert source.count("mx.sym.BatchNorm(") == 1


def test_arithmetic_is_written_with_signs():
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    with mx.name.NameManager():
        net = 2 / (a + b) - 1
    source = net.to_python()
    assert "= a + b\n" in source
    assert "= 2 / plus0\n" in source
    assert built_by(source).tojson() == net.tojson()


def test_automatic_variables_are_not_mentioned():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    assert "weight" not in net.to_python()


def test_shared_variables_and_their_notes_are():
    weight = mx.sym.Variable("shared", lr_mult=2)
    layers = [
        mx.sym.FullyConnected(mx.sym.Variable(name), weight, num_hidden=2, no_bias=True, name=f"{name}_fc")
        for name in "ab"
    ]
    net = mx.sym.Group(layers)
    source = net.to_python()
    assert source.count('mx.sym.Variable("shared"') == 1
    assert built_by(source).tojson() == net.tojson()


def test_attributes_of_nodes_come_with_them():
    net = mx.sym.exp(mx.sym.Variable("x"), attr={"ctx_group": "first"}, name="e")
    assert built_by(net.to_python()).tojson() == net.tojson()


def test_what_no_call_makes_is_named():
    net, _ = mx.sym.contrib.foreach(lambda x, s: (x + s, x + s), mx.sym.Variable("x"), mx.sym.Variable("s"))
    with pytest.raises(mx.MXNetError, match=r"_foreach .* has bodies of its own"):
        net.to_python()


def test_node_without_a_name_is_refused():
    nodes = '{"op":"null","name":"x","inputs":[]},{"op":"elemwise_add","name":"","inputs":[[0,0,0],[0,0,0]]}'
    symbol = mx.sym.load_json(f'{{"nodes":[{nodes}],"arg_nodes":[0],"heads":[[1,0,0]]}}')
    with pytest.raises(mx.MXNetError, match="has no name, and a call gives each node one"):
        symbol.to_python()
