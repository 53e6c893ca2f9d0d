"""What is known of a value before it is there: its shape, dtype, place and layout."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple, TypeGuard

from mxnet.context import Context
from mxnet.dtype import itemsize
from mxnet.ir.storage import CSR, DENSE, ROWS

__all__ = [
    "CHANNELS_LAST",
    "OPAQUE",
    "PACKED",
    "RESIDUAL_DTYPE",
    "RESIDUAL_SHAPE",
    "Shape",
    "Type",
    "is_complete",
    "shared",
    "show_shape",
    "types_of",
]

Shape = tuple[int | None, ...]
"""A shape; ``None`` for an unknown extent. An unknown number of dimensions is plain ``None``."""

CHANNELS_LAST = "channels_last"
"""Images with the channels of a pixel side by side; for torch the axes keep their order."""
PACKED = "packed"
"""Weights in an order of oneDNN's own, which only its kernels read."""
OPAQUE = "opaque"
"""No tensor, but what a kernel leaves for its gradient; the shape is (bytes,)."""

RESIDUAL_SHAPE, RESIDUAL_DTYPE = (0,), "int8"
"""What inference takes for the facts of a residual, of which it knows nothing."""


class Type(NamedTuple):
    """The type of a value. Those of one graph are settled once, on the graph as it was composed.

    Attributes
    ----------
    shape : tuple of int or None, or None
        Complete, unless only data tell.
    dtype : str or None
        MXNet's name of the data type.
    place : Context
        Where the value is.
    layout : str
        How its elements lie in memory, where that is not left to the kernels: see the constants above. Of a
        value that is not stored densely, how it is: see :mod:`mxnet.ir.storage`.
    """

    shape: Shape | None
    dtype: str | None
    place: Context
    layout: str = ""

    def __str__(self) -> str:
        layout = f" {self.layout}" if self.layout else ""
        return f"{self.dtype or 'unknown'} {show_shape(self.shape)} on {self.place}{layout}"

    @property
    def is_known(self) -> bool:
        """Whether shape and dtype are known completely."""
        return self.dtype is not None and is_complete(self.shape)

    @property
    def stype(self) -> str:
        """How the value is stored."""
        return self.layout if self.layout in (ROWS, CSR) else DENSE

    @property
    def nbytes(self) -> int:
        """The size in bytes, 0 if only data tell: its shape, or what is stored of it."""
        if self.dtype is None or not is_complete(self.shape) or self.stype != DENSE:
            return 0
        return math.prod(self.shape) * itemsize(self.dtype)

    def holds(self, other: Type) -> bool:
        """Whether a value of the other type can stand for one of this type, whatever its layout."""
        return (
            self.place == other.place
            and (self.dtype == other.dtype or None in (self.dtype, other.dtype))
            and _agree(self.shape, other.shape)
        )


@functools.cache
def shared(place: Context) -> Context:
    """Return the one context that all types of that place share, which makes them quick to compare."""
    return place


def types_of(
    count: int, shapes: Sequence[Shape | None] | None, dtypes: Sequence[str | None] | None, place: Context
) -> tuple[Type, ...]:
    """Return the types of that many values in one place; None for shapes or dtypes that are not known."""
    unknown = (None,) * count
    facts = zip(shapes or unknown, dtypes or unknown, strict=True)
    return tuple([Type(shape, dtype, place) for shape, dtype in facts])


def _agree(one: Shape | None, other: Shape | None) -> bool:
    if one == other or one is None or other is None:
        return True
    return len(one) == len(other) and all(a == b or None in (a, b) for a, b in zip(one, other, strict=True))


def is_complete(shape: Shape | None) -> TypeGuard[tuple[int, ...]]:
    """Whether a shape has no unknown extent."""
    return shape is not None and None not in shape


def show_shape(shape: Shape | None) -> str:
    """Return a shape as messages show it; ``?`` for what is unknown.

    Examples
    --------
    >>> show_shape((None, 3)), show_shape(None), show_shape((5,))
    ('(?, 3)', 'unknown', '(5,)')
    """
    if shape is None:
        return "unknown"
    inner = ", ".join("?" if d is None else str(d) for d in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"
