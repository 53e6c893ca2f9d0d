"""The programs of one graph, one per mode and set of input shapes, kept for when they come again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence

from mxnet.collector import collector_paused
from mxnet.context import Context
from mxnet.ir.graph import Graph
from mxnet.ir.node import Node
from mxnet.plan.kernels import States, residual_bytes
from mxnet.plan.lower import Facts, Mode, Taps, Task, lower
from mxnet.plan.options import Options
from mxnet.plan.program import Program
from mxnet.timing import RECORDER

__all__ = ["Programs"]

_MOST_PROGRAMS = 64


class Programs:
    """A bounded cache of programs for one graph.

    Parameters
    ----------
    graph, wrt, context, groups, requests
        See :class:`mxnet.plan.lower.Task`.
    options : Options, optional
        How to run it; by default what the environment says.
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
        self.task = Task(graph, tuple(wrt), context, dict(groups), tuple(requests))
        _ = self.task.losses  # a custom operator that declares nonsense is refused now
        self.graph = graph
        self.context = context
        self.options = Options.of_environment() if options is None else options
        self._made: OrderedDict[tuple[Mode, Facts], Program] = OrderedDict()
        self._states: States = {}
        self._lock = threading.Lock()

    @property
    def contexts(self) -> set[Context]:
        """Where nodes may run."""
        return {self.context, *self.task.groups.values()}

    @property
    def variables(self) -> tuple[Node, ...]:
        """What a program is given, in order: arguments, and then auxiliary states."""
        return self.task.variables

    def context_of(self, node: Node) -> Context:
        """Return where a node of the graph runs, or a variable lives."""
        return self.task.place_of(node)

    def tell(self, facts: States) -> None:
        """Let kernels find in their states what is known of the arrays that are bound."""
        for node, known in facts.items():
            self._states.setdefault(node, {}).update(known)

    def get(
        self,
        facts: Facts,
        *,
        is_train: bool,
        with_gradient: bool,
        tapped: Taps = "",
        stypes: tuple[str, ...] = (),
        gradient_is_train: bool | None = None,
    ) -> Program:
        """Return the program for these shapes and dtypes, from the cache if it was made before.

        It is made again when a user's code has been seen to keep more than was planned.

        Parameters
        ----------
        facts : tuple
            See :data:`mxnet.plan.lower.Facts`.
        is_train, with_gradient, tapped, stypes, gradient_is_train
            See :class:`mxnet.plan.lower.Mode`.

        Raises
        ------
        MXNetError
            If the shapes or dtypes do not fit the graph, or do not determine it.
        """
        mode = Mode(is_train, with_gradient, tapped, RECORDER.programs, stypes, gradient_is_train)
        key = mode, facts
        with self._lock:
            program = self._made.get(key)
            if program is not None and self._keeps_what_was_planned(program, is_train):
                self._made.move_to_end(key)
                return program
        with collector_paused():
            program = lower(self.task, facts, mode, self.options, self._states)
        with self._lock:
            self._made[key] = program
            self._made.move_to_end(key)
            while len(self._made) > _MOST_PROGRAMS:
                self._made.popitem(last=False)
        return program

    def _keeps_what_was_planned(self, program: Program, is_train: bool) -> bool:
        """Whether residuals are not larger than planned, by more than a tenth."""
        values = program.plan.values
        return all(
            residual_bytes(step.node, step.wants, is_train=is_train, states=self._states)
            <= 1.1 * values[step.outputs[-1]].type.nbytes
            for step in program.unsure
        )
