"""A graph as a block."""

from __future__ import annotations

from mxnet.gluon.block.hybrid import HybridBlock

__all__ = ["SymbolBlock"]


class SymbolBlock(HybridBlock):
    """A graph as a block."""
