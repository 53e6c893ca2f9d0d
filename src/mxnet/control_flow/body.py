"""The body of a loop or branch: what can be inferred of it, and how it runs, step after step and back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.ir.graph import Graph
from mxnet.ir.node import Node
from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.analysis.infer import Inferred
    from mxnet.ir.op import Run
    from mxnet.plan.program import Program

__all__ = ["Body", "Tape"]

Infer = Callable[[Graph, Mapping[Node, Any], Sequence[Any]], "Inferred"]
Merge = Callable[[Any, Any], Any]


class Body:
    """A graph that an operator runs on some of its inputs.

    Parameters
    ----------
    graph : Graph
        The graph.
    sources : sequence of int
        For each of its variables, in order, the position of the operator's input that it takes.
    steps : frozenset of int
        The variables that are others in each step; the rest stay what they are.

    Attributes
    ----------
    variables : tuple of Node
        All variables of the graph, auxiliary states among them, in the order in which the graph reaches them.
    """

    def __init__(self, graph: Graph, sources: Sequence[int], steps: frozenset[int] = frozenset()) -> None:
        self.graph = graph
        self.variables = variables_of(graph)
        self.sources = tuple(sources)
        self.steps = steps

    @functools.cached_property
    def mutated(self) -> frozenset[int]:
        """The variables that the graph writes to."""
        position = {node: i for i, node in enumerate(self.variables)}
        return frozenset(
            position[entry.node]
            for node in self.graph.operators
            if node.op is not None
            for slot, entry in zip(node.op.input_names() + node.op.aux_names(), node.inputs, strict=True)
            if slot in node.op.mutates and entry.node.op is None
        )

    @property
    def is_pure(self) -> bool:
        """Whether two runs give the same and leave nothing behind."""
        return not self.mutated and all(node.op is not None and node.op.pure for node in self.graph.operators)

    def infer(
        self, infer: Infer, variables: Sequence[Any], outputs: Sequence[Any]
    ) -> tuple[list[Any], list[Any]]:
        """Return all facts about variables and outputs that follow, by inference of one kind."""
        inferred = infer(self.graph, dict(zip(self.variables, variables, strict=True)), outputs)
        return inferred.of(self.variables), inferred.outputs

    def program(
        self, run: Run, facts: Sequence[tuple[tuple[int, ...], str]], varied: frozenset[int]
    ) -> tuple[Program, list[int]]:
        """Return the program that computes the gradients of the variables `varied`, too.

        It is kept with the node, and not here: a body lives as long as its operator may be asked about
        shapes, programs hold on to the parameters that they have prepared.

        Parameters
        ----------
        run : Run
            That of the operator.
        facts : sequence
            Shape and dtype of each variable.
        varied : frozenset of int
            The variables whose gradients will be asked for.

        Returns
        -------
        program : Program
            The program.
        order : list of int
            The variables in the order in which it takes them.
        """
        from mxnet.plan.program_cache import Programs  # composing does not wait for it

        kept = run.state.setdefault("programs", {})
        key = self, varied
        if key not in kept:
            wrt = sorted(varied)
            kept[key] = Programs(
                self.graph,
                [self.variables[i] for i in wrt],
                run.context,
                {},
                ["write" if i in self.steps else "add" for i in wrt],
            )
        programs: Programs = kept[key]
        at = {node: i for i, node in enumerate(self.variables)}
        order = [at[node] for node in programs.variables]
        given = tuple([facts[i] for i in order])
        return programs.get(given, is_train=run.is_train, with_gradient=bool(varied)), order


def variables_of(graph: Graph) -> tuple[Node, ...]:
    """Return all variables of a graph, in the order in which it reaches them."""
    return tuple(node for node in graph.nodes if node.op is None)


class Tape:
    """Runs of a body, one after the other, all with one program, and what their gradients need of them.

    Parameters
    ----------
    body : Body
        What to run.
    run : Run
        The run of the operator.
    values : sequence of Tensor
        The variables of the first step; those of later steps have their shapes and dtypes.
    varied : frozenset of int
        The variables whose gradients will be asked for; if there are any, what they need is kept.
    """

    def __init__(self, body: Body, run: Run, values: Sequence[Tensor], varied: frozenset[int]) -> None:
        self.body = body
        self.varied = varied
        self.steps: list[tuple[list[Tensor], list[Tensor]]] = []
        facts = [(tuple(each.shape), str(each.dtype).removeprefix("torch.")) for each in values]
        self._program, self._order = body.program(run, facts, varied)
        self.reached = [i for i, there in zip(sorted(varied), self._program.reached, strict=False) if there]

    def forward(self, values: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Run the body once."""
        outputs, saved = self._program.forward([values[i] for i in self._order])
        if self.varied:
            self.steps.append((list(values), saved))
        return outputs

    def backward(self, step: int, heads: Sequence[Tensor], targets: Mapping[int, Tensor]) -> None:
        """Write the gradients of a step to `targets`, by variable.

        Where all steps share a variable they are added. What no gradient reaches is left alone.
        """
        values, saved = self.steps[step]
        variables = [values[i] for i in self._order]
        self._program.backward([*variables, *heads], [*saved], [targets[i] for i in self.reached])

    def gradient_like(self, variable: int, tensor: Tensor) -> Tensor:
        """Return memory for the gradient of a variable in one step: zeros, if none reaches it."""
        return torch.empty_like(tensor) if variable in self.reached else torch.zeros_like(tensor)
