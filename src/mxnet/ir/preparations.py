"""What is done to the inputs of every operator before it is applied: mixed precision puts casts there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mxnet.ir.op import Op

__all__ = ["FOR_ARRAYS", "FOR_SYMBOLS", "prepared"]

Preparation = Callable[[Op, Sequence[Any]], Sequence[Any]]
"""Takes an operator, its inputs and auxiliary states; returns what it is applied to instead."""

FOR_SYMBOLS: list[Preparation] = []
"""Called with entries, when symbols are composed."""

FOR_ARRAYS: list[Preparation] = []
"""Called with arrays, when operators run at once."""


def prepared(preparations: Sequence[Preparation], op: Op, inputs: Sequence[Any]) -> Sequence[Any]:
    """Return what an operator is applied to, instead of these inputs and auxiliary states."""
    for prepare in preparations:
        inputs = prepare(op, inputs)
    return inputs
