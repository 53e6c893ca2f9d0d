"""BatchNorm goes into the layer before it, where that changes no number."""

import numpy as np
import pytest
from rewritten import agree, operators, text

import mxnet as mx
from mxnet.passes.fold_batch_norm import fold_batch_norm


def convolution(data=None, **options):
    options = {"kernel": (3, 3), "num_filter": 4, "name": "conv", **options}
    return mx.sym.Convolution(mx.sym.Variable("data") if data is None else data, **options)


def test_weight_and_bias_take_in_what_batch_norm_does():
    net = mx.sym.BatchNorm(convolution(), fix_gamma=False, eps=0.5, name="bn")
    assert text(net.graph) == [
        "data = variable",
        "conv_weight = variable",
        "conv_bias = variable",
        "conv = Convolution(data, conv_weight, conv_bias, kernel=(3, 3), num_filter=4)",
        "bn_gamma = variable",
        "bn_beta = variable",
        'bn_moving_mean = variable  # __init__=["zero", {}]',
        'bn_moving_var = variable  # __init__=["one", {}]',
        "bn = BatchNorm(conv, bn_gamma, bn_beta, bn_moving_mean, bn_moving_var, eps=0.5, fix_gamma=False)",
        "outputs: bn[0]",
    ]
    assert text(fold_batch_norm(net.graph)) == [
        "data = variable",
        "conv_weight = variable",
        'bn_moving_var = variable  # __init__=["one", {}]',
        "bn_gamma = variable",
        "bn_folded_weight = _folded_weight(conv_weight, bn_moving_var, bn_gamma, eps=0.5)",
        "bn_beta = variable",
        'bn_moving_mean = variable  # __init__=["zero", {}]',
        "conv_bias = variable",
        "bn_folded_bias = _folded_bias("
        "conv_weight, bn_beta, bn_moving_mean, bn_moving_var, bn_gamma, conv_bias, eps=0.5)",
        "conv+bn = Convolution(data, bn_folded_weight, bn_folded_bias, kernel=(3, 3), num_filter=4)",
        "outputs: conv+bn",
    ]


@pytest.mark.parametrize("fix_gamma", [False, True])
@pytest.mark.parametrize("no_bias", [False, True])
@pytest.mark.parametrize("kernel", [(3,), (3, 3), (2, 3, 3)])
def test_convolution_means_the_same(monkeypatch, kernel, no_bias, fix_gamma):
    net = mx.sym.BatchNorm(convolution(kernel=kernel, no_bias=no_bias), fix_gamma=fix_gamma, name="bn")
    assert operators(fold_batch_norm(net.graph))["conv+bn"] == "Convolution"
    agree(net, monkeypatch, fold_batch_norm, data=(2, 3, *(5,) * len(kernel)))


@pytest.mark.parametrize("layer", [mx.sym.Convolution, mx.sym.Deconvolution])
def test_groups_are_scaled_by_their_own_channels(monkeypatch, layer):
    data = mx.sym.Variable("data")
    for no_bias in (False, True):
        net = layer(data, kernel=(3, 3), num_filter=6, num_group=2, no_bias=no_bias, name="layer")
        net = mx.sym.BatchNorm(net, fix_gamma=False, name="bn")
        assert "layer+bn" in operators(fold_batch_norm(net.graph))
        agree(net, monkeypatch, fold_batch_norm, data=(2, 4, 5, 5))


@pytest.mark.parametrize(("flatten", "axis"), [(True, 1), (True, -1), (False, -1)])
def test_dense_layer_takes_it_in_along_its_outputs(monkeypatch, flatten, axis):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, flatten=flatten, name="fc")
    net = mx.sym.BatchNorm(net, axis=axis, fix_gamma=False, name="bn")
    assert "fc+bn" in operators(fold_batch_norm(net.graph))
    agree(net, monkeypatch, fold_batch_norm, data=(2, 3, 5))


def test_weight_of_two_layers_is_folded_for_each(monkeypatch):
    data, weight = mx.sym.Variable("data"), mx.sym.Variable("weight")
    layers = [convolution(data, weight=weight, no_bias=True, name=name) for name in ("left", "right")]
    net = mx.sym.Group([mx.sym.BatchNorm(each, fix_gamma=False) for each in layers])
    assert sum(name == "_folded_weight" for name in operators(fold_batch_norm(net.graph)).values()) == 2
    agree(net, monkeypatch, fold_batch_norm, data=(2, 3, 5, 5))


def _after(layer, **options):
    return mx.sym.BatchNorm(layer, name="bn", **options)


STAYS = {
    "output_read_twice": lambda: mx.sym.Group([conv := convolution(), _after(conv)]),
    "mean_is_an_output": lambda: mx.sym.Group(list(_after(convolution(), output_mean_var=True))),
    "other_axis": lambda: _after(convolution(), axis=2),
    "weight_is_computed": lambda: _after(convolution(weight=mx.sym.exp(mx.sym.Variable("w")))),
    "rows_are_not_outputs": lambda: _after(
        mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, flatten=False), axis=1
    ),
    "batch_norm_comes_first": lambda: convolution(_after(mx.sym.Variable("data"))),
    "something_between": lambda: _after(mx.sym.Activation(convolution(), act_type="relu")),
}


@pytest.mark.parametrize("case", STAYS)
def test_graph_is_left_alone_where(case):
    graph = STAYS[case]().graph
    assert fold_batch_norm(graph) is graph


def test_layers_on_different_devices_stay_apart():
    with mx.AttrScope(ctx_group="one"):
        layer = convolution()
    with mx.AttrScope(ctx_group="other"):
        graph = _after(layer).graph
    assert fold_batch_norm(graph) is graph


def test_running_statistics_that_training_moves_are_seen(monkeypatch):
    net = mx.sym.BatchNorm(convolution(no_bias=True), fix_gamma=False, momentum=0.5, name="bn")
    shapes = {"data": (4, 3, 6, 6)}
    executor = net.simple_bind(mx.cpu(), grad_req="write", **shapes)
    draw = np.random.default_rng(0)
    for array in executor.arg_arrays:
        array[:] = draw.uniform(0.5, 1.5, array.shape)
    before = executor.forward()[0].asnumpy()
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones(before.shape))
    mean, var = (executor.aux_dict[f"bn_moving_{name}"].asnumpy()[:, None, None] for name in ("mean", "var"))
    gamma, beta = (executor.arg_dict[f"bn_{name}"].asnumpy()[:, None, None] for name in ("gamma", "beta"))
    plain = convolution(no_bias=True).bind(
        mx.cpu(), {name: executor.arg_dict[name] for name in ("data", "conv_weight")}
    )
    expected = (plain.forward()[0].asnumpy() - mean) / np.sqrt(var + 1e-3) * gamma + beta
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), expected, rtol=1e-4, atol=1e-4)
    assert not np.allclose(before, expected)
