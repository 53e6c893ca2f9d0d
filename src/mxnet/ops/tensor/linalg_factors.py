"""Factorisations, inverses and determinants of stacks of matrices; see :mod:`mxnet.ops.tensor.linalg`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.errors import MXNetError, ShapeError
from mxnet.ir.op import Like, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tensor.linalg import LinearAlgebra, refuse_dtype
from mxnet.ops.tools.shapes import agree

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


def _refuse(operator: str, bad: Tensor, why: str) -> None:
    """Raise if a matrix is marked as one that the operator cannot work on."""
    if bad.any():
        which = f"matrix {bad.flatten().nonzero()[0].item()} " if bad.dim() else "the matrix "
        raise MXNetError(f"{operator}: {which}{why}.")


def _symmetric(lower: Tensor) -> Tensor:
    """Return the symmetric matrices with these lower triangles."""
    return lower.tril() + lower.tril(-1).mT


# ------------------------------------------------------------------------------------------- factorisations


class _Cholesky(LinearAlgebra):
    """Base of the operators on symmetric matrices and their Cholesky factors; half of A is not read."""

    lower: bool = param(default=True, doc="Whether the triangular matrices are lower ones, not upper ones.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        shape = agree(s.A, s.output)
        if shape is not None:
            self.square("A", shape)
        return {"A": shape, "output": shape}

    def lowered(self, triangle: Tensor) -> Tensor:
        """Return lower triangular matrices for those of the user, and the other way round."""
        return triangle if self.lower else triangle.mT


class Potrf(_Cholesky, name="_linalg_potrf", aliases=("linalg_potrf",)):
    r"""Factorises symmetric, positive definite matrices after Cholesky: :math:`A = L L^T`, or :math:`U^T U`.

    Shapes: A and output (..., n, n). Only one triangle of A is read, but its gradient is symmetric.
    """

    example = "[[4, 2], [2, 5]]"

    def forward(self, run: Run, A: Tensor) -> Tensor:
        factor: Tensor
        factor, failed = torch.linalg.cholesky_ex(self.lowered(A))
        _refuse(self.name, failed != 0, "is not positive definite")
        return self.lowered(factor)

    def backward(self, run: Run, grad: Tensor, output: Tensor) -> Tensor:
        factor = self.lowered(output)
        inner = _symmetric(factor.mT @ self.lowered(grad).tril()) / 2
        half = torch.linalg.solve_triangular(factor.mT, inner, upper=True)
        gradient: Tensor = torch.linalg.solve_triangular(factor, half, upper=False, left=False)
        return gradient


class Potri(_Cholesky, name="_linalg_potri", aliases=("linalg_potri",)):
    r"""Inverts matrices given by their Cholesky factors: :math:`(A A^T)^{-1}`, or :math:`(A^T A)^{-1}`.

    Shapes: A and output (..., n, n). Only one triangle of A is read.
    """

    example = "[[2, 0], [1, 2]]"

    def forward(self, run: Run, A: Tensor) -> Tensor:
        singular = (A.diagonal(dim1=-2, dim2=-1) == 0).any(-1)
        _refuse(self.name, singular, "is no Cholesky factor: there is a 0 on its diagonal")
        return torch.cholesky_inverse(self.lowered(A))

    def backward(self, run: Run, grad: Tensor, A: Tensor, output: Tensor) -> Tensor:
        grad_of_factor = -(output @ (grad + grad.mT) @ output @ self.lowered(A).tril()).tril()
        return self.lowered(grad_of_factor)


class Inverse(LinearAlgebra, name="_linalg_inverse", aliases=("linalg_inverse",)):
    """Inverts matrices.

    Shapes: A and output (..., n, n).
    """

    example = "[[1, 2], [3, 4]]"

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.A is None else {"output": self.square("A", s.A)}

    def forward(self, run: Run, A: Tensor) -> Tensor:
        inverse: Tensor
        inverse, failed = torch.linalg.inv_ex(A)
        _refuse(self.name, failed != 0, "cannot be inverted")
        return inverse

    def backward(self, run: Run, grad: Tensor, A: Like, output: Tensor) -> Tensor:
        return -(output.mT @ grad @ output.mT)


class Gelqf(LinearAlgebra, name="_linalg_gelqf", aliases=("linalg_gelqf",)):
    r"""Factorises matrices into lower triangular ones and ones with orthonormal rows: :math:`A = L Q`.

    Shapes: A and the first output Q (..., n, m) with n <= m, the second output L (..., n, n). The rows of A
    are linearly independent.
    """

    example = "[[3, 4]]"
    outputs = ("output0", "output1")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.A is None:
            return {}
        rows, columns = self.matrices("A", s.A)[-2:]
        if rows is not None and columns is not None and rows > columns:
            raise ShapeError(f"{self.name}: A {s.A} may not have more rows than columns.")
        return {"output0": s.A, "output1": (*s.A[:-2], rows, rows)}

    def forward(self, run: Run, A: Tensor) -> tuple[Tensor, Tensor]:
        q, r = torch.linalg.qr(A.mT)
        return q.mT, r.mT

    def backward(
        self, run: Run, grads: tuple[Tensor, ...], A: Like, output0: Tensor, output1: Tensor
    ) -> Tensor:
        inner = _symmetric(output1.mT @ grads[1].tril() - grads[0] @ output0.mT)
        gradient: Tensor = torch.linalg.solve_triangular(output1.mT, grads[0] + inner @ output0, upper=True)
        return gradient


class Syevd(LinearAlgebra, name="_linalg_syevd", aliases=("linalg_syevd",)):
    r"""Finds eigenvectors and eigenvalues of symmetric matrices: :math:`A = U^T \mathrm{diag}(L)\, U`.

    Shapes: A and the first output U (..., n, n), whose rows are the eigenvectors; the second output L
    (..., n), in ascending order.

    Only the lower triangle of A is read. The element of largest magnitude of each eigenvector is positive.
    """

    example = "[[2, 0], [0, 3]]"
    outputs = ("output0", "output1")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.A is None:
            return {}
        shape = self.square("A", s.A)
        return {"output0": shape, "output1": shape[:-1]}

    def forward(self, run: Run, A: Tensor) -> tuple[Tensor, Tensor]:
        values, columns = torch.linalg.eigh(A)
        if not columns.numel():
            return columns, values
        largest = columns.gather(-2, columns.abs().argmax(-2, keepdim=True))
        return torch.where(largest < 0, -columns, columns).mT, values

    def backward(
        self, run: Run, grads: tuple[Tensor, ...], A: Like, output0: Tensor, output1: Tensor
    ) -> Tensor:
        turn = grads[0] @ output0.mT
        gaps = output1.unsqueeze(-1) - output1.unsqueeze(-2)
        least = 1e-30 if gaps.dtype == torch.float32 else 1e-100  # equal eigenvalues have no derivative
        inner = ((turn - turn.mT) / (2 * gaps.clamp(min=least))).tril(-1)
        return output0.mT @ (inner + inner.mT + torch.diag_embed(grads[1])) @ output0


# --------------------------------------------------------------------------------------------- determinants


class _Determinant(LinearAlgebra):
    """Base of the determinants. Where one is 0 no gradient passes, as in MXNet."""

    example = "[[1, 2], [3, 4]]"
    outputs: ClassVar[tuple[str, ...]] = ("output0",)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.A is None:
            return {}
        return {"outs": (self.square("A", s.A)[:-2] or (1,),) * len(self.outputs)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if t.A is not None:
            refuse_dtype(self.name, "A", t.A)
        return {"outs": (t.A,) * len(self.outputs)}

    def cofactors(self, factor: Tensor, a: Tensor, determinant: Tensor) -> Tensor:
        """Return the transposed inverses times one factor each, zeros for singular matrices."""
        stacked = determinant.reshape(*a.shape[:-2], 1, 1)
        regular = torch.where(stacked == 0, torch.eye(a.shape[-1], dtype=a.dtype, device=a.device), a)
        inverse: Tensor = torch.linalg.inv_ex(regular)[0]
        return inverse.mT * torch.where(stacked == 0, 0, factor.reshape(stacked.shape))


class Determinant(_Determinant, name="_linalg_det", aliases=("linalg_det",)):
    """Computes the determinants of matrices.

    Shapes: A (..., n, n), output (...), or (1,) of a single matrix.
    """

    def forward(self, run: Run, A: Tensor) -> Tensor:
        determinant: Tensor = torch.linalg.det(A)
        return determinant.reshape(A.shape[:-2] or (1,))

    def backward(self, run: Run, grad: Tensor, A: Tensor, output0: Tensor) -> Tensor:
        return self.cofactors(grad * output0, A, output0)

    def onnx(self, to: OnnxGraph, A: Value) -> Value:
        return to.as_output(to.Det(A))


class LogDeterminant(_Determinant, name="_linalg_slogdet", aliases=("linalg_slogdet",)):
    """Computes the signs of the determinants of matrices, and the logarithms of their magnitudes.

    Shapes: A (..., n, n), the outputs (...), or (1,) of a single matrix. Of a singular matrix they are 0 and
    -inf.
    """

    outputs = ("output0", "output1")

    def forward(self, run: Run, A: Tensor) -> tuple[Tensor, Tensor]:
        sign, logarithm = torch.linalg.slogdet(A)
        shape = A.shape[:-2] or (1,)
        return sign.reshape(shape), logarithm.reshape(shape)

    def backward(self, run: Run, grads: tuple[Tensor, ...], A: Tensor, output0: Tensor) -> Tensor:
        return self.cofactors(grads[1], A, output0)


class SumLogDiagonal(LinearAlgebra, name="_linalg_sumlogdiag", aliases=("linalg_sumlogdiag",)):
    """Adds up the logarithms of the elements on the diagonals of square matrices.

    Shapes: A (..., n, n), output (...), or (1,) of a single matrix.
    """

    example = "[[1, 0], [0, 2]]"

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.A is None else {"output": self.square("A", s.A)[:-2] or (1,)}

    def forward(self, run: Run, A: Tensor) -> Tensor:
        return A.diagonal(dim1=-2, dim2=-1).log().sum(-1).reshape(A.shape[:-2] or (1,))

    def backward(self, run: Run, grad: Tensor, A: Tensor) -> Tensor:
        return torch.diag_embed(grad.reshape(*A.shape[:-2], 1) / A.diagonal(dim1=-2, dim2=-1))
