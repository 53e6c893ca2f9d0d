"""The programs of a graph, for every context and every choice of inputs whose gradients are wanted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mxnet.analysis.gradient import gradients
from mxnet.analysis.storage import graph_storage
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emitting
from mxnet.ir.storage import STYPES
from mxnet.plan.program_cache import Programs

if TYPE_CHECKING:
    from mxnet.context import Context

__all__ = ["GraphPrograms", "Kept"]


class Kept(NamedTuple):
    """The programs of one kind of call.

    Attributes
    ----------
    programs : Programs
        They.
    stypes : tuple of str
        How the variables are stored; empty if all that is computed is dense.
    output_stypes : tuple of str
        How the outputs are.
    """

    programs: Programs
    stypes: tuple[str, ...]
    output_stypes: tuple[str, ...]


class GraphPrograms:
    """A graph that is called with arrays for its variables, which differ from call to call.

    Parameters
    ----------
    graph : Graph
        As it was composed.

    Attributes
    ----------
    draws : bool
        Whether two runs may differ.
    asks_mode : bool
        Whether its gradients may differ between training and inference.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.variables = graph.arguments + graph.aux
        self.draws = any(node.op is not None and not node.op.pure for node in graph.operators)
        self.asks_mode = self.draws or bool(graph.aux)
        self._kept: dict[Any, Kept] = {}
        self._derived: dict[Any, tuple[GraphPrograms, tuple[Node, ...]]] = {}

    def of_kind(
        self, context: Context, tracked: Sequence[int], requests: Sequence[str], stypes: Sequence[str]
    ) -> Kept:
        """Return the programs of a kind of call.

        Parameters
        ----------
        context : Context
            Where it runs.
        tracked : sequence of int
            Which of the variables may have gradients.
        requests : sequence of {'write', 'add'}
            What is done with each of these gradients.
        stypes : sequence of str
            How the variables are stored.
        """
        key = (context, tuple(tracked), tuple(requests), tuple(stypes))
        kept = self._kept.get(key)
        if kept is None:
            storage = graph_storage(self.graph, dict(zip(self.variables, stypes, strict=True)))
            programs = Programs(self.graph, [self.variables[i] for i in tracked], context, {}, requests)
            programs.tell({node: {STYPES: each} for node, each in storage.reads.items()})
            kept = Kept(programs, () if storage.all_dense else tuple(stypes), tuple(storage.outputs))
            self._kept[key] = kept
        return kept

    def gradient(
        self, wrt: Sequence[int], has_head: Collection[bool]
    ) -> tuple[GraphPrograms, tuple[Node, ...]]:
        """Return the graph of the gradients of some variables, and its variables for those of the outputs.

        Parameters
        ----------
        wrt : sequence of int
            Which variables; all of them have a gradient.
        has_head : sequence of bool
            Which outputs have a gradient.
        """
        key = (tuple(wrt), tuple(has_head))
        found = self._derived.get(key)
        if found is None:
            heads = [Node(None, f"head_grad_{i}") if there else None for i, there in enumerate(has_head)]
            seeds = [None if head is None else Entry(head) for head in heads]
            with emitting(None, "backward", None):
                made = gradients(self.graph, [Entry(self.variables[i]) for i in wrt], seeds)
            outputs = [entry for entry in made if entry is not None]
            assert len(outputs) == len(wrt)
            found = GraphPrograms(Graph(outputs)), tuple(head for head in heads if head is not None)
            self._derived[key] = found
        return found
