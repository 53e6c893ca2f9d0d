"""Which way computes a convolution the fastest, measured: what ``MXNET_CONVOLUTION_TUNE`` asks for.

What was found is kept in the user's cache, beside the kernels, for this processor, threads and torch.
"""

from __future__ import annotations

import functools
import hashlib
import platform
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal

from mxnet.lazy import torch
from mxnet.native import threads
from mxnet.native.keeping import keep, kept
from mxnet.ops.nn import direct
from mxnet.ops.nn.sliding import Sliding
from mxnet.ops.nn.winograd import Winograd
from mxnet.ops.tools.layout import channels_first, channels_last, empty_last

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["ONEDNN", "PANELS", "PRODUCT", "Part", "fastest", "fastest_with_channels_first"]

Part = Literal["output", "image", "filters"]
"""What is computed: the convolution, the gradient of its image, or that of its filters."""

ONEDNN, PRODUCT, PANELS = "onednn", "product", "panels"
"""Ways: torch's, the library's product, and our own with filters in panels."""
_REPEATS = 3


@functools.cache
def fastest(sliding: Sliding, part: Part, tiles: tuple[int, ...], *, packed: bool) -> str:
    """Return the fastest way: one of those above, or the side of Winograd's tiles.

    `packed` if filters may be prepared ahead of time.
    """
    question = f"{tuple(sliding)} {part} {tiles} {packed}"
    return _measured(question, lambda: _ways(sliding, part, tiles, packed=packed))


@functools.cache
def fastest_with_channels_first(
    sliding: Sliding, part: Part, kernels: tuple[tuple[str, Callable[..., None]], ...]
) -> str:
    """Return the fastest of some kernels by their names, torch's, and the product of gathered windows.

    Parameters
    ----------
    sliding : Sliding
        The convolution.
    part : {'output', 'image', 'filters'}
        What of it.
    kernels : tuple of (str, callable)
        They take the convolution, and the arrays of this part as users see them.
    """
    names = [name for name, _ in kernels]
    return _measured(
        f"{tuple(sliding)} {part} {names} first", lambda: _ways_with_channels_first(sliding, part, kernels)
    )


def _measured(question: str, ways: Callable[[], dict[str, Callable[[], object]]]) -> str:
    """Return which way took the least time, as it is known or by running all."""
    name = f"convolutions-{_machine(threads())}"
    known = kept(name) or {}
    if question not in known:
        took = {way: min(_timed(run) for _ in range(_REPEATS)) for way, run in ways().items()}
        known[question] = min(took, key=lambda way: took[way]), b""
        keep(name, known)
    return known[question][0]


