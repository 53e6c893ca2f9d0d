"""Computes values a second time in the backward half, instead of keeping them from the forward half.

What is kept between the halves is most of the memory of training. A value that is cheap to compute from
another one need not be kept: the nodes that make it are copied, and the gradients read the copies. Which
values to recompute is decided elsewhere (:mod:`mxnet.plan.budget`), or by the user's attribute
``force_mirroring``.

After: Chen et al., *Training Deep Nets with Sublinear Memory Cost*, 2016 (arXiv 1604.06174).
"""

from __future__ import annotations

from collections.abc import Callable

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import Op

__all__ = ["can_be_repeated", "recompute"]


def can_be_repeated(op: Op) -> bool:
    """Whether running the kernel again gives the same values and changes nothing else."""
    return op.pure and (not op.mutates or op.writes_in_backward_only)


def recompute(graph: Graph, n_outputs: int, is_repeated: Callable[[Node], bool]) -> Graph:
    """Return the graph in which gradients read copies of the nodes to repeat.

    This has to be the last pass: merging equal nodes would undo it.

    Parameters
    ----------
    graph : Graph
        Its first `n_outputs` outputs are the forward half's, the rest are gradients.
    is_repeated : callable
        Which nodes of the forward half not to keep. Those that cannot be repeated are kept all the same.
    """
    forward = set(Graph(graph.outputs[:n_outputs]).operators)
    copies: dict[Node, Node] = {}

    def read(entry: Entry) -> Entry:
        """Return what a gradient reads instead of a value of the forward half."""
        copy = copies.get(entry.node)
        return Entry(copy, entry.index) if copy is not None else entry

    for node in graph.operators:
        assert node.op is not None
        inputs = tuple(map(read, node.inputs))
        if node in forward:
            if can_be_repeated(node.op) and is_repeated(node):
                copies[node] = node.with_inputs(inputs)
        elif inputs != node.inputs:
            copies[node] = node.with_inputs(inputs)
    gradients = (entry if entry.node in forward else read(entry) for entry in graph.outputs[n_outputs:])
    return Graph((*graph.outputs[:n_outputs], *gradients))
