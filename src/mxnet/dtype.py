"""The data types of MXNet: their names, numpy types and the codes they have in files."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from mxnet.errors import DTypeError, did_you_mean

__all__ = [
    "CODES",
    "NAMES",
    "DTypeLike",
    "dtype_name",
    "is_floating",
    "is_integer",
    "itemsize",
    "numpy_type",
    "torch_dtype",
]

# The position is the code that .params files and MXNet's C API use.
NAMES: tuple[str, ...] = (
    "float32",
    "float64",
    "float16",
    "uint8",
    "int32",
    "int8",
    "int64",
    "bool",
    "int16",
    "uint16",
    "uint32",
    "uint64",
    "bfloat16",
)
CODES: dict[str, int] = {name: code for code, name in enumerate(NAMES)}

DTypeLike = str | type | np.dtype | None


class UnknownDTypeError(DTypeError, KeyError):
    """Something is no data type (MXNet raises TypeError here and KeyError there)."""

    def __str__(self) -> str:  # KeyError would print the repr of the message
        return str(self.args[0])


def dtype_name(value: object) -> str:
    """Return the name of a dtype given as a name, a numpy dtype or type, a Python type or an MXNet code.

    Raises
    ------
    DTypeError
        If it is none of MXNet's dtypes.

    Examples
    --------
    >>> import numpy as np
    >>> dtype_name(np.float64), dtype_name("int8"), dtype_name(float), dtype_name(0)
    ('float64', 'int8', 'float64', 'float32')
    """
    try:
        hash(value)
    except TypeError:  # so it is certainly no dtype
        known = ", ".join(NAMES)
        raise UnknownDTypeError(f"{value!r} is not a data type. Expected one of {known}.") from None
    return _dtype_name(value)


@functools.cache
def _dtype_name(value: object) -> str:
    if isinstance(value, str) and value in CODES:
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < len(NAMES):
        return NAMES[value]
    try:
        name = np.dtype(value).name if value is not None else "none"  # type: ignore[call-overload]
    except (TypeError, ValueError):
        name = str(value)
    if name not in CODES:
        raise UnknownDTypeError(
            f"{value!r} is not a data type of MXNet. Expected one of "
            f"{', '.join(NAMES)}.{did_you_mean(name, NAMES)}"
        )
    return name


@functools.cache
def numpy_type(name: str) -> type:
    """Return the numpy scalar type, as ``NDArray.dtype`` and ``infer_type`` report it.

    numpy has no bfloat16: its values are shown as float32.
    """
    return np.dtype("float32" if name == "bfloat16" else name).type


@functools.cache
def itemsize(name: str) -> int:
    """Return how many bytes a number of the dtype of that name takes."""
    return 2 if name == "bfloat16" else np.dtype(name).itemsize


def is_floating(name: str) -> bool:
    """Whether the dtype of that name holds real numbers."""
    return "float" in name


def is_integer(name: str) -> bool:
    """Whether the dtype of that name holds whole numbers (bool included)."""
    return "float" not in name


@functools.cache
def torch_dtype(name: str) -> Any:
    """Return torch's dtype of that name (loads torch)."""
    import torch

    return getattr(torch, name)
