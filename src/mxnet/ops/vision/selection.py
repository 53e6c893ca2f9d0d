"""Choices among boxes that are made one after the other: which are kept, and which are matched."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mxnet.lazy import torch
from mxnet.native import find
from mxnet.ops.tools.layout import takes_native
from mxnet.ops.vision.geometry import overlaps

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["match_greedily", "suppress"]

_BLOCK = 384  # boxes that are compared with all later ones at a time


def suppress(
    boxes: Tensor,
    threshold: float,
    *,
    beyond: float = 0,
    classes: Tensor | None = None,
    most: int | None = None,
) -> Tensor:
    """Return the positions of the boxes (n, 4) that overlap with none that is kept before them: greedy NMS.

    A box yields if it overlaps by more than the threshold with a kept one of its class. A block of boxes is
    settled at a time, and thins out what comes after it. At least the first `most` that are kept are found.
    """
    native = find("suppress") if len(boxes) and takes_native(boxes, classes) else None
    if native is not None:
        return _suppressed(native, boxes, threshold, beyond, classes, most)
    if classes is not None:
        members = [(classes == each).nonzero()[:, 0] for each in torch.unique(classes)]
        kept = [each[suppress(boxes[each], threshold, beyond=beyond)] for each in members]
        return torch.cat(kept).sort().values if kept else classes.new_empty(0, dtype=torch.int64)
    waiting = torch.arange(len(boxes), device=boxes.device)
    kept = [waiting[:0]]
    found = 0
    while len(waiting) and (most is None or found < most):
        block, waiting = waiting[:_BLOCK], waiting[_BLOCK:]
        block = block[_first_come(overlaps(boxes[block], boxes[block], beyond) > threshold)]
        if len(waiting):
            clashes = overlaps(boxes[block], boxes[waiting], beyond) > threshold
            waiting = waiting[~clashes.any(0)]
        kept.append(block)
        found += len(block)
    return torch.cat(kept)


def _suppressed(
    native: Callable[..., None],
    boxes: Tensor,
    threshold: float,
    beyond: float,
    classes: Tensor | None,
    most: int | None,
) -> Tensor:
    n = len(boxes)
    boxes, memory, kept = (
        boxes.contiguous(),
        boxes.new_empty(6 * n),
        boxes.new_empty(n + 1, dtype=torch.int64),
    )
    kinds = boxes.new_zeros(n) if classes is None else classes.contiguous()
    arrays = (each.data_ptr() for each in (boxes, kinds, memory, kept))
    native(*arrays, n, n if most is None else most, float(beyond), float(threshold))
    return kept[: int(kept[n])]


def _first_come(clashes: Tensor) -> Tensor:
    """Return which of some things are kept if each, in turn, yields to those kept before it.

    Each round decides at least one more: those that clash only with things that are decided.
    """
    before = clashes.triu(1).float()
    kept = torch.ones_like(before[0])
    while True:
        again = (kept @ before == 0).float()
        if torch.equal(again, kept):
            return kept.bool()
        kept = again


def match_greedily(scores: Tensor, worst: float, most: int | None = None) -> tuple[Tensor, Tensor]:
    """Take the best pair of a row and a column again and again, of equal ones the first.

    Parameters
    ----------
    scores : Tensor
        (..., n, m).
    worst : float
        Pairs are taken while they are better than this.
    most : int, optional
        How many are taken at most.

    Returns
    -------
    tuple of Tensor
        The column of each row (..., n), and the row of each column (..., m), as int64; -1 for none.
    """
    shape, (n, m) = scores.shape, scores.shape[-2:]
    most = min(n, m) if most is None else min(most, n, m)
    if not scores.numel():
        return scores.new_full(shape[:-1], -1).long(), scores.new_full((*shape[:-2], m), -1).long()
    native = find("match_greedily") if takes_native(scores) else None
    if native is not None:
        column, row, best = (
            scores.new_empty(shape[:-1]),
            scores.new_empty((*shape[:-2], m)),
            scores.new_empty(n),
        )
        scores = scores.contiguous()
        arrays = (each.data_ptr() for each in (scores, column, row, best))
        native(*arrays, column.numel() // n, n, m, most, 1.0, float(worst))
        return column.long(), row.long()
    pairs = _best_pairs(scores, worst)
    if most < min(n, m):
        made = torch.where(pairs, scores, -torch.inf).flatten(-2)
        chosen = torch.zeros_like(made, dtype=torch.bool).scatter_(-1, made.topk(most).indices, True)
        pairs &= chosen.view(shape)
    column, row = (torch.where(pairs.any(axis), pairs.to(torch.int8).argmax(axis), -1) for axis in (-1, -2))
    return column, row


def _best_pairs(scores: Tensor, worst: float) -> Tensor:
    """Return a mask (..., n, m) of the pairs that are left if the best pair is taken, again and again.

    A pair that is the best of its row and of its column can be taken at once with all others of the kind.
    """
    taken = torch.zeros_like(scores, dtype=torch.bool)
    left = torch.where(scores > worst, scores, -torch.inf)
    while True:
        best_of_row = torch.zeros_like(taken).scatter_(-1, left.argmax(-1, keepdim=True), True)
        best_of_column = torch.zeros_like(taken).scatter_(-2, left.argmax(-2, keepdim=True), True)
        pairs = best_of_row & best_of_column & (left > -torch.inf)
        if not pairs.any():
            return taken
        taken |= pairs
        used = pairs.any(-1, keepdim=True) | pairs.any(-2, keepdim=True)
        left = left.masked_fill(used, -torch.inf)
