"""What variables declare about themselves in attributes: shape, dtype, storage type, and other notes."""

from __future__ import annotations

import operator
from typing import Any, Final

from mxnet.dtype import dtype_name
from mxnet.errors import MXNetError, ParameterError, ShapeError, brief
from mxnet.ir.node import Node
from mxnet.ir.op import Shape
from mxnet.ir.param import Param
from mxnet.util import is_np_shape

__all__ = [
    "HIDDEN",
    "STORAGE_TYPES",
    "declared_dtype",
    "declared_shape",
    "declared_stype",
    "from_mxnet_extents",
    "from_mxnet_shape",
    "to_mxnet_shape",
    "whole_shape",
]

HIDDEN: Final = frozenset({"ctx_group", "force_mirroring", "lr_mult", "mirror_stage", "wd_mult"})
"""Notes that MXNet takes without underscores, on any node; ``lr_mult`` is kept as ``__lr_mult__``."""

STORAGE_TYPES = ("default", "row_sparse", "csr")

_SHAPE = Param("__shape__", "tuple[int, ...]", None, "")


def from_mxnet_shape(shape: tuple[int, ...] | None) -> Shape | None:
    """Return a shape with None for an unknown extent, which MXNet writes as 0 or -1; ``()`` is unknown, too.

    With :func:`~mxnet.util.is_np_shape` only -1 is unknown.
    """
    return from_mxnet_extents(shape) if shape or (shape == () and is_np_shape()) else None


def from_mxnet_extents(extents: tuple[int, ...]) -> Shape:
    """Return extents with None for unknown ones, as :func:`from_mxnet_shape`; there may be none."""
    first_known = 0 if is_np_shape() else 1
    return tuple(d if d >= first_known else None for d in extents)


def to_mxnet_shape(shape: Shape | None) -> tuple[int, ...] | None:
    """Return a shape as MXNet's API shows it: with 0 and ``()`` for what is unknown.

    With :func:`~mxnet.util.is_np_shape` that is -1 and None.
    """
    if is_np_shape():
        return None if shape is None else tuple(-1 if d is None else d for d in shape)
    return () if shape is None else tuple(d or 0 for d in shape)


def whole_shape(name: str, given: Any) -> tuple[int, ...]:
    """Return a shape that a user gave as a tuple; any sequence of whole numbers will do.

    Examples
    --------
    >>> whole_shape("data", range(2, 5))
    (2, 3, 4)

    Raises
    ------
    ShapeError
        If it is something else; it names the variable.
    """
    try:
        return tuple(map(operator.index, given))
    except TypeError:
        raise ShapeError(
            f"The shape of variable {name!r} must be a tuple of int, but is {brief(given)}."
        ) from None


def declared_shape(node: Node) -> Shape | None:
    """Return the shape a variable was made with, None if it has none."""
    text = node.attrs.get("__shape__")
    if text is None:
        return None
    try:
        return from_mxnet_shape(_SHAPE.parse(text, node.name))
    except ParameterError:
        raise MXNetError(
            f"The attribute __shape__ of variable {node.name!r} is {text!r}, which is not a shape."
        ) from None


def declared_dtype(node: Node) -> str | None:
    """Return the dtype a variable was made with, None if it has none."""
    text = node.attrs.get("__dtype__")
    if text is None or text == "-1":
        return None
    return dtype_name(int(text) if text.isdigit() else text)


def declared_stype(node: Node) -> str:
    """Return the storage type a variable was made with."""
    text = node.attrs.get("__storage_type__", "0")
    return STORAGE_TYPES[int(text)] if text in ("0", "1", "2") else "default"
