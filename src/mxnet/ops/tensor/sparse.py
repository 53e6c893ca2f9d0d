"""Operators on arrays that are stored sparsely, with kernels for all of their values and for those stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mxnet.errors import ShapeError
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.ir.storage import CSR, DENSE, ROWS, Call, GradientCall, Sparse, StorageError, Stored
from mxnet.lazy import torch
from mxnet.ops.tensor.indexing import Embedding
from mxnet.ops.tensor.reduce import Reduction
from mxnet.ops.tools.gradients import no_gradient, unchanged
from mxnet.ops.tools.shapes import same_shape
from mxnet.ops.tools.sparse_kernels import row_of_each, squares_of_rows
from mxnet.ops.tools.storage import as_first, dense, densify, like_the_head, rows_of, sparsify

if TYPE_CHECKING:
    from torch import Tensor


def _cast_storage(op: Any, stypes: tuple[str, ...]) -> str:
    if DENSE not in (stypes[0], op.stype) and op.stype != stypes[0]:
        raise StorageError(f"cast_storage cannot make {op.stype} of {stypes[0]}: make it dense in between.")
    return op.stype  # type: ignore[no-any-return]


def _stored_anew(call: Call) -> Stored | None:
    """Return an array that is stored as asked for, in memory of its own."""
    data, stype = call.arrays[0], call.stype
    if data.stype == stype:
        return data._replace(parts=tuple(part.clone() for part in data.parts))
    if stype == DENSE:
        return Stored(DENSE, data.shape, (densify(data),))
    if data.stype != DENSE or stype is None:
        return None
    return Stored(stype, data.shape, sparsify(stype, data.parts[0]))


class CastStorage(Op, name="cast_storage", aliases=("_sparse_cast_storage",)):
    """Returns its input in another storage type: dense, by rows, or as a matrix in CSR form.

    Shapes: data and output (...); CSR takes matrices only. Of the sparse types neither becomes the other.
    """

    example = '[[0, 7], [8, 0]] | stype="csr"'
    sparse = Sparse(_cast_storage, like_the_head, _stored_anew, always=True)
    stype: str = param(choices=("csr", "default", "row_sparse"), doc="The storage type.")

    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        if self.stype == "csr" and data.dim() != 2:
            raise ShapeError(
                f"cast_storage: only matrices are stored as csr, not arrays of shape {tuple(data.shape)}."
            )
        return data

    gradient = unchanged

    onnx = "Identity"


def _rows_kept(call: Call) -> Stored:
    """Take the rows in the order they are asked for, as MXNet does; an empty array stays empty."""
    data, indices = call.arrays
    if not len(data.parts[1]):
        return data._replace(parts=tuple(part.clone() for part in data.parts))
    wanted = densify(indices).flatten().long()
    if len(wanted) and not 0 <= wanted.min() <= wanted.max() < data.shape[0]:
        raise ShapeError(
            f"{call.op.name}: the rows to keep must be from 0 to below {data.shape[0]}, but are from "
            f"{int(wanted.min())} to {int(wanted.max())}."
        )
    return data._replace(parts=(rows_of(data, wanted), wanted))


class Retain(Op, name="_sparse_retain"):
    """Keeps some rows of an array that is stored by rows; the others become 0.

    Shapes: data and output (n, ...), indices (k,), of any dtype.
    """

    example = 'mx.nd.array([[1, 2], [3, 4], [5, 6]]).tostype("row_sparse"); [0, 2]'
    sparse = Sparse(as_first, kernel=_rows_kept, takes=ROWS, always=True)
    inputs = {"data": "The array, stored by rows.", "indices": "The numbers of the rows to keep."}

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"data": s.output, "output": s.data}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        dtype = t.data or t.output
        return {"data": dtype, "output": dtype}

    def forward(self, run: Run, data: Tensor, indices: Tensor) -> Tensor:
        return torch.where(_kept(data, indices), data, 0)

    def backward(self, run: Run, grad: Tensor, indices: Tensor) -> tuple[Tensor, None]:
        return torch.where(_kept(grad, indices), grad, 0), None


def _kept(data: Tensor, indices: Tensor) -> Tensor:
    """Return which rows are kept, to broadcast against the data."""
    rows = torch.arange(len(data), device=data.device)
    return torch.isin(rows, indices.long()).view(-1, *(1,) * (data.dim() - 1))


def _sum_storage(op: Any, stypes: tuple[str, ...]) -> str:
    return ROWS if op.keepdims and op.axis == (1,) else DENSE


def _sum_of_rows(call: Call) -> Stored | None:
    data = call.arrays[0]
    if len(data.shape) != 2 or call.op.axes_of(2) != (1,):
        return None
    values, rows = data.parts
    sums = Stored(ROWS, (data.shape[0], 1), (squares_of_rows(values), rows))
    return sums if call.op.keepdims else Stored(DENSE, data.shape[:1], (densify(sums).flatten(),))


def _slope_of_squares(call: GradientCall) -> tuple[Stored]:
    """Return the gradient in the rows that are stored, and of which the sum has a gradient."""
    head, data = call.head, call.arrays["data"]
    if head.stype == ROWS:  # it is that of a sum of each row
        slopes, rows = head.parts
        values = rows_of(data, rows)
    else:
        values, rows = data.parts
        slopes = call.op.spread(densify(head), data.shape).index_select(0, rows)
    return (Stored(ROWS, data.shape, (values * (slopes * 2), rows)),)


class SquareSum(Reduction, name="_square_sum"):
    """Sums the squares along an axis of a matrix that is stored by rows.

    Shapes: data (n, k), output (n,) for ``axis=1`` and (k,) for ``axis=0``, or (n, 1) and (1, k) with
    ``keepdims``.
    """

    example = 'mx.nd.array([[1, 2], [3, 4]]).tostype("row_sparse") | axis=1'
    sparse = Sparse(
        _sum_storage,
        lambda op, stypes, head: (ROWS,),
        _sum_of_rows,
        _slope_of_squares,
        takes=ROWS,
        always=True,
    )

    def reduce(self, data: Tensor, axes: tuple[int, ...], out: Tensor | None = None) -> Tensor:
        """Return the sum of squares, with the axes kept."""
        return data.square().sum(axes, keepdim=True)

    def backward(self, run: Run, grad: Tensor, data: Tensor) -> Tensor:
        return data * (self.spread(grad, data.shape) * 2)


class SparseEmbedding(Embedding, name="_contrib_SparseEmbedding"):
    """Looks up rows of a matrix, whose gradient is always stored by rows: an older name of ``Embedding``.

    Shapes: data (d0, d1, ...), weight (input_dim, output_dim), output (d0, d1, ..., output_dim).
    """

    sparse = replace(Embedding.sparse, gradient=lambda op, stypes, head: (DENSE, ROWS))
    deterministic: bool = param(default=False, doc="Has no effect: gradients add up in a fixed order.")


def _stored(call: Call) -> Stored:
    counts = call.arrays[0].parts[2].diff()
    counts = counts if call.op.axis == 1 else counts.sum().view(1)
    return Stored(DENSE, tuple(counts.shape), (counts,))


class CountStored(Op, name="_contrib_getnnz"):
    """Counts what a CSR matrix stores, as int64.

    Shapes: data (n, k), output (1,), or (n,) for ``axis=1``. MXNet has no count of columns.
    """

    example = 'mx.nd.array([[0, 7], [8, 0]]).tostype("csr")'
    sparse = Sparse(dense, kernel=_stored, takes=CSR, always=True)
    axis: int | None = param(default=None, doc="1 to count each row; all by default.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if self.axis not in (None, 1):
            raise ShapeError(f"{self.name} counts everything, or each row with axis=1, not axis={self.axis}.")
        if s.data is not None and len(s.data) != 2:
            raise ShapeError(f"{self.name} takes a matrix, not an array of shape {s.data}.")
        if self.axis is None:
            return {"output": (1,)}
        return {} if s.data is None else {"output": s.data[:1]}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": "int64"}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        each = (data != 0).sum(1)
        return each if self.axis == 1 else each.sum().view(1)

    gradient = no_gradient


def _edges(call: Call) -> Stored:
    """Look up stored values, also those that are 0."""
    data, u, v = call.arrays
    values, columns, indptr = data.parts
    height, width = data.shape
    keys, order = (row_of_each(indptr) * width + columns).sort()
    rows, wanted_columns = densify(u).long(), densify(v).long()
    inside = (rows >= 0) & (rows < height) & (wanted_columns >= 0) & (wanted_columns < width)
    found = torch.full_like(rows, -1, dtype=values.dtype)
    if len(keys):
        wanted = rows * width + wanted_columns
        place = torch.searchsorted(keys, wanted).clamp(max=len(keys) - 1)
        found = torch.where(inside & (keys[place] == wanted), values[order[place]], -1)
    return Stored(DENSE, tuple(found.shape), (found,))


class EdgeId(Op, name="_contrib_edge_id"):
    """Looks up elements of a CSR matrix, the edges of a graph between two vertices; -1 where none is stored.

    Shapes: data (n, n), u, v and output (k,).
    """

    example = 'mx.nd.array([[0, 7], [8, 0]]).tostype("csr"); [0, 1]; [1, 1]'
    sparse = Sparse(dense, kernel=_edges, takes=CSR, always=True)
    inputs = {"data": "The matrix.", "u": "The rows: where edges begin.", "v": "The columns: where they end."}

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        known = s.u or s.v or s.output
        return {} if known is None else {"u": known, "v": known, "output": known}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": t.data}

    def forward(self, run: Run, data: Tensor, u: Tensor, v: Tensor) -> Tensor:
        rows, columns = u.long(), v.long()
        inside = (rows >= 0) & (rows < data.shape[0]) & (columns >= 0) & (columns < data.shape[1])
        found = data[torch.where(inside, rows, 0), torch.where(inside, columns, 0)]
        return torch.where(inside & (found != 0), found, -1)

    gradient = no_gradient
