"""Where users find an operator: MXNet sorts them into modules by the beginning of their names."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any, NamedTuple

from mxnet.ir.op import REGISTRY, Op

__all__ = ["NAMESPACES", "Place", "fluent_method", "places", "submodule"]

NAMESPACES = ("contrib", "image", "linalg", "random", "sparse")
"""Modules below ``mx.sym`` and ``mx.nd``; ``_contrib_box_nms`` is ``contrib.box_nms``."""


class Place(NamedTuple):
    """One public function: ``mx.sym.<module>.<name>``, with an empty module for ``mx.sym`` itself."""

    module: str
    name: str
    registered: str
    op: type[Op]


def places() -> Iterator[Place]:
    """Yield a place for every name and alias in the registry."""
    for registered, op in REGISTRY.items():
        for module in NAMESPACES:
            if registered.startswith(f"_{module}_"):
                yield Place(module, registered.removeprefix(f"_{module}_"), registered, op)
                break
        if registered.startswith("_"):
            yield Place("_internal", registered, registered, op)
        else:
            yield Place("", registered, registered, op)
            yield Place("op", registered, registered, op)


def submodule(package: str, name: str) -> ModuleType:
    """Make an empty module below a package, importable by its full name."""
    module = ModuleType(f"{package}.{name}", f"The operators whose names begin with _{name}_.")
    sys.modules[module.__name__] = module
    return module


def fluent_method(cls: type, function: Callable[..., Any], package: str) -> Callable[..., Any]:
    """Return a method of symbols or arrays that hands the object to a function of a package.

    Parameters
    ----------
    cls : type
        ``Symbol`` or ``NDArray``.
    function : callable
        Takes such an object first.
    package : str
        Where users find the function.
    """

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    name = function.__name__
    method.__name__ = name
    method.__qualname__ = f"{cls.__name__}.{name}"
    what = "symbol" if cls.__name__ == "Symbol" else "array"
    method.__doc__ = f"Apply :func:`{package}.{name}` to this {what}."
    return method
