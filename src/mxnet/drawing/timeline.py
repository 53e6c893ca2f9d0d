"""Bytes that are alive, step by step, as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

__all__ = ["timeline_svg"]

_WIDTH, _HEIGHT = 720, 160
_MOST_BARS = 360
_HEADER = """<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"
 viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13">
<text x="0" y="15">{title}</text>
"""


def timeline_svg(title: str, names: Sequence[str], alive: Sequence[int], n_forward: int) -> str:
    """Return a bar for each step, or for as many neighbours as the picture's width needs; the highest counts.

    Parameters
    ----------
    title : str
        What stands above.
    names : sequence of str
        The steps, for whoever points at a bar.
    alive : sequence of int
        The bytes of each.
    n_forward : int
        How many are of the forward half; the others have another colour.
    """
    peak = max(alive, default=0) or 1
    each = -(-len(alive) // _MOST_BARS) or 1
    width = _WIDTH / max(-(-len(alive) // each), 1)
    parts = [_HEADER.format(width=_WIDTH, height=_HEIGHT + 24, title=escape(title))]
    for number, begin in enumerate(range(0, len(alive), each)):
        step = max(range(begin, min(begin + each, len(alive))), key=alive.__getitem__)
        height = _HEIGHT * alive[step] / peak
        colour = "#80b1d3" if step < n_forward else "#fb8072"
        parts.append(
            f'<rect x="{number * width:.2f}" y="{_HEIGHT + 24 - height:.2f}" width="{width * 0.9:.2f}" '
            f'height="{height:.2f}" fill="{colour}"><title>{escape(names[step])}: {alive[step]:,} bytes'
            "</title></rect>\n"
        )
    return "".join([*parts, "</svg>\n"])
