"""Augmenters for detection: each changes an image, and the boxes of the objects on it.

A label is an array (objects, 5 or more): class, left, upper, right and lower edge, from 0 to 1.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.caller import warn
from mxnet.image.augmenters import Augmenter, CastAug, ForceResizeAug, ResizeAug, as_plain, colour_augmenters
from mxnet.image.errors import ImageTypeError, ImageUseError, ImageValueError, NotWrittenError
from mxnet.image.functions import copyMakeBorder, fixed_crop
from mxnet.ndarray import NDArray

__all__ = [
    "CreateDetAugmenter",
    "CreateMultiRandCropAugmenter",
    "DetAugmenter",
    "DetBorrowAug",
    "DetHorizontalFlipAug",
    "DetRandomCropAug",
    "DetRandomPadAug",
    "DetRandomSelectAug",
]

Label = Any
Changed = tuple[NDArray, Label]
Window = tuple[int, int, int, int]
"""Left and upper edge, width and height, in pixels."""


_SPECK = 2
"""The pixels of an object that is too small to be looked for in windows."""


class DetAugmenter:
    """Base of the augmenters for detection; a subclass hands its parameters on, and writes ``__call__``."""

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = {name: as_plain(value) for name, value in kwargs.items()}

    def dumps(self) -> Any:
        """Return name and parameters, as JSON."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, src: NDArray, label: Label) -> Changed:
        """Return a changed image and its label."""
        raise NotWrittenError(f"{type(self).__name__} does not say how it changes images.")


class DetBorrowAug(DetAugmenter):
    """Applies an augmenter that leaves the boxes as they are.

    Parameters
    ----------
    augmenter : Augmenter
    """

    def __init__(self, augmenter: Augmenter) -> None:
        if not isinstance(augmenter, Augmenter):
            raise ImageTypeError(f"DetBorrowAug takes an Augmenter, got {augmenter!r}.")
        super().__init__(augmenter=augmenter.dumps())
        self.augmenter = augmenter

    def dumps(self) -> Any:
        """Return name and the augmenter's own, as a list."""
        return [type(self).__name__.lower(), self.augmenter.dumps()]

    def __call__(self, src: NDArray, label: Label) -> Changed:
        """Return a changed image and its label."""
        return self.augmenter(src), label


class DetRandomSelectAug(DetAugmenter):
    """Applies one of several augmenters, or none with a probability.

    Parameters
    ----------
    aug_list : list of DetAugmenter
    skip_prob : float
        The probability that nothing is changed.
    """

    def __init__(self, aug_list: Sequence[DetAugmenter] | DetAugmenter, skip_prob: float = 0) -> None:
        super().__init__(skip_prob=skip_prob)
        self.aug_list: list[Any] = list(aug_list) if isinstance(aug_list, (list, tuple)) else [aug_list]
        for each in self.aug_list:
            if not isinstance(each, DetAugmenter):
                raise ImageValueError(f"DetRandomSelectAug takes augmenters for detection, got {each!r}.")
        self.skip_prob = skip_prob if self.aug_list else 1

    def dumps(self) -> Any:
        """Return name and the augmenters' own, as a list."""
        return [type(self).__name__.lower(), [each.dumps() for each in self.aug_list]]

    def __call__(self, src: NDArray, label: Label) -> Changed:
        """Return a changed image and its label."""
        if random.random() < self.skip_prob:
            return src, label
        changed: Changed = random.choice(self.aug_list)(src, label)
        return changed


class DetHorizontalFlipAug(DetAugmenter):
    """Mirrors, left to right, with a probability.

    Parameters
    ----------
    p : float
    """

    def __init__(self, p: float) -> None:
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray, label: Label) -> Changed:
        """Return a changed image and its label."""
        if random.random() < self.p:
            src = nd.flip(src, axis=1)
            label[:, (1, 3)] = 1.0 - label[:, (3, 1)]
        return src, label


