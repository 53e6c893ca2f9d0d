"""Reading images between their elements: weighted sums of a few elements, for many points at once."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from mxnet.lazy import F, torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "between",
    "between_or_none",
    "between_or_zero",
    "bilinear",
    "crossed",
    "pixel_rows",
    "weighted_rows",
]

Taps = tuple["Tensor", "Tensor"]
"""Which elements are read along the last axis, and their weights: two tensors of one shape."""

_AT_A_TIME = 1 << 22  # numbers that the gradient of weighted sums spreads out at a time


def between(at: Tensor, extent: int) -> Taps:
    """Return the two elements around each position, and their weights; outside, the outermost element."""
    inside = at.clamp(0, extent - 1)
    low = inside.detach().floor()
    share = inside - low
    index = torch.stack([low, (low + 1).clamp(max=extent - 1)], -1)
    return index.long(), torch.stack([1 - share, share], -1)


def between_or_zero(at: Tensor, extent: int) -> Taps:
    """Return the two elements around each position, and their weights; what lies outside counts as 0."""
    low = at.detach().floor()
    index = torch.stack([low, low + 1], -1)
    weight = torch.stack([1 - (at - low), at - low], -1)
    known = (index >= 0) & (index < extent)
    return index.clamp(0, extent - 1).long(), torch.where(known, weight, 0)


def between_or_none(at: Tensor, extent: int) -> Taps:
    """Return the two elements around each position, and their weights; all positions outside count as 0."""
    index, weight = between(at, extent)
    return index, weight * ((at >= 0) & (at < extent))[..., None]


def crossed(y: Taps, x: Taps, width: int) -> Taps:
    """Return which elements of an image rows (..., a) and columns (..., b) make: (..., a * b)."""
    index = y[0].unsqueeze(-1) * width + x[0].unsqueeze(-2)
    weight = y[1].unsqueeze(-1) * x[1].unsqueeze(-2)
    return index.flatten(-2), weight.flatten(-2)


def pixel_rows(images: Tensor) -> Tensor:
    """Return images (batch, channels, height, width) as rows (batch * height * width, channels)."""
    return images.permute(0, 2, 3, 1).reshape(-1, images.shape[1])


def bilinear(images: Tensor, y: Taps, x: Taps) -> Tensor:
    """Read images (batch, channels, height, width) at points (batch, n): (batch, n, channels)."""
    height, width = images.shape[2:]
    index, weight = crossed(y, x, width)
    first = torch.arange(len(images), device=images.device).view(-1, 1, 1) * (height * width)
    return weighted_rows(pixel_rows(images), index + first, weight)


def weighted_rows(rows: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    """Return weighted sums of rows (n, channels): (..., channels) for index and weight (..., k)."""
    shape = (*index.shape[:-1], rows.shape[1])
    flat = index.reshape(-1, index.shape[-1]), weight.reshape(-1, index.shape[-1])
    wide = torch.promote_types(rows.dtype, torch.float32)
    sums: Tensor = _weighted_sum().apply(rows.to(wide), flat[0], flat[1].to(wide))
    return sums.view(shape).to(rows.dtype)


@functools.cache
def _weighted_sum() -> Any:
    """Return the function behind :func:`weighted_rows`: torch's own, but differentiable to any order."""

    class WeightedSum(torch.autograd.Function):
        @staticmethod
        def forward(rows: Tensor, index: Tensor, weight: Tensor) -> Tensor:
            return F.embedding_bag(index, rows, mode="sum", per_sample_weights=weight)

        @staticmethod
        def setup_context(context: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:  # noqa: ARG004
            context.save_for_backward(*inputs)

        @staticmethod
        def backward(context: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
            rows, index, weight = context.saved_tensors
            step = max(1, _AT_A_TIME // max(1, grad.numel()))
            into_rows = into_weight = None
            if context.needs_input_grad[0]:
                into_rows = torch.zeros_like(rows)
                for where, share in zip(index.split(step, 1), weight.split(step, 1), strict=True):
                    spread = grad[:, None] * share[..., None]
                    into_rows = into_rows.index_add(0, where.flatten(), spread.flatten(0, 1))
            if context.needs_input_grad[2]:
                parts = [(rows[where] * grad[:, None]).sum(-1) for where in index.split(step, 1)]
                into_weight = torch.cat(parts, 1)
            return into_rows, None, into_weight

    return WeightedSum
