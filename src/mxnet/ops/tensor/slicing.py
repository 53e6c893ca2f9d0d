"""Operators that take or replace a rectangular part of an array, described by one range per axis."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.dtype import number_as
from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.memory import VIEW
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.ir.storage import CSR, Call, Sparse, Stored
from mxnet.lazy import torch
from mxnet.ops.tools.shapes import normal_axis
from mxnet.ops.tools.storage import csr_if_whole, rows_of_csr

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

Ranges = Sequence[range]
"""The positions along every axis, which together are a part of an array; steps may be negative."""


def _extents(ranges: Sequence[range | None]) -> Shape:
    return tuple(None if each is None else len(each) for each in ranges)


def _forwards(ranges: Ranges) -> tuple[tuple[slice, ...], list[int]]:
    """Return the part in ascending order, as torch needs it, and the axes to reverse then."""
    where = tuple(slice(min(each), max(each) + 1, abs(each.step)) if each else slice(0, 0) for each in ranges)
    return where, [axis for axis, each in enumerate(ranges) if each.step < 0]


def _read(array: Tensor, ranges: Ranges) -> Tensor:
    where, backwards = _forwards(ranges)
    return array[where].flip(backwards) if backwards else array[where]


def _write(array: Tensor, ranges: Ranges, part: Tensor) -> Tensor:
    where, backwards = _forwards(ranges)
    array[where] = part.flip(backwards) if backwards else part
    return array


class _PartOfData(Op):
    """Base of the operators that take a part of data; its gradient is zero elsewhere."""

    memory = VIEW

    @abstractmethod
    def ranges(self, data: Shape) -> Sequence[range | None]:
        """Return the positions along each axis of data, None where its extent is unknown."""

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.data is None else {"output": _extents(self.ranges(s.data))}

    def as_rows(self, to: Rows) -> None:
        shape, ranges = to.data.shape, self.ranges(to.data.shape)
        steps = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
        begin = sum(each.start * step for each, step in zip(ranges, steps, strict=True) if each)
        walked = [each.step * step for each, step in zip(ranges, steps, strict=True) if each is not None]
        to.walk(to.data.at(begin), walked, to.output)

    def backward_as_rows(self, to: Rows) -> None:
        shape, ranges = to.data_grad.shape, self.ranges(to.data_grad.shape)
        steps = [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]
        begin = sum(each.start * step for each, step in zip(ranges, steps, strict=True) if each)
        walked = [each.step * step for each, step in zip(ranges, steps, strict=True) if each is not None]
        to.few(to.data_grad)
        to("fill", to.data_grad, to.data_grad.size, 0.0)
        to.walk(to.grad, walked, to.data_grad.at(begin), back=True)

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return _read(data, self.ranges(data.shape))  # type: ignore[arg-type] # its extents are known

    def backward(self, run: Run, grad: Tensor, data: Like) -> Tensor:
        return _write(grad.new_zeros(data.shape), self.ranges(data.shape), grad)  # type: ignore[arg-type]


class _Sliced(Op):
    """Base of the operators that describe a part as Python's slices do."""

    begin: tuple[int | None, ...] = param(doc="Where the part begins on each axis.")
    end: tuple[int | None, ...] = param(doc="Where the part ends on each axis, itself not included.")
    step: tuple[int | None, ...] = param(
        default=(), doc="The distance of positions on each axis; by default 1."
    )

    def validate(self) -> None:
        if len(self.begin) != len(self.end) or (self.step and len(self.step) != len(self.begin)):
            raise ParameterError(
                f"{self.name}: begin={self.begin}, end={self.end} and step={self.step} must be of one length."
            )
        if 0 in self.step:
            raise ParameterError(f"{self.name}: step={self.step} must not be 0.")

    def ranges(self, data: Shape) -> Sequence[range | None]:
        """Return the positions along each axis of data, None where its extent is unknown."""
        if len(self.begin) > len(data):
            raise ShapeError(f"{self.name}: begin={self.begin} is longer than the shape of data, {data}.")
        slices = list(map(slice, self.begin, self.end, self.step or (None,) * len(self.begin)))
        slices += [slice(None)] * (len(data) - len(slices))
        pairs = zip(slices, data, strict=True)
        return [None if extent is None else range(*each.indices(extent)) for each, extent in pairs]


def _part_of_csr(call: Call) -> Stored | None:
    """Take rows of a CSR matrix, and what they store in some columns."""
    if call.stype != CSR:
        return None
    (data,) = call.arrays
    rows, columns = call.op.ranges(data.shape)
    part = rows_of_csr(data, torch.arange(rows.start, rows.stop, device=data.parts[2].device))
    if len(columns) == data.shape[1]:
        return part
    values, places, indptr = part.parts
    kept = (places >= columns.start) & (places < columns.stop)
    before = torch.cat((indptr.new_zeros(1), kept.cumsum(0)))
    parts = values[kept], places[kept] - columns.start, before[indptr]
    return Stored(CSR, (len(rows), len(columns)), parts)


class Slice(_Sliced, _PartOfData, name="slice", aliases=("crop", "_sparse_slice")):
    """Takes a part of an array, as ``data[begin[0]:end[0]:step[0], ...]`` does in Python.

    ``None`` leaves a bound open, negative ones count from the end, and what lies beyond an array is cut off
    (MXNet 1.2 refused it). Axes that are not mentioned are taken whole.
    """

    example = "[[1, 2, 3], [4, 5, 6]] | begin=(0, 1), end=(2, 3)"
    sparse = Sparse(csr_if_whole, kernel=_part_of_csr)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        most = np.iinfo(np.int64).max
        steps = [each or 1 for each in self.step or (1,) * len(self.begin)]
        begins, ends = (
            [
                each if each is not None else most if (step < 0) == is_begin else -most * (not is_begin)
                for each, step in zip(bounds, steps, strict=True)
            ]
            for bounds, is_begin in ((self.begin, True), (self.end, False))
        )
        return to.Slice(data, begins, ends, range(len(steps)), steps)


