"""``mx.base``: the errors, the kinds of types, and the small helpers that programs import from there."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np

from mxnet.errors import MXNetError, NotImplementedForSymbol, NotSupportedForSparseNDArray
from mxnet.historic import lend

__all__ = [
    "ExecutorHandle",
    "MXNetError",
    "NDArrayHandle",
    "NotImplementedForSymbol",
    "NotSupportedForSparseNDArray",
    "SymbolHandle",
    "c2pyerror",
    "classproperty",
    "data_dir",
    "data_dir_default",
    "error_types",
    "integer_types",
    "mx_real_t",
    "numeric_types",
    "py_str",
    "register_error",
    "string_types",
    "with_metaclass",
]

_T = TypeVar("_T")

string_types = (str,)
numeric_types = (float, int, np.generic)
integer_types = (int, np.int32, np.int64)
mx_real_t = np.float32
"""The data type of arrays where none is given."""
NDArrayHandle = SymbolHandle = ExecutorHandle = ctypes.c_void_p
"""What signatures and casts of MXNet's programs name; nothing here has or takes such a pointer."""

# ------------------------------------------------------------------------------------------- texts and lists


def py_str(x: bytes | str) -> str:
    """Return the text that bytes hold in UTF-8, or a text itself."""
    return x if isinstance(x, str) else x.decode("utf-8")


def _as_list(obj: Any) -> Any:
    """Return a list or tuple as it is, and anything else as a list of one."""
    return obj if isinstance(obj, (list, tuple)) else [obj]


class _NullType:
    """The type of ``_Null``: as an argument of an operator it stands for one that is not given."""

    def __repr__(self) -> str:
        return "_Null"


_Null = _NullType()

# --------------------------------------------------------------------------------------------------- classes


def with_metaclass(meta: type, *bases: type) -> Any:
    """Return a base for classes that have a metaclass and other bases, in words that Python 2 takes, too.

    Examples
    --------
    >>> from mxnet.base import with_metaclass
    >>> class Meta(type):
    ...     pass
    >>> class Names(with_metaclass(Meta, dict)):
    ...     pass
    >>> type(Names).__name__, Names.__bases__
    ('Meta', (<class 'dict'>,))
    """

    class Metaclass(type):
        def __new__(cls, name: str, _: Any, namespace: dict[str, Any]) -> Any:
            return meta(name, bases, namespace)

        @classmethod
        def __prepare__(cls, name: str, _: Any) -> Any:  # type: ignore[override] # the bases are not its own
            return meta.__prepare__(name, bases)

    return type.__new__(Metaclass, "temporary_class", (), {})


class classproperty(Generic[_T]):  # noqa: N801 - MXNet's name
    """A property of a class: the decorated function is called with the class."""

    def __init__(self, func: Callable[[Any], _T]) -> None:
        self._get = func

    def __get__(self, obj: object, owner: type) -> _T:
        return self._get(owner)


# ---------------------------------------------------------------------------------------------------- errors

error_types: dict[str, type[Exception]] = {"NotImplementedForSymbol": NotImplementedForSymbol}
"""The errors by the name under which a message may begin with them."""


def register_error(func_name: Any = None, cls: type[Exception] | None = None) -> Any:
    """Register an error for messages that begin with its name and a colon.

    Parameters
    ----------
    func_name : str or type
        The name, or the class, which is registered under its own.
    cls : type, optional
        The class. Without one, this returns a decorator.
    """
    if isinstance(func_name, type):
        func_name, cls = func_name.__name__, func_name

    def register(error: type[Exception]) -> type[Exception]:
        error_types[error.__name__ if func_name is None else func_name] = error
        return error

    return register if cls is None else register(cls)


def c2pyerror(err_msg: str) -> tuple[str, str | None]:
    """Return a message, and the name of the error that it begins with, None if there is none.

    Examples
    --------
    >>> from mxnet.base import c2pyerror
    >>> c2pyerror("ValueError: too long")
    ('ValueError: too long', 'ValueError')
    """
    begins = re.match(r"([A-Za-z_]\w*(?:\.\w+)*):", err_msg)
    return err_msg, begins and begins[1]


# ----------------------------------------------------------------------------------------------------- files


def data_dir_default() -> str:
    """Return the folder for downloads where ``MXNET_HOME`` names no other."""
    if os.name == "nt":
        return os.path.join(os.environ["APPDATA"], "mxnet")
    return os.path.join(os.path.expanduser("~"), ".mxnet")


def data_dir() -> str:
    """Return the folder for downloads: ``MXNET_HOME``, or ``~/.mxnet``."""
    return os.environ.get("MXNET_HOME", data_dir_default())


lend(__name__)
