"""The data types of MXNet: their names, numpy types and the codes they have in files."""

from __future__ import annotations

import functools
import math
from typing import Any, NamedTuple

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
    "largest",
    "number_as",
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

    As for numpy, an array stands for its own dtype: ``x.astype(y)``.

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
    if not isinstance(value, type):  # those of numpy have a descriptor of that name
        value = getattr(value, "dtype", value)
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


# ------------------------------------------------------------------------------------- numbers in a data type


class _Range(NamedTuple):
    """The numbers of a data type.

    Attributes
    ----------
    low, high : float
        The least and the greatest one that is finite.
    slack : float or None
        What a real number may exceed them by and still be rounded to them; None for whole numbers.
    """

    low: float
    high: float
    slack: float | None


@functools.cache
def _range_of(dtype: object) -> _Range:
    name = str(dtype).removeprefix("torch.")
    if is_integer(name):
        limits = np.iinfo(numpy_type(name)) if name != "bool" else None
        return _Range(int(limits.min), int(limits.max), None) if limits else _Range(0, 1, None)
    if name == "bfloat16":
        return _Range(-(2 - 2.0**-7) * 2.0**127, (2 - 2.0**-7) * 2.0**127, 2.0**119)
    floats = np.finfo(numpy_type(name))
    return _Range(float(floats.min), float(floats.max), float(floats.eps) * 2.0 ** (floats.maxexp - 2))


def largest(dtype: object) -> float:
    """Return the greatest finite number of a data type."""
    return _range_of(dtype).high


def number_as(value: float, dtype: object) -> float:
    """Return a number as an array holds it, so that a kernel can be handed it, whatever it is.

    As in C, real numbers beyond the range of the type become infinite, or its greatest number if they are not
    more than half a step beyond. Whole numbers lose their fraction and are cut to the bits of the type; those
    that even 32 bits (64 for int64) do not hold are what a processor makes of them, the least of 32 bits.

    Parameters
    ----------
    value : float
        The number.
    dtype : str or torch.dtype
        The data type.

    Examples
    --------
    >>> number_as(2.7, "float32"), number_as(1e9, "float16"), number_as(65519, "float16")
    (2.7, inf, 65504.0)
    >>> number_as(-2.7, "int32"), number_as(300, "uint8"), number_as(3e9, "int32")
    (-2, 44, -2147483648)
    """
    low, high, slack = _range_of(dtype)
    if slack is not None:
        if low <= value <= high or not math.isfinite(value):
            return value
        edge = high if value > 0 else low
        return edge if abs(value - edge) < slack else math.copysign(math.inf, value)
    if (low, high) == (0, 1):
        return value != 0
    most = 1 << (63 if high >= 1 << 31 else 31)
    whole = int(value) if -most <= value < most else -most  # NaN is neither
    count = int(high) - int(low) + 1
    return (whole - int(low)) % count + int(low)
