"""Fourier transforms and count sketches, by their definitions: real MXNet runs them on GPUs only."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


def _random(*shape):
    return np.random.default_rng(4).normal(size=shape)


@pytest.mark.parametrize("shape", [(3, 5), (2, 1, 3, 4)])
def test_a_transform_gives_real_and_imaginary_parts_in_turn(shape):
    data = _random(*shape)
    pairs = mx.nd.contrib.fft(mx.nd.array(data, dtype="float64")).asnumpy().reshape(*shape, 2)
    np.testing.assert_allclose(pairs[..., 0] + 1j * pairs[..., 1], np.fft.fft(data))


def test_the_inverse_transform_is_not_normalised():
    data = mx.nd.array(_random(3, 5), dtype="float64")
    np.testing.assert_allclose(mx.nd.contrib.ifft(mx.nd.contrib.fft(data)).asnumpy(), 5 * data.asnumpy())


def test_the_gradient_of_a_transform_is_the_inverse_transform():
    data = mx.sym.Variable("data")
    operators = [node.op.name for node in mx.sym.contrib.fft(data).gradient(["data"]).graph.operators]
    assert operators.count("_contrib_ifft") == 1


def test_half_precision_is_transformed():
    data = _random(2, 4).astype("float16")
    pairs = mx.nd.contrib.fft(mx.nd.array(data, dtype="float16"))
    assert pairs.dtype == np.float16
    np.testing.assert_allclose(pairs.asnumpy()[:, ::2], np.fft.fft(data).real, rtol=1e-2, atol=1e-2)


def test_a_sketch_adds_signed_elements_at_their_places():
    data, places, signs = _random(3, 6), np.array([[0, 2, 2, 1, 0, 2]]), np.array([[1, -1, 1, 1, -1, 1]])
    expected = np.zeros((3, 4))
    for element, (place, sign) in enumerate(zip(places[0], signs[0], strict=True)):
        expected[:, place] += sign * data[:, element]
    arrays = (mx.nd.array(a, dtype="float64") for a in (data, places, signs))
    np.testing.assert_allclose(mx.nd.contrib.count_sketch(*arrays, out_dim=4).asnumpy(), expected)


@pytest.mark.parametrize(
    ("name", "shapes", "params", "message"),
    [
        ("fft", [(3,)], {}, "data of 2 or 4 dimensions, but got 1"),
        ("fft", [(2, 3, 4)], {}, "data of 2 or 4 dimensions, but got 3"),
        ("ifft", [(3, 5)], {}, "must have pairs of parts"),
        ("count_sketch", [(2, 3, 6), (1, 6), (1, 6)], {"out_dim": 4}, "data of 2 or 4 dimensions"),
        (
            "count_sketch",
            [(3, 6), (1, 5), (1, 6)],
            {"out_dim": 4},
            r"expected h \(1, 6\) for data \(3, 6\), not \(1, 5\)",
        ),
        ("count_sketch", [(3, 6), (1, 6), (6,)], {"out_dim": 4}, r"expected s \(1, 6\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(name, shapes, params, message):
    with pytest.raises(mx.base.MXNetError, match=message):
        getattr(mx.nd.contrib, name)(*(mx.nd.zeros(shape) for shape in shapes), **params)


def test_places_outside_of_a_sketch_are_refused():
    with pytest.raises(mx.base.MXNetError, match="h must hold places from 0 to 3"):
        mx.nd.contrib.count_sketch(mx.nd.ones((1, 2)), mx.nd.array([[0, 4]]), mx.nd.ones((1, 2)), out_dim=4)


def test_whole_numbers_are_not_transformed():
    with pytest.raises(mx.base.MXNetError, match="_contrib_fft: expected real numbers"):
        mx.nd.contrib.fft(mx.nd.ones((2, 4), dtype="int32"))


@pytest.mark.parametrize("shape", [(0, 4), (3, 0)])
def test_nothing_is_transformed_to_nothing(shape):
    transformed = mx.nd.contrib.fft(mx.nd.zeros(shape))
    assert transformed.shape == (shape[0], 2 * shape[1])
    assert mx.nd.contrib.ifft(transformed).shape == shape
