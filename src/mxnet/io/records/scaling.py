"""Scaling pictures, numpy arrays (height, width, channels), by OpenCV as MXNet's record iterators do."""

from __future__ import annotations

from typing import Any

import numpy as np

from mxnet.io.io import DataError
from mxnet.ops.tools.opencv import opencv

__all__ = ["Draws", "Pixels", "interpolation", "scale", "scale_shorter"]

Pixels = np.ndarray[Any, Any]
Draws = np.random.Generator
"""Where random numbers come from: each batch has its own, so no matter which thread makes it."""

_AUTOMATIC, _RANDOM = 9, 10


def interpolation(method: int, draws: Draws, grows: bool | None) -> int:
    """Return OpenCV's number of an interpolation; 9 is what suits the sizes, 10 a random one.

    Parameters
    ----------
    method : int
    draws : Draws
    grows : bool or None
        Whether both sides grow; None if one grows and the other does not.
    """
    if method == _AUTOMATIC:
        return 1 if grows is None else 2 if grows else 3
    if method == _RANDOM:
        return int(draws.integers(0, 5))
    if method not in range(5):
        raise DataError(f"There is no inter_method {method}: it is 0 to 4, 9 or 10.")
    return method


def scale(picture: Pixels, width: int, height: int, method: int, draws: Draws) -> Pixels:
    """Return a picture of another size."""
    old_height, old_width = picture.shape[:2]
    if (old_width, old_height) == (width, height):
        return picture
    up, down = width > old_width and height > old_height, width < old_width and height < old_height
    how = interpolation(method, draws, up if up or down else None)
    scaled: Pixels = opencv("Scaling pictures").resize(
        picture, (max(width, 1), max(height, 1)), interpolation=how
    )
    return scaled if scaled.ndim == 3 else scaled[..., None]


def scale_shorter(picture: Pixels, size: int, method: int, draws: Draws) -> Pixels:
    """Return a picture whose shorter side has a size."""
    height, width = picture.shape[:2]
    if height > width:
        return scale(picture, size, height * size // width, method, draws)
    return scale(picture, width * size // height, size, method, draws)