class SliceAxis(_PartOfData, name="slice_axis"):
    """Takes the positions `begin` to `end` of one axis. Unlike in :class:`Slice`, they must exist."""

    example = "[[1, 2, 3], [4, 5, 6]] | axis=1, begin=0, end=2"
    axis: int = param(doc="The axis.")
    begin: int = param(doc="The first position; negative ones count from the end.")
    end: int | None = param(doc="The position after the last, or None for the end of the axis.")

    def ranges(self, data: Shape) -> Sequence[range | None]:
        axis = normal_axis(self.axis, len(data), self.name)
        extent = data[axis]
        part = None
        if extent is not None:
            begin = self.begin + extent if self.begin < 0 else self.begin
            end = extent if self.end is None else self.end + extent if self.end < 0 else self.end
            if not 0 <= begin < end <= extent:
                raise ShapeError(
                    f"slice_axis: axis {axis} has {extent} positions, and no part {self.begin}:{self.end}."
                )
            part = range(begin, end)
        return [part if i == axis else None if d is None else range(d) for i, d in enumerate(data)]

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.slice(data, self.axis % data.rank, self.begin, self.end)

    def as_torch(self, data: str) -> str | None:
        if self.axis < 0:
            return None
        part = f"{self.begin or ''}:{'' if self.end is None else self.end}"
        return f"{data}[{':, ' * self.axis}{part}]"


class SliceLike(Op, name="slice_like"):
    """Takes the first part of an array, as large as another array: on the axes named, or on all.

    Shapes: data (d0, d1, ...), shape_like the same or smaller where it counts. Its gradient is zero.
    """

    example = "[[1, 2, 3], [4, 5, 6]]; mx.nd.ones((1, 2))"
    memory = VIEW

    inputs = {"data": "Input data.", "shape_like": "The array whose shape the output takes on."}
    axes: tuple[int, ...] = param(default=(), doc="The axes that are cut; by default all.")

    def _shape(self, data: Shape, like: Shape) -> Shape:
        if not self.axes and len(data) != len(like):
            raise ShapeError(
                f"slice_like: without axes, shape {like} of shape_like must have {len(data)} axes as data."
            )
        shape = list(data)
        for axis in self.axes or range(len(data)):
            here, there = normal_axis(axis, len(data), self.name), normal_axis(axis, len(like), self.name)
            extent, wanted = data[here], like[there]
            if extent is not None and wanted is not None and wanted > extent:
                raise ShapeError(
                    f"slice_like: axis {axis} of data has {extent} positions, but shape_like has {wanted}."
                )
            shape[here] = wanted
        return tuple(shape)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.data is None or s.shape_like is None else {"output": self._shape(s.data, s.shape_like)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": t.data, "data": t.output}

    def forward(self, run: Run, data: Tensor, shape_like: Like) -> Tensor:
        return data[tuple(slice(d) for d in self._shape(data.shape, shape_like.shape))]

    def backward(self, run: Run, grad: Tensor, data: Like, shape_like: Like) -> tuple[Tensor, ...]:
        nothing = torch.zeros(shape_like.shape, dtype=shape_like.dtype, device=grad.device)
        return _write(grad.new_zeros(data.shape), [range(d) for d in grad.shape], grad), nothing

    def onnx(self, to: OnnxGraph, data: Value, shape_like: Value) -> Value:
        axes = [axis % data.rank for axis in self.axes] or range(shape_like.rank)
        ends = to.shape_of([shape_like.shape[axis] for axis in axes])  # type: ignore[index]
        return to.Slice(data, [0] * len(axes), ends, axes)


class SliceAssign(_Sliced, name="_slice_assign", aliases=("_crop_assign",)):
    """Returns `lhs` with a part of it, described as in :class:`Slice`, replaced by `rhs`."""

    example = "[1, 2, 3, 4]; [8, 9] | begin=(1,), end=(3,)"
    inputs = {"lhs": "The array.", "rhs": "What replaces a part of it."}

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.lhs is None else {"output": s.lhs, "rhs": _extents(self.ranges(s.lhs))}

    def forward(self, run: Run, lhs: Tensor, rhs: Tensor) -> Tensor:
        return _write(lhs.clone(), self.ranges(lhs.shape), rhs)  # type: ignore[arg-type] # its extents are known


class SliceAssignScalar(_Sliced, name="_slice_assign_scalar", aliases=("_crop_assign_scalar",)):
    """Returns `data` with a part of it, described as in :class:`Slice`, replaced by a number."""

    example = "[1, 2, 3, 4] | begin=(1,), end=(3,), scalar=2.5"
    scalar: float = param(default=0.0, doc="The number.")
    begin: tuple[int | None, ...] = param(doc="Where the part begins on each axis.")
    end: tuple[int | None, ...] = param(doc="Where the part ends on each axis, itself not included.")
    step: tuple[int | None, ...] = param(
        default=(), doc="The distance of positions on each axis; by default 1."
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if not is_complete(s.data):
            return {}
        self.ranges(s.data)
        return {"output": s.data}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        output = data.clone()
        number = number_as(self.scalar, data.dtype)
        output[_forwards(self.ranges(data.shape))[0]] = number  # type: ignore[arg-type]
        return output
