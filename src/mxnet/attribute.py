"""Attributes that a scope gives to all symbols made in it."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar, Token

from mxnet.errors import ParameterError
from mxnet.historic import lend
from mxnet.ir.declared import HIDDEN

__all__ = ["AttrScope", "current_attributes", "hidden_key", "visible_spellings"]


def hidden_key(key: str) -> str:
    """Return the spelling under which an attribute is stored: ``lr_mult`` becomes ``__lr_mult__``."""
    return f"__{key}__" if key in HIDDEN else key


def visible_spellings(attrs: Mapping[str, str]) -> dict[str, str]:
    """Return attributes as ``list_attr`` shows them: hidden ones that had a short spelling have both."""
    shown = dict(attrs)
    for short in HIDDEN:
        if (value := attrs.get(f"__{short}__")) is not None:
            shown[short] = value
    return shown


class _Current:
    """``AttrScope.current``, the innermost scope."""

    def __get__(self, instance: object, owner: type) -> AttrScope:
        return _current.get() or _outermost


class AttrScope:
    """A ``with`` scope that gives attributes to every symbol made in it; inner scopes add to outer ones.

    Parameters
    ----------
    **kwargs : str
        The attributes, such as ``ctx_group="dev1"`` or ``__lr_mult__="0.1"``.

    Raises
    ------
    ValueError
        If a value is not a string.
    """

    current = _Current()

    def __init__(self, **kwargs: str) -> None:
        for key, value in kwargs.items():
            if not isinstance(value, str):
                raise ParameterError(
                    f"Attributes are strings, but {key!r} is {value!r}, of type {type(value).__name__}."
                )
        self._attr = dict(kwargs)
        self._tokens: list[tuple[Token[AttrScope | None], dict[str, str]]] = []

    def get(self, attr: Mapping[str, str] | None) -> dict[str, str]:
        """Return the scope's attributes, overridden and extended by `attr`."""
        return {**self._attr, **attr} if attr else dict(self._attr)

    def __enter__(self) -> AttrScope:
        outer = _current.get()
        own = self._attr
        if outer is not None:
            self._attr = {**outer._attr, **own}
        self._tokens.append((_current.set(self), own))
        return self

    def __exit__(self, *exc_info: object) -> None:
        token, self._attr = self._tokens.pop()
        _current.reset(token)


_current: ContextVar[AttrScope | None] = ContextVar("attributes", default=None)
_outermost = AttrScope()


def current_attributes() -> AttrScope:
    """Return the innermost scope."""
    return _current.get() or _outermost


lend(__name__)
