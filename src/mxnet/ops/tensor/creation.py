"""Operators that make arrays out of nothing: zeros, ones, ranges, unit matrices."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.dtype import NAMES, is_floating, number_as
from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.declared import from_mxnet_shape
from mxnet.ir.memory import NEW, WRITES
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tools.device import torch_device
from mxnet.ops.tools.gradients import no_gradient
from mxnet.ops.tools.onnx_graph import volume
from mxnet.ops.tools.shapes import normal_axis

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

_NUMBERS = ("bfloat16", "float16", "float32", "float64", "int32", "int64", "int8", "uint8")
_ALL = ("bfloat16", "bool", "float16", "float32", "float64", "int32", "int64", "int8", "uint8")
_CTX = "The context of the output, such as gpu(0); only for imperative calls."


def _shape_of(run: Run) -> tuple[int, ...]:
    if run.out_shapes is None:
        raise ShapeError(f"{run.name}: extents that are not given are inferred in symbols only.")
    return run.out_shapes[0]


class _FromNothing(Op):
    """Base of the operators without inputs."""

    memory = NEW

    inputs: ClassVar[dict[str, str]] = {}
    dtype: str

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": self.dtype}


class _Filled(_FromNothing):
    """Base of the operators whose output holds one number everywhere."""

    memory = WRITES
    shape: tuple[int, ...] | None

    def filling(self) -> float:
        """Return the number."""
        return 0

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"output": from_mxnet_shape(self.shape)}

    def forward(self, run: Run, *, out: Tensor | None = None) -> Tensor:
        number, dtype = number_as(self.filling(), self.dtype), getattr(torch, self.dtype)
        if out is not None:
            return out.fill_(number)
        return torch.full(_shape_of(run), number, dtype=dtype, device=torch_device(run.context))

    def onnx(self, to: OnnxGraph) -> Value:
        dtype, shape = to.outs[0]
        return to.full(shape, self.filling(), dtype)


class Zeros(_Filled, name="_zeros"):
    """Makes an array of zeros. A 0 in its shape is inferred from its use."""

    example = "| shape=(2, 2)"
    shape: tuple[int, ...] = param(default=(), doc="The shape of the output.")
    ctx: str = param(default="", doc=_CTX)
    dtype: str = param(default="float32", choices=_ALL, doc="The data type of the output.")


class Ones(_Filled, name="_ones"):
    """Makes an array of ones. A 0 in its shape is inferred from its use."""

    example = "| shape=(2, 2)"
    shape: tuple[int, ...] = param(default=(), doc="The shape of the output.")
    ctx: str = param(default="", doc=_CTX)
    dtype: str = param(default="float32", choices=_ALL, doc="The data type of the output.")

    def filling(self) -> float:
        return 1


class Full(_Filled, name="_full"):
    """Makes an array that holds one number everywhere. A 0 in its shape is inferred from its use."""

    example = "| shape=(2, 2), value=2.5"
    shape: tuple[int, ...] | None = param(default=None, doc="The shape of the output.")
    ctx: str = param(default="", doc=_CTX)
    dtype: str = param(default="float32", choices=_ALL, doc="The data type of the output.")
    value: float = param(doc="The number.")

    def filling(self) -> float:
        return self.value


class ZerosWithoutDtype(Op, name="_zeros_without_dtype"):
    """Makes an array of zeros, of a data type that is inferred from its use unless it is given."""

    example = "| shape=(2, 2), dtype=0"
    memory = WRITES
    inputs: ClassVar[dict[str, str]] = {}
    shape: tuple[int, ...] | None = param(default=None, doc="The shape of the output.")
    ctx: str = param(default="", doc=_CTX)
    dtype: int = param(
        default=-1, ge=-1, le=len(NAMES) - 1, doc="MXNet's number of the data type; -1 to infer it."
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"output": from_mxnet_shape(self.shape)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": None if self.dtype < 0 else NAMES[self.dtype]}

    def forward(self, run: Run, *, out: Tensor | None = None) -> Tensor:
        if out is not None:
            return out.zero_()
        (dtype,) = run.out_dtypes or (NAMES[max(self.dtype, 0)],)
        return torch.zeros(_shape_of(run), dtype=getattr(torch, dtype), device=torch_device(run.context))

    def onnx(self, to: OnnxGraph) -> Value:
        dtype, shape = to.outs[0]
        return to.full(shape, 0, dtype)


def _count_up(shape: tuple[int, ...], start: float, step: float, repeat: int, dtype: str, run: Run) -> Tensor:
    """Return start, start + step, ... in an array of that shape, each `repeat` times."""
    number = torch.arange(math.prod(shape), device=torch_device(run.context)) // repeat
    if not is_floating(dtype):  # MXNet counts in the dtype of the output
        return (number * int(step) + int(start)).to(getattr(torch, dtype)).reshape(shape)
    return (number.double() * step + start).to(getattr(torch, dtype)).reshape(shape)


class Arange(_FromNothing, name="_arange"):
    """Makes evenly spaced values from `start` up to, but not including, `stop`.

    Whole numbers count with start and step cut to whole numbers.
    """

    example = "| start=2, stop=8, step=2"
    start: float = param(doc="The first value; if there is no stop, the stop, and values start with 0.")
    stop: float | None = param(default=None, doc="Where the values end; it is not one of them.")
    step: float = param(default=1.0, doc="The distance of values.")
    repeat: int = param(default=1, ge=1, doc="How often each value is repeated.")
    infer_range: bool = param(default=False, doc="Whether the number of values is inferred from their use.")
    ctx: str = param(default="", doc=_CTX)
    dtype: str = param(default="float32", choices=_NUMBERS, doc="The data type of the output.")

    def validate(self) -> None:
        start, stop = self._bounds()
        if self.step == 0 or (not self.infer_range and not 0 < (stop - start) / self.step < math.inf):
            raise ParameterError(
                f"_arange: there are no values from {start:g} to {stop:g} in steps of {self.step:g}."
            )

    def _bounds(self) -> tuple[float, float]:
        if self.stop is None and not self.infer_range:
            return 0.0, self.start
        return self.start, math.inf if self.stop is None else self.stop

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if self.infer_range:
            return {}
        start, stop = self._bounds()
        return {"output": (math.ceil((stop - start) / self.step) * self.repeat,)}

    def forward(self, run: Run) -> Tensor:
        return _count_up(_shape_of(run), self._bounds()[0], self.step, self.repeat, self.dtype, run)


class Linspace(_FromNothing, name="_linspace"):
    """Makes `num` evenly spaced values from `start` to `stop`."""

    example = "| start=0, stop=1, num=5"
    start: float = param(doc="The first value.")
    stop: float = param(doc="The last value.")
    num: int = param(ge=0, doc="The number of values.")
    endpoint: bool = param(default=True, doc="Whether stop is the last value, and not the one after it.")
    ctx: str = param(default="", doc=_CTX)
    dtype: str = param(default="float32", choices=_NUMBERS, doc="The data type of the output.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"output": (self.num,)}

    def forward(self, run: Run) -> Tensor:
        step = (self.stop - self.start) / max(self.num - self.endpoint, 1)
        return _count_up(_shape_of(run), self.start, step, 1, "float64", run).to(getattr(torch, self.dtype))


class Eye(_FromNothing, name="_eye"):
    """Makes a matrix with ones on a diagonal and zeros elsewhere."""

    example = "| N=2"
    N: int = param(ge=0, doc="Number of rows.")
    M: int = param(default=0, doc="Number of columns; 0 for as many as rows.")
    k: int = param(default=0, doc="Which diagonal: 0 the main one, above it positive, below it negative.")
    ctx: str = param(default="", doc=_CTX)
    dtype: str = param(
        default="float32",
        choices=tuple(d for d in _NUMBERS if d != "bfloat16"),
        doc="The data type of the output.",
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"output": (self.N, self.M if self.M > 0 else self.N)}

    def forward(self, run: Run) -> Tensor:
        columns = self.M if self.M > 0 else self.N
        device = torch_device(run.context)
        diagonal = torch.arange(columns, device=device) - torch.arange(self.N, device=device).unsqueeze(1)
        return (diagonal == self.k).to(getattr(torch, self.dtype))


class ArangeLike(Op, name="_contrib_arange_like"):
    """Counts up in an array shaped like data, or in a vector as long as one of its axes."""

    example = "mx.nd.ones((2, 3)) | axis=1"
    inputs: ClassVar[dict[str, str]] = {"data": "The array whose shape and data type the output has."}
    start: float = param(default=0.0, doc="The first value.")
    step: float = param(default=1.0, doc="The distance of values.")
    repeat: int = param(default=1, ge=1, doc="How often each value is repeated.")
    ctx: str = param(default="", doc=_CTX)
    axis: int | None = param(
        default=None, doc="The axis whose extent is the number of values; by default all count."
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None or self.axis is None:
            return {"output": s.data}
        return {"output": (s.data[normal_axis(self.axis, len(s.data), self.name)],)}

    def forward(self, run: Run, data: Like) -> Tensor:
        dtype = str(data.dtype).removeprefix("torch.")
        return _count_up(_shape_of(run), self.start, self.step, self.repeat, dtype, run)

    gradient = no_gradient

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        dtype, shape = to.outs[0]
        places = to.positions(volume(shape))
        whole = to.reshape(places if self.repeat == 1 else places / self.repeat, shape)
        return whole.as_type(dtype) * self.step + self.start
