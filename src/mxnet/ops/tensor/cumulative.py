"""Running sums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.dtype import torch_dtype
from mxnet.errors import ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.memory import NEW
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tools.shapes import agree, numel

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

_DTYPES = ("float16", "float32", "float64", "int32", "int64", "int8")


class CumulativeSum(Op, name="_np_cumsum", aliases=("cumsum",)):
    """Adds up the elements before each one, and itself, along an axis.

    Shapes: a and output (d0, d1, ...), or output (size,) of the flattened array without `axis`. Integers
    wrap around; bools are counted in int64.
    """

    example = "[[1, 2, 3], [4, 5, 6]] | axis=1"
    memory = NEW
    inputs = {"a": "Input data."}
    axis: int | None = param(
        default=None, doc="The axis, counted from the front; None for the flattened array."
    )
    dtype: str | None = param(
        default=None,
        choices=("None", *_DTYPES),
        doc="The data type of the output; that of the input by default.",
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if self.axis is None:
            return {"output": (numel(s.a),)} if is_complete(s.a) else {}
        shape = agree(s.a, s.output)
        if shape is not None and not 0 <= self.axis < len(shape):
            raise ShapeError(
                f"cumsum: axis {self.axis} does not exist in an array of {len(shape)} dimensions."
            )
        return {"a": shape, "output": shape}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if self.dtype is not None:
            return {"output": self.dtype}
        return {"a": t.output} if t.a is None else {"output": "int64" if t.a == "bool" else t.a}

    def forward(self, run: Run, a: Tensor) -> Tensor:
        own = torch.int64 if a.dtype == torch.bool else a.dtype
        dtype = own if self.dtype is None else torch_dtype(self.dtype)
        return a.flatten().cumsum(0, dtype=dtype) if self.axis is None else a.cumsum(self.axis, dtype=dtype)

    def backward(self, run: Run, grad: Tensor, a: Like) -> Tensor:
        axis = 0 if self.axis is None else self.axis
        return grad.flip(axis).cumsum(axis).flip(axis).reshape(a.shape).to(a.dtype)

    def onnx(self, to: OnnxGraph, a: Value) -> Value:
        line = to.Reshape(a, [-1]) if self.axis is None else a
        return to.CumSum(line.as_type(to.outs[0][0]), to.constant(np.asarray(self.axis or 0)))
