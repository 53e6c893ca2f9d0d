"""Operators that make one number of all elements along some axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.dtype import torch_dtype
from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.memory import Memory
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.ir.storage import CSR, DENSE, Call, Sparse, Stored
from mxnet.lazy import torch
from mxnet.ops.tools.gradients import no_gradient
from mxnet.ops.tools.shapes import normal_axis
from mxnet.ops.tools.sparse_kernels import norm_of_all, sums_of_rows
from mxnet.ops.tools.storage import MAKES_DENSE
from mxnet.ops.tools.writing import written

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


def _normal_axes(axes: Sequence[int], ndim: int, operator: str) -> tuple[int, ...]:
    """Return axes counted from the front, in order."""
    normal = sorted(normal_axis(axis, ndim, operator) for axis in axes)
    if len(set(normal)) < len(normal):
        raise ShapeError(
            f"{operator}: the axes {tuple(axes)} of an array of {ndim} dimensions name one twice."
        )
    return tuple(normal)


def _reduced(shape: Shape, axes: Sequence[int], *, keepdims: bool) -> tuple[Any, ...]:
    """Return a shape without some axes, or with an extent of 1 there; without any axis left it is (1,)."""
    if keepdims:
        return tuple(1 if axis in axes else extent for axis, extent in enumerate(shape))
    return tuple(extent for axis, extent in enumerate(shape) if axis not in axes) or (1,)


def _mean(data: Tensor, axes: tuple[int, ...], out: Tensor | None = None) -> Tensor:
    """Return the mean, with the axes kept; of integers it is cut off."""
    if data.dtype.is_floating_point:
        return torch.mean(data, axes, keepdim=True, out=out)
    count = data.numel() // max(1, data.sum(axes).numel())
    return torch.div(data.sum(axes, keepdim=True, dtype=data.dtype), count, rounding_mode="trunc", out=out)


def _product(data: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Return the product, with the axes kept."""
    for axis in axes:
        data = data.prod(axis, keepdim=True, dtype=data.dtype)
    return data


class Reduction(Op):
    """Base of the reductions over `axis`; without it, or with ``()``, over all axes.

    Shapes: data (a, b, c), output (a, c) for ``axis=1``, (a, 1, c) with ``keepdims``, and (1,) if no axis is
    left.
    """

    example = "[[1, 2], [3, 4]] | axis=1"
    names_inputs = False
    needs_whole_shape: ClassVar[bool] = False
    """Whether nothing is inferred before the shape of the data is complete, as in MXNet 1.9."""
    onnx_name: ClassVar[str]
    axis: tuple[int, ...] | None = param(default=None, doc="The axes to reduce; all by default.")
    keepdims: bool = param(default=False, doc="Whether the reduced axes stay, with an extent of 1.")
    exclude: bool = param(default=False, doc="Whether to reduce all axes but `axis`.")

    def axes_of(self, ndim: int) -> tuple[int, ...]:
        """Return the axes that are reduced in an array of `ndim` dimensions."""
        if not self.axis:
            return tuple(range(ndim))
        axes = _normal_axes(self.axis, ndim, self.name)
        return tuple(axis for axis in range(ndim) if axis not in axes) if self.exclude else axes

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None or (self.needs_whole_shape and not is_complete(s.data)):
            return {}
        return {"output": _reduced(s.data, self.axes_of(len(s.data)), keepdims=self.keepdims)}

    def rows_of_sum(self, to: Rows, *, mean: bool) -> None:
        """Add the rows that add up, and perhaps divide."""
        kept = _reduced(to.data.shape, self.axes_of(len(to.data.shape)), keepdims=True)
        to.sum_to(to.data, to.output, to.output.size / to.data.size if mean else 1.0, shape=kept)

    def rows_of_spread(self, to: Rows, *, mean: bool) -> None:
        """Add the rows that repeat the head gradient, perhaps divided."""
        kept = _reduced(to.data.shape, self.axes_of(len(to.data.shape)), keepdims=True)
        head = to.binary("mul", to.grad, to.grad.size / to.data.size) if mean else to.grad
        to.spread(head, kept, to.data_grad)

    def forward(self, run: Run, data: Tensor, *, out: Tensor | None = None) -> Tensor:
        axes = self.axes_of(data.dim())
        shape = _reduced(data.shape, axes, keepdims=self.keepdims)
        if out is None or not axes:
            return written(self.reduce(data, axes).reshape(shape), out)
        self.reduce(data, axes, out.view(_reduced(data.shape, axes, keepdims=True)))
        return out

    def reduce(self, data: Tensor, axes: tuple[int, ...], out: Tensor | None = None) -> Tensor:
        """Return the reduced array; whether the axes are kept does not matter, but for ``out``."""
        raise NotImplementedError

    def spread(self, reduced: Tensor, shape: Sequence[int]) -> Tensor:
        """Return a view of something like the output, repeated to the shape of the data."""
        return reduced.reshape(_reduced(tuple(shape), self.axes_of(len(shape)), keepdims=True)).expand(shape)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        axes = self.axes_of(data.rank)
        if not axes:
            return to.Identity(data)
        dtype = data.dtype
        if self.onnx_name == "ReduceMean" and not data.is_real:  # it is cut off
            count = math.prod(data.extent(axis) for axis in axes)
            return to.as_output(to.ReduceSum(data.as_type("int64"), axes, keepdims=1) / count).as_type(dtype)
        if not data.is_real and dtype not in ("int32", "int64"):
            data = data.as_type("int32")
        filled = self.filled_in_onnx(to, data)
        made = to.node(self.onnx_name, filled, axes, keepdims=int(self.keepdims)).as_type(dtype)
        return made if self.keepdims or len(axes) < data.rank else to.Reshape(made, [1])

    def filled_in_onnx(self, to: OnnxGraph, data: Value) -> Value:
        """Return the data with what stands for NaN, where that is left out."""
        return data


