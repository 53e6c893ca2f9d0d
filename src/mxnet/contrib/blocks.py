"""Gluon's blocks as networks with parameters, and back, by way of the files that both know."""

from __future__ import annotations

import contextlib
import importlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mxnet.checkpoint import load_checkpoint, save_named_params
from mxnet.contrib.checks import CheckError
from mxnet.errors import MXNetError

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.ndarray import NDArray
    from mxnet.symbol.symbol import Symbol

__all__ = ["Network", "as_block", "as_network"]


class MissingGluonError(MXNetError, ImportError):
    """There is no ``mxnet.gluon``."""


class Network(NamedTuple):
    """A graph and its parameters.

    Attributes
    ----------
    symbol : Symbol
        The graph.
    arg_params, aux_params : dict of str to NDArray
        Parameters and auxiliary states.
    """

    symbol: Symbol
    arg_params: dict[str, NDArray]
    aux_params: dict[str, NDArray]

    @property
    def data_names(self) -> list[str]:
        """The variables that are no parameters."""
        given = {*self.arg_params, *self.aux_params}
        return [name for name in self.symbol.list_inputs() if name not in given]


def as_network(block: Any) -> Network:
    """Return what a block computes; it has to be hybridized, and to have been called.

    Raises
    ------
    AssertionError
        If it is no block that could be exported.
    """
    if not callable(getattr(block, "export", None)):
        raise CheckError(f"Expected a HybridBlock of Gluon, which has export(), but got {block!r}.")
    with _folder() as prefix:
        block.export(prefix, epoch=0)
        return Network(*load_checkpoint(prefix, 0))


def as_block(network: Network, ctx: Context | Sequence[Context]) -> Any:
    """Return a ``SymbolBlock`` of a network.

    Parameters
    ----------
    network : Network
        The graph and its parameters.
    ctx : Context or list of Context
        Where its parameters go.
    """
    try:
        gluon = importlib.import_module("mxnet.gluon")
    except ImportError:
        raise MissingGluonError("A network becomes a block with mxnet.gluon, which is not there.") from None
    with _folder() as prefix:
        network.symbol.save(f"{prefix}-symbol.json", remove_amp_cast=False)
        save_named_params(f"{prefix}-0000.params", network.arg_params, network.aux_params)
        return gluon.SymbolBlock.imports(
            f"{prefix}-symbol.json", network.data_names, f"{prefix}-0000.params", ctx=ctx
        )


@contextlib.contextmanager
def _folder() -> Iterator[str]:
    """Yield what the names of files begin with in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        yield os.path.join(folder, "network")
