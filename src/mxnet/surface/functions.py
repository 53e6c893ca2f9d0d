"""One function per operator: ``mx.sym.FullyConnected``, ``mx.nd.contrib.box_nms``, and ``x.sum()``."""

from __future__ import annotations

import functools
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
    """Offer every operator's function where MXNet has it, and put the fluent methods on the class.

    A function is made when it is first asked for: there are a thousand, and a program needs a few. What is
    there already, because it is more than an operator, stays; a module's own ``__getattr__`` is asked last.

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
    offered: dict[ModuleType, dict[str, type[Op]]] = {each: {} for each in (package, *modules.values())}
    for place in places():
        target = modules[place.module] if place.module else package
        if place.name not in vars(target):
            offered[target].setdefault(place.name, place.op)

    @functools.cache  # the names of an operator share one
    def help_of(op: type[Op]) -> tuple[Any, str]:
        return parameters_of(op, extra), document(op, cls.__name__, extra)

    def function_of(op: type[Op], name: str) -> Callable[..., Any]:
        function: Any = make(op, name)
        function.__name__ = function.__qualname__ = name
        function.__module__ = package.__name__
        function.__signature__, function.__doc__ = help_of(op)  # type: ignore[arg-type]
        return function  # type: ignore[no-any-return]

    for target, ops in offered.items():
        _offer(target, ops, function_of)
    for name in FLUENT:
        if name not in vars(cls) and (name in offered[package] or name in vars(package)):
            find = functools.partial(getattr, package, name)
            setattr(cls, name, fluent_method(cls, name, package.__name__, find))


def _offer(module: ModuleType, ops: Mapping[str, type[Op]], make: Maker) -> None:
    """Let a module make the functions of these operators on demand."""
    namespace = vars(module)
    otherwise = namespace.get("__getattr__")

    def __getattr__(name: str) -> Any:  # noqa: N807 - the module's
        if name in ops:
            function = namespace[name] = make(ops[name], name)
            return function
        if otherwise is not None:
            return otherwise(name)
        raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")

    def __dir__() -> list[str]:  # noqa: N807 - the module's
        return sorted({*namespace, *ops})

    namespace.update(__getattr__=__getattr__, __dir__=__dir__)
    # For ``from mxnet.ndarray import *``, which else would bring what has been made by then.
    if "__all__" in namespace:
        namespace["__all__"] += ops
    else:
        namespace["__all__"] = [name for name in (*namespace, *ops) if not name.startswith("_")]


def submodule(package: str, name: str) -> ModuleType:
    """Make an empty module below a package, importable by its full name."""
    module = ModuleType(f"{package}.{name}", f"The operators whose names begin with _{name}_.")
    module.__all__ = []  # type: ignore[attr-defined] # for a star import, of names that begin with _ as well
    sys.modules[module.__name__] = module
    return module


def fluent_method(
    cls: type, name: str, package: str, find: Callable[[], Callable[..., Any]]
) -> Callable[..., Any]:
    """Return a method of symbols or arrays that hands the object to a function of a package.

    Parameters
    ----------
    cls : type
        ``Symbol`` or ``NDArray``.
    name : str
        Of the function and the method.
    package : str
        Where users find the function.
    find : callable
        Returns the function, which takes such an object first; asked when the method is called first.
    """
    find = functools.cache(find)

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return find()(self, *args, **kwargs)

    method.__name__ = name
    method.__qualname__ = f"{cls.__name__}.{name}"
    what = "symbol" if cls.__name__ == "Symbol" else "array"
    method.__doc__ = f"Apply :func:`{package}.{name}` to this {what}."
    return method
