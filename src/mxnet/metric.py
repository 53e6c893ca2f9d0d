"""Metrics: how good predictions are, added up over batches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

import numpy  # noqa: ICN001 - np is a function here, as in MXNet

from mxnet import registry
from mxnet.errors import MXNetError, NameLookupError, ShapeError, did_you_mean
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Values = numpy.ndarray[Any, Any]
    Arrays = NDArray | Sequence[NDArray]

__all__ = [
    "F1",
    "MAE",
    "MCC",
    "MSE",
    "PCC",
    "RMSE",
    "Accuracy",
    "Caffe",
    "CompositeEvalMetric",
    "CrossEntropy",
    "CustomMetric",
    "EvalMetric",
    "Loss",
    "NegativeLogLikelihood",
    "PearsonCorrelation",
    "Perplexity",
    "TopKAccuracy",
    "Torch",
    "check_label_shapes",
    "create",
    "np",
    "register",
]


class MetricError(MXNetError, ValueError):
    """A metric's parameters or its inputs make no sense."""


class NotAnArrayError(MXNetError, TypeError, AttributeError):
    """A metric was given something else than an NDArray."""


def check_label_shapes(
    labels: Any, preds: Any, wrap: bool = False, shape: bool = False
) -> tuple[Sequence[NDArray], Sequence[NDArray]]:
    """Check that there are as many labels as predictions.

    Parameters
    ----------
    labels, preds : NDArray, list of NDArray or numpy array
    wrap : bool
        Whether single NDArrays are put into lists.
    shape : bool
        Whether whole shapes are compared instead of lengths.

    Returns
    -------
    labels, preds
        As given, or wrapped.
    """
    of_labels, of_preds = (labels.shape, preds.shape) if shape else (len(labels), len(preds))
    if of_labels != of_preds:
        what = "shape" if shape else "number"
        raise ShapeError(
            f"Labels and predictions do not go together: the {what} of labels is {of_labels}, of "
            f"predictions {of_preds}."
        )
    if wrap:
        labels = [labels] if isinstance(labels, NDArray) else labels
        preds = [preds] if isinstance(preds, NDArray) else preds
    return labels, preds