def _csr_sum_storage(op: Any, stypes: tuple[str, ...]) -> str | None:
    return DENSE if stypes[0] == CSR and op.axis in ((0,), (1,)) and not op.keepdims else None


def _sum_of_stored(call: Call) -> Stored | None:
    """Add up all that is stored, or the rows or columns of a CSR matrix."""
    (data,) = call.arrays
    axes = call.op.axes_of(len(data.shape))
    values, *places = data.parts
    wide = values.float() if values.dtype.itemsize < 4 and values.is_floating_point() else values
    if len(axes) == len(data.shape):
        sums = wide.sum(dtype=wide.dtype)
    elif data.stype == CSR and axes == (0,):
        sums = wide.new_zeros(data.shape[1]).index_add_(0, places[0], wide)
    elif data.stype == CSR and axes == (1,):
        sums = sums_of_rows(wide, places[1])
    else:
        return None
    if isinstance(call.op, Mean):
        count = math.prod(data.shape[axis] for axis in axes)
        sums = sums / count if values.is_floating_point() else sums.div(max(1, count), rounding_mode="trunc")
    shape = _reduced(data.shape, axes, keepdims=call.op.keepdims)
    return Stored(DENSE, shape, (sums.to(values.dtype).reshape(shape),))


def _norm_of_stored(call: Call) -> Stored | None:
    """Return the norm of all that is stored."""
    op, (data,) = call.op, call.arrays
    axes = op.axes_of(len(data.shape))
    if len(axes) < len(data.shape):
        return None
    shape = _reduced(data.shape, axes, keepdims=op.keepdims)
    values = data.parts[0]
    norm = norm_of_all(values) if op.ord == 2 else values.abs().sum().view(1)
    norm = norm.to(op.dtype_of(values))
    return Stored(DENSE, shape, (norm if shape == (1,) else norm.view(shape),))


_OF_CSR = Sparse(_csr_sum_storage, kernel=_sum_of_stored)


