"""The program: its commands, each loaded when it is called, and how errors end it."""

from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from mxnet.cli.tools.failing import Failure, failed, is_expected
from mxnet.libinfo import __version__

__all__ = ["COMMANDS", "app", "main"]

COMMANDS = {
    "summary": "Show what a network consists of: layers, shapes, parameters, operations, memory.",
    "plot": "Draw a network: as a picture (.svg), or as a page to explore (.html).",
    "view": "Open a network in netron.",
    "inspect": "Show what a file of arrays or records holds: names, shapes, statistics, NaNs.",
    "run": "Run a model on images, arrays or tables, and show what it answers.",
    "convert": "Write a model as ONNX, PyTorch, Python or other files, and prove it by its outputs.",
    "diff": "Compare two models, or two files of arrays: their structure and their numbers.",
    "bench": "Measure how fast a model runs, here and in other engines that are installed.",
    "rec": "List and extract records of a .rec file, or repair its index.",
    "im2rec": "Make lists of images, and record files from lists.",
    "doctor": "Tell what is installed, and which settings have an effect.",
    "demo": "Train a small network on the spot, save it, load it and run it.",
}
"""The commands with what they do. A command is the function `command` of the module of its name."""

_TRACEBACK = "--traceback"


class _Commands(TyperGroup):
    """The group of commands. To list them none is loaded; some need torch."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {name: TyperCommand(name, help=text) for name, text in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that is called, whole."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and _loaded(str(command.name)), rest

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take ``--traceback`` wherever it stands."""
        ctx.obj = _TRACEBACK in args or bool(os.environ.get("SYMNET_TRACEBACK"))
        return super().parse_args(ctx, [each for each in args if each != _TRACEBACK])

    def invoke(self, ctx: Any) -> Any:
        """Run a command; an error is a line, and the program ends with 1 (130 when it is interrupted)."""
        try:
            return super().invoke(ctx)
        except (Exception, KeyboardInterrupt) as error:
            if ctx.obj or not is_expected(error):
                raise
            raise typer.Exit(failed(error, ctx.invoked_subcommand)) from None


def _loaded(name: str) -> Any:
    module = importlib.import_module(f"mxnet.cli.{name}")
    single = typer.Typer(add_completion=False, rich_markup_mode="rich")
    settings = {"help_option_names": ["-h", "--help"], **getattr(module, "SETTINGS", {})}
    # Of a docstring's second paragraph rich keeps the ends of lines, which terminals break again.
    text = "\n\n".join(
        " ".join(each.split()) for each in (inspect.getdoc(module.command) or "").split("\n\n")
    )
    single.command(name, help=text, context_settings=settings)(module.command)
    return typer.main.get_command(single)


app = typer.Typer(
    cls=_Commands,
    name="symnet",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="A MODEL is a prefix, PREFIX-symbol.json, .params, a folder, a model.tar.gz or an .onnx file.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        try:
            version = importlib.metadata.version("symnet")
        except importlib.metadata.PackageNotFoundError:
            version = "(not installed)"
        typer.echo(f"symnet {version}, as MXNet {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
    traceback: Annotated[
        bool, typer.Option(_TRACEBACK, help="Show where an error comes from; or set SYMNET_TRACEBACK.")
    ] = False,
) -> None:
    """Look at MXNet's models, run them, and take them elsewhere."""
    del version, traceback


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program, and leave with its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        What stands behind its name; by default what this process was called with.
    """
    try:
        app(None if arguments is None else list(arguments), prog_name="symnet")
    except Failure as error:
        sys.exit(failed(error, None))
