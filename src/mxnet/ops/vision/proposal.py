"""Region proposals: the boxes a network takes for objects before it says of which class.

After: Ren et al., *Faster R-CNN: Towards Real-Time Object Detection with Region Proposal Networks*, 2015.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.errors import MXNetError, ParameterError, ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.op import Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tools.expect import extents_of
from mxnet.ops.vision.boxes import kept_in_onnx
from mxnet.ops.vision.detection import Detector
from mxnet.ops.vision.geometry import sides
from mxnet.ops.vision.selection import suppress

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value

# Coordinates count pixels here: a box from 2 to 4 is three wide.
_PIXEL = 1


class MultiProposal(Detector, name="_contrib_MultiProposal"):
    """Proposes the boxes in each image that are most likely objects, and do not overlap much.

    Shapes: cls_prob (batch, 2 anchors, height, width), the first half being the background's, bbox_pred
    (batch, 4 anchors, height, width), im_info (batch, 3): height, width and scale of an image; output
    (batch * rpn_post_nms_top_n, 5): number of the image and corners, score (batch * rpn_post_nms_top_n, 1).
    Where too few boxes are left, they are repeated.
    """

    example = (
        "mx.nd.ones((1, 4, 3, 3)); mx.nd.zeros((1, 8, 3, 3)); [[48, 48, 1]] | "
        "rpn_pre_nms_top_n=12, rpn_post_nms_top_n=4, scales=(2,), ratios=(0.5, 1), rpn_min_size=4"
    )
    inputs = {
        "cls_prob": "Probabilities of background and object.",
        "bbox_pred": "Encoded boxes.",
        "im_info": "Height, width and scale of the images.",
    }
    outputs = ("output", "score")
    rpn_pre_nms_top_n: int = param(
        default=6000, doc="How many of the best boxes are looked at; all if not positive."
    )
    rpn_post_nms_top_n: int = param(default=300, ge=1, doc="How many boxes are proposed.")
    threshold: float = param(default=0.7, doc="By how much of their union two boxes may overlap.")
    rpn_min_size: int = param(default=16, doc="Boxes that are smaller, in unscaled images, come last.")
    scales: tuple[float, ...] = param(
        default=(4.0, 8.0, 16.0, 32.0), doc="Sizes of anchors, in feature strides."
    )
    ratios: tuple[float, ...] = param(default=(0.5, 1.0, 2.0), doc="Ratios of height to width of anchors.")
    feature_stride: int = param(
        default=16, ge=1, doc="How many pixels one element of the features stands for."
    )
    output_score: bool = param(default=False, doc="Whether the scores are returned, too.")
    iou_loss: bool = param(default=False, doc="Whether bbox_pred are shifts of corners, in pixels.")

    def validate(self) -> None:
        if not self.scales or not self.ratios or min(self.ratios) <= 0:
            raise ParameterError(
                f"{self.name}: scales and ratios must not be empty, nor ratios negative: {self!r}."
            )

    def visible_outputs(self) -> int:
        return 1 + self.output_score

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        extents_of(self, s, cls_prob="batch channels height width")
        if not is_complete(s.cls_prob):
            return {}
        batch, channels, *space = s.cls_prob
        rows = self._images(batch) * self.rpn_post_nms_top_n
        inputs = {"bbox_pred": (batch, 2 * channels, *space), "im_info": (batch, 3)}
        return inputs | {"output": (rows, 5), "score": (rows, 1)}

    def _images(self, batch: int) -> int:
        """Return for how many images of a batch there are proposals."""
        return batch

    def forward(self, run: Run, cls_prob: Tensor, bbox_pred: Tensor, im_info: Tensor) -> tuple[Tensor, ...]:
        anchors = len(self.scales) * len(self.ratios)
        if cls_prob.shape[1] != 2 * anchors:
            raise ShapeError(
                f"{self.name}: {len(self.scales)} scales and {len(self.ratios)} ratios make {anchors} "
                f"anchors, which need {2 * anchors} channels of cls_prob, but it has {cls_prob.shape[1]}."
            )
        height, width = cls_prob.shape[2:]
        y, x = (torch.arange(n, device=cls_prob.device) * self.feature_stride for n in (height, width))
        shifts = torch.stack(torch.meshgrid(x, y, indexing="xy") * 2, -1)
        tiled = self._anchors(cls_prob) + shifts[:, :, None]  # (height, width, anchors, 4)
        proposals = [
            self._propose(scores[anchors:].permute(1, 2, 0), steps, info, tiled)
            for scores, steps, info in zip(cls_prob, bbox_pred, im_info, strict=True)
        ]
        boxes = torch.stack([boxes for boxes, _ in proposals])
        images = torch.arange(len(boxes), dtype=boxes.dtype, device=boxes.device).view(-1, 1, 1)
        rows = torch.cat([images.expand(-1, boxes.shape[1], 1), boxes], -1)
        return rows.flatten(0, 1), torch.cat([scores for _, scores in proposals])[:, None]

    def _anchors(self, like: Tensor) -> Tensor:
        """Return the anchors of the first element of the features (anchors, 4)."""
        middle = (self.feature_stride - 1) / 2
        corners = []
        for ratio in self.ratios:
            width = math.floor(math.sqrt(self.feature_stride**2 // ratio) + 0.5)
            height = math.floor(width * ratio + 0.5)
            for scale in self.scales:
                x, y = (width * scale - _PIXEL) / 2, (height * scale - _PIXEL) / 2
                corners.append([middle - x, middle - y, middle + x, middle + y])
        return like.new_tensor(corners)

    def _propose(self, scores: Tensor, steps: Tensor, info: Tensor, anchors: Tensor) -> tuple[Tensor, Tensor]:
        """Return the boxes proposed for one image, and their scores."""
        image_height, image_width, scale = info.tolist()
        real = int(image_height / self.feature_stride), int(image_width / self.feature_stride)
        if real[0] > scores.shape[0] or real[1] > scores.shape[1]:
            raise MXNetError(
                f"{self.name}: an image of {image_height:g} x {image_width:g} pixels has {real} features "
                f"with feature_stride={self.feature_stride}, but there are only {tuple(scores.shape[:2])}."
            )
        steps = steps.view(-1, 4, *steps.shape[1:]).permute(2, 3, 0, 1)
        limits = info.new_tensor([image_width, image_height] * 2) - _PIXEL
        boxes = torch.minimum(self._decoded(steps, anchors), limits).clamp(min=0)
        rows, columns = (torch.arange(n, device=info.device) for n in scores.shape[:2])
        beyond = (rows >= real[0])[:, None] | (columns >= real[1])
        scores = scores.masked_fill(beyond[..., None], -1)
        least = self.rpn_min_size * scale
        small = torch.minimum(*sides(boxes, _PIXEL)) < least
        margin = info.new_tensor([-least, -least, least, least]) / 2
        boxes = torch.where(small[..., None], boxes + margin, boxes)
        return self._best(boxes.reshape(-1, 4), scores.masked_fill(small, -1).reshape(-1))

    def _decoded(self, steps: Tensor, anchors: Tensor) -> Tensor:
        if self.iou_loss:
            return anchors + steps
        size = anchors[..., 2:] - anchors[..., :2] + _PIXEL
        centre = anchors[..., :2] + (size - _PIXEL) / 2 + steps[..., :2] * size
        reach = (steps[..., 2:].exp() * size - _PIXEL) / 2
        return torch.cat([centre - reach, centre + reach], -1)

    def _best(self, boxes: Tensor, scores: Tensor) -> tuple[Tensor, Tensor]:
        """Return as many of the best boxes as are proposed, with their scores."""
        order = scores.argsort(dim=0, descending=True, stable=True)
        order = order[: self.rpn_pre_nms_top_n] if self.rpn_pre_nms_top_n > 0 else order
        most = self.rpn_post_nms_top_n
        kept = order[suppress(boxes[order], self.threshold, beyond=_PIXEL, most=most)[:most]]
        chosen = kept[torch.arange(most, device=kept.device) % len(kept)]
        return boxes[chosen], scores[chosen]

    def onnx(self, to: OnnxGraph, cls_prob: Value, bbox_pred: Value, im_info: Value) -> tuple[Value, ...]:
        anchors = len(self.scales) * len(self.ratios)
        batch, (height, width) = cls_prob.extent(0), cls_prob.fixed_shape[2:]
        y, x = (np.arange(n, dtype="float32") * self.feature_stride for n in (height, width))
        shifts = np.stack(np.meshgrid(x, y) * 2, -1)
        tiled = self._anchors(torch.zeros(())).numpy() + shifts[:, :, None]
        count = height * width * anchors
        scores = to.Reshape(
            to.Transpose(to.slice(cls_prob, 1, anchors, None), perm=[0, 2, 3, 1]), [batch, count]
        )
        steps = to.Reshape(bbox_pred, [batch, anchors, 4, height, width])
        steps = to.Reshape(to.Transpose(steps, perm=[0, 3, 4, 1, 2]), [batch, count, 4])
        info = [to.slice(im_info, 1, i, i + 1) for i in range(3)]  # each (batch, 1)
        limits = to.Unsqueeze(to.Concat(info[1], info[0], info[1], info[0], axis=1), [1]) - _PIXEL
        boxes = self._decoded_in_onnx(to, steps, tiled.reshape(1, count, 4).astype("float32"))
        boxes = to.Max(to.Min(boxes, limits), 0.0)
        row, column = (
            to.constant(np.broadcast_to(each, (height, width, anchors)).astype("float32").reshape(1, count))
            for each in (np.arange(height)[:, None, None], np.arange(width)[None, :, None])
        )
        beyond = to.Or(
            to.GreaterOrEqual(row, to.Floor(info[0] / self.feature_stride)),
            to.GreaterOrEqual(column, to.Floor(info[1] / self.feature_stride)),
        )
        least = info[2] * float(self.rpn_min_size)
        sides = to.slice(boxes, 2, 2, 4) - to.slice(boxes, 2, 0, 2) + _PIXEL
        small = to.Less(to.ReduceMin(sides, [2], keepdims=0), least)
        margin = to.Unsqueeze(least, [2]) * to.constant(np.asarray([-0.5, -0.5, 0.5, 0.5], "float32"))
        boxes = to.Where(to.Unsqueeze(small, [2]), boxes + margin, boxes)
        scores = to.Where(to.Or(beyond, small), to.value(-1.0), scores)
        first = min(self.rpn_pre_nms_top_n, count) if self.rpn_pre_nms_top_n > 0 else count
        scores, order = to.ordered(scores, to.value([first]), 1, ascending=False)
        boxes = to.GatherElements(boxes, to.Expand(to.Unsqueeze(order, [2]), to.value([1, 1, 4])), axis=1)
        return self._best_in_onnx(to, boxes, scores, batch, first)[: self.visible_outputs()]

    def _decoded_in_onnx(self, to: OnnxGraph, steps: Value, anchors: np.ndarray[Any, Any]) -> Value:
        """Do what :meth:`_decoded` does."""
        if self.iou_loss:
            return steps + to.constant(anchors)
        size = anchors[..., 2:] - anchors[..., :2] + _PIXEL
        centre = to.slice(steps, 2, 0, 2) * to.constant(size) + to.constant(
            anchors[..., :2] + (size - _PIXEL) / 2
        )
        reach = (to.Exp(to.slice(steps, 2, 2, 4)) * to.constant(size) - _PIXEL) / 2
        return to.Concat(centre - reach, centre + reach, axis=2)

    def _best_in_onnx(
        self, to: OnnxGraph, boxes: Value, scores: Value, batch: int, count: int
    ) -> tuple[Value, Value]:
        """Do what :meth:`_best` does, for sorted boxes of all images; one without a box left has the best."""
        most = self.rpn_post_nms_top_n
        everything = to.full((batch, count), 1, "float32").as_type("bool")
        wide = boxes + to.constant(np.asarray([0, 0, _PIXEL, _PIXEL], "float32"))
        kept = kept_in_onnx(to, wide, everything, None, None, self.threshold, (batch, count))
        kept = kept.as_type("float32")
        _, order = to.ordered(kept, to.value([count]), 1, ascending=False)
        found = to.ReduceSum(kept, [1], keepdims=1).as_type("int64")
        found = to.Where(to.Greater(found, most), to.value(most, "int64"), found)
        places = to.Mod(to.constant(np.arange(most, dtype="int64")[None]), found)
        chosen = to.GatherElements(order, places, axis=1)
        boxes = to.GatherElements(boxes, to.Expand(to.Unsqueeze(chosen, [2]), to.value([1, 1, 4])), axis=1)
        images = np.broadcast_to(np.arange(batch, dtype="float32")[:, None, None], (batch, most, 1))
        rows = to.Reshape(to.Concat(to.constant(np.ascontiguousarray(images)), boxes, axis=2), [-1, 5])
        return rows, to.Reshape(to.GatherElements(scores, chosen, axis=1), [-1, 1])


class Proposal(MultiProposal, name="_contrib_Proposal"):
    """Proposes boxes in a single image; otherwise as MultiProposal.

    Shapes: cls_prob (1, 2 anchors, height, width), bbox_pred (1, 4 anchors, height, width), im_info (1, 3),
    output (rpn_post_nms_top_n, 5), score (rpn_post_nms_top_n, 1).
    """

    def _images(self, batch: int) -> int:
        return 1

    def forward(self, run: Run, cls_prob: Tensor, bbox_pred: Tensor, im_info: Tensor) -> tuple[Tensor, ...]:
        if len(cls_prob) != 1:
            raise ShapeError(
                f"{self.name}: expected one image, but got {len(cls_prob)}; MultiProposal takes more."
            )
        return super().forward(run, cls_prob, bbox_pred, im_info)
