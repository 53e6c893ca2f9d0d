"""Metrics of predicted values: how far they are from the wanted ones, and how well they go with them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.errors import ShapeError
from mxnet.metric.base import EvalMetric, alias, check_label_shapes, each_pair, named, register

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxnet.metric.base import Arrays, Values

__all__ = ["MAE", "MSE", "RMSE", "PearsonCorrelation"]


class _Regression(EvalMetric):
    """The mean over batches of a distance between label and prediction; vectors count as columns."""

    def _distance(self, difference: Values) -> Any:
        raise NotImplementedError

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch of wanted and of predicted values."""
        for label, pred in each_pair(labels, preds):
            columns = [a[:, None] if a.ndim == 1 else a for a in (label, pred)]
            try:
                difference = columns[0] - columns[1]
            except ValueError:
                raise ShapeError(
                    f"{type(self).__name__} compares values one by one: the labels' shape is {label.shape}, "
                    f"that of the predictions {pred.shape}."
                ) from None
            self._add(float(self._distance(difference)), 1)


@register
class MAE(_Regression):
    """The mean absolute error.

    Parameters
    ----------
    name, output_names, label_names
        As of `EvalMetric`.
    """

    __init__ = named("mae")

    def _distance(self, difference: Values) -> Any:
        return np.abs(difference).mean()


@register
class MSE(_Regression):
    """The mean squared error.

    Parameters
    ----------
    name, output_names, label_names
        As of `EvalMetric`.
    """

    __init__ = named("mse")

    def _distance(self, difference: Values) -> Any:
        return (difference**2).mean()


@register
class RMSE(_Regression):
    """The root of the mean squared error of each batch.

    Parameters
    ----------
    name, output_names, label_names
        As of `EvalMetric`.
    """

    __init__ = named("rmse")

    def _distance(self, difference: Values) -> Any:
        return np.sqrt((difference**2).mean())


@register
@alias("pearsonr")
class PearsonCorrelation(EvalMetric):
    """Pearson's correlation of wanted and predicted values.

    Parameters
    ----------
    average : {'macro', 'micro'}
        The mean of the batches' correlations, or the correlation of all values together.
    name, output_names, label_names
        As of `EvalMetric`.
    """

    def __init__(
        self,
        name: str = "pearsonr",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
        average: str = "macro",
    ) -> None:
        self.average = average
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def reset(self) -> None:
        """Forget everything."""
        super().reset()
        self.reset_micro()

    def reset_micro(self) -> None:
        """Forget the values that the micro average is of."""
        self._of_preds = self._of_labels = (0, 0.0, 0.0)
        self._covariance = 0.0

    def update_variance(
        self, new_values: Values, *aggregate: float
    ) -> tuple[int, float, float]:  # the arguments are MXNet's
        """Merge values into a count, a mean and a sum of squared distances from it."""
        count, mean, spread = aggregate
        total = int(count) + new_values.size
        shift = float(new_values.mean()) - mean
        spread += float(((new_values - new_values.mean()) ** 2).sum())
        return (
            total,
            mean + shift * new_values.size / total,
            spread + shift**2 * count * new_values.size / total,
        )

    def update_cov(self, label: Values, pred: Values) -> None:
        """Merge pairs of values into the sum of the products of their distances from the means so far."""
        count, of_labels, of_preds = self._of_labels[0], self._of_labels[1], self._of_preds[1]
        inside = ((label - label.mean()) * (pred - pred.mean())).sum()
        shifts = (float(label.mean()) - of_labels) * (float(pred.mean()) - of_preds)
        self._covariance += float(inside) + shifts * count * label.size / (count + label.size)

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch of wanted and of predicted values."""
        for label, pred in each_pair(labels, preds):
            check_label_shapes(label, pred, shape=True)
            wanted, found = label.ravel().astype("float64"), pred.ravel().astype("float64")
            if self.average == "macro":
                self._add(float(np.corrcoef(found, wanted)[0, 1]), 1)
            else:
                self._add(0.0, 1)
                self.update_cov(wanted, found)
                self._of_labels = self.update_variance(wanted, *self._of_labels)
                self._of_preds = self.update_variance(found, *self._of_preds)

    def get(self) -> tuple[str, float]:
        """Return the name and the value since the last reset."""
        if self.average == "macro" or not self.num_inst:
            return super().get()
        return (self.name, self._covariance / math.sqrt(self._of_labels[2] * self._of_preds[2]))

    def get_global(self) -> tuple[str, float]:
        """Return the name and the value since the last `reset`."""
        return super().get_global() if self.average == "macro" else self.get()
