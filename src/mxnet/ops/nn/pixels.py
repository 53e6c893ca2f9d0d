"""Convolution by a window of one pixel, with the channels first: a product of matrices for each image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["backward", "convolve"]

_FEW = 256  # pixels of an image below which it pays to copy all images together


def convolve(data: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return the convolution of data (n, channel, *space) with weight (filter, channel, 1, ...)."""
    images, filters = data.reshape(*data.shape[:2], -1), weight.reshape(weight.shape[:2])
    result = _product(filters, images)
    return (result if bias is None else result.add_(bias.view(-1, 1))).view(len(data), -1, *data.shape[2:])


def backward(grad: Tensor, data: Tensor, weight: Tensor, wanted: list[bool]) -> list[Tensor | None]:
    """Return the gradients of data and weight that are wanted."""
    grads, images = grad.reshape(*grad.shape[:2], -1), data.reshape(*data.shape[:2], -1)
    filters = weight.reshape(weight.shape[:2])
    into_data = into_weight = None
    if wanted[0]:
        into_data = _product(filters.t(), grads).view(data.shape)
    if wanted[1]:
        if images.shape[2] < _FEW:
            into_weight = _pixels(grads).t() @ _pixels(images)
        else:
            into_weight = torch.zeros_like(filters)
            for one, image in zip(grads, images, strict=True):
                into_weight.addmm_(one, image.t())
        into_weight = into_weight.view(weight.shape)
    return [into_data, into_weight]


def _product(filters: Tensor, images: Tensor) -> Tensor:
    """Return a product (n, filter, pixel) of filters (filter, channel) and each image (n, channel, pixel)."""
    if images.shape[2] >= _FEW:
        return torch.bmm(filters.expand(len(images), -1, -1), images)
    rows = _pixels(images) @ filters.t()
    return rows.view(len(images), images.shape[2], len(filters)).transpose(1, 2).contiguous()


def _pixels(images: Tensor) -> Tensor:
    """Return the pixels of all images as rows of channels."""
    return images.transpose(1, 2).reshape(-1, images.shape[1])
