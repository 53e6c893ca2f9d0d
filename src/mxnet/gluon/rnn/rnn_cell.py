"""All cells under MXNet's module name."""

from __future__ import annotations

from mxnet.gluon.rnn.cells import GRUCell, LSTMCell, RNNCell
from mxnet.gluon.rnn.modifiers import (
    BidirectionalCell,
    DropoutCell,
    HybridSequentialRNNCell,
    ModifierCell,
    ResidualCell,
    SequentialRNNCell,
    ZoneoutCell,
)
from mxnet.gluon.rnn.recurrent import HybridRecurrentCell, RecurrentCell
from mxnet.gluon.rnn.sequences import (  # noqa: F401 - programs outside import them from here
    begin_of as _get_begin_state,
)
from mxnet.gluon.rnn.sequences import (  # noqa: F401
    format_sequence as _format_sequence,
)
from mxnet.gluon.rnn.sequences import (  # noqa: F401
    mask_sequence as _mask_sequence_variable_length,
)
from mxnet.gluon.rnn.sequences import (  # noqa: F401
    reverse_sequences as _reverse_sequences,
)

__all__ = [
    "BidirectionalCell",
    "DropoutCell",
    "GRUCell",
    "HybridRecurrentCell",
    "HybridSequentialRNNCell",
    "LSTMCell",
    "ModifierCell",
    "RNNCell",
    "RecurrentCell",
    "ResidualCell",
    "SequentialRNNCell",
    "ZoneoutCell",
]
