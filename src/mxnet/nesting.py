"""What loops and their functions take and return: nested lists of symbols or arrays, and pairs of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from mxnet.errors import CompositionError, ParameterError, brief

__all__ = ["Form", "arguments", "flatten", "pair", "regroup", "shown", "whole_number"]

Form = Any
"""None for a single one, a list of forms for a list."""


def flatten(
    value: Any, kind: type, what: str, expand: Callable[[Any], list[Any] | None] = lambda _: None
) -> tuple[list[Any], Form]:
    """Return what is in a nested list, in order, and the form of the list.

    Parameters
    ----------
    value
        One of `kind`, or a nested list or tuple.
    kind : type
        What the list may hold.
    what : str
        What to call it in messages.
    expand : callable, optional
        Returns the list that one stands for, None if it is single.

    Raises
    ------
    CompositionError
        If there is something else in it.

    Examples
    --------
    >>> flatten([1, [2, 3]], int, "numbers")
    ([1, 2, 3], [None, [None, None]])
    """
    if isinstance(value, kind):
        several = expand(value)
        return ([value], None) if several is None else (several, [None] * len(several))
    if not isinstance(value, list | tuple):
        raise CompositionError(
            f"{what} must be a (nested) list of {kind.__name__}, but there is {brief(value)}, of type "
            f"{type(value).__name__}."
        )
    parts = [flatten(each, kind, what, expand) for each in value]
    return [one for flat, _ in parts for one in flat], [form for _, form in parts]


def regroup(flat: Sequence[Any], form: Form) -> Any:
    """Return a nested list of that form.

    Examples
    --------
    >>> regroup([1, 2, 3], [None, [None, None]])
    [1, [2, 3]]
    """
    return _take(iter(flat), form)


def _take(rest: Iterator[Any], form: Form) -> Any:
    return next(rest) if form is None else [_take(rest, each) for each in form]


def shown(form: Form, kind: str) -> str:
    """Return a form as messages show it.

    Examples
    --------
    >>> shown([None, [None]], "Symbol")
    '[Symbol, [Symbol]]'
    """
    return kind if form is None else f"[{', '.join(shown(each, kind) for each in form)}]"


def arguments(value: Any) -> Sequence[Any]:
    """Return the arguments of a function of loop variables: a single one, or those of a list."""
    return value if isinstance(value, list) else (value,)


def pair(value: Any, what: str) -> tuple[Any, Any]:
    """Return the outputs of a step and what goes on to the next, as a user's function returned them."""
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise ParameterError(f"{what} must return a pair, (outputs, what goes on), but returned {value!r}.")
    return value[0], value[1]


def whole_number(max_iterations: Any) -> int:
    """Return `max_iterations` as an int."""
    if max_iterations is None:
        raise ParameterError("while_loop: max_iterations should be specified.")
    try:
        return int(max_iterations)
    except (TypeError, ValueError):
        raise ParameterError(f"while_loop: max_iterations must be an int, not {max_iterations!r}.") from None
