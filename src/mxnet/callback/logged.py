"""What is logged while a network learns, line by line as MXNet does: programs read these lines."""

from __future__ import annotations

import logging
import math
import time
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxnet.metric import EvalMetric

__all__ = [
    "BatchEndParam",
    "LogValidationMetricsCallback",
    "ProgressBar",
    "Speedometer",
    "log_train_metric",
]

# All callbacks log to the root logger, as in MXNet: scripts set its level and look for its lines.
_log = logging.getLogger()


class BatchEndParam(NamedTuple):
    """What a callback is told at the end of a batch."""

    epoch: int
    nbatch: int
    eval_metric: EvalMetric | None
    locals: dict[str, Any] | None


def log_train_metric(period: int, auto_reset: bool = False) -> Callable[[BatchEndParam], None]:
    """Return a callback that logs the training metric.

    Parameters
    ----------
    period : int
        Every how many batches.
    auto_reset : bool
        Whether the metric starts anew after each line.
    """

    def callback(param: BatchEndParam) -> None:
        if param.nbatch % period == 0 and param.eval_metric is not None:
            for name, value in param.eval_metric.get_name_value():
                _log.info("Iter[%d] Batch[%d] Train-%s=%f", param.epoch, param.nbatch, name, value)
            if auto_reset:
                param.eval_metric.reset_local()

    return callback


class Speedometer:
    """Logs how many samples per second are trained, and the training metric.

    Parameters
    ----------
    batch_size : int
        Of the training data.
    frequent : int, default 50
        Every how many batches.
    auto_reset : bool, default True
        Whether the metric starts anew after each line, so that it is of the batches since the last one.
    """

    def __init__(self, batch_size: int, frequent: int = 50, auto_reset: bool = True) -> None:
        self.batch_size = batch_size
        self.frequent = frequent
        self.auto_reset = auto_reset
        self.last_count = 0
        self.init = False  # whether the clock is running
        self.tic = 0.0

    def __call__(self, param: BatchEndParam) -> None:
        """Take note of a batch."""
        count = param.nbatch
        if self.last_count > count:  # a new epoch
            self.init = False
        self.last_count = count
        if not self.init:
            self.init, self.tic = True, time.time()
            return
        if count % self.frequent:
            return
        seconds = time.time() - self.tic
        speed = self.frequent * self.batch_size / seconds if seconds else math.inf
        if param.eval_metric is None:
            _log.info("Iter[%d] Batch [%d]\tSpeed: %.2f samples/sec", param.epoch, count, speed)
        else:
            pairs = param.eval_metric.get_name_value()
            first = count - self.frequent if self.auto_reset else 0
            _log.info(
                "Epoch[%d] Batch [%d-%d]\tSpeed: %.2f samples/sec%s",
                param.epoch,
                first,
                count,
                speed,
                "".join(f"\t{name}={value:f}" for name, value in pairs),
            )
            if self.auto_reset:
                param.eval_metric.reset_local()
        self.tic = time.time()


class ProgressBar:
    """Logs a bar of how many of an epoch's batches are done.

    Parameters
    ----------
    total : int
        The number of batches of an epoch.
    length : int, default 80
        The number of characters of the bar.
    """

    def __init__(self, total: int, length: int = 80) -> None:
        self.bar_len = length
        self.total = total

    def __call__(self, param: BatchEndParam) -> None:
        """Log the bar after a batch."""
        done = param.nbatch / self.total
        filled = round(self.bar_len * done)
        bar = "=" * filled + "-" * (self.bar_len - filled)
        _log.info("[%s] %s%s\r", bar, math.ceil(100.0 * done), "%")


class LogValidationMetricsCallback:
    """Logs the metrics of the validation data at the end of an epoch."""

    def __call__(self, param: BatchEndParam) -> None:
        """Log a line for each metric."""
        if param.eval_metric is not None:
            for name, value in param.eval_metric.get_name_value():
                _log.info("Epoch[%d] Validation-%s=%f", param.epoch, name, value)
