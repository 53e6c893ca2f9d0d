"""The plan: which nodes run, in which order, when each value dies, and the most bytes alive at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mxnet.analysis.infer import Inferred
from mxnet.dtype import numpy_type
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node

__all__ = ["Plan", "Step", "Value", "make_plan"]


@dataclass(frozen=True, slots=True)
class Value:
    """One tensor of a plan: where it comes from, its shape and dtype."""

    entry: Entry
    shape: tuple[int, ...]
    dtype: str

    @property
    def nbytes(self) -> int:
        """Its size in bytes."""
        return math.prod(self.shape) * np.dtype(numpy_type(self.dtype)).itemsize


@dataclass(frozen=True, slots=True)
class Step:
    """One node to run: the values it reads and makes, and those that nothing needs afterwards."""

    node: Node
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    frees: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """What a program will do.

    Attributes
    ----------
    values : tuple of Value
        All tensors, by number.
    variables : tuple of int
        The values that are given: arguments, auxiliary states, head gradients.
    forward, backward : tuple of Step
        The steps of the two halves.
    outputs, gradients : tuple of int
        What the two halves return.
    saved : tuple of int
        What the forward half keeps for the backward half.
    """

    values: tuple[Value, ...]
    variables: tuple[int, ...]
    forward: tuple[Step, ...]
    backward: tuple[Step, ...]
    outputs: tuple[int, ...]
    gradients: tuple[int, ...]
    saved: tuple[int, ...]

    def live_bytes(self) -> list[int]:
        """Return the bytes of intermediate values that are alive during each step, forward then backward."""
        alive: set[int] = set()
        total, timeline = 0, []
        for step in (*self.forward, *self.backward):
            for v in step.outputs:
                alive.add(v)
                total += self.values[v].nbytes
            timeline.append(total)
            for v in step.frees:
                if v in alive:
                    alive.discard(v)
                    total -= self.values[v].nbytes
        return timeline

    @property
    def peak_bytes(self) -> int:
        """The most bytes of intermediate values that are alive at once."""
        return max(self.live_bytes(), default=0)


def make_plan(graph: Graph, n_outputs: int, shapes: Inferred, dtypes: Inferred) -> Plan:
    """Plan a graph.

    Parameters
    ----------
    graph : Graph
        Its first `n_outputs` outputs are the forward half's, the rest are gradients.
    shapes, dtypes : Inferred
        Complete facts about that graph.
    """
    numbers = _Numbers(graph)
    values = [
        Value(entry, shapes.values[i][entry.index], dtypes.values[i][entry.index])
        for i, node in enumerate(graph.nodes)
        for entry in node.outputs
    ]
    outputs = tuple(numbers[entry] for entry in graph.outputs[:n_outputs])
    gradients = tuple(numbers[entry] for entry in graph.outputs[n_outputs:])
    forward_nodes = _needed(graph.outputs[:n_outputs])
    all_nodes = _needed(graph.outputs)
    forward = [node for node in graph.operators if id(node) in forward_nodes]
    backward = [node for node in graph.operators if id(node) in all_nodes and id(node) not in forward_nodes]
    given = tuple(numbers.first[id(node)] for node in graph.nodes if node.op is None)

    made = {v for node in forward for v in numbers.made_by(node)}
    read_later = {numbers[entry] for node in backward for entry in _read(node)} | set(gradients)
    saved = tuple(sorted(made & read_later))
    return Plan(
        tuple(values),
        given,
        _steps(forward, numbers, {*given, *outputs, *saved}),
        _steps(backward, numbers, {*given, *outputs, *saved, *gradients}),
        outputs,
        gradients,
        saved,
    )


class _Numbers:
    """The numbers of values: those of a node's outputs follow each other."""

    def __init__(self, graph: Graph) -> None:
        self.first: dict[int, int] = {}
        count = 0
        for node in graph.nodes:
            self.first[id(node)] = count
            count += node.op.arity[2] if node.op is not None else 1

    def __getitem__(self, entry: Entry) -> int:
        return self.first[id(entry.node)] + entry.index

    def made_by(self, node: Node) -> range:
        first = self.first[id(node)]
        return range(first, first + (node.op.arity[2] if node.op is not None else 1))


def _read(node: Node) -> Sequence[Entry]:
    """Return the inputs whose values, and not only shapes, a node reads."""
    assert node.op is not None
    skip = node.op.shape_only
    if not skip:
        return node.inputs
    return [entry for i, entry in enumerate(node.inputs) if i not in skip]


def _needed(outputs: Sequence[Entry]) -> set[int]:
    """Return (by ``id``) the nodes that must run; a node of which only the shape is read need not."""
    needed: set[int] = set()
    stack = [entry.node for entry in outputs]
    while stack:
        node = stack.pop()
        if id(node) not in needed:
            needed.add(id(node))
            if node.op is not None:
                stack.extend(entry.node for entry in _read(node))
    return needed


def _steps(nodes: Sequence[Node], numbers: _Numbers, kept: set[int]) -> tuple[Step, ...]:
    """Return the steps, with each value that is not kept freed after the last step that reads it."""
    steps: list[Step] = []
    seen = set(kept)
    for node in reversed(nodes):
        reads = [numbers[entry] for entry in _read(node)]
        makes = tuple(numbers.made_by(node))
        frees = tuple(v for v in dict.fromkeys((*reads, *makes)) if v not in seen)
        seen.update(frees)
        steps.append(Step(node, tuple(numbers[entry] for entry in node.inputs), makes, frees))
    return tuple(reversed(steps))
