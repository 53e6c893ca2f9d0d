"""Files that commands are given, and those that they write."""

from __future__ import annotations

import os

from mxnet.cli.tools.failing import Failure
from mxnet.errors import FileFormatError, did_you_mean
from mxnet.files import read_file

__all__ = ["absent", "check_target", "read_text"]


def absent(path: str, what: str = "no such file") -> Failure:
    """Return what is raised where a file is not there, with the nearest name that is."""
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        return Failure(f"There is no folder {folder!r}.")
    near = did_you_mean(os.path.basename(path), os.listdir(folder))
    return Failure(f"There is no {path!r}: {what}.{near}")


def check_target(path: str, *, force: bool) -> str:
    """Return the path of a file that may be written.

    Raises
    ------
    Failure
        If it is there already and nobody said that it may be replaced, or its folder is not there.
    """
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise Failure(f"Cannot write {path!r}: there is no folder {folder!r}.")
    if os.path.isdir(path):
        raise Failure(f"Cannot write {path!r}: it is a folder.")
    if os.path.exists(path) and not force:
        raise Failure(f"{path!r} is there already; --force replaces it.")
    return path


def read_text(path: str) -> str:
    """Return what stands in a file.

    Raises
    ------
    FileFormatError
        If it is no text.
    """
    try:
        return read_file(path).decode()
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path!r} is no text: byte {error.start} is no UTF-8.") from None