class Sum(Reduction, name="sum", aliases=("sum_axis", "_sparse_sum")):
    """Adds up the elements along some axes."""

    sparse = _OF_CSR
    memory = Memory("either", into=True)

    def reduce(self, data: Tensor, axes: tuple[int, ...], out: Tensor | None = None) -> Tensor:
        return torch.sum(data, axes, keepdim=True, dtype=data.dtype, out=out) if axes else data

    def as_rows(self, to: Rows) -> None:
        self.rows_of_sum(to, mean=False)

    def backward_as_rows(self, to: Rows) -> None:
        self.rows_of_spread(to, mean=False)

    def backward(self, run: Run, grad: Tensor, data: Like) -> Tensor:
        return self.spread(grad, data.shape)

    onnx_name = "ReduceSum"


class Mean(Reduction, name="mean", aliases=("_sparse_mean",)):
    """Computes the mean along some axes; of integers it is cut off."""

    sparse = _OF_CSR
    memory = Memory("either", into=True)

    def reduce(self, data: Tensor, axes: tuple[int, ...], out: Tensor | None = None) -> Tensor:
        return _mean(data, axes, out) if axes else data

    def as_rows(self, to: Rows) -> None:
        self.rows_of_sum(to, mean=True)

    def backward_as_rows(self, to: Rows) -> None:
        self.rows_of_spread(to, mean=True)

    def backward(self, run: Run, grad: Tensor, data: Like) -> Tensor:
        count = math.prod(data.shape) // max(1, grad.numel())
        return self.spread(grad / count, data.shape)

    onnx_name = "ReduceMean"


class Product(Reduction, name="prod"):
    """Multiplies the elements along some axes.

    The gradient is output / data: not a number where data is 0, as in MXNet.
    """

    def reduce(self, data: Tensor, axes: tuple[int, ...], out: Tensor | None = None) -> Tensor:
        return _product(data, axes)

    def backward(self, run: Run, grad: Tensor, data: Tensor, output: Tensor) -> Tensor:
        return self.spread(grad * output, data.shape) / data

    onnx_name = "ReduceProd"


class NanSum(Reduction, name="nansum"):
    """Adds up the elements along some axes; what is not a number counts as 0."""

    example = '[[1, float("nan")], [3, 4]] | axis=1'

    def reduce(self, data: Tensor, axes: tuple[int, ...], out: Tensor | None = None) -> Tensor:
        return data.masked_fill(data.isnan(), 0).sum(axes, dtype=data.dtype) if axes else data

    def backward(self, run: Run, grad: Tensor, data: Tensor) -> Tensor:
        return self.spread(grad, data.shape).masked_fill(data.isnan(), 0)

    onnx_name = "ReduceSum"

    def filled_in_onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.Where(to.IsNaN(data), to.value(0.0, data.dtype), data) if data.is_real else data


class NanProduct(Reduction, name="nanprod"):
    """Multiplies the elements along some axes; what is not a number counts as 1."""

    example = '[[1, float("nan")], [3, 4]] | axis=1'

    def reduce(self, data: Tensor, axes: tuple[int, ...], out: Tensor | None = None) -> Tensor:
        return _product(data.masked_fill(data.isnan(), 1), axes)

    def backward(self, run: Run, grad: Tensor, data: Tensor, output: Tensor) -> Tensor:
        return (self.spread(grad * output, data.shape) / data).masked_fill(data.isnan(), 0)

    onnx_name = "ReduceProd"

    def filled_in_onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.Where(to.IsNaN(data), to.value(1.0, data.dtype), data) if data.is_real else data


class Extremum(Reduction):
    """Base of max and min. Every element that equals the result gets the whole gradient."""

    needs_whole_shape = True

    def backward(self, run: Run, grad: Tensor, data: Tensor, output: Tensor) -> Tensor:
        return self.spread(grad, data.shape) * (data == self.spread(output, data.shape))


class Max(Extremum, name="max", aliases=("max_axis",)):
    """Finds the greatest element along some axes. Every element that equals it gets the whole gradient."""

    memory = Memory("either", into=True)

    def reduce(self, data: Tensor, axes: tuple[int, ...], out: Tensor | None = None) -> Tensor:
        return torch.amax(data, axes, keepdim=True, out=out) if axes else data

    onnx_name = "ReduceMax"


