"""Which outputs need a head gradient before backward can run."""

from __future__ import annotations

import numpy as np

import mxnet as mx


def test_outputs_that_pass_no_gradient_need_no_head_gradient():
    x = mx.sym.Variable("x")
    loss = mx.sym.MakeLoss(x * 2)
    rest = [mx.sym.BlockGrad(x + 1), mx.sym.argmax(x, axis=1), x > 0, mx.sym.zeros_like(x)]
    executor = mx.sym.Group([loss, *rest]).simple_bind(mx.cpu(), x=(2, 3))
    executor.forward(is_train=True)
    executor.backward()
    np.testing.assert_array_equal(executor.grad_dict["x"].asnumpy(), np.full((2, 3), 2))


def test_gradients_add_up_in_a_sparse_array_too():
    weight = mx.sym.Variable("w", stype="row_sparse")
    executor = (weight * 2).simple_bind(mx.cpu(), grad_req="add", w=(3, 2))
    for _ in range(2):
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones((3, 2)))
    np.testing.assert_array_equal(executor.grad_dict["w"].asnumpy(), np.full((3, 2), 4))
