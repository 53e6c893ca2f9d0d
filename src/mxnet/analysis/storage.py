"""How values are stored: dense, by rows (``row_sparse``) or as matrices in CSR form, from how variables are.

An operator's results follow from its inputs by the rules of real MXNet. What no rule knows is computed from
dense values, and its results are dense: the operator falls back. Gradients follow from the stored inputs and
from the gradients behind them in the same way.
"""

from __future__ import annotations

import functools
import logging
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from mxnet.config import knob
from mxnet.errors import MXNetError
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, describe_node
from mxnet.ir.op import Op

__all__ = [
    "DENSE",
    "StorageError",
    "StorageFacts",
    "gradient_storage",
    "graph_storage",
    "result_storage",
    "say_fallback",
]

DENSE, ROWS, CSR = "default", "row_sparse", "csr"


class StorageError(MXNetError, ValueError):
    """An operator cannot do anything with arrays that are stored like that."""


Rule = Callable[[Any, tuple[str, ...]], str | None]
"""From an operator and how its inputs are stored (not all dense) to how its result is; None to fall back."""


def _as_first(op: Any, stypes: tuple[str, ...]) -> str | None:  # noqa: ARG001 - a rule
    return stypes[0]


def _dense(op: Any, stypes: tuple[str, ...]) -> str | None:  # noqa: ARG001 - a rule
    return DENSE


def _if_alike(op: Any, stypes: tuple[str, ...]) -> str | None:  # noqa: ARG001 - a rule
    return stypes[0] if len(set(stypes)) == 1 else None


def _sum(op: Any, stypes: tuple[str, ...]) -> str | None:
    return DENSE if DENSE in stypes else _if_alike(op, stypes)


def _broadcast_sum(op: Any, stypes: tuple[str, ...]) -> str | None:  # noqa: ARG001 - a rule
    return DENSE if set(stypes) == {CSR, DENSE} else None


def _broadcast_product(op: Any, stypes: tuple[str, ...]) -> str | None:  # noqa: ARG001 - a rule
    return CSR if stypes == (CSR, DENSE) else None


def _product(op: Any, stypes: tuple[str, ...]) -> str | None:
    sparse = [stype for stype in stypes if stype != DENSE]
    return sparse[0] if len(sparse) == 1 else _if_alike(op, stypes)


def _quotient(op: Any, stypes: tuple[str, ...]) -> str | None:  # noqa: ARG001 - a rule
    return None if CSR in stypes and DENSE not in stypes else DENSE


_OF_ZERO: dict[str, Callable[[float, float], bool]] = {
    "_greater_scalar": operator.gt,
    "_greater_equal_scalar": operator.ge,
    "_lesser_scalar": operator.lt,
    "_lesser_equal_scalar": operator.le,
    "_equal_scalar": operator.eq,
    "_not_equal_scalar": operator.ne,
}


def _comparison(op: Any, stypes: tuple[str, ...]) -> str | None:
    return DENSE if _OF_ZERO[op.name](0, op.scalar) else stypes[0]


def _clip(op: Any, stypes: tuple[str, ...]) -> str | None:
    return stypes[0] if op.a_min <= 0 <= op.a_max else None


def _dot(op: Any, stypes: tuple[str, ...]) -> str | None:
    if stypes[0] == CSR and stypes[1] in (DENSE, ROWS) and not op.transpose_b:
        return op.forward_stype or (ROWS if op.transpose_a else DENSE)
    if stypes == (DENSE, CSR) and not op.transpose_a:
        return op.forward_stype or CSR
    return None


def _square_sum(op: Any, stypes: tuple[str, ...]) -> str | None:  # noqa: ARG001 - a rule
    return ROWS if op.keepdims and op.axis == (1,) else DENSE


def _concat(op: Any, stypes: tuple[str, ...]) -> str | None:
    return CSR if set(stypes) == {CSR} and op.dim == 0 else None


def _only_csr(op: Any, stypes: tuple[str, ...]) -> str | None:
    whole = all(step in (None, 1) for step in getattr(op, "step", None) or ()) and getattr(op, "axis", 0) == 0
    return CSR if stypes[0] == CSR and whole else None


