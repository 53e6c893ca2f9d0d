"""Operators on batches of sequences of different lengths, padded to the longest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.dtype import number_as
from mxnet.errors import MXNetError, ShapeError
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.lazy import torch

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


class _SequenceOperator(Op):
    """Base: the optional input of lengths, and the axes of time and sample."""

    inputs = {
        "data": "Sequences: time and sample on the first two axes.",
        "sequence_length": "How many steps count.",
    }
    use_sequence_length: bool = param(
        default=False, doc="Whether sequence_length is given; otherwise all steps count."
    )
    axis: int = param(default=0, doc="The axis of time, 0 or 1; the other one is that of the samples.")

    def validate(self) -> None:
        if self.axis not in self.time_axes():
            allowed = " or ".join(map(str, self.time_axes()))
            raise MXNetError(f"{self.name}: the axis of time must be {allowed}, not {self.axis}.")

    def time_axes(self) -> tuple[int, ...]:
        """Return the axes that may be the axis of time."""
        return (0, 1)

    def input_names(self) -> tuple[str, ...]:
        return ("data", "sequence_length") if self.use_sequence_length else ("data",)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        if len(s.data) < 2:
            raise ShapeError("data needs at least 2 axes: time and sample.")
        samples = s.data[1 - self.axis]
        return {"ins": (s.data, (samples,))[: len(s.ins)], "output": self.output_shape(s.data)}

    def output_shape(self, data: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return the shape of the output."""
        return data

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if t.data is None:
            return {}
        lengths = t.ins[1] or t.data if self.use_sequence_length else None  # of any dtype
        return {"output": t.data, "ins": (t.data, lengths)[: len(t.ins)]}

    def time(self, data: Tensor | Like, lengths: Tensor) -> Tensor:
        """Return the step of each position, in a shape that broadcasts to the first two axes of data."""
        return torch.arange(data.shape[self.axis], device=lengths.device).unsqueeze(1 - self.axis)


class SequenceMask(_SequenceOperator, name="SequenceMask"):
    """Sets the steps after the end of each sequence to a value.

    Shapes: data and output (time, n, ...), or (n, time, ...) with ``axis=1``; sequence_length (n,). Lengths
    may be of any dtype; fractions are cut off.
    """

    example = "mx.nd.ones((3, 2, 1)); [1, 3] | use_sequence_length=True, value=-1.0"
    use_sequence_length: bool = param(
        default=False, doc="Whether sequence_length is given; otherwise all steps count."
    )
    value: float = param(default=0.0, doc="What to fill in.")
    axis: int = param(default=0, doc="The axis of time, 0 or 1; the other one is that of the samples.")

    def forward(self, run: Run, data: Tensor, sequence_length: Tensor | None = None) -> Tensor:
        if sequence_length is None:
            return data
        counts = self.time(data, sequence_length) < sequence_length.long().unsqueeze(self.axis)
        counts = counts.view(*counts.shape, *(1,) * (data.dim() - 2))
        value = number_as(self.value, data.dtype)
        return torch.where(counts, data, torch.full((), value, dtype=data.dtype, device=data.device))

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        lengths = node.inputs[1:]
        masked = emit(
            "SequenceMask", grads[0], *lengths, use_sequence_length=self.use_sequence_length, axis=self.axis
        )
        return masked, *(None for _ in lengths)

    def onnx(self, to: OnnxGraph, data: Value, sequence_length: Value | None = None) -> Value:
        if sequence_length is None:
            return to.Identity(data)
        time = [1] * (data.rank)
        time[self.axis] = -1
        steps = to.Reshape(to.positions(data.shape[self.axis]), time)  # type: ignore[index]
        axes = [i for i in range(data.rank) if i != 1 - self.axis]
        counts = to.Less(steps, to.Unsqueeze(sequence_length.as_type("int64"), axes))
        return to.Where(counts, data, to.value(self.value, data.dtype))


class SequenceLast(_SequenceOperator, name="SequenceLast"):
    """Takes the last step of each sequence.

    Shapes: data (time, n, ...), or (n, time, ...) with ``axis=1``; sequence_length (n,), output (n, ...). A
    length below 1 takes the first step, one beyond the end the last.
    """

    example = "mx.nd.arange(6).reshape((3, 2, 1)); [1, 3] | use_sequence_length=True"

    def output_shape(self, data: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (data[1 - self.axis], *data[2:])

    def _where(self, data: Tensor | Like, lengths: Tensor) -> tuple[Tensor, Tensor]:
        last = (lengths.long() - 1).clamp(0, data.shape[self.axis] - 1)
        samples = torch.arange(len(lengths), device=lengths.device)
        return (last, samples) if self.axis == 0 else (samples, last)

    def forward(self, run: Run, data: Tensor, sequence_length: Tensor | None = None) -> Tensor:
        if sequence_length is None:
            return data.select(self.axis, -1)
        return data[self._where(data, sequence_length)]

    def backward(
        self, run: Run, grad: Tensor, data: Like, sequence_length: Tensor | None = None
    ) -> tuple[Tensor | None, ...]:
        zeros = grad.new_zeros(data.shape)
        if sequence_length is None:
            return (zeros.select_scatter(grad, self.axis, -1),)
        return zeros.index_put(self._where(data, sequence_length), grad), None

    def onnx(self, to: OnnxGraph, data: Value, sequence_length: Value | None = None) -> Value:
        if sequence_length is None:
            return to.Gather(data, to.constant(np.asarray(-1)), axis=self.axis)
        last = to.index(sequence_length - 1, data.shape[self.axis])  # type: ignore[index]
        samples = to.positions(data.shape[1 - self.axis])  # type: ignore[index]
        pair = (last, samples) if self.axis == 0 else (samples, last)
        return to.GatherND(data, to.Concat(*[to.Unsqueeze(each, [1]) for each in pair], axis=1))


class SequenceReverse(_SequenceOperator, name="SequenceReverse"):
    """Reverses each sequence, leaving the steps after its end where they are.

    Shapes: data and output (time, n, ...), sequence_length (n,).
    """

    example = "mx.nd.arange(6).reshape((3, 2, 1)); [2, 3] | use_sequence_length=True"

    def time_axes(self) -> tuple[int, ...]:
        return (0,)

    def forward(self, run: Run, data: Tensor, sequence_length: Tensor | None = None) -> Tensor:
        if sequence_length is None:
            return data.flip(0)
        time = self.time(data, sequence_length)
        end = sequence_length.long().clamp(max=data.shape[0])
        source = torch.where(time < end, end - 1 - time, time)
        return data[source, torch.arange(len(end), device=data.device)]

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        lengths = node.inputs[1:]
        return emit(self, grads[0], *lengths), *(None for _ in lengths)

    def onnx(self, to: OnnxGraph, data: Value, sequence_length: Value | None = None) -> Value:
        if sequence_length is None:
            return to.slice(data, 0, -1, None, -1)
        return to.ReverseSequence(data, sequence_length.as_type("int64"), time_axis=0, batch_axis=1)
