"""How pictures of records are scaled, turned, cut and recoloured: the parameters of ``aug_default``."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from mxnet.io.io import DataError
from mxnet.io.records.colours import add_principal_noise, jitter, shift_hls
from mxnet.io.records.scaling import Draws, Pixels, interpolation, scale, scale_shorter
from mxnet.ops.tools.opencv import opencv

__all__ = ["Changes"]

_CROP_ATTEMPTS = 10


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Makes a picture of the shape that batches have out of one of any size, in this order.

    Parameters
    ----------
    resize : int
        Scale the shorter side to this.
    rotate, max_rotate_angle : int
        Turn by this angle, or by a random one up to that, in degrees.
    max_shear_ratio : float
        Shear by a random ratio up to this.
    min_random_scale, max_random_scale : float
        Scale by a random factor between these.
    min_aspect_ratio, max_aspect_ratio : float
        Change width over height by a random factor between these; without the least, by 1 ± the other.
    min_img_size, max_img_size : float
        Limits of both sides after these.
    pad : int
        Put a frame of so many pixels around.
    random_resized_crop : bool
        Cut a window of random area (between `min_random_area` and `max_random_area`) and ratio; what is
        random above but the angle is left out.
    min_crop_size, max_crop_size : int
        Cut a square of random size between these.
    rand_crop : bool
        Whether windows come from a random place, not the middle.
    brightness, contrast, saturation, pca_noise : float
        Change colours at random, by up to this.
    random_h, random_s, random_l : int
        Shift hue, saturation and lightness at random, by up to this.
    fill_value : int
        The colour of frames and empty corners.
    inter_method : int
        Interpolation: 0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos, 9 what suits the sizes, 10 random.
    """

    resize: int = -1
    rotate: int = -1
    max_rotate_angle: int = 0
    max_shear_ratio: float = 0.0
    min_random_scale: float = 1.0
    max_random_scale: float = 1.0
    min_aspect_ratio: float | None = None
    max_aspect_ratio: float = 0.0
    min_img_size: float = 0.0
    max_img_size: float = 1e10
    pad: int = 0
    random_resized_crop: bool = False
    min_random_area: float = 1.0
    max_random_area: float = 1.0
    min_crop_size: int = -1
    max_crop_size: int = -1
    rand_crop: bool = False
    brightness: float = 0.0
    contrast: float = 0.0
    saturation: float = 0.0
    pca_noise: float = 0.0
    random_h: int = 0
    random_s: int = 0
    random_l: int = 0
    fill_value: int = 255
    inter_method: int = 1

    def __call__(self, picture: Pixels, height: int, width: int, draws: Draws) -> Pixels:
        """Return a changed picture of that size."""
        if self.resize > 0:
            picture = scale_shorter(picture, self.resize, self.inter_method, draws)
        if self._is_bent():
            picture = self._bend(picture, draws)
        if self.pad > 0:
            cv2 = opencv("Framing pictures")
            fill = (self.fill_value,) * picture.shape[2]
            framed = cv2.copyMakeBorder(picture, *[self.pad] * 4, cv2.BORDER_CONSTANT, value=fill)
            picture = framed.reshape(*framed.shape[:2], -1)
        return self._recolour(self._cut(picture, height, width, draws), draws)

    def _is_bent(self) -> bool:
        if self.rotate > 0 or self.max_rotate_angle > 0:
            return True
        if self.random_resized_crop:
            return False
        sized = self.min_img_size > 0 or self.max_img_size < 1e10
        scaled = (self.min_random_scale, self.max_random_scale) != (1.0, 1.0)
        return sized or scaled or self.max_shear_ratio > 0 or self._ratios() != (1.0, 1.0)

    def _ratios(self) -> tuple[float, float]:
        if self.min_aspect_ratio is None:
            return 1 - self.max_aspect_ratio, 1 + self.max_aspect_ratio
        return self.min_aspect_ratio, self.max_aspect_ratio

    def _bend(self, picture: Pixels, draws: Draws) -> Pixels:
        """Turn, shear and scale, all at once."""
        angle = (
            self.rotate if self.rotate > 0 else _between(-self.max_rotate_angle, self.max_rotate_angle, draws)
        )
        shear, factor, ratio = 0.0, 1.0, 1.0
        if not self.random_resized_crop:
            shear = _between(-self.max_shear_ratio, self.max_shear_ratio, draws)
            factor = _between(self.min_random_scale, self.max_random_scale, draws)
            ratio = _between(*self._ratios(), draws)
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        tall = 2 * factor / (1 + ratio)
        wide = ratio * tall
        height, width = picture.shape[:2]
        new_width, new_height = (
            max(self.min_img_size, min(self.max_img_size, factor * side)) for side in (width, height)
        )
        matrix = np.array(
            [
                [tall * cos - shear * sin * wide, tall * sin + shear * cos * wide, 0],
                [-sin * wide, cos * wide, 0],
            ],
            "float32",
        )
        matrix[:, 2] = (np.array([new_width, new_height]) - matrix[:, :2] @ (width, height)) / 2
        cv2 = opencv("Turning pictures")
        bent: Pixels = cv2.warpAffine(
            picture,
            matrix,
            (int(new_width), int(new_height)),
            flags=interpolation(self.inter_method, draws, None),
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=(self.fill_value,) * picture.shape[2],
        )
        return bent if bent.ndim == 3 else bent[..., None]

    def _cut(self, picture: Pixels, height: int, width: int, draws: Draws) -> Pixels:
        if self.random_resized_crop:
            return scale(self._window_of_any_size(picture, draws), width, height, self.inter_method, draws)
        if self.max_crop_size > 0 or self.min_crop_size > 0:
            size = int(draws.integers(max(self.min_crop_size, 1), self.max_crop_size + 1))
            if size > min(picture.shape[:2]):
                raise DataError(
                    f"A picture of {picture.shape[1]} x {picture.shape[0]} pixels has no window of {size} x "
                    f"{size}: min_crop_size={self.min_crop_size}, max_crop_size={self.max_crop_size}."
                )
            window = self._window(picture, size, size, draws)
            return scale(window, width, height, self.inter_method, draws)
        if picture.shape[0] < height:
            longer = int(picture.shape[1] * height / picture.shape[0])
            picture = scale(picture, longer, height, self.inter_method, draws)
        if picture.shape[1] < width:
            longer = int(picture.shape[0] * width / picture.shape[1])
            picture = scale(picture, width, longer, self.inter_method, draws)
        return self._window(picture, height, width, draws)

    def _window(
        self, picture: Pixels, height: int, width: int, draws: Draws, anywhere: bool = False
    ) -> Pixels:
        down, right = picture.shape[0] - height, picture.shape[1] - width
        if self.rand_crop or anywhere:
            top, left = int(draws.integers(0, down + 1)), int(draws.integers(0, right + 1))
        else:
            top, left = down // 2, right // 2
        return picture[top : top + height, left : left + width]

    def _window_of_any_size(self, picture: Pixels, draws: Draws) -> Pixels:
        height, width = picture.shape[:2]
        for _ in range(_CROP_ATTEMPTS):
            area = _between(self.min_random_area, self.max_random_area, draws) * height * width
            ratio = _between(*self._ratios(), draws)
            new_width, new_height = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < new_width <= width and 0 < new_height <= height:
                return self._window(picture, new_height, new_width, draws, anywhere=True)
        side = min(height, width)
        return self._window(picture, side, side, draws)

    def _recolour(self, picture: Pixels, draws: Draws) -> Pixels:
        if self.brightness or self.contrast or self.saturation:
            picture = jitter(picture, self.brightness, self.contrast, self.saturation, draws)
        if self.pca_noise > 0 and picture.shape[2] == 3:
            picture = add_principal_noise(picture, self.pca_noise, draws)
        most = (self.random_h, self.random_l, self.random_s)
        if any(most) and picture.shape[2] == 3:
            picture = shift_hls(picture, [int(draws.integers(-each, each + 1)) for each in most])
        return picture


def _between(low: float, high: float, draws: Draws) -> float:
    return low if low == high else float(draws.uniform(low, high))
