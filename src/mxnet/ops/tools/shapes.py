"""Shape rules that many operators share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from mxnet.errors import MXNetError
from mxnet.ir.constraints import merge_shapes
from mxnet.ir.op import Op, Shape, Slots

__all__ = [
    "agree",
    "all_are_images",
    "dtype_of_first_input",
    "first_is_image",
    "normal_axis",
    "numel",
    "reversed_shape",
    "same_shape",
    "shape_of_first_input",
]


def numel(shape: Iterable[int | None]) -> int | None:
    """Return the product of the extents, None if one is unknown."""
    extents = tuple(shape)
    return None if None in extents else math.prod(extents)  # type: ignore[arg-type]


def normal_axis(axis: int, ndim: int, operator: str) -> int:
    """Return a non-negative axis.

    Raises
    ------
    MXNetError
        If there is no such axis.
    """
    if not -ndim <= axis < ndim:
        raise MXNetError(f"{operator}: axis {axis} does not exist in an array of {ndim} dimensions.")
    return axis % ndim


def agree(*shapes: Shape | None) -> Shape | None:
    """Return what partial shapes say together.

    One that contradicts those before it is left out: a rule that then says the result of all lets its caller
    find and name the conflict.
    """
    agreed: Shape | None = None
    for shape in shapes:
        try:
            agreed = merge_shapes(agreed, shape)
        except ValueError:
            continue
    return agreed


def reversed_shape(self: Op, s: Slots) -> Mapping[str, Any]:
    """Give the output the axes of the one input in reverse."""
    return {} if s.ins[0] is None else {"output": s.ins[0][::-1]}


def same_shape(self: Op, s: Slots) -> Mapping[str, Any]:
    """All inputs and outputs have one shape."""
    shape = agree(*s.ins, *s.outs)
    return {} if shape is None else {"ins": (shape,) * len(s.ins), "outs": (shape,) * len(s.outs)}


def shape_of_first_input(self: Op, s: Slots) -> Mapping[str, Any]:
    """Give the first output the shape of the first input; as in MXNet, nothing is learnt the other way."""
    return {self.output_names()[0]: s.ins[0]}


def dtype_of_first_input(self: Op, t: Slots) -> Mapping[str, Any]:
    """All slots share the dtype of the first input; as in MXNet, the others tell nothing."""
    known = t.ins[0]
    return {"ins": (known,) * len(t.ins), "outs": (known,) * len(t.outs)}


def first_is_image(self: Op) -> tuple[int, ...]:
    """Hand the layout of the first input on: :meth:`Op.image_inputs`."""
    return (0,)


def all_are_images(self: Op) -> tuple[int, ...]:
    """Hand the layout of all inputs on, which must be one: :meth:`Op.image_inputs`."""
    return tuple(range(self.arity[0]))
