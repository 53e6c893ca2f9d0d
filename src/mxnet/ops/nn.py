"""Layers of neural networks: dense, convolution, pooling, normalisation, activation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mxnet.ir.op import NOWHERE, Into, Op, Run, Slots, param
from mxnet.lazy import F, torch
from mxnet.ops.shapes import numel

if TYPE_CHECKING:
    from torch import Tensor


class FullyConnected(Op, name="FullyConnected", aliases=("_sparse_FullyConnected",)):
    r"""Applies a linear transformation: :math:`Y = XW^T + b`.

    Shapes: data (n, ...), weight (num_hidden, k), bias (num_hidden,), output (n, num_hidden); with
    ``flatten=False`` data (..., k) and output (..., num_hidden). k is the product of the extents that are
    collapsed.
    """

    costly = True
    result = backward_result = "new"
    backward_into = {"data": "write", "weight": "add", "bias": "write"}

    inputs = {"data": "Input data.", "weight": "Weight matrix.", "bias": "Bias."}
    num_hidden: int = param(ge=1, doc="Number of hidden nodes of the output.")
    no_bias: bool = param(default=False, doc="Whether to disable the bias.")
    flatten: bool = param(default=True, doc="Whether to collapse all but the first axis of the input data.")

    def input_names(self) -> tuple[str, ...]:
        return ("data", "weight") if self.no_bias else ("data", "weight", "bias")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        rows, k = (s.data[:1], numel(s.data[1:])) if self.flatten else (s.data[:-1], s.data[-1])
        said = {"weight": (self.num_hidden, k), "output": (*rows, self.num_hidden)}
        if s.output is not None and len(s.output) == len(rows) + 1:
            said["data"] = (*s.output[: len(rows)], *s.data[len(rows) :])
        return said if self.no_bias else said | {"bias": (self.num_hidden,)}

    def forward(self, run: Run, data: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return F.linear(data.reshape(-1, weight.shape[1]) if self.flatten else data, weight, bias)

    def kernel_for(self, run: Run) -> Callable[..., Tensor]:
        is_matrix = run.in_shapes is not None and len(run.in_shapes[0]) == 2
        return F.linear if is_matrix or not self.flatten else super().kernel_for(run)

    def backward(
        self, run: Run, grad: Tensor, data: Tensor, weight: Tensor, into: Mapping[str, Into] = NOWHERE
    ) -> tuple[Tensor | None, ...]:
        rows = grad if grad.dim() == 2 else grad.reshape(-1, self.num_hidden)
        into_data = into_weight = into_bias = None
        if "data" in run.wants:
            if place := into.get("data"):
                torch.mm(rows, weight, out=place.tensor.view(-1, weight.shape[1]))
            else:
                into_data = torch.mm(rows, weight).view(data.shape)
        if "weight" in run.wants:
            columns = data if data.dim() == 2 else data.reshape(-1, weight.shape[1])
            if place := into.get("weight"):
                torch.addmm(place.tensor, rows.t(), columns, beta=int(place.add), out=place.tensor)
            else:
                into_weight = torch.mm(rows.t(), columns)
        if "bias" in run.wants:
            if place := into.get("bias"):
                torch.sum(rows, 0, out=place.tensor)
            else:
                into_bias = torch.sum(rows, 0)
        return into_data, into_weight, into_bias
