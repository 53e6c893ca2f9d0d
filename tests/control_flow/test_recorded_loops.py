"""Loops and branches do what real MXNet 1.9.1 did, and are written to files as it wrote them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from loops import LOOPS, compose

import mxnet as mx

RECORDED = json.loads((Path(__file__).parent.parent / "data" / "control_flow.json").read_text("utf-8"))

every_loop = pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: loop.__name__)


def _array(recorded):
    return np.array(recorded["data"], "float32").reshape(recorded["shape"])


def _arrays(recorded):
    return {name: mx.nd.array(_array(each)) for name, each in recorded["arrays"].items()}


def _check_run(symbol, recorded, grad_req="write"):
    arrays = _arrays(recorded)
    start = 1.0 if grad_req == "add" else 7.0
    gradients = {name: mx.nd.full(array.shape, start) for name, array in arrays.items()}
    executor = symbol.bind(mx.cpu(), arrays, args_grad=gradients, grad_req=grad_req)
    outputs = executor.forward(is_train=True)
    executor.backward([mx.nd.array(_array(head)) for head in recorded["heads"]])
    for output, expected in zip(outputs, recorded["outputs"], strict=True):
        np.testing.assert_allclose(output.asnumpy(), _array(expected), rtol=1e-4, atol=1e-5)
    for name, gradient in gradients.items():
        expected = _array(recorded["gradients"][name]) + (start if grad_req == "add" else 0)
        np.testing.assert_allclose(gradient.asnumpy(), expected, rtol=1e-4, atol=1e-5, err_msg=name)


@every_loop
def test_outputs_and_gradients_are_those_of_mxnet(loop):
    _check_run(compose(loop)[0], RECORDED[loop.__name__])


@every_loop
def test_gradients_are_added_where_asked(loop):
    _check_run(compose(loop)[0], RECORDED[loop.__name__], grad_req="add")


@every_loop
def test_files_of_mxnet_load_and_run(loop):
    recorded = RECORDED[loop.__name__]
    _check_run(mx.sym.load_json(json.dumps(recorded["symbol"])), recorded)


@every_loop
def test_inference_gives_the_same_outputs(loop):
    recorded = RECORDED[loop.__name__]
    outputs = compose(loop)[0].eval(ctx=mx.cpu(), **_arrays(recorded))
    for output, expected in zip(outputs, recorded["outputs"], strict=True):
        np.testing.assert_allclose(output.asnumpy(), _array(expected), rtol=1e-4, atol=1e-5)


@every_loop
def test_arguments_stand_in_the_order_of_mxnet(loop):
    assert compose(loop)[0].list_arguments() == RECORDED[loop.__name__]["arguments"]


@every_loop
def test_files_are_those_of_mxnet(loop):
    """But for the numbers of scopes, which count all loops of a program."""

    def text(symbol):
        return re.sub(r'("__subgraph_name__": "[a-z_]*)[0-9]+', r"\1", json.dumps(symbol, sort_keys=True))

    written = json.loads(compose(loop)[0].tojson())
    assert text(written) == text(RECORDED[loop.__name__]["symbol"])


@every_loop
def test_shapes_are_inferred_from_those_of_the_data(loop):
    symbol, given = compose(loop)
    recorded = RECORDED[loop.__name__]
    arguments, outputs, _ = symbol.infer_shape(**given)
    assert arguments == [tuple(recorded["arrays"][name]["shape"]) for name in recorded["arguments"]]
    assert outputs == [tuple(each["shape"]) for each in recorded["outputs"]]
