"""Densities: what they are, which shapes go together, and what they vary with."""

from __future__ import annotations

import math

import numpy as np
import pytest

import mxnet as mx
from mxnet.errors import DTypeError, MXNetError, ShapeError


def _array(values):
    return mx.nd.array(values, dtype="float64")


@pytest.mark.parametrize(
    ("name", "sample", "parameters", "expected"),
    [
        ("uniform", 9.0, (0.0, 4.0), 0.25),
        ("normal", 1.0, (1.0, 2.0), 1 / math.sqrt(8 * math.pi)),
        ("gamma", 2.0, (1.0, 3.0), 3 * math.exp(-6)),
        ("exponential", 2.0, (3.0,), 3 * math.exp(-6)),
        ("poisson", 2.0, (3.0,), 4.5 * math.exp(-3)),
        ("negative_binomial", 2.0, (2.0, 0.5), 3 / 16),
        ("generalized_negative_binomial", 2.0, (2.0, 0.5), 3 / 16),
    ],
)
def test_density_is_that_of_the_distribution(name, sample, parameters, expected):
    density = getattr(mx.nd, f"random_pdf_{name}")
    arrays = [_array([sample]), *(_array([value]) for value in parameters)]
    assert density(*arrays).asscalar() == pytest.approx(expected)
    assert density(*arrays, is_log=True).asscalar() == pytest.approx(math.log(expected))


def test_what_one_draws_has_the_density():
    """The density, summed over all that can be drawn, is 1; and it is how often each is drawn."""
    mx.random.seed(3)
    drawn = mx.nd.random.poisson(3, shape=20_000).asnumpy()
    density = mx.nd.random_pdf_poisson(mx.nd.arange(40).reshape((1, 40)), mx.nd.array([3.0])).asnumpy()[0]
    assert density.sum() == pytest.approx(1)
    np.testing.assert_allclose(np.bincount(drawn.astype(int), minlength=40)[:40] / 20_000, density, atol=0.02)


def test_each_parameter_has_its_own_draws():
    sample, low, high = mx.nd.zeros((2, 3, 4)), mx.nd.array([0, 0]), mx.nd.array([1, 2])
    assert mx.nd.random_pdf_uniform(sample, low, high).asnumpy().tolist() == [
        [[1.0] * 4] * 3,
        [[0.5] * 4] * 3,
    ]


def test_a_dirichlet_sample_is_a_vector():
    alpha = _array([[1.0, 1.0, 1.0], [2.0, 1.0, 1.0]])
    sample = _array([[[0.2, 0.3, 0.5]] * 4] * 2)
    np.testing.assert_allclose(mx.nd.random_pdf_dirichlet(sample, alpha).asnumpy(), [[2.0] * 4, [1.2] * 4])
    assert mx.nd.random_pdf_dirichlet(sample[0][0], alpha[0]).shape == (1,)


def test_no_density_varies_with_a_whole_number():
    sample, lam = _array([[1.0, 2.0]]), _array([3.0])
    for array in (sample, lam):
        array.attach_grad()
    with mx.autograd.record():
        density = mx.nd.random_pdf_poisson(sample, lam, is_log=True)
    density.backward()
    assert sample.grad.asnumpy().tolist() == [[0, 0]]
    assert lam.grad.asscalar() == pytest.approx(1 / 3 + 2 / 3 - 2)


def test_parameters_are_known_from_samples_and_each_other():
    a, b, c = map(mx.sym.Variable, "abc")
    symbol = mx.sym.random_pdf_normal(a, b, c)
    assert symbol.infer_shape(a=(2, 3), b=(0,), c=(2,))[0] == [(2, 3), (2,), (2,)]
    with pytest.raises(ShapeError, match=r"c of shape|sigma of shape"):
        symbol.infer_shape(a=(2, 3), b=(2,), c=(3,))
    with pytest.raises(ShapeError, match="at least as many axes"):
        symbol.infer_shape(a=(2,), b=(2, 1), c=(2, 1))


def test_whole_number_arrays_are_refused():
    with pytest.raises(DTypeError, match="needs real numbers, not int32"):
        mx.nd.random_pdf_exponential(mx.nd.ones((1,), dtype="int32"), mx.nd.ones((1,), dtype="int32"))
    with pytest.raises(MXNetError, match="dtype"):
        mx.nd.random_pdf_exponential(mx.nd.ones((1,)), _array([1]))


@pytest.mark.parametrize("shape", [(0,), (0, 3)])
def test_there_may_be_nothing_to_compute(shape):
    assert mx.nd.random_pdf_exponential(mx.nd.zeros(shape), mx.nd.zeros((0,))).shape == shape
