"""Symbols without inputs, and functions that choose between an operator and its form with a number."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mxnet.dtype import DTypeLike, dtype_name
from mxnet.errors import CompositionError, ParameterError
from mxnet.symbol.arithmetic import is_number
from mxnet.symbol.symbol import Symbol

__all__ = [
    "arange",
    "eye",
    "full",
    "histogram",
    "hypot",
    "linspace",
    "maximum",
    "minimum",
    "ones",
    "pow",
    "power",
    "split_v2",
    "zeros",
]

ShapeLike = int | Sequence[int]


def _make(op: str, name: str | None = None, attr: dict[str, str] | None = None, **params: Any) -> Symbol:
    given = {key: value for key, value in params.items() if value is not None}
    return Symbol._create(op, [], given, hint=op, name=name, attr=attr)


def zeros(shape: ShapeLike, dtype: DTypeLike = None, **kwargs: Any) -> Symbol:
    """Return a symbol of zeros, float32 by default; a 0 in `shape` is inferred from where it is used."""
    return _make("_zeros", shape=shape, dtype=dtype_name(dtype or "float32"), **kwargs)


def ones(shape: ShapeLike, dtype: DTypeLike = None, **kwargs: Any) -> Symbol:
    """Return a symbol of ones, float32 by default."""
    return _make("_ones", shape=shape, dtype=dtype_name(dtype or "float32"), **kwargs)


def full(shape: ShapeLike, val: float, dtype: DTypeLike = None, **kwargs: Any) -> Symbol:
    """Return a symbol filled with the number `val`, float32 by default."""
    return _make("_full", shape=shape, dtype=dtype_name(dtype or "float32"), value=float(val), **kwargs)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    name: str | None = None,
    dtype: DTypeLike = None,
) -> Symbol:
    """Return evenly spaced values of the half-open interval [start, stop), each `repeat` times."""
    return Symbol._create(
        "_arange",
        [],
        {
            "start": start,
            "stop": stop,
            "step": step,
            "repeat": repeat,
            "infer_range": infer_range,
            "dtype": dtype_name(dtype or "float32"),
        },
        hint="_arange",
        name=name,
    )


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    name: str | None = None,
    dtype: DTypeLike = None,
) -> Symbol:
    """Return `num` evenly spaced values from `start` to `stop`."""
    return _make(
        "_linspace",
        name=name,
        start=start,
        stop=stop,
        num=num,
        endpoint=endpoint,
        dtype=dtype_name(dtype or "float32"),
    )


def eye(N: int, M: int = 0, k: int = 0, dtype: DTypeLike = None, **kwargs: Any) -> Symbol:  # noqa: N803
    """Return a matrix of `N` rows and `M` (or `N`) columns with ones on diagonal `k`."""
    return _make("_eye", N=N, M=M, k=k, dtype=dtype_name(dtype or "float32"), **kwargs)


def split_v2(
    ary: Symbol,
    indices_or_sections: int | Sequence[int],
    axis: int = 0,
    squeeze_axis: bool = False,
) -> Symbol:
    """Split along an axis into equal sections (an int) or at indices (a tuple)."""
    if isinstance(indices_or_sections, int | np.integer):
        indices, sections = [0], int(indices_or_sections)
    else:
        indices, sections = [0, *indices_or_sections], 0
    params = {"indices": tuple(indices), "axis": axis, "squeeze_axis": squeeze_axis, "sections": sections}
    return Symbol._create("_split_v2", [ary], params, hint="_split_v2")


def histogram(
    a: Symbol, bins: int | Symbol = 10, range: tuple[float, float] | None = None, **kwargs: Any
) -> Symbol:
    """Count how many values fall into each bin; the second output is the edges of the bins.

    Parameters
    ----------
    a : Symbol
        The values.
    bins : int or Symbol, default 10
        The number of bins, or their edges in increasing order.
    range : (float, float)
        The outer edges of a number of equal bins, which a symbol cannot find out by itself.
    **kwargs
        The `name` and `attr` of the symbol.
    """
    if isinstance(bins, Symbol):
        return Symbol._create("_histogram", [a, bins], {}, hint="_histogram", **kwargs)
    if not isinstance(bins, int | np.integer):
        raise CompositionError(f"bins must be an int or a Symbol of edges, not {bins!r}.")
    if range is None:
        raise ParameterError("histogram needs range=(low, high): a symbol has no values to take it from.")
    given = {"bin_cnt": bins, "range": range}
    return Symbol._create("_histogram", [a], given, hint="_histogram", **kwargs)


def _choose(
    left: Symbol | float,
    right: Symbol | float,
    operators: tuple[str, str, str],
    of_numbers: Callable[[Any, Any], float],
) -> Symbol | float:
    """Apply the operator that fits: of two symbols, of one and a number behind it or before it."""
    binary, with_scalar, reverse = operators
    if isinstance(left, Symbol) and isinstance(right, Symbol):
        return Symbol._create(binary, [left, right], {}, hint=binary)
    if isinstance(left, Symbol) and is_number(right):
        return Symbol._create(with_scalar, [left], {"scalar": right}, hint=with_scalar.lower())
    if isinstance(right, Symbol) and is_number(left):
        return Symbol._create(reverse, [right], {"scalar": left}, hint=reverse.lower())
    if is_number(left) and is_number(right):
        return of_numbers(left, right)
    raise CompositionError(
        f"{binary.lstrip('_')} expects symbols or numbers, but got {type(left).__name__} and "
        f"{type(right).__name__}."
    )


def maximum(left: Symbol | float, right: Symbol | float) -> Symbol | float:
    """Return the elementwise maximum of two symbols, or of a symbol and a number."""
    return _choose(left, right, ("_maximum", "_MaximumScalar", "_MaximumScalar"), max)


def minimum(left: Symbol | float, right: Symbol | float) -> Symbol | float:
    """Return the elementwise minimum of two symbols, or of a symbol and a number."""
    return _choose(left, right, ("_minimum", "_MinimumScalar", "_MinimumScalar"), min)


def power(base: Symbol | float, exp: Symbol | float) -> Symbol | float:
    """Return the elementwise power of two symbols, or of a symbol and a number."""
    return _choose(base, exp, ("_power", "_PowerScalar", "_RPowerScalar"), operator.pow)


pow = power


def hypot(left: Symbol | float, right: Symbol | float) -> Symbol | float:
    """Return the elementwise length of the hypotenuse, of two symbols, or of a symbol and a number."""
    return _choose(left, right, ("_hypot", "_HypotScalar", "_HypotScalar"), math.hypot)
