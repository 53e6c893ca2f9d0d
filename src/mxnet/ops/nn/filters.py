"""What convolutions with the channels first say in rows of their filters, beside what computes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mxnet.native import threads

if TYPE_CHECKING:
    from mxnet.native.rows import Place, Rows
    from mxnet.ops.nn.sliding import Sliding

__all__ = ["add_filters", "sum_planes", "turned_filters"]

_MANY = 1 << 14  # numbers that are worth another share


def turned_filters(to: Rows, sliding: Sliding, weight: Place, order: Sequence[Sequence[int]]) -> Place:
    """Return filters in scratch memory with channels before filters, some elements of the window together.

    Parameters
    ----------
    to : Rows
        The rows that do so are added here.
    sliding : Sliding
        What the filters are those of.
    weight : Place
        They, as users see them.
    order : sequence of sequence of int
        The elements of each part, by number; all parts lie one after another.
    """
    channels, filters = sliding.channels // sliding.groups, sliding.filters // sliding.groups
    turned = to.scratch(sliding.channels * filters * sum(map(len, order)))
    parts = [number for each in order for number in (len(each), *each)]
    sizes = sliding.groups, filters, channels, sliding.size // channels
    to.shares(
        "turn_filters",
        [
            [weight, turned, *sizes, *share, len(order), *parts]
            for share in _divided(sliding.channels, turned.size)
        ],
    )
    return turned


def add_filters(to: Rows, sliding: Sliding, parts: Place, count: int, elements: int, weight: Place) -> None:
    """Add the row that adds up so many parts of a gradient of filters, which have more elements than it."""
    sizes = count, sliding.filters * elements, elements, sliding.size
    to.shares(
        "add_filters",
        [[parts, weight, *sizes, *share] for share in _divided(sliding.filters, count * sizes[1])],
    )


def sum_planes(to: Rows, images: Place, sums: Place) -> None:
    """Add the row that adds up the pixels of each channel: the gradient of a bias."""
    batch, channels = images.shape[:2]
    pixels = images.size // (batch * channels)
    to.shares(
        "sum_planes",
        [[images, sums, batch, channels, pixels, *share] for share in _divided(channels, images.size)],
    )


def _divided(units: int, numbers: int) -> list[tuple[int, int]]:
    """Return from which unit to before which each share goes."""
    shares = max(min(threads(), units, numbers // _MANY), 1)
    return [(units * i // shares, units * (i + 1) // shares) for i in range(shares)]
