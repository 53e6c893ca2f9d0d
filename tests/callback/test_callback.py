"""Callbacks: what they log and when."""

import io
import logging
import re

import pytest

import mxnet as mx

C = mx.callback


@pytest.fixture
def metric():
    metric = mx.metric.create("acc")
    metric.update([mx.nd.array([0, 1])], [mx.nd.array([[0.9, 0.1], [0.8, 0.2]])])
    return metric


def batch(nbatch, metric=None, epoch=1):
    return C.BatchEndParam(epoch, nbatch, metric, None)


def without_numbers(messages):
    return [re.sub(r"Speed: [\d.]+", "Speed: #", message) for message in messages]


def test_the_speedometer_speaks_every_so_many_batches(caplog, metric):
    caplog.set_level(logging.INFO)
    speedometer = C.Speedometer(4, frequent=2)
    for nbatch in range(5):
        speedometer(batch(nbatch, metric))
    assert without_numbers(caplog.messages) == [
        "Epoch[1] Batch [0-2]\tSpeed: # samples/sec\taccuracy=0.500000",
        "Epoch[1] Batch [2-4]\tSpeed: # samples/sec\taccuracy=nan",
    ]
    assert metric.get_global() == ("accuracy", 0.5)


def test_the_speedometer_starts_anew_with_an_epoch(caplog):
    caplog.set_level(logging.INFO)
    speedometer = C.Speedometer(4, frequent=1)
    for nbatch in (0, 1, 0, 1):
        speedometer(batch(nbatch))
    assert without_numbers(caplog.messages) == ["Iter[1] Batch [1]\tSpeed: # samples/sec"] * 2


def test_the_training_metric_is_logged_and_reset(caplog, metric):
    caplog.set_level(logging.INFO)
    callback = C.log_train_metric(3, auto_reset=True)
    callback(batch(2, metric))
    callback(batch(3, metric))
    assert caplog.messages == ["Iter[1] Batch[3] Train-accuracy=0.500000"]
    assert metric.num_inst == 0


def test_callbacks_without_a_metric_stay_silent(caplog):
    caplog.set_level(logging.INFO)
    C.log_train_metric(1)(batch(0))
    C.LogValidationMetricsCallback()(batch(0))
    assert caplog.messages == []


def test_the_live_bar_shows_batches_and_metrics(monkeypatch, metric):
    import sys

    screen = io.StringIO()
    monkeypatch.setattr(sys, "stderr", screen)
    progress = C.LiveProgress(3)
    for nbatch in range(3):
        progress(batch(nbatch, metric, epoch=7))
    shown = screen.getvalue()
    assert "Epoch 7" in shown
    assert "3/3" in shown
    assert "accuracy=0.5000" in shown


def test_checkpoints_are_saved_every_so_many_epochs(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    save = C.do_checkpoint(str(tmp_path / "net"), period=2)
    for epoch in range(4):
        save(epoch, mx.sym.Variable("x"), {"x": mx.nd.ones((1,))}, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "net-0002.params",
        "net-0004.params",
        "net-symbol.json",
    ]
    assert caplog.messages[0] == f'Saved checkpoint to "{tmp_path}/net-0002.params"'
