"""Tensors from shapes, numbers and numpy arrays: what the functions that make arrays are made of."""

from __future__ import annotations

import ast
import ctypes
import math
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.context import Context
from mxnet.dtype import DTypeLike, dtype_name, numpy_type, torch_dtype
from mxnet.errors import CompositionError, OutOfMemoryError, ShapeError
from mxnet.lazy import torch
from mxnet.ops.tools.device import torch_device
from mxnet.plan.kernel_errors import lacks_memory

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["RoomFor", "ShapeLike", "allocate", "context_of", "copy_bytes", "extents_of", "tensor_of"]

ShapeLike = int | Sequence[int]

_AT_ONCE = 1 << 20
"""Elements up to which a copy is one thread's: torch has all threads woken for far fewer."""


def extents_of(shape: Any) -> tuple[int, ...]:
    """Return the extents that a whole number, or any sequence of them, stands for, or the text of one.

    Raises
    ------
    TypeError
        If it is something else.
    ValueError
        If an extent is negative.

    Examples
    --------
    >>> import numpy as np
    >>> extents_of(3), extents_of([2, 3]), extents_of(np.array([2, 3])), extents_of(range(1, 3))
    ((3,), (2, 3), (2, 3), (1, 2))
    """
    try:
        shape = ast.literal_eval(shape) if isinstance(shape, str) else shape
        extents = tuple(map(operator.index, shape if np.iterable(shape) else (shape,)))
    except (TypeError, ValueError, SyntaxError):
        raise CompositionError(f"A shape must be an int or a tuple of int, not {shape!r}.") from None
    if extents and min(extents) < 0:
        raise ShapeError(f"The shape {extents} has a negative extent.")
    return extents


def copy_bytes(source: Tensor, target: Tensor) -> bool:
    """Copy values to where others of the same shape lie, if that is moving bytes; return whether it was."""
    if not (
        target.dtype == source.dtype
        and target.is_cpu
        and source.is_cpu
        and target.is_contiguous()
        and source.is_contiguous()
        and target.numel() <= _AT_ONCE
    ):
        return False
    ctypes.memmove(target.data_ptr(), source.data_ptr(), target.nbytes)
    torch.autograd.graph.increment_version(target)
    return True


class RoomFor:
    """A ``with`` block that makes an array: if there is not the memory, the error names it and its bytes."""

    __slots__ = ("context", "dtype", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: str, context: Context) -> None:
        self.shape = shape
        self.dtype = dtype
        self.context = context

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if kind is not None and lacks_memory(error):
            size = math.prod(self.shape) * torch_dtype(self.dtype).itemsize
            raise OutOfMemoryError(
                f"There is not enough memory on {self.context} for an array of shape {self.shape} and dtype "
                f"{self.dtype}, which takes {size:,} bytes."
            ) from None


def allocate(make: Callable[..., Tensor], shape: Any, context: Context, dtype: DTypeLike) -> Tensor:
    """Return a tensor that `make` (``torch.zeros`` and the like) gives, float32 unless a dtype is given."""
    extents, name = extents_of(shape), dtype_name("float32" if dtype is None else dtype)
    try:
        return make(extents, dtype=torch_dtype(name), device=torch_device(context))
    except (RuntimeError, TypeError):  # a block around it all would cost more
        with RoomFor(extents, name, context):
            raise


def tensor_of(source: Any, context: Context, dtype: DTypeLike) -> Tensor:
    """Return a copy of numbers, nested lists of them, or what else numpy takes; float32 by default.

    Raises
    ------
    TypeError
        If these are not numbers, or rows have different lengths.
    """
    name = "float32" if dtype is None else dtype_name(dtype)
    try:
        values = np.array(source)
        if values.dtype.kind in "bui":
            values = values.astype(numpy_type(name), copy=False)
        else:
            with np.errstate(invalid="ignore", over="ignore"):  # as in C, what does not fit wraps around
                values = values.astype(numpy_type(name), copy=False)
        values = np.ascontiguousarray(values).reshape(values.shape)
    except (TypeError, ValueError) as error:
        shown = " ".join(repr(source).split())[:60]
        raise CompositionError(
            f"An NDArray cannot be made of {type(source).__name__} {shown}: {error}."
        ) from None
    tensor, device = torch.from_numpy(values), torch_device(context)
    if device.type == "cpu" and name != "bfloat16":
        return tensor
    with RoomFor(values.shape, name, context):
        return tensor.to(device, torch_dtype(name))


def context_of(tensor: Tensor) -> Context:
    """Return the context of a tensor that comes from elsewhere."""
    return Context("cpu", 0) if tensor.device.type == "cpu" else Context("gpu", tensor.device.index or 0)
