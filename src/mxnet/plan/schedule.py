"""Makes the plan of a typed graph: which nodes run, in which order, and when each value dies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ops.backward import Backward
from mxnet.plan.hoisting import hoisted_nodes, independent_groups, read_by
from mxnet.plan.ownership import lie_apart, share_memory
from mxnet.plan.plan import Plan, Preparation, Step, Value

__all__ = ["make_plan"]

Reads = Callable[[Node], Sequence[Entry]]

_NONE: frozenset[str] = frozenset()


def make_plan(
    graph: Graph,
    given: Sequence[Node],
    *,
    n_outputs: int,
    requests: Sequence[str] = (),
    hoist: bool = True,
    hoist_parameters: bool = False,
    share: bool = True,
    late_shapes: bool = False,
    residual_bytes: Callable[[Node, frozenset[str]], int] = lambda *_: 0,
) -> Plan:
    """Plan a graph.

    Parameters
    ----------
    graph : Graph
        With types: outputs, and then gradients.
    given : sequence of Node
        Its variables, and perhaps others that it does not read, in the order in which they will be given.
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
    residual_bytes : callable
        Returns the bytes of a node's residual, from the inputs whose gradients are computed from it. By
        default residuals count as nothing.
    """
    reads = _all_inputs if late_shapes else read_by
    operators = graph.operators
    wants = _residuals(operators)
    numbers = _Numbers((*given, *operators), wants)
    values: list[Value] = []
    for node in (*given, *operators):
        assert node.types is not None
        values += [Value(entry, each) for entry, each in zip(node.outputs, node.types, strict=True)]
        if node in wants:
            entry, size = node.entries[-1], residual_bytes(node, wants[node])
            values.append(Value(entry, entry.type._replace(shape=(size,))))
    outputs, gradients = numbers.of(graph.outputs[:n_outputs]), numbers.of(graph.outputs[n_outputs:])
    forward_nodes, all_nodes = _needed(graph, n_outputs, reads)
    hoisted = hoisted_nodes(graph, parameters=hoist_parameters) if hoist else set()
    early = [node for node in operators if node in hoisted and node in all_nodes]
    running = [node for node in operators if node in all_nodes and node not in hoisted]
    forward = [node for node in running if node in forward_nodes]
    backward = [node for node in running if node not in forward_nodes]
    preparations = _preparations(early, running, numbers)
    outside = {*range(len(given)), *(v for preparation in preparations for v in preparation.makes)}

    saved: set[int] = set()
    if gradients:
        saved.update(gradients)
        for node in backward:
            saved.update(numbers.of(reads(node)))
        saved &= {v for node in forward for v in numbers.made_by(node)}
    lasting = outside.union(outputs)
    # A gradient that a forward step makes (or that is a variable) is written when the backward half begins.
    last = {v for v in gradients if v in saved or v in lasting}
    steps = (
        *_steps(forward, numbers, {*lasting, *saved}, reads),
        *_steps(backward, numbers, {*lasting, *last}, reads),
    )
    if share:
        steps, memory = share_memory(steps, values)
        if requests:
            steps = _with_targets(steps, values, outputs, gradients, requests)
    else:
        memory = lie_apart(steps, values)
    return Plan(
        tuple(values),
        len(given),
        preparations,
        steps[: len(forward)],
        steps[len(forward) :],
        outputs,
        tuple(zip(gradients, requests or ("write",) * len(gradients), strict=True)),
        tuple(sorted(saved)),
        memory,
    )


class _Numbers:
    """The numbers of values: those of a node's outputs, and of a residual that is read, follow each other."""

    def __init__(self, nodes: Sequence[Node], wants: Mapping[Node, frozenset[str]]) -> None:
        self.wants = wants
        self.first: dict[Node, int] = {}
        count = 0
        for node in nodes:
            self.first[node] = count
            count += self._count(node)

    def of(self, entries: Sequence[Entry]) -> tuple[int, ...]:
        """Return the numbers of values."""
        first = self.first
        return tuple([first[entry.node] + entry.index for entry in entries])

    def made_by(self, node: Node) -> tuple[int, ...]:
        """Return the numbers of what a node makes."""
        first, count = self.first[node], self._count(node)
        return (first,) if count == 1 else tuple(range(first, first + count))

    def _count(self, node: Node) -> int:
        return (node.op.arity[2] if node.op is not None else 1) + (node in self.wants)


