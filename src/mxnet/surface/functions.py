"""One function per operator: ``mx.sym.FullyConnected``, ``mx.nd.contrib.box_nms``, and ``x.sum()``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from mxnet.ir.op import Op
from mxnet.surface.namespaces import places
from mxnet.surface.signature import document, parameters_of

__all__ = ["FLUENT", "fill_modules", "fluent_method", "submodule"]

FLUENT: tuple[str, ...] = tuple(
    """abs arccos arccosh arcsin arcsinh arctan arctanh argmax argmax_channel argmin argsort
    broadcast_axes broadcast_like broadcast_to cbrt ceil clip cos cosh degrees depth_to_space diag exp
    expand_dims expm1 fix flatten flip floor log log10 log1p log2 log_softmax max mean min nanprod nansum
    norm one_hot ones_like pad pick prod radians rcbrt reciprocal relu repeat reshape reshape_like rint
    round rsqrt shape_array sigmoid sign sin sinh size_array slice slice_axis slice_like softmax softmin
    sort space_to_depth split split_v2 sqrt square squeeze sum swapaxes take tan tanh tile topk transpose
    trunc zeros_like""".split()
)
"""The functions that are methods of symbols and arrays too, unless the class has a method of its own."""

Maker = Callable[[type[Op], str], Callable[..., Any]]
"""Makes the function of an operator under one of its names."""


def fill_modules(
    package: ModuleType,
    modules: Mapping[str, ModuleType],
    cls: type,
    make: Maker,
    extra: Mapping[str, tuple[str, str]],
) -> None:
    """Put every operator's function where MXNet has it, and the fluent methods on the class.

    What is there already, because it is more than an operator, stays.

    Parameters
    ----------
    package : module
        ``mxnet.symbol`` or ``mxnet.ndarray``.
    modules : dict of str to module
        The modules below it, by name.
    cls : type
        ``Symbol`` or ``NDArray``.
    make : callable
        Makes a function.
    extra : mapping of str to (str, str)
        The keywords that all functions take, with their types and meanings.
    """
    helps: dict[type[Op], tuple[Any, str]] = {}  # the names of an operator share one
    for place in places():
        target, op = modules[place.module] if place.module else package, place.op
        if place.name in vars(target):
            continue
        if op not in helps:
            helps[op] = parameters_of(op, extra), document(op, cls.__name__, extra)
        function: Any = make(op, place.name)
        function.__name__ = function.__qualname__ = place.name
        function.__module__ = package.__name__
        function.__signature__, function.__doc__ = helps[op]
        setattr(target, place.name, function)
        if hasattr(target, "__all__"):
            target.__all__.append(place.name)  # for ``from mxnet.ndarray import *``
    for name in FLUENT:
        if name in vars(package) and name not in vars(cls):
            setattr(cls, name, fluent_method(cls, getattr(package, name), package.__name__))


def submodule(package: str, name: str) -> ModuleType:
    """Make an empty module below a package, importable by its full name."""
    module = ModuleType(f"{package}.{name}", f"The operators whose names begin with _{name}_.")
    module.__all__ = []  # type: ignore[attr-defined] # for a star import, of names that begin with _ as well
    sys.modules[module.__name__] = module
    return module


def fluent_method(cls: type, function: Callable[..., Any], package: str) -> Callable[..., Any]:
    """Return a method of symbols or arrays that hands the object to a function of a package.

    Parameters
    ----------
    cls : type
        ``Symbol`` or ``NDArray``.
    function : callable
        Takes such an object first.
    package : str
        Where users find the function.
    """

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    name = function.__name__
    method.__name__ = name
    method.__qualname__ = f"{cls.__name__}.{name}"
    what = "symbol" if cls.__name__ == "Symbol" else "array"
    method.__doc__ = f"Apply :func:`{package}.{name}` to this {what}."
    return method
