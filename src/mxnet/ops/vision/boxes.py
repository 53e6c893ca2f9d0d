"""Boxes: how far they overlap, which of them are kept, matched, and encoded as offsets from anchors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.dtype import number_as
from mxnet.errors import ShapeError
from mxnet.ir.constraints import is_complete
from mxnet.ir.memory import NEW
from mxnet.ir.op import Like, Op, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tools.expect import expect_real, extents_of
from mxnet.ops.tools.gradients import no_gradient
from mxnet.ops.tools.in_rows import in_rows
from mxnet.ops.tools.onnx_graph import Extent, volume
from mxnet.ops.vision.geometry import decode, encode, overlaps, to_centres, to_corners
from mxnet.ops.vision.selection import match_greedily, suppress

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows
    from mxnet.ops.tools.onnx_graph import OnnxGraph, Value


__all__ = [
    "centres_in_onnx",
    "corners_in_onnx",
    "decode_in_onnx",
    "kept_in_onnx",
]

_FORMAT = ("center", "corner")


# -------------------------------------------------------------------------------------------------- in ONNX


def _halves(to: OnnxGraph, boxes: Value, axis: int = -1) -> tuple[Value, Value]:
    return to.slice(boxes, axis, 0, 2), to.slice(boxes, axis, 2, 4)


def corners_in_onnx(to: OnnxGraph, boxes: Value) -> Value:
    """Do what :func:`to_corners` does."""
    centre, size = _halves(to, boxes)
    half = size / 2
    return to.Concat(centre - half, centre + half, axis=-1)


def centres_in_onnx(to: OnnxGraph, boxes: Value) -> Value:
    """Do what :func:`to_centres` does."""
    first, last = _halves(to, boxes)
    return to.Concat((first + last) / 2, last - first, axis=-1)


def decode_in_onnx(to: OnnxGraph, steps: Value, anchors: Value, most: float | None = None) -> Value:
    """Do what :func:`decode` does; logarithms are at most `most`."""
    (shift, growth), (start, size) = _halves(to, steps), _halves(to, anchors)
    growth = growth if most is None else to.Min(growth, most)
    centre, half = start + shift * size, to.Exp(growth) * size / 2
    return to.Concat(centre - half, centre + half, axis=-1)


def overlaps_in_onnx(to: OnnxGraph, a: Value, b: Value) -> Value:
    """Do what :func:`overlaps` does, for boxes (n, 4) and (m, 4)."""
    (first, last), (start, end) = _halves(to, to.Unsqueeze(a, [1])), _halves(to, to.Unsqueeze(b, [0]))
    shared = to.ReduceProd(to.Max(to.Min(last, end) - to.Max(first, start), 0.0), [2], keepdims=0)
    areas = [to.ReduceProd(sides, [2], keepdims=0) for sides in (last - first, end - start)]
    union = areas[0] + areas[1] - shared
    return shared / to.Max(union, float(np.finfo(a.dtype).tiny))


def kept_in_onnx(
    to: OnnxGraph,
    boxes: Value,
    looked_at: Value,
    kinds: Value | None,
    groups: int | None,
    threshold: float,
    shape: tuple[Extent, int],
) -> Value:
    """Return which boxes (batch, n, 4), sorted by score, are kept, as bool (batch, n).

    Parameters
    ----------
    looked_at : Value
        Which of them take part, (batch, n).
    kinds : Value or None
        The class of each, (batch, n): only boxes of one class compete. None, or one group, for all.
    groups : int or None
        How many classes there are. None if any number may be one: then boxes are moved apart by class.
    shape : tuple
        The batch and n.
    """
    n = shape[1]
    falling = to.constant(np.arange(n, 0, -1, dtype="float32")[None])
    scores = to.Where(looked_at, falling, to.value(0.0))
    boxes = boxes.as_type("float32")
    if kinds is not None and groups is None:
        # Moved by class along x, further than any box reaches: those of two classes do not meet.
        reach = to.ReduceMax(to.Abs(boxes), keepdims=0) * 2 + 1
        x = to.Unsqueeze(kinds.as_type("float32"), [2]) * reach
        moves = to.constant(np.asarray([1, 0, 1, 0], "float32"))
        boxes = boxes + x * moves
    scores = to.Unsqueeze(scores, [1])
    if kinds is not None and groups is not None and groups > 1:
        classes = to.constant(np.arange(groups, dtype="float32")[None, :, None])
        scores = to.Where(to.Equal(to.Unsqueeze(kinds, [1]), classes), scores, to.value(0.0))
    limits = (to.constant(np.asarray(n)), to.value(threshold), to.value(0.5))
    chosen = to.NonMaxSuppression(boxes, scores, *limits)
    where = to.Gather(chosen, [0, 2], axis=1)
    ones = to.Expand(to.value(1), to.slice(to.Shape(chosen), 0, 0, 1), dtype="float32")
    return to.Greater(to.ScatterND(to.full(shape, 0, "float32"), where, ones), 0.0)


# ------------------------------------------------------------------------------------------------ operators


class BoxNms(Op, name="_contrib_box_nms", aliases=("_contrib_box_non_maximum_suppression",)):
    """Keeps the boxes with the best scores, and drops those that overlap with a better one of their class.

    Shapes: data and output (..., boxes, columns): a score, four coordinates, perhaps a class, and whatever
    else travels along. The boxes that are kept come first, the best one before all; the rest is -1. A
    hidden output says where each box came from. The gradient goes there, whatever the formats.

    As in MXNet, ``topk=0`` returns the data as they are, and a box whose first coordinate is negative keeps
    its format.
    """

    example = "[[0.9, 0, 0, 2, 2], [0.8, 0, 0, 2, 1.8], [0.7, 5, 5, 6, 6]] | coord_start=1, score_index=0"
    outputs = ("output0", "output1")
    overlap_thresh: float = param(default=0.5, doc="By how much of their union two boxes may overlap.")
    valid_thresh: float = param(default=0.0, doc="Boxes are looked at if their score is greater.")
    topk: int = param(default=-1, doc="How many of the best boxes are looked at; all if negative.")
    coord_start: int = param(default=2, doc="The first of the four columns of coordinates.")
    score_index: int = param(default=1, doc="The column of scores.")
    id_index: int = param(default=-1, doc="The column of classes; none if negative.")
    background_id: int = param(
        default=-1, doc="The class of boxes that are not looked at, if there are classes."
    )
    force_suppress: bool = param(default=False, doc="Whether boxes of different classes compete, too.")
    in_format: str = param(default="corner", choices=_FORMAT, doc="How the boxes are given.")
    out_format: str = param(default="corner", choices=_FORMAT, doc="How the boxes are returned.")

    def visible_outputs(self) -> int:
        return 1

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if not is_complete(s.data):
            return {}
        if len(s.data) < 2:
            raise ShapeError(f"{self.name}: expected data (..., boxes, columns), but got {s.data}.")
        self._check_columns(s.data[-1])
        return {"output0": s.data, "output1": (*s.data[:-1], 1)}

    def _check_columns(self, columns: int) -> None:
        coordinates = range(self.coord_start, self.coord_start + 4)
        single = [self.score_index] + [self.id_index] * (self.id_index >= 0)
        if any(not 0 <= column < columns for column in (*coordinates, *single)):
            raise ShapeError(
                f"{self.name}: coord_start={self.coord_start}, score_index={self.score_index} and "
                f"id_index={self.id_index} do not all lie within {columns} columns."
            )
        if len({*coordinates, *single}) < 4 + len(single):
            raise ShapeError(
                f"{self.name}: score, class and coordinates share a column of the data: {self!r}."
            )

    def forward(self, run: Run, data: Tensor) -> tuple[Tensor, Tensor]:
        expect_real(self, data)
        if not self.topk:
            every = torch.arange(data.shape[-2], dtype=data.dtype, device=data.device)
            return data, every[:, None].expand(*data.shape[:-1], 1)
        flat = data.reshape(-1, *data.shape[-2:])
        source = flat.new_full(flat.shape[:2], -1, dtype=torch.int64)
        for image, origin in zip(flat, source, strict=True):
            kept = self._kept(image)
            origin[: len(kept)] = kept
        rows = flat.gather(1, source.clamp(min=0)[..., None].expand_as(flat))
        rows = torch.where(source[..., None] < 0, -1, self._reformatted(rows))
        return rows.view(data.shape), source.view(*data.shape[:-1], 1).to(data.dtype)

    def _kept(self, image: Tensor) -> Tensor:
        """Return the positions of the boxes that one image keeps, in their order."""
        scores = image[:, self.score_index]
        valid = scores > self.valid_thresh
        if self.id_index >= 0:
            valid &= image[:, self.id_index] != self.background_id
        candidates = valid.nonzero()[:, 0]
        order = candidates[scores[candidates].argsort(dim=0, descending=True, stable=True)]
        order = order[: self.topk] if self.topk > 0 else order
        chosen = image[order]
        boxes = chosen[:, self.coord_start : self.coord_start + 4]
        boxes = to_corners(boxes) if self.in_format == "center" else boxes
        apart = self.id_index >= 0 and not self.force_suppress
        return order[
            suppress(boxes, self.overlap_thresh, classes=chosen[:, self.id_index] if apart else None)
        ]

    def _reformatted(self, rows: Tensor) -> Tensor:
        if self.in_format == self.out_format:
            return rows
        given = rows[..., self.coord_start : self.coord_start + 4]
        boxes = to_corners(given) if self.out_format == "corner" else to_centres(given)
        boxes = torch.where(given[..., :1] < 0, given, boxes)
        return torch.cat([rows[..., : self.coord_start], boxes, rows[..., self.coord_start + 4 :]], -1)

    def backward(self, run: Run, grad: Tensor, data: Like, output1: Tensor) -> Tensor:
        flat = grad.reshape(-1, *grad.shape[-2:])
        source = output1.reshape(flat.shape[0], -1, 1).long()
        back = torch.where(source < 0, 0, flat)
        return (
            torch.zeros_like(flat).scatter_add(1, source.clamp(min=0).expand_as(flat), back).view(data.shape)
        )

    def onnx(self, to: OnnxGraph, data: Value) -> Value:
        if not self.topk:
            return to.Identity(data)
        shape, (boxes_count, columns) = data.shape or (), (data.extent(-2), data.extent(-1))
        batch = volume(shape[:-2])
        flat = to.reshape(data, (batch, boxes_count, columns))

        def column(rows: Value, index: int) -> Value:
            return to.Squeeze(to.slice(rows, 2, index, index + 1), [2])

        scores = column(flat, self.score_index)
        valid = to.Greater(scores, self.valid_thresh)
        if self.id_index >= 0:
            valid = to.And(valid, to.Not(to.Equal(column(flat, self.id_index), float(self.background_id))))
        lowest = to.value(number_as(-math.inf, data.dtype), data.dtype)
        _, order = to.ordered(to.Where(valid, scores, lowest), to.value([boxes_count]), 1, ascending=False)
        spread = to.Expand(to.Unsqueeze(order, [2]), to.value([1, 1, columns]))
        rows = to.GatherElements(flat, spread, axis=1)
        looked_at = to.GatherElements(valid.as_type("int64"), order, axis=1).as_type("bool")
        if self.topk > 0:
            looked_at = to.And(
                looked_at, to.Less(to.positions(boxes_count), to.constant(np.asarray(self.topk)))
            )
        given = to.slice(rows, 2, self.coord_start, self.coord_start + 4)
        boxes = corners_in_onnx(to, given) if self.in_format == "center" else given
        kind = column(rows, self.id_index) if self.id_index >= 0 and not self.force_suppress else None
        kept = kept_in_onnx(to, boxes, looked_at, kind, None, self.overlap_thresh, (batch, boxes_count))
        _, places = to.ordered(kept.as_type("float32"), to.value([boxes_count]), 1, ascending=False)
        kept = to.GatherElements(kept.as_type("int64"), places, axis=1).as_type("bool")
        if self.in_format != self.out_format:
            made = corners_in_onnx(to, given) if self.out_format == "corner" else centres_in_onnx(to, given)
            made = to.Where(to.Less(to.slice(given, 2, 0, 1), 0.0), given, made)
            before, after = (
                to.slice(rows, 2, 0, self.coord_start),
                to.slice(rows, 2, self.coord_start + 4, None),
            )
            rows = to.Concat(before, made, after, axis=2)
        rows = to.GatherElements(
            rows, to.Expand(to.Unsqueeze(places, [2]), to.value([1, 1, columns])), axis=1
        )
        return to.as_output(to.Where(to.Unsqueeze(kept, [2]), rows, to.value(-1.0, data.dtype)))


class BoxIou(Op, name="_contrib_box_iou"):
    """Divides the intersection of two boxes by their union, for each box of one array and each of another.

    Shapes: lhs (*n, 4), rhs (*m, 4), output (*n, *m).
    """

    gradient = no_gradient
    memory = NEW
    example = "[[0, 0, 2, 2]]; [[1, 1, 3, 3], [0, 0, 2, 2]]"
    inputs = {"lhs": "Boxes.", "rhs": "Boxes."}
    format: str = param(
        default="corner", choices=_FORMAT, doc="(left, top, right, bottom) or (x, y, width, height)."
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        for name, shape in zip(self.inputs, s.ins, strict=True):
            if shape is not None and (len(shape) < 2 or shape[-1] not in (4, None)):
                raise ShapeError(f"{self.name}: expected {name} (..., boxes, 4), but got {shape}.")
        return {} if None in s.ins else {"output": (*s.lhs[:-1], *s.rhs[:-1])}

    def forward(self, run: Run, lhs: Tensor, rhs: Tensor) -> Tensor:
        expect_real(self, lhs)
        a, b = (to_corners(each) if self.format == "center" else each for each in (lhs, rhs))
        return overlaps(a.reshape(-1, 4), b.reshape(-1, 4)).view(*lhs.shape[:-1], *rhs.shape[:-1])

    def onnx(self, to: OnnxGraph, lhs: Value, rhs: Value) -> Value:
        a, b = (to.Reshape(each, [-1, 4]) for each in (lhs, rhs))
        if self.format == "center":
            a, b = corners_in_onnx(to, a), corners_in_onnx(to, b)
        return to.as_output(overlaps_in_onnx(to, a, b))


class BipartiteMatching(Op, name="_contrib_bipartite_matching"):
    """Pairs rows with columns: the pair with the best score first, then the best of what is left.

    Shapes: data (..., n, m), outputs (..., n), the column of each row, and (..., m), the row of each
    column; -1 where there is none.
    """

    gradient = no_gradient
    memory = NEW
    example = "[[0.5, 0.6], [0.1, 0.2], [0.3, 0.4]] | threshold=0.01"
    outputs = ("output0", "output1")
    is_ascend: bool = param(default=False, doc="Whether small scores are good.")
    threshold: float = param(doc="Pairs are made as long as their scores are better than this.")
    topk: int = param(
        default=-1, doc="How many pairs are made before the last one; any number if not positive."
    )

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if s.data is None:
            return {}
        if len(s.data) < 2:
            raise ShapeError(f"{self.name}: expected scores (..., rows, columns), but got {s.data}.")
        return {"output0": s.data[:-1], "output1": (*s.data[:-2], s.data[-1])}

    @property
    def _worst(self) -> float:
        return -self.threshold if self.is_ascend else self.threshold

    def _most(self, rows: int, columns: int) -> int:
        return min(self.topk + 1, rows, columns) if self.topk > 0 else min(rows, columns)

    @in_rows
    def forward(self, run: Run, data: Tensor) -> tuple[Tensor, Tensor]:
        expect_real(self, data)
        scores = -data if self.is_ascend else data
        column, row = match_greedily(scores, self._worst, self._most(*data.shape[-2:]))
        return column.to(data.dtype), row.to(data.dtype)

    def as_rows(self, to: Rows) -> None:
        n, m = to.data.shape[-2:]
        sizes = to.data.size // (n * m), n, m, self._most(n, m)
        sign = -1.0 if self.is_ascend else 1.0
        to("match_greedily", to.data, to.output0, to.output1, to.scratch(n), *sizes, sign, float(self._worst))


class BoxEncode(Op, name="_contrib_box_encode"):
    """Encodes the boxes that anchors are matched with as offsets from these, normalised: training targets.

    Shapes: samples and matches (batch, anchors), anchors (batch, anchors, 4), refs (batch, boxes, 4), means
    and stds (4,), outputs (batch, anchors, 4): the targets, and 1 where there are any. Boxes are given by
    their corners.
    """

    gradient = no_gradient
    memory = NEW
    example = "[[1]]; [[0]]; [[[0, 0, 2, 2]]]; [[[0, 0, 2, 4]]]; [0, 0, 0, 0]; [1, 1, 1, 1]"
    inputs = {
        "samples": "1 for the anchors that have a box; all others are left out.",
        "matches": "Which box each anchor has.",
        "anchors": "Anchors.",
        "refs": "Boxes.",
        "means": "What is subtracted from the four numbers of a target.",
        "stds": "By what they are then divided.",
    }
    outputs = ("output0", "output1")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        extents_of(
            self,
            s,
            samples="batch anchors",
            matches="batch anchors",
            anchors="batch anchors 4",
            refs="batch boxes 4",
        )
        return {"means": (4,), "stds": (4,), "outs": (s.anchors, s.anchors)}

    def as_rows(self, to: Rows) -> None:
        arrays = to.samples, to.matches, to.anchors, to.refs, to.means, to.stds
        to("box_encode", *arrays, to.output0, to.output1, *to.samples.shape, to.refs.shape[1])

    @in_rows
    def forward(
        self,
        run: Run,
        samples: Tensor,
        matches: Tensor,
        anchors: Tensor,
        refs: Tensor,
        means: Tensor,
        stds: Tensor,
    ) -> tuple[Tensor, Tensor]:
        expect_real(self, anchors)
        where = matches.long().clamp(0, refs.shape[1] - 1)[..., None]
        targets = encode(refs.gather(1, where.expand_as(anchors)), anchors).sub_(means).div_(stds)
        has_box = (samples > 0.5)[..., None].expand_as(anchors)
        return torch.where(has_box, targets, 0), has_box.to(anchors.dtype)


class BoxDecode(Op, name="_contrib_box_decode"):
    """Makes boxes of predicted offsets from anchors: undoes the encoding.

    Shapes: data (batch, anchors, 4), anchors (1, anchors, 4), output (batch, anchors, 4), corners.
    """

    gradient = no_gradient
    memory = NEW
    example = "[[[0, 0, 0, 0]]]; [[[0.1, 0.1, 0.3, 0.5]]]"
    inputs = {"data": "Predicted offsets.", "anchors": "Anchors, shared by the whole batch."}
    std0: float = param(default=1.0, doc="By what the shift along x is multiplied.")
    std1: float = param(default=1.0, doc="By what the shift along y is multiplied.")
    std2: float = param(default=1.0, doc="By what the logarithm of the width is multiplied.")
    std3: float = param(default=1.0, doc="By what the logarithm of the height is multiplied.")
    clip: float = param(default=-1.0, doc="The largest logarithm of a width or height; any if not positive.")
    format: str = param(default="center", choices=_FORMAT, doc="How the anchors are given.")

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        extents_of(self, s, data="batch anchors 4", anchors="1 anchors 4")
        return {"output": s.data}

    def as_rows(self, to: Rows) -> None:
        factors = map(float, (self.std0, self.std1, self.std2, self.std3))
        corners = self.format == "corner"
        to(
            "box_decode",
            to.data,
            to.anchors,
            to.output,
            *to.data.shape[:2],
            corners,
            float(self.clip),
            *factors,
        )

    @in_rows
    def forward(self, run: Run, data: Tensor, anchors: Tensor) -> Tensor:
        expect_real(self, data)
        steps = data * data.new_tensor([self.std0, self.std1, self.std2, self.std3])
        if self.clip > 0:
            steps[..., 2:].clamp_(max=self.clip)
        return decode(steps, to_centres(anchors) if self.format == "corner" else anchors)

    def onnx(self, to: OnnxGraph, data: Value, anchors: Value) -> Value:
        scales = np.asarray([self.std0, self.std1, self.std2, self.std3], data.dtype)
        if self.format == "corner":
            anchors = centres_in_onnx(to, anchors)
        return decode_in_onnx(to, data * to.constant(scales), anchors, self.clip if self.clip > 0 else None)
