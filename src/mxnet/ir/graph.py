"""A graph: the nodes that some outputs depend on, in an order in which they can run."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from mxnet.errors import CompositionError
from mxnet.ir.node import Entry, Node

__all__ = ["Graph", "postorder"]


def postorder(outputs: Iterable[Entry]) -> list[Node]:
    """Return every node the outputs depend on, each after its inputs, depth first and left to right.

    This is the order in which MXNet lists arguments and writes nodes. It does not recurse, so graphs may be
    deep.

    Raises
    ------
    CompositionError
        If the graph has a cycle.
    """
    order: list[Node] = []
    done: set[Node] = set()
    open_nodes: set[Node] = set()
    stack: list[tuple[Node, int]] = []
    for head in outputs:
        if head.node in done:
            continue
        stack.append((head.node, 0))
        open_nodes.add(head.node)
        while stack:
            node, position = stack.pop()
            inputs = node.inputs
            while position < len(inputs):
                child = inputs[position].node
                position += 1
                if child not in done:
                    if child in open_nodes:
                        raise CompositionError(f"The graph has a cycle through node {child.name!r}.")
                    stack.append((node, position))
                    stack.append((child, 0))
                    open_nodes.add(child)
                    break
            else:
                done.add(node)
                open_nodes.discard(node)
                order.append(node)
    return order


class Graph:
    """A frozen directed acyclic graph.

    Parameters
    ----------
    outputs : iterable of Entry
        The values the graph computes, in order; the nodes follow from them.
    """

    def __init__(self, outputs: Iterable[Entry]) -> None:
        self.outputs: tuple[Entry, ...] = tuple(outputs)
        self.nodes: tuple[Node, ...] = tuple(postorder(self.outputs))

    @functools.cached_property
    def index(self) -> dict[Node, int]:
        """The position of each node."""
        return {node: i for i, node in enumerate(self.nodes)}

    @functools.cached_property
    def aux(self) -> tuple[Node, ...]:
        """The variables that operators use as auxiliary states."""
        aux = {
            entry.node
            for node in self.nodes
            if node.op and node.op.arity[1]
            for entry in node.inputs[node.op.arity[0] :]
        }
        return tuple(node for node in self.nodes if node.op is None and node in aux)

    @functools.cached_property
    def arguments(self) -> tuple[Node, ...]:
        """The variables that are not auxiliary states."""
        aux = set(self.aux)
        return tuple(node for node in self.nodes if node.op is None and node not in aux)

    @functools.cached_property
    def operators(self) -> tuple[Node, ...]:
        """The nodes that compute."""
        return tuple(node for node in self.nodes if node.op is not None)

    def __str__(self) -> str:
        from mxnet.ir.printer import print_graph

        return print_graph(self)
