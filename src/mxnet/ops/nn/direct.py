"""Convolution as it is defined, by native kernels: windows times filters that lie in panels.

As in :mod:`mxnet.ops.nn.sliding`, images have their channels last in memory.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mxnet.lazy import F, torch
from mxnet.native import run_shares, threads
from mxnet.ops.nn.sliding import Sliding
from mxnet.ops.tools.layout import channels_last, transposed

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Place, Rows

__all__ = [
    "PANEL",
    "by_panels",
    "columns_in_panels",
    "convolve",
    "elements",
    "fits",
    "in_panels",
    "shares_in_rows",
    "shares_rows",
]

PANEL = 16  # columns of a matrix that lie side by side
_SPARE = 96  # numbers at the start of scratch memory that kernels keep for themselves
_BLOCK = 240  # rows that stay in cache while all filters are multiplied with them
_TABLE = 1 << 16  # places in a table of elements, at most
_LEAST = 48  # rows of a share: with fewer, shares are filters
_ADDRESSES = 6  # words
_FEW = 8  # channels below which lines of windows are better elements than pixels
_LARGEST = 1 << 22  # numbers of an image that is copied


def by_panels() -> bool:
    """Whether our own products, of vectors of 8 numbers, are faster than the library's."""
    return torch.backends.cpu.get_cpu_capability() == "AVX2"


def fits(sliding: Sliding) -> bool:
    """Whether filters see all channels, and there are enough of them and of windows."""
    return sliding.groups == 1 and by_panels() and 0 not in (sliding.rows, sliding.size, sliding.filters)


def elements(sliding: Sliding) -> int:
    """Return of how many elements a window consists, which are stretches of memory: pixels, or lines."""
    return math.prod(sliding.kernel) // (sliding.kernel[2] if _surrounded(sliding) else 1)


def _surrounded(sliding: Sliding) -> int:
    """Return how many numbers an image has with the zeros around it, if it is to be copied so; else 0."""
    height, width = (n + 2 * pad for n, pad in zip(sliding.extents[1:], sliding.pads[1:], strict=True))
    is_flat = sliding.extents[0] == sliding.kernel[0] == 1 and not sliding.pads[0]
    size = height * width * sliding.channels
    by_lines = is_flat and sliding.channels < _FEW and sliding.dilates[2] == 1 < sliding.kernel[2]
    return size if by_lines and sliding.dilates[1] == 1 and size <= _LARGEST else 0


def in_panels(weight: Tensor) -> Tensor:
    """Return filters (filter, channel, *kernel) as a matrix (*kernel and channel; filter) in panels.

    There need not be a kernel. The shape is (panel, row, column); what the last panel has too many of is 0.
    """
    matrix = channels_last(weight).movedim(1, -1).reshape(len(weight), -1)
    if len(matrix) % PANEL:
        matrix = F.pad(matrix, (0, 0, 0, -len(matrix) % PANEL))
    return transposed(matrix.view(-1, PANEL, matrix.shape[1]))


def columns_in_panels(matrix: Tensor) -> Tensor:
    """Return a matrix in panels: its rows are those of a panel, as they are."""
    if matrix.shape[1] % PANEL:
        matrix = F.pad(matrix, (0, -matrix.shape[1] % PANEL))
    return matrix.reshape(len(matrix), -1, PANEL).transpose(0, 1).contiguous()


def turns(sliding: Sliding) -> bool:
    """Whether the gradient of the image is such a convolution, too: of single pixels."""
    return sliding.takes_pixels and sliding.channels % PANEL == 0


def spread(sliding: Sliding, grad: Tensor, weight: Tensor, image: Tensor) -> None:
    """Write the gradient of the image into it; filters (filter, channel, 1, ...) lie as users see them."""
    panels = weight.reshape(sliding.filters, -1, PANEL).transpose(0, 1).contiguous()
    back = sliding._replace(channels=sliding.filters, filters=sliding.channels)
    convolve(back, grad, panels, None, image)


def convolve(
    sliding: Sliding,
    image: Tensor,
    panels: Tensor,
    bias: Tensor | None,
    out: Tensor,
    addend: Tensor | None = None,
    *,
    relu: bool = False,
) -> None:
    """Write the convolution, with bias and addend added, and ReLU applied; `out` may be the addend."""
    arrays = image, panels, bias, addend, out
    steps = _step(out), 0 if addend is None else _step(addend)
    words, scratch = _words(sliding, threads(), steps, relu=relu)
    memory = torch.empty(scratch, dtype=torch.float32)
    addresses = [0 if array is None else array.data_ptr() for array in (*arrays, memory)]
    words = words.copy()
    words[:, :_ADDRESSES] += np.array(addresses, np.int64)
    for word, array in enumerate(arrays):
        if array is None:
            words[:, word] = 0
    run_shares("convolve_directly", [*words])


def shares_in_rows(
    sliding: Sliding,
    to: Rows,
    addend: Place | None = None,
    *,
    relu: bool,
) -> list[list[Place | float]]:
    """Return the words of each share for rows of data, weight, bias, output and addend."""
    steps = sliding.filters, 0 if addend is None else sliding.filters
    words, scratch = _words(sliding, threads(), steps, relu=relu)
    arrays = to.data, to.weight, to.bias, addend, to.output, to.scratch(scratch)
    return [
        [
            *(
                0 if array is None else array.at(offset // 4)
                for array, offset in zip(arrays, share, strict=False)
            ),
            *share[_ADDRESSES:],
        ]
        for share in words.tolist()
    ]


def shares_rows(sliding: Sliding, count: int) -> bool:
    """Whether so many shares are rows of the result, as these are enough; otherwise they are filters."""
    return sliding.rows >= count * _LEAST


def _step(images: Tensor) -> int:
    """Return how many numbers from a pixel the next one is."""
    for axis in (*reversed(range(2, images.dim())), 0):
        if images.shape[axis] > 1:
            return images.stride(axis)
    return images.shape[1]


@functools.lru_cache(maxsize=4096)
def _words(
    sliding: Sliding, count: int, steps: tuple[int, int], *, relu: bool
) -> tuple[NDArray[np.int64], int]:
    """Return the words of each share, with offsets in the place of addresses, and how much memory they need.

    Steps are the numbers from a pixel to the next one, of output and addend.
    """
    parts, copied = elements(sliding), _surrounded(sliding)
    block = min(max(_TABLE // parts, 6), _BLOCK, sliding.rows)
    each = _SPARE + 2 * block * parts + max(sliding.size // parts, PANEL) + copied
    each = -(-each // PANEL) * PANEL
    panels = -(-sliding.filters // PANEL)
    by_rows = shares_rows(sliding, count)
    units = sliding.rows if by_rows else panels
    shares = min(count, units)
    words = []
    for i in range(shares):
        first, end = units * i // shares, units * (i + 1) // shares
        rows = (first, end - first) if by_rows else (0, sliding.rows)
        begin, stop = (0, sliding.filters) if by_rows else (PANEL * first, min(PANEL * end, sliding.filters))
        words.append(
            (
                0, 4 * begin * sliding.size, 4 * begin, 4 * begin, 4 * begin, 4 * each * i,
                *sliding.extents, sliding.channels, *sliding.kernel, *sliding.strides, *sliding.pads,
                *sliding.dilates, *sliding.places, stop - begin, *(4 * step for step in steps), *rows, block,
                relu, sliding.takes_pixels, bool(copied),
            )
        )  # fmt: skip
    return np.array(words, np.int64), each * shares
