"""One function per operator: ``mx.nd.FullyConnected``, ``mx.nd.contrib.box_nms``, ``x.sum()``."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from mxnet.errors import CompositionError
from mxnet.ir.namespaces import fluent_method, places
from mxnet.ir.op import Op
from mxnet.ir.signature import document, parameters_of, split_arguments
from mxnet.ndarray.ndarray import NDArray, invoke

__all__ = ["FLUENT", "fill_modules"]

FLUENT: tuple[str, ...] = tuple(
    """abs arccos arccosh arcsin arcsinh arctan arctanh argmax argmax_channel argmin argsort broadcast_axes
    broadcast_like broadcast_to cbrt ceil clip cos cosh degrees depth_to_space diag exp expm1 fix flip floor
    log log10 log1p log2 log_softmax max mean min nanprod nansum norm one_hot ones_like pad pick prod radians
    rcbrt reciprocal relu repeat reshape_like rint round rsqrt shape_array sigmoid sign sin sinh size_array
    slice slice_axis slice_like softmax softmin sort space_to_depth split split_v2 sqrt square sum swapaxes
    take tan tanh tile topk transpose trunc zeros_like""".split()
)
"""The functions that are methods of arrays too."""

_EXTRA = {
    "out": ("NDArray or list of NDArray, optional", "Arrays to write the results to."),
    "name": ("string, optional", "Has no effect; symbols have names."),
}


def _is_array(value: object) -> bool:
    return isinstance(value, NDArray)


Help = tuple[inspect.Signature, str]


def _make_function(cls: type[Op], name: str, shown: Help) -> Callable[..., Any]:
    """Return the function that runs an operator on arrays, with its signature and documentation."""
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

    function.__name__ = function.__qualname__ = name
    function.__module__ = "mxnet.ndarray"
    function.__signature__, function.__doc__ = shown  # type: ignore[attr-defined]
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


def fill_modules(package: ModuleType, modules: Mapping[str, ModuleType]) -> None:
    """Put every operator's function where MXNet has it, and the fluent methods on NDArray.

    Parameters
    ----------
    package : module
        ``mxnet.ndarray``.
    modules : dict of str to module
        The modules below it, by name.
    """
    helps: dict[type[Op], Help] = {}  # the names of an operator share one
    for place in places():
        target = modules[place.module] if place.module else package
        if place.name not in vars(target):
            cls = place.op
            if cls not in helps:
                helps[cls] = parameters_of(cls, _EXTRA), document(cls, "NDArray", _EXTRA)
            setattr(target, place.name, _make_function(cls, place.name, helps[cls]))
            if hasattr(target, "__all__"):
                target.__all__.append(place.name)  # for ``from mxnet.ndarray import *``
    for name in FLUENT:
        if name in vars(package) and name not in vars(NDArray):
            setattr(NDArray, name, fluent_method(NDArray, getattr(package, name), package.__name__))
