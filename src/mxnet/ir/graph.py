"""A graph: the nodes that some outputs depend on, in an order in which they can run."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from mxnet.ir.node import Entry, Node, postorder
from mxnet.ir.printer import print_graph

__all__ = ["Graph"]


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
    def sources(self) -> list[list[tuple[int, int]]]:
        """By node, the position of the node that makes each input, and which output; of a residual -1, 0."""
        index = self.index
        return [
            [(-1, 0) if entry.is_residual else (index[entry.node], entry.index) for entry in node.inputs]
            for node in self.nodes
        ]

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
        return print_graph(self.nodes, self.outputs)
