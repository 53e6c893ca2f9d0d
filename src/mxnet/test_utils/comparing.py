"""Comparing arrays: how close is close enough for a dtype, and what to say when they differ."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import context
from mxnet.ndarray import NDArray
from mxnet.test_utils.given import MisuseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mxnet.context import Context

    Values = np.ndarray[Any, Any]
    Tolerance = Any  # None, a number, or numbers by dtype

__all__ = [
    "almost_equal",
    "almost_equal_ignore_nan",
    "assert_allclose",
    "assert_almost_equal",
    "assert_almost_equal_ignore_nan",
    "assert_almost_equal_with_err",
    "checkShapes",
    "collapse_sum_like",
    "compare_ndarray_tuple",
    "default_atols",
    "default_context",
    "default_dtype",
    "default_numeric_eps",
    "default_rtols",
    "effective_dtype",
    "find_max_violation",
    "get_atol",
    "get_etol",
    "get_rtol",
    "get_tolerance",
    "get_tols",
    "locationError",
    "np_reduce",
    "same",
    "same_array",
    "set_default_context",
]

_EXACT = ("bool", "int8", "uint8", "int32", "uint32", "int64", "uint64")


class ShapesDifferError(AssertionError, ValueError):
    """The shapes of two arrays that should be equal do not go together (numpy's ValueError, in MXNet)."""


def default_context() -> Context:
    """Return the context that checks run on."""
    return context.current_context()


def set_default_context(ctx: Context) -> None:
    """Set the context that checks run on, for the rest of this thread or task."""
    context.Context(ctx).__enter__()


def default_dtype() -> type:
    """Return the dtype of random arrays."""
    return np.float32


def default_rtols() -> dict[Any, float]:
    """Return the relative tolerances by dtype."""
    floats = {"float16": 1e-2, "float32": 1e-4, "float64": 1e-5}
    return {np.dtype(name): tol for name, tol in {**floats, **dict.fromkeys(_EXACT, 0)}.items()}


def default_atols() -> dict[Any, float]:
    """Return the absolute tolerances by dtype."""
    floats = {"float16": 1e-1, "float32": 1e-3, "float64": 1e-20}
    return {np.dtype(name): tol for name, tol in {**floats, **dict.fromkeys(_EXACT, 0)}.items()}


def default_numeric_eps() -> dict[Any, float]:
    """Return the steps of numeric gradients by dtype: powers of 2, so that adding them loses nothing."""
    return {np.dtype("float16"): 2.0**-6, np.dtype("float32"): 2.0**-9, np.dtype("float64"): 2.0**-14}


def effective_dtype(dat: Any) -> Any:
    """Return the dtype whose precision an array has."""
    return np.dtype(dat.dtype)


def get_tolerance(dat: Any, tol: Tolerance, default_tol: Mapping[Any, float]) -> float:
    """Return the tolerance for an array: as given (perhaps by dtype), or the default for its dtype."""
    if isinstance(tol, (int, float, np.number)):
        return float(tol)
    dtype = effective_dtype(dat)
    table = dict(default_tol) if tol is None else {**default_tol, **tol}
    return float(table[dtype] if dtype in table else table.get(dtype.type, 0.0))


def get_tols(x: Any, y: Any, rtol: Tolerance, atol: Tolerance) -> tuple[float, float]:
    """Return the relative and the absolute tolerance for comparing two arrays: the wider of both dtypes'."""
    arrays = [np.asarray(v) if isinstance(v, numbers.Number) else v for v in (x, y)]
    return (
        max(get_tolerance(a, rtol, default_rtols()) for a in arrays),
        max(get_tolerance(a, atol, default_atols()) for a in arrays),
    )


def get_rtol(rtol: float | None = None, dtype: Any = "float64") -> float:
    """Return `rtol`, or the default for a dtype."""
    return default_rtols()[np.dtype(dtype)] if rtol is None else rtol


def get_atol(atol: float | None = None, dtype: Any = "float64") -> float:
    """Return `atol`, or the default for a dtype."""
    return default_atols()[np.dtype(dtype)] if atol is None else atol


def get_etol(etol: float | None = None) -> float:
    """Return `etol`, or 0: the share of elements that may differ."""
    return 0 if etol is None else etol


def same(a: Any, b: Any) -> bool:
    """Whether two arrays hold the same values."""
    return bool(np.array_equal(_values(a), _values(b)))


def same_array(array1: NDArray, array2: NDArray) -> bool:
    """Whether two NDArrays share their memory: writing to one changes the other."""
    before = array1[:].copy()
    array1[:] += 1
    if not same(array1, array2):
        array1[:] = before
        return False
    array1[:] = before
    return same(array1, array2)


def almost_equal(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    equal_nan: bool = False,
    use_broadcast: bool = True,
) -> bool:
    """Whether ``|a - b| <= atol + rtol * |b|`` everywhere.

    Parameters
    ----------
    a, b : NDArray, numpy array or number
    rtol, atol : float, or dict of dtype to float, optional
        The tolerances; by default those of the less precise dtype.
    equal_nan : bool
        Whether NaN equals NaN.
    use_broadcast : bool
        Whether shapes may differ that broadcast.
    """
    rtol, atol = get_tols(a, b, rtol, atol)
    first, second = _values(a), _values(b)
    if not use_broadcast and first.shape != second.shape:
        return False
    return bool(np.allclose(first, second, rtol=rtol, atol=atol, equal_nan=equal_nan))


def assert_almost_equal(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    names: Sequence[str] = ("a", "b"),
    equal_nan: bool = False,
    use_broadcast: bool = True,
    mismatches: tuple[int, int] = (10, 10),
) -> None:
    """Raise `AssertionError` unless two arrays are almost equal.

    Parameters
    ----------
    a, b, rtol, atol, equal_nan, use_broadcast
        As of `almost_equal`.
    names : pair of str
        What the arrays are called in the message.
    mismatches : pair of int
        How many of the largest differences the message shows; the second number is accepted for MXNet's sake.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.test_utils.assert_almost_equal(mx.nd.ones((2,)), [1.0, 1.00001])
    """
    a, b = (np.asarray(v) if isinstance(v, (list, tuple)) else v for v in (a, b))
    rtol, atol = get_tols(a, b, rtol, atol)
    first, second = _values(a), _values(b)
    if use_broadcast:
        checkShapes(first, second)
    elif first.shape != second.shape:
        raise AssertionError(
            f"Items are not equal: {names[0]} has the shape {first.shape}, {names[1]} has {second.shape}."
        )
    if not almost_equal(first, second, rtol, atol, equal_nan):
        raise AssertionError(_report(first, second, rtol, atol, names, mismatches[0]))


def assert_allclose(a: Any, b: Any, rtol: float = 1e-07, atol: float = 0, equal_nan: bool = True) -> None:
    """Raise `AssertionError` unless two arrays are equal up to small tolerances."""
    assert_almost_equal(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


def assert_almost_equal_with_err(
    a: Any,
    b: Any,
    rtol: Tolerance = None,
    atol: Tolerance = None,
    etol: float | None = None,
    names: Sequence[str] = ("a", "b"),
    equal_nan: bool = False,
    mismatches: tuple[int, int] = (10, 10),
) -> None:
    """Raise `AssertionError` if more than a share `etol` of two arrays' elements differ."""
    rtol, atol = get_tols(a, b, rtol, atol)
    first, second = _values(a), _values(b)
    differs = ~np.isclose(first, second, rtol=rtol, atol=atol, equal_nan=equal_nan)
    if differs.sum() > get_etol(etol) * differs.size:
        raise AssertionError(_report(first, second, rtol, atol, names, mismatches[0]))


def almost_equal_ignore_nan(a: Any, b: Any, rtol: Tolerance = None, atol: Tolerance = None) -> bool:
    """Whether two arrays are almost equal where neither is NaN."""
    return almost_equal(*_without_nan(a, b), rtol, atol)


def assert_almost_equal_ignore_nan(
    a: Any, b: Any, rtol: Tolerance = None, atol: Tolerance = None, names: Sequence[str] = ("a", "b")
) -> None:
    """Raise `AssertionError` unless two arrays are almost equal where neither is NaN."""
    assert_almost_equal(*_without_nan(a, b), rtol, atol, names)


def find_max_violation(
    a: Any, b: Any, rtol: Tolerance = None, atol: Tolerance = None
) -> tuple[tuple[int, ...], float]:
    """Return where two arrays differ most, and by how many times the tolerance."""
    rtol, atol = get_tols(a, b, rtol, atol)
    times = _times_tolerance(_values(a), _values(b), rtol, atol)
    position = np.unravel_index(int(np.argmax(times)), times.shape)
    return tuple(int(i) for i in position), float(times.max())


def locationError(
    a: Any,
    b: Any,
    index: tuple[int, ...],
    names: Sequence[str],
    maxError: bool = False,  # noqa: N803
) -> str:
    """Return a sentence about two arrays' elements at a position."""
    what = "maximum error" if maxError else "error"
    return (
        f"Location of {what}: {index}, {names[0]}={_values(a)[index]:.8f}, {names[1]}={_values(b)[index]:.8f}"
    )


def checkShapes(a: Any, b: Any) -> None:
    """Raise `AssertionError` unless two arrays' shapes broadcast."""
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        raise ShapesDifferError(f"The shapes {a.shape} and {b.shape} do not go together.") from None


def compare_ndarray_tuple(t1: Any, t2: Any, rtol: Tolerance = None, atol: Tolerance = None) -> None:
    """Raise `AssertionError` unless nested tuples of NDArrays (optimizer states) are almost equal."""
    if t1 is None or t2 is None:
        return
    if isinstance(t1, tuple):
        for one, other in zip(t1, t2, strict=False):
            compare_ndarray_tuple(one, other, rtol, atol)
    else:
        assert_almost_equal(t1, t2, rtol, atol)


def np_reduce(dat: Values, axis: Any, keepdims: bool, numpy_reduce_func: Callable[..., Any]) -> Any:
    """Reduce a numpy array over one or more axes by a function of one axis.

    Parameters
    ----------
    dat : numpy array
    axis : None, int or tuple of int
    keepdims : bool
    numpy_reduce_func : callable
        Such as ``numpy.sum``.
    """
    axes = range(dat.ndim) if axis is None else [axis] if isinstance(axis, int) else axis
    positions = sorted(a % dat.ndim for a in axes)
    result = dat
    for position in reversed(positions):
        result = numpy_reduce_func(result, axis=position)
    if keepdims:
        result = result.reshape([1 if i in positions else n for i, n in enumerate(dat.shape)])
    return result


def collapse_sum_like(a: Values, shape: tuple[int, ...]) -> Values:
    """Sum an array over the axes along which `shape` would be broadcast to it."""
    extra = a.ndim - len(shape)
    if extra < 0 or any(n not in (1, of) for n, of in zip(shape, a.shape[extra:], strict=True)):
        raise MisuseError(f"An array of shape {a.shape} does not collapse to the shape {shape}.")
    axes = [*range(extra), *(i + extra for i, n in enumerate(shape) if n == 1 and a.shape[i + extra] != 1)]
    summed: Values = a.sum(axis=tuple(axes)).reshape(shape)
    return summed


def _values(a: Any) -> Values:
    return a.asnumpy() if isinstance(a, NDArray) else np.asarray(a)


def _without_nan(a: Any, b: Any) -> tuple[Values, Values]:
    first, second = np.array(_values(a)), np.array(_values(b))
    unknown = np.isnan(first) | np.isnan(second)
    first[unknown] = second[unknown] = 0
    return first, second


def _times_tolerance(a: Values, b: Values, rtol: float, atol: float) -> Values:
    """Return by how many times the tolerance elements differ; infinitely, if not by a finite number."""
    with np.errstate(all="ignore"):
        allowed = atol + rtol * np.abs(b)
        times = np.abs(np.subtract(a, b, dtype="float64")) / (allowed + 1e-20)
    times = np.where(np.isnan(times), np.inf, times)
    return np.where(np.equal(a, b), 0.0, times)


def _report(a: Values, b: Values, rtol: float, atol: float, names: Sequence[str], count: int) -> str:
    a, b = np.broadcast_arrays(a, b)
    times = np.atleast_1d(_times_tolerance(a, b, rtol, atol))
    worst = np.argsort(times, axis=None)[::-1][: max(count, 1)]
    places = [tuple(int(i) for i in np.unravel_index(k, times.shape)) for k in worst]
    lines = [
        f"  {times[place]:12.4g} times the tolerance at {place}: {names[0]}={np.atleast_1d(a)[place]:.8g}, "
        f"{names[1]}={np.atleast_1d(b)[place]:.8g}"
        for place in places
        if times[place] > 1 or place == places[0]
    ]
    share = float((times > 1).mean())
    return (
        f"Items are not equal: {share:.4%} of {times.size} elements differ by more than rtol={rtol:g}, "
        f"atol={atol:g}.\n" + "\n".join(lines) + f"\n ACTUAL: {a!r}\n DESIRED: {b!r}"
    )
