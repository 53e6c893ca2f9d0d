"""Convolution of images of one pixel by a window of one: a product of two matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["backward", "convolve"]


def convolve(data: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return the convolution of data (n, channel, 1, ...) with weight (filter, channel, 1, ...)."""
    pixels, filters = data.reshape(data.shape[:2]), weight.reshape(weight.shape[:2])
    product = pixels @ filters.t() if bias is None else torch.addmm(bias, pixels, filters.t())
    return product.view(*product.shape, *data.shape[2:])


def backward(grad: Tensor, data: Tensor, weight: Tensor, wanted: list[bool]) -> list[Tensor | None]:
    """Return the gradients of data and weight that are wanted."""
    grads, pixels = grad.reshape(grad.shape[:2]), data.reshape(data.shape[:2])
    into_data = (grads @ weight.reshape(weight.shape[:2])).view(data.shape) if wanted[0] else None
    into_weight = (grads.t() @ pixels).view(weight.shape) if wanted[1] else None
    return [into_data, into_weight]
