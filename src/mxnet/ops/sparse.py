"""Operators on arrays that are stored sparsely; their kernels take the dense values.

Which storage a result has is said by :mod:`mxnet.analysis.storage`. Kernels that work on what is stored are
in :mod:`mxnet.ndarray.structured`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import ShapeError
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.indexing import Embedding
from mxnet.ops.reduce import Reduction
from mxnet.ops.shapes import same_shape

if TYPE_CHECKING:
    from torch import Tensor


class CastStorage(Op, name="cast_storage", aliases=("_sparse_cast_storage",)):
    """Returns its input in another storage type: dense, by rows, or as a matrix in CSR form.

    Shapes: data and output (...); CSR takes matrices only. Of the sparse types neither becomes the other.
    """

    about_storage = True
    stype: str = param(choices=("csr", "default", "row_sparse"), doc="The storage type.")

    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        if self.stype == "csr" and data.dim() != 2:
            raise ShapeError(
                f"cast_storage: only matrices are stored as csr, not arrays of shape {tuple(data.shape)}."
            )
        return data

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        return grads


class Retain(Op, name="_sparse_retain"):
    """Keeps some rows of an array that is stored by rows; the others become 0.

    Shapes: data and output (n, ...), indices (k,), of any dtype.
    """

    about_storage = True
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


class SquareSum(Reduction, name="_square_sum"):
    """Sums the squares along an axis of a matrix that is stored by rows.

    Shapes: data (n, k), output (n,) for ``axis=1`` and (k,) for ``axis=0``, or (n, 1) and (1, k) with
    ``keepdims``.
    """

    about_storage = True

    def reduce(self, data: Tensor, axes: tuple[int, ...]) -> Tensor:
        """Return the sum of squares, with the axes kept."""
        return data.square().sum(axes, keepdim=True)


class SparseEmbedding(Embedding, name="_contrib_SparseEmbedding"):
    """Looks up rows of a matrix, whose gradient is always stored by rows: an older name of ``Embedding``.

    Shapes: data (d0, d1, ...), weight (input_dim, output_dim), output (d0, d1, ..., output_dim).
    """

    deterministic: bool = param(default=False, doc="Has no effect: gradients add up in a fixed order.")


class CountStored(Op, name="_contrib_getnnz"):
    """Counts what a CSR matrix stores, as int64.

    Shapes: data (n, k), output (1,), or (n,) for ``axis=1``. MXNet has no count of columns.
    """

    about_storage = True
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

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[None]:
        return (None,)


class EdgeId(Op, name="_contrib_edge_id"):
    """Looks up elements of a CSR matrix, the edges of a graph between two vertices; -1 where none is stored.

    Shapes: data (n, n), u, v and output (k,).
    """

    about_storage = True
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

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[None]:
        return None, None, None
