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
    "spread_rows",
    "weighted_rows",
]

Taps = tuple["Tensor", "Tensor"]
"""Which elements are read, listed along the first axis, and their weights: two tensors of one shape.

Points come last because there are many of them, and torch is fast along long axes.
"""

_FEW = 3  # channels that are read faster one after the other than together
_AT_A_TIME = 1 << 22  # numbers that the gradient of weighted sums spreads out at a time


def between(at: Tensor, extent: int | Tensor) -> Taps:
    """Return the two elements around each position, and their weights; outside, the outermost element."""
    inside = at.clamp(min=0).clamp(max=extent - 1)
    low = inside.detach().floor()
    share = inside - low
    index = torch.stack([low, low + 1]).clamp(max=extent - 1)
    return index.long(), torch.stack([1 - share, share])


def between_or_zero(at: Tensor, extent: int) -> Taps:
    """Return the two elements around each position, and their weights; what lies outside counts as 0."""
    low = at.detach().floor()
    share = at - low
    index = torch.stack([low, low + 1])
    known = (index >= 0) & (index < extent)
    return index.clamp_(0, extent - 1).long(), torch.stack([1 - share, share]) * known


def between_or_none(at: Tensor, extent: int) -> Taps:
    """Return the two elements around each position, and their weights; all positions outside count as 0."""
    index, weight = between(at, extent)
    return index, weight * ((at >= 0) & (at < extent))


def crossed(y: Taps, x: Taps, width: int) -> Taps:
    """Return which elements of an image rows (a, ...) and columns (b, ...) make: (a * b, ...)."""
    index = (y[0] * width).unsqueeze(1) + x[0]
    weight = y[1].unsqueeze(1) * x[1]
    return index.flatten(0, 1), weight.flatten(0, 1)


def pixel_rows(images: Tensor) -> Tensor:
    """Return images (batch, channels, height, width) as rows (batch * height * width, channels)."""
    return images.permute(0, 2, 3, 1).reshape(-1, images.shape[1])


def bilinear(images: Tensor, y: Taps, x: Taps) -> Tensor:
    """Read images (batch, channels, height, width) at points (batch, n): (batch, n, channels)."""
    height, width = images.shape[2:]
    first = torch.arange(len(images), device=images.device).view(-1, 1) * height
    return weighted_rows(pixel_rows(images), *crossed((y[0] + first, y[1]), x, width))


def weighted_rows(rows: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    """Return weighted sums of rows (n, channels): (..., channels) for index and weight (k, ...)."""
    wide = torch.promote_types(rows.dtype, torch.float32)
    sums: Tensor = _weighted_sum().apply(rows.to(wide), index.flatten(1), weight.to(wide).flatten(1))
    return sums.view(*index.shape[1:], rows.shape[1]).to(rows.dtype)


def spread_rows(grad: Tensor, index: Tensor, weight: Tensor, rows: int) -> Tensor:
    """Return the gradient of the rows (rows, channels), given that of their weighted sums (..., channels)."""
    wide = torch.promote_types(grad.dtype, torch.float32)
    flat = grad.to(wide).flatten(0, -2), index.flatten(1), weight.to(wide).flatten(1)
    return _spread(*flat, rows).to(grad.dtype)


def _sum(rows: Tensor, index: Tensor, weight: Tensor) -> Tensor:
    """Return weighted sums (n, channels) of the rows that the index (k, n) says."""
    if rows.shape[1] > _FEW:
        index, weight = index.t().contiguous(), weight.t().contiguous()
        return F.embedding_bag(index, rows, mode="sum", per_sample_weights=weight)
    sums = [
        channel.index_select(0, index.reshape(-1)).view(index.shape).mul_(weight).sum(0)
        for channel in rows.t().contiguous()
    ]
    return torch.stack(sums, 1)


def _spread(grad: Tensor, index: Tensor, weight: Tensor, rows: int) -> Tensor:
    """Add gradients (n, channels) to the rows that the index (k, n) says, in shares of the weight (k, n)."""
    if grad.shape[1] <= _FEW:
        into = [
            grad.new_zeros(rows).scatter_add(0, index.flatten(), (channel * weight).flatten())
            for channel in grad.unbind(1)
        ]
        return torch.stack(into, 1)
    step = max(1, _AT_A_TIME // max(1, grad.numel()))
    sums = grad.new_zeros(rows, grad.shape[1])
    for where, share in zip(torch.split(index, step), torch.split(weight, step), strict=True):
        sums = sums.index_add(0, where.flatten(), (grad * share[..., None]).flatten(0, 1))
    return sums


@functools.cache
def _weighted_sum() -> Any:
    """Return the function behind :func:`weighted_rows`: torch's own, but differentiable to any order."""

    class WeightedSum(torch.autograd.Function):
        @staticmethod
        def forward(rows: Tensor, index: Tensor, weight: Tensor) -> Tensor:
            return _sum(rows, index, weight)

        @staticmethod
        def setup_context(context: Any, inputs: tuple[Tensor, ...], output: Tensor) -> None:  # noqa: ARG004
            context.save_for_backward(*inputs)

        @staticmethod
        def backward(context: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
            rows, index, weight = context.saved_tensors
            into_rows = into_weight = None
            if context.needs_input_grad[0]:
                into_rows = _spread(grad, index, weight, len(rows))
            if context.needs_input_grad[2]:
                step = max(1, _AT_A_TIME // max(1, grad.numel()))
                parts = [(rows[where] * grad).sum(-1) for where in torch.split(index, step)]
                into_weight = torch.cat(parts)
            return into_rows, None, into_weight

    return WeightedSum
