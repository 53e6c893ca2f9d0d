"""A convolution of channels apart and one of pixels behind it, together, by native kernels.

As in :mod:`mxnet.ops.nn.sliding`, images have their channels last in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from mxnet.native import threads
from mxnet.native.loading import address
from mxnet.ops.nn import apart, direct
from mxnet.ops.nn.sliding import Sliding

if TYPE_CHECKING:
    from mxnet.native.rows import Place, Rows

__all__ = ["fits", "shares_in_rows"]

_HEAD = 128  # numbers at the start of scratch memory that the kernel keeps for itself
_BETWEEN = 1 << 16  # numbers between both that stay in cache
_ROWS = 240  # pixels that are enough for the second
_UNEVEN = 1.1  # by how much a share may have more than its part


class _Part(NamedTuple):
    """What one of the two asks of the rows of both."""

    data: Place
    weight: Place
    bias: Place | None
    output: Place
    scratch: Callable[[int], Place]


def fits(channels: Sliding, pixels: Sliding) -> bool:
    """Whether both are done so, as whole lines of images can be shared evenly."""
    lines, count = channels.batch * channels.places[1], threads()
    even = -(-lines // count) * count <= _UNEVEN * lines
    return apart.fits(channels) and pixels.takes_pixels and even and direct.shares_rows(pixels, count)


def shares_in_rows(
    channels: Sliding,
    pixels: Sliding,
    to: Rows,
    addend: Place | None,
    *,
    relus: tuple[bool, bool],
    limits: tuple[float, ...],
) -> list[list[Place | float]]:
    """Return the words of each share; between both there are limits, if any."""
    lines = -(-channels.batch * channels.places[1] // threads())
    width = channels.places[2]
    room = max(min(_ROWS, _BETWEEN // channels.channels) // width, 1)
    at_once = -(-lines // -(-lines // room))
    each = _HEAD + at_once * width * channels.channels
    memory = to.scratch(each * threads())
    between = memory.at(_HEAD)
    first: Any = _Part(to.data, to.depth_weight, to.depth_bias, between, to.scratch)
    second: Any = _Part(between, to.weight, to.bias, to.output, to.scratch)
    kernels = [address(name) or to.decline() for name in ("convolve_apart", "convolve_directly")]
    return [
        [
            memory.at(each * i), *kernels, width, channels.channels, at_once,
            bool(limits), *(map(float, limits or (0, 0))), *words, *more,
        ]
        for i, (words, more) in enumerate(
            zip(
                apart.shares_in_rows(channels, first, first.weight, relu=relus[0]),
                direct.shares_in_rows(pixels, second, addend, relu=relus[1]),
                strict=True,
            )
        )
    ]  # fmt: skip
