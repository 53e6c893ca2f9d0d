"""Operators of an array and a number: what ``x + 1`` and ``2 > x`` are made of."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.dtype import is_integer, number_as, torch_dtype
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.ir.storage import DENSE, Sparse
from mxnet.lazy import torch
from mxnet.native import address
from mxnet.ops.tools.arithmetic import FORMULAS, Formula, memory_of
from mxnet.ops.tools.gradients import no_gradient, unchanged
from mxnet.ops.tools.shapes import first_is_image, same_shape
from mxnet.ops.tools.storage import LINEAR, MAKES_DENSE, like_the_inputs, on_values
from mxnet.ops.tools.traced import rows_by_trace

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

Rule = Callable[[Any, Node, Sequence[Entry]], Sequence[Entry | None]]


class WithScalar(Op):
    """Base of the operators of an array and a number.

    The number is first converted to the dtype of the data: of an integer array ``x * 0.5`` is 0, as in MXNet.
    Bool data becomes int64; with ``is_int=False``, integers become float64.
    """

    example = "[1, 2, 3] | scalar=2"
    names_inputs = False
    image_inputs = first_is_image
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
            number = number_as(number, data.dtype)
        return (number, data) if self.reverse else (data, number)

    def as_rows(self, to: Rows) -> None:
        if address(self.formula.name) is None:
            rows_by_trace(WithScalar.forward)(self, to)
            return
        left, right = (self.scalar, to.data) if self.reverse else (to.data, self.scalar)
        to.binary(self.formula.name, left, right, to.output)

    def backward_as_rows(self, to: Rows) -> None:
        rows_by_trace(type(self).backward, is_backward=True)(self, to)

    def forward(self, run: Run, data: Tensor, *, out: Tensor | None = None) -> Tensor:
        compute = self.formula.compute
        return compute(*self.operands(data)) if out is None else compute(*self.operands(data), out=out)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        dtype = to.outs[0][0]
        data, number = data.as_type(dtype), number_as(self.scalar, dtype)
        return self.formula.in_onnx(to, *((number, data) if self.reverse else (data, number)))

    def as_torch(self, data: str) -> str | None:
        sign, number = self.formula.sign, f"({self.scalar})" if self.scalar < 0 else str(self.scalar)
        if not sign or not math.isfinite(self.scalar):
            return None
        return f"{number} {sign} {data}" if self.reverse else f"{data} {sign} {number}"

    def backward(self, run: Run, grad: Tensor, data: Tensor) -> Tensor:
        into = self.formula.into_right if self.reverse else self.formula.into_left
        assert into is not None
        return into(grad, *self.operands(data))


def _declare(
    name: str,
    aliases: tuple[str, ...],
    formula: str,
    *,
    reverse: bool = False,
    gradient: Rule | None = None,
    **facts: Any,
) -> None:
    """Declare one operator; `gradient` builds graph instead of running the formula's derivative."""
    meaning = FORMULAS[formula]
    operands = "b is the data and a the number" if reverse else "a is the data and b the number"
    facts |= {
        "__doc__": f"{meaning.verb}, element by element: :math:`{meaning.math}`, where {operands}.",
        "formula": meaning,
        "reverse": reverse,
        "memory": memory_of(meaning.compute, "data"),
    }
    if meaning.into_left is None:
        gradient = no_gradient
    if gradient is not None:
        facts |= {"gradient": gradient, "backward": None}
    type(name, (WithScalar,), facts, name=name, aliases=aliases)


def _if_false_of_0(compare: Callable[[float, float], bool]) -> Sparse:
    """Declare that a comparison is stored as its input is, if it says 0 of what is not stored."""
    return Sparse(
        lambda op, stypes: DENSE if compare(0, op.scalar) else stypes[0], like_the_inputs, on_values
    )


def _passed_on_by_real_numbers(self: WithScalar, run: Run, grad: Tensor) -> Tensor:
    return grad if grad.dtype.is_floating_point else torch.zeros_like(grad)


def _negated(op: WithScalar, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:
    return (-grads[0],)


def _itself(op: WithScalar, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:
    return (emit(op, grads[0]),)


_declare("_plus_scalar", ("_PlusScalar",), "add", gradient=unchanged, sparse=MAKES_DENSE)
_declare("_minus_scalar", ("_MinusScalar",), "sub", gradient=unchanged, sparse=MAKES_DENSE)
_declare("_rminus_scalar", ("_RMinusScalar",), "sub", reverse=True, gradient=_negated, sparse=MAKES_DENSE)
_declare("_scatter_plus_scalar", (), "add", gradient=unchanged, sparse=LINEAR)
_declare("_scatter_minus_scalar", (), "sub", gradient=unchanged, sparse=LINEAR)
_declare(
    "_mul_scalar",
    ("_MulScalar", "_contrib_backward_gradientmultiplier"),
    "mul",
    gradient=_itself,
    sparse=LINEAR,
)
_declare("_div_scalar", ("_DivScalar",), "div", gradient=_itself, sparse=LINEAR)
_declare("_rdiv_scalar", ("_RDivScalar",), "div", reverse=True)
_declare("_mod_scalar", ("_ModScalar",), "mod", backward=_passed_on_by_real_numbers)
_declare("_rmod_scalar", ("_RModScalar",), "mod", reverse=True)
_declare("_power_scalar", ("_PowerScalar",), "power")
_declare("_rpower_scalar", ("_RPowerScalar",), "power", reverse=True)
_declare("_maximum_scalar", ("_MaximumScalar",), "maximum")
_declare("_minimum_scalar", ("_MinimumScalar",), "minimum")
_declare("_hypot_scalar", ("_HypotScalar",), "hypot")
_declare("_equal_scalar", ("_EqualScalar",), "equal", sparse=_if_false_of_0(operator.eq))
_declare("_not_equal_scalar", ("_NotEqualScalar",), "not_equal", sparse=_if_false_of_0(operator.ne))
_declare("_greater_scalar", ("_GreaterScalar",), "greater", sparse=_if_false_of_0(operator.gt))
_declare(
    "_greater_equal_scalar", ("_GreaterEqualScalar",), "greater_equal", sparse=_if_false_of_0(operator.ge)
)
_declare("_lesser_scalar", ("_LesserScalar",), "lesser", sparse=_if_false_of_0(operator.lt))
_declare("_lesser_equal_scalar", ("_LesserEqualScalar",), "lesser_equal", sparse=_if_false_of_0(operator.le))
_TRUTHS = "[0, 1] | scalar=2"
_declare("_logical_and_scalar", ("_LogicalAndScalar",), "logical_and", example=_TRUTHS)
_declare("_logical_or_scalar", ("_LogicalOrScalar",), "logical_or", example=_TRUTHS)
_declare("_logical_xor_scalar", ("_LogicalXorScalar",), "logical_xor", example=_TRUTHS)
