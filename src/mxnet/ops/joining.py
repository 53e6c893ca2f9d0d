"""Operators that join arrays along an axis, and those that split them again."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.constraints import is_complete, merge_shapes
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.lazy import torch
from mxnet.ops.shapes import normal_axis

if TYPE_CHECKING:
    from torch import Tensor


def _with_extent(shape: Shape, axis: int, extent: int | None) -> Shape:
    return (*shape[:axis], extent, *shape[axis + 1 :])


def _add(extents: Sequence[int | None]) -> int | None:
    return None if None in extents else sum(extents)  # type: ignore[arg-type]


class Concat(Op, name="Concat", aliases=("concat", "_sparse_concat")):
    """Joins arrays along an existing axis, on which alone they may differ.

    Shapes: arg0 (n, a, ...), arg1 (n, b, ...), output (n, a + b, ...) for ``dim=1``.
    """

    inputs = {"data": "The arrays to join."}
    variadic = "num_args"
    num_args: int = param(ge=1, doc="Number of arrays.")
    dim: int = param(default=1, doc="The axis along which they are joined.")

    unknown: ClassVar[int | None] = None
    """The extent along `dim` of an array of which nothing is known."""

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        known = [shape for shape in s.ins if shape is not None]
        if not known:
            return {}
        axis = normal_axis(self.dim, len(known[0]), self.name)
        common = _with_extent(known[0], axis, None)
        for shape in (*known, s.output):
            try:
                common = merge_shapes(common, shape and _with_extent(shape, axis, None)) or common
            except ValueError:
                return {"ins": (common,) * len(s.ins)}  # the caller finds and names the conflict
        extents = [self.unknown if shape is None else shape[axis] for shape in s.ins]
        # As in MXNet, an array of which nothing is known does not count until something is.
        total = _add([shape[axis] for shape in known])
        return {
            "ins": tuple(_with_extent(common, axis, extent) for extent in extents),
            "output": _with_extent(common, axis, total),
        }

    def forward(self, run: Run, *data: Tensor) -> Tensor:
        return torch.cat(data, self.dim)

    def backward(self, run: Run, grad: Tensor, ins: Like) -> Sequence[Tensor]:
        return grad.split([each.shape[self.dim] for each in ins], self.dim)  # type: ignore[attr-defined] # a group


class _rnn_param_concat(Concat, name="_rnn_param_concat"):  # noqa: N801 - MXNet's name
    """Joins the weights and biases of a recurrent network to the one vector that RNN takes.

    As :class:`Concat`, but it takes an array of which nothing is known for empty, and learns the last unknown
    extent from the length of the vector.
    """

    unknown = 0

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        said = super().infer_shape(s)
        if "output" in said and s.output is not None:
            shapes: tuple[Shape, ...] = said["ins"]
            axis = self.dim % len(s.output)
            extents, total = [shape[axis] for shape in shapes], s.output[axis]
            if extents.count(None) == 1 and total is not None:
                rest = total - sum(extent for extent in extents if extent is not None)
                return {"ins": tuple(_with_extent(shape, axis, rest) if None in shape else shape for shape in shapes)}
        return said


class stack(Op, name="stack"):  # noqa: N801 - MXNet's name
    """Joins arrays of one shape along a new axis.

    Shapes: arg0, arg1, ... (d0, d1, ...), output (n, d0, d1, ...) for n arrays and ``axis=0``.
    """

    inputs = {"data": "The arrays to join."}
    variadic = "num_args"
    axis: int = param(default=0, doc="Where the new axis is in the output; negative numbers count from the end.")
    num_args: int = param(ge=1, doc="Number of arrays.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        common: Shape | None = None
        for shape in s.ins:
            try:
                common = merge_shapes(common, shape)
            except ValueError:
                raise ShapeError(f"stack: the arrays must have one shape, but have {common} and {shape}.") from None
        if common is None:
            return {}
        axis = normal_axis(self.axis, len(common) + 1, self.name)
        # As in MXNet, the arrays learn nothing from each other.
        return {"output": (*common[:axis], self.num_args, *common[axis:])} if is_complete(common) else {}

    def forward(self, run: Run, *data: Tensor) -> Tensor:
        return torch.stack(data, self.axis)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        parts = emit("SliceChannel", grads[0], num_outputs=self.num_args, axis=self.axis, squeeze_axis=True)
        return parts.node.outputs


class _Split(Op):
    """Base of the operators that split an array: its gradient joins the gradients of the parts again."""

    axis: int
    squeeze_axis: bool

    def gradient(self, node: Node, grads: Sequence[Entry | None]) -> Sequence[Entry | None]:
        parts = [
            emit("zeros_like", part) if grad is None else grad
            for part, grad in zip(node.outputs, grads, strict=True)
        ]
        return (emit("stack", *parts, axis=self.axis) if self.squeeze_axis else emit("Concat", *parts, dim=self.axis),)


class SliceChannel(_Split, name="SliceChannel", aliases=("split",)):
    """Splits an array into equal parts along an axis.

    Shapes: data (n, k, ...), each output (n, k / num_outputs, ...) for ``axis=1``, or (n, ...) with ``squeeze_axis``,
    which needs ``k == num_outputs``.
    """

    num_outputs: int = param(ge=1, doc="Number of parts.")
    axis: int = param(default=1, doc="The axis that is split.")
    squeeze_axis: bool = param(default=False, doc="Whether to remove the axis from the parts, if its extent there is 1.")

    def output_names(self) -> tuple[str, ...]:
        return tuple(f"output{i}" for i in range(self.num_outputs))

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        axis, n = normal_axis(self.axis, len(s.data), self.name), self.num_outputs
        extent = n if self.squeeze_axis and s.data[axis] is None else s.data[axis]
        if extent is not None and (extent % n or (self.squeeze_axis and extent != n)):
            parts = "parts of extent 1" if self.squeeze_axis else "equal parts"
            raise ShapeError(f"SliceChannel: axis {axis} of data {s.data} cannot be split into {n} {parts}.")
        share = None if extent is None else extent // n
        part = s.data[:axis] + (() if self.squeeze_axis else (share,)) + s.data[axis + 1 :]
        for shape in s.outs:
            try:
                part = merge_shapes(part, shape) or part
            except ValueError:
                break  # the caller finds and names the conflict
        if not self.squeeze_axis:
            extent = None if part[axis] is None else part[axis] * n
        data = (*part[:axis], extent, *part[axis + (not self.squeeze_axis) :])
        return {"data": data, "outs": (part,) * n}

    def forward(self, run: Run, data: Tensor) -> Sequence[Tensor]:
        if self.squeeze_axis:
            return data.unbind(self.axis)
        return data.split(data.shape[self.axis] // self.num_outputs or 1, self.axis)


class _split_v2(_Split, name="_split_v2"):  # noqa: N801 - MXNet's name
    """Splits an array along an axis, before the positions given or into sections.

    With sections the first parts are larger by one where the extent is not a multiple of them.
    """

    indices: tuple[int, ...] = param(doc="Where the parts begin; the first is 0.")
    axis: int = param(default=1, doc="The axis that is split.")
    squeeze_axis: bool = param(default=False, doc="Whether to remove the axis from the parts, if its extent there is 1.")
    sections: int = param(default=0, ge=0, doc="Number of parts, instead of indices.")

    def validate(self) -> None:
        if not self.sections and (self.indices[:1] != (0,) or list(self.indices) != sorted(self.indices)):
            raise ParameterError(f"_split_v2: indices={self.indices} must begin with 0 and ascend.")

    def output_names(self) -> tuple[str, ...]:
        return tuple(f"output{i}" for i in range(self.sections or len(self.indices)))

    def extents(self, whole: int | None) -> list[int | None]:
        """Return the extent of each part of an axis of that extent."""
        if self.sections:
            if whole is None:
                return [None] * self.sections
            share, larger = divmod(whole, self.sections)
            return [share + (i < larger) for i in range(self.sections)]
        if whole is not None and self.indices[-1] > whole:
            raise ShapeError(f"_split_v2: indices={self.indices} reach beyond the {whole} positions of axis {self.axis}.")
        extents: list[int | None] = [end - begin for begin, end in itertools.pairwise(self.indices)]
        return [*extents, None if whole is None else whole - self.indices[-1]]

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        axis = normal_axis(self.axis, len(s.data), self.name)
        extents = self.extents(s.data[axis])
        if self.squeeze_axis and not {*extents} <= {1, None}:
            raise ShapeError(f"_split_v2: squeeze_axis needs parts of extent 1, but they have {extents}.")
        before, after = s.data[:axis], s.data[axis + 1 :]
        for shape in s.outs:
            if shape is not None:
                try:
                    before = merge_shapes(before, shape[:axis]) or before
                    after = merge_shapes(after, shape[axis + (not self.squeeze_axis) :]) or after
                except ValueError:
                    break  # the caller finds and names the conflict
        parts = tuple((*before, *(() if self.squeeze_axis else (extent,)), *after) for extent in extents)
        return {"data": (*before, s.data[axis], *after), "outs": parts}

    def forward(self, run: Run, data: Tensor) -> Sequence[Tensor]:
        if self.squeeze_axis:
            return data.unbind(self.axis)
        return data.split(self.extents(data.shape[self.axis]), self.axis)  # type: ignore[arg-type] # known
