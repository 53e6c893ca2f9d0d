"""A convolution, the sum and the activation behind it become one node, with a weight that is packed once."""

import numpy as np
import pytest
import torch
from rewritten import agree, operators, text, typed

import mxnet as mx
from mxnet.ops.nn import convolution_costs
from mxnet.passes.fold_batch_norm import fold_batch_norm
from mxnet.passes.fuse_convolution import fuse_convolution
from mxnet.passes.use_channels_last import use_channels_last

IMAGES = {"data": (2, 4, 7, 7)}


@pytest.fixture(autouse=True)
def packs(monkeypatch):
    """Let oneDNN do all, as it does on some processors, and for most sizes."""
    monkeypatch.setattr(convolution_costs, "_processor", lambda: None)


def convolution(data=None, **options):
    options = {"kernel": (3, 3), "pad": (1, 1), "num_filter": 4, "no_bias": True, "name": "conv", **options}
    return mx.sym.Convolution(mx.sym.Variable("data") if data is None else data, **options)


def relu(data, name="relu"):
    return mx.sym.Activation(data, act_type="relu", name=name)


def test_sum_and_activation_become_part_of_the_convolution():
    data = mx.sym.Variable("data")
    net = relu(mx.sym.elemwise_add(convolution(data), data, name="sum"))
    assert text(net.graph) == [
        "data = variable",
        "conv_weight = variable",
        "conv = Convolution(data, conv_weight, kernel=(3, 3), pad=(1, 1), num_filter=4, no_bias=True)",
        "sum = elemwise_add(conv, data)",
        "relu = Activation(sum, act_type='relu')",
        "outputs: relu",
    ]
    shape = "kernel=(3, 3), pad=(1, 1), num_filter=4, no_bias=True"
    assert text(fuse_convolution(typed(net, **IMAGES))) == [
        "data = variable",
        "conv_weight = variable",
        "conv_packed_weight = _packed_convolution_weight(conv_weight, pads=(1, 1), strides=(1, 1), "
        "dilates=(1, 1), num_group=1, data_shape=(2, 4, 7, 7))",
        f"conv+sum+relu = _fused_convolution_add(data, conv_packed_weight, data, {shape}, act='relu')",
        "outputs: conv+sum+relu",
    ]


ACTIVATIONS = {
    "relu": relu,
    "sigmoid": lambda x: mx.sym.Activation(x, act_type="sigmoid"),
    "tanh": mx.sym.tanh,
    "leaky": lambda x: mx.sym.LeakyReLU(x, act_type="leaky", slope=0.1),
    "clip": lambda x: mx.sym.clip(x, a_min=-0.5, a_max=0.75),
}


@pytest.mark.parametrize("shape", [(2, 4, 7, 7), (1, 4, 3, 5)])
@pytest.mark.parametrize("act", ACTIVATIONS)
def test_activation_is_part_of_the_convolution(monkeypatch, act, shape):
    net = ACTIVATIONS[act](convolution(no_bias=False))
    assert set(operators(fuse_convolution(typed(net, **IMAGES))).values()) == {
        "_packed_convolution_weight",
        "_fused_convolution",
    }
    agree(net, monkeypatch, fuse_convolution, data=shape)


@pytest.mark.parametrize("act", ["prelu", "elu", "selu", "gelu"])
def test_other_activations_stay_nodes_of_their_own(monkeypatch, act):
    net = mx.sym.LeakyReLU(convolution(), act_type=act, name="act")
    assert operators(fuse_convolution(typed(net, **IMAGES)))["act"] == "LeakyReLU"
    agree(net, monkeypatch, fuse_convolution, **IMAGES)


def test_limits_the_wrong_way_round_stay_a_node_of_their_own(monkeypatch):
    net = mx.sym.clip(convolution(), a_min=1, a_max=-1, name="act")
    assert operators(fuse_convolution(typed(net, **IMAGES)))["act"] == "clip"
    agree(net, monkeypatch, fuse_convolution, **IMAGES)


def test_only_relu_joins_a_sum(monkeypatch):
    data = mx.sym.Variable("data")
    net = mx.sym.Activation(convolution(data) + data, act_type="tanh", name="act")
    assert operators(fuse_convolution(typed(net, **IMAGES)))["act"] == "Activation"
    agree(net, monkeypatch, fuse_convolution, **IMAGES)


@pytest.mark.parametrize("layout", [(), (use_channels_last,)])
def test_sum_is_computed_in_the_place_of_an_operand_that_nothing_else_reads(monkeypatch, layout):
    data = mx.sym.Variable("data")
    inner = relu(convolution(data, name="left"), "middle")
    net = relu(convolution(inner, name="right") + convolution(data, no_bias=False, name="down"))
    executor = agree(net, monkeypatch, fuse_convolution, *layout, **IMAGES)
    assert "down, out=down)" in executor.program()


def test_sum_of_a_list_of_two_is_a_sum(monkeypatch):
    data = mx.sym.Variable("data")
    net = mx.sym.add_n(data, convolution(data), name="sum")
    assert operators(fuse_convolution(typed(net, **IMAGES)))["conv+sum"] == "_fused_convolution_add"
    agree(net, monkeypatch, fuse_convolution, **IMAGES)


