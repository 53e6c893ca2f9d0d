"""Pooling of regions of interest: boxes in images are cut into a few bins, and one number is kept of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tools.expect import expect_real, extents_of
from mxnet.ops.tools.in_rows import in_rows
from mxnet.ops.tools.onnx_graph import InexpressibleError
from mxnet.ops.tools.sampling import Taps, between, crossed, pixel_rows, spread_rows, weighted_rows

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Place, Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

__all__ = ["images_of", "round_half_up"]

_INPUTS = {
    "data": "Images.",
    "rois": "Boxes: the number of the image, and the corners (left, top, right, bottom).",
}
_POOLED_SIZE = param(doc="How many bins a box has: (height, width).")
# A product of matrices is that many times as fast as reading the elements that count one by one.
_WORTH_A_MATRIX = 8
_WORK = 16  # what an element of the output takes, in elements
_CHUNK = 1024  # numbers and weights of as many points as are read at a time
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

    example = (
        "mx.nd.arange(16).reshape((1, 1, 4, 4)); [[0, 0, 0, 3, 3]] | pooled_size=(2, 2), spatial_scale=1.0"
    )
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

    def as_rows(self, to: Rows) -> None:
        arrays = to.data, to.rois, to.output, to.maxidx
        words = *arrays, *to.data.shape, *self.pooled_size, float(self.spatial_scale)
        to.loop("roi_max", *words, over=to.rois.shape[0], work=_WORK * to.output.size)

    def backward_as_rows(self, to: Rows) -> None:
        if to.data_grad is not None:
            batch, channels, height, width = to.data_grad.shape
            boxes, _, rows, columns = to.grad.shape
            sizes = batch, channels, height * width, boxes, rows * columns
            to("roi_max_grad", to.grad, to.maxidx, to.data_grad, *sizes)

    @in_rows
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

    @in_rows
    def backward(self, run: Run, grad: Tensor, data: Like, rois: Like, maxidx: Tensor) -> tuple[Tensor, ...]:
        batch, channels, height, width = data.shape
        back = torch.where(maxidx < 0, 0, grad).movedim(1, -1).reshape(-1, channels)
        where = maxidx.movedim(1, -1).reshape(-1, channels).clamp(min=0)
        rows = grad.new_zeros(batch * height * width, channels).scatter_add(0, where, back)
        return rows.view(batch, height, width, channels).permute(0, 3, 1, 2), grad.new_zeros(rois.shape)

    def onnx(self, to: OnnxGraph, data: Value, rois: Value) -> Value:
        return to.MaxRoiPool(data, rois, pooled_shape=self.pooled_size, spatial_scale=self.spatial_scale)


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
    lowest = torch.finfo(pixels.dtype).min
    largest, _, _, where = torch.embedding_bag(
        wide.nan_to_num(lowest, torch.inf, lowest), index, starts, mode=2
    )
    empty = (sizes == 0)[:, None]
    where = where.long().masked_fill(empty | (largest <= lowest), -1)
    return largest.masked_fill(empty, 0).to(pixels.dtype), where


def _runs(first: Tensor, lengths: Tensor) -> Tensor:
    """Return for each of the lengths that many numbers, counting on from the first."""
    starts = lengths.cumsum(0) - lengths
    runs = torch.repeat_interleave(first - starts, lengths)
    return runs + torch.arange(len(runs), device=runs.device)


def _points(first: Tensor, step: Tensor, number: Tensor, points: int) -> tuple[Tensor, Tensor]:
    """Return the points (points, bins, boxes) along one axis of bins, and their shares of the mean.

    There is one for each element that a bin covers, if `points` is not positive.
    """
    if points > 0:
        point = torch.arange(points, dtype=step.dtype, device=step.device).view(-1, 1, 1)
        return (number + (point + 0.5) / points) * step + first, step.new_tensor(1 / points)
    counts = step.ceil().clamp(min=0)
    most = max(1, int(counts.max())) if counts.numel() else 1
    point = torch.arange(most, dtype=step.dtype, device=step.device).view(-1, 1, 1)
    counted = point < counts
    at = (number + (point + 0.5) / counts) * step + first
    return torch.where(counted, at, 0), torch.where(counted, 1 / counts, 0)


def _inside(at: Tensor, extent: Tensor) -> Tensor:
    """Return which points are counted: those at most one element outside."""
    return (at >= -1) & (at <= extent)


class ROIAlign(_Pooled, name="_contrib_ROIAlign"):
    """Keeps the mean of some points of each bin of each box, interpolated between elements.

    Shapes: data (batch, channels, height, width), rois (boxes, 5), output (boxes, channels, *pooled_size);
    with `position_sensitive`, each bin has channels of its own and the output only channels / bins. Points
    more than one element outside the image are 0. The boxes get no gradient. After: He et al., *Mask
    R-CNN*, 2017.
    """

    example = (
        "mx.nd.arange(16).reshape((1, 1, 4, 4)); [[0, 0, 0, 3, 3]] | pooled_size=(2, 2), spatial_scale=1.0"
    )
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

    def as_rows(self, to: Rows) -> None:
        words = self._words(to.data, to.rois, to.output)
        work = _WORK * to.output.size
        to.loop("roi_mean", *words, over=to.rois.shape[0], work=work, memory=self._memory(to.data))

    def backward_as_rows(self, to: Rows) -> None:
        if to.data_grad is not None:
            words = self._words(to.data_grad, to.rois, to.grad)
            to("roi_mean_grad", *words, to.scratch(self._memory(to.data_grad)), 0, to.rois.shape[0])

    def _words(self, data: Place, rois: Place, means: Place) -> tuple[Place | float, ...]:
        how = self.sample_ratio, self.aligned, self._own
        return data, rois, means, *data.shape, *self.pooled_size, float(self.spatial_scale), *how

    def _memory(self, data: Place) -> int:
        """Return how many numbers and weights tell what the bins of a box read along both axes."""
        return sum(self.pooled_size) * (2 * max(*data.shape[2:], 2 * self.sample_ratio) + 2)

    @in_rows
    def forward(self, run: Run, data: Tensor, rois: Tensor) -> Tensor:
        expect_real(self, data)
        y, x, image = self._taps(data.shape, rois)
        if self._needs_most(data.shape, y, x):
            return _by_matrices(data, image, _matrix(y, data.shape[2]), _matrix(x, data.shape[3]))
        batch, channels, height, width = data.shape
        rows = data.reshape(batch, channels // self._own, self._own, height, width).permute(0, 3, 4, 2, 1)
        index, weight = self._crossed(y, x, image, data.shape)
        return weighted_rows(rows.reshape(-1, rows.shape[-1]), index, weight).permute(2, 3, 0, 1)

    @in_rows
    def backward(self, run: Run, grad: Tensor, data: Like, rois: Tensor) -> tuple[Tensor, Tensor]:
        y, x, image = self._taps(data.shape, rois)
        batch, _, height, width = data.shape
        if self._needs_most(data.shape, y, x):
            into = _back_by_matrices(grad, image, _matrix(y, height), _matrix(x, width), batch)
        else:
            index, weight = self._crossed(y, x, image, data.shape)
            rows = batch * height * width * self._own
            into = spread_rows(grad.permute(2, 3, 0, 1), index, weight, rows)
            into = into.view(batch, height, width, self._own, -1).permute(0, 4, 3, 1, 2)
        return into.reshape(data.shape), torch.zeros_like(rois)

    @property
    def _own(self) -> int:
        """How many bins have channels of their own."""
        return self.pooled_size[0] * self.pooled_size[1] if self.position_sensitive else 1

    def _needs_most(self, shape: Sequence[int], y: Taps, x: Taps) -> bool:
        """Return whether boxes read most elements of their images, so that matrices are faster."""
        read = self.pooled_size[1] * len(y[0]) * len(x[0])
        return not self.position_sensitive and shape[2] * shape[3] <= _WORTH_A_MATRIX * read

    def _taps(self, shape: Sequence[int], rois: Tensor) -> tuple[Taps, Taps, Tensor]:
        """Return what bins (taps, bins, boxes) read along y and x, and the images of the boxes."""
        batch, _, height, width = shape
        rows, columns = self.pooled_size
        corners = rois.detach().t()[1:].to(torch.promote_types(rois.dtype, torch.float32)).contiguous()
        corners = corners * self.spatial_scale
        first, last = (corners - 0.5 if self.aligned else corners).view(2, 2, -1)
        size = last - first if self.aligned else (last - first).clamp(min=1)
        # Both axes go together: all bins along y, then all bins along x.
        axis = torch.tensor([1] * rows + [0] * columns, device=rois.device)
        number = size.new_tensor([*range(rows), *range(columns)])[:, None]
        step = (size / size.new_tensor([columns, rows])[:, None])[axis]
        at, share = _points(first[axis], step, number, self.sample_ratio)
        extent = size.new_tensor([width, height])[axis, None]
        index, weight = between(at, extent)
        weight = (weight * (share * _inside(at, extent))).flatten(0, 1)
        index = index.flatten(0, 1)
        image, known = images_of(rois, batch)
        return (index[:, :rows], weight[:, :rows] * known), (index[:, rows:], weight[:, rows:]), image

    def _crossed(self, y: Taps, x: Taps, image: Tensor, shape: Sequence[int]) -> Taps:
        """Return which rows of pixels make the bins, and their weights (k, bins, bins, boxes)."""
        y = (y[0] + image * shape[2])[:, :, None], y[1][:, :, None]
        index, weight = crossed(y, (x[0][:, None], x[1][:, None]), shape[3])
        if self.position_sensitive:
            index = index * self._own + torch.arange(self._own, device=index.device).view(
                *self.pooled_size, 1
            )
        return index, weight

    def onnx(self, to: OnnxGraph, data: Value, rois: Value) -> Value:
        if self.position_sensitive or (self.aligned and to.opset < 16):
            raise InexpressibleError("RoiAlign is neither position sensitive nor, before opset 16, aligned")
        modes = {True: "half_pixel", False: "output_half_pixel"}
        image = to.Squeeze(to.slice(rois, 1, 0, 1), [1])
        return to.RoiAlign(
            data,
            to.slice(rois, 1, 1, 5),
            image.as_type("int64"),
            output_height=self.pooled_size[0],
            output_width=self.pooled_size[1],
            sampling_ratio=max(self.sample_ratio, 0),
            spatial_scale=self.spatial_scale,
            coordinate_transformation_mode=modes[self.aligned] if to.opset >= 16 else None,
        )


def _matrix(taps: Taps, extent: int) -> Tensor:
    """Return the weights of all elements along one axis (boxes, bins, extent)."""
    index, weight = (each.permute(2, 1, 0) for each in taps)
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


def _back_by_matrices(grad: Tensor, image: Tensor, y: Tensor, x: Tensor, batch: int) -> Tensor:
    """Return the gradient of the images, given that of the means."""
    grad, pictures = grad.to(y.dtype).transpose(1, 2), []  # (boxes, bins along y, channels, bins along x)
    for number in range(batch):
        boxes = (image == number).nonzero()[:, 0]
        rows = grad[boxes].flatten(1, 2) @ x[boxes]
        # (height, boxes * bins along y) times (boxes * bins along y, channels * width)
        picture = y[boxes].flatten(0, 1).t() @ rows.view(-1, grad.shape[2] * x.shape[2])
        pictures.append(picture.view(y.shape[2], grad.shape[2], x.shape[2]).transpose(0, 1))
    return torch.stack(pictures)


class RROIAlign(_Pooled, name="_contrib_RROIAlign"):
    """Keeps the mean of some points of each bin of each box, for boxes that are turned.

    Shapes: data (batch, channels, height, width), rois (boxes, 6), output (boxes, channels, *pooled_size).
    A box is the number of its image, x and y of its centre, width, height, and by how many degrees it is
    turned. The boxes get no gradient. After: Ma et al., *Arbitrary-Oriented Scene Text Detection via
    Rotation Proposals*, 2018.
    """

    example = "mx.nd.ones((1, 1, 8, 8)); [[0, 4, 4, 4, 2, 30]] | pooled_size=(2, 2), spatial_scale=1.0"
    inputs = {"data": "Images.", "rois": "Boxes: the number of the image, x, y, width, height, angle."}
    pooled_size: tuple[int, ...] = _POOLED_SIZE
    spatial_scale: float = _SPATIAL_SCALE
    sampling_ratio: int = param(
        default=-1, doc="How many points a bin has along each axis; by default one for each element."
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        found = extents_of(self, s, data="batch channels height width", rois="boxes 6")
        return {"output": (found["boxes"], found["channels"], *self.pooled_size)}

    def as_rows(self, to: Rows) -> None:
        words = to.data, to.rois, to.output, *to.data.shape, *self.pooled_size, float(self.spatial_scale)
        work = _WORK * to.output.size
        how = self.sampling_ratio, 0, 1
        to.loop("turned_mean", *words, *how, over=to.rois.shape[0], work=work, memory=_CHUNK)

    @in_rows
    def forward(self, run: Run, data: Tensor, rois: Tensor) -> Tensor:
        expect_real(self, data)
        wide = rois.detach().t().to(torch.promote_types(rois.dtype, torch.float32)).contiguous()
        rows, columns = self.pooled_size
        size = (wide[3:5] * self.spatial_scale).clamp(min=1)
        width, height = size[0] / columns, size[1] / rows
        angle = torch.deg2rad(wide[5])
        cos, sin = angle.cos(), angle.sin()
        # The sides of bins, as x and y in the image, and where bins begin (2, bins, bins, boxes).
        right = (torch.stack([cos, -sin]) * width)[:, None, None]
        down = (torch.stack([sin, cos]) * height)[:, None, None]
        row, column = (torch.arange(n, dtype=size.dtype, device=size.device) - n / 2 for n in (rows, columns))
        first = (wide[1:3] * self.spatial_scale)[:, None, None] + row.view(-1, 1, 1) * down
        first = first + column.view(-1, 1) * right
        image, known = images_of(rois, len(data))
        if self.sampling_ratio > 0:
            points = self.sampling_ratio
            point = (torch.arange(points, dtype=size.dtype, device=size.device) + 0.5) / points
            at = first.unsqueeze(1) + point.view(-1, 1, 1, 1) * down.unsqueeze(1)
            at = at.unsqueeze(2) + point.view(-1, 1, 1, 1) * right[:, None, None]
            index, weight = _around(at, image, data.shape)
            means = weighted_rows(pixel_rows(data), index.flatten(0, 2), weight.flatten(0, 2) / points**2)
        else:
            counts = torch.stack([width, height]).ceil()
            means = _means_of_all(data, first, right / counts[0], down / counts[1], counts, image)
        return torch.where(known[:, None], means, 0).permute(2, 3, 0, 1)


def _around(at: Tensor, image: Tensor, shape: Sequence[int]) -> Taps:
    """Return the rows of pixels that points (x and y, ...) lie between, and their weights (4, ...)."""
    height, width = shape[2:]
    extent = at.new_tensor([width, height]).view(-1, *[1] * (at.dim() - 1))
    index, weight = between(at, extent)
    counted = _inside(at, extent).all(0)
    y = index[:, 1] + image * height, weight[:, 1] * counted
    return crossed(y, (index[:, 0], weight[:, 0]), width)


def _means_of_all(
    data: Tensor, first: Tensor, right: Tensor, down: Tensor, counts: Tensor, image: Tensor
) -> Tensor:
    """Return the means (bins, bins, boxes, channels) of as many points along x and y as are counted.

    Bins begin at `first` (2, bins, bins, boxes), x and y; a step to the right or down is (2, 1, 1, boxes).
    """
    shape = first.shape[1:]
    first, right, down = (each.expand(2, *shape).flatten(1) for each in (first, right, down))
    across, along = counts.long()[:, None, None].expand(2, *shape).flatten(1)
    # All rows of points of all bins, then all points of all rows.
    bins, number = torch.repeat_interleave(along), _runs(torch.zeros_like(along), along)
    start, right, across = first[:, bins] + (number + 0.5) * down[:, bins], right[:, bins], across[bins]
    row, number = torch.repeat_interleave(across), _runs(torch.zeros_like(across), across)
    at = start.index_select(1, row).addcmul_(number + 0.5, right.index_select(1, row))
    bins = bins[row]
    index, weight = _around(at, image.expand(shape).flatten()[bins], data.shape)
    read = weighted_rows(pixel_rows(data), index, weight)
    sums = read.new_zeros(shape.numel(), data.shape[1]).index_add(0, bins, read)
    return sums.view(*shape, -1) / counts.prod(0)[:, None]


class PSROIPooling(Op, name="_contrib_PSROIPooling"):
    """Keeps the mean of each bin of each box, where each bin reads channels of its own.

    Shapes: data (batch, output_dim * group_size^2, height, width), rois (boxes, 5), output (boxes,
    output_dim, pooled_size, pooled_size). Bins have whole elements, and share those on their borders; one
    without any is 0. The boxes get no gradient. After: Dai et al., *R-FCN: Object Detection via
    Region-based Fully Convolutional Networks*, 2016.
    """

    example = "mx.nd.ones((1, 8, 6, 6)); [[0, 0, 0, 4, 4]] | spatial_scale=1.0, output_dim=2, pooled_size=2"
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

    def as_rows(self, to: Rows) -> None:
        words = self._words(to.data, to.rois, to.output)
        to.loop("own_mean", *words, over=to.rois.shape[0], work=_WORK * to.output.size)

    def backward_as_rows(self, to: Rows) -> None:
        if to.data_grad is not None:
            to("own_mean_grad", *self._words(to.data_grad, to.rois, to.grad), to.rois.shape[0])

    def _words(self, data: Place, rois: Place, means: Place) -> tuple[Place | float, ...]:
        sizes = self.output_dim, self.groups, self.pooled_size, float(self.spatial_scale)
        return data, rois, means, *data.shape, *sizes

    @in_rows
    def forward(self, run: Run, data: Tensor, rois: Tensor) -> Tensor:
        expect_real(self, data)
        batch, channels, height, width = data.shape
        corner, area = self._corners(data.shape, rois)
        # Sums over rectangles are differences of sums from the corner of the image on.
        sums = data.new_zeros(batch, channels, height + 1, width + 1, dtype=torch.float64)
        torch.cumsum(data.double(), 3, out=sums[..., 1:, 1:])
        at = sums.cumsum(2).take(corner)
        total = (at[1, 1] - at[0, 1]).sub_(at[1, 0]).add_(at[0, 0])
        return (total / area.clamp(min=1)).to(data.dtype).permute(3, 0, 1, 2)

    @in_rows
    def backward(self, run: Run, grad: Tensor, data: Like, rois: Tensor) -> tuple[Tensor, Tensor]:
        batch, channels, height, width = data.shape
        corner, area = self._corners(data.shape, rois)
        share = grad.permute(1, 2, 3, 0).double() / area.clamp(min=1)
        # What is added from one corner on, and no more from the next, is summed up once more.
        steps = torch.stack([share, -share, -share, share]).flatten()
        into = steps.new_zeros(batch * channels * (height + 1) * (width + 1))
        into = into.index_add(0, corner.flatten(), steps).view(batch, channels, height + 1, width + 1)
        into = into.cumsum(3).cumsum(2)[..., :-1, :-1]
        return into.to(grad.dtype), torch.zeros_like(rois)

    def _corners(self, shape: Sequence[int], rois: Tensor) -> tuple[Tensor, Tensor]:
        """Return the corners and areas of bins in sums of images, which have an edge more than these.

        Corners are (top or bottom, left or right, output_dim, bins, bins, boxes), areas (bins, bins, boxes).
        """
        batch, _, height, width = shape
        corners = round_half_up(rois.t()[1:])
        first, last = corners[:2] * self.spatial_scale, (corners[2:] + 1) * self.spatial_scale
        size = (last - first).clamp(min=0.1)
        x, y = self._edges(first[0], size[0], width), self._edges(first[1], size[1], height)
        image, known = images_of(rois, batch)
        x = x * known  # a box in no image has bins without any elements
        group = torch.arange(self.pooled_size, device=rois.device) * self.groups // self.pooled_size
        channel = (
            torch.arange(self.output_dim, device=rois.device).view(-1, 1, 1) * self.groups + group[:, None]
        )
        channel = (channel * self.groups + group)[..., None] + image * shape[1]
        top = y[:, None, None, :, None] + channel * (height + 1)
        area = (y[1] - y[0])[:, None] * (x[1] - x[0])
        return top * (width + 1) + x[:, None, None], area

    def _edges(self, first: Tensor, size: Tensor, extent: int) -> Tensor:
        """Return where the bins (begin and end, bins, boxes) are along one axis."""
        number = torch.arange(self.pooled_size, dtype=size.dtype, device=size.device)[:, None]
        step = size / self.pooled_size
        begin = (number * step + first).floor().clamp(0, extent)
        end = ((number + 1) * step + first).ceil().clamp(0, extent)
        return torch.stack([begin, torch.maximum(begin, end)]).long()
