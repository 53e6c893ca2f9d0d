"""Small functions of the contrib module, element by element, and whether arrays are close."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import DTypeError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.memory import NEW, VIEW
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.ir.storage import CSR, Sparse
from mxnet.lazy import torch
from mxnet.ops.tools.gradients import no_gradient
from mxnet.ops.tools.shapes import same_shape
from mxnet.ops.tools.storage import LINEAR, on_values
from mxnet.ops.tools.traced import rows_by_trace

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


class Quadratic(Op, name="_contrib_quadratic"):
    """Computes a x^2 + b x + c, element by element; of integers the fraction is cut off.

    Shapes: data and output (...).
    """

    example = "[1, 2] | a=1, b=2, c=3"
    memory = NEW
    sparse = Sparse(lambda op, stypes: CSR if stypes[0] == CSR and op.c == 0 else None, kernel=on_values)
    a: float = param(default=0.0, doc="Coefficient of the square.")
    b: float = param(default=0.0, doc="Coefficient of x.")
    c: float = param(default=0.0, doc="The constant.")

    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return ((self.a * data + self.b) * data + self.c).to(data.dtype)

    as_rows = rows_by_trace(forward)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:
        return (emit("_contrib_backward_quadratic", grads[0], node.inputs[0], a=self.a, b=self.b, c=self.c),)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return (data * self.a + self.b) * data + self.c


class QuadraticGradient(Op, name="_contrib_backward_quadratic"):
    """Computes grad (2 a x + b), element by element: the gradient of ``contrib.quadratic``.

    Shapes: grad, data and output (...).
    """

    example = "[1, 1]; [1, 2] | a=1, b=3"
    memory = NEW
    inputs = {"grad": "Gradient of the output.", "data": "Input data, x."}
    a: float = param(default=0.0, doc="Coefficient of the square.")
    b: float = param(default=0.0, doc="Coefficient of x.")
    c: float = param(default=0.0, doc="The constant, which has no effect.")

    infer_shape = same_shape

    def forward(self, run: Run, grad: Tensor, data: Tensor) -> Tensor:
        return (grad * (2 * self.a * data + self.b)).to(data.dtype)

    as_rows = rows_by_trace(forward)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, Entry]:
        return emit(self, grads[0], node.inputs[1]), grads[0] * node.inputs[0] * (2 * self.a)


class GradientMultiplier(Op, name="_contrib_gradientmultiplier"):
    """Returns its input, and multiplies the gradient that comes back by a number.

    Shapes: data and output (...). A negative number reverses the gradient (Ganin and Lempitsky, 2015).
    """

    example = "[1, 2] | scalar=0.5"
    memory = VIEW
    sparse = LINEAR
    scalar: float = param(default=1.0, doc="Factor of the gradient.")
    is_int: bool = param(default=True, doc="Whether gradients of integers stay integers.")

    infer_shape = same_shape

    def as_rows(self, to: Rows) -> None:
        to.same(to.output, to.data)

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:
        return (emit("_mul_scalar", grads[0], scalar=self.scalar, is_int=self.is_int),)

    onnx = "Identity"


class DivideBySqrtDim(Op, name="_contrib_div_sqrt_dim"):
    """Divides by the square root of the last extent, as attention scales its scores (Vaswani et al., 2017).

    Shapes: data and output (..., d). Of integers the root is cut off first, then the quotient.
    """

    example = "[[2, 4, 6, 8]]"
    memory = NEW
    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        if not data.dim():
            raise ShapeError("_contrib_div_sqrt_dim: data needs an axis.")
        if data.dtype.is_floating_point:
            return data / math.sqrt(max(data.shape[-1], 1))
        return torch.div(data, max(math.isqrt(data.shape[-1]), 1), rounding_mode="trunc")

    as_rows = rows_by_trace(forward)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:
        return (emit(self, grads[0]),)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return data / math.sqrt(data.extent(-1))


class AllClose(Op, name="_contrib_allclose"):
    r"""Tells whether all elements are close: :math:`|a - b| \le atol + rtol\, |b|`.

    Shapes: a and b (...), of one dtype; output (), uint8, 1 or 0. By the formula, anything is close to an
    infinite b.
    """

    example = "[1, 2]; [1, 2.5] | atol=0.1"
    memory = NEW
    inputs = {"a": "One array.", "b": "The other one, by which closeness is measured."}
    rtol: float = param(default=1e-5, doc="Relative tolerance.")
    atol: float = param(default=1e-8, doc="Absolute tolerance.")
    equal_nan: bool = param(default=True, doc="Whether NaN is close to NaN.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if not (is_complete(s.a) and is_complete(s.b)):
            return {}
        if s.a != s.b:
            raise ShapeError(f"_contrib_allclose: a {s.a} and b {s.b} must have the same shape.")
        return {"output": ()}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if t.a is not None and t.b is not None and t.a != t.b:
            raise DTypeError(f"_contrib_allclose: a, {t.a}, and b, {t.b}, must have the same dtype.")
        return {"output": "uint8"}

    def forward(self, run: Run, a: Tensor, b: Tensor) -> Tensor:
        if a.dtype not in (torch.float32, torch.float64):
            a, b = a.double(), b.double()
        close = (a == b) | ((a - b).abs() <= self.atol + self.rtol * b.abs())
        if self.equal_nan:
            close |= a.isnan() & b.isnan()
        return close.all().to(torch.uint8)

    gradient = no_gradient
