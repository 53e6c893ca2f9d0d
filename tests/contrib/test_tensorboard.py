"""Metrics written for TensorBoard, with a writer that keeps what it is told."""

import sys
import types

import pytest

import mxnet as mx
from mxnet.contrib.tensorboard import LogMetricsCallback

WRITERS = "mxboard", "tensorboard", "torch.utils.tensorboard", "tensorboardX"


class Writer:
    def __init__(self, folder):
        self.folder, self.scalars = folder, []

    def add_scalar(self, tag, value, global_step):
        self.scalars.append((tag, value, global_step))


@pytest.fixture
def half():
    metric = mx.metric.create("acc")
    metric.update([mx.nd.array([0, 1])], [mx.nd.array([[0.9, 0.1], [0.8, 0.2]])])
    return metric


@pytest.fixture(params=["mxboard", "torch.utils.tensorboard", "tensorboardX"])
def installed(request, monkeypatch):
    for package in WRITERS:
        monkeypatch.setitem(sys.modules, package, None)
    module = types.ModuleType(request.param)
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, request.param, module)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(("prefix", "tag"), [(None, "accuracy"), ("train", "train-accuracy")])
def test_metrics_are_scalars_under_the_epoch(half, prefix, tag):
    log = LogMetricsCallback("logs", prefix)
    log(mx.model.BatchEndParam(epoch=3, nbatch=2, eval_metric=half, locals=None))
    assert (log.summary_writer.folder, log.summary_writer.scalars) == ("logs", [(tag, 0.5, 3)])


@pytest.mark.usefixtures("installed")
def test_without_a_metric_nothing_is_written():
    log = LogMetricsCallback("logs")
    log(mx.model.BatchEndParam(epoch=0, nbatch=0, eval_metric=None, locals=None))
    assert log.summary_writer.scalars == []


def test_without_a_writer_the_error_names_the_package(monkeypatch):
    for package in WRITERS:
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ImportError, match="pip install tensorboard") as error:
        LogMetricsCallback("logs")
    assert isinstance(error.value, mx.MXNetError)


def test_event_files_hold_the_scalars(half, tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = LogMetricsCallback(str(tmp_path), "eval")
    for epoch in range(3):
        log(mx.model.BatchEndParam(epoch=epoch, nbatch=0, eval_metric=half, locals=None))
    log.summary_writer.close()
    events = EventAccumulator(str(tmp_path)).Reload()
    assert [(event.step, event.value) for event in events.Scalars("eval-accuracy")] == [
        (0, 0.5),
        (1, 0.5),
        (2, 0.5),
    ]
