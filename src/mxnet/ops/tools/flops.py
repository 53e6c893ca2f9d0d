"""How many operations on numbers products take; a multiplication and an addition are two."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

__all__ = ["of_filters", "of_product", "of_transposed_filters"]

Shapes = Sequence[tuple[int, ...]]


def of_filters(op: Any, ins: Shapes, outs: Shapes) -> int:
    """Return those of a layer that multiplies for each output by a row of its weight."""
    return 2 * math.prod(outs[0]) * math.prod(_weight(op, ins)[1:])


def of_transposed_filters(op: Any, ins: Shapes, outs: Shapes) -> int:
    """Return those of a layer that multiplies each input by a row of its weight."""
    return 2 * math.prod(ins[0]) * math.prod(_weight(op, ins)[1:])


def of_product(op: Any, ins: Shapes, outs: Shapes) -> int:
    """Return those of a product of matrices, whichever is transposed, or of as many as the output has.

    Examples
    --------
    >>> of_product(None, [(5, 2, 3), (5, 3, 4)], [(5, 2, 4)]) == 5 * (2 * 3 * 4) * 2
    True
    """
    left, right, made = map(math.prod, (*ins[:2], outs[0]))
    batch = math.prod(outs[0][:-2]) if len(ins[0]) == len(ins[1]) == len(outs[0]) else 1
    return 2 * math.isqrt(left * right * made // max(batch, 1))


def _weight(op: Any, ins: Shapes) -> tuple[int, ...]:
    weight: tuple[int, ...] = ins[op.input_names().index("weight")]
    return weight
