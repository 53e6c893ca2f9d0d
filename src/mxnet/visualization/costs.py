"""How many operations on numbers a node takes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mxnet.ir.types import is_complete

if TYPE_CHECKING:
    from mxnet.ir.node import Node

__all__ = ["operations"]


def operations(node: Node, ins: Sequence[Any], outs: Sequence[Any]) -> int | None:
    """Return how many operations on numbers a node takes; None where shapes are unknown.

    What an operator does not tell is taken as one operation per number that it reads or makes.

    Parameters
    ----------
    node : Node
        An operator; a variable takes none.
    ins, outs : sequence of Shape
        The shapes of what it reads and makes.
    """
    op: Any = node.op
    if op is None:
        return 0
    if not all(map(is_complete, (*ins, *outs))):
        return None
    if op.flops is not None:
        return int(op.flops(ins, outs))
    if op.cost == "nothing" or op.memory.result == "view":
        return 0
    slots = op.input_names() + op.aux_names()
    read = [math.prod(shape) for slot, shape in zip(slots, ins, strict=True) if slot not in op.learned]
    return int(max(sum(map(math.prod, outs)), *read, 0))
