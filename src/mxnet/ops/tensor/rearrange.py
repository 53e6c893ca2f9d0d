"""Operators that move elements about without computing: new shapes, other axis orders, repetition."""

from __future__ import annotations

import functools
import itertools
import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.memory import VIEW
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.ir.types import CHANNELS_LAST
from mxnet.ops.tools.shapes import normal_axis, numel, same_shape

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


class _NewShape(Op):
    """Base of the operators whose output is their input under another shape."""

    memory = VIEW

    @abstractmethod
    def output_shape(self, data: Shape) -> Shape | None:
        """Return what is known of the shape of the output; raise ShapeError if `data` does not fit."""

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.data is None else {"output": self.output_shape(s.data)}

    rows_of_any_layout = True

    def as_rows(self, to: Rows) -> None:
        is_moved = to.data.layout and not (to.data.layout == CHANNELS_LAST and {*to.data.shape[2:]} == {1})
        if is_moved or to.output.layout:
            to.decline()
        to.same(to.output, to.data)

    def forward(self, run: Run, data: Tensor) -> Tensor:
        shape = self.output_shape(tuple(data.shape))
        if shape is None:
            raise ParameterError(f"{self.name} needs the parameter 'shape'.")
        return data.reshape(shape)  # type: ignore[arg-type] # complete, as that of data is

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        return (emit("reshape_like", grads[0], node.inputs[0]),)


