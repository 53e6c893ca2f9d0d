"""Cells and recurrent layers have the names, parameters, graphs and numbers of real MXNet."""

from __future__ import annotations

import answering
import pytest
from recorded import answers, close
from recurrent_cases import CELLS, DESCRIBED, LAYERS, ROLLED, STEPPED

import mxnet as mx

RECORDED = answers("gluon_recurrent")


def compare(found, expected):
    """Compare what was answered: texts and graphs are the same, and numbers are close."""
    assert list(found) == list(expected)
    for name, answer in found.items():
        if name in {"described", "known", "structure"} or "nodes" in name:
            assert answer == expected[name], name
        else:
            close(answer, expected[name])


@pytest.mark.parametrize("expression", [*CELLS, *ROLLED])
def test_cell_steps_and_unrolls_as_in_mxnet(expression):
    shape = {**CELLS, **ROLLED}[expression]
    compare(answering.answer_cell(expression, shape, expression in CELLS), RECORDED[expression])


@pytest.mark.parametrize("expression", STEPPED)
def test_cell_of_contrib_steps_as_in_mxnet(expression):
    compare(answering.answer_step(expression, STEPPED[expression]), RECORDED[expression])


@pytest.mark.parametrize("expression", LAYERS)
def test_recurrent_layer_reads_sequences_as_in_mxnet(expression):
    compare(answering.answer_recurrent(expression, LAYERS[expression]), RECORDED[expression])


@pytest.mark.parametrize("expression", DESCRIBED)
def test_cell_or_layer_composes_the_graph_of_mxnet(expression):
    compare(answering.describe_recurrent(expression), RECORDED[expression])


@pytest.mark.parametrize("hybridized", [False, True])
def test_a_hook_sees_the_states_of_a_layer_where_they_were_given(hybridized):
    layer = mx.gluon.rnn.GRU(3, input_size=2)
    layer.initialize()
    if hybridized:
        layer.hybridize()
    seen = []
    layer.register_forward_hook(lambda block, inputs, output: seen.append(output))
    layer(mx.nd.ones((4, 1, 2)))
    layer(mx.nd.ones((4, 1, 2)), layer.begin_state(1))
    assert isinstance(seen[0], mx.nd.NDArray)
    assert [each.shape for each in (seen[1][0], *seen[1][1])] == [(4, 1, 3), (1, 1, 3)]
