"""Where in a network an error was raised: the path from the outermost block, by children's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxnet.errors import MXNetError

if TYPE_CHECKING:
    from mxnet.gluon.block.block import Block

__all__ = ["say_where"]


def say_where(error: MXNetError, block: Block) -> None:
    """Note that an error has passed through a block's call, on its way out."""
    passed: list[Block] = error.__dict__.setdefault("_blocks", [])
    if block in passed:  # calls of one block by another of its own
        return
    passed.append(block)
    names = [block.name or type(block).__name__]
    for outer, inner in zip(passed[:0:-1], passed[-2::-1], strict=True):
        names.append(next((key for key, child in outer._children.items() if child is inner), inner.name))
    error.block = f"{'.'.join(names)} ({type(passed[0]).__name__})"
