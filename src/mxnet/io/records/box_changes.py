"""How pictures with boxes of objects are cut, framed, mirrored and recoloured: ``det_aug_default``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mxnet.io.io import DataError
from mxnet.io.records.colours import shift_hls
from mxnet.io.records.scaling import Draws, Pixels, scale, scale_shorter

__all__ = ["BoxChanges"]

Boxes = Any
"""An array (objects, 5 or more): class, left, upper, right and lower edge from 0 to 1, and more."""

_EDGES = slice(1, 5)


@dataclass(frozen=True, kw_only=True)
class BoxChanges:
    """Makes a picture that fits into a size out of one of any size, and moves its boxes along.

    Parameters
    ----------
    resize : int
        Scale the shorter side to this first.
    random_hue_prob, random_saturation_prob, random_illumination_prob, random_contrast_prob : float
        How probable a change of colours is.
    max_random_hue, max_random_saturation, max_random_illumination, max_random_contrast : float
        How large it is at most.
    rand_mirror_prob : float
        How probable it is that a picture is mirrored, left to right.
    rand_pad_prob, max_pad_scale : float
        How probable it is that a picture becomes part of a larger one, and how much longer its sides are at
        most.
    rand_crop_prob : float
        How probable it is that a window is cut out.
    num_crop_sampler : int
        How many kinds of windows there are, one of which is drawn. What follows are numbers for each.
    min_crop_scales, max_crop_scales : tuple of float
        How long the sides of windows are, as shares of the picture's.
    min_crop_aspect_ratios, max_crop_aspect_ratios : tuple of float
        Width over height.
    min_crop_overlaps, max_crop_overlaps : tuple of float
        Intersection over union with an object.
    min_crop_sample_coverages, max_crop_sample_coverages : tuple of float
        Which share of the window an object covers.
    min_crop_object_coverages, max_crop_object_coverages : tuple of float
        Which share of an object lies within the window.
    max_crop_trials : tuple of int
        After how many windows the picture stays whole.
    crop_emit_mode : {'center', 'overlap'}
        Objects stay in the label if their middle is in the window, or a share of them above
        `emit_overlap_thresh`.
    emit_overlap_thresh : float
    resize_mode : {'force', 'shrink', 'fit'}
        Whether pictures are stretched, made smaller until they fit, or larger, too; the rest is 0.
    fill_value : int
        The colour of frames.
    inter_method : int
        As of ``ImageRecordIter``.
    """

    resize: int = -1
    random_hue_prob: float = 0.0
    random_saturation_prob: float = 0.0
    random_illumination_prob: float = 0.0
    random_contrast_prob: float = 0.0
    max_random_hue: int = 0
    max_random_saturation: int = 0
    max_random_illumination: int = 0
    max_random_contrast: float = 0.0
    rand_mirror_prob: float = 0.0
    rand_pad_prob: float = 0.0
    max_pad_scale: float = 1.0
    rand_crop_prob: float = 0.0
    num_crop_sampler: int = 1
    min_crop_scales: tuple[float, ...] = (0.0,)
    max_crop_scales: tuple[float, ...] = (1.0,)
    min_crop_aspect_ratios: tuple[float, ...] = (1.0,)
    max_crop_aspect_ratios: tuple[float, ...] = (1.0,)
    min_crop_overlaps: tuple[float, ...] = (0.0,)
    max_crop_overlaps: tuple[float, ...] = (1.0,)
    min_crop_sample_coverages: tuple[float, ...] = (0.0,)
    max_crop_sample_coverages: tuple[float, ...] = (1.0,)
    min_crop_object_coverages: tuple[float, ...] = (0.0,)
    max_crop_object_coverages: tuple[float, ...] = (1.0,)
    max_crop_trials: tuple[int, ...] = (25,)
    crop_emit_mode: str = "center"
    emit_overlap_thresh: float = 0.3
    resize_mode: str = "force"
    fill_value: int = 127
    inter_method: int = 1

    def __post_init__(self) -> None:
        for name, given, known in (
            ("crop_emit_mode", self.crop_emit_mode, ("center", "overlap")),
            ("resize_mode", self.resize_mode, ("force", "shrink", "fit")),
        ):
            if given not in known:
                raise DataError(f"{name} is one of {known}, got {given!r}.")

    def __call__(
        self, picture: Pixels, boxes: Boxes, height: int, width: int, draws: Draws
    ) -> tuple[Pixels, Boxes]:
        """Return a changed picture of at most that size, and its boxes."""
        if self.resize > 0:
            picture = scale_shorter(picture, self.resize, self.inter_method, draws)
        picture = self._recolour(picture, draws)
        if draws.random() < self.rand_mirror_prob:
            picture = picture[:, ::-1]
            boxes = boxes.copy()
            boxes[:, (1, 3)] = 1 - boxes[:, (3, 1)]
        if draws.random() < self.rand_pad_prob and self.max_pad_scale > 1:
            picture, boxes = self._frame(picture, boxes, draws)
        if draws.random() < self.rand_crop_prob:
            picture, boxes = self._cut(picture, boxes, draws)
        return self._fit(np.ascontiguousarray(picture), height, width, draws), boxes

    def _recolour(self, picture: Pixels, draws: Draws) -> Pixels:
        shifts = [
            int(draws.integers(-most, most + 1)) if draws.random() < probability else 0
            for most, probability in (
                (self.max_random_hue, self.random_hue_prob),
                (self.max_random_illumination, self.random_illumination_prob),
                (self.max_random_saturation, self.random_saturation_prob),
            )
        ]
        if any(shifts) and picture.shape[2] == 3:
            picture = shift_hls(picture, shifts)
        if draws.random() < self.random_contrast_prob:
            factor = 1 + draws.uniform(-self.max_random_contrast, self.max_random_contrast)
            picture = np.clip(np.rint(picture * np.float32(factor)), 0, 255).astype("uint8")
        return picture

    def _frame(self, picture: Pixels, boxes: Boxes, draws: Draws) -> tuple[Pixels, Boxes]:
        height, width, channels = picture.shape
        factor = draws.uniform(1, self.max_pad_scale)
        new_height, new_width = int(height * factor), int(width * factor)
        top, left = (int(draws.integers(0, more + 1)) for more in (new_height - height, new_width - width))
        framed = np.full((new_height, new_width, channels), self.fill_value, "uint8")
        framed[top : top + height, left : left + width] = picture
        window = np.array([-left / width, -top / height, new_width / width, new_height / height])
        return framed, _seen_from(window, boxes)

    def _cut(self, picture: Pixels, boxes: Boxes, draws: Draws) -> tuple[Pixels, Boxes]:
        kind = int(draws.integers(0, self.num_crop_sampler))
        height, width = picture.shape[:2]
        for _ in range(_of(self.max_crop_trials, kind)):
            side = draws.uniform(_of(self.min_crop_scales, kind), _of(self.max_crop_scales, kind))
            low, high = _of(self.min_crop_aspect_ratios, kind), _of(self.max_crop_aspect_ratios, kind)
            ratio = math.sqrt(draws.uniform(low, high))
            wide, tall = side * ratio, side / ratio
            if not (0 < wide <= 1 and 0 < tall <= 1):
                continue
            window = np.array([draws.uniform(0, 1 - wide), draws.uniform(0, 1 - tall), wide, tall])
            if not self._shows_enough(window, boxes, kind):
                continue
            kept = boxes[self._stays(window, boxes)]
            left, top, right, bottom = (
                int(each) for each in _edges(window) * np.array([width, height, width, height])
            )
            if len(kept) and right > left and bottom > top:
                kept = _seen_from(window, kept)
                kept[:, _EDGES] = np.clip(kept[:, _EDGES], 0, 1)
                return picture[top:bottom, left:right], kept
        return picture, boxes

    def _shows_enough(self, window: Any, boxes: Boxes, kind: int) -> bool:
        """Return whether an object overlaps with a window as it should."""
        common, objects, area = _common_areas(window, boxes), _areas(boxes[:, _EDGES]), window[2] * window[3]
        limits = (
            (common / (objects + area - common), self.min_crop_overlaps, self.max_crop_overlaps),
            (common / area, self.min_crop_sample_coverages, self.max_crop_sample_coverages),
            (
                common / np.maximum(objects, 1e-12),
                self.min_crop_object_coverages,
                self.max_crop_object_coverages,
            ),
        )
        fits = np.ones(len(boxes), bool)
        for shares, least, largest in limits:
            low, high = _of(least, kind), _of(largest, kind)
            if (low, high) != (0.0, 1.0):
                fits &= (shares >= low) & (shares <= high)
        return bool(fits.any())

    def _stays(self, window: Any, boxes: Boxes) -> Any:
        """Return which objects are still in the label."""
        if self.crop_emit_mode == "overlap":
            shares = _common_areas(window, boxes) / np.maximum(_areas(boxes[:, _EDGES]), 1e-12)
            return shares > self.emit_overlap_thresh
        middle = (boxes[:, 1:3] + boxes[:, 3:5]) / 2
        return ((middle >= window[:2]) & (middle <= window[:2] + window[2:])).all(1)

    def _fit(self, picture: Pixels, height: int, width: int, draws: Draws) -> Pixels:
        if self.resize_mode != "force":
            ratio = min(height / picture.shape[0], width / picture.shape[1])
            if self.resize_mode == "shrink":
                ratio = min(ratio, 1.0)
            height, width = int(picture.shape[0] * ratio), int(picture.shape[1] * ratio)
        return scale(picture, width, height, self.inter_method, draws)


def _of(numbers: Sequence[Any], kind: int) -> Any:
    """Return the number of a kind of window; a single one is that of all."""
    if len(numbers) != 1 and kind >= len(numbers):
        raise DataError(f"There are more kinds of windows than {numbers} has numbers.")
    return numbers[0] if len(numbers) == 1 else numbers[kind]


def _edges(window: Any) -> Any:
    return np.concatenate([window[:2], window[:2] + window[2:]])


def _areas(edges: Any) -> Any:
    return np.maximum(0, edges[:, 2] - edges[:, 0]) * np.maximum(0, edges[:, 3] - edges[:, 1])


def _common_areas(window: Any, boxes: Boxes) -> Any:
    low, high = window[:2], window[:2] + window[2:]
    return _areas(np.clip(boxes[:, _EDGES], np.tile(low, 2), np.tile(high, 2)))


def _seen_from(window: Any, boxes: Boxes) -> Boxes:
    """Return boxes as they lie in a window of the picture."""
    moved = boxes.copy()
    moved[:, _EDGES] = (boxes[:, _EDGES] - np.tile(window[:2], 2)) / np.tile(window[2:], 2)
    return moved
