"""Fuses a convolution over images with the sum and the activation behind it, and packs its weight.

oneDNN's convolution adds and bends each block of its output while the block is in cache. It wants filters in
an order of its own, which costs time in every run; packed here, they are a node made of parameters alone,
which the plan runs once. Where oneDNN is not there, the same nodes run as torch's plain kernels, in place.
"""

from __future__ import annotations

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emit, emitting
from mxnet.ir.op import Op
from mxnet.ir.types import is_complete
from mxnet.ops.nn import apart
from mxnet.ops.nn.convolution import Convolution
from mxnet.ops.nn.convolution_costs import multiplies, takes_panels, winograd_tile
from mxnet.ops.tensor.elemwise import AddN, ElementwiseAdd
from mxnet.passes.channels_first import stays_channels_first
from mxnet.passes.operators.fused import (
    FiltersApart,
    FiltersInPanels,
    FoldedWeight,
    FusedConvolution,
    FusedConvolutionAdd,
    PackedConvolutionWeight,
    ToChannelsLast,
    onednn_runs,
    with_activation,
)
from mxnet.passes.operators.separable import SeparableConvolution, joined
from mxnet.passes.operators.winograd import WinogradFilters
from mxnet.passes.rewrite import count_readers, place_of, rewrite, stand_in

__all__ = ["fuse_convolution"]


def fuse_convolution(graph: Graph) -> Graph:
    """Return the graph with convolution, addition and activation in one node each time; for inference."""
    readers, stays = count_readers(graph), stays_channels_first(graph)

    def fuse(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        if isinstance(node.op, Convolution):
            made = _packed(node, node.op, inputs, stays=stays)
            alone = made is not None and readers[node.inputs[0]] == 1
            return (_joined(inputs[0].node, made[0].node) or made) if made and alone else made
        # What a node reads can become part of it if nobody else reads that.
        mine = [inputs[i].node if readers[entry] == 1 else None for i, entry in enumerate(node.inputs)]
        if isinstance(node.op, ElementwiseAdd | AddN) and len(inputs) == 2:
            for position, layer in enumerate(mine):
                if layer is not None and _is_plain(layer) and place_of(layer) == place_of(node):
                    return _with_addend(layer, inputs[1 - position], node)
        elif mine and (layer := mine[0]) is not None and place_of(layer) == place_of(node):
            return _with_activation(layer, node)
        return None

    return rewrite(graph, fuse)


def _packed(
    node: Node, op: Convolution, inputs: tuple[Entry, ...], *, stays: bool
) -> tuple[Entry, ...] | None:
    data, weight, *bias = inputs
    is_parameter = weight.node.op is None or isinstance(weight.node.op, FoldedWeight)
    if len(op.kernel) != 2 or op.channels_last or not is_parameter or not is_complete(data.type.shape):
        return None
    if stays:
        return stand_in(FusedConvolution.bind(op.given), inputs, node).outputs
    given = op.given
    if onednn_runs(weight.type) and 0 not in data.type.shape:
        sliding = op.sliding(data.type.shape)
        store: Op | None = None
        title = "packed_weight"
        if tile := winograd_tile(sliding, "output", is_train=False):
            store, title, given = (
                WinogradFilters.make(tile=tile),
                "winograd_filters",
                given | {"tile": str(tile)},
            )
        elif takes_panels(sliding):
            store, title, given = FiltersInPanels.make(), "filters_in_panels", given | {"panels": "True"}
        elif apart.fits(sliding):
            store, title, given = FiltersApart.make(), "filters_apart", given | {"apart": "True"}
        elif multiplies(sliding, "output", packed=True):
            store, title = ToChannelsLast.make(), "filters_last"
        elif not (op.is_of_pixels and data.node.op is None):  # which need not change its layout for that
            store = PackedConvolutionWeight.make(**op.window, data_shape=data.type.shape)
        if store is not None:
            with emitting(node, title):
                weight = emit(store, weight)
    return stand_in(FusedConvolution.bind(given), (data, weight, *bias), node).outputs


def _joined(depth: Node, layer: Node) -> tuple[Entry, ...] | None:
    """Return a convolution of pixels together with one of channels apart whose output it reads alone."""
    if not (type(depth.op) is type(layer.op) is FusedConvolution) or place_of(depth) != place_of(layer):
        return None
    assert isinstance(depth.op, FusedConvolution)
    assert isinstance(layer.op, FusedConvolution)
    data, depth_weight, *depth_bias = depth.inputs
    op = joined(depth.op, layer.op, data.type.shape) if is_complete(data.type.shape) else None
    if op is None:
        return None
    weights = depth_weight, layer.inputs[1], *depth_bias, *layer.inputs[2:]
    return stand_in(op, (data, *weights), depth, layer).outputs


def _is_plain(node: Node) -> bool:
    op = node.op
    if isinstance(op, SeparableConvolution):
        return op.act == "none" and not op.adds
    return type(op) is FusedConvolution and op.act == "none" and not (op.tile or op.apart)


def _with_addend(layer: Node, addend: Entry, node: Node) -> tuple[Entry, ...]:
    assert layer.op is not None
    if isinstance(layer.op, SeparableConvolution):
        inputs = *layer.inputs[:3], addend, *layer.inputs[3:]
        return stand_in(
            SeparableConvolution.bind(layer.op.given | {"adds": "True"}), inputs, layer, node
        ).outputs
    data, weight, *bias = layer.inputs
    op = FusedConvolutionAdd.bind(layer.op.given)
    return stand_in(op, (data, weight, addend, *bias), layer, node).outputs


def _with_activation(layer: Node, node: Node) -> tuple[Entry, ...] | None:
    op = layer.op
    assert node.op is not None
    fused = with_activation(op, node.op) if isinstance(op, FusedConvolution) else None
    adds = isinstance(op, FusedConvolutionAdd) or (isinstance(op, SeparableConvolution) and op.adds)
    if fused is None or (adds and node.op.as_activation() != ("relu", ())):
        return None
    return stand_in(fused, layer.inputs, layer, node).outputs
