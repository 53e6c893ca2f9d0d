"""Metrics of predicted classes: how many are right, and how well they go with the true ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mxnet.metric.base import (
    EvalMetric,
    MetricError,
    MismatchError,
    alias,
    check_label_shapes,
    classes_of,
    each_pair,
    register,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mxnet.metric.base import Arrays, Values

__all__ = ["F1", "MCC", "PCC", "Accuracy", "TopKAccuracy"]


@register
@alias("acc")
class Accuracy(EvalMetric):
    """The share of labels that are predicted.

    Parameters
    ----------
    axis : int, default 1
        The axis of classes. Predictions of the labels' own shape are taken as classes, not as scores.
    name, output_names, label_names
        As of `EvalMetric`.

    Examples
    --------
    >>> import mxnet as mx
    >>> metric = mx.metric.Accuracy()
    >>> metric.update([mx.nd.array([0, 1])], [mx.nd.array([[0.9, 0.1], [0.8, 0.2]])])
    >>> metric.get()
    ('accuracy', 0.5)
    """

    def __init__(
        self,
        axis: int = 1,
        name: str = "accuracy",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names, axis=axis, has_global_stats=True)
        self.axis = axis

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch of classes and of scores by class."""
        for label, pred in each_pair(labels, preds):
            found, wanted = classes_of(label, pred, self.axis)
            self._add(float((found == wanted).sum()), len(found))


