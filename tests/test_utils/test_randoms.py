"""Random arrays and shapes."""

import numpy as np
import pytest

import mxnet as mx

T = mx.test_utils


def test_one_shape_makes_an_array_and_several_a_list():
    assert T.random_arrays((2, 3)).shape == (2, 3)
    assert T.random_arrays((2, 3)).dtype == np.float32
    assert [array.shape for array in T.random_arrays((np.int64(2),), ())] == [(2,), ()]
    (low,) = T.random_uniform_arrays((50,), low=3, high=4)
    assert 3 <= low.min() <= low.max() < 4


def test_shapes_stay_within_bounds():
    for _ in range(50):
        rows, columns = T.rand_shape_2d(2, 3)
        assert rows in {1, 2}
        assert columns in {1, 2, 3}
    assert len(T.rand_shape_3d()) == 3
    assert len(T.rand_shape_nd(5)) == 5
    assert 0 in {size for _ in range(50) for size in T.rand_shape_nd(3, 1, allow_zero_size=True)}
    x, y = T.rand_coord_2d(2, 3, 5, 6)
    assert (x, y) == (2, 5)


def test_samples_do_not_repeat():
    assert sorted(T.random_sample([3, 1, 2], 3)) == [1, 2, 3]


@pytest.mark.parametrize("stype", ["default", "row_sparse", "csr"])
def test_arrays_have_the_storage_that_was_asked_for(stype):
    array = T.rand_ndarray((6, 4), stype, density=0.5, dtype="float64")
    assert (array.stype, array.shape, array.dtype) == (stype, (6, 4), np.float64)


def test_sparse_arrays_are_what_they_are_made_of():
    array, (values, rows) = T.rand_sparse_ndarray((5, 2), "row_sparse", density=0.5)
    assert (array.asnumpy()[rows] == values).all()
    assert (values != 0).all()
    array, (starts, columns, values) = T.rand_sparse_ndarray((5, 3), "csr", density=0.7)
    assert array.indptr.asnumpy().tolist() == starts.asnumpy().tolist()
    assert array.indices.asnumpy().tolist() == columns.asnumpy().tolist()
    assert array.data.asnumpy().tolist() == values.asnumpy().tolist()


def test_rows_and_values_may_be_chosen():
    array = T.create_sparse_array((4, 2), "row_sparse", data_init=0.5, rsp_indices=[3, 0])
    assert array.asnumpy().tolist() == [[0.5, 0.5], [0, 0], [0, 0], [0.5, 0.5]]
    doubled = T.create_sparse_array((4, 2), "row_sparse", 0.5, [1], modifier_func=lambda value: value * 2)
    assert doubled.asnumpy()[1].tolist() == [1, 1]
    assert (T.create_sparse_array_zd((4, 2), "csr", 0).asnumpy() == 0).all()


def test_shuffling_columns_leaves_the_matrix():
    array = T.rand_ndarray((6, 8), "csr", density=0.9)
    shuffled = T.shuffle_csr_column_indices(array)
    assert (shuffled.asnumpy() == array.asnumpy()).all()
    assert sorted(shuffled.indices.asnumpy()) == sorted(array.indices.asnumpy())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: T.rand_ndarray((2, 3), "dense"), "stype is 'dense'. Expected 'row_sparse' or 'csr'"),
        (lambda: T.rand_ndarray((2, 3, 4), "csr"), "A csr array has two dimensions"),
        (
            lambda: T.rand_ndarray((2, 3), "csr", distribution="other"),
            "Expected 'uniform' or 'powerlaw' for csr",
        ),
        (
            lambda: T.rand_ndarray((2, 3), "row_sparse", distribution="powerlaw"),
            "Expected 'uniform' for row_sparse",
        ),
        (lambda: T.rand_ndarray((2, 3), "csr", 1.5), "density is 1.5. Expected a number from 0 to 1"),
        (
            lambda: T.rand_ndarray((4, 8), "csr", 0.125, distribution="powerlaw"),
            "cannot have the density 0.125",
        ),
        (lambda: T.rand_ndarray((4, 8), "csr", 1.0, distribution="powerlaw"), "cannot have the density 1.0"),
        (lambda: T.rand_ndarray((1, 8), "csr", 0.5, distribution="powerlaw"), "cannot have the density 0.5"),
        (lambda: T.rand_ndarray((0, 8), "csr", 0.5, distribution="powerlaw"), "cannot have the density 0.5"),
    ],
)
def test_misuse_is_explained(make, message):
    with pytest.raises(mx.MXNetError, match=message):
        make()


def test_matrices_have_the_property_that_was_asked_for():
    base = T.new_orthonormal_matrix_2d(4)
    assert np.allclose(base @ base.T, np.eye(4))
    for matrix in T.new_matrix_with_real_eigvals_nd((2, 3, 3)):
        assert np.allclose(np.linalg.eigvals(matrix).imag, 0, atol=1e-8)
    symmetric = T.new_sym_matrix_with_real_eigvals_nd((3, 3))
    assert np.allclose(symmetric, symmetric.T)
    assert T.get_identity_mat(2).asnumpy().tolist() == [[1, 0], [0, 1]]
    assert T.get_identity_mat_batch(3).shape == (2, 3, 3)
    assert T.create_2d_tensor(2, 3).asnumpy().tolist() == [[0, 0, 0], [1, 1, 1]]
    assert T.create_vector(3).dtype == np.int64


def test_functions_are_applied_to_each_element():
    ones = np.ones((2, 2))
    assert (T.assign_each(ones, lambda a: a + 1) == 2).all()
    assert (T.assign_each2(ones, ones, lambda a, b: a - b) == 0).all()
    assert (T.assign_each(ones, None) == ones).all()


def test_the_dummy_iterator_yields_one_batch_without_end():
    dummy = T.DummyIter(mx.io.NDArrayIter(np.ones((4, 2)), batch_size=2))
    assert next(dummy) is next(iter(dummy))
    assert dummy.provide_data == [("data", (2, 2))]


@pytest.mark.parametrize(
    ("shape", "density", "starts"),
    [
        ((16, 64), 0.3, [0, 2, 6, 14, 30, 62, 126, 190, 254, 300, 301, 302, 303, 304, 305, 306, 307]),
        ((4, 8), 0.5, [0, 2, 6, 14, 16]),
        ((5, 7), 0.3, [0, 2, 6, 8, 9, 10]),
        ((5, 7), 0.6, [0, 2, 6, 13, 20, 21]),
        ((7, 16), 0.25, [0, 2, 6, 14, 25, 26, 27, 28]),
    ],
)
def test_rows_of_a_powerlaw_double(shape, density, starts):
    array, (found, columns, values) = T.rand_sparse_ndarray(shape, "csr", density, distribution="powerlaw")
    assert array.indptr.asnumpy().tolist() == found.asnumpy().tolist() == starts
    assert columns.asnumpy()[:6].tolist() == [0, 1, 0, 1, 2, 3]
    assert ((values.asnumpy() >= 1) & (values.asnumpy() < 3)).all()
