"""Pooling of regions of interest: boxes in images are cut into a few bins, and one number is kept of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.lazy import F, torch
from mxnet.ops.expect import expect_real, extents_of
from mxnet.ops.sampling import Taps, between, crossed, pixel_rows, weighted_rows

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["images_of", "round_half_up"]

_INPUTS = {
    "data": "Images.",
    "rois": "Boxes: the number of the image, and the corners (left, top, right, bottom).",
}
_POOLED_SIZE = param(doc="How many bins a box has: (height, width).")
# A product of matrices is that many times as fast as reading the elements that count one by one.
_WORTH_A_MATRIX = 8
_SPATIAL_SCALE = param(ge=0, le=1, doc="What coordinates are multiplied with to count elements of the data.")


def round_half_up(at: Tensor) -> Tensor:
    """Round to the nearest whole number; halves away from zero, as C does."""
    return at.sign() * (at.abs() + 0.5).floor()


def images_of(rois: Tensor, batch: int) -> tuple[Tensor, Tensor]:
    """Return the number of the image that each box lies in, and whether there is such an image."""
    number = rois[:, 0].long()
    return number.clamp(0, batch - 1), (number >= 0) & (number < batch)


class _Pooled(Op):
    """What the operators share that keep the features of boxes in bins (height, width)."""

    inputs = _INPUTS
    pooled_size: tuple[int, ...]

    def validate(self) -> None:
        if len(self.pooled_size) != 2 or min(self.pooled_size) < 1:
            raise ParameterError(f"{self.name}: pooled_size={self.pooled_size} must be two positive numbers.")


class ROIPooling(_Pooled, name="ROIPooling"):
    """Keeps the maximum of each bin of each box.

    Shapes: data (batch, channels, height, width), rois (boxes, 5), output (boxes, channels, *pooled_size).
    Bins have whole elements, and share those on their borders; one without any is 0. After: Girshick, *Fast
    R-CNN*, 2015.
    """

    outputs = ("output", "maxidx")
    pooled_size: tuple[int, ...] = _POOLED_SIZE
    spatial_scale: float = _SPATIAL_SCALE

    def visible_outputs(self) -> int:
        return 1

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        found = extents_of(self, s, data="batch channels height width", rois="boxes 5")
        shape = (found["boxes"], found["channels"], *self.pooled_size)
        return {"output": shape, "maxidx": shape}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        dtype = t.data or t.rois or t.output
        return {"ins": (dtype, dtype), "outs": (dtype, "int64")}

    def forward(self, run: Run, data: Tensor, rois: Tensor) -> tuple[Tensor, Tensor]:
        expect_real(self, data)
        batch, channels, height, width = data.shape
        first, last = round_half_up(rois[:, 1:] * self.spatial_scale).view(-1, 2, 2).unbind(1)
        size = (last - first + 1).clamp(min=1)
        (left, right), (top, bottom) = (
            _whole_bins(first[:, i], size[:, i], bins, extent)
            for i, bins, extent in ((0, self.pooled_size[1], width), (1, self.pooled_size[0], height))
        )
        image, known = (each[:, None, None] for each in images_of(rois, batch))
        corner = (image * height + top[:, :, None]) * width + left[:, None]
        rows = ((bottom - top)[:, :, None] * known).expand_as(corner)
        columns = (right - left)[:, None].expand_as(corner)
        largest, where = _maxima(pixel_rows(data), corner.flatten(), rows.flatten(), columns.flatten(), width)
        shape = (len(rois), *self.pooled_size, channels)
        return largest.view(shape).permute(0, 3, 1, 2), where.view(shape).permute(0, 3, 1, 2)

    def backward(self, run: Run, grad: Tensor, data: Like, rois: Like, maxidx: Tensor) -> tuple[Tensor, ...]:
        batch, channels, height, width = data.shape
        back = torch.where(maxidx < 0, 0, grad).movedim(1, -1).reshape(-1, channels)
        where = maxidx.movedim(1, -1).reshape(-1, channels).clamp(min=0)
        rows = grad.new_zeros(batch * height * width, channels).scatter_add(0, where, back)
        return rows.view(batch, height, width, channels).permute(0, 3, 1, 2), grad.new_zeros(rois.shape)


def _whole_bins(first: Tensor, size: Tensor, bins: int, extent: int) -> tuple[Tensor, Tensor]:
    """Return where the bins (boxes, bins) of boxes begin and end, in whole elements."""
    number = torch.arange(bins, dtype=size.dtype, device=size.device)
    step = (size / bins)[:, None]
    begin = (number * step).floor() + first[:, None]
    end = ((number + 1) * step).ceil() + first[:, None]
    begin = begin.clamp(0, extent)
    return begin.long(), torch.maximum(begin, end.clamp(0, extent)).long()


def _maxima(
    pixels: Tensor, corner: Tensor, rows: Tensor, columns: Tensor, width: int
) -> tuple[Tensor, Tensor]:
    """Return the maxima of windows (n, channels) and the pixels they are at; 0 and -1 for empty windows."""
    window = torch.repeat_interleave(rows)
    first = corner[window] + _runs(torch.zeros_like(rows), rows) * width
    index = _runs(first, columns[window])
    sizes = rows * columns
    starts = sizes.cumsum(0) - sizes
    wide = pixels.to(torch.promote_types(pixels.dtype, torch.float32))
    largest, _, _, where = torch.embedding_bag(wide, index, starts, mode=2)
    empty = (sizes == 0)[:, None]
    return largest.masked_fill(empty, 0).to(pixels.dtype), where.long().masked_fill(empty, -1)


def _runs(first: Tensor, lengths: Tensor) -> Tensor:
    """Return for each of the lengths that many numbers, counting on from the first."""
    starts = lengths.cumsum(0) - lengths
    runs = torch.repeat_interleave(first - starts, lengths)
    return runs + torch.arange(len(runs), device=runs.device)


class _Aligned(_Pooled):
    """What the operators share that take means of points between the elements of an image."""

    spatial_scale: float

    def _points(self, first: Tensor, size: Tensor, bins: int, points: int) -> tuple[Tensor, Tensor]:
        """Return the points (boxes, bins, points) along one axis of bins, and their shares of the mean.

        There is one for each element that a bin covers, if `points` is not positive.
        """
        step = (size / bins)[:, None, None]
        number = torch.arange(bins, dtype=size.dtype, device=size.device)[:, None]
        counts = torch.full_like(step, points) if points > 0 else step.ceil().clamp(min=0)
        most = max(1, int(counts.max()))
        point = torch.arange(most, dtype=size.dtype, device=size.device)
        at = first[:, None, None] + (number + (point + 0.5) / counts) * step
        share = torch.where(point < counts, 1 / counts, 0)
        return torch.where(share > 0, at, 0), share.expand_as(at)


def _inside(at: Tensor, extent: int) -> Tensor:
    """Return which points are counted: those at most one element outside."""
    return (at >= -1) & (at <= extent)


class ROIAlign(_Aligned, name="_contrib_ROIAlign"):
    """Keeps the mean of some points of each bin of each box, interpolated between elements.

    Shapes: data (batch, channels, height, width), rois (boxes, 5), output (boxes, channels, *pooled_size);
    with `position_sensitive`, each bin has channels of its own and the output only channels / bins. Points
    more than one element outside the image are 0. The boxes get no gradient. After: He et al., *Mask
    R-CNN*, 2017.
    """

    pooled_size: tuple[int, ...] = _POOLED_SIZE
    spatial_scale: float = _SPATIAL_SCALE
    sample_ratio: int = param(
        default=-1, doc="How many points a bin has along each axis; by default one for each element."
    )
    position_sensitive: bool = param(default=False, doc="Whether each bin reads channels of its own.")
    aligned: bool = param(default=False, doc="Whether coordinates speak of the middle of elements.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        found = extents_of(self, s, data="batch channels height width", rois="boxes 5")
        channels, bins = found["channels"], self.pooled_size[0] * self.pooled_size[1]
        if self.position_sensitive and channels is not None:
            if channels % bins:
                raise ShapeError(f"{self.name}: {bins} bins do not divide {channels} channels.")
            channels //= bins
        return {"output": (found["boxes"], channels, *self.pooled_size)}

    def forward(self, run: Run, data: Tensor, rois: Tensor) -> Tensor:
        expect_real(self, data)
        batch, _, height, width = data.shape
        corners = rois.detach()[:, 1:].to(torch.promote_types(rois.dtype, torch.float32)) * self.spatial_scale
        first, last = (corners - 0.5 * self.aligned).view(-1, 2, 2).unbind(1)
        size = last - first if self.aligned else (last - first).clamp(min=1)
        x = self._taps(*self._points(first[:, 0], size[:, 0], self.pooled_size[1], self.sample_ratio), width)
        y = self._taps(*self._points(first[:, 1], size[:, 1], self.pooled_size[0], self.sample_ratio), height)
        image, known = images_of(rois, batch)
        y = y[0], y[1] * known.view(-1, 1, 1)
        per_bin = y[0].shape[2] * x[0].shape[2]
        if not self.position_sensitive and height * width <= _WORTH_A_MATRIX * self.pooled_size[1] * per_bin:
            return _by_matrices(data, image, _matrix(y, height), _matrix(x, width))
        index, weight = crossed((y[0][:, :, None], y[1][:, :, None]), (x[0][:, None], x[1][:, None]), width)
        index = index + (image * (height * width)).view(-1, 1, 1, 1)
        if not self.position_sensitive:
            return weighted_rows(pixel_rows(data), index, weight).permute(0, 3, 1, 2)
        bins = self.pooled_size[0] * self.pooled_size[1]
        own = torch.arange(bins, device=index.device).view(*self.pooled_size, 1)
        rows = data.view(batch, -1, bins, height, width).permute(0, 3, 4, 2, 1)
        rows = rows.reshape(-1, rows.shape[-1])
        return weighted_rows(rows, index * bins + own, weight).permute(0, 3, 1, 2)

    def _taps(self, at: Tensor, share: Tensor, extent: int) -> Taps:
        """Return the elements that each bin reads along one axis, and their weights."""
        index, weight = between(at, extent)
        weight = weight * (share * _inside(at, extent))[..., None]
        return index.flatten(-2), weight.flatten(-2)


def _matrix(taps: Taps, extent: int) -> Tensor:
    """Return the weights of all elements along one axis (boxes, bins, extent)."""
    index, weight = taps
    return weight.new_zeros(*index.shape[:2], extent).scatter_add(-1, index, weight)


def _by_matrices(data: Tensor, image: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Return the weighted means of boxes that need most of the elements of their image."""
    boxes, means = [], []
    for number, picture in enumerate(data.to(y.dtype)):
        boxes.append((image == number).nonzero()[:, 0])
        # (boxes * bins along y, channels * width), then (boxes, bins along y * channels, bins along x)
        rows = y[boxes[-1]].flatten(0, 1) @ picture.transpose(0, 1).flatten(1)
        rows = rows.view(-1, y.shape[1] * len(picture), picture.shape[2])
        means.append(rows @ x[boxes[-1]].transpose(1, 2))
    pooled = torch.cat(means)[torch.cat(boxes).argsort()]
    return pooled.view(-1, y.shape[1], data.shape[1], x.shape[1]).transpose(1, 2).to(data.dtype)


