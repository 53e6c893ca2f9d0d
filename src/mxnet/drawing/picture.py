"""A graph as it shows itself in a notebook: a picture of bounded size, however large the graph is."""

from __future__ import annotations

from collections.abc import Mapping

from mxnet.drawing.grouping import Group, grouped, opened
from mxnet.drawing.looks import is_weight, label_and_colour
from mxnet.drawing.svg import draw_svg
from mxnet.ir.graph import Graph
from mxnet.ir.node import Node

__all__ = ["graph_svg"]

_MOST_BOXES = 80
_GROUP = "#e0e0e0"


def graph_svg(graph: Graph, title: str = "") -> str:
    """Return a picture of a graph, in which neighbours whose names begin alike may be one box.

    Variables that are named like weights are left out.
    """
    nodes = [node for node in graph.nodes if not is_weight(node)]
    shown = opened(grouped([node.name for node in nodes]), _MOST_BOXES)
    box_of: dict[Node, str] = {}
    looks: dict[str, Mapping[str, str]] = {}
    for number, member in enumerate(shown):
        inside = [nodes[i] for i in member.nodes()] if isinstance(member, Group) else [nodes[member]]
        label, colour = _look(member, inside)
        shape = "oval" if len(inside) == 1 and inside[0].op is None else "box"
        box = f"{number}: {label}"
        looks[box] = {"label": label, "fillcolor": colour, "shape": shape}
        box_of.update(dict.fromkeys(inside, box))
    edges = dict.fromkeys(
        (box, box_of[entry.node])
        for node, box in box_of.items()
        for entry in node.inputs
        if entry.node in box_of and box_of[entry.node] != box
    )
    return draw_svg(title, looks, [(tail, head, {}) for tail, head in edges])


def _look(member: int | Group, inside: list[Node]) -> tuple[str, str]:
    if isinstance(member, Group):
        return f"{member.label}\n{len(inside)} nodes", _GROUP
    label, colour = label_and_colour(inside[0])
    name = inside[0].name
    return (label if name in label else f"{name}\n{label.replace(chr(10), ' ')}"), colour
