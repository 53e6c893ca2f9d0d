"""Which metrics an estimator has, and which of them its handlers may look at."""

from __future__ import annotations

from typing import Any

from mxnet.gluon.errors import BlockError
from mxnet.gluon.loss import Loss, SoftmaxCrossEntropyLoss
from mxnet.metric import Accuracy, EvalMetric

__all__: list[str] = []


def _suggest_metric_for_loss(loss: Loss) -> EvalMetric | None:
    """Return the metric that is usual beside a loss."""
    return Accuracy() if isinstance(loss, SoftmaxCrossEntropyLoss) else None


def _check_metrics(metrics: Any) -> list[EvalMetric]:
    """Return metrics as a list."""
    found = metrics if isinstance(metrics, list) else [metrics] if metrics is not None else []
    if not all(isinstance(metric, EvalMetric) for metric in found):
        raise BlockError(
            f"metrics must be a Metric or a list of Metric, refer to mxnet.metric.EvalMetric: {metrics}"
        )
    return list(found)


def _check_handler_metric_ref(handler: Any, known: list[EvalMetric]) -> None:
    """Refuse a handler that looks at a metric which the estimator does not update."""
    for value in vars(handler).values():
        for metric in value if isinstance(value, list) else [value]:
            if isinstance(metric, EvalMetric) and not any(metric is each for each in known):
                raise BlockError(
                    f"Event handler {type(handler).__name__} refers to a metric instance {metric} outside of "
                    "the known training and validation metrics. Please use the metrics from "
                    "estimator.train_metrics and estimator.val_metrics instead."
                )
