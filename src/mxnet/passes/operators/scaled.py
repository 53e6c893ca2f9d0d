"""Channels scaled and shifted: BatchNorm in inference, where no layer in front of it can do that."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.ir.memory import Memory
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.ir.param import MANY
from mxnet.ir.types import CHANNELS_LAST
from mxnet.lazy import F, torch
from mxnet.native import threads
from mxnet.native.rows import FEW
from mxnet.ops.nn.activation import rectified_
from mxnet.ops.tools.shapes import dtype_of_first_input, normal_axis

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows

__all__ = ["ScaledChannels"]


class ScaledChannels(Op):
    """Joins arrays along an axis, scales and shifts what lies along it, and applies ReLU or nothing.

    Shapes: data (..., n_i, ...), scale and shift (sum of n_i,), output (..., sum of n_i, ...).
    """

    name = "_scaled_channels"
    inputs = {
        "data0": "The first of the arrays.",
        "scale": "What each channel is multiplied by.",
        "shift": "What is added to it.",
    }
    learned = ("scale", "shift")
    memory = Memory("new", over=("data0",), into=True)
    num_args: int = param(default=1, ge=1, le=MANY, doc="Number of arrays.")
    axis: int = param(default=1, doc="The axis of channels.")
    relu: bool = param(default=False, doc="Whether negative numbers become 0.")
    rows_of_any_layout = True
    infer_dtype = dtype_of_first_input

    def input_names(self) -> tuple[str, ...]:
        return (*(f"data{i}" for i in range(self.num_args)), "scale", "shift")

    def image_inputs(self) -> tuple[int, ...]:
        return tuple(range(self.num_args)) if self.axis == 1 else ()

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data0 is None or s.scale is None:
            return {}
        axis = normal_axis(self.axis, len(s.data0), self.name)
        return {"output": (*s.data0[:axis], *s.scale, *s.data0[axis + 1 :])}

    def forward(self, run: Run, *arrays: Tensor, out: Tensor | None = None) -> Tensor:
        *parts, scale, shift = arrays
        data = parts[0] if len(parts) == 1 else torch.cat(parts, self.axis)
        images = data.movedim(self.axis, 1)
        made = F.batch_norm(images, torch.zeros_like(scale), torch.ones_like(scale), scale, shift, eps=0)
        made = made.movedim(1, self.axis)
        made = rectified_(made) if self.relu else made
        return made if out is None else out.copy_(made)

    def as_rows(self, to: Rows) -> None:
        shape, parts = to.output.shape, to.ins[: self.num_args]
        axis = normal_axis(self.axis, len(shape), self.name)
        layouts = {each.layout for each in (*parts, to.output)}
        channels, inner = shape[axis], math.prod(shape[axis + 1 :])
        if layouts == {CHANNELS_LAST} and axis == 1:
            inner = 1
        elif layouts != {""} or (len(parts) > 1 and inner > 1):
            to.decline()
        units = to.output.size // channels if inner == 1 else math.prod(shape[: axis + 1])
        count = 1 if to.output.size <= FEW else min(threads(), units)
        places = [word for part in parts for word in (part, part.size * channels // to.output.size)]
        words = to.scale, to.shift, to.output, channels, inner, self.relu
        ends = [units * i // count for i in range(count + 1)]
        to.shares(
            "scale_pixels" if inner == 1 else "scale_planes",
            [[*words, first, end - first, len(parts), *places] for first, end in itertools.pairwise(ends)],
        )
