"""Cells beside those of ``mx.gluon.rnn``."""

from __future__ import annotations

from mxnet.gluon.contrib.rnn import conv_rnn_cell, rnn_cell
from mxnet.gluon.contrib.rnn.conv_rnn_cell import *  # noqa: F403 - they say in __all__ what they are
from mxnet.gluon.contrib.rnn.rnn_cell import *  # noqa: F403

__all__ = [*conv_rnn_cell.__all__, *rnn_cell.__all__]
