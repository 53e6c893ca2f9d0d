"""Registries of classes by name: how optimizers, initializers and metrics are found, and how users add their own.

`mx.registry` gives the same three functions MXNet has to whoever wants a registry for a base class of theirs.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from mxnet.errors import MXNetError, NameLookupError, did_you_mean

__all__ = ["get_alias_func", "get_create_func", "get_register_func", "get_registry"]

_T = TypeVar("_T")
_registries: dict[type, dict[str, type]] = {}


class _NotASubclass(MXNetError, TypeError):
    """Something that is no subclass of a registry's base class was registered."""


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
        ``register(klass, name=None)`` returns `klass`, so that it can be used as a decorator. The name is the class's
        own, in lower case, unless another is given. Registering a name again replaces it, with a warning.
    """
    registry = _registries.setdefault(base_class, {})

    def register(klass: type[_T], name: str | None = None) -> type[_T]:
        if not (isinstance(klass, type) and issubclass(klass, base_class)):
            raise _NotASubclass(f"Only subclasses of {base_class.__name__} can be registered as {nickname}, not {klass!r}.")
        key = (klass.__name__ if name is None else name).lower()
        old = registry.get(key)
        if old is not None and old is not klass:
            warnings.warn(
                f"The {nickname} {klass.__module__}.{klass.__name__}, registered as {key!r}, replaces "
                f"{old.__module__}.{old.__name__}.",
                UserWarning,
                stacklevel=2,
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
        ``create(name, *args, **kwargs)``. `name` may be an instance of `base_class` (returned as it is), a registered
        name in any case, the JSON text ``'["name", {"parameter": value}]'``, or a dictionary (also as JSON text) in
        which the name stands under `nickname`.
    """
    registry = _registries.setdefault(base_class, {})

    def create(*args: Any, **kwargs: Any) -> _T:
        name, rest = (args[0], args[1:]) if args else (kwargs.pop(nickname, None), ())
        if isinstance(name, base_class):
            if rest or kwargs:
                raise _not_understood(nickname, f"an {nickname} object that is ready takes no further arguments")
            return name
        if isinstance(name, dict):
            return create(*rest, **{str(key): value for key, value in name.items()}, **kwargs)
        if not isinstance(name, str):
            raise _not_understood(nickname, f"expected a name or a {base_class.__name__}, got {name!r}")
        if name[:1] in ("[", "{"):
            return _create_from_json(name, rest, kwargs)
        if name.lower() not in registry:
            raise NameLookupError(
                f"{name!r} is not a registered {nickname}. Known: {', '.join(sorted(registry))}."
                f"{did_you_mean(name.lower(), registry)}"
            )
        instance: _T = registry[name.lower()](*rest, **kwargs)
        return instance

    def _create_from_json(text: str, rest: tuple[Any, ...], kwargs: dict[str, Any]) -> _T:
        if rest or kwargs:
            raise _not_understood(nickname, f"the configuration {text!r} takes no further arguments")
        try:
            config = json.loads(text)
        except ValueError as error:
            raise _not_understood(nickname, f"{text!r} is not valid JSON ({error})") from None
        if isinstance(config, dict):
            return create(**config)
        if len(config) != 2 or not isinstance(config[0], str) or not isinstance(config[1], dict):
            raise _not_understood(nickname, f'expected JSON of the form ["name", {{"parameter": value}}], got {text!r}')
        return create(config[0], **config[1])

    create.__doc__ = f"Make an {nickname} from its name and parameters, its JSON text, or itself."
    return create


def _not_understood(nickname: str, problem: str) -> MXNetError:
    return NameLookupError(f"Cannot make an {nickname}: {problem}.")
