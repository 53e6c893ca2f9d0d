"""Changes that make training images look different each time: each is called with one and returns one."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.image.errors import ImageUseError, NotWrittenError
from mxnet.image.functions import (
    center_crop,
    color_normalize,
    imresize,
    interpolation,
    random_crop,
    random_size_crop,
    resize_short,
)
from mxnet.ndarray import NDArray

__all__ = [
    "Augmenter",
    "BrightnessJitterAug",
    "CastAug",
    "CenterCropAug",
    "ColorJitterAug",
    "ColorNormalizeAug",
    "ContrastJitterAug",
    "CreateAugmenter",
    "ForceResizeAug",
    "HorizontalFlipAug",
    "HueJitterAug",
    "LightingAug",
    "RandomCropAug",
    "RandomGrayAug",
    "RandomOrderAug",
    "RandomSizedCropAug",
    "ResizeAug",
    "SaturationJitterAug",
    "SequentialAug",
]

_LUMA = (0.299, 0.587, 0.114)
"""How bright red, green and blue are (ITU-R BT.601)."""

_TO_YIQ = np.array([_LUMA, (0.596, -0.274, -0.321), (0.211, -0.523, 0.311)])
_FROM_YIQ = np.array([(1.0, 0.956, 0.621), (1.0, -0.272, -0.647), (1.0, -1.107, 1.705)])
_GREY = ((0.21,) * 3, (0.72,) * 3, (0.07,) * 3)

_PRINCIPAL_VALUES = np.array([55.46, 4.794, 1.148])
_PRINCIPAL_VECTORS = np.array(
    [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]]
)
"""The principal components of the colours of ImageNet (Krizhevsky et al., 2012)."""

_MEAN = (123.68, 116.28, 103.53)
_STD = (58.395, 57.12, 57.375)


class Augmenter:
    """Base of all augmenters; a subclass hands its parameters on, and writes ``__call__``."""

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = {name: as_plain(value) for name, value in kwargs.items()}

    def __post_init__(self) -> None:
        Augmenter.__init__(self, **{each.name: getattr(self, each.name) for each in fields(self)})  # type: ignore[arg-type]

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        raise NotWrittenError(f"{type(self).__name__} does not say how it changes images.")

    def dumps(self) -> Any:
        """Return name and parameters, as JSON."""
        return json.dumps([type(self).__name__.lower(), self._kwargs])


def as_plain(value: Any) -> Any:
    """Return arrays as lists; other things as they are."""
    if isinstance(value, NDArray):
        value = value.asnumpy()
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


# ------------------------------------------------------------------------------------------- several at once


class SequentialAug(Augmenter):
    """Applies augmenters one after the other.

    Parameters
    ----------
    ts : list of Augmenter
    """

    def __init__(self, ts: Sequence[Augmenter]) -> None:
        super().__init__()
        self.ts = ts

    def dumps(self) -> Any:
        """Return name and the augmenters' own, as a list."""
        return [type(self).__name__.lower(), [each.dumps() for each in self.ts]]

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        for each in self.ts:
            src = each(src)
        return src


class RandomOrderAug(SequentialAug):
    """Applies augmenters in a random order.

    Parameters
    ----------
    ts : list of Augmenter
    """

    def __init__(self, ts: Sequence[Augmenter]) -> None:
        super().__init__(list(ts))

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        random.shuffle(self.ts)  # type: ignore[arg-type]
        return super().__call__(src)


# --------------------------------------------------------------------------------------------------- geometry


@dataclass(eq=False)
class ResizeAug(Augmenter):
    """Scales so that the shorter side has a size."""

    size: int
    interp: int = 2

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        return resize_short(src, self.size, self.interp)


@dataclass(eq=False)
class ForceResizeAug(Augmenter):
    """Scales to a size (width, height), whatever the ratio was."""

    size: Sequence[int]
    interp: int = 2

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        sizes = (*src.shape[:2], self.size[1], self.size[0])
        return imresize(src, *self.size, interp=interpolation(self.interp, sizes))


@dataclass(eq=False)
class RandomCropAug(Augmenter):
    """Cuts a window of a size (width, height) out of a random place."""

    size: Sequence[int]
    interp: int = 2

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        return random_crop(src, self.size, self.interp)[0]


