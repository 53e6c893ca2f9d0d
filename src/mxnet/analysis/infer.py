"""Shape and dtype inference: every node is asked, forwards and backwards, until nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from mxnet.errors import DTypeError, InferenceError, ShapeError
from mxnet.ir.blame import blame
from mxnet.ir.constraints import (
    Conflict,
    is_complete,
    merge_dtypes,
    merge_shapes,
    settle_dtypes,
    settle_shapes,
)
from mxnet.ir.declared import declared_dtype, declared_shape
from mxnet.ir.graph import Graph
from mxnet.ir.node import Node, describe_entry
from mxnet.ir.op import Op, Slots
from mxnet.ir.types import RESIDUAL_DTYPE, RESIDUAL_SHAPE, Shape, show_shape
from mxnet.util import is_np_shape

__all__ = ["Inferred", "infer_dtypes", "infer_shapes", "show_shape"]

Settle = Callable[[Op, tuple[Any, ...]], tuple[Any, ...]]


class Inferred:
    """Facts (shapes or dtypes) about every value of a graph.

    Parameters
    ----------
    graph : Graph
        What they are about.
    values : list of list
        Per node, per output; None where unknown.
    """

    def __init__(self, graph: Graph, values: list[list[Any]]) -> None:
        self.graph = graph
        self.values = values

    def of(self, nodes: Sequence[Node]) -> list[Any]:
        """Return the fact about the first output of each node."""
        index = self.graph.index
        return [self.values[index[node]][0] for node in nodes]

    @property
    def outputs(self) -> list[Any]:
        """The facts about the graph's outputs."""
        index = self.graph.index
        return [self.values[index[entry.node]][entry.index] for entry in self.graph.outputs]


class _Remembered(NamedTuple):
    """The last complete answer about a graph: binding asks, and then every program that is made of it."""

    known: Mapping[Node, Shape | None]
    values: list[list[Any]]
    numpy_shapes: bool

    def answers(self, graph: Graph, known: Mapping[Node, Shape | None]) -> bool:
        """Whether it holds for these facts: they are those it came from, and perhaps others that it found."""
        return (
            self.numpy_shapes == is_np_shape()
            and all(known.get(node) == shape for node, shape in self.known.items())
            and all(
                node.op is not None or known.get(node) in (None, found[0])
                for node, found in zip(graph.nodes, self.values, strict=True)
            )
        )


_last: WeakKeyDictionary[Graph, _Remembered] = WeakKeyDictionary()


def infer_shapes(
    graph: Graph,
    known: Mapping[Node, Shape | None],
    outputs: Sequence[Shape | None] = (),
    *,
    guess: bool = True,
) -> Inferred:
    """Infer all shapes.

    Parameters
    ----------
    graph : Graph
        The graph.
    known : mapping of Node to Shape
        What is known of variables; for the others their attribute ``__shape__`` counts.
    outputs : sequence of Shape, optional
        What is known of the graph's outputs.
    guess : bool
        Whether to take for granted what operators take for granted.

    Raises
    ------
    ShapeError
        If two shapes that must agree do not.
    """
    remembered = _last.get(graph)
    if remembered is not None and guess and not outputs and remembered.answers(graph, known):
        return Inferred(graph, remembered.values)
    inferred = _infer(
        graph,
        known,
        outputs,
        declared_shape,
        settle_shapes,
        merge_shapes,
        is_complete,
        _shape_conflict,
        RESIDUAL_SHAPE,
    )
    if guess:
        _guess_shapes(inferred, known)
    if not outputs and all(is_complete(shape) for values in inferred.values for shape in values):
        _last[graph] = _Remembered(dict(known), inferred.values, is_np_shape())
    return inferred


def infer_dtypes(
    graph: Graph,
    known: Mapping[Node, str | None],
    outputs: Sequence[str | None] = (),
) -> Inferred:
    """Infer all dtypes; as :func:`infer_shapes`.

    Raises
    ------
    DTypeError
        If two dtypes that must agree do not.
    """
    return _infer(
        graph,
        known,
        outputs,
        declared_dtype,
        settle_dtypes,
        merge_dtypes,
        lambda dtype: dtype is not None,
        _dtype_conflict,
        RESIDUAL_DTYPE,
    )


