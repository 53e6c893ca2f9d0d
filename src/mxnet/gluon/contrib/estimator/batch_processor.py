"""What an estimator does with one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet import autograd
from mxnet.gluon.utils import split_and_load

if TYPE_CHECKING:
    from mxnet.gluon.contrib.estimator.estimator import Estimator
    from mxnet.ndarray import NDArray

    Parts = list[NDArray]

__all__ = ["BatchProcessor"]


class BatchProcessor:
    """Computes predictions and losses of a batch; a subclass may do it otherwise."""

    def _get_data_and_label(
        self, batch: Any, ctx: list[Any], batch_axis: int = 0
    ) -> tuple[list[NDArray], list[NDArray]]:
        """Return the parts of data and labels that each device gets."""
        data, label = (split_and_load(batch[part], ctx, batch_axis=batch_axis) for part in (0, 1))
        return data, label

    def evaluate_batch(
        self, estimator: Estimator, val_batch: Any, batch_axis: int = 0
    ) -> tuple[Parts, Parts, Parts, Parts]:
        """Predict a batch.

        Parameters
        ----------
        estimator : Estimator
        val_batch : tuple
            Data and labels.
        batch_axis : int, default 0

        Returns
        -------
        data, label, pred, loss : list of NDArray
            One of each device.
        """
        data, label = self._get_data_and_label(val_batch, estimator.context, batch_axis)
        pred = [estimator.val_net(x) for x in data]
        loss = [estimator.val_loss(*pair) for pair in zip(pred, label, strict=True)]
        return data, label, pred, loss

    def fit_batch(
        self, estimator: Estimator, train_batch: Any, batch_axis: int = 0
    ) -> tuple[Parts, Parts, Parts, Parts]:
        """Predict a batch and compute the gradients; see `evaluate_batch`."""
        data, label = self._get_data_and_label(train_batch, estimator.context, batch_axis)
        with autograd.record():
            pred = [estimator.net(x) for x in data]
            loss = [estimator.loss(*pair) for pair in zip(pred, label, strict=True)]
        for each in loss:
            each.backward()
        return data, label, pred, loss
