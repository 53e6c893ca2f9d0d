"""Gradients that many operators share, for them to adopt."""

from __future__ import annotations

from collections.abc import Sequence

from mxnet.ir.node import Entry, Node
from mxnet.ir.op import Op

__all__ = ["no_gradient", "unchanged"]


def no_gradient(self: Op, node: Node, grads: Sequence[Entry]) -> Sequence[None]:
    """Let no gradient through: it is zero."""
    return (None,) * len(node.inputs)


def unchanged(self: Op, node: Node, grads: Sequence[Entry]) -> Sequence[Entry]:
    """Hand the gradient of the output on to the one input."""
    return (grads[0],)
