"""What one node says about the shapes and dtypes around it, merged with what is already known."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from mxnet.context import Context
from mxnet.errors import InferenceError, ShapeError
from mxnet.ir.op import Op, Slots
from mxnet.ir.types import Shape, Type, is_complete
from mxnet.util import is_np_shape, np_shape

__all__ = [
    "Conflict",
    "is_complete",
    "merge_dtypes",
    "merge_shapes",
    "settle_dtypes",
    "settle_shapes",
    "settle_types",
]

Known = tuple[Any, ...]


class Conflict(InferenceError):
    """A node contradicts what is known of one of its slots.

    Attributes
    ----------
    slot : int
        Position among inputs, aux and outputs.
    known, required
        What the rest of the graph says, and what the node says.
    """

    def __init__(self, slot: int, known: object, required: object) -> None:
        super().__init__(f"slot {slot}: {known} is not {required}")
        self.slot = slot
        self.known = known
        self.required = required


def merge_shapes(a: Shape | None, b: Shape | None) -> Shape | None:
    """Return what two partial shapes say together.

    Raises
    ------
    ValueError
        If they contradict each other.

    Examples
    --------
    >>> merge_shapes((None, 3), (2, None))
    (2, 3)
    """
    if a is None or a == b:
        return b
    if b is None:
        return a
    if len(a) != len(b):
        raise ValueError
    merged = []
    for x, y in zip(a, b, strict=True):
        if x is not None and y is not None and x != y:
            raise ValueError
        merged.append(y if x is None else x)
    return tuple(merged)


def merge_dtypes(a: str | None, b: str | None) -> str | None:
    """Return the dtype that both say; raise ValueError if they differ."""
    if a is None or a == b:
        return b
    if b is None:
        return a
    raise ValueError


def settle_shapes(op: Op, known: Known) -> Known:
    """Return the shapes of all slots (inputs, aux, outputs) after the operator has said what it can.

    Raises
    ------
    Conflict
        If what it says contradicts `known`.
    ShapeError
        If an output would have a negative extent.
    """
    return _settle_shapes(op, known, is_np_shape())


@functools.lru_cache(maxsize=1 << 16)
def _settle_shapes(op: Op, known: Known, _numpy_shapes: bool) -> Known:
    settled = _settle(op, known, op.infer_shape, merge_shapes)
    n_out = op.arity[2]
    for slot, shape in zip(op.slots[-n_out:] if n_out else (), settled[-n_out:], strict=False):
        if shape is not None and any(extent is not None and extent < 0 for extent in shape):
            raise ShapeError(f"{op.name}: {slot} cannot have the shape {shape}, with a negative extent.")
    return settled


@functools.lru_cache(maxsize=1 << 16)
def settle_dtypes(op: Op, known: Known) -> Known:
    """Do for dtypes what :func:`settle_shapes` does for shapes."""
    return _settle(op, known, op.infer_dtype, merge_dtypes)


@functools.lru_cache(maxsize=1 << 16)
def settle_types(op: Op, ins: tuple[Type, ...], place: Context) -> tuple[Type, ...]:
    """Return the types of an operator's results, from those of all it reads.

    Raises
    ------
    Conflict, MXNetError
        As :func:`settle_shapes`.
    """
    unknown = (None,) * op.arity[2]
    with np_shape():  # nothing is left to be inferred, so that a 0 is an extent
        shapes = settle_shapes(op, (*(each.shape for each in ins), *unknown))[len(ins) :]
    dtypes = settle_dtypes(op, (*(each.dtype for each in ins), *unknown))[len(ins) :]
    layouts = op.layouts([each.layout for each in ins])
    return tuple(
        Type(shape, dtype, place, layout)
        for shape, dtype, layout in zip(shapes, dtypes, layouts, strict=True)
    )


def _settle(op: Op, known: Known, rule: Any, merge: Any) -> Known:
    names = op.slots
    n_in, n_aux, _ = op.arity
    positions = {name: i for i, name in enumerate(names)}
    while True:
        said: Mapping[str, Any] = rule(
            Slots(names, known[:n_in], known[n_in : n_in + n_aux], known[n_in + n_aux :])
        )
        settled = list(known)
        for key, value in said.items():
            if key in positions and key not in ("ins", "aux", "outs"):
                pairs = [(positions[key], value)]
            else:
                start = {"ins": 0, "aux": n_in, "outs": n_in + n_aux}[key]
                pairs = [(start + i, each) for i, each in enumerate(value)]
            for slot, required in pairs:
                try:
                    settled[slot] = merge(settled[slot], required)
                except ValueError:
                    raise Conflict(slot, settled[slot], required) from None
        if tuple(settled) == known:
            return known
        known = tuple(settled)
        if None not in known and all(isinstance(each, str) or None not in each for each in known):
            return known
