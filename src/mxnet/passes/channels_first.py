"""Whether the images of a graph are to keep their channels first, as users have them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeGuard

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import Op
from mxnet.ir.types import CHANNELS_LAST, PACKED, is_complete
from mxnet.ops.backward import Backward
from mxnet.ops.nn.channels_first import cost
from mxnet.ops.nn.convolution import Convolution, Deconvolution
from mxnet.ops.nn.convolution_costs import Part, channels_last
from mxnet.ops.tools.shapes import numel
from mxnet.passes.operators.fused import FusedConvolution

__all__ = ["stays_channels_first"]

_CHANGED = 700  # microseconds for a million numbers to change their layout
_SURE = 0.8  # by how much several have to be cheaper, as what lies between them is not counted


def stays_channels_first(graph: Graph) -> bool:
    """Whether all convolutions of a graph are cheaper so, together with the changes of layout at its ends.

    One that is not known, or that is made for another layout, decides against it.
    """
    first = last = 0.0
    ends: set[Entry] = set(graph.outputs)
    is_train = any(isinstance(node.op, Backward) for node in graph.operators)
    for node in graph.operators:
        forward = node.op.forward_op if isinstance(node.op, Backward) else node.op
        if not _convolves(forward):
            continue
        data = _data(node)
        if not _is_plain(node, forward, data):
            return False
        shape = data.type.shape
        assert is_complete(shape)
        sliding = forward.sliding(shape)
        for part in _parts(node, forward):
            other = channels_last(sliding, part, is_train=is_train)
            if other is None:
                return False
            first += cost(sliding, part)
            last += other
        ends.update(entry for entry in node.inputs if entry.node.op is None)
    if not last:
        return False
    typed = [entry.type.shape or () for entry in ends if entry.node.types is not None]
    shapes = [shape for shape in typed if len(shape) == 4]
    several = sum(not isinstance(node.op, Backward) and _convolves(node.op) for node in graph.operators) > 1
    return first < (_SURE if several else 1) * last + sum(filter(None, map(numel, shapes))) * _CHANGED / 1e6


def _convolves(op: Op | None) -> TypeGuard[Convolution | Deconvolution]:
    """Whether an operator is a convolution over images."""
    return isinstance(op, Convolution | Deconvolution) and bool(op.image_inputs())


def _data(node: Node) -> Entry:
    """Return what a convolution, or its gradient, reads as its data."""
    if not isinstance(node.op, Backward):
        return node.inputs[0]
    kinds = [(read.kind, read.position) for read in node.op.reads]
    return node.inputs[kinds.index(("in", 0))]


def _is_plain(node: Node, forward: Convolution | Deconvolution, data: Entry) -> bool:
    """Whether it is known and can be computed in either layout."""
    return (
        type(forward) in (Convolution, Deconvolution, FusedConvolution)
        and not any(getattr(forward, each, False) for each in ("tile", "panels", "apart"))
        and not any(entry.node.types is None for entry in (*node.inputs, *node.outputs))
        and is_complete(data.type.shape)
        and 0 not in data.type.shape
        and data.type.dtype == "float32"
        and data.type.place.device_type == "cpu"
        and not any(entry.type.layout in (PACKED, CHANNELS_LAST) for entry in node.inputs)
    )


def _parts(node: Node, forward: Convolution | Deconvolution) -> Iterator[Part]:
    """Yield what it computes."""
    if not isinstance(node.op, Backward):
        yield "image" if forward.transposed else "output"
        return
    if "data" in node.op.wants:
        yield "output" if forward.transposed else "image"
    if "weight" in node.op.wants:
        yield "filters"
