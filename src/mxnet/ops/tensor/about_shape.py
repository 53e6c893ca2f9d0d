"""What the shape of an array is, as an array."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.ir.op import Like, Op, Run, Slots
from mxnet.lazy import torch
from mxnet.ops.tools.device import torch_device
from mxnet.ops.tools.gradients import no_gradient

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


class _AboutShape(Op):
    """Base of the operators whose output tells about the shape of data; it is int64 and has no gradient."""

    example = "mx.nd.ones((2, 3))"

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": "int64"}

    gradient = no_gradient


class ShapeArray(_AboutShape, name="shape_array"):
    """Returns the shape of data as an array."""

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"output": (None if s.data is None else len(s.data),)}

    def forward(self, run: Run, data: Like) -> Tensor:
        return torch.tensor(data.shape, dtype=torch.int64, device=torch_device(run.context))

    onnx = "Shape"


class SizeArray(_AboutShape, name="size_array"):
    """Returns the number of elements of data as an array of shape (1,)."""

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"output": (1,)}

    def forward(self, run: Run, data: Like) -> Tensor:
        return torch.tensor([math.prod(data.shape)], dtype=torch.int64, device=torch_device(run.context))

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.Reshape(to.Size(data), [1])
