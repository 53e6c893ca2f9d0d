"""How a command fails: in a line that says what is wrong, without a traceback."""

from __future__ import annotations

import sys

from mxnet.errors import MXNetError

__all__ = ["Failure", "failed", "is_expected", "warn"]


class Failure(MXNetError):
    """A command cannot do what is asked."""


def is_expected(error: BaseException) -> bool:
    """Whether an error is to be told in a line; those of the option parser tell themselves."""
    if isinstance(error, SystemExit | GeneratorExit | BrokenPipeError):  # who reads a pipe may have enough
        return False
    return not type(error).__module__.startswith(("typer", "click"))


def failed(error: BaseException, command: str | None) -> int:
    """Print what went wrong, and return the exit status."""
    name = " ".join(["symnet", *([command] if command else [])])
    if isinstance(error, KeyboardInterrupt):
        print(f"\n{name}: interrupted.", file=sys.stderr)  # noqa: T201 - it talks to a person
        return 130
    if isinstance(error, MXNetError):
        text = str(error)
    elif isinstance(error, MemoryError):
        text = "there is not enough memory."
    elif isinstance(error, OSError) and error.strerror:
        text = f"{error.filename or 'the file'}: {error.strerror}."
    else:
        text = f"{type(error).__name__}: {error}. This should not happen; --traceback shows where it does."
    print(f"{name}: {text.rstrip()}", file=sys.stderr)  # noqa: T201
    return 1


def warn(text: str) -> None:
    """Tell on stderr what a person should know."""
    print(f"Note: {text}", file=sys.stderr)  # noqa: T201
