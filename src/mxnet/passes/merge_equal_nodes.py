"""Computes once what is computed twice: nodes of the same operator and inputs become one.

Networks are full of them: shared sub-expressions, and the zeros and ones that gradients start from. An
operator is a value with its parameters bound, so equal is ``==``.
"""

from __future__ import annotations

from mxnet.analysis.gradient import starts_gradient
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.passes.rewrite import place_of, rewrite

__all__ = ["merge_equal_nodes"]


def merge_equal_nodes(graph: Graph) -> Graph:
    """Return the graph with one node of each operator and inputs.

    Operators that are not pure, or write into their inputs, stay as they are; so do losses, each of which
    starts a gradient, and nodes in different places.
    """
    first: dict[tuple[object, ...], tuple[Entry, ...]] = {}

    def merge(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        op = node.op
        if op is None or not op.pure or op.mutates or starts_gradient(op):
            return None
        read = tuple([(entry.node, entry.index) for entry in inputs])
        # Begin states of one operator have other shapes where they are used otherwise.
        key = (op, read, place_of(node), None if inputs else node.types)
        if key in first:
            return first[key]
        kept = node if inputs == node.inputs else node.with_inputs(inputs)
        first[key] = kept.outputs
        return None if kept is node else kept.outputs

    return rewrite(graph, merge)
