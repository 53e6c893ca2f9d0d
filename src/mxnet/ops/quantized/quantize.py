"""From real numbers to integers of 8 bits with the range that they stand for, and back."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.dtype import torch_dtype
from mxnet.errors import DTypeError, MXNetError
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tools.gradients import no_gradient

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "LEVELS",
    "MAX_CALIBRATED",
    "MIN_CALIBRATED",
    "OUTPUTS",
    "Calibrated",
    "Quantized",
    "Ranged",
    "dtype_among",
    "dtype_of",
    "interval",
    "range_of_products",
    "rescaled",
    "to_levels",
    "unit",
    "widest",
]

LEVELS = {"int8": 127.0, "uint8": 255.0}
"""The integer that stands for the far end of the range."""
_WIDEST_SUM = float(2**31 - 1)
"""The same for sums of products, which are int32."""

OUTPUTS = ("output", "min_output", "max_output")
"""The outputs of most operators on quantized arrays."""

MIN_CALIBRATED = param(default=None, doc="Lower end of the output's range, as calibration found it.")
MAX_CALIBRATED = param(default=None, doc="Upper end of the output's range, as calibration found it.")

_OF_RANGE = re.compile(r"(^|_)(min|max)(_|$)")


def dtype_of(array: Tensor) -> str:
    """Return the name of an array's dtype."""
    return str(array.dtype).removeprefix("torch.")


def widest(low: Tensor, high: Tensor) -> Tensor:
    """Return the far end of a range, which is symmetric about 0 for signed integers."""
    return torch.maximum(low.abs(), high.abs())


