"""Copies of graphs: with other values in the place of variables, or without the casts of mixed precision."""

from __future__ import annotations

from collections.abc import Mapping

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ops.tensor.cast import AmpCast, AmpMulticast

__all__ = ["copy_graph", "without_amp_casts"]


def copy_graph(
    graph: Graph,
    replacement: Mapping[str, Entry] | None = None,
    renamed: Node | None = None,
    name: str | None = None,
) -> tuple[Entry, ...]:
    """Copy all nodes of a graph and return its outputs.

    Parameters
    ----------
    graph : Graph
        What to copy.
    replacement : dict of str to Entry, optional
        What takes the place of the variables of these names.
    renamed : Node, optional
        A node whose copy has another name.
    name : str, optional
        That name.
    """
    copied: dict[Entry, Entry] = {}
    replaced = replacement or {}
    for node in graph.nodes:
        if node.op is None and node.name in replaced:
            copied[node.outputs[0]] = replaced[node.name]
            continue
        inputs = tuple(copied[entry] for entry in node.inputs)
        new_name = name if node is renamed and name is not None else node.name
        copy = Node(node.op, new_name, inputs, dict(node.attrs), node.source, node.subgraphs)
        copied.update(zip(node.entries, copy.entries, strict=True))
    return tuple(copied[entry] for entry in graph.outputs)


def without_amp_casts(graph: Graph) -> tuple[Entry, ...]:
    """Return the outputs of a graph whose casts for mixed precision are bypassed."""
    bypassed: dict[Entry, Entry] = {}
    for node in graph.nodes:
        inputs = tuple(bypassed.get(entry, entry) for entry in node.inputs)
        if isinstance(node.op, AmpCast | AmpMulticast):
            bypassed.update(zip(node.outputs, inputs, strict=True))
        elif inputs != node.inputs:
            copy = Node(node.op, node.name, inputs, node.attrs, node.source, node.subgraphs)
            bypassed.update(zip(node.entries, copy.entries, strict=True))
    return tuple(bypassed.get(entry, entry) for entry in graph.outputs)
