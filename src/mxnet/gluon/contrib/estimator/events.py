"""The moments of training at which handlers are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mxnet.gluon.contrib.estimator.estimator import Estimator

__all__ = ["BatchBegin", "BatchEnd", "EpochBegin", "EpochEnd", "EventHandler", "TrainBegin", "TrainEnd"]


class EventHandler:
    """Base of all handlers. Those of a lower `priority` are called first; it is 0 if there is none."""


class TrainBegin(EventHandler):
    """Is called before training."""

    def train_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Do nothing, if a subclass does not say what to do."""


class TrainEnd(EventHandler):
    """Is called after training."""

    def train_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Do nothing, if a subclass does not say what to do."""


class EpochBegin(EventHandler):
    """Is called before each epoch."""

    def epoch_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Do nothing, if a subclass does not say what to do."""


class EpochEnd(EventHandler):
    """Is called after each epoch."""

    def epoch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> bool | None:  # noqa: ARG002
        """Return whether to end training: no, if a subclass does not say so."""
        return False


class BatchBegin(EventHandler):
    """Is called before each batch, with the keyword `batch`."""

    def batch_begin(self, estimator: Estimator, *args: Any, **kwargs: Any) -> None:
        """Do nothing, if a subclass does not say what to do."""


class BatchEnd(EventHandler):
    """Is called after each batch, with the keywords `batch`, `pred`, `label` and `loss`."""

    def batch_end(self, estimator: Estimator, *args: Any, **kwargs: Any) -> bool | None:  # noqa: ARG002
        """Return whether to end the epoch: no, if a subclass does not say so."""
        return False
