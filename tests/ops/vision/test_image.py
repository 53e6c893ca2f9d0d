"""What a table of calls cannot say of the image operators; expected numbers are real MXNet 1.9.1's."""

import colorsys

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError

image = mx.nd.image
PICTURE = np.random.default_rng(0).integers(0, 256, (4, 5, 3))


def _array(values, dtype="uint8"):
    return mx.nd.array(np.asarray(values), dtype=dtype)


def _applied(name, picture=PICTURE, dtype="uint8", **parameters):
    return getattr(image, name)(_array(picture, dtype), **parameters).asnumpy()


PIXELS = [[[172, 47, 117], [192, 67, 251]]]


@pytest.mark.parametrize(
    ("name", "factor", "expected"),
    [
        ("random_brightness", 1.3, [223, 61, 152, 249, 87, 255]),
        ("random_saturation", 0.4, [76, 26, 54, 93, 43, 117]),
        ("random_hue", 0.1, [172, 52, 46, 250, 67, 199]),
        ("random_hue", 1.3, [142, 172, 46, 250, 155, 67]),
    ],
)
def test_bytes_saturate_and_lose_their_fractions(name, factor, expected):
    changed = _applied(name, PIXELS, min_factor=factor, max_factor=factor)
    assert np.abs(changed.ravel().astype(int) - expected).max() <= 1


def test_turning_the_hue_is_what_it_is_in_hls():
    turned = _applied("random_hue", PICTURE / 255, "float64", min_factor=0.3, max_factor=0.3)
    for before, after in zip((PICTURE / 255).reshape(-1, 3), turned.reshape(-1, 3), strict=True):
        hue, lightness, saturation = colorsys.rgb_to_hls(*before)
        np.testing.assert_allclose(after, colorsys.hls_to_rgb(hue + 0.3, lightness, saturation), atol=1e-6)


def test_contrast_keeps_the_mean_brightness():
    luma = np.array([0.299, 0.587, 0.114])
    changed = _applied("random_contrast", PICTURE, "float64", min_factor=0.5, max_factor=0.5)
    assert (changed @ luma).mean() == pytest.approx((PICTURE @ luma).mean())


@pytest.mark.parametrize("name", ["random_saturation", "random_hue", "adjust_lighting", "random_lighting"])
def test_grey_images_have_no_colours_to_change(name):
    parameters = {"alpha": (0.5, 0.2, -0.3)} if name == "adjust_lighting" else {}
    parameters |= (
        {"min_factor": 0.4, "max_factor": 0.4} if name in ("random_saturation", "random_hue") else {}
    )
    grey = PICTURE[..., :1]
    np.testing.assert_array_equal(_applied(name, grey, **parameters), grey)


def test_factors_are_drawn_between_their_limits():
    ones = np.ones((1, 1, 3))
    factors = [
        _applied("random_brightness", ones, "float32", min_factor=2, max_factor=3)[0, 0, 0] for _ in range(50)
    ]
    assert 2 <= min(factors) < 2.2
    assert 2.8 < max(factors) <= 3


def test_a_seed_repeats_what_is_drawn():
    drawn = []
    for _ in range(2):
        mx.random.seed(11)
        jitter = {"brightness": 0.5, "contrast": 0.5, "saturation": 0.5, "hue": 0.5}
        drawn.append([_applied("random_color_jitter", **jitter), _applied("random_lighting")])
    np.testing.assert_array_equal(drawn[0], drawn[1])


def test_jitter_of_nothing_changes_nothing():
    np.testing.assert_array_equal(
        _applied("random_color_jitter", brightness=0, contrast=0, saturation=0, hue=0), PICTURE
    )


@pytest.mark.parametrize(("name", "axis"), [("random_flip_left_right", 1), ("random_flip_top_bottom", 0)])
def test_random_flips_happen_half_of_the_times(name, axis):
    flips = [np.array_equal(_applied(name), np.flip(PICTURE, axis)) for _ in range(100)]
    assert 25 < sum(flips) < 75


@pytest.mark.parametrize(
    ("shape", "size", "expected"),
    [((7, 11), 4, (4, 6)), ((11, 7), 4, (6, 4)), ((4, 5), 7, (7, 8)), ((4, 5), (3, 4), (4, 3))],
)
def test_a_kept_ratio_rounds_the_longer_side_down(shape, size, expected):
    assert _applied("resize", np.ones((*shape, 3)), size=size, keep_ratio=True).shape == (*expected, 3)


def test_defaults_of_normalize_change_nothing():
    data = mx.nd.array(np.random.default_rng(1).normal(size=(3, 4, 5)))
    np.testing.assert_array_equal(image.normalize(data).asnumpy(), data.asnumpy())


FACTORS = {"min_factor": 1, "max_factor": 1}


@pytest.mark.parametrize(
    ("message", "name", "shape", "parameters"),
    [
        ("HWC or NHWC", "to_tensor", (4, 5), {}),
        ("CHW or NCHW", "normalize", (4, 5), {}),
        ("1 or 3 channels", "normalize", (2, 4, 5), {}),
        ("does not fit 3 channels", "normalize", (3, 4, 5), {"mean": (1, 2)}),
        ("HWC", "flip_left_right", (2, 4, 5, 3), {}),
        ("HWC", "random_flip_top_bottom", (4, 5), {}),
        ("one or two positive", "resize", (4, 5, 3), {}),
        ("one or two positive", "resize", (4, 5, 3), {"size": (0, 3)}),
        ("one or two positive", "resize", (4, 5, 3), {"size": (1, 2, 3)}),
        ("HWC or NHWC", "resize", (4, 5), {"size": 3}),
        ("no interpolation 9", "resize", (4, 5, 3), {"size": 3, "interp": 9}),
        ("does not lie within", "crop", (4, 5, 3), {"x": -1, "y": 0, "width": 1, "height": 1}),
        ("does not lie within", "crop", (4, 5, 3), {"x": 4, "y": 0, "width": 2, "height": 1}),
        ("does not lie within", "crop", (4, 5, 3), {"x": 0, "y": 0, "width": 0, "height": 1}),
        ("1 or 3 channels", "random_brightness", (4, 5, 4), FACTORS),
        ("HWC", "random_contrast", (1, 4, 5, 3), FACTORS),
        ("at least 0", "random_hue", (4, 5, 3), {"min_factor": -2, "max_factor": 1}),
        ("three numbers", "adjust_lighting", (4, 5, 3), {"alpha": (1, 2)}),
    ],
)
def test_bad_input_is_refused(message, name, shape, parameters):
    with pytest.raises(MXNetError, match=message):
        getattr(image, name)(mx.nd.ones(shape), **parameters)


@pytest.mark.parametrize("name", ["resize", "crop", "flip_left_right", "to_tensor"])
def test_empty_images_stay_empty_or_are_refused(name):
    parameters = {"resize": {"size": 2}, "crop": {"x": 0, "y": 0, "width": 1, "height": 1}}.get(name, {})
    empty = mx.nd.array(np.zeros((0, 5, 3)))
    try:
        assert getattr(image, name)(empty, **parameters).size == 0
    except MXNetError:
        assert name in ("resize", "crop")
