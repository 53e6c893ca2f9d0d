"""Random changes of the colours of pictures, numpy arrays (height, width, channels) of uint8, red first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mxnet.io.records.scaling import Draws, Pixels
from mxnet.ops.tools.opencv import opencv

__all__ = ["add_principal_noise", "jitter", "shift_hls"]

_LUMA = np.array((0.299, 0.587, 0.114), "float32")
"""How bright red, green and blue are (ITU-R BT.601)."""

_PRINCIPAL = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
_PRINCIPAL_VALUES = np.array([55.46, 4.794, 1.148])
"""The principal components of the colours of ImageNet, a column each (Krizhevsky et al., 2012)."""

_HLS_LIMITS = (180, 255, 255)


def jitter(picture: Pixels, brightness: float, contrast: float, saturation: float, draws: Draws) -> Pixels:
    """Change brightness, contrast and saturation in a random order, each by a factor of 1 ± so much."""
    grey: Any
    for kind in draws.permutation(3):
        most = (brightness, contrast, saturation)[kind]
        if not most:
            continue
        factor = 1 + draws.uniform(-most, most)
        if kind == 0:
            grey = 0.0
        elif picture.shape[2] != 3:
            grey = picture.mean() if kind == 1 else picture
        else:
            grey = picture @ _LUMA
            grey = grey.mean() if kind == 1 else grey[..., None]
        picture = _saturated(picture * np.float32(factor) + grey * np.float32(1 - factor))
    return picture


def add_principal_noise(picture: Pixels, deviation: float, draws: Draws) -> Pixels:
    """Add noise along the principal components of colours."""
    noise = _PRINCIPAL @ (draws.normal(0, deviation, 3) * _PRINCIPAL_VALUES)
    return _saturated(picture + noise.astype("float32"))


def shift_hls(picture: Pixels, shifts: Sequence[int]) -> Pixels:
    """Add to hue (of 180), lightness and saturation (of 255) of a picture of three colours."""
    cv2 = opencv("Changing colours")
    hls = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2HLS)
    moved = np.clip(hls + np.array(shifts, "int16"), 0, _HLS_LIMITS).astype("uint8")
    changed: Pixels = cv2.cvtColor(moved, cv2.COLOR_HLS2RGB)
    return changed


def _saturated(numbers: Pixels) -> Pixels:
    return np.clip(np.rint(numbers), 0, 255).astype("uint8")
