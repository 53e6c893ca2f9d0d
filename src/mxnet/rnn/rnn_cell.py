"""All cells under MXNet's module name."""

from __future__ import annotations

from mxnet.rnn.base import BaseRNNCell, CellError, RNNParams, SteppingError
from mxnet.rnn.cells import (
    BaseConvRNNCell,
    ConvGRUCell,
    ConvLSTMCell,
    ConvRNNCell,
    GRUCell,
    LSTMCell,
    RNNCell,
)
from mxnet.rnn.fused import FusedRNNCell
from mxnet.rnn.modifiers import (
    BidirectionalCell,
    DropoutCell,
    ModifierCell,
    ResidualCell,
    SequentialRNNCell,
    ZoneoutCell,
)

__all__ = [
    "BaseConvRNNCell",
    "BaseRNNCell",
    "BidirectionalCell",
    "CellError",
    "ConvGRUCell",
    "ConvLSTMCell",
    "ConvRNNCell",
    "DropoutCell",
    "FusedRNNCell",
    "GRUCell",
    "LSTMCell",
    "ModifierCell",
    "RNNCell",
    "RNNParams",
    "ResidualCell",
    "SequentialRNNCell",
    "SteppingError",
    "ZoneoutCell",
]
