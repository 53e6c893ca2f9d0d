"""Convolutions by native kernels agree with torch's in double precision, whatever the window."""

import numpy as np
import pytest
import torch

from mxnet.native import threads
from mxnet.ops.nn import direct, pixels, planes, strips
from mxnet.ops.nn.sliding import Sliding, are_there
from mxnet.ops.tools import in_rows
from mxnet.ops.tools.layout import channels_first, channels_last, empty_last

pytestmark = [
    pytest.mark.usefixtures("of_threads"),
    pytest.mark.skipif(not are_there(), reason="there are no native kernels here"),
]

# Shape of the data, filters, groups, and for each axis: kernel, stride, pad, dilation.
CASES = {
    "square": ((2, 16, 9, 9), 24, 1, [(3, 1, 1, 1)] * 2),
    "odd": ((3, 5, 7, 11), 7, 1, [(3, 1, 1, 1), (5, 1, 2, 1)]),
    "one_pixel": ((2, 8, 1, 1), 6, 1, [(3, 1, 1, 1)] * 2),
    "one_row": ((1, 3, 1, 13), 4, 1, [(1, 1, 0, 1), (5, 2, 4, 1)]),
    "strides": ((2, 6, 10, 13), 8, 1, [(3, 2, 0, 1), (4, 3, 2, 1)]),
    "holes": ((2, 4, 12, 12), 5, 1, [(3, 1, 2, 2), (2, 2, 3, 4)]),
    "wider_than_the_image": ((2, 3, 4, 4), 2, 1, [(7, 1, 5, 1)] * 2),
    "groups": ((2, 12, 6, 7), 8, 4, [(3, 1, 1, 1)] * 2),
    "channels_apart": ((2, 6, 6, 6), 12, 6, [(3, 2, 1, 1)] * 2),
    "apart_few_pixels": ((3, 4, 7, 7), 4, 4, [(3, 1, 1, 1)] * 2),
    "apart_high_windows": ((2, 3, 21, 9), 3, 3, [(9, 1, 4, 1), (3, 1, 1, 1)]),
    "apart_holes": ((2, 4, 20, 17), 4, 4, [(3, 1, 4, 4), (3, 1, 2, 2)]),
    "apart_steps": ((1, 3, 19, 23), 6, 3, [(5, 2, 2, 1), (5, 3, 2, 1)]),
    "apart_long_lines": ((1, 2, 9, 140), 2, 2, [(3, 1, 1, 1)] * 2),
    "high_steps": ((2, 4, 9, 9), 4, 2, [(7, 4, 1, 1), (5, 1, 5, 3)]),
    "beside_the_image": ((2, 3, 6, 17), 6, 3, [(3, 1, 0, 2), (3, 3, 2, 3)]),
    "inside_one_image": ((1, 3, 18, 40), 5, 1, [(3, 1, 0, 1)] * 2),
    "apart_inside": ((2, 3, 11, 12), 6, 3, [(3, 1, 0, 1), (5, 1, 0, 1)]),
    "apart_volume": ((1, 3, 6, 9, 10), 3, 3, [(3, 1, 1, 1)] * 3),
    "pixels": ((2, 10, 5, 6), 9, 1, [(1, 1, 0, 1)] * 2),
    "pixels_apart": ((2, 10, 5, 6), 9, 1, [(1, 2, 0, 1)] * 2),
    "windows_side_by_side": ((3, 5, 7, 9), 4, 1, [(2, 2, 0, 1), (3, 4, 0, 1)]),
    "few_filters_of_many_pixels": ((2, 3, 6, 8), 1, 1, [(2, 2, 0, 1), (1, 1, 0, 1)]),
    "text": ((3, 1, 20, 30), 10, 1, [(3, 1, 0, 1), (30, 1, 0, 1)]),
    "many_rows": ((4, 3, 40, 40), 8, 1, [(3, 1, 1, 1)] * 2),
    "line": ((2, 5, 30), 6, 1, [(4, 2, 3, 1)]),
    "long_line": ((1, 3, 700), 70, 1, [(5, 1, 2, 1)]),
    "many_elements": ((1, 70, 9, 20), 9, 1, [(3, 1, 1, 1)] * 2),
    "many_filters": ((3, 9, 5, 7), 250, 1, [(3, 1, 1, 1)] * 2),
    "whole_images": ((4, 6, 3, 2), 30, 1, [(3, 1, 0, 1), (2, 1, 0, 1)]),
    "one_window_with_holes": ((3, 4, 5, 7), 6, 1, [(3, 1, 0, 2), (2, 1, 0, 6)]),
    "many_small_images": ((40, 3, 3, 3), 5, 1, [(2, 2, 1, 1)] * 2),
    "lines_for_all_threads": ((1, 40, 60, 60), 9, 1, [(3, 1, 1, 1)] * 2),
    "volume_of_many_filters": ((1, 2, 7, 14, 28), 130, 1, [(3, 1, 2, 2), (3, 1, 1, 1), (3, 2, 1, 1)]),
    "volume": ((2, 3, 5, 6, 7), 4, 1, [(3, 1, 1, 1), (2, 2, 1, 1), (3, 1, 0, 2)]),
}


