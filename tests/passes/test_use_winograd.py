"""Windows of 3 by 3 are convolved by Winograd's way where that is said to be the fastest one."""

import sys

import numpy as np
import pytest
from rewritten import operators, typed

import mxnet as mx
from mxnet.ops.nn import convolution_costs
from mxnet.ops.nn.convolution_costs import winograd_tile
from mxnet.ops.nn.sliding import Sliding, are_there
from mxnet.passes import INFERENCE, apply_passes
from mxnet.passes.use_winograd import use_winograd

pytestmark = pytest.mark.skipif(not are_there(), reason="there are no native kernels here")

IMAGES = {"data": (2, 16, 9, 7)}
AVX2 = convolution_costs._PROCESSORS["AVX2"]


@pytest.fixture(autouse=True)
def processor(monkeypatch):
    monkeypatch.setattr(convolution_costs, "_processor", lambda: AVX2)


@pytest.fixture
def tiles(monkeypatch):
    """Let tiles be chosen for all that fits, of 2 forward in training, and of 4 otherwise."""

    def chosen(sliding, part, *, is_train):
        return 2 if is_train and part == "output" else 4

    for name in ("use_winograd", "fuse_convolution"):
        monkeypatch.setattr(sys.modules[f"mxnet.passes.{name}"], "winograd_tile", chosen)


def convolution(data, name="conv", **options):
    options = {"kernel": (3, 3), "pad": (1, 1), "num_filter": 32, "name": name, **options}
    return mx.sym.Convolution(data, **options)


def net():
    image = mx.sym.Activation(convolution(mx.sym.Variable("data")), act_type="relu", name="relu")
    image = convolution(image, "second", num_filter=16) + mx.sym.Variable("data")
    return mx.sym.MakeLoss(mx.sym.square(image))


def run(is_train, **options):
    executor = net().simple_bind(mx.cpu(), **IMAGES, **options)
    draw = np.random.default_rng(0)
    for array in executor.arg_arrays:
        array[:] = draw.normal(0, 0.3, array.shape)
    executor.forward(is_train=is_train)
    if is_train:
        executor.backward()
    arrays = executor.outputs + executor.grad_arrays * is_train
    return executor.program(is_train), [array.asnumpy() for array in arrays]


@pytest.mark.parametrize("is_train", [False, True])
def test_numbers_are_those_of_direct_convolutions(is_train, tiles, monkeypatch):
    _, found = run(is_train)
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "all")
    _, expected = run(is_train)
    for one, other in zip(found, expected, strict=True):
        assert np.linalg.norm(one - other) <= 1e-5 * np.linalg.norm(other)


def test_each_part_of_a_step_has_its_tiles(tiles):
    graph = use_winograd(typed(net(), **IMAGES))
    op = next(node.op for node in graph.operators if node.name == "conv")
    assert (op.name, op.output_tile, op.data_tile, op.weight_tile) == ("_winograd_convolution", 2, 4, 4)


def test_filters_are_transformed_once_for_inference(tiles):
    program, _ = run(False)
    prepared, _, rest = program.partition("def forward")
    assert prepared.count("winograd_filters") > 0
    assert "= __0__winograd_filters(" not in rest


def test_it_can_be_switched_off(tiles, monkeypatch):
    assert "winograd" in run(True)[0]
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "use_winograd")
    assert "winograd" not in run(True)[0]


def test_who_watches_sees_direct_convolutions(tiles, monkeypatch):
    monkeypatch.setenv("MXNET_CHECK_NUMERICS", "1")
    assert "winograd" not in run(True)[0]
    assert "winograd" not in run(False)[0]


def test_other_convolutions_are_left_alone():
    data = mx.sym.Variable("data")
    nets = mx.sym.Group([convolution(data, "few", num_filter=3), convolution(data, "step", stride=(2, 2))])
    graph = typed(nets, **IMAGES)
    assert operators(use_winograd(graph)) == operators(graph)


LARGE = Sliding.over((16, 64, 56, 56), 64, 1, [(3, 1, 1, 1)] * 2, (56, 56))


@pytest.mark.parametrize(
    ("knob", "forward", "backward", "inference"),
    [("auto", 2, 4, 4), ("0", 0, 0, 0), ("2", 2, 2, 2), ("4", 4, 4, 4)],
)
def test_the_environment_says_which_tiles_there_are(knob, forward, backward, inference, monkeypatch):
    monkeypatch.setenv("MXNET_WINOGRAD", knob)
    assert winograd_tile(LARGE, "output", is_train=True) == forward
    assert winograd_tile(LARGE, "image", is_train=True) == backward
    assert winograd_tile(LARGE, "filters", is_train=True) == backward
    assert winograd_tile(LARGE, "output", is_train=False) == inference


def test_filters_that_cost_more_than_they_save_are_not_transformed():
    small = Sliding.over((1, 512, 7, 7), 512, 1, [(3, 1, 1, 1)] * 2, (7, 7))
    assert winograd_tile(small, "output", is_train=True) == 0


def test_a_folded_batch_norm_goes_before(tiles):
    image = mx.sym.BatchNorm(convolution(mx.sym.Variable("data")), name="bn")
    graph = apply_passes(typed(mx.sym.Activation(image, act_type="relu", name="relu"), **IMAGES), INFERENCE)
    assert list(operators(graph).values()).count("_winograd_filters") == 1
    assert "BatchNorm" not in operators(graph).values()
