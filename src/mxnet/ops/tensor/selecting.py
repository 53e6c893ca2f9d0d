"""Operators that overwrite rows, keep some rows, or say where elements stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import DTypeError, MXNetError, ParameterError, ShapeError
from mxnet.ir.memory import NEW
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tools.device import torch_device
from mxnet.ops.tools.expect import extents_of
from mxnet.ops.tools.gradients import no_gradient
from mxnet.ops.tools.shapes import normal_axis

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

_COPIED = {
    "old_tensor": "What is overwritten.",
    "index_vector": "Which rows.",
    "new_tensor": "The rows that are written.",
}


def _rows(operator: str, index: Tensor, extent: int) -> Tensor:
    """Return row numbers; raise MXNetError if there is no such row."""
    rows = index.long()
    if rows.numel() and not 0 <= int(rows.min()) <= int(rows.max()) < extent:
        raise MXNetError(f"{operator}: index_vector must hold rows from 0 to {extent - 1}.")
    return rows


class IndexCopy(Op, name="_contrib_index_copy"):
    """Overwrites rows of an array; in a copy, as all operators do.

    Shapes: old_tensor and output (n, ...), index_vector (k,), new_tensor (k, ...). Row numbers may be of any
    dtype.
    """

    example = 'mx.nd.zeros((3, 2)); mx.nd.array([1], dtype="int64"); [[8, 9]]'
    memory = NEW
    inputs = _COPIED

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        old, index, new = s.ins
        extents_of(self, s, index_vector="k")
        if old is not None and new is not None:
            fits = len(old) == len(new) > 0 and all(
                a is None or b is None or a == b for a, b in zip(old[1:], new[1:], strict=True)
            )
            if not fits:
                raise ShapeError(f"{self.name}: new_tensor {new} does not hold rows of old_tensor {old}.")
        if index is not None and new is not None and None not in (index[0], new[0]) and index[0] != new[0]:
            raise ShapeError(f"{self.name}: index_vector {index} has not one element for each row of {new}.")
        return {} if None in s.ins else {"output": old}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        old, new = t.old_tensor, t.new_tensor
        if old is not None and new is not None and old != new:
            raise DTypeError(f"{self.name}: old_tensor, {old}, and new_tensor, {new}, must have one dtype.")
        return {"output": old, "old_tensor": t.output}

    def forward(self, run: Run, old_tensor: Tensor, index_vector: Tensor, new_tensor: Tensor) -> Tensor:
        return old_tensor.index_copy(0, _rows(self.name, index_vector, len(old_tensor)), new_tensor)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, None, Entry]:
        old, new = emit("_contrib_backward_index_copy", grads[0], node.inputs[1]).node.outputs
        return old, None, new

    def onnx(self, to: OnnxGraph, old_tensor: Value, index_vector: Value, new_tensor: Value) -> Value:
        return to.ScatterND(old_tensor, to.Unsqueeze(index_vector.as_type("int64"), [1]), new_tensor)


class IndexCopyGradient(Op, name="_contrib_backward_index_copy"):
    """Splits the gradient of ``contrib.index_copy`` into those of the old rows and of the new ones.

    Shapes: grad and the first output (n, ...), index_vector (k,), the second output (k, ...).
    """

    example = 'mx.nd.ones((3, 2)); mx.nd.array([1], dtype="int64")'
    inputs = {"grad": "Gradient of the output.", "index_vector": "Which rows were overwritten."}
    outputs = ("old_tensor_grad", "new_tensor_grad")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        extents_of(self, s, index_vector="k")
        if s.grad is None or s.index_vector is None:
            return {}
        if not s.grad:
            raise ShapeError(f"{self.name}: grad must have an axis of rows.")
        return {"old_tensor_grad": s.grad, "new_tensor_grad": (*s.index_vector, *s.grad[1:])}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"outs": (t.grad, t.grad)}

    def forward(self, run: Run, grad: Tensor, index_vector: Tensor) -> tuple[Tensor, Tensor]:
        rows = _rows(self.name, index_vector, len(grad))
        return grad.index_fill(0, rows, 0), grad.index_select(0, rows)

    def gradient(self, node: Node, grads: Sequence[Entry | None]) -> tuple[Entry, None]:
        old, new = (
            grad or emit("zeros_like", output) for grad, output in zip(grads, node.outputs, strict=True)
        )
        return emit("_contrib_index_copy", old, node.inputs[1], new), None


class IndexArray(Op, name="_contrib_index_array"):
    """Returns for each element where it stands: its index along all axes, or along some.

    Shapes: data (d0, d1, ...), output (d0, d1, ..., number of axes), int64.
    """

    example = "mx.nd.ones((2, 2))"
    memory = NEW
    axes: tuple[int, ...] | None = param(default=None, doc="Which axes; all by default.")

    def _axes(self, shape: Shape) -> tuple[int, ...]:
        axes = range(len(shape)) if self.axes is None else self.axes
        return tuple(normal_axis(axis, len(shape), self.name) for axis in axes)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.data is None else {"output": (*s.data, len(self._axes(s.data)))}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": "int64"}

    def forward(self, run: Run, data: Like) -> Tensor:
        device = torch_device(run.context)
        shape = data.shape
        found = torch.empty((*shape, len(axes := self._axes(shape))), dtype=torch.int64, device=device)
        for position, axis in enumerate(axes):
            steps = [1] * len(shape)
            steps[axis] = shape[axis]
            found[..., position] = torch.arange(shape[axis], device=device).reshape(steps)
        return found

    gradient = no_gradient


class BooleanMask(Op, name="_contrib_boolean_mask"):
    """Keeps the rows whose mask is not 0; how many, only the mask tells.

    Shapes: data (n, ...), index (n,), output (number of rows kept, ...), which is not inferred.
    """

    example = "[[1, 2], [3, 4], [5, 6]]; [0, 1, 1]"
    memory = backward_memory = NEW
    late_shape = True
    inputs = {"data": "Input data.", "index": "The mask."}
    axis: int = param(default=0, doc="The axis of the rows; only 0.")

    def validate(self) -> None:
        if self.axis:
            raise ParameterError(f"{self.name}: axis={self.axis} is not supported, only 0.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        data, index = s.ins
        extents_of(self, s, index="n")
        if data == () or (data and index and None not in (data[0], index[0]) and data[0] != index[0]):
            raise ShapeError(f"{self.name}: index {index} has not one element for each row of data {data}.")
        return {}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": t.data, "data": t.output}

    def forward(self, run: Run, data: Tensor, index: Tensor) -> Tensor:
        return data[index != 0]

    def backward(self, run: Run, grad: Tensor, data: Like, index: Tensor) -> tuple[Tensor, None]:
        kept = (index != 0).nonzero().squeeze(1)
        return grad.new_zeros(data.shape).index_copy(0, kept, grad), None

    def onnx(self, to: OnnxGraph, data: Value, index: Value) -> Value:
        return to.Compress(data, to.truth(index), axis=self.axis % data.rank)
