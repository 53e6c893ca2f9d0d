"""Windows of which each channel is looked at by itself, by native kernels: convolution, and pooling.

As in :mod:`mxnet.ops.nn.sliding`, images have their channels last in memory.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mxnet.lazy import torch
from mxnet.native import run_shares, threads
from mxnet.native.calling import as_word
from mxnet.ops.nn.direct import PANEL, by_panels
from mxnet.ops.nn.sliding import Sliding
from mxnet.ops.tools.layout import transposed

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Place, Rows

__all__ = ["convolve", "filters_apart", "fits", "has_vectors", "shares_in_rows"]

_ADDRESSES = 5  # words


def has_vectors(sliding: Sliding) -> bool:
    """Whether the kernels take such images: over two axes of space, of whole vectors of channels."""
    return sliding.extents[0] == 1 and sliding.channels % PANEL == 0 and sliding.rows > 0 and by_panels()


def fits(sliding: Sliding) -> bool:
    """Whether each channel has one filter, and their numbers suit the kernel."""
    return sliding.groups == sliding.channels == sliding.filters > 1 and has_vectors(sliding)


def filters_apart(weight: Tensor) -> Tensor:
    """Return filters (channel, 1, h, w) as the kernel reads them: (h * w, channel)."""
    return transposed(weight.contiguous().view(1, len(weight), -1))[0]


def convolve(
    sliding: Sliding, image: Tensor, filters: Tensor, bias: Tensor | None, out: Tensor, *, relu: bool = False
) -> None:
    """Write the convolution with filters apart, with bias added and ReLU applied."""
    words, scratch = _words(sliding, threads(), relu=relu)
    arrays = image, filters, bias, out, torch.empty(scratch, dtype=torch.float32)
    words = words.copy()
    words[:, :_ADDRESSES] += np.array([0 if each is None else each.data_ptr() for each in arrays], np.int64)
    run_shares("convolve_apart", [*words])


def shares_in_rows(
    sliding: Sliding, to: Rows, filters: Place | None = None, *, relu: bool = False, factor: float = 1.0
) -> list[list[Place | float]]:
    """Return the words of each share for rows of data and output; without filters, of pooling."""
    words, scratch = _words(sliding, threads(), relu=relu, factor=factor)
    memory = to.scratch(scratch)
    bias = 0 if filters is None or to.bias is None else to.bias
    arrays = to.data, filters or 0, bias, to.output
    return [[*arrays, memory.at(share[4] // 4), *share[_ADDRESSES:]] for share in words.tolist()]


@functools.lru_cache(maxsize=4096)
def _words(sliding: Sliding, count: int, *, relu: bool, factor: float = 1.0) -> tuple[NDArray[np.int64], int]:
    """Return the words of each share, and how much memory they need; see :mod:`mxnet.ops.nn.direct`."""
    each = 2 * sliding.channels + 4 * math.prod(sliding.kernel)
    each = -(-each // PANEL) * PANEL
    lines = sliding.batch * sliding.places[1]
    shares = min(count, lines)
    words = []
    for i in range(shares):
        first, end = lines * i // shares, lines * (i + 1) // shares
        axes = sliding.kernel, sliding.strides, sliding.pads, sliding.dilates, sliding.places
        window = [number for each_axis in axes for number in each_axis[1:]]
        words.append(
            (
                *(0, 0, 0, 0, 4 * each * i), *sliding.extents[1:], sliding.channels, *window,
                first, end - first, relu, as_word(factor),
            )
        )  # fmt: skip
    return np.array(words, np.int64), each * shares
