"""Functions of ``mx.nd.sparse`` that are no operators: those that make sparse arrays, and arithmetic."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.context import Context, current_context
from mxnet.dtype import DTypeLike, dtype_name, torch_dtype
from mxnet.errors import CompositionError, ShapeError
from mxnet.lazy import torch
from mxnet.ndarray import binary
from mxnet.ndarray.arithmetic import ADD, DIVIDE, MULTIPLY, SUBTRACT, Operators
from mxnet.ndarray.ndarray import NDArray, class_of
from mxnet.ndarray.sparse_arrays import BaseSparseNDArray, CSRNDArray, RowSparseNDArray, combine
from mxnet.ndarray.sparse_format import SparseFormatError, ascend, check_parts
from mxnet.ndarray.tensors import ShapeLike, extents_of, tensor_of
from mxnet.ops.tools.device import torch_device

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "add",
    "array",
    "csr_matrix",
    "divide",
    "empty",
    "is_sparse",
    "multiply",
    "row_sparse_array",
    "subtract",
    "zeros",
]


class SourceError(CompositionError, ValueError):
    """A sparse array cannot be made of that."""


def zeros(stype: str, shape: ShapeLike, ctx: Context | None = None, dtype: DTypeLike = None) -> NDArray:
    """Return an array of zeros in a storage type.

    Raises
    ------
    ValueError
        If that is no storage type, or no shape of an array stored so.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.sparse.zeros("csr", (2, 3)).stype
    'csr'
    """
    return class_of(stype)._zeros(shape, current_context() if ctx is None else ctx, dtype)


def empty(stype: str, shape: ShapeLike, ctx: Context | None = None, dtype: DTypeLike = None) -> NDArray:
    """Return an array in a storage type; a sparse one holds no values."""
    return zeros(stype, shape, ctx, dtype)


def array(source_array: Any, ctx: Context | None = None, dtype: DTypeLike = None) -> NDArray:
    """Return a sparse array with the values of another one, or of a scipy CSR matrix."""
    if isinstance(source_array, BaseSparseNDArray):
        copied = source_array.as_in_context(current_context() if ctx is None else ctx)
        return copied.astype(dtype_name(dtype) if dtype is not None else copied._dtype_name)
    if _is_scipy(source_array):
        return csr_matrix(source_array, ctx=ctx, dtype=dtype)
    raise SourceError(
        f"mx.nd.sparse.array() takes a sparse array, not {type(source_array).__name__}: use mx.nd.array."
    )


def csr_matrix(
    arg1: Any,
    shape: tuple[int, int] | None = None,
    ctx: Context | None = None,
    dtype: DTypeLike = None,
) -> NDArray:
    """Return a matrix stored by rows.

    Parameters
    ----------
    arg1 : tuple, array or CSRNDArray
        ``(data, indices, indptr)``; ``(data, (row, column))``; ``(rows, columns)`` for an empty matrix; or
        another matrix: dense, CSRNDArray or of scipy.
    shape : (int, int), optional
        The extents; by default as small as the indices allow.
    ctx : Context, optional
        Where to put it.
    dtype : str or numpy.dtype, optional
        The data type; that of the source by default, float32 for lists.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.sparse.csr_matrix(([1, 2], [1, 0], [0, 1, 2]), shape=(2, 2)).asnumpy().tolist()
    [[0.0, 1.0], [2.0, 0.0]]
    """
    if _is_scipy(arg1):
        csr = arg1.tocsr().sorted_indices()
        return csr_matrix((csr.data, csr.indices, csr.indptr), csr.shape, ctx, dtype)
    if not isinstance(arg1, tuple):
        return _from_matrix(CSRNDArray, arg1, shape, ctx, dtype)
    context = current_context() if ctx is None else ctx
    if len(arg1) == 3:
        columns, indptr = (_whole_numbers(each, context) for each in arg1[1:])
        if shape is None:
            shape = (len(indptr) - 1, _count(columns))
        return _assemble(CSRNDArray, shape, (_values(arg1[0], context, dtype), columns, indptr), context)
    if len(arg1) != 2:
        raise SourceError(f"A CSR matrix is made of 2 or 3 things, not of a tuple of {len(arg1)}.")
    if not isinstance(arg1[1], tuple | list):
        return _zeros(CSRNDArray, arg1, shape, context, dtype)
    values, (rows, columns) = _values(arg1[0], context, dtype), (_whole_numbers(x, context) for x in arg1[1])
    extents = extents_of((_count(rows), _count(columns)) if shape is None else shape)
    if len(extents) != 2:
        raise ShapeError(f"Only matrices can be stored as csr, not an array of shape {extents}.")
    for places, extent in zip((rows, columns), extents, strict=True):
        if len(places) and not (places.min() >= 0 and places.max() < extent):
            raise SparseFormatError(f"The coordinates lie outside of a matrix of shape {extents}.")
    places, which = torch.unique(rows * extents[1] + columns, return_inverse=True)
    sums = values.new_zeros(len(places)).index_add_(0, which, values)
    there = sums.nonzero(as_tuple=True)[0]
    rows, columns = places[there] // extents[1], places[there] % extents[1]
    indptr = torch.searchsorted(rows, torch.arange(extents[0] + 1, device=rows.device))
    return CSRNDArray._from_parts(extents, (sums[there], columns, indptr), context)


def row_sparse_array(
    arg1: Any,
    shape: tuple[int, ...] | None = None,
    ctx: Context | None = None,
    dtype: DTypeLike = None,
) -> NDArray:
    """Return an array of which only some rows are stored.

    Parameters
    ----------
    arg1 : tuple, array or RowSparseNDArray
        ``(data, indices)``: the rows and their numbers; the extents of an empty array; or another array.
    shape : tuple of int, optional
        The extents; by default as small as the indices allow.
    ctx, dtype
        As for :func:`csr_matrix`.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.sparse.row_sparse_array(([[1, 2]], [1]), shape=(3, 2)).asnumpy().tolist()
    [[0.0, 0.0], [1.0, 2.0], [0.0, 0.0]]
    """
    if not isinstance(arg1, tuple):
        return _from_matrix(RowSparseNDArray, arg1, shape, ctx, dtype)
    context = current_context() if ctx is None else ctx
    if len(arg1) < 2:
        raise SourceError(f"An array by rows is made of at least 2 things, not of a tuple of {len(arg1)}.")
    if len(arg1) > 2 or isinstance(arg1[1], int | np.integer):
        return _zeros(RowSparseNDArray, arg1, shape, context, dtype)
    values, rows = _values(arg1[0], context, dtype), _whole_numbers(arg1[1], context)
    if shape is None:
        shape = (_count(rows), *values.shape[1:])
    if rows.ndim == 1 and len(rows) == len(values) and not ascend(rows):
        order = rows.argsort()
        values, rows = values[order], rows[order]
    return _assemble(RowSparseNDArray, shape, (values, rows), context)


def _zeros(
    cls: type[BaseSparseNDArray], extents: Any, shape: Any, context: Context, dtype: DTypeLike
) -> NDArray:
    made = cls._zeros(extents, context, dtype)
    return _of_shape(made, shape)


def _of_shape(made: NDArray, shape: Any) -> NDArray:
    """Return an array, if it has the shape that was asked for."""
    if shape is not None and extents_of(shape) != made.shape:
        raise ShapeError(f"The source has the shape {made.shape}, but {tuple(shape)} was asked for.")
    return made


def _count(numbers: Tensor) -> int:
    """Return how many there are if the greatest one is the last; it takes one to say so."""
    if not numbers.numel():
        raise SourceError("There are no indices to tell the extents from: say which shape it has.")
    return int(numbers.max()) + 1


def _assemble(
    cls: type[BaseSparseNDArray], shape: Any, parts: tuple[Tensor, ...], context: Context
) -> NDArray:
    extents = extents_of(shape)
    check_parts(cls.stype, extents, parts)
    return cls._from_parts(extents, parts, context)


def _from_matrix(
    cls: type[BaseSparseNDArray], source: Any, shape: Any, ctx: Context | None, dtype: DTypeLike
) -> NDArray:
    if isinstance(source, BaseSparseNDArray) and not isinstance(source, cls):
        raise SourceError(f"A {cls.__name__} is not made of a {type(source).__name__}: make it dense first.")
    if isinstance(source, NDArray):
        made = source.tostype(cls.stype)
        made = made if ctx is None else made.as_in_context(ctx)
    else:
        context = current_context() if ctx is None else ctx
        made = cls._from_tensor(_values(source, context, dtype), context)
    made = _of_shape(made, shape)
    return made if dtype is None else made.astype(dtype, copy=False)


def _values(source: Any, context: Context, dtype: DTypeLike) -> Tensor:
    """Return values, by default in the data type they have."""
    if dtype is None and isinstance(source, np.ndarray | NDArray):
        dtype = source.dtype
    values = _copied(source, context, dtype)
    if not values.ndim:
        raise SourceError(f"The values of a sparse array must be an array, not {source!r}.")
    return values


def _whole_numbers(source: Any, context: Context) -> Tensor:
    return _copied(source, context, "int64")


def _copied(source: Any, context: Context, dtype: DTypeLike) -> Tensor:
    """Return a copy of numbers, or of those of an array."""
    if not isinstance(source, NDArray):
        return tensor_of(source, context, dtype)
    return source._tensor.to(torch_device(context), torch_dtype(dtype_name(dtype)), copy=True)


def _is_scipy(source: object) -> bool:
    return type(source).__module__.startswith("scipy.sparse")


def is_sparse(source: object) -> bool:
    """Whether something is a sparse array, of ours or of scipy."""
    return isinstance(source, BaseSparseNDArray) or _is_scipy(source)


def _of_one_shape(general: Callable[[Any, Any], Any], how: Operators) -> Callable[[Any, Any], Any]:
    """Return a function that uses another operator for arrays of one shape: it keeps them sparse."""

    @functools.wraps(general)
    def function(lhs: Any, rhs: Any) -> Any:
        made = combine(lhs, rhs, how)
        return general(lhs, rhs) if made is None else made

    return function


add = _of_one_shape(binary.add, ADD)
subtract = _of_one_shape(binary.subtract, SUBTRACT)
multiply = _of_one_shape(binary.multiply, MULTIPLY)
divide = _of_one_shape(binary.divide, DIVIDE)
