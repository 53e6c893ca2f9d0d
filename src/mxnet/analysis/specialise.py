"""Settles the types of all values, once, on the graph as it was composed; from there on values carry them.

Inference asks nodes forwards and backwards, because in a composed graph anything may be open: a begin state
of shape (0, 5) gets its rows from where it is used. What is made of a typed graph need never be asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mxnet.analysis.infer import infer_dtypes, infer_shapes
from mxnet.context import Context
from mxnet.errors import MXNetError
from mxnet.ir.constraints import settle_types
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, describe_node
from mxnet.ir.types import Shape, Type, is_complete, show_shape, types_of

__all__ = ["has_late_shapes", "specialise"]

_DENSE: Mapping[Node, str] = {}


def has_late_shapes(graph: Graph) -> bool:
    """Whether the shape of some value depends on data."""
    return any(node.op is not None and node.op.late_shape for node in graph.nodes)


def specialise(
    graph: Graph,
    shapes: Mapping[Node, Shape],
    dtypes: Mapping[Node, str],
    place_of: Callable[[Node], Context],
    stypes: Mapping[Node, str] = _DENSE,
) -> tuple[Graph, dict[Node, Node]]:
    """Return the graph with types, and its node for each node of the composed one.

    Parameters
    ----------
    graph : Graph
        As it was composed.
    shapes, dtypes : mapping of Node
        Those of its variables.
    place_of : callable
        Where a node runs, or a variable is.
    stypes : mapping of Node, optional
        How variables are stored that are not dense; see :func:`mxnet.analysis.storage.settle_storage`.

    Raises
    ------
    MXNetError
        If they contradict the graph, or do not determine all shapes (but those that only data tell) and
        dtypes.
    """
    types_by_node = _forwards(graph, shapes, dtypes, place_of)
    if types_by_node is None:
        types_by_node = _settled(graph, shapes, dtypes, place_of)
    entries: dict[Node, tuple[Entry, ...]] = {}
    typed: dict[Node, Node] = {}
    for node, types in zip(graph.nodes, types_by_node, strict=True):
        if node in stypes:
            types = (types[0]._replace(layout=stypes[node]),)  # noqa: PLW2901
        inputs = tuple([entries[entry.node][entry.index] for entry in node.inputs])
        typed[node] = made = node.with_inputs(inputs, types=types)
        entries[node] = made.entries
    return Graph([entries[entry.node][entry.index] for entry in graph.outputs]), typed


def _forwards(
    graph: Graph,
    shapes: Mapping[Node, Shape],
    dtypes: Mapping[Node, str],
    place_of: Callable[[Node], Context],
) -> list[tuple[Type, ...]] | None:
    """Return the types of each node where they follow from those of its inputs, as they mostly do; else None.

    Every operator is asked once for types that come again, in unrolled networks a thousand times.
    """
    one_of: dict[Type, Type] = {}  # equal types become one, so that its identity says which
    said: dict[tuple[object, ...], tuple[Type, ...]] = {}
    found: dict[Node, tuple[Type, ...]] = {}
    for node in graph.nodes:
        place = place_of(node)
        if node.op is None:
            given = Type(shapes[node], dtypes[node], place)
            found[node] = (one_of.setdefault(given, given),)
            continue
        if node.op.opaque:
            return None
        ins = [found[entry.node][entry.index] for entry in node.inputs]
        key = (id(node.op), id(place), *map(id, ins))
        types = said.get(key)
        if types is None:
            try:
                types = settle_types(node.op, tuple(ins), place)
            except Exception:  # inference says it better, or finds more
                return None
            if not all(each.is_known and 0 not in (each.shape or ()) for each in types):
                if ins:
                    return None
                types = _where_used(graph, shapes, node, types)
                if not all(each.is_known for each in types):
                    return None
            types = tuple([one_of.setdefault(each, each) for each in types])
            if ins:
                said[key] = types
        found[node] = types
    return list(found.values())


def _where_used(
    graph: Graph, shapes: Mapping[Node, Shape], node: Node, types: tuple[Type, ...]
) -> tuple[Type, ...]:
    """Return the types of what is made of nothing, such as a begin state, with the shapes it is used in."""
    inferred = infer_shapes(graph, shapes)
    return tuple(
        [
            each._replace(shape=shape)
            for each, shape in zip(types, inferred.values[graph.index[node]], strict=True)
        ]
    )


def _settled(
    graph: Graph,
    shapes: Mapping[Node, Shape],
    dtypes: Mapping[Node, str],
    place_of: Callable[[Node], Context],
) -> list[tuple[Type, ...]]:
    """Return the types of each node, by asking forwards and backwards."""
    all_shapes, all_dtypes = infer_shapes(graph, shapes), infer_dtypes(graph, dtypes)
    late = has_late_shapes(graph)
    result = []
    for node, of_shape, of_dtype in zip(graph.nodes, all_shapes.values, all_dtypes.values, strict=True):
        types = types_of(len(of_shape), of_shape, of_dtype, place_of(node))
        for each in types:
            if each.dtype is None or not (late or is_complete(each.shape)):
                raise MXNetError(
                    f"Cannot run {describe_node(node)}: the given arrays do not determine its output's "
                    + (f"shape, {show_shape(each.shape)}." if each.dtype is not None else "dtype.")
                )
        result.append(types)
    return result
