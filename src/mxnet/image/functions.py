"""Reading, scaling, cropping and turning single images, which are NDArrays (height, width, channels)."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.image.errors import ImageTypeError, ImageUseError, ImageValueError
from mxnet.ndarray import NDArray, _internal

__all__ = [
    "center_crop",
    "color_normalize",
    "copyMakeBorder",
    "fixed_crop",
    "imdecode",
    "imread",
    "imresize",
    "imrotate",
    "random_crop",
    "random_rotate",
    "random_size_crop",
    "resize_short",
    "scale_down",
]

Box = tuple[int, int, int, int]
"""A window: its left and upper edge, width and height."""

_CROP_ATTEMPTS = 10
_AUTOMATIC, _RANDOM = 9, 10


def imdecode(buf: Any, *args: Any, **kwargs: Any) -> NDArray:
    """Return the image that the bytes of a file hold, (height, width, channels) of uint8.

    Parameters
    ----------
    buf : bytes, bytearray, numpy.ndarray or NDArray
        The file, in any format that OpenCV reads. Photographs stay as the camera was held.
    flag : {1, 0}
        Whether the image has three colours, or is grey.
    to_rgb : bool, default True
        Whether red comes first, not blue.
    out : NDArray, optional
        Where the image is written to.
    """
    if isinstance(buf, (bytes, bytearray, memoryview, np.ndarray)):
        buf = nd.array(np.frombuffer(buf, "uint8"), dtype="uint8")
    elif not isinstance(buf, NDArray):
        raise ImageTypeError(
            f"buf must be bytes, a bytearray, a numpy.ndarray or an NDArray, got {type(buf).__name__}."
        )
    image: NDArray = _internal._cvimdecode(buf, *args, **kwargs)
    return image


def imread(filename: str, *args: Any, **kwargs: Any) -> NDArray:
    """Return the image that a file holds; the parameters are those of `imdecode`."""
    image: NDArray = _internal._cvimread(filename, *args, **kwargs)
    return image


def imresize(src: NDArray, w: int, h: int, *args: Any, **kwargs: Any) -> NDArray:
    """Return an image of another size.

    Parameters
    ----------
    src : NDArray
    w, h : int
        Its new width and height.
    interp : int, default 1
        0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos.
    """
    image: NDArray = _internal._cvimresize(src, w, h, *args, **kwargs)
    return image


def copyMakeBorder(
    src: NDArray, top: int, bot: int, left: int, right: int, *args: Any, **kwargs: Any
) -> NDArray:
    """Return an image with a frame around it.

    Parameters
    ----------
    src : NDArray
    top, bot, left, right : int
        How wide the frame is on each side.
    type : int, default 0
        What it shows: 0 a constant, 1 the outermost pixels, 2 the mirror image, 3 the image over again, 4 the
        mirror image without the outermost pixels.
    values : float or tuple of float
        The constant, or that of each channel.
    """
    image: NDArray = _internal._cvcopyMakeBorder(src, top, bot, left, right, *args, **kwargs)
    return image


def scale_down(src_size: Sequence[int], size: Sequence[int]) -> tuple[int, int]:
    """Return a size (width, height) that fits into another, smaller at the same ratio where it must be.

    Examples
    --------
    >>> scale_down((640, 480), (720, 120))
    (640, 106)
    """
    width: float
    height: float
    width, height = size
    src_width, src_height = src_size
    if src_height < height:
        width, height = width * src_height / height, src_height
    if src_width < width:
        width, height = src_width, height * src_width / width
    return int(width), int(height)


def resize_short(src: NDArray, size: int, interp: int = 2) -> NDArray:
    """Return an image scaled so that its shorter side has a size.

    Parameters
    ----------
    src : NDArray
    size : int
    interp : int, default 2
        As in `imresize`; also 9 for what suits the sizes, and 10 for a random one.
    """
    height, width, _ = src.shape
    if height > width:
        new_height, new_width = size * height // width, size
    else:
        new_height, new_width = size, size * width // height
    sizes = (height, width, new_height, new_width)
    return imresize(src, new_width, new_height, interp=interpolation(interp, sizes))


def fixed_crop(
    src: NDArray, x0: int, y0: int, w: int, h: int, size: Sequence[int] | None = None, interp: int = 2
) -> NDArray:
    """Return a window of an image, scaled to a size (width, height) if one is given."""
    window: NDArray = nd.slice(src, begin=(y0, x0, 0), end=(y0 + h, x0 + w, int(src.shape[2])))
    if size is not None and (w, h) != tuple(size):
        window = imresize(window, *size, interp=interpolation(interp, (h, w, size[1], size[0])))
    return window


def random_crop(src: NDArray, size: Sequence[int], interp: int = 2) -> tuple[NDArray, Box]:
    """Return a window of a size (width, height) from a random place, and where that was.

    Where the image is too small, the window is as large as fits at the same ratio, and scaled up.
    """
    height, width, _ = src.shape
    new_width, new_height = scale_down((width, height), size)
    x0 = random.randint(0, width - new_width)
    y0 = random.randint(0, height - new_height)
    return fixed_crop(src, x0, y0, new_width, new_height, size, interp), (x0, y0, new_width, new_height)


def center_crop(src: NDArray, size: Sequence[int], interp: int = 2) -> tuple[NDArray, Box]:
    """Return the middle of an image, a window of a size (width, height), and where that was.

    Where the image is too small, the window is as large as fits at the same ratio, and scaled up.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.image.center_crop(mx.nd.zeros((8, 11, 3)), (3, 3))[1]
    (4, 2, 3, 3)
    """
    height, width, _ = src.shape
    new_width, new_height = scale_down((width, height), size)
    x0, y0 = (width - new_width) // 2, (height - new_height) // 2
    return fixed_crop(src, x0, y0, new_width, new_height, size, interp), (x0, y0, new_width, new_height)


def random_size_crop(
    src: NDArray,
    size: Sequence[int],
    area: float | Sequence[float],
    ratio: Sequence[float],
    interp: int = 2,
    **kwargs: Any,
) -> tuple[NDArray, Box]:
    """Return a window of random area and aspect ratio from a random place, scaled; and where that was.

    Parameters
    ----------
    src : NDArray
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
    area = kwargs.pop("min_area", area)
    if kwargs:
        raise ImageUseError(f"random_size_crop has no parameter {', '.join(kwargs)}.")
    least, largest = (area, 1.0) if isinstance(area, (int, float)) else area
    height, width, _ = src.shape
    for _ in range(_CROP_ATTEMPTS):
        target = random.uniform(least, largest) * width * height
        shape = math.exp(random.uniform(math.log(ratio[0]), math.log(ratio[1])))
        new_width, new_height = round(math.sqrt(target * shape)), round(math.sqrt(target / shape))
        if new_width <= width and new_height <= height:
            x0 = random.randint(0, width - new_width)
            y0 = random.randint(0, height - new_height)
            box = (x0, y0, new_width, new_height)
            return fixed_crop(src, *box, size, interp), box
    return center_crop(src, size, interp)


