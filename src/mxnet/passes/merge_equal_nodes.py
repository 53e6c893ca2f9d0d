"""Computes once what is computed twice: nodes of the same operator and inputs become one.

Networks are full of them: shared sub-expressions, and the zeros and ones that gradients start from. An
operator is a value with its parameters bound, so equal is ``==``.
"""

from __future__ import annotations

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.passes.rewrite import place_of, rewrite

__all__ = ["merge_equal_constants", "merge_equal_nodes"]


def merge_equal_nodes(graph: Graph) -> Graph:
    """Return the graph with one node of each operator and inputs.

    Operators that are not pure, or write into their inputs, stay as they are; so do nodes in different
    places.
    """
    return _merged(graph, constants_only=False)


def merge_equal_constants(graph: Graph) -> Graph:
    """Return the graph with one node of each operator that reads nothing.

    Before the gradient is made, other equal nodes stay apart: each of two equal losses starts one.
    """
    return _merged(graph, constants_only=True)


def _merged(graph: Graph, *, constants_only: bool) -> Graph:
    first: dict[tuple[object, ...], tuple[Entry, ...]] = {}

    def merge(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        op = node.op
        if op is None or not op.pure or op.mutates or (constants_only and inputs):
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
