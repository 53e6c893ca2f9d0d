"""Arithmetic of arrays of one shape, element by element; no broadcasting."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.memory import VIEW, Memory
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.ir.param import MANY
from mxnet.ir.storage import CSR, DENSE, ROWS, Call, Sparse, Stored
from mxnet.lazy import torch
from mxnet.ops.tools.arithmetic import FORMULAS, OfTwo
from mxnet.ops.tools.device import torch_device
from mxnet.ops.tools.gradients import no_gradient, unchanged
from mxnet.ops.tools.shapes import agree, all_are_images, first_is_image, same_shape
from mxnet.ops.tools.sparse_kernels import row_of_each
from mxnet.ops.tools.storage import (
    FLAT,
    KEEPS_ZEROS,
    LINEAR,
    STEPS,
    dense,
    if_alike,
    like_the_head,
    on_all_rows,
    on_places,
    summed,
)
from mxnet.ops.tools.traced import rows_by_trace

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


class Elementwise(OfTwo):
    """Base of the operators of two arrays of one shape and dtype, which the output shares."""

    example = "[1, 2, 3]; [3, 2, 1]"

    infer_shape = same_shape


def _sum_storage(op: Op, stypes: tuple[str, ...]) -> str | None:
    return DENSE if DENSE in stypes else if_alike(op, stypes)


class ElementwiseAdd(
    Elementwise,
    name="elemwise_add",
    aliases=("_add", "_plus", "_Plus", "_sparse_elemwise_add"),
    formula="add",
):
    """Adds two arrays of one shape."""

    sparse = Sparse(_sum_storage, like_the_head, summed())

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, Entry]:
        return grads[0], grads[0]


class GradientAdd(ElementwiseAdd, name="_grad_add"):
    """Adds two arrays of one shape. The name under which MXNet adds up gradients."""


class ElementwiseSub(
    Elementwise,
    name="elemwise_sub",
    aliases=("_sub", "_minus", "_Minus", "_sparse_elemwise_sub"),
    formula="sub",
):
    """Subtracts an array from another of the same shape."""

    sparse = Sparse(_sum_storage, like_the_head, summed(1, -1))

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, Entry]:
        return grads[0], -grads[0]


def _product_storage(op: Op, stypes: tuple[str, ...]) -> str | None:
    sparse = [stype for stype in stypes if stype != DENSE]
    return sparse[0] if len(sparse) == 1 else if_alike(op, stypes)


class ElementwiseMul(
    Elementwise, name="elemwise_mul", aliases=("_mul", "_Mul", "_sparse_elemwise_mul"), formula="mul"
):
    """Multiplies two arrays of one shape, element by element."""

    sparse = Sparse(_product_storage, kernel=lambda call: on_all_rows(call) or on_places(call))

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, Entry]:
        lhs, rhs = node.inputs
        return grads[0] * rhs, grads[0] * lhs


def _quotient_storage(op: Op, stypes: tuple[str, ...]) -> str | None:
    return None if CSR in stypes and DENSE not in stypes else DENSE


class ElementwiseDiv(
    Elementwise, name="elemwise_div", aliases=("_div", "_Div", "_sparse_elemwise_div"), formula="div"
):
    """Divides an array by another of the same shape. Integers are rounded towards zero."""

    sparse = Sparse(_quotient_storage)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, Entry]:
        lhs, rhs = node.inputs
        into_lhs = grads[0] / rhs
        return into_lhs, -(into_lhs * lhs) / rhs


class ScatterElementwiseDiv(ElementwiseDiv, name="_scatter_elemwise_div"):
    """Divides like ``elemwise_div``. For sparse arrays MXNet divides by it only what is stored."""

    sparse = Sparse(lambda op, stypes: ROWS if stypes[0] == ROWS else None, kernel=on_places)


def _declare(formula: str, *aliases: str, **facts: Any) -> None:
    meaning = FORMULAS[formula]
    facts["__doc__"] = f"{meaning.verb}, element by element: :math:`{meaning.math}`."
    type(f"_{formula}", (Elementwise,), facts, name=f"_{formula}", aliases=aliases, formula=formula)


_ALIKE = Sparse(if_alike, kernel=on_all_rows)

_declare("mod", "_Mod")
_declare("power", "_Power")
_declare("maximum", "_Maximum", sparse=_ALIKE)
_declare("minimum", "_Minimum", sparse=_ALIKE)
_declare("hypot", "_Hypot", sparse=_ALIKE)
_declare("equal", "_Equal", sparse=FLAT)
_declare("not_equal", "_Not_Equal", sparse=FLAT)
_declare("greater", "_Greater", sparse=FLAT)
_declare("greater_equal", "_Greater_Equal", sparse=FLAT)
_declare("lesser", "_Lesser", sparse=FLAT)
_declare("lesser_equal", "_Lesser_Equal", sparse=FLAT)
_TRUTHS = "[0, 0, 1, 1]; [0, 1, 0, 1]"
_declare("logical_and", "_Logical_And", example=_TRUTHS)
_declare("logical_or", "_Logical_Or", example=_TRUTHS)
_declare("logical_xor", "_Logical_Xor", example=_TRUTHS)


class AddN(Op, name="add_n", aliases=("ElementWiseSum", "_sparse_add_n", "_sparse_ElementWiseSum")):
    """Adds any number of arrays of one shape."""

    example = "[1, 2]; [3, 4]; [5, 6]"
    inputs = {"args": "The arrays to add."}
    variadic = "num_args"
    image_inputs = all_are_images
    num_args: int = param(ge=1, le=MANY, doc="Number of arrays.")

    infer_shape = same_shape
    sparse = Sparse(
        lambda op, stypes: ROWS if set(stypes) == {ROWS} else None,
        lambda op, stypes, head: (head if head == ROWS else DENSE,) * len(stypes),
        summed(),
    )

    @property
    def memory(self) -> Memory:  # type: ignore[override]
        """A single array comes back as it is."""
        return VIEW if self.num_args == 1 else Memory("new", over=("args",), into=True)

    def as_rows(self, to: Rows) -> None:
        if self.num_args == 1:
            to.same(to.output, to.ins[0])
            return
        to.binary("add", to.ins[0], to.ins[1], to.output)
        for each in to.ins[2:]:
            to("accumulate", each, to.output, to.output.size)

    def forward(self, run: Run, *args: Tensor, out: Tensor | None = None) -> Tensor:
        if len(args) == 1:
            return args[0]
        overwritten = next((i for i, each in enumerate(args) if each is out), None)
        if overwritten is not None:
            total, others = args[overwritten], (*args[:overwritten], *args[overwritten + 1 :])
        else:
            total, others = torch.add(args[0], args[1], out=out), args[2:]
        for each in others:
            total += each
        return total

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry, ...]:
        return (grads[0],) * self.num_args

    def onnx(self, to: OnnxGraph, *args: Value) -> Value:
        return to.Sum(*args) if args[0].is_real else functools.reduce(operator.add, args)

    def as_torch(self, *args: str) -> str:
        return " + ".join(args)


class Identity(Op, name="_copy", aliases=("identity",)):
    """Returns its input."""

    example = "[1, 2]"
    memory = VIEW
    sparse = LINEAR
    identity_in_inference = True
    image_inputs = first_is_image

    infer_shape = same_shape

    def as_rows(self, to: Rows) -> None:
        to.same(to.output, to.data)

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data

    gradient = unchanged

    onnx = "Identity"

    def as_torch(self, data: str) -> str:
        return data


class BlockGradient(Op, name="BlockGrad", aliases=("stop_gradient", "_sparse_stop_gradient")):
    """Returns its input; no gradient passes."""

    example = "[1, 2]"
    memory = VIEW
    sparse = STEPS
    identity_in_inference = True
    image_inputs = first_is_image
    names_inputs = False

    infer_shape = same_shape
    as_rows = Identity.as_rows

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data

    gradient = no_gradient

    onnx = "Identity"

    def as_torch(self, data: str) -> str:
        return f"{data}.detach()"


class MakeLossOfExpression(Op, name="make_loss", aliases=("_sparse_make_loss",)):
    """Returns its input and makes it a loss: its gradient is 1, whatever the head gradient is."""

    example = "[1, 2]"
    outputs = ("loss",)
    sparse = KEEPS_ZEROS
    identity_in_inference = True

    def in_inference(self, data: Entry) -> Entry:
        return emit("_copy", data)

    infer_shape = same_shape

    def as_rows(self, to: Rows) -> None:
        to.same(to.loss, to.data)

    def backward_as_rows(self, to: Rows) -> None:
        to("fill", to.data_grad, to.data_grad.size, 1.0)

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data

    def backward(self, run: Run, data: Like) -> Tensor:
        return torch.ones(data.shape, dtype=data.dtype, device=torch_device(run.context))

    onnx = "Identity"


def _chosen_by_stored(call: Call) -> Stored | None:
    """Choose by a CSR matrix: look only where it stores something."""
    condition, x, y = call.arrays
    if condition.stype != CSR or (x.stype, y.stype) != (DENSE, DENSE):
        return None
    values, columns, indptr = condition.parts
    places = (row_of_each(indptr) * condition.shape[1]).add_(columns)[values != 0]
    chosen = y.parts[0].clone(memory_format=torch.contiguous_format)
    chosen.view(-1).index_copy_(0, places, x.parts[0].reshape(-1).index_select(0, places))
    return Stored(DENSE, x.shape, (chosen,))


class Where(Op, name="where", aliases=("_sparse_where",)):
    """Chooses from `x` where the condition is not 0, and from `y` elsewhere.

    Shapes: x, y and output (n, ...), condition the same or (n,), to choose whole rows. The condition gets
    no gradient.
    """

    example = "[1, 0]; [1, 2]; [3, 4]"
    inputs = {
        "condition": "What to choose by.",
        "x": "What is chosen where the condition is not 0.",
        "y": "What is chosen where it is 0.",
    }
    memory = Memory("new", over=("x", "y"), into=True)
    sparse = Sparse(dense, lambda op, stypes, head: (stypes[0], DENSE, DENSE), _chosen_by_stored)

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

    def forward(
        self, run: Run, condition: Tensor, x: Tensor, y: Tensor, *, out: Tensor | None = None
    ) -> Tensor:
        return torch.where(_for_rows(condition, x) != 0, x, y, out=out)

    def backward(self, run: Run, grad: Tensor, condition: Tensor) -> tuple[Tensor | None, ...]:
        chosen = _for_rows(condition, grad) != 0
        return (
            None,
            grad * chosen if "x" in run.wants else None,
            grad * ~chosen if "y" in run.wants else None,
        )

    as_rows, backward_as_rows = rows_by_trace(forward), rows_by_trace(backward, is_backward=True)

    def onnx(self, to: OnnxGraph, condition: Value, x: Value, y: Value) -> Value:
        truth = to.truth(condition)
        if condition.rank < x.rank:
            truth = to.Reshape(truth, [-1, *[1] * (x.rank - 1)])
        return to.Where(truth, x, y)


def _for_rows(condition: Tensor, x: Tensor) -> Tensor:
    return condition.view(condition.shape + (1,) * (x.dim() - condition.dim()))
