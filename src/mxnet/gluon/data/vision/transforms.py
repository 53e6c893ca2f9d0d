"""Changes of pictures as blocks, to be given to ``transform_first`` of a data set."""

from __future__ import annotations

import random
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from mxnet import image
from mxnet.gluon.block import Block, HybridBlock
from mxnet.gluon.errors import CheckError
from mxnet.gluon.nn import HybridSequential, Sequential
from mxnet.ndarray import NDArray

__all__ = [
    "Cast",
    "CenterCrop",
    "Compose",
    "CropResize",
    "Normalize",
    "RandomApply",
    "RandomBrightness",
    "RandomColorJitter",
    "RandomContrast",
    "RandomFlipLeftRight",
    "RandomFlipTopBottom",
    "RandomHue",
    "RandomLighting",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomSaturation",
    "Resize",
    "Rotate",
    "ToTensor",
]

Size = int | Sequence[int]


class Compose(Sequential):
    """Applies transforms one after the other; neighbours that can be are one graph.

    Parameters
    ----------
    transforms : list of Block

    Examples
    --------
    >>> import mxnet as mx
    >>> transform = Compose([ToTensor(), Normalize(0.5, 0.5)])
    >>> transform(mx.nd.zeros((4, 5, 3), dtype="uint8")).shape
    (3, 4, 5)
    """

    def __init__(self, transforms: Sequence[Block]) -> None:
        super().__init__()
        together: list[HybridBlock] = []
        for each in (*transforms, None):
            if isinstance(each, HybridBlock):
                together.append(each)
                continue
            if len(together) > 1:
                graph = HybridSequential()
                graph.add(*together)
                graph.hybridize()
                self.add(graph)
            else:
                self.add(*together)
            together = []
            if each is not None:
                self.add(each)


class RandomApply(Sequential):
    """Applies a transform with a probability.

    Parameters
    ----------
    transforms : Block
    p : float
    """

    def __init__(self, transforms: Block, p: float = 0.5) -> None:
        super().__init__()
        self.transforms = transforms
        self.p = p

    def forward(self, x: Any) -> Any:
        """Return a changed image, or the same."""
        return self.transforms(x) if random.random() < self.p else x


class Cast(HybridBlock):
    """Converts to a dtype.

    Parameters
    ----------
    dtype : str, default 'float32'
    """

    def __init__(self, dtype: Any = "float32") -> None:
        super().__init__()
        self._dtype = dtype

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        """Return the numbers of another dtype."""
        return F.cast(x, self._dtype)


class ToTensor(HybridBlock):
    """Converts images (height, width, channels) from 0 to 255 to (channels, height, width) from 0 to 1."""

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        """Return the image for networks."""
        return F.image.to_tensor(x)


class Normalize(HybridBlock):
    """Subtracts a mean from each channel and divides by a standard deviation; channels come first.

    Parameters
    ----------
    mean, std : float or tuple of float
    """

    def __init__(self, mean: float | Sequence[float] = 0.0, std: float | Sequence[float] = 1.0) -> None:
        super().__init__()
        self._mean = mean
        self._std = std

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        """Return a normalised image."""
        return F.image.normalize(x, self._mean, self._std)


# --------------------------------------------------------------------------------------------------- geometry


class Rotate(Block):
    """Turns images (channels, height, width) of float32 clockwise.

    Parameters
    ----------
    rotation_degrees : float
    zoom_in, zoom_out : bool
        As of `mx.image.imrotate`.
    """

    def __init__(self, rotation_degrees: float, zoom_in: bool = False, zoom_out: bool = False) -> None:
        super().__init__()
        self._args = (rotation_degrees, zoom_in, zoom_out)

    def forward(self, x: NDArray) -> NDArray:
        """Return a turned image."""
        return image.imrotate(x, *self._args)


class RandomRotation(Block):
    """Turns images by a random angle.

    Parameters
    ----------
    angle_limits : tuple of float
        The least and the largest angle.
    zoom_in, zoom_out : bool
        As of `mx.image.imrotate`.
    rotate_with_proba : float
        The probability that they are turned at all.
    """

    def __init__(
        self,
        angle_limits: Sequence[float],
        zoom_in: bool = False,
        zoom_out: bool = False,
        rotate_with_proba: float = 1.0,
    ) -> None:
        super().__init__()
        lower, upper = angle_limits
        if lower >= upper:
            raise CheckError(f"`angle_limits` must be an ordered tuple, got {tuple(angle_limits)}.")
        if not 0 <= rotate_with_proba <= 1:
            raise CheckError(
                f"Probability of rotating the image should be between 0 and 1, got {rotate_with_proba}."
            )
        self._args = (angle_limits, zoom_in, zoom_out)
        self._rotate_with_proba = rotate_with_proba

    def forward(self, x: NDArray) -> NDArray:
        """Return a turned image, or the same."""
        if np.random.random() > self._rotate_with_proba:  # noqa: NPY002 - scripts seed numpy.random
            return x
        return image.random_rotate(x, *self._args)


