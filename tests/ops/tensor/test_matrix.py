"""What products do beyond what one recorded call can show."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

lhs, rhs = mx.sym.Variable("lhs"), mx.sym.Variable("rhs")


@pytest.mark.parametrize(
    ("params", "shapes", "message"),
    [
        ({}, ((2, 3), (4, 2)), r"axis 1 of lhs \(2, 3\) and axis 0 of rhs \(4, 2\) are contracted"),
        ({"transpose_a": True}, ((3,), (3,)), "two vectors cannot be transposed"),
    ],
)
def test_dot_refuses_what_does_not_fit(params, shapes, message):
    with pytest.raises(mx.base.MXNetError, match=message):
        mx.sym.dot(lhs, rhs, **params).infer_shape(lhs=shapes[0], rhs=shapes[1])


def test_dot_learns_the_extent_that_is_contracted():
    assert mx.sym.dot(lhs, rhs).infer_shape(lhs=(2, 3), rhs=(0, 4)) == ([(2, 3), (3, 4)], [(2, 4)], [])


def test_dot_contracts_the_last_axis_with_the_first():
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 5, 3)).astype("float32"), random.normal(size=(3, 4, 2)).astype("float32")
    product = mx.nd.dot(mx.nd.array(a), mx.nd.array(b))
    np.testing.assert_allclose(product.asnumpy(), np.tensordot(a, b, 1), rtol=1e-5)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((2, 2, 3), (3, 3, 4)), "2 is not 3"),
        (((2, 2, 3), (2, 4, 4)), "3 is not 4"),
        (((2, 3), (3, 4)), "must have the same number of axes, at least 3"),
    ],
)
def test_batch_dot_refuses_what_does_not_fit(shapes, message):
    with pytest.raises(mx.base.MXNetError, match=message):
        mx.sym.batch_dot(lhs, rhs).infer_shape(lhs=shapes[0], rhs=shapes[1])


def test_the_gradient_of_batch_dot_is_two_batch_dots():
    product = mx.sym.batch_dot(lhs, rhs, transpose_a=True)
    operators = [node.op.name for node in product.gradient(["lhs", "rhs"]).graph.operators]
    assert operators.count("batch_dot") == 3


def test_diag_refuses_a_diagonal_that_is_not_there():
    with pytest.raises(mx.base.MXNetError, match="2 rows and 3 columns has no diagonal 5"):
        mx.sym.diag(lhs, k=5).infer_shape(lhs=(2, 3))
