"""Learning rate schedules."""

import logging

import numpy as np
import pytest

import mxnet as mx

L = mx.lr_scheduler


def test_a_factor_schedule_stops_falling_where_it_is_told(caplog):
    caplog.set_level(logging.INFO)
    schedule = L.FactorScheduler(1, 0.1, stop_factor_lr=1e-3, base_lr=0.05)
    assert [schedule(t) for t in range(6)] == pytest.approx([0.05, 0.05, 0.005, 0.001, 0.001, 0.001])
    assert caplog.messages[0] == "Update[2]: Change learning rate to 5.00000e-03"
    assert (
        caplog.messages[1]
        == "Update[3]: now learning rate arrived at 1.00000e-03, will not change in the future"
    )


def test_steps_may_be_a_numpy_array():
    schedule = L.MultiFactorScheduler(np.array([2, 4]), 0.5, base_lr=1.0)
    assert [schedule(t) for t in range(6)] == [1, 1, 1, 0.5, 0.5, 0.25]


def test_a_warm_up_rises_to_the_base_rate():
    schedule = L.CosineScheduler(max_update=8, base_lr=0.4, warmup_steps=4)
    assert [schedule(t) for t in range(5)] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert schedule(8) == pytest.approx(0)
    assert schedule(100) == pytest.approx(0)


def test_a_constant_warm_up_stays_where_it_begins():
    schedule = L.PolyScheduler(10, 0.4, warmup_steps=3, warmup_begin_lr=0.1, warmup_mode="constant")
    assert [schedule(t) for t in range(4)] == [0.1, 0.1, 0.1, 0.4]


def test_a_warm_up_may_take_all_updates():
    schedule = L.PolyScheduler(5, base_lr=0.1, warmup_steps=5)
    assert schedule(5) == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: L.LRScheduler(warmup_steps=-1), "warmup_steps counts updates, so it cannot be -1"),
        (lambda: L.LRScheduler(warmup_begin_lr=2), r"rises to base_lr \(0.01\), so it cannot begin at 2"),
        (lambda: L.LRScheduler(warmup_mode="slow"), "warmup_mode is 'slow'. Expected 'linear' or 'constant'"),
        (lambda: L.FactorScheduler(0), "step counts updates, so it must be 1 or more, not 0"),
        (lambda: L.FactorScheduler(1, 1.5), "must be 1 or less, not 1.5"),
        (lambda: L.MultiFactorScheduler([]), "step must be a list of updates"),
        (lambda: L.MultiFactorScheduler(5), "step must be a list of updates, got 5"),
        (lambda: L.MultiFactorScheduler([2, 2]), r"rising numbers of updates from 1 on, got \[2, 2\]"),
        (lambda: L.PolyScheduler(0), "max_update counts updates"),
    ],
)
def test_contradictions_are_explained(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_the_base_class_has_no_rate():
    with pytest.raises(NotImplementedError, match="LRScheduler does not define __call__"):
        L.LRScheduler()(1)
