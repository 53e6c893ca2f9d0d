"""What an estimator does at the beginnings and ends of training, epochs and batches."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

from mxnet.gluon.contrib.estimator.checkpoints import CheckpointHandler
from mxnet.gluon.contrib.estimator.events import (
    BatchBegin,
    BatchEnd,
    EpochBegin,
    EpochEnd,
    EventHandler,  # noqa: F401 - programs outside import it from here
    TrainBegin,
    TrainEnd,
)
from mxnet.gluon.contrib.estimator.monitoring import Monitor
from mxnet.gluon.contrib.estimator.utils import _check_metrics
from mxnet.gluon.errors import CheckError
from mxnet.metric import EvalMetric
from mxnet.metric import Loss as LossMetric

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxnet.gluon.contrib.estimator.estimator import Estimator

__all__ = [
    "BatchBegin",
    "BatchEnd",
    "CheckpointHandler",
    "EarlyStoppingHandler",
    "EpochBegin",
    "EpochEnd",
    "GradientUpdateHandler",
    "LoggingHandler",
    "MetricHandler",
    "StoppingHandler",
    "TrainBegin",
    "TrainEnd",
    "ValidationHandler",
]


class StoppingHandler(TrainBegin, BatchEnd, EpochEnd):
    """Ends training after so many epochs or batches.

    Parameters
    ----------
    max_epoch, max_batch : int, optional
        By default those of `Estimator.fit`.
    """

    def __init__(self, max_epoch: int | None = None, max_batch: int | None = None) -> None:
        self.max_epoch = max_epoch
        self.max_batch = max_batch
        self._count_from_zero()

    def _count_from_zero(self) -> None:
        self.current_batch = 0
        self.current_epoch = 0
        self.stop_training = False

    def train_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Count from 0, up to what `fit` was given."""
        self.max_epoch = estimator.max_epoch
        self.max_batch = estimator.max_batch
        self._count_from_zero()

    def batch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> bool:  # noqa: ARG002
        """Tell whether it was the last batch."""
        self.current_batch += 1
        self.stop_training = self.stop_training or self.current_batch == self.max_batch
        return self.stop_training

    def epoch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> bool:  # noqa: ARG002
        """Tell whether it was the last epoch."""
        self.current_epoch += 1
        self.stop_training = self.stop_training or self.current_epoch == self.max_epoch
        return self.stop_training


class MetricHandler(EpochBegin, BatchEnd):
    """Resets metrics before each epoch, and updates them after each batch.

    Parameters
    ----------
    metrics : EvalMetric or list of EvalMetric
    priority : float, default -1000
        Handlers of lower priority come first.
    """

    def __init__(self, metrics: Any, priority: float = -1000) -> None:
        self.metrics = _check_metrics(metrics)
        self.priority = priority

    def epoch_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Reset the metrics."""
        for metric in self.metrics:
            metric.reset()

    def batch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Update the metrics from `pred`, `label` and `loss`."""
        for metric in self.metrics:
            if isinstance(metric, LossMetric):
                metric.update(0, kwargs["loss"])
            else:
                metric.update(kwargs["label"], kwargs["pred"])


