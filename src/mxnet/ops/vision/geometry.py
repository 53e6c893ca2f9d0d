"""Boxes as numbers: corners and centres, how far they overlap, and what leads from one to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["decode", "encode", "overlaps", "sides", "to_centres", "to_corners"]


def to_corners(boxes: Tensor) -> Tensor:
    """Return boxes (x, y, width, height), x and y being their centres, as (left, top, right, bottom)."""
    centre, half = boxes[..., :2], boxes[..., 2:] / 2
    return torch.cat([centre - half, centre + half], -1)


def to_centres(boxes: Tensor) -> Tensor:
    """Return boxes (left, top, right, bottom) as (x, y, width, height), x and y being their centres."""
    first, last = boxes[..., :2], boxes[..., 2:]
    return torch.cat([(first + last) / 2, last - first], -1)


def sides(boxes: Tensor, beyond: float = 0) -> tuple[Tensor, Tensor]:
    """Return the widths and heights of boxes given by their corners, `beyond` more than the difference."""
    extents = boxes[..., 2:] - boxes[..., :2] + beyond
    return extents[..., 0], extents[..., 1]


def overlaps(a: Tensor, b: Tensor, beyond: float = 0) -> Tensor:
    """Return intersection over union of each box of `a` (..., n, 4) with each of `b` (..., m, 4).

    They are given by their corners. With ``beyond=1`` coordinates count pixels: a box from 2 to 4 is three
    wide.
    """
    a, b = a.movedim(-1, 0).contiguous().unsqueeze(-1), b.movedim(-1, 0).contiguous().unsqueeze(-2)
    areas = [(box[2] - box[0] + beyond) * (box[3] - box[1] + beyond) for box in (a, b)]
    extents = [torch.minimum(a[i + 2], b[i + 2]).sub_(torch.maximum(a[i], b[i])) for i in (0, 1)]
    width, height = ((extent.add_(beyond) if beyond else extent).clamp_(min=0) for extent in extents)
    shared = width.mul_(height)
    union = (areas[0] + areas[1]).sub_(shared)
    # Where two boxes share something, their union is positive.
    return shared.div_(union.clamp_(min=torch.finfo(union.dtype).tiny))


def encode(boxes: Tensor, anchors: Tensor) -> Tensor:
    """Return what leads from anchors to boxes: shift over size, and the logarithm of the growth.

    Both are given by their corners. After: Girshick, *Fast R-CNN*, 2015.
    """
    first, last, start, end = (half for each in (boxes, anchors) for half in each.tensor_split(2, -1))
    size = end - start
    shift = ((first + last) / 2).sub_((start + end) / 2)
    return torch.cat([shift.div_(size), (last - first).div_(size).log_()], -1)


def decode(steps: Tensor, anchors: Tensor) -> Tensor:
    """Undo :func:`encode`, for anchors (x, y, width, height); return corners."""
    size = anchors[..., 2:]
    centre = torch.addcmul(anchors[..., :2], steps[..., :2], size)
    half = steps[..., 2:].exp().mul_(size).div_(2)
    return torch.cat([centre - half, centre + half], -1)