class DetRandomCropAug(DetAugmenter):
    """Cuts a random window out that shows enough of the objects.

    Parameters
    ----------
    min_object_covered : float
        How much of each object that is in the window at all must be in it.
    aspect_ratio_range : tuple of float
        The least and the largest of width over height.
    area_range : tuple of float
        The least and the largest share of the image.
    min_eject_coverage : float
        Objects of which less than this share is in the window are no longer in the label.
    max_attempts : int
        How many windows are tried; then the image stays as it is.
    """

    def __init__(
        self,
        min_object_covered: float = 0.1,
        aspect_ratio_range: float | Sequence[float] = (0.75, 1.33),
        area_range: float | Sequence[float] = (0.05, 1.0),
        min_eject_coverage: float = 0.3,
        max_attempts: int = 50,
    ) -> None:
        ratios, areas = _range(aspect_ratio_range), _range(area_range)
        super().__init__(
            min_object_covered=min_object_covered,
            aspect_ratio_range=ratios,
            area_range=areas,
            min_eject_coverage=min_eject_coverage,
            max_attempts=max_attempts,
        )
        self.min_object_covered = min_object_covered
        self.min_eject_coverage = min_eject_coverage
        self.max_attempts = max_attempts
        self.aspect_ratio_range = ratios
        self.area_range = areas
        self.enabled = _allow(self, ratios, areas, areas[1] > 0)

    def __call__(self, src: NDArray, label: Label) -> Changed:
        """Return a changed image and its label."""
        height, width = src.shape[:2]
        least, largest = self.area_range
        for w, h in _sizes(self, height, width, (least, min(largest, 1.0))):
            if w > width or h > height:
                continue
            x, y = random.randint(0, width - w), random.randint(0, height - h)
            cropped = self._label_of((x, y, w, h), label, height, width)
            if cropped is not None:
                return fixed_crop(src, x, y, w, h), cropped
        return src, label

    def _label_of(self, window: Window, label: Label, height: int, width: int) -> Label | None:
        """Return the label of a window; None if it does not show enough."""
        x, y, w, h = window
        edges = label[:, 1:5] * np.array([width, height, width, height])
        inside = np.clip(edges, (x, y, x, y), (x + w, y + h, x + w, y + h))
        covered = _areas(inside) / np.maximum(_areas(edges), 1e-12)
        seen = (covered > 0) & (_areas(edges) > _SPECK)
        if not seen.any() or covered[seen].min() <= self.min_object_covered:
            return None
        kept = covered > self.min_eject_coverage
        if not kept.any():
            return None
        changed = label[kept].copy()
        changed[:, 1:5] = (inside[kept] - (x, y, x, y)) / (w, h, w, h)
        return changed


class DetRandomPadAug(DetAugmenter):
    """Puts the image at a random place on a larger one of a single colour.

    Parameters
    ----------
    aspect_ratio_range : tuple of float
        The least and the largest of width over height.
    area_range : tuple of float
        How many times the area is of what it was, from 1.
    max_attempts : int
        How many sizes are tried; then the image stays as it is.
    pad_val : float or tuple of float
        The colour.
    """

    def __init__(
        self,
        aspect_ratio_range: float | Sequence[float] = (0.75, 1.33),
        area_range: float | Sequence[float] = (1.0, 3.0),
        max_attempts: int = 50,
        pad_val: float | Sequence[float] = (128, 128, 128),
    ) -> None:
        ratios, areas = _range(aspect_ratio_range), _range(area_range)
        super().__init__(
            aspect_ratio_range=ratios, area_range=areas, max_attempts=max_attempts, pad_val=pad_val
        )
        self.pad_val = pad_val if isinstance(pad_val, (list, tuple)) else (pad_val,)
        self.aspect_ratio_range = ratios
        self.area_range = areas
        self.max_attempts = max_attempts
        self.enabled = _allow(self, ratios, areas, areas[1] > 1)

    def __call__(self, src: NDArray, label: Label) -> Changed:
        """Return a changed image and its label."""
        height, width = src.shape[:2]
        for w, h in _sizes(self, height, width, self.area_range):
            if w < width or h < height:
                continue
            x, y = random.randint(0, w - width), random.randint(0, h - height)
            border = (y, h - height - y, x, w - width - x)
            padded = label.copy()
            padded[:, 1:5] = (label[:, 1:5] * (width, height, width, height) + (x, y, x, y)) / (w, h, w, h)
            return copyMakeBorder(src, *border, values=self.pad_val), padded
        return src, label


def _range(given: float | Sequence[float]) -> tuple[float, float]:
    if isinstance(given, (list, tuple)):
        return given[0], given[1]
    return given, given  # type: ignore[return-value]


def _allow(augmenter: DetAugmenter, ratios: Sequence[float], areas: Sequence[float], large: bool) -> bool:
    """Return whether there are windows of these ratios and areas; warn if not."""
    for what, (low, high), fits in (("area_range", areas, large), ("aspect_ratio_range", ratios, True)):
        if low > high or not fits or (what == "aspect_ratio_range" and low <= 0):
            warn(f"{type(augmenter).__name__} changes nothing: {what}={(low, high)} leaves it nothing to do.")
            return False
    return True


