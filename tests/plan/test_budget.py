"""Recomputing instead of keeping: fewer bytes, the same numbers, and only what may be repeated."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


@pytest.fixture(autouse=True)
def without_rows(monkeypatch):
    """A program with a budget has no rows; it is compared with others, bit by bit."""
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "native")


ROWS = 64


def deep_net(depth=24, **marks):
    """Return a chain of dense layers, each with BatchNorm and ReLU, with dropout in the middle."""
    x = mx.sym.Variable("data")
    for i in range(depth):
        x = mx.sym.FullyConnected(x, num_hidden=32, name=f"fc{i}")
        x = mx.sym.BatchNorm(x, fix_gamma=False, name=f"bn{i}")
        x = mx.sym.Activation(x, act_type="relu", name=f"relu{i}", attr=marks)
        if i == depth // 2:
            x = mx.sym.Dropout(x, p=0.5, name="drop")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=5, name="last"), name="softmax")


def bound(net, **options):
    executor = net.simple_bind(mx.cpu(), data=(ROWS, 16), **options)
    random = np.random.default_rng(3)
    for name, array in executor.arg_dict.items():
        array[:] = random.uniform(-0.5, 0.5, array.shape) if name != "softmax_label" else 1
    return executor


def results(executor):
    mx.random.seed(5)
    executor.forward(is_train=True)
    executor.backward()
    arrays = {**executor.grad_dict, **executor.aux_dict, "output": executor.outputs[0]}
    return {name: array.asnumpy() for name, array in arrays.items()}


def peak(executor):
    return executor.memory_plan().peak_bytes


@pytest.fixture
def mirroring(monkeypatch):
    monkeypatch.setenv("MXNET_BACKWARD_DO_MIRROR", "1")


def assert_same(found, expected):
    for name, array in expected.items():
        np.testing.assert_allclose(found[name], array, rtol=1e-4, atol=1e-6, err_msg=name)


def test_mirroring_needs_less_memory_and_gives_the_same_numbers(monkeypatch):
    plain = bound(deep_net())
    expected = results(plain)
    monkeypatch.setenv("MXNET_BACKWARD_DO_MIRROR", "1")
    mirrored = bound(deep_net())
    assert_same(results(mirrored), expected)
    assert peak(mirrored) < 0.8 * peak(plain)


@pytest.mark.parametrize("share", [0.7, 0.5, 0.35])
def test_budget_is_kept_and_gives_the_same_numbers(share):
    plain = bound(deep_net())
    budget = int(share * peak(plain))
    thrifty = bound(deep_net(), memory_budget=budget)
    assert peak(thrifty) <= budget
    assert_same(results(thrifty), results(plain))


def test_budget_that_is_large_enough_changes_nothing():
    assert bound(deep_net(), memory_budget="1GB").program(True) == bound(deep_net()).program(True)


def test_budget_that_cannot_be_kept_is_said_and_the_least_is_taken():
    executor = bound(deep_net(), memory_budget="1kB")
    with pytest.warns(UserWarning, match=r"memory budget of 0 MB cannot be kept.*smaller batch"):
        thrifty = peak(executor)
    assert thrifty < peak(bound(deep_net()))


def test_dropout_is_not_run_twice():
    executor = bound(deep_net(), memory_budget=peak(bound(deep_net())) // 2)
    assert executor.program(True).count("= __") > bound(deep_net()).program(True).count("= __")
    assert executor.program(True).count("_Dropout(") == 2  # forward, and its gradient


def test_force_mirroring_recomputes_the_marked_nodes():
    plain, marked = bound(deep_net()), bound(deep_net(force_mirroring="True"))
    assert marked.program(True).count("_Activation(") > plain.program(True).count("_Activation(")
    assert_same(results(marked), results(plain))


def test_force_mirroring_false_keeps_the_marked_nodes(mirroring):
    free, kept = bound(deep_net()), bound(deep_net(force_mirroring="False"))
    assert kept.program(True).count("_Activation(") < free.program(True).count("_Activation(")


def test_segments_end_at_mirror_stages():
    net = deep_net(mirror_stage="True")
    plain = bound(net)
    thrifty = bound(net, memory_budget=peak(plain) // 2)
    assert peak(thrifty) <= peak(plain) // 2
    assert_same(results(thrifty), results(plain))


def test_budget_comes_from_the_environment_too(monkeypatch):
    half = peak(bound(deep_net())) // 2
    monkeypatch.setenv("MXNET_MEMORY_BUDGET", str(half))
    assert peak(bound(deep_net())) <= half


@pytest.mark.parametrize("budget", ["plenty", "2 bananas"])
def test_budget_that_is_no_number_of_bytes_is_refused(budget):
    with pytest.raises(mx.MXNetError, match=r"memory_budget.*2GB"):
        bound(deep_net(), memory_budget=budget)


def test_memory_plan_is_a_timeline_with_the_peak_at_its_end():
    executor = bound(deep_net(depth=2))
    plan = executor.memory_plan()
    assert [step.name for step in plan.steps][:3] == ["fc0", "bn0", "relu0"]
    assert plan.peak_bytes == max(step.alive for step in plan.steps)
    assert plan.saved_bytes < plan.peak_bytes
    text = str(plan)
    assert "relu0" in text
    assert "over bn0" in text
    assert text.splitlines()[-1].startswith("Peak ")


def test_inference_needs_less_than_training():
    executor = bound(deep_net())
    assert executor.memory_plan(is_train=False).peak_bytes < executor.memory_plan().peak_bytes


def image_net():
    x = mx.sym.Convolution(mx.sym.Variable("data"), num_filter=16, kernel=(3, 3), name="conv")
    return mx.sym.Pooling(mx.sym.exp(x), global_pool=True, kernel=(1, 1), pool_type="avg", name="pool")


def test_images_in_another_layout_are_made_again_rather_than_kept():
    executor = image_net().simple_bind(mx.cpu(), data=(2, 16, 64, 64), grad_req={"conv_weight": "write"})
    layouts = [step for step in executor.memory_plan().steps if step.name == "data_channels_last"]
    assert [(step.half, step.note) for step in layouts] == [("forward", ""), ("backward", "")]


def test_gradient_of_a_mean_is_a_number_repeated_and_takes_no_memory():
    executor = image_net().simple_bind(mx.cpu(), data=(2, 3, 64, 64))
    (gradient,) = (step for step in executor.memory_plan().steps if step.name == "pool_backward")
    assert gradient.makes == 0
