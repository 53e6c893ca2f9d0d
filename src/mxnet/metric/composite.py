"""Several metrics side by side, and how a metric is made from what users write for one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet import registry
from mxnet.metric.base import EvalMetric, MetricError, alias, pairs_of, register
from mxnet.metric.custom import CustomMetric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mxnet.metric.base import Arrays
    from mxnet.ndarray import NDArray

__all__ = ["CompositeEvalMetric", "create"]

_create: Callable[..., EvalMetric] = registry.get_create_func(EvalMetric, "metric")


def create(metric: Any, *args: Any, **kwargs: Any) -> EvalMetric:
    """Make a metric.

    Parameters
    ----------
    metric : str, callable, EvalMetric or list of them
        A registered name, a function of label and prediction (numpy arrays) that returns a number, a metric
        that is ready already, or several of these, which are computed side by side.
    *args, **kwargs
        The parameters of the metric.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.metric.create(["acc", "ce"]).get()
    (['accuracy', 'cross-entropy'], [nan, nan])
    """
    if isinstance(metric, type) and issubclass(metric, EvalMetric):
        return metric(*args, **kwargs)
    if callable(metric):
        return CustomMetric(metric, *args, **kwargs)
    if isinstance(metric, (list, tuple)):
        composite = CompositeEvalMetric()
        for child in metric:
            composite.add(create(child, *args, **kwargs))
        return composite
    return _create(metric, *args, **kwargs)


@register
@alias("composite")
class CompositeEvalMetric(EvalMetric):
    """Several metrics side by side.

    Parameters
    ----------
    metrics : list, optional
        What `create` takes.
    name, output_names, label_names
        As of `EvalMetric`.
    """

    def __init__(
        self,
        metrics: Sequence[Any] | None = None,
        name: str = "composite",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        self.metrics: list[EvalMetric] = []
        super().__init__(name, output_names, label_names, has_global_stats=True)
        self.metrics = [create(metric) for metric in metrics or []]  # what these have counted stays

    def add(self, metric: Any) -> None:
        """Add one more metric."""
        self.metrics.append(create(metric))

    def get_metric(self, index: int) -> EvalMetric:
        """Return one of the metrics by its position."""
        try:
            return self.metrics[index]
        except IndexError:
            raise MetricError(
                f"There are {len(self.metrics)} metrics, so none has the index {index}."
            ) from None

    def update_dict(self, labels: Mapping[str, NDArray], preds: Mapping[str, NDArray]) -> None:
        """Hand a batch to each of the metrics."""
        if self.label_names is not None:
            labels = {name: array for name, array in labels.items() if name in self.label_names}
        if self.output_names is not None:
            preds = {name: array for name, array in preds.items() if name in self.output_names}
        for metric in self.metrics:
            metric.update_dict(labels, preds)

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Hand a batch to each of the metrics."""
        for metric in self.metrics:
            metric.update(labels, preds)

    def reset(self) -> None:
        """Reset each of the metrics."""
        for metric in self.metrics:
            metric.reset()

    def reset_local(self) -> None:
        """Reset the local counts of each of the metrics."""
        for metric in self.metrics:
            metric.reset_local()

    def get(self) -> tuple[list[str], list[Any]]:
        """Return the names and the values of all metrics."""
        return _joined(metric.get() for metric in self.metrics)

    def get_global(self) -> tuple[list[str], list[Any]]:
        """Return the names and the global values of all metrics."""
        return _joined(metric.get_global() for metric in self.metrics)

    def get_config(self) -> dict[str, Any]:
        """Return what `create` needs to make this metric again."""
        return {**super().get_config(), "metrics": [metric.get_config() for metric in self.metrics]}


def _joined(results: Iterator[tuple[Any, Any]]) -> tuple[list[str], list[Any]]:
    pairs = [pair for result in results for pair in pairs_of(*result)]
    return [name for name, _ in pairs], [value for _, value in pairs]
