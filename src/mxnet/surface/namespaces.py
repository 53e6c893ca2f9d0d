"""Where users find an operator: MXNet sorts them into modules by the beginning of their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mxnet import control_flow, ops  # noqa: F401 - these fill the registry
from mxnet.ir.op import REGISTRY, Op

__all__ = ["NAMESPACES", "Place", "home_of", "homes_of", "places"]

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


def homes_of(cls: type[Op]) -> tuple[str, ...]:
    """Return the public paths of an operator below ``mx.sym``, the one to be called by first.

    Examples
    --------
    >>> from mxnet.ir.op import find_operator
    >>> homes_of(find_operator("Cast")), homes_of(find_operator("_contrib_box_iou"))
    (('Cast', 'cast'), ('contrib.box_iou',))
    """
    paths = []
    for registered in (cls.name, *cls.aliases):
        module = next((each for each in NAMESPACES if registered.startswith(f"_{each}_")), None)
        if module:
            paths.append(f"{module}.{registered.removeprefix(f'_{module}_')}")
        elif not registered.startswith("_"):
            paths.append(registered)
    # The functions in mx.nd.random have signatures of their own.
    paths.sort(key=lambda path: path.startswith("random."))
    return tuple(paths) or tuple(f"_internal.{registered}" for registered in (cls.name, *cls.aliases))


def home_of(cls: type[Op]) -> str:
    """Return the path by which an operator is best called, below ``mx.sym`` or ``mx.nd``."""
    return homes_of(cls)[0]
