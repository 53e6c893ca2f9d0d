"""Computes values a second time in the backward half, instead of keeping them from the forward half.

What is kept between the halves is most of the memory of training. A value that is cheap to compute from
another
one need not be kept: the nodes that make it are copied, and the gradients read the copies. Which values to
recompute is decided elsewhere (:mod:`mxnet.plan.budget`), or by the user's attribute ``force_mirroring``.

After: Chen et al., *Training Deep Nets with Sublinear Memory Cost*, 2016 (arXiv 1604.06174).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import Op

__all__ = ["can_be_repeated", "recompute"]

Sources = Mapping[int, Node]
"""By the ``id`` of a copy, the node that it copies."""


def can_be_repeated(op: Op) -> bool:
    """Whether running the kernel again gives the same values and changes nothing else."""
    return op.pure and (not op.mutates or op.writes_in_backward_only)


def recompute(graph: Graph, n_outputs: int, is_repeated: Callable[[Node], bool]) -> tuple[Graph, Sources]:
    """Return the graph in which gradients read copies of the nodes to repeat, and what the copies are of.

    This has to be the last pass: merging equal nodes would undo it.

    Parameters
    ----------
    graph : Graph
        Its first `n_outputs` outputs are the forward half's, the rest are gradients.
    is_repeated : callable
        Which nodes of the forward half not to keep. Those that cannot be repeated are kept all the same.
    """
    forward = {id(node) for node in Graph(graph.outputs[:n_outputs]).operators}
    repeated = {
        id(node)
        for node in graph.operators
        if id(node) in forward and node.op is not None and can_be_repeated(node.op) and is_repeated(node)
    }
    copies: dict[int, Node] = {}

    def read(entry: Entry) -> Entry:
        """Return what a gradient reads instead of a value of the forward half."""
        copy = copies.get(id(entry.node))
        return Entry(copy, entry.index) if copy is not None else entry

    for node in graph.operators:
        inputs = tuple(map(read, node.inputs))
        if id(node) in repeated or (id(node) not in forward and inputs != node.inputs):
            copies[id(node)] = node.with_inputs(inputs)
    gradients = (entry if id(entry.node) in forward else read(entry) for entry in graph.outputs[n_outputs:])
    sources = {id(copy): node for node in graph.operators if (copy := copies.get(id(node))) is not None}
    return Graph((*graph.outputs[:n_outputs], *gradients)), sources
