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
    images = data.reshape(*data.shape[:2], -1)
    filters = weight.reshape(1, *weight.shape[:2]).expand(len(images), -1, -1)
    result = (
        torch.bmm(filters, images) if bias is None else torch.baddbmm(bias.view(1, -1, 1), filters, images)
    )
    return result.view(len(data), -1, *data.shape[2:])


def backward(grad: Tensor, data: Tensor, weight: Tensor, wanted: list[bool]) -> list[Tensor | None]:
    """Return the gradients of data and weight that are wanted."""
    grads, images = grad.reshape(*grad.shape[:2], -1), data.reshape(*data.shape[:2], -1)
    filters = weight.reshape(weight.shape[:2])
    into_data = into_weight = None
    if wanted[0]:
        into_data = torch.bmm(filters.t().expand(len(images), -1, -1), grads).view(data.shape)
    if wanted[1]:
        if images.shape[2] < _FEW:
            joined = [each.transpose(0, 1).flatten(1) for each in (grads, images)]
            into_weight = joined[0] @ joined[1].t()
        else:
            into_weight = torch.zeros_like(filters)
            for one, image in zip(grads, images, strict=True):
                into_weight.addmm_(one, image.t())
        into_weight = into_weight.view(weight.shape)
    return [into_data, into_weight]
