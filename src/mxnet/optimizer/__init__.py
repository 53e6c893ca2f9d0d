"""Optimizers: how parameters follow their gradients."""

from __future__ import annotations

from mxnet.historic import lend
from mxnet.optimizer import contrib, optimizer
from mxnet.optimizer.optimizer import *  # noqa: F403 - MXNet offers them in both places
from mxnet.optimizer.optimizer import __all__ as _names

__all__ = ["contrib", "optimizer", *_names]


lend(__name__)
