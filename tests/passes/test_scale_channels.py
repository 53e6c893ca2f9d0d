"""BatchNorm that no layer takes in scales and shifts channels, with what is in front of it and behind it."""

import numpy as np
import pytest
from rewritten import agree, operators, typed

import mxnet as mx
from mxnet.passes import INFERENCE, apply_passes
from mxnet.passes.fold_batch_norm import fold_batch_norm
from mxnet.passes.scale_channels import scale_channels

IMAGES = (2, 3, 6, 7)


def variable():
    return mx.sym.Variable("data")


def normal(data, name="bn", **options):
    return mx.sym.BatchNorm(data, name=name, **{"fix_gamma": False, **options})


def relu(data, name="relu"):
    return mx.sym.Activation(data, act_type="relu", name=name)


def convolution(data, name, num_filter=16):
    return mx.sym.Convolution(data, kernel=(3, 3), pad=(1, 1), num_filter=num_filter, name=name)


def dense_block(layers=3):
    """Return a net each layer of which reads all that was made before it, channels of several numbers."""
    data = convolution(variable(), "first", 24)
    for i in range(layers):
        new = convolution(relu(normal(data, f"bn{i}"), f"relu{i}"), f"conv{i}", (16, 5, 40)[i])
        data = mx.sym.Concat(data, new, name=f"all{i}")
    return convolution(relu(normal(data, "end")), "last")


def read_twice(data):
    return mx.sym.broadcast_add(relu(data), data)


NETS = {
    "first": lambda: normal(variable()),
    "relu": lambda: relu(normal(variable())),
    "fixed": lambda: normal(variable(), fix_gamma=True, eps=0.5),
    "axis": lambda: normal(variable(), axis=2),
    "last_axis": lambda: normal(variable(), axis=-1),
    "v1": lambda: mx.sym.BatchNorm_v1(variable(), fix_gamma=False),
    "with_relu": lambda: mx.sym.contrib.BatchNormWithReLU(variable(), fix_gamma=False)[0],
    "read_twice": lambda: read_twice(normal(variable())),
    "dense": dense_block,
}


@pytest.mark.parametrize("net", NETS)
def test_numbers_are_those_of_batch_norm(net, monkeypatch):
    net = NETS[net]()
    assert not any(
        "BatchNorm" in name for name in operators(apply_passes(typed(net, data=IMAGES), INFERENCE)).values()
    )
    agree(net, monkeypatch, *INFERENCE, data=IMAGES)


@pytest.mark.parametrize("shape", [(2, 3), (300, 200), (2, 5, 9), (1, 3, 200, 190), (2, 3, 2, 3, 5)])
def test_arrays_of_any_rank_and_size_are_scaled(shape, monkeypatch):
    executor = agree(relu(normal(variable())), monkeypatch, scale_channels, data=shape)
    program = executor.program(False).partition("def forward")[2]
    assert program.count("= __") == program.count("_native(") == 1


def test_the_relu_behind_is_done_on_the_way():
    graph = scale_channels(typed(relu(normal(variable())), data=IMAGES))
    assert operators(graph)["bn+relu"] == "_scaled_channels"
    assert "relu" not in operators(graph)


def test_a_relu_beside_other_readers_stays():
    graph = scale_channels(typed(read_twice(normal(variable())), data=IMAGES))
    assert operators(graph)["relu"] == "Activation"


def test_what_is_joined_for_batch_norm_alone_is_read_in_parts():
    graph = apply_passes(typed(dense_block(), data=IMAGES), INFERENCE)
    assert "Concat" not in operators(graph).values()
    layer = next(node for node in graph.operators if node.name.startswith("end+"))
    names = [each.node.name.partition("+")[0] for each in layer.inputs[:4]]
    assert names == ["first", "conv0", "conv1", "conv2"]


def test_what_others_read_too_is_joined():
    data = convolution(variable(), "first")
    joined = mx.sym.Concat(data, convolution(data, "second"), name="both")
    net = convolution(relu(normal(joined)) + joined, "last")
    assert operators(apply_passes(typed(net, data=IMAGES), INFERENCE))["both"] == "Concat"


def test_a_hidden_output_that_is_read_keeps_batch_norm():
    net = mx.sym.BatchNorm(variable(), output_mean_var=True, name="bn")
    assert operators(scale_channels(typed(net, data=IMAGES)))["bn"] == "BatchNorm"


def test_half_precision_keeps_batch_norm():
    data = np.random.default_rng(0).normal(size=IMAGES)
    net = normal(mx.sym.Variable("data", dtype="float16"))
    executor = net.simple_bind(mx.cpu(), grad_req="null", data=IMAGES, type_dict={"data": "float16"})
    executor.forward(is_train=False, data=data)
    assert "BatchNorm(" in executor.program(False)


def test_batch_norm_with_relu_is_folded_with_its_relu(monkeypatch):
    net = mx.sym.contrib.BatchNormWithReLU(convolution(variable(), "conv"), fix_gamma=False, name="bn")[0]
    executor = agree(net, monkeypatch, fold_batch_norm, data=IMAGES)
    assert executor.outputs[0].asnumpy().min() == 0


def test_relu_makes_zeros_of_nan_as_it_does_alone(monkeypatch):
    images = np.full((2, 3, 5, 5), np.nan)
    found = []
    for disabled in ("", "native", "all"):
        monkeypatch.setenv("MXNET_DISABLED_PASSES", disabled)
        executor = relu(normal(variable())).simple_bind(mx.cpu(), grad_req="null", data=images.shape)
        found.append(executor.forward(is_train=False, data=images)[0].asnumpy())
    assert not any(each.any() for each in found)


def test_a_network_of_dense_layers_is_one_stretch(monkeypatch):
    executor = agree(dense_block(), monkeypatch, *INFERENCE, data=(1, 8, 14, 14))
    assert executor.program(False).partition("def forward")[2].count("_native(") == 1
