"""Training without writing the loop, ``mx.gluon.contrib.estimator``."""

from __future__ import annotations

from mxnet.gluon.contrib.estimator import batch_processor, estimator, event_handler
from mxnet.gluon.contrib.estimator.batch_processor import BatchProcessor
from mxnet.gluon.contrib.estimator.estimator import Estimator
from mxnet.gluon.contrib.estimator.event_handler import *  # noqa: F403 - they say in __all__ what they are

__all__ = ["BatchProcessor", "Estimator", *event_handler.__all__]
