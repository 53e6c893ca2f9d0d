"""Max pooling in training by native kernels, of images that have their channels first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mxnet.lazy import torch
from mxnet.native import find, run_shares, threads
from mxnet.ops.tools.layout import takes_native

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["back", "find_maxima", "fits"]

Geometry = Sequence[Sequence[int]]
"""Along each axis of space: extents, kernel, stride, pad."""


def fits(array: Tensor, where: Tensor | None = None) -> bool:
    """Whether the kernels take such images, over two axes of space, and places of their maxima."""
    return (
        array.dim() == 4
        and takes_native(array)
        and array.is_contiguous()
        and (where is None or where.is_contiguous())
        and find("pool_maxima") is not None
    )


def find_maxima(data: Tensor, places: Sequence[int], windows: Geometry, out: Tensor) -> Tensor:
    """Write the maxima, and return where in its image each one was; the images lie as they are."""
    where = torch.empty((*data.shape[:2], *places), dtype=torch.int64)
    _run("pool_maxima", (data, out, where), places, windows)
    return where


def back(grad: Tensor, where: Tensor, windows: Geometry) -> Tensor:
    """Return the gradient of the data from that of the maxima."""
    data = torch.empty((*grad.shape[:2], *windows[0]), dtype=torch.float32)
    _run("pool_maxima_grad", (grad, data, where), grad.shape[2:], windows)
    return data


def _run(kernel: str, arrays: tuple[Tensor, ...], places: Sequence[int], windows: Geometry) -> None:
    planes = arrays[0].shape[0] * arrays[0].shape[1]
    shares = min(threads(), planes)
    addresses = [each.data_ptr() for each in arrays]
    geometry = [number for axes in (*windows, places) for number in axes]
    run_shares(
        kernel,
        [(*addresses, planes * i // shares, planes * (i + 1) // shares, *geometry) for i in range(shares)],
    )
