"""Convolutions with filters in panels agree with torch's in double precision, whatever the window."""

import numpy as np
import pytest
import torch

from mxnet.ops.nn import direct
from mxnet.ops.nn.sliding import Sliding, are_there
from mxnet.ops.tools.layout import channels_last, empty_last

pytestmark = [
    pytest.mark.usefixtures("of_threads"),
    pytest.mark.skipif(not are_there(), reason="there are no native kernels here"),
]

# Shape of the data, filters, and for each axis: kernel, stride, pad, dilation.
CASES = {
    "pixels": ((2, 64, 7, 9), 32, [(1, 1, 0, 1)] * 2),
    "one_pixel": ((1, 512, 1, 1), 48, [(1, 1, 0, 1)] * 2),
    "a_pixel_of_each": ((7, 16, 1, 1), 512, [(3, 1, 1, 1)] * 2),
    "steps": ((2, 32, 9, 8), 64, [(1, 2, 0, 1)] * 2),
    "odd_channels": ((3, 17, 5, 3), 33, [(1, 1, 0, 1)] * 2),
    "few_filters": ((1, 48, 5, 5), 3, [(1, 1, 0, 1)] * 2),
    "deep": ((1, 515, 3, 3), 24, [(1, 1, 0, 1)] * 2),
    "square": ((2, 16, 9, 9), 24, [(3, 1, 1, 1)] * 2),
    "square_deep": ((1, 260, 4, 4), 16, [(3, 2, 1, 1)] * 2),
    "picture": ((1, 3, 13, 15), 32, [(7, 2, 3, 1)] * 2),
    "pictures": ((2, 3, 31, 18), 16, [(3, 1, 1, 1), (5, 1, 2, 1)]),
    "holes": ((2, 4, 12, 12), 5, [(3, 1, 2, 2), (2, 2, 3, 4)]),
    "wider_than_the_image": ((2, 3, 4, 4), 20, [(7, 1, 5, 1)] * 2),
    "many_rows": ((1, 8, 23, 24), 16, [(1, 1, 0, 1)] * 2),
    "line": ((2, 5, 30), 16, [(4, 2, 3, 1)]),
    "volume": ((2, 3, 5, 6, 7), 17, [(3, 1, 1, 1), (2, 2, 1, 1), (3, 1, 0, 2)]),
}


@pytest.fixture(params=CASES)
def case(request):
    """Return how it slides, image, filters and bias, and what torch makes of them in double precision."""
    shape, filters, windows = CASES[request.param]
    kernel, stride, pad, dilate = zip(*windows, strict=True)
    rng = np.random.default_rng(0)
    image, weight, bias = (
        torch.from_numpy(rng.standard_normal(each, dtype=np.float32))
        for each in (shape, (filters, shape[1], *kernel), (filters,))
    )
    expected = torch.convolution(
        image.double(), weight.double(), bias.double(), stride, pad, dilate, False, (0,) * len(stride), 1
    )
    sliding = Sliding.over(shape, filters, 1, windows, expected.shape[2:])
    return sliding, channels_last(image), direct.in_panels(weight), bias, expected


def same(found, expected):
    assert (found.double() - expected).norm() <= 1e-6 * expected.norm()


def unwritten(shape):
    return empty_last(shape).fill_(torch.nan)


def test_a_convolution_is_the_same(case):
    sliding, image, panels, bias, expected = case
    out = unwritten(expected.shape)
    direct.convolve(sliding, image, panels, bias, out)
    same(out, expected)


@pytest.mark.parametrize("in_place", [False, True])
def test_an_addend_and_relu_are_part_of_it(case, in_place):
    sliding, image, panels, bias, expected = case
    addend = channels_last(torch.randn(expected.shape, generator=torch.Generator().manual_seed(0)))
    wanted = (expected - bias.double().view(-1, *(1,) * (expected.dim() - 2)) + addend).clamp(min=0)
    out = addend if in_place else unwritten(expected.shape)
    direct.convolve(sliding, image, panels, None, out, addend, relu=True)
    same(out, wanted)


def test_relu_makes_nan_zero(case):
    sliding, image, panels, bias, expected = case
    out = unwritten(expected.shape)
    direct.convolve(sliding, image, panels, bias * torch.nan, out, relu=True)
    assert not out.count_nonzero()


def test_channels_of_a_larger_image_are_written_and_no_others(case):
    sliding, image, panels, bias, expected = case
    n, filters, *space = expected.shape
    whole = unwritten((n, filters + 5, *space))
    direct.convolve(sliding, image, panels, bias, whole[:, 2 : 2 + filters])
    if expected[:, 0].numel() > 1:
        same(whole[:, 2 : 2 + filters], expected)
        assert whole[:, :2].isnan().all()
        assert whole[:, 2 + filters :].isnan().all()


def test_other_convolutions_do_not_fit(monkeypatch):
    monkeypatch.setattr(direct, "by_panels", lambda: True)
    windows = [(3, 1, 1, 1)] * 2
    assert direct.fits(Sliding.over((2, 16, 9, 9), 16, 1, windows, (9, 9)))
    assert not direct.fits(Sliding.over((2, 16, 9, 9), 16, 4, windows, (9, 9)))
    assert not direct.fits(Sliding.over((0, 16, 9, 9), 16, 1, windows, (9, 9)))
