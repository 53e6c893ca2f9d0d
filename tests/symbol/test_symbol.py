"""The handle: names, indexing, attributes and pickles of symbols."""

import pickle

import pytest

import mxnet as mx
from mxnet.symbol import Symbol


def chain(depth):
    net = mx.sym.Variable("data")
    for i in range(depth):
        net = mx.sym.FullyConnected(net, num_hidden=2, name=f"layer{i}")
    return net


# Asked of MXNet 1.9.1 and 1.2.1.
def test_name_and_operator_are_attributes():
    fc = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
    parts = mx.sym.split(fc, num_outputs=3, name="parts")
    asked = [(s.attr("name"), s.attr("op_name")) for s in (mx.sym.Variable("data"), fc, parts, parts[1])]
    assert asked == [
        ("data", "null"),
        ("fc", "FullyConnected"),
        ("parts", "SliceChannel"),
        ("parts", "SliceChannel"),
    ]


def test_a_group_of_several_nodes_has_no_attribute_but_lists_those_of_its_first():
    fc = mx.sym.FullyConnected(mx.sym.Variable("data", lr_mult=2), num_hidden=3, name="fc")
    group = mx.sym.Group([fc, fc.get_children()])
    assert group.attr("name") is None
    assert group.attr("op_name") is None
    assert group.attr("num_hidden") is None
    assert group.list_attr() == {"num_hidden": "3"}
    assert fc.get_internals().list_attr() == {"__lr_mult__": "2", "lr_mult": "2"}


def test_a_node_that_is_given_another_name_has_it_wherever_it_is_used():
    net = chain(2)
    internals = net.get_internals()
    assert internals["layer0_output"].name == "layer0"
    internals["layer0_output"]._set_attr(name="first")
    assert net.get_internals().list_outputs()[3] == "first_output"
    assert internals["first_output"].name == "first"
    assert internals["first_output"].list_attr() == {"num_hidden": "2"}


def test_outputs_are_found_by_name_without_listing_them_every_time(monkeypatch):
    internals = chain(20).get_internals()
    names = internals.list_outputs()
    listed = []
    list_outputs = Symbol.list_outputs
    monkeypatch.setattr(Symbol, "list_outputs", lambda self: listed.append(self) or list_outputs(self))
    assert [internals[name].list_outputs() for name in names] == [[name] for name in names]
    assert sum(each is internals for each in listed) == 1


def test_a_name_that_two_outputs_have_is_refused():
    both = mx.sym.Group([mx.sym.Variable("x"), mx.sym.Variable("x")])
    with pytest.raises(ValueError, match="2 outputs of the name 'x'"):
        both["x"]


def test_composing_again_finds_the_new_outputs():
    net = chain(1)
    assert net["layer0_output"].name == "layer0"
    other = mx.sym.exp(mx.sym.Variable("data"), name="other")
    other._compose(data=net)
    assert other["other_output"].list_arguments() == ["data", "layer0_weight", "layer0_bias"]


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_holds_the_whole_graph(protocol):
    net = mx.sym.amp_cast(chain(2), dtype="float16")
    again = pickle.loads(pickle.dumps(net, protocol))
    assert again.tojson(remove_amp_cast=False) == net.tojson(remove_amp_cast=False)


def test_a_pickle_is_what_mxnet_reads_and_writes():
    made, _, state = chain(1).__reduce_ex__(2)[:3]
    assert set(state) == {"handle"}
    assert made.__name__ == "__newobj__"  # of mxnet.symbol.symbol.Symbol, which fills itself from the state
    assert Symbol.__module__ == "mxnet.symbol.symbol"
    written = (
        b"\x80\x02cmxnet.symbol.symbol\nSymbol\nq\x00N\x85q\x01Rq\x02}q\x03X\x06\x00\x00\x00handleq\x04X"
    )
    text = mx.sym.Variable("x").tojson().encode()
    read = pickle.loads(written + len(text).to_bytes(4, "little") + text + b"q\x05sb.")
    assert read.list_arguments() == ["x"]


def test_attribute_of_an_operator_becomes_text_as_mxnet_writes_it():
    fc = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, attr={"__note__": 3})
    assert fc.attr("__note__") == "3"
    assert '"__note__": "3"' in fc.tojson()
