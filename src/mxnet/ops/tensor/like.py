"""Operators that are given an array only for its shape and dtype."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mxnet.ir.memory import WRITES
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import Like, Op, Run
from mxnet.ir.storage import Call, Sparse, Stored
from mxnet.lazy import torch
from mxnet.ops.tools.device import torch_device
from mxnet.ops.tools.gradients import no_gradient
from mxnet.ops.tools.shapes import same_shape
from mxnet.ops.tools.storage import FLAT, as_first, like_the_head, like_the_inputs

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


def _nothing(call: Call) -> Stored:
    """Store nothing."""
    data = call.arrays[0]
    values, where, *begins = data.parts
    parts = values[:0].clone(), where[:0].clone(), *(torch.zeros_like(each) for each in begins)
    return Stored(data.stype, data.shape, parts)


def _as_it_is(call: Call) -> Stored | None:
    """Copy the first array, if it is stored as the result is."""
    data = call.arrays[0]
    if data.stype != call.stype:
        return None
    return data._replace(parts=tuple([part.clone() for part in data.parts]))


class ZerosLike(Op, name="zeros_like", aliases=("_sparse_zeros_like",)):
    """Returns zeros of the shape and dtype of its input."""

    example = "[[1, 2], [3, 4]]"
    memory = WRITES
    sparse = Sparse(as_first, like_the_inputs, _nothing)

    infer_shape = same_shape

    def as_rows(self, to: Rows) -> None:
        to.few(to.output)
        to("fill", to.output, to.output.size, 0.0)

    def forward(self, run: Run, data: Like, *, out: Tensor | None = None) -> Tensor:
        if out is not None:
            return out.zero_()
        return torch.zeros(data.shape, dtype=data.dtype, device=torch_device(run.context))

    gradient = no_gradient

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.full(to.outs[0][1], 0, data.dtype)


class OnesLike(Op, name="ones_like"):
    """Returns ones of the shape and dtype of its input."""

    example = "[[1, 2], [3, 4]]"
    memory = WRITES
    sparse = FLAT

    infer_shape = same_shape

    def as_rows(self, to: Rows) -> None:
        to.few(to.output)
        to("fill", to.output, to.output.size, 1.0)

    def forward(self, run: Run, data: Like, *, out: Tensor | None = None) -> Tensor:
        if out is not None:
            return out.fill_(1)
        return torch.ones(data.shape, dtype=data.dtype, device=torch_device(run.context))

    gradient = no_gradient

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.full(to.outs[0][1], 1, data.dtype)


class IdentityLike(Op, name="_identity_with_attr_like_rhs"):
    """Returns its left input, which has the shape and dtype of the right one."""

    example = "[1, 2]; [3, 4]"
    inputs = {"lhs": "What is returned.", "rhs": "What it is like."}
    sparse = Sparse(lambda op, stypes: stypes[1], like_the_head, _as_it_is)

    infer_shape = same_shape

    def forward(self, run: Run, lhs: Tensor, rhs: Like) -> Tensor:
        return lhs

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, None]:
        return grads[0], None

    def onnx(self, to: OnnxGraph, lhs: Value, rhs: Value) -> Value:
        return to.Identity(lhs)
