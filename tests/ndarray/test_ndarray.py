"""NDArray as a value: where it comes from, what it becomes, how it is combined."""

from __future__ import annotations

import copy
import pickle
import re

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.base import MXNetError


def test_assigning_an_array_tells_torch_that_memory_was_written_to():
    array = mx.nd.zeros((2, 3))
    before = array._tensor._version
    array[:] = mx.nd.ones((2, 3))
    assert array.asnumpy().tolist() == [[1] * 3] * 2
    assert array._tensor._version > before


def test_assigning_an_array_that_shares_its_memory_reads_all_of_it_first():
    array = mx.nd.arange(5)
    array[1:][:] = array[:4]
    assert array.asnumpy().tolist() == [0, 0, 1, 2, 3]


def test_asnumpy_is_independent_of_the_array():
    array = mx.nd.ones((2,))
    values = array.asnumpy()
    values[:] = 5
    array[:] = 7
    assert values.tolist() == [5, 5]
    assert values.flags.owndata


def test_array_is_independent_of_its_source():
    source = np.ones(2, "float32")
    array = mx.nd.array(source)
    source[:] = 5
    assert array.asnumpy().tolist() == [1, 1]


def test_numpy_reads_an_array():
    array = mx.nd.array([[1, 2], [3, 4]])
    assert np.asarray(array, dtype="int64").tolist() == [[1, 2], [3, 4]]
    assert np.sum(array) == 10


def test_list_of_arrays_makes_an_array():
    assert mx.nd.array([mx.nd.ones((2,)), mx.nd.zeros((2,))]).asnumpy().tolist() == [[1, 1], [0, 0]]


def test_bfloat16_is_shown_as_float32():
    array = mx.nd.array([1.5, 2], dtype="bfloat16")
    assert array.dtype is np.float32
    assert array.asnumpy().tolist() == [1.5, 2]


@pytest.mark.parametrize("source", ["abc", [[1, 2], [3]], object()])
def test_what_is_no_array_of_numbers_is_refused(source):
    with pytest.raises(TypeError, match="An NDArray cannot be made of"):
        mx.nd.array(source)


def test_unknown_dtype_gets_a_suggestion():
    with pytest.raises(KeyError) as caught:
        mx.nd.array([1], dtype="flaot32")
    assert isinstance(caught.value, MXNetError)
    assert "'flaot32' is not a data type of MXNet." in str(caught.value)
    assert "Did you mean 'float32'?" in str(caught.value)


def test_gpu_that_is_not_there_is_refused_where_it_is_used():
    if torch.cuda.is_available() or torch.backends.mps.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(MXNetError, match=r"gpu\(0\) cannot be used: torch finds no GPU"):
        mx.nd.zeros((2,), ctx=mx.gpu())


@pytest.mark.parametrize("shape", ["ab", 1.5, (2, "a"), None])
def test_shape_must_be_whole_numbers(shape):
    with pytest.raises(TypeError, match="A shape must be an int or a tuple of int"):
        mx.nd.zeros(shape)


def test_negative_extent_is_refused():
    with pytest.raises(ValueError, match="negative extent"):
        mx.nd.ones((2, -1))


# ------------------------------------------------------------------------------------------------------ sharing memory


def test_torch_shares_the_memory_through_dlpack():
    array = mx.nd.zeros((2, 3))
    tensor = torch.from_dlpack(array)
    tensor[0] = 5
    assert array[0].asnumpy().tolist() == [5, 5, 5]


@pytest.mark.parametrize("export", ["to_dlpack_for_read", "to_dlpack_for_write"])
def test_capsule_becomes_an_array_on_the_same_memory(export):
    array = mx.nd.zeros((2,))
    mx.nd.from_dlpack(getattr(array, export)())[:] = 3
    assert array.asnumpy().tolist() == [3, 3]
    mx.nd.from_dlpack(getattr(mx.nd, export)(array))[:] = 4
    assert array.asnumpy().tolist() == [4, 4]


def test_from_dlpack_reads_tensors_that_require_gradients_no_more():
    array = mx.nd.from_dlpack(torch.ones(2, requires_grad=True).detach())
    assert not (array * 2).handle.requires_grad


def test_from_numpy_shares_memory_and_makes_it_read_only():
    values = np.arange(3, dtype="float32")
    array = mx.nd.from_numpy(values)
    array[:] = 1
    assert values.tolist() == [1, 1, 1]
    assert not values.flags.writeable


def test_from_numpy_can_copy():
    values = np.arange(6, dtype="int32").reshape(2, 3).T
    with pytest.raises(ValueError, match="C-contiguous"):
        mx.nd.from_numpy(values)
    copied = mx.nd.from_numpy(values, zero_copy=False)
    assert copied.dtype is np.int32
    assert copied.asnumpy().tolist() == values.tolist()


