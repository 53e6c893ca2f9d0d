"""Convolution by native kernels: windows are gathered as rows, and multiplied by torch's own product.

Nothing here knows operators. Images have their channels last in memory, and so have filters; torch's axes
stay in the order (n, channel, *space).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mxnet.lazy import torch
from mxnet.native import find, run_shares, sgemm, threads

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Sliding", "are_there"]

_HEAD = 64  # numbers at the start of scratch memory that kernels keep for themselves
_BLOCK = 1 << 17  # gathered numbers that stay in cache until they are multiplied
_OF_FILTERS = 1 << 16  # ... for the gradient of filters, which is in cache as well
_LEAST, _MOST = 64, 512  # rows: products of fewer are slow, and those of more no faster


def are_there() -> bool:
    """Whether there are such kernels on this machine."""
    return sgemm() is not None and find("convolve") is not None


class Sliding(NamedTuple):
    """How filters slide over an image; tuples have an entry for each of three axes of space.

    Attributes
    ----------
    batch, channels, filters, groups : int
        Images, their channels, the filters, and into how many groups both are divided.
    extents, kernel, strides, pads, dilates, places : tuple of int
        The extents of an image and of the window, how it moves, and in how many places it stops.
    """

    batch: int
    channels: int
    filters: int
    groups: int
    extents: tuple[int, ...]
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    pads: tuple[int, ...]
    dilates: tuple[int, ...]
    places: tuple[int, ...]

    @classmethod
    def over(
        cls,
        image: Sequence[int],
        filters: int,
        groups: int,
        windows: Sequence[tuple[int, int, int, int]],
        places: Sequence[int],
    ) -> Sliding:
        """Return it for an image (n, channel, *space); windows are kernel, stride, pad, dilation by axis."""
        missing = 3 - len(windows)
        kernel, strides, pads, dilates = zip(*[(1, 1, 0, 1)] * missing, *windows, strict=True)
        ones = (1,) * missing
        return cls(
            image[0], image[1], filters, groups, (*ones, *image[2:]), kernel, strides, pads, dilates,
            (*ones, *places),
        )  # fmt: skip

    @property
    def rows(self) -> int:
        """How many windows there are."""
        return self.batch * math.prod(self.places)

    @property
    def size(self) -> int:
        """How many numbers a filter has."""
        return math.prod(self.kernel) * self.channels // self.groups

    @property
    def takes_pixels(self) -> bool:
        """Whether windows are the pixels of the image, one after the other."""
        return self.groups == 1 and self.kernel == self.strides == (1, 1, 1) and not any(self.pads)

    @property
    def pieces(self) -> int:
        """How many stretches of memory are gathered."""
        lines = self.rows * self.kernel[0] * self.kernel[1]
        return lines if self.groups == 1 == self.dilates[2] else lines * self.kernel[2] * self.groups

    def multiply(
        self,
        image: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        out: Tensor,
        addend: Tensor | None = None,
        *,
        relu: bool = False,
    ) -> None:
        """Write the convolution, with bias and addend added, and ReLU applied; `out` may be the addend."""
        scratch, step = self._scratch(), 4 * self.filters
        bias = None if bias is None else bias.contiguous()
        run_shares(
            "convolve",
            [
                self._words(image, weight, bias, out.data_ptr() + first * step, scratch[i], first, count,
                            0 if addend is None else addend.data_ptr() + first * step, relu=relu)
                for i, (first, count) in enumerate(self._shares(self._block()))
            ],
        )  # fmt: skip

    def spread(self, grad: Tensor, weight: Tensor, image: Tensor) -> None:
        """Write the gradient of the image into it: what each window's gradient says, added up."""
        image.zero_()
        scratch, step = self._scratch(), 4 * self.filters
        run_shares(
            "convolve_back",
            [
                self._words(image, weight, None, grad.data_ptr() + first * step, scratch[i], first, count)
                for i, (first, count) in enumerate(self._shares(math.prod(self.places)))
            ],
        )

    def collect(self, image: Tensor, grad: Tensor, weight: Tensor) -> None:
        """Write the gradient of the filters into `weight`."""
        block = self._block(_OF_FILTERS)
        shares, scratch, step = list(self._shares(block)), self._scratch(), 4 * self.filters
        parts = [weight, *(torch.empty_like(weight) for _ in shares[1:])]
        run_shares(
            "convolve_filters",
            [
                self._words(
                    image, part, None, grad.data_ptr() + first * step, scratch[i], first, count, block=block
                )
                for i, (part, (first, count)) in enumerate(zip(parts, shares, strict=True))
            ],
        )
        for part in parts[1:]:
            weight.add_(part)

    def _block(self, numbers: int = _BLOCK) -> int:
        return min(max(numbers // self.size, _LEAST), _MOST)

    def _scratch(self) -> Tensor:
        """Return memory for each share."""
        each = _HEAD if self.takes_pixels else _HEAD + -(-self._block() * self.size // 16) * 16
        return torch.empty((threads(), each), dtype=torch.float32)

    def _shares(self, unit: int) -> Iterator[tuple[int, int]]:
        """Yield the first window of each share, and how many there are: whole units, but at the end."""
        units = -(-self.rows // unit)
        shares = min(threads(), units)
        for i in range(shares):
            first, end = units * i // shares * unit, min(units * (i + 1) // shares * unit, self.rows)
            yield first, end - first

    def _words(
        self,
        image: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        out: int,
        scratch: Tensor,
        first: int,
        count: int,
        addend: int = 0,
        *,
        relu: bool = False,
        block: int | None = None,
    ) -> tuple[int, ...]:
        """Return the words of a share, in the order that the kernels know."""
        (_, height, width), at = self.places, first
        image_at = image.data_ptr()
        start: list[int] = []
        for extent in (width, height, self.places[0]):
            at, place = divmod(at, extent)
            start.insert(0, place)
        if self.takes_pixels:  # which are counted from the first
            image_at += 4 * first * self.channels
        return (
            image_at,
            weight.data_ptr(),
            0 if bias is None else bias.data_ptr(),
            addend,
            out,
            scratch.data_ptr(),
            sgemm() or 0,
            *self.extents,
            self.channels,
            self.channels // self.groups,
            *self.kernel,
            *self.strides,
            *self.pads,
            *self.dilates,
            *self.places,
            self.filters,
            self.filters // self.groups,
            self.groups,
            count,
            block or self._block(),
            at,
            *start,
            relu,
            self.takes_pixels,
        )
