"""Which kernels compute a convolution: a model of what each costs, so that two runs compute alike.

The rates were measured on a core each (AMD EPYC with AVX2, Intel Sapphire Rapids with AVX-512), with torch
2.13 and oneDNN 3.12; what counts is their proportion. Processors of other kinds keep torch's kernels.
"""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

from mxnet.config import knob
from mxnet.lazy import torch
from mxnet.ops.nn import apart, direct
from mxnet.ops.nn.convolution_tuning import PANELS, PRODUCT, Part, fastest
from mxnet.ops.nn.sliding import Sliding, are_there
from mxnet.ops.nn.winograd import BLOCK, Winograd, fits

__all__ = [
    "Part",
    "at_edges",
    "channels_last",
    "in_rows",
    "multiplies",
    "packs_panels",
    "takes_panels",
    "winograd_tile",
]


class _Rates(NamedTuple):
    """Thousands of multiplications and additions in a microsecond, for what is computed in this order."""

    output: float
    image: float
    filters: float


class _Processor(NamedTuple):
    """What kernels do on a kind of processor.

    Attributes
    ----------
    product : float
        The rate of products of matrices.
    many, few, one : _Rates
        Those of oneDNN's convolutions with at least 8 channels in a group, with fewer, and with one.
    volumes : _Rates
        Those of any with three axes of space.
    call : float
        What a call of oneDNN's takes, in microseconds, beside the order of the filters.
    tiles : float
        The rate of products of Winograd's way.
    panels : float
        That of our own products, with filters in panels; 0 where the library's are faster.
    tiled, read : float
        Of that, the microseconds to transform a million numbers, and to read those of filters.
    """

    product: float
    many: _Rates
    few: _Rates
    one: _Rates
    volumes: _Rates
    call: float
    tiles: float
    panels: float
    tiled: float
    read: float


_PROCESSORS = {
    "AVX2": _Processor(
        product=72,
        many=_Rates(82, 72, 35),
        few=_Rates(45, 18, 25),
        one=_Rates(25, 18, 7),
        volumes=_Rates(12, 12, 20),
        call=30,
        tiles=82,
        panels=88,
        tiled=290,
        read=300,
    ),
    "AVX512": _Processor(
        product=150,
        many=_Rates(155, 150, 130),
        few=_Rates(150, 60, 100),
        one=_Rates(50, 36, 36),
        volumes=_Rates(120, 100, 100),
        call=30,
        tiles=150,
        panels=0,
        tiled=200,
        read=330,
    ),
}

# Microseconds that native kernels take for a million numbers gathered, pieces gathered, and results written.
_GATHERED, _PIECE, _RESULT = 700, 10_000, 500
_LISTED = 3_000  # ... and for a million pieces the places of which are listed
_FILTER = 200  # ... and oneDNN to bring a million numbers of filters into its own order
_HOLES = _Rates(30, 2, 1)  # oneDNN's rates for channels apart where windows have holes
_LANES = 8
_ELEMENT = 2  # multiplications that could be done while a tile goes on to the next element of its windows
_ROWS = 16  # below which oneDNN is slow also with filters in its order
_APART = 35  # the rate of kernels that look at channels apart
_SURE = 0.95  # by how much another way has to be cheaper than oneDNN's


def multiplies(sliding: Sliding, part: Part, *, packed: bool = False) -> bool:
    """Whether native kernels, which gather and multiply, are to compute this part of a convolution.

    `packed` if oneDNN would find the filters in its own order.
    """
    processor = _processor()
    if processor is None or 0 in (sliding.rows, sliding.size):
        return False
    if knob("MXNET_CONVOLUTION_TUNE"):
        return fastest(sliding, part, (), packed=packed) == PRODUCT
    return _multiplies(sliding, part, processor, packed=packed)


@functools.cache
def _multiplies(sliding: Sliding, part: Part, processor: _Processor, *, packed: bool) -> bool:
    return _native(sliding, processor) < _SURE * _onednn(sliding, part, processor, packed=packed)


def takes_panels(sliding: Sliding) -> bool:
    """Whether our own products compute a convolution the fastest, of filters that are prepared for them.

    :func:`winograd_tile` is to be asked before.
    """
    processor = _processor()
    if processor is None or not (processor.panels and direct.fits(sliding)):
        return False
    if knob("MXNET_CONVOLUTION_TUNE"):
        return fastest(sliding, "output", (), packed=True) == PANELS
    library = _native(sliding, processor) + processor.call  # the others are called from Python
    return _direct(sliding, processor) < min(library, _onednn(sliding, "output", processor, packed=True))


def packs_panels(sliding: Sliding, part: Part) -> bool:
    """Whether our own products compute a part of a convolution the fastest, filters prepared on the way."""
    processor = _processor()
    if processor is None or not (processor.panels and direct.fits(sliding)) or knob("MXNET_CONVOLUTION_TUNE"):
        return False
    if part == "filters" or (part == "image" and not direct.turns(sliding)):
        return False
    packed = _direct(sliding, processor) + sliding.filters * sliding.size * _FILTER / 1e6
    return packed < min(_native(sliding, processor), _onednn(sliding, part, processor, packed=False))


