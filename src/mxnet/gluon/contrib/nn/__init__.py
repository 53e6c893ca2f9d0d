"""Layers beside those of ``mx.gluon.nn``."""

from __future__ import annotations

from mxnet.gluon.contrib.nn import basic_layers
from mxnet.gluon.contrib.nn.basic_layers import *  # noqa: F403 - they say in __all__ what they are

__all__ = [*basic_layers.__all__]
