"""The end of making a picture: it is mirrored, normalised, and laid out channels first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mxnet.io.records.scaling import Draws, Pixels
from mxnet.ops.tools.opencv import opencv

__all__ = ["Numbers"]


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Writes ``((pixels - mean) * contrast + illumination) * scale / std`` of a picture.

    Parameters
    ----------
    mean_img : str
        A file of a mean picture, which is made and written if it is not there.
    mean_r, mean_g, mean_b, mean_a : float
        The mean of each channel; of a grey picture, the first counts.
    std_r, std_g, std_b, std_a : float
        The standard deviation of each channel; 0 counts as 1.
    scale : float
        A factor.
    mirror, rand_mirror : bool
        Whether all pictures are mirrored, left to right, or half of them.
    max_random_contrast, max_random_illumination : float
        How much the contrast differs from 1 at most, and what is added at most.
    """

    mean_img: str = ""
    mean_r: float = 0.0
    mean_g: float = 0.0
    mean_b: float = 0.0
    mean_a: float = 0.0
    std_r: float = 1.0
    std_g: float = 1.0
    std_b: float = 1.0
    std_a: float = 1.0
    scale: float = 1.0
    mirror: bool = False
    rand_mirror: bool = False
    max_random_contrast: float = 0.0
    max_random_illumination: float = 0.0

    def write(self, picture: Pixels, out: Pixels, mean_picture: Pixels | None, draws: Draws) -> None:
        """Write a picture into an array (channels, height, width), whose dtype says what is left to do.

        Of uint8 the pixels stay as they are, of int8 only the mean is subtracted, as in MXNet.
        """
        cv2 = opencv("Laying out pictures")
        if self.mirror or (self.rand_mirror and draws.random() < 0.5):
            picture = cv2.flip(picture, 1)
        contrast = illumination = 0.0
        if self.max_random_contrast or self.max_random_illumination:
            contrast = draws.uniform(-self.max_random_contrast, self.max_random_contrast)
            illumination = draws.uniform(-self.max_random_illumination, self.max_random_illumination)
        means = (self.mean_r, self.mean_g, self.mean_b, self.mean_a)
        deviations = (self.std_r, self.std_g, self.std_b, self.std_a)
        for i, plane in enumerate(cv2.split(picture)):
            if out.dtype == np.uint8:
                out[i] = plane
                continue
            mean: Any = means[i] if mean_picture is None else mean_picture[i]
            if out.dtype == np.int8:
                out[i] = np.clip(plane - np.float32(mean), -128, 127)
                continue
            factor = np.float32((1 + contrast) * self.scale / (deviations[i] or 1))
            np.subtract(plane, np.float32(mean), out=out[i], dtype=out.dtype)
            if factor != 1:
                np.multiply(out[i], factor, out=out[i])
            if illumination:
                out[i] += np.float32(illumination * self.scale / (deviations[i] or 1))
