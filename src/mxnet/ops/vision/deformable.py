"""Convolution and pooling whose windows are bent: each of their points is moved by a learnt offset.

After: Dai et al., *Deformable Convolutional Networks*, 2017; Zhu et al., *Deformable ConvNets v2*, 2019.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tools.expect import expect_real, extents_of
from mxnet.ops.tools.flops import of_filters
from mxnet.ops.tools.in_rows import in_rows
from mxnet.ops.tools.sampling import (
    Taps,
    between,
    between_or_none,
    between_or_zero,
    bilinear,
    crossed,
    spread_rows,
    weighted_rows,
)
from mxnet.ops.tools.shapes import dtype_of_first_input
from mxnet.ops.tools.window import Windowed
from mxnet.ops.vision.roi import images_of, round_half_up

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Place, Rows

_IMAGES = "batch channels height width"


class DeformableConvolution(Windowed, name="_contrib_DeformableConvolution"):
    """Convolves images with windows that are bent at each place.

    Shapes: data (batch, channels, height, width), offset (batch, 2 * num_deformable_group * kernel, *out):
    for each element of the kernel the shift along y and x, weight (num_filter, channels / num_group,
    *kernel), bias (num_filter,), output (batch, num_filter, *out). What is read outside the image is 0, and
    as in MXNet, there is no fading to 0 at the borders of the image.
    """

    example = (
        "mx.nd.ones((1, 2, 5, 5)); mx.nd.zeros((1, 18, 3, 3)); mx.nd.ones((4, 2, 3, 3)); "
        "mx.nd.zeros((4,)) | kernel=(3, 3), num_filter=4"
    )
    dimensions = (2,)
    inputs = {"data": "Images.", "offset": "Offsets.", "weight": "Filters.", "bias": "Bias."}
    learned = ("weight", "bias")
    flops = of_filters
    kernel: tuple[int, ...] = param(doc="Height and width of the window.")
    stride: tuple[int, ...] = param(default=(), doc="Step of the window along each axis; 1 by default.")
    dilate: tuple[int, ...] = param(default=(), doc="Distance of the elements of the kernel; 1 by default.")
    pad: tuple[int, ...] = param(default=(), doc="Padding on either side of each axis; 0 by default.")
    num_filter: int = param(ge=1, doc="Number of channels of the output.")
    num_group: int = param(default=1, ge=1, doc="Into how many groups the channels are divided.")
    num_deformable_group: int = param(
        default=1, ge=1, doc="How many groups of channels have offsets of their own."
    )
    workspace: int = param(default=1024, doc="Has no effect.")
    no_bias: bool = param(default=False, doc="Whether to disable the bias.")
    layout: str | None = param(
        default=None, choices=("None", "NCDHW", "NCHW", "NCW"), doc="Order of the axes."
    )

    infer_dtype = dtype_of_first_input

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is not None:
            self.check_rank(s.data)
        if s.offset is None or not is_complete(s.data):
            return {}
        batch, channels, *space = s.data
        out = [self._count(axis, extent) for axis, extent in enumerate(space)]
        points = self.num_deformable_group * math.prod(self.kernel)
        for slot, per_point in (("offset", 2), ("mask", 1)):
            if slot in self.inputs:
                layout = f"{batch} {per_point * points} {out[0]} {out[1]}"
                extents_of(self, s, **{slot: layout})
        for name in ("num_group", "num_deformable_group"):
            if channels % getattr(self, name):
                raise ShapeError(
                    f"{self.name}: {name}={getattr(self, name)} does not divide {channels} channels."
                )
        if self.num_filter % self.num_group:
            raise ShapeError(
                f"{self.name}: num_group={self.num_group} does not divide num_filter={self.num_filter}."
            )
        said = {
            "weight": (self.num_filter, channels // self.num_group, *self.kernel),
            "output": (batch, self.num_filter, *out),
        }
        return said if self.no_bias else said | {"bias": (self.num_filter,)}

    def _steps(self, axis: int) -> int:
        return self.dilate[axis] if self.dilate else 1

    def _count(self, axis: int, extent: int) -> int:
        """Return how many windows there are along an axis of space."""
        room = self.room(axis, extent, self._steps(axis) * (self.kernel[axis] - 1) + 1)
        return room // self.strides[axis] + 1

    def _taps(self, at: Tensor, extent: int) -> Taps:
        """Return the elements that are read along one axis, and their weights."""
        return between_or_none(at, extent)

    def _straight(self, axis: int, windows: int, like: Tensor) -> Tensor:
        """Return where the elements of the kernel would be without offsets: (kernel, windows)."""
        number = torch.arange(windows, dtype=like.dtype, device=like.device) * self.strides[axis]
        element = torch.arange(self.kernel[axis], dtype=like.dtype, device=like.device) * self._steps(axis)
        return element[:, None] + number - self.pads[axis]

    def forward(
        self,
        run: Run,
        data: Tensor,
        offset: Tensor,
        weight: Tensor,
        bias: Tensor | None = None,
        mask: Tensor | None = None,
    ) -> Tensor:
        expect_real(self, data)
        groups, (height, width) = self.num_deformable_group, offset.shape[2:]
        shift = offset.view(-1, 2, height, width).view(-1, *self.kernel, 2, height, width)
        y = shift[..., 0, :, :] + self._straight(0, height, offset)[:, None, :, None]
        x = shift[..., 1, :, :] + self._straight(1, width, offset)[:, None, :]
        parts = data.reshape(len(data) * groups, -1, *data.shape[2:])
        taps = self._taps(y.flatten(1), parts.shape[2]), self._taps(x.flatten(1), parts.shape[3])
        read = bilinear(parts, *taps)  # (parts, points, channels of a part)
        if mask is not None:
            read = read * mask.reshape(len(read), -1, 1)
        # (parts, channels of a part, elements of the kernel, windows) in memory
        columns = read.transpose(1, 2).reshape(len(data), self.num_group, -1, height * width)
        filters = weight.reshape(self.num_group, self.num_filter // self.num_group, -1)
        output = (filters @ columns).reshape(len(data), self.num_filter, height, width)
        return output if bias is None else output + bias[:, None, None]


class ModulatedDeformableConvolution(DeformableConvolution, name="_contrib_ModulatedDeformableConvolution"):
    """Convolves images with windows that are bent and weighted at each place.

    Shapes: as DeformableConvolution's, and mask (batch, num_deformable_group * kernel, *out): what is
    multiplied with each element that a window reads. At its borders the image fades to 0.
    """

    example = (
        "mx.nd.ones((1, 2, 5, 5)); mx.nd.zeros((1, 18, 3, 3)); mx.nd.ones((1, 9, 3, 3)); "
        "mx.nd.ones((4, 2, 3, 3)); mx.nd.zeros((4,)) | kernel=(3, 3), num_filter=4"
    )
    inputs = {
        "data": "Images.",
        "offset": "Offsets.",
        "mask": "Weights of the elements of each window.",
        "weight": "Filters.",
        "bias": "Bias.",
    }
    im2col_step: int = param(default=64, doc="Has no effect.")
    layout: str | None = param(
        default=None, choices=("None", "NCDHW", "NCHW", "NCW"), doc="Order of the axes."
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.mask is None else super().infer_shape(s)

    def _taps(self, at: Tensor, extent: int) -> Taps:
        return between_or_zero(at, extent)

    def forward(  # type: ignore[override]
        self, run: Run, data: Tensor, offset: Tensor, mask: Tensor, weight: Tensor, bias: Tensor | None = None
    ) -> Tensor:
        return super().forward(run, data, offset, weight, bias, mask)


class DeformablePSROIPooling(Op, name="_contrib_DeformablePSROIPooling"):
    """Keeps the mean of some points of bins of boxes, where bins are moved and read channels of their own.

    Shapes: data (batch, output_dim * group_size^2, height, width), rois (boxes, 5), trans (boxes, 2 *
    classes, part_size, part_size): shifts along x and y, relative to the size of the box; output (boxes,
    output_dim, pooled_size, pooled_size). Points outside the image do not count. The boxes get no gradient.
    """

    example = (
        "mx.nd.ones((1, 8, 8, 8)); [[0, 0, 0, 4, 4]] | "
        "spatial_scale=1.0, output_dim=2, group_size=2, pooled_size=2, no_trans=True"
    )
    inputs = {
        "data": "Images.",
        "rois": "Boxes: the number of the image, and the corners (left, top, right, bottom).",
        "trans": "Shifts of the bins.",
    }
    spatial_scale: float = param(
        ge=0, le=1, doc="What coordinates are multiplied with to count elements of the data."
    )
    output_dim: int = param(ge=1, doc="Number of channels of the output.")
    group_size: int = param(ge=1, doc="Into how many groups of channels bins fall along each axis.")
    pooled_size: int = param(ge=1, doc="How many bins a box has along each axis.")
    part_size: int = param(
        default=0, ge=0, doc="How many shifts there are along each axis; 0 for one per bin."
    )
    sample_per_part: int = param(default=1, ge=1, doc="How many points a bin has along each axis.")
    trans_std: float = param(default=0.0, ge=0, le=1, doc="What shifts are multiplied with.")
    no_trans: bool = param(default=False, doc="Whether bins stay where they are.")

    def input_names(self) -> tuple[str, ...]:
        return ("data", "rois") if self.no_trans else ("data", "rois", "trans")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        layouts = {"data": _IMAGES, "rois": "boxes 5"}
        found = extents_of(self, s, **layouts)
        needed = self.output_dim * self.group_size**2
        if found["channels"] not in (None, needed):
            raise ShapeError(f"{self.name}: expected data of {needed} channels, but got {s.data}.")
        if not self.no_trans:
            parts = self.part_size or self.pooled_size
            shifts = extents_of(self, s, **layouts, trans=f"boxes numbers {parts} {parts}")["numbers"]
            if shifts is not None and (shifts % 2 or self.output_dim % max(1, shifts // 2)):
                raise ShapeError(f"{self.name}: trans {s.trans} does not have two shifts for each class.")
        return {"output": (found["boxes"], self.output_dim, self.pooled_size, self.pooled_size)}

    def as_rows(self, to: Rows) -> None:
        words = self._words(to.data, to.rois, to.trans, to.output)
        memory, work = 12 * self.sample_per_part, to.output.size * self.sample_per_part**2
        to.loop("moved_mean", *words, over=to.rois.shape[0], work=work, memory=memory)

    def backward_as_rows(self, to: Rows) -> None:
        into = [0 if each is None else each for each in (to.data_grad, to.trans_grad)]
        if any(into):
            memory = to.scratch(12 * self.sample_per_part)
            words = self._words(to.data, to.rois, to.trans, to.grad)
            to("moved_mean_grad", *words, memory, to.rois.shape[0], *into)

    def _words(
        self, data: Place, rois: Place, trans: Place | None, means: Place
    ) -> tuple[Place | float, ...]:
        sizes = *data.shape, self.output_dim, self.group_size, self.pooled_size, float(self.spatial_scale)
        classes = 1 if trans is None else trans.shape[1] // 2
        how = self.part_size or self.pooled_size, self.sample_per_part, classes, float(self.trans_std)
        return data, rois, 0 if trans is None else trans, means, *sizes, *how

    @in_rows
    def forward(self, run: Run, data: Tensor, rois: Tensor, trans: Tensor | None = None) -> Tensor:
        expect_real(self, data)
        index, weight = self._reads(data.shape, rois, trans)
        shift = 1 if trans is None else trans.shape[1] // 2
        groups, (batch, _, height, width) = self.group_size**2, data.shape
        rows = data.view(batch, shift, -1, groups, height, width).permute(0, 1, 3, 4, 5, 2)
        pooled = weighted_rows(rows.reshape(-1, rows.shape[-1]), index, weight)
        return pooled.permute(3, 0, 4, 1, 2).flatten(1, 2)

    @in_rows
    def backward(
        self, run: Run, grad: Tensor, data: Tensor, rois: Tensor, trans: Tensor | None = None
    ) -> tuple[Tensor, ...]:
        if trans is not None:  # all depends on both
            pull = torch.func.vjp(lambda data, trans: self.forward(run, data, rois, trans), data, trans)[1]
            into, into_trans = pull(grad)
            return into, torch.zeros_like(rois), into_trans
        index, weight = self._reads(data.shape, rois, None)
        groups, (batch, _, height, width) = self.group_size**2, data.shape
        rows = spread_rows(grad.permute(2, 3, 0, 1)[None], index, weight, batch * groups * height * width)
        into = rows.view(batch, groups, height, width, -1).permute(0, 4, 1, 2, 3)
        return into.reshape(data.shape), torch.zeros_like(rois)

    def _reads(self, shape: Sequence[int], rois: Tensor, trans: Tensor | None) -> Taps:
        """Return which elements make the bins, and their weights (k, classes, bins, bins, boxes)."""
        batch, _, height, width = shape
        corners = round_half_up(rois.detach().t()[1:])
        first = corners[:2] * self.spatial_scale - 0.5
        size = ((corners[2:] + 1) * self.spatial_scale - 0.5 - first).clamp(min=0.1)
        number = torch.arange(self.pooled_size, device=rois.device)
        shift = rois.new_zeros(2, 1, 1, 1, 1) if trans is None else self._shifts(trans, number)
        image, known = images_of(rois, batch)
        y, x = self._taps(first, size, shift, number, shape)
        group = number * self.group_size // self.pooled_size
        classes = torch.arange(shift.shape[1], device=rois.device).view(-1, 1, 1, 1)
        own = (image * len(classes) + classes) * self.group_size + group.view(-1, 1, 1)
        own = own * self.group_size + group.view(-1, 1)
        return crossed((y[0] + own * height, y[1] * known), x, width)

    def _shifts(self, trans: Tensor, number: Tensor) -> Tensor:
        """Return by how much of the box each bin is moved: (x and y, classes, bins, bins, boxes)."""
        part = number * trans.shape[3] // self.pooled_size
        shifts = trans.view(len(trans), -1, 2, *trans.shape[2:])[..., part[:, None], part]
        return shifts.permute(2, 1, 3, 4, 0) * self.trans_std

    def _taps(
        self, first: Tensor, size: Tensor, shift: Tensor, number: Tensor, shape: Sequence[int]
    ) -> tuple[Taps, Taps]:
        """Return the elements that bins read along y and x, and their weights."""
        bins = torch.stack(torch.meshgrid(number, number, indexing="xy"))[:, None, :, :, None]
        first, size = first[:, None, None, None], size[:, None, None, None]
        begin = first + (shift + bins / self.pooled_size) * size
        point = torch.arange(self.sample_per_part, dtype=size.dtype, device=size.device)
        at = begin + point.view(-1, 1, 1, 1, 1, 1) * (size / (self.sample_per_part * self.pooled_size))
        extent = size.new_tensor(shape[:1:-1]).view(2, 1, 1, 1, 1)  # width and height
        counted = (at >= -0.5) & (at <= extent - 0.5)
        index, weight = between(at, extent)
        weight = weight * (counted / counted.sum(0).clamp(min=1))
        index, weight = index.flatten(0, 1), weight.flatten(0, 1)
        return (index[:, 1], weight[:, 1]), (index[:, 0], weight[:, 0])
