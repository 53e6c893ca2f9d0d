"""What the table of samples cannot say of broadcasting: partial shapes, refusals and what gradients keep alive."""

from __future__ import annotations

import pytest

import mxnet as mx
from mxnet.ir.op import find_operator


def _pair(name):
    return getattr(mx.sym, name)(mx.sym.Variable("a"), mx.sym.Variable("b"))


@pytest.mark.parametrize(
    ("a", "b", "output"),
    [
        ((2, 1, 3), (1, 4, 3), (2, 4, 3)),
        ((2, 3), (3,), (2, 3)),
        ((0,), (2, 1), (2, 0)),
        ((3,), (0,), (0,)),
    ],
)
def test_an_extent_is_known_once_both_operands_are(a, b, output):
    assert _pair("broadcast_add").infer_shape_partial(a=a, b=b) == ([a, b], [output], [])


def test_operands_that_do_not_fit_are_named_with_their_shapes():
    with pytest.raises(mx.MXNetError, match=r"broadcast_mul.*\(2, 3\) and \(2, 4\) cannot be broadcast"):
        _pair("broadcast_mul").infer_shape(a=(2, 3), b=(2, 4))


def test_gradients_of_sums_keep_no_operand_alive():
    for name in ("broadcast_add", "broadcast_sub"):
        backward = find_operator(f"_backward_{name}").make(wants="('lhs', 'rhs')")
        assert backward.input_names() == ("head_grad_output", "lhs", "rhs")
        assert backward.shape_only == {1, 2}


def test_gradient_of_a_repeated_operand_is_summed():
    executor = _pair("broadcast_sub").simple_bind(mx.cpu(), a=(2, 3), b=(1, 3))
    executor.forward(is_train=True)
    executor.backward(mx.nd.array([[1, 2, 3], [4, 5, 6]]))
    assert executor.grad_dict["b"].asnumpy().tolist() == [[-5, -7, -9]]


def test_broadcast_to_keeps_extents_for_which_it_is_given_zero():
    assert mx.nd.broadcast_to(mx.nd.ones((2, 1)), shape=(0, 3)).shape == (2, 3)


@pytest.mark.parametrize(("shape", "data"), [((4, 3), (2, 3)), ((2, 3), (3,)), ((), (2, 3))])
def test_broadcast_to_refuses_a_shape_it_cannot_reach(shape, data):
    with pytest.raises(mx.MXNetError, match=r"broadcast_to.*cannot be broadcast to"):
        mx.sym.broadcast_to(mx.sym.Variable("x"), shape=shape).infer_shape(x=data)


def test_broadcast_axis_refuses_axes_that_are_not_one():
    x = mx.sym.Variable("x")
    with pytest.raises(mx.MXNetError, match=r"no axis 0 with an extent of 1"):
        mx.sym.broadcast_axis(x, axis=0, size=4).infer_shape(x=(2, 3))
    with pytest.raises(mx.MXNetError, match=r"no axis -1 with an extent of 1"):
        mx.sym.broadcast_axis(x, axis=-1, size=4).infer_shape(x=(2, 1))
    with pytest.raises(mx.MXNetError, match=r"axis \(0, 1\) and size \(4,\) must be equally long"):
        mx.sym.broadcast_axis(x, axis=(0, 1), size=(4,))


def test_broadcast_like_refuses_axes_that_do_not_pair_up():
    with pytest.raises(mx.MXNetError, match="equally long"):
        mx.sym.broadcast_like(mx.sym.Variable("a"), mx.sym.Variable("b"), lhs_axes=(0, 1), rhs_axes=(1,))