class Reshape(_NewShape, name="Reshape", aliases=("reshape",)):
    """Gives an array another shape; the elements keep their order.

    ``shape`` is read from left to right (with ``reverse`` from right to left), beside the extents of data:

    ====================  ==============================================================
    a positive number     is the extent; it stands for one of data's
    ``0``                 copies an extent of data
    ``-1``                is inferred from the size of data; at most one
    ``-2``                copies all extents of data that are left
    ``-3``                is the product of the next two of data
    ``-4, a, b``          splits one of data into a and b, of which one may be ``-1``
    ====================  ==============================================================

    ``target_shape`` and ``keep_highest`` are MXNet's older form, where 0 is what is to be inferred.

    Sizes that differ are an error here; MXNet 1.9 accepts them and fails later. An extent that is inferred
    after a split is in its place here; MXNet puts it one too late.
    """

    example = "mx.nd.ones((2, 3, 4)) | shape=(0, -1)"
    names_inputs = False
    shape: tuple[int, ...] = param(default=(), doc="The new shape, with the codes above.")
    reverse: bool = param(default=False, doc="Whether shape is read from right to left.")
    target_shape: tuple[int, ...] = param(
        default=(), doc="The new shape in the older form, if there is no shape."
    )
    keep_highest: bool = param(default=False, doc="Whether target_shape keeps the first extent of data.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        said = {"output": self.output_shape(s.data)}
        if is_complete(s.output) and s.data.count(None) == 1:  # the other extents leave one possibility
            known = math.prod(d for d in s.data if d is not None)
            missing = self._divide(math.prod(s.output), known, s.data, s.output)
            said["data"] = tuple(missing if d is None else d for d in s.data)
        return said

    def output_shape(self, data: Shape) -> Shape:
        wanted = tuple(self._by_codes(data) if self.shape else self._by_target(data))
        size = numel(data)
        if size is None:
            return wanted
        if wanted.count(None) == 1:
            inferred = self._divide(size, math.prod(d for d in wanted if d is not None), data, wanted)
            wanted = tuple(inferred if d is None else d for d in wanted)
        if is_complete(wanted) and numel(wanted) != size:
            raise self._misfit(data, wanted)
        return wanted

    def _by_target(self, data: Shape) -> list[int | None]:
        wanted = [extent if extent > 0 else None for extent in self.target_shape]
        if self.keep_highest and wanted:
            wanted[0] = data[0]
        return wanted

    @functools.cached_property
    def _codes(self) -> tuple[tuple[int, ...], ...]:
        """The codes in the order they are read, with what belongs to each: ``(0,)``, ``(-4, 2, -1)``."""
        left = iter(self.shape[:: -1 if self.reverse else 1])
        return tuple((code, *itertools.islice(left, 2)) if code == -4 else (code,) for code in left)

    def validate(self) -> None:
        for code, *parts in self._codes:
            if code < -4:
                raise ShapeError(f"Reshape: shape={self.shape} has the code {code}; the codes are 0 to -4.")
            if code == -4 and (len(parts) < 2 or 0 in parts or min(parts) < -1 or parts == [-1, -1]):
                raise ShapeError(
                    f"Reshape: -4 in shape={self.shape} takes two extents, of which one may be -1."
                )
        if self._codes.count((-1,)) > 1:
            raise ShapeError(f"Reshape: shape={self.shape} leaves more than one extent to be inferred.")

    def _by_codes(self, data: Shape) -> list[int | None]:
        left = list(data if self.reverse else data[::-1])  # of data; the next extent is the last one
        wanted: list[int | None] = []
        for code, *parts in self._codes:
            if code == 0:
                wanted.append(self._take(left, data))
            elif code == -2:
                wanted += left[::-1]
                left = []
            elif code == -3:
                wanted.append(numel((self._take(left, data), self._take(left, data))))
            elif code == -4:
                wanted += self._split(self._take(left, data), parts)
            else:
                wanted.append(None if code == -1 else code)
                left = left[:-1]
        return wanted[:: -1 if self.reverse else 1]

    def _take(self, left: list[int | None], data: Shape) -> int | None:
        if not left:
            raise ShapeError(
                f"Reshape: shape={self.shape} refers to more extents than data of shape {data} has."
            )
        return left.pop()

    def _split(self, whole: int | None, parts: list[int]) -> list[int | None]:
        known = math.prod(part for part in parts if part != -1)
        if whole is not None and (whole % known or (-1 not in parts and whole != known)):
            raise ShapeError(
                f"Reshape: shape={self.shape} cannot split the extent {whole} into {tuple(parts)}."
            )
        other = None if whole is None else whole // known
        return [other if part == -1 else part for part in parts]

    def _divide(self, size: int, known: int, data: Shape, wanted: Shape) -> int:
        if known == 0:  # an empty array: what its other axes leave
            size, known = (math.prod(d for d in shape if d) for shape in (data, wanted))
        if size % known:
            raise self._misfit(data, wanted)
        return size // known

    def _misfit(self, data: Shape, wanted: Shape) -> ShapeError:
        return ShapeError(
            f"Reshape: an array of shape {data} cannot have the shape {wanted} (from {self!r})."
        )

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.as_output(data)

    def as_torch(self, data: str) -> str | None:
        if not self.shape or self.reverse or min(self.shape) < -1:
            return None
        extents = [f"{data}.shape[{i}]" if code == 0 else str(code) for i, code in enumerate(self.shape)]
        return f"{data}.reshape({', '.join(extents)})"


class ReshapeLike(Op, name="reshape_like"):
    """Gives an array the shape of another, or some of its axes the extents of some of the other's.

    Shapes: the axes from ``lhs_begin`` to ``lhs_end`` become those of rhs from ``rhs_begin`` to ``rhs_end``.
    """

    example = "[1, 2, 3, 4]; mx.nd.ones((2, 2))"
    memory = VIEW

    inputs = {"lhs": "Input data.", "rhs": "The array whose shape counts."}
    lhs_begin: int | None = param(default=None, doc="The first axis of lhs that is replaced; by default 0.")
    lhs_end: int | None = param(default=None, doc="The axis after the last of them; by default the end.")
    rhs_begin: int | None = param(default=None, doc="The first axis of rhs that is copied; by default 0.")
    rhs_end: int | None = param(default=None, doc="The axis after the last of them; by default the end.")

    def _span(self, side: str, ndim: int) -> slice:
        given = slice(getattr(self, f"{side}_begin"), getattr(self, f"{side}_end"))
        begin, end = (
            default if bound is None else bound + ndim if bound < 0 else bound
            for bound, default in ((given.start, 0), (given.stop, ndim))
        )
        if not 0 <= begin < end <= ndim and (begin, end, ndim) != (0, 0, 0):
            raise ShapeError(
                f"reshape_like: {side} has {ndim} axes, and none from {given.start} to {given.stop}."
            )
        return slice(begin, end)

    def _shape(self, lhs: Shape, rhs: Shape) -> Shape:
        replaced = self._span("lhs", len(lhs))
        shape = (*lhs[: replaced.start], *rhs[self._span("rhs", len(rhs))], *lhs[replaced.stop :])
        if is_complete(lhs) and is_complete(shape) and numel(lhs) != numel(shape):
            raise ShapeError(
                f"reshape_like: lhs of shape {lhs} cannot have the shape {shape}, made after rhs {rhs}."
            )
        return shape

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.lhs is None or s.rhs is None else {"output": self._shape(s.lhs, s.rhs)}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"output": t.lhs, "lhs": t.output}

    def as_rows(self, to: Rows) -> None:
        to.same(to.output, to.lhs)

    def forward(self, run: Run, lhs: Tensor, rhs: Like) -> Tensor:
        return lhs.reshape(self._shape(lhs.shape, rhs.shape))  # type: ignore[arg-type] # complete, as they are

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        return emit("reshape_like", grads[0], node.inputs[0]), None

    def onnx(self, to: OnnxGraph, lhs: Value, rhs: Value) -> Value:
        return to.as_output(lhs)


