"""What the table of samples cannot say of upsampling, padding and cropping."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


def test_bilinear_upsampling_makes_its_weight():
    layer = mx.sym.UpSampling(scale=3, sample_type="bilinear", num_filter=2, num_args=2, name="up")
    assert layer.list_arguments() == ["up_data", "up_weight"]
    assert layer.attr_dict()["up_weight"]["__init__"] == '["bilinear", {}]'
    arguments, outputs, _ = layer.infer_shape(up_data=(1, 2, 4, 5))
    assert arguments[1] == (2, 1, 5, 5)
    assert outputs == [(1, 2, 12, 15)]


def test_nearest_upsampling_brings_all_inputs_to_one_size():
    small, large = mx.nd.array([[[[1, 2]]]]), mx.nd.full((1, 1, 2, 4), 10)
    y = mx.nd.UpSampling(small, large, scale=2, sample_type="nearest", num_args=2, multi_input_mode="sum")
    assert y.asnumpy()[0, 0].tolist() == [[11, 11, 12, 12]] * 2


@pytest.mark.parametrize(
    ("make", "shapes", "message"),
    [
        (
            lambda *a: mx.sym.UpSampling(*a, scale=2, sample_type="nearest", num_args=2),
            [(1, 2, 3, 3), (1, 2, 5, 6)],
            "height 5 does not divide 6",
        ),
        (
            lambda *a: mx.sym.UpSampling(*a, scale=2, sample_type="nearest", num_args=1),
            [(1, 2, 3)],
            "expected images",
        ),
        (
            lambda *a: mx.sym.Pad(*a, mode="edge", pad_width=(0, 0, 0, 0)),
            [(2, 3)],
            "expected data of 4 or 5 dimensions, but got 2",
        ),
        (
            lambda *a: mx.sym.Pad(*a, mode="edge", pad_width=(0, 0, 0, 0, 1, 1)),
            [(1, 1, 2, 2)],
            "two numbers for each axis",
        ),
        (
            lambda *a: mx.sym.Pad(*a, mode="edge", pad_width=(1, 1, 0, 0, 1, 1, 1, 1)),
            [(1, 1, 2, 2)],
            "0 for the first two axes",
        ),
        (
            lambda *a: mx.sym.Pad(*a, mode="reflect", pad_width=(0, 0, 0, 0, 2, 0, 0, 0)),
            [(1, 1, 2, 2)],
            "cannot reflect",
        ),
        (
            lambda *a: mx.sym.Crop(*a, num_args=1, offset=(3, 3), h_w=(2, 2)),
            [(1, 1, 4, 4)],
            r"window \(2, 2\) at \(3, 3\) does not lie within",
        ),
        (lambda *a: mx.sym.Crop(*a, num_args=1), [(1, 1, 4, 4)], r"window \(0, 0\)"),
    ],
)
def test_shapes_that_cannot_be_are_explained(make, shapes, message):
    names = [f"x{i}" for i in range(len(shapes))]
    with pytest.raises(mx.MXNetError, match=message):
        make(*map(mx.sym.Variable, names)).infer_shape(**dict(zip(names, shapes, strict=True)))


def test_crop_like_gives_its_second_input_no_gradient():
    crop = mx.sym.Crop(mx.sym.Variable("x"), mx.sym.Variable("like"), num_args=2, center_crop=True)
    executor = crop.simple_bind(mx.cpu(), x=(1, 1, 4, 4), like=(1, 5, 2, 2))
    executor.grad_dict["like"][:] = 3
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((1, 1, 2, 2)))
    assert executor.grad_dict["like"].asnumpy().max() == 0
    assert executor.grad_dict["x"].asnumpy()[0, 0].tolist() == np.pad(np.ones((2, 2)), 1).tolist()


# Recorded from MXNet 1.9.1.
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"height": 3, "width": 4}, (3, 4)),
        ({"scale_height": 0.4, "scale_width": 2.9}, (2, 17)),
        ({"scale_height": 0.7, "scale_width": 1.5, "mode": "odd_scale"}, (3, 9)),
        ({"mode": "to_even_down"}, (4, 6)),
        ({"mode": "to_even_up"}, (6, 6)),
        ({"mode": "to_odd_down"}, (5, 5)),
        ({"mode": "to_odd_up"}, (5, 7)),
    ],
)
def test_images_are_resized_by_any_of_seven_rules(params, expected):
    resized = mx.sym.contrib.BilinearResize2D(mx.sym.Variable("x"), **params)
    assert resized.infer_shape(x=(1, 2, 5, 6))[1] == [(1, 2, *expected)]


def test_one_element_is_the_first_one():
    data = mx.nd.array(np.arange(9).reshape(1, 1, 3, 3))
    assert mx.nd.contrib.BilinearResize2D(data, align_corners=False).asnumpy().item() == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f, x: f.BilinearResize2D(x((2, 3, 4)), height=2, width=2), "expected images"),
        (lambda f, x: f.BilinearResize2D(x((1, 1, 2, 2)), scale_height=2), "must both be given"),
        (lambda f, x: f.BilinearResize2D(x((1, 1, 2, 2)), height=0), "at least 1"),
        (lambda f, x: f.BilinearResize2D(x((1, 1, 1, 2)), mode="to_even_down"), "nothing is left"),
        (lambda f, x: f.BilinearResize2D(x((1, 1, 2, 2)).astype("int32")), "real numbers"),
        (lambda f, x: f.AdaptiveAvgPooling2D(x((2, 3, 4))), "expected images"),
        (lambda f, x: f.AdaptiveAvgPooling2D(x((1, 1, 2, 2)), output_size=(0, 2)), "must be positive"),
    ],
)
def test_what_cannot_be_resized_is_explained(call, message):
    with pytest.raises(mx.MXNetError, match=message):
        call(mx.nd.contrib, mx.nd.ones).wait_to_read()
