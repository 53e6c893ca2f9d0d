"""Gradients of two bits for each number: what is taken of what is left to send, and how it is packed."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from mxnet.lazy import torch

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["packed", "packed_size", "take_codes", "unpacked"]

_IN_A_BYTE = 4


def take_codes(left: Tensor, threshold: float) -> Tensor:
    """Return -1, 0 or 1 for each number, how often the threshold is sent of it; what is left stays.

    Examples
    --------
    >>> import torch
    >>> left = torch.tensor([0.75, -0.25, -2.0])
    >>> take_codes(left, 0.5).tolist()
    [1, 0, -1]
    >>> left.tolist()
    [0.25, -0.25, -1.5]
    """
    codes = (left >= threshold).to(torch.int8) - (left <= -threshold).to(torch.int8)
    left.sub_(codes, alpha=threshold)
    return codes


def packed_size(count: int) -> int:
    """Return how many bytes that many codes take."""
    return -(-count // _IN_A_BYTE)


def packed(codes: Tensor) -> Tensor:
    """Return codes as bytes, four in each.

    Examples
    --------
    >>> import torch
    >>> codes = torch.tensor([1, 0, -1, 1, -1], dtype=torch.int8)
    >>> len(packed(codes)), unpacked(packed(codes), 5).tolist()
    (2, [1.0, 0.0, -1.0, 1.0, -1.0])
    """
    quads = torch.zeros(packed_size(len(codes)) * _IN_A_BYTE, dtype=torch.int8, device=codes.device)
    torch.add(codes, 1, out=quads[: len(codes)])
    bits = quads.view(torch.int32)  # two in each of its bytes: they move together into the lowest one
    return (bits | bits >> 6 | bits >> 12 | bits >> 18).to(torch.uint8)


def unpacked(data: Tensor, count: int) -> Tensor:
    """Return the first `count` codes in bytes that `packed` made, as numbers of single precision."""
    codes = _codes_of_bytes().to(data.device).index_select(0, data.int())
    return codes.view(-1)[:count]


@functools.cache
def _codes_of_bytes() -> Tensor:
    places = torch.arange(_IN_A_BYTE) * 2
    return ((torch.arange(256)[:, None] >> places & 3) - 1).float()
