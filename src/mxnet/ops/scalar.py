"""Operators of an array and a number: what ``x + 1`` and ``2 > x`` are made of."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.dtype import is_integer, torch_dtype
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.arithmetic import FORMULAS, Formula
from mxnet.ops.shapes import first_is_image, same_shape

if TYPE_CHECKING:
    from torch import Tensor

Rule = Callable[["WithScalar", Node, Sequence[Entry]], tuple[Entry | None]]


class WithScalar(Op):
    """Base of the operators of an array and a number.

    The number is first converted to the dtype of the data: of an integer array ``x * 0.5`` is 0, as in MXNet.
    Bool data becomes int64; with ``is_int=False``, integers become float64.
    """

    image_inputs = first_is_image
    result = "new"
    formula: ClassVar[Formula]
    reverse: ClassVar[bool] = False
    scalar: float = param(default=1.0, doc="The number.")
    is_int: bool = param(default=True, doc="Whether integers stay integers, whatever the number is.")

    infer_shape = same_shape

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        if t.data is None:
            return {} if t.output is None or self.result_dtype(t.output) != t.output else {"data": t.output}
        return {"output": self.result_dtype(t.data)}

    def result_dtype(self, dtype: str) -> str:
        """Return the dtype of the output for data of this dtype."""
        if is_integer(dtype) and not self.is_int:
            return "float64"
        return "int64" if dtype == "bool" else dtype

    def operands(self, data: Tensor) -> tuple[Any, Any]:
        """Return the data and the number, in the dtype of the output and in the order of the formula."""
        number: float = self.scalar
        if not data.dtype.is_floating_point:
            data = data.to(torch_dtype(self.result_dtype(str(data.dtype).removeprefix("torch."))))
            number = _as_dtype(number, data.dtype)
        return (number, data) if self.reverse else (data, number)

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return self.formula.compute(*self.operands(data))

    def _forward_into(self, run: Run, out: Tensor, data: Tensor) -> Tensor:
        assert self.formula.compute_into is not None
        return self.formula.compute_into(out, *self.operands(data))

    def backward(self, run: Run, grad: Tensor, data: Tensor) -> Tensor:
        into = self.formula.into_right if self.reverse else self.formula.into_left
        assert into is not None
        return into(grad, *self.operands(data))


@functools.lru_cache(maxsize=4096)
def _as_dtype(number: float, dtype: torch.dtype) -> float:
    """Return a number as C would store it in that dtype: without its fraction, and wrapped around."""
    if dtype.is_floating_point:
        return number
    info = torch.iinfo(dtype)
    if not math.isfinite(number):
        return info.min
    return (int(number) - info.min) % (1 << info.bits) + info.min


def _declare(
    name: str, aliases: tuple[str, ...], formula: str, *, reverse: bool = False, gradient: Rule | None = None
) -> None:
    """Declare one operator; `gradient` builds graph instead of running the formula's derivative."""
    meaning = FORMULAS[formula]
    operands = "b is the data and a the number" if reverse else "a is the data and b the number"
    contents: dict[str, Any] = {
        "__doc__": f"{meaning.verb}, element by element: :math:`{meaning.math}`, where {operands}.",
        "formula": meaning,
        "reverse": reverse,
    }
    if meaning.into_left is None:
        gradient = _no_gradient
    if meaning.compute_into is not None and not reverse:
        contents |= {"inplace": {"output": "data"}, "forward_into": WithScalar._forward_into}
    if gradient is not None:
        contents |= {"gradient": gradient, "backward": None}
    type(name, (WithScalar,), contents, name=name, aliases=aliases)


def _no_gradient(op: WithScalar, node: Node, grads: Sequence[Entry]) -> tuple[None]:  # noqa: ARG001 - a gradient rule
    return (None,)


def _unchanged(op: WithScalar, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:  # noqa: ARG001 - a gradient rule
    return (grads[0],)


def _negated(op: WithScalar, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:  # noqa: ARG001 - a gradient rule
    return (-grads[0],)


def _itself(op: WithScalar, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:  # noqa: ARG001 - a gradient rule
    return (emit(op, grads[0]),)


_declare("_plus_scalar", ("_PlusScalar",), "add", gradient=_unchanged)
_declare("_minus_scalar", ("_MinusScalar",), "sub", gradient=_unchanged)
_declare("_rminus_scalar", ("_RMinusScalar",), "sub", reverse=True, gradient=_negated)
_declare("_scatter_plus_scalar", (), "add", gradient=_unchanged)
_declare("_scatter_minus_scalar", (), "sub", gradient=_unchanged)
_declare("_mul_scalar", ("_MulScalar", "_contrib_backward_gradientmultiplier"), "mul", gradient=_itself)
_declare("_div_scalar", ("_DivScalar",), "div", gradient=_itself)
_declare("_rdiv_scalar", ("_RDivScalar",), "div", reverse=True)
_declare("_mod_scalar", ("_ModScalar",), "mod", gradient=_unchanged)
_declare("_rmod_scalar", ("_RModScalar",), "mod", reverse=True)
_declare("_power_scalar", ("_PowerScalar",), "power")
_declare("_rpower_scalar", ("_RPowerScalar",), "power", reverse=True)
_declare("_maximum_scalar", ("_MaximumScalar",), "maximum")
_declare("_minimum_scalar", ("_MinimumScalar",), "minimum")
_declare("_hypot_scalar", ("_HypotScalar",), "hypot")
_declare("_equal_scalar", ("_EqualScalar",), "equal")
_declare("_not_equal_scalar", ("_NotEqualScalar",), "not_equal")
_declare("_greater_scalar", ("_GreaterScalar",), "greater")
_declare("_greater_equal_scalar", ("_GreaterEqualScalar",), "greater_equal")
_declare("_lesser_scalar", ("_LesserScalar",), "lesser")
_declare("_lesser_equal_scalar", ("_LesserEqualScalar",), "lesser_equal")
_declare("_logical_and_scalar", ("_LogicalAndScalar",), "logical_and")
_declare("_logical_or_scalar", ("_LogicalOrScalar",), "logical_or")
_declare("_logical_xor_scalar", ("_LogicalXorScalar",), "logical_xor")
