"""Lets images flow through convolutions with the channels of a pixel side by side (channels-last).

oneDNN's convolutions, and those of tensor cores, are faster so and reorder what comes otherwise. Torch's
kernels follow the layout of their inputs, and no result depends on it: so it is enough to change the layout
where images enter a convolution, and where users see them. In between, everything that works element by
element, normalises, pools or joins hands the layout on, and so do the gradients.
"""

from __future__ import annotations

from collections.abc import Sequence

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emit, emitting
from mxnet.ir.op import Op
from mxnet.ir.types import CHANNELS_LAST, PACKED
from mxnet.ops.backward import Backward
from mxnet.ops.nn.convolution import Convolution, Deconvolution
from mxnet.passes.channels_first import stays_channels_first
from mxnet.passes.operators.fused import ToChannelsFirst, ToChannelsLast, runs_channels_last
from mxnet.passes.rewrite import rewrite

__all__ = ["use_channels_last"]


def use_channels_last(graph: Graph) -> Graph:
    """Return the graph with changes of layout around its convolutions over images, and their gradients."""
    if not any(_convolves(node.op) for node in graph.operators if node.op is not None):
        return graph
    if stays_channels_first(graph):
        return graph
    changed: dict[Entry, Entry] = {}

    def change(entry: Entry) -> Entry:
        if entry.type.layout == CHANNELS_LAST or not runs_channels_last(entry.type):
            return entry
        if entry not in changed:
            with emitting(entry.node, "channels_last"):
                changed[entry] = emit(ToChannelsLast.make(), entry)
        return changed[entry]

    def follow(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        assert node.op is not None
        reads = node.op.image_inputs()
        if any(inputs[i].type.layout == CHANNELS_LAST or inputs[i] in changed for i in reads) or (
            _convolves(node.op) and not _takes_pixels(node.op, inputs)
        ):
            changed_too = [change(entry) if i in reads else entry for i, entry in enumerate(inputs)]
            return node.laid_out(tuple(changed_too)).outputs
        if _repeats_a_pixel(node.op) and node.types is not None:
            types = tuple(each._replace(layout=CHANNELS_LAST) for each in node.types)
            return node.with_inputs(inputs, types=types).outputs
        return None

    graph = rewrite(graph, follow, relayout=True)
    return Graph([_first(entry) for entry in graph.outputs])


def _convolves(op: Op) -> bool:
    """Whether an operator is a convolution over images, or the gradient of one."""
    forward = op.forward_op if isinstance(op, Backward) else op
    return isinstance(forward, Convolution | Deconvolution) and bool(forward.image_inputs())


def _takes_pixels(op: Op, inputs: Sequence[Entry]) -> bool:
    """Whether windows are single pixels, and filters are not packed: then either layout will do."""
    forward = op.forward_op if isinstance(op, Backward) else op
    packed = any(entry.type.layout == PACKED for entry in inputs)
    return isinstance(forward, Convolution) and forward.is_of_pixels and not packed


def _repeats_a_pixel(op: Op) -> bool:
    """Whether an operator makes images of single pixels, of either layout: the gradient of means."""
    return isinstance(op, Backward) and bool(getattr(op.forward_op, "global_pool", False))


def _first(entry: Entry) -> Entry:
    """Return an output, or a gradient, as users see it."""
    if entry.type.layout != CHANNELS_LAST:
        return entry
    with emitting(entry.node, "channels_first"):
        return emit(ToChannelsFirst.make(), entry)
