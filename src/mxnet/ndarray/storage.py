"""Sparse arrays: matrices by rows (CSR), and arrays of which only some rows are stored.

What an operator does with them, and how its results are stored, it declares as ``sparse`` of its class.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from mxnet.context import Context, current_context
from mxnet.dtype import DTypeLike, dtype_name, torch_dtype
from mxnet.errors import (
    CompositionError,
    FileFormatError,
    MXNetError,
    NotSupportedForSparseNDArray,
    ShapeError,
)
from mxnet.ir.storage import DENSE, Stored
from mxnet.lazy import torch
from mxnet.ndarray import binary
from mxnet.ndarray.creation import array as dense_array
from mxnet.ndarray.creation import zeros as dense_zeros
from mxnet.ndarray.invoke import invoke_by_name
from mxnet.ndarray.ndarray import NDArray, is_scalar
from mxnet.ops.device import torch_device
from mxnet.ops.storage import densify, sparsify

if TYPE_CHECKING:
    from torch import Tensor

    Function = Callable[[Any, Any], Any]

__all__ = [
    "BaseSparseNDArray",
    "CSRNDArray",
    "RowSparseNDArray",
    "add",
    "array",
    "array_of",
    "csr_matrix",
    "divide",
    "empty",
    "from_dense",
    "from_parts",
    "is_sparse",
    "multiply",
    "row_sparse_array",
    "stored",
    "subtract",
    "zeros",
]


class SparseIndexError(MXNetError, IndexError, ValueError):
    """A sparse array cannot be indexed like that."""


class BaseSparseNDArray(NDArray):
    """What both kinds of sparse arrays share.

    Attributes
    ----------
    data : NDArray
        The stored values.
    indices : NDArray
        Where they are, int64.
    """

    _shape: tuple[int, ...]
    _parts: tuple[Tensor, ...]  # the values, then the indices

    @classmethod
    def _from_parts(
        cls, shape: tuple[int, ...], parts: tuple[Tensor, ...], context: Context
    ) -> BaseSparseNDArray:
        self = cls.__new__(cls)
        self._shape = tuple(shape)
        self._parts = parts
        self._context = context
        return self

    @classmethod
    def _sparsify(cls, dense: Tensor) -> tuple[Tensor, ...]:
        """Return the parts that stand for dense values."""
        return sparsify(cls.stype, dense)

    def _densify(self) -> Tensor:
        """Return the dense values."""
        return densify(stored(self))

    # Operators read ``_tensor``: they get the dense values.
    @property
    def _tensor(self) -> Tensor:  # type: ignore[override]
        return self._densify()

    def _set_tensor(self, tensor: Tensor) -> None:
        self._parts = self._sparsify(tensor)

    _overwrite = _set_tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents of the array that is stored sparsely."""
        return self._shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self._shape)

    @property
    def _dtype_name(self) -> str:
        return str(self._parts[0].dtype)[6:]

    @property
    def data(self) -> NDArray:
        """The stored values."""
        return NDArray._from_tensor(self._parts[0], self._context)

    @property
    def indices(self) -> NDArray:
        """Where the stored values are."""
        return NDArray._from_tensor(self._parts[1], self._context)

    def _aux_arrays(self) -> list[NDArray]:
        """Return the arrays that say where the values are, in the order of a file."""
        return [NDArray._from_tensor(each, self._context) for each in reversed(self._parts[1:])]

    def __add__(self, other: Any) -> NDArray:
        return add(self, other)  # type: ignore[no-any-return]

    def __sub__(self, other: Any) -> NDArray:
        return subtract(self, other)  # type: ignore[no-any-return]

    def __mul__(self, other: Any) -> NDArray:
        return multiply(self, other)  # type: ignore[no-any-return]

    def __truediv__(self, other: Any) -> NDArray:
        return divide(self, other)  # type: ignore[no-any-return]

    def __iadd__(self, other: Any) -> NDArray:
        return self._become(add(self, other))

    def __isub__(self, other: Any) -> NDArray:
        return self._become(subtract(self, other))

    def __imul__(self, other: Any) -> NDArray:
        return self._become(multiply(self, other))

    def __itruediv__(self, other: Any) -> NDArray:
        return self._become(divide(self, other))

    def _become(self, made: NDArray) -> NDArray:
        self[:] = made
        return self

    def __repr__(self) -> str:
        return f"\n<{type(self).__name__} {'x'.join(map(str, self.shape))} @{self.context}>"

    def __setitem__(self, key: Any, value: Any) -> None:
        self._check_writable()
        if not _is_whole(key):
            raise SparseIndexError(
                f"A {type(self).__name__} can be assigned only as a whole, x[:] = value, not at {key}."
            )
        if is_scalar(value):
            tensor = torch.full(
                self.shape, float(value), dtype=self._parts[0].dtype, device=self._parts[0].device
            )
        elif isinstance(value, type(self)) and value.shape == self.shape:
            self._parts = tuple(
                part.to(mine.device, mine.dtype, copy=True)
                for part, mine in zip(value._parts, self._parts, strict=True)
            )
            return
        else:
            given = value if isinstance(value, NDArray) else dense_array(value, ctx=self._context)
            if given.shape != self.shape:
                raise ShapeError(
                    f"An array of shape {given.shape} cannot be assigned to one of shape {self.shape}."
                )
            tensor = given.handle.to(self._parts[0].device, self._parts[0].dtype)
        self._set_tensor(tensor)

    def astype(self, dtype: DTypeLike, copy: bool = True) -> NDArray:
        """Return the array in another data type, as sparse as it is."""
        wanted = torch_dtype(dtype_name(dtype))
        if not copy and wanted == self._parts[0].dtype:
            return self
        parts = (self._parts[0].to(wanted, copy=True), *self._parts[1:])
        return self._from_parts(self._shape, parts, self._context)

    def copyto(self, other: NDArray | Context) -> NDArray | bool:
        """Copy the values into another array, or into a new one on a context."""
        if isinstance(other, Context):
            parts = tuple(part.to(torch_device(other), copy=True) for part in self._parts)
            return self._from_parts(self._shape, parts, other)
        if isinstance(other, NDArray) and other is not self:
            other[:] = self
            return other
        return super().copyto(other)

    def detach(self) -> NDArray:
        """Return an array on the same memory through which no gradient passes."""
        return self._from_parts(self._shape, self._parts, self._context)

    def tostype(self, stype: str) -> NDArray:
        """Return the array in a storage type."""
        if stype == self.stype:
            return self
        dense = NDArray._from_tensor(self._densify(), self._context)
        return dense if stype == "default" else from_dense(dense, stype)

    def reshape(self, *shape: int | Sequence[int], **kwargs: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: a sparse array has one shape."""
        raise NotSupportedForSparseNDArray(NDArray.reshape, None, *shape)

    def check_format(self, full_check: bool = True) -> None:  # noqa: ARG002 - a full check is cheap
        """Raise an MXNetError if the stored indices make no sense."""
        _check_parts(self.stype, self._shape, self._parts)


class CSRNDArray(BaseSparseNDArray):
    """A matrix stored by rows; row i has the values and columns from ``indptr[i]`` to ``indptr[i + 1]``."""

    __module__ = "mxnet.ndarray.sparse"  # where pickles of real MXNet look for it
    stype = "csr"

    @property
    def indptr(self) -> NDArray:
        """Where each row begins in `data`, and where the last one ends."""
        return NDArray._from_tensor(self._parts[2], self._context)

    def __getitem__(self, key: Any) -> NDArray:
        if _is_whole(key):
            return self
        n = self._shape[0]
        if isinstance(key, int | np.integer):
            if not -n <= key < n:
                raise SparseIndexError(f"Row {key} is out of range for an array of {n} rows.")
            key = slice(key % n, key % n + 1)
        if not isinstance(key, slice) or key.step not in (None, 1):
            raise SparseIndexError(f"A CSRNDArray can be indexed by a row or consecutive rows, not by {key}.")
        start, stop, _ = key.indices(n)
        data, columns, indptr = self._parts
        indptr = indptr[start : max(start, stop) + 1]
        first, last = int(indptr[0]), int(indptr[-1])
        shape = (max(stop - start, 0), self._shape[1])
        parts = (data[first:last].clone(), columns[first:last].clone(), indptr - first)
        return self._from_parts(shape, parts, self._context)

    def asscipy(self) -> Any:
        """Return a ``scipy.sparse.csr_matrix`` with these values."""
        import scipy.sparse  # type: ignore[import-untyped,import-not-found,unused-ignore]

        data, columns, indptr = (each.asnumpy() for each in (self.data, self.indices, self.indptr))
        return scipy.sparse.csr_matrix((data, columns, indptr), shape=self._shape)


class RowSparseNDArray(BaseSparseNDArray):
    """An array of which only the rows ``indices`` are stored, in ``data``; the others are 0."""

    __module__ = "mxnet.ndarray.sparse"  # where pickles of real MXNet look for it
    stype = "row_sparse"

    def __getitem__(self, key: Any) -> NDArray:
        if _is_whole(key):
            return self
        raise SparseIndexError(f"A RowSparseNDArray can be indexed only as a whole, x[:], not by {key}.")

    def retain(self, indices: NDArray) -> NDArray:
        """Return the array with only the given rows; the others become 0."""
        return invoke_by_name("_sparse_retain", self, indices)


def _is_whole(key: Any) -> bool:
    return key is Ellipsis or (isinstance(key, slice) and key in (slice(None), slice(None, None, 1)))


CLASSES: dict[str, type[BaseSparseNDArray]] = {"csr": CSRNDArray, "row_sparse": RowSparseNDArray}


def _class_of(stype: str) -> type[BaseSparseNDArray]:
    if stype not in CLASSES:
        raise CompositionError(f"{stype!r} is no storage type. Expected 'default', 'row_sparse' or 'csr'.")
    return CLASSES[stype]


# ----------------------------------------------------------------------------------------------------- making


def stored(array: NDArray) -> Stored:
    """Return an array as kernels for sparse arrays take it."""
    parts = array._parts if isinstance(array, BaseSparseNDArray) else (array._tensor,)
    return Stored(array.stype, array.shape, parts)


def array_of(result: Stored, context: Context) -> NDArray:
    """Return the array of what such a kernel gives."""
    if result.stype == DENSE:
        return NDArray._from_tensor(result.parts[0], context)
    return _class_of(result.stype)._from_parts(result.shape, result.parts, context)


def from_dense(source: NDArray, stype: str) -> NDArray:
    """Return the values of a dense array in a storage type."""
    cls = _class_of(stype)
    return cls._from_parts(source.shape, cls._sparsify(source.handle), source.context)


def from_parts(stype: str, shape: tuple[int, ...], data: Tensor, aux: Sequence[Tensor]) -> NDArray:
    """Return a sparse array as a file holds it; raise FileFormatError if its parts do not fit."""
    parts = (data, *reversed(aux))
    try:
        _check_parts(stype, shape, parts)
    except SparseFormatError as error:
        raise FileFormatError(str(error)) from None
    return _class_of(stype)._from_parts(shape, parts, Context("cpu", 0))


class SparseFormatError(MXNetError, ValueError):
    """The parts of a sparse array do not fit each other."""


def _check_parts(stype: str, shape: tuple[int, ...], parts: Sequence[Tensor]) -> None:
    data, indices = parts[:2]
    problem = None
    if indices.ndim != 1 or len(indices) != len(data):
        problem = f"there are {tuple(indices.shape)} indices for {len(data)} values"
    elif stype == "row_sparse":
        if tuple(data.shape[1:]) != tuple(shape[1:]):
            problem = f"the stored rows have shape {tuple(data.shape[1:])}, not {tuple(shape[1:])}"
        elif len(indices) and not (
            indices[0] >= 0 and indices[-1] < shape[0] and bool((indices.diff() > 0).all())
        ):
            problem = f"the row numbers must increase from 0 to below {shape[0]}"
    else:
        indptr = parts[2]
        if len(shape) != 2 or tuple(indptr.shape) != (shape[0] + 1,):
            problem = f"{tuple(indptr.shape)} row starts do not fit a matrix of shape {tuple(shape)}"
        elif indptr[0] != 0 or indptr[-1] != len(indices) or bool((indptr.diff() < 0).any()):
            problem = f"the row starts must increase from 0 to {len(indices)}"
        elif len(indices) and not (indices.min() >= 0 and indices.max() < shape[1]):
            problem = f"the column numbers must be from 0 to below {shape[1]}"
    if problem:
        raise SparseFormatError(f"This is no {stype} array: {problem}")


def zeros(
    stype: str, shape: int | Sequence[int], ctx: Context | None = None, dtype: DTypeLike = None
) -> NDArray:
    """Return an array of zeros in a storage type.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.sparse.zeros("csr", (2, 3)).stype
    'csr'
    """
    if stype == "default":
        return dense_zeros(shape, ctx, dtype)
    cls = _class_of(stype)
    extents = (int(shape),) if isinstance(shape, int | np.integer) else tuple(int(d) for d in shape)
    if stype == "csr" and len(extents) != 2:
        raise ShapeError(f"Only matrices can be stored as csr, not an array of shape {extents}.")
    context = current_context() if ctx is None else ctx
    device = torch_device(context)
    stored = (0,) if stype == "csr" else (0, *extents[1:])
    parts = [torch.zeros(stored, dtype=torch_dtype(dtype_name(dtype or "float32")), device=device)]
    parts.append(torch.zeros(0, dtype=torch.int64, device=device))
    if stype == "csr":
        parts.append(torch.zeros(extents[0] + 1, dtype=torch.int64, device=device))
    return cls._from_parts(extents, tuple(parts), context)


def empty(
    stype: str, shape: int | Sequence[int], ctx: Context | None = None, dtype: DTypeLike = None
) -> NDArray:
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


class SourceError(CompositionError, ValueError):
    """A sparse array cannot be made of that."""


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
    if isinstance(arg1, tuple) and len(arg1) == 3:
        data, columns, indptr = (
            _values(arg1[0], ctx, dtype),
            _whole_numbers(arg1[1], ctx),
            _whole_numbers(arg1[2], ctx),
        )
        if shape is None:
            shape = (len(indptr) - 1, int(columns.max()) + 1 if len(columns) else 0)
        return _assemble("csr", shape, (data.handle, columns, indptr), data.context)
    if isinstance(arg1, tuple) and len(arg1) == 2 and isinstance(arg1[1], tuple | list):
        data, (rows, columns) = _values(arg1[0], ctx, dtype), (_whole_numbers(each, ctx) for each in arg1[1])
        if shape is None:
            shape = (int(rows.max()) + 1, int(columns.max()) + 1) if len(rows) else (0, 0)
        if len(rows) and not (
            rows.min() >= 0 and rows.max() < shape[0] and columns.min() >= 0 and columns.max() < shape[1]
        ):
            raise SparseFormatError(f"The coordinates lie outside of a matrix of shape {tuple(shape)}.")
        dense = data.handle.new_zeros(shape).index_put_((rows, columns), data.handle, accumulate=True)
        return from_dense(NDArray._from_tensor(dense, data.context), "csr")
    if isinstance(arg1, tuple) and len(arg1) == 2:
        return zeros("csr", arg1, ctx, dtype)
    if _is_scipy(arg1):
        csr = arg1.tocsr().sorted_indices()
        return csr_matrix((csr.data, csr.indices, csr.indptr), csr.shape, ctx, dtype)
    return _from_matrix("csr", arg1, shape, ctx, dtype)


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
    if isinstance(arg1, tuple) and all(isinstance(each, int | np.integer) for each in arg1):
        return zeros("row_sparse", arg1, ctx, dtype)
    if isinstance(arg1, tuple) and len(arg1) == 2:
        data, rows = _values(arg1[0], ctx, dtype), _whole_numbers(arg1[1], ctx)
        order = rows.argsort()
        if shape is None:
            shape = (int(rows.max()) + 1 if len(rows) else 0, *data.shape[1:])
        return _assemble("row_sparse", shape, (data.handle[order], rows[order]), data.context)
    return _from_matrix("row_sparse", arg1, shape, ctx, dtype)


def _assemble(stype: str, shape: Sequence[int], parts: tuple[Tensor, ...], context: Context) -> NDArray:
    _check_parts(stype, tuple(shape), parts)
    return _class_of(stype)._from_parts(tuple(shape), parts, context)


def _from_matrix(stype: str, source: Any, shape: Any, ctx: Context | None, dtype: DTypeLike) -> NDArray:
    made = (
        source.tostype(stype).copy()
        if isinstance(source, NDArray)
        else _values(source, ctx, dtype).tostype(stype)
    )
    if ctx is not None:
        made = made.as_in_context(ctx)
    if shape is not None and tuple(shape) != made.shape:
        raise ShapeError(f"The source has the shape {made.shape}, but {tuple(shape)} was asked for.")
    return made if dtype is None else made.astype(dtype, copy=False)


def _values(source: Any, ctx: Context | None, dtype: DTypeLike) -> NDArray:
    """Return values as a dense array, by default in the data type they have."""
    if dtype is None and isinstance(source, np.ndarray | NDArray):
        dtype = source.dtype
    return dense_array(source, ctx, dtype)


def _whole_numbers(source: Any, ctx: Context | None) -> Tensor:
    return dense_array(source, ctx, "int64").handle


def _is_scipy(source: object) -> bool:
    return type(source).__module__.startswith("scipy.sparse")


def is_sparse(source: object) -> bool:
    """Whether something is a sparse array, of ours or of scipy."""
    return isinstance(source, BaseSparseNDArray) or _is_scipy(source)


# ------------------------------------------------------------------------------------------------- arithmetic


def _of_one_shape(general: Function, elementwise: str) -> Function:
    """Return a function that uses another operator for arrays of one shape: it keeps them sparse."""

    @functools.wraps(general)
    def function(lhs: Any, rhs: Any) -> Any:
        if isinstance(lhs, NDArray) and isinstance(rhs, NDArray) and lhs.shape == rhs.shape:
            return invoke_by_name(elementwise, lhs, rhs)
        return general(lhs, rhs)

    return function


add = _of_one_shape(binary.add, "elemwise_add")
subtract = _of_one_shape(binary.subtract, "elemwise_sub")
multiply = _of_one_shape(binary.multiply, "elemwise_mul")
divide = _of_one_shape(binary.divide, "elemwise_div")
