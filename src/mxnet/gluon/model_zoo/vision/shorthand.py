"""Functions for the published sizes of a family of networks, and their trained parameters."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from mxnet.context import Context, cpu
from mxnet.gluon.block import HybridBlock
from mxnet.gluon.model_zoo.model_store import get_model_file

__all__ = ["Root", "shorthand", "trained"]

Network = TypeVar("Network", bound=HybridBlock)
Root = str | os.PathLike[str] | None


def trained(network: Network, name: str, pretrained: bool, ctx: Context | None, root: Root) -> Network:
    """Return a network with the published parameters of a name, if these are asked for."""
    if pretrained:
        network.load_parameters(get_model_file(name, root=root), ctx=cpu() if ctx is None else ctx)
    return network


def shorthand(name: str, title: str, get: Callable[..., Network], *args: Any) -> Callable[..., Network]:
    """Return the function of one published network: `get` with its first arguments given."""

    def network(**kwargs: Any) -> Network:
        return get(*args, **kwargs)

    network.__name__ = network.__qualname__ = name
    network.__module__ = get.__module__
    network.__doc__ = f"Return {title}; see `{get.__name__}` for the arguments."
    return network
