"""The structure of a network as a file: which blocks it has, under which names, and what graphs they are."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mxnet.errors import did_you_mean
from mxnet.files import atomic_write, read_file
from mxnet.gluon.errors import StructureError

if TYPE_CHECKING:
    from mxnet.gluon.block.block import Block

__all__ = ["load_structure", "save_structure"]


def save_structure(network: Block, filename: str) -> None:
    """Write the structure of a network, each block as an entry inside of its parent's."""
    numbers = itertools.count()
    with atomic_write(filename) as file:
        file.write(json.dumps(_entry(network, numbers)).encode())


def _entry(block: Block, numbers: Iterator[int]) -> dict[str, Any]:
    described: dict[str, Any] = {"orig_name": block.name, **block._described()}
    described["children"] = {child.name: key for key, child in block._children.items()}
    key = f"{type(block).__name__.lower()}{next(numbers)}"
    for child in block._children.values():
        described.update(_entry(child, numbers))
    return {key: described}


def load_structure(network: Block, filename: str) -> None:
    """Hybridize those blocks of a network that were when its structure was written.

    Raises
    ------
    KeyError
        If it has another structure.
    """
    _take(network, json.loads(read_file(filename)), itertools.count())


def _take(block: Block, entries: dict[str, Any], numbers: Iterator[int]) -> None:
    key = f"{type(block).__name__.lower()}{next(numbers)}"
    if key not in entries:
        raise StructureError(
            f"The file has another structure: it has no {key!r} where the network has "
            f"{block.name!r}.{did_you_mean(key, entries)}"
        )
    entry = entries[key]
    block._become_active(active=bool(entry.get("hybridized")))
    for child in block._children.values():
        _take(child, entry, numbers)
