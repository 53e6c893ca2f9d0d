"""The layers of networks, ``mx.gluon.nn``: each a few lines over its operator."""

from __future__ import annotations

from mxnet.gluon.block import Block, HybridBlock, SymbolBlock
from mxnet.gluon.nn import activations, basic_layers, conv_layers
from mxnet.gluon.nn.activations import *  # noqa: F403 - they say in __all__ what they are
from mxnet.gluon.nn.basic_layers import *  # noqa: F403
from mxnet.gluon.nn.conv_layers import *  # noqa: F403

__all__ = [
    "Block",
    "HybridBlock",
    "SymbolBlock",
    *activations.__all__,
    *basic_layers.__all__,
    *conv_layers.__all__,
]
