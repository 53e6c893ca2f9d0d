"""Every optimisation can be switched off by one knob, which changes the program and no number; passes can be seen."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.passes import BEFORE_GRADIENT, INFERENCE, TRAINING
from mxnet.passes.use_winograd import use_winograd

PLANNING = ["hoist", "share_memory"]


@pytest.fixture(autouse=True)
def without_rows(monkeypatch):
    """The texts of programs are compared: they are about the steps of torch's kernels."""
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "native")


FOR_INFERENCE = [each.__name__ for each in INFERENCE] + PLANNING
# The convolution here is too small for Winograd's way; it has tests of its own.
FOR_TRAINING = [
    each.__name__ for each in (*BEFORE_GRADIENT, *TRAINING) if each is not use_winograd
] + PLANNING


def net():
    """Return a network that has something for every pass: images, twins, an identity, a recurrent layer."""
    image = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=6, name="conv")
    image = mx.sym.Activation(mx.sym.BatchNorm(image, name="bn"), act_type="relu", name="relu")
    image = mx.sym.Pooling(image, kernel=(3, 3), pad=(1, 1), pool_type="max", name="pool")
    image = mx.sym.BatchNorm(image, fix_gamma=False, name="normal")
    image = mx.sym.broadcast_mul(image, mx.sym.ones((1, 6, 4, 4), name="constant"), name="scaled")
    image = mx.sym.exp(image, name="one") + mx.sym.identity(mx.sym.exp(image, name="two"), name="same")
    steps = mx.sym.SliceChannel(mx.sym.Flatten(image), num_outputs=6, axis=1)
    across, inside = (
        {key: mx.sym.Variable(f"{name}_{key}") for key in ("weight", "bias")} for name in ("h", "i")
    )
    state = mx.sym.Variable("state")
    for i in range(6):
        old = mx.sym.FullyConnected(state, num_hidden=4, name=f"h{i}", **across)
        new = mx.sym.FullyConnected(steps[i], num_hidden=4, name=f"i{i}", **inside)
        state = mx.sym.Activation(old + new, act_type="tanh", name=f"state{i}")
    top = mx.sym.FullyConnected(state, num_hidden=3, name="top")
    return mx.sym.Activation(top, act_type="relu", name="end")


def run(is_train):
    with mx.name.NameManager():  # automatic names are the same in every run
        executor = net().simple_bind(mx.cpu(), data=(2, 3, 6, 6), state=(2, 4))
    draw = np.random.default_rng(0)
    for name, array in {**executor.arg_dict, **executor.aux_dict}.items():
        array[:] = draw.uniform(0.5, 1.5, array.shape) if "var" in name else draw.normal(0, 0.3, array.shape)
    executor.forward(is_train=is_train)
    if is_train:
        executor.backward(mx.nd.ones((2, 3)))
    return executor.program(is_train), [
        array.asnumpy() for array in executor.outputs + executor.grad_arrays * is_train
    ]


@pytest.mark.parametrize(
    ("is_train", "name"),
    [(False, name) for name in FOR_INFERENCE] + [(True, name) for name in FOR_TRAINING],
)
def test_optimisation_that_is_switched_off_changes_the_program_and_no_number(is_train, name, monkeypatch):
    with_it, expected = run(is_train)
    monkeypatch.setenv("MXNET_DISABLED_PASSES", f"{name},native")
    without, found = run(is_train)
    assert with_it != without
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("is_train", [False, True])
def test_all_of_them_leave_the_network_as_it_was_composed(is_train, monkeypatch):
    expected = run(is_train)[1]
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "all")
    program, found = run(is_train)
    for name in ("conv", "bn", "relu", "one", "two", "h0", "i5", "end"):
        assert f"# {name} (" in program
    assert "def prepare_0" not in program
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5)


def test_several_are_named_with_commas(monkeypatch):
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "fuse_fully_connected, merge_equal_nodes, native")
    program, _ = run(False)
    assert "# top (2, 3)" in program
    assert "# two (" in program
    assert "def prepare_0" in program


def test_name_of_no_optimisation_is_refused(monkeypatch):
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "fuse_convolutions")
    with pytest.raises(mx.MXNetError, match=r"'fuse_convolutions'.*[Dd]id you mean.*'fuse_convolution'"):
        run(False)


# ----------------------------------------------------------------------------------------- MXNET_PRINT_PASSES


def test_graph_is_printed_before_and_after_each_pass_that_changes_it(monkeypatch, capsys):
    monkeypatch.setenv("MXNET_PRINT_PASSES", "1")
    layer = mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=2, no_bias=True, name="fc")
    mx.sym.Activation(layer, act_type="relu", name="act").simple_bind(
        mx.cpu(), grad_req="null", x=(3, 4)
    ).forward()
    assert capsys.readouterr().err.splitlines() == [
        "---- before fuse_fully_connected",
        "x = variable",
        "fc_weight = variable",
        "fc = FullyConnected(x, fc_weight, num_hidden=2, no_bias=True)",
        "act = Activation(fc, act_type='relu')",
        "outputs: act",
        "---- after fuse_fully_connected",
        "x = variable",
        "fc_weight = variable",
        "fc_packed_weight = _transposed_dense_weight(fc_weight)",
        "fc+act = _fused_fully_connected(x, fc_packed_weight, num_hidden=2, no_bias=True, act='relu')",
        "outputs: fc+act",
        "",
    ]


def test_nothing_is_printed_without_the_knob(capsys):
    run(False)
    assert capsys.readouterr().err == ""
