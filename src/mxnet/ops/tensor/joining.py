"""Operators that join arrays along an axis, and those that split them again."""

from __future__ import annotations

import itertools
import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.memory import VIEW, WRITES
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.ir.param import MANY
from mxnet.ir.storage import CSR, Call, Sparse, Stored
from mxnet.ir.types import CHANNELS_LAST
from mxnet.lazy import torch
from mxnet.ops.tools.shapes import agree, all_are_images, normal_axis

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Place, Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


def _with_extent(shape: Shape, axis: int, extent: int | None) -> Shape:
    return (*shape[:axis], extent, *shape[axis + 1 :])


def _add(extents: Sequence[int | None]) -> int | None:
    return None if None in extents else sum(extents)  # type: ignore[arg-type]


def rows_of_parts(
    to: Rows,
    whole: Place,
    parts: Sequence[Place | None],
    axis: int,
    *,
    join: bool,
    sizes: Sequence[int] = (),
    most: int = 1 << 18,
) -> None:
    """Add the rows that join parts along an axis, or split them; one that nobody wants is passed over."""
    to.few(whole, most)  # a copy waits for memory, and threads do not shorten that by much
    shape = whole.shape
    axis %= len(shape)
    rows = math.prod(shape[:axis])
    step, at = whole.size // rows, 0
    for part, size in zip(parts, sizes or [part.size if part else 0 for part in parts], strict=True):
        width = size // rows
        if part is not None and width:
            if join:
                to.copy(part, whole.at(at), rows, width, into_step=step)
            else:
                to.copy(whole.at(at), part, rows, width, source_step=step)
        at += width


def _lying(images: Place) -> Place:
    """Return an array with its axes in the order in which it lies in memory."""
    n, channels, *space = images.shape
    return images._replace(shape=(n, *space, channels))


def _below(call: Call) -> Stored | None:
    """Put CSR matrices below each other."""
    if call.stype != CSR:
        return None
    counts = torch.cat([array.parts[2].diff() for array in call.arrays])
    indptr = torch.cat((counts.new_zeros(1), counts.cumsum(0)))
    values, columns = (torch.cat([array.parts[i] for array in call.arrays]) for i in (0, 1))
    return Stored(CSR, (len(counts), call.arrays[0].shape[1]), (values, columns, indptr))


