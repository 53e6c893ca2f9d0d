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
    first: dict[tuple[object, ...], Node] = {}

    def merge(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        op = node.op
        if op is None or not op.pure or op.mutates or starts_gradient(op):
            return None
        # Begin states of one operator have other shapes where they are used otherwise.
        where = node.types if not inputs else place_of(node)
        key = (op, where, *[each for entry in inputs for each in (entry.node, entry.index)])
        found = first.get(key)
        if found is not None:
            return found.outputs
        first[key] = kept = node if inputs is node.inputs else node.with_inputs(inputs)
        return None if kept is node else kept.outputs

    return rewrite(graph, merge)
