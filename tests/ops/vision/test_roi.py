"""What the table of samples cannot say of the pooling of regions."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

SQUARE = {"pooled_size": (2, 2), "spatial_scale": 1.0}
IMAGES = mx.nd.array(np.arange(2 * 4 * 6 * 6).reshape(2, 4, 6, 6))


def _pool(name: str, rois: list[list[float]], data: mx.nd.NDArray = IMAGES, **params) -> np.ndarray:
    place = mx.nd if name == "ROIPooling" else mx.nd.contrib
    return getattr(place, name)(data, mx.nd.array(rois), **params).asnumpy()


def test_a_bin_of_the_pooling_keeps_its_maximum():
    assert _pool("ROIPooling", [[1, 0, 0, 3, 3]], **SQUARE)[0, 0].tolist() == [[151, 153], [163, 165]]


@pytest.mark.parametrize("ratio", [1, 2, 16])
def test_the_middle_of_a_slope_does_not_depend_on_how_many_points_are_taken(ratio):
    """Few points are read one by one, many by products of matrices."""
    y = _pool("ROIAlign", [[0, 1, 1, 3, 3], [1, 0, 0, 4, 4]], **SQUARE, sample_ratio=ratio)
    np.testing.assert_allclose(y[0, 0], [[10.5, 11.5], [16.5, 17.5]], rtol=1e-6)
    np.testing.assert_allclose(y[1, 3], [[259, 261], [271, 273]], rtol=1e-6)


def test_a_box_that_is_not_turned_is_aligned_as_any_other():
    y = _pool("RROIAlign", [[0, 2, 2, 2, 2, 0]], **SQUARE, sampling_ratio=2)
    np.testing.assert_allclose(y, _pool("ROIAlign", [[0, 1, 1, 3, 3]], **SQUARE, sample_ratio=2), rtol=1e-6)


def test_turning_a_square_box_turns_its_bins():
    still, turned = (_pool("RROIAlign", [[0, 2, 2, 2, 2, angle]], **SQUARE)[0, 0] for angle in (0, 90))
    np.testing.assert_allclose(turned, np.rot90(still, -1), rtol=1e-5)


def test_each_bin_has_a_group_of_channels():
    y = _pool("PSROIPooling", [[0, 0, 0, 3, 3]], spatial_scale=1.0, output_dim=1, pooled_size=2)
    offset = np.arange(4).reshape(2, 2) * 36
    np.testing.assert_allclose(y[0, 0] - offset, [[3.5, 5.5], [15.5, 17.5]], rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("ROIPooling", SQUARE),
        ("ROIAlign", SQUARE),
        ("ROIAlign", SQUARE | {"sample_ratio": 1}),
        ("PSROIPooling", {"spatial_scale": 1.0, "output_dim": 1, "pooled_size": 2}),
    ],
)
def test_a_box_in_no_image_is_empty(name, params):
    y = _pool(name, [[2, 0, 0, 3, 3], [-1, 0, 0, 3, 3], [1, 1, 1, 3, 3]], **params)
    assert not y[:2].any()
    assert y[2].all()


@pytest.mark.parametrize("name", ["ROIPooling", "ROIAlign"])
def test_boxes_get_no_gradient(name):
    rois = mx.nd.array([[0, 0.3, 0.2, 3, 3]])
    rois.attach_grad()
    with mx.autograd.record():
        y = getattr(mx.nd if name == "ROIPooling" else mx.nd.contrib, name)(IMAGES, rois, **SQUARE)
    y.backward()
    assert not rois.grad.asnumpy().any()


PS = {"spatial_scale": 1.0, "output_dim": 2, "pooled_size": 2}


@pytest.mark.parametrize(
    ("name", "params", "shapes", "message"),
    [
        ("ROIPooling", SQUARE, [(2, 3, 6), (4, 5)], r"\(batch, channels, height, width\)"),
        ("ROIPooling", SQUARE, [(2, 3, 6, 6), (4, 4)], r"rois of shape \(boxes, 5\)"),
        ("ROIAlign", SQUARE, [(2, 3, 6, 6), (4, 6)], r"rois of shape \(boxes, 5\)"),
        (
            "ROIAlign",
            SQUARE | {"position_sensitive": True},
            [(2, 6, 6, 6), (4, 5)],
            "4 bins do not divide 6",
        ),
        ("RROIAlign", SQUARE, [(2, 3, 6, 6), (4, 5)], r"rois of shape \(boxes, 6\)"),
        ("PSROIPooling", PS, [(2, 7, 6, 6), (4, 5)], "expected data of 8 channels"),
        ("PSROIPooling", PS, [(2, 8, 6, 6), (5,)], r"rois of shape \(boxes, 5\)"),
        ("ROIAlign", SQUARE | {"pooled_size": (2,)}, [], "two positive numbers"),
        ("ROIPooling", SQUARE | {"pooled_size": (0, 2)}, [], "two positive numbers"),
        ("ROIPooling", SQUARE | {"spatial_scale": 2}, [], "at most 1"),
    ],
)
def test_what_cannot_be_pooled_is_explained(name, params, shapes, message):
    place = mx.sym if name == "ROIPooling" else mx.sym.contrib
    with pytest.raises(mx.MXNetError, match=message):
        getattr(place, name)(mx.sym.Variable("x"), mx.sym.Variable("r"), **params).infer_shape(*shapes)


@pytest.mark.parametrize("name", ["ROIPooling", "ROIAlign", "PSROIPooling"])
def test_whole_numbers_are_refused(name):
    params = PS if name == "PSROIPooling" else SQUARE
    place = mx.nd if name == "ROIPooling" else mx.nd.contrib
    data, rois = (mx.nd.ones(shape, dtype="int32") for shape in ((1, 8, 4, 4), (1, 5)))
    with pytest.raises(mx.MXNetError, match="expected real numbers"):
        getattr(place, name)(data, rois, **params).wait_to_read()
