"""A table as a notebook shows it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

__all__ = ["table_html"]

_MOST_ROWS = 30


def table_html(title: str, header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a table in HTML: the first rows, and how many there are besides."""

    def row(cells: Sequence[object], tag: str = "td") -> str:
        inner = "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells)
        return f"<tr>{inner}</tr>"

    lines = [row(header, "th"), *map(row, rows[:_MOST_ROWS])]
    if len(rows) > _MOST_ROWS:
        lines.append(f'<tr><td colspan="{len(header)}">and {len(rows) - _MOST_ROWS} more</td></tr>')
    return f"<table><caption>{escape(title)}</caption>\n{chr(10).join(lines)}\n</table>"
