"""Which inputs the first output of an operator is laid out like: what it declares as ``image_inputs``."""

from __future__ import annotations

from mxnet.ir.op import Op

__all__ = ["as_all_inputs", "as_first_input"]


def as_first_input(self: Op) -> tuple[int, ...]:
    """Lay the first output out as the first input is."""
    return (0,)


def as_all_inputs(self: Op) -> tuple[int, ...]:
    """Lay the first output out as the inputs are, which must agree."""
    return tuple(range(self.arity[0]))
