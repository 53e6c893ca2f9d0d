"""Running operators on arrays: results of their own, checks before the kernel runs, errors that name the operator."""

from __future__ import annotations

import re

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError
from mxnet.ir.op import find_operator
from mxnet.ndarray.eager import check_call
from mxnet.ndarray.ndarray import invoke_by_name


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("identity", {}),
        ("Reshape", {"shape": (3, 2)}),
        ("Flatten", {}),
        ("expand_dims", {"axis": 0}),
        ("slice_axis", {"axis": 0, "begin": 0, "end": 1}),
        ("slice", {"begin": (0, 0), "end": (1, 3)}),
        ("BlockGrad", {}),
        ("Cast", {"dtype": "float32"}),
        ("Dropout", {"p": 0.5}),
        ("broadcast_to", {"shape": (2, 3)}),
        ("SliceChannel", {"num_outputs": 3}),
        ("transpose", {}),
    ],
)
def test_result_shares_no_memory_with_an_input(name, params):
    array = mx.nd.ones((2, 3))
    results = invoke_by_name(name, array, **params)
    for result in results if isinstance(results, list) else [results]:
        result[:] = 7
    assert (array.asnumpy() == 1).all()


def test_result_is_contiguous():
    result = mx.nd.transpose(mx.nd.ones((2, 3)))
    result.reshape((-1,))[:] = 4
    assert (result.asnumpy() == 4).all()


def test_out_is_written_and_returned():
    out = mx.nd.zeros((2,))
    view = out[0:1]
    assert mx.nd.exp(mx.nd.zeros((2,)), out=out) is out
    assert view.asscalar() == 1


def test_out_may_be_an_input():
    array = mx.nd.array([1, 2])
    mx.nd.elemwise_add(array, array, out=array)
    assert array.asnumpy().tolist() == [2, 4]


def test_out_of_several_outputs_is_a_list():
    first, second = mx.nd.zeros((2, 1)), mx.nd.zeros((2, 1))
    mx.nd.split(mx.nd.array([[1, 2], [3, 4]]), num_outputs=2, out=[first, second])
    assert second.asnumpy().tolist() == [[2], [4]]


def test_out_of_another_shape_is_refused():
    out = mx.nd.zeros((3,))
    with pytest.raises(MXNetError, match="operator exp"):
        mx.nd.exp(mx.nd.zeros((2,)), out=out)


def test_out_of_another_dtype_is_refused():
    with pytest.raises(TypeError, match=r"operator exp \(.*\): the dtype of 'output' does not fit"):
        mx.nd.exp(mx.nd.zeros((2,)), out=mx.nd.zeros((2,), dtype="float64"))


def test_too_many_outs_are_refused():
    outs = [mx.nd.zeros((2,)), mx.nd.zeros((2,))]
    with pytest.raises(MXNetError, match="exp has 1 outputs, but out= gives 2"):
        mx.nd.exp(mx.nd.zeros((2,)), out=outs)


def test_missing_input_is_named():
    with pytest.raises(
        TypeError, match="FullyConnected needs the input 'bias'. Its inputs are: data, weight, bias."
    ):
        mx.nd.FullyConnected(mx.nd.ones((2, 3)), mx.nd.ones((4, 3)), num_hidden=4)


def test_input_that_the_parameters_leave_out_is_refused():
    x, w, b = mx.nd.ones((2, 3)), mx.nd.ones((4, 3)), mx.nd.ones((4,))
    with pytest.raises(TypeError, match="takes no input 'bias'"):
        mx.nd.FullyConnected(x, w, b, num_hidden=4, no_bias=True)


def test_shape_conflict_shows_what_was_expected_and_what_was_given():
    with pytest.raises(ValueError) as caught:
        mx.nd.FullyConnected(mx.nd.ones((2, 3)), mx.nd.ones((4, 5)), num_hidden=4, no_bias=True)
    text = str(caught.value)
    assert re.match(
        r"Error in operator FullyConnected \(.*test_invoke.py:\d+\): the shape of 'weight' does", text
    )
    assert "Expect: weight (4, 3)\n  Actual: weight (4, 5)" in text
    assert "data (2, 3) float32" in text


def test_error_of_a_kernel_names_the_operator_and_its_inputs():
    with pytest.raises(MXNetError) as caught:
        mx.nd.gather_nd(mx.nd.ones((2, 3)), mx.nd.array([[10]]))
    text = str(caught.value)
    assert re.match(r"Error in operator gather_nd \(.*test_invoke.py:\d+\): index 10 is out of bounds", text)
    assert "with data (2, 3) float32, indices (1, 1) float32" in text


@pytest.mark.parametrize(
    "call",
    [
        lambda a: mx.nd.gather_nd(a, mx.nd.array([[1], [3]])),
        lambda a: mx.nd.gather_nd(a, mx.nd.array([[1], [-4]])),
        lambda a: mx.nd.scatter_nd(mx.nd.array([1.0]), mx.nd.array([[5]]), shape=(3,)),
        lambda a: mx.sym.gather_nd(mx.sym.Variable("a"), mx.sym.Variable("i")).eval(
            a=a, i=mx.nd.array([[9]])
        ),
    ],
)
def test_index_outside_of_an_array_is_an_index_error(call):
    with pytest.raises(IndexError, match="out of bounds") as caught:
        call(mx.nd.ones((2, 3)))
    assert isinstance(caught.value, MXNetError)


def test_cpu_contexts_share_one_memory():
    result = mx.nd.ones((1,), mx.cpu(1)) + mx.nd.ones((1,), mx.cpu(0))
    assert result.context == mx.cpu(1)


