"""Which kernels convolve images that have their channels first, by a model of what each costs.

As in :mod:`mxnet.ops.nn.convolution_costs`, what counts is the proportion of the rates.
"""

from __future__ import annotations

import functools
import math
from types import ModuleType
from typing import Literal, NamedTuple, cast

from mxnet.config import knob
from mxnet.lazy import torch
from mxnet.ops.nn import few_windows, pixels, planes, strips
from mxnet.ops.nn.convolution_costs import at_edges, in_rows
from mxnet.ops.nn.convolution_tuning import Part, fastest_with_channels_first
from mxnet.ops.nn.sliding import Sliding, are_there

__all__ = ["COMPUTE", "KERNELS", "Way", "cost", "way"]

Way = Literal["panels", "pixels", "planes", "product", "strips", "torch"]
"""With the channels last by filters in panels or products of gathered windows; by products of windows that
share no pixel; by planes; by products of windows in strips; or by torch's."""

KERNELS: dict[Way, ModuleType] = {"pixels": pixels, "planes": planes, "strips": strips}
"""The ways that leave images as they lie."""
COMPUTE: dict[Part, str] = {"output": "multiply", "image": "spread", "filters": "collect"}
"""What computes each part of a convolution, among these kernels; strips have no gradient of filters."""


class _Rates(NamedTuple):
    """Thousands of multiplications and additions in a microsecond, for what is computed in this order."""

    output: float
    image: float
    filters: float


# Of torch's convolutions, with AVX2.
_MANY = _Rates(75, 65, 60)
_FEW_CHANNELS = _Rates(40, 9, 40)  # fewer than a register has numbers
_FEW_FILTERS = _Rates(4.5, 20, 15)
_ONE_CHANNEL = _Rates(12, 5, 5)
_OWN_CHANNELS, _OWN_LARGE = _Rates(30, 30, 25), _Rates(25, 20, 1.2)  # groups of one, and large windows
_OWN_DILATED = _Rates(16, 1, 1.6)  # with holes
_GROUPS = _Rates(5, 3.5, 4)  # of few
_VOLUMES = _Rates(18, 16, 27)
_PIXELS = _Rates(75, 65, 95)

_LANES = 8
_MOVED = 450  # microseconds for a million numbers, in and out
_WIDER = 1.9  # how much faster torch's are with AVX-512
_CHANGED = 700  # microseconds for a million numbers to change their layout
_COLLECTED = 0.85  # how much of that it takes to add up filters
_CALL = 30
_FEW = 4  # windows, from where on strips of them are faster than each as a row
_STEPPED = 1.3  # how many times as long a convolution takes that goes on by a stride
_ALONG = 1.3  # ... and torch's gradient of filters that go along a single axis of space


def way(sliding: Sliding, part: Part) -> Way:
    """Return how to compute a part of a convolution."""
    if not are_there() or 0 in (sliding.rows, sliding.size, sliding.filters):
        return "torch"
    if knob("MXNET_CONVOLUTION_TUNE"):
        costs = _costs(sliding, part)
        kernels = [
            (name, getattr(kernel, COMPUTE[part])) for name, kernel in KERNELS.items() if name in costs
        ]
        return cast("Way", fastest_with_channels_first(sliding, part, tuple(kernels)))
    if part == "output" and few_windows.fits(sliding) and strips.fits(sliding) and sliding.rows >= _FEW:
        return "strips"  # others would move the filters
    costs = _costs(sliding, part)
    return min(costs, key=lambda each: costs[each])


def cost(sliding: Sliding, part: Part) -> float:
    """Return the microseconds that the cheapest way takes."""
    return min(_costs(sliding, part).values())


@functools.lru_cache(maxsize=4096)
def _costs(s: Sliding, part: Part) -> dict[Way, float]:
    wide = torch.backends.cpu.get_cpu_capability() == "AVX512"
    faster = _WIDER if wide else 1
    numbers = s.batch * (s.channels * math.prod(s.extents) + s.filters * math.prod(s.places))
    multiplied = 2 * s.rows * s.size * s.filters / 1e3 * _padded(s)
    by_torch = multiplied * at_edges(s) if part == "image" else multiplied
    if part == "filters" and s.places[0] == s.places[1] == s.extents[1] == 1:
        by_torch *= _ALONG
    found: dict[Way, float] = {
        "torch": by_torch / float(getattr(_rates(s), part)) / faster + numbers * _MOVED / 1e6 + _CALL,
        "planes": planes.cost(s, part),
    }
    if pixels.fits(s):
        found["pixels"] = pixels.cost(s)
    if part != "filters" and strips.fits(s):
        found["strips"] = strips.cost(s, is_back=part == "image")
    product = in_rows(s)
    if product is not None:
        changed = (numbers + s.filters * s.size) * _CHANGED / 1e6
        found["product"] = (product + changed + _CALL) * (_COLLECTED if part == "filters" else 1)
    return found


def _padded(s: Sliding) -> float:
    """Return how many times as much torch's kernels multiply, and what a stride costs them."""
    filled = [-(-n // _LANES) * _LANES / n for n in (s.channels, s.filters) if n > _LANES and s.groups == 1]
    return math.prod(filled) * (_STEPPED if max(s.strides) > 1 else 1)


def _rates(s: Sliding) -> _Rates:
    """Return those of torch's kernels."""
    channels, filters, window = s.channels // s.groups, s.filters // s.groups, math.prod(s.kernel)
    is_volume = s.extents[0] > 1
    if channels == filters == 1:
        is_small = window <= 9 and set(s.dilates) == {1} and not is_volume
        if is_small:
            return _OWN_CHANNELS
        rates = _OWN_LARGE if set(s.dilates) == {1} else _OWN_DILATED
    elif s.groups > 1 and min(channels, filters) < _LANES:
        rates = _GROUPS
    elif is_volume and window > 1:
        rates = _VOLUMES
    elif filters < _LANES and window > 1:
        rates = _FEW_FILTERS
    elif channels == 1:
        rates = _ONE_CHANNEL
    elif channels < _LANES:
        rates = _FEW_CHANNELS
    else:
        rates = _PIXELS if s.takes_pixels and s.rows > s.batch else _MANY
    return rates
