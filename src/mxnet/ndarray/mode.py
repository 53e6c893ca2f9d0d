"""How operators run in this thread: whether somebody records them, and whether this is training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ir.op import Op

__all__ = ["MODE", "Mode", "Recorder"]

Recorder = Callable[["Op", Sequence[Any], Sequence[Any], "Sequence[Tensor]"], None]
"""Is told of every call: the operator, its arrays, those it made, its hidden outputs and its residual."""


class Mode(NamedTuple):
    """Whether operators are recorded, and by whom, and whether they behave as in training."""

    record: Recorder | None = None
    is_train: bool = False


MODE: ContextVar[Mode] = ContextVar("mode", default=Mode())  # noqa: B039 - a Mode does not change
"""The current mode; :mod:`mxnet.autograd` sets it."""