@register
@alias("top_k_accuracy", "top_k_acc")
class TopKAccuracy(EvalMetric):
    """The share of labels that are among the k likeliest classes.

    Parameters
    ----------
    top_k : int
        k, more than 1.
    name, output_names, label_names
        As of `EvalMetric`; k is appended to the name.
    """

    def __init__(
        self,
        top_k: int = 1,
        name: str = "top_k_accuracy",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        if top_k <= 1:
            raise MetricError(
                f"top_k must be more than 1, got {top_k}. Use Accuracy for the likeliest class alone."
            )
        super().__init__(
            f"{name}_{top_k}", output_names, label_names, top_k=int(top_k), has_global_stats=True
        )
        self.top_k = int(top_k)

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch of classes and of scores by class."""
        for label, pred in each_pair(labels, preds):
            if pred.ndim > 2:
                raise MismatchError(
                    f"TopKAccuracy takes predictions of (batch, classes), got the shape {pred.shape}."
                )
            if pred.shape[-1] < self.top_k:
                raise MismatchError(f"There are {pred.shape[-1]} classes, so no top_k of {self.top_k}.")
            self._check_rows(label, pred, len(pred))
            scores, wanted = pred.astype("float32"), label.astype("int32").ravel()
            if scores.ndim == 2 and len(wanted) == len(scores) and not np.isnan(scores).any():
                found = _ranks(scores, wanted) < self.top_k
            else:
                best = np.argsort(scores, axis=-1, kind="stable")
                found = best[:, -self.top_k :] == wanted[:, None] if best.ndim == 2 else best == wanted
            self._add(float(found.sum()), len(wanted))


def _ranks(scores: Values, wanted: Values) -> Values:
    """Return how many classes go before that of each row, of equal ones the later; all if there is none."""
    classes = np.arange(scores.shape[1])
    known = (wanted >= 0) & (wanted < len(classes))
    wanted = np.where(known, wanted, 0)[:, None]
    own = np.take_along_axis(scores, wanted, 1)
    before = (scores > own) | ((scores == own) & (classes > wanted))
    return np.where(known, before.sum(1), len(classes))


class _Counts:
    """How often a positive or negative prediction was right."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.true_positives = self.false_positives = self.true_negatives = self.false_negatives = 0

    @property
    def total(self) -> int:
        """The number of examples."""
        return self.true_positives + self.false_positives + self.true_negatives + self.false_negatives

    def update(self, label: Values, pred: Values) -> None:
        """Count a batch of labels 0 and 1 and of scores of the two classes."""
        found = pred.argmax(axis=1)
        wanted = label.astype("int32").ravel()
        check_label_shapes(wanted, found)
        if len(np.unique(wanted)) > 2:
            raise MetricError(
                f"This metric is for two classes, but the labels hold {np.unique(wanted).tolist()}."
            )
        yes, true = found == 1, wanted == 1
        self.true_positives += int((yes & true).sum())
        self.false_positives += int((yes & ~true).sum())
        self.true_negatives += int((~yes & ~true).sum())
        self.false_negatives += int((~yes & true).sum())

    def f_score(self) -> float:
        """Return the harmonic mean of precision and recall."""
        of_found = _ratio(self.true_positives, self.true_positives + self.false_positives)
        of_wanted = _ratio(self.true_positives, self.true_positives + self.false_negatives)
        return _ratio(2 * of_found * of_wanted, of_found + of_wanted)

    def matthews(self) -> float:
        """Return the correlation of prediction and label."""
        margins = (
            self.true_positives + self.false_positives,
            self.true_positives + self.false_negatives,
            self.true_negatives + self.false_positives,
            self.true_negatives + self.false_negatives,
        )
        product = self.true_positives * self.true_negatives - self.false_positives * self.false_negatives
        return product / math.sqrt(math.prod(margin for margin in margins if margin)) if self.total else 0.0


class _OfCounts(EvalMetric):
    """A metric of two classes: the mean over batches (macro), or of all examples together (micro)."""

    _score: Callable[[_Counts], float]
    average: str
    metrics: _Counts
    _global: _Counts

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch of labels 0 and 1 and of scores of the two classes."""
        for label, pred in each_pair(labels, preds):
            self.metrics.update(label, pred)
            self._global.update(label, pred)
        if self.average == "macro":
            self._add(self._score(self.metrics), 1)
            self.metrics.reset()
            self._global.reset()
        else:
            self.num_inst = self.metrics.total
            self.sum_metric = self._score(self.metrics) * self.num_inst
            self.global_num_inst = self._global.total
            self.global_sum_metric = self._score(self._global) * self.global_num_inst

    def reset(self) -> None:
        """Forget everything."""
        super().reset()
        self.metrics.reset()
        self._global.reset()

    def reset_local(self) -> None:
        """Forget what `get` reports; `get_global` keeps counting."""
        super().reset_local()
        self.metrics.reset()


def _averaged(name: str) -> Callable[..., None]:
    """Return the ``__init__`` of such a metric, with a name by default."""

    def __init__(  # noqa: N807 - it will be one
        self: _OfCounts,
        name: str = name,
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
        average: str = "macro",
    ) -> None:
        self.average = average
        self.metrics, self._global = _Counts(), _Counts()
        EvalMetric.__init__(self, name, output_names, label_names, has_global_stats=True)

    return __init__


@register
class F1(_OfCounts):
    """The F1 score of two classes: the harmonic mean of precision and recall.

    Parameters
    ----------
    average : {'macro', 'micro'}
        The mean of the batches' scores, or the score of all examples together.
    name, output_names, label_names
        As of `EvalMetric`.
    """

    __init__ = _averaged("f1")
    _score = staticmethod(_Counts.f_score)


@register
class MCC(_OfCounts):
    """Matthews' correlation coefficient of two classes, which stays honest when one of them is rare.

    Parameters
    ----------
    average : {'macro', 'micro'}
        The mean of the batches' coefficients, or the coefficient of all examples together.
    name, output_names, label_names
        As of `EvalMetric`.
    """

    __init__ = _averaged("mcc")
    _score = staticmethod(_Counts.matthews)


@register
class PCC(EvalMetric):
    """The correlation of predicted and true classes, for any number of classes; for two it is `MCC` (micro).

    Parameters
    ----------
    name, output_names, label_names
        As of `EvalMetric`.
    has_global_stats : bool
        Whether `get_global` counts on when `reset_local` is called.
    """

    def __init__(
        self,
        name: str = "pcc",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
        has_global_stats: bool = True,
    ) -> None:
        super().__init__(name, output_names, label_names, has_global_stats=has_global_stats)

    @property
    def sum_metric(self) -> float:
        """The correlation of the local counts, times the number of instances."""
        return _correlation_of(self.lcm) * float(self.num_inst)

    @sum_metric.setter
    def sum_metric(self, _: float) -> None:
        self.lcm = np.zeros((2, 2))

    @property
    def global_sum_metric(self) -> float:
        """The correlation of the global counts, times the number of instances."""
        return _correlation_of(self.gcm) * float(self.global_num_inst)

    @global_sum_metric.setter
    def global_sum_metric(self, _: float) -> None:
        self.gcm = np.zeros((2, 2))

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch of classes and of scores by class."""
        for label, pred in each_pair(labels, preds):
            found, wanted = classes_of(label, pred, 1)
            classes_seen = max(len(self.gcm), int(found.max()) + 1, int(wanted.max()) + 1)
            self.lcm, self.gcm = (_grown(counts, classes_seen) for counts in (self.lcm, self.gcm))
            for counts in (self.lcm, self.gcm):
                np.add.at(counts, (found, wanted), 1)
        self.num_inst = self.global_num_inst = 1


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _grown(counts: Values, size: int) -> Values:
    return np.pad(counts, (0, size - len(counts)))


def _correlation_of(counts: Values) -> float:
    """Return the correlation of two categorical variables from how often their values meet."""
    total, rows, columns = counts.sum(), counts.sum(axis=1), counts.sum(axis=0)
    of_rows, of_columns = (rows * (total - rows)).sum(), (columns * (total - columns)).sum()
    if not of_rows or not of_columns:
        return math.nan
    together = (counts.diagonal() * total - rows * columns).sum()
    return float(together / math.sqrt(of_rows * of_columns))
