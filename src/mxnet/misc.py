"""``mxnet.misc``: MXNet's first schedules of the learning rate, called with the number of the iteration."""

from __future__ import annotations

import logging

from mxnet.errors import MXNetError
from mxnet.historic import lend

__all__ = ["FactorScheduler", "LearningRateScheduler"]


class _ScheduleError(MXNetError, ValueError):
    """A schedule's parameters make no sense."""


class LearningRateScheduler:
    """Base of the schedules.

    Attributes
    ----------
    base_lr : float
        The learning rate to start from, 0.01.
    """

    def __init__(self) -> None:
        self.base_lr = 0.01

    def __call__(self, iteration: int) -> float:
        """Return the learning rate of an iteration."""
        raise NotImplementedError(f"{type(self).__name__} does not define __call__(iteration).")


class FactorScheduler(LearningRateScheduler):
    """Multiplies the learning rate by a factor every so many iterations.

    Parameters
    ----------
    step : int
        After how many iterations.
    factor : float, default 0.1
        Below 1.

    Examples
    --------
    >>> from mxnet.misc import FactorScheduler
    >>> schedule = FactorScheduler(step=10, factor=0.5)
    >>> [schedule(i) for i in (0, 9, 10, 25)]
    [0.01, 0.01, 0.005, 0.0025]
    """

    def __init__(self, step: int, factor: float = 0.1) -> None:
        super().__init__()
        if step < 1:
            raise _ScheduleError(f"step must be at least 1 iteration, got {step}.")
        if factor >= 1:
            raise _ScheduleError(f"factor must be below 1, so that the rate falls, got {factor}.")
        self.step = step
        self.factor = factor
        self.old_lr = self.base_lr
        self.init = False

    def __call__(self, iteration: int) -> float:
        """Return the learning rate of an iteration; log it where it changes."""
        if not self.init:
            self.init = True
            self.old_lr = self.base_lr
        rate = self.base_lr * float(self.factor) ** (iteration // self.step)
        if rate != self.old_lr:
            self.old_lr = rate
            logging.info("At Iteration [%d]: Switch to new learning rate %.5f", iteration, rate)  # noqa: LOG015
        return rate


lend(__name__)