class EvalMetric:
    """Base of all metrics: a sum, and the number of instances it is over.

    Both are kept twice: since the last `reset_local` (which `Speedometer` calls), and since the last `reset`.

    Parameters
    ----------
    name : str
        What the metric is called in logs.
    output_names, label_names : list of str, optional
        Which of a network's outputs and labels `update_dict` hands to `update`; all by default.
    **kwargs
        The parameters of the subclass, kept for `get_config`.
    """

    num_inst: Any
    sum_metric: Any

    def __init__(
        self,
        name: str,
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        self.name = str(name)
        self.output_names = output_names
        self.label_names = label_names
        # A subclass that adds to sum_metric itself, as users write them, has no second count.
        self._has_global_stats = kwargs.pop("has_global_stats", False)
        self._kwargs = kwargs
        self.reset()

    def __str__(self) -> str:
        return f"EvalMetric: {dict(self.get_name_value())}"

    def get_config(self) -> dict[str, Any]:
        """Return what `create` needs to make this metric again."""
        return {
            **self._kwargs,
            "metric": type(self).__name__,
            "name": self.name,
            "output_names": self.output_names,
            "label_names": self.label_names,
        }

    def update_dict(self, label: Mapping[str, NDArray], pred: Mapping[str, NDArray]) -> None:
        """Take a batch, with labels and predictions by name.

        Parameters
        ----------
        label, pred : dict of str to NDArray
        """
        self.update(_chosen(label, self.label_names, "label"), _chosen(pred, self.output_names, "output"))

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch.

        Parameters
        ----------
        labels, preds : list of NDArray
            One of each for every output of the network.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define update(labels, preds).")

    def reset(self) -> None:
        """Forget everything."""
        self.num_inst = 0
        self.sum_metric = 0.0
        self.global_num_inst = 0
        self.global_sum_metric = 0.0

    def reset_local(self) -> None:
        """Forget what `get` reports; `get_global` keeps counting."""
        self.num_inst = 0
        self.sum_metric = 0.0

    def get(self) -> tuple[Any, Any]:
        """Return the name and the value since the last reset, NaN if there was no batch."""
        return (self.name, self.sum_metric / self.num_inst if self.num_inst else math.nan)

    def get_global(self) -> tuple[Any, Any]:
        """Return the name and the value since the last `reset`, whatever `reset_local` did in between."""
        if not self._has_global_stats:
            return self.get()
        return (
            self.name,
            self.global_sum_metric / self.global_num_inst if self.global_num_inst else math.nan,
        )

    def get_name_value(self) -> list[tuple[str, Any]]:
        """Return what `get` does as a list of pairs."""
        return _pairs(*self.get())

    def get_global_name_value(self) -> list[tuple[str, Any]]:
        """Return what `get_global` does as a list of pairs."""
        return _pairs(*self.get_global())

    def _add(self, metric: float, instances: int) -> None:
        self.sum_metric += metric
        self.num_inst += instances
        self.global_sum_metric += metric
        self.global_num_inst += instances

    def _check_rows(self, label: Values, pred: Values, rows: int) -> None:
        if label.size != rows:
            raise ShapeError(
                f"{type(self).__name__} needs one label for each row of probabilities: the labels' shape is "
                f"{label.shape}, that of the predictions {pred.shape}."
            )


register = registry.get_register_func(EvalMetric, "metric")
alias = registry.get_alias_func(EvalMetric, "metric")
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
        self.metrics = [create(metric) for metric in metrics or []]
        super().__init__(name, output_names, label_names, has_global_stats=True)

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

    def update_dict(self, label: Mapping[str, NDArray], pred: Mapping[str, NDArray]) -> None:
        """Hand a batch to each of the metrics."""
        if self.label_names is not None:
            label = {name: array for name, array in label.items() if name in self.label_names}
        if self.output_names is not None:
            pred = {name: array for name, array in pred.items() if name in self.output_names}
        for metric in self.metrics:
            metric.update_dict(label, pred)

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
        for label, pred in _each(labels, preds):
            found, wanted = _classes(label, pred, self.axis)
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
        for label, pred in _each(labels, preds):
            if pred.ndim > 2:
                raise ShapeError(
                    f"TopKAccuracy takes predictions of (batch, classes), got the shape {pred.shape}."
                )
            if pred.shape[-1] < self.top_k:
                raise ShapeError(f"There are {pred.shape[-1]} classes, so no top_k of {self.top_k}.")
            check_label_shapes(label, pred)
            best = numpy.argsort(pred.astype("float32"), axis=-1, kind="stable")
            wanted = label.astype("int32").ravel()
            if best.ndim == 2:
                best, wanted = best[:, -self.top_k :], wanted[:, None]
            self._add(float((best == wanted).sum()), len(wanted))


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
        if len(numpy.unique(wanted)) > 2:
            raise MetricError(
                f"This metric is for two classes, but the labels hold {numpy.unique(wanted).tolist()}."
            )
        yes, right = found == 1, found == wanted
        self.true_positives += int((yes & (wanted == 1)).sum())
        self.false_positives += int((yes & (wanted != 1)).sum())
        self.true_negatives += int((~yes & right).sum())
        self.false_negatives += int((~yes & ~right).sum())

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

    def __init__(
        self,
        score: Callable[[_Counts], float],
        name: str,
        output_names: Sequence[str] | None,
        label_names: Sequence[str] | None,
        average: str,
    ) -> None:
        self.average = average
        self.metrics = _Counts()
        self._global = _Counts()
        self._score = score
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch of labels 0 and 1 and of scores of the two classes."""
        for label, pred in _each(labels, preds):
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

    def __init__(
        self,
        name: str = "f1",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
        average: str = "macro",
    ) -> None:
        super().__init__(_Counts.f_score, name, output_names, label_names, average)


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

    def __init__(
        self,
        name: str = "mcc",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
        average: str = "macro",
    ) -> None:
        super().__init__(_Counts.matthews, name, output_names, label_names, average)


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
        return _correlation_of(self._local) * float(self.num_inst)

    @sum_metric.setter
    def sum_metric(self, _: float) -> None:
        self._local = numpy.zeros((2, 2))

    @property
    def global_sum_metric(self) -> float:
        """The correlation of the global counts, times the number of instances."""
        return _correlation_of(self._all) * self.global_num_inst

    @global_sum_metric.setter
    def global_sum_metric(self, _: float) -> None:
        self._all = numpy.zeros((2, 2))

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch of classes and of scores by class."""
        for label, pred in _each(labels, preds):
            found, wanted = _classes(label, pred, 1)
            classes_seen = max(len(self._all), int(found.max()) + 1, int(wanted.max()) + 1)
            self._local, self._all = (_grown(counts, classes_seen) for counts in (self._local, self._all))
            for counts in (self._local, self._all):
                numpy.add.at(counts, (found, wanted), 1)
        self.num_inst = self.global_num_inst = 1


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
        for label, pred in _each(labels, preds):
            scores = numpy.moveaxis(pred, self.axis, -1)
            scores = scores.reshape(-1, scores.shape[-1])
            wanted = label.astype("int32").ravel()
            self._check_rows(label, pred, len(scores))
            if self.ignore_label is not None:
                scores, wanted = (a[label.ravel() != self.ignore_label] for a in (scores, wanted))
            likelihood = numpy.maximum(1e-10, _picked(scores, wanted))
            self._add(-float(numpy.log(likelihood).sum()), len(wanted))

    def get(self) -> tuple[str, float]:
        """Return the name and the value since the last reset."""
        return (self.name, math.exp(self.sum_metric / self.num_inst) if self.num_inst else math.nan)

    def get_global(self) -> tuple[str, float]:
        """Return the name and the value since the last `reset`."""
        mean = self.global_sum_metric / self.global_num_inst if self.global_num_inst else math.nan
        return (self.name, math.exp(mean))


class _Regression(EvalMetric):
    """The mean over batches of a distance between label and prediction; vectors count as columns."""

    def __init__(
        self,
        name: str,
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def _distance(self, difference: Values) -> Any:
        raise NotImplementedError

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch of wanted and of predicted values."""
        for label, pred in _each(labels, preds):
            columns = [a[:, None] if a.ndim == 1 else a for a in (label, pred)]
            try:
                difference = columns[0] - columns[1]
            except ValueError:
                raise ShapeError(
                    f"{type(self).__name__} compares values one by one: the labels' shape is "
                    f"{label.shape}, that of "
                    f"the predictions {pred.shape}."
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

    def __init__(
        self,
        name: str = "mae",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names)

    def _distance(self, difference: Values) -> Any:
        return numpy.abs(difference).mean()


@register
class MSE(_Regression):
    """The mean squared error.

    Parameters
    ----------
    name, output_names, label_names
        As of `EvalMetric`.
    """

    def __init__(
        self,
        name: str = "mse",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names)

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

    def __init__(
        self,
        name: str = "rmse",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names)

    def _distance(self, difference: Values) -> Any:
        return numpy.sqrt((difference**2).mean())


class _LogLikelihood(EvalMetric):
    """The mean negative logarithm of the probability given to the label."""

    def __init__(
        self, eps: float, name: str, output_names: Sequence[str] | None, label_names: Sequence[str] | None
    ) -> None:
        super().__init__(name, output_names, label_names, eps=eps, has_global_stats=True)
        self.eps = eps

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch of classes and of probabilities by class."""
        for label, pred in _each(labels, preds):
            wanted = label.astype("int64").ravel()
            self._check_rows(label, pred, len(pred))
            self._add(float(-numpy.log(_picked(pred, wanted) + self.eps).sum()), len(wanted))


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

    def __init__(
        self,
        eps: float = 1e-12,
        name: str = "cross-entropy",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(eps, name, output_names, label_names)


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

    def __init__(
        self,
        eps: float = 1e-12,
        name: str = "nll-loss",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(eps, name, output_names, label_names)


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
        for label, pred in _each(labels, preds):
            check_label_shapes(label, pred, shape=True)
            wanted, found = label.ravel().astype("float64"), pred.ravel().astype("float64")
            if self.average == "macro":
                self._add(float(numpy.corrcoef(found, wanted)[0, 1]), 1)
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


@register
class Loss(EvalMetric):
    """The mean of what a network outputs as its loss; labels are not looked at.

    Parameters
    ----------
    name, output_names, label_names
        As of `EvalMetric`.
    """

    def __init__(
        self,
        name: str = "loss",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def update(self, _: Any, preds: Arrays) -> None:
        """Take a batch of losses."""
        for pred in [preds] if isinstance(preds, NDArray) else preds:
            self._add(float(_values(pred).sum()), pred.size)


@register
class Torch(Loss):
    """`Loss` under the name that MXNet gave it for criterions of Torch.

    Parameters
    ----------
    name, output_names, label_names
        As of `EvalMetric`.
    """

    def __init__(
        self,
        name: str = "torch",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names)


@register
class Caffe(Loss):
    """`Loss` under the name that MXNet gave it for criterions of Caffe.

    Parameters
    ----------
    name, output_names, label_names
        As of `EvalMetric`.
    """

    def __init__(
        self,
        name: str = "caffe",
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(name, output_names, label_names)


@register
class CustomMetric(EvalMetric):
    """A metric that is a function.

    Parameters
    ----------
    feval : callable
        ``feval(label, pred)`` of numpy arrays returns the value of a batch, or a sum and a number of
        instances.
    name : str, optional
        By default the function's name.
    allow_extra_outputs : bool, default False
        Whether a network may have more outputs than labels.
    output_names, label_names
        As of `EvalMetric`.
    """

    def __init__(
        self,
        feval: Callable[[Values, Values], Any],
        name: str | None = None,
        allow_extra_outputs: bool = False,
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        if name is None:
            name = getattr(feval, "__name__", type(feval).__name__)
            name = f"custom({name})" if "<" in name else name
        super().__init__(
            name,
            output_names,
            label_names,
            feval=feval,
            allow_extra_outputs=allow_extra_outputs,
            has_global_stats=True,
        )
        self._feval = feval
        self._allow_extra_outputs = allow_extra_outputs

    def update(self, labels: Arrays, preds: Arrays) -> None:
        """Take a batch."""
        for label, pred in _each(labels, preds, all_preds=not self._allow_extra_outputs):
            result = self._feval(label, pred)
            self._add(*(result if isinstance(result, tuple) else (result, 1)))

    def get_config(self) -> dict[str, Any]:
        """Refuse: a function cannot be written down."""
        raise NotImplementedError("A CustomMetric holds a function, which has no configuration.")


def np(
    numpy_feval: Callable[[Values, Values], Any], name: str | None = None, allow_extra_outputs: bool = False
) -> CustomMetric:
    """Make a metric of a function of numpy arrays.

    Parameters
    ----------
    numpy_feval : callable
        ``numpy_feval(label, pred)`` returns a number, or a sum and a number of instances.
    name : str, optional
        By default the function's name.
    allow_extra_outputs : bool, default False
        As of `CustomMetric`.
    """

    def feval(label: Values, pred: Values) -> Any:
        return numpy_feval(label, pred)

    feval.__name__ = numpy_feval.__name__
    return CustomMetric(feval, name, allow_extra_outputs)


def _values(array: Any) -> Values:
    if not hasattr(array, "asnumpy"):
        raise NotAnArrayError(
            f"Metrics compare NDArrays, got a {type(array).__module__}.{type(array).__name__}. Wrap it: "
            f"mx.nd.array(x)."
        )
    return cast("Values", array.asnumpy())


def _each(labels: Arrays, preds: Arrays, *, all_preds: bool = True) -> Iterator[tuple[Values, Values]]:
    """Yield pairs of labels and predictions as numpy arrays."""
    labels, preds = ([a] if isinstance(a, NDArray) else a for a in (labels, preds))
    if all_preds:
        check_label_shapes(labels, preds)
    for label, pred in zip(labels, preds, strict=False):
        yield _values(label), _values(pred)


def _chosen(arrays: Mapping[str, NDArray], names: Sequence[str] | None, kind: str) -> list[NDArray]:
    if names is None:
        return list(arrays.values())
    for name in names:
        if name not in arrays:
            raise NameLookupError(
                f"The metric wants the {kind} {name!r}, but there are only "
                f"{sorted(arrays)}.{did_you_mean(name, arrays)}"
            )
    return [arrays[name] for name in names]


def _classes(label: Values, pred: Values, axis: int) -> tuple[Values, Values]:
    """Return the predicted and the wanted classes; predictions of the labels' shape are classes already."""
    classes = pred.argmax(axis=axis) if pred.shape != label.shape else pred
    found, wanted = classes.astype("int32").ravel(), label.astype("int32").ravel()
    check_label_shapes(wanted, found)
    return found, wanted


def _picked(scores: Values, classes: Values) -> Values:
    """Return the score that each row gives to its class."""
    if len(classes) and not (classes.min() >= -scores.shape[1] and classes.max() < scores.shape[1]):
        raise MetricError(
            f"Labels must be classes from 0 to {scores.shape[1] - 1}, as there are {scores.shape[1]} "
            f"scores, but they "
            f"reach from {classes.min()} to {classes.max()}."
        )
    return cast("Values", scores[numpy.arange(len(classes)), classes])


def _pairs(names: Any, values: Any) -> list[tuple[str, Any]]:
    if not isinstance(names, list):
        names, values = [names], [values]
    return list(zip(names, values, strict=True))


def _joined(results: Iterator[tuple[Any, Any]]) -> tuple[list[str], list[Any]]:
    pairs = [pair for result in results for pair in _pairs(*result)]
    return [name for name, _ in pairs], [value for _, value in pairs]


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _grown(counts: Values, size: int) -> Values:
    return numpy.pad(counts, (0, size - len(counts)))


def _correlation_of(counts: Values) -> float:
    """Return the correlation of two categorical variables from how often their values meet."""
    total, rows, columns = counts.sum(), counts.sum(axis=1), counts.sum(axis=0)
    of_rows, of_columns = (rows * (total - rows)).sum(), (columns * (total - columns)).sum()
    if not of_rows or not of_columns:
        return math.nan
    together = (counts.diagonal() * total - rows * columns).sum()
    return float(together / math.sqrt(of_rows * of_columns))