@pytest.fixture(params=CASES, scope="module")
def case(request):
    """Return how it slides, image, filters and bias, and what torch makes of them in double precision."""
    shape, filters, groups, windows = CASES[request.param]
    kernel, stride, pad, dilate = zip(*windows, strict=True)
    rng = np.random.default_rng(0)
    image, weight, bias = (
        torch.from_numpy(rng.standard_normal(each, dtype=np.float32))
        for each in (shape, (filters, shape[1] // groups, *kernel), (filters,))
    )
    result = _convolve(image.double(), weight.double(), bias.double(), stride, pad, dilate, groups)
    sliding = Sliding.over(shape, filters, groups, windows, result.shape[2:])
    return sliding, image, weight, bias, (stride, pad, dilate, groups), result


def _convolve(image, weight, bias, stride, pad, dilate, groups):
    return torch.convolution(image, weight, bias, stride, pad, dilate, False, (0,) * len(stride), groups)


def _gradients(image, weight, window, grad):
    stride, pad, dilate, groups = window
    return torch.ops.aten.convolution_backward(
        grad, image.double(), weight.double(), None, stride, pad, dilate, False, (0,) * len(stride), groups,
        [True, True, False],
    )  # fmt: skip


def _unwritten(shape):
    return empty_last(shape).fill_(torch.nan)


def _same(found, expected):
    assert (found.double() - expected).norm() <= 1e-6 * expected.norm()


def test_a_convolution_is_the_same(case):
    sliding, image, weight, bias, _, expected = case
    out = _unwritten(expected.shape)
    sliding.multiply(channels_last(image), channels_last(weight), bias, out)
    _same(out, expected)


@pytest.mark.parametrize("in_place", [False, True])
def test_an_addend_and_relu_are_part_of_it(case, in_place):
    sliding, image, weight, _, window, _ = case
    expected = _convolve(image.double(), weight.double(), None, *window)
    addend = torch.randn(expected.shape, generator=torch.Generator().manual_seed(0))
    added = channels_last(addend.clone())
    out = added if in_place else _unwritten(expected.shape)
    sliding.multiply(channels_last(image), channels_last(weight), None, out, added, relu=True)
    _same(out, (expected + addend).clamp(min=0))


def test_the_gradient_of_the_image_is_the_same(case):
    sliding, image, weight, _, window, result = case
    grad = torch.randn(result.shape, generator=torch.Generator().manual_seed(0))
    into = _unwritten(image.shape)
    sliding.spread(channels_last(grad), channels_last(weight), into)
    _same(into, _gradients(image, weight, window, grad.double())[0])


def test_the_gradient_of_the_filters_is_the_same(case):
    sliding, image, weight, _, window, result = case
    grad = torch.randn(result.shape, generator=torch.Generator().manual_seed(0))
    into = _unwritten(weight.shape)
    sliding.collect(channels_last(image), channels_last(grad), into)
    _same(into, _gradients(image, weight, window, grad.double())[1])


@pytest.fixture
def kernels(case):
    """Return the kernels for images that have their channels first which take such windows."""
    return [planes, strips, *[pixels] * pixels.fits(case[0])]


def test_a_convolution_is_the_same_with_the_channels_first(case, kernels):
    sliding, image, weight, bias, _, expected = case
    for each in kernels:
        out = torch.full(expected.shape, torch.nan)
        each.multiply(sliding, image, weight, bias, out)
        _same(out, expected)
        each.multiply(sliding, image, weight, bias, out, relu=True)
        _same(out, expected.clamp(min=0))


def test_gradients_are_the_same_with_the_channels_first(case, kernels):
    sliding, image, weight, _, window, result = case
    grad = torch.randn(result.shape, generator=torch.Generator().manual_seed(0))
    into_image, into_weight, _ = _gradients(image, weight, window, grad.double())
    for each in kernels:
        found = torch.full(image.shape, torch.nan), torch.full(weight.shape, torch.nan)
        each.spread(sliding, grad, weight, None, found[0])
        _same(found[0], into_image)
        if each is not strips:
            each.collect(sliding, image, grad, found[1])
            _same(found[1], into_weight)


def test_a_transposed_convolution_has_a_bias(case, kernels):
    sliding, image, weight, _, window, result = case
    grad = torch.randn(result.shape, generator=torch.Generator().manual_seed(0))
    bias = torch.randn(image.shape[1], generator=torch.Generator().manual_seed(1))
    expected = _gradients(image, weight, window, grad.double())[0]
    for each in kernels:
        found = torch.full(image.shape, torch.nan)
        each.spread(sliding, grad, weight, bias, found)
        _same(found, expected + bias.double().view(-1, *(1,) * (image.dim() - 2)))


@pytest.fixture
def in_small_blocks(monkeypatch):
    """Have strips divide their work as they do that of large images."""
    for limit in ("_LAID", "_PACKED", "_TABLE"):
        monkeypatch.setattr(strips, limit, 1 << 8)
    strips._planned.cache_clear()
    yield
    strips._planned.cache_clear()


@pytest.mark.usefixtures("in_small_blocks")
def test_strips_are_the_same_in_blocks(case):
    sliding, image, weight, bias, window, expected = case
    out, into = torch.full(expected.shape, torch.nan), torch.full(image.shape, torch.nan)
    strips.multiply(sliding, image, weight, bias, out)
    _same(out, expected)
    grad = torch.randn(expected.shape, generator=torch.Generator().manual_seed(0))
    strips.spread(sliding, grad, weight, None, into)
    _same(into, _gradients(image, weight, window, grad.double())[0])


@pytest.fixture
def little_room(monkeypatch):
    """A few lines of an image are all that is taken to stay in cache."""

    def forget():
        for plan in (planes._forward, planes._backward, in_rows._ruled):
            plan.cache_clear()

    monkeypatch.setattr(planes, "_BLOCK", 300)
    forget()
    yield
    forget()


@pytest.mark.parametrize(
    "case",
    ["square", "groups", "volume", "high_steps", "apart_steps", "apart_holes", "apart_volume"],
    indirect=True,
)
def test_what_does_not_stay_in_cache_is_laid_out_in_bands(case, little_room):
    test_a_convolution_is_the_same_with_the_channels_first(case, [planes])
    test_gradients_are_the_same_with_the_channels_first(case, [planes])


@pytest.mark.parametrize("filters", [3, 16, 40])
@pytest.mark.parametrize("space", [(1, 1), (7, 5)])
def test_the_gradient_of_single_pixels_is_the_same_by_panels(space, filters):
    if not direct.by_panels():
        pytest.skip("panels are for processors with AVX2")
    weight = torch.randn((filters, 32, 1, 1), generator=torch.Generator().manual_seed(0))
    grad = torch.randn((3, filters, *space), generator=torch.Generator().manual_seed(1))
    sliding = Sliding.over((3, 32, *space), filters, 1, [(1, 1, 0, 1)] * 2, space)
    assert direct.turns(sliding)
    into = _unwritten((3, 32, *space))
    direct.spread(sliding, channels_last(grad), weight, into)
    expected = torch.einsum("nfyx,fc->ncyx", grad.double(), weight.double()[..., 0, 0])
    _same(into, expected)


def test_relu_makes_nan_zero(case, kernels):
    sliding, image, weight, bias, _, expected = case
    out = _unwritten(expected.shape)
    sliding.multiply(channels_last(image), channels_last(weight), bias * torch.nan, out, relu=True)
    assert not out.count_nonzero()
    for each in kernels:
        out = torch.full(expected.shape, torch.nan)
        each.multiply(sliding, image, weight, bias * torch.nan, out, relu=True)
        assert not out.count_nonzero()


def test_as_many_shares_as_threads(of_threads):
    assert threads() in (1, torch.get_num_threads())


@pytest.mark.parametrize("channels", [1, 2, 3, 7, 8, 9, 16, 31, 64])
@pytest.mark.parametrize("space", [(1,), (3,), (5, 3), (8, 8), (2, 3, 17)])
def test_the_layout_changes_there_and_back(channels, space):
    images = torch.arange(2.0 * channels * np.prod(space)).view(2, channels, *space)
    last = channels_last(images)
    assert torch.equal(last, images)
    assert last.movedim(1, -1).is_contiguous()
    first = channels_first(last)
    assert torch.equal(first, images)
    assert first.is_contiguous()
