"""Leaves out what does nothing in inference: identities, gradient stops and losses' wrappers, and dropout."""

from __future__ import annotations

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.passes.rewrite import rewrite

__all__ = ["drop_identities"]

_IDENTITIES = frozenset({"_copy", "BlockGrad", "MakeLoss", "make_loss"})


def drop_identities(graph: Graph) -> Graph:
    """Return the graph without the nodes whose output is their input when ``is_train`` is False."""

    def drop(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        op = node.op
        does_nothing = op is not None and (
            op.name in _IDENTITIES or (op.name == "Dropout" and getattr(op, "mode", "") == "training")
        )
        return inputs[:1] if does_nothing else None

    return rewrite(graph, drop)