def unit(array: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Return what one step of the integers of an array stands for; levels reach half a step further."""
    return widest(low, high) / (LEVELS[dtype_of(array)] + 0.5)


def to_levels(data: Tensor, dtype: str) -> Tensor:
    """Round half to even, and saturate."""
    limits = torch.iinfo(torch_dtype(dtype))
    return data.nan_to_num(0.0).round().clamp(limits.min, limits.max).to(torch_dtype(dtype))


def rescaled(array: Tensor, low: Tensor, high: Tensor, end: Tensor, dtype: str) -> Tensor:
    """Return the integers that stand for the same numbers in another range or dtype."""
    return to_levels(array * (unit(array, low, high) * (LEVELS[dtype] + 0.5) / end), dtype)


def interval(end: Tensor, dtype: str = "int8") -> tuple[Tensor, Tensor]:
    """Return both ends of the range that integers of a dtype have; unsigned ones begin at 0."""
    end = end.reshape(1).float()
    return (torch.zeros_like(end) if dtype == "uint8" else -end), end


def range_of_products(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Return the range of int32 sums of products, from what one step of each factor stands for."""
    return interval(a * b * _WIDEST_SUM)


def dtype_among(op: Op, dtype: str | None, allowed: Sequence[str] = ("int8", "uint8")) -> str | None:
    """Return the dtype, if the operator takes data of it.

    Raises
    ------
    DTypeError
        If it does not.
    """
    if dtype is not None and dtype not in allowed:
        raise DTypeError(f"{op.name}: expected data of {' or '.join(allowed)}, but got {dtype}.")
    return dtype


class Ranged(Op):
    """Base of the operators on quantized arrays: with each array go the two ends of the range it stands for.

    These have one element each, and are float32. There are no gradients.
    """

    backward = None
    of: ClassVar[type[Op] | None] = None
    """The operator that does the same with real numbers, where there is one."""
    sums: ClassVar[bool] = False
    """Whether the output is sums or products, in integers of 32 bits."""

    @functools.cached_property
    def ends(self) -> tuple[str, ...]:
        """The slots that hold an end of a range: some inputs, and all outputs but the first."""
        return (*(name for name in self.input_names() if _OF_RANGE.search(name)), *self.output_names()[1:])

    def with_ends(self, said: Mapping[str, Any], ends: object) -> Mapping[str, Any]:
        """Add what is known of the ends of all ranges."""
        return {**said, **dict.fromkeys(self.ends, ends)}

    gradient = no_gradient


class Quantized(Ranged):
    """What operators share that do with integers what another one does with real numbers."""

    of: ClassVar[type[Op]]
    outputs: ClassVar[tuple[str, ...]] = OUTPUTS

    @functools.cached_property
    def plain(self) -> Any:
        """The same for real numbers."""
        try:
            return self.of.bind(self.given)
        except MXNetError as error:
            raise type(error)(f"{self.name}, as {error}") from None

    def validate(self) -> None:
        """Let the other one look at the parameters."""
        assert self.plain

    def kernel_for(self, run: Run) -> Callable[..., Any]:
        names = self.input_names() + self.aux_names()
        return lambda *tensors: self.forward(run, **dict(zip(names, tensors, strict=True)))


class Calibrated(Ranged):
    """Base of those whose output's range calibration may have found beforehand."""

    min_calib_range: float | None
    max_calib_range: float | None

    @functools.cached_property
    def calibrated(self) -> tuple[float, float] | None:
        """The range, if calibration has found one."""
        if self.min_calib_range is None or self.max_calib_range is None:
            return None
        return self.min_calib_range, self.max_calib_range

    def range_of(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Return the range, found in the numbers if it has to be."""
        if self.calibrated:
            low, high = (numbers.new_tensor([end]) for end in self.calibrated)
            return low, high
        if not numbers.numel():
            return numbers.new_zeros(1), numbers.new_zeros(1)
        return numbers.amin().reshape(1), numbers.amax().reshape(1)


def _conversion(self: Ranged, s: Slots) -> Mapping[str, Any]:
    """Convert each element: a shape rule."""
    return self.with_ends({self.output_names()[0]: s.data}, (1,))


class Quantize(Ranged, name="_contrib_quantize"):
    """Converts real numbers to integers of 8 bits; what lies outside of the range saturates.

    Shapes: data (...), output0 like data; the others (1,). With ``int8`` the range is symmetric, and output1
    and output2 are its ends; with ``uint8`` it begins at 0, and they are what was given. MXNet operator
    ``contrib.quantize``.
    """

    example = '[-1, 0, 0.5]; [-1]; [1] | out_type="int8"'
    inputs = {
        "data": "Real numbers.",
        "min_range": "The least of them.",
        "max_range": "The greatest of them.",
    }
    outputs = ("output0", "output1", "output2")
    out_type: str = param(default="uint8", choices=("int8", "uint8"), doc="The dtype of the output.")

    infer_shape = _conversion

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return self.with_ends({"data": "float32", "output0": self.out_type}, "float32")

    def forward(self, run: Run, data: Tensor, min_range: Tensor, max_range: Tensor) -> tuple[Tensor, ...]:
        end = widest(min_range, max_range)
        output = to_levels(data * (LEVELS[self.out_type] / end), self.out_type)
        return (output, *((min_range, max_range) if self.out_type == "uint8" else interval(end)))


class _ToBytes(Calibrated):
    """What operators share that make integers of 8 bits, of a range calibrated or else that of the data."""

    outputs = ("output0", "output1", "output2")
    out_type: str = param(
        default="int8",
        choices=("auto", "int8", "uint8"),
        doc="The dtype of the output; auto is uint8 if calibration saw no negative number, and else int8.",
    )
    min_calib_range: float | None = MIN_CALIBRATED
    max_calib_range: float | None = MAX_CALIBRATED

    infer_shape = _conversion

    @functools.cached_property
    def dtype(self) -> str:
        """The dtype of the output."""
        if self.out_type != "auto":
            return self.out_type
        return "uint8" if self.calibrated and self.calibrated[0] >= 0 else "int8"


class QuantizeV2(_ToBytes, name="_contrib_quantize_v2"):
    """Converts real numbers to integers of 8 bits; the range is calibrated, or that of the data.

    Shapes: data (...), output0 like data; the others, the ends of the range, (1,). Integers of 8 bits stay
    what they are, bit by bit. MXNet operator ``contrib.quantize_v2``.
    """

    example = '[-1, 0, 0.5] | out_type="int8"'

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        dtype_among(self, t.data, ("float32", "int8", "uint8"))
        return self.with_ends({"output0": self.dtype}, "float32")

    def forward(self, run: Run, data: Tensor) -> tuple[Tensor, ...]:
        if not data.is_floating_point():
            integers = dtype_of(data)
            most = torch.tensor(LEVELS[integers] + 0.5, dtype=torch.float32, device=data.device)
            low, high = interval(most, integers)
            return (
                data.view(torch_dtype(self.dtype)),
                *(self.range_of(low) if self.calibrated else (low, high)),
            )
        low, high = self.range_of(data)
        end = widest(low, high)
        output = to_levels(data * ((LEVELS[self.dtype] + 0.5) / end), self.dtype)
        return (output, *((low, high) if self.dtype == "uint8" else interval(end)))


class Requantize(_ToBytes, name="_contrib_requantize"):
    """Converts sums of products, which are int32, to integers of 8 bits.

    Shapes: data (...), output0 like data; all others (1,). The range is calibrated, or that of the data.
    MXNet operator ``contrib.requantize``.
    """

    example = 'mx.nd.array([0, 1000000], dtype="int32"); [-1]; [1]'
    inputs = {
        "data": "Integers of 32 bits.",
        "min_range": "Lower end of their range.",
        "max_range": "Upper end of their range.",
    }

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return self.with_ends({"data": "int32", "output0": self.dtype}, "float32")

    def forward(self, run: Run, data: Tensor, min_range: Tensor, max_range: Tensor) -> tuple[Tensor, ...]:
        numbers = data * (widest(min_range, max_range) / _WIDEST_SUM)
        end = widest(*self.range_of(numbers))
        return (to_levels(numbers * (LEVELS[self.dtype] / end), self.dtype), *interval(end, self.dtype))


class Dequantize(Ranged, name="_contrib_dequantize"):
    """Converts integers of 8 bits to the real numbers that they stand for.

    Shapes: data (...), min_range and max_range (1,), output like data. MXNet operator
    ``contrib.dequantize``.
    """

    example = 'mx.nd.array([0, 127], dtype="int8"); [-1]; [1]'
    inputs = {
        "data": "Integers.",
        "min_range": "Lower end of the range.",
        "max_range": "Upper end of the range.",
    }
    out_type: str = param(default="float32", choices=("float32",), doc="The dtype of the output.")

    infer_shape = _conversion

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return self.with_ends({"output": "float32"} if dtype_among(self, t.data) else {}, "float32")

    def forward(self, run: Run, data: Tensor, min_range: Tensor, max_range: Tensor) -> Tensor:
        return data * unit(data, min_range, max_range)


class QuantizeAsym(Calibrated, name="_contrib_quantize_asym"):
    r"""Converts real numbers to unsigned integers: :math:`\lfloor x \cdot scale + shift + 0.5 \rfloor`.

    Shapes: data (...), output like data, scale and shift (1,). The least number, of the data or as
    calibrated, becomes 0 and the greatest 255. MXNet operator ``contrib.quantize_asym``, whose kernel crashes
    on CPUs.
    """

    example = "[[0, 0.5, 1]]"
    outputs = ("output", "scale", "shift")
    min_calib_range: float | None = MIN_CALIBRATED
    max_calib_range: float | None = MAX_CALIBRATED

    infer_shape = _conversion

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return self.with_ends(
            {"output": "uint8"} if dtype_among(self, t.data, ("float32",)) else {}, "float32"
        )

    def forward(self, run: Run, data: Tensor) -> tuple[Tensor, ...]:
        low, high = self.range_of(data)
        scale = LEVELS["uint8"] / (high - low).clamp(min=torch.finfo(torch.float32).tiny)
        shift = LEVELS["uint8"] - high * scale
        return (data * scale + shift + 0.5).floor().clamp(0, 255).to(torch.uint8), scale, shift
