"""What the table of samples cannot say of deformable convolution and pooling."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

RANDOM = np.random.default_rng(4)
CONV = {"kernel": (3, 3), "num_filter": 4, "pad": (1, 1)}


def _arrays(*shapes: tuple[int, ...]) -> list[mx.nd.NDArray]:
    return [mx.nd.array(RANDOM.normal(size=shape)) for shape in shapes]


def test_without_offsets_it_is_a_convolution():
    data, weight, bias = _arrays((2, 4, 5, 6), (4, 2, 3, 3), (4,))
    params = CONV | {"num_group": 2, "stride": (2, 1), "dilate": (1, 2), "pad": (1, 2)}
    expected = mx.nd.Convolution(data, weight, bias, **params).asnumpy()
    offset = mx.nd.zeros((2, 18, *expected.shape[2:]))
    bent = mx.nd.contrib.DeformableConvolution(data, offset, weight, bias, **params).asnumpy()
    np.testing.assert_allclose(bent, expected, rtol=1e-4, atol=1e-5)


def test_a_mask_scales_what_is_read():
    data, offset, weight = _arrays((1, 2, 5, 5), (1, 18, 5, 5), (4, 2, 3, 3))
    params = CONV | {"no_bias": True}
    half, full = (
        mx.nd.contrib.ModulatedDeformableConvolution(data, offset, mask, weight, **params).asnumpy()
        for mask in (mx.nd.full((1, 9, 5, 5), 0.5), mx.nd.ones((1, 9, 5, 5)))
    )
    np.testing.assert_allclose(2 * half, full, rtol=1e-5)


def test_one_offset_for_all_shifts_the_image():
    data, weight = _arrays((1, 2, 6, 6), (4, 2, 3, 3))
    params = CONV | {"no_bias": True, "pad": (0, 0)}
    expected = mx.nd.Convolution(data, weight, **params).asnumpy()
    moved = mx.nd.contrib.DeformableConvolution(data, mx.nd.ones((1, 18, 4, 4)), weight, **params).asnumpy()
    np.testing.assert_allclose(moved[:, :, :3, :3], expected[:, :, 1:, 1:], rtol=1e-4, atol=1e-5)


BENT = {"data": (1, 4, 5, 5), "offset": (1, 18, 5, 5)}
POOL = {"spatial_scale": 1.0, "output_dim": 2, "group_size": 2, "pooled_size": 2}
POOLED = {"data": (2, 8, 6, 6), "rois": (3, 5), "trans": (3, 2, 2, 2)}


@pytest.mark.parametrize(
    ("name", "params", "shapes", "message"),
    [
        ("DeformableConvolution", CONV, BENT | {"data": (1, 4, 5)}, "4 dimensions"),
        ("DeformableConvolution", CONV, BENT | {"offset": (1, 17, 5, 5)}, r"\(1, 18, 5, 5\)"),
        ("DeformableConvolution", CONV, BENT | {"offset": (1, 18, 4, 5)}, r"\(1, 18, 5, 5\)"),
        ("DeformableConvolution", CONV | {"num_group": 3}, BENT, "num_group=3 does not divide 4"),
        (
            "DeformableConvolution",
            CONV | {"num_deformable_group": 3},
            BENT | {"offset": (1, 54, 5, 5)},
            "num_deformable_group=3 does not divide 4",
        ),
        ("DeformableConvolution", CONV | {"num_group": 2, "num_filter": 3}, BENT, "num_filter=3"),
        ("DeformableConvolution", CONV | {"kernel": (9, 9)}, BENT, "reaches over 9 elements"),
        ("ModulatedDeformableConvolution", CONV, BENT | {"mask": (1, 8, 5, 5)}, r"\(1, 9, 5, 5\)"),
        ("DeformablePSROIPooling", POOL, POOLED | {"data": (2, 7, 6, 6)}, "8 channels"),
        ("DeformablePSROIPooling", POOL, POOLED | {"rois": (3, 4)}, r"\(boxes, 5\)"),
        ("DeformablePSROIPooling", POOL, POOLED | {"trans": (3, 3, 2, 2)}, "two shifts for each class"),
        ("DeformablePSROIPooling", POOL, POOLED | {"trans": (3, 2, 3, 2)}, r"\(boxes, numbers, 2, 2\)"),
    ],
)
def test_shapes_that_cannot_be_are_explained(name, params, shapes, message):
    function = getattr(mx.sym.contrib, name)
    with pytest.raises(mx.MXNetError, match=message):
        function(**{slot: mx.sym.Variable(slot) for slot in shapes}, **params).infer_shape(**shapes)


def test_only_images_are_convolved():
    with pytest.raises(mx.MXNetError, match="the kernel"):
        mx.sym.contrib.DeformableConvolution(mx.sym.Variable("x"), kernel=(3,), num_filter=2)
