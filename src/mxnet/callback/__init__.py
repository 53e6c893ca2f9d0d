"""Callbacks: what `Module.fit` and `score` call after each batch and epoch to log, save, draw and stop."""

from __future__ import annotations

from mxnet.callback.curve import LearningCurve
from mxnet.callback.logged import (
    BatchEndParam,
    LogValidationMetricsCallback,
    ProgressBar,
    Speedometer,
    log_train_metric,
)
from mxnet.callback.progress import LiveProgress
from mxnet.callback.rates import LearningRateFinder
from mxnet.callback.saving import BestCheckpoint, do_checkpoint, module_checkpoint
from mxnet.callback.stopping import EarlyStopping, StopTraining
from mxnet.historic import lend

__all__ = [
    "BatchEndParam",
    "BestCheckpoint",
    "EarlyStopping",
    "LearningCurve",
    "LearningRateFinder",
    "LiveProgress",
    "LogValidationMetricsCallback",
    "ProgressBar",
    "Speedometer",
    "StopTraining",
    "do_checkpoint",
    "log_train_metric",
    "module_checkpoint",
]

lend(__name__)
