"""What the table of samples cannot say of dropout: it is random."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


def _bound(shape, **parameters):
    executor = mx.sym.Dropout(mx.sym.Variable("x"), name="d", **parameters).simple_bind(mx.cpu(), x=shape)
    executor.arg_dict["x"][:] = 1
    return executor


def test_dropout_drops_and_scales_in_training_and_its_gradient_has_the_same_holes():
    executor = _bound((200, 100), p=0.4)
    output = executor.forward(is_train=True)[0].asnumpy()
    np.testing.assert_allclose(np.unique(output), [0, 1 / 0.6], rtol=1e-6)
    assert (output == 0).mean() == pytest.approx(0.4, abs=0.02)
    executor.backward(mx.nd.ones((200, 100)))
    np.testing.assert_array_equal(executor.grad_dict["x"].asnumpy(), output)


def test_dropout_passes_the_data_on_outside_of_training_unless_told():
    assert _bound((200, 100), p=0.4).forward()[0].asnumpy().min() == 1
    assert _bound((200, 100), p=0.4, mode="always").forward()[0].asnumpy().min() == 0


def test_elements_along_axes_share_their_fate():
    output = _bound((50, 3, 7), p=0.5, axes=(1, 2)).forward(is_train=True)[0].asnumpy()
    assert set(output.sum((1, 2)).tolist()) == {0, 42}


def test_dropping_everything_leaves_zeros():
    assert _bound((3, 4), p=1.0).forward(is_train=True)[0].asnumpy().tolist() == np.zeros((3, 4)).tolist()


def test_the_seed_decides_what_is_dropped():
    executor = _bound((50,), p=0.5)
    runs = []
    for seed in (7, 7, 8):
        mx.random.seed(seed)
        runs.append(executor.forward(is_train=True)[0].asnumpy().copy())
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0] != runs[2]).any()


def test_the_mask_is_hidden_from_users_but_not_from_monitors():
    executor = _bound((3, 4), p=0.5, axes=(0,))
    seen = {}
    executor.set_monitor_callback(lambda name, array: seen.update({name: array.shape}))
    executor.forward(is_train=True)
    assert seen == {"d_output": (3, 4), "d_mask": (1, 4)}


def test_an_axis_that_is_not_there_is_named():
    with pytest.raises(mx.MXNetError, match="Dropout: axis 7 does not exist in data of 2 dimensions"):
        mx.sym.Dropout(name="d", axes=(7,)).infer_shape(d_data=(2, 3))
