"""The bar that moves while a network learns: when it is there, what it shows, and that logs do not notice it."""

import io
import logging
import sys

import numpy as np
import pytest

import mxnet as mx

DATA = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")


class Screen(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


@pytest.fixture
def train(monkeypatch):
    def run(terminal, progress=None, data=None, epochs=2, **options):
        screen = Screen(terminal)
        monkeypatch.setattr(sys, "stderr", screen)
        net = mx.sym.SoftmaxOutput(
            mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2), name="softmax"
        )
        data = data or mx.io.NDArrayIter(DATA, np.zeros(12), batch_size=4)
        mx.mod.Module(net).fit(data, num_epoch=epochs, progress=progress, **options)
        return screen.getvalue()

    return run


def test_a_terminal_shows_a_bar_for_each_epoch(train):
    shown = train(terminal=True)
    assert "Epoch 0/1: 100%" in shown
    assert "Epoch 1/1: 100%" in shown
    assert "3/3" in shown
    assert "accuracy=" in shown


@pytest.mark.parametrize(("terminal", "progress"), [(False, None), (True, False)])
def test_there_is_no_bar_elsewhere_nor_where_it_is_not_wanted(train, terminal, progress):
    assert train(terminal, progress) == ""


def test_a_bar_may_be_asked_for(train):
    assert "Epoch 1/1: 100%" in train(terminal=False, progress=True)


def test_a_bar_learns_the_length_of_an_epoch_from_the_first(train):
    class Three(mx.io.ResizeIter):
        pass

    shown = train(terminal=True, data=Three(mx.io.NDArrayIter(DATA, np.zeros(12), batch_size=2), 3))
    assert "Epoch 0/1: 100%" in shown
    assert "0/3" in shown.partition("Epoch 1/1")[2]


def test_the_bar_shows_the_metric_that_a_speedometer_resets(train):
    shown = train(terminal=True, batch_end_callback=mx.callback.Speedometer(4, frequent=1), epochs=1)
    assert "accuracy=" in shown


def test_lines_are_logged_with_a_bar_as_without(train, caplog):
    def messages(progress):
        caplog.clear()
        mx.random.seed(1)
        train(True, progress, batch_end_callback=mx.callback.log_train_metric(1))
        return [line for line in caplog.messages if "Time cost" not in line]

    caplog.set_level(logging.INFO)
    assert messages(progress=True) == messages(progress=False) != []


def test_a_line_that_is_logged_to_the_terminal_stands_alone(train, monkeypatch):
    handler = logging._StderrHandler(logging.INFO)  # it writes to what sys.stderr is at the moment
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    monkeypatch.setattr(logging.getLogger(), "level", logging.INFO)
    shown = train(terminal=True, epochs=1, batch_end_callback=lambda _: logging.getLogger().info("a line"))
    in_front = [piece.rsplit("\r", 1)[-1] for piece in shown.split("a line\n")[:3]]
    assert in_front[:2] == ["", ""]
    assert in_front[2].endswith("\n")  # the bar has reached its end
    assert handler.filters == []