def _sizes(augmenter: Any, height: int, width: int, areas: Sequence[float]) -> Iterator[tuple[int, int]]:
    """Yield random sizes (width, height) of some areas, and of the ratios that an augmenter allows."""
    if not augmenter.enabled or height <= 0 or width <= 0:
        return
    for _ in range(augmenter.max_attempts):
        area = random.uniform(*areas) * height * width
        ratio = random.uniform(*augmenter.aspect_ratio_range)
        yield max(1, round(math.sqrt(area * ratio))), max(1, round(math.sqrt(area / ratio)))


def _areas(edges: Any) -> Any:
    return np.maximum(0, edges[:, 2] - edges[:, 0]) * np.maximum(0, edges[:, 3] - edges[:, 1])


def CreateMultiRandCropAugmenter(
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = (0.75, 1.33),
    area_range: Any = (0.05, 1.0),
    min_eject_coverage: Any = 0.3,
    max_attempts: Any = 50,
    skip_prob: float = 0,
) -> DetRandomSelectAug:
    """Return an augmenter that applies one of several `DetRandomCropAug`.

    Each parameter may be a list, with a value for each; other values count for all. `skip_prob` is the
    probability that nothing is changed.
    """
    given = (min_object_covered, aspect_ratio_range, area_range, min_eject_coverage, max_attempts)
    lists = [list(each) if isinstance(each, list) else [each] for each in given]
    count = max(map(len, lists))
    if any(len(each) not in (1, count) for each in lists):
        raise ImageUseError(f"Lists of parameters must be of equal length, got {list(map(len, lists))}.")
    filled = [each * count if len(each) == 1 else each for each in lists]
    return DetRandomSelectAug([DetRandomCropAug(*each) for each in zip(*filled, strict=True)], skip_prob)


def CreateDetAugmenter(
    data_shape: Sequence[int],
    resize: int = 0,
    rand_crop: float = 0,
    rand_pad: float = 0,
    rand_gray: float = 0,
    rand_mirror: bool = False,
    mean: Any = None,
    std: Any = None,
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    pca_noise: float = 0,
    hue: float = 0,
    inter_method: int = 2,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = (0.75, 1.33),
    area_range: Any = (0.05, 3.0),
    min_eject_coverage: Any = 0.3,
    max_attempts: int = 50,
    pad_val: Any = (127, 127, 127),
) -> list[DetAugmenter]:
    """Return the augmenters of usual training of detectors.

    Parameters
    ----------
    data_shape : tuple of int
        The shape (3, height, width) of the images that come out.
    resize : int
        Scale the shorter side to this first, if it is above 0.
    rand_crop, rand_pad : float
        The probability of a random window, and of a random frame.
    rand_mirror : bool
        Whether half of the images are mirrored.
    mean, std, brightness, contrast, saturation, pca_noise, hue, rand_gray
        As of `CreateAugmenter`.
    inter_method : int, default 2
        As in `resize_short`.
    min_object_covered, aspect_ratio_range, min_eject_coverage, max_attempts
        As of `DetRandomCropAug`; lists make several of them.
    area_range : tuple of float
        The least area of windows and the largest of frames, as shares of the image.
    pad_val : tuple of float
        The colour of frames.
    """
    augmenters: list[DetAugmenter] = []
    if resize > 0:
        augmenters.append(DetBorrowAug(ResizeAug(resize, inter_method)))
    if rand_crop > 0:
        crop = (min_object_covered, aspect_ratio_range, area_range, min_eject_coverage, max_attempts)
        augmenters.append(CreateMultiRandCropAugmenter(*crop, skip_prob=1 - rand_crop))
    if rand_mirror:
        augmenters.append(DetHorizontalFlipAug(0.5))
    if rand_pad > 0:
        pad = DetRandomPadAug(aspect_ratio_range, (1.0, area_range[1]), max_attempts, pad_val)
        augmenters.append(DetRandomSelectAug([pad], 1 - rand_pad))
    colours = colour_augmenters(brightness, contrast, saturation, hue, pca_noise, rand_gray, mean, std)
    size = ForceResizeAug((data_shape[2], data_shape[1]), inter_method)
    return [*augmenters, *map(DetBorrowAug, [size, CastAug(), *colours])]