def _residuals(nodes: Sequence[Node]) -> dict[Node, frozenset[str]]:
    """Return the nodes whose residuals are read, each with the inputs whose gradients these are for."""
    wants: dict[Node, frozenset[str]] = {}
    for node in nodes:
        if isinstance(node.op, Backward):
            for i in node.op.opaque:
                of = node.inputs[i].node
                wants[of] = wants.get(of, frozenset()).union(node.op.wants)
    return wants


def _all_inputs(node: Node) -> Sequence[Entry]:
    return node.inputs


def _needed(graph: Graph, n_outputs: int, reads: Reads) -> tuple[set[Node], set[Node]]:
    """Return the nodes that the outputs need, and all that must run.

    A node of which only the shape is read need not.
    """
    busy = [node for node in graph.operators if node.op and "forward" in node.op.effects]
    forward = {entry.node for entry in graph.outputs[:n_outputs]}.union(busy)
    needed = {entry.node for entry in graph.outputs}.union(busy)
    for node in reversed(graph.operators):
        if node in needed:
            before = [entry.node for entry in reads(node)]
            needed.update(before)
            if node in forward:
                forward.update(before)
    return forward, needed


def _steps(nodes: Sequence[Node], numbers: _Numbers, kept: set[int], reads: Reads) -> tuple[Step, ...]:
    """Return the steps, with each value that is not kept freed after the last step that reads it."""
    steps: list[Step] = []
    seen = set(kept)
    for node in reversed(nodes):
        inputs, makes, read = numbers.of(node.inputs), numbers.made_by(node), reads(node)
        touched = (*(inputs if read is node.inputs else numbers.of(read)), *makes)
        frees = () if seen.issuperset(touched) else tuple(v for v in dict.fromkeys(touched) if v not in seen)
        seen.update(frees)
        steps.append(Step(node, inputs, makes, frees, wants=numbers.wants.get(node, _NONE)))
    return tuple(reversed(steps))


def _preparations(
    early: Sequence[Node], running: Sequence[Node], numbers: _Numbers
) -> tuple[Preparation, ...]:
    if not early:
        return ()
    made = set(early)
    read = {
        v
        for node in running
        if not made.isdisjoint([entry.node for entry in node.inputs])
        for v in numbers.of(read_by(node))
    }
    preparations = []
    for group in independent_groups(early):
        variables = [e for node in group for e in read_by(node) if e.node.op is None]
        reads = tuple(dict.fromkeys(numbers.of(variables)))
        makes = tuple(v for node in group for v in numbers.made_by(node) if v in read)
        steps = _steps(group, numbers, {*reads, *makes}, read_by)
        preparations.append(Preparation(steps, reads, makes))
    return tuple(preparations)


def _with_targets(
    steps: Sequence[Step],
    values: Sequence[Value],
    outputs: Sequence[int],
    gradients: Sequence[int],
    requests: Sequence[str],
) -> tuple[Step, ...]:
    """Let kernels write gradients straight into bound arrays, where they can and nothing else reads them."""
    read = {v for step in steps for v in step.inputs} | set(outputs)
    times = Counter(gradients)
    number = {v: i for i, v in enumerate(gradients) if times[v] == 1 and v not in read}
    result = []
    for step in steps:
        op = step.node.op
        if step.takes is None and isinstance(op, Backward) and not number.keys().isdisjoint(step.outputs):
            writes = tuple(
                (v, number[v])
                for position, v in enumerate(step.outputs)
                if v in number and op.writes_into(position) in ("add", requests[number[v]])
            )
            step = step.writing(writes) if writes and step.is_dense(values) else step  # noqa: PLW2901
        result.append(step)
    return tuple(result)
