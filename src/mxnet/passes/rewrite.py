"""How passes change a graph: node by node, in order, with everything downstream following."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Sequence

from mxnet.errors import MXNetError
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, describe_node
from mxnet.ir.op import Op, is_hidden

__all__ = ["count_readers", "rewrite", "stand_in", "verify"]

Rule = Callable[[Node, tuple[Entry, ...]], tuple[Entry, ...] | None]
"""Takes a node and its new inputs; returns what to use instead of its outputs, None to keep it."""


def rewrite(graph: Graph, rule: Rule) -> Graph:
    """Return the graph in which a rule has replaced nodes; untouched parts keep their very nodes."""
    replaced: dict[int, Sequence[Entry]] = {}  # by the id of a node, which is found faster than an entry

    def now(entry: Entry) -> Entry:
        outputs = replaced.get(id(entry.node))
        return entry if outputs is None else outputs[entry.index]

    for node in graph.operators:
        inputs = tuple(map(now, node.inputs))
        outputs = rule(node, inputs)
        if outputs is None and any(map(operator.is_not, inputs, node.inputs)):
            outputs = node.with_inputs(inputs).outputs
        if outputs is not None:
            replaced[id(node)] = outputs
    if not replaced:
        return graph
    return Graph(map(now, graph.outputs))


def count_readers(graph: Graph) -> Counter[Entry]:
    """Return how often each value is read, by nodes and users; who looks only at its shape does not count."""
    readers = Counter(graph.outputs)
    for node in graph.operators:
        assert node.op is not None
        readers.update(entry for i, entry in enumerate(node.inputs) if i not in node.op.shape_only)
    return readers


def stand_in(op: Op, inputs: tuple[Entry, ...], first: Node, *others: Node) -> Node:
    """Return a node in the place of several; its name says which: ``conv1+bn1``."""
    notes = {key: note for key, note in first.attrs.items() if is_hidden(key)}
    name = "+".join(each.name for each in (first, *others))
    node = Node(op, name, inputs, notes, first.source)
    node.replaces = first.original
    return node


def verify(graph: Graph) -> None:
    """Check what holds for every graph; for tests, after each pass.

    Raises
    ------
    MXNetError
        If a node has the wrong number of inputs, or reads an output that does not exist.
    """
    for node in graph.operators:
        assert node.op is not None
        n_in, n_aux, _ = node.op.arity
        if len(node.inputs) != n_in + n_aux:
            raise MXNetError(f"{describe_node(node)} has {len(node.inputs)} inputs, not {n_in + n_aux}.")
        for entry in node.inputs:
            made = entry.node.op.arity[2] if entry.node.op is not None else 1
            if not 0 <= entry.index < made:
                raise MXNetError(
                    f"{describe_node(node)} reads output {entry.index} of {describe_node(entry.node)}."
                )
