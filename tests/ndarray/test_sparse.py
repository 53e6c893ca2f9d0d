"""Sparse arrays: how they are made and stored, and which results of operators stay sparse."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.analysis.storage import say_fallback
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


S = mx.nd.sparse


@pytest.mark.parametrize(
    "make",
    [
        lambda: S.row_sparse_array((3, 2), shape=(4, 2)),
        lambda: S.csr_matrix((3, 2), shape=(4, 2)),
        lambda: S.csr_matrix(np.eye(3), shape=(2, 3)),
        lambda: S.row_sparse_array(np.eye(3), shape=(2, 3)),
        lambda: S.row_sparse_array((np.zeros((0, 2)), np.zeros(0, "int64"))),
        lambda: S.csr_matrix((np.zeros(0), np.zeros(0, "int64"), np.zeros(3, "int64"))),
        lambda: S.csr_matrix((np.zeros(0), (np.zeros(0, "int64"), np.zeros(0, "int64")))),
        lambda: S.csr_matrix(()),
        lambda: S.csr_matrix((3,)),
        lambda: S.csr_matrix((1, 2, 3, 4)),
        lambda: S.row_sparse_array((3,)),
        lambda: S.csr_matrix(([1.0], [0], [0, 1]), shape=(1,)),
        lambda: S.csr_matrix(([1.0], [0], [0, 1]), shape=(1, 2, 3)),
        lambda: S.csr_matrix(([1.0], ([0], [0])), shape=(1, 2, 3)),
        lambda: S.csr_matrix(([[1.0]], [0], [0, 1]), shape=(1, 2)),
        lambda: S.row_sparse_array(([[1.0, 2]], [0]), shape=(3, 3)),
        lambda: S.row_sparse_array(([[1.0, 2]], [0]), shape=(3,)),
        lambda: S.row_sparse_array(([[1.0, 2]], [[0]]), shape=(3, 2)),
        lambda: S.row_sparse_array((5.0, [1]), shape=(3, 2)),
        lambda: S.csr_matrix(mx.nd.array(DENSE).tostype("row_sparse")),
        lambda: S.row_sparse_array(mx.nd.array(DENSE).tostype("csr")),
        lambda: S.csr_matrix(np.ones(3)),
        lambda: S.zeros("csr", (2,)),
        lambda: S.zeros("bogus", (2, 2)),
        lambda: S.empty("bogus", (2, 2)),
        lambda: mx.nd.zeros((2, 2), stype="bogus"),
        lambda: mx.nd.empty((2, 2), stype="bogus"),
        lambda: mx.nd.array(DENSE).tostype("bogus"),
        lambda: S.array(np.eye(2)),
    ],
)
def test_what_mxnet_makes_no_sparse_array_of_is_refused(make):
    with pytest.raises(ValueError) as caught:
        make()
    assert isinstance(caught.value, MXNetError)


def test_an_empty_sparse_array_is_made_of_its_extents():
    assert S.csr_matrix((3, 2), shape=(3, 2)).shape == (3, 2)
    assert S.row_sparse_array((3, 2)).shape == (3, 2)
    assert S.row_sparse_array((3, 2, 2)).shape == (3, 2, 2)


@pytest.mark.parametrize("stype", ["default", "csr", "row_sparse"])
@pytest.mark.parametrize("to", ["default", "csr", "row_sparse"])
def test_another_storage_type_or_the_same_is_a_copy(stype, to):
    array = mx.nd.array(DENSE).tostype(stype)
    other = array.tostype(to)
    assert other.stype == to
    other[:] = 0
    np.testing.assert_array_equal(array.asnumpy(), DENSE)


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_what_is_asked_of_a_big_array_takes_what_is_stored(stype):
    n = 10**9
    array = S.zeros(stype, (n if stype == "row_sparse" else 1, n))
    array.wait_to_read()
    assert array.size == n * array.shape[0]
    with pytest.raises(MemoryError, match="not enough memory"):
        S.zeros(stype, (1 << 24, 1 << 30)).asnumpy()


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


@pytest.fixture
def with_zeros():
    """A matrix by rows that stores a row of zeros."""
    return mx.nd.sparse.row_sparse_array(([[1, 2], [0, 0]], [0, 2]), shape=(4, 2))


@pytest.mark.parametrize(
    "expression", ["x * 0", "-x", "mx.nd.sqrt(x)", "x > 5", "mx.nd.clip(x, -1, 1)", "x.copy()"]
)
def test_what_is_stored_stays_stored(expression, with_zeros):
    assert eval(expression, {"mx": mx, "x": with_zeros}).indices.asnumpy().tolist() == [0, 2]


def test_sums_and_products_store_the_rows_of_both(with_zeros):
    other = mx.nd.sparse.row_sparse_array(([[5, 6]], [3]), shape=(4, 2))
    for result in (
        with_zeros + other,
        with_zeros - other,
        with_zeros * other,
        mx.nd.add_n(other, with_zeros),
    ):
        assert result.indices.asnumpy().tolist() == [0, 2, 3]
    total = with_zeros.copy()
    total += other
    assert total.asnumpy().tolist() == [[1, 2], [0, 0], [0, 0], [5, 6]]
    assert total.indices.asnumpy().tolist() == [0, 2, 3]


@pytest.mark.parametrize(
    ("factor", "divide"), [((3, 4), False), ((1, 4), False), ((3, 1), False), ((1, 4), True)]
)
def test_a_csr_matrix_is_scaled_where_it_stores(factor, divide):
    csr = mx.nd.sparse.csr_matrix(([1, 0, 3], [0, 1, 2], [0, 2, 2, 3]), shape=(3, 4))
    by = mx.nd.arange(1, 1 + np.prod(factor)).reshape(factor)
    result = csr / by if divide else csr * by
    assert result.stype == "csr"
    assert result.indices.asnumpy().tolist() == [0, 1, 2]
    dense = csr.asnumpy() / by.asnumpy() if divide else csr.asnumpy() * by.asnumpy()
    np.testing.assert_allclose(result.asnumpy(), dense, rtol=1e-6)


def test_a_csr_matrix_that_is_broadcast_is_computed_densely(csr):
    assert (csr[:1] * mx.nd.ones((3, 3))).asnumpy().tolist() == [[0, 0, 1]] * 3


def test_scatter_operators_change_only_what_is_stored(with_zeros):
    more = mx.nd._internal._scatter_plus_scalar(with_zeros, scalar=2)
    assert more.asnumpy().tolist() == [[3, 4], [0, 0], [2, 2], [0, 0]]
    ratio = mx.nd._internal._scatter_elemwise_div(with_zeros, mx.nd.array([[2, 2], [0, 0], [4, 4], [0, 0]]))
    assert ratio.stype == "row_sparse"
    assert ratio.asnumpy().tolist() == [[0.5, 1], [0, 0], [0, 0], [0, 0]]


@pytest.mark.parametrize("dtype", ["float16", "float64", "int32"])
def test_products_of_csr_matrices(dtype, csr):
    csr, dense = csr.astype(dtype), mx.nd.arange(6, dtype=dtype).reshape((3, 2))
    product = mx.nd.dot(csr, dense)
    assert (product.stype, product.dtype) == ("default", np.dtype(dtype))
    np.testing.assert_array_equal(product.asnumpy(), DENSE @ dense.asnumpy())
    by_rows = mx.nd.dot(csr, dense, transpose_a=True)
    assert by_rows.stype == "row_sparse"
    assert by_rows.indices.asnumpy().tolist() == [0, 2]
    np.testing.assert_array_equal(by_rows.asnumpy(), DENSE.T @ dense.asnumpy())
    assert mx.nd.dot(csr, dense, transpose_a=True, forward_stype="default").stype == "default"


def test_a_product_has_a_gradient_of_rows(csr):
    weight = mx.nd.ones((3, 2))
    weight.attach_grad(stype="row_sparse")
    with mx.autograd.record():
        product = mx.nd.dot(csr, weight)
    product.backward(mx.nd.ones((3, 2)))
    assert weight.grad.stype == "row_sparse"
    assert weight.grad.indices.asnumpy().tolist() == [0, 2]
    assert weight.grad.asnumpy().tolist() == [[2, 2], [0, 0], [4, 4]]


@pytest.mark.parametrize("ord", [1, 2])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_norm_is_that_of_what_is_stored(ord, dtype):
    values = np.random.default_rng(1).normal(size=(5000, 3)).astype(dtype)
    rows = mx.nd.sparse.row_sparse_array((values, np.arange(5000) * 2), shape=(10**12, 3), dtype=dtype)
    expected = np.linalg.norm(values.ravel().astype("float64"), ord)
    np.testing.assert_allclose(mx.nd.norm(rows, ord=ord).asnumpy(), [expected], rtol=1e-6)
    assert mx.nd.norm(rows, keepdims=True).shape == (1, 1)


@pytest.mark.parametrize("dtype", ["float32", "int32"])
@pytest.mark.parametrize("expression", ["rows + dense", "dense + rows", "rows - dense", "dense - rows"])
def test_rows_are_added_to_a_dense_array(expression, dtype, rows):
    names = {"rows": rows.astype(dtype), "dense": mx.nd.arange(9, dtype=dtype).reshape((3, 3))}
    expected = eval(expression, {name: array.asnumpy() for name, array in names.items()})
    np.testing.assert_array_equal(eval(expression, names).asnumpy(), expected)


@pytest.mark.parametrize("seed", range(3))
def test_sums_of_many_arrays_have_all_their_rows(seed):
    rng = np.random.default_rng(seed)
    several = [
        np.where(rng.random((9, 1)) < 0.5, rng.normal(size=(9, 2)), 0).astype("float32") for _ in range(4)
    ]
    total = mx.nd.add_n(*(mx.nd.array(each).tostype("row_sparse") for each in several))
    np.testing.assert_allclose(total.asnumpy(), sum(several), rtol=1e-6, atol=1e-6)


def test_a_csr_matrix_chooses_where_it_stores_something(csr):
    x, y = mx.nd.arange(9).reshape((3, 3)), -mx.nd.ones((3, 3))
    np.testing.assert_array_equal(mx.nd.where(csr, x, y).asnumpy(), np.where(DENSE != 0, x.asnumpy(), -1))


def test_rows_that_are_taken_by_a_sparse_array_or_checked_are_dense(csr):  # as in MXNet 1.9.1
    which = mx.nd.array([2, 0])
    assert mx.nd.take(csr, which).stype == "csr"
    assert mx.nd.take(csr, which, mode="raise").stype == "default"
    assert mx.nd.take(csr, which.tostype("row_sparse")).stype == "default"


def test_numbers_drawn_like_rows_are_stored_so(rows, csr):
    assert mx.nd.random.normal_like(rows).stype == "row_sparse"
    assert mx.nd.random.normal_like(csr).stype == "default"


def test_big_matrices_never_become_dense():
    n = 10**9  # a dense one would take 4 * 10**18 bytes
    wide = mx.nd.sparse.csr_matrix(([1.0, 2.0], [5, n - 1], [0, 2]), shape=(1, n))
    assert (wide * 2).data.asnumpy().tolist() == [2, 4]
    assert mx.nd.dot(wide, mx.nd.ones((1, 2)), transpose_a=True).indices.asnumpy().tolist() == [5, n - 1]
    tall = mx.nd.sparse.row_sparse_array(([[1.0]], [7]), shape=(n * 100, 1))
    assert (tall + tall).data.asnumpy().tolist() == [[2]]
    assert mx.nd.sparse.retain(tall, mx.nd.array([7, 8])).data.asnumpy().tolist() == [[1], [0]]


def test_falling_back_to_dense_values_is_said_once(csr, caplog, monkeypatch):
    say_fallback.cache_clear()
    mx.nd.tan(csr)
    assert not caplog.records
    for _ in range(2):
        mx.nd.erfinv(csr)
    (record,) = caplog.records
    for part in ("operator = erfinv", "input storage types = [csr]", "output storage types = [default]"):
        assert part in record.getMessage()
    monkeypatch.setenv("MXNET_STORAGE_FALLBACK_LOG_VERBOSE", "0")
    mx.nd.gammaln(csr)
    assert len(caplog.records) == 1


def test_a_sparse_array_has_a_gradient_stored_alike(rows):
    rows.attach_grad()
    assert rows.grad.stype == "row_sparse"


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
