"""Operators that repeat an array along axes of one element, and arithmetic that does so by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.ir.storage import CSR, DENSE, Sparse
from mxnet.ops.tools.arithmetic import FORMULAS, OfTwo
from mxnet.ops.tools.shapes import normal_axis
from mxnet.ops.tools.storage import on_places

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


# ------------------------------------------------------------------------------------------------ arithmetic


class Broadcasting(OfTwo):
    """Base of the arithmetic of two arrays that are repeated to a common shape.

    Shapes: aligned at the last axis, extents must be equal or one of them 1.
    """

    example = "[[1, 2], [3, 4]]; [[2], [3]]"

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.lhs is None or s.rhs is None:
            return {}
        ndim = max(len(s.lhs), len(s.rhs))
        lhs, rhs = ((1,) * (ndim - len(each)) + each for each in (s.lhs, s.rhs))
        pairs = list(zip(lhs, rhs, strict=True))
        if any(None not in pair and 1 not in pair and a != b for pair in pairs for a, b in (pair,)):
            raise ShapeError(f"{self.name}: the shapes {s.lhs} and {s.rhs} cannot be broadcast together.")
        return {
            "output": tuple(
                None if None in pair else b if a == 1 else a for pair in pairs for a, b in (pair,)
            )
        }


_SUM = Sparse(lambda op, stypes: DENSE if set(stypes) == {CSR, DENSE} else None)
_PRODUCT = Sparse(lambda op, stypes: CSR if stypes == (CSR, DENSE) else None, kernel=on_places)


class BroadcastAdd(
    Broadcasting,
    name="broadcast_add",
    formula="add",
    aliases=("broadcast_plus", "_sparse_broadcast_add", "_sparse_broadcast_plus"),
):
    """Adds two arrays, repeated to a common shape."""

    sparse = _SUM

    def backward(self, run: Run, grad: Tensor, lhs: Like, rhs: Like) -> tuple[Tensor | None, Tensor | None]:
        return (
            grad.sum_to_size(lhs.shape) if "lhs" in run.wants else None,
            grad.sum_to_size(rhs.shape) if "rhs" in run.wants else None,
        )


class BroadcastSub(
    Broadcasting,
    name="broadcast_sub",
    formula="sub",
    aliases=("broadcast_minus", "_sparse_broadcast_sub", "_sparse_broadcast_minus"),
):
    """Subtracts an array from another, both repeated to a common shape."""

    sparse = _SUM

    def backward(self, run: Run, grad: Tensor, lhs: Like, rhs: Like) -> tuple[Tensor | None, Tensor | None]:
        return (
            grad.sum_to_size(lhs.shape) if "lhs" in run.wants else None,
            -grad.sum_to_size(rhs.shape) if "rhs" in run.wants else None,
        )


def _declare(formula: str, *aliases: str, **facts: Any) -> None:
    meaning = FORMULAS[formula]
    facts["__doc__"] = (
        f"{meaning.verb}: :math:`{meaning.math}`, element by element, of arrays repeated to one shape."
    )
    name = f"broadcast_{formula}"
    type(name, (Broadcasting,), facts, name=name, aliases=aliases, formula=formula)


_declare("mul", "_sparse_broadcast_mul", sparse=_PRODUCT)
_declare("div", "_sparse_broadcast_div", sparse=_PRODUCT)
_declare("mod")
_declare("power")
_declare("maximum")
_declare("minimum")
_declare("hypot")
_declare("equal")
_declare("not_equal")
_declare("greater")
_declare("greater_equal")
_declare("lesser")
_declare("lesser_equal")
_TRUTHS = "[[0, 1]]; [[0], [1]]"
_declare("logical_and", example=_TRUTHS)
_declare("logical_or", example=_TRUTHS)
_declare("logical_xor", example=_TRUTHS)


# ------------------------------------------------------------------------------------------------- repeating


def _expanded(operator: str, data: Shape, wanted: Shape) -> tuple[Any, ...]:
    """Return the shape that an array gets when it is repeated to a wanted one."""
    if len(data) != len(wanted) or any(
        None not in pair and pair[0] not in (1, pair[1]) for pair in zip(data, wanted, strict=True)
    ):
        raise ShapeError(
            f"{operator}: an array of shape {data} cannot be broadcast to {wanted}. "
            "Expect: as many axes, and an extent of 1 where they differ."
        )
    return wanted


class BroadcastTo(Op, name="broadcast_to"):
    """Repeats an array to a given shape with as many axes; a 0 there keeps the extent of the input."""

    example = "[[1], [2]] | shape=(2, 3)"
    shape: tuple[int, ...] = param(default=(), doc="Shape of the output.")

    def _output(self, data: Shape) -> tuple[Any, ...]:
        kept = data if len(data) == len(self.shape) else self.shape
        wanted = tuple(extent or old for extent, old in zip(self.shape, kept, strict=True))
        return _expanded(self.name, data, wanted)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.data is None else {"output": self._output(s.data)}

    def as_rows(self, to: Rows) -> None:
        to.spread(to.data, to.data.shape, to.output)

    def backward_as_rows(self, to: Rows) -> None:
        to.sum_to(to.grad, to.data_grad)

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data.expand(self._output(data.shape))

    def backward(self, run: Run, grad: Tensor, data: Like) -> Tensor:
        return grad.sum_to_size(data.shape)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.Expand(data, to.shape_of(to.outs[0][1]))


class BroadcastAxis(Op, name="broadcast_axis", aliases=("broadcast_axes",)):
    """Repeats an array along axes where its extent is 1."""

    example = "[[1], [2]] | axis=1, size=3"
    axis: tuple[int, ...] = param(default=(), doc="The axes.")
    size: tuple[int, ...] = param(default=(), doc="The new extent of each of them.")

    def validate(self) -> None:
        if len(self.axis) != len(self.size):
            raise ParameterError(
                f"broadcast_axis: axis {self.axis} and size {self.size} must be equally long."
            )

    def _output(self, data: Shape) -> tuple[Any, ...]:
        extents = list(data)
        for axis, size in zip(self.axis, self.size, strict=True):
            if not 0 <= axis < len(data) or extents[axis] != 1:
                raise ShapeError(
                    f"broadcast_axis: the array of shape {data} has no axis {axis} with an extent of 1."
                )
            extents[axis] = size
        return tuple(extents)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {"output": self._output(s.data)} if is_complete(s.data) else {}

    as_rows, backward_as_rows = BroadcastTo.as_rows, BroadcastTo.backward_as_rows

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data.expand(self._output(data.shape))

    def backward(self, run: Run, grad: Tensor, data: Like) -> Tensor:
        return grad.sum_to_size(data.shape)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.Expand(data, to.shape_of(to.outs[0][1]))


class BroadcastLike(Op, name="broadcast_like"):
    """Repeats an array to the shape of another, or along some of its axes to extents of the other.

    Shapes: lhs (1, 3, 1), rhs (5, 2, 4), output (2, 3, 5) for ``lhs_axes=(0, 2), rhs_axes=(1, 0)``.
    """

    example = "[[1], [2]]; mx.nd.ones((2, 3))"
    inputs = {"lhs": "What is repeated.", "rhs": "The array whose shape counts."}
    lhs_axes: tuple[int, ...] | None = param(default=None, doc="Axes of lhs to repeat along; by default all.")
    rhs_axes: tuple[int, ...] | None = param(default=None, doc="The axis of rhs that gives each its extent.")

    def validate(self) -> None:
        lhs, rhs = self.lhs_axes, self.rhs_axes
        if lhs is not None and rhs is not None and not 0 < len(lhs) == len(rhs):
            raise ParameterError(
                f"broadcast_like: lhs_axes {lhs} and rhs_axes {rhs} must be equally long, and not empty."
            )

    def _output(self, lhs: Shape, rhs: Shape) -> tuple[Any, ...]:
        if self.lhs_axes is None or self.rhs_axes is None:
            return _expanded(self.name, lhs, rhs)
        wanted = list(lhs)
        for axis, other in zip(self.lhs_axes, self.rhs_axes, strict=True):
            position = normal_axis(axis, len(lhs), self.name)
            if lhs[position] not in (1, None):
                raise ShapeError(
                    f"broadcast_like: axis {axis} of lhs {lhs} must have an extent of 1 to be repeated."
                )
            wanted[position] = rhs[normal_axis(other, len(rhs), self.name)]
        return tuple(wanted)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.lhs is None or s.rhs is None else {"output": self._output(s.lhs, s.rhs)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": t.lhs, "lhs": t.output}

    def forward(self, run: Run, lhs: Tensor, rhs: Like) -> Tensor:
        return lhs.expand(self._output(lhs.shape, rhs.shape))

    def backward(self, run: Run, grad: Tensor, lhs: Like, rhs: Like) -> tuple[Tensor, None]:
        return grad.sum_to_size(lhs.shape), None

    def onnx(self, to: OnnxGraph, lhs: Value, rhs: Value) -> Value:
        return to.Expand(lhs, to.shape_of(to.outs[0][1]))
