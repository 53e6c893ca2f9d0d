"""Folds BatchNorm into the layer before it: in inference it scales and shifts channels, as layers do, too.

The new weight and bias are nodes of the graph, made of parameters alone: the plan computes them once, and
again after a parameter has changed. What is saved is a walk over the layer's whole output, in many networks
the largest cost after the convolutions.
"""

from __future__ import annotations

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emit, emitting
from mxnet.ir.op import Op
from mxnet.ops.nn.convolution import Convolution, Deconvolution
from mxnet.ops.nn.fully_connected import FullyConnected
from mxnet.ops.nn.norm import BatchNorm, BatchNormV1
from mxnet.ops.nn.norm_contrib import BatchNormWithReLU
from mxnet.passes.operators.fused import FoldedBias, FoldedWeight
from mxnet.passes.rewrite import count_readers, place_of, rewrite, stand_in

__all__ = ["fold_batch_norm"]


def fold_batch_norm(graph: Graph) -> Graph:
    """Return the graph with no BatchNorm behind layers whose output nothing else reads.

    For graphs that run with ``is_train=False``.
    """
    readers = count_readers(graph)

    def fold(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        layer = inputs[0].node if inputs else node
        if (
            not isinstance(node.op, BatchNorm | BatchNormV1)
            or layer.op is None
            or not _scales(layer.op, node.op.axis)
            or readers[node.inputs[0]] > 1
            or any(readers[hidden] for hidden in node.outputs[1:])
            or any(entry.node.op is not None for entry in (*layer.inputs[1:], *inputs[1:]))
            or place_of(layer) != place_of(node)
        ):
            return None
        with_bias = type(layer.op).bind({**layer.op.given, "no_bias": "False"})
        folded = stand_in(with_bias, (layer.inputs[0], *_folded(layer, node, node.op)), layer, node).outputs
        if not isinstance(node.op, BatchNormWithReLU):
            return folded
        with emitting(node, "relu"):
            return (emit("Activation", *folded, act_type="relu"),)

    return rewrite(graph, fold)


def _scales(op: Op, axis: int) -> bool:
    """Whether an operator is a layer whose outputs lie along that axis."""
    match op:
        case FullyConnected():
            return axis == -1 or (axis == 1 and op.flatten)
        case Convolution() | Deconvolution():
            return axis == 1 and not op.channels_last
        case _:
            return False


def _folded(layer: Node, node: Node, norm: BatchNorm | BatchNormV1) -> tuple[Entry, Entry]:
    """Return the weight and bias that do what both nodes do."""
    weight, *bias = layer.inputs[1:]
    gamma, beta, mean, var = node.inputs[1:]
    facts = {"eps": norm.eps, "fix_gamma": norm.fix_gamma}
    scaling = [] if norm.fix_gamma else [gamma]
    op = layer.op
    axes = {"transposed": True, "num_group": op.num_group} if isinstance(op, Deconvolution) else {}
    with emitting(node, "folded_weight"):
        new_weight = emit(FoldedWeight.make(**facts, **axes), weight, var, *scaling)
    with emitting(node, "folded_bias"):
        shift = FoldedBias.make(**facts, no_bias=not bias)
        new_bias = emit(shift, weight, beta, mean, var, *scaling, *bias)
    return new_weight, new_bias
