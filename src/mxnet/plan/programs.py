"""The programs of one graph, one per mode and set of input shapes, kept for when they come again."""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from mxnet.analysis.gradient import gradients, starts_gradient
from mxnet.analysis.infer import infer_dtypes, infer_shapes, show_shape
from mxnet.collector import collector_paused
from mxnet.context import Context
from mxnet.errors import MXNetError
from mxnet.ir.constraints import is_complete
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, describe_node
from mxnet.passes import BEFORE_GRADIENT, INFERENCE, TO_COMPILE, TRAINING, apply_passes, show_change
from mxnet.plan.budget import KnownGraph, limit_memory
from mxnet.plan.compiler import compiled
from mxnet.plan.late import has_late_shapes
from mxnet.plan.numerics import guarded
from mxnet.plan.options import Options
from mxnet.plan.program import Kernel, Program, write_program
from mxnet.plan.steps import Step, make_plan
from mxnet.timing import RECORDER, timed

__all__ = ["Facts", "Programs"]

Facts = tuple[tuple[tuple[int, ...], str], ...]
"""Shape and dtype of every variable of the graph, arguments and then auxiliary states."""

Taps = Literal["", "outputs", "all"]

_MOST_PROGRAMS = 64


class Programs:
    """A bounded cache of programs for one graph.

    Parameters
    ----------
    graph : Graph
        What to run.
    wrt : sequence of Node
        The arguments whose gradients are wanted.
    context : Context
        Where nodes run.
    groups : mapping of str to Context
        Where nodes with the attribute ``ctx_group`` run instead.
    requests : sequence of {'write', 'add'}
        What is to be done with each of these gradients.
    options : Options, optional
        How; by default what the environment says.
    """

    def __init__(
        self,
        graph: Graph,
        wrt: Sequence[Node],
        context: Context,
        groups: Mapping[str, Context],
        requests: Sequence[str] = (),
        options: Options | None = None,
    ) -> None:
        self.graph = graph
        self.variables = graph.arguments + graph.aux
        self.wrt = tuple(wrt)
        self.requests = tuple(requests)
        self.options = Options.of_environment() if options is None else options
        self.context = context
        self.groups = dict(groups)
        self.heads = tuple(
            None
            if entry.node.op is not None and starts_gradient(entry.node.op)
            else Node(None, f"head_grad_{i}")
            for i, entry in enumerate(graph.outputs)
        )
        self._joint: dict[bool, tuple[Graph, tuple[bool, ...]]] = {}
        self._made: OrderedDict[tuple[bool, bool, Taps, bool, Facts], Program] = OrderedDict()
        self._states: dict[int, dict[str, Any]] = {}  # what kernels keep between runs, by node
        self._lock = threading.Lock()

    def context_of(self, node: Node) -> Context:
        """Return where a node runs, or a variable lives."""
        if not self.groups:
            return self.context
        place = self._places.get(id(node), node)
        return self.groups.get(place.attrs.get("__ctx_group__", ""), self.context)

    @functools.cached_property
    def _places(self) -> dict[int, Node]:
        """Whose context a variable has: its first reader's, if not its own; a head gradient, its output's."""
        places: dict[int, Node] = {}
        for node in self.graph.nodes:
            for entry in node.inputs:
                if entry.node.op is None and "__ctx_group__" not in entry.node.attrs:
                    places.setdefault(id(entry.node), node)
        for head, output in zip(self.heads, self.graph.outputs, strict=True):
            if head is not None:
                places[id(head)] = output.node
        return places

    def joint(self, *, in_full: bool = False) -> tuple[Graph, tuple[bool, ...]]:
        """Return the graph of outputs and gradients, and which of `wrt` have a gradient at all.

        Parameters
        ----------
        in_full : bool
            Whether the nodes on the way compute the gradients of all their inputs, for a monitor to see.
        """
        if in_full not in self._joint:
            heads = [Entry(node) if node is not None else None for node in self.heads]
            reached = self.graph.arguments if in_full else self.wrt
            forward = self.graph
            if not in_full:
                forward = apply_passes(forward, self.options.without_disabled(BEFORE_GRADIENT))
            by_argument = dict(
                zip(reached, gradients(forward, [Entry(node) for node in reached], heads), strict=True)
            )
            found = [by_argument[node] for node in self.wrt]
            graph = Graph(forward.outputs + tuple(entry for entry in found if entry is not None))
            self._joint[in_full] = graph, tuple(entry is not None for entry in found)
        return self._joint[in_full]

    @functools.cached_property
    def needed_heads(self) -> frozenset[int]:
        """The nodes in `heads`, by ``id``, that some gradient depends on."""
        return frozenset(id(node) for node in self.joint()[0].nodes if node.op is None)

    def get(
        self,
        facts: Facts,
        *,
        is_train: bool,
        with_gradient: bool,
        tapped: Taps = "",
    ) -> Program:
        """Return the program for these shapes and dtypes, from the cache if it was made before.

        Parameters
        ----------
        facts : tuple
            See :data:`Facts`.
        is_train, with_gradient : bool
            The mode; whether there is a backward half.
        tapped : {'', 'outputs', 'all'}
            Which values are shown to a monitor.

        Raises
        ------
        MXNetError
            If the shapes or dtypes do not fit the graph, or do not determine it.
        """
        profiled = RECORDER.programs
        key = (is_train, with_gradient, tapped, profiled, facts)
        with self._lock:
            program = self._made.get(key)
            if program is not None:
                self._made.move_to_end(key)
                return program
        with collector_paused():
            program = self._make(
                facts, is_train=is_train, with_gradient=with_gradient, tapped=tapped, profiled=profiled
            )
        with self._lock:
            self._made[key] = program
            while len(self._made) > _MOST_PROGRAMS:
                self._made.popitem(last=False)
        return program

    def _make(
        self, facts: Facts, *, is_train: bool, with_gradient: bool, tapped: Taps, profiled: bool
    ) -> Program:
        graph = self.joint(in_full=bool(tapped))[0] if with_gradient else self.graph
        guarding = self.options.check_numerics
        late = has_late_shapes(graph)
        plain = bool(tapped) or guarding or late  # what watches the nodes sees the graph as it was composed
        if not plain:
            pipeline = TRAINING if is_train or with_gradient else INFERENCE
            if self.options.compiler:
                pipeline = TO_COMPILE
            graph = apply_passes(graph, self.options.without_disabled(pipeline))
        shapes = {node: shape for node, (shape, _) in zip(self.variables, facts, strict=True)}
        dtypes = {node: dtype for node, (_, dtype) in zip(self.variables, facts, strict=True)}
        composed = KnownGraph(self.graph, infer_shapes(self.graph, shapes), infer_dtypes(self.graph, dtypes))
        for node, shape, dtype in zip(
            self.heads, composed.shapes.outputs, composed.dtypes.outputs, strict=True
        ):
            if node is not None:
                shapes[node], dtypes[node] = shape, dtype
        all_shapes = infer_shapes(graph, shapes, before=composed.shapes)
        all_dtypes = infer_dtypes(graph, dtypes, before=composed.dtypes)
        for i, node in enumerate(graph.nodes):
            for shape, dtype in zip(all_shapes.values[i], all_dtypes.values[i], strict=True):
                if dtype is None or not (late or is_complete(shape)):
                    raise MXNetError(
                        f"Cannot run {describe_node(node)}: the given arrays do not determine its output's "
                        + (f"shape, {show_shape(shape)}." if dtype is not None else "dtype.")
                    )
        exists = self.joint()[1] if with_gradient else ()
        shares = not (plain or self.groups)
        plan_for = functools.partial(
            make_plan,
            n_outputs=len(self.graph.outputs),
            requests=[request for request, there in zip(self.requests, exists, strict=False) if there],
            hoist_parameters=not (is_train or with_gradient),
            hoist=shares and self.options.has("hoist"),
            share=shares and self.options.has("share_memory"),
            late_shapes=late,
        )
        known = KnownGraph(graph, all_shapes, all_dtypes)
        if with_gradient and not (tapped or late):
            known = limit_memory(
                known,
                len(self.graph.outputs),
                lambda each: plan_for(*each).peak_bytes,
                mirror=self.options.mirror,
                budget=self.options.memory_budget,
            )
            show_change("recompute", graph, known.graph)
        plan = plan_for(*known)
        return write_program(
            plan,
            self.context_of,
            is_train=is_train,
            states=self._states,
            tapped=tapped,
            keep_memory=self.options.memory_budget is None,
            instruments=[each for each, used in ((guarded, guarding), (_timed, profiled)) if used],
            compile_with=functools.partial(compiled, context=self.context)
            if self.options.compiler and not (plain or profiled)
            else None,
        )


def _timed(step: Step, kernel: Kernel) -> Kernel:
    """Return a kernel that also tells the profiler how long it took."""
    assert step.node.op is not None
    return timed(kernel, step.node.name, operator=step.node.op.name)
