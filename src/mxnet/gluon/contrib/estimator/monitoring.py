"""Handlers that look at whether a metric improves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.caller import warn
from mxnet.metric import EvalMetric

if TYPE_CHECKING:
    from mxnet.gluon.contrib.estimator.estimator import Estimator

__all__ = ["Monitor"]


class Monitor:
    """What looks at a metric: which values are better, and whether there is one.

    Parameters
    ----------
    monitor : EvalMetric
    mode : {'auto', 'min', 'max'}
    """

    def __init__(self, monitor: EvalMetric, mode: str) -> None:
        self.monitor = monitor
        if mode not in {"auto", "min", "max"}:
            warn(
                f"{type(self).__name__} mode {mode} is unknown, fallback to auto mode: larger accuracies and "
                "F1 are better, and smaller values of other metrics.",
                RuntimeWarning,
            )
            mode = "auto"
        name = monitor.get()[0].lower()
        larger = mode == "max" or (mode == "auto" and ("acc" in name or "f1" in name))
        self.monitor_op: Any = np.greater if larger else np.less
        self.worst = -math.inf if larger else math.inf

    def improves(self, value: float, best: float, min_delta: float = 0) -> bool:
        """Tell whether a value is better than another, by more than a difference."""
        difference = min_delta if self.monitor_op is np.greater else -min_delta
        return bool(self.monitor_op(value - difference, best))

    def value(self, estimator: Estimator) -> float | None:
        """Return the value of the metric, or None and a warning if nothing has updated it."""
        name, value = self.monitor.get()
        if math.isnan(value):
            estimator.logger.warning(
                "%s: %s is not updated, make sure you pass one of the metric objects from "
                "estimator.train_metrics and estimator.val_metrics as monitor.",
                type(self).__name__,
                name,
            )
            return None
        return float(value)