# ------------------------------------------------------------------------------------------------------------- copying


@pytest.mark.parametrize(
    "duplicate", [copy.copy, copy.deepcopy, lambda a: a.copy(), lambda a: a.astype("float32")]
)
def test_copy_has_memory_of_its_own(duplicate):
    array = mx.nd.ones((2,))
    duplicate(array)[:] = 5
    assert array.asnumpy().tolist() == [1, 1]


def test_copyto_casts_into_its_target():
    target = mx.nd.zeros((2,), dtype="int32")
    assert mx.nd.array([1.7, -1.7]).copyto(target) is target
    assert target.asnumpy().tolist() == [1, -1]


def test_copyto_itself_warns_and_does_nothing():
    array = mx.nd.ones((2,))
    with pytest.warns(RuntimeWarning, match="copied to itself"):
        assert array.copyto(array) is False


def test_copyto_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"of shape \(2,\) into one of shape \(3,\)"):
        mx.nd.ones((2,)).copyto(mx.nd.ones((3,)))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_keeps_values_and_dtype(protocol):
    array = mx.nd.array([[1, 2], [3, 4]], dtype="float16", ctx=mx.cpu(1))
    again = pickle.loads(pickle.dumps(array, protocol))
    assert again.dtype is np.float16
    assert again.asnumpy().tolist() == [[1, 2], [3, 4]]


# ---------------------------------------------------------------------------------------------------------- arithmetic


def test_numpy_scalar_on_the_left_makes_an_array():
    result = np.float64(1.5) + mx.nd.ones((2,))
    assert isinstance(result, mx.nd.NDArray)
    assert result.asnumpy().tolist() == [2.5, 2.5]


@pytest.mark.parametrize("other", [np.ones(2, "float32"), [1, 2], "x", None, 1j])
def test_only_arrays_and_numbers_combine(other):
    with pytest.raises(TypeError, match="goes together with an NDArray or a number, not with"):
        mx.nd.ones((2,)) + other


def test_different_dtypes_do_not_combine():
    with pytest.raises(TypeError) as caught:
        mx.nd.ones((2,)) + mx.nd.ones((2,), dtype="int32")
    assert isinstance(caught.value, MXNetError)
    assert re.match(
        r"Error in operator broadcast_add \(.*\): the dtype of 'rhs' does not fit.", str(caught.value)
    )
    assert "Expect: rhs float32\n  Actual: rhs int32" in str(caught.value)


def test_shapes_that_do_not_broadcast_are_shown():
    with pytest.raises(MXNetError) as caught:
        mx.nd.ones((2, 3)) + mx.nd.ones((2, 2))
    assert "broadcast_add" in str(caught.value)
    assert "(2, 3)" in str(caught.value)
    assert "(2, 2)" in str(caught.value)


def test_in_place_arithmetic_writes_through_views():
    array = mx.nd.zeros((2, 2))
    row = array[0]
    row += 5
    row *= 2
    assert array.asnumpy().tolist() == [[10, 10], [0, 0]]


def test_zero_keeps_its_sign():
    array = mx.nd.ones((1,))
    assert np.signbit((array * -0.0).asscalar())
    assert not np.signbit((array * 0.0).asscalar())


def test_array_of_several_elements_is_neither_true_nor_false():
    assert mx.nd.array([3])
    assert not mx.nd.array([0])
    with pytest.raises(ValueError, match="neither true nor false"):
        bool(mx.nd.ones((2,)))


def test_asscalar_needs_one_element():
    with pytest.raises(ValueError, match=r"one element, but this one has shape \(2,\)"):
        mx.nd.ones((2,)).asscalar()


def test_iteration_gives_views_of_the_rows():
    array = mx.nd.zeros((2, 2))
    for i, row in enumerate(array):
        row[:] = i + 1
    assert array.asnumpy().tolist() == [[1, 1], [2, 2]]


@pytest.mark.parametrize("name", ["expand_dims", "flatten", "squeeze"])
def test_reshaping_methods_copy_unless_in_place(name):
    array = mx.nd.zeros((2, 1, 2))
    arguments = {"axis": 0} if name == "expand_dims" else {}
    getattr(array, name)(**arguments)[:] = 1
    assert not array.asnumpy().any()
    getattr(array, name)(inplace=True, **arguments)[:] = 1
    assert array.asnumpy().all()


def test_reshape_names_an_argument_it_does_not_have():
    with pytest.raises(TypeError, match="no argument 'revers'. Did you mean 'reverse'"):
        mx.nd.ones((2,)).reshape((2,), revers=True)