def color_normalize(src: Any, mean: Any, std: Any = None) -> Any:
    """Subtract a mean from an image, and divide it by a standard deviation if one is given; in place."""
    if mean is not None:
        src -= mean
    if std is not None:
        src /= std
    return src


def imrotate(
    src: NDArray, rotation_degrees: float | NDArray, zoom_in: bool = False, zoom_out: bool = False
) -> NDArray:
    """Return images turned clockwise around their middle.

    Parameters
    ----------
    src : NDArray
        An image (channels, height, width) or several (batch, channels, height, width), of float32.
    rotation_degrees : float or NDArray
        The angle, or that of each image.
    zoom_in : bool
        Whether images are enlarged until no corner is empty.
    zoom_out : bool
        Whether they are made smaller until all of them is to be seen.
    """
    if zoom_in and zoom_out:
        raise ImageValueError("zoom_in and zoom_out cannot be both True.")
    if np.dtype(src.dtype) != np.float32:
        raise ImageTypeError(f"imrotate turns images of float32, got {np.dtype(src.dtype)}: use astype.")
    if src.ndim not in (3, 4):
        raise ImageValueError(
            "imrotate turns images (channels, height, width) or (batch, channels, height, width), got "
            f"{src.shape}."
        )
    several = src.ndim == 4
    given = rotation_degrees.asnumpy() if isinstance(rotation_degrees, NDArray) else rotation_degrees
    angles = np.deg2rad(np.asarray(given, "float64"))
    if not several and angles.ndim:
        raise ImageTypeError("A single image is turned by one angle, a number.")
    count = src.shape[0] if several else 1
    if angles.ndim and len(angles) != count:
        raise ImageValueError(
            f"There must be an angle for each image, but there are {len(angles)} for {count}."
        )
    grid = _turned_grid(np.broadcast_to(angles, (count,)), src.shape[-2], src.shape[-1], zoom_in, zoom_out)
    images = src if several else src.expand_dims(0)
    turned: NDArray = nd.BilinearSampler(images, nd.array(grid, ctx=src.context))
    return turned if several else turned[0]


def _turned_grid(angles: Any, height: int, width: int, zoom_in: bool, zoom_out: bool) -> Any:
    """Return from where in an image, from -1 to 1, each pixel of a turned one is taken."""
    cos, sin = (each[:, None, None] for each in (np.cos(angles), np.sin(angles)))
    middle = (height - 1) / 2, (width - 1) / 2
    y, x = np.mgrid[:height, :width] - np.reshape(middle, (2, 1, 1))
    zoom = 1.0
    if zoom_in or zoom_out:
        wide = (width * abs(cos) + height * abs(sin)) / width
        tall = (width * abs(sin) + height * abs(cos)) / height
        zoom = np.maximum(wide, tall) if zoom_out else 1 / np.maximum(wide, tall)
    across, down = zoom * (x * cos - y * sin), zoom * (x * sin + y * cos)
    return np.stack([across / max(middle[1], 0.5), down / max(middle[0], 0.5)], 1).astype("float32")


def random_rotate(
    src: NDArray, angle_limits: Sequence[float], zoom_in: bool = False, zoom_out: bool = False
) -> NDArray:
    """Return images turned by random angles between two limits; parameters as in `imrotate`."""
    if src.ndim == 3:
        return imrotate(src, random.uniform(*angle_limits), zoom_in, zoom_out)
    angles = [random.uniform(*angle_limits) for _ in range(src.shape[0])]
    return imrotate(src, nd.array(angles), zoom_in, zoom_out)


def interpolation(interp: int, sizes: Sequence[int] = ()) -> int:
    """Return the interpolation that is meant by 9, automatic, or 10, random; others are themselves.

    Parameters
    ----------
    interp : int
    sizes : tuple of int, optional
        Height and width before and after scaling.
    """
    if interp == _AUTOMATIC:
        if not sizes:
            return 2
        height, width, new_height, new_width = sizes
        if new_height > height and new_width > width:
            return 2
        return 3 if new_height < height and new_width < width else 1
    if interp == _RANDOM:
        return random.randint(0, 4)
    if interp not in range(5):
        raise ImageValueError(f"There is no interpolation {interp}: it is 0 to 4, 9 or 10.")
    return interp
