"""Draws a network as plain SVG, for where graphviz's program is not installed."""

from __future__ import annotations

from collections import Counter
from html import escape
from typing import TYPE_CHECKING

from mxnet.drawing.layout import arrange

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["draw_svg"]

_POINTS_PER_INCH = 72
_GAP = 24.0  # between two boxes of a rank
_RANK_GAP = 36.0  # between two ranks
_MARGIN = 8.0
_FONT = 14.0
_CHARACTER = 0.55  # the width of a character, as a fraction of its height

_HEADER = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}pt" height="{height:.0f}pt"
 viewBox="0 0 {width:.2f} {height:.2f}">
<title>{title}</title>
<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="9" markerHeight="9"
 orient="auto-start-reverse"><path d="M1 1L9 5L1 9" fill="none" stroke="black"/></marker></defs>
<g font-family="Times,serif" font-size="{font:g}" text-anchor="middle" dominant-baseline="central">
"""

Point = tuple[float, float]


def draw_svg(
    title: str, nodes: Mapping[str, Mapping[str, str]], edges: Sequence[tuple[str, str, Mapping[str, str]]]
) -> str:
    """Return the picture of a graph as an SVG document.

    Parameters
    ----------
    title : str
        The name of the picture.
    nodes : dict of str to dict
        The graphviz attributes of each node: its label, fillcolor, shape, width and height are drawn.
    edges : sequence of (str, str, dict)
        Tails (drawn above), heads, and attributes, of which the label is drawn.
    """
    sizes = {name: _size(look) for name, look in nodes.items()}
    box = max((width for width, _ in sizes.values()), default=0.0)
    step = max((height for _, height in sizes.values()), default=0.0) + _RANK_GAP
    layout = arrange(list(nodes), [(tail, head) for tail, head, _ in edges], box, _GAP)
    xs = [x for x, _ in layout.boxes.values()] + [x for path in layout.paths for x, _ in path]
    left, right = min(xs, default=0.0) - box / 2, max(xs, default=0.0) + box / 2
    # Labels stand to the right of their lines.
    right += max((_label_width(look) for _, _, look in edges), default=0.0)
    n_ranks = max((rank for _, rank in layout.boxes.values()), default=-1) + 1
    from_tail = Counter(tail for tail, _, _ in edges)
    to_head = Counter(head for _, head, _ in edges)

    def point(x: float, rank: int) -> Point:
        return x - left + _MARGIN, rank * step + (step - _RANK_GAP) / 2 + _MARGIN

    parts = [
        _HEADER.format(
            width=right - left + 2 * _MARGIN,
            height=max(n_ranks * step - _RANK_GAP, 0) + 2 * _MARGIN,
            title=escape(title),
            font=_FONT,
        )
    ]
    for (tail, head, look), path in zip(edges, layout.paths, strict=True):
        if tail == head:
            continue
        (x0, y0), (x1, y1) = point(*layout.boxes[tail]), point(*layout.boxes[head])
        side = 0.5 if y0 <= y1 else -0.5
        points = [(x0, y0 + side * sizes[tail][1])]
        for x, y in (point(*each) for each in path):  # straight past the boxes of a rank, bent between ranks
            points += [(x, y - (step - _RANK_GAP) / 2), (x, y + (step - _RANK_GAP) / 2)]
        points.append((x1, y1 - side * sizes[head][1]))
        crowding = (from_tail[tail] > 1) - (to_head[head] > 1)
        parts.append(_edge(points, look.get("label", ""), crowding))
    for name, look in nodes.items():
        parts.append(_node(name, look, point(*layout.boxes[name]), sizes[name]))
    return "".join([*parts, "</g>\n</svg>\n"])


def _size(look: Mapping[str, str]) -> Point:
    """Return the width and height of a node; graphviz makes one without a fixed size as wide as its text."""
    width, height = float(look.get("width", "0.75")), float(look.get("height", "0.5"))
    width, height = width * _POINTS_PER_INCH, height * _POINTS_PER_INCH
    if look.get("fixedsize", "false").lower() != "true":
        longest = max(map(len, look.get("label", "").split("\n")))
        width = max(width, longest * _FONT * _CHARACTER + 16)
    return width, height


def _node(name: str, look: Mapping[str, str], middle: Point, size: Point) -> str:
    (x, y), (width, height) = middle, size
    fill = escape(look.get("fillcolor", "white"))
    if look.get("shape", "ellipse") in ("oval", "ellipse", "circle"):
        outline = f'<ellipse cx="{x:.2f}" cy="{y:.2f}" rx="{width / 2:.2f}" ry="{height / 2:.2f}"'
    else:
        corner = f'x="{x - width / 2:.2f}" y="{y - height / 2:.2f}"'
        outline = f'<rect {corner} width="{width:.2f}" height="{height:.2f}"'
    lines = look.get("label", name).split("\n")
    longest = max(map(len, lines))
    # A node of a fixed size keeps it, so long names get small.
    font = max(min(_FONT, (width - 6) / (_CHARACTER * max(longest, 1))), 4.0)
    first = y - font * 1.2 * (len(lines) - 1) / 2
    text = "".join(_text(x, first + font * 1.2 * i, line, font) for i, line in enumerate(lines))
    return f'<g><title>{escape(name)}</title>\n{outline} fill="{fill}" stroke="black"/>\n{text}</g>\n'


def _text(x: float, y: float, text: str, font: float) -> str:
    size = "" if font == _FONT else f' font-size="{font:.2f}"'
    return f'<text x="{x:.2f}" y="{y:.2f}"{size}>{escape(text)}</text>\n'


def _label_width(look: Mapping[str, str]) -> float:
    label = look.get("label", "")
    return len(label) * _FONT * _CHARACTER + 3 if label else 0.0


def _edge(points: Sequence[Point], label: str, crowding: int) -> str:
    """Return a smooth line through the points, with an arrow at its start: data flows upwards.

    The label stands where lines are apart: at the last point if `crowding` is 1 (many lines begin together),
    at the first if it is -1 (many end together), between the last two otherwise.
    """
    (x, y), *others = points
    path = f"M{x:.2f} {y:.2f}"
    for next_x, next_y in others:
        middle = (y + next_y) / 2
        path += f"C{x:.2f} {middle:.2f} {next_x:.2f} {middle:.2f} {next_x:.2f} {next_y:.2f}"
        x, y = next_x, next_y
    line = f'<path d="{path}" fill="none" stroke="black" marker-start="url(#arrow)"/>\n'
    if not label:
        return line
    (x0, y0), (x1, y1) = points[:2] if crowding < 0 else points[-2:]
    along = {1: 0.72, 0: 0.5, -1: 0.28}[crowding]
    x = x0 if crowding < 0 else x1 if crowding > 0 else (x0 + x1) / 2
    return line + _text(x + _label_width({"label": label}) / 2 + 3, y0 + along * (y1 - y0), label, _FONT)
