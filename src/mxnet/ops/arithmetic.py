"""The formulas of two operands, stated once for elementwise, broadcasting and scalar operators."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

    Derivative = Callable[[Tensor, "Operand", "Operand"], Tensor]

Operand = Any
"""A tensor or, of one of the two operands, a number."""

__all__ = ["FORMULAS", "Formula"]


class Formula(NamedTuple):
    """A function of two operands and its partial derivatives, each times the head gradient.

    Without derivatives the gradient is zero everywhere.
    """

    verb: str
    math: str
    compute: Callable[[Operand, Operand], Tensor]
    into_left: Callable[[Tensor, Operand, Operand], Tensor] | None = None
    into_right: Callable[[Tensor, Operand, Operand], Tensor] | None = None
    compute_into: Callable[[Tensor, Operand, Operand], Tensor] | None = None
    """Writes the result into the first argument, which may be one of the operands."""


def _dtype(a: Operand, b: Operand) -> torch.dtype:
    return a.dtype if isinstance(a, torch.Tensor) else b.dtype


def _tensor(a: Operand, other: Operand) -> Tensor:
    """Return an operand as a tensor.

    A number becomes one without dimensions, which kernels take from the CPU on any device.
    """
    return a if isinstance(a, torch.Tensor) else torch.tensor(a, dtype=other.dtype)


def _divide(a: Operand, b: Operand) -> Tensor:
    """Divide; integers are rounded towards zero."""
    if _dtype(a, b).is_floating_point:
        quotient: Tensor = a / b
        return quotient
    return torch.div(_tensor(a, b), b, rounding_mode="trunc")


def _modulo(a: Operand, b: Operand) -> Tensor:
    """Return the remainder with the divisor's sign; 0 where the divisor is 0."""
    if isinstance(b, torch.Tensor):
        remainder = torch.remainder(a, torch.where(b == 0, 1, b))
        return torch.where(b == 0, 0, remainder).to(b.dtype)
    return torch.remainder(a, b) if b else torch.zeros_like(a)


def _power(a: Operand, b: Operand) -> Tensor:
    dtype = _dtype(a, b)
    if dtype.is_floating_point:
        return torch.pow(a, b)
    return torch.pow(_tensor(a, b).float(), _tensor(b, a).float()).to(dtype)  # as in MXNet, by way of float32


def _power_into_base(grad: Tensor, a: Operand, b: Operand) -> Tensor:
    slope: Tensor = b * _power(a, b - 1)
    return grad * slope


def _power_into_exponent(grad: Tensor, a: Operand, b: Operand) -> Tensor:
    logarithm = a.log() if isinstance(a, torch.Tensor) else _log_of_number(a)
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


def _maximum(a: Operand, b: Operand) -> Tensor:
    return torch.clamp(a, min=b) if isinstance(b, float | int) else torch.maximum(a, b)


def _minimum(a: Operand, b: Operand) -> Tensor:
    return torch.clamp(a, max=b) if isinstance(b, float | int) else torch.minimum(a, b)


def _hypot(a: Operand, b: Operand) -> Tensor:
    a, b = _tensor(a, b), _tensor(b, a)
    if a.dtype.is_floating_point:
        return torch.hypot(a, b)
    return torch.hypot(a.double(), b.double()).to(a.dtype)


def _truth(comparison: str) -> Callable[[Operand, Operand], Tensor]:
    """Return a comparison of torch that says 0 or 1 in the operands' dtype, with no detour by way of bool."""

    def compute(a: Operand, b: Operand) -> Tensor:
        a, b = _tensor(a, b), _tensor(b, a)
        out: Tensor = getattr(torch, comparison)(a, b, out=torch.empty(0, dtype=a.dtype, device=a.device))
        return out

    return compute


_OUT: dict[str, Callable[[Tensor, Operand, Operand], Tensor]] = {
    "add": lambda out, a, b: torch.add(a, b, out=out),
    "sub": lambda out, a, b: torch.sub(a, b, out=out),
    "mul": lambda out, a, b: torch.mul(a, b, out=out),
    "div": lambda out, a, b: torch.div(
        a, b, rounding_mode=None if out.dtype.is_floating_point else "trunc", out=out
    ),
}

FORMULAS: dict[str, Formula] = {
    "add": Formula(
        "Adds", "a + b", lambda a, b: a + b, lambda grad, *_: grad, lambda grad, *_: grad, _OUT["add"]
    ),
    "sub": Formula(
        "Subtracts", "a - b", lambda a, b: a - b, lambda grad, *_: grad, lambda grad, *_: -grad, _OUT["sub"]
    ),
    "mul": Formula(
        "Multiplies",
        "a b",
        lambda a, b: a * b,
        lambda grad, _, b: grad * b,
        lambda grad, a, _: grad * a,
        _OUT["mul"],
    ),
    "div": Formula(
        "Divides",
        "a / b",
        _divide,
        _in_whole_numbers(lambda grad, _, b: grad / b),
        _in_whole_numbers(lambda grad, a, b: -grad * a / (b * b)),
        _OUT["div"],
    ),
    "mod": Formula(
        "Takes the remainder, with the divisor's sign; 0 where the divisor is 0, of",
        r"a \bmod b",
        _modulo,
        _of_real_numbers(lambda grad, *_: grad),
        _of_real_numbers(lambda grad, a, b: -grad * torch.floor(a / b)),
    ),
    "power": Formula(
        "Raises to a power",
        "a^b",
        _power,
        _in_whole_numbers(_power_into_base),
        _in_whole_numbers(_power_into_exponent),
    ),
    "maximum": Formula(
        "Takes the greater one",
        r"\max(a, b)",
        _maximum,
        lambda grad, a, b: grad * (a >= b),
        lambda grad, a, b: grad * (a < b),
    ),
    "minimum": Formula(
        "Takes the lesser one",
        r"\min(a, b)",
        _minimum,
        lambda grad, a, b: grad * (a <= b),
        lambda grad, a, b: grad * (a > b),
    ),
    "hypot": Formula(
        "Computes the hypotenuse",
        r"\sqrt{a^2 + b^2}",
        _hypot,
        _in_whole_numbers(lambda grad, a, b: grad * a / _hypot(a, b)),
        _in_whole_numbers(lambda grad, a, b: grad * b / _hypot(a, b)),
    ),
    "equal": Formula("Compares", "a = b", _truth("eq")),
    "not_equal": Formula("Compares", r"a \ne b", _truth("ne")),
    "greater": Formula("Compares", "a > b", _truth("gt")),
    "greater_equal": Formula("Compares", r"a \ge b", _truth("ge")),
    "lesser": Formula("Compares", "a < b", _truth("lt")),
    "lesser_equal": Formula("Compares", r"a \le b", _truth("le")),
    "logical_and": Formula("Combines truth values", r"a \wedge b", _truth("logical_and")),
    "logical_or": Formula("Combines truth values", r"a \vee b", _truth("logical_or")),
    "logical_xor": Formula("Combines truth values", r"a \oplus b", _truth("logical_xor")),
}
"""By the name that the operators are called after: ``broadcast_add``, ``_maximum``, ``_mod_scalar``."""
