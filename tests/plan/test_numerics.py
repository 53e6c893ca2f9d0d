"""check_numerics stops at the node that made NaN or Inf, and says what went into it."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


def net():
    x = mx.sym.Variable("x")
    safe = mx.sym.exp(x, name="grow")
    return mx.sym.broadcast_sub(mx.sym.log(safe - 1, name="shrink"), mx.sym.Variable("y"), name="less")


def bound(**options):
    return net().simple_bind(mx.cpu(), x=(2, 2), y=(1, 2), **options)


def test_first_node_that_makes_nan_is_named_with_its_line_and_the_ranges_of_its_inputs():
    executor = bound(check_numerics=True)
    executor.arg_dict["x"][:] = mx.nd.array([[1, 2], [-1, -2]])
    with pytest.raises(mx.MXNetError) as caught:
        executor.forward()
    text = str(caught.value)
    assert "log 'shrink'" in text
    assert "test_numerics.py:14" in text
    assert "2 NaN among 4 numbers" in text
    assert "of shape (2, 2), from -0.86" in text
    assert isinstance(caught.value, ArithmeticError)


def test_inf_is_found_too():
    executor = bound(check_numerics=True)
    executor.arg_dict["x"][:] = 100
    with pytest.raises(mx.MXNetError, match=r"exp 'grow'.* made 4 Inf"):
        executor.forward()


def test_gradient_that_is_not_finite_is_blamed_on_its_node():
    executor = mx.sym.sqrt(mx.sym.Variable("x"), name="root").simple_bind(
        mx.cpu(), x=(1,), check_numerics=True
    )
    executor.forward(is_train=True)
    with pytest.raises(mx.MXNetError, match=r"root_backward.*1 Inf"):
        executor.backward(mx.nd.ones((1,)))


def test_finite_runs_are_the_same_with_and_without():
    outputs = []
    for check in (True, False):
        executor = bound(check_numerics=check)
        executor.arg_dict["x"][:] = 3
        outputs.append(executor.forward()[0].asnumpy())
    np.testing.assert_array_equal(*outputs)


def test_environment_turns_it_on(monkeypatch):
    monkeypatch.setenv("MXNET_CHECK_NUMERICS", "1")
    executor = bound()
    executor.arg_dict["x"][:] = -1
    with pytest.raises(mx.MXNetError, match="shrink"):
        executor.forward()


def test_environment_variable_that_makes_no_sense_is_refused(monkeypatch):
    monkeypatch.setenv("MXNET_CHECK_NUMERICS", "perhaps")
    with pytest.raises(mx.MXNetError, match=r"MXNET_CHECK_NUMERICS is 'perhaps': expected 0 or 1"):
        bound()