def _infer(
    graph: Graph,
    known: Mapping[Node, Any],
    outputs: Sequence[Any],
    declared: Callable[[Node], Any],
    settle: Settle,
    merge: Callable[[Any, Any], Any],
    complete: Callable[[Any], bool],
    explain: Callable[..., InferenceError],
    residual: Any,
) -> Inferred:
    values: list[list[Any]] = [
        [_given(node, known, declared)] if node.op is None else [None] * node.op.arity[2]
        for node in graph.nodes
    ]
    index = graph.index
    for entry, fact in zip(graph.outputs, outputs, strict=False):
        where = values[index[entry.node]]
        try:
            where[entry.index] = merge(where[entry.index], fact)
        except ValueError:
            raise InferenceError(
                f"The output {describe_entry(entry)} is {where[entry.index]}, but {fact} where it is used."
            ) from None
    values.append([residual])
    sources = graph.sources
    pending = [i for i, node in enumerate(graph.nodes) if node.op is not None]
    changed = True
    while changed and pending:
        changed = False
        unfinished = []
        for i in pending:
            node, where = graph.nodes[i], sources[i]
            facts = (*[values[j][k] for j, k in where], *values[i])
            settled = _ask(node, facts, settle, explain)
            if settled != facts:
                changed = True
                for slot, (j, k) in enumerate(where):
                    if settled[slot] != facts[slot]:
                        try:  # an array that stands in two slots of one node must satisfy both
                            values[j][k] = merge(values[j][k], settled[slot])
                        except ValueError:
                            raise explain(node, facts, Conflict(slot, values[j][k], settled[slot])) from None
                values[i] = list(settled[len(where) :])
            if not all(map(complete, settled)):
                unfinished.append(i)
        unfinished.reverse()  # the next sweep goes the other way
        pending = unfinished
    return Inferred(graph, values[:-1])


def _given(variable: Node, known: Mapping[Node, Any], declared: Callable[[Node], Any]) -> Any:
    fact = known.get(variable)
    return declared(variable) if fact is None else fact


def _guess_shapes(inferred: Inferred, known: Mapping[Node, Shape | None]) -> None:
    """Add what operators take for granted about outputs that nothing determines."""
    index, values = inferred.graph.index, inferred.values
    for i, node in enumerate(inferred.graph.nodes):
        op = node.op
        if op is None or op.guess_shape is None or all(map(is_complete, values[i])):
            continue
        given = tuple(
            _given(entry.node, known, declared_shape)
            if entry.node.op is None
            else values[index[entry.node]][entry.index]
            for entry in node.inputs
        )
        n_in = op.arity[0]
        said = op.guess_shape(Slots(op.slots, given[:n_in], given[n_in:], tuple(values[i])))
        for entry, shape in zip(node.inputs, said.get("ins", ()), strict=False):
            where = values[index[entry.node]]
            where[entry.index] = merge_shapes(where[entry.index], shape)
        values[i] = [merge_shapes(*pair) for pair in zip(values[i], said.get("outs", values[i]), strict=True)]


def _ask(
    node: Node, facts: tuple[Any, ...], settle: Settle, explain: Callable[..., InferenceError]
) -> tuple[Any, ...]:
    """Return what a node says of its slots; an error of its operator gets its name."""
    assert node.op is not None
    try:
        return settle(node.op, facts)
    except Conflict as conflict:
        raise explain(node, facts, conflict) from None
    except Exception as error:
        raise blame(error, node)  # noqa: B904 - the same


def _shape_conflict(node: Node, facts: Sequence[Any], conflict: Conflict) -> ShapeError:
    return blame(ShapeError(_explain(node, facts, conflict, "shape", show_shape)), node)


def _dtype_conflict(node: Node, facts: Sequence[Any], conflict: Conflict) -> DTypeError:
    return blame(DTypeError(_explain(node, facts, conflict, "dtype", str)), node)


def _explain(
    node: Node, facts: Sequence[Any], conflict: Conflict, what: str, show: Callable[[Any], str]
) -> str:
    op = node.op
    assert op is not None
    n_args = len(node.inputs)
    slot = op.slots[conflict.slot]
    lines = [
        f"the {what} of {slot!r} does not fit.",
        f"  Expect: {slot} {show(conflict.required)}",
        f"  Actual: {slot} {show(conflict.known)}"
        + (
            f", from {describe_entry(node.inputs[conflict.slot])}"
            if conflict.slot < n_args
            else ", from where it is used"
        ),
    ]
    others = [
        f"    {name} {show(fact)}" + (f", from {describe_entry(node.inputs[i])}" if i < n_args else "")
        for i, (name, fact) in enumerate(zip(op.slots, facts, strict=True))
        if i != conflict.slot and fact is not None
    ]
    if others:
        lines += [f"  with {op!r} and", *others]
    return "\n".join(lines)
