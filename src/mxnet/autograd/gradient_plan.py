"""What ``backward`` runs for a recorded graph: steps, planned once for all graphs of one structure."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from mxnet.analysis.gradient import gradients
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node

__all__ = ["GradientPlan", "Place", "plan_of"]

Place = tuple[int, int]
"""A value: the number of its node, and of its output. First come the nodes of the recorded graph, in its
order; then the gradients of its outputs, then the steps."""


class Step(NamedTuple):
    """A node of the gradient graph.

    Attributes
    ----------
    node : Node
        What is run, and what errors are blamed on.
    inputs : tuple of Place
        What it reads.
    outputs : tuple of Place
        What it makes.
    last : tuple of int
        Those of the nodes that are no recorded ones whose values nothing reads after it.
    """

    node: Node
    inputs: tuple[Place, ...]
    outputs: tuple[Place, ...]
    last: tuple[int, ...]


class GradientPlan(NamedTuple):
    """The gradient graph of a recorded one.

    Attributes
    ----------
    steps : list of Step
        In an order in which they can run.
    found : list of Place or None
        The gradient of each value that was asked for; None where nothing depends on it.
    alone : list of bool
        Whether nothing else reads that gradient.
    """

    steps: list[Step]
    found: list[Place | None]
    alone: list[bool]


_plans: OrderedDict[tuple[object, ...], GradientPlan] = OrderedDict()
_MOST_PLANS = 64


def plan_of(graph: Graph, wrt: Sequence[Entry]) -> GradientPlan:
    """Return the gradient graph of a recorded graph, of which each output has a gradient.

    Parameters
    ----------
    graph : Graph
        What was recorded.
    wrt : sequence of Entry
        Values of it, or others, that the gradients are wanted of.
    """
    number = graph.index
    key: list[object] = []
    for node in graph.nodes:
        op = node.op
        if op is None:
            key.append(None)
            continue
        if not op.interned:  # it holds what this one call has left
            return _new_plan(graph, wrt, graph.nodes)
        key += id(op), node.source and node.source.line
        for entry in node.inputs:
            key += number[entry.node], entry.index
    for entry in (*graph.outputs, *wrt):
        key += number.get(entry.node), entry.index
    found = _plans.get(exact := (len(wrt), *key))
    if found is None:
        # Nodes like the recorded ones, without their values, which would be kept by a plan.
        copies: list[Node] = []
        for node in graph.nodes:
            inputs = tuple([Entry(copies[number[entry.node]], entry.index) for entry in node.inputs])
            copies.append(Node(node.op, node.name, inputs, node.attrs, node.source))
        found = _plans[exact] = _new_plan(graph, wrt, copies)
        if len(_plans) > _MOST_PLANS:
            _plans.popitem(last=False)
    else:
        _plans.move_to_end(exact)
    return found


def _new_plan(graph: Graph, wrt: Sequence[Entry], nodes: Sequence[Node]) -> GradientPlan:
    """Return the plan for a graph whose nodes these ones stand for."""
    number = graph.index
    elsewhere = Node(None, "elsewhere")

    def standing_for(entry: Entry) -> Entry:
        i = number.get(entry.node)
        return Entry(elsewhere if i is None else nodes[i], entry.index)

    seeds = [Entry(Node(None, "head_grad")) for _ in graph.outputs]
    outputs = Graph([standing_for(entry) for entry in graph.outputs])
    found = gradients(outputs, [standing_for(entry) for entry in wrt], seeds)
    given = [*nodes, *(seed.node for seed in seeds)]
    place = {node: i for i, node in enumerate(given)}
    order = _to_run(found, place.keys())
    place.update((node, len(given) + i) for i, node in enumerate(order))

    def places(entries: Sequence[Entry]) -> tuple[Place, ...]:
        return tuple([(place[entry.node], entry.index) for entry in entries])

    last: dict[int, int] = {}
    for i, node in enumerate(order):
        last.update((place[entry.node], i) for entry in node.inputs)
    leave: dict[int, list[int]] = {}
    kept = {*range(len(nodes)), *(place[entry.node] for entry in found if entry is not None)}
    for value, i in last.items():
        if value not in kept:
            leave.setdefault(i, []).append(value)
    steps = [
        Step(node, places(node.inputs), places(node.outputs), tuple(leave.get(i, ())))
        for i, node in enumerate(order)
    ]
    read = Counter(entry for entry in found if entry is not None)
    read.update(entry for node in order for entry in node.inputs)
    return GradientPlan(
        steps,
        [None if entry is None else places([entry])[0] for entry in found],
        [entry is not None and read[entry] == 1 for entry in found],
    )


def _to_run(wanted: Sequence[Entry | None], given: object) -> list[Node]:
    """Return the nodes that must run for these, each after those it reads; given ones have run."""
    order: list[Node] = []
    seen: set[Node] = set()
    stack = [(entry.node, False) for entry in wanted if entry is not None]
    while stack:
        node, inputs_done = stack.pop()
        if inputs_done:
            order.append(node)
        elif node not in seen and node not in given:  # type: ignore[operator]
            seen.add(node)
            stack.append((node, True))
            stack += [(entry.node, False) for entry in node.inputs]
    return order
