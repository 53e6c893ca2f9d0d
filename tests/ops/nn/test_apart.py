"""Convolutions of channels that are apart agree with torch's in double precision, whatever the window."""

import numpy as np
import pytest
import torch

from mxnet.ops.nn import apart
from mxnet.ops.nn.sliding import Sliding, are_there
from mxnet.ops.tools.layout import channels_last, empty_last

pytestmark = [
    pytest.mark.usefixtures("of_threads"),
    pytest.mark.skipif(not are_there(), reason="there are no native kernels here"),
]

# Images, channels, height, width, and for each axis: kernel, stride, pad, dilation.
CASES = {
    "square": (2, 16, 9, 11, [(3, 1, 1, 1)] * 2),
    "steps": (1, 32, 13, 14, [(3, 2, 1, 1)] * 2),
    "one_pixel": (3, 64, 1, 1, [(3, 1, 1, 1)] * 2),
    "one_line": (1, 16, 1, 23, [(1, 1, 0, 1), (5, 1, 2, 1)]),
    "holes": (1, 48, 12, 12, [(3, 1, 2, 2), (2, 3, 1, 3)]),
    "wider_than_the_image": (2, 16, 3, 4, [(7, 1, 4, 1)] * 2),
    "nothing_but_padding": (1, 16, 3, 3, [(1, 1, 2, 1)] * 2),
    "many_channels": (1, 512, 5, 5, [(3, 1, 1, 1)] * 2),
}


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_a_convolution_is_the_same(case, relu):
    n, channels, *space, windows = CASES[case]
    kernel, stride, pad, dilate = zip(*windows, strict=True)
    rng = np.random.default_rng(0)
    image, weight, bias = (
        torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
        for shape in ((n, channels, *space), (channels, 1, *kernel), (channels,))
    )
    expected = torch.convolution(
        image.double(), weight.double(), bias.double(), stride, pad, dilate, False, (0, 0), channels
    )
    sliding = Sliding.over(tuple(image.shape), channels, channels, windows, expected.shape[2:])
    out = empty_last(expected.shape).fill_(torch.nan)
    apart.convolve(sliding, channels_last(image), apart.filters_apart(weight), bias, out, relu=relu)
    expected = expected.clamp(min=0) if relu else expected
    assert (out.double() - expected).norm() <= 1e-6 * expected.norm()


def test_other_convolutions_do_not_fit(monkeypatch):
    monkeypatch.setattr(apart, "by_panels", lambda: True)
    windows, space = [(3, 1, 1, 1)] * 2, (9, 9)
    assert apart.fits(Sliding.over((2, 16, *space), 16, 16, windows, space))
    assert not apart.fits(Sliding.over((2, 16, *space), 32, 16, windows, space))
    assert not apart.fits(Sliding.over((2, 16, *space), 16, 1, windows, space))
    assert not apart.fits(Sliding.over((2, 24, *space), 24, 24, windows, space))
