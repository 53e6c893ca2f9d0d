"""Layers of neural networks: dense, convolution, pooling, normalisation, activation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mxnet.errors import ShapeError
from mxnet.ir.memory import NOWHERE, WRITES, Into, Memory
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.lazy import F, torch
from mxnet.ops.tools.flops import of_filters
from mxnet.ops.tools.shapes import numel

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


class FullyConnected(Op, name="FullyConnected", aliases=("_sparse_FullyConnected",)):
    r"""Applies a linear transformation: :math:`Y = XW^T + b`.

    Shapes: data (n, ...), weight (num_hidden, k), bias (num_hidden,) or (num_hidden, 1), output (n,
    num_hidden); with ``flatten=False`` data (..., k) and output (..., num_hidden). k is the product of the
    extents that are collapsed.
    """

    example = "[[1, 2]]; [[1, 0], [0, 1], [1, 1]]; [0, 0, 1] | num_hidden=3"
    cost = "much"
    flops = of_filters
    memory = WRITES
    backward_memory = Memory("new", into=True, adds=("weight",))

    inputs = {"data": "Input data.", "weight": "Weight matrix.", "bias": "Bias."}
    learned = ("weight", "bias")
    num_hidden: int = param(ge=1, doc="Number of hidden nodes of the output.")
    no_bias: bool = param(default=False, doc="Whether to disable the bias.")
    flatten: bool = param(default=True, doc="Whether to collapse all but the first axis of the input data.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        if not s.data:
            raise ShapeError("FullyConnected: data must have at least one axis, but has the shape ().")
        rows, k = (s.data[:1], numel(s.data[1:])) if self.flatten else (s.data[:-1], s.data[-1])
        said = {"weight": (self.num_hidden, k), "output": (*rows, self.num_hidden)}
        if s.output is not None and len(s.output) == len(rows) + 1:
            said["data"] = (*s.output[: len(rows)], *s.data[len(rows) :])
        if self.no_bias:
            return said
        is_column = s.bias is not None and len(s.bias) == 2 and s.bias[1] == 1
        return said | {"bias": (self.num_hidden, 1) if is_column else (self.num_hidden,)}

    def forward(
        self,
        run: Run,
        data: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        *,
        out: Tensor | None = None,
    ) -> Tensor:
        bias = None if bias is None else bias.flatten()
        if out is None:
            rows = data.reshape(-1, weight.shape[1]) if self.flatten else data
            return F.linear(rows, weight, bias)
        if out.dim() != 2 and not out.is_contiguous():
            return out.copy_(self.forward(run, data, weight, bias))
        factors, place = (_matrix(data, weight.shape[1]), weight.t()), _matrix(out, self.num_hidden)
        _ = torch.mm(*factors, out=place) if bias is None else torch.addmm(bias, *factors, out=place)
        return out

    def kernel_for(self, run: Run) -> Callable[..., Tensor]:
        if run.in_shapes is None:
            return super().kernel_for(run)
        data, _, *bias = map(len, run.in_shapes)
        is_plain = (data == 2 or not self.flatten) and bias in ([], [1])
        return F.linear if is_plain else super().kernel_for(run)

    def as_rows(self, to: Rows) -> None:
        m, n = to.output.size // self.num_hidden, self.num_hidden
        if to.bias is not None:
            to.divide("copy", m, lambda i, j: (to.bias, to.output.at(i * n), j - i, n, 0, n), work=m * n)
        extents = m, to.data.size // m, n
        to.product(to.data, to.weight, to.output, extents, turn_right=True, add=to.bias is not None)

    def backward_as_rows(self, to: Rows) -> None:
        m, n = to.grad.size // self.num_hidden, self.num_hidden
        k = to.data.size // m
        if to.data_grad is not None:
            to.product(to.grad, to.weight, to.data_grad, (m, n, k))
        if to.weight_grad is not None:
            to.product(to.grad, to.data, to.weight_grad, (n, m, k), turn_left=True)
        if to.bias_grad is not None:
            to.divide(
                "sum_middle",
                n,
                lambda i, j: (to.grad.at(i), to.bias_grad.at(i), 1, m, j - i, n, 1.0),
                work=m * n,
            )

    def backward(
        self,
        run: Run,
        grad: Tensor,
        data: Tensor,
        weight: Tensor,
        bias: Like | None = None,
        *,
        out: Mapping[str, Into] = NOWHERE,
    ) -> tuple[Tensor | None, ...]:
        rows, columns = _matrix(grad, self.num_hidden), _matrix(data, weight.shape[1])
        wants = run.wants
        into_data = into_weight = into_bias = None
        if "data" in wants:
            into_data = _product(rows, weight, out.get("data"))
            if into_data is not None and columns is not data:
                into_data = into_data.view(data.shape)
        if "weight" in wants:
            into_weight = _product(rows.t(), columns, out.get("weight"))
        if bias is not None and "bias" in wants:
            place = out.get("bias")
            into_bias = torch.sum(rows, 0).view(bias.shape) if place is None else None
            if place is not None:
                torch.sum(rows, 0, out=place.tensor.view(-1))
        return into_data, into_weight, into_bias

    def onnx(self, to: OnnxGraph, data: Value, weight: Value, bias: Value | None = None) -> Value:
        if bias is not None and bias.rank > 1:
            bias = to.Reshape(bias, [-1])
        if data.rank == 2 or self.flatten:
            rows = data if data.rank == 2 else to.Flatten(data, axis=1)
            return to.Gemm(rows, weight, bias, transB=1)
        product = to.MatMul(data, to.Transpose(weight, perm=[1, 0]))
        return product if bias is None else product + bias

    def as_torch(self, data: str, weight: str, bias: str = "None") -> str:
        rows = f"{data}.flatten(1)" if self.flatten else data
        return f"F.linear({rows}, {weight}, {bias})" if bias != "None" else f"F.linear({rows}, {weight})"


def _matrix(array: Tensor, width: int) -> Tensor:
    """View an array as rows of that many numbers."""
    return array if array.dim() == 2 else array.reshape(-1, width)


def _product(left: Tensor, right: Tensor, place: Into | None) -> Tensor | None:
    """Return the product of two matrices, or write it to its place, or add it to what is there."""
    if place is None:
        return torch.mm(left, right)
    target = place.tensor
    if target.dim() != 2 and not target.is_contiguous():
        product = torch.mm(left, right).view(target.shape)
        _ = target.add_(product) if place.add else target.copy_(product)
        return None
    target = _matrix(target, right.shape[1])
    if place.add:
        torch.addmm(target, left, right, out=target)
    else:
        torch.mm(left, right, out=target)
    return None
