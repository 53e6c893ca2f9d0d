"""Sparse arrays: how they are made and stored, and which results of operators stay sparse."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError, NotSupportedForSparseNDArray

DENSE = np.array([[0, 0, 1], [0, 0, 0], [2, 0, 3]], "float32")


@pytest.fixture
def csr():
    return mx.nd.array(DENSE).tostype("csr")


@pytest.fixture
def rows():
    return mx.nd.array(DENSE).tostype("row_sparse")


def test_csr_keeps_values_columns_and_row_starts(csr):
    assert csr.data.asnumpy().tolist() == [1, 2, 3]
    assert csr.indices.asnumpy().tolist() == [2, 0, 2]
    assert csr.indptr.asnumpy().tolist() == [0, 1, 1, 3]
    assert csr.indices.dtype is np.int64


def test_row_sparse_keeps_the_rows_that_are_not_zero(rows):
    assert rows.data.asnumpy().tolist() == [[0, 0, 1], [2, 0, 3]]
    assert rows.indices.asnumpy().tolist() == [0, 2]


def test_row_sparse_may_have_any_number_of_dimensions():
    values = np.zeros((3, 2, 2), "float32")
    values[1, 0, 1] = 5
    array = mx.nd.array(values).tostype("row_sparse")
    assert array.indices.asnumpy().tolist() == [1]
    np.testing.assert_array_equal(array.asnumpy(), values)


def test_csr_is_for_matrices():
    with pytest.raises(ValueError, match="Only matrices can be stored as csr"):
        mx.nd.ones((2,)).tostype("csr")


@pytest.mark.parametrize(
    "make",
    [
        lambda: mx.nd.sparse.csr_matrix(([1, 2, 3], [2, 0, 2], [0, 1, 1, 3]), shape=(3, 3)),
        lambda: mx.nd.sparse.csr_matrix(([3, 1, 2], ([2, 0, 2], [2, 2, 0])), shape=(3, 3)),
        lambda: mx.nd.sparse.csr_matrix(DENSE),
        lambda: mx.nd.sparse.csr_matrix(mx.nd.array(DENSE)),
        lambda: mx.nd.sparse.row_sparse_array(([[2, 0, 3], [0, 0, 1]], [2, 0]), shape=(3, 3)),
        lambda: mx.nd.sparse.row_sparse_array(DENSE),
        lambda: mx.nd.cast_storage(mx.nd.array(DENSE), "row_sparse"),
    ],
)
def test_every_way_of_making_one_gives_the_same_values(make):
    array = make()
    assert array.dtype is np.float32
    np.testing.assert_array_equal(array.asnumpy(), DENSE)
    array.check_format()


def test_scipy_matrices_go_in_and_out(csr):
    sparse = pytest.importorskip("scipy.sparse")
    assert isinstance(csr.asscipy(), sparse.csr_matrix)
    np.testing.assert_array_equal(mx.nd.array(csr.asscipy()).asnumpy(), DENSE)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (([1, 2], [0, 5], [0, 1, 2]), "the column numbers must be from 0 to below 3"),
        (([1, 2], [0, 1], [0, 2, 1]), "the row starts must increase from 0 to 2"),
        (([1, 2], [0], [0, 1, 2]), "there are (1,) indices for 2 values"),
        (([1, 2], [0, 1], [0, 2]), "row starts do not fit a matrix of shape (2, 3)"),
    ],
)
def test_parts_that_do_not_fit_are_refused(arguments, text):
    with pytest.raises(MXNetError) as caught:
        mx.nd.sparse.csr_matrix(arguments, shape=(2, 3))
    assert text in str(caught.value)


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_assignment_replaces_the_whole_array(stype, csr, rows):
    array = mx.nd.sparse.zeros(stype, (3, 3))
    for value in (csr, rows, mx.nd.array(DENSE), DENSE):
        array[:] = value
        assert array.stype == stype
        np.testing.assert_array_equal(array.asnumpy(), DENSE)
    array[:] = 2
    assert (array.asnumpy() == 2).all()
    with pytest.raises(ValueError, match="only as a whole"):
        array[0] = 1


def test_rows_of_a_csr_matrix_can_be_sliced(csr):
    assert csr[2].asnumpy().tolist() == [[2, 0, 3]]
    assert csr[-3].asnumpy().tolist() == [[0, 0, 1]]
    assert csr[1:].asnumpy().tolist() == [[0, 0, 0], [2, 0, 3]]
    assert csr[1:].stype == "csr"
    with pytest.raises(IndexError, match="Row 5 is out of range"):
        csr[5]
    with pytest.raises(ValueError, match="a row or consecutive rows"):
        csr[::2]


def test_row_sparse_cannot_be_sliced(rows):
    assert rows[:] is rows
    with pytest.raises(IndexError, match="only as a whole"):
        rows[0]


def test_retain_keeps_some_rows(rows):
    kept = rows.retain(mx.nd.array([2]))
    assert kept.indices.asnumpy().tolist() == [2]
    assert kept.asnumpy().tolist() == [[0, 0, 0], [0, 0, 0], [2, 0, 3]]


@pytest.mark.parametrize(
    ("expression", "stype"),
    [
        ("csr * 2", "csr"),
        ("rows * 2", "row_sparse"),
        ("csr + 1", "default"),
        ("-rows", "row_sparse"),
        ("csr + csr", "csr"),
        ("rows - rows", "row_sparse"),
        ("rows + dense", "default"),
        ("csr * dense", "csr"),
        ("dense * csr", "default"),
        ("rows > 0", "row_sparse"),
        ("rows >= 0", "default"),
        ("mx.nd.sqrt(csr)", "csr"),
        ("mx.nd.cos(csr)", "default"),
        ("mx.nd.clip(rows, 0, 1)", "row_sparse"),
        ("mx.nd.clip(rows, 1, 2)", "default"),
        ("mx.nd.dot(csr, dense)", "default"),
        ("mx.nd.dot(csr, dense, transpose_a=True)", "row_sparse"),
        ("mx.nd.dot(dense, csr)", "csr"),
        ("mx.nd.add_n(rows, rows)", "row_sparse"),
        ("mx.nd.add_n(csr, csr)", "default"),
        ("mx.nd.concat(csr, csr, dim=0)", "csr"),
        ("mx.nd.zeros_like(rows)", "row_sparse"),
        ("mx.nd.sum(csr, axis=0)", "default"),
        ("csr.astype('float64')", "csr"),
        ("csr.copy()", "csr"),
        ("csr.as_in_context(mx.cpu(1))", "csr"),
    ],
)
def test_result_is_stored_as_in_mxnet(expression, stype, csr, rows):
    names = {"mx": mx, "csr": csr, "rows": rows, "dense": mx.nd.array(DENSE)}
    dense = dict.fromkeys(("csr", "rows", "dense"), mx.nd.array(DENSE)) | {"mx": mx}
    result = eval(expression, names)
    assert result.stype == stype
    np.testing.assert_array_equal(result.asnumpy(), eval(expression, dense).asnumpy())


def test_reshaping_is_refused(csr):
    with pytest.raises(NotSupportedForSparseNDArray, match="reshape"):
        csr.reshape((1, 9))


def test_repr_shows_shape_and_context(rows):
    assert repr(rows) == "\n<RowSparseNDArray 3x3 @cpu(0)>"


def test_gradient_may_be_stored_sparsely():
    array = mx.nd.array(DENSE)
    array.attach_grad(stype="row_sparse")
    with mx.autograd.record():
        y = array[2] * 2
    y.backward()
    assert array.grad.stype == "row_sparse"
    assert array.grad.indices.asnumpy().tolist() == [2]
    assert array.grad.asnumpy()[2].tolist() == [2, 2, 2]
