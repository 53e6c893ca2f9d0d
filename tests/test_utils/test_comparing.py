"""Comparing arrays."""

import numpy as np
import pytest

import mxnet as mx

T = mx.test_utils
ONES = np.ones((2, 3), "float32")
OTHER = np.array([[1, 1.5, 1], [1, 1, 2]], "float32")


def test_tolerances_are_those_of_the_less_precise_dtype():
    assert T.get_tols(ONES, ONES.astype("float16"), None, None) == (0.01, 0.1)
    assert T.get_tols(ONES, ONES.astype("float64"), None, None) == (0.0001, 0.001)
    assert T.get_tols(ONES.astype("int32"), ONES.astype("float64"), None, None) == (1e-05, 1e-20)
    assert T.get_tols(ONES, OTHER, {np.dtype(np.float32): 0.5}, None) == (0.5, 0.001)
    assert T.get_tols(1.0, ONES, 0.5, 0.25) == (0.5, 0.25)
    assert (T.get_rtol(dtype="float16"), T.get_atol(), T.get_rtol(0.5), T.get_etol()) == (0.01, 1e-20, 0.5, 0)


def test_the_message_names_the_places_that_differ_most():
    with pytest.raises(AssertionError) as caught:
        T.assert_almost_equal(ONES, OTHER, names=("found", "wanted"))
    text = str(caught.value)
    assert "33.3333% of 6 elements differ by more than rtol=0.0001, atol=0.001" in text
    assert text.index("(1, 2): found=1, wanted=2") < text.index("(0, 1): found=1, wanted=1.5")
    with pytest.raises(AssertionError) as caught:
        T.assert_almost_equal(mx.nd.array(ONES), mx.nd.array(OTHER), mismatches=(1, 1))
    assert "(0, 1)" not in str(caught.value)


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        (ONES, ONES + 1e-5, True),
        (mx.nd.array(ONES), ONES, True),
        ([1.0, 2.0], (1.0, 2.0), True),
        (1.0, ONES, True),
        (np.array([np.inf]), np.array([np.inf]), True),
        (np.array([np.inf]), np.array([-np.inf]), False),
        (np.array([np.nan]), np.array([np.nan]), False),
        (np.array([2], "int32"), np.array([3], "int32"), False),
    ],
)
def test_what_is_almost_equal(a, b, equal):
    assert (
        T.almost_equal(
            np.asarray(a) if isinstance(a, (list, tuple)) else a,
            np.asarray(b) if isinstance(b, (list, tuple)) else b,
        )
        is equal
    )
    if equal:
        T.assert_almost_equal(a, b)
    else:
        with pytest.raises(AssertionError):
            T.assert_almost_equal(a, b)


def test_nan_may_count_as_equal_or_not_at_all():
    some = np.array([1, np.nan])
    assert T.almost_equal(some, some, equal_nan=True)
    assert T.almost_equal_ignore_nan(some, np.array([1.0, 2]))
    T.assert_almost_equal_ignore_nan(some, np.array([1.0, 2]))
    with pytest.raises(AssertionError):
        T.assert_almost_equal_ignore_nan(some, np.array([3.0, 2]))


def test_shapes_broadcast_only_if_they_may():
    T.assert_almost_equal(ONES, np.ones(3))
    assert not T.almost_equal(ONES, np.ones(3), use_broadcast=False)
    with pytest.raises(AssertionError, match=r"a has the shape \(2, 3\), b has \(3,\)"):
        T.assert_almost_equal(ONES, np.ones(3), use_broadcast=False)
    with pytest.raises(AssertionError, match="do not go together"):
        T.assert_almost_equal(ONES, np.ones((3, 2)))


def test_a_share_of_elements_may_differ():
    T.assert_almost_equal_with_err(ONES, OTHER, etol=0.5)
    with pytest.raises(AssertionError, match="33.3333%"):
        T.assert_almost_equal_with_err(ONES, OTHER, etol=0.1)
    with pytest.raises(AssertionError, match="rtol=1e-07"):
        T.assert_allclose(ONES, OTHER)


def test_the_largest_difference_is_found():
    place, times = T.find_max_violation(ONES, OTHER)
    assert place == (1, 2)
    assert times == pytest.approx(1 / (0.001 + 0.0002))
    assert (
        T.locationError(ONES, OTHER, place, ("a", "b"), maxError=True)
        == "Location of maximum error: (1, 2), a=1.00000000, b=2.00000000"
    )


def test_arrays_that_share_memory_are_told():
    array = mx.nd.ones((3,))
    assert T.same_array(array, array[0:3])
    assert not T.same_array(array, array.copy())
    assert array.asnumpy().tolist() == [1, 1, 1]
    assert T.same(array, [1, 1, 1])


def test_nested_tuples_are_compared_part_by_part():
    pair = (mx.nd.ones((2,)), (None, mx.nd.zeros((1,))))
    T.compare_ndarray_tuple(pair, pair)
    with pytest.raises(AssertionError):
        T.compare_ndarray_tuple(pair, (mx.nd.ones((2,)), (None, mx.nd.ones((1,)))))


def test_reductions_of_numpy_take_several_axes():
    array = np.arange(24).reshape(2, 3, 4)
    assert (T.np_reduce(array, (0, -1), True, np.sum) == array.sum(axis=(0, 2), keepdims=True)).all()
    assert T.np_reduce(array, None, False, np.max) == 23
    assert (T.np_reduce(array, 1, False, np.sum) == array.sum(axis=1)).all()
    assert (T.collapse_sum_like(array, (3, 1)) == array.sum(axis=(0, 2))[:, None]).all()
