"""What ``mx.sym.X`` does when it is called: tell symbols from parameters, and compose."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from mxnet.ir.op import Op
from mxnet.surface.signature import split_arguments
from mxnet.symbol.symbol import Symbol

__all__ = ["EXTRA", "make_function", "with_inplace"]

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
        return Symbol._create(cls, positional or named, parameters, hint=hint, name=name, attr=attr)

    return function


def with_inplace(package: ModuleType, name: str) -> Callable[..., Symbol]:
    """Return a function that takes `inplace`, as arrays' methods do; it means nothing to a symbol."""
    function = getattr(package, name)

    @functools.wraps(function)
    def method(data: Symbol, axis: Any = None, inplace: bool = False, **kwargs: Any) -> Symbol:  # noqa: ARG001
        return function(data, **({} if axis is None else {"axis": axis}), **kwargs)  # type: ignore[no-any-return]

    return method
