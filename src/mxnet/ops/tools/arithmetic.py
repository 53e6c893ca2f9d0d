"""The formulas of two operands, stated once for elementwise, broadcasting and scalar operators."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from mxnet.dtype import is_floating
from mxnet.ir.memory import NEW, Memory, takes_out
from mxnet.ir.op import Op, Run
from mxnet.lazy import torch
from mxnet.native import address
from mxnet.ops.tools.gradients import no_gradient
from mxnet.ops.tools.onnx_graph import OnnxGraph, Value
from mxnet.ops.tools.shapes import all_are_images
from mxnet.ops.tools.traced import rows_by_trace
from mxnet.ops.tools.writing import written

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows

    Derivative = Callable[[Tensor, "Operand", "Operand"], Tensor]

Operand = Any
"""A tensor or, of one of the two operands, a number."""

__all__ = ["FORMULAS", "Formula", "OfTwo", "memory_of"]


class Formula(NamedTuple):
    """A function of two operands and its partial derivatives, each times the head gradient.

    It has the name of its native kernel, if it has one. Without derivatives the gradient is zero everywhere.
    Where `compute` takes the keyword ``out`` it writes
    there, which may be one of the operands.
    """

    name: str
    verb: str
    math: str
    compute: Callable[..., Tensor]
    into_left: Callable[[Tensor, Operand, Operand], Tensor] | None = None
    into_right: Callable[[Tensor, Operand, Operand], Tensor] | None = None
    onnx: str | Callable[[OnnxGraph, Operand, Operand], Value] = ""
    sign: str = ""
    """How Python writes it, of real numbers."""

    def in_onnx(self, to: OnnxGraph, a: Operand, b: Operand) -> Value:
        """Return what is computed; truth as 0 and 1 in the type of the operands."""
        dtype = next(each.dtype for each in (a, b) if isinstance(each, Value))
        made = to.node(self.onnx, a, b) if isinstance(self.onnx, str) else self.onnx(to, a, b)
        return made.as_type(dtype)


def memory_of(function: Callable[..., Any], *operands: str) -> Memory:
    """Return what a function element by element declares of its memory: it can write if it takes ``out``."""
    return Memory("new", over=operands, into=True) if takes_out(function) else NEW


def _dtype(a: Operand, b: Operand) -> torch.dtype:
    tensor: Tensor = b if isinstance(a, float | int) else a
    return tensor.dtype


def _tensor(a: Operand, other: Operand) -> Tensor:
    """Return an operand as a tensor.

    A number becomes one without dimensions, which kernels take from the CPU on any device.
    """
    return torch.tensor(a, dtype=other.dtype) if isinstance(a, float | int) else a


def _add(a: Operand, b: Operand, out: Tensor | None = None) -> Tensor:
    result: Tensor = a + b if out is None else torch.add(_tensor(a, b), b, out=out)
    return result


def _subtract(a: Operand, b: Operand, out: Tensor | None = None) -> Tensor:
    result: Tensor = a - b if out is None else torch.sub(_tensor(a, b), b, out=out)
    return result


def _multiply(a: Operand, b: Operand, out: Tensor | None = None) -> Tensor:
    result: Tensor = a * b if out is None else torch.mul(_tensor(a, b), b, out=out)
    return result


def _divide(a: Operand, b: Operand, out: Tensor | None = None) -> Tensor:
    """Divide; integers are rounded towards zero."""
    if not _dtype(a, b).is_floating_point:
        return torch.div(_tensor(a, b), b, rounding_mode="trunc", out=out)
    quotient: Tensor = a / b if out is None else torch.div(_tensor(a, b), b, out=out)
    return quotient


def _modulo(a: Operand, b: Operand) -> Tensor:
    """Return the remainder with the divisor's sign; 0 where the divisor is 0."""
    if isinstance(b, float | int):
        return torch.remainder(a, b) if b else torch.zeros_like(a)
    remainder = torch.remainder(a, torch.where(b == 0, 1, b))
    return torch.where(b == 0, 0, remainder).to(b.dtype)


def _power(a: Operand, b: Operand, out: Tensor | None = None) -> Tensor:
    dtype = _dtype(a, b)
    if dtype.is_floating_point:
        return torch.pow(a, b, out=out)
    # As in MXNet, by way of float32.
    return written(torch.pow(_tensor(a, b).float(), _tensor(b, a).float()).to(dtype), out)


def _power_into_base(grad: Tensor, a: Operand, b: Operand) -> Tensor:
    slope: Tensor = b * _power(a, b - 1)
    return grad * slope


def _power_into_exponent(grad: Tensor, a: Operand, b: Operand) -> Tensor:
    logarithm = _log_of_number(a) if isinstance(a, float | int) else a.log()
    slope: Tensor = _power(a, b) * logarithm
    return grad * slope


