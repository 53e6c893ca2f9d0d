"""Functions of one array, element by element, that have parameters: bent lines and limits."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.dtype import number_as
from mxnet.ir.memory import NOWHERE, Into, Memory
from mxnet.ir.op import Op, Run, param
from mxnet.ir.storage import Sparse
from mxnet.lazy import torch
from mxnet.ops.tools.nan import confused_by_nan
from mxnet.ops.tools.shapes import first_is_image, same_shape
from mxnet.ops.tools.storage import on_values
from mxnet.ops.tools.traced import rows_by_trace
from mxnet.ops.tools.writing import written

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


class HardSigmoid(Op, name="hard_sigmoid"):
    r"""Approximates sigmoid by a line: :math:`\min(\max(\alpha x + \beta, 0), 1)`."""

    example = "[-1, 0, 1]"
    alpha: float = param(default=0.2, doc="Slope of the line.")
    names_inputs = False
    image_inputs = first_is_image
    beta: float = param(default=0.5, doc="Its value at 0.")

    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return (data * self.alpha + self.beta).clamp(0, 1).to(data.dtype)

    def backward(self, run: Run, grad: Tensor, output: Tensor) -> Tensor:
        of_numbers = output.nan_to_num(0.0)
        into: Tensor = torch.ops.aten.hardtanh_backward(grad * self.alpha, of_numbers, 0.0, 1.0)
        return into

    as_rows, backward_as_rows = rows_by_trace(forward), rows_by_trace(backward, is_backward=True)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.HardSigmoid(data, alpha=self.alpha, beta=self.beta)


class SmoothL1(Op, name="smooth_l1"):
    r"""Computes a loss that is quadratic near 0 and linear elsewhere.

    :math:`(\sigma x)^2 / 2` where :math:`|x| < 1 / \sigma^2`, and :math:`|x| - 1 / (2 \sigma^2)` elsewhere;
    :math:`\sigma` is `scalar` (Girshick, 2015).
    """

    example = "[-2, 0.5, 2] | scalar=1.0"
    names_inputs = False
    scalar: float = param(default=1.0, doc="Where the parabola ends: at one over its square.")

    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        square = self.scalar**2
        end = 1 / square if square else math.inf
        near = data.clamp(-end, end)
        return (near * (data - near / 2) * square).to(data.dtype)

    def backward(self, run: Run, grad: Tensor, data: Tensor) -> Tensor:
        return grad * (data * self.scalar**2).clamp(-1, 1)

    as_rows, backward_as_rows = rows_by_trace(forward), rows_by_trace(backward, is_backward=True)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        square = self.scalar**2
        near = to.Clip(data, -1 / square, 1 / square) if square else data
        return near * (data - near / 2) * square


class Clip(Op, name="clip", aliases=("_sparse_clip",)):
    r"""Limits elements to an interval: :math:`\min(\max(x, a_{min}), a_{max})`.

    At the bounds the gradient still passes.
    """

    example = "[-2, 0.5, 2] | a_min=-1.0, a_max=1.0"
    a_min: float = param(doc="Least value.")
    a_max: float = param(doc="Greatest value.")

    infer_shape = same_shape
    memory = Memory("new", over=("data",), into=True)
    backward_memory = Memory("new", over=("grad",), into=True)
    names_inputs = False
    image_inputs = first_is_image
    sparse = Sparse(lambda op, stypes: stypes[0] if op.a_min <= 0 <= op.a_max else None, kernel=on_values)

    def as_activation(self) -> tuple[str, tuple[float, ...]] | None:
        return ("hardtanh", (self.a_min, self.a_max)) if self.a_min <= self.a_max else None

    def forward(self, run: Run, data: Tensor, *, out: Tensor | None = None) -> Tensor:
        low, high = (number_as(bound, data.dtype) for bound in (self.a_min, self.a_max))
        dtype = data.dtype
        least, most = (-math.inf, math.inf) if dtype.is_floating_point else _ends(dtype)
        if least <= self.a_min <= self.a_max <= most:
            return torch.clamp(data, low, high, out=out)
        return written(torch.where(data > self.a_max, high, torch.where(data < self.a_min, low, data)), out)

    def backward(self, run: Run, grad: Tensor, data: Tensor, *, out: Mapping[str, Into] = NOWHERE) -> Tensor:
        if not data.dtype.is_floating_point or confused_by_nan(data):
            inside = grad.masked_fill((data < self.a_min) | (data > self.a_max), 0)
            return written(inside, out["data"].tensor if out else None)
        outside = _neighbour(self.a_min, -math.inf, data.dtype), _neighbour(self.a_max, math.inf, data.dtype)
        kernel: Any = torch.ops.aten.hardtanh_backward
        if out:
            return kernel.grad_input(grad, data, *outside, grad_input=out["data"].tensor)  # type: ignore[no-any-return]
        return kernel.default(grad, data, *outside)  # type: ignore[no-any-return]

    as_rows, backward_as_rows = rows_by_trace(forward), rows_by_trace(backward, is_backward=True)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        if self.a_min > self.a_max:
            low, high = to.value(self.a_min, data.dtype), to.value(self.a_max, data.dtype)
            return to.Where(to.Greater(data, high), high, to.Where(to.Less(data, low), low, data))
        if to.opset >= 12:
            return to.Clip(data, number_as(self.a_min, data.dtype), number_as(self.a_max, data.dtype))
        return to.Clip(data.as_type("float32"), self.a_min, self.a_max).as_type(data.dtype)


def _ends(dtype: torch.dtype) -> tuple[float, float]:
    info = torch.iinfo(dtype)
    return info.min, info.max


@functools.cache
def _neighbour(number: float, towards: float, dtype: torch.dtype) -> float:
    """Return the next number of that dtype."""
    return torch.nextafter(*torch.tensor([number, towards], dtype=dtype)).item()