class RandomSizedCropAug(Augmenter):
    """Cuts a window of random area and ratio out of a random place, and scales it.

    Parameters
    ----------
    size : tuple of int
        The width and the height that the window is scaled to.
    area : float or tuple of float
        The least share of the image, or the least and the largest.
    ratio : tuple of float
        The least and the largest of width over height.
    interp : int, default 2
        As in `resize_short`.
    min_area : float
        The name of `area` before MXNet 1.3.
    """

    def __init__(
        self,
        size: Sequence[int],
        area: float | Sequence[float],
        ratio: Sequence[float],
        interp: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(size=size, area=area, ratio=ratio, interp=interp)
        self.size = size
        self.area = kwargs.pop("min_area", area)
        self.ratio = ratio
        self.interp = interp
        if kwargs:
            raise ImageUseError(f"RandomSizedCropAug has no parameter {', '.join(kwargs)}.")

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        return random_size_crop(src, self.size, self.area, self.ratio, self.interp)[0]


@dataclass(eq=False)
class CenterCropAug(Augmenter):
    """Cuts the middle out, a window of a size (width, height)."""

    size: Sequence[int]
    interp: int = 2

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        return center_crop(src, self.size, self.interp)[0]


@dataclass(eq=False)
class HorizontalFlipAug(Augmenter):
    """Mirrors, left to right, with a probability."""

    p: float

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        return nd.flip(src, axis=1) if random.random() < self.p else src


# ----------------------------------------------------------------------------------------------------- colour
# These change images of floats, in place where MXNet does.


@dataclass(eq=False)
class BrightnessJitterAug(Augmenter):
    """Makes brighter or darker, by a random factor that differs from 1 by at most `brightness`."""

    brightness: float

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        src *= _factor(self.brightness)
        return src


@dataclass(eq=False)
class ContrastJitterAug(Augmenter):
    """Changes the contrast, by a random factor that differs from 1 by at most `contrast`."""

    contrast: float

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        factor = _factor(self.contrast)
        grey = (src * _luma(src)).sum() * ((1 - factor) * 3 / src.size)
        src *= factor
        src += grey
        return src


@dataclass(eq=False)
class SaturationJitterAug(Augmenter):
    """Changes the saturation, by a random factor that differs from 1 by at most `saturation`."""

    saturation: float

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        factor = _factor(self.saturation)
        grey = (src * _luma(src)).sum(axis=2, keepdims=True) * (1 - factor)
        src *= factor
        src += grey
        return src


@dataclass(eq=False)
class HueJitterAug(Augmenter):
    """Turns the hue, by at most `hue` half circles, as a rotation of the YIQ colour space."""

    hue: float

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        angle = math.pi * random.uniform(-self.hue, self.hue)
        cos, sin = math.cos(angle), math.sin(angle)
        turn = _FROM_YIQ @ np.array([(1, 0, 0), (0, cos, -sin), (0, sin, cos)]) @ _TO_YIQ
        turned: NDArray = nd.dot(src, nd.array(turn.T))
        return turned


class ColorJitterAug(RandomOrderAug):
    """Changes brightness, contrast and saturation, in a random order; each by at most so much."""

    def __init__(self, brightness: float, contrast: float, saturation: float) -> None:
        kinds = (BrightnessJitterAug, brightness), (ContrastJitterAug, contrast)
        ts = [kind(most) for kind, most in (*kinds, (SaturationJitterAug, saturation)) if most > 0]
        super().__init__(ts)


@dataclass(eq=False)
class LightingAug(Augmenter):
    """Adds noise along the principal components of colours, by `numpy.random`; their values and vectors."""

    alphastd: float
    eigval: Any
    eigvec: Any

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        alpha = np.random.normal(0, self.alphastd, size=(3,))  # noqa: NPY002 - scripts seed numpy.random
        src += nd.array(np.dot(self.eigvec * alpha, self.eigval))
        return src


class ColorNormalizeAug(Augmenter):
    """Subtracts a mean and divides by a standard deviation.

    Parameters
    ----------
    mean, std : array or None
        Three numbers, or one.
    """

    def __init__(self, mean: Any, std: Any) -> None:
        super().__init__(mean=mean, std=std)
        self.mean = mean if mean is None or isinstance(mean, NDArray) else nd.array(mean)
        self.std = std if std is None or isinstance(std, NDArray) else nd.array(std)

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        changed: NDArray = color_normalize(src, self.mean, self.std)
        return changed


@dataclass(eq=False)
class RandomGrayAug(Augmenter):
    """Takes the colours away, with a probability."""

    p: float

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        return nd.dot(src, nd.array(_GREY)) if random.random() < self.p else src


class CastAug(Augmenter):
    """Converts to a dtype."""

    def __init__(self, typ: Any = "float32") -> None:
        super().__init__(type=typ)
        self.typ = typ

    def __call__(self, src: NDArray) -> NDArray:
        """Return a changed image."""
        return src.astype(self.typ)


def _factor(most: float) -> float:
    return 1.0 + random.uniform(-most, most)


def _luma(src: NDArray) -> NDArray:
    return nd.array([[_LUMA]], ctx=src.context)


# --------------------------------------------------------------------------------------------------- choosing


def CreateAugmenter(
    data_shape: Sequence[int],
    resize: int = 0,
    rand_crop: bool = False,
    rand_resize: bool = False,
    rand_mirror: bool = False,
    mean: Any = None,
    std: Any = None,
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    hue: float = 0,
    pca_noise: float = 0,
    rand_gray: float = 0,
    inter_method: int = 2,
) -> list[Augmenter]:
    """Return the augmenters of usual training.

    Parameters
    ----------
    data_shape : tuple of int
        The shape (3, height, width) of the images that come out.
    resize : int
        Scale the shorter side to this first, if it is above 0.
    rand_crop : bool
        Whether the window comes from a random place, not the middle.
    rand_resize : bool
        Whether it is of random area and ratio, too; needs `rand_crop`.
    rand_mirror : bool
        Whether half of the images are mirrored.
    mean, std : array or True, optional
        What colours are normalised by; True is for those of ImageNet.
    brightness, contrast, saturation, hue, pca_noise, rand_gray : float
        Of the augmenters of these names; 0 for none.
    inter_method : int, default 2
        As in `resize_short`.

    Examples
    --------
    >>> [type(each).__name__ for each in CreateAugmenter((3, 224, 224), resize=256, rand_mirror=True)]
    ['ResizeAug', 'CenterCropAug', 'HorizontalFlipAug', 'CastAug']
    """
    size = (data_shape[2], data_shape[1])
    augmenters: list[Augmenter] = [ResizeAug(resize, inter_method)] if resize > 0 else []
    if rand_resize:
        if not rand_crop:
            raise ImageUseError("rand_resize=True takes windows from random places: it needs rand_crop=True.")
        augmenters.append(RandomSizedCropAug(size, 0.08, (3.0 / 4.0, 4.0 / 3.0), inter_method))
    else:
        augmenters.append((RandomCropAug if rand_crop else CenterCropAug)(size, inter_method))
    if rand_mirror:
        augmenters.append(HorizontalFlipAug(0.5))
    colours = colour_augmenters(brightness, contrast, saturation, hue, pca_noise, rand_gray, mean, std)
    return [*augmenters, CastAug(), *colours]


def colour_augmenters(
    brightness: float,
    contrast: float,
    saturation: float,
    hue: float,
    pca_noise: float,
    rand_gray: float,
    mean: Any,
    std: Any,
) -> list[Augmenter]:
    """Return the augmenters that change colours, which come last; parameters as of `CreateAugmenter`."""
    augmenters: list[Augmenter] = []
    if brightness or contrast or saturation:
        augmenters.append(ColorJitterAug(brightness, contrast, saturation))
    if hue:
        augmenters.append(HueJitterAug(hue))
    if pca_noise > 0:
        augmenters.append(LightingAug(pca_noise, _PRINCIPAL_VALUES, _PRINCIPAL_VECTORS))
    if rand_gray > 0:
        augmenters.append(RandomGrayAug(rand_gray))
    mean, std = _of_channels("mean", mean, _MEAN), _of_channels("std", std, _STD)
    if mean is not None or std is not None:
        augmenters.append(ColorNormalizeAug(mean, std))
    return augmenters


def _of_channels(what: str, given: Any, usual: Sequence[float]) -> Any:
    if given is True:
        return np.array(usual)
    if given is None:
        return None
    if not isinstance(given, (np.ndarray, NDArray)) or given.shape[:1] not in ((1,), (3,)):
        raise ImageUseError(f"{what} must be True or an array of 1 or 3 numbers, got {given!r}.")
    return given
