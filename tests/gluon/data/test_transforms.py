"""Transforms of pictures; expected numbers are real MXNet 1.9.1's."""

import random

import numpy as np
import pytest

import mxnet as mx
from mxnet import gluon, image
from mxnet.gluon.data.vision import transforms as T

PICTURE = mx.nd.array(np.random.default_rng(0).integers(0, 256, (4, 6, 3)), dtype="uint8")


def test_tensors_are_normalised():
    tensor = T.ToTensor()(PICTURE)
    np.testing.assert_allclose(tensor.asnumpy(), PICTURE.asnumpy().transpose(2, 0, 1) / 255, rtol=1e-6)
    normal = T.Normalize([0.4, 0.5, 0.6], [0.2, 0.3, 0.4])(tensor).asnumpy()
    np.testing.assert_allclose(normal[2], (tensor.asnumpy()[2] - 0.6) / 0.4, rtol=1e-5)


def test_neighbours_that_can_be_are_one_graph():
    composed = T.Compose([T.ToTensor(), T.Normalize(0.5, 0.5), T.CenterCrop(3), T.Cast("float16")])
    assert [type(each).__name__ for each in composed] == ["HybridSequential", "CenterCrop", "Cast"]
    assert repr(T.Compose([T.ToTensor(), T.Normalize(0.5, 0.5)])) == (
        "Compose(\n  (0): HybridSequential(\n    (0): ToTensor(\n    \n    )\n    (1): Normalize(\n    \n    )\n  )\n)"
    )
    whole = T.Compose([T.CenterCrop(3), T.ToTensor(), T.Normalize(0.5, 0.5), T.Cast("float16")])(PICTURE)
    assert (whole.shape, whole.dtype) == ((3, 3, 3), np.float16)


def test_nothing_to_compose_changes_nothing():
    np.testing.assert_array_equal(T.Compose([])(PICTURE).asnumpy(), PICTURE.asnumpy())


@pytest.mark.parametrize(
    ("transform", "shape"),
    [
        (T.CenterCrop(3), (3, 3, 3)),
        (T.CenterCrop((3, 2)), (2, 3, 3)),
        (T.CenterCrop(8), (8, 8, 3)),
        (T.Resize((5, 3)), (3, 5, 3)),
        (T.Resize(4), (4, 4, 3)),
        (T.Resize(3, keep_ratio=True), (3, 4, 3)),
        (T.CropResize(1, 0, 3, 2), (2, 3, 3)),
        (T.CropResize(0, 1, 3, 3, (6, 4), 1), (4, 6, 3)),
        (T.RandomResizedCrop(3), (3, 3, 3)),
        (T.RandomResizedCrop((5, 3)), (3, 5, 3)),
    ],
)
def test_sizes_are_width_and_height(transform, shape):
    assert transform(PICTURE).shape == shape


@pytest.mark.parametrize(
    "transform",
    [
        T.RandomBrightness(0.5),
        T.RandomContrast(0.5),
        T.RandomSaturation(0.5),
        T.RandomHue(0.5),
        T.RandomColorJitter(0.5, 0.5, 0.5, 0.2),
        T.RandomLighting(0.5),
        T.RandomFlipLeftRight(),
        T.RandomFlipTopBottom(),
    ],
    ids=lambda each: type(each).__name__,
)
def test_random_transforms_change_and_keep_the_shape(transform):
    picture = PICTURE.astype("float32")
    changed = [transform(picture).asnumpy() for _ in range(12)]
    assert {each.shape for each in changed} == {(4, 6, 3)}
    assert any(not np.allclose(each, picture.asnumpy()) for each in changed)


def test_a_transform_is_applied_with_a_probability():
    random.seed(0)
    dtypes = [T.RandomApply(T.Cast("float32"), p=0.5)(PICTURE).dtype for _ in range(40)]
    assert 5 < dtypes.count(np.float32) < 35
    assert T.RandomApply(T.Cast("float32"), p=0)(PICTURE) is PICTURE


def test_pictures_are_turned():
    tensor = T.ToTensor()(PICTURE)
    turned = T.Rotate(30, zoom_out=True)(tensor)
    np.testing.assert_array_equal(turned.asnumpy(), image.imrotate(tensor, 30, zoom_out=True).asnumpy())
    assert T.RandomRotation((-10, 10))(tensor).shape == tensor.shape
    assert T.RandomRotation((-10, 10), rotate_with_proba=0)(tensor) is tensor


@pytest.mark.parametrize(
    ("message", "make"),
    [
        ("ordered tuple", lambda: T.RandomRotation((10, -10))),
        ("between 0 and 1", lambda: T.RandomRotation((-10, 10), rotate_with_proba=2)),
    ],
)
def test_bad_input_is_refused(message, make):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("workers", [0, 2])
def test_a_data_set_is_transformed_on_the_way_to_batches(workers):
    pictures = gluon.data.ArrayDataset(np.stack([PICTURE.asnumpy()] * 5), np.arange(5))
    transform = T.Compose([T.Resize(8), T.RandomResizedCrop(4), T.ToTensor(), T.Normalize(0.5, 0.5)])
    changed = pictures.transform_first(lambda picture: transform(mx.nd.array(picture, dtype="uint8")))
    loader = gluon.data.DataLoader(changed, 2, num_workers=workers)
    assert [batch[0].shape for batch in loader] == [(2, 3, 4, 4), (2, 3, 4, 4), (1, 3, 4, 4)]
