"""What the table of samples cannot say of arithmetic of arrays of one shape, casts and choices."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.analysis.gradient import gradients
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import find_operator


def _node(name, inputs, **params):
    return Node(find_operator(name).make(**params), name, inputs)


def _entries(*names):
    return tuple(Entry(Node(None, name)) for name in names)


def _gradients(symbol, heads=1.0, **values):
    arrays = {name: mx.nd.array(value) for name, value in values.items()}
    executor = symbol.bind(mx.cpu(), arrays, args_grad={k: mx.nd.zeros(v.shape) for k, v in arrays.items()})
    output = executor.forward(is_train=True)[0]
    executor.backward(mx.nd.full(output.shape, heads))
    return {name: executor.grad_dict[name].asnumpy().tolist() for name in values}


def test_a_sum_hands_its_gradient_on_as_it_is():
    a, b, head = _entries("a", "b", "head")
    for name, params in (("elemwise_add", {}), ("add_n", {"num_args": 2}), ("_grad_add", {})):
        assert gradients(Graph(_node(name, (a, b), **params).outputs), [a, b], [head]) == [head, head]


def test_identity_hands_its_gradient_on_and_block_grad_hands_on_none():
    a, head = _entries("a", "head")
    assert gradients(Graph(_node("_copy", (a,)).outputs), [a], [head]) == [head]
    assert gradients(Graph(_node("BlockGrad", (a,)).outputs), [a], [head]) == [None]


def test_add_n_leaves_its_inputs_alone():
    arrays = [mx.nd.array([1, 2]), mx.nd.array([3, 4]), mx.nd.array([5, 6])]
    assert mx.nd.add_n(*arrays).asnumpy().tolist() == [9, 12]
    assert [a.asnumpy().tolist() for a in arrays] == [[1, 2], [3, 4], [5, 6]]


def test_equal_operands_of_maximum_send_the_gradient_to_the_left():
    x, y = mx.sym.Variable("x"), mx.sym.Variable("y")
    for name in ("_maximum", "_minimum"):
        grads = _gradients(getattr(mx.sym._internal, name)(x, y), x=[1, 1, 2], y=[2, 1, 1])
        chosen = [0, 1, 1] if name == "_maximum" else [1, 1, 0]
        assert grads == {"x": chosen, "y": [1 - c for c in chosen]}


def test_remainder_of_arrays_has_the_sign_of_the_divisor():
    result = mx.nd._internal._mod(mx.nd.array([5, -5, 5, -5, 3]), mx.nd.array([3, 3, -3, -3, 0]))
    assert result.asnumpy().tolist() == [2, 1, -1, -2, 0]


def test_integer_division_is_rounded_towards_zero():
    result = mx.nd.elemwise_div(mx.nd.array([-7, 7], dtype="int32"), mx.nd.array([2, 2], dtype="int32"))
    assert result.asnumpy().tolist() == [-3, 3]


def test_make_loss_ignores_the_head_gradient():
    assert _gradients(mx.sym.make_loss(mx.sym.Variable("x") * 3), heads=5, x=[1, 2]) == {"x": [3, 3]}


def test_shapes_of_both_sides_complete_each_other():
    both = mx.sym.elemwise_mul(mx.sym.Variable("a"), mx.sym.Variable("b"))
    assert both.infer_shape(a=(2, 0), b=(0, 3)) == ([(2, 3), (2, 3)], [(2, 3)], [])


def test_where_chooses_rows_by_a_vector():
    result = mx.nd.where(mx.nd.array([1, 0]), mx.nd.ones((2, 3)), mx.nd.zeros((2, 3)))
    assert result.asnumpy().tolist() == [[1, 1, 1], [0, 0, 0]]


def test_where_takes_anything_but_zero_for_true():
    result = mx.nd.where(mx.nd.array([0.5, 0, -1, np.nan]), mx.nd.ones(4), mx.nd.zeros(4))
    assert result.asnumpy().tolist() == [1, 0, 1, 1]


@pytest.mark.parametrize("condition", [(3,), (2, 1), (1, 2, 3)])
def test_where_refuses_a_condition_of_another_shape(condition):
    choice = mx.sym.where(mx.sym.Variable("c"), mx.sym.Variable("x"), mx.sym.Variable("y"))
    with pytest.raises(mx.MXNetError, match=r"condition .* fits neither x \(2, 3\) nor its first axis"):
        choice.infer_shape(c=condition, x=(2, 3), y=(2, 3))


def test_where_infers_nothing_before_its_condition_is_known():
    choice = mx.sym.where(mx.sym.Variable("c"), mx.sym.Variable("x"), mx.sym.Variable("y"))
    assert choice.infer_shape_partial(x=(2, 3))[0] == [(), (2, 3), ()]
    assert choice.infer_shape(c=(2,), y=(2, 3))[0] == [(2,), (2, 3), (2, 3)]


def test_cast_cuts_off_fractions_and_wraps_integers():
    values = mx.nd.array([1.7, -2.7, 300, -300])
    assert mx.nd.Cast(values, dtype="int8").asnumpy().tolist() == [1, -2, 44, -44]
    assert mx.nd.Cast(values, dtype="uint8").asnumpy().tolist() == [1, 254, 44, 212]


def test_gradient_passes_through_a_cast_to_integers_and_back():
    x = mx.sym.Variable("x")
    there_and_back = mx.sym.Cast(mx.sym.Cast(x, dtype="int32"), dtype="float32")
    assert _gradients(there_and_back, heads=3, x=[1.5, -2.5]) == {"x": [3, 3]}


def test_amp_cast_converts_only_narrow_floats():
    x = mx.sym.Variable("x")
    cast = mx.sym.amp_cast(x, dtype="float16")
    for given, made in (("float32", "float16"), ("float64", "float64"), ("int32", "int32")):
        assert cast.infer_type(x=given)[1] == [np.dtype(made).type]


def test_amp_multicast_agrees_on_the_wider_or_the_narrower_dtype():
    arrays = [mx.nd.ones(1, dtype=d) for d in ("float16", "float32", "float64")]
    wide = mx.nd.amp_multicast(*arrays, num_outputs=3)
    assert [a.dtype for a in wide] == [np.float32, np.float32, np.float64]
    narrow = mx.nd.amp_multicast(*arrays, num_outputs=3, cast_narrow=True)
    assert [a.dtype for a in narrow] == [np.float16, np.float16, np.float64]
