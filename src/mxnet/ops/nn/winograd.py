"""Convolution by Winograd's minimal filtering, by native kernels: 3 by 3 windows that move by single pixels.

As in :mod:`mxnet.ops.nn.sliding`, images have their channels last in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mxnet.lazy import torch
from mxnet.native import run_shares, sgemm, threads
from mxnet.ops.nn.direct import PANEL, by_panels
from mxnet.ops.nn.sliding import Sliding
from mxnet.ops.tools.keeping import kept
from mxnet.ops.tools.layout import transposed

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Place, Rows

__all__ = ["BLOCK", "Winograd", "fits"]

_HEAD = 240  # numbers at the start of scratch memory that kernels keep for themselves
_GAP = 16
BLOCK = 128  # tiles that are done at a time
_TRANSFORMS = {
    2: ((1, 0, 0), (0.5, 0.5, 0.5), (0.5, -0.5, 0.5), (0, 0, 1)),
    4: (
        (1 / 4, 0, 0),
        (-1 / 6, -1 / 6, -1 / 6),
        (-1 / 6, 1 / 6, -1 / 6),
        (1 / 24, 1 / 12, 1 / 6),
        (1 / 24, -1 / 12, 1 / 6),
        (0, 0, 1),
    ),
}


def fits(sliding: Sliding) -> bool:
    """Whether filters slide so that this is the same convolution, and their numbers suit the kernels."""
    return (
        sliding.kernel == (1, 3, 3)
        and sliding.strides == sliding.dilates == (1, 1, 1)
        and sliding.extents[0] == sliding.groups == 1
        and max(sliding.pads) <= 2
        and sliding.channels % PANEL == sliding.filters % PANEL == 0
    )


class Winograd(NamedTuple):
    """How it is done.

    Attributes
    ----------
    sliding : Sliding
        How filters slide.
    tile : int
        How many pixels a side an output tile has, 2 or 4. Two lose nothing against the direct way, four about
        a digit; a pixel that is 10^6 times its neighbours costs its tile these digits, NaN and Inf fill it.
    """

    sliding: Sliding
    tile: int

    @property
    def elements(self) -> int:
        """How many elements an input tile has."""
        return (self.tile + 2) ** 2

    @property
    def tiles(self) -> int:
        """How many tiles the output has."""
        return self.sliding.batch * int(np.prod([-(-n // self.tile) for n in self.sliding.places]))

    @staticmethod
    def transformed(weight: Tensor, tile: int, *, turned: bool = False) -> Tensor:
        """Return filters transformed for such tiles (element, filter, channel), in panels where these pay.

        Turned, they make of the gradient of the output that of the image.
        """
        transform = _transform(tile)
        elements = _elements_in_panels(weight, turned=turned) if by_panels() else _elements(weight)
        made = (transform.flip(1) if turned else transform) @ elements
        return made.view(len(transform), *weight.shape[:2])

    def multiply(
        self, image: Tensor, filters: Tensor, bias: Tensor | None, out: Tensor, *, relu: bool = False
    ) -> None:
        """Write the convolution with transformed filters."""
        s, bias = self.sliding, None if bias is None else bias.contiguous()
        self._run(
            "winograd", image, filters, bias, out, s.pads, s.extents, s.places, s.channels, s.filters, relu
        )

    def spread(self, grad: Tensor, filters: Tensor, image: Tensor) -> None:
        """Write the gradient of the image, with turned filters."""
        s = self.sliding
        pads = tuple(2 - pad for pad in s.pads)
        whole = self._replace(sliding=s._replace(places=s.extents))
        whole._run(
            "winograd", grad, filters, None, image, pads, s.places, s.extents, s.filters, s.channels,
            transposed=True,
        )  # fmt: skip

    def collect(self, image: Tensor, grad: Tensor, weight: Tensor) -> None:
        """Write the gradient of the filters into `weight`, which lies as users see it."""
        s = self.sliding
        shape = (self.elements, s.filters, s.channels)
        parts = [torch.empty(shape, dtype=torch.float32) for _ in self._shares()]
        self._run(
            "winograd_filters", image, parts, None, grad, s.pads, s.extents, s.places, s.channels, s.filters
        )
        for part in parts[1:]:
            parts[0].add_(part)
        elements = _transform(self.tile).t() @ parts[0].view(self.elements, -1)
        transposed(elements.unsqueeze(0), weight.view(1, -1, 9))

    def _shares(self) -> Iterator[tuple[int, int]]:
        """Yield the first tile of each share, and how many there are."""
        shares = max(min(threads(), self.tiles // 16), 1)
        for i in range(shares):
            first = self.tiles * i // shares
            yield first, self.tiles * (i + 1) // shares - first

    def _run(
        self,
        kernel: str,
        image: Tensor,
        filters: Tensor | list[Tensor],
        bias: Tensor | None,
        out: Tensor,
        pads: tuple[int, ...],
        extents: tuple[int, ...],
        places: tuple[int, ...],
        channels: int,
        count: int,
        relu: bool = False,
        *,
        transposed: bool = False,
    ) -> None:
        scratch, shares = self._share_words(
            pads, extents, places, channels, count, relu, transposed=transposed
        )
        memory = torch.empty((len(shares), scratch), dtype=torch.float32)
        words = []
        for i, share in enumerate(shares):
            weight = filters[i] if isinstance(filters, list) else filters
            arrays = (image, weight, bias, out, memory[i])
            words.append((*(0 if each is None else each.data_ptr() for each in arrays), *share))
        run_shares(kernel, words)

    def shares_in_rows(self, to: Rows, *, relu: bool) -> list[list[Place | float]]:
        """Return the words of each share for rows of data, transformed weight, bias and output."""
        s = self.sliding
        scratch, shares = self._share_words(s.pads, s.extents, s.places, s.channels, s.filters, relu)
        bias = 0 if to.bias is None else to.bias
        return [[to.data, to.weight, bias, to.output, to.scratch(scratch), *share] for share in shares]

    def _share_words(
        self,
        pads: tuple[int, ...],
        extents: tuple[int, ...],
        places: tuple[int, ...],
        channels: int,
        count: int,
        relu: bool,
        *,
        transposed: bool = False,
    ) -> tuple[int, list[tuple[int, ...]]]:
        """Return how much memory a share needs, and of each the words behind its addresses."""
        shares = list(self._shares())
        block = min(BLOCK, max(size for _, size in shares))
        each = _HEAD + 8 * block + 2 * max(channels, count) + count
        each += self.elements * (block * (channels + count) + 2 * _GAP)
        each = -(-each // 16) * 16
        down, across = (-(-n // self.tile) for n in places[1:])
        words = []
        for first, size in shares:
            line, x = divmod(first, across)
            number, y = divmod(line, down)
            geometry = (*extents[1:], channels, count, *pads[1:], *places[1:], down, across)
            tiles = (self.tile + 2, block, size, number, y, x)
            words.append((sgemm() or 0, *geometry, *tiles, relu, transposed, by_panels()))
        return each, words


@kept
def _transform(tile: int) -> Tensor:
    """Return the matrix (elements of a tile, 9) that transforms filters."""
    one = torch.tensor(_TRANSFORMS[tile], dtype=torch.float64)
    return torch.kron(one, one).to(torch.float32)


def _elements(weight: Tensor) -> Tensor:
    """Return filters as a matrix (9, filter * channel)."""
    return transposed(weight.contiguous().view(1, -1, 9))[0]


def _elements_in_panels(weight: Tensor, *, turned: bool) -> Tensor:
    """Return filters as 9 matrices in panels: (channel, filter), or (filter, channel) if turned."""
    filters, channels = weight.shape[:2]
    if turned:
        parts = transposed(weight.contiguous().view(-1, PANEL, 9))  # (filter, panel; element, channel)
        order = parts.view(filters, -1, 9, PANEL).permute(2, 1, 0, 3)
    else:
        parts = transposed(weight.contiguous().view(-1, PANEL, channels * 9))
        order = parts.view(-1, channels, 9, PANEL).permute(2, 0, 1, 3)
    return order.reshape(9, -1)
