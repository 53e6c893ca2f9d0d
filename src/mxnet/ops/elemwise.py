"""Arithmetic of arrays of one shape, element by element; no broadcasting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.errors import ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.arithmetic import FORMULAS, Formula
from mxnet.ops.device import torch_device
from mxnet.ops.shapes import agree, all_are_images, first_is_image, same_shape

if TYPE_CHECKING:
    from torch import Tensor


class Elementwise(Op):
    """Base of the operators of two arrays of one shape and dtype, which the output shares."""

    image_inputs = all_are_images
    inputs = {"lhs": "Left operand.", "rhs": "Right operand."}
    result = "new"
    formula: ClassVar[Formula]

    infer_shape = same_shape

    def forward(self, run: Run, lhs: Tensor, rhs: Tensor) -> Tensor:
        return self.formula.compute(lhs, rhs)


class _Overwriting(Elementwise):
    """Base of those whose result can overwrite an operand."""

    inplace = {"output": ("lhs", "rhs")}

    def forward_into(self, run: Run, out: Tensor, lhs: Tensor, rhs: Tensor) -> Tensor:
        assert self.formula.compute_into is not None
        return self.formula.compute_into(out, lhs, rhs)


class ElementwiseAdd(
    _Overwriting, name="elemwise_add", aliases=("_add", "_plus", "_Plus", "_sparse_elemwise_add")
):
    """Adds two arrays of one shape."""

    formula = FORMULAS["add"]

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, Entry]:
        return grads[0], grads[0]


class GradientAdd(ElementwiseAdd, name="_grad_add"):
    """Adds two arrays of one shape. The name under which MXNet adds up gradients."""


class ElementwiseSub(
    _Overwriting, name="elemwise_sub", aliases=("_sub", "_minus", "_Minus", "_sparse_elemwise_sub")
):
    """Subtracts an array from another of the same shape."""

    formula = FORMULAS["sub"]

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, Entry]:
        return grads[0], -grads[0]


class ElementwiseMul(_Overwriting, name="elemwise_mul", aliases=("_mul", "_Mul", "_sparse_elemwise_mul")):
    """Multiplies two arrays of one shape, element by element."""

    formula = FORMULAS["mul"]

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, Entry]:
        lhs, rhs = node.inputs
        return grads[0] * rhs, grads[0] * lhs


class ElementwiseDiv(_Overwriting, name="elemwise_div", aliases=("_div", "_Div", "_sparse_elemwise_div")):
    """Divides an array by another of the same shape. Integers are rounded towards zero."""

    formula = FORMULAS["div"]

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, Entry]:
        lhs, rhs = node.inputs
        into_lhs = grads[0] / rhs
        return into_lhs, -(into_lhs * lhs) / rhs


class ScatterElementwiseDiv(ElementwiseDiv, name="_scatter_elemwise_div"):
    """Divides like ``elemwise_div``. For sparse arrays MXNet divides by it only what is stored."""


class ByFormula(Elementwise):
    """Base of those whose gradients are kernels."""

    def backward(
        self, run: Run, grad: Tensor, lhs: Tensor, rhs: Tensor
    ) -> tuple[Tensor | None, Tensor | None]:
        into_left, into_right = self.formula.into_left, self.formula.into_right
        assert into_left is not None
        assert into_right is not None
        return (
            into_left(grad, lhs, rhs) if "lhs" in run.wants else None,
            into_right(grad, lhs, rhs) if "rhs" in run.wants else None,
        )


class Comparison(Elementwise):
    """Base of those that say 0 or 1, whose gradients are zero."""

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[None, None]:
        return None, None


def _declare(formula: str, *aliases: str) -> None:
    meaning = FORMULAS[formula]
    base = Comparison if meaning.into_left is None else ByFormula
    contents = {"__doc__": f"{meaning.verb}, element by element: :math:`{meaning.math}`.", "formula": meaning}
    type(f"_{formula}", (base,), contents, name=f"_{formula}", aliases=aliases)


_declare("mod", "_Mod")
_declare("power", "_Power")
_declare("maximum", "_Maximum")
_declare("minimum", "_Minimum")
_declare("hypot", "_Hypot")
_declare("equal", "_Equal")
_declare("not_equal", "_Not_Equal")
_declare("greater", "_Greater")
_declare("greater_equal", "_Greater_Equal")
_declare("lesser", "_Lesser")
_declare("lesser_equal", "_Lesser_Equal")
_declare("logical_and", "_Logical_And")
_declare("logical_or", "_Logical_Or")
_declare("logical_xor", "_Logical_Xor")


class AddN(Op, name="add_n", aliases=("ElementWiseSum", "_sparse_add_n", "_sparse_ElementWiseSum")):
    """Adds any number of arrays of one shape."""

    image_inputs = all_are_images
    inputs = {"args": "The arrays to add."}
    variadic = "num_args"
    inplace = {"output": "args"}
    num_args: int = param(ge=1, doc="Number of arrays.")

    infer_shape = same_shape

    @property
    def result(self) -> str:  # type: ignore[override]
        """A single array comes back as it is."""
        return "view" if self.num_args == 1 else "new"

    def forward_into(self, run: Run, out: Tensor, *args: Tensor) -> Tensor:
        where = next(i for i, each in enumerate(args) if each is out)
        for each in (*args[:where], *args[where + 1 :]):
            out += each
        return out

    def forward(self, run: Run, *args: Tensor) -> Tensor:
        if len(args) == 1:
            return args[0]
        total = args[0] + args[1]
        for each in args[2:]:
            total += each
        return total

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, ...]:
        return (grads[0],) * self.num_args


class Identity(Op, name="_copy", aliases=("identity",)):
    """Returns its input."""

    image_inputs = first_is_image
    result = "view"

    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:
        return (grads[0],)


class BlockGradient(Op, name="BlockGrad", aliases=("stop_gradient", "_sparse_stop_gradient")):
    """Returns its input; no gradient passes."""

    image_inputs = first_is_image
    result = "view"

    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[None]:
        return (None,)


class MakeLossOfExpression(Op, name="make_loss", aliases=("_sparse_make_loss",)):
    """Returns its input and makes it a loss: its gradient is 1, whatever the head gradient is."""

    outputs = ("loss",)

    infer_shape = same_shape

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data

    def backward(self, run: Run, data: Like) -> Tensor:
        return torch.ones(data.shape, dtype=data.dtype, device=torch_device(run.context))


class Where(Op, name="where", aliases=("_sparse_where",)):
    """Chooses from `x` where the condition is not 0, and from `y` elsewhere.

    Shapes: x, y and output (n, ...), condition the same or (n,), to choose whole rows. The condition gets
    no gradient.
    """

    inputs = {
        "condition": "What to choose by.",
        "x": "What is chosen where the condition is not 0.",
        "y": "What is chosen where it is 0.",
    }

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if not is_complete(s.condition):
            return {}  # as in MXNet, nothing is said before the condition is known
        chosen = agree(s.x, s.y, s.output)
        if chosen is not None:
            fitting = chosen[:1] if len(s.condition) == 1 else chosen
            known = [
                extent if given is None else given
                for given, extent in zip(fitting, s.condition, strict=False)
            ]
            if len(fitting) != len(s.condition) or tuple(known) != s.condition:
                raise ShapeError(
                    f"where: the condition {s.condition} fits neither x {chosen} nor its first axis."
                )
        return {"x": chosen, "y": chosen, "output": chosen}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        known = t.x or t.y or t.output
        return {"x": known, "y": known, "output": known}

    def forward(self, run: Run, condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
        return torch.where(_for_rows(condition, x) != 0, x, y)

    def backward(self, run: Run, grad: Tensor, condition: Tensor) -> tuple[Tensor | None, ...]:
        chosen = _for_rows(condition, grad) != 0
        return (
            None,
            grad * chosen if "x" in run.wants else None,
            grad * ~chosen if "y" in run.wants else None,
        )


def _for_rows(condition: Tensor, x: Tensor) -> Tensor:
    return condition.view(condition.shape + (1,) * (x.dim() - condition.dim()))
