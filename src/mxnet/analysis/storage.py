"""How values are stored: dense, by rows (``row_sparse``) or as matrices in CSR form, from how variables are.

An operator's results follow from its inputs by the rules of real MXNet, which it declares as ``sparse``. What
no rule knows is computed from dense values, and its results are dense: the operator falls back. Gradients
follow from the stored inputs and from the gradients behind them in the same way.
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
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import Op
from mxnet.ir.storage import DENSE, ROWS, StorageError

__all__ = ["StorageFacts", "gradient_storage", "graph_storage", "result_storage", "say_fallback"]

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
