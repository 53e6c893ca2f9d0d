"""What is drawn: moments, seeds, shapes that the use decides, and what no gradient passes."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.errors import MXNetError, ParameterError, ShapeError

# Operator, parameters, and the mean and standard deviation they stand for.
MOMENTS = [
    ("uniform", {"low": -1.0, "high": 3.0}, 1.0, 4 / math.sqrt(12)),
    ("normal", {"loc": 1.5, "scale": 2.0}, 1.5, 2.0),
    ("gamma", {"alpha": 3.0, "beta": 0.5}, 1.5, 0.5 * math.sqrt(3)),
    ("exponential", {"lam": 2.0}, 0.5, 0.5),
    ("poisson", {"lam": 4.0}, 4.0, 2.0),
    ("negative_binomial", {"k": 3, "p": 0.4}, 4.5, math.sqrt(4.5 / 0.4)),
    ("generalized_negative_binomial", {"mu": 2.0, "alpha": 0.3}, 2.0, math.sqrt(2 + 0.3 * 4)),
    ("generalized_negative_binomial", {"mu": 2.0, "alpha": 0.0}, 2.0, math.sqrt(2)),
]
COUNT = 20_000


@pytest.fixture(autouse=True)
def _seeded():
    mx.random.seed(42)


def _assert_moments(array, mean, deviation):
    numbers = array.asnumpy().astype("float64")
    assert abs(numbers.mean() - mean) < 6 * deviation / math.sqrt(COUNT)
    assert abs(numbers.std() - deviation) < 0.05 * deviation


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(("name", "params", "mean", "deviation"), MOMENTS)
def test_numbers_have_the_moments_of_their_distribution(name, params, mean, deviation, dtype):
    drawn = getattr(mx.nd, f"random_{name}")(shape=(COUNT,), dtype=dtype, **params)
    assert drawn.dtype == np.dtype(dtype)
    _assert_moments(drawn, mean, deviation)


@pytest.mark.parametrize(("name", "params", "mean", "deviation"), MOMENTS)
def test_numbers_like_an_array_have_its_shape_and_dtype(name, params, mean, deviation):
    like = mx.nd.zeros((2, COUNT // 2), dtype="float64")
    drawn = getattr(mx.nd._internal, f"_random_{name}_like")(like, **params)
    assert (drawn.shape, drawn.dtype) == (like.shape, like.dtype)
    _assert_moments(drawn, mean, deviation)


@pytest.mark.parametrize(("name", "params", "mean", "deviation"), MOMENTS)
def test_each_element_is_a_distribution_of_its_own(name, params, mean, deviation):
    arrays = [mx.nd.array([[value]], dtype="float64") for value in params.values()]
    drawn = getattr(mx.nd, f"sample_{name}")(*arrays, shape=(COUNT,))
    assert drawn.shape == (1, 1, COUNT)
    _assert_moments(drawn, mean, deviation)


def test_whole_numbers_come_from_a_half_open_range():
    drawn = mx.nd.random_randint(low=-2, high=2, shape=(1000,))
    assert drawn.dtype == np.int32
    assert sorted(set(drawn.asnumpy().tolist())) == [-2, -1, 0, 1]
    with pytest.raises(ParameterError, match=r"no whole numbers in \[5, 5\)"):
        mx.nd.random_randint(low=5, high=5, shape=(2,))


def test_classes_come_by_their_probabilities():
    classes, log_p = mx.nd.sample_multinomial(
        mx.nd.array([[0.2, 0.8, 0], [0, 0, 1]]), shape=(COUNT,), get_prob=True
    )
    share = np.bincount(classes.asnumpy()[0], minlength=3) / COUNT
    np.testing.assert_allclose(share, [0.2, 0.8, 0], atol=0.02)
    assert (classes.asnumpy()[1] == 2).all()
    np.testing.assert_allclose(log_p.asnumpy()[0], np.log([0.2, 0.8])[classes.asnumpy()[0]], rtol=1e-5)


def test_one_row_of_probabilities_gives_one_number_in_an_array():
    assert mx.nd.sample_multinomial(mx.nd.array([0.5, 0.5])).shape == (1,)


def test_log_probabilities_of_classes_have_a_gradient():
    p = mx.nd.array([[0.2, 0.8], [0.5, 0.5]])
    p.attach_grad()
    with mx.autograd.record():
        classes, log_p = mx.nd.sample_multinomial(p, shape=(3,), get_prob=True)
    log_p.backward(mx.nd.ones((2, 3)) * 2)
    expected = np.zeros((2, 2))
    for row, drawn in enumerate(classes.asnumpy()):
        for each in drawn:
            expected[row, each] += 2 / p.asnumpy()[row, each]
    np.testing.assert_allclose(p.grad.asnumpy(), expected, rtol=1e-6)


def test_no_gradient_passes_what_is_drawn():
    x = mx.sym.Variable("x")
    symbol = mx.sym.Group([mx.sym.sample_exponential(x, shape=(2,)), mx.sym.shuffle(x)])
    executor = symbol.simple_bind(mx.cpu(), x=(3,))
    executor.forward(is_train=True)
    executor.backward([mx.nd.ones((3, 2)), mx.nd.ones((3,))])
    assert not executor.grad_dict["x"].asnumpy().any()


def test_shuffling_keeps_the_rows_together():
    rows = np.arange(40.0).reshape(20, 2)
    shuffled = mx.nd.shuffle(mx.nd.array(rows)).asnumpy()
    assert sorted(shuffled.tolist()) == rows.tolist()
    assert shuffled.tolist() != rows.tolist()


def test_the_seed_decides_what_is_drawn():
    first = mx.nd.random_normal(shape=(5,)).asnumpy()
    second = mx.nd.random_normal(shape=(5,)).asnumpy()
    mx.random.seed(42)
    assert mx.nd.random_normal(shape=(5,)).asnumpy().tolist() == first.tolist()
    assert second.tolist() != first.tolist()


def test_two_equal_draws_of_one_graph_differ():
    symbol = mx.sym.random_uniform(shape=(5,)) - mx.sym.random_uniform(shape=(5,))
    assert symbol.eval()[0].asnumpy().all()


@pytest.mark.parametrize("shape", [None, (0, 3)])
def test_the_use_decides_extents_that_are_left_open(shape):
    symbol = mx.sym.random_uniform(shape=shape) + mx.sym.Variable("x")
    assert symbol.infer_shape(x=(2, 3))[1] == [(2, 3)]
    assert symbol.eval(x=mx.nd.zeros((2, 3)))[0].shape == (2, 3)


def test_the_shape_of_samples_tells_that_of_the_parameters():
    symbol = mx.sym.sample_gamma(mx.sym.Variable("a"), mx.sym.Variable("b"), shape=(4,)) + mx.sym.Variable(
        "x"
    )
    assert symbol.infer_shape(x=(2, 3, 4))[0] == [(2, 3), (2, 3), (2, 3, 4)]
    with pytest.raises(ShapeError, match="alpha and beta must have one shape"):
        symbol.infer_shape(a=(2,), b=(3,))


def test_impossible_parameters_are_refused():
    for name, params in [
        ("normal", {"scale": -1}),
        ("exponential", {"lam": 0}),
        ("gamma", {"alpha": 0}),
        ("poisson", {"lam": -1}),
        ("negative_binomial", {"p": 1.5}),
    ]:
        with pytest.raises(ParameterError, match=next(iter(params))):
            getattr(mx.sym, f"random_{name}")(shape=(2,), **params)
    with pytest.raises(MXNetError, match="dtype"):
        mx.sym.random_uniform(shape=(2,), dtype="int32")


DRAWS = [
    *(f"random_{name}" for name in ("uniform", "normal", "exponential", "gamma", "poisson")),
    *(f"random_{name}" for name in ("negative_binomial", "generalized_negative_binomial")),
]


@pytest.fixture
def _threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("_threads")
@pytest.mark.parametrize("name", [*DRAWS, "random_randint", "shuffle", "sample_multinomial", "Dropout"])
def test_numbers_do_not_depend_on_how_many_threads_draw(name):
    data = mx.nd.ones((300_000,)) / 300_000
    arguments = {"low": 0, "high": 10**6} if name == "random_randint" else {}
    drawn = []
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        mx.random.seed(11)
        with mx.autograd.train_mode():
            if name.startswith("random_"):
                drawn.append(getattr(mx.nd, name)(shape=data.shape, **arguments))
            else:
                drawn.append(getattr(mx.nd, name)(data))
    first, *others = (each.asnumpy() for each in drawn)
    assert all((first == other).all() for other in others)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_an_array_to_fill_decides_the_data_type(dtype):
    for name in DRAWS:
        out = mx.nd.zeros((4,), dtype=dtype)
        assert getattr(mx.nd, name)(out=out) is out
        assert out.dtype == np.dtype(dtype)
    filled = mx.nd.random.uniform(mx.nd.array([1.0]), mx.nd.array([2.0]), out=mx.nd.zeros((1,), dtype=dtype))
    assert 1 <= filled.asscalar() <= 2


def test_an_array_to_fill_must_be_able_to_hold_what_is_drawn():
    with pytest.raises(MXNetError, match="cannot draw numbers of the data type int32"):
        mx.nd.random.uniform(out=mx.nd.zeros((3,), dtype="int32"))
    with pytest.raises(MXNetError, match="cannot draw numbers of the data type float32"):
        mx.nd.random.randint(0, 5, out=mx.nd.zeros((3,)))
    with pytest.raises(MXNetError, match="the dtype of 'output' does not fit"):
        mx.nd.random.uniform(dtype="float32", out=mx.nd.zeros((3,), dtype="float16"))
    assert mx.nd.random.randint(0, 5, out=mx.nd.zeros((3,), dtype="int64")).dtype == np.int64


def test_arrays_and_symbols_draw_by_the_same_functions():
    for name in mx.sym.random.__all__:
        ours, theirs = getattr(mx.nd.random, name), getattr(mx.sym.random, name)
        assert ours.__doc__.splitlines()[0]
        if name not in ("multinomial", "shuffle", "randn"):
            shown = list(inspect.signature(ours).parameters)
            taken = [key for key in inspect.signature(theirs).parameters if key != "attr"]
            assert [key for key in shown if key not in ("ctx", "out")] == taken


def test_classes_of_a_row_differ():
    classes, tries = mx.nd._internal._sample_unique_zipfian(range_max=12, shape=(50, 12))
    assert all(sorted(row) == list(range(12)) for row in classes.asnumpy().tolist())
    assert (tries.asnumpy() >= 12).all()
    assert classes.dtype == tries.dtype == np.int64


def test_small_classes_come_first():
    classes, tries = mx.nd._internal._sample_unique_zipfian(range_max=1000, shape=(COUNT, 1))
    assert (tries.asnumpy() == 1).all()
    share = np.bincount(classes.asnumpy()[:, 0])[:4] / COUNT
    ends = np.log([1, 1.5, 2.5, 3.5, 4.5]) / np.log(1001)
    np.testing.assert_allclose(share, np.diff(ends), atol=0.01)


@pytest.mark.parametrize("shape", [None, (3,), (2, 3, 1), (1, 6)])
def test_rows_of_different_classes_must_be_possible(shape):
    with pytest.raises(
        ShapeError, match="must be .rows, classes in each.|6 different classes cannot be drawn"
    ):
        mx.nd._internal._sample_unique_zipfian(range_max=5, shape=shape)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0)])
def test_no_classes_may_be_drawn(shape):
    classes, tries = mx.nd._internal._sample_unique_zipfian(range_max=5, shape=shape)
    assert (classes.shape, tries.shape) == (shape, shape[:1])
