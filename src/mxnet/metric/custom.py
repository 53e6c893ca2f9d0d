"""Metrics that somebody else computes: the network, which outputs its loss, or a function of the user's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.metric.base import EvalMetric, MetricError, each_pair, named, register, values_of
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mxnet.metric.base import Arrays, Values

__all__ = ["Caffe", "CustomMetric", "Loss", "Torch", "np"]


@register
class Loss(EvalMetric):
    """The mean of what a network outputs as its loss; labels are not looked at.

    Parameters
    ----------
    name, output_names, label_names
        As of `EvalMetric`.
    """

    __init__ = named("loss")

    def update(self, _: Any, preds: Arrays) -> None:
        """Take a batch of losses."""
        for pred in [preds] if isinstance(preds, NDArray) else preds:
            self._add(float(values_of(pred).sum()), pred.size)


@register
class Torch(Loss):
    """`Loss` under the name that MXNet gave it for criterions of Torch.

    Parameters
    ----------
    name, output_names, label_names
        As of `EvalMetric`.
    """

    __init__ = named("torch")


@register
class Caffe(Loss):
    """`Loss` under the name that MXNet gave it for criterions of Caffe.

    Parameters
    ----------
    name, output_names, label_names
        As of `EvalMetric`.
    """

    __init__ = named("caffe")


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
        for label, pred in each_pair(labels, preds, all_preds=not self._allow_extra_outputs):
            result = self._feval(label, pred)
            metric, instances = result if isinstance(result, tuple) and len(result) == 2 else (result, 1)
            try:
                # numpy 2 adds a float32 to a Python float in float32; a sum of many batches wants more.
                self._add(metric.item() if getattr(metric, "shape", None) == () else metric, instances)
            except TypeError:
                raise MetricError(
                    f"{self.name} must return a number, or a sum and a number of instances, but returned "
                    f"{result!r}."
                ) from None

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
