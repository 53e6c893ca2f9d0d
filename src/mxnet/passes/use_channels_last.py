"""Lets images flow through convolutions with the channels of a pixel side by side (channels-last).

oneDNN's convolutions, and those of tensor cores, are faster so and reorder what comes otherwise. Torch's
kernels follow the layout of their inputs, and no result depends on it: so it is enough to change the layout
where images enter a convolution, and where users see them. In between, everything that works element by
element, normalises, pools or joins hands the layout on, and so do the gradients.
"""

from __future__ import annotations

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emit, emitting
from mxnet.ir.op import Op
from mxnet.ops.backward import Backward
from mxnet.ops.convolution import Convolution, Deconvolution
from mxnet.ops.fused import ToChannelsFirst, ToChannelsLast
from mxnet.passes.rewrite import rewrite

__all__ = ["use_channels_last"]


def use_channels_last(graph: Graph) -> Graph:
    """Return the graph with changes of layout around its convolutions over images, and their gradients."""
    if not any(_convolves(node.op) for node in graph.operators if node.op is not None):
        return graph
    last: set[Entry] = set()
    changed: dict[Entry, Entry] = {}

    def change(entry: Entry, node: Node) -> Entry:
        if entry in last:
            return entry
        if entry not in changed:
            with emitting(f"{entry.node.name}_channels_last", node.source, node.attrs.get("__ctx_group__")):
                changed[entry] = emit(ToChannelsLast.make(), entry)
            last.add(changed[entry])
        return changed[entry]

    def follow(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        assert node.op is not None
        reads, makes = _image_slots(node.op)
        follows = any(inputs[i] in last or inputs[i] in changed for i in reads)
        if not (follows or _convolves(node.op) or _repeats_a_pixel(node.op)):
            return None
        if not follows and _repeats_a_pixel(node.op):
            reads = ()
        inputs = tuple(change(entry, node) if i in reads else entry for i, entry in enumerate(inputs))
        kept = node if inputs == node.inputs else node.with_inputs(inputs)
        last.update(kept.outputs[i] for i in makes)
        return kept.outputs

    graph = rewrite(graph, follow)
    return Graph([_first(entry) if entry in last else entry for entry in graph.outputs])


def _convolves(op: Op) -> bool:
    """Whether an operator is a convolution over images, or the gradient of one."""
    op = op.forward_op if isinstance(op, Backward) else op
    return isinstance(op, Convolution | Deconvolution)


def _repeats_a_pixel(op: Op) -> bool:
    """Whether an operator makes images of single pixels, of either layout: the gradient of means."""
    return isinstance(op, Backward) and bool(getattr(op.forward_op, "global_pool", False))


def _image_slots(op: Op) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the positions of the inputs and outputs that have one layout; none if it is not handed on."""
    if not isinstance(op, Backward):
        reads = op.image_inputs()
        return reads, (0,) if reads else ()
    inputs = op.forward_op.image_inputs()
    names = op.forward_op.input_names()
    reads = tuple(
        i
        for i, (kind, position, shape_only) in enumerate(op.reads)
        if not shape_only
        and (position in inputs if kind == "in" else kind in ("grad", "out") and position == 0)
    )
    return reads, tuple(i for i, name in enumerate(op.wants) if names.index(name) in inputs)


def _first(entry: Entry) -> Entry:
    """Return an output as users see it; a gradient is copied into the array that is bound for it anyway."""
    node = entry.node
    if isinstance(node.op, Backward):
        return entry
    with emitting(f"{node.name}_channels_first", node.source, node.attrs.get("__ctx_group__")):
        return emit(ToChannelsFirst.make(), entry)
