"""What ``mx.sym.X`` does when it is called: tell symbols from parameters, and compose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mxnet.ir.op import Op
from mxnet.surface.signature import split_arguments
from mxnet.symbol.compose import create
from mxnet.symbol.symbol import Symbol

__all__ = ["EXTRA", "make_function"]

EXTRA = {
    "name": ("string, optional", "Name of the resulting symbol."),
    "attr": ("dict of str to str, optional", "Attributes of the resulting symbol."),
}
"""The keywords that every function takes."""


def _is_symbol(value: object) -> bool:
    return isinstance(value, Symbol)


def make_function(cls: type[Op], name: str) -> Callable[..., Symbol]:
    """Return the composing function of an operator; automatic names start with its own name."""
    hint = name.lower()

    def function(
        *args: Any, name: str | None = None, attr: Mapping[str, str] | None = None, **kwargs: Any
    ) -> Symbol:
        kwargs.pop("out", None)
        positional, named, parameters = split_arguments(cls, args, kwargs, _is_symbol)
        return create(cls, positional or named, parameters, hint=hint, name=name, attr=attr)

    return function
