"""Operators that sort, or find the largest elements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tools.gradients import no_gradient
from mxnet.ops.tools.onnx_graph import Extent, volume
from mxnet.ops.tools.shapes import normal_axis, numel

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

_INDEX_DTYPES = ("float16", "float32", "float64", "int32", "int64", "uint8")
_AXIS = "The axis along which elements are compared; None for the flattened array."


def _line_up(data: Tensor, axis: int | None) -> tuple[Tensor, int]:
    """Return the array and the axis along which it is sorted."""
    return (data.flatten(), 0) if axis is None else (data, axis)


def _line_up_in_onnx(to: OnnxGraph, data: Value, axis: int | None) -> tuple[Value, int, Extent]:
    """Return what :func:`_line_up` does, and the extent of that axis."""
    assert data.shape is not None
    if axis is None:
        return to.Reshape(data, [-1]), 0, volume(data.shape)
    return data, axis % data.rank, data.shape[axis]


def _sorted_shape(data: Shape | None, axis: int | None, operator: str) -> Shape | None:
    if data is None or axis is None:
        return data and (numel(data),)
    normal_axis(axis, len(data), operator)
    return data


def _scatter(grad: Tensor, where: Tensor, data: Like, axis: int | None) -> Tensor:
    """Return the gradient of data, from that of the elements that were taken from these positions."""
    zeros, along = _line_up(grad.new_zeros(data.shape), axis)
    return zeros.scatter(along, where.long(), grad).reshape(data.shape)


class TopK(Op, name="topk"):
    """Finds the `k` largest (or smallest) elements along an axis, and where they are.

    Shapes: data (d0, d1, ...); the outputs have the extent k along `axis`, or the shape (k,) with
    ``axis=None``. With ``ret_typ="mask"`` the output is shaped like data and is 1 where they are.

    Of equal elements the first ones come first, unless a few of many are looked for: then any may be found.
    NaN is greater than every number, as on MXNet's GPUs.
    """

    example = '[3, 1, 2] | k=2, ret_typ="both"'
    outputs = ("output0", "output1")
    axis: int | None = param(default=-1, doc=_AXIS)
    k: int = param(default=1, doc="How many; all if it is less than 1.")
    ret_typ: str = param(
        default="indices",
        choices=("both", "indices", "mask", "value"),
        doc="What is returned: the elements, their positions, both, or a mask.",
    )
    is_ascend: bool = param(default=False, doc="Whether the smallest are looked for.")
    dtype: str = param(default="float32", choices=_INDEX_DTYPES, doc="The data type of positions.")

    def output_names(self) -> tuple[str, ...]:
        return ("output0", "output1") if self.ret_typ in ("value", "both") else ("output",)

    def visible_outputs(self) -> int:
        return 2 if self.ret_typ == "both" else 1

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        shape = _sorted_shape(s.data, self.axis, self.name) or ()
        axis = 0 if self.axis is None else self.axis % len(shape)
        extent = shape[axis]
        if extent is not None and self.k > extent:
            raise ShapeError(
                f"topk: there are no k={self.k} among the {extent} elements along axis {self.axis}."
            )
        found = (
            s.data
            if self.ret_typ == "mask"
            else (*shape[:axis], self.k if self.k > 0 else extent, *shape[axis + 1 :])
        )
        return {"outs": (found,) * len(s.outs)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if self.ret_typ == "indices":
            return {"output": self.dtype}
        positions = self.dtype if self.ret_typ == "both" else "int32"
        return {"data": t.outs[0], "outs": (t.data, positions)[: len(t.outs)]}

    def forward(self, run: Run, data: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        line, axis = _line_up(data, self.axis)
        extent = line.shape[axis]
        k = self.k if self.k > 0 else extent
        if extent > 64 and 4 * k < extent:
            values, where = line.topk(k, axis, largest=not self.is_ascend)
        else:
            values, where = line.sort(dim=axis, descending=not self.is_ascend, stable=True)
            values, where = values.narrow(axis, 0, k), where.narrow(axis, 0, k)
        if self.ret_typ == "mask":
            return torch.zeros_like(line).scatter(axis, where, 1).reshape(data.shape)
        if self.ret_typ == "indices":
            return where.to(getattr(torch, self.dtype))
        return values, where.to(getattr(torch, self.dtype) if self.ret_typ == "both" else torch.int32)

    def backward(self, run: Run, grad: Tensor, data: Like, output1: Tensor | None = None) -> Tensor:
        if output1 is None:  # positions and masks have no gradient
            return torch.zeros(data.shape, dtype=data.dtype, device=grad.device)
        return _scatter(grad, output1, data, self.axis)

    def onnx(self, to: OnnxGraph, data: Value) -> Value | tuple[Value, ...]:
        line, axis, extent = _line_up_in_onnx(to, data, self.axis)
        k = to.shape_of([self.k if self.k > 0 else extent])
        values, where = to.ordered(line, k, axis, ascending=self.is_ascend)
        match self.ret_typ:
            case "indices":
                return where.as_type(self.dtype)
            case "value":
                return values
            case "both":
                return values, where.as_type(self.dtype)
        zeros = to.full(data.shape if self.axis is not None else (extent,), 0, data.dtype)  # type: ignore[arg-type]
        ones = to.Expand(to.value(1, data.dtype), to.Shape(where), dtype=data.dtype)
        return to.as_output(to.ScatterElements(zeros, where, ones, axis=axis))


class Sort(Op, name="sort"):
    """Sorts along an axis; equal elements keep their order.

    Shapes: data and output (d0, d1, ...), or (size,) with ``axis=None``. A hidden output tells where from.
    NaN is greater than every number.
    """

    example = "[3, 1, 2]"
    outputs = ("output0", "output1")
    axis: int | None = param(default=-1, doc=_AXIS)
    is_ascend: bool = param(default=True, doc="Whether the smallest comes first.")

    def visible_outputs(self) -> int:
        return 1

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"outs": (_sorted_shape(s.data, self.axis, self.name),) * 2}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"data": t.output0, "outs": (t.data, "int64")}

    def forward(self, run: Run, data: Tensor) -> tuple[Tensor, Tensor]:
        line, axis = _line_up(data, self.axis)
        return line.sort(dim=axis, descending=not self.is_ascend, stable=True)

    def backward(self, run: Run, grad: Tensor, data: Like, output1: Tensor) -> Tensor:
        return _scatter(grad, output1, data, self.axis)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        line, axis, extent = _line_up_in_onnx(to, data, self.axis)
        return to.ordered(line, to.shape_of([extent]), axis, ascending=self.is_ascend)[0]


class ArgSort(Op, name="argsort"):
    """Finds which element sorting would bring to each place along an axis; equal ones keep their order.

    Shapes: data and output (d0, d1, ...), or (size,) with ``axis=None``. NaN is greater than every number.
    """

    example = "[3, 1, 2]"
    axis: int | None = param(default=-1, doc=_AXIS)
    is_ascend: bool = param(default=True, doc="Whether the smallest comes first.")
    dtype: str = param(default="float32", choices=_INDEX_DTYPES, doc="The data type of positions.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"output": _sorted_shape(s.data, self.axis, self.name)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": self.dtype}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        line, axis = _line_up(data, self.axis)
        return line.argsort(dim=axis, descending=not self.is_ascend, stable=True).to(
            getattr(torch, self.dtype)
        )

    gradient = no_gradient

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        line, axis, extent = _line_up_in_onnx(to, data, self.axis)
        where = to.ordered(line, to.shape_of([extent]), axis, ascending=self.is_ascend)[1]
        return where.as_type(self.dtype)


class Histogram(Op, name="_histogram"):
    """Counts how many values fall into each bin; a value on an edge belongs to the bin it begins.

    Shapes: data of any shape and bins (n + 1); the outputs are the counts (n,) and the edges (n + 1). The
    last bin has its upper edge too; values outside all bins are not counted.
    """

    example = "[0.1, 0.6, 0.7, 0.9]; None | bin_cnt=2, range=(0.0, 1.0)"
    inputs = {"data": "The values.", "bins": "The edges of the bins, rising; none if `bin_cnt` is given."}
    outputs = ("output0", "output1")
    bin_cnt: int | None = param(default=None, ge=1, doc="The number of bins of equal width.")
    range: tuple[float, ...] | None = param(default=None, doc="The outer edges of bins of equal width.")

    def validate(self) -> None:
        if self.bin_cnt is not None and len(self.range or ()) != 2:
            raise ParameterError(f"_histogram: bin_cnt needs range=(low, high), not {self.range!r}.")

    def input_names(self) -> tuple[str, ...]:
        return ("data", "bins") if self.bin_cnt is None else ("data",)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if self.bin_cnt is not None:
            return {"outs": ((self.bin_cnt,), (self.bin_cnt + 1,))}
        if s.bins is None:
            return {}
        if len(s.bins) != 1 or (s.bins[0] or 2) < 2:
            raise ShapeError(f"_histogram: bins must be a line of two or more edges, not of shape {s.bins}.")
        return {"outs": ((None if s.bins[0] is None else s.bins[0] - 1,), s.bins)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"outs": ("int64", t.data if self.bin_cnt is not None else t.bins)}

    def forward(self, run: Run, data: Tensor, bins: Tensor | None = None) -> tuple[Tensor, Tensor]:
        if bins is None:
            return self._in_equal_bins(data)
        count, values = bins.numel() - 1, data.flatten().to(bins.dtype)
        values = values[(values >= bins[0]) & (values <= bins[-1])]
        place = torch.searchsorted(bins, values, right=True).sub(1).clamp(max=count - 1)
        return torch.bincount(place, minlength=count), bins.to(data.dtype)

    def _in_equal_bins(self, data: Tensor) -> tuple[Tensor, Tensor]:
        """Count in bins of one width; as in MXNet, an edge is a number of the data's type, cut if need be."""
        count, (low, high) = self.bin_cnt or 1, self.range or (0.0, 1.0)
        steps = torch.arange(count + 1, dtype=torch.float64, device=data.device)
        bins = (steps * (high - low) / count + low).to(data.dtype)
        values, edges = data.flatten().double(), bins.double()
        values = values[(values >= low) & (values <= high)]
        place = ((values - low) * count / (high - low)).long().clamp(max=count - 1)
        place = place + (values >= edges[place + 1]).long() - (values < edges[place]).long()
        return torch.bincount(place.clamp(0, count - 1), minlength=count), bins

    gradient = no_gradient
