"""What ``mx.nd.X`` does when it is called: tell arrays from parameters, and run the operator."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from mxnet.errors import CompositionError
from mxnet.ir.op import Op
from mxnet.ndarray.ndarray import NDArray, invoke
from mxnet.surface.signature import split_arguments

__all__ = ["EXTRA", "make_function"]

EXTRA = {
    "out": ("NDArray or list of NDArray, optional", "Arrays to write the results to."),
    "name": ("string, optional", "Has no effect; symbols have names."),
}
"""The keywords that every function takes."""


def _is_array(value: object) -> bool:
    return isinstance(value, NDArray)


def make_function(cls: type[Op], name: str) -> Callable[..., Any]:  # noqa: ARG001 - its own name means nothing
    """Return the function that runs an operator on arrays."""
    known: dict[tuple[Any, ...], Call] = {}

    def function(*args: Any, out: Any = None, name: str | None = None, **kwargs: Any) -> Any:  # noqa: ARG001
        arrays, key = _look_at(args, kwargs)
        call = None if key is None else known.get(key)
        if call is not None:
            op, order = call
            return invoke(op, [arrays[i] for i in order], out)
        positional, named, parameters = split_arguments(cls, args, kwargs, _is_array)
        op = cls.bind(parameters)
        inputs = positional or _in_order(op, named)
        if key is not None and cls.interned:
            if len(known) >= _MOST_CALLS:
                known.clear()
            known[key] = op, _order(op, args, kwargs)
        return invoke(op, inputs, out)

    return function


Call = tuple[Op, tuple[int, ...]]
"""The operator that some arguments ask for, and which of the arrays among them are its inputs, in order."""

_MOST_CALLS = 256  # remembered for each function

_PLAIN = frozenset({int, float, bool, str, type(None), tuple})


class _Place(int):
    """Stands for an array: how many there are before it among the arguments of a call."""


def _is_place(value: object) -> bool:
    return isinstance(value, _Place)


def _order(op: Op, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[int, ...]:
    """Return which of the arrays among the arguments are the inputs, in order."""
    count = itertools.count()
    places = [_Place(next(count)) if _is_array(value) else value for value in (*args, *kwargs.values())]
    by_name = dict(zip(kwargs, places[len(args) :], strict=True))
    positional, named, _ = split_arguments(type(op), places[: len(args)], by_name, _is_place)
    return tuple(positional or _in_order(op, named))


def _look_at(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[list[NDArray], tuple[Any, ...] | None]:
    """Return the arrays among arguments, and what else there is to know of them; None if that is not easy.

    Two calls of a function with the same answer ask for the same operator, on the arrays in the same order.
    """
    arrays: list[NDArray] = []
    key: list[Any] = [len(args), *kwargs]
    for value in (*args, *kwargs.values()):
        if isinstance(value, NDArray):
            arrays.append(value)
            key.append(NDArray)
            continue
        kind = type(value)
        if kind not in _PLAIN or (kind is tuple and not all(type(item) is int for item in value)):
            return arrays, None
        key.append(kind)  # 1, 1.0 and True are equal, but are no equal parameters
        key.append(repr(value) if kind is float and not value else value)  # nor are 0.0 and -0.0
    return arrays, tuple(key)


def _in_order(op: Op, named: dict[str, Any]) -> Sequence[Any]:
    """Return the arrays in the order of the operator's slots."""
    n_in, n_aux, _ = op.arity
    slots = op.slots[: n_in + n_aux]
    if tuple(named) == slots:
        return tuple(named.values())
    missing = [slot for slot in slots if slot not in named]
    if missing:
        raise CompositionError(
            f"{op.name} needs the input {missing[0]!r}. Its inputs are: {', '.join(slots)}."
        )
    extra = [slot for slot in named if slot not in slots]
    if extra:
        raise CompositionError(f"{op!r} takes no input {extra[0]!r}. Its inputs are: {', '.join(slots)}.")
    return tuple(named[slot] for slot in slots)
