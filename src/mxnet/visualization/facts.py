"""Shapes and dtypes of everything in a network, as pictures and tables show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.errors import CompositionError, ShapeError, brief, few
from mxnet.symbol.symbol import Symbol

if TYPE_CHECKING:
    from mxnet.ir.node import Entry

__all__ = ["check_arguments", "dtypes_of", "shapes_of"]


def check_arguments(symbol: object, **mappings: object) -> None:
    """Refuse what is no symbol, and shapes or dtypes that are not given by name.

    Raises
    ------
    TypeError
        If so.
    """
    if not isinstance(symbol, Symbol):
        raise CompositionError(
            f"symbol must be a Symbol, not {brief(symbol)}, of type {type(symbol).__name__}."
        )
    for name, value in mappings.items():
        if value is not None and not isinstance(value, Mapping):
            raise CompositionError(
                f"{name} must be a dictionary such as {{'data': ...}}, or None, not {brief(value)}."
            )


def shapes_of(symbol: Symbol, given: Mapping[str, tuple[int, ...]]) -> dict[Entry, tuple[int, ...]]:
    """Return the shape of every variable and every visible output.

    Raises
    ------
    ShapeError
        If they do not follow from what is given.
    """
    internals = symbol.get_internals()
    _, shapes, _ = internals.infer_shape(**given)
    if shapes is None:
        arguments, _, _ = symbol.infer_shape_partial(**given)
        partial = zip(symbol.list_arguments(), arguments or (), strict=False)
        unknown = [name for name, shape in partial if 0 in shape or not shape]
        raise ShapeError(
            f"Input shape is incomplete: with {few(given) if given else 'nothing'} given, the shapes of "
            f"{few(unknown) if unknown else 'some outputs'} remain unknown."
        )
    return dict(zip(internals.graph.outputs, shapes, strict=True))


def dtypes_of(symbol: Symbol, given: Mapping[str, Any]) -> dict[Entry, Any]:
    """Return the numpy type of every variable and every visible output."""
    internals = symbol.get_internals()
    _, dtypes, _ = internals.infer_type(**given)
    return dict(zip(internals.graph.outputs, dtypes or (), strict=False))