def test_repr_shows_values_shape_and_context():
    assert repr(mx.nd.array([[1, 2.5]], ctx=mx.cpu(1))) == "\n[[1.  2.5]]\n<NDArray 1x2 @cpu(1)>"


@pytest.mark.parametrize(
    "make",
    [
        mx.nd.zeros,
        mx.nd.ones,
        mx.nd.empty,
        lambda shape: mx.nd.full(shape, 1),
        lambda shape: mx.nd.zeros(shape, dtype="int8"),
        lambda shape: mx.nd.random.uniform(shape=shape),
        lambda shape: mx.nd.ones((1,)).broadcast_to(shape),
        lambda shape: mx.nd.sparse.zeros("csr", (*shape, 1)),
    ],
)
@pytest.mark.parametrize("extent", [1 << 50, 1 << 70])
def test_array_that_there_is_no_memory_for_is_refused(make, extent):
    with pytest.raises(MXNetError) as caught:
        make((extent,))
    assert isinstance(caught.value, MemoryError)


def test_refusal_for_want_of_memory_says_how_much_it_is():
    text = r"memory on cpu\(0\) for an array of shape \(1125899906842624,\) and dtype float16.* 2,251,799,813,685,248 bytes"
    with pytest.raises(MXNetError, match=text):
        mx.nd.zeros((1 << 50,), dtype="float16")
    with pytest.raises(MXNetError, match=r"broadcast_add.* memory for the \d+ bytes"):
        mx.nd.ones((1 << 20, 1)) + mx.nd.ones((1, 1 << 30))


def test_array_is_broadcast_to_more_axes_than_it_has():
    array = mx.nd.array([[1, 2]])
    assert array.broadcast_to((3, 2)).asnumpy().tolist() == [[1, 2]] * 3
    assert array.broadcast_to((4, 3, 2)).shape == (4, 3, 2)
    assert array.broadcast_to(shape=[1, 2]).shape == (1, 2)
    assert array.broadcast_like(mx.nd.ones((4, 3, 2))).shape == (4, 3, 2)
    assert array.broadcast_like(other=mx.nd.ones((3, 2))).shape == (3, 2)


@pytest.mark.parametrize("shape", [(2,), (3, 3), (3, 0), (2, 3, 0)])
def test_array_is_not_broadcast_to_what_it_does_not_fit(shape):
    with pytest.raises(ValueError, match="cannot be broadcast to"):
        mx.nd.array([[1, 2]]).broadcast_to(shape)


def test_gradient_passes_through_broadcasting_to_more_axes():
    array = mx.nd.array([1, 2])
    array.attach_grad()
    with mx.autograd.record():
        y = array.broadcast_to((3, 4, 2))
    y.backward()
    assert array.grad.asnumpy().tolist() == [12, 12]


def test_powers_take_base_and_exponent_by_name():
    array = mx.nd.array([2, 3])
    assert mx.nd.power(base=array, exp=2).asnumpy().tolist() == [4, 9]
    assert mx.nd.power(base=2, exp=array).asnumpy().tolist() == [4, 8]
    a, b = mx.sym.Variable("a"), mx.sym.Variable("b")
    assert mx.sym.pow(base=a, exp=2).list_arguments() == ["a"]
    assert mx.sym.power(base=a, exp=b).list_arguments() == ["a", "b"]


def test_functions_take_the_keywords_that_mxnet_takes():
    class Mine(mx.nd.NDArray):
        pass

    assert type(mx.nd.from_numpy(np.ones(2), zero_copy=False, array_cls=Mine)) is Mine
    assert mx.nd.random.shuffle(mx.nd.ones((2,)), name="x").shape == (2,)
    assert mx.nd.random.multinomial(mx.nd.array([0, 1]), name="x").asscalar() == 1
    assert mx.sym.histogram(mx.sym.Variable("a"), bins=2, range=(0, 1), name="h").name == "h"


def test_an_array_given_as_a_dtype_stands_for_its_own():
    like = mx.nd.zeros((3,), dtype="int32")
    assert mx.nd.ones(2).astype(like).dtype is np.int32
    assert mx.nd.ones(2, dtype=like.asnumpy()).dtype is np.int32
    assert mx.nd.ones(2).astype(np.float64(1)).dtype is np.float64


def test_division_has_the_names_it_had_in_python_2():
    quotient = mx.nd.array([4]).__div__(2)
    assert quotient.__rdiv__(1).asscalar() == 0.5
    assert quotient.__idiv__(2) is quotient
    assert quotient.__nonzero__()
