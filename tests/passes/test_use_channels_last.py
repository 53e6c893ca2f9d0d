"""Images change their layout where they enter convolutions and where users see them, and only there."""

import importlib

import numpy as np
import pytest
import torch
from rewritten import PLAIN, agree, bind, operators, same, text, typed
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

import mxnet as mx
from mxnet.analysis.gradient import gradients
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ops.nn.sliding import are_there
from mxnet.passes.fold_batch_norm import fold_batch_norm
from mxnet.passes.fuse_convolution import fuse_convolution
from mxnet.passes.operators.fused import ToChannelsLast
from mxnet.passes.use_channels_last import use_channels_last

IMAGES = {"data": (2, 4, 8, 8)}


def convolution(data, name="conv", **options):
    options = {"kernel": (3, 3), "pad": (1, 1), "num_filter": 4, "no_bias": True, **options}
    return mx.sym.Convolution(data, name=name, **options)


def images():
    return mx.sym.Variable("data")


def block(data, name):
    """Return a small network with everything that hands its layout on."""
    left = convolution(data, f"{name}_left", num_group=2)
    left = mx.sym.BatchNorm(left, fix_gamma=False, name=f"{name}_norm")
    left = mx.sym.LeakyReLU(left, act_type="leaky", slope=0.1)
    right = mx.sym.Pooling(data, kernel=(3, 3), stride=(1, 1), pad=(1, 1), pool_type="max")
    joined = mx.sym.Concat(left, mx.sym.Activation(right + left, act_type="relu"))
    pooled = mx.sym.Pooling(joined, kernel=(3, 3), stride=(2, 2), pad=(1, 1), pool_type="avg")
    gate = mx.sym.Pooling(pooled, global_pool=True, kernel=(1, 1), pool_type="avg")
    gate = mx.sym.sigmoid(convolution(gate, f"{name}_gate", kernel=(1, 1), pad=(0, 0), num_filter=8))
    return convolution(mx.sym.broadcast_mul(pooled, gate) * 2 + 1, f"{name}_last")


def test_layout_changes_before_the_first_convolution_and_for_users():
    net = mx.sym.Activation(convolution(images()), act_type="relu", name="relu")
    net = convolution(net, "second")
    assert text(net.graph) == [
        "data = variable",
        "conv_weight = variable",
        "conv = Convolution(data, conv_weight, kernel=(3, 3), pad=(1, 1), num_filter=4, no_bias=True)",
        "relu = Activation(conv, act_type='relu')",
        "second_weight = variable",
        "second = Convolution(relu, second_weight, kernel=(3, 3), pad=(1, 1), num_filter=4, no_bias=True)",
        "outputs: second",
    ]
    assert text(use_channels_last(typed(net, **IMAGES))) == [
        "data = variable",
        "data_channels_last = _to_channels_last(data)",
        "conv_weight = variable",
        "conv = Convolution("
        "data_channels_last, conv_weight, kernel=(3, 3), pad=(1, 1), num_filter=4, no_bias=True)",
        "relu = Activation(conv, act_type='relu')",
        "second_weight = variable",
        "second = Convolution(relu, second_weight, kernel=(3, 3), pad=(1, 1), num_filter=4, no_bias=True)",
        "second_channels_first = _to_channels_first(second)",
        "outputs: second_channels_first",
    ]


@pytest.fixture
def whatever_is_faster(monkeypatch):
    """Have the layout changed also where convolutions as small as here would keep it."""
    module = importlib.import_module("mxnet.passes.use_channels_last")
    monkeypatch.setattr(module, "stays_channels_first", lambda graph: False)


@pytest.mark.usefixtures("whatever_is_faster")
def test_gradients_flow_in_the_same_layout():
    net = convolution(images(), weight=mx.sym.Variable("weight"))
    net = mx.sym.Activation(net, act_type="relu", name="relu")
    graph = typed(net, **IMAGES)
    _, weight = graph.arguments
    head = Entry(Node(None, "head", types=(graph.outputs[0].type,)))
    joint = Graph([*graph.outputs, *gradients(graph, [Entry(weight)], [head])])
    assert text(use_channels_last(joint)) == [
        "data = variable",
        "data_channels_last = _to_channels_last(data)",
        "weight = variable",
        "conv = Convolution("
        "data_channels_last, weight, kernel=(3, 3), pad=(1, 1), num_filter=4, no_bias=True)",
        "relu = Activation(conv, act_type='relu')",
        "relu_channels_first = _to_channels_first(relu)",
        "head = variable",
        "head_channels_last = _to_channels_last(head)",
        "relu_backward = _backward_Activation(head_channels_last, relu, wants=('data',), act_type='relu')",
        "conv_backward = _backward_Convolution(relu_backward, data_channels_last, weight, "
        "wants=('weight',), kernel=(3, 3), pad=(1, 1), num_filter=4, no_bias=True)",
        "outputs: relu_channels_first, conv_backward",
    ]


def test_what_meets_such_images_changes_its_layout_too():
    net = mx.sym.elemwise_add(
        convolution(images(), num_filter=64), mx.sym.exp(mx.sym.Variable("other"), name="exp"), name="sum"
    )
    graph = use_channels_last(typed(net, data=(2, 64, 28, 28)))
    assert operators(graph)["exp_channels_last"] == "_to_channels_last"
    assert "sum = elemwise_add(conv, exp_channels_last)" in text(graph)


