"""One function per operator: ``mx.nd.FullyConnected``, ``mx.nd.contrib.box_nms``, ``x.sum()``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any

from mxnet.errors import CompositionError
from mxnet.ir.namespaces import fluent_method, places
from mxnet.ir.op import Op
from mxnet.ir.signature import document, parameters_of, split_arguments
from mxnet.ndarray.invoke import invoke
from mxnet.ndarray.ndarray import NDArray

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

    def function(*args: Any, out: Any = None, name: str | None = None, **kwargs: Any) -> Any:  # noqa: ARG001
        positional, named, parameters = split_arguments(cls, args, kwargs, _is_array)
        op = cls.bind(parameters)
        return invoke(op, positional or _in_order(op, named), out)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "mxnet.ndarray"
    function.__signature__, function.__doc__ = shown  # type: ignore[attr-defined]
    return function


def _in_order(op: Op, named: dict[str, NDArray]) -> Sequence[NDArray]:
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
