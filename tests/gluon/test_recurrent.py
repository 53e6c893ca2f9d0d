"""Cells and recurrent layers have the names, parameters, graphs and numbers of real MXNet."""

from __future__ import annotations

import answering
import pytest
from recorded import answers, close
from recurrent_cases import CELLS, DESCRIBED, LAYERS, ROLLED, STEPPED

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
