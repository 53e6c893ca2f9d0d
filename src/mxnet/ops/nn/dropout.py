"""Dropout: noise for training, and nothing otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.errors import ShapeError
from mxnet.ir.memory import NOWHERE, Into, Memory
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tools.device import generator_of
from mxnet.ops.tools.shapes import dtype_of_first_input, first_is_image
from mxnet.ops.tools.writing import written

if TYPE_CHECKING:
    from torch import Tensor


class Dropout(Op, name="Dropout"):
    """Sets random elements to 0 in training and scales the others, so that the mean stays.

    Shapes: output like data; the mask, which is hidden, like data but 1 along `axes`. Srivastava et al.,
    *Dropout*, 2014.
    """

    example = "[1, 2, 3] | p=0.5"
    outputs = ("output", "mask")
    image_inputs = first_is_image
    memory = Memory("either", over=("data",), into=True)
    backward_memory = Memory("new", over=("grad",), into=True)
    pure = False
    p: float = param(default=0.5, ge=0, le=1, doc="Fraction of elements that are dropped.")
    mode: str = param(
        default="training", choices=("always", "training"), doc="Whether to drop outside of training too."
    )
    axes: tuple[int, ...] = param(default=(), doc="Axes along which all elements share their fate.")
    cudnn_off: bool | None = param(default=False, doc="Has no effect.")

    infer_dtype = dtype_of_first_input

    def visible_outputs(self) -> int:
        return 1

    @property
    def identity_in_inference(self) -> bool:  # type: ignore[override]
        """Whether it does nothing but in training."""
        return self.mode == "training"

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        for axis in self.axes:
            if not 0 <= axis < len(s.data):
                raise ShapeError(f"Dropout: axis {axis} does not exist in data of {len(s.data)} dimensions.")
        return {
            "output": s.data,
            "mask": tuple(1 if i in self.axes else extent for i, extent in enumerate(s.data)),
        }

    def forward(self, run: Run, data: Tensor, *, out: Tensor | None = None) -> tuple[Tensor, Tensor]:
        shape = [1 if i in self.axes else extent for i, extent in enumerate(data.shape)]
        if self.p == 0 or not (run.is_train or self.mode == "always"):
            return written(data, out), data.new_ones(()).expand(shape)
        mask = data.new_empty(shape).bernoulli_(1 - self.p, generator=generator_of(run.context))
        if self.p < 1:
            mask.mul_(1 / (1 - self.p))
        return torch.mul(data, mask, out=out), mask

    def backward(
        self, run: Run, grad: Tensor, data: Like, mask: Tensor, *, out: Mapping[str, Into] = NOWHERE
    ) -> Tensor:
        return torch.mul(grad, mask, out=out["data"].tensor if out else None)

    def as_torch(self, data: str) -> str | None:
        always = self.mode == "always"
        return None if self.axes else f"F.dropout({data}, {self.p}, {True if always else 'self.training'})"
