"""Recurrent networks, ``mx.gluon.rnn``: cells that take one step, and layers of whole sequences."""

from __future__ import annotations

from mxnet.gluon.rnn import rnn_cell, rnn_layer
from mxnet.gluon.rnn.rnn_cell import *  # noqa: F403 - they say in __all__ what they are
from mxnet.gluon.rnn.rnn_layer import *  # noqa: F403

__all__ = [*rnn_cell.__all__, *rnn_layer.__all__]
