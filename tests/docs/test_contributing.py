"""The operator that the guide for contributors declares works, and is what it says it is."""

import re
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from mxnet.analysis.specialise import specialise
from mxnet.ir.op import REGISTRY
from mxnet.ndarray.ndarray import invoke
from mxnet.passes import apply_passes

GUIDE = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
(PASS,) = re.findall(r"```python\n(def .*?)```", GUIDE, re.DOTALL)
DECLARATIONS = re.findall(r"```python\n(class ScaledTanh.*?)```", GUIDE, re.DOTALL)
(KEEPS,) = re.findall(r"```python\n(class Wave.*?)```", GUIDE, re.DOTALL)
PREAMBLE = """
from __future__ import annotations
from collections.abc import Mapping
from typing import Any
import torch
from torch import Tensor
from mxnet.ir.memory import NOWHERE, Into, Memory
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.ops.tools.shapes import first_is_image, same_shape
from mxnet.ops.tools.storage import KEEPS_ZEROS
"""
PASS_PREAMBLE = """
from __future__ import annotations
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emit, emitting
from mxnet.ops.tensor.elemwise import ElementwiseMul
from mxnet.passes.rewrite import rewrite
"""


@pytest.fixture(params=DECLARATIONS, ids=["plain", "fast"])
def declared(request):
    namespace = {"__name__": "contributed"}
    exec(PREAMBLE + request.param, namespace)
    cls = namespace["ScaledTanh"]
    yield cls
    del REGISTRY[cls.name]


def test_an_operator_of_the_guide_computes_and_differentiates(declared):
    op = declared.make(scale=2)
    node = mx.sym.Symbol(_node(op, mx.sym.Variable("x")).outputs)
    executor = (node * 1).bind(mx.cpu(), {"x": mx.nd.array([-1, 0.5])}, {"x": mx.nd.zeros((2,))})
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((2,)))
    np.testing.assert_allclose(executor.outputs[0].asnumpy(), 2 * np.tanh([-1, 0.5]), rtol=1e-6)
    slope = 2 * (1 - np.tanh([-1, 0.5]) ** 2)
    np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), slope, rtol=1e-5)


def test_the_operator_of_the_guide_that_keeps_something_is_planned_with_it():
    namespace = {"__name__": "contributed"}
    exec(PREAMBLE + KEEPS, namespace)
    del REGISTRY["Wave"]
    node = mx.sym.Symbol(_node(namespace["Wave"].make(), mx.sym.Variable("x")).outputs)
    executor = node.bind(mx.cpu(), {"x": mx.nd.array([1, 2])}, {"x": mx.nd.zeros((2,))})
    assert executor.memory_plan().saved_bytes == 8
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((2,)))
    np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), np.cos([1, 2]), rtol=1e-5)


@pytest.mark.parametrize("declared", DECLARATIONS[1:], indirect=True, ids=["fast"])
def test_the_fast_operator_of_the_guide_keeps_rows_and_takes_over_memory(declared, monkeypatch):
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "native")
    op = declared.make(scale=2)
    rows = mx.nd.sparse.row_sparse_array(([[1.0, 2.0]], [1]), shape=(3, 2))
    result = invoke(op, [rows])
    assert result.stype == "row_sparse"
    np.testing.assert_allclose(result.data.asnumpy(), 2 * np.tanh([[1, 2]]), rtol=1e-6)
    net = mx.sym.Symbol(_node(op, mx.sym.exp(mx.sym.Variable("x"), name="e")).outputs)
    executor = net.bind(mx.cpu(), {"x": mx.nd.array([-1, 0.5])})
    executor.forward()
    assert "out=e)" in executor.program()
    np.testing.assert_allclose(executor.outputs[0].asnumpy(), 2 * np.tanh(np.exp([-1, 0.5])), rtol=1e-6)


def _node(op, symbol):
    from mxnet.ir.node import Node

    return Node(op, "scaled", symbol._outputs, dict(op.given))


def test_the_pass_of_the_guide_rewrites_what_it_says_and_nothing_else():
    namespace = {}
    exec(PASS_PREAMBLE + PASS, namespace)
    x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
    net = mx.sym.Group([mx.sym.elemwise_mul(x, x, name="own"), mx.sym.elemwise_mul(x, y, name="other")])
    variables = net.graph.arguments
    shapes, dtypes = dict.fromkeys(variables, (2,)), dict.fromkeys(variables, "float32")
    graph, _ = specialise(net.graph, shapes, dtypes, lambda node: mx.cpu())
    changed = apply_passes(graph, [namespace["square_once"]])
    assert [(node.name, node.op.name) for node in changed.operators] == [
        ("own_squared", "square"),
        ("other", "elemwise_mul"),
    ]
