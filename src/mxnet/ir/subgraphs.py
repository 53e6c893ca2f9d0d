"""Operators that run other graphs: how a bound operator gets the graphs, which no parameter can hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from mxnet.errors import CompositionError
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry
from mxnet.ir.op import Op

__all__ = ["SubgraphOp", "bind_subgraphs"]


class SubgraphOp(Op):
    """Base of operators that run graphs of their own, such as the body of a loop.

    An instance made from parameters alone has no graphs yet: :func:`bind_subgraphs` makes one that has.
    """

    variadic = "num_args"
    interned = False
    subgraph_names: ClassVar[tuple[str, ...]]
    """What each of its graphs is for."""

    subgraphs: tuple[Graph, ...] = ()

    def _identity(self, given: Mapping[str, str]) -> tuple[Any, ...]:
        return (*super()._identity(given), self.subgraphs)

    def input_names(self) -> tuple[str, ...]:
        """Return a name for each input; MXNet's `num_args` counts the graphs, too."""
        count = self.num_args - len(self.subgraph_names)  # type: ignore[attr-defined]
        return tuple(f"data{i}" for i in range(count))

    def check_subgraphs(self) -> None:
        """Take note of what the graphs say; raise CompositionError if they do not fit the parameters."""


def bind_subgraphs(op: Op, subgraphs: Sequence[Sequence[Entry]]) -> Op:
    """Return an operator like this one (or the gradient of one) with these graphs.

    Raises
    ------
    CompositionError
        If they do not fit its parameters.
    """
    if not isinstance(op, SubgraphOp):
        forward = getattr(op, "forward_op", None)
        return op if forward is None else op.knowing(forward_op=bind_subgraphs(forward, subgraphs))
    names = op.subgraph_names
    if len(subgraphs) != len(names):
        raise CompositionError(
            f"{op.name} runs {len(names)} graphs ({', '.join(names)}), not {len(subgraphs)}."
        )
    bound: SubgraphOp = op.knowing(subgraphs=tuple(map(Graph, subgraphs)))  # type: ignore[assignment]
    bound.check_subgraphs()
    return bound
