"""Operators about storage: what they compute, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.errors import MXNetError, ShapeError
from mxnet.ir.storage import StorageError

DENSE = np.array([[0, 0, 1], [0, 0, 0], [2, 0, 3]], "float32")


@pytest.fixture
def rows():
    return mx.nd.array(DENSE).tostype("row_sparse")


@pytest.fixture
def csr():
    """A matrix that also stores a 0, at (1, 1)."""
    return mx.nd.sparse.csr_matrix(([1, 0, 2, 3], [2, 1, 0, 2], [0, 1, 2, 4]), shape=(3, 3))


@pytest.mark.parametrize("stype", ["csr", "row_sparse", "default"])
def test_storage_is_cast_and_cast_back(stype):
    there = mx.nd.cast_storage(mx.nd.array(DENSE), stype)
    assert there.stype == stype
    back = mx.nd.sparse.cast_storage(there, "default")
    assert back.stype == "default"
    np.testing.assert_array_equal(back.asnumpy(), DENSE)


def test_storage_is_cast_in_a_graph_and_its_gradient_is_stored_alike():
    executor = mx.sym.cast_storage(mx.sym.Variable("x"), stype="csr").simple_bind(mx.cpu(), x=(3, 3))
    assert executor.outputs[0].stype == "csr"
    assert executor.grad_dict["x"].stype == "csr"
    (out,) = executor.forward(is_train=True, x=mx.nd.array(DENSE))
    np.testing.assert_array_equal(out.asnumpy(), DENSE)
    assert out.indices.asnumpy().tolist() == [2, 0, 2]
    executor.backward(mx.nd.array(DENSE * 2))
    np.testing.assert_array_equal(executor.grad_dict["x"].asnumpy(), DENSE * 2)


def test_one_sparse_storage_is_not_cast_to_the_other(rows, csr):
    for array, stype in ((rows, "csr"), (csr, "row_sparse")):
        with pytest.raises(StorageError, match="make it dense in between"):
            mx.nd.cast_storage(array, stype)


def test_only_matrices_are_cast_to_csr():
    with pytest.raises(ShapeError, match="nly matrices"):
        mx.nd.cast_storage(mx.nd.ones((2, 2, 2)), "csr")
    with pytest.raises(MXNetError, match="nly matrices"):
        mx.sym.cast_storage(mx.sym.Variable("x"), stype="csr").eval(x=mx.nd.ones((2,)))


def test_rows_are_retained_as_they_are_asked_for(rows):
    kept = mx.nd.sparse.retain(rows, mx.nd.array([2, 1]))
    assert kept.indices.asnumpy().tolist() == [2, 1]
    assert kept.data.asnumpy().tolist() == [[2, 0, 3], [0, 0, 0]]
    nothing = mx.nd.sparse.retain(mx.nd.sparse.zeros("row_sparse", (3, 2)), mx.nd.array([1]))
    assert nothing.indices.shape == (0,)


def test_rows_are_retained_in_a_graph_with_their_gradient():
    x, rows = mx.sym.Variable("x", stype="row_sparse"), mx.sym.Variable("rows")
    symbol = mx.sym.sparse.retain(x, rows)
    executor = symbol.simple_bind(mx.cpu(), grad_req={"x": "write"}, x=(3, 2), rows=(1,))
    (out,) = executor.forward(is_train=True, x=mx.nd.ones((3, 2)), rows=mx.nd.array([1]))
    assert out.stype == "row_sparse"
    assert out.asnumpy().tolist() == [[0, 0], [1, 1], [0, 0]]
    executor.backward(mx.nd.ones((3, 2)) * 5)
    assert executor.grad_dict["x"].asnumpy().tolist() == [[0, 0], [5, 5], [0, 0]]


@pytest.mark.parametrize(
    ("params", "stype", "expected"),
    [
        ({"axis": 1}, "default", [1, 0, 13]),
        ({"axis": 1, "keepdims": True}, "row_sparse", [[1], [0], [13]]),
        ({"axis": 0}, "default", [4, 0, 10]),
        ({"axis": 0, "keepdims": True}, "default", [[4, 0, 10]]),
    ],
)
def test_squares_of_what_is_stored_are_summed(rows, params, stype, expected):
    found = mx.nd._internal._square_sum(rows, **params)
    assert found.stype == stype
    assert found.asnumpy().tolist() == expected


@pytest.mark.parametrize(("axis", "slope"), [(1, [[1], [2], [3]]), (0, [1, 2, 3]), (None, [1])])
def test_the_gradient_of_a_sum_of_squares_has_the_rows_that_are_stored(rows, axis, slope):
    symbol = mx.sym._internal._square_sum(mx.sym.Variable("x", stype="row_sparse"), axis=axis)
    executor = symbol.simple_bind(mx.cpu(), x=(3, 3))
    executor.arg_dict["x"][:] = rows
    executor.forward(is_train=True)
    executor.backward(mx.nd.array(np.ravel(slope)))
    assert executor.grad_dict["x"].indices.asnumpy().tolist() == [0, 2]
    np.testing.assert_array_equal(executor.grad_dict["x"].asnumpy(), 2 * np.array(slope) * rows.asnumpy())


def test_a_sum_of_squares_in_few_rows_of_a_product_is_never_made_dense(csr, rows):
    x, v = mx.sym.Variable("x", stype="csr"), mx.sym.Variable("v", stype="row_sparse")
    symbol = mx.sym.sparse.dot(x, mx.sym._internal._square_sum(v, axis=1, keepdims=True))
    executor = symbol.simple_bind(mx.cpu(), grad_req={"v": "write"}, x=(3, 3), v=(3, 3))
    executor.arg_dict["x"][:], executor.arg_dict["v"][:] = csr, rows
    executor.forward(is_train=True)
    executor.backward(mx.nd.ones((3, 1)))
    expected = 2 * csr.asnumpy().sum(0)[:, None] * rows.asnumpy()
    np.testing.assert_array_equal(executor.grad_dict["v"].asnumpy(), expected)
    assert "cast_storage" not in executor.program(is_train=True)


def test_what_is_stored_is_counted_even_if_it_is_0(csr):
    assert mx.nd.contrib.getnnz(csr).asnumpy().tolist() == [4]
    assert mx.nd.contrib.getnnz(csr, axis=1).asnumpy().tolist() == [1, 1, 2]
    with pytest.raises(ShapeError, match="axis=0"):
        mx.nd.contrib.getnnz(csr, axis=0)


def test_edges_are_looked_up(csr):
    begin, end = mx.nd.array([0, 1, 1, 2, 9]), mx.nd.array([2, 1, 0, 0, 0])
    assert mx.nd.contrib.edge_id(csr, begin, end).asnumpy().tolist() == [1, 0, -1, 2, -1]
    empty = mx.nd.sparse.zeros("csr", (3, 3))
    assert mx.nd.contrib.edge_id(empty, begin, end).asnumpy().tolist() == [-1] * 5


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        (lambda x: mx.nd.sparse.retain(x, mx.nd.array([1])), "row_sparse"),
        (lambda x: mx.nd._internal._square_sum(x, axis=1), "row_sparse"),
        (mx.nd.contrib.getnnz, "csr"),
        (lambda x: mx.nd.contrib.edge_id(x, mx.nd.array([0]), mx.nd.array([0])), "csr"),
    ],
)
def test_arrays_stored_otherwise_are_refused(call, wanted):
    with pytest.raises(StorageError, match=f"stored as {wanted}, not as default"):
        call(mx.nd.array(DENSE))


def test_a_graph_refuses_them_when_it_is_bound():
    counted = mx.sym.contrib.getnnz(mx.sym.Variable("x"), name="count")
    with pytest.raises(StorageError, match="'count'.*stored as csr, not as default"):
        counted.simple_bind(mx.cpu(), grad_req="null", x=(3, 3))


def test_rounding_can_be_trained_through():
    x = mx.nd.array([-1.5, 0.2, 2.7])
    x.attach_grad()
    for name, expected in (("round_ste", [-2, 0, 3]), ("sign_ste", [-1, 1, 1])):
        with mx.autograd.record():
            y = getattr(mx.nd.contrib, name)(x)
        y.backward(mx.nd.array([1, 2, 3]))
        assert y.asnumpy().tolist() == expected
        assert x.grad.asnumpy().tolist() == [1, 2, 3]
