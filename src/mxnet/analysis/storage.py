"""How values are stored: dense, by rows (``row_sparse``) or as matrices in CSR form, from how variables are.

An operator's results follow from its inputs by the rules of real MXNet, which it declares as ``sparse``. What
no rule knows is computed from dense values, and its results are dense: the operator falls back. Gradients
follow from the stored inputs and from the gradients behind them in the same way.

That is what users see (:func:`graph_storage`). How values are stored inside of a program, where only cost
counts, their types say (:func:`settle_storage`): sparsely as far as there are kernels for that.
"""

from __future__ import annotations

import functools
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mxnet.config import knob
from mxnet.ir.blame import blame
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emit_as, emitting
from mxnet.ir.op import Op, find_operator
from mxnet.ir.storage import DENSE, ROWS, StorageError
from mxnet.ops.backward import Backward

__all__ = [
    "StorageFacts",
    "gradient_storage",
    "graph_storage",
    "result_storage",
    "say_fallback",
    "settle_storage",
    "stored_results",
]

Stypes = str | tuple[str, ...]
"""How all outputs are stored, or each of them."""


def result_storage(op: Op, stypes: Sequence[str]) -> Stypes | None:
    """Return how an operator's results are stored, from how its inputs are; None if it falls back to dense.

    Raises
    ------
    StorageError
        If the operator takes no such arrays.
    """
    sparse = op.sparse
    if sparse.takes is not None and stypes[0] != sparse.takes:
        raise StorageError(f"{op.name} takes an array stored as {sparse.takes}, not as {stypes[0]}.")
    if not sparse.always and all(stype == DENSE for stype in stypes):
        return DENSE
    return sparse.result(op, tuple(stypes))


@functools.cache
def say_fallback(op: Op, stypes: tuple[str, ...]) -> None:
    """Log that an operator computes with dense copies of sparse arrays; once for each way they are stored."""
    if knob("MXNET_STORAGE_FALLBACK_LOG_VERBOSE"):
        logging.getLogger("mxnet").warning(
            "Storage type fallback detected:\noperator = %s\ninput storage types = [%s]\n"
            "output storage types = [%s]\nparams = {%s}\n"
            "The operator computes with dense copies of these arrays: the result is right, but takes the "
            "memory and time of dense arrays. MXNET_STORAGE_FALLBACK_LOG_VERBOSE=0 turns this warning off.",
            op.name,
            ", ".join(stypes),
            ", ".join([DENSE] * op.visible_outputs()),
            ", ".join(f'"{key}" : {value}' for key, value in op.given.items()),
        )


def gradient_storage(op: Op, stypes: Sequence[str], head: str) -> tuple[str, ...]:
    """Return how the gradients of an operator's inputs are stored: dense, unless a rule says otherwise.

    Parameters
    ----------
    op : Op
        The operator.
    stypes : sequence of str
        How its inputs are stored.
    head : str
        How the gradient of its first output is.
    """
    return op.sparse.gradient(op, tuple(stypes), head)


# ---------------------------------------------------------------------------------------------------- a graph


class StorageFacts(NamedTuple):
    """How a graph's outputs are stored, gradients of variables, and what nodes read; the rest is dense."""

    outputs: tuple[str, ...]
    gradients: dict[Node, str]
    reads: dict[Node, tuple[str, ...]]

    @property
    def all_dense(self) -> bool:
        """Whether nothing is stored in another way."""
        return not self.reads and {*self.outputs, *self.gradients.values()} <= {DENSE}


def graph_storage(graph: Graph, stypes: Mapping[Node, str]) -> StorageFacts:
    """Return how the outputs of a graph and the gradients of its variables are stored.

    Parameters
    ----------
    graph : Graph
        The graph.
    stypes : dict of Node to str
        How its variables are; those that are not named are dense.
    """
    if all(stype == DENSE for stype in stypes.values()) and not any(map(_may_be_sparse, graph.operators)):
        return StorageFacts((DENSE,) * len(graph.outputs), {}, {})
    stored: dict[Entry, str] = defaultdict(lambda: DENSE)  # residuals, too
    for node in graph.nodes:
        found = stypes.get(node, DENSE) if node.op is None else _stored(node, stored)
        each = (found,) * len(node.outputs) if isinstance(found, str) else found
        stored.update(zip(node.outputs, each, strict=True))
    heads: dict[Entry, list[str]] = {}
    for entry in graph.outputs:
        heads.setdefault(entry, []).append(stored[entry])
    gradients: dict[Node, str] = {}
    for node in reversed(graph.nodes):
        collected = [_collected(heads[entry]) for entry in node.outputs if entry in heads]
        if not collected:
            continue
        if node.op is None:
            gradients[node] = collected[0]
            continue
        each = gradient_storage(node.op, [stored[entry] for entry in node.inputs], collected[0])
        for entry, stype in zip(node.inputs, each, strict=False):
            heads.setdefault(entry, []).append(stype)
    reads = {node: tuple([stored[entry] for entry in node.inputs]) for node in graph.operators}
    reads = {node: each for node, each in reads.items() if set(each) - {DENSE}}
    return StorageFacts(tuple([stored[entry] for entry in graph.outputs]), gradients, reads)


