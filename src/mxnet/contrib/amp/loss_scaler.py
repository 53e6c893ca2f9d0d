"""How much a loss is scaled so that its gradients fit into float16."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from mxnet import ndarray as nd

__all__ = ["LossScaler"]

_log = logging.getLogger()  # as in MXNet, the root logger


class LossScaler:
    """A scale that halves when a gradient overflows, and doubles after 2000 steps without.

    As in MXNet, a change takes effect when the next gradients are looked at.

    Examples
    --------
    >>> from mxnet.contrib.amp.loss_scaler import LossScaler
    >>> LossScaler().loss_scale
    65536.0
    """

    def __init__(self) -> None:
        self._loss_scale = 2.0**16
        self._next_loss_scale = self._loss_scale
        self._max_loss_scale = 2.0**24
        self._scale_seq_len = 2000
        self._unskipped = 0

    @property
    def loss_scale(self) -> float:
        """What the loss is multiplied by."""
        return self._loss_scale

    def has_overflow(self, params: Iterable[Any]) -> bool:
        """Look for infinities and NaN in the gradients of parameters, and let the scale follow.

        Parameters
        ----------
        params : iterable of Parameter
            Those whose ``_grad`` (a list of NDArray, one for each device) is None are left out.

        Returns
        -------
        bool
            Whether there are some, so that this step is better left out.
        """
        gradients = [gradient for param in params if param._grad is not None for gradient in param._grad]
        is_finite = not gradients or all(
            bool(nd.multi_all_finite(gradient, num_arrays=1).asscalar()) for gradient in gradients
        )
        self._loss_scale = self._next_loss_scale
        if not is_finite:
            self._next_loss_scale = self._loss_scale / 2
            self._unskipped = 0
            _log.info("AMP: decreasing loss scale to %f", self._next_loss_scale)
        else:
            self._unskipped += 1
        if self._unskipped == self._scale_seq_len:
            self._unskipped = 0
            self._next_loss_scale = min(self._max_loss_scale, self._loss_scale * 2)
            _log.info("AMP: increasing loss scale to %f", self._next_loss_scale)
        return not is_finite
