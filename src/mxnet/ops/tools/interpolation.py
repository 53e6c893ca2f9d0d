"""Scaling images: each new row and column is a weighted sum of a few old ones, as in OpenCV.

Where OpenCV is installed it scales the images that it can, which is fast, and MXNet's answer to the last bit.
"""

from __future__ import annotations

import importlib.util
import math
from typing import TYPE_CHECKING

from mxnet.errors import ParameterError
from mxnet.lazy import torch
from mxnet.ops.tools.opencv import opencv

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

__all__ = ["resize"]

Taps = tuple["Tensor", "Tensor"]
"""Which old elements make up each new one, and how much each of them counts: (new, taps) both."""


def resize(images: Tensor, height: int, width: int, interpolation: int, operator: str) -> Tensor:
    """Return images (..., height, width, channels) of another size; integers are rounded, and saturate.

    Parameters
    ----------
    images : Tensor
        Images.
    height, width : int
        Their new size.
    interpolation : int
        0 nearest, 1 linear, 2 cubic, 3 area, 4 Lanczos, 5 linear; OpenCV's numbers.
    operator : str
        Who asks, for the error.

    Raises
    ------
    ParameterError
        If there is no such interpolation.
    """
    taps = _TAPS.get(interpolation)
    if taps is None:
        raise ParameterError(f"{operator}: there is no interpolation {interpolation}; it may be 0 to 4.")
    if _can_opencv(images) and importlib.util.find_spec("cv2"):
        return _by_opencv(images, height, width, interpolation)
    grows = interpolation == 3 and (height > images.shape[-3] or width > images.shape[-2])
    scaled = images if images.dtype == torch.float64 else images.float()
    for axis, extent in ((-3, height), (-2, width)):
        scaled = _weigh(scaled, axis, (_enlarged_area if grows else taps)(scaled.shape[axis], extent))
    if images.dtype.is_floating_point:
        return scaled.to(images.dtype)
    limits = torch.iinfo(images.dtype)
    return scaled.round().clamp(limits.min, limits.max).to(images.dtype)


def _can_opencv(images: Tensor) -> bool:
    known = (torch.uint8, torch.float32, torch.float64)
    return (
        images.device.type == "cpu"
        and images.dtype in known
        and 0 < images.shape[-1] <= 4
        and not images.requires_grad  # torch differentiates the sums
        and not torch._C._functorch.is_functorch_wrapped_tensor(images)
    )


def _by_opencv(images: Tensor, height: int, width: int, interpolation: int) -> Tensor:
    cv2 = opencv("Scaling images")
    scaled = images.new_empty((*images.shape[:-3], height, width, images.shape[-1]))
    places = scaled.view(-1, *scaled.shape[-3:])
    for image, place in zip(images.reshape(-1, *images.shape[-3:]), places, strict=True):
        new = cv2.resize(image.numpy(), (width, height), interpolation=interpolation)
        place.copy_(torch.from_numpy(new).view(place.shape))
    return scaled


def _weigh(images: Tensor, axis: int, taps: Taps) -> Tensor:
    where, weights = (each.to(images.device) for each in taps)
    shape = [1] * images.dim()
    shape[axis] = len(where)
    total = None
    for positions, weight in zip(where.unbind(1), weights.to(images.dtype).unbind(1), strict=True):
        part = images.index_select(axis, positions) * weight.view(shape)
        total = part if total is None else total + part
    assert total is not None
    return total


def _centres(old: int, new: int) -> Tensor:
    """Return where the middles of new elements lie among the old ones."""
    return (torch.arange(new, dtype=torch.float64) + 0.5) * (old / new) - 0.5


def _nearest(old: int, new: int) -> Taps:
    where = (torch.arange(new, dtype=torch.float64) * (old / new)).floor().long().clamp(max=old - 1)
    return where[:, None], torch.ones(new, 1)


def _around(taps: int, weigh: Callable[[Tensor], Tensor]) -> Callable[[int, int], Taps]:
    """Weigh that many old elements by their distance from the middle; the edge is repeated."""

    def around(old: int, new: int) -> Taps:
        centres = _centres(old, new)
        where = centres.floor()[:, None] + torch.arange(1 - taps // 2, taps // 2 + 1)
        weights = weigh((where - centres[:, None]).abs())
        return where.long().clamp(0, old - 1), weights / weights.sum(1, keepdim=True)

    return around


def _triangle(distance: Tensor) -> Tensor:
    return 1 - distance


def _cubic(distance: Tensor, a: float = -0.75) -> Tensor:
    """Keys, *Cubic Convolution Interpolation for Digital Image Processing*, 1981."""
    near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
    far = ((distance - 5) * distance + 8) * distance * a - 4 * a
    return torch.where(distance <= 1, near, far)


def _lanczos(distance: Tensor) -> Tensor:
    return torch.sinc(distance) * torch.sinc(distance / 4)


def _area(old: int, new: int) -> Taps:
    """Weigh old elements by how much of them a new one covers."""
    scale = old / new
    begins = torch.arange(new, dtype=torch.float64)[:, None] * scale
    where = begins.floor() + torch.arange(math.ceil(scale) + 1)
    covered = torch.minimum(where + 1, begins + scale) - torch.maximum(where, begins)
    weights = covered.clamp(min=0) * (where < old)
    return where.long().clamp(max=old - 1), weights / weights.sum(1, keepdim=True)


def _enlarged_area(old: int, new: int) -> Taps:
    """Blend two neighbours only in new elements that lie across their border."""
    scale = old / new
    numbers = torch.arange(new, dtype=torch.float64)
    first = (numbers * scale).floor()
    share = (numbers + 1 - (first + 1) / scale).clamp(min=0)
    share = share - share.floor()
    where = first[:, None] + torch.arange(2)
    return where.long().clamp(max=old - 1), torch.stack((1 - share, share), 1)


_TAPS: dict[int, Callable[[int, int], Taps]] = {
    0: _nearest,
    1: _around(2, _triangle),
    2: _around(4, _cubic),
    3: _area,
    4: _around(8, _lanczos),
    5: _around(2, _triangle),
}