def winograd_tile(sliding: Sliding, part: Part, *, is_train: bool) -> int:
    """Return the side of the tiles by which Winograd's way is the fastest one, 0 if others are faster.

    ``MXNET_WINOGRAD`` says which there may be. By default training goes forward with those of 2, which lose
    no digits: where a unit of ReLU flips, all gradients behind it change.
    """
    processor = _processor()
    if processor is None or not fits(sliding) or 0 in (sliding.rows, sliding.size):
        return 0
    choice = knob("MXNET_WINOGRAD")
    tiles: tuple[int, ...] = (2,) if is_train and part == "output" else (2, 4)
    if choice != "auto":
        tiles = (int(choice),) if int(choice) else ()
    if knob("MXNET_CONVOLUTION_TUNE"):
        way = fastest(sliding, part, tiles, packed=not is_train)
        return int(way) if way.isdigit() else 0
    costs = {tile: _winograd(Winograd(sliding, tile), processor, is_train=is_train) for tile in tiles}
    others = [_native(sliding, processor), _onednn(sliding, part, processor, packed=not is_train)]
    if not is_train and processor.panels and direct.fits(sliding):
        others.append(_direct(sliding, processor))
    costs[0] = _SURE * min(others)
    return min(costs, key=lambda tile: costs[tile])


def channels_last(sliding: Sliding, part: Part, *, is_train: bool) -> float | None:
    """Return the microseconds of the fastest way with the channels last; None if it is not known."""
    processor = _processor()
    if processor is None or 0 in (sliding.rows, sliding.size):
        return None
    costs = [_native(sliding, processor), _onednn(sliding, part, processor, packed=not is_train)]
    if not is_train and processor.panels and direct.fits(sliding):
        costs.append(_direct(sliding, processor))
    if tile := winograd_tile(sliding, part, is_train=is_train):
        costs.append(_winograd(Winograd(sliding, tile), processor, is_train=is_train))
    if not is_train and apart.fits(sliding):
        costs.append(2 * sliding.rows * sliding.size * sliding.filters / _APART / 1e3)
    return min(costs)


def in_rows(sliding: Sliding) -> float | None:
    """Return the microseconds of products of gathered windows; None if they are not known."""
    processor = _processor()
    return None if processor is None else _native(sliding, processor)


def at_edges(sliding: Sliding) -> float:
    """Return how many times as long oneDNN takes for the gradient of an image as its windows tell.

    It looks at all pixels alike, also at those near the edges, which fewer windows see.
    """
    axes = zip(sliding.extents, sliding.places, sliding.strides, strict=True)
    return math.sqrt(math.prod(max(1.0, n / (places * step)) for n, places, step in axes))


def _winograd(way: Winograd, processor: _Processor, *, is_train: bool) -> float:
    """Return its microseconds, for any part; in training filters are transformed in every step."""
    filters = way.sliding.filters * way.sliding.channels
    multiplied = way.elements * way.tiles * filters
    transformed = way.elements * way.tiles * (way.sliding.filters + way.sliding.channels)
    read = way.elements * filters * (-(-way.tiles // BLOCK) + (2 if is_train else 0))
    return (
        2 * multiplied / processor.tiles / 1e3 + (transformed * processor.tiled + read * processor.read) / 1e6
    )


@functools.cache
def _processor() -> _Processor | None:
    return _PROCESSORS.get(torch.backends.cpu.get_cpu_capability()) if are_there() else None


def _native(sliding: Sliding, processor: _Processor) -> float:
    """Return the microseconds of native kernels, for any part."""
    each = sliding.filters // sliding.groups
    multiplied = sliding.rows * sliding.size * -(-each // _LANES) * _LANES * sliding.groups
    gathered = 0.0
    if not sliding.takes_pixels:
        numbers = sliding.rows * sliding.size * sliding.groups
        gathered = (numbers * _GATHERED + sliding.pieces * _PIECE) / 1e6
    return (
        2 * multiplied / processor.product / 1e3 + gathered + sliding.rows * sliding.filters * _RESULT / 1e6
    )


def _direct(sliding: Sliding, processor: _Processor) -> float:
    """Return the microseconds of our own products of windows with filters in panels."""
    filters = -(-sliding.filters // direct.PANEL) * direct.PANEL
    elements = direct.elements(sliding)
    multiplied = sliding.rows * (sliding.size + _ELEMENT * elements) * filters
    return 2 * multiplied / processor.panels / 1e3 + sliding.rows * elements * _LISTED / 1e6


def _onednn(sliding: Sliding, part: Part, processor: _Processor, *, packed: bool) -> float:
    channels = sliding.channels // sliding.groups
    if sliding.extents[0] > 1 and sliding.groups == 1:
        rates = processor.volumes
    elif sliding.groups > 1 and channels == 1:  # it has kernels of its own for these
        rates = processor.many if set(sliding.dilates) == {1} else _HOLES
    else:
        rates = processor.one if channels == 1 else processor.few if channels < _LANES else processor.many
    multiplied = sliding.rows * sliding.size * sliding.filters * (at_edges(sliding) if part == "image" else 1)
    moved = sliding.batch * (
        math.prod(sliding.extents) * sliding.channels + math.prod(sliding.places) * sliding.filters
    )
    return (
        2 * multiplied / float(getattr(rates, part)) / 1e3
        + processor.call
        + (
            sliding.filters * sliding.size * (0 if packed and sliding.rows >= _ROWS else _FILTER)
            + moved * _RESULT / 2
        )
        / 1e6
    )