def _log_of_number(a: float) -> float:
    return math.log(a) if a > 0 else -math.inf if a == 0 else math.nan


def _in_whole_numbers(into: Derivative) -> Derivative:
    """Return a derivative whose slopes are cut to whole numbers where the operands are, as MXNet's are."""

    def cut(grad: Tensor, a: Operand, b: Operand) -> Tensor:
        if grad.dtype.is_floating_point:
            return into(grad, a, b)
        wide = (each.double() if isinstance(each, torch.Tensor) else float(each) for each in (a, b))
        slopes: Tensor = into(torch.ones((), dtype=torch.float64, device=grad.device), *wide)
        return grad * slopes.to(grad.dtype)

    return cut


def _of_real_numbers(into: Derivative) -> Derivative:
    """Return a derivative that is 0 of whole numbers."""
    return lambda grad, a, b: into(grad, a, b) if grad.dtype.is_floating_point else torch.zeros_like(grad)


def _maximum(a: Operand, b: Operand, out: Tensor | None = None) -> Tensor:
    return torch.clamp(a, min=b, out=out) if isinstance(b, float | int) else torch.maximum(a, b, out=out)


def _minimum(a: Operand, b: Operand, out: Tensor | None = None) -> Tensor:
    return torch.clamp(a, max=b, out=out) if isinstance(b, float | int) else torch.minimum(a, b, out=out)


def _hypot(a: Operand, b: Operand, out: Tensor | None = None) -> Tensor:
    a, b = _tensor(a, b), _tensor(b, a)
    if a.dtype.is_floating_point:
        return torch.hypot(a, b, out=out)
    return written(torch.hypot(a.double(), b.double()).to(a.dtype), out)


def _truth(comparison: str) -> Callable[..., Tensor]:
    """Return a comparison of torch that says 0 or 1 in the operands' dtype, with no detour by way of bool."""

    def compute(a: Operand, b: Operand, out: Tensor | None = None) -> Tensor:
        a, b = _tensor(a, b), _tensor(b, a)
        place = torch.empty(0, dtype=a.dtype, device=a.device) if out is None else out
        said: Tensor = getattr(torch, comparison)(a, b, out=place)
        return said

    return compute


def _squared(operand: Operand) -> Operand:
    real = operand.as_type("float32") if isinstance(operand, Value) and not operand.is_real else operand
    return real * real


def _modulo_in_onnx(to: OnnxGraph, a: Operand, b: Operand) -> Value:
    dtype = next(each.dtype for each in (a, b) if isinstance(each, Value))
    a, b = to.value(a, dtype), b if isinstance(b, int | float) and b else to.value(b, dtype)
    if not is_floating(dtype):
        divisor = to.Where(to.Equal(b, 0), to.value(1, dtype), b) if isinstance(b, Value) else b
        remainder = to.Mod(a, divisor)
    else:
        remainder = a - to.Floor(a / b) * b
    if not isinstance(b, Value):
        return remainder
    return to.Where(to.Equal(b, 0), to.value(0, dtype), remainder)


def _power_in_onnx(to: OnnxGraph, a: Operand, b: Operand) -> Value:
    a, b = (
        each if not isinstance(each, Value) or each.is_real else each.as_type("float32") for each in (a, b)
    )
    return to.Pow(a, b)


def _of_truths(op_type: str) -> Callable[[OnnxGraph, Operand, Operand], Value]:
    def combined(to: OnnxGraph, a: Operand, b: Operand) -> Value:
        return to.node(
            op_type, *[to.truth(x) if isinstance(x, Value) else to.value(bool(x), "bool") for x in (a, b)]
        )

    return combined


