"""What all metrics share: the sum they keep, their names, and how batches come to them."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from mxnet import registry
from mxnet.errors import MXNetError, NameLookupError, ShapeError, did_you_mean
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Values = np.ndarray[Any, Any]
    Arrays = NDArray | Sequence[NDArray]

__all__ = [
    "EvalMetric",
    "MetricError",
    "MismatchError",
    "NotAnArrayError",
    "alias",
    "check_label_shapes",
    "classes_of",
    "each_pair",
    "named",
    "pairs_of",
    "picked",
    "register",
    "values_of",
]


class MetricError(MXNetError, ValueError, AssertionError):
    """A metric's parameters or its inputs make no sense."""


class MismatchError(ShapeError, AssertionError):
    """Labels and predictions do not go together (MXNet asserts, or raises ValueError)."""


class LabelRangeError(MetricError, IndexError):
    """A label is no class that there are scores for (MXNet raises IndexError)."""


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
        raise MismatchError(
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

    # Metrics from before MXNet 1.4 know nothing of the second count, or do not call this __init__.
    num_inst: Any
    sum_metric: Any
    global_num_inst: Any = 0
    global_sum_metric: Any = 0.0
    output_names: Sequence[str] | None = None
    label_names: Sequence[str] | None = None
    _has_global_stats = False
    _kwargs: Mapping[str, Any] = MappingProxyType({})

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
        """Forget what `get` reports; `get_global` keeps counting.

        A metric of a user's own that only has a `reset`, as before MXNet 1.4, is reset altogether.
        """
        definer = next(cls for cls in type(self).__mro__ if "reset" in vars(cls))
        if not definer.__module__.startswith("mxnet.") and type(self).reset_local is EvalMetric.reset_local:
            self.reset()
            return
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
        return pairs_of(*self.get())

    def get_global_name_value(self) -> list[tuple[str, Any]]:
        """Return what `get_global` does as a list of pairs."""
        return pairs_of(*self.get_global()) if self._has_global_stats else self.get_name_value()

    def _add(self, metric: float, instances: int) -> None:
        self.sum_metric += metric
        self.num_inst += instances
        self.global_sum_metric += metric
        self.global_num_inst += instances

    def _check_rows(self, label: Values, pred: Values, rows: int) -> None:
        if label.size != rows:
            raise MismatchError(
                f"{type(self).__name__} needs one label for each row of probabilities: the labels' shape is "
                f"{label.shape}, that of the predictions {pred.shape}."
            )


def named(name: str) -> Callable[..., None]:
    """Return the ``__init__`` of a metric that has no parameters of its own, with a name by default."""

    def __init__(  # noqa: N807 - it will be one
        self: EvalMetric,
        name: str = name,
        output_names: Sequence[str] | None = None,
        label_names: Sequence[str] | None = None,
    ) -> None:
        EvalMetric.__init__(self, name, output_names, label_names, has_global_stats=True)

    return __init__


register = registry.get_register_func(EvalMetric, "metric")
alias = registry.get_alias_func(EvalMetric, "metric")


def values_of(array: Any) -> Values:
    """Return the values of an array."""
    if not hasattr(array, "asnumpy"):
        raise NotAnArrayError(
            f"Metrics compare NDArrays, got a {type(array).__module__}.{type(array).__name__}. Wrap it: "
            f"mx.nd.array(x)."
        )
    return cast("Values", array.asnumpy())


def each_pair(labels: Arrays, preds: Arrays, *, all_preds: bool = True) -> Iterator[tuple[Values, Values]]:
    """Yield pairs of labels and predictions as numpy arrays."""
    labels, preds = ([a] if isinstance(a, NDArray) else a for a in (labels, preds))
    if all_preds:
        check_label_shapes(labels, preds)
    for label, pred in zip(labels, preds, strict=False):
        yield values_of(label), values_of(pred)


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


def classes_of(label: Values, pred: Values, axis: int) -> tuple[Values, Values]:
    """Return the predicted and the wanted classes; predictions of the labels' shape are classes already."""
    classes = pred.argmax(axis=axis) if pred.shape != label.shape else pred
    found, wanted = classes.astype("int32").ravel(), label.astype("int32").ravel()
    check_label_shapes(wanted, found)
    return found, wanted


def picked(scores: Values, classes: Values) -> Values:
    """Return the score that each row gives to its class."""
    if len(classes) and not (classes.min() >= -scores.shape[1] and classes.max() < scores.shape[1]):
        raise LabelRangeError(
            f"Labels must be classes from 0 to {scores.shape[1] - 1}, as there are {scores.shape[1]} "
            f"scores, but they reach from {classes.min()} to {classes.max()}."
        )
    return cast("Values", scores[np.arange(len(classes)), classes])


def pairs_of(names: Any, values: Any) -> list[tuple[str, Any]]:
    """Return names with values; there is either one of each, or a list of both."""
    if not isinstance(names, (list, tuple)):
        names, values = [names], [values]
    if not isinstance(values, (list, tuple)) or len(names) != len(values):
        raise MetricError(
            f"get() must return a value for each of the names {names}, but returned {values!r}."
        )
    return list(zip(names, values, strict=True))