def test_operator_without_inputs_runs_in_the_current_context():
    with mx.cpu(3):
        assert mx.nd.arange(2).context == mx.cpu(3)
        assert mx.nd.random.uniform(shape=2).context == mx.cpu(3)
    assert mx.nd.random.uniform(shape=2, ctx=mx.cpu(2)).context == mx.cpu(2)
    assert mx.nd._internal._random_uniform(shape=2, ctx="cpu(4)").context == mx.cpu(4)


def test_operator_knows_whether_this_is_training():
    array = mx.nd.ones((1000,))
    assert (mx.nd.Dropout(array).asnumpy() == 1).all()
    with mx.autograd.train_mode():
        assert not (mx.nd.Dropout(array).asnumpy() == 1).all()


def test_mutated_inputs_change_in_place():
    weight, momentum = mx.nd.ones((2,)), mx.nd.zeros((2,))
    mx.nd.sgd_mom_update(weight, mx.nd.ones((2,)), momentum, lr=0.5, momentum=0.9, out=weight)
    np.testing.assert_allclose(weight.asnumpy(), 0.5)
    np.testing.assert_allclose(momentum.asnumpy(), -0.5)


def test_hidden_outputs_stay_hidden():
    result = mx.nd.LayerNorm(mx.nd.ones((2, 3)), mx.nd.ones((3,)), mx.nd.zeros((3,)))
    assert isinstance(result, mx.nd.NDArray)


def test_check_tells_the_shapes_and_dtypes_of_the_outputs():
    tensor = mx.nd.ones((2, 3)).handle
    checked = check_call(find_operator("transpose").bind({}), 1, (tensor.shape, tensor.dtype))
    assert checked.shapes == ((3, 2),)
    assert checked.dtypes == ("float32",)


def test_function_of_every_operator_is_where_mxnet_has_it():
    assert mx.nd.contrib.arange_like is not None
    assert mx.nd.FullyConnected is not mx.sym.FullyConnected
    assert mx.nd.op.FullyConnected.__name__ == "FullyConnected"
    assert mx.nd._internal._plus_scalar(mx.nd.ones((1,)), scalar=2).asscalar() == 3


def test_unknown_function_gets_a_suggestion():
    with pytest.raises(AttributeError, match="Did you mean 'FullyConnected'"):
        mx.nd.FulyConnected  # noqa: B018 - looking it up is the test


def test_numbers_choose_the_operator_with_a_number():
    array = mx.nd.array([1, 2])
    assert mx.nd.subtract(3, array).asnumpy().tolist() == [2, 1]
    assert mx.nd.greater(2, array).asnumpy().tolist() == [1, 0]
    assert mx.nd.lesser_equal(array, 1).asnumpy().tolist() == [1, 0]
    assert mx.nd.maximum(array, mx.nd.array([2, 1])).asnumpy().tolist() == [2, 2]
    assert mx.nd.add(1, 2) == 3
    assert mx.nd.equal(1, 1) == 1
    with pytest.raises(TypeError, match="takes NDArrays or numbers, not NDArray and str"):
        mx.nd.add(array, "x")


def test_moveaxis_refuses_axes_that_are_not_there():
    with pytest.raises(ValueError, match="source 5 is not an axis"):
        mx.nd.moveaxis(mx.nd.ones((2, 3)), 5, 0)
    assert mx.nd.moveaxis(mx.nd.ones((2, 3, 4)), (0, 1), (-1, 0)).shape == (3, 4, 2)


def test_split_v2_cuts_at_indices():
    parts = mx.nd.split_v2(mx.nd.arange(6), (2, 4))
    assert [part.asnumpy().tolist() for part in parts] == [[0, 1], [2, 3], [4, 5]]
    with pytest.raises(ValueError, match="must be an int or a tuple of int"):
        mx.nd.split_v2(mx.nd.arange(6), [2])


def test_a_call_is_told_from_one_with_an_equal_parameter_of_another_type():
    data = mx.nd.ones((2, 2))
    assert mx.nd.one_hot(mx.nd.array([1]), depth=2, on_value=1).asnumpy().tolist() == [[0, 1]]
    assert mx.nd.one_hot(mx.nd.array([1]), depth=2, on_value=1.0).asnumpy().tolist() == [[0, 1]]
    assert mx.nd.sum(data, axis=1).shape == (2,)
    with pytest.raises(MXNetError):
        mx.nd.sum(data, axis=1.0)
    assert np.signbit(mx.nd.clip(-data, a_min=-1.0, a_max=-0.0).asnumpy()).all()


def test_a_call_with_one_array_twice_says_nothing_of_one_with_two_arrays():
    a, b = mx.nd.array([1.0]), mx.nd.array([2.0])
    assert mx.nd.elemwise_sub(a, a).asscalar() == 0
    assert mx.nd.elemwise_sub(a, b).asscalar() == -1
    assert mx.nd.elemwise_sub(rhs=a, lhs=b).asscalar() == 1
    assert mx.nd.elemwise_sub(rhs=b, lhs=a).asscalar() == -1
    assert mx.nd.elemwise_sub(a, rhs=b).asscalar() == -1


def test_a_wrong_call_is_refused_every_time():
    for _ in range(2):
        with pytest.raises(MXNetError, match="depht"):
            mx.nd.one_hot(mx.nd.array([1]), depht=2)


def test_many_different_calls_stay_right():
    data = mx.nd.ones((1,))
    for i in range(600):
        assert mx.nd.clip(data, a_min=float(i), a_max=1e9).asscalar() == max(i, 1)


def test_random_operators_draw_anew_in_every_call():
    data = mx.nd.ones((100,))
    with mx.autograd.train_mode():
        first, second = (mx.nd.Dropout(data, p=0.5).asnumpy() for _ in range(2))
    assert (first != second).any()