class Min(Extremum, name="min", aliases=("min_axis",)):
    """Finds the least element along some axes. Every element that equals it gets the whole gradient."""

    memory = Memory("either", into=True)

    def reduce(self, data: Tensor, axes: tuple[int, ...], out: Tensor | None = None) -> Tensor:
        return torch.amin(data, axes, keepdim=True, out=out) if axes else data

    onnx_name = "ReduceMin"


class Norm(Op, name="norm", aliases=("_sparse_norm",)):
    """Computes the L2 norm (or L1, with ``ord=1``) along some axes; without `axis` that of all elements.

    Shapes: as :class:`Sum`. The gradient of the L2 norm at 0 is not a number, as in MXNet.
    """

    example = "[[1, 2], [3, 4]] | axis=1"
    names_inputs = False
    sparse = replace(MAKES_DENSE, kernel=_norm_of_stored)
    ord: int = param(default=2, doc="Order of the norm, 1 or 2.")
    axis: tuple[int, ...] | None = param(default=None, doc="The axes to reduce; all by default.")
    out_dtype: str | None = param(
        default=None,
        choices=("None", "float16", "float32", "float64", "int32", "int64", "int8"),
        doc="Dtype of the output; that of the input by default.",
    )
    keepdims: bool = param(default=False, doc="Whether the reduced axes stay, with an extent of 1.")

    def validate(self) -> None:
        if self.ord not in (1, 2):
            raise ParameterError(f"norm: ord is {self.ord}, but must be 1 or 2.")

    def axes_of(self, ndim: int) -> tuple[int, ...]:
        """Return the axes that are reduced in an array of `ndim` dimensions."""
        return _normal_axes(self.axis, ndim, self.name) if self.axis else tuple(range(ndim))

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if not is_complete(s.data):
            return {}
        return {"output": _reduced(s.data, self.axes_of(len(s.data)), keepdims=self.keepdims)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if self.out_dtype is not None:
            return {"output": self.out_dtype}
        known = t.data or t.output
        return {"data": known, "output": known}

    def dtype_of(self, data: Tensor) -> torch.dtype:
        """Return the data type of the norm."""
        return data.dtype if self.out_dtype is None else torch_dtype(self.out_dtype)

    def forward(self, run: Run, data: Tensor) -> Tensor:
        axes = self.axes_of(data.dim())
        exact = data if data.dtype.is_floating_point else data.double()
        norm: Tensor = torch.linalg.vector_norm(exact, self.ord, axes)
        return norm.to(self.dtype_of(data)).reshape(_reduced(data.shape, axes, keepdims=self.keepdims))

    def backward(self, run: Run, grad: Tensor, data: Tensor, output: Tensor) -> Tensor:
        kept = _reduced(data.shape, self.axes_of(data.dim()), keepdims=True)
        grad = grad.reshape(kept).to(data.dtype)
        if self.ord == 1:
            return grad * torch.sign(data)
        return grad * (data / output.reshape(kept).to(data.dtype))

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        axes, dtype = self.axes_of(data.rank), to.outs[0][0]
        exact = data if data.is_real else data.as_type("float32")
        made = to.node(f"ReduceL{self.ord}", exact, axes, keepdims=int(self.keepdims)).as_type(dtype)
        return made if self.keepdims or len(axes) < data.rank else to.Reshape(made, [1])


class ArgExtremum(Op):
    """Base of argmax and argmin.

    Shapes: data (a, b, c), output (a, c) for ``axis=1``; without `axis` the data counts as flat, and the
    output is (1,).
    """

    example = "[[1, 5, 3], [4, 2, 6]] | axis=1"
    names_inputs = False
    onnx_name: ClassVar[str]
    axis: int | None = param(default=None, doc="The axis to search along; by default the flattened data.")
    keepdims: bool = param(default=False, doc="Whether the axis stays, with an extent of 1.")

    def _axes(self, ndim: int) -> tuple[int, ...]:
        return tuple(range(ndim)) if self.axis is None else (normal_axis(self.axis, ndim, self.name),)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if not is_complete(s.data):
            return {}
        return {"output": _reduced(s.data, self._axes(len(s.data)), keepdims=self.keepdims)}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        shape = _reduced(data.shape, self._axes(data.dim()), keepdims=self.keepdims)
        return self.search(data, self.axis).to(data.dtype).reshape(shape)

    def search(self, data: Tensor, axis: int | None) -> Tensor:
        """Return the positions along an axis, or in the flattened data."""
        raise NotImplementedError

    gradient = no_gradient

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        axis = 0 if self.axis is None else self.axis % data.rank
        line = to.Reshape(data, [-1]) if self.axis is None else data
        found = to.node(self.onnx_name, line, axis=axis, keepdims=1).as_type(data.dtype)
        return to.as_output(found) if self.axis is None or not self.keepdims else found


class ArgMax(ArgExtremum, name="argmax"):
    """Finds where the greatest element is, the first of several. The output has the dtype of the data."""

    def search(self, data: Tensor, axis: int | None) -> Tensor:
        return data.argmax(axis)

    onnx_name = "ArgMax"


class ArgMin(ArgExtremum, name="argmin"):
    """Finds where the least element is, the first of several. The output has the dtype of the data."""

    def search(self, data: Tensor, axis: int | None) -> Tensor:
        return data.argmin(axis)

    onnx_name = "ArgMin"


class ArgMaxChannel(Op, name="argmax_channel"):
    """Finds the channel, along axis 1, of the greatest element; of a vector, its position.

    Shapes: data (n, channels, ...), output (n, ...).
    """

    example = "[[1, 5, 3], [4, 2, 6]]"
    names_inputs = False

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if not is_complete(s.data):
            return {}
        return {"output": _reduced(s.data, (min(1, len(s.data) - 1),), keepdims=False)}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        axis = min(1, data.dim() - 1)
        return data.argmax(axis).to(data.dtype).reshape(_reduced(data.shape, (axis,), keepdims=False))

    gradient = no_gradient

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.as_output(to.ArgMax(data, axis=min(1, data.rank - 1), keepdims=1).as_type(data.dtype))


class Moments(Op, name="moments"):
    """Computes mean and variance (the mean squared deviation) along some axes, in this order.

    Shapes: as :class:`Sum`; the axes must be given.
    """

    example = "[[1, 2], [3, 4]] | axes=(0,)"
    names_inputs = False
    outputs = ("output0", "output1")
    axes: tuple[int, ...] | None = param(default=None, doc="The axes to reduce.")
    keepdims: bool = param(default=False, doc="Whether the reduced axes stay, with an extent of 1.")

    def _axes(self, ndim: int) -> tuple[int, ...]:
        if not self.axes:
            raise ParameterError("moments: axes are needed; for the moments of all elements give all axes.")
        return _normal_axes(self.axes, ndim, self.name)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        return {"outs": (_reduced(s.data, self._axes(len(s.data)), keepdims=self.keepdims),) * 2}

    def forward(self, run: Run, data: Tensor) -> tuple[Tensor, Tensor]:
        axes = self._axes(data.dim())
        mean = _mean(data, axes)
        deviation = data - mean
        shape = _reduced(data.shape, axes, keepdims=self.keepdims)
        return mean.reshape(shape), _mean(deviation * deviation, axes).reshape(shape)

    def backward(self, run: Run, grads: tuple[Tensor, Tensor], data: Tensor, output0: Tensor) -> Tensor:
        kept = _reduced(data.shape, self._axes(data.dim()), keepdims=True)
        into_mean, into_variance, mean = (each.reshape(kept) for each in (*grads, output0))
        count = data.numel() // max(1, mean.numel())
        return (into_mean + 2 * into_variance * (data - mean)) / count

    def onnx(self, to: OnnxGraph, data: Value) -> tuple[Value, Value]:
        axes = self._axes(data.rank)
        mean = to.ReduceMean(data, axes, keepdims=1)
        apart = data - mean
        variance = to.ReduceMean(apart * apart, axes, keepdims=1)
        return to.as_output(mean), to.as_output(variance, 1)
