"""What the table of samples cannot say of reductions: which axes are meant, and their quirks in MXNet."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


def _gradient(symbol, values):
    array = mx.nd.array(values)
    executor = symbol.bind(mx.cpu(), {"x": array}, args_grad={"x": mx.nd.zeros(array.shape)})
    outputs = executor.forward(is_train=True)
    executor.backward([mx.nd.full(o.shape, 2) for o in outputs])
    return executor.grad_dict["x"].asnumpy()


@pytest.mark.parametrize(
    ("params", "shape"),
    [
        ({}, (1,)),
        ({"axis": ()}, (1,)),
        ({"axis": (), "keepdims": True}, (1, 1, 1)),
        ({"axis": (), "exclude": True}, (1,)),
        ({"axis": (-1, 0)}, (3,)),
        ({"axis": -2, "exclude": True}, (3,)),
        ({"axis": (0, 1, 2), "exclude": True}, (2, 3, 4)),
        ({"axis": (0, 1, 2)}, (1,)),
    ],
)
@pytest.mark.parametrize("name", ["sum", "mean", "prod", "nansum", "nanprod", "max", "min"])
def test_axes_and_the_shape_that_is_left(name, params, shape):
    reduce = getattr(mx.sym, name)(mx.sym.Variable("x"), **params)
    assert reduce.infer_shape(x=(2, 3, 4))[1] == [shape]
    assert reduce.eval(x=mx.nd.ones((2, 3, 4)))[0].shape == shape


def test_an_axis_may_not_be_named_twice():
    with pytest.raises(mx.MXNetError, match=r"sum: the axes \(-1, 2\) .* name one twice"):
        mx.sym.sum(mx.sym.Variable("x"), axis=(-1, 2)).infer_shape(x=(2, 3, 4))


def test_an_axis_must_exist():
    with pytest.raises(mx.MXNetError, match=r"axis 5 does not exist in an array of 3 dimensions"):
        mx.sym.max(mx.sym.Variable("x"), axis=5).infer_shape(x=(2, 3, 4))


def test_sums_infer_from_partial_shapes_and_extrema_do_not():
    x = mx.sym.Variable("x")
    assert mx.sym.sum(x, axis=1).infer_shape_partial(x=(0, 3, 4))[1] == [(0, 4)]
    assert mx.sym.max(x, axis=1).infer_shape_partial(x=(0, 3, 4))[1] == [()]


def test_every_maximum_gets_the_whole_gradient():
    gradient = _gradient(mx.sym.max(mx.sym.Variable("x"), axis=1), [[3, 1, 3], [0, 2, 1]])
    np.testing.assert_array_equal(gradient, [[2, 0, 2], [0, 2, 0]])


def test_results_of_integers_keep_their_dtype():
    x = mx.nd.array([[100, 100, 7], [3, 5, 6]], dtype="int8")
    expected = {"sum": [-49, 14], "mean": [-16, 4], "prod": [112, 90], "max": [100, 6]}
    for name, values in expected.items():
        result = getattr(mx.nd, name)(x, axis=1)
        assert result.dtype == np.int8
        np.testing.assert_array_equal(result.asnumpy(), values)


def test_integer_mean_is_cut_off_towards_zero():
    assert mx.nd.mean(mx.nd.array([[-3, -4]], dtype="int32"), axis=1).asnumpy().tolist() == [-3]


def test_what_is_not_a_number_counts_only_where_it_says_so():
    x = mx.nd.array([[np.nan, 2, 3], [np.nan, np.nan, np.nan]])
    assert mx.nd.nansum(x, axis=1).asnumpy().tolist() == [5, 0]
    assert mx.nd.nanprod(x, axis=1).asnumpy().tolist() == [6, 1]
    assert np.isnan(mx.nd.max(x, axis=1).asnumpy()).all()


def test_gradient_of_a_product_is_output_over_data():
    """So it is not a number where the data is 0."""
    gradient = _gradient(mx.sym.prod(mx.sym.Variable("x"), axis=1), [[1, 2, 0], [1, 2, 3]])
    np.testing.assert_array_equal(gradient, [[0, 0, np.nan], [12, 6, 4]])


def test_positions_come_in_the_dtype_of_the_data_and_the_first_wins():
    x = mx.nd.array([[1, 3, 3], [2, 2, 0]])
    for name, expected in (("argmax", [1, 0]), ("argmin", [0, 2])):
        result = getattr(mx.nd, name)(x, axis=1)
        assert result.dtype == np.float32
        np.testing.assert_array_equal(result.asnumpy(), expected)


def test_argmax_without_axis_searches_the_flat_array():
    assert mx.nd.argmax(mx.nd.array([[1, 3], [7, 2]])).asnumpy().tolist() == [2]


def test_norm_has_order_one_or_two():
    with pytest.raises(mx.MXNetError, match="ord is 3, but must be 1 or 2"):
        mx.sym.norm(mx.sym.Variable("x"), ord=3)


def test_norm_can_have_another_dtype():
    result = mx.nd.norm(mx.nd.array([[3, 4]], dtype="int32"), axis=1, out_dtype="float32")
    assert result.dtype == np.float32
    assert result.asnumpy().tolist() == [5]


def test_moments_need_axes():
    with pytest.raises(mx.MXNetError, match="axes are needed"):
        mx.sym.moments(mx.sym.Variable("x"))[0].infer_shape(x=(2, 3))
