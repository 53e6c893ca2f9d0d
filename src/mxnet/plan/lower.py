"""The whole way down: from a composed graph and the types of its arrays to the program that runs it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mxnet.analysis.gradient import gradients, starts_gradient
from mxnet.analysis.specialise import has_late_shapes, specialise
from mxnet.analysis.storage import graph_storage, settle_storage
from mxnet.context import Context
from mxnet.engines.running import ENGINES, Engine, refuse_training
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import Op
from mxnet.ir.storage import DENSE
from mxnet.ir.types import shared
from mxnet.ops.backward import Backward
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
from mxnet.plan.segments import Framed, FramedPlan, Segment
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
    gradient_is_train : bool, optional
        Whether gradients are those of training; by default as `is_train`.
    """

    is_train: bool
    with_gradient: bool
    tapped: Taps = ""
    profiled: bool = False
    stypes: tuple[str, ...] = ()
    gradient_is_train: bool | None = None

    def of(self, op: Op) -> bool:
        """Return whether an operator behaves as in training.

        What left a residual computes its gradient from that, as it ran; so does what torch differentiates.
        """
        if self.gradient_is_train is None or not isinstance(op, Backward):
            return self.is_train
        forward = op.forward_op
        return self.is_train if forward.residual or forward.backward is None else self.gradient_is_train


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
    if options.compiler in ENGINES and (mode.is_train or mode.with_gradient):
        refuse_training(options.compiler, [node.name for node in task.wrt])
    return _Way(task, facts, mode, options, states).program()


