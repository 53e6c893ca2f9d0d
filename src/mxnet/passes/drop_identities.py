"""Leaves out what does nothing in inference: identities, gradient stops and losses' wrappers, and dropout."""

from __future__ import annotations

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.passes.rewrite import rewrite

__all__ = ["drop_identities"]


def drop_identities(graph: Graph) -> Graph:
    """Return the graph without the nodes whose output is their input when ``is_train`` is False."""

    def drop(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        return inputs[:1] if node.op is not None and node.op.identity_in_inference else None

    return rewrite(graph, drop)
