"""Learning rate schedules: the rate as a function of the number of updates made so far."""

from __future__ import annotations

import logging
import math
from itertools import pairwise
from typing import TYPE_CHECKING

from mxnet.errors import MXNetError
from mxnet.historic import lend

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CosineScheduler", "FactorScheduler", "LRScheduler", "MultiFactorScheduler", "PolyScheduler"]


class ScheduleError(MXNetError, ValueError, AssertionError):
    """A schedule's parameters contradict each other."""


class LRScheduler:
    """Base of the schedules: holds the base rate and the warm-up, in which the rate rises.

    Parameters
    ----------
    base_lr : float, default 0.01
        The rate to start from. An optimizer that is given both a rate and a schedule sets it to its own.
    warmup_steps : int, default 0
        For how many updates the warm-up lasts.
    warmup_begin_lr : float, default 0
        The rate at its start.
    warmup_mode : {'linear', 'constant'}
        Whether the rate rises evenly to `base_lr` or stays where it begins.
    """

    def __init__(
        self,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        self.base_lr = base_lr
        self.warmup_steps = warmup_steps
        self.warmup_final_lr = base_lr
        self.warmup_begin_lr = warmup_begin_lr
        self.warmup_mode = warmup_mode
        if warmup_steps < 0:
            raise ScheduleError(f"warmup_steps counts updates, so it cannot be {warmup_steps}.")
        if warmup_begin_lr > base_lr:
            raise ScheduleError(
                f"The warm-up rises to base_lr ({base_lr}), so it cannot begin at {warmup_begin_lr} "
                f"(warmup_begin_lr)."
            )
        if warmup_mode not in {"linear", "constant"}:
            raise ScheduleError(f"warmup_mode is {warmup_mode!r}. Expected 'linear' or 'constant'.")

    def get_warmup_lr(self, num_update: int) -> float:
        """Return the rate of an update that lies in the warm-up."""
        if self.warmup_mode == "constant":
            return self.warmup_begin_lr
        rise = self.warmup_final_lr - self.warmup_begin_lr
        return self.warmup_begin_lr + rise * num_update / self.warmup_steps

    def __call__(self, num_update: int) -> float:
        """Return the rate.

        Parameters
        ----------
        num_update : int
            The largest number of updates that any one parameter has had so far.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define __call__(num_update).")


class FactorScheduler(LRScheduler):
    """Multiplies the rate by a factor every so many updates.

    The state is in `base_lr`, which falls as the schedule is asked for later updates; it does not rise again.

    Parameters
    ----------
    step : int
        After how many updates.
    factor : float, default 1
        By what, at most 1.
    stop_factor_lr : float, default 1e-8
        The rate does not fall below this.
    base_lr, warmup_steps, warmup_begin_lr, warmup_mode
        As of `LRScheduler`.

    Examples
    --------
    >>> import mxnet as mx
    >>> schedule = mx.lr_scheduler.FactorScheduler(step=10, factor=0.5, base_lr=0.8)
    >>> schedule(10), schedule(11), schedule(31)
    (0.8, 0.4, 0.1)
    """

    def __init__(
        self,
        step: int,
        factor: float = 1,
        stop_factor_lr: float = 1e-8,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        if step < 1:
            raise ScheduleError(f"step counts updates, so it must be 1 or more, not {step}.")
        _check_factor(factor)
        self.step = step
        self.factor = factor
        self.stop_factor_lr = stop_factor_lr
        self.count = 0

    def __call__(self, num_update: int) -> float:
        """Return the rate of an update."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        while num_update > self.count + self.step:
            self.count += self.step
            lower = self.base_lr * self.factor
            self.base_lr = max(lower, self.stop_factor_lr)
            _log_change(num_update, self.base_lr, final=lower < self.stop_factor_lr)
        return self.base_lr


class MultiFactorScheduler(LRScheduler):
    """Multiplies the rate by a factor after each of a list of updates.

    Parameters
    ----------
    step : list of int
        After which updates, in rising order.
    factor : float, default 1
        By what, at most 1.
    base_lr, warmup_steps, warmup_begin_lr, warmup_mode
        As of `LRScheduler`.
    """

    def __init__(
        self,
        step: Sequence[int],
        factor: float = 1,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        if not hasattr(step, "__len__") or len(step) == 0:
            raise ScheduleError(f"step must be a list of updates, got {step!r}.")
        if min(step) < 1 or any(later <= earlier for earlier, later in pairwise(step)):
            raise ScheduleError(f"step must be rising numbers of updates from 1 on, got {list(step)}.")
        _check_factor(factor)
        self.step = list(step)
        self.cur_step_ind = 0
        self.factor = factor
        self.count = 0

    def __call__(self, num_update: int) -> float:
        """Return the rate of an update."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        while self.cur_step_ind < len(self.step) and num_update > self.step[self.cur_step_ind]:
            self.count = self.step[self.cur_step_ind]
            self.cur_step_ind += 1
            self.base_lr *= self.factor
            _log_change(num_update, self.base_lr)
        return self.base_lr


class _DecayScheduler(LRScheduler):
    """Lets the rate fall from `base_lr` to `final_lr` along a curve, until `max_update`."""

    def __init__(
        self,
        max_update: int,
        base_lr: float,
        final_lr: float,
        warmup_steps: int,
        warmup_begin_lr: float,
        warmup_mode: str,
    ) -> None:
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        if not isinstance(max_update, int) or max_update < 1:
            raise ScheduleError(f"max_update counts updates, so it must be 1 or more, not {max_update!r}.")
        self.base_lr_orig = base_lr
        self.max_update = max_update
        self.final_lr = final_lr
        self.max_steps = max(max_update - warmup_steps, 1)

    def _left(self, done: float) -> float:
        """Return how much of the fall is still to come when the share `done` of the updates is made."""
        raise NotImplementedError

    def __call__(self, num_update: int) -> float:
        """Return the rate of an update."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        if num_update <= self.max_update:
            left = self._left((num_update - self.warmup_steps) / self.max_steps)
            self.base_lr = self.final_lr + (self.base_lr_orig - self.final_lr) * left
        return self.base_lr


class PolyScheduler(_DecayScheduler):
    """Lets the rate fall along a power of the updates that are left.

    Parameters
    ----------
    max_update : int
        When the rate has fallen to `final_lr`.
    base_lr : float, default 0.01
    pwr : int, default 2
        The power: 1 is a straight line.
    final_lr : float, default 0
    warmup_steps, warmup_begin_lr, warmup_mode
        As of `LRScheduler`.
    """

    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        pwr: float = 2,
        final_lr: float = 0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(max_update, base_lr, final_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        self.power = pwr

    def _left(self, done: float) -> float:
        return float((1 - done) ** self.power)


class CosineScheduler(_DecayScheduler):
    """Lets the rate fall along half a cosine wave.

    Parameters
    ----------
    max_update : int
        When the rate has fallen to `final_lr`.
    base_lr : float, default 0.01
    final_lr : float, default 0
    warmup_steps, warmup_begin_lr, warmup_mode
        As of `LRScheduler`.

    References
    ----------
    Loshchilov, Hutter: "SGDR: Stochastic Gradient Descent with Warm Restarts", 2016.
    """

    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        final_lr: float = 0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(max_update, base_lr, final_lr, warmup_steps, warmup_begin_lr, warmup_mode)

    def _left(self, done: float) -> float:
        return (1 + math.cos(math.pi * done)) / 2


def _check_factor(factor: float) -> None:
    if factor > 1.0:
        raise ScheduleError(f"factor lets the learning rate fall, so it must be 1 or less, not {factor}.")


def _log_change(num_update: int, rate: float, *, final: bool = False) -> None:
    text = (
        "Update[%d]: now learning rate arrived at %0.5e, will not change in the future"
        if final
        else "Update[%d]: Change learning rate to %0.5e"
    )
    logging.info(text, num_update, rate)  # noqa: LOG015 - MXNet logs to the root logger, where users look for it


lend(__name__)
