"""Fuses a convolution over images with the sum and the activation behind it, and packs its weight.

oneDNN's convolution adds and bends each block of its output while the block is in cache. It wants filters in
an order of its own, which costs time in every run; packed here, they are a node made of parameters alone,
which the plan runs once. Where oneDNN is not there, the same nodes run as torch's plain kernels, in place.
"""

from __future__ import annotations

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emit, emitting
from mxnet.ops.fused import (
    FoldedWeight,
    FusedConvolution,
    FusedConvolutionAdd,
    PackedConvolutionWeight,
    activation_of,
)
from mxnet.passes.rewrite import count_readers, rewrite, stand_in

__all__ = ["fuse_convolution"]


def fuse_convolution(graph: Graph) -> Graph:
    """Return the graph with convolution, addition and activation in one node each time; for inference."""
    readers = count_readers(graph)

    def fuse(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        op = node.op
        assert op is not None
        if op.name in ("Convolution", "Convolution_v1"):
            return _packed(node, inputs)
        # What a node reads can become part of it if nobody else reads that.
        mine = [inputs[i].node if readers[entry] == 1 else None for i, entry in enumerate(node.inputs)]
        if op.name == "elemwise_add" or (op.name == "add_n" and len(inputs) == 2):
            for position, layer in enumerate(mine):
                if layer is not None and _is_plain(layer) and _same_place(layer, node):
                    return _with_addend(layer, inputs[1 - position], node)
        elif mine and (layer := mine[0]) is not None and _same_place(layer, node):
            return _with_activation(layer, node)
        return None

    return rewrite(graph, fuse)


def _packed(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
    data, weight, *bias = inputs
    op = node.op
    assert op is not None
    is_parameter = weight.node.op is None or isinstance(weight.node.op, FoldedWeight)
    if len(op.kernel) != 2 or op.channels_last or not is_parameter:  # type: ignore[attr-defined]
        return None
    with emitting(f"{node.name}_packed_weight", node.source, node.attrs.get("__ctx_group__")):
        packed = emit(PackedConvolutionWeight.bind(op.given), weight, data)
    return stand_in(FusedConvolution.bind(op.given), (data, packed, *bias), node).outputs


def _is_plain(node: Node) -> bool:
    return type(node.op) is FusedConvolution and node.op.act == "none"


def _with_addend(layer: Node, addend: Entry, node: Node) -> tuple[Entry, ...]:
    assert layer.op is not None
    data, weight, *bias = layer.inputs
    op = FusedConvolutionAdd.bind(layer.op.given)
    return stand_in(op, (data, weight, addend, *bias), layer, node).outputs


def _with_activation(layer: Node, node: Node) -> tuple[Entry, ...] | None:
    op = layer.op
    assert node.op is not None
    if not isinstance(op, FusedConvolution) or op.act != "none":
        return None
    activation = activation_of(node.op)
    if activation is None or (isinstance(op, FusedConvolutionAdd) and activation["act"] != "relu"):
        return None
    fused = type(op).bind({**op.given, **{key: str(value) for key, value in activation.items()}})
    return stand_in(fused, layer.inputs, layer, node).outputs


def _same_place(one: Node, other: Node) -> bool:
    return one.attrs.get("__ctx_group__") == other.attrs.get("__ctx_group__")
