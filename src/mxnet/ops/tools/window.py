"""What the operators that slide a window over space share: layouts, strides, and the checks of both."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, ClassVar

from mxnet.errors import MXNetError, ParameterError, ShapeError
from mxnet.ir.op import Op, Run, Shape

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

__all__ = ["Windowed"]

_LAYOUTS = {1: "NCW", 2: "NCHW", 3: "NCDHW"}


class Windowed(Op):
    """Base of convolution and pooling, which look at one to three axes of space through a window.

    Inside, everything is in the order batch, channel, space; `layout` says what a user's arrays look like.
    """

    dimensions: ClassVar[tuple[int, ...]] = (1, 2, 3)
    """How many axes of space the operator can have."""
    per_axis: ClassVar[tuple[str, ...]] = ("stride", "dilate", "pad")
    """The parameters that have one number for each axis of the kernel, if they are given."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    pad: tuple[int, ...]
    layout: str | None = None

    def validate(self) -> None:
        n = len(self.kernel)
        if n not in self.dimensions:
            allowed = ", ".join(map(str, self.dimensions))
            raise ParameterError(
                f"{self.name}: the kernel {self.kernel} has {n} axes; it may have {allowed}."
            )
        for parameter in self.per_axis:
            values = getattr(self, parameter)
            if values and len(values) != n:
                raise ParameterError(f"{self.name}: {parameter}={values} does not fit kernel={self.kernel}.")
            if any(value < (parameter in ("stride", "dilate")) for value in values):
                raise ParameterError(f"{self.name}: {parameter}={values} is too small.")
        if any(extent < 1 for extent in self.kernel):
            raise ParameterError(f"{self.name}: kernel={self.kernel} must be positive.")
        if self.layout is not None and len(self.layout) != n + 2:
            raise ParameterError(f"{self.name}: layout {self.layout!r} does not fit kernel={self.kernel}.")

    @functools.cached_property
    def strides(self) -> tuple[int, ...]:
        """The stride, 1 where none is given."""
        return self.stride or (1,) * len(self.kernel)

    @functools.cached_property
    def pads(self) -> tuple[int, ...]:
        """The padding on either side, 0 where none is given."""
        return self.pad or (0,) * len(self.kernel)

    @property
    def channels_last(self) -> bool:
        """Whether the channel is the last axis of the user's arrays."""
        return self.layout is not None and self.layout.endswith("C")

    def check_rank(self, shape: Shape) -> None:
        """Raise if data of this shape has not as many axes as the window looks for."""
        layout = self.layout or _LAYOUTS[len(self.kernel)]
        if len(shape) != len(layout):
            raise ShapeError(
                f"{self.name}: expected data of {len(layout)} dimensions ({layout}), "
                f"but got {len(shape)}: {shape}."
            )

    def channels_first(self, shape: Shape) -> Shape:
        """Return a shape of the user's layout in the order batch, channel, space."""
        return (shape[0], shape[-1], *shape[1:-1]) if self.channels_last else shape

    def room(self, axis: int, extent: int, reach: int) -> int:
        """Return by how many elements a window of that reach can move along an axis of space."""
        room = extent + 2 * self.pads[axis] - reach
        if room < 0:
            raise ShapeError(
                f"{self.name}: the window reaches over {reach} elements of axis {axis} of space, "
                f"but the data has {extent} and padding {self.pads[axis]}."
            )
        return room

    def to_layout(self, shape: Shape) -> Shape:
        """Return a shape given in the order batch, channel, space as the user's layout has it."""
        return (shape[0], *shape[2:], shape[1]) if self.channels_last else shape

    def inward(self, array: Tensor) -> Tensor:
        """View an array of the user's layout in the order batch, channel, space."""
        return array.movedim(-1, 1) if self.channels_last else array

    def outward(self, array: Tensor) -> Tensor:
        """View an array of the order batch, channel, space in the user's layout."""
        return array.movedim(1, -1) if self.channels_last else array

    def refuse_channels_last_on_cpu(self, run: Run) -> None:
        """Raise as MXNet does, whose convolutions know these layouts on GPUs only."""
        if self.channels_last and run.context.device_type != "gpu":
            raise MXNetError(
                f"{self.name}: layout {self.layout!r} works on GPUs only; "
                f"use {_LAYOUTS[len(self.kernel)]!r} on {run.context}."
            )

    def inward_in_onnx(self, to: OnnxGraph, array: Value) -> Value:
        """Do what :meth:`inward` does."""
        rank = len(self.layout or "")
        return to.Transpose(array, perm=[0, rank - 1, *range(1, rank - 1)]) if self.channels_last else array

    def outward_in_onnx(self, to: OnnxGraph, array: Value) -> Value:
        """Do what :meth:`outward` does."""
        rank = len(self.layout or "")
        return to.Transpose(array, perm=[0, *range(2, rank), 1]) if self.channels_last else array
