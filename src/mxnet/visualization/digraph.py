"""A graphviz graph that can show itself without graphviz's program."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import graphviz

from mxnet.drawing.svg import draw_svg
from mxnet.files import atomic_write

if TYPE_CHECKING:
    import os

__all__ = ["NetworkDigraph"]

_log = logging.getLogger(__name__)


class NetworkDigraph(graphviz.Digraph):  # type: ignore[misc] # graphviz ships no types
    """A ``graphviz.Digraph`` of a network.

    Where the program ``dot`` is not installed, Jupyter shows a plain SVG, and ``render()`` writes one (beside
    the DOT source, with the ending ``.svg`` whatever the format asked for) and logs that it did.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._nodes: dict[str, dict[str, str]] = {}
        self._edges: list[tuple[str, str, dict[str, str]]] = []

    def node(
        self,
        name: str,
        label: str | None = None,
        _attributes: Any = None,
        **attrs: str,
    ) -> None:
        """Add a node; see ``graphviz.Digraph.node``."""
        super().node(name, label=label, _attributes=_attributes, **attrs)
        self._nodes.setdefault(name, {}).update(attrs, label=_unescape(name if label is None else label))

    def edge(
        self,
        tail_name: str,
        head_name: str,
        label: str | None = None,
        _attributes: Any = None,
        **attrs: str,
    ) -> None:
        """Add an edge; see ``graphviz.Digraph.edge``."""
        super().edge(tail_name, head_name, label=label, _attributes=_attributes, **attrs)
        self._edges.append((tail_name, head_name, {**attrs, "label": label or ""}))

    def plain_svg(self) -> str:
        """Return the picture as an SVG document that no other program is needed for."""
        unseen = [each for tail, head, _ in self._edges for each in (tail, head) if each not in self._nodes]
        nodes = {**self._nodes, **{name: {"label": name} for name in unseen}}
        return draw_svg(self.name or "", nodes, self._edges)

    def pipe(self, format: str | None = None, **kwargs: Any) -> Any:
        """Return the picture as bytes, or as text in `encoding`; see ``graphviz.Digraph.pipe``."""
        try:
            return super().pipe(format=format, **kwargs)
        except graphviz.ExecutableNotFound:
            if (format or self.format) != "svg":
                raise
        drawn = self.plain_svg()
        return drawn if kwargs.get("encoding") else drawn.encode()

    def render(
        self,
        filename: str | os.PathLike[str] | None = None,
        directory: str | os.PathLike[str] | None = None,
        view: bool = False,
        cleanup: bool = False,
        format: str | None = None,
        *,
        outfile: str | os.PathLike[str] | None = None,
        **kwargs: Any,
    ) -> str:
        """Write the picture to a file and return the file's name; see ``graphviz.Digraph.render``."""
        if outfile is not None:
            kwargs["outfile"] = outfile
        try:
            options = {"directory": directory, "view": view, "cleanup": cleanup, "format": format, **kwargs}
            return str(super().render(filename=filename, **options))
        except graphviz.ExecutableNotFound:
            source = Path(self.save(filename, directory=directory))
        drawn = (
            Path(f"{source}.svg") if outfile is None else Path(directory or "", outfile).with_suffix(".svg")
        )
        with atomic_write(drawn) as file:
            file.write(self.plain_svg().encode())
        if cleanup:
            source.unlink()
        _log.warning(
            "The program dot of Graphviz is not installed, so the picture was drawn plainly: %s", drawn
        )
        if view:
            graphviz.view(drawn)
        return str(drawn)

    def copy(self) -> NetworkDigraph:
        """Return a copy."""
        twin: NetworkDigraph = super().copy()
        twin._nodes = {name: dict(look) for name, look in self._nodes.items()}
        twin._edges = list(self._edges)
        return twin


def _unescape(label: str) -> str:
    """Return a label as it is shown; DOT writes special characters with backslashes."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], label)
