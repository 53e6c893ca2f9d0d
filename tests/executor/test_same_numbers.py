"""``backward`` is of the forward run that was, with its random numbers, whatever that run was for."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

X = mx.sym.Variable("x")
SHAPE = (5, 8)

# Of each the gradient at ones, where the head gradient is 1, is the output.
NOISY = {
    "dropout": lambda: mx.sym.Dropout(X, p=0.5, mode="always"),
    "noise": lambda: X * mx.sym.random.uniform(shape=SHAPE),
    "normal": lambda: X * mx.sym.random.normal(1, 2, shape=SHAPE),
    "two kinds": lambda: mx.sym.Dropout(X, p=0.2, mode="always") * mx.sym.random.uniform(shape=SHAPE),
    "shuffled": lambda: mx.sym.broadcast_mul(X, mx.sym.shuffle(mx.sym.arange(1, 6)).reshape((-1, 1))),
    "two layers": lambda: mx.sym.Dropout(mx.sym.Dropout(X, p=0.3, mode="always"), p=0.3, mode="always"),
}

every_noise = pytest.mark.parametrize("noise", NOISY.values(), ids=NOISY)


def _bound(symbol, **kwargs):
    executor = symbol.simple_bind(mx.cpu(), x=SHAPE, **kwargs)
    executor.arg_dict["x"][:] = 1
    return executor


def _gradient(executor):
    executor.backward([mx.nd.ones(SHAPE)])
    return executor.grad_dict["x"].asnumpy()


@every_noise
@pytest.mark.parametrize("is_train", [False, True])
def test_the_gradient_belongs_to_the_output(noise, is_train):
    executor = _bound(noise())
    for _ in range(2):
        output = executor.forward(is_train=is_train)[0].asnumpy()
        np.testing.assert_array_equal(_gradient(executor), output)


@every_noise
@pytest.mark.parametrize("is_train", [False, True])
def test_a_second_gradient_is_the_same(noise, is_train):
    executor = _bound(noise())
    output = executor.forward(is_train=is_train)[0].asnumpy()
    for _ in range(3):
        np.testing.assert_array_equal(_gradient(executor), output)


@every_noise
@pytest.mark.parametrize("is_train", [False, True])
def test_gradients_leave_the_numbers_that_follow_alone(noise, is_train):
    followed = []
    for backwards in (0, 1, 2):
        mx.random.seed(5)
        executor = _bound(noise())
        executor.forward(is_train=is_train)
        for _ in range(backwards):
            _gradient(executor)
        followed.append(mx.nd.random.uniform(shape=4).asnumpy())
    np.testing.assert_array_equal(followed[1], followed[0])
    np.testing.assert_array_equal(followed[2], followed[0])


def test_each_context_has_its_own_numbers():
    with mx.AttrScope(ctx_group="a"):
        first = mx.sym.Dropout(X, p=0.5, mode="always")
    with mx.AttrScope(ctx_group="b"):
        both = mx.sym.Dropout(first, p=0.5, mode="always")
    executor = _bound(both, group2ctx={"a": mx.cpu(1), "b": mx.cpu(2)})
    output = executor.forward(is_train=False)[0].asnumpy()
    np.testing.assert_array_equal(_gradient(executor), output)


def test_numbers_drawn_between_the_two_do_not_count():
    executor = _bound(NOISY["dropout"]())
    output = executor.forward(is_train=False)[0].asnumpy()
    mx.random.seed(9)
    mx.nd.random.uniform(shape=100)
    np.testing.assert_array_equal(_gradient(executor), output)


# ------------------------------------------------------------------------------------------- a user's operator


@pytest.fixture
def calls():
    """Register an operator that writes down its calls."""
    made: list[str] = []

    class Counting(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            made.append("forward")
            self.assign(out_data[0], req[0], in_data[0])

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            made.append("backward")
            self.assign(in_grad[0], req[0], out_grad[0])

    @mx.operator.register("counted_once")
    class Properties(mx.operator.CustomOpProp):
        def create_operator(self, ctx, in_shapes, in_dtypes):
            return Counting()

    assert Properties
    return made


def _counting(x):
    return mx.sym.Custom(x, op_type="counted_once")


@pytest.mark.parametrize("is_train", [False, True])
def test_user_code_runs_once_for_both_halves(calls, is_train):
    executor = _bound(_counting(X))
    executor.forward(is_train=is_train)
    assert _gradient(executor).all()
    assert calls == ["forward", "backward"]


@pytest.mark.parametrize("is_train", [False, True])
def test_a_run_is_not_repeated_where_there_is_no_gradient(calls, is_train):
    executor = _bound(_counting(mx.sym.BlockGrad(X)))
    executor.grad_dict["x"][:] = 7
    executor.forward(is_train=is_train)
    assert not _gradient(executor).any()
    assert calls == ["forward"]
