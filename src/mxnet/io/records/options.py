"""The parameters of record iterators: which of them go where, and numbers that come as text."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from mxnet.caller import warn
from mxnet.errors import did_you_mean
from mxnet.io.io import DataError

__all__ = ["HINTS", "made_of", "shape_of", "warn_of_unknown"]

T = TypeVar("T")

HINTS = ("verbose", "device_id", "ctx", "shuffle_chunk_size", "shuffle_chunk_seed", "aug_seq")
"""Parameters of MXNet's that have no meaning here: all of a file is shuffled, and memory is the system's."""


def made_of(kind: type[T], given: dict[str, Any]) -> T:
    """Return a dataclass made of those parameters that are its fields, which are taken out."""
    mine = {each.name: given.pop(each.name) for each in fields(kind) if each.name in given}  # type: ignore[arg-type]
    types = {each.name: str(each.type) for each in fields(kind)}  # type: ignore[arg-type]
    return kind(**{name: _typed(name, value, types[name]) for name, value in mine.items()})


def _typed(name: str, value: Any, kind: str) -> Any:
    """Return a parameter as it is meant, from text too, which is what MXNet hands on."""
    if value is None:
        return None
    try:
        if kind.startswith("str"):
            return str(value)
        if isinstance(value, str):
            value = ast.literal_eval(value.capitalize() if value in ("true", "false") else value)
        if kind.startswith("tuple"):
            return tuple(value) if isinstance(value, (list, tuple)) else (value,)
        if kind.startswith("bool"):
            return bool(value)
        return int(value) if kind.startswith("int") else float(value)
    except (TypeError, ValueError, SyntaxError):
        raise DataError(f"{name} is of kind {kind}, got {value!r}.") from None


def shape_of(data_shape: Any) -> tuple[int, int, int]:
    """Return a shape (channels, height, width) that is one.

    Raises
    ------
    DataError
        If it is none.
    """
    if isinstance(data_shape, str):
        data_shape = ast.literal_eval(data_shape)
    shape = tuple(int(each) for each in data_shape)
    if len(shape) != 3 or min(shape) < 1:
        raise DataError(f"data_shape is (channels, height, width), got {shape}.")
    if shape[0] not in (1, 3, 4):
        raise DataError(f"Pictures have 1, 3 or 4 channels, but data_shape is {shape}.")
    return shape


def warn_of_unknown(name: str, given: Mapping[str, Any], *kinds: Any) -> None:
    """Warn of parameters that nobody has taken."""
    known = [each.name for kind in kinds for each in fields(kind)]
    for each in given:
        if each not in HINTS:
            warn(f"{name} has no parameter {each!r}, which has no effect.{did_you_mean(each, known)}")