class Concat(Op, name="Concat", aliases=("concat", "_sparse_concat")):
    """Joins arrays along an existing axis, on which alone they may differ.

    Shapes: arg0 (n, a, ...), arg1 (n, b, ...), output (n, a + b, ...) for ``dim=1``.
    """

    example = "[[1, 2]]; [[3, 4]] | dim=0"
    memory = WRITES

    image_inputs = all_are_images
    sparse = Sparse(lambda op, stypes: CSR if set(stypes) == {CSR} and op.dim == 0 else None, kernel=_below)
    inputs = {"data": "The arrays to join."}
    variadic = "num_args"
    num_args: int = param(ge=1, le=MANY, doc="Number of arrays.")
    dim: int = param(default=1, doc="The axis along which they are joined.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        known = [shape for shape in s.ins if shape is not None]
        if not known:
            return {}
        axis = normal_axis(self.dim, len(known[0]), self.name)
        around = [shape for shape in (*known, s.output) if shape is not None]
        if any(len(shape) != len(known[0]) for shape in around):
            open_along = _with_extent(known[0], axis, None)
            # A conflict, which the caller names.
            return {"ins": (open_along,) * len(s.ins), "output": open_along}
        others = agree(*(_with_extent(shape, axis, None) for shape in around))
        assert others is not None
        extents = [None if shape is None else shape[axis] for shape in s.ins]
        whole = None if s.output is None else s.output[axis]
        late = extents.count(None)
        if whole is not None and late:
            missing = whole - sum(extent for extent in extents if extent is not None)
            if missing < 0:
                raise ShapeError(f"{self.name}: the output's extent {whole} is less than that of the arrays.")
            extents = [self._each_of(missing, late) if extent is None else extent for extent in extents]
        return {
            "ins": tuple(_with_extent(others, axis, extent) for extent in extents),
            "output": _with_extent(others, axis, _add(extents)),
        }

    def _each_of(self, missing: int, late: int) -> int | None:
        """Return what each of so many arrays has of the extent that is missing."""
        return missing if late == 1 else None

    def guess_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.output is None:
            return {}
        axis = self.dim % len(s.output)  # arrays of which nothing is known do not count
        known = [shape[axis] for shape in s.ins if shape is not None]
        return {"outs": (_with_extent(s.output, axis, _add(known)),)}

    rows_of_any_layout = True

    def as_rows(self, to: Rows) -> None:
        layouts = {each.layout for each in (*to.ins, to.output)}
        if layouts != {""} and (layouts != {CHANNELS_LAST} or self.dim != 1):
            to.decline()
        if layouts == {""}:
            rows_of_parts(to, to.output, to.ins, self.dim, join=True)
        else:  # before and behind are rows, which a call of torch's would part
            images = [_lying(each) for each in to.ins]
            rows_of_parts(to, _lying(to.output), images, -1, join=True, most=1 << 24)

    def backward_as_rows(self, to: Rows) -> None:
        wanted = [getattr(to, f"{name}_grad") for name in self.input_names()]
        sizes = [place.size for place in to.ins[1:]]
        if len(sizes) != len(wanted):
            to.decline()
        rows_of_parts(to, to.grad, wanted, self.dim, join=False, sizes=sizes)

    def forward(self, run: Run, *data: Tensor, out: Tensor | None = None) -> Tensor:
        return torch.cat(data, self.dim, out=out)

    backward_memory = VIEW

    def backward(self, run: Run, grad: Tensor, ins: Sequence[Like]) -> Sequence[Tensor]:
        return torch.split(grad, [each.shape[self.dim] for each in ins], self.dim)

    def onnx(self, to: OnnxGraph, *data: Value) -> Value:
        filled = [each for each in data if each.shape is None or 0 not in each.shape] or data
        return to.Concat(*filled, axis=self.dim % data[0].rank)

    def as_torch(self, *data: str) -> str:
        return f"torch.cat([{', '.join(data)}], {self.dim})"


class RNNParameterConcat(Concat, name="_rnn_param_concat"):
    """Joins the weights and biases of a recurrent network to the one vector that RNN takes.

    As :class:`Concat`, but an array of which nothing is known is taken for empty, and those of which only the
    length is not known are of one length: the first weights of both directions.
    """

    example = "[1, 2]; [3] | dim=0"

    def _each_of(self, missing: int, late: int) -> int | None:
        return None if missing % late else missing // late

    def guess_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.output is None:
            return {}
        empty = _with_extent(s.output, self.dim % len(s.output), 0)
        return {**super().guess_shape(s), "ins": tuple(empty if shape is None else None for shape in s.ins)}


class Stack(Op, name="stack"):
    """Joins arrays of one shape along a new axis.

    Shapes: arg0, arg1, ... (d0, d1, ...), output (n, d0, d1, ...) for n arrays and ``axis=0``.
    """

    example = "[1, 2]; [3, 4] | axis=1"
    memory = WRITES

    inputs = {"data": "The arrays to join."}
    variadic = "num_args"
    axis: int = param(
        default=0, doc="Where the new axis is in the output; negative numbers count from the end."
    )
    num_args: int = param(ge=1, le=MANY, doc="Number of arrays.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        common = agree(*s.ins)
        if common is None:
            return {}
        axis = normal_axis(self.axis, len(common) + 1, self.name)
        if not is_complete(common):  # as in MXNet, the arrays learn nothing from each other
            return {}
        return {
            "ins": tuple(shape and common for shape in s.ins),
            "output": (*common[:axis], self.num_args, *common[axis:]),
        }

    def as_rows(self, to: Rows) -> None:
        rows_of_parts(to, to.output, to.ins, self.axis, join=True)

    def forward(self, run: Run, *data: Tensor, out: Tensor | None = None) -> Tensor:
        return torch.stack(data, self.axis, out=out)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> Sequence[Entry | None]:
        parts = emit("SliceChannel", grads[0], num_outputs=self.num_args, axis=self.axis, squeeze_axis=True)
        return parts.node.outputs

    def onnx(self, to: OnnxGraph, *data: Value) -> Value:
        axis = self.axis % (data[0].rank + 1)
        return to.Concat(*[to.Unsqueeze(each, [axis]) for each in data], axis=axis)

    def as_torch(self, *data: str) -> str:
        return f"torch.stack([{', '.join(data)}], {self.axis})"


class _Split(Op):
    """Base of the operators that split an array: its gradient joins the gradients of the parts again."""

    memory = VIEW

    axis: int
    squeeze_axis: bool

    @abstractmethod
    def extents(self, whole: int | None) -> list[int | None]:
        """Return the extents of the parts of an axis; raise ShapeError if it cannot be split."""

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        axis = normal_axis(self.axis, len(s.data), self.name)
        extents = self.extents(s.data[axis])
        if self.squeeze_axis and not {*extents} <= {1, None}:
            raise ShapeError(f"{self.name}: squeeze_axis needs parts of extent 1, but they have {extents}.")
        after = axis if self.squeeze_axis else axis + 1  # where the later axes begin in a part
        known = [shape for shape in s.outs if shape is not None]
        front = agree(s.data[:axis], *(shape[:axis] for shape in known)) or ()
        back = agree(s.data[axis + 1 :], *(shape[after:] for shape in known)) or ()
        middles = [() if self.squeeze_axis else (extent,) for extent in extents]
        return {
            "data": (*front, s.data[axis], *back),
            "outs": tuple((*front, *middle, *back) for middle in middles),
        }

    def as_rows(self, to: Rows) -> None:
        rows_of_parts(to, to.data, to.outs, self.axis, join=False)

    def forward(self, run: Run, data: Tensor) -> Tensor | Sequence[Tensor]:
        extents = self.extents(data.shape[self.axis])
        parts: Sequence[Tensor] = torch.split(data, extents, self.axis)  # type: ignore[arg-type] # known
        if self.squeeze_axis:
            parts = [part.squeeze(self.axis) for part in parts]
        return parts[0] if len(parts) == 1 else parts

    def gradient(self, node: Node, grads: Sequence[Entry | None]) -> Sequence[Entry | None]:
        parts = [grad or emit("zeros_like", part) for part, grad in zip(node.outputs, grads, strict=True)]
        joined = (
            emit("stack", *parts, axis=self.axis)
            if self.squeeze_axis
            else emit("Concat", *parts, dim=self.axis)
        )
        return (joined,)

    def onnx(self, to: OnnxGraph, data: Value) -> tuple[Value, ...]:
        axis = self.axis % data.rank
        parts = to.parts(data, self.extents(data.extent(axis)), axis)  # type: ignore[arg-type] # known
        return tuple(to.Squeeze(part, [axis]) for part in parts) if self.squeeze_axis else parts


class SliceChannel(_Split, name="SliceChannel", aliases=("split",)):
    """Splits an array into equal parts along an axis.

    Shapes: data (n, k, ...), each output (n, k / num_outputs, ...) for ``axis=1``, or (n, ...) with
    ``squeeze_axis``, which needs ``k == num_outputs``.
    """

    example = "[[1, 2, 3, 4]] | num_outputs=2, axis=1"
    num_outputs: int = param(ge=1, le=MANY, doc="Number of parts.")
    axis: int = param(default=1, doc="The axis that is split.")
    squeeze_axis: bool = param(
        default=False, doc="Whether the parts lose the axis, which has the extent 1 there."
    )

    def output_names(self) -> tuple[str, ...]:
        return tuple(f"output{i}" for i in range(self.num_outputs))

    def extents(self, whole: int | None) -> list[int | None]:
        if whole is not None and whole % self.num_outputs:
            raise ShapeError(
                f"SliceChannel: the extent {whole} cannot be split into {self.num_outputs} equal parts."
            )
        return [None if whole is None else whole // self.num_outputs] * self.num_outputs


class SplitV2(_Split, name="_split_v2"):
    """Splits an array along an axis, before the positions given or into sections.

    With sections the first parts are larger by one where the extent is not a multiple of them.
    """

    example = "[1, 2, 3, 4] | indices=(0, 1), axis=0"
    indices: tuple[int, ...] = param(doc="Where the parts begin; the first is 0.")
    axis: int = param(default=1, doc="The axis that is split.")
    squeeze_axis: bool = param(
        default=False, doc="Whether the parts lose the axis, which has the extent 1 there."
    )
    sections: int = param(default=0, ge=0, le=MANY, doc="Number of parts, instead of indices.")

    def validate(self) -> None:
        if not self.sections and (self.indices[:1] != (0,) or list(self.indices) != sorted(self.indices)):
            raise ParameterError(f"_split_v2: indices={self.indices} must begin with 0 and ascend.")

    def output_names(self) -> tuple[str, ...]:
        return tuple(f"output{i}" for i in range(self.sections or len(self.indices)))

    def extents(self, whole: int | None) -> list[int | None]:
        if self.sections:
            if whole is None:
                return [None] * self.sections
            share, larger = divmod(whole, self.sections)
            return [share + (i < larger) for i in range(self.sections)]
        if whole is not None and self.indices[-1] > whole:
            raise ShapeError(f"_split_v2: indices={self.indices} reach beyond the extent {whole}.")
        extents: list[int | None] = [end - begin for begin, end in itertools.pairwise(self.indices)]
        return [*extents, None if whole is None else whole - self.indices[-1]]
