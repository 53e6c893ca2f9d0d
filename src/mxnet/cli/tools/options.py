"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["CUT", "EPOCH", "FORCE", "JSON", "MODEL", "PARAMS", "SHAPE"]

MODEL = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="A prefix, PREFIX-symbol.json, a .params file, a folder, a model.tar.gz or an .onnx file.",
        show_default=False,
    ),
]
PARAMS = Annotated[
    str | None,
    typer.Option(
        "--params",
        "-p",
        metavar="FILE",
        help="The file of parameters; by default that of the last epoch beside the network.",
        show_default=False,
    ),
]
EPOCH = Annotated[
    int | None,
    typer.Option("--epoch", "-e", min=0, help="Which epoch; by default the last.", show_default=False),
]
SHAPE = Annotated[
    list[str],
    typer.Option(
        "--shape",
        "--input-shape",
        "-s",
        metavar="NAME=N,C,H,W",
        help="The shape of an input, once for each; the name may be left out for the first.",
        show_default=False,
    ),
]
CUT = Annotated[
    str | None,
    typer.Option(
        "--cut",
        metavar="NODE",
        help="Take the network only as far as this node.",
        show_default=False,
    ),
]
JSON = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
FORCE = Annotated[bool, typer.Option("--force", "-f", help="Replace a file that is there already.")]
