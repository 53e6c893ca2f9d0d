"""Copies values to where they are read, in graphs that are spread over several devices (``group2ctx``)."""

from __future__ import annotations

from collections.abc import Sequence

from mxnet.context import Context
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emit_as, emitting
from mxnet.ops.tensor.internal import CrossDeviceCopy
from mxnet.ops.tools.device import torch_device
from mxnet.passes.rewrite import rewrite

__all__ = ["copy_between_devices"]


def copy_between_devices(graph: Graph, places: Sequence[Context | None]) -> Graph:
    """Return the graph with a copy wherever a node reads what is on another device.

    Two CPU contexts are one device, between which nothing is copied.

    Parameters
    ----------
    graph : Graph
        With types.
    places : sequence of Context or None
        Where each output is wanted; None where it may stay.
    """
    copies: dict[tuple[Entry, Context], Entry] = {}

    def copied(entry: Entry, place: Context) -> Entry:
        if torch_device(entry.type.place) == torch_device(place):
            return entry
        if (entry, place) not in copies:
            with emitting(entry.node, "copied"):
                types = (entry.type._replace(place=place),)
                copies[entry, place] = Entry(emit_as(CrossDeviceCopy.make(), (entry,), types))
        return copies[entry, place]

    def bring(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        assert node.op is not None
        assert node.place is not None
        skip = node.op.shape_only
        brought = tuple(entry if i in skip else copied(entry, node.place) for i, entry in enumerate(inputs))
        return None if brought == inputs else node.with_inputs(brought).outputs

    graph = rewrite(graph, bring)
    outputs = zip(graph.outputs, places, strict=True)
    return Graph([entry if place is None else copied(entry, place) for entry, place in outputs])
