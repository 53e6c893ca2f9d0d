"""Linear algebra on stacks of matrices: products, triangular solves, diagonals and triangles.

All axes but the last two count matrices. The derivatives are those of Seeger, Hetzel, Dai, Meissner and
Lawrence, *Auto-Differentiating Linear Algebra*, 2017.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.errors import DTypeError, ShapeError
from mxnet.ir.memory import NEW, VIEW, WRITES, Memory
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tensor.matrix import gradients_of_product
from mxnet.ops.tools.flops import of_product
from mxnet.ops.tools.onnx_graph import InexpressibleError
from mxnet.ops.tools.shapes import agree

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

_DTYPES = ("float32", "float64")
_MATRICES = "Stack of matrices."


class LinearAlgebra(Op):
    """Base of the operators on matrices, which work in single and double precision only."""

    memory: ClassVar[Memory] = NEW
    backward_memory = NEW
    inputs = {"A": _MATRICES}

    def kernel_for(self, run: Run) -> Callable[..., Any]:
        kernel = super().kernel_for(run)

        def checked(*tensors: Tensor, **out: Tensor) -> Any:
            for name, tensor in zip(self.input_names(), tensors, strict=True):
                refuse_dtype(self.name, name, str(tensor.dtype).removeprefix("torch."))
            return kernel(*tensors, **out)

        return checked

    def kernel_into(self, run: Run) -> Callable[..., Any]:
        return self.kernel_for(run)

    def matrices(self, slot: str, shape: Shape) -> Shape:
        """Return a shape that is one of matrices.

        Raises
        ------
        ShapeError
            If it has fewer than two axes.
        """
        if len(shape) < 2:
            raise ShapeError(
                f"{self.name}: expected {slot} to be matrices (..., rows, columns), not {shape}."
            )
        return shape

    def square(self, slot: str, shape: Shape) -> Shape:
        """Return a shape of square matrices, both extents known if one is.

        Raises
        ------
        ShapeError
            If they are not square.
        """
        rows, columns = self.matrices(slot, shape)[-2:]
        if rows is not None and columns is not None and rows != columns:
            raise ShapeError(
                f"{self.name}: expected square matrices {slot}, but got {rows} x {columns}: {shape}."
            )
        extent = columns if rows is None else rows
        return (*shape[:-2], extent, extent)


def refuse_dtype(operator: str, slot: str, dtype: str) -> None:
    """Raise DTypeError where matrices are neither of single nor of double precision."""
    if dtype not in _DTYPES:
        raise DTypeError(f"{operator}: {slot} must be float32 or float64, not {dtype}.")


# ------------------------------------------------------------------------------------------------- products


class _MatrixProduct(LinearAlgebra):
    """Base of the matrix products: the shapes, and where the rows are."""

    inputs = {"A": _MATRICES, "B": _MATRICES}
    flops = of_product
    transpose_a: bool = param(default=False, doc="Whether to transpose A.")
    transpose_b: bool = param(default=False, doc="Whether to transpose B.")
    alpha: float = param(default=1.0, doc="Factor of the product.")
    axis: int = param(default=-2, doc="The axis of the rows; the columns are the last.")

    def _rows(self, shape: Shape) -> int:
        axis = self.axis + len(shape) if self.axis < 0 else self.axis
        if not 0 <= axis < len(shape) - 1:
            raise ShapeError(f"{self.name}: axis={self.axis} is no axis before the last of {shape}.")
        return axis

    def _product(self, a: Shape | None, b: Shape | None) -> Shape | None:
        """Return the shape of the product, None if the number of axes is not known."""
        if a is None or b is None:
            return None
        if len(a) != len(b):
            raise ShapeError(f"{self.name}: A {a} and B {b} must have the same number of axes.")
        axis = self._rows(self.matrices("A", a))
        (n, k), (also_k, m) = (
            (s[-1], s[axis]) if flipped else (s[axis], s[-1])
            for s, flipped in ((a, self.transpose_a), (b, self.transpose_b))
        )
        if k is not None and also_k is not None and k != also_k:
            raise ShapeError(
                f"{self.name}: the matrices A {a} and B {b} cannot be multiplied: {k} is not {also_k}."
            )
        batch, other = ((*s[:axis], *s[axis + 1 : -1]) for s in (a, b))
        if any(x != y for x, y in zip(batch, other, strict=True) if x is not None and y is not None):
            raise ShapeError(f"{self.name}: A {a} and B {b} may differ only in rows and columns.")
        batch = agree(batch, other) or ()
        return (*batch[:axis], n, *batch[axis:], m)

    def _multiply(self, a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
        axis = self._rows(tuple(a.shape))
        a, b = a.movedim(axis, -2), b.movedim(axis, -2)
        place = None if out is None else out.movedim(axis, -2)
        product = torch.matmul(a.mT if self.transpose_a else a, b.mT if self.transpose_b else b, out=place)
        return (product.mul_(self.alpha) if self.alpha != 1 else product).movedim(-2, axis)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        multiply = functools.partial(emit, "_linalg_gemm2", alpha=self.alpha, axis=self.axis)
        a, b = node.inputs[:2]
        return gradients_of_product(
            multiply, a, b, grads[0], transpose_a=self.transpose_a, transpose_b=self.transpose_b
        )

    def onnx(self, to: OnnxGraph, A: Value, B: Value, C: Value | None = None) -> Value:
        axis, n = self._rows((None,) * A.rank), A.rank
        order = [*[i for i in range(n - 1) if i != axis], axis, n - 1]
        a, b = A, B
        if axis != n - 2:
            a, b = to.Transpose(A, perm=order), to.Transpose(B, perm=order)
        a, b = to.transposed(a, n) if self.transpose_a else a, to.transposed(b, n) if self.transpose_b else b
        product = to.MatMul(a, b)
        product = product if self.alpha == 1 else product * self.alpha
        if axis != n - 2:
            product = to.Transpose(product, perm=[order.index(i) for i in range(n)])
        return product if C is None else product + C * getattr(self, "beta", 1.0)


class Gemm2(_MatrixProduct, name="_linalg_gemm2", aliases=("linalg_gemm2",)):
    r"""Multiplies matrices: :math:`\alpha\, \mathrm{op}(A)\, \mathrm{op}(B)`, op may transpose.

    Shapes: A (..., n, k), B (..., k, m), output (..., n, m). With ``axis=0`` they are (n, ..., k),
    (k, ..., m) and (n, ..., m).
    """

    example = "[[1, 2]]; [[3], [4]]"

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"output": self._product(s.A, s.B)}

    memory = WRITES

    def forward(self, run: Run, A: Tensor, B: Tensor, *, out: Tensor | None = None) -> Tensor:
        product = self._multiply(A, B, out)
        return product if out is None else out


class Gemm(_MatrixProduct, name="_linalg_gemm", aliases=("linalg_gemm",)):
    r"""Multiplies matrices and adds: :math:`\alpha\, \mathrm{op}(A)\, \mathrm{op}(B) + \beta C`.

    Shapes: A (..., n, k), B (..., k, m), C and output (..., n, m); see ``linalg_gemm2``.
    """

    example = "[[1, 2]]; [[3], [4]]; [[5]] | alpha=1.0, beta=2.0"
    inputs = {"A": _MATRICES, "B": _MATRICES, "C": _MATRICES}
    beta: float = param(default=1.0, doc="Factor of C.")
    axis: int = param(default=-2, doc="The axis of the rows; the columns are the last.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        shape = self._product(s.A, s.B)
        return {"output": shape, "C": shape}

    def forward(self, run: Run, A: Tensor, B: Tensor, C: Tensor) -> Tensor:
        return self._multiply(A, B) + C * self.beta

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        return (*super().gradient(node, grads), grads[0] * self.beta)


class Syrk(LinearAlgebra, name="_linalg_syrk", aliases=("linalg_syrk",)):
    r"""Multiplies matrices by their transposes: :math:`\alpha A A^T`, or :math:`\alpha A^T A`.

    Shapes: A (..., n, k), output (..., n, n), or (..., k, k) if transposed.
    """

    example = "[[1, 2], [3, 4]]"
    transpose: bool = param(default=False, doc="Whether the transpose is the left factor.")
    alpha: float = param(default=1.0, doc="Factor of the product.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.A is None:
            return {}
        extent = self.matrices("A", s.A)[-1 if self.transpose else -2]
        return {"output": (*s.A[:-2], extent, extent)}

    def forward(self, run: Run, A: Tensor) -> Tensor:
        return self.alpha * (A.mT @ A if self.transpose else A @ A.mT)

    def backward(self, run: Run, grad: Tensor, A: Tensor) -> Tensor:
        both = self.alpha * (grad + grad.mT)
        return A @ both if self.transpose else both @ A

    def onnx(self, to: OnnxGraph, A: Value) -> Value:
        other = to.transposed(A)
        return (to.MatMul(other, A) if self.transpose else to.MatMul(A, other)) * self.alpha


class _Triangular(LinearAlgebra):
    """Base of the products with triangular matrices and their inverses; the other half of A is not read."""

    inputs = {"A": "Stack of triangular matrices.", "B": _MATRICES}
    transpose: bool = param(default=False, doc="Whether to transpose A.")
    rightside: bool = param(default=False, doc="Whether A stands on the right.")
    lower: bool = param(default=True, doc="Whether A is lower triangular.")
    alpha: float = param(default=1.0, doc="Factor of the result.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        product = s.output
        if s.A is not None and s.B is not None:
            product = self._check(self.square("A", s.A), self.matrices("B", s.B))
        if product is None:
            return {}
        extent = self.matrices("B", product)[-1 if self.rightside else -2]
        return {"output": product, "B": product, "A": (*product[:-2], extent, extent)}

    def _check(self, a: Shape, b: Shape) -> Shape:
        """Return the shape of the product; raise ShapeError if there is none."""
        needed = (*b[:-2], b[-1 if self.rightside else -2])
        found = (*a[:-2], a[-1])
        if len(a) != len(b) or any(None not in (x, y) and x != y for x, y in zip(found, needed, strict=True)):
            order = "B A" if self.rightside else "A B"
            raise ShapeError(f"{self.name}: the matrices A {a} and B {b} cannot be multiplied as {order}.")
        return b

    def triangle(self, a: Tensor) -> Tensor:
        """Return A with zeros in its other half."""
        return a.tril() if self.lower else a.triu()

    def factor(self, a: Tensor) -> Tensor:
        """Return the triangular factor, transposed if A is."""
        return self.triangle(a).mT if self.transpose else self.triangle(a)

    def of_factor(self, grad: Tensor) -> Tensor:
        """Return the gradient of A from that of the factor."""
        return self.triangle(grad.mT if self.transpose else grad)


class Trmm(_Triangular, name="_linalg_trmm", aliases=("linalg_trmm",)):
    r"""Multiplies by triangular matrices: :math:`\alpha \mathrm{op}(A) B` or :math:`\alpha B \mathrm{op}(A)`.

    Shapes: A (..., n, n), B and output (..., n, m); (..., m, n) with `rightside`.
    """

    example = "[[1, 0], [2, 3]]; [[1], [1]]"

    def forward(self, run: Run, A: Tensor, B: Tensor) -> Tensor:
        factor = self.factor(A) * self.alpha
        return B @ factor if self.rightside else factor @ B

    def backward(self, run: Run, grad: Tensor, A: Tensor, B: Tensor) -> tuple[Tensor | None, ...]:
        grad = grad * self.alpha
        factor = self.factor(A).mT
        return (
            self.of_factor(B.mT @ grad if self.rightside else grad @ B.mT) if "A" in run.wants else None,
            (grad @ factor if self.rightside else factor @ grad) if "B" in run.wants else None,
        )

    def onnx(self, to: OnnxGraph, A: Value, B: Value) -> Value:
        if to.opset < 14:
            raise InexpressibleError("triangles are cut out of matrices since opset 14")
        half = to.Trilu(A, upper=0 if self.lower else 1)
        half = to.transposed(half, A.rank) if self.transpose else half
        return (to.MatMul(B, half) if self.rightside else to.MatMul(half, B)) * self.alpha


class Trsm(_Triangular, name="_linalg_trsm", aliases=("linalg_trsm",)):
    r"""Solves triangular systems: :math:`\mathrm{op}(A) X = \alpha B` or :math:`X \mathrm{op}(A) = \alpha B`.

    Shapes: A (..., n, n), B and output (..., n, m); (..., m, n) with `rightside`.
    """

    example = "[[1, 0], [2, 4]]; [[1], [6]]"

    def _solve(self, factor: Tensor, b: Tensor, *, upper: bool) -> Tensor:
        solved: Tensor = torch.linalg.solve_triangular(factor, b, upper=upper, left=not self.rightside)
        return solved

    def forward(self, run: Run, A: Tensor, B: Tensor) -> Tensor:
        return self._solve(self.factor(A), B * self.alpha, upper=self.lower == self.transpose)

    def backward(self, run: Run, grad: Tensor, A: Tensor, B: Like, output: Tensor) -> tuple[Tensor, ...]:
        of_b = self._solve(self.factor(A).mT, grad, upper=self.lower != self.transpose)
        of_factor = output.mT @ of_b if self.rightside else of_b @ output.mT
        return -self.of_factor(of_factor), of_b * self.alpha


# -------------------------------------------------------------------------------- diagonals and triangles


class _Part(LinearAlgebra):
    """Base of the operators between square matrices and a diagonal of theirs."""

    offset: int = param(
        default=0, doc="Which diagonal: 0 the main one, above it positive, below it negative."
    )

    def extent(self, shape: Shape) -> int | None:
        """Return the length of the diagonal in matrices of this shape.

        Raises
        ------
        ShapeError
            If there is no such diagonal.
        """
        extent = self.square("A", shape)[-1]
        if extent is not None and extent <= abs(self.offset):
            raise ShapeError(f"{self.name}: matrices of shape {shape} have no diagonal {self.offset}.")
        return None if extent is None else extent - abs(self.offset)

    def around(self, shape: Shape, length: int | None) -> Shape:
        """Return the shape of the square matrices in which this diagonal has that length."""
        extent = None if length is None else length + abs(self.offset)
        return (*shape[:-1], extent, extent)

    def check_vectors(self, shape: Shape) -> None:
        """Raise if there is no last axis, to hold the elements."""
        if not shape:
            raise ShapeError(f"{self.name}: expected A to be vectors (..., elements), but got {shape}.")


class ExtractDiagonal(_Part, name="_linalg_extractdiag", aliases=("linalg_extractdiag",)):
    """Takes a diagonal of square matrices.

    Shapes: A (..., n, n), output (..., n - abs(offset)).
    """

    example = "[[1, 2], [3, 4]]"
    memory = VIEW

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.A is None else {"output": (*s.A[:-2], self.extent(s.A))}

    def forward(self, run: Run, A: Tensor) -> Tensor:
        return A.diagonal(self.offset, -2, -1)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:
        return (emit("_linalg_makediag", grads[0], offset=self.offset),)


class MakeDiagonal(_Part, name="_linalg_makediag", aliases=("linalg_makediag",)):
    """Makes square matrices with a diagonal each, and zeros elsewhere.

    Shapes: A (..., n), output (..., m, m) where m = n + abs(offset).
    """

    example = "[1, 2]"
    inputs = {"A": "Stack of diagonals."}

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.A is None:
            return {}
        self.check_vectors(s.A)
        return {"output": self.around(s.A, s.A[-1])}

    def forward(self, run: Run, A: Tensor) -> Tensor:
        return torch.diag_embed(A, self.offset)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:
        return (emit("_linalg_extractdiag", grads[0], offset=self.offset),)


class _Triangle(_Part):
    """Base of the operators between square matrices and a triangle of theirs, which ends at a diagonal."""

    lower: bool = param(
        default=True, doc="Whether the triangle is the lower one, if the diagonal is the main one."
    )

    def places(self, extent: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """Return rows and columns of the elements: of lower triangles row by row, of upper by columns."""
        long, short = torch.tril_indices(extent, extent, -abs(self.offset), device=device)
        below = self.offset < 0 or (self.offset == 0 and self.lower)
        return (long, short) if below else (short, long)


class ExtractTriangle(_Triangle, name="_linalg_extracttrian", aliases=("linalg_extracttrian",)):
    """Takes a triangle of square matrices, packed: a lower one row by row, an upper one column by column.

    Shapes: A (..., n, n), output (..., k (k + 1) / 2) where k = n - abs(offset).
    """

    example = "[[1, 2], [3, 4]]"

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.A is None:
            return {}
        k = self.extent(s.A)
        return {"output": (*s.A[:-2], None if k is None else k * (k + 1) // 2)}

    def forward(self, run: Run, A: Tensor) -> Tensor:
        rows, columns = self.places(A.shape[-1], A.device)
        return A[..., rows, columns]

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:
        return (emit("_linalg_maketrian", grads[0], offset=self.offset, lower=self.lower),)


class MakeTriangle(_Triangle, name="_linalg_maketrian", aliases=("linalg_maketrian",)):
    """Makes square matrices of packed triangles, with zeros elsewhere; see ``linalg_extracttrian``.

    Shapes: A (..., k (k + 1) / 2), output (..., n, n) where n = k + abs(offset).
    """

    example = "[1, 2, 3]"
    inputs = {"A": "Stack of packed triangles."}

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.A is None:
            return {}
        self.check_vectors(s.A)
        if s.A[-1] is None:
            return {"output": self.around(s.A, None)}
        k = (math.isqrt(8 * s.A[-1] + 1) - 1) // 2
        if k * (k + 1) // 2 != s.A[-1]:
            raise ShapeError(f"{self.name}: {s.A[-1]} elements, of A {s.A}, fill no triangle.")
        return {"output": self.around(s.A, k)}

    def forward(self, run: Run, A: Tensor) -> Tensor:
        k = (math.isqrt(8 * A.shape[-1] + 1) - 1) // 2
        extent = k + abs(self.offset)
        rows, columns = self.places(extent, A.device)
        matrices = A.new_zeros((*A.shape[:-1], extent, extent))
        matrices[..., rows, columns] = A
        return matrices

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:
        return (emit("_linalg_extracttrian", grads[0], offset=self.offset, lower=self.lower),)
