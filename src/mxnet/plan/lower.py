"""The whole way down: from a composed graph and the types of its arrays to the program that runs it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mxnet.analysis.gradient import gradients, starts_gradient
from mxnet.analysis.specialise import has_late_shapes, specialise
from mxnet.analysis.storage import graph_storage, settle_storage
from mxnet.context import Context
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.storage import DENSE
from mxnet.ir.types import shared
from mxnet.passes import BEFORE_GRADIENT, INFERENCE, TO_COMPILE, TRAINING, apply_passes, show_change
from mxnet.passes.copy_between_devices import copy_between_devices
from mxnet.plan.budget import limit_memory
from mxnet.plan.compiler import compiled
from mxnet.plan.kernels import Kernel, Kernels, States, residual_bytes
from mxnet.plan.numerics import guarded
from mxnet.plan.options import Options
from mxnet.plan.placing import with_segments
from mxnet.plan.plan import Plan, Step
from mxnet.plan.program import Code, Program
from mxnet.plan.replay import replayed
from mxnet.plan.schedule import make_plan
from mxnet.plan.segments import Framed, FramedPlan
from mxnet.plan.stepping import LONG, Stepped
from mxnet.plan.writer import write
from mxnet.timing import timed

__all__ = ["Facts", "Mode", "Taps", "Task", "lower"]

Facts = tuple[tuple[tuple[int, ...], str], ...]
"""Shape and dtype of every variable of the graph, arguments and then auxiliary states."""

Taps = Literal["", "outputs", "all"]


@dataclass(frozen=True)
class Task:
    """A composed graph, what is wanted of it, and where.

    Attributes
    ----------
    graph : Graph
        What to run.
    wrt : tuple of Node
        The arguments whose gradients are wanted.
    context : Context
        Where nodes run.
    groups : mapping of str to Context
        Where nodes with the attribute ``ctx_group`` run instead.
    requests : tuple of {'write', 'add'}
        What is to be done with each of these gradients.
    """

    graph: Graph
    wrt: tuple[Node, ...]
    context: Context
    groups: Mapping[str, Context]
    requests: tuple[str, ...]

    @functools.cached_property
    def variables(self) -> tuple[Node, ...]:
        """The arguments and then the auxiliary states: what a program is given, in order."""
        return self.graph.arguments + self.graph.aux

    @functools.cached_property
    def losses(self) -> tuple[bool, ...]:
        """Which outputs take no gradient from outside."""
        return tuple(
            entry.node.op is not None and starts_gradient(entry.node.op) for entry in self.graph.outputs
        )

    def place_of(self, node: Node) -> Context:
        """Return where a node runs, or a variable lives: with its first reader, if it does not say."""
        if not self.groups:
            return self._everywhere
        place = self._first_reader.get(node, node)
        return shared(self.groups.get(place.attrs.get("__ctx_group__", ""), self.context))

    @functools.cached_property
    def _everywhere(self) -> Context:
        return shared(self.context)

    @functools.cached_property
    def _first_reader(self) -> dict[Node, Node]:
        readers: dict[Node, Node] = {}
        for node in self.graph.nodes:
            for entry in node.inputs:
                if entry.node.op is None and "__ctx_group__" not in entry.node.attrs:
                    readers.setdefault(entry.node, node)
        return readers


@dataclass(frozen=True, slots=True)
class Mode:
    """What a program is for.

    Attributes
    ----------
    is_train : bool
        Whether kernels behave as in training.
    with_gradient : bool
        Whether there is a backward half.
    tapped : {'', 'outputs', 'all'}
        Which values are shown to a monitor.
    profiled : bool
        Whether every step is timed.
    stypes : tuple of str
        How each variable is given. Empty where all is computed with dense values, whatever the graph says.
    """

    is_train: bool
    with_gradient: bool
    tapped: Taps = ""
    profiled: bool = False
    stypes: tuple[str, ...] = ()


def lower(task: Task, facts: Facts, mode: Mode, options: Options, states: States) -> Program:
    """Make the program for arrays of these types.

    Parameters
    ----------
    task : Task
        What to run.
    facts : tuple
        See :data:`Facts`.
    mode : Mode
        What for.
    options : Options
        How.
    states : dict
        What kernels keep between runs; see :data:`mxnet.plan.kernels.States`.

    Raises
    ------
    MXNetError
        If the shapes or dtypes do not fit the graph, or do not determine it.
    """
    shapes = {node: shape for node, (shape, _) in zip(task.variables, facts, strict=True)}
    dtypes = {node: dtype for node, (_, dtype) in zip(task.variables, facts, strict=True)}
    stored = dict(zip(task.variables, mode.stypes, strict=bool(mode.stypes)))
    sparse = {node: stype for node, stype in stored.items() if stype != DENSE}
    graph, typed = specialise(task.graph, shapes, dtypes, task.place_of, sparse)
    variables = [typed[node] for node in task.variables]
    late = has_late_shapes(graph)
    # What watches the nodes sees the graph as it was composed.
    watched = bool(mode.tapped) or options.check_numerics or late
    n_outputs = len(graph.outputs)
    heads: list[Node] = []
    reached: tuple[bool, ...] = ()
    if mode.with_gradient:
        if not watched:
            graph = apply_passes(graph, options.without_disabled(BEFORE_GRADIENT))
        wrt = [typed[node] for node in task.wrt]
        types = [entry.type for entry in graph.outputs]
        if stored:
            types = [
                each if stype == DENSE else each._replace(layout=stype)
                for each, stype in zip(types, graph_storage(task.graph, stored).outputs, strict=True)
            ]
        heads = [Node(None, f"head_grad_{i}", types=(each,)) for i, each in enumerate(types)]
        # A monitor sees the gradients of all inputs, also those that nobody asked for.
        seeds = [None if loss else Entry(head) for loss, head in zip(task.losses, heads, strict=True)]
        found = _differentiated(graph, seeds, graph.arguments if mode.tapped else wrt)
        reached = tuple(node in found for node in wrt)
        graph = Graph((*graph.outputs, *(found[node] for node in wrt if node in found)))
    if task.groups:
        wanted = [node.place for node in (typed[each] for each in task.wrt) if reached and node in found]
        graph = copy_between_devices(graph, [*[None] * n_outputs, *wanted])
    if stored:
        graph = settle_storage(graph, copies=not watched)
    if not watched:
        pipeline = TRAINING if mode.is_train or mode.with_gradient else INFERENCE
        graph = apply_passes(graph, options.without_disabled(TO_COMPILE if options.compiler else pipeline))
    shares = not (watched or task.groups)
    plan_for = functools.partial(
        make_plan,
        given=[*variables, *heads],
        n_outputs=n_outputs,
        requests=[request for request, there in zip(task.requests, reached, strict=False) if there],
        hoist_parameters=not (mode.is_train or mode.with_gradient),
        hoist=shares and options.has("hoist"),
        share=shares and options.has("share_memory"),
        late_shapes=late,
        residual_bytes=functools.partial(residual_bytes, is_train=mode.is_train, states=states),
    )
    if mode.with_gradient and not (mode.tapped or late):
        before = graph
        graph = limit_memory(
            graph,
            n_outputs,
            lambda each: plan_for(each).peak_bytes,
            mirror=options.mirror,
            budget=options.memory_budget,
        )
        show_change("recompute", before, graph)
    plan = plan_for(graph)
    instruments = [
        each for each, used in ((guarded, options.check_numerics), (_timed, mode.profiled)) if used
    ]
    # How much is stored changes from run to run, so that it would be compiled again and again.
    compiles = bool(options.compiler) and not (watched or mode.profiled or stored)
    has_rows = options.has("native") and not (compiles or mode.profiled or options.memory_budget)
    written = with_segments(plan, len(heads), is_train=mode.is_train) if shares and has_rows else plan
    kernels = Kernels(written, is_train=mode.is_train, states=states, instruments=instruments)
    further = functools.partial(compiled, context=task.context) if compiles else None
    code = _code(written, kernels, mode.tapped, further)
    if shares and options.has("cuda_graphs") and not (compiles or mode.profiled):
        moved = range(len(task.graph.arguments), len(variables)) if mode.is_train else ()
        code = replayed(code, plan, context=task.context, written=moved)
    read = set(graph.nodes)
    return Program(plan, code, reached, tuple(head in read for head in heads))


def _code(plan: Plan, kernels: Kernels, tapped: Taps, further: Callable[..., Any] | None) -> Code:
    """Return how a plan runs, compiled further or not."""
    code: Code
    if len(plan.forward) + len(plan.backward) > LONG and not (tapped or further):
        code = Stepped(plan, kernels)
    else:
        code = write(plan, kernels, tapped=tapped, compile_with=further)
    return Framed(plan, code) if isinstance(plan, FramedPlan) else code


def _differentiated(graph: Graph, seeds: Sequence[Entry | None], wrt: Sequence[Node]) -> dict[Node, Entry]:
    """Return the gradients of those variables that have one."""
    found = gradients(graph, [Entry(node) for node in wrt], seeds)
    return {node: entry for node, entry in zip(wrt, found, strict=True) if entry is not None}


def _timed(step: Step, kernel: Kernel) -> Kernel:
    """Return a kernel that also tells the profiler how long it took."""
    assert step.node.op is not None
    return timed(kernel, step.node.name, operator=step.node.op.name)
