"""Constants that are computed once: what tracing makes of them is not kept."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["kept"]

_MOST = 64


def kept(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Return a function that keeps the last tensors it returned, by its arguments; nobody may write to them.

    Where a program is traced, tensors stand for others, which nobody has once that is over.
    """
    known: OrderedDict[tuple[Any, ...], Tensor] = OrderedDict()

    @functools.wraps(function)
    def keeping(*args: Any) -> Tensor:
        if torch.compiler.is_compiling():
            return function(*args)
        found = known.get(args)
        if found is None:
            found = function(*args)
            if type(found) is torch.Tensor:
                known[args] = found
                while len(known) > _MOST:
                    known.popitem(last=False)
        return found

    return keeping
