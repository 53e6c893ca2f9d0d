"""The classes of sparse arrays: matrices by rows (CSR), and arrays of which only some rows are stored.

What an operator does with them, and how its results are stored, it declares as ``sparse`` of its class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from mxnet.context import Context
from mxnet.dtype import DTypeLike, dtype_name, number_as, torch_dtype
from mxnet.errors import GradientError, MXNetError, NotSupportedForSparseNDArray, ShapeError
from mxnet.ir.storage import Stored
from mxnet.lazy import torch
from mxnet.ndarray.arithmetic import ADD, DIVIDE, MULTIPLY, SUBTRACT, Operators, is_scalar
from mxnet.ndarray.ndarray import NDArray, invoke_by_name
from mxnet.ndarray.sparse_format import check_parts
from mxnet.ndarray.structured import invoke_sparse
from mxnet.ndarray.tensors import RoomFor, allocate, extents_of, tensor_of
from mxnet.ops.tools.device import torch_device
from mxnet.ops.tools.storage import densify, rows_of, sparsify, with_rows

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ir.op import Op

__all__ = ["BaseSparseNDArray", "CSRNDArray", "RowSparseNDArray", "combine"]


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
    def _from_tensor(cls, tensor: Tensor, context: Context) -> BaseSparseNDArray:
        """Return an array that stores what is not 0 among dense values."""
        return cls._from_parts(tuple(tensor.shape), sparsify(cls.stype, tensor), context)

    @classmethod
    def _from_stored(cls, stored: Stored, context: Context) -> BaseSparseNDArray:
        return cls._from_parts(stored.shape, stored.parts, context)

    def _stored(self) -> Stored:
        return Stored(self.stype, self._shape, self._parts)

    # Operators read ``_tensor``: they get the dense values.
    @property
    def _tensor(self) -> Tensor:  # type: ignore[override]
        with RoomFor(self._shape, self._dtype_name, self._context):
            return densify(self._stored())

    @property
    def _held(self) -> object:
        return self._parts

    def _set_tensor(self, tensor: Tensor) -> None:
        self._parts = sparsify(self.stype, tensor)

    _overwrite = _set_tensor

    def _put(self, stored: Stored) -> None:
        if stored.stype == self.stype:
            values, *places = stored.parts
            own = self._parts[0]
            self._parts = (values.to(own, copy=True), *(each.to(own.device) for each in places))
        else:
            self._set_tensor(densify(stored).to(self._parts[0]))

    def _write_rows(self, rows: Tensor, values: Tensor, *, whole: bool = False) -> None:  # noqa: ARG002
        dense = self._tensor
        self._set_tensor(dense.index_copy_(0, rows.to(dense.device), values.to(dense)))

    def _invoke(self, op: Op, inputs: Sequence[NDArray], out: Any = None) -> Any:
        return invoke_sparse(op, inputs, out)

    def _combine(
        self, other: Any, how: Operators, *, reflected: bool = False, in_place: bool = False
    ) -> NDArray:
        made = None if reflected else combine(self, other, how)
        if made is None:
            made = super()._combine(other, how, reflected=reflected)
        if not in_place:
            return made
        self[:] = made
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        """The extents of the array that is stored sparsely."""
        return self._shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self._shape)

    @property
    def size(self) -> int:
        """The number of elements, stored or not."""
        return math.prod(self._shape)

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

    def __repr__(self) -> str:
        return f"\n<{type(self).__name__} {'x'.join(map(str, self.shape))} @{self.context}>"

    def __setitem__(self, key: Any, value: Any) -> None:
        self._check_writable()
        if not _is_whole(key):
            raise SparseIndexError(
                f"A {type(self).__name__} can be assigned only as a whole, x[:] = value, not at {key}."
            )
        if self._is_tracked():
            raise GradientError("An array with a gradient cannot be assigned to while recording.")
        stored = self._parts[0]
        if is_scalar(value) and not value:
            self._parts = self._zeros_alike(self.stype)._stored().parts
        elif is_scalar(value):
            with RoomFor(self.shape, self._dtype_name, self._context):
                full = torch.full(self.shape, number_as(value, stored.dtype), dtype=stored.dtype)
            self._set_tensor(full.to(stored.device))
        elif isinstance(value, type(self)) and value.shape == self.shape:
            self._parts = tuple(
                part.to(mine.device, mine.dtype, copy=True)
                for part, mine in zip(value._parts, self._parts, strict=True)
            )
        else:
            tensor = value._tensor if isinstance(value, NDArray) else tensor_of(value, self._context, None)
            if tuple(tensor.shape) != self.shape:
                given = tuple(tensor.shape)
                raise ShapeError(f"An array of shape {given} cannot be assigned to one of {self.shape}.")
            self._set_tensor(tensor.to(stored.device, stored.dtype))

    def astype(self, dtype: DTypeLike, copy: bool = True) -> NDArray:
        """Return the array in another data type, as sparse as it is."""
        name = dtype_name(dtype)
        if not copy and name == self._dtype_name:
            return self
        parts = (self._parts[0].to(torch_dtype(name), copy=True), *self._parts[1:])
        return self._made_by("Cast", self._from_parts(self._shape, parts, self._context), dtype=name)

    def copyto(self, other: NDArray | Context) -> NDArray | bool:
        """Copy the values into another array, or into a new one on a context."""
        if isinstance(other, NDArray) and other is not self and not self._is_tracked():
            other[:] = self
            return other
        return super().copyto(other)

    def _copied(self, context: Context) -> NDArray:
        with RoomFor(tuple(self._parts[0].shape), self._dtype_name, context):
            parts = tuple([part.to(torch_device(context), copy=True) for part in self._parts])
        return self._from_parts(self._shape, parts, context)

    def detach(self) -> NDArray:
        """Return an array on the same memory through which no gradient passes."""
        return self._from_parts(self._shape, self._parts, self._context)

    def wait_to_read(self) -> None:
        """Wait until the values are there."""
        self.data.wait_to_read()

    wait_to_write = wait_to_read

    def reshape(self, *shape: int | Sequence[int], **kwargs: Any) -> NoReturn:  # noqa: ARG002
        """Refuse: a sparse array has one shape."""
        raise NotSupportedForSparseNDArray(NDArray.reshape, None, *shape)

    def check_format(self, full_check: bool = True) -> None:  # noqa: ARG002 - a full check is cheap
        """Raise an MXNetError if the stored indices make no sense."""
        check_parts(self.stype, self._shape, self._parts)


class CSRNDArray(BaseSparseNDArray, stype="csr"):
    """A matrix stored by rows; row i has the values and columns from ``indptr[i]`` to ``indptr[i + 1]``."""

    __module__ = "mxnet.ndarray.sparse"  # where pickles of real MXNet look for it

    @property
    def indptr(self) -> NDArray:
        """Where each row begins in `data`, and where the last one ends."""
        return NDArray._from_tensor(self._parts[2], self._context)

    @classmethod
    def _zeros(cls, shape: Any, context: Context, dtype: DTypeLike) -> NDArray:
        extents = extents_of(shape)
        if len(extents) != 2:
            raise ShapeError(f"Only matrices can be stored as csr, not an array of shape {extents}.")
        stored = allocate(torch.zeros, 0, context, dtype), allocate(torch.zeros, 0, context, "int64")
        return cls._from_parts(
            extents, (*stored, allocate(torch.zeros, extents[0] + 1, context, "int64")), context
        )

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
        made = self._from_parts(shape, parts, self._context)
        return self._made_by("slice", made, begin=(start,), end=(start + shape[0],))

    def asscipy(self) -> Any:
        """Return a ``scipy.sparse.csr_matrix`` with these values."""
        import scipy.sparse  # type: ignore[import-untyped,import-not-found,unused-ignore]

        data, columns, indptr = (each.asnumpy() for each in (self.data, self.indices, self.indptr))
        return scipy.sparse.csr_matrix((data, columns, indptr), shape=self._shape)


class RowSparseNDArray(BaseSparseNDArray, stype="row_sparse"):
    """An array of which only the rows ``indices`` are stored, in ``data``; the others are 0."""

    __module__ = "mxnet.ndarray.sparse"  # where pickles of real MXNet look for it

    @classmethod
    def _zeros(cls, shape: Any, context: Context, dtype: DTypeLike) -> NDArray:
        extents = extents_of(shape)
        stored = allocate(torch.zeros, (0, *extents[1:]), context, dtype)
        return cls._from_parts(extents, (stored, allocate(torch.zeros, 0, context, "int64")), context)

    def __getitem__(self, key: Any) -> NDArray:
        if _is_whole(key):
            return self
        raise SparseIndexError(f"A RowSparseNDArray can be indexed only as a whole, x[:], not by {key}.")

    def _write_rows(self, rows: Tensor, values: Tensor, *, whole: bool = False) -> None:
        own = self._parts[0]
        self._parts = with_rows(self._stored(), rows.to(own.device), values.to(own), whole=whole).parts

    def _copy_rows(self, source: NDArray, rows: NDArray) -> None:
        """Take over some rows of another array, and no others; their numbers ascend."""
        own = self._parts[0]
        which = rows._tensor.to(source._stored().parts[0].device)
        self._parts = (rows_of(source._stored(), which).to(own), which.to(own.device))

    def retain(self, indices: NDArray) -> NDArray:
        """Return the array with only the given rows; the others become 0."""
        return invoke_by_name("_sparse_retain", self, indices)


def _is_whole(key: Any) -> bool:
    return key is Ellipsis or (isinstance(key, slice) and key in (slice(None), slice(None, None, 1)))


_ELEMENTWISE = {
    ADD: "elemwise_add",
    SUBTRACT: "elemwise_sub",
    MULTIPLY: "elemwise_mul",
    DIVIDE: "elemwise_div",
}
"""The operators for arrays of one shape, which keep them sparse."""


def combine(lhs: Any, rhs: Any, how: Operators) -> NDArray | None:
    """Return what the operator for arrays of one shape makes of two; None for others, or without one."""
    if how not in _ELEMENTWISE or not (isinstance(lhs, NDArray) and isinstance(rhs, NDArray)):
        return None
    return invoke_by_name(_ELEMENTWISE[how], lhs, rhs) if lhs.shape == rhs.shape else None
