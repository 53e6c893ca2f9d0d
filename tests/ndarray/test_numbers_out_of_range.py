"""Numbers that a data type does not hold: each is rounded as C does before a kernel, or an array, gets it."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.dtype import number_as

MOST = float(np.finfo("float32").max)  # whose text, 3.4028235e+38, is a little more
TEXT = "3.4028235e+38"


@pytest.mark.parametrize(
    ("value", "dtype", "held"),
    [
        (2.7, "float32", 2.7),
        (float(TEXT), "float32", MOST),
        (-float(TEXT), "float32", -MOST),
        (3.5e38, "float32", np.inf),
        (3.5e38, "float64", 3.5e38),
        (65504, "float16", 65504),
        (65519, "float16", 65504),
        (65520, "float16", np.inf),
        (-1e9, "float16", -np.inf),
        (1e38, "bfloat16", 1e38),
        (3.5e38, "bfloat16", np.inf),
        (np.inf, "float16", np.inf),
        (2.7, "int32", 2),
        (-2.7, "int32", -2),
        (300, "uint8", 44),
        (300, "int8", 44),
        (-1, "uint8", 255),
        (3e9, "int32", -(2**31)),  # what a processor makes of it
        (3e9, "int64", 3000000000),
        (1e20, "int64", -(2**63)),
        (1e20, "uint8", 0),
        (np.nan, "int32", -(2**31)),
        (-np.inf, "int8", 0),
        (0.5, "bool", True),
    ],
)
def test_number_is_held_as_in_c(value, dtype, held):
    assert number_as(value, dtype) == held
    if dtype != "bfloat16":  # which numpy lacks
        assert mx.nd.full((1,), value, dtype=dtype).asscalar() == np.array(held).astype(dtype)
        array = mx.nd.zeros((2,), dtype=dtype)
        array[:] = value
        array[1:] = value
        assert (array.asnumpy() == np.array(held).astype(dtype)).all()


def test_nan_stays_nan_in_real_numbers():
    assert np.isnan(number_as(np.nan, "float16"))


X = np.array([[-1, 2], [3, 4]], "float32")

CALLS = [
    ("clip", {"a_min": 0, "a_max": TEXT}, "float32", np.maximum(X, 0)),
    ("clip", {"a_min": -1e9, "a_max": 1e9}, "float16", X),
    ("_maximum_scalar", {"scalar": -1e9}, "float16", X),
    ("_minimum_scalar", {"scalar": 1e9}, "float16", X),
    ("_plus_scalar", {"scalar": 1e9}, "float16", np.full_like(X, np.inf)),
    ("_greater_scalar", {"scalar": 1e9}, "float16", np.zeros_like(X)),
    ("_mul_scalar", {"scalar": 65519}, "float16", np.array([[-65504, np.inf], [np.inf, np.inf]])),
    ("LeakyReLU", {"slope": TEXT}, "float32", np.array([[-MOST, 2], [3, 4]])),
]


@pytest.mark.parametrize(("name", "params", "dtype", "expected"), CALLS)
def test_parameter_is_rounded_to_the_type_of_the_data(name, params, dtype, expected):
    data = mx.nd.array(X, dtype=dtype)
    function = getattr(mx.nd, name, None) or getattr(mx.nd._internal, name)
    compose = getattr(mx.sym, name, None) or getattr(mx.sym._internal, name)
    np.testing.assert_array_equal(function(data, **params).asnumpy(), expected)
    symbol = compose(mx.sym.Variable("data"), **params)
    np.testing.assert_array_equal(symbol.eval(data=data)[0].asnumpy(), expected)


def test_gradients_are_computed_with_rounded_parameters():
    data = mx.nd.array(X, dtype="float16")
    data.attach_grad()
    with mx.autograd.record():
        y = mx.nd.clip(data, -1e9, 1e9)
    y.backward()
    assert (data.grad.asnumpy() == 1).all()


def test_mask_of_minus_a_billion_works_in_half_precision():
    scores = mx.sym.Variable("scores")
    masked = mx.sym.SequenceMask(
        scores, mx.sym.Variable("lengths"), use_sequence_length=True, value=-1e9, axis=1
    )
    executor = mx.sym.softmax(masked).simple_bind(
        mx.cpu(), scores=(1, 3), lengths=(1,), type_dict={"scores": "float16", "lengths": "float16"}
    )
    executor.arg_dict["lengths"][:] = 2
    assert executor.forward(is_train=True)[0].asnumpy().tolist() == [[0.5, 0.5, 0]]
    executor.backward(mx.nd.ones((1, 3), dtype="float16"))


@pytest.mark.parametrize(
    ("value", "dtype", "expected"), [(300, "uint8", 44), (3e9, "int32", -(2**31)), (-1, "uint8", 255)]
)
def test_whole_numbers_are_filled_in_as_in_c(value, dtype, expected):
    ones, lengths = mx.nd.ones((2, 2), dtype=dtype), mx.nd.array([1, 1], dtype=dtype)
    masked = mx.nd.SequenceMask(ones, lengths, use_sequence_length=True, value=value)
    assert masked.asnumpy().tolist() == [[1, 1], [expected, expected]]
    part = mx.nd._internal._slice_assign_scalar(ones, scalar=value, begin=(0,), end=(1,))
    assert part.asnumpy().tolist() == [[expected, expected], [1, 1]]


@pytest.mark.parametrize(
    ("dtype", "low", "high", "expected"),
    [
        ("int32", 0, 2.7, [1, 2, 2]),
        ("int32", 0, 3e9, [1, 2, 3]),
        ("int32", -3e9, -3e9, [-(2**31)] * 3),
        ("int32", 0, np.nan, [1, 2, 3]),
        ("uint8", 0, 300, [1, 2, 3]),
        ("uint8", 0, -1, [255, 255, 255]),
        ("int8", 0, -3e9, [0, 0, 0]),
    ],
)
def test_whole_numbers_are_clipped_as_in_mxnet(dtype, low, high, expected):
    assert mx.nd.clip(mx.nd.array([1, 2, 3], dtype=dtype), low, high).asnumpy().tolist() == expected
