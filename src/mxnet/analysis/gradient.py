"""Reverse-mode differentiation: from a graph and some of its values to the graph of their gradients.

An operator takes part in one of three ways.

``gradient(node, grads)``
    builds graph: it gets its own :class:`~mxnet.ir.node.Node` and the gradient of each output (an ``Entry``
    or None), and returns one ``Entry`` or None per input. Derivatives of any order then cost nothing.
``backward(run, …)``
    is a kernel. Its parameter names say what it reads: an input, an aux state or an output by name, ``grad``
    (the gradient of the first output), the groups ``grads``, ``ins``, ``outs``, ``aux``, or the operator's
    ``residual``. These become the inputs of one ``_backward_X`` node, and nothing else is kept alive for it.
    One that does not ask for ``grad`` or ``grads`` starts the gradient: a loss.
neither
    torch differentiates the kernel, at the price of running it again.

After: Griewank & Walther, *Evaluating Derivatives*, 2008.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Mapping, Sequence

from mxnet.context import Context
from mxnet.errors import GradientError, MXNetError
from mxnet.ir.blame import blame
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, describe_entry, describe_node, emit, emit_as, emitting
from mxnet.ir.op import Op
from mxnet.ir.types import Type
from mxnet.ops.backward import Backward, backward_of

__all__ = ["gradients", "starts_gradient"]

_Arrived = dict[int, list[Entry]]
"""The gradients that have arrived at a node, by output."""


@functools.lru_cache(maxsize=1 << 12)
def starts_gradient(op: Op) -> bool:
    """Whether the operator ignores head gradients and makes its own: a loss."""
    return type(op).backward is not None and not {"grad", "grads"} & set(op.backward_reads())


def _runs_anyway(op: Op) -> bool:
    """Whether the backward of an operator runs even where the gradients that arrive are known to be zero."""
    return "backward" in op.effects or starts_gradient(op)


def gradients(graph: Graph, wrt: Sequence[Entry], heads: Sequence[Entry | None]) -> list[Entry | None]:
    """Return the gradients of the graph's outputs with respect to some of its values.

    Parameters
    ----------
    graph : Graph
        What to differentiate.
    wrt : sequence of Entry
        Variables or internal outputs of the graph.
    heads : sequence of Entry or None
        The gradient of each of the graph's outputs; None for outputs that contribute nothing, or that are
        losses.

    Returns
    -------
    list of Entry or None
        One per `wrt`; None where no output depends on it.
    """
    wanted: dict[Node, set[int]] = defaultdict(set)
    for entry in wrt:
        wanted[entry.node].add(entry.index)
    carries = _nodes_on_the_way(graph, wanted)
    collected: dict[Node, _Arrived] = {}
    for output, head in zip(graph.outputs, heads, strict=True):
        if head is not None:
            _collect(collected, output, head)
    found: dict[tuple[Node, int], Entry] = {}
    for node in reversed(graph.nodes):
        arrived = collected.pop(node, {})
        passes = node in carries and (bool(arrived) or _runs_anyway(node.op))  # type: ignore[arg-type]
        if not (passes or (arrived and node in wanted)):
            continue
        with emitting(node, "backward"):
            grads = {index: _sum(arrived[index]) for index in sorted(arrived)}
            if node in wanted:
                found.update(((node, index), grad) for index, grad in grads.items())
            if passes:
                wants = [
                    entry.index in wanted.get(entry.node, ())
                    or (entry.node in carries and not entry.is_residual)
                    for entry in node.inputs
                ]
                made = _input_gradients(node, [grads.get(i) for i in range(len(node.outputs))], wants)
                for entry, want, grad in zip(node.inputs, wants, made, strict=False):
                    if want and grad is not None:
                        _check_type(node, entry, grad)
                        _collect(collected, entry, grad)
    return [found.get((entry.node, entry.index)) for entry in wrt]


def _collect(collected: dict[Node, _Arrived], entry: Entry, grad: Entry) -> None:
    collected.setdefault(entry.node, {}).setdefault(entry.index, []).append(grad)


def _nodes_on_the_way(graph: Graph, wanted: Mapping[Node, set[int]]) -> set[Node]:
    """Return the nodes through whose inputs a gradient must pass."""
    carries: set[Node] = set()
    for node in graph.nodes:
        for entry in node.inputs:
            if entry.node in carries or entry.index in wanted.get(entry.node, ()):
                carries.add(node)
                break
    return carries


def _check_type(node: Node, entry: Entry, grad: Entry) -> None:
    """Refuse a gradient of another type than its value's, which is a fault of the operator."""
    if node.place is None:
        return
    value, found = entry.type, grad.type
    if value is not found and not value._replace(place=found.place).holds(found):
        raise GradientError(
            f"The gradient of {describe_node(node)} with respect to {describe_entry(entry)} is "
            f"{found}, but the value is {value}."
        )


def _sum(grads: list[Entry]) -> Entry:
    return grads[0] if len(grads) == 1 else emit("add_n", *grads)


def _input_gradients(node: Node, grads: list[Entry | None], wants: list[bool]) -> Sequence[Entry | None]:
    try:
        return _by_operator(node, grads, wants)
    except MXNetError as error:
        raise blame(error, node)  # noqa: B904 - the same


def _gradient_of(op: Op, wants: tuple[bool, ...]) -> Backward | None:
    """Return the operator that computes the gradients of those inputs; None if there are none."""
    wanted = tuple([name for name, want in zip(op.input_names(), wants, strict=False) if want])
    if not wanted:
        return None
    cls = backward_of(type(op))  # type: ignore[arg-type]
    return cls.bind({**op.given, cls.wants_key: str(wanted)})  # type: ignore[return-value]


_shared_gradient_of = functools.lru_cache(maxsize=1 << 12)(_gradient_of)


def _by_operator(node: Node, grads: list[Entry | None], wants: list[bool]) -> Sequence[Entry | None]:
    op = node.op
    assert op is not None
    if type(op).gradient is not None:
        return op.gradient(node, grads)  # type: ignore[misc, no-any-return]
    backward = (_shared_gradient_of if op.interned else _gradient_of)(op, tuple(wants))
    if backward is None:
        return ()
    if not op.interned:  # of this very operator, which may know more than its parameters say
        backward = backward.knowing(forward_op=op)  # type: ignore[assignment]
    n_in, _, n_out = op.arity
    inputs = []
    for kind, position, _ in backward.reads:
        if kind == "grad":
            inputs.append(grads[position] or emit("zeros_like", Entry(node, position)))
        elif kind == "in":
            inputs.append(node.inputs[position])
        elif kind == "aux":
            inputs.append(node.inputs[n_in + position])
        else:
            inputs.append(Entry(node, position if kind == "out" else n_out))
    types = None
    place = node.place
    if place is not None:  # the gradient of a value has its type, but is made where the node runs
        of = [entry.type for entry, want in zip(node.inputs[:n_in], wants, strict=False) if want]
        types = tuple([_plain(each, place) for each in of])
    made = emit_as(backward, tuple(inputs), types, node.subgraphs)
    results = iter(made.outputs)
    return [next(results) if want else None for want in wants[:n_in]]


def _plain(of: Type, place: Context) -> Type:
    """Return a type without its layout, in that place."""
    return of if of.place is place and not of.layout else Type(of.shape, of.dtype, place)
