"""Names of blocks: the prefix of each counts the blocks of its kind in the scope that it is made in."""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import TYPE_CHECKING

from mxnet.gluon.parameter import ParameterDict
from mxnet.name import NameManager, Prefix, current_names

if TYPE_CHECKING:
    from mxnet.gluon.block.block import Block

__all__ = ["BlockScope", "name_block"]


class BlockScope:
    """A ``with`` scope in which blocks, and the nodes of graphs, get names that begin with a block's prefix.

    Parameters
    ----------
    block : Block
        The block.
    """

    def __init__(self, block: Block) -> None:
        self._block = block
        self._counter: dict[str, int] = {}
        self._tokens: list[tuple[Token[BlockScope | None], NameManager]] = []

    def number(self, hint: str) -> int:
        """Return how many blocks of a kind were made in this scope before."""
        count = self._counter.get(hint, 0)
        self._counter[hint] = count + 1
        return count

    def __enter__(self) -> BlockScope:
        if self._block._has_own_scope:
            self._tokens.append((_current.set(self), Prefix(self._block.prefix).__enter__()))
        return self

    def __exit__(self, *exc_info: object) -> None:
        if self._block._has_own_scope:
            token, names = self._tokens.pop()
            names.__exit__(*exc_info)
            _current.reset(token)


_current: ContextVar[BlockScope | None] = ContextVar("block_scope", default=None)


def name_block(prefix: str | None, params: ParameterDict | None, hint: str) -> tuple[str, ParameterDict]:
    """Return the full prefix of a new block and the dictionary for its parameters.

    Parameters
    ----------
    prefix : str or None
        The prefix that was asked for.
    params : ParameterDict or None
        Parameters to share.
    hint : str
        What kind of block it is.
    """
    scope = _current.get()
    if scope is None:
        if prefix is None:
            prefix = f"{current_names().get(None, hint)}_"
        own = ParameterDict(prefix) if params is None else ParameterDict(params.prefix, params)
        return prefix, own
    if prefix is None:
        prefix = f"{hint}{scope.number(hint)}_"
    outer = scope._block
    if params is None:
        own = ParameterDict(outer.params.prefix + prefix, outer.params._shared)
    else:
        own = ParameterDict(params.prefix, params)
    return outer.prefix + prefix, own
