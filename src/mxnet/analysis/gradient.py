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
from collections.abc import Sequence

from mxnet.errors import GradientError, MXNetError
from mxnet.ir.blame import blame
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, describe_entry, describe_node, emit, emit_as, emitting
from mxnet.ir.op import Op
from mxnet.ir.types import Type
from mxnet.ops.backward import backward_of

__all__ = ["gradients", "starts_gradient"]


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
    wanted = set(wrt)
    carries = _nodes_on_the_way(graph, wanted)
    collected: dict[Entry, list[Entry]] = {}
    for output, head in zip(graph.outputs, heads, strict=True):
        if head is not None:
            collected.setdefault(output, []).append(head)
    found: dict[Entry, Entry] = {}
    for node in reversed(graph.nodes):
        with emitting(node, "backward"):
            grads = [_sum(collected.pop(entry, [])) for entry in node.outputs]
            for entry, grad in zip(node.outputs, grads, strict=True):
                if entry in wanted and grad is not None:
                    found[entry] = grad
            if node not in carries or node.op is None:
                continue
            wants = [e in wanted or (e.node in carries and not e.is_residual) for e in node.inputs]
            if any(grad is not None for grad in grads) or _runs_anyway(node.op):
                made = _input_gradients(node, grads, wants)
                for entry, want, grad in zip(node.inputs, wants, made, strict=False):
                    if want and grad is not None:
                        _check_type(node, entry, grad)
                        collected.setdefault(entry, []).append(grad)
    return [found.get(entry) for entry in wrt]


def _nodes_on_the_way(graph: Graph, wanted: set[Entry]) -> set[Node]:
    """Return the nodes through whose inputs a gradient must pass."""
    carries: set[Node] = set()
    for node in graph.nodes:
        if any(entry in wanted or entry.node in carries for entry in node.inputs):
            carries.add(node)
    return carries


def _check_type(node: Node, entry: Entry, grad: Entry) -> None:
    """Refuse a gradient of another type than its value's, which is a fault of the operator."""
    if node.place is not None and not entry.type._replace(place=grad.type.place).holds(grad.type):
        raise GradientError(
            f"The gradient of {describe_node(node)} with respect to {describe_entry(entry)} is "
            f"{grad.type}, but the value is {entry.type}."
        )


def _sum(grads: list[Entry]) -> Entry | None:
    if len(grads) < 2:
        return grads[0] if grads else None
    return emit("add_n", *grads)


def _input_gradients(node: Node, grads: list[Entry | None], wants: list[bool]) -> Sequence[Entry | None]:
    try:
        return _by_operator(node, grads, wants)
    except MXNetError as error:
        raise blame(error, node)  # noqa: B904 - the same


def _gradient_of(op: Op, wanted: tuple[str, ...]) -> Op:
    """Return the operator that computes the gradients of those inputs."""
    cls = backward_of(type(op))  # type: ignore[arg-type]
    return cls.bind({**op.given, cls.wants_key: str(wanted)})


_shared_gradient_of = functools.lru_cache(maxsize=1 << 12)(_gradient_of)


def _by_operator(node: Node, grads: list[Entry | None], wants: list[bool]) -> Sequence[Entry | None]:
    op = node.op
    assert op is not None
    if type(op).gradient is not None:
        return op.gradient(node, grads)  # type: ignore[misc, no-any-return]
    names = op.input_names()
    wanted = [name for name, want in zip(names, wants, strict=False) if want]
    if not wanted:
        return ()
    if op.interned:
        backward = _shared_gradient_of(op, tuple(wanted))
    else:  # of this very operator, which may know more than its parameters say
        backward = _gradient_of(op, tuple(wanted)).knowing(forward_op=op)
    n_in = op.arity[0]
    outs, residual = node.outputs, node.entries[-1:]
    sources = {"in": node.inputs[:n_in], "aux": node.inputs[n_in:], "out": outs, "residual": residual}
    inputs = []
    for read in backward.reads:  # type: ignore[attr-defined]
        if read.kind == "grad":
            inputs.append(grads[read.position] or emit("zeros_like", node.outputs[read.position]))
        else:
            inputs.append(sources[read.kind][read.position])
    types = None
    if node.place is not None:  # the gradient of a value has its type, but is made where the node runs
        of = [entry.type for entry, want in zip(node.inputs[:n_in], wants, strict=False) if want]
        types = tuple([Type(each.shape, each.dtype, node.place) for each in of])
    made = emit_as(backward, tuple(inputs), types, node.subgraphs)
    results = iter(made.outputs)
    return [next(results) if want else None for want in wants[:n_in]]