def _machine(count: int) -> str:
    capability = torch.backends.cpu.get_cpu_capability()
    about = f"{platform.processor()} {capability} {count} {torch.version.__version__}"
    return hashlib.sha256(about.encode()).hexdigest()[:32]


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _ways(
    sliding: Sliding, part: Part, tiles: Sequence[int], *, packed: bool
) -> dict[str, Callable[[], object]]:
    """Return what is to be compared, on arrays of ones."""
    flat = 1 if sliding.extents[0] == sliding.kernel[0] == 1 else 0  # axes of space that are not there
    image = empty_last((sliding.batch, sliding.channels, *sliding.extents[flat:])).fill_(1)
    grad = empty_last((sliding.batch, sliding.filters, *sliding.places[flat:])).fill_(1)
    weight = empty_last((sliding.filters, sliding.channels // sliding.groups, *sliding.kernel[flat:])).fill_(
        1
    )
    window = sliding.strides[flat:], sliding.pads[flat:], sliding.dilates[flat:]
    product, onednn = {
        "output": (
            lambda: sliding.multiply(image, weight, None, grad),
            _forward_of_onednn(sliding, image, weight, window, packed=packed and bool(flat)),
        ),
        "image": (
            lambda: sliding.spread(grad, weight, image),
            lambda: _gradient_of_onednn(sliding, image, weight, grad, window, [True, False, False]),
        ),
        "filters": (
            lambda: sliding.collect(image, grad, weight),
            lambda: _gradient_of_onednn(sliding, image, weight, grad, window, [False, True, False]),
        ),
    }[part]
    ways: dict[str, Callable[[], object]] = {PRODUCT: product}
    if not (
        part == "filters" and sliding.kernel == (1, 1, 1) != sliding.strides
    ):  # it may write beyond its memory
        ways[ONEDNN] = onednn
    if packed and part == "output" and direct.fits(sliding):
        panels = direct.in_panels(weight)
        ways[PANELS] = lambda: direct.convolve(sliding, image, panels, None, grad)
    for tile in tiles:
        ways[str(tile)] = _by_tiles(
            Winograd(sliding, tile), part, image, weight.contiguous(), grad, packed=packed
        )
    return ways


def _ways_with_channels_first(
    sliding: Sliding, part: Part, kernels: Sequence[tuple[str, Callable[..., None]]]
) -> dict[str, Callable[[], object]]:
    """Return the same for images that have their channels first, which a product of windows has to turn."""
    ways = _ways(sliding, part, (), packed=False)
    flat = 1 if sliding.extents[0] == sliding.kernel[0] == 1 else 0
    image = torch.ones((sliding.batch, sliding.channels, *sliding.extents[flat:]))
    grad = torch.ones((sliding.batch, sliding.filters, *sliding.places[flat:]))
    weight = torch.ones((sliding.filters, sliding.channels // sliding.groups, *sliding.kernel[flat:]))
    arrays = {"output": (image, weight, None, grad), "image": (grad, weight, None, image)}.get(
        part, (image, grad, weight)
    )
    window = sliding.strides[flat:], sliding.pads[flat:], sliding.dilates[flat:]
    *read, written = (each for each in arrays if each is not None)
    made = channels_last(written)

    def turned() -> None:
        for each in read:
            channels_last(each)
        ways[PRODUCT]()
        channels_first(made, written)

    wanted = [part == "image", part == "filters", False]
    found: dict[str, Callable[[], object]] = {
        name: functools.partial(kernel, sliding, *arrays) for name, kernel in kernels
    }
    found[PRODUCT] = turned
    found["torch"] = (
        _forward_of_onednn(sliding, image, weight, window, packed=False)
        if part == "output"
        else lambda: _gradient_of_onednn(sliding, image, weight, grad, window, wanted)
    )
    return found


def _by_tiles(
    way: Winograd, part: Part, image: Tensor, weight: Tensor, grad: Tensor, *, packed: bool
) -> Callable[[], object]:
    if part == "filters":
        return lambda: way.collect(image, grad, weight)
    if part == "image":
        return lambda: way.spread(grad, way.transformed(weight, way.tile, turned=True), image)
    filters = way.transformed(weight, way.tile) if packed else None
    return lambda: way.multiply(
        image, way.transformed(weight, way.tile) if filters is None else filters, None, grad
    )


Window = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


def _forward_of_onednn(
    sliding: Sliding, image: Tensor, weight: Tensor, window: Window, *, packed: bool
) -> Callable[[], object]:
    strides, pads, dilates = window
    if not packed:
        none = (0,) * len(pads)
        return lambda: torch.convolution(
            image, weight, None, strides, pads, dilates, False, none, sliding.groups
        )
    mkldnn = torch.ops.mkldnn
    filters = mkldnn._reorder_convolution_weight(
        weight.contiguous(), pads, strides, dilates, sliding.groups, list(image.shape)
    )
    return lambda: mkldnn._convolution_pointwise.default(
        image, filters, None, pads, strides, dilates, sliding.groups, "none", [], ""
    )


def _gradient_of_onednn(
    sliding: Sliding, image: Tensor, weight: Tensor, grad: Tensor, window: Window, wanted: list[bool]
) -> object:
    strides, pads, dilates = window
    return torch.ops.aten.convolution_backward(
        grad, image, weight, None, strides, pads, dilates, False, (0,) * len(pads), sliding.groups, wanted
    )
