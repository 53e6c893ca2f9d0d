"""Fuses a dense layer with its activation, and stores its weight as the product runs fastest.

Small products cost little more than the calls they take: one to multiply and add, one to bend in place, none
to transpose. Large ones are our own, or oneDNN's, in one call. The stored weight is a node made of a
parameter alone, which the plan runs once.
"""

from __future__ import annotations

from typing import Any

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emit, emitting
from mxnet.ir.op import Op
from mxnet.ir.types import Type, is_complete
from mxnet.ops.nn import direct
from mxnet.ops.nn.fully_connected import FullyConnected
from mxnet.ops.nn.sliding import are_there
from mxnet.ops.tools.shapes import numel
from mxnet.passes.operators.fused import (
    FiltersInPanels,
    FoldedWeight,
    FusedFullyConnected,
    PackedDenseWeight,
    TransposedDenseWeight,
    onednn_multiplies,
    onednn_runs,
    with_activation,
)
from mxnet.passes.rewrite import count_readers, place_of, rewrite, stand_in

__all__ = ["fuse_fully_connected", "multiplies_panels"]

_SMALL = 1 << 18  # numbers of a weight up to which the library's product is as fast as any


def fuse_fully_connected(graph: Graph) -> Graph:
    """Return the graph with dense layer and activation in one node each time; for inference."""
    readers = count_readers(graph)
    stored: dict[tuple[Any, ...], Entry] = {}  # a parameter that several layers share is stored once

    def fuse(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        if isinstance(node.op, FullyConnected):
            return _packed(node, node.op, inputs, stored)
        layer = inputs[0].node if inputs and readers[node.inputs[0]] == 1 else None
        if layer is None or place_of(layer) != place_of(node):
            return None
        return _with_activation(layer, node)

    return rewrite(graph, fuse)


def _packed(
    node: Node, op: FullyConnected, inputs: tuple[Entry, ...], stored: dict[tuple[Any, ...], Entry]
) -> tuple[Entry, ...] | None:
    data, weight, *bias = inputs
    if weight.node.op is not None and not isinstance(weight.node.op, FoldedWeight):
        return None  # not a parameter: it would have to be packed in every run
    if not is_complete(data.type.shape):
        return None
    rows = numel(data.type.shape[:1] if op.flatten else data.type.shape[:-1])
    assert rows is not None
    with emitting(node, "flat_bias"):  # MXNet takes a column, too
        bias = [
            each if len(each.type.shape or ()) == 1 else emit("Reshape", each, shape=(-1,)) for each in bias
        ]
    how, store = _stored(weight.type, rows)
    if store is not None:
        with emitting(node, "packed_weight"):
            key = store, weight, place_of(node)
            weight = stored[key] = stored[key] if key in stored else emit(store, weight)
    fused = FusedFullyConnected.make(
        num_hidden=op.num_hidden, flatten=op.flatten, no_bias=not bias, stored=how
    )
    return stand_in(fused, (data, weight, *bias), node).outputs


def _stored(weight: Type, rows: int) -> tuple[str, Op | None]:
    """Return how a weight is to lie for that many rows, and what brings it there."""
    is_small = (numel(weight.shape or ()) or 0) <= _SMALL
    if rows == 1:  # it is read once, which is all that counts
        return "plain", None
    if not is_small and multiplies_panels(weight, rows):
        return "panels", FiltersInPanels.make()
    if onednn_multiplies(weight, rows):
        return "packed", PackedDenseWeight.make(rows=rows)
    return "transposed", TransposedDenseWeight.make()


def multiplies_panels(weight: Type, rows: int | None) -> bool:
    """Whether our own products are there, and fast, for that many rows and a weight in panels."""
    return bool(rows) and onednn_runs(weight) and are_there() and direct.by_panels()


def _with_activation(layer: Node, node: Node) -> tuple[Entry, ...] | None:
    op = layer.op
    assert node.op is not None
    fused = with_activation(op, node.op) if isinstance(op, FusedFullyConnected) else None
    return None if fused is None else stand_in(fused, layer.inputs, layer, node).outputs
