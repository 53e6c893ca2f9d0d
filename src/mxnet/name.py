"""Automatic names of symbols, and the scopes that change how they are made."""

from __future__ import annotations

from contextvars import ContextVar, Token

from mxnet.historic import lend

__all__ = ["NameManager", "Prefix", "current_names"]


class _Current:
    """``NameManager.current``, the manager of the innermost scope."""

    def __get__(self, instance: object, owner: type) -> NameManager:
        return current_names()


class NameManager:
    """Gives a symbol without a name the lower-case name of its operator and a running number.

    Examples
    --------
    >>> import mxnet as mx
    >>> with mx.name.NameManager():
    ...     (mx.sym.Variable("x") + 1).name
    '_plusscalar0'
    """

    current = _Current()

    def __init__(self) -> None:
        self._counter: dict[str, int] = {}
        self._tokens: list[Token[NameManager | None]] = []

    def get(self, name: str | None, hint: str) -> str:
        """Return `name`, or a new name that starts with `hint`."""
        if name:
            return name
        number = self._counter.get(hint, 0)
        self._counter[hint] = number + 1
        return f"{hint}{number}"

    def __enter__(self) -> NameManager:
        self._tokens.append(_current.set(self))
        return self

    def __exit__(self, *exc_info: object) -> None:
        _current.reset(self._tokens.pop())


class Prefix(NameManager):
    """Puts a prefix before every name, given or automatic.

    Parameters
    ----------
    prefix : str
        The prefix.
    """

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def get(self, name: str | None, hint: str) -> str:
        """Return the name that :class:`NameManager` would give, with the prefix before it."""
        return self._prefix + super().get(name, hint)


_current: ContextVar[NameManager | None] = ContextVar("names", default=None)
_outermost = NameManager()


def current_names() -> NameManager:
    """Return the manager of the innermost scope."""
    return _current.get() or _outermost


lend(__name__)
