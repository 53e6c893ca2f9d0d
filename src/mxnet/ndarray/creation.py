"""Arrays from nothing, from numbers, numpy arrays and other libraries' tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.context import Context, current_context
from mxnet.dtype import DTypeLike, dtype_name, torch_dtype
from mxnet.errors import CompositionError, MXNetError, ShapeError
from mxnet.lazy import torch
from mxnet.ndarray import sparse_functions
from mxnet.ndarray.ndarray import NDArray, class_of, invoke_by_name
from mxnet.ndarray.tensors import RoomFor, ShapeLike, allocate, extents_of, tensor_of
from mxnet.ops.tools.device import torch_device

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "arange",
    "array",
    "empty",
    "eye",
    "from_dlpack",
    "from_numpy",
    "full",
    "linspace",
    "ones",
    "to_dlpack_for_read",
    "to_dlpack_for_write",
    "zeros",
]


def array(source_array: Any, ctx: Context | None = None, dtype: DTypeLike = None) -> NDArray:
    """Return an array with a copy of the values of another array, or of (nested lists of) numbers.

    Parameters
    ----------
    source_array : NDArray, numpy.ndarray, or sequence of numbers
        The values; those of a sparse array (of scipy too) stay sparse.
    ctx : Context, optional
        Where to put them; the current context by default.
    dtype : str or numpy.dtype, optional
        The data type. By default that of an NDArray is kept, and everything else becomes float32.

    Raises
    ------
    TypeError
        If the source holds something else than numbers, or its rows have different lengths.

    Examples
    --------
    >>> import mxnet as mx, numpy as np
    >>> mx.nd.array(np.arange(3)).dtype
    <class 'numpy.float32'>
    """
    context = current_context() if ctx is None else ctx
    if sparse_functions.is_sparse(source_array):
        return sparse_functions.array(source_array, ctx, dtype)
    if not isinstance(source_array, NDArray):
        return NDArray._from_tensor(tensor_of(source_array, context, dtype), context)
    name = source_array._dtype_name if dtype is None else dtype_name(dtype)
    with RoomFor(source_array.shape, name, context):
        tensor = source_array.handle.to(torch_device(context), torch_dtype(name), copy=True)
    return NDArray._from_tensor(tensor, context)


def empty(
    shape: ShapeLike, ctx: Context | None = None, dtype: DTypeLike = None, stype: str | None = None
) -> NDArray:
    """Return an array of a shape, with any contents."""
    if stype not in (None, "default"):
        return zeros(shape, ctx, dtype, stype)
    return _allocate(torch.empty, shape, ctx, dtype)


def zeros(
    shape: ShapeLike,
    ctx: Context | None = None,
    dtype: DTypeLike = None,
    stype: str | None = None,
    out: NDArray | None = None,
    **kwargs: object,
) -> NDArray:
    """Return an array of zeros, float32 by default.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.zeros((2, 3)).shape
    (2, 3)
    """
    _check_keywords("zeros", kwargs)
    if stype not in (None, "default"):
        return class_of(str(stype))._zeros(shape, current_context() if ctx is None else ctx, dtype)
    return _allocate(torch.zeros, shape, ctx, dtype) if out is None else _filled(out, shape, 0)


def ones(
    shape: ShapeLike,
    ctx: Context | None = None,
    dtype: DTypeLike = None,
    out: NDArray | None = None,
    **kwargs: object,
) -> NDArray:
    """Return an array of ones, float32 by default."""
    _check_keywords("ones", kwargs)
    return _allocate(torch.ones, shape, ctx, dtype) if out is None else _filled(out, shape, 1)


def full(
    shape: ShapeLike,
    val: float,
    ctx: Context | None = None,
    dtype: DTypeLike = None,
    out: NDArray | None = None,
) -> NDArray:
    """Return an array filled with the number `val`, float32 by default."""
    return _filled(empty(shape, ctx, dtype) if out is None else out, shape, val)


def _allocate(make: Callable[..., Any], shape: ShapeLike, ctx: Context | None, dtype: DTypeLike) -> NDArray:
    context = current_context() if ctx is None else ctx
    return NDArray._from_tensor(allocate(make, shape, context, dtype), context)


def _filled(out: NDArray, shape: ShapeLike, value: float) -> NDArray:
    if out.shape != extents_of(shape):
        raise ShapeError(f"out has the shape {out.shape}, but {extents_of(shape)} was asked for.")
    out[:] = value
    return out


def _check_keywords(function: str, kwargs: dict[str, object]) -> None:
    """Take a name and attributes like ``__layout__``, which mean nothing to arrays, and no other word."""
    wrong = [key for key in kwargs if key != "name" and not (key.startswith("__") and key.endswith("__"))]
    if wrong:
        raise CompositionError(f"{function}() has no argument {wrong[0]!r}.")


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool | None = None,  # noqa: ARG001 - only a symbol's range can be open
    ctx: Context | None = None,
    dtype: DTypeLike = "float32",
) -> NDArray:
    """Return evenly spaced values of the half-open interval [start, stop), each `repeat` times.

    With one number, that is where the interval stops, and it starts at 0.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.arange(1, 2, 0.25).asnumpy().tolist()
    [1.0, 1.25, 1.5, 1.75]
    """
    if stop is None:
        start, stop = 0, start
    params: dict[str, Any] = {
        "start": start,
        "stop": stop,
        "step": step,
        "repeat": repeat,
    }
    name = dtype_name(dtype or "float32")
    return invoke_by_name("_arange", context=ctx, dtype=name, **params)


def linspace(
    start: float,
    stop: float,
    num: int,
    endpoint: bool = True,
    ctx: Context | None = None,
    dtype: DTypeLike = "float32",
) -> NDArray:
    """Return `num` evenly spaced values from `start` to `stop`, which is left out without `endpoint`."""
    params: dict[str, Any] = {"start": start, "stop": stop, "num": num, "endpoint": endpoint}
    name = dtype_name(dtype or "float32")
    return invoke_by_name("_linspace", context=ctx, dtype=name, **params)


def eye(
    N: int,  # noqa: N803 - MXNet's names
    M: int = 0,  # noqa: N803
    k: int = 0,
    ctx: Context | None = None,
    dtype: DTypeLike = None,
    out: NDArray | None = None,
    **kwargs: object,
) -> NDArray:
    """Return a matrix of `N` rows and `M` (or `N`) columns with ones on diagonal `k` and zeros elsewhere."""
    _check_keywords("eye", kwargs)
    name = dtype_name(dtype or "float32")
    return invoke_by_name("_eye", out=out, context=ctx, N=N, M=M, k=k, dtype=name)


def from_numpy(
    ndarray: np.ndarray[Any, Any], zero_copy: bool = True, array_cls: type[NDArray] = NDArray
) -> NDArray:
    """Return an array with the values of a numpy array.

    Parameters
    ----------
    ndarray : numpy.ndarray
        The values.
    zero_copy : bool, default True
        Whether to share the memory, which takes a contiguous array. It becomes read-only for numpy then.
    array_cls : type, optional
        The class of the array: NDArray, or one that is derived from it.
    """
    name = dtype_name(ndarray.dtype)
    if not zero_copy:
        context = current_context()
        return array_cls._from_tensor(tensor_of(ndarray, context, name), context)
    if not ndarray.flags["C_CONTIGUOUS"]:
        raise NotContiguousError(
            "from_numpy() can share only memory that is C-contiguous; use zero_copy=False to copy."
        )
    tensor = torch.from_numpy(ndarray)
    ndarray.flags["WRITEABLE"] = False
    return array_cls(tensor)


class NotContiguousError(MXNetError, ValueError):
    """Memory that is not contiguous was to be shared."""


def from_dlpack(dlpack: Any) -> NDArray:
    """Return an array that shares the memory of another library's tensor.

    Parameters
    ----------
    dlpack : DLPack capsule, or object with ``__dlpack__``
        Such as a torch, JAX or numpy array.
    """
    return NDArray(torch.utils.dlpack.from_dlpack(dlpack).contiguous())


def to_dlpack_for_read(data: NDArray) -> Any:
    """Return a DLPack capsule that shares the memory of an array, to be read."""
    return data.to_dlpack_for_read()


def to_dlpack_for_write(data: NDArray) -> Any:
    """Return a DLPack capsule that shares the memory of an array, to be written."""
    return data.to_dlpack_for_write()
