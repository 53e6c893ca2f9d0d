"""Patches of images as columns of matrices, which make convolution one product, and the way back."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.memory import NEW
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Like, Run, Slots, param
from mxnet.lazy import F, torch
from mxnet.ops.tools.expect import expect_real
from mxnet.ops.tools.shapes import dtype_of_first_input
from mxnet.ops.tools.window import Windowed

if TYPE_CHECKING:
    from torch import Tensor

Place = tuple[Any, ...]
"""An index of an array: a slice for each axis of space."""

_KERNEL = "Extents of a patch, of one to three axes."
_STRIDE = "From one patch to the next; 1 by default."
_DILATE = "From one element of a patch to the next; 1 by default."
_PAD = "Zeros around the image; none by default."


class Columns(Windowed):
    """Base of both directions: where the patches lie."""

    dilate: tuple[int, ...]

    infer_dtype = dtype_of_first_input

    @functools.cached_property
    def dilations(self) -> tuple[int, ...]:
        """The dilation, 1 where none is given."""
        return self.dilate or (1,) * len(self.kernel)

    def patches(self, space: Sequence[int]) -> tuple[int, ...]:
        """Return how many patches there are along each axis of an image."""
        reaches = [d * (k - 1) + 1 for d, k in zip(self.dilations, self.kernel, strict=True)]
        return tuple(
            self.room(axis, extent, reach) // stride + 1
            for axis, (extent, reach, stride) in enumerate(zip(space, reaches, self.strides, strict=True))
        )

    def places(self, space: Sequence[int]) -> list[Place]:
        """Return for each element of a patch where it lies, in a padded image, in all patches."""
        geometry = list(zip(self.dilations, self.strides, self.patches(space), strict=True))
        return [
            (
                ...,
                *(
                    slice(d * at, d * at + s * (n - 1) + 1, s)
                    for at, (d, s, n) in zip(element, geometry, strict=True)
                ),
            )
            for element in itertools.product(*map(range, self.kernel))
        ]

    def to_columns(self, images: Tensor) -> Tensor:
        """Return the patches of images (batch, channel, ...) as (batch, channel * element, patch)."""
        padded = F.pad(images, [pad for pad in reversed(self.pads) for _ in range(2)])
        elements = [padded[place].flatten(2) for place in self.places(images.shape[2:])]
        return torch.stack(elements, 2).flatten(1, 2)

    def to_images(self, columns: Tensor, space: Sequence[int]) -> Tensor:
        """Add up the columns in images of that size: the transpose of `to_columns`."""
        batch, rows, _ = columns.shape
        size = math.prod(self.kernel)
        elements = columns.reshape(batch, rows // size, size, *self.patches(space)).unbind(2)
        extents = [n + 2 * pad for n, pad in zip(space, self.pads, strict=True)]
        padded = columns.new_zeros((batch, rows // size, *extents))
        for place, element in zip(self.places(space), elements, strict=True):
            padded[place] += element
        inner: Place = (..., *(slice(pad, pad + n) for n, pad in zip(space, self.pads, strict=True)))
        return padded[inner]


class ImageToColumns(Columns, name="im2col"):
    """Copies each patch of an image into a column.

    Shapes: data (n, c, h, w), or with one or three axes of space, output (n, c * elements of a patch,
    patches).
    """

    example = "mx.nd.ones((1, 1, 4, 4)) | kernel=(2, 2)"
    memory = NEW
    kernel: tuple[int, ...] = param(doc=_KERNEL)
    stride: tuple[int, ...] = param(default=(), doc=_STRIDE)
    dilate: tuple[int, ...] = param(default=(), doc=_DILATE)
    pad: tuple[int, ...] = param(default=(), doc=_PAD)

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is not None:
            self.check_rank(s.data)
        if not is_complete(s.data):
            return {}
        n, channels, *space = s.data
        return {"output": (n, channels * math.prod(self.kernel), math.prod(self.patches(space)))}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        expect_real(self, data)
        return self.to_columns(data)

    def backward(self, run: Run, grad: Tensor, data: Like) -> Tensor:
        return self.to_images(grad, data.shape[2:])


class ColumnsToImage(Columns, name="col2im"):
    """Adds each column to an image where it is a patch: the transpose of ``im2col``.

    Shapes: data (n, c * elements of a patch, patches), output (n, c, h, w), with as many axes of space as
    `output_size` has.
    """

    example = "mx.nd.ones((1, 4, 9)) | output_size=(4, 4), kernel=(2, 2)"
    memory = NEW
    output_size: tuple[int, ...] = param(doc="Extents of the image.")
    kernel: tuple[int, ...] = param(doc=_KERNEL)
    stride: tuple[int, ...] = param(default=(), doc=_STRIDE)
    dilate: tuple[int, ...] = param(default=(), doc=_DILATE)
    pad: tuple[int, ...] = param(default=(), doc=_PAD)

    def validate(self) -> None:
        super().validate()
        if len(self.output_size) != len(self.kernel) or any(n < 1 for n in self.output_size):
            raise ParameterError(
                f"col2im: output_size={self.output_size} must have a positive extent for each axis of "
                f"kernel={self.kernel}."
            )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is not None and len(s.data) != 3:
            raise ShapeError(
                f"col2im: expected data (n, c * elements of a patch, patches), but got {s.data}."
            )
        if not is_complete(s.data):
            return {}
        n, rows, columns = s.data
        elements, patches = math.prod(self.kernel), math.prod(self.patches(self.output_size))
        if rows % elements or columns != patches:
            raise ShapeError(
                f"col2im: expected a multiple of {elements} rows and {patches} columns for the patches of "
                f"images of {self.output_size}, but got data {s.data}."
            )
        return {"output": (n, rows // elements, *self.output_size)}

    def forward(self, run: Run, data: Tensor) -> Tensor:
        expect_real(self, data)
        return self.to_images(data, self.output_size)

    def gradient(self, node: Node, grads: Sequence[Entry]) -> tuple[Entry]:
        geometry = {key: getattr(self, key) for key in ("kernel", "stride", "dilate", "pad")}
        return (emit("im2col", grads[0], **geometry),)