def test_images_of_few_channels_stay_as_they_are_where_that_is_cheaper():
    if not are_there():
        pytest.skip("there are no native kernels here")
    net = mx.sym.Activation(convolution(images(), num_filter=8), act_type="relu", name="relu")
    assert "_to_channels_last" not in operators(use_channels_last(typed(net, data=(8, 1, 28, 28)))).values()


def test_one_value_changes_its_layout_once():
    data = images()
    net = convolution(data, "left") + convolution(data, "right")
    assert list(operators(use_channels_last(typed(net, **IMAGES))).values()).count("_to_channels_last") == 1


@pytest.mark.parametrize(
    ("net", "shape"),
    [
        (convolution(images(), kernel=(3,), pad=(1,)), (2, 4, 8)),
        (convolution(images(), kernel=(3, 3, 3), pad=(1, 1, 1)), (2, 4, 8, 8, 8)),
        (mx.sym.Pooling(mx.sym.exp(images()), kernel=(2, 2)), (2, 4, 8, 8)),
        (mx.sym.FullyConnected(images(), num_hidden=3), (2, 4)),
    ],
    ids=["one_axis", "three_axes", "pooling_alone", "dense"],
)
def test_other_networks_are_left_alone(net, shape):
    graph = typed(net, data=shape)
    assert use_channels_last(graph) is graph


@pytest.mark.parametrize("fuses", [(), (fold_batch_norm, fuse_convolution)])
def test_inference_means_the_same(monkeypatch, fuses):
    net = mx.sym.Flatten(block(block(images(), "one"), "two"))
    agree(net, monkeypatch, *fuses, use_channels_last, **IMAGES)


@pytest.mark.parametrize("grad_req", ["write", "add"])
def test_training_means_the_same(monkeypatch, grad_req):
    net = mx.sym.MakeLoss(mx.sym.square(block(block(images(), "one"), "two")))
    runs = [
        bind(net, monkeypatch, pipeline, grad_req=grad_req, **IMAGES)
        for pipeline in (PLAIN, (use_channels_last,))
    ]
    for executor in runs:
        for _ in range(2):
            executor.forward(is_train=True)
            executor.backward()
    plain, optimised = runs
    same(plain.outputs, optimised.outputs)
    same(plain.grad_arrays, optimised.grad_arrays, rtol=1e-3)
    same(plain.aux_arrays, optimised.aux_arrays)


def test_outputs_lie_in_memory_as_users_expect(monkeypatch):
    net = mx.sym.Group([conv := convolution(images()), mx.sym.relu(conv)])
    executor = bind(net, monkeypatch, (use_channels_last,), **IMAGES)
    assert all(out.asnumpy().flags.c_contiguous for out in executor.forward())


def test_kernels_in_between_hand_the_layout_on(monkeypatch):
    """Watched from outside: only filters and what users see change their layout; native kernels see views."""
    net = mx.sym.MakeLoss(mx.sym.square(block(images(), "one")))
    executor = bind(net, monkeypatch, (use_channels_last,), grad_req="write", **IMAGES)
    seen = _Layouts()
    with seen:
        executor.forward(is_train=True)
        executor.backward()
    assert {name for name, *_ in seen.changed} <= {"clone.default", "copy_.default", "permute.default"}


class _Layouts(TorchDispatchMode):
    """Notes the kernels that read images with their channels last and make others."""

    def __init__(self):
        super().__init__()
        self.changed = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        first = result[0] if isinstance(result, tuple | list) else result
        is_image = isinstance(first, torch.Tensor) and first.dim() == 4 and 1 not in first.shape
        reads_last = any(map(_is_last, tree_leaves(args)))
        if is_image and reads_last and not _is_last(first):
            self.changed.append((function.__name__, tuple(first.shape), first.stride()))
        return result


def _is_last(array):
    """Whether the channels of a pixel lie side by side, in an image of several."""
    is_image = isinstance(array, torch.Tensor) and array.dim() == 4 and 1 not in array.shape
    return is_image and array.stride(1) == 1


def test_images_of_one_channel_have_it_last_too():
    image = torch.rand(2, 1, 4, 5)
    changed = ToChannelsLast.make().forward(None, image)
    assert torch.equal(changed, image)
    assert torch.conv2d(changed, torch.rand(3, 1, 3, 3)).stride(1) == 1


def test_double_precision_is_left_in_its_layout(monkeypatch):
    executor = convolution(images()).simple_bind(
        mx.cpu(), grad_req="null", type_dict={"data": "float64"}, **IMAGES
    )
    for array in executor.arg_arrays:
        array[:] = 0.5
    assert executor.forward()[0].asnumpy()[0, 0, 3, 3] == np.float64(4 * 9 * 0.25)


def test_a_cast_hands_the_layout_on():
    net = convolution(mx.sym.amp_cast(convolution(images()), dtype="float32"), "second")
    graph = use_channels_last(typed(net, **IMAGES))
    assert sum("_to_channels_last(" in line for line in text(graph)) == 1
    assert sum("_to_channels_first(" in line for line in text(graph)) == 1