class ValidationHandler(TrainBegin, BatchEnd, EpochEnd):
    """Evaluates after so many epochs or batches.

    Parameters
    ----------
    val_data : DataLoader
    eval_fn : callable
        `Estimator.evaluate`, or what takes the same arguments.
    epoch_period : int, optional
        By default after every epoch.
    batch_period : int, optional
    priority : float, default -1000
        Handlers of lower priority come first.
    event_handlers : EventHandler or list of these, optional
        Of the evaluation.
    """

    def __init__(
        self,
        val_data: Any,
        eval_fn: Callable[..., Any],
        epoch_period: int | None = 1,
        batch_period: int | None = None,
        priority: float = -1000,
        event_handlers: Any = None,
    ) -> None:
        self.val_data = val_data
        self.eval_fn = eval_fn
        self.epoch_period = epoch_period
        self.batch_period = batch_period
        self.current_batch = 0
        self.current_epoch = 0
        self.priority = priority
        self.event_handlers = event_handlers

    def train_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Count from 0."""
        self.current_batch = 0
        self.current_epoch = 0

    def batch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Evaluate after every `batch_period` batches."""
        self.current_batch += 1
        if self.batch_period and self.current_batch % self.batch_period == 0:
            self._evaluate(estimator)

    def epoch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Evaluate after every `epoch_period` epochs."""
        self.current_epoch += 1
        if self.epoch_period and self.current_epoch % self.epoch_period == 0:
            self._evaluate(estimator)

    def _evaluate(self, estimator: Estimator) -> None:
        self.eval_fn(
            val_data=self.val_data, batch_axis=estimator.batch_axis, event_handlers=self.event_handlers
        )


class LoggingHandler(TrainBegin, TrainEnd, EpochBegin, EpochEnd, BatchBegin, BatchEnd):
    """Tells the logger of the estimator how training goes.

    Parameters
    ----------
    log_interval : int or 'epoch', default 'epoch'
        After how many batches, or only after each epoch.
    metrics : EvalMetric or list of EvalMetric, optional
        Whose values are told.
    priority : float
        By default it comes last.
    """

    def __init__(
        self, log_interval: int | str = "epoch", metrics: Any = None, priority: float = math.inf
    ) -> None:
        if not isinstance(log_interval, int) and log_interval != "epoch":
            raise CheckError("log_interval must be either an integer or string 'epoch'")
        self.metrics = _check_metrics(metrics)
        self.log_interval = log_interval
        self.priority = priority
        self.log_interval_time = 0.0
        self._count_from_zero()

    def _count_from_zero(self) -> None:
        self.batch_index = 0
        self.current_epoch = 0
        self.processed_samples = 0

    def train_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Tell what begins."""
        self.train_start = time.time()
        trainer = estimator.trainer
        estimator.logger.info(
            "Training begin: using optimizer %s with current learning rate %.4f ",
            type(trainer.optimizer).__name__,
            trainer.learning_rate,
        )
        if estimator.max_epoch:
            estimator.logger.info("Train for %d epochs.", estimator.max_epoch)
        else:
            estimator.logger.info("Train for %d batches.", estimator.max_batch)
        self._count_from_zero()
        self.log_interval_time = 0.0

    def train_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Tell how it ended."""
        estimator.logger.info(
            "Train finished using total %ds with %d epochs. %s",
            time.time() - self.train_start,
            self.current_epoch,
            self._values(),
        )

    def batch_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Look at the clock."""
        self.batch_start = time.time()

    def batch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Tell how it went, every `log_interval` batches."""
        if isinstance(self.log_interval, int):
            self.log_interval_time += time.time() - self.batch_start
            self.processed_samples += kwargs["batch"][0].shape[estimator.batch_axis]
            if self.batch_index % self.log_interval == 0:
                estimator.logger.info(
                    "[Epoch %d][Batch %d][Samples %s] time/interval: %.3fs %s",
                    self.current_epoch,
                    self.batch_index,
                    self.processed_samples,
                    self.log_interval_time,
                    self._values(),
                )
                self.log_interval_time = 0.0
        self.batch_index += 1

    def epoch_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Tell that an epoch begins, or an evaluation."""
        if any(metric.name.startswith("training") for metric in self.metrics):
            estimator.logger.info(
                "[Epoch %d] Begin, current learning rate: %.4f",
                self.current_epoch,
                estimator.trainer.learning_rate,
            )
        else:
            estimator.logger.info("Validation Begin")
        self.epoch_start = time.time()

    def epoch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Tell how it ended."""
        duration, values = time.time() - self.epoch_start, self._values()
        text = f"[Epoch {self.current_epoch}] Finished in {duration:.3f}s, {values}"
        estimator.logger.info("%s", text.rstrip(", "))
        self.current_epoch += 1
        self.batch_index = 0

    def _values(self) -> str:
        return ", ".join(f"{name}: {value:.4f}" for name, value in (each.get() for each in self.metrics))


class EarlyStoppingHandler(Monitor, TrainBegin, EpochEnd, TrainEnd):
    """Ends training when a metric has not improved for some epochs.

    Parameters
    ----------
    monitor : EvalMetric
        One of `Estimator.train_metrics` or `val_metrics`.
    min_delta : float, default 0
        What counts as an improvement.
    patience : int, default 0
        For how many epochs it may not improve.
    mode : {'auto', 'min', 'max'}
        Which values are better; 'auto' takes larger ones for accuracies and F1, and smaller ones for losses.
    baseline : float, optional
        What the first epoch has to improve upon.
    """

    def __init__(
        self,
        monitor: EvalMetric,
        min_delta: float = 0,
        patience: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
    ) -> None:
        super().__init__(monitor, mode)
        self.baseline = baseline
        self.patience = patience
        self.min_delta = min_delta
        self._count_from_zero()

    def _count_from_zero(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.current_epoch = 0
        self.stop_training = False
        self.best = self.worst if self.baseline is None else self.baseline

    def train_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Count from 0."""
        self._count_from_zero()

    def epoch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> bool:  # noqa: ARG002
        """Tell whether the metric has not improved for too long."""
        value = self.value(estimator)
        if value is not None:
            if self.improves(value, self.best, self.min_delta):
                self.best = value
                self.wait = 0
            else:
                self.wait += 1
                if self.wait >= self.patience:
                    self.stopped_epoch = self.current_epoch
                    self.stop_training = True
        self.current_epoch += 1
        return self.stop_training

    def train_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Tell the logger why training ended."""
        if self.stopped_epoch > 0:
            estimator.logger.info(
                "[Epoch %d] EarlyStoppingHandler: early stopping due to %s not improving",
                self.stopped_epoch,
                self.monitor.get()[0],
            )


class GradientUpdateHandler(BatchEnd):
    """Lets the trainer take a step after each batch.

    Parameters
    ----------
    priority : float, default -2000
        Handlers of lower priority come first; metrics and validation come after it.
    """

    def __init__(self, priority: float = -2000) -> None:
        self.priority = priority

    def batch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Step, by the size of the batch."""
        losses = kwargs["loss"]
        losses = losses if isinstance(losses, list) else [losses]
        estimator.trainer.step(sum(loss.shape[0] for loss in losses))
