"""Ending a training before its last epoch."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from mxnet.callback.best import Best

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mxnet.callback.logged import BatchEndParam

__all__ = ["EarlyStopping", "StopTraining", "until_stopped"]


class StopTraining(Exception):
    """Raised by a callback, it ends `fit`, which returns with the parameters of that moment.

    Examples
    --------
    >>> import mxnet as mx
    >>> def until_good(param):
    ...     if param.eval_metric.get()[1] > 0.99:
    ...         raise mx.callback.StopTraining("good enough")
    """


@contextlib.contextmanager
def until_stopped(logger: Any, data: Any) -> Iterator[None]:
    """Run what is inside until a callback raises `StopTraining`; log why, and rewind the data."""
    try:
        yield
    except StopTraining as stop:
        logger.info("Stopped: %s", stop)
        data.reset()


class EarlyStopping:
    """Ends a training that makes no progress on the validation data.

    It is an ``eval_end_callback``; as a ``batch_end_callback`` it would watch every batch of the training.

    Parameters
    ----------
    metric : str, optional
        Which metric to watch; by default the first.
    patience : int, default 3
        After how many epochs in a row that were no better than the best one to stop.
    min_delta : float, default 0
        By how much a value has to be better to count as better.
    mode : {'auto', 'min', 'max'}
        Whether the least or the greatest value is the best; ``'auto'`` knows that it is the least for losses,
        errors, entropies, likelihoods and perplexities.

    Attributes
    ----------
    best : float or None
        The best value so far.
    stopped_epoch : int or None
        The epoch that was the last one.

    Examples
    --------
    >>> import mxnet as mx
    >>> stop = mx.callback.EarlyStopping("accuracy", patience=5)  # for eval_end_callback=stop
    """

    def __init__(
        self, metric: str | None = None, patience: int = 3, min_delta: float = 0.0, mode: str = "auto"
    ) -> None:
        self.patience = patience
        self.stopped_epoch: int | None = None
        self._best = Best(metric, mode, min_delta)
        self._waited = 0

    @property
    def best(self) -> float | None:
        """The best value so far."""
        return self._best.value

    def __call__(self, param: BatchEndParam) -> None:
        """Take note of a score, and stop when too many in a row were no better."""
        self._waited = 0 if self._best.improves(param) else self._waited + 1
        if self._waited >= self.patience:
            self.stopped_epoch = param.epoch
            raise StopTraining(
                f"{self._best.name} has not been better than {self.best} for {self._waited} epochs, "
                f"up to epoch {param.epoch}."
            )