def test_operand_that_is_read_again_keeps_its_value(monkeypatch):
    first = relu(convolution(name="first"), "before")
    second = relu(convolution(first, name="second") + first, "after")
    net = mx.sym.Group([second, first])
    agree(net, monkeypatch, fuse_convolution, use_channels_last, **IMAGES)


def test_convolution_added_to_itself_is_left_alone(monkeypatch):
    conv = convolution()
    net = mx.sym.elemwise_add(conv, conv, name="sum")
    assert operators(fuse_convolution(typed(net, **IMAGES)))["sum"] == "elemwise_add"
    agree(net, monkeypatch, fuse_convolution, **IMAGES)


def test_convolution_that_is_read_twice_keeps_its_activation_apart(monkeypatch):
    conv = convolution()
    net = mx.sym.Group([relu(conv), conv])
    assert operators(fuse_convolution(typed(net, **IMAGES)))["relu"] == "Activation"
    agree(net, monkeypatch, fuse_convolution, **IMAGES)


@pytest.mark.parametrize(
    "options",
    [
        {"num_group": 4},
        {"num_group": 2, "stride": (2, 2)},
        {"dilate": (2, 2), "pad": (0, 0)},
        {"kernel": (1, 1), "pad": (0, 0)},
        {"kernel": (5, 3), "pad": (2, 1), "num_filter": 6},
    ],
    ids=str,
)
@pytest.mark.parametrize("norm", [False, True])
def test_any_window_means_the_same_with_and_without_batch_norm(monkeypatch, options, norm):
    net = convolution(**options)
    net = relu(mx.sym.BatchNorm(net, fix_gamma=False) if norm else net)
    agree(net, monkeypatch, fold_batch_norm, fuse_convolution, use_channels_last, **IMAGES)


def test_weight_of_two_convolutions_is_packed_for_each(monkeypatch):
    weight = mx.sym.Variable("weight")
    first = relu(convolution(weight=weight, name="first"), "middle")
    net = relu(convolution(first, weight=weight, stride=(2, 2), name="second"))
    agree(net, monkeypatch, fuse_convolution, use_channels_last, **IMAGES)


@pytest.mark.parametrize("kernel", [(3,), (3, 3, 3)])
def test_other_than_images_are_left_alone(kernel):
    graph = relu(convolution(kernel=kernel, pad=())).graph
    assert fuse_convolution(graph) is graph


def test_weight_that_is_computed_is_not_packed():
    graph = relu(convolution(weight=mx.sym.exp(mx.sym.Variable("w")))).graph
    assert fuse_convolution(graph) is graph


def test_without_onednn_torch_computes_the_same(monkeypatch):
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    data = mx.sym.Variable("data")
    inner = ACTIVATIONS["clip"](convolution(data, name="left"))
    net = relu(convolution(inner, name="right") + convolution(data, no_bias=False, name="down"))
    agree(net, monkeypatch, fuse_convolution, use_channels_last, **IMAGES)


def test_other_dtypes_run_as_before(monkeypatch):
    net = relu(convolution() + mx.sym.Variable("addend"))
    executor = net.simple_bind(mx.cpu(), grad_req="null", type_dict={"data": "float64"}, **IMAGES)
    for array in executor.arg_arrays:
        array[:] = 0.5
    (out,) = executor.forward()
    assert out.dtype == np.float64
    assert out.asnumpy()[0, 0, 3, 3] == 0.5 + 4 * 9 * 0.25


def test_weight_that_is_written_in_place_is_packed_again(monkeypatch):
    executor = relu(convolution()).simple_bind(mx.cpu(), grad_req="null", **IMAGES)
    executor.arg_dict["data"][:] = 1
    for value in (1.0, 2.0, 3.0):
        executor.arg_dict["conv_weight"][:] = value
        assert executor.forward()[0].asnumpy()[0, 0, 3, 3] == 36 * value


def test_error_speaks_of_all_that_was_fused():
    net = relu(convolution())
    (fused,) = [node for node in fuse_convolution(typed(net, **IMAGES)).operators if "fused" in node.op.name]
    assert fused.name == "conv+relu"
    assert fused.original.name == "conv"
    assert "test_fuse_convolution.py" in str(fused.source)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_gpu_computes_what_the_cpu_computes():
    net = mx.sym.Activation(
        mx.sym.Convolution(mx.sym.Variable("data"), num_filter=4, kernel=(3, 3), name="conv"), act_type="relu"
    )
    outputs = []
    for context in (mx.cpu(), mx.gpu()):
        executor = net.simple_bind(context, data=(2, 3, 8, 8), grad_req="null")
        for seed, array in enumerate(executor.arg_arrays):
            array[:] = np.random.default_rng(seed).uniform(-1, 1, array.shape)
        outputs.append(executor.forward()[0].asnumpy())
    np.testing.assert_allclose(outputs[1], outputs[0], rtol=1e-3, atol=1e-4)
