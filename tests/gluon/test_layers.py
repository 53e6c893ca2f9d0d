"""Layers and losses have the names, parameters, graphs and numbers of real MXNet."""

from __future__ import annotations

import answering
import pytest
from layer_cases import LAYERS, LOSSES
from recorded import answers, close

import mxnet as mx

CASES = {**LAYERS, **LOSSES}
RECORDED = answers("gluon_layers")
COMPUTED = {name: inputs for name, inputs in CASES.items() if inputs}


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
