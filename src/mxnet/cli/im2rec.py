"""``symnet im2rec``: the program of that name, with its own options."""

from __future__ import annotations

from typing import Annotated

import typer

from mxnet.tools import im2rec

__all__ = ["SETTINGS", "command"]

SETTINGS = {"ignore_unknown_options": True, "allow_extra_args": True, "help_option_names": []}
"""All options are those of the program, also ``--help``."""


def command(
    arguments: Annotated[list[str], typer.Argument(metavar="PREFIX ROOT [OPTIONS]", show_default=False)] = [],  # noqa: B006
) -> None:
    """Make lists of images, and record files from lists, as MXNet's im2rec.py does."""
    status = im2rec.main(arguments)
    if status:
        raise typer.Exit(status)
