"""The single-shot detector: its anchors, what they should predict, and the boxes read from their predictions.

After: Liu et al., *SSD: Single Shot MultiBox Detector*, 2016.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.errors import ParameterError, ShapeError
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.lazy import F, torch
from mxnet.ops.tools.device import torch_device
from mxnet.ops.tools.expect import extents_of
from mxnet.ops.tools.gradients import no_gradient
from mxnet.ops.tools.in_rows import in_rows
from mxnet.ops.tools.keeping import kept
from mxnet.ops.vision.boxes import centres_in_onnx, decode_in_onnx, kept_in_onnx
from mxnet.ops.vision.geometry import decode, encode, overlaps, to_centres
from mxnet.ops.vision.selection import match_greedily, suppress

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

__all__ = ["Detector"]

_VARIANCES = param(default=(0.1, 0.1, 0.2, 0.2), doc="By what the four encoded numbers of a box are divided.")

_WORST = 1e-6  # overlap that makes a pair


class Detector(Op):
    """Base of the operators that find objects; as in MXNet, they know single precision only."""

    gradient = no_gradient
    variances: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)

    def validate(self) -> None:
        if len(self.variances) != 4:
            raise ParameterError(f"{self.name}: variances={self.variances} must be four numbers.")

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return {"ins": ("float32",) * len(t.ins), "outs": ("float32",) * len(t.outs)}


class MultiBoxPrior(Detector, name="_contrib_MultiBoxPrior"):
    """Lays anchors over an image, the same ones around each element of a map of features.

    Shapes: data (batch, channels, height, width), of which only height and width matter, output (1, height *
    width * anchors, 4), corners relative to the image. There is an anchor of each size with the first ratio,
    and one of the first size with each other ratio.
    """

    example = "mx.nd.ones((1, 3, 1, 1)) | sizes=(0.5, 0.25)"
    sizes: tuple[float, ...] = param(
        default=(1.0,), doc="Sizes of anchors, relative to the height of the image."
    )
    ratios: tuple[float, ...] = param(default=(1.0,), doc="Ratios of width to height.")
    clip: bool = param(default=False, doc="Whether the anchors are cut off at the borders of the image.")
    steps: tuple[float, ...] = param(
        default=(-1.0, -1.0), doc="Distances of anchors, (y, x); by default they are spread evenly."
    )
    offsets: tuple[float, ...] = param(default=(0.5, 0.5), doc="Where in its cell an anchor is, (y, x).")

    def validate(self) -> None:
        for name in ("sizes", "ratios"):
            if not getattr(self, name):
                raise ParameterError(f"{self.name}: {name} must not be empty.")
        if min(self.ratios) <= 0:
            raise ParameterError(f"{self.name}: ratios={self.ratios} must be positive.")
        for name in ("steps", "offsets"):
            if len(getattr(self, name)) != 2:
                raise ParameterError(
                    f"{self.name}: {name}={getattr(self, name)} must be two numbers, (y, x)."
                )
        if self.steps[0] * self.steps[1] < 0:
            raise ParameterError(f"{self.name}: steps={self.steps} must both be positive, or neither.")
        if min(self.offsets) < 0 or max(self.offsets) > 1:
            raise ParameterError(f"{self.name}: offsets={self.offsets} must lie between 0 and 1.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        if len(s.data) < 4:
            raise ShapeError(
                f"{self.name}: expected data (batch, channels, height, width), but got {s.data}."
            )
        height, width = s.data[2:4]
        if height == 0 or width == 0:
            raise ShapeError(f"{self.name}: images {s.data} without pixels have no anchors.")
        per_cell = len(self.sizes) + len(self.ratios) - 1
        anchors = None if height is None or width is None else height * width * per_cell
        return {"output": (1, anchors, 4)}

    def forward(self, run: Run, data: Like) -> Tensor:
        anchors = _anchors(self, *data.shape[2:4], data.dtype, torch_device(run.context))
        return anchors.clone()  # the one that is kept must not be written

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        anchors = _anchors(self, data.extent(2), data.extent(3), torch.float32, torch.device("cpu"))
        return to.constant(anchors.numpy())


@kept
def _anchors(prior: MultiBoxPrior, height: int, width: int, dtype: torch.dtype, device: Any) -> Tensor:
    """Return the anchors of features of that size (1, height * width * anchors, 4)."""
    like = {"dtype": dtype, "device": device}
    spread = min(prior.steps) <= 0
    y, x = (
        (torch.arange(n, **like) + offset) * (1 / n if spread else step)
        for n, offset, step in zip((height, width), prior.offsets, prior.steps, strict=True)
    )
    pairs = [(size, prior.ratios[0]) for size in prior.sizes]
    pairs += [(prior.sizes[0], ratio) for ratio in prior.ratios[1:]]
    halves = [
        [size * height / width * math.sqrt(ratio) / 2, size / math.sqrt(ratio) / 2] for size, ratio in pairs
    ]
    half = torch.tensor(halves, **like)
    centres = torch.stack(torch.meshgrid(x, y, indexing="xy"), -1)[:, :, None]
    corners = torch.cat([centres - half, centres + half], -1).view(1, -1, 4)
    return corners.clamp(0, 1) if prior.clip else corners


class MultiBoxTarget(Detector, name="_contrib_MultiBoxTarget"):
    """Says what each anchor should predict, given the objects in each image.

    Each object gets the anchor that overlaps with it most, the best pair first; each other anchor gets the
    object it overlaps with most, if by more than `overlap_threshold`. Of the rest, all are background, or
    only the hardest, `negative_mining_ratio` for each that has an object.

    Shapes: anchor (1, anchors, 4), label (batch, objects, 5 or more), a row being class and corners of an
    object, the first class of -1 ending the list, cls_pred (batch, classes, anchors); outputs loc_target and
    loc_mask (batch, 4 anchors), cls_target (batch, anchors): class + 1, 0 for background, or ignore_label.
    """

    example = "[[[0.1, 0.1, 0.3, 0.3]]]; [[[0, 0.1, 0.1, 0.3, 0.3]]]; mx.nd.zeros((1, 2, 1))"
    inputs = {"anchor": "Anchors.", "label": "Objects.", "cls_pred": "Predicted scores of the classes."}
    outputs = ("loc_target", "loc_mask", "cls_target")
    labels = ("label",)
    overlap_threshold: float = param(default=0.5, doc="From which overlap on an anchor gets an object.")
    ignore_label: float = param(default=-1.0, doc="The target of anchors that are left out of the loss.")
    negative_mining_ratio: float = param(
        default=-1.0, doc="How many anchors are background for each with an object; all if not positive."
    )
    negative_mining_thresh: float = param(
        default=0.5, doc="Background overlaps with objects by less than this."
    )
    minimum_negative_samples: int = param(default=0, doc="Has no effect, as in MXNet.")
    variances: tuple[float, ...] = _VARIANCES

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        found = extents_of(
            self, s, anchor="1 anchors 4", label="batch objects columns", cls_pred="batch classes anchors"
        )
        columns, anchors, batch = found["columns"], found["anchors"], found["batch"]
        if columns is not None and columns < 5:
            raise ShapeError(f"{self.name}: a row of label has at least 5 numbers, but got {s.label}.")
        if None in s.ins:
            return {}
        flat = None if anchors is None else 4 * anchors
        return {"loc_target": (batch, flat), "loc_mask": (batch, flat), "cls_target": (batch, anchors)}

    def as_rows(self, to: Rows) -> None:
        if self.negative_mining_ratio > 0:
            to.decline()
        (batch, m, width), n = to.label.shape, to.anchor.shape[1]
        sizes = batch, n, m, width
        overlap, paired = to.scratch(batch * n * m), to.scratch(batch * n)
        to("overlaps_with_objects", to.anchor, to.label, overlap, *sizes)
        memory = to.scratch(batch * m), to.scratch(n)
        to("match_greedily", overlap, paired, *memory, batch, n, m, min(n, m), 1.0, _WORST)
        arrays = to.anchor, to.label, overlap, paired, to.loc_target, to.loc_mask, to.cls_target
        enough = self.overlap_threshold if self.overlap_threshold > 0 else math.inf
        numbers = enough, self.ignore_label, *self.variances
        to("detection_targets", *arrays, *sizes, *map(float, numbers))

    @in_rows
    def forward(self, run: Run, anchor: Tensor, label: Tensor, cls_pred: Tensor) -> tuple[Tensor, ...]:
        listed = (label[..., 0] != -1).cumprod(1).bool()  # (batch, objects)
        overlap = torch.where(
            listed[:, None], overlaps(anchor, label[..., 1:5]), -1.0
        )  # (batch, anchors, objects)
        matched, _ = match_greedily(overlap, _WORST)
        best, nearest = overlap.max(-1)
        chosen = torch.where(matched >= 0, matched, nearest)
        has_object = (matched >= 0) | ((best > self.overlap_threshold) & (self.overlap_threshold > 0))
        background = self._background(has_object, best, cls_pred) & listed[:, :1]

        own = label.gather(1, chosen[..., None].expand(-1, -1, label.shape[2]))
        others = torch.full_like(own[..., 0], self.ignore_label).masked_fill(background, 0)
        classes = torch.where(has_object, own[..., 0] + 1, others)
        mask = has_object[..., None].expand(-1, -1, 4)
        targets = encode(own[..., 1:5], anchor) / anchor.new_tensor(self.variances)
        return torch.where(mask, targets, 0).flatten(1), mask.to(anchor.dtype).flatten(1), classes

    def _background(self, has_object: Tensor, overlap: Tensor, cls_pred: Tensor) -> Tensor:
        """Return the anchors (batch, anchors) that are background."""
        if self.negative_mining_ratio <= 0:
            return ~has_object
        positive = has_object.sum(1, keepdim=True)
        wanted = (positive * self.negative_mining_ratio).long()
        easy = has_object | (overlap >= self.negative_mining_thresh)
        hardness = F.softmax(cls_pred, 1)[:, 0].masked_fill(easy, torch.inf)
        rank = hardness.argsort(dim=1, stable=True).argsort(1)
        return (rank < wanted) & ~easy


class MultiBoxDetection(Detector, name="_contrib_MultiBoxDetection"):
    """Reads boxes from predictions, and drops those that overlap with a better one of their class.

    Shapes: cls_prob (batch, classes, anchors), loc_pred (batch, 4 anchors), anchor (1, anchors, 4), output
    (batch, anchors, 6): class, score and corners, the best first. The class of what is dropped is -1; rows
    without an object are -1 throughout. As in MXNet, what comes after the first `nms_topk` is not sorted, and
    nothing is dropped or sorted if `nms_threshold` is not above 0 and at most 1.
    """

    example = (
        "[[[0.1, 0.8], [0.9, 0.2]]]; mx.nd.zeros((1, 8)); [[[0.1, 0.1, 0.3, 0.3], [0.5, 0.5, 0.9, 0.9]]]"
    )
    inputs = {"cls_prob": "Probabilities of the classes.", "loc_pred": "Encoded boxes.", "anchor": "Anchors."}
    clip: bool = param(default=True, doc="Whether boxes are cut off at the borders of the image.")
    threshold: float = param(default=0.01, doc="The lowest probability of an object.")
    background_id: int = param(default=0, doc="Has no effect, as in MXNet: class 0 is the background.")
    nms_threshold: float = param(default=0.5, doc="By how much of their union two boxes may overlap.")
    force_suppress: bool = param(default=False, doc="Whether boxes of different classes compete, too.")
    variances: tuple[float, ...] = _VARIANCES
    nms_topk: int = param(default=-1, doc="How many of the best boxes are looked at; all if not positive.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        found = extents_of(
            self, s, cls_prob="batch classes anchors", loc_pred="batch numbers", anchor="1 anchors 4"
        )
        anchors, numbers = found["anchors"], found["numbers"]
        if found["classes"] == 1:
            raise ShapeError(
                f"{self.name}: expected cls_prob of a class besides the background, but got {s.cls_prob}."
            )
        if None not in (anchors, numbers) and numbers != 4 * anchors:  # type: ignore[operator]
            raise ShapeError(f"{self.name}: expected loc_pred (batch, 4 * {anchors}), but got {s.loc_pred}.")
        return {} if None in s.ins else {"output": (found["batch"], anchors, 6)}

    def forward(self, run: Run, cls_prob: Tensor, loc_pred: Tensor, anchor: Tensor) -> Tensor:
        score, kind = cls_prob[:, 1:].max(1)
        steps = loc_pred.reshape(len(loc_pred), -1, 4) * anchor.new_tensor(self.variances)
        boxes = decode(steps, to_centres(anchor))
        boxes = boxes.clamp(0, 1) if self.clip else boxes
        rows = torch.cat([kind[..., None].to(boxes.dtype), score[..., None], boxes], -1)
        found = score >= self.threshold
        output = torch.full_like(rows, -1)
        for image, keeps, objects in zip(rows, found, output, strict=True):
            chosen = self._without_doubles(image[keeps])
            objects[: len(chosen)] = chosen
        return output

    def _without_doubles(self, rows: Tensor) -> Tensor:
        """Sort the objects of one image, and give the class -1 to those that overlap with a better one."""
        if not 0 < self.nms_threshold <= 1:
            return rows
        best = rows[rows[:, 1].argsort(dim=0, descending=True, stable=True)]
        best = best[: self.nms_topk] if self.nms_topk > 0 else best
        kept = suppress(best[:, 2:], self.nms_threshold, classes=None if self.force_suppress else best[:, 0])
        classes = torch.full_like(rows[:, :1], -1)
        classes[kept] = best[kept, :1]
        return torch.cat([classes, torch.cat([best, rows[len(best) :]])[:, 1:]], 1)

    def onnx(self, to: OnnxGraph, cls_prob: Value, loc_pred: Value, anchor: Value) -> Value:
        foreground = to.slice(cls_prob, 1, 1, None)
        score, kind = to.ReduceMax(foreground, (1,), keepdims=0), to.ArgMax(foreground, axis=1, keepdims=0)
        shape = batch, anchors = cls_prob.shape[0], cls_prob.extent(2)  # type: ignore[index]
        steps = to.reshape(loc_pred, (batch, anchors, 4)) * to.constant(np.asarray(self.variances, "float32"))
        boxes = decode_in_onnx(to, steps, centres_in_onnx(to, anchor))
        boxes = to.Clip(boxes, 0.0, 1.0) if self.clip else boxes
        columns = [to.Unsqueeze(each, [2]) for each in (kind.as_type("float32"), score)]
        rows = to.Concat(*columns, boxes, axis=2)
        found = to.Not(to.Less(score, self.threshold)).as_type("float32")
        is_row, listed = self._in_order(to, rows, found, found, anchors)
        if 0 < self.nms_threshold <= 1:
            is_row, best = self._in_order(to, rows, score * found - (1 - found), found, anchors)
            first = None
            if 0 < self.nms_topk < anchors:
                first = to.Less(to.positions(anchors), to.constant(np.asarray(self.nms_topk)))
                listed = to.Where(to.Unsqueeze(first, [1]), best, listed)
            else:
                listed = best
            looked_at = is_row if first is None else to.And(is_row, first)
            kind = to.Squeeze(to.slice(listed, 2, 0, 1), [2])
            groups = 1 if self.force_suppress else cls_prob.extent(1) - 1
            boxes = to.slice(listed, 2, 2, 6)
            kept = kept_in_onnx(to, boxes, looked_at, kind, groups, self.nms_threshold, shape)
            kind = to.Where(kept, kind, to.value(-1.0))
            listed = to.Concat(to.Unsqueeze(kind, [2]), to.slice(listed, 2, 1, 6), axis=2)
        return to.Where(to.Unsqueeze(is_row, [2]), listed, to.value(-1.0))

    def _in_order(
        self, to: OnnxGraph, rows: Value, by: Value, found: Value, anchors: int
    ) -> tuple[Value, Value]:
        """Return the rows of the objects that are found, the best first, and which places these take."""
        _, order = to.ordered(by, to.value([anchors]), 1, ascending=False)
        where = to.Expand(to.Unsqueeze(order, [2]), to.value([1, 1, 6]))
        return to.Greater(to.GatherElements(found, order, axis=1), 0.0), to.GatherElements(
            rows, where, axis=1
        )
