"""All cells under MXNet's module name."""

from __future__ import annotations

from mxnet.rnn.base import (
    BaseRNNCell,
    CellError,
    RNNParams,
    SteppingError,
    _normalize_sequence,  # noqa: F401 - programs outside import it from here
)
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
from mxnet.rnn.modifiers import (  # noqa: F401 - those with an underscore too
    BidirectionalCell,
    DropoutCell,
    ModifierCell,
    ResidualCell,
    SequentialRNNCell,
    ZoneoutCell,
    _cells_begin_state,
    _cells_pack_weights,
    _cells_state_info,
    _cells_state_shape,
    _cells_unpack_weights,
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
