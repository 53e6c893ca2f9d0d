"""Operators that change the dtype and leave the values, as far as the new dtype can hold them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.dtype import torch_dtype
from mxnet.ir.memory import Memory
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.ir.param import MANY
from mxnet.ops.tools.shapes import agree, first_is_image, same_shape

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

_WITH_AMP = ("float32", "float64", "float16", "bfloat16", "uint8", "int8", "int32", "int64")
_NARROW = ("bfloat16", "float16", "float32")


class Cast(Op, name="Cast", aliases=("cast",)):
    """Converts elements to another dtype.

    Fractions are cut off and integers wrap around. The gradient is converted back, whatever the dtypes are.
    """

    example = '[0.9, 1.3] | dtype="int32"'
    names_inputs = False
    image_inputs = first_is_image
    dtype: str = param(choices=(*_WITH_AMP, "bool"), doc="The dtype of the output.")

    infer_shape = same_shape

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": self.dtype}

    memory = Memory("either", into=True)

    def forward(self, run: Run, data: Tensor, *, out: Tensor | None = None) -> Tensor:
        return data.to(torch_dtype(self.dtype)) if out is None else out.copy_(data)

    def backward(self, run: Run, grad: Tensor, data: Like) -> Tensor:
        return grad.to(data.dtype)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.truth(data) if to.outs[0][0] == "bool" else data.as_type(to.outs[0][0])


class AmpCast(Op, name="amp_cast"):
    """Converts float16 and float32 to another dtype, and leaves the others alone.

    Automatic mixed precision inserts it.
    """

    example = '[0.5, 1.5] | dtype="float16"'
    names_inputs = False
    image_inputs = first_is_image
    dtype: str = param(choices=_WITH_AMP, doc="The dtype of the output.")

    infer_shape = same_shape

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if t.data is None:
            return {}
        return {"output": self.dtype if t.data in _NARROW else t.data}

    memory = Memory("either", into=True)

    def forward(self, run: Run, data: Tensor, *, out: Tensor | None = None) -> Tensor:
        if out is not None:
            return out.copy_(data)
        return data.to(torch_dtype(self.dtype)) if _name(data) in _NARROW else data

    def backward(self, run: Run, grad: Tensor, data: Like) -> Tensor:
        return grad.to(data.dtype)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return data.as_type(to.outs[0][0])


class AmpMulticast(Op, name="amp_multicast"):
    """Gives all float16 and float32 inputs one dtype, the wider or the narrower among them; others stay."""

    example = '[1, 2]; mx.nd.ones((2,), dtype="float16") | num_outputs=2'
    names_inputs = False
    inputs = {"data": "The arrays."}
    variadic = "data"  # as in MXNet, a call must say how many there are
    num_outputs: int = param(ge=1, le=MANY, doc="Number of arrays.")
    cast_narrow: bool = param(default=False, doc="Whether the narrower dtype is taken.")

    def input_names(self) -> tuple[str, ...]:
        return tuple(f"arg{i}" for i in range(self.num_outputs))

    def output_names(self) -> tuple[str, ...]:
        return tuple(f"output{i}" for i in range(self.num_outputs))

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        pairs = tuple(agree(known, wanted) for known, wanted in zip(s.ins, s.outs, strict=True))
        return {"ins": pairs, "outs": pairs}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {} if None in t.ins else {"outs": self._results(t.ins)}

    def _results(self, dtypes: tuple[str, ...]) -> tuple[str, ...]:
        present = {dtype for dtype in dtypes if dtype in _NARROW}
        common = min(present) if self.cast_narrow else max(present, default="")
        return tuple(common if dtype in _NARROW else dtype for dtype in dtypes)

    def forward(self, run: Run, *data: Tensor) -> tuple[Tensor, ...]:
        results = self._results(tuple(map(_name, data)))
        return tuple(each.to(torch_dtype(dtype)) for each, dtype in zip(data, results, strict=True))

    def backward(self, run: Run, grads: tuple[Tensor, ...], ins: tuple[Like, ...]) -> tuple[Tensor, ...]:
        return tuple(grad.to(data.dtype) for grad, data in zip(grads, ins, strict=True))

    def onnx(self, to: OnnxGraph, *data: Value) -> tuple[Value, ...]:
        return tuple(each.as_type(dtype) for each, (dtype, _) in zip(data, to.outs, strict=True))


def _name(tensor: Tensor) -> str:
    return str(tensor.dtype).removeprefix("torch.")
