"""What the table of samples cannot say of the single-shot detector."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

contrib = mx.nd.contrib


def test_anchors_have_each_size_with_the_first_ratio_and_each_other_ratio_with_the_first_size():
    anchors = contrib.MultiBoxPrior(mx.nd.zeros((1, 1, 1, 1)), sizes=(0.4, 0.2), ratios=(1, 4)).asnumpy()[0]
    width, height = anchors[:, 2] - anchors[:, 0], anchors[:, 3] - anchors[:, 1]
    np.testing.assert_allclose(width, [0.4, 0.2, 0.8], rtol=1e-6)
    np.testing.assert_allclose(height, [0.4, 0.2, 0.2], rtol=1e-6)


def test_the_list_of_objects_ends_at_the_first_class_of_minus_one():
    anchor = mx.nd.array([[[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1]]])
    label = mx.nd.array([[[1, 0, 0, 0.5, 0.5], [-1] * 5, [2, 0.5, 0.5, 1, 1]]])
    _, mask, classes = contrib.MultiBoxTarget(anchor, label, mx.nd.zeros((1, 4, 2)))
    assert classes.asnumpy().tolist() == [[2, 0]]
    assert mask.asnumpy().tolist() == [[1] * 4 + [0] * 4]


def test_each_object_has_an_anchor_however_little_they_overlap():
    anchor = mx.nd.array([[[0, 0, 1, 1], [0, 0, 0.9, 0.9]]])
    label = mx.nd.array([[[0, 0, 0, 0.1, 0.1], [1, 0.8, 0.8, 1, 1]]])
    classes = contrib.MultiBoxTarget(anchor, label, mx.nd.zeros((1, 3, 2)))[2]
    assert sorted(classes.asnumpy()[0].tolist()) == [1, 2]


def test_an_image_without_objects_is_left_out_of_the_loss():
    anchor = mx.nd.array([[[0, 0, 1, 1]]])
    classes = contrib.MultiBoxTarget(anchor, mx.nd.full((1, 2, 5), -1), mx.nd.zeros((1, 3, 1)))[2]
    assert classes.asnumpy().tolist() == [[-1]]


def test_only_the_hardest_background_is_mined():
    anchor = mx.nd.array([[[0, 0, 0.5, 0.5], [0.5, 0, 1, 0.5], [0, 0.5, 0.5, 1], [0.5, 0.5, 1, 1]]])
    label = mx.nd.array([[[0, 0, 0, 0.5, 0.5]]])
    background = mx.nd.array([[[0, 3, 1, 2], [0, 0, 0, 0]]])
    classes = contrib.MultiBoxTarget(anchor, label, background, negative_mining_ratio=2)[2]
    assert classes.asnumpy().tolist() == [[1, -1, 0, 0]]


def _detect(**params):
    anchor = mx.nd.array([[[0, 0, 0.2, 0.2], [0, 0, 0.21, 0.2], [0.6, 0.6, 0.8, 0.8], [0.4, 0, 0.6, 0.1]]])
    score = mx.nd.array([[[0.2, 0.1, 0.4, 0.99], [0.8, 0.9, 0.6, 0.01]]])
    found = contrib.MultiBoxDetection(score, mx.nd.zeros((1, 16)), anchor, threshold=0.1, **params)
    return np.round(found.asnumpy()[0, :, :2].astype(float), 2).tolist()


# Recorded from MXNet 1.9.1.
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, [[0, 0.9], [-1, 0.8], [0, 0.6], [-1, -1]]),
        ({"nms_topk": 1}, [[0, 0.9], [-1, 0.9], [-1, 0.6], [-1, -1]]),
        ({"nms_threshold": 0}, [[0, 0.8], [0, 0.9], [0, 0.6], [-1, -1]]),
    ],
)
def test_detections_are_sorted_and_doubles_lose_their_class(params, expected):
    assert _detect(**params) == expected


def test_detectors_know_single_precision_only():
    with pytest.raises(mx.MXNetError, match="float64"):
        mx.sym.contrib.MultiBoxPrior(mx.sym.Variable("x")).infer_type(x="float64")


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"sizes": ()}, "sizes must not be empty"),
        ({"ratios": (1, 0)}, "must be positive"),
        ({"steps": (0.1,)}, "two numbers"),
        ({"steps": (0.1, -1)}, "both be positive, or neither"),
        ({"offsets": (0.5, 2)}, "between 0 and 1"),
    ],
)
def test_anchors_that_cannot_be_are_explained(params, message):
    with pytest.raises(mx.MXNetError, match=message):
        mx.sym.contrib.MultiBoxPrior(mx.sym.Variable("x"), **params)


TARGET = {"anchor": (1, 10, 4), "label": (2, 3, 5), "cls_pred": (2, 4, 10)}
DETECTION = {"cls_prob": (2, 4, 10), "loc_pred": (2, 40), "anchor": (1, 10, 4)}


@pytest.mark.parametrize(
    ("name", "shapes", "message"),
    [
        ("MultiBoxPrior", {"data": (1, 3, 4)}, r"\(batch, channels, height, width\)"),
        ("MultiBoxTarget", TARGET | {"label": (2, 3, 4)}, "at least 5 numbers"),
        ("MultiBoxTarget", TARGET | {"anchor": (2, 10, 4)}, r"shape \(1, anchors, 4\)"),
        ("MultiBoxTarget", TARGET | {"cls_pred": (2, 4, 9)}, "anchors = 10"),
        ("MultiBoxTarget", TARGET | {"cls_pred": (2, 4)}, r"\(batch, classes, anchors\)"),
        ("MultiBoxDetection", DETECTION | {"loc_pred": (2, 36)}, r"loc_pred \(batch, 4 \* 10\)"),
        ("MultiBoxDetection", DETECTION | {"anchor": (1, 9, 4)}, "anchors = 10"),
        ("MultiBoxDetection", DETECTION | {"cls_prob": (2, 1, 10)}, "a class besides the background"),
    ],
)
def test_shapes_that_cannot_be_are_explained(name, shapes, message):
    symbol = getattr(mx.sym.contrib, name)(**{slot: mx.sym.Variable(slot) for slot in shapes})
    with pytest.raises(mx.MXNetError, match=message):
        symbol.infer_shape(**shapes)


@pytest.mark.parametrize("name", ["MultiBoxTarget", "MultiBoxDetection"])
def test_variances_are_four(name):
    with pytest.raises(mx.MXNetError, match="four numbers"):
        getattr(mx.sym.contrib, name)(variances=(0.1, 0.2))
