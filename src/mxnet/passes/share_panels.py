"""Brings a weight into panels once a run, where many products with it wait for each other.

A recurrent layer multiplies few rows by the same matrix in every step, and its gradient does so again. A
library's product brings the matrix into an order of its own each time, which takes as long as the product
itself; our own products find it so (see :mod:`mxnet.native.kernels.panels`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emit, emitting
from mxnet.ops.backward import Backward
from mxnet.ops.nn.fully_connected import FullyConnected
from mxnet.ops.tools.shapes import numel
from mxnet.passes.fuse_fully_connected import multiplies_panels
from mxnet.passes.join_dense_layers import FEWEST
from mxnet.passes.operators.fused import FiltersInPanels, FusedFullyConnected
from mxnet.passes.rewrite import place_of, rewrite, stand_in

__all__ = ["share_panels"]

_LEAST = 1 << 17  # numbers of a weight from which on it is worth the copy


class _Use(NamedTuple):
    """A product with a weight: of data, or on the way back of gradients, by columns instead of rows."""

    weight: Entry
    is_back: bool
    place: object


def share_panels(graph: Graph) -> Graph:
    """Return the graph with a weight in panels for all products that share it, and cannot be joined."""
    uses = {node: use for node in graph.operators if (use := _use_of(node)) is not None}
    often = Counter(uses.values())
    stored: dict[_Use, Entry] = {}

    def multiply(node: Node, inputs: tuple[Entry, ...]) -> Sequence[Entry] | None:
        use = uses.get(node)
        if use is None or often[use] < FEWEST:
            return None
        at = _reads_weight(node)
        if use not in stored:
            with emitting(node, "packed_weight"):
                stored[use] = emit(FiltersInPanels.make(turned=use.is_back), inputs[at])
        bias = () if use.is_back else inputs[2:]
        columns = (node.types or ())[0].shape[1]  # type: ignore[index]
        product = FusedFullyConnected.make(num_hidden=columns, no_bias=not bias, stored="panels")
        return stand_in(product, (inputs[0], stored[use], *bias), node).outputs

    return rewrite(graph, multiply)


def _use_of(node: Node) -> _Use | None:
    """Return how a node multiplies with a weight; None if it does anything else, or the library is faster."""
    match node.op:
        case FullyConnected():
            is_back = False
        case Backward(forward_op=FullyConnected(), wants=("data",)):
            is_back = True
        case _:
            return None
    rows, weight = node.inputs[0].type, node.inputs[_reads_weight(node)]
    shapes = [each.type.shape or () for each in node.inputs[2:]] if not is_back else []
    if len(rows.shape or ()) != 2 or len((node.types or ())[0].shape or ()) != 2:
        return None
    if any(len(shape) != 1 for shape in shapes) or (numel(weight.type.shape or ()) or 0) < _LEAST:
        return None
    if not multiplies_panels(weight.type, rows.shape[0]):  # type: ignore[index]
        return None
    return _Use(weight, is_back, place_of(node))


def _reads_weight(node: Node) -> int:
    """Return which input of a dense layer, or of its gradient, is the weight."""
    op = node.op
    if not isinstance(op, Backward):
        return 1
    return next(i for i, read in enumerate(op.reads) if read.kind == "in" and read.position == 1)