def _csr_sum(op: Any, stypes: tuple[str, ...]) -> str | None:
    return DENSE if stypes[0] == CSR and op.axis in ((0,), (1,)) and not op.keepdims else None


_SAME_AT_ZERO = (  # functions that are 0 at 0, so that what is not stored stays so
    "abs arcsin arcsinh arctan arctanh cbrt ceil degrees expm1 fix floor log1p negative radians relu rint "
    "round sign sin sinh sqrt square tan tanh trunc zeros_like _copy BlockGrad make_loss _mul_scalar "
    "_div_scalar _scatter_plus_scalar _scatter_minus_scalar _contrib_round_ste _contrib_sign_ste"
).split()
_RULES: dict[str, Rule] = {
    **dict.fromkeys(_SAME_AT_ZERO, _as_first),
    **dict.fromkeys(("_plus_scalar", "_minus_scalar", "_rminus_scalar", "norm", "where"), _dense),
    **dict.fromkeys(("Embedding", "_contrib_SparseEmbedding", "_contrib_getnnz", "_contrib_edge_id"), _dense),
    **dict.fromkeys(("LinearRegressionOutput", "LogisticRegressionOutput"), _dense),
    **dict.fromkeys(("elemwise_add", "elemwise_sub", "_grad_add"), _sum),
    **dict.fromkeys(("broadcast_add", "broadcast_sub"), _broadcast_sum),
    **dict.fromkeys(("broadcast_mul", "broadcast_div"), _broadcast_product),
    **dict.fromkeys(("_maximum", "_minimum", "_hypot"), _if_alike),
    **dict.fromkeys(_OF_ZERO, _comparison),
    "elemwise_mul": _product,
    "elemwise_div": _quotient,
    "_scatter_elemwise_div": lambda op, stypes: ROWS if stypes[0] == ROWS else None,  # noqa: ARG005 - a rule
    "add_n": lambda op, stypes: ROWS if set(stypes) == {ROWS} else None,  # noqa: ARG005 - a rule
    "clip": _clip,
    "dot": _dot,
    "_square_sum": _square_sum,
    "_sparse_retain": _as_first,
    "Concat": _concat,
    "slice": _only_csr,
    "take": _only_csr,
    "sum": _csr_sum,
    "mean": _csr_sum,
    "_contrib_quadratic": lambda op, stypes: CSR if stypes[0] == CSR and op.c == 0 else None,
}
_ONLY = {"_sparse_retain": ROWS, "_square_sum": ROWS, "_contrib_getnnz": CSR, "_contrib_edge_id": CSR}
"""How the first input must be stored, of operators that know nothing else."""


def result_storage(op: Op, stypes: Sequence[str]) -> str | None:
    """Return how an operator's results are stored, from how its inputs are; None if it falls back to dense.

    Raises
    ------
    StorageError
        If the operator takes no such arrays.
    """
    name = op.name
    if name == "cast_storage":
        wanted: str = op.stype  # type: ignore[attr-defined]
        if DENSE not in (stypes[0], wanted) and wanted != stypes[0]:
            raise StorageError(f"cast_storage cannot make {wanted} of {stypes[0]}: make it dense in between.")
        return wanted
    if name in _ONLY and stypes[0] != _ONLY[name]:
        raise StorageError(f"{name} takes an array stored as {_ONLY[name]}, not as {stypes[0]}.")
    if all(stype == DENSE for stype in stypes):
        return DENSE
    rule = _RULES.get(name)
    if rule is not None:
        return rule(op, tuple(stypes))
    return DENSE if op.mutates else None  # updates know what they are given


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


# ------------------------------------------------------------------------------------------------ gradients

GradientRule = Callable[[Any, tuple[str, ...], str], tuple[str, ...]]
"""From an operator, how its inputs are stored, and how its output's gradient is, to those of the inputs."""


def _like_the_head(op: Any, stypes: tuple[str, ...], head: str) -> tuple[str, ...]:  # noqa: ARG001 - a rule
    return (head,) * len(stypes)


