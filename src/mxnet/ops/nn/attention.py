"""The matrix products of multi-head attention (Vaswani et al., 2017) on interleaved projections.

The projections of all heads lie side by side in the last axis: head by head its query, key and value, or its
key and value only. So one dense layer makes them all, and taking them apart copies nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mxnet.errors import ShapeError
from mxnet.ir.memory import NEW
from mxnet.ir.op import Op, Run, Shape, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tools.expect import expect_real
from mxnet.ops.tools.onnx_graph import volume

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


_QUERIES_KEYS_VALUES = "Queries, keys and values, (length, batch, heads * 3 * d)."
_KEYS_VALUES = "Keys and values, (source, batch, heads * 2 * d)."


class Interleaved(Op):
    """Base of the products: takes projections apart, and puts their gradients together again."""

    memory = backward_memory = NEW
    interleaved: ClassVar[dict[str, int]]
    """For each input that holds projections, how many each head has."""
    heads: int = param(ge=1, doc="Number of heads.")

    def extents(self, name: str, shape: Shape) -> tuple[int | None, int | None, int | None]:
        """Return the length, the number of matrices (batch * heads) and the extent d of one projection.

        Raises
        ------
        ShapeError
            If the input has not three axes, or its projections do not divide the last one.
        """
        each = self.heads * self.interleaved[name]
        if len(shape) != 3 or (shape[2] is not None and shape[2] % each):
            raise ShapeError(
                f"{self.name}: expected {name} to be (length, batch, width), the width a multiple of {each} "
                f"({self.heads} heads, {self.interleaved[name]} projections), but got {shape}."
            )
        length, batch, width = shape
        return length, batch and batch * self.heads, None if width is None else width // each

    def agree(self, what: str, one: int | None, other: int | None) -> int | None:
        """Return an extent that two inputs share; raise ShapeError if it is not one."""
        if one is not None and other is not None and one != other:
            raise ShapeError(f"{self.name}: the inputs do not agree about the {what}: {one} is not {other}.")
        return other if one is None else one

    def apart(self, arrays: Sequence[Tensor]) -> list[Tensor]:
        """Return the projections in all arrays, each (batch * heads, length, d)."""
        parts: list[Tensor] = []
        for count, array in zip(self.interleaved.values(), arrays, strict=True):
            expect_real(self, array)
            length, batch, width = array.shape
            heads = array.reshape(length, batch * self.heads, count, width // (self.heads * count))
            parts += (part.transpose(0, 1) for part in heads.unbind(2))
        return parts

    def together(self, parts: Sequence[Tensor], arrays: Sequence[Tensor]) -> list[Tensor]:
        """Return projections side by side in arrays like these: the inverse of `apart`."""
        rest = iter(parts)
        return [
            torch.stack([next(rest).transpose(0, 1) for _ in range(count)], 2).reshape(array.shape)
            for count, array in zip(self.interleaved.values(), arrays, strict=True)
        ]

    def apart_in_onnx(self, to: OnnxGraph, arrays: Sequence[Value]) -> list[Value]:
        """Return what :meth:`apart` does."""
        parts: list[Value] = []
        for count, array in zip(self.interleaved.values(), arrays, strict=True):
            width = array.extent(2) // (self.heads * count)
            length, batch = array.shape[:2]  # type: ignore[index]
            heads = to.reshape(array, (length, batch, self.heads, count, width))
            for i in range(count):
                part = to.Gather(heads, to.constant(np.int64(i)), axis=3)  # type: ignore[arg-type]
                moved = to.Transpose(part, perm=[1, 2, 0, 3])
                parts.append(to.reshape(moved, (volume((batch, self.heads)), length, width)))
        return parts


class _Scores(Interleaved):
    """Base of the products of queries and keys."""

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if None in s.ins:
            return {}
        found = [self.extents(name, shape) for name, shape in zip(self.interleaved, s.ins, strict=True)]
        target, matrices, extent = found[0]
        source, also_matrices, also_extent = found[-1]
        self.agree("extent of a head", extent, also_extent)
        return {"output": (self.agree("batch, times heads", matrices, also_matrices), target, source)}

    def forward(self, run: Run, *ins: Tensor) -> Tensor:
        query, key, _ = self.apart(ins)
        return (query / math.sqrt(query.shape[-1])) @ key.mT

    def backward(self, run: Run, grad: Tensor, ins: tuple[Tensor, ...]) -> list[Tensor]:
        query, key, value = self.apart(ins)
        grad = grad / math.sqrt(query.shape[-1])
        return self.together([grad @ key, grad.mT @ query, torch.zeros_like(value)], ins)

    def flops(self, ins: Sequence[tuple[int, ...]], outs: Sequence[tuple[int, ...]]) -> int:
        return 2 * math.prod(outs[0]) * (ins[0][2] // (self.heads * next(iter(self.interleaved.values()))))

    def onnx(self, to: OnnxGraph, *ins: Value) -> Value:
        query, key, *_ = self.apart_in_onnx(to, ins)
        width = ins[0].extent(2) // (self.heads * next(iter(self.interleaved.values())))
        return to.MatMul(query / math.sqrt(width), to.Transpose(key, perm=[0, 2, 1]))


class SelfAttentionScores(_Scores, name="_contrib_interleaved_matmul_selfatt_qk"):
    """Multiplies the queries of a sequence by its keys, over the square root of a head's extent.

    Shapes: queries_keys_values (length, batch, heads * 3 * d), output (batch * heads, length, length).
    """

    example = "mx.nd.ones((3, 2, 12)) | heads=2"
    inputs = {"queries_keys_values": _QUERIES_KEYS_VALUES}
    interleaved = {"queries_keys_values": 3}


class AttentionScores(_Scores, name="_contrib_interleaved_matmul_encdec_qk"):
    """Multiplies the queries of a sequence by the keys of another, over the square root of a head's extent.

    Shapes: queries (target, batch, heads * d), keys_values (source, batch, heads * 2 * d), output
    (batch * heads, target, source).
    """

    example = "mx.nd.ones((3, 2, 4)); mx.nd.ones((5, 2, 8)) | heads=2"
    inputs = {"queries": "Queries, (target, batch, heads * d).", "keys_values": _KEYS_VALUES}
    interleaved = {"queries": 1, "keys_values": 2}


class _Values(Interleaved):
    """Base of the sums of values, weighted by attention."""

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        projected, attention = s.ins
        if projected is None or attention is None:
            return {}
        if len(attention) != 3:
            raise ShapeError(
                f"{self.name}: expected attention to be (batch * heads, target, source), not {attention}."
            )
        (name,) = self.interleaved
        length, matrices, extent = self.extents(name, projected)
        target = attention[1]
        self.agree("batch, times heads", attention[0], matrices)
        self.agree("length of the source", attention[2], length)
        if name == "queries_keys_values":
            target = self.agree("length of the target", target, length)
        return {"output": (target, projected[1], None if extent is None else self.heads * extent)}

    def forward(self, run: Run, *ins: Tensor) -> Tensor:
        projected, attention = ins
        value = self.apart([projected])[-1]
        return (attention @ value).transpose(0, 1).reshape(attention.shape[1], projected.shape[1], -1)

    def backward(self, run: Run, grad: Tensor, ins: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        projected, attention = ins
        *others, value = self.apart([projected])
        of_sum = grad.reshape(len(grad), -1, value.shape[-1]).transpose(0, 1)
        parts = [*map(torch.zeros_like, others), attention.mT @ of_sum]
        return self.together(parts, [projected])[0], of_sum @ value.mT

    def flops(self, ins: Sequence[tuple[int, ...]], outs: Sequence[tuple[int, ...]]) -> int:
        return 2 * math.prod(outs[0]) * ins[1][2]

    def onnx(self, to: OnnxGraph, *ins: Value) -> Value:
        projected, attention = ins
        value = self.apart_in_onnx(to, [projected])[-1]
        length, batch, width = to.outs[0][1]
        made = to.MatMul(attention, value)
        heads = to.reshape(made, (batch, self.heads, length, width // self.heads))  # type: ignore[operator]
        return to.as_output(to.Transpose(heads, perm=[2, 0, 1, 3]))


class SelfAttentionValues(_Values, name="_contrib_interleaved_matmul_selfatt_valatt"):
    """Adds up the values of a sequence, weighted by attention.

    Shapes: queries_keys_values (length, batch, heads * 3 * d), attention (batch * heads, length, length),
    output (length, batch, heads * d).
    """

    example = "mx.nd.ones((3, 2, 12)); mx.nd.ones((4, 3, 3)) | heads=2"
    inputs = {
        "queries_keys_values": _QUERIES_KEYS_VALUES,
        "attention": "Attention weights, (batch * heads, length, length).",
    }
    interleaved = {"queries_keys_values": 3}


class AttentionValues(_Values, name="_contrib_interleaved_matmul_encdec_valatt"):
    """Adds up the values of another sequence, weighted by attention.

    Shapes: keys_values (source, batch, heads * 2 * d), attention (batch * heads, target, source), output
    (target, batch, heads * d).
    """

    example = "mx.nd.ones((5, 2, 8)); mx.nd.ones((4, 3, 5)) | heads=2"
    inputs = {
        "keys_values": _KEYS_VALUES,
        "attention": "Attention weights, (batch * heads, target, source).",
    }
    interleaved = {"keys_values": 2}
