"""Running operators on tensors: what is remembered between calls, and what must not be."""

import gc
import weakref

import mxnet as mx


def test_a_function_of_the_users_own_is_let_go_with_what_it_kept():
    class Twice(mx.autograd.Function):
        def forward(self, x):
            self.save_for_backward(x)
            return x * 2

        def backward(self, dy):
            return dy * 2

    x = mx.nd.ones((2,))
    x.attach_grad()
    function = Twice()
    with mx.autograd.record():
        y = function(x)
    y.backward()
    assert x.grad.asnumpy().tolist() == [2, 2]
    kept = weakref.ref(function)
    del function, y
    gc.collect()
    assert kept() is None