FORMULAS: dict[str, Formula] = {
    "add": Formula("add", "Adds", "a + b", _add, lambda grad, *_: grad, lambda grad, *_: grad, "Add", "+"),
    "sub": Formula(
        "sub", "Subtracts", "a - b", _subtract, lambda grad, *_: grad, lambda grad, *_: -grad, "Sub", "-"
    ),
    "mul": Formula(
        "mul",
        "Multiplies",
        "a b",
        _multiply,
        lambda grad, _, b: grad * b,
        lambda grad, a, _: grad * a,
        "Mul",
        "*",
    ),
    "div": Formula(
        "div",
        "Divides",
        "a / b",
        _divide,
        _in_whole_numbers(lambda grad, _, b: grad / b),
        _in_whole_numbers(lambda grad, a, b: -grad * a / (b * b)),
        "Div",
        "/",
    ),
    "mod": Formula(
        "mod",
        "Takes the remainder, with the divisor's sign; 0 where the divisor is 0, of",
        r"a \bmod b",
        _modulo,
        _of_real_numbers(lambda grad, *_: grad),
        _of_real_numbers(lambda grad, a, b: -grad * torch.floor(a / b)),
        _modulo_in_onnx,
    ),
    "power": Formula(
        "power",
        "Raises to a power",
        "a^b",
        _power,
        _in_whole_numbers(_power_into_base),
        _in_whole_numbers(_power_into_exponent),
        _power_in_onnx,
        "**",
    ),
    "maximum": Formula(
        "maximum",
        "Takes the greater one",
        r"\max(a, b)",
        _maximum,
        lambda grad, a, b: grad * (a >= b),
        lambda grad, a, b: grad * (a < b),
        "Max",
    ),
    "minimum": Formula(
        "minimum",
        "Takes the lesser one",
        r"\min(a, b)",
        _minimum,
        lambda grad, a, b: grad * (a <= b),
        lambda grad, a, b: grad * (a > b),
        "Min",
    ),
    "hypot": Formula(
        "hypot",
        "Computes the hypotenuse",
        r"\sqrt{a^2 + b^2}",
        _hypot,
        _in_whole_numbers(lambda grad, a, b: grad * a / _hypot(a, b)),
        _in_whole_numbers(lambda grad, a, b: grad * b / _hypot(a, b)),
        lambda to, a, b: to.Sqrt(_squared(a) + _squared(b)),
    ),
    "equal": Formula("equal", "Compares", "a = b", _truth("eq"), onnx="Equal"),
    "not_equal": Formula(
        "not_equal", "Compares", r"a \ne b", _truth("ne"), onnx=lambda to, a, b: to.Not(to.Equal(a, b))
    ),
    "greater": Formula("greater", "Compares", "a > b", _truth("gt"), onnx="Greater"),
    "greater_equal": Formula("greater_equal", "Compares", r"a \ge b", _truth("ge"), onnx="GreaterOrEqual"),
    "lesser": Formula("lesser", "Compares", "a < b", _truth("lt"), onnx="Less"),
    "lesser_equal": Formula("lesser_equal", "Compares", r"a \le b", _truth("le"), onnx="LessOrEqual"),
    "logical_and": Formula(
        "logical_and", "Combines truth values", r"a \wedge b", _truth("logical_and"), onnx=_of_truths("And")
    ),
    "logical_or": Formula(
        "logical_or", "Combines truth values", r"a \vee b", _truth("logical_or"), onnx=_of_truths("Or")
    ),
    "logical_xor": Formula(
        "logical_xor", "Combines truth values", r"a \oplus b", _truth("logical_xor"), onnx=_of_truths("Xor")
    ),
}
"""By the name that the operators are called after: ``broadcast_add``, ``_maximum``, ``_mod_scalar``."""


class OfTwo(Op):
    """Base of the operators of two arrays that compute a formula: ``class X(OfTwo, formula="add")``.

    Their gradient is the formula's, unless the class has its own.
    """

    inputs = {"lhs": "Left operand.", "rhs": "Right operand."}
    image_inputs = all_are_images
    formula: ClassVar[Formula]

    def __init_subclass__(cls, *, formula: str = "", **kwargs: Any) -> None:
        if formula:
            cls.formula = FORMULAS[formula]
            cls.memory = memory_of(cls.formula.compute, "lhs", "rhs")
            if cls.formula.into_left is None:
                cls.gradient = no_gradient
            elif "gradient" not in vars(cls):
                if "backward" not in vars(cls):
                    cls.backward = _by_formula
                cls.backward_as_rows = rows_by_trace(cls.backward, is_backward=True)
        super().__init_subclass__(**kwargs)

    def as_rows(self, to: Rows) -> None:
        if address(self.formula.name) is None:
            rows_by_trace(OfTwo.forward)(self, to)
        else:
            to.binary(self.formula.name, to.lhs, to.rhs, to.output)

    def forward(self, run: Run, lhs: Tensor, rhs: Tensor, *, out: Tensor | None = None) -> Tensor:
        compute = self.formula.compute
        return compute(lhs, rhs) if out is None else compute(lhs, rhs, out=out)

    def onnx(self, to: OnnxGraph, lhs: Value, rhs: Value) -> Value:
        return self.formula.in_onnx(to, lhs, rhs)

    def as_torch(self, lhs: str, rhs: str) -> str | None:
        sign = self.formula.sign
        return f"{lhs} {sign} {rhs}" if sign else None


def _by_formula(self: OfTwo, run: Run, grad: Tensor, lhs: Tensor, rhs: Tensor) -> tuple[Tensor | None, ...]:
    into_left, into_right = self.formula.into_left, self.formula.into_right
    assert into_left is not None
    assert into_right is not None
    return (
        into_left(grad, lhs, rhs).sum_to_size(lhs.shape) if "lhs" in run.wants else None,
        into_right(grad, lhs, rhs).sum_to_size(rhs.shape) if "rhs" in run.wants else None,
    )