def _may_be_sparse(node: Node) -> bool:
    """Whether an operator makes something sparse of what is dense, or refuses it."""
    assert node.op is not None
    dense = (DENSE,) * len(node.inputs)
    return node.op.sparse.always or gradient_storage(node.op, dense, DENSE) != dense


def _stored(node: Node, stored: Mapping[Entry, str]) -> Stypes:
    assert node.op is not None
    stypes = tuple(stored[entry] for entry in node.inputs)
    try:
        found = result_storage(node.op, stypes)
    except StorageError as error:
        raise blame(error, node)  # noqa: B904 - the same
    if found is None:
        say_fallback(node.op, stypes)
    return found or DENSE


def _collected(stypes: Sequence[str]) -> str:
    """Return how the sum of several gradients is stored."""
    return stypes[0] if len(stypes) == 1 or set(stypes) == {ROWS} else DENSE


# -------------------------------------------------------------------------------------------------- a program


def settle_storage(graph: Graph, *, copies: bool) -> Graph:
    """Return the graph whose types say how each value is stored.

    Parameters
    ----------
    graph : Graph
        The typed graph of outputs and gradients; the types of its variables say it already.
    copies : bool
        Whether a node is put in that makes a dense copy for all operators that need one. Else each of them
        makes its own, and the graph keeps its nodes.
    """
    now: dict[Entry, Entry] = {}
    dense: dict[Entry, Entry] = {}

    def copied(entry: Entry) -> Entry:
        if entry.type.stype == DENSE:
            return entry
        if entry not in dense:
            with emitting(entry.node, "dense"):
                types = (entry.type._replace(layout=""),)
                op = find_operator("cast_storage").make(stype=DENSE)
                dense[entry] = Entry(emit_as(op, (entry,), types))
        return dense[entry]

    for node in graph.operators:
        op = node.op
        assert op is not None
        assert node.types is not None
        inputs = tuple([now.get(entry, entry) for entry in node.inputs])
        found = stored_results(op, [entry.type.stype for entry in inputs])
        if found is None and copies:
            inputs = tuple([e if i in op.shape_only else copied(e) for i, e in enumerate(inputs)])
        types = tuple(
            [
                each if each.stype == stype else each._replace(layout="" if stype == DENSE else stype)
                for each, stype in zip(node.types, found or (DENSE,) * len(node.types), strict=True)
            ]
        )
        if inputs != node.inputs or types != node.types:
            kept = node.with_inputs(inputs, types=types)
            now.update(zip(node.entries, kept.entries, strict=True))
    return Graph([now.get(entry, entry) for entry in graph.outputs])


def stored_results(op: Op, stypes: Sequence[str]) -> tuple[str, ...] | None:
    """Return how results are stored if they are computed from what is stored; None if from dense copies."""
    if isinstance(op, Backward):
        return _stored_gradients(op, stypes)
    if op.sparse.kernel is None or op.arity[2] != 1 or op.residual:
        return None
    try:
        found = result_storage(op, stypes)
    except StorageError:  # in a gradient; where a user reads such an array, it was raised before
        return None
    return (found,) if isinstance(found, str) else found


def _stored_gradients(op: Backward, stypes: Sequence[str]) -> tuple[str, ...] | None:
    forward = op.forward_op
    if forward.sparse.gradient_kernel is None:
        return None
    names = forward.input_names()
    of_inputs, head = [DENSE] * len(names), DENSE
    for read, stype in zip(op.reads, stypes, strict=True):
        if read.kind == "in":
            of_inputs[read.position] = stype
        elif read == ("grad", 0, read.shape_only):
            head = stype
    each = gradient_storage(forward, of_inputs, head)
    return tuple([each[names.index(name)] for name in op.wants])
