"""``symnet view``: a network in netron."""

from __future__ import annotations

import importlib
import importlib.util
import os
import tempfile
from typing import Annotated, Any

import typer

from mxnet.archives import is_archive
from mxnet.cli.tools.finding import network_file
from mxnet.cli.tools.models import find_network
from mxnet.cli.tools.options import MODEL
from mxnet.cli.tools.printing import console
from mxnet.errors import MissingPackageError

__all__ = ["command"]


def command(
    model: MODEL,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="The port of this machine that serves it.")
    ] = 8080,
    browse: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Open a network in netron, until Ctrl-C.

    netron is not part of Symnet: pip install netron. Without it, plot makes a page of its own.
    """
    if importlib.util.find_spec("netron") is None:
        raise MissingPackageError(
            "view needs the package netron: pip install netron. Without it, symnet plot makes a page."
        )
    netron: Any = importlib.import_module("netron")
    with tempfile.TemporaryDirectory() as folder:
        netron.start(_file(model, folder), ("localhost", port), browse=browse)
        console().print(f"Serving {model} at http://localhost:{port} until Ctrl-C.", markup=False)
        netron.wait()


def _file(model: str, folder: str) -> str:
    """Return the file that netron is to open; what it cannot read is written as it can."""
    if model.endswith(".onnx") and os.path.exists(model):
        return model
    if not is_archive(model):
        return network_file(model).path
    path = os.path.join(folder, "model-symbol.json")
    find_network(model).save(path)
    return path
