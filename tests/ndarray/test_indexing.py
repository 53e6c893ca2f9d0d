"""Indexing: numpy's keys, MXNet's rules for what they give and what they share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet.base import MXNetError

SHAPE = (3, 4, 5)


def values():
    return np.arange(np.prod(SHAPE), dtype="float32").reshape(SHAPE)


@st.composite
def slices(draw, extent):
    start, stop = sorted((draw(st.integers(0, extent)), draw(st.integers(0, extent))))
    if draw(st.booleans()):
        return slice(start, stop, draw(st.integers(1, 3)))
    return slice(stop - 1 if stop else None, start - 1 if start else None, -draw(st.integers(1, 3)))


@st.composite
def keys(draw):
    """A tuple of ints, slices, index lists that broadcast, new axes, and perhaps an ellipsis."""
    length = draw(st.integers(1, 3))
    items = []
    for extent in SHAPE[: draw(st.integers(0, 3))]:
        items.append(
            draw(
                st.one_of(
                    st.integers(-extent, extent - 1),
                    slices(extent),
                    st.lists(st.integers(-extent, extent - 1), min_size=length, max_size=length),
                )
            )
        )
    for _ in range(draw(st.integers(0, 2))):
        items.insert(draw(st.integers(0, len(items))), None)
    if draw(st.booleans()):
        items.append(Ellipsis)
    return tuple(items)


@given(keys())
@settings(max_examples=300, deadline=None)
def test_key_selects_what_it_selects_in_numpy(key):
    found = mx.nd.array(values())[key].asnumpy()
    np.testing.assert_array_equal(found, np.atleast_1d(values()[key]))


@given(keys())
@settings(max_examples=300, deadline=None)
def test_assigning_a_number_changes_what_the_key_selects(key):
    array, expected = mx.nd.array(values()), values()
    if isinstance(expected[key], np.ndarray) and not expected[key].size:
        return
    expected[key] = -1
    array[key] = -1
    np.testing.assert_array_equal(array.asnumpy(), expected)


@given(keys())
@settings(max_examples=300, deadline=None)
def test_assigning_an_array_puts_each_value_in_its_place(key):
    array, expected = mx.nd.array(values()), values()
    part = np.asarray(expected[key])
    if len(np.unique(part)) < part.size or not part.size:
        return  # which of several values stays is nobody's promise
    new = -1 - np.arange(part.size, dtype="float32").reshape(part.shape)
    expected[key] = new
    array[key] = new
    np.testing.assert_array_equal(array.asnumpy(), expected)


@given(keys())
@settings(max_examples=150, deadline=None)
def test_gradient_of_a_part_goes_to_where_it_was_taken_from(key):
    array, expected = mx.nd.array(values()), np.zeros(SHAPE, "float32")
    if isinstance(values()[key], np.ndarray) and not values()[key].size:
        return
    array.attach_grad()
    with mx.autograd.record():
        part = array[key]
    np.testing.assert_array_equal(part.asnumpy(), np.atleast_1d(values()[key]))
    part.backward()
    np.add.at(expected, key, 1)
    np.testing.assert_array_equal(array.grad.asnumpy(), expected)


@pytest.mark.parametrize(
    "key", [0, slice(1, 3), (1, 2), (1, slice(1, 3)), (2, 3, 4), Ellipsis, slice(None), None]
)
def test_contiguous_part_shares_memory(key):
    array = mx.nd.array(values())
    array[key][:] = 7
    assert (array[key].asnumpy() == 7).all()


@pytest.mark.parametrize(
    "key", [(slice(None), 1), slice(None, None, 2), slice(None, None, -1), [0, 1], (0, [1, 2])]
)
def test_any_other_part_is_a_copy(key):
    array = mx.nd.array(values())
    array[key][:] = 7
    np.testing.assert_array_equal(array.asnumpy(), values())


def test_view_sees_what_is_written_to_its_array():
    array = mx.nd.zeros((2, 3))
    row, flat = array[1], array.reshape((-1,))
    array[:] = 4
    assert row.asnumpy().tolist() == [4, 4, 4]
    assert flat.asnumpy().tolist() == [4] * 6


MASKS = {
    "rows": lambda x: np.array([True, False, True]),
    "a list": lambda x: [True, False, True],
    "every element": lambda x: x > 20,
    "two axes": lambda x: x[:, :, 0] % 2 == 0,
    "in a tuple": lambda x: (slice(None), np.array([True, False, False, True])),
    "with an int": lambda x: ([False, True, True], 2),
    "with indices": lambda x: (np.array([True, False, True]), [1, 3]),
    "with a new axis": lambda x: (None, np.array([True, False, True])),
    "behind an ellipsis": lambda x: (..., [True, False, True, False, True]),
    "with a turned axis": lambda x: (np.array([True, False, True]), slice(None, None, -1)),
    "nothing": lambda x: np.zeros(SHAPE, bool),
}


def as_arrays(key):
    """Return a key with NDArrays for its numpy arrays."""
    if isinstance(key, tuple):
        return tuple(map(as_arrays, key))
    return mx.nd.array(key, dtype=key.dtype) if isinstance(key, np.ndarray) else key


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("form", [lambda key: key, as_arrays], ids=["numpy", "NDArray"])
def test_mask_selects_what_it_selects_in_numpy(mask, form):
    key = mask(values())
    np.testing.assert_array_equal(mx.nd.array(values())[form(key)].asnumpy(), values()[key])


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("form", [lambda key: key, as_arrays], ids=["numpy", "NDArray"])
def test_what_a_mask_selects_is_assigned_to(mask, form):
    key, expected, array = mask(values()), values(), mx.nd.array(values())
    new = -1 - np.arange(expected[key].size, dtype="float32").reshape(expected[key].shape)
    for value in (new, -1):
        expected[key] = array[form(key)] = value
        np.testing.assert_array_equal(array.asnumpy(), expected)


@pytest.mark.parametrize("mask", [each for name, each in MASKS.items() if name != "nothing"])
def test_gradient_of_what_a_mask_selects_goes_there(mask):
    key, array, expected = mask(values()), mx.nd.array(values()), np.zeros(SHAPE, "float32")
    array.attach_grad()
    with mx.autograd.record():
        part = array[key] * 2
    part.backward()
    expected[key] = 2
    np.testing.assert_array_equal(array.grad.asnumpy(), expected)


def test_true_and_false_by_themselves_and_comparisons_of_arrays_are_numbers():
    array = mx.nd.array([10, 20, 30])
    assert (array[True].asscalar(), array[False].asscalar()) == (20, 10)
    assert array[array > 15].asnumpy().tolist() == [10, 20, 20]  # a comparison has the type of its arrays


def test_overlapping_assignment_reads_before_it_writes():
    array = mx.nd.arange(5)
    array[1:] = array[:-1]
    assert array.asnumpy().tolist() == [0, 0, 1, 2, 3]


def test_value_may_have_leading_axes_of_extent_1():
    array = mx.nd.zeros((2, 3))
    array[0] = np.ones((1, 1, 3))
    assert array.asnumpy().tolist() == [[1, 1, 1], [0, 0, 0]]


@pytest.mark.parametrize(
    ("dtype", "value", "expected"),
    [("int32", -2.7, -2), ("uint8", 300, 44), ("uint8", -1, 255), ("bool", 2, True)],
)
def test_number_is_cast_as_in_c(dtype, value, expected):
    array = mx.nd.zeros((1,), dtype=dtype)
    array[:] = value
    assert array.asscalar() == expected


@pytest.mark.parametrize(
    ("key", "error", "text"),
    [
        (3, IndexError, "Index 3 is out of range for axis 0, which has the extent 3."),
        ((0, -5), IndexError, "Index -5 is out of range for axis 1"),
        ((0, [0, 9]), IndexError, "Index 9 is out of range for axis 1"),
        ((0, 0, 0, 0), IndexError, "There are 4 indices, but the array has 3 dimensions."),
        ((..., ...), IndexError, "only one ellipsis"),
        (1.5, ValueError, "1.5 of type float is not an index."),
        ("a", ValueError, "'a' of type str is not an index."),
        (slice(2, 1), ValueError, "starts behind its end"),
        (slice(0, 2, 0), ValueError, "slice step cannot be zero"),
        (slice("a", None), ValueError, "is not a valid slice"),
        (([0, 1], [0, 1, 2]), ValueError, "Index arrays of the shapes (2,) and (3,) do not broadcast."),
        (np.array(2), ValueError, "has no dimensions"),
        ([True, False], IndexError, "A mask of shape (2,) does not fit the axes from 0 on, of extents (3,)."),
        ((0, np.ones((4, 4), bool)), IndexError, "does not fit the axes from 1 on, of extents (4, 5)."),
        (np.ones((3, 4, 5, 1), bool), IndexError, "There are 4 indices, but the array has 3 dimensions."),
        (["a"], ValueError, "is not an array of integers"),
    ],
)
def test_bad_key_is_explained(key, error, text):
    array = mx.nd.array(values())
    with pytest.raises(error) as caught:
        array[key]
    assert isinstance(caught.value, MXNetError)
    assert text in str(caught.value)
    with pytest.raises(error):
        array[key] = 1


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        ("x", TypeError, "not 'x' of type str"),
        (1 + 2j, TypeError, "of type complex"),
        ([1, 2], ValueError, "A value of shape (2,) does not fit a part of shape (4, 5)."),
        (mx.nd.ones((5, 4)), ValueError, "A value of shape (5, 4) does not fit"),
    ],
)
def test_bad_value_is_explained(value, error, text):
    array = mx.nd.array(values())
    with pytest.raises(error) as caught:
        array[0] = value
    assert text in str(caught.value)


def test_read_only_array_cannot_be_assigned():
    array = mx.nd.NDArray(mx.nd.ones((2,)).handle, writable=False)
    with pytest.raises(ValueError, match="read-only"):
        array[:] = 1
    with pytest.raises(ValueError, match="read-only"):
        array += 1


def test_slice_assign_takes_begin_end_and_step():
    array = mx.nd.zeros((4,))
    array.slice_assign(mx.nd.array([1, 2]), begin=(0,), end=(4,), step=(2,))
    array.slice_assign_scalar(9, begin=(1,), end=(2,), step=())
    assert array.asnumpy().tolist() == [1, 9, 2, 0]


def test_a_whole_array_is_written_into_itself_and_into_views_of_itself():
    array = mx.nd.array([[1, 2], [3, 4]])
    array[:] = array
    assert array.asnumpy().tolist() == [[1, 2], [3, 4]]
    view = array[0:1]
    view[:] = array[1:2]
    assert array.asnumpy().tolist() == [[3, 4], [3, 4]]


def test_a_whole_array_takes_values_of_another_type():
    array = mx.nd.zeros((2,), dtype="int32")
    array[:] = mx.nd.array([1.7, -1.7])
    assert array.asnumpy().tolist() == [1, -1]
