"""Joins, sums and products of quantized arrays, element by element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import ShapeError
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.quantized.quantize import (
    LEVELS,
    MAX_CALIBRATED,
    MIN_CALIBRATED,
    OUTPUTS,
    Calibrated,
    Quantized,
    Ranged,
    dtype_among,
    dtype_of,
    interval,
    range_of_products,
    rescaled,
    to_levels,
    unit,
    widest,
)
from mxnet.ops.tensor.elemwise import ElementwiseAdd, ElementwiseMul
from mxnet.ops.tensor.joining import Concat

if TYPE_CHECKING:
    from torch import Tensor


class QuantizedConcat(Quantized, name="_contrib_quantized_concat"):
    """Joins arrays along an existing axis, and converts them to the range of them all.

    Shapes: arg0 (n, a, ...), arg1 (n, b, ...), output (n, a + b, ...) for ``dim=1``; the ends of ranges,
    which follow the arrays in pairs, (1,). The output is uint8 if all arrays are. MXNet operator
    ``contrib.quantized_concat``.
    """

    example = (
        'mx.nd.array([[1, 2]], dtype="int8"); mx.nd.array([[3]], dtype="int8"); [-1]; [-1]; [1]; [1] | '
        "num_args=2, dim=1"
    )
    of = Concat
    inputs = {"data": "The arrays to join, and then the two ends of each one's range."}
    variadic = "num_args"
    num_args: int = param(ge=1, le=1_000_000, doc="Number of arrays.")
    dim: int = param(default=1, doc="The axis along which they are joined.")

    kernel_for = Op.kernel_for

    def input_names(self) -> tuple[str, ...]:
        numbers = range(self.num_args)
        ends = (f"arg{i}_{end}" for i in numbers for end in ("min", "max"))
        return (*(f"arg{i}" for i in numbers), *ends)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        n = self.num_args
        joined = Slots(self.plain.slots, s.ins[:n], (), s.outs[:1])
        said = self.plain.infer_shape(joined)
        if not said:
            return {}
        return {"ins": (*said["ins"], *[(1,)] * 2 * n), "outs": (said["output"], (1,), (1,))}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        arrays = t.ins[: self.num_args]
        if None in arrays:
            return {}
        return self.with_ends({"output": _narrowest(self, arrays)}, "float32")

    def forward(self, run: Run, *tensors: Tensor) -> tuple[Tensor, ...]:
        arrays, lows, highs = (
            tensors[: self.num_args],
            tensors[self.num_args :: 2],
            tensors[self.num_args + 1 :: 2],
        )
        low, high = torch.cat(lows).amin().reshape(1), torch.cat(highs).amax().reshape(1)
        dtype = _narrowest(self, [dtype_of(array) for array in arrays])
        end = widest(low, high)
        joined = [rescaled(*each, end, dtype) for each in zip(arrays, lows, highs, strict=True)]
        return torch.cat(joined, self.dim), low, high


def _narrowest(op: Ranged, dtypes: Sequence[str]) -> str:
    """Return the dtype that arrays of these have in common."""
    return "uint8" if {dtype_among(op, dtype) for dtype in dtypes} == {"uint8"} else "int8"


class _Elementwise(Calibrated):
    """What sum and product share: two arrays of one shape."""

    inputs = {
        "lhs": "Integers.",
        "rhs": "Integers.",
        "lhs_min": "Lower end of the range of lhs.",
        "lhs_max": "Upper end of the range of lhs.",
        "rhs_min": "Lower end of the range of rhs.",
        "rhs_max": "Upper end of the range of rhs.",
    }
    outputs = OUTPUTS
    sums = True

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.lhs is None or s.rhs is None:
            return {}
        if len(s.lhs) != len(s.rhs) or any(
            None not in (a, b) and a != b for a, b in zip(s.lhs, s.rhs, strict=True)
        ):
            raise ShapeError(f"{self.name}: expected lhs and rhs of one shape, but got {s.lhs} and {s.rhs}.")
        return self.with_ends({"lhs": s.rhs, "rhs": s.lhs, "output": s.lhs}, (1,))


class QuantizedAdd(_Elementwise, name="_contrib_quantized_elemwise_add"):
    """Adds arrays element by element.

    Shapes: lhs, rhs and output (...), all others (1,). The output is int32; with a calibrated range it is
    int8, or uint8 if both inputs are. MXNet operator ``contrib.quantized_elemwise_add``.
    """

    example = 'mx.nd.array([1, 2], dtype="int8"); mx.nd.array([3, 4], dtype="int8"); [-1]; [1]; [-1]; [1]'
    of = ElementwiseAdd
    min_calib_range: float | None = MIN_CALIBRATED
    max_calib_range: float | None = MAX_CALIBRATED

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if t.lhs is None or t.rhs is None:
            return {}
        narrowest = _narrowest(self, (t.lhs, t.rhs))
        return self.with_ends({"output": narrowest if self.calibrated else "int32"}, "float32")

    def forward(
        self,
        run: Run,
        lhs: Tensor,
        rhs: Tensor,
        lhs_min: Tensor,
        lhs_max: Tensor,
        rhs_min: Tensor,
        rhs_max: Tensor,
    ) -> tuple[Tensor, ...]:
        dtype = _narrowest(self, (dtype_of(lhs), dtype_of(rhs)))
        ends = widest(lhs_min, lhs_max), widest(rhs_min, rhs_max)
        lhs = rescaled(lhs, lhs_min, lhs_max, ends[0], dtype)
        rhs = rescaled(rhs, rhs_min, rhs_max, ends[1], dtype)
        if self.calibrated:
            low, high = self.range_of(ends[0])
            levels, end, output = LEVELS[dtype] + 0.5, widest(low, high), dtype
        else:
            levels, end, output = 2.0**31, ends[0] + ends[1], "int32"
            low, high = interval(end)
        steps = [(each.double() / (LEVELS[dtype] + 0.5) * (levels / end)).float() for each in ends]
        return to_levels((lhs * steps[0] + rhs * steps[1]).double(), output), low, high


class QuantizedMultiply(_Elementwise, name="_contrib_quantized_elemwise_mul"):
    """Multiplies arrays of int8 element by element.

    Shapes: lhs, rhs and output (...), all others (1,). The output is int32; with a calibrated range int8,
    fractions cut off; with `enable_float_output` real numbers, and nothing else. MXNet operator
    ``contrib.quantized_elemwise_mul``.
    """

    example = 'mx.nd.array([1, 2], dtype="int8"); mx.nd.array([3, 4], dtype="int8"); [-1]; [1]; [-1]; [1]'
    of = ElementwiseMul
    min_calib_range: float | None = MIN_CALIBRATED
    max_calib_range: float | None = MAX_CALIBRATED
    enable_float_output: bool = param(default=False, doc="Whether the output is real numbers.")

    def output_names(self) -> tuple[str, ...]:
        return self.outputs[:1] if self.enable_float_output else self.outputs

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if t.lhs is None or t.rhs is None:
            return {}
        for dtype in (t.lhs, t.rhs):
            dtype_among(self, dtype, ("int8",))
        output = "float32" if self.enable_float_output else "int8" if self.calibrated else "int32"
        return self.with_ends({"output": output}, "float32")

    def forward(
        self,
        run: Run,
        lhs: Tensor,
        rhs: Tensor,
        lhs_min: Tensor,
        lhs_max: Tensor,
        rhs_min: Tensor,
        rhs_max: Tensor,
    ) -> Tensor | tuple[Tensor, ...]:
        products = lhs.int() * rhs
        numbers = products * (unit(lhs, lhs_min, lhs_max) * unit(rhs, rhs_min, rhs_max))
        if self.enable_float_output:
            return numbers
        if self.calibrated:
            low, high = self.range_of(numbers)
            return (
                to_levels((numbers * ((LEVELS["int8"] + 0.5) / widest(low, high))).trunc(), "int8"),
                low,
                high,
            )
        steps = (widest(*ends) / LEVELS["int8"] for ends in ((lhs_min, lhs_max), (rhs_min, rhs_max)))
        return (products, *range_of_products(*steps))
