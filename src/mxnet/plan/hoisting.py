"""What need not be computed in every run: constants, and what is made of parameters alone.

A folded or packed weight is an ordinary node of the graph. Here it is found that nothing but parameters goes
into it, and it becomes a *preparation*: run once, and again only after one of its parameters has changed.
"""

from __future__ import annotations

from collections.abc import Sequence

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.storage import DENSE

__all__ = ["hoisted_nodes", "independent_groups"]

_MOST_CONSTANT = 1 << 20  # bytes; a large constant is not worth the memory it would keep


def hoisted_nodes(graph: Graph, *, parameters: bool) -> set[Node]:
    """Return the nodes that are run once, and not in every run.

    Parameters
    ----------
    graph : Graph
        With types: large constants stay where they are.
    parameters : bool
        Whether what is made of parameters is hoisted, too: in inference, where they change seldom.
    """
    made_of = _candidates(graph, parameters=parameters)
    computed = {node for node in made_of if node.op is not None}
    if not computed:
        return set()
    hoisted: set[Node] = set()
    stays = {entry.node for entry in graph.outputs}
    for node in reversed(graph.operators):
        assert node.op is not None
        if node in computed and node not in stays:
            hoisted.add(node)
        elif computed.isdisjoint([entry.node for entry in node.inputs]):
            continue
        slots = node.op.input_names() + node.op.aux_names()
        for position, entry in enumerate(node.inputs):
            takes_learned = node in hoisted or slots[position] in node.op.learned
            if made_of.get(entry.node) and not takes_learned and position not in node.op.shape_only:
                stays.add(entry.node)
    waits = computed - hoisted
    for node in graph.operators:  # what reads a value that stays cannot go before it
        if node in hoisted and not waits.isdisjoint([entry.node for entry in read_by(node)]):
            hoisted.discard(node)
            waits.add(node)
    return hoisted


def _candidates(graph: Graph, *, parameters: bool) -> dict[Node, frozenset[Node]]:
    """Return the nodes made of nothing, or of parameters alone, with the variables they are made of."""
    made_of: dict[Node, frozenset[Node]] = {}
    for node in graph.nodes:
        if node.op is None:
            # Of what is not stored densely, nobody says what has changed.
            if parameters and (node.types is None or node.types[0].stype == DENSE):
                made_of[node] = frozenset((node,))
        elif node.op.pure and not node.op.mutates and not node.subgraphs:
            read = read_by(node)
            for entry in read:
                if entry.node not in made_of:
                    break
            else:
                found: frozenset[Node] = frozenset().union(*(made_of[entry.node] for entry in read))
                if found or all(each.nbytes <= _MOST_CONSTANT for each in node.types or ()):
                    made_of[node] = found
    return made_of


def read_by(node: Node) -> Sequence[Entry]:
    """Return the inputs whose values, and not only shapes, a node reads."""
    assert node.op is not None
    skip = node.op.shape_only
    return [entry for i, entry in enumerate(node.inputs) if i not in skip] if skip else node.inputs


def independent_groups(nodes: Sequence[Node]) -> list[list[Node]]:
    """Divide hoisted nodes into groups that do not depend on each other, each in the order of running."""
    group_of: dict[Node, list[Node]] = {}
    for node in nodes:
        joined = [node]
        before = [group_of[entry.node] for entry in read_by(node) if entry.node in group_of]
        for group in {id(group): group for group in before}.values():
            joined = group + joined
        for each in joined:
            group_of[each] = joined
    return list({id(group): group for group in group_of.values()}.values())
