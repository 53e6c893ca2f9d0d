"""The plan: which nodes run, in which order, where each value lies, when it dies, and the peak bytes."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mxnet.analysis.infer import Inferred
from mxnet.dtype import numpy_type
from mxnet.ir.constraints import is_complete
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ops.backward import Backward
from mxnet.plan.hoisting import hoisted_nodes, independent_groups, read_by
from mxnet.plan.memory import Memory, share_memory

__all__ = ["Plan", "Preparation", "Step", "Value", "make_plan"]


@dataclass(frozen=True, slots=True)
class Value:
    """One tensor of a plan: where it comes from, its shape (incomplete if only data tell) and dtype."""

    entry: Entry
    shape: tuple[int, ...]
    dtype: str

    @property
    def nbytes(self) -> int:
        """Its size in bytes, 0 if only data tell."""
        if not is_complete(self.shape):
            return 0
        return math.prod(self.shape) * np.dtype(numpy_type(self.dtype)).itemsize


@dataclass(frozen=True, slots=True)
class Step:
    """One node to run.

    Attributes
    ----------
    node : Node
        What runs.
    inputs, outputs : tuple of int
        The values it reads and makes.
    frees : tuple of int
        Those that nothing needs afterwards.
    takes : int or None
        The value whose memory the first output takes over.
    writes : tuple of (int, int)
        Outputs that are gradients, by value and number, which this step's kernel itself writes into the bound
        array.
    """

    node: Node
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    frees: tuple[int, ...] = ()
    takes: int | None = None
    writes: tuple[tuple[int, int], ...] = ()

    def taking(self, value: int) -> Step:
        """Return the step with its first output in the memory of `value`."""
        return dataclasses.replace(self, takes=value)


@dataclass(frozen=True, slots=True)
class Preparation:
    """Steps that run only when one of the variables that they read has changed.

    Attributes
    ----------
    steps : tuple of Step
        The steps.
    reads : tuple of int
        The variables they read, by value.
    makes : tuple of int
        The values that other steps read.
    """

    steps: tuple[Step, ...]
    reads: tuple[int, ...]
    makes: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """What a program will do.

    Attributes
    ----------
    values : tuple of Value
        All tensors, by number.
    variables : tuple of int
        The values that are given: arguments, auxiliary states, head gradients.
    preparations : tuple of Preparation
        What runs before the first run, and again when what it was made from has changed.
    forward, backward : tuple of Step
        The steps of the two halves.
    outputs : tuple of int
        What the forward half returns.
    gradients : tuple of (int, str)
        What the backward half writes into bound arrays, and whether it writes or adds.
    saved : tuple of int
        What the forward half keeps for the backward half.
    memory : Memory
        Which values share memory.
    """

    values: tuple[Value, ...]
    variables: tuple[int, ...]
    preparations: tuple[Preparation, ...]
    forward: tuple[Step, ...]
    backward: tuple[Step, ...]
    outputs: tuple[int, ...]
    gradients: tuple[tuple[int, str], ...]
    saved: tuple[int, ...]
    memory: Memory

    @property
    def prepared(self) -> tuple[int, ...]:
        """The values that preparations make, in order."""
        return tuple(v for preparation in self.preparations for v in preparation.makes)

    def is_own(self, output: int) -> bool:
        """Whether an output surely lies in memory that neither a bound array nor another output uses."""
        memory = self.memory
        mine = memory.may_touch[output]
        others = [v for v in (*self.variables, *self.prepared) if v in mine]
        return not others and sum(bool(mine & memory.may_touch[v]) for v in self.outputs) == 1

    def timeline(self) -> Iterator[tuple[Step, int]]:
        """Yield each step with the bytes of intermediate values that are alive while it runs.

        Memory that several values share counts once; bound arrays and prepared parameters do not count.
        """
        bytes_of: dict[int, int] = {}
        users: dict[int, set[int]] = {}
        owner = self.memory.owner
        outside = {*self.variables, *self.prepared}
        for step in (*self.forward, *self.backward):
            written = {v for v, _ in step.writes}
            for v in step.outputs:
                if owner[v] not in outside and v not in written:
                    users.setdefault(owner[v], set()).add(v)
                    bytes_of[owner[v]] = self.values[owner[v]].nbytes
            yield step, sum(bytes_of.values())
            for v in step.frees:
                mine = users.get(owner[v])
                if mine is not None:
                    mine.discard(v)
                    if not mine:
                        bytes_of.pop(owner[v], None)
                        del users[owner[v]]

    @property
    def peak_bytes(self) -> int:
        """The most bytes of intermediate values that are alive at once."""
        return max((alive for _, alive in self.timeline()), default=0)


def make_plan(
    graph: Graph,
    shapes: Inferred,
    dtypes: Inferred,
    *,
    n_outputs: int,
    requests: Sequence[str] = (),
    hoist: bool = True,
    hoist_parameters: bool = False,
    share: bool = True,
    late_shapes: bool = False,
) -> Plan:
    """Plan a graph.

    Parameters
    ----------
    graph : Graph
        Outputs, and then gradients.
    shapes, dtypes : Inferred
        Complete facts about that graph.
    n_outputs : int
        How many of its outputs the forward half returns; the rest are gradients.
    requests : sequence of {'write', 'add'}
        What is to be done with each gradient.
    hoist : bool
        Whether constants are computed once, and not in every run.
    hoist_parameters : bool
        Whether what is made of parameters alone is kept between runs.
    share : bool
        Whether kernels may write over values that nothing needs any more, and into bound gradients.
    late_shapes : bool
        Whether there are shapes that only data tell: values then live on for nodes that read their shape.
    """
    reads = _all_inputs if late_shapes else read_by
    numbers = _Numbers(graph)
    values = tuple(
        Value(entry, shapes.values[i][entry.index], dtypes.values[i][entry.index])
        for i, node in enumerate(graph.nodes)
        for entry in node.outputs
    )
    outputs = tuple(numbers[entry] for entry in graph.outputs[:n_outputs])
    gradients = tuple(numbers[entry] for entry in graph.outputs[n_outputs:])
    busy = [Entry(node) for node in graph.operators if node.op and "forward" in node.op.effects]
    forward_nodes = _needed([*graph.outputs[:n_outputs], *busy], reads)
    all_nodes = _needed([*graph.outputs, *busy], reads)
    hoisted = hoisted_nodes(graph, shapes, parameters=hoist_parameters) if hoist else set()
    early = [node for node in graph.operators if id(node) in hoisted and id(node) in all_nodes]
    running = [node for node in graph.operators if id(node) in all_nodes and id(node) not in hoisted]
    forward = [node for node in running if id(node) in forward_nodes]
    backward = [node for node in running if id(node) not in forward_nodes]
    given = tuple(numbers.first[id(node)] for node in graph.nodes if node.op is None)
    preparations = _preparations(early, running, numbers)
    prepared = {v for preparation in preparations for v in preparation.makes}

    made = {v for node in forward for v in numbers.made_by(node)}
    read_later = {numbers[entry] for node in backward for entry in reads(node)} | set(gradients)
    saved = tuple(sorted(made & read_later))
    lasting = {*given, *prepared, *outputs}
    if not gradients:
        saved = ()
    # A gradient that a forward step makes (or that is a variable) is written when the backward half begins.
    last = {v for v in gradients if v in saved or v in lasting}
    steps = (
        *_steps(forward, numbers, {*lasting, *saved}, reads),
        *_steps(backward, numbers, {*lasting, *last}, reads),
    )
    memory = Memory(len(values))
    if share:
        steps, memory = share_memory(steps, values, {*given, *prepared})
        if requests:
            steps = _with_targets(steps, outputs, gradients, requests)
    else:
        for step in steps:
            memory.made(step)
    return Plan(
        values,
        given,
        preparations,
        steps[: len(forward)],
        steps[len(forward) :],
        outputs,
        tuple(zip(gradients, requests or ("write",) * len(gradients), strict=True)),
        saved,
        memory,
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


def _all_inputs(node: Node) -> Sequence[Entry]:
    return node.inputs


Reads = Callable[[Node], Sequence[Entry]]


def _needed(outputs: Sequence[Entry], reads: Reads) -> set[int]:
    """Return (by ``id``) the nodes that must run; a node of which only the shape is read need not."""
    needed: set[int] = set()
    stack = [entry.node for entry in outputs]
    while stack:
        node = stack.pop()
        if id(node) not in needed:
            needed.add(id(node))
            if node.op is not None:
                stack.extend(entry.node for entry in reads(node))
    return needed


def _steps(nodes: Sequence[Node], numbers: _Numbers, kept: set[int], reads: Reads) -> tuple[Step, ...]:
    """Return the steps, with each value that is not kept freed after the last step that reads it."""
    steps: list[Step] = []
    seen = set(kept)
    for node in reversed(nodes):
        read = [numbers[entry] for entry in reads(node)]
        makes = tuple(numbers.made_by(node))
        frees = tuple(v for v in dict.fromkeys((*read, *makes)) if v not in seen)
        seen.update(frees)
        steps.append(Step(node, tuple(numbers[entry] for entry in node.inputs), makes, frees))
    return tuple(reversed(steps))


def _preparations(
    early: Sequence[Node], running: Sequence[Node], numbers: _Numbers
) -> tuple[Preparation, ...]:
    read = {numbers[entry] for node in running for entry in read_by(node)}
    preparations = []
    for group in independent_groups(early):
        reads = dict.fromkeys(numbers[e] for node in group for e in read_by(node) if e.node.op is None)
        makes = tuple(v for node in group for v in numbers.made_by(node) if v in read)
        steps = _steps(group, numbers, {*reads, *makes}, read_by)
        preparations.append(Preparation(steps, tuple(reads), makes))
    return tuple(preparations)


def _with_targets(
    steps: Sequence[Step], outputs: Sequence[int], gradients: Sequence[int], requests: Sequence[str]
) -> tuple[Step, ...]:
    """Let kernels write gradients straight into bound arrays, where they can and nothing else reads them."""
    read = {v for step in steps for v in step.inputs} | set(outputs)
    times = Counter(gradients)
    number = {v: i for i, v in enumerate(gradients) if times[v] == 1 and v not in read}
    result = []
    for step in steps:
        op = step.node.op
        if isinstance(op, Backward) and step.takes is None:
            writes = tuple(
                (v, number[v])
                for position, v in enumerate(step.outputs)
                if v in number and op.writes_into(position) in ("add", requests[number[v]])
            )
            step = dataclasses.replace(step, writes=writes) if writes else step  # noqa: PLW2901
        result.append(step)
    return tuple(result)
