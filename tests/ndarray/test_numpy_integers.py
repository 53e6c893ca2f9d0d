"""Numbers that numpy made are as good as Python's in shapes, parameters, indices and arithmetic of arrays."""

import numpy as np
import pytest

import mxnet as mx

ONE, TWO, THREE = np.int32(1), np.int64(2), np.uint8(3)


@pytest.fixture
def x():
    return mx.nd.array(np.arange(24).reshape(2, 3, 4))


@pytest.mark.parametrize(
    "make",
    [
        mx.nd.zeros,
        mx.nd.ones,
        mx.nd.empty,
        lambda shape: mx.nd.full(shape, np.float32(7)),
        lambda shape: mx.nd.random.uniform(np.float32(0), np.float64(1), shape=shape),
        lambda shape: mx.nd.random.normal(shape=shape),
        lambda shape: mx.nd.random.randint(np.int64(0), np.int64(5), shape=shape),
        lambda shape: mx.nd.sparse.zeros("csr", shape),
    ],
)
def test_arrays_are_made_of_shapes_of_numpy_integers(make):
    shape = make((TWO, THREE)).shape
    assert shape == (2, 3)
    assert all(type(n) is int for n in shape)


@pytest.mark.parametrize(
    "make",
    [
        mx.nd.zeros,
        mx.nd.ones,
        mx.nd.empty,
        lambda shape: mx.nd.full(shape, 7),
        lambda shape: mx.nd.random.uniform(shape=shape),
        lambda shape: mx.nd.sparse.zeros("csr", shape),
        lambda shape: mx.nd.ones(6).reshape(shape),
        lambda shape: mx.nd.ones(6).reshape(shape=shape),
        lambda shape: mx.nd.reshape(mx.nd.ones(6), shape=shape),
        lambda shape: mx.nd.ones((1, 3)).broadcast_to(shape),
        lambda shape: mx.sym.zeros(shape).eval()[0],
    ],
)
@pytest.mark.parametrize("shape", [np.array([2, 3]), np.array([9, 2, 3])[1:], range(2, 4), [2, TWO + 1]])
def test_any_sequence_of_integers_is_a_shape(make, shape):
    assert make(shape).shape == (2, 3)


@pytest.mark.parametrize("shape", [np.array([2.0, 3.0]), ("a",), None, 2.5, mx.nd.array([2, 3])])
def test_anything_else_is_no_shape(shape):
    with pytest.raises(TypeError, match="A shape must be an int or a tuple of int"):
        mx.nd.empty(shape)


def test_a_single_numpy_integer_is_a_shape():
    assert mx.nd.zeros(np.array(3)).shape == (3,)
    assert mx.nd.zeros(THREE).shape == (3,)
    assert mx.nd.empty(TWO).shape == (2,)


def test_ranges_are_made_of_numpy_numbers():
    assert mx.nd.arange(np.int64(0), np.int64(6), TWO).asnumpy().tolist() == [0, 2, 4]
    assert mx.nd.eye(TWO, THREE).shape == (2, 3)
    assert mx.nd.linspace(np.int64(0), np.int64(1), THREE).asnumpy().tolist() == [0, 0.5, 1]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda x: x.reshape((np.int64(-1), np.int64(4))), (6, 4)),
        (lambda x: x.reshape(np.int64(6), np.int64(4)), (6, 4)),
        (lambda x: x.reshape(np.int64(-1)), (24,)),
        (lambda x: x.sum(axis=ONE), (2, 4)),
        (lambda x: x.sum(axis=(np.int64(0), ONE)), (4,)),
        (lambda x: x.mean(axis=np.int64(-1), keepdims=np.True_), (2, 3, 1)),
        (lambda x: x.transpose((TWO, np.int64(0), ONE)), (4, 2, 3)),
        (lambda x: x.expand_dims(ONE), (2, 1, 3, 4)),
        (lambda x: x.swapaxes(np.int64(0), ONE), (3, 2, 4)),
        (lambda x: x.split(num_outputs=TWO, axis=np.int64(0))[1], (1, 3, 4)),
        (lambda x: x.slice_axis(axis=ONE, begin=np.int64(0), end=TWO), (2, 2, 4)),
        (lambda x: x.slice(begin=(np.int64(0), ONE), end=(ONE, None)), (1, 2, 4)),
        (lambda x: x.tile((TWO,)), (2, 3, 8)),
        (lambda x: x.repeat(repeats=TWO, axis=ONE), (2, 6, 4)),
        (lambda x: x.topk(k=TWO, axis=ONE), (2, 2, 4)),
        (lambda x: mx.nd.concat(x, x, dim=ONE), (2, 6, 4)),
        (lambda x: mx.nd.stack(x, x, axis=TWO), (2, 3, 2, 4)),
        (lambda x: mx.nd.one_hot(mx.nd.ones((2,)), THREE), (2, 3)),
        (lambda x: mx.nd.ones((1, 3)).broadcast_to((TWO, THREE)), (2, 3)),
    ],
)
def test_operators_take_numpy_integers(x, change, expected):
    assert change(x).shape == expected


def test_windows_are_numpy_integers():
    image, weight = mx.nd.ones((1, 2, 5, 5)), mx.nd.ones((3, 2, 3, 3))
    window = tuple(np.array([3, 3]))
    assert mx.nd.Convolution(image, weight, kernel=window, num_filter=THREE, no_bias=True).shape == (
        1,
        3,
        3,
        3,
    )
    assert mx.nd.Pooling(image, kernel=window, pool_type="max").shape == (1, 2, 3, 3)


def test_arrays_are_indexed_by_numpy_integers(x):
    assert x[ONE].shape == (3, 4)
    assert x[ONE, TWO, THREE].asscalar() == 23
    assert x[np.int64(0) : ONE].shape == (1, 3, 4)
    x[ONE, TWO] = np.float64(5)
    assert x[1, 2].asnumpy().tolist() == [5, 5, 5, 5]


@pytest.mark.parametrize(
    ("compute", "expected"),
    [
        (lambda x: x + np.int64(1), [2, 3]),
        (lambda x: np.int64(1) - x, [0, -1]),
        (lambda x: np.float64(2) * x, [2, 4]),
        (lambda x: np.float32(2) / x, [2, 1]),
        (lambda x: x ** np.int64(2), [1, 4]),
        (lambda x: x > np.float32(1), [0, 1]),
        (lambda x: np.float32(1) == x, [1, 0]),
    ],
)
def test_arithmetic_with_numpy_numbers_gives_arrays(compute, expected):
    result = compute(mx.nd.array([1, 2]))
    assert isinstance(result, mx.nd.NDArray)
    assert result.asnumpy().tolist() == expected


def test_devices_and_seeds_are_numpy_integers():
    assert mx.cpu(ONE) == mx.cpu(1)
    assert mx.nd.zeros((2,), ctx=mx.cpu(ONE)).context == mx.cpu(1)
    mx.random.seed(THREE)
    first = mx.nd.random.uniform(shape=(3,)).asnumpy()
    mx.random.seed(3)
    np.testing.assert_array_equal(mx.nd.random.uniform(shape=(3,)).asnumpy(), first)
