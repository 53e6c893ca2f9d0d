"""Which of many values of a metric is the best so far."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from mxnet.errors import ParameterError, did_you_mean

if TYPE_CHECKING:
    from mxnet.callback.logged import BatchEndParam

__all__ = ["Best", "less_is_better", "value_of_metric"]

_LESS = re.compile(r"loss|error|entropy|perplexity|likelihood|(^|[^a-z])(r?mse|mae|nll|ce)([^a-z]|$)")


def less_is_better(metric: str, mode: str) -> bool:
    """Return whether the least value of a metric is its best: as `mode` says, or as its name tells.

    Examples
    --------
    >>> less_is_better("cross-entropy", "auto"), less_is_better("accuracy", "auto")
    (True, False)
    """
    if mode not in {"auto", "min", "max"}:
        raise ParameterError(f"mode is {mode!r}. Expected 'auto', 'min' or 'max'.")
    return mode == "min" or (mode == "auto" and _LESS.search(metric.lower()) is not None)


def value_of_metric(param: BatchEndParam, wanted: str | None) -> tuple[str, float]:
    """Return name and value of the wanted metric, or of the first."""
    pairs = param.eval_metric.get_name_value() if param.eval_metric is not None else []
    for name, value in pairs:
        if wanted is None or name == wanted:
            return name, float(value)
    names = [name for name, _ in pairs]
    hint = did_you_mean(wanted, names) if wanted else ""
    raise ParameterError(f"There is no metric {wanted!r} among {names}.{hint}")


class Best:
    """The best value so far.

    Parameters
    ----------
    metric : str, optional
        Which metric to watch; by default the first.
    mode : {'auto', 'min', 'max'}
        Whether the least or the greatest value is the best.
    min_delta : float
        By how much a value has to be better than the best one to count.
    """

    def __init__(self, metric: str | None = None, mode: str = "auto", min_delta: float = 0.0) -> None:
        less_is_better("", mode)  # a wrong mode is told at once, not after an epoch
        self.metric = metric
        self.mode = mode
        self.min_delta = min_delta
        self.name = metric or ""
        self.value: float | None = None

    def improves(self, param: BatchEndParam) -> bool:
        """Take note of a value; return whether it is the best so far. NaN never is."""
        self.name, value = value_of_metric(param, self.metric)
        sign = -1 if less_is_better(self.name, self.mode) else 1
        if math.isnan(value) or (self.value is not None and sign * (value - self.value) <= self.min_delta):
            return False
        self.value = value
        return True
