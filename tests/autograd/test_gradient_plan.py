"""What is remembered of gradients between steps that are alike: how they are computed, not the arrays."""

import gc
import weakref

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd
from mxnet.autograd import gradient_plan


@pytest.fixture
def made(monkeypatch):
    """The plans that are made anew."""
    plans = []
    new = gradient_plan._new_plan
    monkeypatch.setattr(gradient_plan, "_plans", type(gradient_plan._plans)())
    monkeypatch.setattr(gradient_plan, "_new_plan", lambda *given: plans.append(new(*given)) or plans[-1])
    return plans


def gradient(function, *values):
    arrays = [mx.nd.array(each) for each in values]
    for each in arrays:
        each.attach_grad()
    with autograd.record():
        out = function(*arrays)
    out.backward()
    return [each.grad.asnumpy().tolist() for each in arrays]


def product(a, b):
    return (a * b).sum()


def test_equal_steps_are_planned_once(made):
    assert gradient(product, [1, 2], [3, 4]) == [[3, 4], [1, 2]]
    assert gradient(product, [5, 6], [7, 8]) == [[7, 8], [5, 6]]
    assert gradient(product, [5], [7]) == [[7], [5]]
    assert len(made) == 1


def test_other_inputs_parameters_and_operators_are_planned_anew(made):
    assert gradient(product, [1, 2], [3, 4]) == [[3, 4], [1, 2]]
    assert gradient(lambda a, b: (b * b + 0 * a).sum(), [1, 2], [3, 4]) == [[0, 0], [6, 8]]
    assert gradient(lambda a, b: (b * 3 + a * 2).sum(), [1, 2], [3, 4]) == [[2, 2], [3, 3]]
    assert gradient(lambda a, b: (b * 2 + a * 3).sum(), [1, 2], [3, 4]) == [[3, 3], [2, 2]]
    assert len(made) == 4


def test_array_without_a_gradient_is_another_plan(made):
    a, b = mx.nd.array([1, 2]), mx.nd.array([3, 4])
    b.attach_grad()
    for _ in range(2):
        with autograd.record():
            out = product(a, b)
        out.backward()
    assert b.grad.asnumpy().tolist() == [1, 2]
    assert gradient(product, [1, 2], [3, 4]) == [[3, 4], [1, 2]]
    assert len(made) == 2


def test_output_that_is_picked_is_part_of_the_plan(made):
    def first(x):
        return mx.nd.split(x, num_outputs=2, axis=0)[0].sum()

    def second(x):
        return mx.nd.split(x, num_outputs=2, axis=0)[1].sum()

    assert gradient(first, [1, 2]) == [[1, 0]]
    assert gradient(second, [1, 2]) == [[0, 1]]
    assert len(made) == 2


def test_second_derivatives_are_planned_once_for_equal_steps(made):
    for value in (2, 3):
        x = mx.nd.array([value])
        x.attach_grad()
        with autograd.record():
            (dx,) = autograd.grad(x * x * x, x, create_graph=True)
        dx.backward()
        assert x.grad.asscalar() == 6 * value
    assert len(made) == 2


def test_plan_keeps_no_array_alive():
    x = mx.nd.ones((3,))
    x.attach_grad()
    with autograd.record():
        y = mx.nd.exp(x)
    held = weakref.ref(y._tensor)
    y.backward()
    del y
    gc.collect()
    assert held() is None
    np.testing.assert_allclose(x.grad.asnumpy(), np.exp(1), rtol=1e-6)


def test_functions_of_the_users_own_are_planned_for_every_call(made):
    class Scale(autograd.Function):
        def __init__(self, factor):
            super().__init__()
            self.factor = factor

        def forward(self, x):
            return x * self.factor

        def backward(self, dy):
            return dy * self.factor

    assert [gradient(lambda x, n=n: Scale(n)(x), [1]) for n in (2, 3)] == [[[2]], [[3]]]
    assert len(made) == 2