class Flatten(_NewShape, name="Flatten", aliases=("flatten",)):
    """Makes a matrix: the first axis stays, the others become one.

    Shapes: data (n, d1, d2, ...), output (n, d1 * d2 * ...).
    """

    example = "mx.nd.ones((2, 3, 4))"
    names_inputs = False

    def output_shape(self, data: Shape) -> Shape | None:
        if not data:
            raise ShapeError("Flatten: data must have at least one axis, but has the shape ().")
        return (data[0], numel(data[1:])) if is_complete(data) else None  # as in MXNet 1.9

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.Flatten(data, axis=1)

    def as_torch(self, data: str) -> str:
        return f"{data}.flatten(1)"


class ExpandDims(_NewShape, name="expand_dims"):
    """Inserts an axis of extent 1.

    Shapes: data (d0, d1, ...); output the same with a 1 at position `axis`.
    """

    example = "[1, 2] | axis=0"
    names_inputs = False
    axis: int = param(doc="Where the new axis is in the output; negative numbers count from the end.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.output is not None:
            axis = normal_axis(self.axis, len(s.output), self.name)
            data = (*s.output[:axis], *s.output[axis + 1 :])
            return {"data": data, "output": (*data[:axis], 1, *data[axis:])}
        return super().infer_shape(s)

    def output_shape(self, data: Shape) -> Shape:
        axis = normal_axis(self.axis, len(data) + 1, self.name)
        return (*data[:axis], 1, *data[axis:])

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.Unsqueeze(data, [self.axis % (data.rank + 1)])

    def as_torch(self, data: str) -> str:
        return f"{data}.unsqueeze({self.axis})"


class Squeeze(_NewShape, name="squeeze"):
    """Removes axes of extent 1: those named, or all. One stays if nothing else would."""

    example = "[[[1], [2]]]"
    axis: tuple[int, ...] | None = param(default=None, doc="The axes to remove; by default all of extent 1.")

    def output_shape(self, data: Shape) -> Shape | None:
        if not is_complete(data):
            return None
        axes = [i for i, extent in enumerate(data) if extent == 1]
        if self.axis is not None:
            axes = [normal_axis(axis, len(data), self.name) for axis in self.axis]
            if len(set(axes)) < len(axes):
                raise ShapeError(f"squeeze: axis={self.axis} names an axis twice.")
            for axis in axes:
                if data[axis] != 1:
                    raise ShapeError(
                        f"squeeze: axis {axis} has the extent {data[axis]}, not 1, in shape {data}."
                    )
        return tuple(extent for i, extent in enumerate(data) if i not in axes) or (1,)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.as_output(data)


class _NewOrder(Op):
    """Base of the operators that put the axes in another order."""

    memory = VIEW

    @abstractmethod
    def order(self, ndim: int) -> tuple[int, ...]:
        """Return, for every axis of the output, which axis of data it is."""

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.data is None else {"output": tuple(s.data[axis] for axis in self.order(len(s.data)))}

    def as_rows(self, to: Rows) -> None:
        shape = to.data.shape
        steps = [math.prod(shape[axis + 1 :]) for axis in self.order(len(shape))]
        to.walk(to.data, steps, to.output)

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data.permute(self.order(data.dim()))

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.Transpose(data, perm=self.order(data.rank))


class Transpose(_NewOrder, name="transpose"):
    """Puts the axes in another order, by default in the reverse one.

    Shapes: data (d0, d1, ...); extent i of the output is extent ``axes[i]`` of data.
    """

    example = "[[1, 2, 3], [4, 5, 6]]"
    names_inputs = False
    axes: tuple[int, ...] = param(
        default=(), doc="The axes of data in their new order; empty for the reverse."
    )

    def order(self, ndim: int) -> tuple[int, ...]:
        if self.axes and sorted(self.axes) != list(range(ndim)):
            raise ShapeError(
                f"transpose: axes={self.axes} is no order of the axes of {ndim}-dimensional data."
            )
        return self.axes or tuple(reversed(range(ndim)))

    def inverse(self) -> tuple[int, ...]:
        """Return the axes that undo this transposition."""
        return tuple(self.axes.index(i) for i in range(len(self.axes)))

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        said = dict(super().infer_shape(s))
        if s.output is not None:
            self.order(len(s.output))
            axes = self.inverse() or range(len(s.output))[::-1]
            said["data"] = tuple(s.output[axis] for axis in axes)
        return said

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        return (emit("transpose", grads[0], axes=self.inverse()),)

    def as_torch(self, data: str) -> str | None:
        return f"{data}.permute{self.axes}" if self.axes else None


class SwapAxis(_NewOrder, name="SwapAxis", aliases=("swapaxes",)):
    """Exchanges two axes."""

    example = "mx.nd.ones((2, 3, 4)) | dim1=0, dim2=2"
    dim1: int = param(default=0, doc="The one axis.")
    dim2: int = param(default=0, doc="The other axis.")

    def order(self, ndim: int) -> tuple[int, ...]:
        order = list(range(ndim))
        one, other = (normal_axis(axis, ndim, self.name) for axis in (self.dim1, self.dim2))
        order[one], order[other] = other, one
        return tuple(order)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        return (emit(self, grads[0]),)

    def as_torch(self, data: str) -> str:
        return f"{data}.transpose({self.dim1}, {self.dim2})"


class Reverse(Op, name="reverse", aliases=("flip",)):
    """Reverses the order of the elements along axes. Unlike elsewhere, axes count from the front only."""

    example = "[1, 2, 3] | axis=0"
    axis: tuple[int, ...] = param(doc="The axes to reverse.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        ndim = next((len(shape) for shape in (s.data, s.output) if shape is not None), None)
        if ndim is not None and not set(self.axis) <= set(range(ndim)):
            raise ShapeError(f"reverse: axis={self.axis} must be between 0 and {ndim - 1}.")
        return same_shape(self, s)

    def validate(self) -> None:
        if len(set(self.axis)) < len(self.axis):
            raise ParameterError(f"reverse: axis={self.axis} names an axis twice.")

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data.flip(self.axis)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        return (emit(self, grads[0]),)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        n = len(self.axis)
        return to.Slice(data, [-1] * n, [-np.iinfo(np.int64).max] * n, self.axis, [-1] * n)


class Repeat(Op, name="repeat"):
    """Repeats every element along an axis, or every element of the flattened array.

    Shapes: data (d0, d1, ...); output the same with extent `axis` times `repeats`, or (size * repeats,).
    """

    example = "[1, 2] | repeats=2"
    repeats: int = param(ge=0, doc="How often.")
    axis: int | None = param(default=None, doc="Along which axis; by default data is flattened first.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        if self.axis is None:
            return {"output": (numel((*s.data, self.repeats)),)} if is_complete(s.data) else {}
        axis = normal_axis(self.axis, len(s.data), self.name)
        return {"output": (*s.data[:axis], numel((s.data[axis], self.repeats)), *s.data[axis + 1 :])}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data.repeat_interleave(self.repeats, self.axis)

    def backward(self, run: Run, grad: Tensor, data: Like) -> Tensor:
        axis = len(data.shape) - 1 if self.axis is None else self.axis % len(data.shape)
        shape = data.shape
        return grad.reshape(*shape[: axis + 1], self.repeats, *shape[axis + 1 :]).sum(axis + 1)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        flat = data if self.axis is not None else to.Reshape(data, [-1])
        rank = 1 if self.axis is None else data.rank
        axis = (self.axis or 0) % rank + 1
        repeats = [self.repeats if i == axis else 1 for i in range(rank + 1)]
        return to.as_output(to.Tile(to.Unsqueeze(flat, [axis]), repeats))


class Tile(Op, name="tile"):
    """Repeats the whole array along its last axes, as often as `reps` says; a longer one adds axes in front.

    Shapes: data (2, 3) with ``reps=(2,)`` gives (2, 6), with ``reps=(4, 1, 2)`` gives (4, 2, 6).
    """

    example = "[1, 2] | reps=(2, 2)"
    reps: tuple[int, ...] = param(doc="How often along each of the last axes.")

    def validate(self) -> None:
        if any(times < 0 for times in self.reps):
            raise ParameterError(f"tile: reps={self.reps} must not be negative.")

    def _aligned(self, shape: Sequence[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        ndim = max(len(shape), len(self.reps))
        return (1,) * (ndim - len(self.reps)) + self.reps, (1,) * (ndim - len(shape)) + tuple(shape)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if not is_complete(s.data):
            return {}
        times, shape = self._aligned(s.data)
        return {"output": tuple(a * b for a, b in zip(times, shape, strict=True))}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        return data.tile(self.reps)

    def backward(self, run: Run, grad: Tensor, data: Like) -> Tensor:
        times, shape = self._aligned(data.shape)
        pairs = [extent for pair in zip(times, shape, strict=True) for extent in pair]
        return grad.reshape(pairs).sum(tuple(range(0, len(pairs), 2))).reshape(data.shape)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        more = len(self.reps) - data.rank
        if more > 0:
            data = to.Unsqueeze(data, range(more))
        return to.Tile(data, [*[1] * -more, *self.reps])


class _Blocks(Op):
    """Base of the two operators that exchange channels and blocks of pixels."""

    inputs = {"data": "Images, in the order batch, channel, height, width."}
    block_size: int = param(ge=1, doc="The height and width of a block.")

    def _check(self, data: Shape, divisors: Mapping[int, int]) -> None:
        if len(data) != 4:
            raise ShapeError(f"{self.name}: expected data of 4 dimensions, but got {len(data)}: {data}.")
        for axis, divisor in divisors.items():
            if (data[axis] or 0) % divisor:
                raise ShapeError(
                    f"{self.name}: extent {data[axis]} of axis {axis} must be a multiple of {divisor}."
                )


class DepthToSpace(_Blocks, name="depth_to_space"):
    """Lays groups of channels out as blocks of pixels.

    Shapes, with block size b: data (n, c * b * b, h, w), output (n, c, h * b, w * b). Channel
    ``(i * b + j) * c + k`` becomes pixel (i, j) of the blocks of channel k.
    """

    example = "mx.nd.ones((1, 8, 2, 3)) | block_size=2"

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        b = self.block_size
        self._check(s.data, {1: b * b})
        n, c, h, w = s.data
        return {"output": (n, None if c is None else c // (b * b), numel((h, b)), numel((w, b)))}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        b = self.block_size
        n, c, h, w = data.shape
        blocks = data.reshape(n, b, b, c // (b * b), h, w)
        return blocks.permute(0, 3, 4, 1, 5, 2).reshape(n, c // (b * b), h * b, w * b)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        return (emit("space_to_depth", grads[0], block_size=self.block_size),)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.DepthToSpace(data, blocksize=self.block_size)


class SpaceToDepth(_Blocks, name="space_to_depth"):
    """Stacks the pixels of each block as channels; undoes :class:`DepthToSpace`.

    Shapes, with block size b: data (n, c, h * b, w * b), output (n, c * b * b, h, w).
    """

    example = "mx.nd.ones((1, 2, 4, 6)) | block_size=2"

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        b = self.block_size
        self._check(s.data, {2: b, 3: b})
        n, c, h, w = s.data
        return {"output": (n, numel((c, b, b)), None if h is None else h // b, None if w is None else w // b)}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        b = self.block_size
        n, c, h, w = data.shape
        blocks = data.reshape(n, c, h // b, b, w // b, b)
        return blocks.permute(0, 3, 5, 1, 2, 4).reshape(n, c * b * b, h // b, w // b)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        return (emit("depth_to_space", grads[0], block_size=self.block_size),)

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        return to.SpaceToDepth(data, blocksize=self.block_size)
