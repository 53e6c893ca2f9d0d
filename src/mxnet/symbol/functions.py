"""One function per operator: ``mx.sym.FullyConnected``, ``mx.sym.contrib.box_nms``, ``x.reshape``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from mxnet.ir.namespaces import fluent_method, places
from mxnet.ir.op import Op
from mxnet.ir.signature import document, parameters_of, split_arguments
from mxnet.symbol.symbol import Symbol

__all__ = ["FLUENT", "fill_modules"]

FLUENT: tuple[str, ...] = tuple(
    (
        "abs arccos arccosh arcsin arcsinh arctan arctanh argmax argmax_channel argmin argsort "
        "broadcast_axes broadcast_like broadcast_to cbrt ceil clip cos cosh degrees "
        "depth_to_space diag exp expand_dims expm1 fix flatten flip floor log log10 log1p log2 "
        "log_softmax max mean min nanprod nansum norm one_hot ones_like pad pick prod radians "
        "rcbrt reciprocal relu repeat reshape reshape_like rint round rsqrt shape_array sigmoid "
        "sign sin sinh size_array slice slice_axis slice_like softmax softmin sort space_to_depth "
        "split split_v2 sqrt square squeeze sum swapaxes take tan tanh tile topk transpose trunc "
        "zeros_like "
    ).split()
)
"""The operators that are methods of symbols too."""

_EXTRA = {
    "name": ("string, optional", "Name of the resulting symbol."),
    "attr": ("dict of str to str, optional", "Attributes of the resulting symbol."),
}


def _is_symbol(value: object) -> bool:
    return isinstance(value, Symbol)


Help = tuple[inspect.Signature, str]


def _make_function(cls: type[Op], name: str, hint: str, shown: Help) -> Callable[..., Symbol]:
    """Return the composing function of an operator; automatic names start with `hint`."""

    def function(
        *args: Any, name: str | None = None, attr: Mapping[str, str] | None = None, **kwargs: Any
    ) -> Symbol:
        kwargs.pop("out", None)
        arguments = split_arguments(cls, args, kwargs, _is_symbol)
        return Symbol._create(
            cls,
            arguments.positional or arguments.named,
            arguments.parameters,
            hint=hint,
            name=name,
            attr=attr,
        )

    function.__name__ = function.__qualname__ = name
    function.__module__ = "mxnet.symbol"
    function.__signature__, function.__doc__ = shown  # type: ignore[attr-defined]
    return function


def fill_modules(package: ModuleType, modules: Mapping[str, ModuleType]) -> None:
    """Put every operator's function where MXNet has it, and the fluent methods on Symbol.

    Parameters
    ----------
    package : module
        ``mxnet.symbol``.
    modules : dict of str to module
        The modules below it, by name.
    """
    helps: dict[type[Op], Help] = {}  # the names of an operator share one
    for place in places():
        target = modules[place.module] if place.module else package
        if not hasattr(target, place.name):
            cls = place.op
            if cls not in helps:
                helps[cls] = parameters_of(cls, _EXTRA), document(cls, "Symbol", _EXTRA)
            setattr(target, place.name, _make_function(cls, place.name, place.name.lower(), helps[cls]))
            if hasattr(target, "__all__"):
                target.__all__.append(place.name)
    for name in FLUENT:
        if hasattr(package, name) and name not in vars(Symbol):
            function = getattr(package, name)
            if name in ("expand_dims", "squeeze"):
                function = _with_inplace(function)
            setattr(Symbol, name, fluent_method(Symbol, function, package.__name__))


def _with_inplace(function: Callable[..., Symbol]) -> Callable[..., Symbol]:
    """Return a function that takes `inplace`, as arrays' methods do; it means nothing to a symbol."""

    @functools.wraps(function)
    def method(data: Symbol, axis: Any = None, inplace: bool = False, **kwargs: Any) -> Symbol:  # noqa: ARG001
        return function(data, **({} if axis is None else {"axis": axis}), **kwargs)

    return method
