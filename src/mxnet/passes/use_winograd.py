"""Has windows of 3 by 3 convolved by Winograd's minimal filtering in training, where that is the faster way.

It happens before differentiation, so that the gradients are computed so as well. What inference runs is
chosen by :mod:`mxnet.passes.fuse_convolution`.
"""

from __future__ import annotations

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.types import is_complete
from mxnet.ops.nn.convolution import Convolution
from mxnet.ops.nn.convolution_costs import Part, winograd_tile
from mxnet.passes.operators.winograd import WinogradConvolution
from mxnet.passes.rewrite import rewrite, stand_in

__all__ = ["use_winograd"]

_PARTS: dict[str, Part] = {"output_tile": "output", "data_tile": "image", "weight_tile": "filters"}


def use_winograd(graph: Graph) -> Graph:
    """Return the graph, which is to be differentiated, with tiles chosen for its convolutions."""

    def tiled(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        op, data = node.op, node.inputs[0].type if node.inputs else None
        if (
            type(op) is not Convolution
            or data is None
            or not (is_complete(data.shape) and data.dtype == "float32" and data.place.device_type == "cpu")
            or op.channels_last
            or len(op.kernel) != 2
        ):
            return None
        sliding = op.sliding(data.shape)
        tiles = {name: winograd_tile(sliding, part, is_train=True) for name, part in _PARTS.items()}
        if not any(tiles.values()):
            return None
        given = {name: str(tile) for name, tile in tiles.items()}
        return stand_in(WinogradConvolution.bind({**op.given, **given}), inputs, node).outputs

    return rewrite(graph, tiled)
