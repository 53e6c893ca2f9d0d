"""Operators in the way of before Custom: NumpyOp and NDArrayOp."""

import numpy as np
import pytest

import mxnet as mx


class Softmax(mx.operator.NumpyOp):
    """The example of MXNet 0.5's documentation, in our words."""

    def __init__(self):
        super().__init__(need_top_grad=False)

    def list_arguments(self):
        return ["data", "label"]

    def infer_shape(self, in_shape):
        return [in_shape[0], (in_shape[0][0],)], [in_shape[0]]

    def forward(self, in_data, out_data):
        x, y = in_data[0], out_data[0]
        y[:] = np.exp(x - x.max(axis=1, keepdims=True))
        y /= y.sum(axis=1, keepdims=True)

    def backward(self, out_grad, in_data, out_data, in_grad):
        assert out_grad == [None]
        dx = in_grad[0]
        dx[:] = out_data[0]
        dx[np.arange(len(dx)), in_data[1].astype(int)] -= 1


class Square(mx.operator.NDArrayOp):
    """Squares its input."""

    def forward(self, in_data, out_data):
        out_data[0][:] = in_data[0] * in_data[0]

    def backward(self, out_grad, in_data, out_data, in_grad):
        in_grad[0][:] = 2 * in_data[0] * out_grad[0]


def test_a_numpy_operator_writes_into_numpy_arrays():
    net = Softmax()(data=mx.sym.Variable("x"), name="softmax")
    assert net.list_arguments() == ["x", "softmax_label"]
    executor = net.simple_bind(mx.cpu(), x=(1, 2))
    executor.arg_dict["softmax_label"][:] = 1
    assert executor.forward(is_train=True)[0].asnumpy().tolist() == [[0.5, 0.5]]
    executor.backward()
    assert executor.grad_dict["x"].asnumpy().tolist() == [[0.5, -0.5]]


def test_an_ndarray_operator_writes_into_arrays():
    executor = Square().get_symbol(mx.sym.Variable("x")).simple_bind(mx.cpu(), x=(1,))
    executor.arg_arrays[0][:] = 3
    assert executor.forward(is_train=True)[0].asscalar() == 9
    executor.backward(mx.nd.ones((1,)))
    assert executor.grad_arrays[0].asscalar() == 6


@pytest.mark.parametrize("kind", [mx.operator.PythonOp, mx.operator.NumpyOp, mx.operator.NDArrayOp])
def test_without_methods_of_its_own_it_passes_its_input_on_with_the_gradient_1(kind):
    executor = kind().get_symbol(mx.sym.Variable("x")).simple_bind(mx.cpu(), x=(3,))
    executor.arg_arrays[0][:] = 5
    assert executor.forward(is_train=True)[0].asnumpy().tolist() == [5, 5, 5]
    executor.backward(mx.nd.array([2, 3, 4]))
    assert executor.grad_arrays[0].asnumpy().tolist() == [1, 1, 1]


def test_two_instances_do_not_mix():
    class Scale(mx.operator.NumpyOp):
        def __init__(self, factor):
            super().__init__()
            self.factor = factor

        def forward(self, in_data, out_data):
            out_data[0][:] = in_data[0] * self.factor

    x = mx.sym.Variable("x")
    outputs = mx.sym.Group([Scale(2)(x), Scale(3)(x)]).eval(x=mx.nd.ones((1,)))
    assert [each.asscalar() for each in outputs] == [2, 3]


def test_an_exception_passes_as_itself():
    class Fails(mx.operator.NumpyOp):
        def forward(self, in_data, out_data):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as caught:
        Fails()(mx.sym.Variable("x")).eval(x=mx.nd.ones((1,)))
    assert isinstance(caught.value, mx.MXNetError)
