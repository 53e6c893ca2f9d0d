"""``symnet plot``: a network as a picture, or as a page."""

from __future__ import annotations

import os
from typing import Annotated

import graphviz
import typer

from mxnet import visualization
from mxnet.cli.tools.failing import Failure, warn
from mxnet.cli.tools.files import check_target
from mxnet.cli.tools.models import Model, find_model
from mxnet.cli.tools.options import CUT, EPOCH, FORCE, MODEL, PARAMS, SHAPE
from mxnet.cli.tools.printing import as_bytes, console, working
from mxnet.errors import MXNetError
from mxnet.files import atomic_write

__all__ = ["command"]

_DRAWN = ("pdf", "png")


def command(
    model: MODEL,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to: .html is a page to explore, .svg a picture, .dot Graphviz's source; .pdf and "
            ".png need its program dot. By default NAME.html.",
            show_default=False,
        ),
    ] = None,
    params: PARAMS = None,
    epoch: EPOCH = None,
    cut: CUT = None,
    shape: SHAPE = [],  # noqa: B006 - typer asks for it
    weights: Annotated[bool, typer.Option("--weights", help="Draw parameters in a picture, too.")] = False,
    profile: Annotated[
        str | None,
        typer.Option(
            "--profile", metavar="FILE", help="The profiler's trace, for a page.", show_default=False
        ),
    ] = None,
    force: FORCE = False,
) -> None:
    """Draw a network: as a picture (.svg), or as a page to explore in a browser (.html).

    The page is one file that needs no network: nodes can be searched and opened, with their shapes,
    parameters, FLOPs, memory and histograms.
    """
    with working("Loading the model"):
        found = find_model(model, params, epoch, cut)
        try:
            shapes = dict(found.input_shapes(shape).shapes)
        except MXNetError as error:
            if shape:
                raise
            warn(str(error))
            shapes = {}
    path = check_target(output or f"{found.name}.html", force=force)
    kind = os.path.splitext(path)[1].lower().lstrip(".")
    with working(f"Drawing {path}"):
        if kind == "html":
            visualization.explore(found.symbol, found.every, shapes or None, path, profile)
        else:
            _draw(path, kind, found, shapes, weights=weights)
    console().print(f"Wrote {path} ({as_bytes(os.path.getsize(path))}).", markup=False)


def _draw(path: str, kind: str, found: Model, shapes: dict[str, tuple[int, ...]], *, weights: bool) -> None:
    """Write a picture, with the shapes on its edges if all are known."""
    known = shapes if found.symbol.infer_shape(**shapes)[1] is not None else None
    picture = visualization.plot_network(found.symbol, found.name, shape=known, hide_weights=not weights)
    if kind == "dot":
        contents = picture.source.encode()
    elif kind in ("svg", *_DRAWN):
        try:
            contents = picture.pipe(format=kind)
        except graphviz.ExecutableNotFound:
            raise Failure(
                f".{kind} needs Graphviz's program dot, which is not installed; .svg does not."
            ) from None
    else:
        raise Failure(f"{path!r} is of no kind that can be drawn: .html, .svg, .dot, .{', .'.join(_DRAWN)}.")
    with atomic_write(path) as file:
        file.write(contents)