def _like_the_inputs(op: Any, stypes: tuple[str, ...], head: str) -> tuple[str, ...]:  # noqa: ARG001 - a rule
    return stypes


def _by_a_slope(op: Any, stypes: tuple[str, ...], head: str) -> tuple[str, ...]:  # noqa: ARG001 - a rule
    return (head if head == stypes[0] else DENSE,)


def _of_embedding(op: Any, stypes: tuple[str, ...], head: str) -> tuple[str, ...]:  # noqa: ARG001 - a rule
    return DENSE, ROWS if op.sparse_grad or op.name == "_contrib_SparseEmbedding" else DENSE


def _of_dot(op: Any, stypes: tuple[str, ...], head: str) -> tuple[str, ...]:
    plain = not (op.transpose_a or op.transpose_b) and head == DENSE
    return DENSE, ROWS if plain and stypes[0] == CSR and stypes[1] != CSR else DENSE


_LINEAR = (
    "_copy negative _mul_scalar _div_scalar _scatter_plus_scalar _scatter_minus_scalar cast_storage "
    "elemwise_add elemwise_sub _contrib_round_ste _contrib_sign_ste"
).split()
_FLAT = (  # functions whose gradient is 0: it holds nothing
    "BlockGrad zeros_like ones_like sign round rint ceil floor fix trunc logical_not "
    "_equal _not_equal _greater _greater_equal _lesser _lesser_equal _equal_scalar _not_equal_scalar "
    "_greater_scalar _greater_equal_scalar _lesser_scalar _lesser_equal_scalar"
).split()
_GRADIENT_RULES: dict[str, GradientRule] = {
    **dict.fromkeys(_LINEAR, _like_the_head),
    **dict.fromkeys(_FLAT, _like_the_inputs),
    **dict.fromkeys(("abs", "relu", "square"), _by_a_slope),
    **dict.fromkeys(("Embedding", "_contrib_SparseEmbedding"), _of_embedding),
    "add_n": lambda op, stypes, head: (head if head == ROWS else DENSE,) * len(stypes),  # noqa: ARG005 - a rule
    "where": lambda op, stypes, head: (stypes[0], DENSE, DENSE),  # noqa: ARG005 - a rule
    "_square_sum": lambda op, stypes, head: (ROWS,),  # noqa: ARG005 - a rule
    "dot": _of_dot,
}


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
    rule = _GRADIENT_RULES.get(op.name)
    return (DENSE,) * len(stypes) if rule is None else rule(op, tuple(stypes), head)


# ---------------------------------------------------------------------------------------------------- a graph


class StorageFacts(NamedTuple):
    """How a graph's outputs are stored, and the gradients of its variables; those not named are dense."""

    outputs: tuple[str, ...]
    gradients: dict[Node, str]


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
        return StorageFacts((DENSE,) * len(graph.outputs), {})
    stored: dict[Entry, str] = {}
    for node in graph.nodes:
        found = stypes.get(node, DENSE) if node.op is None else _stored(node, stored)
        stored.update(dict.fromkeys(node.outputs, found))
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
    return StorageFacts(tuple(stored[entry] for entry in graph.outputs), gradients)


def _may_be_sparse(node: Node) -> bool:
    """Whether an operator makes something sparse of what is dense, or refuses it."""
    op = node.op
    return op is not None and (
        op.about_storage or op.name == "_contrib_SparseEmbedding" or getattr(op, "sparse_grad", False)
    )


def _stored(node: Node, stored: Mapping[Entry, str]) -> str:
    assert node.op is not None
    stypes = tuple(stored[entry] for entry in node.inputs)
    try:
        found = result_storage(node.op, stypes)
    except StorageError as error:
        raise StorageError(f"Error in operator {describe_node(node)}: {error}") from None
    if found is None:
        say_fallback(node.op, stypes)
    return found or DENSE


def _collected(stypes: Sequence[str]) -> str:
    """Return how the sum of several gradients is stored."""
    return stypes[0] if len(stypes) == 1 or set(stypes) == {ROWS} else DENSE
