"""The training loop."""

from __future__ import annotations

import copy
import logging
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from mxnet.caller import warn
from mxnet.context import Context, cpu, gpu, num_gpus
from mxnet.gluon.block import Block
from mxnet.gluon.contrib.estimator.batch_processor import BatchProcessor
from mxnet.gluon.contrib.estimator.event_handler import (
    GradientUpdateHandler,
    LoggingHandler,
    MetricHandler,
    StoppingHandler,
    ValidationHandler,
)
from mxnet.gluon.contrib.estimator.events import EventHandler
from mxnet.gluon.contrib.estimator.utils import (
    _check_handler_metric_ref,
    _check_metrics,
    _suggest_metric_for_loss,
)
from mxnet.gluon.errors import BlockError
from mxnet.gluon.loss import Loss
from mxnet.gluon.trainer import Trainer
from mxnet.io import DataIter
from mxnet.metric import EvalMetric
from mxnet.metric import Loss as LossMetric

__all__ = ["Estimator"]


class Estimator:
    """Trains and evaluates a network, and lets handlers do what else is to be done.

    Parameters
    ----------
    net : Block
    loss : Loss
    train_metrics, val_metrics : EvalMetric or list of EvalMetric, optional
        By default the mean of the loss, and the accuracy with a softmax. Those of validation are copies.
    initializer : Initializer, optional
        Of a network that is not initialized.
    trainer : Trainer, optional
        By default SGD with a learning rate of 0.001.
    context : Context or list of Context, optional
        By default the first GPU, or the CPU.
    val_net : Block, optional
        What is evaluated; by default `net`.
    val_loss : Loss, optional
        By default `loss`.
    batch_processor : BatchProcessor, optional
        What computes predictions, losses and gradients of a batch.

    Examples
    --------
    >>> import mxnet as mx
    >>> from mxnet.gluon import contrib, loss, nn
    >>> net = nn.Dense(2, in_units=3)
    >>> net.initialize()
    >>> trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    >>> estimator = contrib.estimator.Estimator(net, loss.SoftmaxCELoss(), trainer=trainer)
    >>> [metric.name for metric in estimator.train_metrics]
    ['training accuracy', 'training softmaxcrossentropyloss']
    """

    logger: logging.Logger

    def __init__(
        self,
        net: Block,
        loss: Loss,
        train_metrics: Any = None,
        val_metrics: Any = None,
        initializer: Any = None,
        trainer: Trainer | None = None,
        context: Context | Sequence[Context] | None = None,
        val_net: Block | None = None,
        val_loss: Loss | None = None,
        batch_processor: BatchProcessor | None = None,
    ) -> None:
        self.net = net
        self.loss = _check_loss(loss)
        self._train_metrics = _check_metrics(train_metrics)
        self._val_metrics = _check_metrics(val_metrics)
        self._add_default_training_metrics()
        self._add_validation_metrics()
        self.val_loss = self.loss if val_loss is None else _check_loss(val_loss)
        self.val_net = net if val_net is None else val_net
        self.logger = logging.Logger(name="Estimator", level=logging.INFO)  # noqa: LOG001 - each has its own
        self.logger.addHandler(logging.StreamHandler(sys.stdout))
        self.context = _check_context(context)
        self._initialize(initializer)
        self.trainer = self._check_trainer(trainer)
        self.batch_processor = _check_batch_processor(batch_processor)
        self.max_epoch: int | None = None
        self.max_batch: int | None = None
        self.batch_axis = 0

    @property
    def train_metrics(self) -> list[EvalMetric]:
        """The metrics of training, whose names begin with 'training'."""
        return self._train_metrics

    @property
    def val_metrics(self) -> list[EvalMetric]:
        """The metrics of validation, whose names begin with 'validation'."""
        return self._val_metrics

    def _add_default_training_metrics(self) -> None:
        if not self._train_metrics:
            suggested = _suggest_metric_for_loss(self.loss)
            self._train_metrics = [] if suggested is None else [suggested]
            self._train_metrics.append(LossMetric(self.loss.name.rstrip("1234567890")))
        for metric in self._train_metrics:
            metric.name = f"training {metric.name}"

    def _add_validation_metrics(self) -> None:
        if not self._val_metrics:
            self._val_metrics = [copy.deepcopy(metric) for metric in self._train_metrics]
        for metric in self._val_metrics:
            metric.name = f"validation {metric.name.removeprefix('training ')}"

    def _initialize(self, initializer: Any) -> None:
        if not self._is_initialized():
            arguments = {} if initializer is None else {"init": initializer}
            self.net.initialize(ctx=self.context, **arguments)
        elif initializer is not None:
            warn(
                "Network already fully initialized, skipping initialization. You don't need to pass "
                "initializer if you already initialized your net. You can use "
                "net.initialize(init=your_initializer, force_reinit=True) to force re-initialize."
            )

    def _is_initialized(self) -> bool:
        for parameter in self.net.collect_params().values():
            try:
                parameter.list_ctx()
            except RuntimeError:
                return False
        return True

    def _check_trainer(self, trainer: Any) -> Trainer:
        if trainer is None:
            warn("No trainer specified, default SGD optimizer with learning rate 0.001 is used.")
            return Trainer(self.net.collect_params(), "sgd", {"learning_rate": 0.001})
        if not isinstance(trainer, Trainer):
            raise BlockError(f"Trainer must be a Gluon Trainer instance, refer to gluon.Trainer: {trainer!r}")
        return trainer

    def evaluate(self, val_data: Any, batch_axis: int = 0, event_handlers: Any = None) -> None:
        """Predict all batches, and update the metrics of validation.

        Parameters
        ----------
        val_data : DataLoader
            Or what yields pairs of data and labels.
        batch_axis : int, default 0
        event_handlers : EventHandler or list of these, optional
            Are called at the beginnings and ends of the epoch and of batches.
        """
        _check_data(val_data)
        handlers = _check_handlers(event_handlers)
        self._add_missing(handlers, MetricHandler, lambda: MetricHandler(self.val_metrics))
        self._add_missing(handlers, LoggingHandler, lambda: LoggingHandler(metrics=self.val_metrics))
        self._prepare(handlers)
        self._call(handlers, "epoch_begin")
        for batch in val_data:
            self._call(handlers, "batch_begin", batch=batch)
            _, label, pred, loss = self.batch_processor.evaluate_batch(self, batch, batch_axis)
            self._call(handlers, "batch_end", batch=batch, pred=pred, label=label, loss=loss)
        self._call(handlers, "epoch_end")

    def fit(
        self,
        train_data: Any,
        val_data: Any = None,
        epochs: int | None = None,
        event_handlers: Any = None,
        batches: int | None = None,
        batch_axis: int = 0,
    ) -> None:
        """Train for so many epochs or batches.

        Parameters
        ----------
        train_data : DataLoader
            Or what yields pairs of data and labels, each time anew.
        val_data : DataLoader, optional
            What is evaluated after each epoch.
        epochs, batches : int
            One of them.
        event_handlers : EventHandler or list of these, optional
            Are called at the beginnings and ends of training, epochs and batches, besides those that stop,
            update, measure, validate and log.
        batch_axis : int, default 0
        """
        _check_data(train_data)
        if (epochs is None) == (batches is None):
            raise BlockError(
                "Fit only support exactly one type of iteration, train by number of epochs or number of "
                "batches. Please specify one and only one of: epochs or batches."
            )
        self.max_epoch = epochs
        self.max_batch = batches
        self.batch_axis = batch_axis
        handlers = _check_handlers(event_handlers)
        self._add_missing(handlers, StoppingHandler, StoppingHandler)
        self._add_missing(handlers, GradientUpdateHandler, GradientUpdateHandler)
        self._add_missing(handlers, MetricHandler, lambda: MetricHandler(self.train_metrics))
        if val_data is not None:
            _check_data(val_data)
            self._add_missing(handlers, ValidationHandler, lambda: ValidationHandler(val_data, self.evaluate))
        self._add_missing(handlers, LoggingHandler, lambda: LoggingHandler(metrics=self.train_metrics))
        self._prepare(handlers)
        self._call(handlers, "train_begin")
        ended = False
        while not ended:
            self._call(handlers, "epoch_begin")
            for batch in train_data:
                self._call(handlers, "batch_begin", batch=batch)
                _, label, pred, loss = self.batch_processor.fit_batch(self, batch, batch_axis)
                if self._call(handlers, "batch_end", batch=batch, pred=pred, label=label, loss=loss):
                    break
            ended = self._call(handlers, "epoch_end")
        self._call(handlers, "train_end")

    @staticmethod
    def _add_missing(handlers: list[EventHandler], kind: type[EventHandler], make: Any) -> None:
        """Add a handler, if there is none of its kind."""
        if not any(isinstance(handler, kind) for handler in handlers):
            handlers.append(make())

    def _prepare(self, handlers: list[EventHandler]) -> None:
        """Put handlers into the order in which they are called."""
        known = [*self.train_metrics, *self.val_metrics]
        for handler in handlers:
            _check_handler_metric_ref(handler, known)
        handlers.sort(key=lambda handler: getattr(handler, "priority", 0))

    def _call(self, handlers: list[EventHandler], event: str, **kwargs: Any) -> bool:
        """Call all handlers of an event; tell whether one of them wants to end it."""
        answers = [getattr(handler, event)(self, **kwargs) for handler in handlers if hasattr(handler, event)]
        return any(answers)


