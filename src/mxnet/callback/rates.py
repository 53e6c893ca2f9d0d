"""Which learning rate suits: a training whose rate grows with every batch tells (Smith, 2017)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mxnet.callback.best import less_is_better, value_of_metric
from mxnet.callback.curve import new_figure, save_figure
from mxnet.callback.stopping import StopTraining
from mxnet.errors import MXNetError, ParameterError
from mxnet.lr_scheduler import LRScheduler

if TYPE_CHECKING:
    from mxnet.callback.logged import BatchEndParam

__all__ = ["LearningRateFinder"]

_SMOOTH = 0.8
"""How much of a smoothed value comes from those before it."""


class _Growing(LRScheduler):
    """Multiplies the rate by the same factor at every update."""

    def __init__(self, lowest: float, highest: float, batches: int) -> None:
        super().__init__(lowest)
        self.lowest = lowest
        self.factor: float = (highest / lowest) ** (1 / max(1, batches - 1))

    def __call__(self, num_update: int) -> float:
        return self.lowest * self.factor ** (num_update - 1)


class LearningRateFinder:
    """Tries learning rates from low to high, one batch each, and says where the loss falls fastest.

    Give `fit` its `scheduler` and itself as ``batch_end_callback``, and a loss as the first metric. It ends
    the training when all rates are tried or the loss has exploded. That spoils the parameters: train anew.

    Parameters
    ----------
    lowest, highest : float
        The first rate and the last one.
    batches : int, default 100
        How many rates to try.
    metric : str, optional
        Which metric to look at; by default the first.
    mode : {'auto', 'min', 'max'}
        Whether little or much of it is good, as of `EarlyStopping`.

    Attributes
    ----------
    scheduler : LRScheduler
        What to give to the optimizer as ``lr_scheduler``.
    rates, losses : list of float
        What was tried, and what came of it.

    Examples
    --------
    >>> import mxnet as mx
    >>> finder = mx.callback.LearningRateFinder(1e-4, 1, batches=50)
    >>> module.fit(  # doctest: +SKIP
    ...     train,
    ...     eval_metric="ce",
    ...     num_epoch=100,
    ...     batch_end_callback=finder,
    ...     optimizer_params={"lr_scheduler": finder.scheduler},
    ... )
    >>> finder.suggestion, finder.plot("rates.png")  # doctest: +SKIP
    """

    def __init__(
        self,
        lowest: float = 1e-6,
        highest: float = 1.0,
        batches: int = 100,
        metric: str | None = None,
        mode: str = "auto",
    ) -> None:
        if not 0 < lowest < highest:
            raise ParameterError(f"Expected 0 < lowest < highest, got {lowest} and {highest}.")
        self.batches = batches
        self.metric = metric
        self.mode = mode
        self.scheduler: LRScheduler = _Growing(lowest, highest, batches)
        self.rates: list[float] = []
        self.losses: list[float] = []

    def __call__(self, param: BatchEndParam) -> None:
        """Take note of what came of a rate; stop after the last one, or when the loss explodes."""
        name, value = value_of_metric(param, self.metric)
        assert param.eval_metric is not None
        param.eval_metric.reset_local()  # the next value is that of the next batch alone
        self.rates.append(self.scheduler(len(self.rates) + 1))
        self.losses.append(value if less_is_better(name, self.mode) else -value)
        smooth = self._smoothed()
        if not math.isfinite(value) or smooth[-1] - smooth[0] > 3 * (smooth[0] - min(smooth)) + abs(
            smooth[0]
        ):
            raise StopTraining(f"{name} explodes at a learning rate of {self.rates[-1]:.3g}.")
        if len(self.rates) >= self.batches:
            raise StopTraining(f"all {self.batches} learning rates are tried.")

    def _smoothed(self) -> list[float]:
        """Return means of the losses so far, the more recent ones counting more."""
        found: list[float] = []
        mean = weight = 0.0
        for loss in self.losses:
            mean, weight = _SMOOTH * mean + (1 - _SMOOTH) * loss, _SMOOTH * weight + (1 - _SMOOTH)
            found.append(mean / weight)
        return found

    @property
    def suggestion(self) -> float:
        """The rate at which the loss fell fastest, before it was at its least."""
        smooth = self._smoothed()
        width = max(1, len(smooth) // 10)  # a slope between two batches would be that of their noise
        sane = [i for i, loss in enumerate(smooth) if math.isfinite(loss)]
        least = min(sane, key=smooth.__getitem__, default=0)
        if least < 1:
            raise NoRateError(
                "The loss did not fall at any learning rate: begin with a lower one, try more batches, or "
                "look at another metric."
            )
        ends = range(min(2 * width, least), least + 1)
        steepest = min(ends, key=lambda i: smooth[i] - smooth[max(0, i - 2 * width)])
        return self.rates[max(0, steepest - width)]

    def plot(self, path: str) -> None:
        """Draw the losses over the rates into a file, with the suggestion."""
        figure = new_figure("LearningRateFinder", figsize=(7, 4))
        axes = figure.subplots()
        axes.plot(self.rates, self.losses, color="0.8", label="of one batch")
        axes.plot(self.rates, self._smoothed(), label="smoothed")
        axes.axvline(self.suggestion, color="C1", linestyle=":", label=f"suggestion: {self.suggestion:.2g}")
        axes.set(xscale="log", xlabel="learning rate", ylabel=self.metric or "loss")
        axes.legend()
        save_figure(figure, str(path))


class NoRateError(MXNetError, ValueError):
    """No learning rate was found."""
