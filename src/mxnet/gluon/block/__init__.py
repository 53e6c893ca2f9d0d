"""Blocks: what networks are made of."""

from mxnet.gluon.block.block import Block
from mxnet.gluon.block.forms import flatten as _flatten
from mxnet.gluon.block.forms import regroup as _regroup
from mxnet.gluon.block.hybrid import HybridBlock
from mxnet.gluon.block.scope import BlockScope as _BlockScope
from mxnet.gluon.block.symbol_block import SymbolBlock

__all__ = ["Block", "HybridBlock", "SymbolBlock"]
