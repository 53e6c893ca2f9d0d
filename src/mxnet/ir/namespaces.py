"""Where users find an operator: MXNet sorts them into modules by the beginning of their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mxnet.ir.op import REGISTRY, Op

__all__ = ["NAMESPACES", "Place", "places"]

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
