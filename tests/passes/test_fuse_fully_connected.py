"""A dense layer and its activation become one node, with a weight that is stored as it is used."""

import numpy as np
import pytest
import torch
from rewritten import agree, operators, text, typed
from torch.profiler import profile

import mxnet as mx
from mxnet.ops.nn import direct
from mxnet.ops.nn.sliding import are_there
from mxnet.passes.fold_batch_norm import fold_batch_norm
from mxnet.passes.fuse_fully_connected import fuse_fully_connected


def dense(data=None, **options):
    options = {"num_hidden": 3, "name": "fc", **options}
    return mx.sym.FullyConnected(mx.sym.Variable("data") if data is None else data, **options)


def relu(data):
    return mx.sym.Activation(data, act_type="relu", name="relu")


def test_activation_becomes_part_of_the_layer():
    graph = typed(relu(dense()), data=(4, 5))
    assert text(graph) == [
        "data = variable",
        "fc_weight = variable",
        "fc_bias = variable",
        "fc = FullyConnected(data, fc_weight, fc_bias, num_hidden=3)",
        "relu = Activation(fc, act_type='relu')",
        "outputs: relu",
    ]
    assert text(fuse_fully_connected(graph)) == [
        "data = variable",
        "fc_weight = variable",
        "fc_packed_weight = _transposed_dense_weight(fc_weight)",
        "fc_bias = variable",
        "fc+relu = _fused_fully_connected(data, fc_packed_weight, fc_bias, num_hidden=3, act='relu')",
        "outputs: fc+relu",
    ]


def test_layers_that_share_a_weight_share_what_is_stored_of_it():
    data, weight = mx.sym.Variable("data"), mx.sym.Variable("weight")
    net = dense(dense(data, weight=weight, num_hidden=5, name="one"), weight=weight, num_hidden=5, name="two")
    fused = fuse_fully_connected(typed(net, data=(4, 5)))
    assert [*operators(fused).values()].count("_transposed_dense_weight") == 1


ACTIVATIONS = {
    "none": lambda x: x,
    "relu": relu,
    "sigmoid": mx.sym.sigmoid,
    "tanh": lambda x: mx.sym.Activation(x, act_type="tanh"),
    "leaky": lambda x: mx.sym.LeakyReLU(x, act_type="leaky", slope=0.1),
    "clip": lambda x: mx.sym.clip(x, a_min=-0.5, a_max=0.75),
}


@pytest.mark.parametrize("no_bias", [False, True])
@pytest.mark.parametrize("act", ACTIVATIONS)
@pytest.mark.parametrize(
    ("shape", "flatten"),
    [((1, 5), True), ((4, 5), True), ((4, 2, 5), True), ((4, 2, 5), False), ((4,), True)],
)
def test_layer_means_the_same(monkeypatch, shape, flatten, act, no_bias):
    net = ACTIVATIONS[act](dense(flatten=flatten, no_bias=no_bias))
    assert "_fused_fully_connected" in operators(fuse_fully_connected(typed(net, data=shape))).values()
    agree(net, monkeypatch, fuse_fully_connected, data=shape)


@pytest.mark.parametrize("in_panels", [False, True])
@pytest.mark.parametrize("act", ACTIVATIONS)
@pytest.mark.parametrize("rows", [(64,), (8, 8), (1,)])
def test_large_layer_means_the_same(monkeypatch, act, rows, in_panels):
    if in_panels and not direct.by_panels():
        pytest.skip("the processor has products of another kind")
    monkeypatch.setattr(direct, "by_panels", lambda: in_panels)
    net = ACTIVATIONS[act](dense(num_hidden=1023, flatten=False))
    agree(net, monkeypatch, fuse_fully_connected, data=(*rows, 512))


@pytest.mark.skipif(not (are_there() and direct.by_panels()), reason="products are the library's")
@pytest.mark.parametrize("rows", [1, 2, 16])
@pytest.mark.parametrize("no_bias", [False, True])
def test_large_layer_is_rows_for_few_rows(of_threads, rows, no_bias):
    executor = relu(dense(num_hidden=1023, no_bias=no_bias)).simple_bind(
        mx.cpu(), grad_req="null", data=(rows, 512)
    )
    draw = np.random.default_rng(0)
    for array in executor.arg_arrays:
        array[:] = draw.normal(0, 0.3, array.shape)
    made = executor.forward()[0].asnumpy()
    data, weight, *bias = (each.asnumpy().astype("float64") for each in executor.arg_arrays)
    np.testing.assert_allclose(made, np.maximum(data @ weight.T + sum(bias), 0), rtol=1e-5, atol=1e-4)
    assert "native" in executor.program(False)


def test_large_weight_is_packed_where_onednn_runs(monkeypatch):
    monkeypatch.setattr(direct, "by_panels", lambda: False)

    def product():
        executor = dense(num_hidden=1024).simple_bind(mx.cpu(), grad_req="null", data=(64, 512))
        with profile() as seen:
            executor.forward()
        return {event.name for event in seen.events()}

    packed = "mkldnn::_linear_pointwise"
    assert (packed in product()) == torch.backends.mkldnn.is_available()
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert packed not in product()


def test_batch_norm_and_activation_become_part_of_the_layer(monkeypatch):
    net = relu(mx.sym.BatchNorm(dense(), fix_gamma=False, name="bn"))
    folded = fuse_fully_connected(fold_batch_norm(typed(net, data=(4, 5))))
    assert operators(folded)["fc+bn+relu"] == "_fused_fully_connected"
    agree(net, monkeypatch, fold_batch_norm, fuse_fully_connected, data=(4, 5))


def test_layer_that_is_read_twice_keeps_its_activation_apart(monkeypatch):
    layer = dense()
    net = mx.sym.Group([relu(layer), layer])
    assert operators(fuse_fully_connected(typed(net, data=(4, 5))))["relu"] == "Activation"
    agree(net, monkeypatch, fuse_fully_connected, data=(4, 5))


def test_weight_that_is_computed_stays_where_it_is():
    graph = typed(relu(dense(weight=mx.sym.exp(mx.sym.Variable("w")))), data=(4, 5))
    assert fuse_fully_connected(graph) is graph


def test_one_weight_serves_two_layers(monkeypatch):
    weight, bias = mx.sym.Variable("weight"), mx.sym.Variable("bias")
    net = relu(dense(weight=weight, bias=bias, num_hidden=5, name="first"))
    net = dense(net, weight=weight, bias=bias, num_hidden=5, name="second")
    agree(net, monkeypatch, fuse_fully_connected, data=(4, 5))


def test_weight_that_is_written_in_place_is_stored_again():
    executor = relu(dense(no_bias=True)).simple_bind(mx.cpu(), grad_req="null", data=(2, 5))
    executor.arg_dict["data"][:] = 1
    for value in (1.0, 2.0):
        executor.arg_dict["fc_weight"][:] = value
        np.testing.assert_array_equal(executor.forward()[0].asnumpy(), np.full((2, 3), 5 * value))
