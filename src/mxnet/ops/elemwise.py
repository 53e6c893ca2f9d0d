"""Arithmetic of arrays of one shape, element by element; no broadcasting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.arithmetic import FORMULAS, Formula
from mxnet.ops.device import torch_device
from mxnet.ops.shapes import same_shape

if TYPE_CHECKING:
    from torch import Tensor


class Elementwise(Op):
    """Base of the operators of two arrays of one shape and dtype, which the output shares."""

    inputs = {"lhs": "Left operand.", "rhs": "Right operand."}
    formula: ClassVar[Formula]

    infer_shape = same_shape

    def forward(self, run: Run, lhs: Tensor, rhs: Tensor) -> Tensor:
        return self.formula.compute(lhs, rhs)


class ElementwiseAdd(Elementwise, name="elemwise_add", aliases=("_add", "_plus", "_Plus", "_sparse_elemwise_add")):
    """Adds two arrays of one shape."""

    formula = FORMULAS["add"]

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, Entry]:
        return grads[0], grads[0]


class GradientAdd(ElementwiseAdd, name="_grad_add"):
    """Adds two arrays of one shape. The name under which MXNet adds up gradients."""


class ElementwiseSub(Elementwise, name="elemwise_sub", aliases=("_sub", "_minus", "_Minus", "_sparse_elemwise_sub")):
    """Subtracts an array from another of the same shape."""

    formula = FORMULAS["sub"]

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, Entry]:
        return grads[0], -grads[0]


class ElementwiseMul(Elementwise, name="elemwise_mul", aliases=("_mul", "_Mul", "_sparse_elemwise_mul")):
    """Multiplies two arrays of one shape, element by element."""

    formula = FORMULAS["mul"]

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, Entry]:
        lhs, rhs = node.inputs
        return grads[0] * rhs, grads[0] * lhs


class ElementwiseDiv(Elementwise, name="elemwise_div", aliases=("_div", "_Div", "_sparse_elemwise_div")):
    """Divides an array by another of the same shape, element by element. Integers are rounded towards zero."""

    formula = FORMULAS["div"]

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, Entry]:
        lhs, rhs = node.inputs
        into_lhs = grads[0] / rhs
        return into_lhs, -(into_lhs * lhs) / rhs


class AddN(Op, name="add_n", aliases=("ElementWiseSum", "_sparse_add_n", "_sparse_ElementWiseSum")):
    """Adds any number of arrays of one shape."""

    inputs = {"args": "The arrays to add."}
    variadic = "num_args"
    num_args: int = param(ge=1, doc="Number of arrays.")

    infer_shape = same_shape

    def forward(self, run: Run, *args: Tensor) -> Tensor:
        if len(args) == 1:
            return args[0]
        total = args[0] + args[1]
        for each in args[2:]:
            total += each
        return total

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, ...]:
        return (grads[0],) * self.num_args


class Identity(Op, name="_copy", aliases=("identity",)):
    """Returns its input."""

    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:
        return (grads[0],)


class ZerosLike(Op, name="zeros_like", aliases=("_sparse_zeros_like",)):
    """Returns zeros of the shape and dtype of its input."""

    infer_shape = same_shape

    def forward(self, run: Run, data: Like) -> Tensor:
        return torch.zeros(data.shape, dtype=data.dtype, device=torch_device(run.context))

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[None]:
        return (None,)


class OnesLike(Op, name="ones_like"):
    """Returns ones of the shape and dtype of its input."""

    infer_shape = same_shape

    def forward(self, run: Run, data: Like) -> Tensor:
        return torch.ones(data.shape, dtype=data.dtype, device=torch_device(run.context))

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[None]:
        return (None,)