class RROIAlign(_Aligned, name="_contrib_RROIAlign"):
    """Keeps the mean of some points of each bin of each box, for boxes that are turned.

    Shapes: data (batch, channels, height, width), rois (boxes, 6), output (boxes, channels, *pooled_size).
    A box is the number of its image, x and y of its centre, width, height, and by how many degrees it is
    turned. The boxes get no gradient. After: Ma et al., *Arbitrary-Oriented Scene Text Detection via
    Rotation Proposals*, 2018.
    """

    inputs = {"data": "Images.", "rois": "Boxes: the number of the image, x, y, width, height, angle."}
    pooled_size: tuple[int, ...] = _POOLED_SIZE
    spatial_scale: float = _SPATIAL_SCALE
    sampling_ratio: int = param(
        default=-1, doc="How many points a bin has along each axis; by default one for each element."
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        found = extents_of(self, s, data="batch channels height width", rois="boxes 6")
        return {"output": (found["boxes"], found["channels"], *self.pooled_size)}

    def forward(self, run: Run, data: Tensor, rois: Tensor) -> Tensor:
        expect_real(self, data)
        batch, _, height, width = data.shape
        wide = rois.detach().to(torch.promote_types(rois.dtype, torch.float32))
        centre, size = (wide[:, 1:5] * self.spatial_scale).view(-1, 2, 2).unbind(1)
        size = size.clamp(min=1)
        u, of_u = self._points(-size[:, 0] / 2, size[:, 0], self.pooled_size[1], self.sampling_ratio)
        v, of_v = self._points(-size[:, 1] / 2, size[:, 1], self.pooled_size[0], self.sampling_ratio)
        u, v = u[:, None, :, None, :], v[:, :, None, :, None]
        cos, sin = (f(torch.deg2rad(wide[:, 5])).view(-1, 1, 1, 1, 1) for f in (torch.cos, torch.sin))
        x = u * cos + v * sin + centre[:, 0].view(-1, 1, 1, 1, 1)
        y = v * cos - u * sin + centre[:, 1].view(-1, 1, 1, 1, 1)
        index, weight = crossed(between(y, height), between(x, width), width)
        image, known = (each.view(-1, 1, 1, 1, 1) for each in images_of(rois, batch))
        share = of_u[:, None, :, None, :] * of_v[:, :, None, :, None]
        share = share * (known & _inside(y, height) & _inside(x, width))
        index, weight = index + (image * (height * width))[..., None], weight * share[..., None]
        return weighted_rows(pixel_rows(data), index.flatten(3), weight.flatten(3)).permute(0, 3, 1, 2)


class PSROIPooling(Op, name="_contrib_PSROIPooling"):
    """Keeps the mean of each bin of each box, where each bin reads channels of its own.

    Shapes: data (batch, output_dim * group_size^2, height, width), rois (boxes, 5), output (boxes,
    output_dim, pooled_size, pooled_size). Bins have whole elements, and share those on their borders; one
    without any is 0. The boxes get no gradient. After: Dai et al., *R-FCN: Object Detection via
    Region-based Fully Convolutional Networks*, 2016.
    """

    inputs = _INPUTS
    spatial_scale: float = _SPATIAL_SCALE
    output_dim: int = param(ge=1, doc="Number of channels of the output.")
    pooled_size: int = param(ge=1, doc="How many bins a box has along each axis.")
    group_size: int = param(
        default=0,
        ge=0,
        doc="Into how many groups of channels bins fall along each axis; 0 for one group each.",
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        found = extents_of(self, s, data="batch channels height width", rois="boxes 5")
        needed = self.output_dim * self.groups**2
        if found["channels"] not in (None, needed):
            raise ShapeError(f"{self.name}: expected data of {needed} channels, but got {s.data}.")
        return {"output": (found["boxes"], self.output_dim, self.pooled_size, self.pooled_size)}

    @property
    def groups(self) -> int:
        """Into how many groups of channels the bins fall along each axis."""
        return self.group_size or self.pooled_size

    def forward(self, run: Run, data: Tensor, rois: Tensor) -> Tensor:
        expect_real(self, data)
        batch, _, height, width = data.shape
        corners = round_half_up(rois[:, 1:])
        first, last = (corners[:, :2] * self.spatial_scale, (corners[:, 2:] + 1) * self.spatial_scale)
        size = (last - first).clamp(min=0.1)
        x = self._edges(first[:, 0], size[:, 0], width)
        y = self._edges(first[:, 1], size[:, 1], height)
        # Sums over rectangles are differences of sums from the corner of the image on.
        sums = F.pad(data.double().cumsum(2).cumsum(3), (1, 0, 1, 0))
        sums = sums.view(batch, self.output_dim, self.groups, self.groups, height + 1, width + 1)
        sums = sums.permute(0, 2, 3, 4, 5, 1)
        image, known = (each.view(-1, 1, 1) for each in images_of(rois, batch))
        group = torch.arange(self.pooled_size, device=data.device) * self.groups // self.pooled_size
        total = torch.zeros((), dtype=sums.dtype, device=data.device)
        for row, column, sign in ((0, 0, 1), (0, 1, -1), (1, 0, -1), (1, 1, 1)):
            at = image, group[:, None], group, y[row][:, :, None], x[column][:, None]
            total = total + sign * sums[at]
        area = (y[1] - y[0])[:, :, None] * (x[1] - x[0])[:, None] * known
        means = torch.where(area[..., None] > 0, total / area.clamp(min=1)[..., None], 0)
        return means.to(data.dtype).permute(0, 3, 1, 2)

    def _edges(self, first: Tensor, size: Tensor, extent: int) -> tuple[Tensor, Tensor]:
        """Return where the bins (boxes, bins) begin and end along one axis."""
        number = torch.arange(self.pooled_size, dtype=size.dtype, device=size.device)
        step = (size / self.pooled_size)[:, None]
        begin = (number * step + first[:, None]).floor().clamp(0, extent)
        end = ((number + 1) * step + first[:, None]).ceil().clamp(0, extent)
        return begin.long(), torch.maximum(begin, end).long()
