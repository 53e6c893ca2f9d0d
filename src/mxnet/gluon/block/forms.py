"""What blocks take and return: nested lists of arrays, or of symbols, with None for what is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from mxnet.errors import brief
from mxnet.gluon.errors import BlockError
from mxnet.ndarray import NDArray
from mxnet.symbol import Symbol

__all__ = ["Form", "flatten", "regroup", "values_in"]

Form = Any
"""0 for a single one, -1 for None, a number for a symbol of so many outputs, a list of forms for a list."""


def flatten(value: Any, what: str) -> tuple[list[Any], Form]:
    """Return the arrays or symbols in a nested list, in order, and the form of the list.

    Raises
    ------
    ValueError
        If there is something else in it.

    Examples
    --------
    >>> import mxnet as mx
    >>> a = mx.sym.var("a")
    >>> flatten((a, [None, a]), "input")
    ([<Symbol a>, <Symbol a>], [0, [-1, 0]])
    """
    if isinstance(value, NDArray):
        return [value], 0
    if isinstance(value, Symbol):
        several = len(value)
        return [value], several if several > 1 else 0
    if value is None:
        return [], -1
    if not isinstance(value, list | tuple):
        raise BlockError(
            f"When hybridized, the {what} of HybridBlock must be a (nested) list of Symbol or NDArray, but "
            f"got {brief(value)} of type {type(value)}."
        )
    flat: list[Any] = []
    forms = []
    for each in value:
        part, form = flatten(each, what)
        flat += part
        forms.append(form)
    return flat, forms


def values_in(value: Any) -> Iterator[Any]:
    """Yield the arrays and symbols in a nested list; what else is there, `hybrid_forward` takes as it is.

    Examples
    --------
    >>> import mxnet as mx
    >>> list(values_in((mx.sym.var("a"), (8, 8), "nearest")))
    [<Symbol a>]
    """
    if isinstance(value, NDArray | Symbol):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from values_in(each)


def regroup(flat: Sequence[Any], form: Form) -> Any:
    """Return a nested list of that form."""
    return _take(iter(flat), form)


def _take(rest: Iterator[Any], form: Form) -> Any:
    if isinstance(form, list):
        return [_take(rest, each) for each in form]
    if form == -1:
        return None
    return next(rest) if form == 0 else [next(rest) for _ in range(form)]