class RandomResizedCrop(Block):
    """Cuts a window of random area and aspect ratio out of a random place, and scales it.

    Parameters
    ----------
    size : int or tuple of int
        The (width, height) that the window is scaled to.
    scale : tuple of float
        The least and the largest share of the image.
    ratio : tuple of float
        The least and the largest of width over height.
    interpolation : int, default 1
        As of `mx.image.resize_short`.
    """

    def __init__(
        self,
        size: Size,
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: int = 1,
    ) -> None:
        super().__init__()
        self._args = (_pair(size), scale, ratio, interpolation)

    def forward(self, x: NDArray) -> NDArray:
        """Return a window."""
        return image.random_size_crop(x, *self._args)[0]


class CropResize(HybridBlock):
    """Cuts a window out, and scales it if a size is given.

    Parameters
    ----------
    x, y : int
        Left and upper edge.
    width, height : int
    size : int or tuple of int, optional
        The (width, height) that the window is scaled to.
    interpolation : int, optional
    """

    def __init__(
        self,
        x: int,
        y: int,
        width: int,
        height: int,
        size: Size | None = None,
        interpolation: int | None = None,
    ) -> None:
        super().__init__()
        self._window = (x, y, width, height)
        self._size = size
        self._interpolation = interpolation

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        """Return a window."""
        window = F.image.crop(x, *self._window)
        if not self._size:
            return window
        return F.image.resize(
            window, self._size, False, 1 if self._interpolation is None else self._interpolation
        )


class CenterCrop(Block):
    """Cuts the middle out; where the image is too small, as much as fits at that ratio, scaled up.

    Parameters
    ----------
    size : int or tuple of int
        The (width, height) of the window.
    interpolation : int, default 1
    """

    def __init__(self, size: Size, interpolation: int = 1) -> None:
        super().__init__()
        self._args = (_pair(size), interpolation)

    def forward(self, x: NDArray) -> NDArray:
        """Return the middle of an image."""
        return image.center_crop(x, *self._args)[0]


class Resize(HybridBlock):
    """Scales images.

    Parameters
    ----------
    size : int or tuple of int
        The new (width, height); a single number is that of both, or with `keep_ratio` of the shorter side.
    keep_ratio : bool
    interpolation : int, default 1
    """

    def __init__(self, size: Size, keep_ratio: bool = False, interpolation: int = 1) -> None:
        super().__init__()
        self._args = (size, keep_ratio, interpolation)

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        """Return an image of another size."""
        return F.image.resize(x, *self._args)


class RandomFlipLeftRight(HybridBlock):
    """Mirrors half of the images, left to right."""

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        """Return an image, mirrored or not."""
        return F.image.random_flip_left_right(x)


class RandomFlipTopBottom(HybridBlock):
    """Mirrors half of the images, top to bottom."""

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        """Return an image, mirrored or not."""
        return F.image.random_flip_top_bottom(x)


# ----------------------------------------------------------------------------------------------------- colour


class _RandomFactor(HybridBlock):
    """What transforms share that change colours by a random factor of 1 ± so much."""

    _operator: str

    def __init__(self, most: float) -> None:
        super().__init__()
        self._args = (max(0, 1 - most), 1 + most)

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        """Return an image of other colours."""
        return getattr(F.image, self._operator)(x, *self._args)


class RandomBrightness(_RandomFactor):
    """Makes images brighter or darker, by a random factor of 1 ± `brightness`."""

    _operator = "random_brightness"

    def __init__(self, brightness: float) -> None:
        super().__init__(brightness)


class RandomContrast(_RandomFactor):
    """Changes the contrast, by a random factor of 1 ± `contrast`."""

    _operator = "random_contrast"

    def __init__(self, contrast: float) -> None:
        super().__init__(contrast)


class RandomSaturation(_RandomFactor):
    """Changes the saturation, by a random factor of 1 ± `saturation`."""

    _operator = "random_saturation"

    def __init__(self, saturation: float) -> None:
        super().__init__(saturation)


class RandomHue(_RandomFactor):
    """Changes the hue, by a random factor of 1 ± `hue`."""

    _operator = "random_hue"

    def __init__(self, hue: float) -> None:
        super().__init__(hue)


class RandomColorJitter(HybridBlock):
    """Changes brightness, contrast, saturation and hue, in a random order, each by up to so much."""

    def __init__(
        self, brightness: float = 0, contrast: float = 0, saturation: float = 0, hue: float = 0
    ) -> None:
        super().__init__()
        self._args = (brightness, contrast, saturation, hue)

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        """Return an image of other colours."""
        return F.image.random_color_jitter(x, *self._args)


class RandomLighting(HybridBlock):
    """Adds noise along the principal components of colours, of standard deviation `alpha`."""

    def __init__(self, alpha: float) -> None:
        super().__init__()
        self._alpha = alpha

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        """Return an image of other colours."""
        return F.image.random_lighting(x, self._alpha)


def _pair(size: Size) -> Sequence[int]:
    return (size, size) if isinstance(size, (int, np.integer)) else size
