"""Patches as columns: in one, two and three axes of space, there and back."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


def _random(*shape):
    return mx.nd.array(np.random.default_rng(5).normal(size=shape), dtype="float64")


@pytest.mark.parametrize(
    ("space", "geometry"),
    [
        ((7,), {"kernel": (3,), "stride": (2,), "pad": (1,)}),
        ((5, 6), {"kernel": (3, 2), "dilate": (2, 3), "pad": (1, 2)}),
        ((4, 5, 6), {"kernel": (2, 3, 2), "stride": (1, 2, 2), "pad": (0, 1, 0)}),
    ],
)
def test_a_convolution_is_a_product_with_the_columns(space, geometry):
    data, weight = _random(2, 3, *space), _random(4, 3, *geometry["kernel"])
    columns = mx.nd.im2col(data, **geometry)
    product = mx.nd.dot(weight.reshape((4, -1)), columns.transpose((1, 0, 2))).transpose((1, 0, 2))
    expected = mx.nd.Convolution(data, weight, num_filter=4, no_bias=True, **geometry)
    np.testing.assert_allclose(product.asnumpy().ravel(), expected.asnumpy().ravel())


def test_images_of_columns_are_the_transpose_of_columns_of_images():
    geometry = {"kernel": (2, 3), "stride": (2, 1), "dilate": (1, 2), "pad": (1, 0)}
    image = _random(2, 3, 5, 6)
    columns = mx.nd.im2col(image, **geometry)
    other = _random(*columns.shape)
    back = mx.nd.col2im(other, output_size=(5, 6), **geometry)
    np.testing.assert_allclose((columns * other).sum().asscalar(), (image * back).sum().asscalar())


@pytest.mark.parametrize(
    ("name", "shape", "params", "message"),
    [
        ("im2col", (1, 1, 2, 2), {"kernel": (3, 3)}, "the window reaches over 3 elements"),
        ("im2col", (1, 2, 2), {"kernel": (1, 1)}, "expected data of 4 dimensions"),
        ("im2col", (1, 2, 2, 2), {"kernel": (0, 1)}, "must be positive"),
        ("im2col", (1, 2, 2, 2), {"kernel": (2, 1), "stride": (1,)}, "does not fit kernel"),
        ("im2col", (1, 2, 2, 2), {"kernel": (2, 1), "stride": (0, 1)}, "is too small"),
        ("im2col", (1, 2, 2, 2), {"kernel": (2, 1), "pad": (-1, 0)}, "is too small"),
        ("im2col", (1, 1, 1, 1, 1, 1), {"kernel": (1, 1, 1, 1)}, "has 4 axes"),
        ("col2im", (1, 2, 2), {"kernel": (1, 2), "output_size": (3, 2)}, "2 rows and 3 columns"),
        ("col2im", (1, 3, 2), {"kernel": (1, 2), "output_size": (2, 2)}, "a multiple of 2 rows"),
        ("col2im", (2, 2), {"kernel": (1, 2), "output_size": (2, 2)}, "expected data"),
        (
            "col2im",
            (1, 2, 2),
            {"kernel": (1, 2), "output_size": (2,)},
            "must have a positive extent for each",
        ),
        ("col2im", (1, 2, 2), {"kernel": (1, 2), "output_size": (0, 2)}, "must have a positive extent"),
    ],
)
def test_what_does_not_fit_is_refused(name, shape, params, message):
    with pytest.raises(mx.base.MXNetError, match=message):
        getattr(mx.nd, name)(mx.nd.zeros(shape), **params)


@pytest.mark.parametrize(("name", "params"), [("im2col", {}), ("col2im", {"output_size": (2, 2)})])
def test_whole_numbers_are_refused(name, params):
    shape = (1, 2, 2) if params else (1, 1, 2, 2)
    with pytest.raises(mx.base.MXNetError, match=f"{name}: expected real numbers"):
        getattr(mx.nd, name)(mx.nd.ones(shape, dtype="int32"), kernel=(1, 2), **params)


def test_no_images_have_no_columns():
    assert mx.nd.im2col(mx.nd.zeros((0, 1, 2, 2)), kernel=(1, 2)).shape == (0, 2, 2)


def test_columns_can_be_differentiated_twice():
    x = _random(1, 1, 3, 3)
    x.attach_grad()
    with mx.autograd.record():
        columns = mx.nd.im2col(x, kernel=(2, 2))
        first = mx.autograd.grad((columns * columns).sum(), x, create_graph=True)[0]
    first.backward()
    np.testing.assert_allclose(x.grad.asnumpy()[0, 0], 2 * np.outer([1, 2, 1], [1, 2, 1]))