class _Way:
    """One way down: the graph, as far as it has come, and what is known of it."""

    def __init__(self, task: Task, facts: Facts, mode: Mode, options: Options, states: States) -> None:
        self.task, self.mode, self.options, self.states = task, mode, options, states
        shapes = {node: shape for node, (shape, _) in zip(task.variables, facts, strict=True)}
        dtypes = {node: dtype for node, (_, dtype) in zip(task.variables, facts, strict=True)}
        self.stored = dict(zip(task.variables, mode.stypes, strict=bool(mode.stypes)))
        sparse = {node: stype for node, stype in self.stored.items() if stype != DENSE}
        self.graph, typed = specialise(task.graph, shapes, dtypes, task.place_of, sparse)
        self.variables = [typed[node] for node in task.variables]
        self.wrt = [typed[node] for node in task.wrt]
        self.late = has_late_shapes(self.graph)
        # What watches the nodes sees the graph as it was composed.
        self.watched = bool(mode.tapped) or options.check_numerics or self.late
        self.shares = not (self.watched or task.groups)
        self.heads: list[Node] = []
        self.reached: tuple[bool, ...] = ()

    def program(self) -> Program:
        """Go all the way."""
        mode, options = self.mode, self.options
        if mode.with_gradient:
            self._differentiate()
        self._settle()
        if mode.with_gradient and not (mode.tapped or self.late):
            self._limit_memory()
        if options.compiler in ENGINES and not (mode.tapped or mode.profiled or options.check_numerics):
            plan = self._plan(self.graph, hoist=False)
            return Program(plan, Engine(options.compiler, self.graph, self.variables))
        plan = self._plan(self.graph)
        read = set(self.graph.nodes)
        return Program(plan, self._code(plan), self.reached, tuple(head in read for head in self.heads))

    def _differentiate(self) -> None:
        """Let the graph also compute the gradients that are wanted."""
        task, mode, graph = self.task, self.mode, self.graph
        if not self.watched:
            graph = apply_passes(graph, self.options.without_disabled(BEFORE_GRADIENT))
        types = [entry.type for entry in graph.outputs]
        if self.stored:
            types = [
                each if stype == DENSE else each._replace(layout=stype)
                for each, stype in zip(types, graph_storage(task.graph, self.stored).outputs, strict=True)
            ]
        self.heads = [Node(None, f"head_grad_{i}", types=(each,)) for i, each in enumerate(types)]
        seeds = [None if loss else Entry(head) for loss, head in zip(task.losses, self.heads, strict=True)]
        # A monitor sees the gradients of all inputs, also those that nobody asked for.
        asked = graph.arguments if mode.tapped else self.wrt
        gradient_of = dict(zip(asked, gradients(graph, [Entry(node) for node in asked], seeds), strict=True))
        found = [gradient_of.get(node) for node in self.wrt]
        self.reached = tuple(each is not None for each in found)
        self.graph = Graph((*graph.outputs, *(each for each in found if each is not None)))

    def _settle(self) -> None:
        """Say what is copied between devices, and how all is stored; then apply the passes."""
        mode, options = self.mode, self.options
        if self.task.groups:
            wanted = [node.place for node, there in zip(self.wrt, self.reached, strict=False) if there]
            self.graph = copy_between_devices(self.graph, [*[None] * len(self.task.losses), *wanted])
        if self.stored:
            self.graph = settle_storage(self.graph, copies=not self.watched)
        if not self.watched:
            pipeline = TRAINING if mode.is_train or mode.with_gradient else INFERENCE
            passes = options.without_disabled(TO_COMPILE if options.compiler else pipeline)
            self.graph = apply_passes(self.graph, passes)

    def _limit_memory(self) -> None:
        """Compute some values twice, where memory is too short to keep them."""
        before = self.graph
        self.graph = limit_memory(
            before,
            len(self.task.losses),
            lambda each: self._plan(each).peak_bytes,
            mirror=self.options.mirror,
            budget=self.options.memory_budget,
        )
        show_change("recompute", before, self.graph)

    def _plan(self, graph: Graph, *, hoist: bool = True) -> Plan:
        mode, options = self.mode, self.options
        asked = zip(self.task.requests, self.reached, strict=False)
        return make_plan(
            graph,
            given=[*self.variables, *self.heads],
            n_outputs=len(self.task.losses),
            requests=[request for request, there in asked if there],
            hoist_parameters=not (mode.is_train or mode.with_gradient),
            hoist=hoist and self.shares and options.has("hoist"),
            share=self.shares and options.has("share_memory"),
            late_shapes=self.late,
            residual_bytes=functools.partial(residual_bytes, is_train=mode.is_train, states=self.states),
        )

    def _code(self, plan: Plan) -> Code:
        """Return how a plan runs."""
        mode, options = self.mode, self.options
        used = (guarded, options.check_numerics), (_timed, mode.profiled)
        # How much is stored changes from run to run, so that it would be compiled again and again.
        compiles = bool(options.compiler) and not (self.watched or mode.profiled or self.stored)
        has_rows = self.shares and options.has("native") and not (compiles or options.memory_budget)
        written = with_segments(plan, len(self.heads), mode.of) if has_rows else plan
        instruments = [each for each, is_used in used if is_used]
        kernels = Kernels(written, mode.of, states=self.states, instruments=instruments)
        further = functools.partial(compiled, context=self.task.context) if compiles else None
        code = _code(written, kernels, mode.tapped, further)
        if not self.shares or compiles or mode.profiled or not options.has("cuda_graphs"):
            return code
        moved = (
            range(len(self.task.graph.arguments), len(self.variables))
            if mode.is_train or mode.gradient_is_train
            else ()
        )
        return replayed(code, plan, context=self.task.context, written=moved)


def _code(plan: Plan, kernels: Kernels, tapped: Taps, further: Callable[..., Any] | None) -> Code:
    """Return how a plan runs, compiled further or not."""
    code: Code
    if len(plan.forward) + len(plan.backward) > LONG and not (tapped or further):
        code = Stepped(plan, kernels)
    else:
        code = write(plan, kernels, tapped=tapped, compile_with=further)
    return Framed(plan, code) if isinstance(plan, FramedPlan) else code


def _timed(step: Step, kernel: Kernel) -> Kernel:
    """Return a kernel that also tells the profiler how long it took."""
    assert step.node.op is not None
    if isinstance(step.node.op, Segment):
        return step.node.op.run.timed  # type: ignore[attr-defined, no-any-return]
    return timed(kernel, step.node.name, operator=step.node.op.name)
