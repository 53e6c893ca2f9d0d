"""Warnings point at the user's line, however deep inside of the package they arise."""

import warnings
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx


def net():
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2), name="softmax")


def bound():
    module = mx.mod.Module(net())
    module.bind([("data", (4, 3))], [("softmax_label", (4,))])
    module.init_params()
    module.init_optimizer()
    return module


def iterator(**kwargs):
    return mx.io.NDArrayIter(np.zeros((4, 3)), np.zeros(4), 4, **kwargs)


class Twice(mx.init.Initializer):
    """Of one name."""


mx.init.register(Twice)
ONES = mx.nd.ones(2)


def fused_unroll():
    cell = mx.rnn.FusedRNNCell(3, prefix="f_")
    return cell.unroll(2, mx.sym.Variable("x"), layout="NTC")


CASES = {
    "unknown label": lambda: mx.mod.Module(net(), label_names=["softmax_label", "other_label"]),
    "parameters twice": lambda: bound().init_params(),
    "parameters set twice": lambda: bound().set_params({}, {}, allow_missing=True, force_init=False),
    "rescale_grad": lambda: bound().init_optimizer(
        optimizer=mx.optimizer.SGD(rescale_grad=7), force_init=True
    ),
    "rescale_grad in fit": lambda: mx.mod.Module(net()).fit(
        iterator(), optimizer=mx.optimizer.SGD(rescale_grad=7), num_epoch=1
    ),
    "copied to itself": lambda: ONES.copyto(ONES),
    "an iterator's last batch": lambda: iterator(last_batch_handle="keep"),
    "a deprecated function": lambda: mx.profiler.profiler_set_state("stop"),
    "a layout": fused_unroll,
    "a name registered again": lambda: mx.init.register(type("Twice", (mx.init.Initializer,), {})),
    "float16": lambda: mx.optimizer.SGD(momentum=0.9).create_state_multi_precision(
        0, mx.nd.ones(2, dtype="float16")
    ),
    "a budget": lambda: net().simple_bind(mx.cpu(), memory_budget=1, data=(400, 300)).forward(is_train=True),
}


@pytest.mark.parametrize("case", CASES)
def test_a_warning_points_at_the_line_that_asked_for_it(case):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        CASES[case]()
    assert [Path(each.filename) for each in caught] == [Path(__file__)]


def test_the_line_is_the_user_s_own():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        mx.mod.Module(net(), label_names=["softmax_label", "other_label"])
    assert "other_label" in Path(__file__).read_text().splitlines()[caught[0].lineno - 1]
