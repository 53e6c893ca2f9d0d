"""The monitor."""

import logging

import numpy as np
import pytest

import mxnet as mx


def executor():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    net = mx.sym.Activation(net, act_type="relu", name="relu")
    bound = net.simple_bind(mx.cpu(), data=(1, 3))
    for array in bound.arg_arrays:
        array[:] = 1
    return bound


def test_it_looks_every_so_many_batches():
    monitor = mx.mon.Monitor(2)
    bound = executor()
    monitor.install(bound)
    found = []
    for _ in range(3):
        monitor.tic()
        bound.forward()
        found.append(len(monitor.toc()))
    assert found[0] == found[2] > 0
    assert found[1] == 0
    assert monitor.step == 3


def test_the_statistic_is_the_typical_size():
    monitor = mx.mon.Monitor(1, pattern="fc_(output|weight)", sort=True)
    bound = executor()
    monitor.install(bound)
    monitor.tic()
    bound.forward()
    assert monitor.toc() == [(1, "fc_output", "4.0\t"), (1, "fc_weight", "1.0\t")]
    assert monitor.toc() == []


def test_several_statistics_stand_side_by_side():
    monitor = mx.mon.Monitor(1, lambda a: [a.min(), a[:2]], "fc_bias")
    bound = executor()
    monitor.install(bound)
    monitor.tic()
    ((_, name, text),) = monitor.toc()
    assert name == "fc_bias"
    assert text.split("\t") == ["1.0", "[1. 1.]", ""]


def test_results_are_logged(caplog):
    caplog.set_level(logging.INFO)
    monitor = mx.mon.Monitor(1, pattern="fc_output")
    bound = executor()
    monitor.install(bound)
    monitor.tic()
    bound.forward()
    monitor.toc_print()
    assert caplog.messages == ["Batch:       1 fc_output                      4.0\t"]


@pytest.mark.parametrize(
    ("measure", "text"),
    [
        (lambda a: a.asnumpy().max(), "1.0\t"),
        (lambda a: float(a.size), "6.0\t"),
        (lambda a: a.size, "6\t"),
        (lambda a: a.shape, "(2, 3)\t"),
        (lambda a: [a.shape, a.max()], "(2, 3)\t1.0\t"),
        (lambda a: (a.min(), a.max()), "1.0\t1.0\t"),
        (lambda a: np.array([1, 2]), "[1 2]\t"),
        (lambda a: None, "None\t"),
        (lambda a: "text", "text\t"),
        (lambda a: [], ""),
    ],
)
def test_a_statistic_may_be_anything_that_prints(measure, text):
    monitor = mx.mon.Monitor(1, measure, "fc_weight")
    monitor.install(executor())
    monitor.tic()
    assert monitor.toc() == [(1, "fc_weight", text)]


def test_an_error_of_the_statistic_is_the_user_s():
    monitor = mx.mon.Monitor(1, lambda a: a.nothing, "fc_output")
    bound = executor()
    monitor.install(bound)
    monitor.tic()
    with pytest.raises(AttributeError, match="'NDArray' object has no attribute 'nothing'"):
        bound.forward()


def test_one_monitor_looks_into_several_executors():
    monitor = mx.mon.Monitor(1, pattern="fc_output")
    pair = [executor(), executor()]
    for bound in pair:
        monitor.install(bound)
    monitor.tic()
    for bound in pair:
        bound.forward()
    assert len(monitor.toc()) == 2
