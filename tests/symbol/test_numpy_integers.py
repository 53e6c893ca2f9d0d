"""Numbers that numpy made are as good as Python's in shapes, parameters and indices of symbols."""

import numpy as np
import pytest

import mxnet as mx

TWO, THREE, FOUR = np.int64(2), np.int32(3), np.uint8(4)


def test_shapes_are_inferred_from_numpy_integers():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=THREE, name="fc")
    assert net.infer_shape(data=(TWO, FOUR)) == ([(2, 4), (3, 4), (3,)], [(2, 3)], [])
    assert all(type(n) is int for shape in net.infer_shape(data=(TWO, FOUR))[0] for n in shape)


def test_variables_have_shapes_of_numpy_integers():
    x = mx.sym.Variable("x", shape=(TWO, THREE), lr_mult=np.float32(0.5))
    assert x.attr("__shape__") == "(2, 3)"
    assert x.attr("lr_mult") == "0.5"
    assert x.infer_shape() == ([(2, 3)], [(2, 3)], [])


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda x: mx.sym.FullyConnected(x, num_hidden=THREE, no_bias=np.True_), (2, 3)),
        (lambda x: mx.sym.Embedding(x, input_dim=FOUR, output_dim=THREE), (2, 12, 3)),
        (lambda x: x.reshape((THREE, np.int64(-1))), (3, 8)),
        (lambda x: mx.sym.sum(x, axis=np.int64(1)), (2,)),
        (lambda x: mx.sym.sum(x, axis=(np.int64(0), np.int64(1)), keepdims=np.True_), (1, 1)),
        (lambda x: mx.sym.split(x, num_outputs=TWO, axis=np.int64(1))[np.int64(1)], (2, 6)),
        (lambda x: mx.sym.slice(x, begin=(np.int64(0), THREE), end=(np.int64(1), FOUR)), (1, 1)),
        (lambda x: x + np.int64(1), (2, 12)),
        (lambda x: np.float64(2) * x, (2, 12)),
        (lambda x: np.int64(2) / x, (2, 12)),
        (lambda x: x**TWO, (2, 12)),
    ],
)
def test_parameters_and_operands_are_numpy_numbers(make, expected):
    assert make(mx.sym.Variable("x")).infer_shape(x=(2, 12))[1] == [expected]


def test_windows_of_numpy_integers_are_saved_as_plain_ones():
    net = mx.sym.Convolution(
        mx.sym.Variable("x"), kernel=(THREE, THREE), pad=tuple(np.array([1, 1])), num_filter=FOUR, name="conv"
    )
    assert net.attr("kernel") == "(3, 3)"
    assert net.attr("pad") == "(1, 1)"
    assert mx.sym.load_json(net.tojson()).infer_shape(x=(1, 2, 5, 5))[1] == [(1, 4, 5, 5)]


def test_executors_are_bound_and_reshaped_to_numpy_integers():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=THREE, name="fc")
    executor = net.simple_bind(mx.cpu(np.int64(0)), data=(FOUR, TWO))
    assert executor.outputs[0].shape == (4, 3)
    assert executor.reshape(data=(TWO, TWO)).outputs[0].shape == (2, 3)


def test_symbols_that_are_made_have_shapes_of_numpy_integers():
    assert mx.sym.zeros((TWO, THREE)).infer_shape()[1] == [(2, 3)]
    assert mx.sym.full((TWO,), np.float32(7)).infer_shape()[1] == [(2,)]
    assert mx.sym.random.uniform(shape=(TWO, THREE)).infer_shape()[1] == [(2, 3)]
    assert mx.sym.arange(np.int64(0), FOUR).infer_shape()[1] == [(4,)]
