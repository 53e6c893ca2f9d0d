"""The types of C by MXNet's names, and arrays of them, for programs that call C libraries of their own."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from typing import Any

import numpy as np

from mxnet.errors import MXNetError

__all__ = [
    "c_array",
    "c_array_buf",
    "c_str",
    "c_str_array",
    "ctypes2buffer",
    "ctypes2numpy_shared",
    "mx_float",
    "mx_float_p",
    "mx_int",
    "mx_int64",
    "mx_uint",
]

mx_uint = ctypes.c_uint
mx_int = ctypes.c_int
mx_int64 = ctypes.c_int64
mx_float = ctypes.c_float
mx_float_p = ctypes.POINTER(mx_float)


class PointerError(MXNetError, TypeError):
    """A pointer of another type was expected."""


def c_str(string: str) -> ctypes.c_char_p:
    """Return a text as ``char *``, in UTF-8."""
    return ctypes.c_char_p(string.encode("utf-8"))


def c_str_array(strings: Sequence[str]) -> Any:
    """Return texts as an array of ``char *``, in UTF-8."""
    return c_array(ctypes.c_char_p, [string.encode("utf-8") for string in strings])


def c_array(ctype: Any, values: Sequence[Any]) -> Any:
    """Return values as an array of a type of C.

    Examples
    --------
    >>> from mxnet.base import c_array, mx_uint
    >>> list(c_array(mx_uint, [1, 2]))
    [1, 2]
    """
    return (ctype * len(values))(*values)


def c_array_buf(ctype: Any, buf: Any) -> Any:
    """Return the memory of a writable buffer, such as an ``array.array``, as an array of a type of C."""
    return (ctype * len(buf)).from_buffer(buf)


def ctypes2buffer(cptr: Any, length: int) -> bytearray:
    """Return a copy of the bytes that a ``char *`` points to.

    Raises
    ------
    MXNetError
        If it is another pointer.
    """
    if not isinstance(cptr, ctypes.POINTER(ctypes.c_char)):
        raise PointerError(f"Expected a pointer to char, got {type(cptr).__name__}.")
    return bytearray(ctypes.string_at(cptr, length))


def ctypes2numpy_shared(cptr: Any, shape: Sequence[int]) -> np.ndarray[Any, Any]:
    """Return the memory that a ``float *`` points to as a numpy array.

    Raises
    ------
    MXNetError
        If it is another pointer.
    """
    if not isinstance(cptr, mx_float_p):
        raise PointerError(f"Expected a pointer to float, got {type(cptr).__name__}.")
    return np.ctypeslib.as_array(cptr, tuple(shape))