def _check_loss(loss: Any) -> Loss:
    if not isinstance(loss, Loss):
        raise BlockError(f"loss must be a Loss, refer to gluon.loss.Loss: {loss!r}")
    return loss


def _check_context(context: Any) -> list[Context]:
    if context is None:
        return [gpu(0) if num_gpus() else cpu()]
    contexts = [context] if isinstance(context, Context) else context
    if not isinstance(contexts, (list, tuple)) or not all(isinstance(each, Context) for each in contexts):
        raise BlockError(
            "context must be a Context or a list of Context, for example mx.cpu() or [mx.gpu(0), mx.gpu(1)], "
            f"refer to mxnet.Context: {context!r}"
        )
    return list(contexts)


def _check_batch_processor(processor: Any) -> BatchProcessor:
    if processor is None:
        return BatchProcessor()
    if not (hasattr(processor, "fit_batch") and hasattr(processor, "evaluate_batch")):
        raise BlockError(
            f"batch_processor must define fit_batch and evaluate_batch, as BatchProcessor does: {processor!r}"
        )
    checked: BatchProcessor = processor
    return checked


def _check_data(data: Any) -> None:
    if isinstance(data, DataIter) or not isinstance(data, Iterable):
        raise BlockError(
            "Estimator only support input as Gluon DataLoader, or what yields pairs of data and labels, got "
            f"{type(data).__name__}. Wrap a DataIter in a loader."
        )


def _check_handlers(handlers: Any) -> list[EventHandler]:
    found = handlers if isinstance(handlers, list) else [handlers] if handlers is not None else []
    if not all(isinstance(handler, EventHandler) for handler in found):
        raise BlockError(f"handlers must be an EventHandler or a list of EventHandler, got: {handlers}")
    return list(found)
