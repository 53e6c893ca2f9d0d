"""Winograd's convolutions agree with direct ones in double precision: to 1e-6 by tiles of 2, to 5e-6 by those of 4."""

import numpy as np
import pytest
import torch

from mxnet.ops.nn import winograd
from mxnet.ops.nn.sliding import Sliding, are_there
from mxnet.ops.nn.winograd import Winograd, fits
from mxnet.ops.tools.layout import channels_last, empty_last

pytestmark = pytest.mark.skipif(not are_there(), reason="there are no native kernels here")

WITHIN = {2: 1e-6, 4: 5e-6}
# Images, channels, filters, height, width, pad.
CASES = [
    (2, 16, 16, 8, 8, 1),
    (1, 16, 32, 7, 9, 1),
    (3, 32, 16, 1, 1, 1),
    (2, 16, 16, 1, 13, 1),
    (2, 48, 16, 5, 3, 0),
    (1, 16, 48, 4, 6, 2),
    (1, 64, 64, 31, 29, 1),
    (2, 128, 64, 14, 14, 1),
    (1, 256, 32, 9, 9, 1),
    (1, 16, 512, 7, 7, 1),
    (1, 512, 512, 7, 7, 1),
    (5, 16, 16, 40, 40, 1),
]


@pytest.fixture(params=[1, 2], ids=["one_thread_and_panels", "two_threads_and_the_library"], autouse=True)
def of_threads(request, monkeypatch):
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    monkeypatch.setattr(winograd, "by_panels", lambda: request.param == 1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=WITHIN)
def tile(request):
    return request.param


@pytest.fixture(params=CASES, ids=lambda case: "_".join(map(str, case)))
def case(request):
    """Return how filters slide, image, filters, bias and gradient, and what torch makes of these."""
    batch, channels, filters, height, width, pad = request.param
    rng = np.random.default_rng(0)
    places = (height + 2 * pad - 2, width + 2 * pad - 2)
    image, weight, bias, grad = (
        torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
        for shape in (
            (batch, channels, height, width),
            (filters, channels, 3, 3),
            (filters,),
            (batch, filters, *places),
        )
    )
    sliding = Sliding.over(tuple(image.shape), filters, 1, [(3, 1, pad, 1)] * 2, places)
    expected = torch.conv2d(image.double(), weight.double(), bias.double(), 1, pad)
    gradients = torch.ops.aten.convolution_backward(
        grad.double(), image.double(), weight.double(), None, [1, 1], [pad, pad], [1, 1], False, [0, 0], 1,
        [True, True, False],
    )  # fmt: skip
    return sliding, image, weight, bias, grad, (expected, *gradients[:2])


def _same(found, expected, tile):
    assert (found.double() - expected).norm() <= WITHIN[tile] * expected.norm()


@pytest.mark.parametrize("relu", [False, True])
def test_a_convolution_is_the_same(case, tile, relu):
    sliding, image, weight, bias, grad, (expected, *_) = case
    out = empty_last(grad.shape).fill_(torch.nan)
    filters = Winograd.transformed(weight, tile)
    Winograd(sliding, tile).multiply(channels_last(image), filters, bias, out, relu=relu)
    _same(out, expected.clamp(min=0) if relu else expected, tile)


def test_the_gradient_of_the_image_is_the_same(case, tile):
    sliding, image, weight, _, grad, (_, expected, _) = case
    into = empty_last(image.shape).fill_(torch.nan)
    filters = Winograd.transformed(weight, tile, turned=True)
    Winograd(sliding, tile).spread(channels_last(grad), filters, into)
    _same(into, expected, tile)


def test_the_gradient_of_the_filters_is_the_same(case, tile):
    sliding, image, weight, _, grad, (*_, expected) = case
    into = torch.full_like(weight, torch.nan)
    Winograd(sliding, tile).collect(channels_last(image), channels_last(grad), into)
    _same(into, expected, tile)


@pytest.mark.parametrize(
    ("filters", "windows"),
    [
        (15, [(3, 1, 1, 1)] * 2),
        (16, [(3, 2, 1, 1)] * 2),
        (16, [(3, 1, 2, 2)] * 2),
        (16, [(5, 1, 2, 1)] * 2),
        (16, [(3, 1, 3, 1)] * 2),
        (16, [(3, 1, 1, 1)]),
    ],
    ids=["filters", "steps", "holes", "windows", "pads", "line"],
)
def test_other_windows_do_not_fit(filters, windows):
    space = (9,) * len(windows)
    assert not fits(Sliding.over((2, 16, *space), filters, 1, windows, space))
