"""Asking about a graph changes nothing in it: no node, no operator, nothing that these hold."""

from __future__ import annotations

import functools
from typing import Any

import pytest

import mxnet as mx
from mxnet.control_flow.body import Body
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import Op

SHAPES = {"data": (5, 2, 4), "label": (5, 2)}


@mx.operator.register("purity_square")
class _SquareProp(mx.operator.CustomOpProp):
    def infer_storage_type(self, in_stype):
        return in_stype, ["default"], []

    def create_operator(self, ctx, in_shapes, in_dtypes):
        return _Square()


class _Square(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        self.kept = in_data[0] * 2
        self.assign(out_data[0], req[0], in_data[0] * in_data[0])

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], out_grad[0] * self.kept)


def _network():
    """Return a network of operators of all kinds: with states, graphs, users' code, chance, and a loss."""
    data, weight = mx.sym.Variable("data"), mx.sym.Variable("w", shape=(2, 4), stype="row_sparse")

    def body(item, state):
        after = mx.sym.tanh(item * mx.sym.Custom(weight, op_type="purity_square") + state)
        return mx.sym.Dropout(after, p=0.3), after

    hidden, _ = mx.sym.contrib.foreach(body, data, mx.sym.Variable("h", shape=(2, 4)))
    branch = mx.sym.contrib.cond(mx.sym.sum(data) < 0, lambda: hidden * 2, lambda: hidden)
    scale, _ = mx.sym.contrib.while_loop(
        lambda i: i < 3, lambda i: (i * 2, [i + 1]), [mx.sym.Variable("i", shape=(1,))], max_iterations=4
    )
    scale = mx.sym.sum(scale, axis=(0, 1), keepdims=True).reshape((1, 1, 1))
    layer = mx.sym.broadcast_add(branch, scale)
    layer = mx.sym.RNN(layer, state_size=4, num_layers=2, mode="lstm", p=0.2, name="rnn")
    layer = mx.sym.BatchNorm(mx.sym.Custom(layer, op_type="purity_square"), axis=2, name="bn")
    image = mx.sym.Convolution(mx.sym.expand_dims(layer, 0), num_filter=5, kernel=(1, 1), name="conv")
    rows = mx.sym.FullyConnected(mx.sym.reshape(image, (10, -1)), num_hidden=6, name="fc")
    return mx.sym.SoftmaxOutput(rows, mx.sym.reshape(mx.sym.Variable("label"), (-1,)), name="softmax")


def _frozen(thing: Any, seen: dict[int, int]) -> Any:  # noqa: PLR0911 - one for each kind of thing
    """Return all that can be reached from nodes and operators, as values that can be compared."""
    if id(thing) in seen:
        return "seen", seen[id(thing)]
    again = functools.partial(_frozen, seen=seen)
    match thing:
        case dict():
            return again([*thing.items()])
        case list() | tuple():
            return type(thing).__name__, [again(each) for each in thing]
        case Entry():
            return "entry", again(thing.node), thing.index, thing.version
        case Node():
            seen[id(thing)] = len(seen)
            slots = [slot for slot in Node.__slots__ if slot != "__weakref__"]
            return "node", id(thing), [again(getattr(thing, slot)) for slot in slots]
        case Op() | Body() | Graph():
            seen[id(thing)] = len(seen)
            cached = [k for k in dir(type(thing)) if isinstance(_static(thing, k), functools.cached_property)]
            held = {key: value for key, value in vars(thing).items() if key not in cached}
            return type(thing).__name__, id(thing), again(held)
        case _:
            return thing


def _static(thing, name):
    return next((vars(cls)[name] for cls in type(thing).__mro__ if name in vars(cls)), None)


def _snapshot(symbol):
    return _frozen(symbol._outputs, {})


QUESTIONS = {
    "gradient": lambda net: net.gradient(["data", "w", "conv_weight"]).gradient(["h"]),
    "infer_shape": lambda net: net.infer_shape(**SHAPES),
    "infer_shape_partial": lambda net: net.infer_shape_partial(data=SHAPES["data"]),
    "infer_type": lambda net: net.infer_type(data="float64"),
    "tojson": lambda net: net.tojson(),
    "debug_str": lambda net: net.debug_str(),
    "list_arguments": lambda net: net.list_arguments(),
    "list_outputs": lambda net: net.list_outputs(),
    "list_auxiliary_states": lambda net: net.list_auxiliary_states(),
    "attr_dict": lambda net: net.attr_dict(),
    "get_internals": lambda net: net.get_internals().list_outputs(),
    "str": lambda net: (str(net), repr(net), len(net), [*net]),
    "print_summary": lambda net: mx.viz.print_summary(net, SHAPES),
    "plot_network": lambda net: mx.viz.plot_network(net, shape=SHAPES),
    "planning": lambda net: net.simple_bind(mx.cpu(), **SHAPES).memory_plan(),
    "planning for inference": lambda net: net.simple_bind(mx.cpu(), grad_req="null", **SHAPES).debug_str(),
    "running": lambda net: _run(net.simple_bind(mx.cpu(), **SHAPES)),
}


def _run(executor):
    executor.forward(is_train=True)
    executor.backward()


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_question_changes_nothing(name):
    net = _network()
    before = _snapshot(net)
    QUESTIONS[name](net)
    assert _snapshot(net) == before


def test_a_note_on_an_operator_is_found():
    net = _network()
    before = _snapshot(net)
    net._outputs[0].node.op.__dict__["noted"] = 1
    assert _snapshot(net) != before
