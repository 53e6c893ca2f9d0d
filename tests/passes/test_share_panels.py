"""Products that share a weight read it from panels, and mean the same, forward and back."""

import importlib

import numpy as np
import pytest

import mxnet as mx
from mxnet.ops.nn import direct
from mxnet.ops.nn.sliding import are_there

pytestmark = pytest.mark.skipif(not (are_there() and direct.by_panels()), reason="products are the library's")

CELLS = {
    "lstm": lambda: mx.rnn.LSTMCell(5, prefix="cell_"),
    "gru": lambda: mx.rnn.GRUCell(16, prefix="cell_"),
    "rnn": lambda: mx.rnn.RNNCell(21, prefix="cell_"),
}


def trained(cell, steps):
    outputs, _ = CELLS[cell]().unroll(steps, mx.sym.Variable("data"), merge_outputs=True)
    executor = outputs.simple_bind(mx.cpu(), data=(3, steps, 7))
    random = np.random.default_rng(0)
    for array in executor.arg_arrays:
        array[:] = random.uniform(-1, 1, array.shape)
    executor.forward(is_train=True)
    executor.backward(mx.nd.array(random.uniform(-1, 1, executor.outputs[0].shape)))
    made = {name: array.asnumpy() for name, array in executor.grad_dict.items()}
    return executor.program(is_train=True), made | {"output": executor.outputs[0].asnumpy()}


@pytest.fixture
def for_small(monkeypatch):
    """Have weights of any size in panels."""
    monkeypatch.setattr(importlib.import_module("mxnet.passes.share_panels"), "_LEAST", 0)


@pytest.mark.parametrize("cell", CELLS)
def test_recurrent_layers_mean_the_same(cell, for_small, monkeypatch):
    program, found = trained(cell, 6)
    assert program.count("_filters_in_panels(") == 2
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "share_panels")
    program, expected = trained(cell, 6)
    assert "_filters_in_panels(" not in program
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-5, atol=1e-5)


def test_a_weight_that_few_products_share_stays_as_it_is(for_small):
    assert "_filters_in_panels(" not in trained("rnn", 3)[0]


def test_panels_are_made_anew_when_a_weight_has_changed(for_small):
    outputs, _ = CELLS["rnn"]().unroll(6, mx.sym.Variable("data"), merge_outputs=True)
    executor = outputs.simple_bind(mx.cpu(), data=(3, 6, 7))
    for array in executor.arg_arrays:
        array[:] = 0.1
    before = executor.forward(is_train=True)[0].asnumpy()
    executor.arg_dict["cell_h2h_weight"][:] = 0.2
    after = executor.forward(is_train=True)[0].asnumpy()
    assert (after[:, 1:] > before[:, 1:]).all()
