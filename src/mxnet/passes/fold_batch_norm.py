"""Folds BatchNorm into the layer before it: in inference it scales and shifts channels, as layers do, too.

The new weight and bias are nodes of the graph, made of parameters alone: the plan computes them once, and
again after a parameter has changed. What is saved is a walk over the layer's whole output, in many networks
the largest cost after the convolutions.
"""

from __future__ import annotations

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emit, emitting
from mxnet.ir.op import Op
from mxnet.ops.fused import FoldedBias, FoldedWeight
from mxnet.passes.rewrite import count_readers, rewrite, stand_in

__all__ = ["fold_batch_norm"]


def fold_batch_norm(graph: Graph) -> Graph:
    """Return the graph with no BatchNorm behind layers whose output nothing else reads.

    For graphs that run with ``is_train=False``.
    """
    readers = count_readers(graph)

    def fold(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        layer = inputs[0].node if inputs else node
        if (
            node.op is None
            or node.op.name not in ("BatchNorm", "BatchNorm_v1")
            or layer.op is None
            or not _scales(layer.op, node.op.axis)  # type: ignore[attr-defined]
            or readers[node.inputs[0]] > 1
            or any(readers[hidden] for hidden in node.outputs[1:])
            or any(entry.node.op is not None for entry in (*layer.inputs[1:], *inputs[1:]))
            or layer.attrs.get("__ctx_group__") != node.attrs.get("__ctx_group__")
        ):
            return None
        return stand_in(_with_bias(layer.op), (layer.inputs[0], *_folded(layer, node)), layer, node).outputs

    return rewrite(graph, fold)


def _scales(op: Op, axis: int) -> bool:
    """Whether an operator is a layer whose outputs lie along that axis."""
    if op.name == "FullyConnected":
        return axis == -1 or (axis == 1 and op.flatten)  # type: ignore[attr-defined]
    is_convolution = op.name in ("Convolution", "Convolution_v1", "Deconvolution")
    return is_convolution and axis == 1 and not op.channels_last  # type: ignore[attr-defined]


def _with_bias(op: Op) -> Op:
    return type(op).bind({**op.given, "no_bias": "False"})


def _folded(layer: Node, norm: Node) -> tuple[Entry, Entry]:
    """Return the weight and bias that do what both nodes do."""
    assert layer.op is not None
    assert norm.op is not None
    weight, *bias = layer.inputs[1:]
    gamma, beta, mean, var = norm.inputs[1:]
    facts = {"eps": norm.op.eps, "fix_gamma": norm.op.fix_gamma}  # type: ignore[attr-defined]
    scaling = [] if facts["fix_gamma"] else [gamma]
    axes = (
        {"transposed": True, "num_group": layer.op.num_group}  # type: ignore[attr-defined]
        if layer.op.name == "Deconvolution"
        else {}
    )
    group = norm.attrs.get("__ctx_group__")
    with emitting(f"{norm.name}_folded_weight", norm.source, group):
        new_weight = emit(FoldedWeight.make(**facts, **axes), weight, var, *scaling)
    with emitting(f"{norm.name}_folded_bias", norm.source, group):
        shift = FoldedBias.make(**facts, no_bias=not bias)
        new_bias = emit(shift, weight, beta, mean, var, *scaling, *bias)
    return new_weight, new_bias
