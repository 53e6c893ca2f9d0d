"""How commands print: tables as wide as the terminal, numbers as people read them, JSON for programs."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["as_bytes", "as_count", "as_shape", "console", "print_json", "print_table", "width", "working"]

_WIDE = 100_000
_NUMBERS = "right"


def width() -> int | None:
    """Return how many characters a line may have; None where nobody cuts it: in a file or a pipe."""
    return Console().width if sys.stdout.isatty() or os.environ.get("COLUMNS") else None


def console() -> Console:
    """Return what prints to the standard output."""
    return Console(width=width() or _WIDE, highlight=False, soft_wrap=width() is None)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print(json.dumps(value, indent=2, default=str, allow_nan=True))  # noqa: T201 - it talks to a program


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    title: str = "",
    numbers: Sequence[str] = (),
    styles: Iterable[str | None] | None = None,
) -> None:
    """Print a table.

    Parameters
    ----------
    columns : sequence of str
        Their headings.
    rows : iterable of sequences
        What stands in them.
    title : str
        A line above it.
    numbers : sequence of str
        The columns that are aligned to the right.
    styles : iterable of str or None, optional
        How each row looks, such as ``"red"``.
    """
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
    for i, each in enumerate(columns):
        table.add_column(
            each,
            justify="right" if each in numbers else "left",
            overflow="fold",
            no_wrap=each in numbers,
            style="bold" if i == 0 else None,
        )
    looks = iter(styles) if styles is not None else None
    for row in rows:
        table.add_row(*(Text(str(each)) for each in row), style=next(looks) if looks else None)
    to = console()
    if title:
        to.print(Text(title, style="bold"))
    if to.is_terminal:
        to.print(table)
        return
    with to.capture() as captured:
        to.print(table)
    sys.stdout.write("\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n")


def as_bytes(number: float) -> str:
    """Return a number of bytes for people.

    Examples
    --------
    >>> as_bytes(1536), as_bytes(3 << 20)
    ('1.5 KB', '3.0 MB')
    """
    size = float(number)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TB"


def as_count(number: float) -> str:
    """Return a large number for people.

    Examples
    --------
    >>> as_count(1234), as_count(3_800_000_000)
    ('1.23 K', '3.8 G')
    """
    size = float(number)
    for unit in ("", "K", "M", "G", "T"):
        if size < 1000:
            return f"{size:.3g} {unit}".rstrip()
        size /= 1000
    return f"{size:.3g} P"


def as_shape(shape: Sequence[int | None] | None) -> str:
    """Return a shape as ``64x3x7x7``, with ``?`` for an unknown extent; ``?`` alone if nothing is known."""
    if not shape:
        return "?" if shape is None else "scalar"
    return "x".join(str(each) if each and each > 0 else "?" for each in shape)


@contextlib.contextmanager
def working(what: str) -> Iterator[None]:
    """Say on a terminal what is being done, for as long as the block takes."""
    to = Console(stderr=True)
    if to.is_terminal:
        with to.status(what):
            yield
    else:
        yield
