"""Products of matrices and their relatives."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import ShapeError
from mxnet.ir.memory import NEW, WRITES
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Op, Run, Shape, Slots, param
from mxnet.ir.param import MANY
from mxnet.ir.storage import CSR, DENSE, ROWS, Call, GradientCall, Sparse, Stored
from mxnet.lazy import torch
from mxnet.ops.tools.flops import of_product
from mxnet.ops.tools.shapes import normal_axis, numel
from mxnet.ops.tools.storage import densify, product
from mxnet.ops.tools.writing import written

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

_MOST_PAIRS = 64  # of matrices whose products are a row each


def _contract(left: Tensor, right: Tensor, axes_left: list[int], axes_right: list[int]) -> Tensor:
    """Sum the products along pairs of axes; for matrices without the detour that tensordot makes."""
    if left.dim() == right.dim() == 2 and len(axes_left) == 1:
        return (left.t() if axes_left == [0] else left) @ (right if axes_right == [0] else right.t())
    product: Tensor = torch.tensordot(left, right, [axes_left, axes_right])
    return product


class _Product(Op):
    """Base of the products: two factors, each of which may be transposed."""

    cost = "much"
    flops = of_product
    memory = WRITES
    backward_memory = NEW

    inputs = {"lhs": "The left factor.", "rhs": "The right factor."}
    transpose_a: bool = param(default=False, doc="Whether the left factor is transposed first.")
    transpose_b: bool = param(default=False, doc="Whether the right factor is transposed first.")
    forward_stype: str | None = param(
        default=None, choices=("None", "csr", "default", "row_sparse"), doc="The storage type of the output."
    )


def _dot_storage(op: Any, stypes: tuple[str, ...]) -> str | None:
    if stypes[0] == CSR and stypes[1] in (DENSE, ROWS) and not op.transpose_b:
        return op.forward_stype or (ROWS if op.transpose_a else DENSE)
    if stypes == (DENSE, CSR) and not op.transpose_a:
        return op.forward_stype or CSR
    return None


def _dot_gradient_storage(op: Any, stypes: tuple[str, ...], head: str) -> tuple[str, ...]:
    plain = not (op.transpose_a or op.transpose_b) and head == DENSE
    return DENSE, ROWS if plain and stypes[0] == CSR and stypes[1] != CSR else DENSE


def _dot_of_csr(call: Call) -> Stored | None:
    """Multiply a CSR matrix, or its transpose, with another array."""
    (left, right), op = call.arrays, call.op
    if left.stype == CSR and right.stype != CSR and not op.transpose_b:
        return product(left, right, transposed=op.transpose_a)
    if left.stype == DENSE and right.stype == CSR and len(left.shape) == 2 and not op.transpose_a:
        return _times_csr(left, right, transposed=op.transpose_b)
    return None


def _gradient_of_dot(call: GradientCall) -> tuple[Stored] | None:
    """Multiply with the other form of a CSR matrix; its own gradient is dense."""
    left, right, head, op = call.arrays["lhs"], call.arrays["rhs"], call.head, call.op
    if left.stype == CSR and head.stype != CSR and not op.transpose_b and call.wants == ("rhs",):
        return (product(left, head, transposed=not op.transpose_a),)
    if right.stype == CSR and head.stype == DENSE and len(head.shape) == 2 and call.wants == ("lhs",):
        return None if op.transpose_a else (_times_csr(head, right, transposed=not op.transpose_b),)
    return None


def _times_csr(left: Stored, matrix: Stored, *, transposed: bool) -> Stored:
    """Multiply a dense matrix with a CSR matrix or its transpose."""
    (values,) = left.parts
    made = densify(product(matrix, Stored(DENSE, left.shape[::-1], (values.t(),)), transposed=not transposed))
    return Stored(DENSE, (made.shape[1], made.shape[0]), (made.t(),))


class Dot(_Product, name="dot", aliases=("_sparse_dot",)):
    """Contracts the last axis of one array with the first of another: the product of matrices and vectors.

    Shapes: lhs (n, k) and rhs (k, m) give (n, m); (k,) and (k,) give (1,); (a, b, k) and (k, c, d)
    give (a, b, c, d).

    Of arrays with more than two axes, ``transpose_a`` contracts the first axis of lhs, and ``transpose_b``
    the last of rhs; the others keep their order. A vector is not transposed.
    """

    example = "[[1, 2]]; [[3], [4]]"
    sparse = Sparse(_dot_storage, _dot_gradient_storage, _dot_of_csr, _gradient_of_dot)

    def _axes(self, lhs: int, rhs: int) -> tuple[int, int]:
        """Return the axes that are contracted, from the numbers of dimensions."""
        if not (lhs and rhs):
            raise ShapeError("dot: both arrays must have at least one axis.")
        if lhs == rhs == 1 and (self.transpose_a or self.transpose_b):
            raise ShapeError("dot: two vectors cannot be transposed.")
        return (0 if self.transpose_a else lhs - 1), (rhs - 1 if self.transpose_b else 0)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        lhs, rhs = s.lhs, s.rhs
        if lhs is None or rhs is None:
            return {}
        a, b = self._axes(len(lhs), len(rhs))
        if None not in (lhs[a], rhs[b]) and lhs[a] != rhs[b]:
            raise ShapeError(
                f"dot: axis {a} of lhs {lhs} and axis {b} of rhs {rhs} are contracted, "
                "and must have the same extent."
            )
        extent = rhs[b] if lhs[a] is None else lhs[a]
        return {
            "lhs": (*lhs[:a], extent, *lhs[a + 1 :]),
            "rhs": (*rhs[:b], extent, *rhs[b + 1 :]),
            "output": (*lhs[:a], *lhs[a + 1 :], *rhs[:b], *rhs[b + 1 :]) or (1,),
        }

    def forward(self, run: Run, lhs: Tensor, rhs: Tensor, *, out: Tensor | None = None) -> Tensor:
        a, b = self._axes(lhs.dim(), rhs.dim())
        if out is not None and out.dim() == lhs.dim() == 2:
            return torch.mm(lhs if a else lhs.t(), rhs.t() if b else rhs, out=out)
        product = _contract(lhs, rhs, [a], [b])
        product = product if product.dim() else product.reshape(1)
        return written(product, out)

    def backward(self, run: Run, grad: Tensor, lhs: Tensor, rhs: Tensor) -> tuple[Tensor | None, ...]:
        a, b = self._axes(lhs.dim(), rhs.dim())
        others_a = [axis for axis in range(lhs.dim()) if axis != a]
        others_b = [axis for axis in range(rhs.dim()) if axis != b]
        n = len(others_a)
        grad = grad.reshape(grad.shape[: n + len(others_b)])  # without the 1 that stands for a scalar
        behind, front = list(range(n, n + len(others_b))), list(range(n))
        return (
            _contract(grad, rhs, behind, others_b).movedim(-1, a) if "lhs" in run.wants else None,
            _contract(lhs, grad, others_a, front).movedim(0, b) if "rhs" in run.wants else None,
        )

    def onnx(self, to: OnnxGraph, lhs: Value, rhs: Value) -> Value:
        a, b = self._axes(lhs.rank, rhs.rank)
        if a != lhs.rank - 1:
            lhs = to.Transpose(lhs, perm=[*range(1, lhs.rank), 0])
        rhs_rank, extent = rhs.rank, rhs.extent(b) if rhs.rank > 2 else 0
        if b != 0:
            rhs = to.Transpose(rhs, perm=[b, *range(b)])
        if rhs_rank > 2:
            rhs = to.Reshape(rhs, [extent, -1])
        product = to.MatMul(lhs, rhs)
        return product if rhs_rank == 2 else to.as_output(product)


def gradients_of_product(
    multiply: Callable[..., Entry],
    lhs: Entry,
    rhs: Entry,
    grad: Entry,
    *,
    transpose_a: bool,
    transpose_b: bool,
) -> tuple[Entry, Entry]:
    """Return the gradients of two matrices, from that of their product; each is a product itself.

    Parameters
    ----------
    multiply : callable
        Makes a product of two values; takes ``transpose_a`` and ``transpose_b``.
    lhs, rhs : Entry
        The factors.
    grad : Entry
        The gradient of the product.
    transpose_a, transpose_b : bool
        Which factors were transposed first.
    """
    return (
        multiply(rhs, grad, transpose_a=transpose_b, transpose_b=True)
        if transpose_a
        else multiply(grad, rhs, transpose_b=not transpose_b),
        multiply(grad, lhs, transpose_a=True, transpose_b=transpose_a)
        if transpose_b
        else multiply(lhs, grad, transpose_a=not transpose_a),
    )


class BatchDot(_Product, name="batch_dot"):
    """Multiplies matrices pair by pair; all but the last two axes count the pairs.

    Shapes: lhs (batch, n, k), rhs (batch, k, m), output (batch, n, m), where batch is one axis or more.
    """

    example = "mx.nd.ones((2, 3, 4)); mx.nd.ones((2, 4, 5))"

    def _factors(self, lhs: Shape, rhs: Shape) -> tuple[Shape, Shape]:
        """Return the shapes of the matrices that are multiplied."""
        if len(lhs) < 3 or len(lhs) != len(rhs):
            raise ShapeError(
                f"batch_dot: lhs {lhs} and rhs {rhs} must have the same number of axes, at least 3."
            )
        return (lhs[:-3:-1] if self.transpose_a else lhs[-2:]), (
            rhs[:-3:-1] if self.transpose_b else rhs[-2:]
        )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.lhs is None or s.rhs is None:
            return {}
        (n, k), (also_k, m) = self._factors(s.lhs, s.rhs)
        batch = s.lhs[:-2]
        for one, other in zip((*batch, k), (*s.rhs[:-2], also_k), strict=True):
            if None not in (one, other) and one != other:
                raise ShapeError(
                    f"batch_dot: lhs {s.lhs} and rhs {s.rhs} do not fit: {one} is not {other} ({self!r})."
                )
        batch = tuple(other if one is None else one for one, other in zip(batch, s.rhs[:-2], strict=True))
        return {} if k is None or also_k is None else {"output": (*batch, n, m)}

    def as_rows(self, to: Rows) -> None:
        *batch, n, m = to.output.shape
        k = to.lhs.shape[-2 if self.transpose_a else -1]
        if math.prod(batch) > _MOST_PAIRS:
            to.decline()
        product = functools.partial(to.product, turn_left=self.transpose_a, turn_right=self.transpose_b)
        for i in range(math.prod(batch)):
            product(to.lhs.at(i * n * k), to.rhs.at(i * k * m), to.output.at(i * n * m), (n, k, m))

    def forward(self, run: Run, lhs: Tensor, rhs: Tensor, *, out: Tensor | None = None) -> Tensor:
        return torch.matmul(lhs.mT if self.transpose_a else lhs, rhs.mT if self.transpose_b else rhs, out=out)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        multiply = functools.partial(emit, "batch_dot")
        lhs, rhs = node.inputs
        return gradients_of_product(
            multiply, lhs, rhs, grads[0], transpose_a=self.transpose_a, transpose_b=self.transpose_b
        )

    def onnx(self, to: OnnxGraph, lhs: Value, rhs: Value) -> Value:
        lhs = to.transposed(lhs) if self.transpose_a else lhs
        return to.MatMul(lhs, to.transposed(rhs) if self.transpose_b else rhs)

    def as_torch(self, lhs: str, rhs: str) -> str:
        return f"{lhs}{'.mT' * self.transpose_a} @ {rhs}{'.mT' * self.transpose_b}"


class Diagonal(Op, name="diag"):
    """Takes a diagonal of an array, or makes a matrix with a vector on a diagonal.

    Shapes: data (n,) gives (n + abs(k), n + abs(k)); data of more axes loses `axis1` (the rows) and `axis2`
    (the columns) and has the diagonal as its last axis.
    """

    example = "[1, 2]"
    k: int = param(default=0, doc="Which diagonal: 0 the main one, above it positive, below it negative.")
    axis1: int = param(default=0, doc="The axis of the rows.")
    axis2: int = param(default=1, doc="The axis of the columns.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        data = s.data
        if data is None:
            return {}
        if len(data) == 1:
            n = None if data[0] is None else data[0] + abs(self.k)
            return {"output": (n, n)}
        row, column = (normal_axis(axis, len(data), self.name) for axis in (self.axis1, self.axis2))
        if row == column:
            raise ShapeError(
                f"diag: axis1={self.axis1} and axis2={self.axis2} are the same axis of data {data}."
            )
        others = tuple(extent for axis, extent in enumerate(data) if axis not in (row, column))
        rows, columns = data[row], data[column]
        if rows is None or columns is None:
            return {"output": (*others, None)}
        if not -rows <= self.k <= columns:
            raise ShapeError(f"diag: a matrix of {rows} rows and {columns} columns has no diagonal {self.k}.")
        return {"output": (*others, min(rows + min(self.k, 0), columns - max(self.k, 0)))}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return torch.diag(data, self.k) if data.dim() == 1 else data.diagonal(self.k, self.axis1, self.axis2)


class KhatriRao(Op, name="khatri_rao"):
    """Multiplies each column of a matrix with the same column of the next by the Kronecker product.

    Shapes: arg0 (a, k), arg1 (b, k), ..., output (a * b * ..., k).
    """

    example = "[[1, 2]]; [[3, 4], [5, 6]]"
    inputs = {"args": "The matrices."}
    variadic = "num_args"
    num_args: int = param(ge=1, le=MANY, doc="Number of matrices.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if None in s.ins:
            return {}
        if any(len(shape) != 2 for shape in s.ins):
            raise ShapeError(f"khatri_rao: expected matrices, but got the shapes {s.ins}.")
        columns = {shape[1] for shape in s.ins} - {None}
        if len(columns) > 1:
            raise ShapeError(
                f"khatri_rao: the matrices must have the same number of columns, but got the shapes {s.ins}."
            )
        return {"output": (numel(shape[0] for shape in s.ins), next(iter(columns), None))}

    def forward(self, run: Run, *args: Tensor) -> Tensor:
        return functools.reduce(lambda one, other: (one.unsqueeze(1) * other).flatten(0, 1), args)
