"""What linear algebra refuses, and what recorded calls do not show: other triangles, empty stacks, singular matrices."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


def _random(*shape, dtype="float64"):
    return mx.nd.array(np.random.default_rng(2).normal(size=shape), dtype=dtype)


def _definite(n):
    matrix = np.random.default_rng(3).normal(size=(n, n))
    return matrix @ matrix.T + np.eye(n)


def _gradient(function, array, head):
    array.attach_grad()
    with mx.autograd.record():
        output = function(array)
    output.backward(head)
    return array.grad.asnumpy()


VARIABLES = [mx.sym.Variable(name) for name in "ABC"]


@pytest.mark.parametrize(
    ("name", "shapes", "params", "message"),
    [
        ("gemm2", [(2, 3), (4, 2)], {}, "cannot be multiplied: 3 is not 4"),
        ("gemm2", [(2, 3), (2, 3, 4)], {}, "must have the same number of axes"),
        ("gemm2", [(3,), (3,)], {}, "expected A to be matrices"),
        ("gemm2", [(2, 2, 3), (1, 3, 4)], {}, "may differ only in rows and columns"),
        ("gemm2", [(2, 3), (3, 4)], {"axis": -1}, "axis=-1 is no axis before the last"),
        ("gemm2", [(2, 3), (3, 4)], {"axis": -3}, "axis=-3 is no axis before the last"),
        ("gemm2", [(2, 3), (3, 4)], {"axis": 1}, "axis=1 is no axis before the last"),
        ("gemm", [(2, 3), (3, 4), (1, 4)], {}, "C"),
        ("syrk", [(3,)], {}, "expected A to be matrices"),
        ("trmm", [(3, 4), (4, 2)], {}, "expected square matrices A, but got 3 x 4"),
        ("trmm", [(3, 3), (4, 2)], {}, "cannot be multiplied as A B"),
        ("trmm", [(3, 3), (3, 2)], {"rightside": True}, "cannot be multiplied as B A"),
        ("trmm", [(2, 3, 3), (3, 2)], {}, "cannot be multiplied"),
        ("trsm", [(4, 3, 3), (5, 3, 2)], {}, "cannot be multiplied"),
        ("trsm", [(3,), (3,)], {}, "expected A to be matrices"),
        ("potrf", [(2, 3)], {}, "expected square matrices A, but got 2 x 3"),
        ("potrf", [(3,)], {}, "expected A to be matrices"),
        ("potri", [(2, 3)], {}, "expected square matrices"),
        ("inverse", [(4, 2, 3)], {}, "expected square matrices"),
        ("gelqf", [(3, 2)], {}, "may not have more rows than columns"),
        ("gelqf", [(3,)], {}, "expected A to be matrices"),
        ("syevd", [(2, 3)], {}, "expected square matrices"),
        ("det", [(2, 3)], {}, "expected square matrices"),
        ("slogdet", [(3,)], {}, "expected A to be matrices"),
        ("sumlogdiag", [(2, 3)], {}, "expected square matrices"),
        ("extractdiag", [(3, 4)], {}, "expected square matrices"),
        ("extractdiag", [(3, 3)], {"offset": 3}, "have no diagonal 3"),
        ("extractdiag", [(3, 3)], {"offset": -4}, "have no diagonal -4"),
        ("extracttrian", [(3, 3)], {"offset": 3}, "have no diagonal 3"),
        ("extracttrian", [(3,)], {}, "expected A to be matrices"),
        ("maketrian", [(5,)], {}, "5 elements, of A .*, fill no triangle"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(name, shapes, params, message):
    symbol = getattr(mx.sym.linalg, name)(*VARIABLES[: len(shapes)], **params)
    with pytest.raises(mx.base.MXNetError, match=message):
        symbol.infer_shape(**dict(zip("ABC", shapes, strict=False)))
    with pytest.raises(mx.base.MXNetError, match=name):
        getattr(mx.nd.linalg, name)(*(_random(*shape) for shape in shapes), **params)


SQUARE = (
    "potrf potri inverse gelqf syevd det slogdet sumlogdiag syrk extractdiag makediag extracttrian".split()
)


@pytest.mark.parametrize("dtype", ["float16", "int32"])
@pytest.mark.parametrize("name", SQUARE)
def test_only_single_and_double_precision_are_computed(name, dtype):
    with pytest.raises(mx.base.MXNetError, match=f"{name}: A must be float32 or float64, not {dtype}"):
        getattr(mx.nd.linalg, name)(mx.nd.ones((3, 3), dtype=dtype))


def test_each_matrix_of_a_product_has_to_be_floating():
    with pytest.raises(mx.base.MXNetError, match="linalg_gemm2: A must be float32 or float64, not int32"):
        mx.nd.linalg.gemm2(mx.nd.ones((2, 2), dtype="int32"), mx.nd.ones((2, 2), dtype="int32"))


@pytest.mark.parametrize(
    ("name", "matrix", "message"),
    [
        ("potrf", [[1, 2], [2, 1]], "the matrix is not positive definite"),
        ("potrf", [[[1, 0], [0, 1]], [[1, 2], [2, 1]]], "matrix 1 is not positive definite"),
        ("potri", [[0, 0], [1, 3]], "there is a 0 on its diagonal"),
        ("inverse", [[1, 2], [2, 4]], "the matrix cannot be inverted"),
    ],
)
def test_matrices_without_a_result_are_refused(name, matrix, message):
    with pytest.raises(mx.base.MXNetError, match=message):
        getattr(mx.nd.linalg, name)(mx.nd.array(matrix))


@pytest.mark.parametrize("name", SQUARE)
def test_a_stack_of_no_matrices_has_no_results(name):
    results = getattr(mx.nd.linalg, name)(mx.nd.zeros((0, 3, 3)))
    assert all(each.shape[0] == 0 for each in (results if isinstance(results, list) else [results]))


def test_cholesky_factors_may_be_upper_ones():
    matrix = _definite(4)
    factor = mx.nd.linalg.potrf(mx.nd.array(np.triu(matrix), dtype="float64"), lower=False)
    np.testing.assert_allclose(factor.asnumpy().T @ factor.asnumpy(), matrix)
    np.testing.assert_allclose(mx.nd.linalg.potri(factor, lower=False).asnumpy(), np.linalg.inv(matrix))


@pytest.mark.parametrize("name", ["potrf", "potri"])
def test_the_gradient_of_an_upper_factor_is_that_of_the_lower_one_transposed(name):
    function = getattr(mx.nd.linalg, name)
    matrix, head = _definite(3), _random(3, 3)
    upper = _gradient(lambda a: function(a, lower=False), mx.nd.array(matrix.T, dtype="float64"), head)
    lower = _gradient(function, mx.nd.array(matrix, dtype="float64"), head.T)
    np.testing.assert_allclose(upper, lower.T)


@pytest.mark.parametrize("name", ["trmm", "trsm"])
@pytest.mark.parametrize("lower", [True, False])
def test_the_other_half_of_a_triangular_matrix_is_not_read(name, lower):
    full, b = _random(3, 3), _random(3, 2)
    half = mx.nd.array((np.tril if lower else np.triu)(full.asnumpy()), dtype="float64")
    function = getattr(mx.nd.linalg, name)
    np.testing.assert_array_equal(
        function(full, b, lower=lower).asnumpy(), function(half, b, lower=lower).asnumpy()
    )


def test_the_largest_element_of_an_eigenvector_is_positive():
    vectors, values = mx.nd.linalg.syevd(mx.nd.array([[0, -1], [-1, 0]], dtype="float64"))
    np.testing.assert_allclose(vectors.asnumpy(), np.array([[1, 1], [1, -1]]) / np.sqrt(2))
    np.testing.assert_allclose(values.asnumpy(), [-1, 1])


def test_no_gradient_passes_through_the_determinant_of_a_singular_matrix():
    stack = mx.nd.array([[[1, 2], [2, 4]], [[1, 2], [3, 4]]])
    expected = [[[0, 0], [0, 0]], [[4, -3], [-2, 1]]]
    np.testing.assert_allclose(_gradient(mx.nd.linalg.det, stack, mx.nd.ones((2,))), expected, rtol=1e-5)


def test_the_logarithm_of_a_singular_determinant_is_minus_infinity():
    sign, logarithm = mx.nd.linalg.slogdet(mx.nd.array([[1, 2], [2, 4]]))
    assert (sign.asscalar(), logarithm.asscalar()) == (0, -np.inf)


@pytest.mark.parametrize(("offset", "lower"), [(0, True), (0, False), (1, True), (-2, False)])
def test_a_triangle_that_is_taken_and_put_back_is_where_it_was(offset, lower):
    matrix = _random(2, 4, 4)
    packed = mx.nd.linalg.extracttrian(matrix, offset=offset, lower=lower)
    cut = np.tril if offset < 0 or (offset == 0 and lower) else np.triu
    unpacked = mx.nd.linalg.maketrian(packed, offset=offset, lower=lower)
    np.testing.assert_array_equal(unpacked.asnumpy(), cut(matrix.asnumpy(), offset))


def test_an_upper_triangle_is_packed_column_by_column():
    matrix = mx.nd.arange(1, 10).reshape((3, 3))
    assert mx.nd.linalg.extracttrian(matrix, lower=False).asnumpy().tolist() == [1, 2, 5, 3, 6, 9]
    assert mx.nd.linalg.extracttrian(matrix, offset=1).asnumpy().tolist() == [2, 3, 6]


def test_products_are_differentiated_as_products():
    product = mx.sym.linalg.gemm(*VARIABLES, transpose_a=True, alpha=2, beta=3)
    names = [node.op.name for node in product.gradient(["A", "B", "C"]).graph.operators]
    assert names.count("_linalg_gemm2") == 2


def test_a_product_counts_its_rows_along_any_axis():
    a, b = _random(5, 2, 7, 3), _random(5, 3, 7, 4)
    expected = np.einsum("abcd,adce->abce", a.asnumpy(), b.asnumpy())
    np.testing.assert_allclose(mx.nd.linalg.gemm2(a, b, axis=1).asnumpy(), expected)


def test_a_triangular_matrix_is_known_from_the_shape_of_the_product():
    product = mx.sym.linalg.trsm(*VARIABLES[:2], rightside=True) + VARIABLES[2]
    assert product.infer_shape_partial(C=(2, 3)) == ([(3, 3), (2, 3), (2, 3)], [(2, 3)], [])
