"""Fuses a dense layer with its activation, and stores its weight as the product runs fastest.

Small products cost little more than the calls they take: one to multiply and add, one to bend in place, none
to transpose. Large ones go to oneDNN, in one call. The stored weight is a node made of a parameter alone,
which the plan runs once.
"""

from __future__ import annotations

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emit, emitting
from mxnet.ops.fused import FoldedWeight, FusedFullyConnected, PackedDenseWeight, activation_of
from mxnet.passes.rewrite import count_readers, rewrite, stand_in

__all__ = ["fuse_fully_connected"]


def fuse_fully_connected(graph: Graph) -> Graph:
    """Return the graph with dense layer and activation in one node each time; for inference."""
    readers = count_readers(graph)

    def fuse(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        op = node.op
        assert op is not None
        if op.name == "FullyConnected":
            return _packed(node, inputs)
        layer = inputs[0].node if inputs and readers[node.inputs[0]] == 1 else None
        if layer is None or layer.attrs.get("__ctx_group__") != node.attrs.get("__ctx_group__"):
            return None
        return _with_activation(layer, node)

    return rewrite(graph, fuse)


def _packed(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
    data, weight, *bias = inputs
    assert node.op is not None
    if weight.node.op is not None and not isinstance(weight.node.op, FoldedWeight):
        return None  # not a parameter: it would have to be packed in every run
    shape = {"num_hidden": node.op.num_hidden, "flatten": node.op.flatten}  # type: ignore[attr-defined]
    with emitting(f"{node.name}_packed_weight", node.source, node.attrs.get("__ctx_group__")):
        packed = emit(PackedDenseWeight.make(**shape), weight, data)
    return stand_in(FusedFullyConnected.make(**shape, no_bias=not bias), (data, packed, *bias), node).outputs


def _with_activation(layer: Node, node: Node) -> tuple[Entry, ...] | None:
    op = layer.op
    assert node.op is not None
    activation = activation_of(node.op)
    if not isinstance(op, FusedFullyConnected) or op.act != "none" or activation is None:
        return None
    fused = FusedFullyConnected.bind({**op.given, **{key: str(value) for key, value in activation.items()}})
    return stand_in(fused, layer.inputs, layer, node).outputs
