"""Registries of classes by name: how optimizers, initializers and metrics are found and added to.

`mx.registry` gives the same three functions MXNet has to whoever wants a registry for a base class of theirs.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from mxnet.caller import warn
from mxnet.errors import MXNetError, NameLookupError, did_you_mean
from mxnet.historic import lend

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["get_alias_func", "get_create_func", "get_register_func", "get_registry"]

_T = TypeVar("_T")
_registries: dict[type, dict[str, type]] = {}


class NotASubclassError(MXNetError, TypeError, AssertionError):
    """Something that is no subclass of a registry's base class was registered (MXNet asserts)."""


class NotRegisteredError(NameLookupError, AssertionError):
    """A registry cannot make an object of what it was given (MXNet asserts)."""


def get_registry(base_class: type) -> dict[str, type]:
    """Return a copy of the classes registered under `base_class`, by lower-case name."""
    return dict(_registries.get(base_class, {}))


def get_register_func(base_class: type[_T], nickname: str) -> Callable[..., type[_T]]:
    """Return a decorator that registers subclasses of `base_class`.

    Parameters
    ----------
    base_class : type
        The class whose subclasses are collected.
    nickname : str
        What they are called in messages, such as ``"optimizer"``.

    Returns
    -------
    register : callable
        ``register(klass, name=None)`` returns `klass`, so that it can be used as a decorator. The name is
        the class's own, in lower case, unless another is given. Registering a name again replaces it, with a
        warning.
    """
    registry = _registries.setdefault(base_class, {})

    def register(klass: type[_T], name: str | None = None) -> type[_T]:
        if not (isinstance(klass, type) and issubclass(klass, base_class)):
            raise NotASubclassError(
                f"Only subclasses of {base_class.__name__} can be registered as {nickname}, not {klass!r}."
            )
        key = (klass.__name__ if name is None else name).lower()
        old = registry.get(key)
        if old is not None and old is not klass:
            warn(
                f"The {nickname} {klass.__module__}.{klass.__name__}, registered as {key!r}, replaces "
                f"{old.__module__}.{old.__name__}.",
                UserWarning,
            )
        registry[key] = klass
        return klass

    register.__doc__ = f"Register a class as {nickname} under its name in lower case."
    return register


def get_alias_func(base_class: type[_T], nickname: str) -> Callable[..., Callable[[type[_T]], type[_T]]]:
    """Return a function whose result registers a class under several names: ``@alias("acc", "accuracy")``."""
    register = get_register_func(base_class, nickname)

    def alias(*aliases: str) -> Callable[[type[_T]], type[_T]]:
        def add_aliases(klass: type[_T]) -> type[_T]:
            for name in aliases:
                register(klass, name)
            return klass

        return add_aliases

    return alias


def get_create_func(base_class: type[_T], nickname: str) -> Callable[..., _T]:
    """Return a function that makes an object from a name, a configuration or an object that is ready already.

    Returns
    -------
    create : callable
        ``create(name, *args, **kwargs)``. `name` may be an instance of `base_class` (returned as it is), a
        registered name in any case, the JSON text ``'["name", {"parameter": value}]'``, or a dictionary (also
        as JSON text) in which the name stands under `nickname`.
    """
    registry = _registries.setdefault(base_class, {})

    def create(*args: Any, **kwargs: Any) -> _T:
        name, rest = (args[0], args[1:]) if args else (kwargs.pop(nickname, None), ())
        if not isinstance(name, str):
            if rest or kwargs:
                raise _not_understood(nickname, f"{name!r} takes no further arguments")
            if isinstance(name, base_class):
                return name
            if isinstance(name, dict):
                return create(**name)
            raise _not_understood(nickname, f"expected a name or a {base_class.__name__}, got {name!r}")
        if name[:1] in {"[", "{"}:
            name, rest, kwargs = _parsed(nickname, name)
        if name.lower() not in registry:
            raise NotRegisteredError(
                f"{name!r} is not a registered {nickname}. Known: {', '.join(sorted(registry))}."
                f"{did_you_mean(name.lower(), registry)}"
            )
        instance: _T = registry[name.lower()](*rest, **kwargs)
        return instance

    create.__doc__ = f"Make the {nickname} of a name and its parameters, or of its JSON text."
    return create


def _parsed(nickname: str, text: str) -> tuple[str, tuple[()], dict[str, Any]]:
    """Read ``["name", {...}]`` or ``{"nickname": "name", ...}``."""
    try:
        config = json.loads(text)
    except ValueError as error:
        raise _not_understood(nickname, f"{text!r} is not valid JSON ({error})") from None
    if isinstance(config, dict) and isinstance(config.get(nickname), str):
        return config.pop(nickname), (), config
    match config:
        case [str(name), dict(parameters)]:
            return name, (), parameters
    raise _not_understood(nickname, f'expected JSON of the form ["name", {{"parameter": 1}}], got {text!r}')


def _not_understood(nickname: str, problem: str) -> MXNetError:
    return NotRegisteredError(f"Cannot make the {nickname}: {problem}.")


lend(__name__)
