"""Metrics of the probabilities that predictions give to the labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from mxnet.metric.base import EvalMetric, alias, each_pair, picked, register

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mxnet.metric.base import Arrays

__all__ = ["CrossEntropy", "NegativeLogLikelihood", "Perplexity"]


@register
class Perplexity(EvalMetric):
    """How many choices the prediction leaves on average: e to the mean negative log-likelihood.

    Parameters
    ----------
    ignore_label : int or None
        A label that does not count, such as padding.
    axis : int, default -1
        The axis of classes.
    name, output_names, label_names
        As of `EvalMetric`.
    """

    def __init__(
        self,
        ignore_label: int | None,
        axis: int = -1,
        name: str = "perplexity",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names, ignore_label=ignore_label, has_global_stats=True)
        self.ignore_label = ignore_label
        self.axis = axis

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch of classes and of probabilities by class."""
        for label, pred in each_pair(labels, preds):
            scores = np.moveaxis(pred, self.axis, -1)
            scores = scores.reshape(-1, scores.shape[-1])
            self._check_rows(label, pred, len(scores))
            wanted = label.ravel()
            if self.ignore_label is not None:
                counts = wanted != self.ignore_label
                scores, wanted = scores[counts], wanted[counts]
            # As in MXNet, a label beyond the classes counts as the nearest of them.
            classes = np.nan_to_num(wanted).clip(0, scores.shape[1] - 1).astype("int64")
            likelihood = np.maximum(1e-10, scores[np.arange(len(classes)), classes])
            self._add(-float(np.log(likelihood).sum()), len(classes))

    def get(self) -> tuple[str, float]:
        """Return the name and the value since the last reset."""
        return (self.name, math.exp(self.sum_metric / self.num_inst) if self.num_inst else math.nan)

    def get_global(self) -> tuple[str, float]:
        """Return the name and the value since the last `reset`."""
        mean = self.global_sum_metric / self.global_num_inst if self.global_num_inst else math.nan
        return (self.name, math.exp(mean))


class _LogLikelihood(EvalMetric):
    """The mean negative logarithm of the probability given to the label."""

    eps: float

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch of classes and of probabilities by class."""
        for label, pred in each_pair(labels, preds):
            wanted = label.astype("int64").ravel()
            self._check_rows(label, pred, len(pred))
            self._add(float(-np.log(picked(pred, wanted) + self.eps).sum()), len(wanted))


def _with_eps(name: str) -> Callable[..., None]:
    """Return the ``__init__`` of such a metric, with a name by default."""

    def __init__(  # noqa: N807 - it will be one
        self: _LogLikelihood,
        eps: float = 1e-12,
        name: str = name,
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        EvalMetric.__init__(self, name, output_names, label_names, eps=eps, has_global_stats=True)
        self.eps = eps

    return __init__


@register
@alias("ce")
class CrossEntropy(_LogLikelihood):
    """The cross-entropy of labels and predicted probabilities.

    Parameters
    ----------
    eps : float, default 1e-12
        Added to probabilities, so that the logarithm stays finite.
    name, output_names, label_names
        As of `EvalMetric`.
    """

    __init__ = _with_eps("cross-entropy")


@register
@alias("nll_loss")
class NegativeLogLikelihood(_LogLikelihood):
    """The negative log-likelihood of the labels.

    Parameters
    ----------
    eps : float, default 1e-12
        Added to probabilities, so that the logarithm stays finite.
    name, output_names, label_names
        As of `EvalMetric`.
    """

    __init__ = _with_eps("nll-loss")
