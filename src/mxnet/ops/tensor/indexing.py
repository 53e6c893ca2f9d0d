"""Operators that read or write elements at positions which are data: embedding, take, pick, gather, scatter.

Positions may be of any dtype; fractions are cut off. Those outside of an array are clipped to its ends
(``clip``) or counted around it (``wrap``).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.dtype import number_as
from mxnet.errors import OutOfRangeError, ParameterError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.declared import from_mxnet_shape
from mxnet.ir.memory import NEW, WRITES
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.ir.storage import CSR, DENSE, ROWS, Call, GradientCall, Sparse, Stored
from mxnet.lazy import F, torch
from mxnet.ops.tools.gradients import no_gradient
from mxnet.ops.tools.shapes import normal_axis
from mxnet.ops.tools.storage import dense, densify, grouped, rows_of, rows_of_csr
from mxnet.ops.tools.writing import written

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

_DTYPES = ("bfloat16", "float16", "float32", "float64", "int32", "int64", "int8", "uint8")


def _positions(index: Tensor, extent: int, mode: str) -> Tensor:
    whole = index.long()
    return whole.remainder(extent) if mode == "wrap" else whole.clamp(0, extent - 1)


def _free_index_dtype(self: Op, t: Slots) -> Mapping[str, Any]:
    """Give the output the dtype of the first input, and leave that of an index open."""
    return {"output": t.ins[0], "ins": (t.outs[0], *t.ins[1:])}


def _look_up(call: Call) -> Stored | None:
    """Look up rows of a matrix that stores only some."""
    data, weight = call.arrays
    if weight.stype != ROWS:
        return None
    rows = _positions(densify(data), call.op.input_dim, "clip")
    found = rows_of(weight, rows.flatten()).view(*rows.shape, call.op.output_dim)
    return Stored(DENSE, tuple(found.shape), (found,))


def _rows_looked_up(call: GradientCall) -> tuple[Stored] | None:
    """Return the gradient of those rows that were looked up."""
    if call.wants != ("weight",) or call.op.sparse.gradient(call.op, (DENSE, DENSE), DENSE)[1] != ROWS:
        return None
    op = call.op
    rows = _positions(densify(call.arrays["data"]), op.input_dim, "clip")
    return (grouped(rows, densify(call.head), (op.input_dim, op.output_dim)),)


class Embedding(Op, name="Embedding", aliases=("_sparse_Embedding",)):
    """Looks up rows of a matrix: the vectors that stand for words.

    Shapes: data (d0, d1, ...), weight (input_dim, output_dim), output (d0, d1, ..., output_dim). Positions
    are clipped. `dtype` counts only if that of weight is not known otherwise.
    """

    example = "[1, 0]; [[1, 2], [3, 4], [5, 6]] | input_dim=3, output_dim=2"
    memory = WRITES
    backward_memory = NEW
    sparse = Sparse(
        dense,
        lambda op, stypes, head: (DENSE, ROWS if op.sparse_grad else DENSE),
        _look_up,
        _rows_looked_up,
    )

    inputs = {"data": "Which rows.", "weight": "The matrix, a row for each word."}
    learned = ("weight",)
    input_dim: int = param(ge=1, doc="Number of rows.")
    output_dim: int = param(ge=1, doc="Length of a row.")
    dtype: str = param(default="float32", choices=_DTYPES, doc="The data type of the matrix.")
    sparse_grad: bool = param(default=False, doc="Whether the gradient is to be stored as row_sparse.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        return {"weight": (self.input_dim, self.output_dim), "output": (*s.data, self.output_dim)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        dtype = t.weight or t.output or (self.dtype if t.data else None)
        return {"weight": dtype, "output": dtype}

    def as_rows(self, to: Rows) -> None:
        rows, width = self.input_dim, self.output_dim
        to.divide(
            "look_up",
            to.data.size,
            lambda i, j: (to.data.at(i), to.weight, to.output.at(i * width), j - i, rows, width),
            work=to.output.size,
        )

    def backward_as_rows(self, to: Rows) -> None:
        if to.weight_grad is not None:
            words = to.data, to.grad, to.weight_grad, to.data.size, self.input_dim, self.output_dim
            rows, work = self.input_dim, to.weight_grad.size
            to.divide("add_up_rows", rows, lambda *some: (*words, *some), work=work)

    def forward(self, run: Run, data: Tensor, weight: Tensor, *, out: Tensor | None = None) -> Tensor:
        rows = _positions(data, self.input_dim, "clip")
        if out is None or not out.is_contiguous():
            return written(F.embedding(rows, weight), out)
        torch.index_select(weight, 0, rows.flatten(), out=out.view(-1, self.output_dim))
        return out

    def backward(self, run: Run, grad: Tensor, data: Tensor) -> tuple[Tensor | None, ...]:
        if "weight" not in run.wants:
            return None, None
        rows = _positions(data, self.input_dim, "clip")
        return None, torch.ops.aten.embedding_dense_backward(grad, rows, self.input_dim, -1, False)

    def onnx(self, to: OnnxGraph, data: Value, weight: Value) -> Value:
        return to.Gather(weight, to.index(data, self.input_dim), axis=0)

    def as_torch(self, data: str, weight: str) -> str:
        return f"F.embedding({data}.long().clamp(0, {self.input_dim - 1}), {weight})"


def _storage_of_rows(op: Any, stypes: tuple[str, ...]) -> str | None:
    return CSR if stypes == (CSR, DENSE) and op.axis == 0 and op.mode != "raise" else None


def _rows_taken(call: Call) -> Stored | None:
    """Take rows of a CSR matrix."""
    data, indices = call.arrays
    if call.stype != CSR or len(indices.shape) != 1:
        return None
    return rows_of_csr(data, call.op.positions(densify(indices), data.shape[0]))


class Take(Op, name="take"):
    """Takes the elements at positions along an axis.

    Shapes: a (d0, d1, ...), indices (i0, i1, ...); the output has the axes of indices in place of `axis`.
    """

    example = "[[1, 2], [3, 4], [5, 6]]; [2, 0]"
    sparse = Sparse(_storage_of_rows, kernel=_rows_taken)
    inputs = {"a": "Input data.", "indices": "Positions along the axis."}
    axis: int = param(default=0, doc="The axis.")
    mode: str = param(
        default="clip",
        choices=("clip", "raise", "wrap"),
        doc="What becomes of positions outside of the array.",
    )

    infer_dtype = _free_index_dtype

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.a is None:
            return {}
        axis = normal_axis(self.axis, len(s.a), self.name)
        return {"output": (*s.a[:axis], *s.indices, *s.a[axis + 1 :])} if is_complete(s.indices) else {}

    def positions(self, indices: Tensor, extent: int) -> Tensor:
        """Return the positions along the axis, which has that extent."""
        if self.mode == "raise" and indices.numel():
            low, high = (int(bound) for bound in indices.long().aminmax())
            if low < 0 or high >= extent:
                outside = low if low < 0 else high
                raise OutOfRangeError(
                    f"take: position {outside} is outside of axis {self.axis}, which has {extent}."
                )
        return _positions(indices, extent, self.mode).flatten()

    def forward(self, run: Run, a: Tensor, indices: Tensor) -> Tensor:
        axis = self.axis % a.dim()
        taken = a.index_select(axis, self.positions(indices, a.shape[axis]))
        return taken.reshape(*a.shape[:axis], *indices.shape, *a.shape[axis + 1 :])

    def backward(self, run: Run, grad: Tensor, a: Like, indices: Tensor) -> tuple[Tensor | None, ...]:
        if "a" not in run.wants:
            return None, None
        axis = self.axis % len(a.shape)
        where = self.positions(indices, a.shape[axis])
        rows = grad.reshape(*a.shape[:axis], len(where), *a.shape[axis + 1 :])
        return grad.new_zeros(a.shape).index_add(axis, where, rows), None

    def onnx(self, to: OnnxGraph, a: Value, indices: Value) -> Value:
        axis = self.axis % a.rank
        return to.Gather(a, to.index(indices, a.shape[axis], self.mode), axis=axis)  # type: ignore[index]


class BatchTake(Op, name="batch_take"):
    """Takes one element of each row.

    Shapes: a (d0, d1, ..., k), indices and output (d0, d1, ...). Positions are int32 and are clipped.
    """

    example = '[[1, 2], [3, 4]]; mx.nd.array([0, 1], dtype="int32")'
    inputs = {"a": "Input data.", "indices": "Which element of each row."}

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.a is None or not is_complete(s.indices):
            return {}
        if len(s.a) < 2 or (is_complete(s.a) and math.prod(s.a[:-1]) != math.prod(s.indices)):
            raise ShapeError(
                f"batch_take: indices of shape {s.indices} are not one for each row of a, of shape {s.a}."
            )
        return {"output": s.indices}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": t.a, "ins": (t.output, "int32")}

    def forward(self, run: Run, a: Tensor, indices: Tensor) -> Tensor:
        rows = a.reshape(-1, a.shape[-1])
        where = _positions(indices, a.shape[-1], "clip").reshape(-1, 1)
        return rows.gather(1, where).reshape(indices.shape)

    def onnx(self, to: OnnxGraph, a: Value, indices: Value) -> Value:
        rows = to.Reshape(a, [-1, a.extent(-1)])
        where = to.Reshape(to.index(indices, a.extent(-1)), [-1, 1])
        return to.as_output(to.GatherElements(rows, where, axis=1))


class Pick(Op, name="pick", aliases=("choose_element_0index",)):
    """Takes one element along an axis, at every position of the other axes.

    Shapes, for ``axis=1``: data (a, k, b), index (a, b) or (a, 1, b), output (a, b), or (a, 1, b) with
    ``keepdims``. Of a vector the output has the shape (1,).
    """

    example = "[[1, 2], [3, 4]]; [0, 1]"
    inputs = {"data": "Input data.", "index": "Positions along the axis."}
    axis: int | None = param(default=-1, doc="The axis. MXNet has no pick from the flattened array, None.")
    keepdims: bool = param(default=False, doc="Whether the output keeps the axis, with the extent 1.")
    mode: str = param(
        default="clip", choices=("clip", "wrap"), doc="What becomes of positions outside of the array."
    )

    infer_dtype = _free_index_dtype

    def validate(self) -> None:
        if self.axis is None:
            raise ParameterError("pick: axis=None is not possible; name an axis.")

    def _shapes(self, data: Shape) -> tuple[Shape, Shape]:
        """Return the shape of the output with and without the axis."""
        axis = normal_axis(self.axis or 0, len(data), self.name)
        return (*data[:axis], 1, *data[axis + 1 :]), (*data[:axis], *data[axis + 1 :]) or (1,)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        kept, removed = self._shapes(s.data)
        index = kept if s.index is not None and len(s.index) == len(kept) else removed
        return {"index": index, "output": kept if self.keepdims else removed}

    def _where(self, data: Like | Tensor, index: Tensor) -> Tensor:
        kept, _ = self._shapes(data.shape)
        return _positions(index, data.shape[self.axis], self.mode).reshape(kept)  # type: ignore[arg-type, index]

    def forward(self, run: Run, data: Tensor, index: Tensor) -> Tensor:
        picked = data.gather(self.axis, self._where(data, index))  # type: ignore[arg-type] # validated
        return picked if self.keepdims else picked.reshape(self._shapes(data.shape)[1])  # type: ignore[arg-type]

    def backward(self, run: Run, grad: Tensor, data: Like, index: Tensor) -> tuple[Tensor | None, ...]:
        if "data" not in run.wants:
            return None, None
        where = self._where(data, index)
        return grad.new_zeros(data.shape).scatter(self.axis, where, grad.reshape(where.shape)), None  # type: ignore[arg-type]

    def onnx(self, to: OnnxGraph, data: Value, index: Value) -> Value:
        axis = (self.axis or 0) % data.rank
        where = to.index(index, data.shape[axis], self.mode)  # type: ignore[index]
        where = where if index.rank == data.rank else to.Unsqueeze(where, [axis])
        picked = to.GatherElements(data, where, axis=axis)
        return picked if self.keepdims else to.as_output(picked)


class OneHot(Op, name="one_hot"):
    """Marks each position by one value among others, along a new last axis.

    Shapes: indices (d0, d1, ...), output (d0, d1, ..., depth). One outside of [0, depth) leaves no mark.
    """

    example = "[1, 0] | depth=3"
    inputs = {"indices": "Positions."}
    depth: int = param(ge=0, doc="Number of positions.")
    on_value: float = param(default=1.0, doc="The value at the position.")
    off_value: float = param(default=0.0, doc="The value elsewhere.")
    dtype: str = param(default="float32", choices=_DTYPES, doc="The data type of the output.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"output": (*s.indices, self.depth)} if is_complete(s.indices) else {}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": self.dtype}

    def forward(self, run: Run, indices: Tensor) -> Tensor:
        marked = indices.long().unsqueeze(-1) == torch.arange(self.depth, device=indices.device)
        on, off = (
            torch.tensor(
                number_as(value, self.dtype), dtype=getattr(torch, self.dtype), device=indices.device
            )
            for value in (self.on_value, self.off_value)
        )
        return torch.where(marked, on, off)

    gradient = no_gradient

    def onnx(self, to: OnnxGraph, indices: Value) -> Value:
        marked = to.Equal(to.Unsqueeze(indices.as_type("int64"), [indices.rank]), to.positions(self.depth))
        return to.Where(marked, to.value(self.on_value, self.dtype), to.value(self.off_value, self.dtype))


def _coordinates(indices: Tensor) -> tuple[Tensor, ...]:
    """Return, for every axis, the positions on it; negative ones count from the end."""
    return indices.long().unbind(0)


class GatherNd(Op, name="gather_nd"):
    """Takes the elements, or parts, at coordinates.

    Shapes: data (d0, d1, ...), indices (m, i0, i1, ...), output (i0, i1, ..., d_m, d_m+1, ...). Coordinates
    along the first m axes of data stand below each other in indices; negative ones count from the end.
    """

    example = "[[1, 2], [3, 4]]; [[0, 1], [1, 0]]"
    inputs = {"data": "Input data.", "indices": "Coordinates, one axis of data in each row."}

    infer_dtype = _free_index_dtype

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if not is_complete(s.data) or not is_complete(s.indices):
            return {}
        if len(s.indices) < 2 or s.indices[0] > len(s.data):
            raise ShapeError(
                f"gather_nd: indices of shape {s.indices} must have at least 2 axes, and at most "
                f"{len(s.data)} rows: one for each axis of data {s.data}."
            )
        return {"output": (*s.indices[1:], *s.data[s.indices[0] :])}

    def forward(self, run: Run, data: Tensor, indices: Tensor) -> Tensor:
        return data[_coordinates(indices)]

    def backward(self, run: Run, grad: Tensor, data: Like, indices: Tensor) -> tuple[Tensor | None, ...]:
        if "data" not in run.wants:
            return None, None
        return grad.new_zeros(data.shape).index_put(_coordinates(indices), grad, accumulate=True), None

    def onnx(self, to: OnnxGraph, data: Value, indices: Value) -> Value:
        return to.GatherND(data, to.last(indices.as_type("int64"), indices.rank))


class _Scattering(Op):
    """Base of the operators that write elements, or parts, at coordinates."""

    shape: tuple[int, ...] = param(doc="The shape of the output.")

    def check(self, data: Shape | None, indices: Shape | None) -> None:
        """Raise ShapeError if these cannot be what is written, and where."""
        if not is_complete(indices):
            return
        if len(indices) < 2 or indices[0] > len(self.shape):
            raise ShapeError(
                f"{self.name}: indices of shape {indices} must have at least 2 axes, and at most "
                f"{len(self.shape)} rows: one for each axis of the output {self.shape}."
            )
        expected = (*indices[1:], *self.shape[indices[0] :])
        if is_complete(data) and data != expected and 0 not in expected:
            raise ShapeError(
                f"{self.name}: what is written must have the shape {expected}, but has {data} ({self!r})."
            )


class ScatterNd(_Scattering, name="scatter_nd"):
    """Writes the elements, or parts, of an array at coordinates of zeros; undoes :class:`GatherNd`.

    Where coordinates repeat, one of them wins.
    """

    example = "[8, 9]; [[0, 1], [1, 0]] | shape=(2, 2)"
    inputs = {"data": "What is written.", "indices": "Coordinates, one axis of the output in each row."}

    infer_dtype = _free_index_dtype

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        self.check(s.data, s.indices)
        return {"output": from_mxnet_shape(self.shape)}

    def forward(self, run: Run, data: Tensor, indices: Tensor) -> Tensor:
        if run.out_shapes is None:
            raise ShapeError(f"{self.name}: the extents {self.shape} must be positive.")
        return data.new_zeros(run.out_shapes[0]).index_put(_coordinates(indices), data)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        return emit("gather_nd", grads[0], node.inputs[1]), None

    def onnx(self, to: OnnxGraph, data: Value, indices: Value) -> Value:
        zeros = to.full(self.shape, 0, data.dtype)
        return to.ScatterND(zeros, to.last(indices.as_type("int64"), indices.rank), data)


class ScatterSetNd(_Scattering, name="_scatter_set_nd"):
    """Returns `lhs` with the elements, or parts, at coordinates replaced by those of `rhs`."""

    example = "[1, 2, 3]; [9]; [[1]] | shape=(3,)"
    inputs = {
        "lhs": "The array.",
        "rhs": "What is written.",
        "indices": "Coordinates, one axis of the output in each row.",
    }

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        self.check(s.rhs, s.indices)
        shape = from_mxnet_shape(self.shape)
        return {"lhs": shape, "output": shape}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        dtype = t.lhs or t.rhs or t.output
        return {"output": dtype, "ins": (dtype, dtype, None)}

    def forward(self, run: Run, lhs: Tensor, rhs: Tensor, indices: Tensor) -> Tensor:
        return lhs.index_put(_coordinates(indices), rhs)


class FillElement(Op, name="fill_element_0index"):
    """Returns `lhs` with one element of each row replaced.

    Shapes: lhs and output (n, k), mhs and rhs (n,). Rows with a position outside of [0, k) stay as they are.
    """

    example = "[[1, 2], [3, 4]]; [8, 9]; [1, 0]"
    inputs = {"lhs": "The array.", "mhs": "What is written.", "rhs": "Which element of each row."}

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.lhs is None:
            return {}
        if len(s.lhs) != 2:
            raise ShapeError(f"fill_element_0index: lhs must be a matrix, but has the shape {s.lhs}.")
        return {"mhs": s.lhs[:1], "rhs": s.lhs[:1], "output": s.lhs}

    def forward(self, run: Run, lhs: Tensor, mhs: Tensor, rhs: Tensor) -> Tensor:
        there = rhs.long().unsqueeze(1) == torch.arange(lhs.shape[1], device=lhs.device)
        return torch.where(there, mhs.unsqueeze(1), lhs)


class _Raveling(Op):
    """Base of the operators between coordinates and flat positions; they have no gradient."""

    shape: tuple[int, ...] | None = param(
        default=None, doc="The shape of the array; its first extent does not count."
    )

    def validate(self) -> None:
        if not self.shape:
            raise ParameterError(f"{self.name}: give the shape of the array.")

    def strides(self, like: Tensor) -> Tensor:
        """Return how far apart neighbours are along each axis, in the flattened array."""
        shape = self.shape or ()
        return torch.tensor([math.prod(shape[i:]) for i in range(1, len(shape) + 1)], device=like.device)

    gradient = no_gradient


class RavelMultiIndex(_Raveling, name="_ravel_multi_index", aliases=("ravel_multi_index",)):
    """Turns coordinates into positions in the flattened array.

    Shapes: data (m, n) for an array of m axes, output (n,).
    """

    example = "[[0, 1], [2, 1]] | shape=(2, 3)"
    inputs = {"data": "Coordinates, one axis in each row."}

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        rows = len(self.shape or ())
        if len(s.data) != 2 or s.data[0] not in (None, rows):
            raise ShapeError(
                f"{self.name}: expected data of {rows} rows, one for each axis, but got the shape {s.data}."
            )
        return {"output": s.data[1:], "data": (rows, s.data[1])}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return (data.long() * self.strides(data).unsqueeze(1)).sum(0).to(data.dtype)


class UnravelIndex(_Raveling, name="_unravel_index", aliases=("unravel_index",)):
    """Turns positions in the flattened array into coordinates.

    Shapes: data (n,), output (m, n) for an array of m axes.
    """

    example = "[2, 4] | shape=(2, 3)"
    inputs = {"data": "Positions."}

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        data = s.data if s.output is None else s.output[1:]
        return {} if data is None else {"data": data, "output": (len(self.shape or ()), *data)}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        rest, rows = data.long(), []
        for stride in self.strides(data):
            rows.append(rest.div(stride, rounding_mode="trunc"))
            rest = rest - rows[-1] * stride
        return torch.stack(rows).to(data.dtype)
