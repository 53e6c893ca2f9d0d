"""The graph that is deployed: without losses, labels, and branches that only training has."""

from __future__ import annotations

from collections.abc import Iterable

from mxnet.errors import CompositionError, few
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emitting

__all__ = ["NothingLeftError", "inference_graph"]


class NothingLeftError(CompositionError):
    """Every output of a graph needs a label."""


def inference_graph(graph: Graph, *, keeps_labels: bool = False) -> Graph:
    """Return what a graph computes without its labels.

    A loss becomes what it predicts, under its own name; what does nothing but in training is left out. A
    label is a variable whose name ends in ``label``, or that nothing but the label input of losses reads.
    Outputs that still need one are dropped, and so are those of operators that only training has.

    Parameters
    ----------
    graph : Graph
        As it was composed, or with types.
    keeps_labels : bool
        Whether what needs a label stays, so that all outputs do.

    Raises
    ------
    NothingLeftError
        If no output is left.
    """
    made: dict[Entry, Entry] = {}
    of_training: set[Node] = set()
    labels = set() if keeps_labels else _labels(graph)
    heads = {entry.node for entry in graph.outputs}
    for node in graph.nodes:
        inputs = tuple([made.get(entry, entry) for entry in node.inputs])
        needed = [entry for entry, slot in _slots(node, inputs) if slot not in _left_out(node)]
        only_trains = not keeps_labels and _only_trains(node)
        if node in labels or any(entry.node in of_training for entry in needed) or only_trains:
            of_training.add(node)
            continue
        replaced = _replaced(node, inputs, is_head=node in heads)
        if isinstance(replaced, Entry):
            made[Entry(node)] = replaced
        else:
            made.update(zip(node.entries, replaced.entries, strict=True))
    outputs = [made[entry] for entry in graph.outputs if entry.node not in of_training]
    if not outputs:
        raise NothingLeftError(
            f"Without labels ({few(node.name for node in labels)}) nothing is left of the outputs "
            f"{few(entry.output_name for entry in graph.outputs)}. What predicts stands before them: take it "
            'from get_internals(), such as sym.get_internals()["fc1_output"].'
        )
    return Graph(outputs)


def _slots(node: Node, inputs: tuple[Entry, ...]) -> Iterable[tuple[Entry, str]]:
    return zip(inputs, node.op.input_names() + node.op.aux_names() if node.op else (), strict=True)


def _left_out(node: Node) -> tuple[str, ...]:
    """Return the inputs that are not read any more once the node is replaced."""
    return node.op.labels if node.op and node.op.in_inference else ()


def _only_trains(node: Node) -> bool:
    return node.op is not None and bool(node.op.labels) and node.op.in_inference is None


def _labels(graph: Graph) -> set[Node]:
    """Return the variables that are labels."""
    elsewhere: set[Node] = set()
    in_slots: set[Node] = set()
    for node in graph.nodes:
        for entry, slot in _slots(node, node.inputs):
            (in_slots if slot in (node.op.labels if node.op else ()) else elsewhere).add(entry.node)
    return {
        node
        for node in graph.nodes
        if node.op is None and (node.name.endswith("label") or node in in_slots - elsewhere)
    }


def _replaced(node: Node, inputs: tuple[Entry, ...], *, is_head: bool) -> Node | Entry:
    """Return what takes the place of a node."""
    op = node.op
    if op is None:
        return node
    if op.identity_in_inference and not is_head:
        return inputs[0]
    if op.in_inference is None:
        return node if inputs == node.inputs else node.with_inputs(inputs)
    with emitting(node, "inference"):
        made: Entry = op.in_inference(*inputs)
    last = made.node
    if last.op is None or made in inputs:
        return made
    return Entry(
        Node(last.op, node.name, last.inputs, last.attrs, node.source, replaces=node, types=last.types)
    )
