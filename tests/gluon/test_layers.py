"""Layers and losses have the names, parameters, graphs and numbers of real MXNet."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx

HERE = Path(__file__).parent


def neighbour(name):
    """Import a file beside this one."""
    spec = importlib.util.spec_from_file_location(f"gluon_{name}", HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


answering, cases = neighbour("answering"), neighbour("layer_cases")
CASES = {**cases.LAYERS, **cases.LOSSES}
RECORDED = json.loads((HERE.parent / "data" / "gluon_layers.json").read_text())
COMPUTED = {name: inputs for name, inputs in CASES.items() if inputs}


def close(ours, theirs):
    """Compare nested lists of shapes and values."""
    if (
        theirs
        and isinstance(theirs[0], list)
        and len(theirs) == 2
        and all(isinstance(n, int) for n in theirs[0])
    ):
        assert ours[0] == theirs[0]
        np.testing.assert_allclose(ours[1], theirs[1], rtol=2e-4, atol=2e-5)
        return
    assert len(ours) == len(theirs)
    for one, other in zip(ours, theirs, strict=True):
        close(one, other)


@pytest.mark.parametrize("expression", CASES)
def test_layer_has_the_text_and_the_parameters_of_mxnet(expression):
    recorded = RECORDED[expression]
    with mx.name.NameManager():
        block = answering.build(expression)
    assert [type(block).__name__, repr(block)] == [recorded["class"], recorded["repr"]]
    assert answering.described(block) == recorded["params"]


@pytest.mark.parametrize("expression", [name for name in CASES if "nodes" in RECORDED[name]])
def test_layer_composes_the_graph_of_mxnet(expression):
    assert answering.composed(expression, CASES[expression]) == RECORDED[expression]["nodes"]


@pytest.mark.parametrize("hybrid", [False, True])
@pytest.mark.parametrize("expression", COMPUTED)
def test_layer_computes_and_trains_as_in_mxnet(expression, hybrid):
    recorded, inputs = RECORDED[expression], CASES[expression]
    block, arrays = answering.build(expression), answering.feed(inputs)
    block.initialize()
    if hybrid and isinstance(block, mx.gluon.HybridBlock):
        block.hybridize()
    block(*arrays)
    assert [repr(block), [list(p.shape) for p in block.collect_params().values()]] == recorded["known"]
    answering.fill(block)
    close(answering.plain(block(*arrays)), recorded["output"])
    output, input_grads, param_grads, moved = answering.run(block, arrays, inputs)
    close(output, recorded["train"])
    close(input_grads, recorded["input_grads"])
    close(param_grads, recorded["param_grads"])
    close(moved, recorded["moved"])
