"""Has BatchNorm scale and shift channels where no layer takes it in; for inference.

Scale and shift are made of parameters alone, which the plan does once. A ReLU behind is done on the way, and
of a Concat in front that nobody else reads the parts are read, so that it is never made: DenseNet's layers
each read all that was made before them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emit, emitting
from mxnet.ir.types import CHANNELS_LAST, is_complete
from mxnet.ops.nn.norm import BatchNorm, BatchNormV1
from mxnet.ops.nn.norm_contrib import BatchNormWithReLU
from mxnet.ops.tensor.joining import Concat
from mxnet.passes.operators.fused import FoldedBias, FoldedWeight
from mxnet.passes.operators.scaled import ScaledChannels
from mxnet.passes.rewrite import count_readers, place_of, rewrite, stand_in

__all__ = ["scale_channels"]


def scale_channels(graph: Graph) -> Graph:
    """Return the graph with no BatchNorm of float32 on the CPU."""
    readers = count_readers(graph)
    scaled = {node for node in graph.operators if _scales(node, readers)}
    if not scaled:
        return graph
    joined = _joined(graph, scaled)

    def parts(entry: Entry) -> tuple[Entry, ...]:
        if entry.node not in joined:
            return (now.get(entry, entry),)
        return tuple(part for each in entry.node.inputs for part in parts(each))

    now: dict[Entry, Entry] = {}

    def scale(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry | None, ...] | None:
        now.update(zip(node.inputs, inputs, strict=True))
        if node in scaled:
            assert isinstance(node.op, BatchNorm | BatchNormV1)
            data, relu = parts(node.inputs[0]), isinstance(node.op, BatchNormWithReLU)
            op = ScaledChannels.make(num_args=len(data), axis=node.op.axis, relu=relu)
            made = stand_in(op, (*data, *_factors(node, node.op)), node)
            return (*made.outputs, *(None for _ in node.outputs[1:]))
        layer = inputs[0].node if inputs else node
        if (
            node.op is not None
            and node.op.as_activation() == ("relu", ())
            and isinstance(layer.op, ScaledChannels)
            and readers[node.inputs[0]] == 1
            and place_of(layer) == place_of(node)
        ):
            op = ScaledChannels.bind({**layer.op.given, "relu": "True"})
            return stand_in(op, layer.inputs, layer, node).outputs
        return None

    return rewrite(graph, scale)


def _scales(node: Node, readers: Mapping[Entry, int]) -> bool:
    """Whether a node is a BatchNorm whose parameters are the user's, and whose statistics nobody asks for."""
    if not isinstance(node.op, BatchNorm | BatchNormV1) or node.types is None:
        return False
    data = node.types[0]
    return (
        data.dtype == "float32"
        and data.place.device_type != "gpu"
        and is_complete(data.shape)
        and 0 not in data.shape
        and len(data.shape) > 1
        and all(entry.node.op is None for entry in node.inputs[1:])
        and not any(readers.get(hidden) for hidden in node.outputs[1:])
    )


def _joined(graph: Graph, scaled: set[Node]) -> set[Node]:
    """Return the nodes that join channels for BatchNorm alone, or for others that do."""
    readers: defaultdict[Node, list[Node | None]] = defaultdict(list)
    for entry in graph.outputs:
        readers[entry.node].append(None)
    for node in graph.operators:
        for entry in node.inputs:
            readers[entry.node].append(node)
    joined: set[Node] = set()
    for node in reversed(graph.operators):
        if (
            type(node.op) is Concat
            and node.op.dim == 1
            and all(entry.type.layout == CHANNELS_LAST for entry in (*node.inputs, *node.outputs))
            and all(
                each is not None and each in scaled | joined and place_of(each) == place_of(node)
                for each in readers[node]
            )
        ):
            joined.add(node)
    return joined


def _factors(node: Node, norm: BatchNorm | BatchNormV1) -> tuple[Entry, Entry]:
    """Return what channels are multiplied by, and what is added to them."""
    gamma, beta, mean, var = node.inputs[1:]
    facts = {"eps": norm.eps, "fix_gamma": norm.fix_gamma}
    scaling = [] if norm.fix_gamma else [gamma]
    with emitting(node, "scale"):
        ones = emit("ones_like", var)
        scale = emit(FoldedWeight.make(**facts), ones, var, *scaling)
    with emitting(node, "shift"):
        shift = emit(FoldedBias.make(**facts, no_bias=True), var, beta, mean, var, *scaling)
    return scale, shift
