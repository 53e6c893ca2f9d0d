"""Parameters of operators: declared with a type and limits, given as Python values or MXNet's strings."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from mxnet.dtype import dtype_name
from mxnet.errors import DTypeError, ParameterError, did_you_mean

__all__ = ["MANY", "REQUIRED", "Param", "as_text", "param"]

REQUIRED: Final = object()


@dataclass(frozen=True, slots=True, eq=False)
class Param:
    """One declared parameter of an operator: its type, default, limits and meaning."""

    name: str
    kind: str
    default: Any
    doc: str
    ge: float | None = None
    le: float | None = None
    gt: float | None = None
    choices: tuple[str, ...] | None = None

    @property
    def required(self) -> bool:
        """Whether the operator cannot be made without it."""
        return self.default is REQUIRED

    @property
    def base(self) -> str:
        """The annotation without ``| None``."""
        return self.kind.removesuffix(" | None")

    @property
    def optional(self) -> bool:
        """Whether None is a value, too."""
        return self.base != self.kind

    def parse(self, text: str, operator: str) -> Any:
        """Return the value that `text` stands for.

        Raises
        ------
        ParameterError
            If it is not of the parameter's type, or out of its limits.
        """
        stripped = text.strip()
        if self.optional and stripped in ("None", ""):
            return None
        if self.choices is not None:
            return self._choose(stripped, operator)
        try:
            value = PARSERS[self.base](stripped)
        except (ValueError, SyntaxError, TypeError, DTypeError):
            raise ParameterError(self._refusal(text, operator, f"expected {self.describe()}")) from None
        if not self._within(value):
            raise ParameterError(self._refusal(text, operator, f"it must be {self._limits()}"))
        return value

    def describe(self) -> str:
        """Return the type in words, as ``help`` and errors show it."""
        if self.choices is not None:
            return "one of " + ", ".join(map(repr, self.choices))
        return _WORDS[self.base] + (" or None" if self.optional else "")

    def _choose(self, text: str, operator: str) -> str | None:
        if text in self.choices:  # type: ignore[operator]
            return None if text == "None" else text
        hint = did_you_mean(text, self.choices or ())
        raise ParameterError(self._refusal(text, operator, f"expected {self.describe()}") + hint)

    def _within(self, value: object) -> bool:
        if value is None or not isinstance(value, int | float):
            return True
        return (
            (self.ge is None or value >= self.ge)
            and (self.le is None or value <= self.le)
            and (self.gt is None or value > self.gt)
        )

    def _limits(self) -> str:
        limits = (("at least", self.ge), ("greater than", self.gt), ("at most", self.le))
        return " and ".join(f"{words} {limit:g}" for words, limit in limits if limit is not None)

    def _refusal(self, text: str, operator: str, why: str) -> str:
        return f"Invalid value {text!r} for parameter {self.name!r} of {operator}: {why}."


MANY: Final = 1_000_000
"""How many inputs or outputs an operator has at most, so that no file costs the memory for more."""


def param(
    *,
    default: Any = REQUIRED,
    doc: str,
    ge: float | None = None,
    le: float | None = None,
    gt: float | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    """Declare a parameter in an operator's class body; the annotation gives its type.

    Parameters
    ----------
    default
        The value when none is given; without it the parameter is required.
    doc : str
        What it means, one sentence.
    ge, le, gt : float, optional
        Limits of a number.
    choices : tuple of str, optional
        The allowed spellings; ``"None"`` among them stands for ``None``.
    """
    return Param("", "", default, doc, ge, le, gt, choices)


def as_text(value: object) -> str:  # noqa: PLR0911 - one line per kind of value
    """Return the string under which MXNet stores a parameter's value in a graph.

    Examples
    --------
    >>> import numpy as np
    >>> as_text((3, np.int64(3))), as_text(True), as_text(np.float32(0.5)), as_text(np.float16)
    ('(3, 3)', 'True', '0.5', 'float16')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, np.generic):
        return str(value.item()) if value.dtype.itemsize > 4 or value.dtype.kind != "f" else str(value)
    if isinstance(value, np.ndarray):
        return as_text(value.tolist())
    if isinstance(value, list | tuple | range):
        inner = ", ".join(as_text(v) for v in value)
        if isinstance(value, list):
            return f"[{inner}]"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, type | np.dtype):
        return dtype_name(value)
    return str(value)


def _parse_bool(text: str) -> bool:
    if text in ("True", "true", "1"):
        return True
    if text in ("False", "false", "0"):
        return False
    raise ValueError(text)


def _parse_int(text: str) -> int:
    return int(text.removesuffix("L"))


def _parse_float(text: str) -> float:
    if text.lower().lstrip("+-") in ("inf", "infinity", "nan"):
        return float(text)
    value = float(text)
    if math.isinf(value):
        raise ValueError(text)
    return value


def _parse_tuple(item: Callable[[str], Any], text: str) -> tuple[Any, ...]:
    """Read ``(3, 3)``, ``[3,3]``, ``(3L, 3L)``, ``(-1)``, ``3`` and ``()``."""
    inner = re.sub(r"(?<=\d)L", "", text).strip()
    if inner[:1] in "([":
        if inner[-1:] != {"(": ")", "[": "]"}[inner[0]]:
            raise ValueError(text)
        inner = inner[1:-1]
    parts = inner.split(",")
    if not parts[-1].strip():
        parts.pop()
    return tuple(item(part.strip()) for part in parts)


def _optional_int(text: str) -> int | None:
    return None if text == "None" else _parse_int(text)


# Parameter annotations that an operator may use, with how each reads its string and is called in messages.
PARSERS: dict[str, Callable[[str], Any]] = {
    "int": _parse_int,
    "float": _parse_float,
    "bool": _parse_bool,
    "str": str,
    "dtype": dtype_name,
    "tuple[int, ...]": lambda text: _parse_tuple(_parse_int, text),
    "tuple[int | None, ...]": lambda text: _parse_tuple(_optional_int, text),
    "tuple[float, ...]": lambda text: _parse_tuple(_parse_float, text),
    "tuple[str, ...]": ast.literal_eval,
}
_WORDS = {
    "int": "int",
    "float": "float",
    "bool": "boolean",
    "str": "string",
    "dtype": "data type",
    "tuple[int, ...]": "tuple of int",
    "tuple[int | None, ...]": "tuple of (int or None)",
    "tuple[float, ...]": "tuple of float",
    "tuple[str, ...]": "tuple of strings",
}
