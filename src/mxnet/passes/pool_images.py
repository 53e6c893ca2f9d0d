"""Has images with their channels last pooled without a look at the places of the maxima; for inference."""

from __future__ import annotations

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.types import CHANNELS_LAST
from mxnet.ops.nn.pooling import Pooling
from mxnet.passes.operators.pooled import PooledImages
from mxnet.passes.rewrite import count_readers, rewrite, stand_in

__all__ = ["pool_images"]


def pool_images(graph: Graph) -> Graph:
    """Return the graph with poolings that make images only."""
    readers = count_readers(graph)

    def pool(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry | None, ...] | None:
        op, places = node.op, node.outputs[1:]
        if type(op) is not Pooling or node.types is None or node.types[0].layout != CHANNELS_LAST:
            return None
        if any(readers[each] for each in places):
            return None
        return (*stand_in(PooledImages.bind(op.given), inputs, node).outputs, *(None for _ in places))

    return rewrite(graph, pool)
