"""Random arrays: seeds, contexts, and what parameters may be."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


def draw(ctx=None):
    return mx.nd.random.normal(shape=(4,), ctx=ctx).asnumpy().tolist()


def test_seed_repeats_the_numbers():
    mx.random.seed(5)
    first, second = draw(), draw()
    mx.random.seed(5)
    assert draw() == first
    assert first != second


def test_each_context_has_its_own_generator():
    mx.random.seed(5)
    first, other = draw(mx.cpu(0)), draw(mx.cpu(1))
    assert first != other
    mx.random.seed(5)
    assert draw(mx.cpu(1)) == other
    mx.random.seed(7, ctx=mx.cpu(1))
    assert draw(mx.cpu(0)) == first


def test_seed_must_be_a_whole_number():
    mx.random.seed(np.int64(3))
    with pytest.raises(ValueError, match=r"The seed must be an int, not 2\.5"):
        mx.random.seed(2.5)


def test_one_number_is_drawn_by_default():
    assert mx.nd.random.uniform().shape == (1,)


def test_array_parameters_draw_from_one_distribution_each():
    drawn = mx.nd.random.uniform(mx.nd.array([0, 10]), mx.nd.array([1, 11]), shape=50).asnumpy()
    assert drawn.shape == (2, 50)
    assert (drawn[0] < 1).all()
    assert (drawn[1] >= 10).all()


def test_parameters_are_all_numbers_or_all_arrays():
    with pytest.raises(
        ValueError, match=r"low \(NDArray\), high \(int\) must be all numbers or all NDArrays"
    ):
        mx.nd.random.uniform(mx.nd.array([0]), 2)


def test_exponential_is_given_its_mean():
    assert mx.nd.random.exponential(5, shape=(4000,)).asnumpy().mean() == pytest.approx(5, rel=0.15)


def test_out_is_filled():
    out = mx.nd.zeros((3, 2))
    assert mx.nd.random.randint(5, 6, out=mx.nd.zeros((1,), dtype="int32")).asscalar() == 5
    assert mx.nd.random.uniform(1, 2, out=out) is out
    assert (out.asnumpy() >= 1).all()


def test_randn_takes_extents_one_by_one():
    assert mx.random.randn(2, 3, loc=5, dtype="float64").shape == (2, 3)


def test_multinomial_returns_log_probabilities_on_request():
    numbers, log_probability = mx.nd.random.multinomial(mx.nd.array([0, 1]), shape=3, get_prob=True)
    assert numbers.asnumpy().tolist() == [1, 1, 1]
    assert log_probability.asnumpy().tolist() == [0, 0, 0]


def test_shuffle_keeps_the_rows():
    rows = mx.nd.arange(20).reshape((10, 2))
    shuffled = mx.nd.random.shuffle(rows).asnumpy()
    assert sorted(shuffled.tolist()) == rows.asnumpy().tolist()
