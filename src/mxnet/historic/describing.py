"""How MXNet makes docstrings: from the names, types and descriptions of an operator's arguments."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence
from typing import Any

__all__ = [
    "add_fileline_to_docstring",
    "build_param_doc",
    "describe_function",
]

_OP_NAME_PREFIX_LIST = ["_contrib_", "_linalg_", "_sparse_", "_image_", "_random_"]


def _get_op_name_prefix(op_name: str) -> str:
    """Return the beginning of an operator's name that says its module, such as ``_contrib_``, or nothing."""
    return next((prefix for prefix in _OP_NAME_PREFIX_LIST if op_name.startswith(prefix)), "")


def _get_op_submodule_name(op_name: str, op_name_prefix: str, submodule_name_list: Sequence[str]) -> str:
    """Return which of some modules comes next in an operator's name, such as ``_random_``, or nothing."""
    rest = op_name[len(op_name_prefix) :]
    return next((name for name in submodule_name_list if rest.startswith(name)), "")


def build_param_doc(
    arg_names: Sequence[str], arg_types: Sequence[str], arg_descs: Sequence[str], remove_dup: bool = True
) -> str:
    """Return the section of parameters of a docstring.

    Parameters
    ----------
    arg_names, arg_types, arg_descs : list of str
        An argument each; ``num_args`` is left out.
    remove_dup : bool, default True
        Whether a name is described once only.

    Examples
    --------
    >>> from mxnet.base import build_param_doc
    >>> build_param_doc(["axis"], ["int, optional"], ["Which axis."]).splitlines()
    ['Parameters', '----------', 'axis : int, optional', '    Which axis.']
    """
    described: list[str] = []
    lines: list[str] = []
    for name, kind, text in zip(arg_names, arg_types, arg_descs, strict=True):
        if name == "num_args" or (remove_dup and name in described):
            continue
        described.append(name)
        lines += [f"{name} : {kind}", *([f"    {text}"] if text else [])]
    return "\n".join(["Parameters", "----------", *lines, ""])


def add_fileline_to_docstring(module: Any, incursive: bool = True) -> None:
    """Add to the docstrings of a module's functions and classes in which file and line they begin.

    Parameters
    ----------
    module : module or str
        The module, or its name.
    incursive : bool, default True
        Whether to go on to the methods of classes.
    """
    module = importlib.import_module(module) if isinstance(module, str) else module
    for found in vars(module).values():
        if getattr(found, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(found) or inspect.isclass(found):
            _add_place(found)
        if inspect.isclass(found) and incursive:
            for member in filter(inspect.isfunction, vars(found).values()):
                _add_place(member)


def _add_place(found: Any) -> None:
    if found.__doc__ and "\n\nFrom:" not in found.__doc__:
        found.__doc__ += f"\n\nFrom:{inspect.getsourcefile(found)}:{inspect.getsourcelines(found)[1]}"


def describe_function(
    function: tuple[str, str, Sequence[str], Sequence[str], Sequence[str]],
    is_variadic: bool,
    last: str,
    more: type,
) -> str:
    """Return the docstring of an operator's function.

    Parameters
    ----------
    function : tuple
        Its name, what it does, and the names, types and descriptions of its arguments.
    is_variadic : bool
        Whether it takes any number of inputs.
    last : str
        What comes after those arguments: its last one, and what it returns.
    more : type
        Base of the classes whose docstring is added to that of the function of their name without ``Doc``.
    """
    name, text, names, types, descriptions = function
    variable = "\nThis function support variable length of positional input." if is_variadic else ""
    classes: list[type] = type.__subclasses__(more)
    added = [each.__doc__ or "" for each in classes if each.__name__ == f"{name}Doc"]
    described = f"{text}{variable}\n\n{build_param_doc(names, types, descriptions)}\n{last}"
    return "\n".join([described, *map(inspect.cleandoc, added)])
