"""The .params format: every layout is read, what is written stays as it was, and no length is trusted."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet.base import MXNetError
from mxnet.ndarray.serialize import dumps

VALUES = np.array([[1, 2, 3], [4, 5, 6]], "float32")


def wrap(*arrays, names=()):
    """A file around arrays that are bytes already."""
    text = b"".join(struct.pack("<Q", len(name)) + name for name in names)
    return (
        struct.pack("<QQQ", 0x112, 0, len(arrays)) + b"".join(arrays) + struct.pack("<Q", len(names)) + text
    )


def before_0_9():
    return struct.pack("<III iii", 2, 2, 3, 1, 0, 0) + VALUES.tobytes()


def since_0_9():
    return struct.pack("<IIqq iii", 0xF993FAC8, 2, 2, 3, 1, 0, 0) + VALUES.tobytes()


def since_1_0(stype=0, device=1, dtype=0):
    return struct.pack("<Ii Iqq iii", 0xF993FAC9, stype, 2, 2, 3, device, 0, dtype) + VALUES.tobytes()


def since_1_6():
    return struct.pack("<Ii iqq iii", 0xF993FACA, 0, 2, 2, 3, 1, 0, 0) + VALUES.tobytes()


@pytest.mark.parametrize("layout", [before_0_9, since_0_9, since_1_0, since_1_6])
def test_every_layout_is_read(layout):
    (array,) = mx.nd.load_frombuffer(wrap(layout()))
    assert array.dtype is np.float32
    np.testing.assert_array_equal(array.asnumpy(), VALUES)


def test_layouts_may_be_mixed_in_one_file():
    arrays = mx.nd.load_frombuffer(
        wrap(before_0_9(), since_0_9(), since_1_0(), names=(b"arg:a", b"aux:b", b"c"))
    )
    assert list(arrays) == ["arg:a", "aux:b", "c"]


def test_array_saved_on_a_gpu_loads_on_the_cpu():
    (array,) = mx.nd.load_frombuffer(wrap(since_1_0(device=2)))
    assert array.context == mx.cpu(0)


def test_array_that_never_had_a_shape_is_read():
    (array,) = mx.nd.load_frombuffer(wrap(struct.pack("<IiI", 0xF993FAC9, 0, 0)))
    assert array.shape == ()


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "float16", "uint8", "int32", "int8", "int64", "bool", "int16", "bfloat16"]
)
def test_every_dtype_survives(dtype, tmp_path):
    array = mx.nd.array([[1, 0], [2, 3]], dtype=dtype)
    mx.nd.save(tmp_path / "a", [array])
    (again,) = mx.nd.load(tmp_path / "a")
    assert again.handle.dtype == array.handle.dtype
    np.testing.assert_array_equal(again.asnumpy(), array.asnumpy())


@given(st.lists(st.lists(st.integers(0, 4), max_size=4), max_size=4))
@settings(max_examples=50, deadline=None)
def test_any_list_of_shapes_survives(shapes):
    arrays = [mx.nd.random.uniform(shape=tuple(shape)) if shape else mx.nd.array(3) for shape in shapes]
    again = mx.nd.load_frombuffer(dumps(arrays))
    assert [array.shape for array in again] == [tuple(shape) for shape in shapes]
    for array, copy in zip(arrays, again, strict=True):
        np.testing.assert_array_equal(array.asnumpy(), copy.asnumpy())


def test_names_may_be_any_text():
    again = mx.nd.load_frombuffer(dumps({"naïve-名": mx.nd.ones((1,)), "a b:c/d": mx.nd.zeros((1,))}))
    assert list(again) == ["naïve-名", "a b:c/d"]


def test_view_is_saved_as_the_values_it_shows():
    (again,) = mx.nd.load_frombuffer(dumps([mx.nd.array(VALUES)[1, 1:]]))
    assert again.asnumpy().tolist() == [5, 6]


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
@pytest.mark.parametrize("values", [VALUES * 0, VALUES * [[1], [0]], VALUES])
def test_sparse_array_stays_sparse(stype, values):
    (again,) = mx.nd.load_frombuffer(dumps([mx.nd.array(values).tostype(stype)]))
    assert again.stype == stype
    np.testing.assert_array_equal(again.asnumpy(), values)


def test_saving_replaces_the_file_only_when_all_is_well(tmp_path):
    path = tmp_path / "a"
    mx.nd.save(path, [mx.nd.ones((1,))])
    before = path.read_bytes()
    with pytest.raises(TypeError):
        mx.nd.save(path, [mx.nd.ones((1,)), "no array"])
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("data", "error", "text"),
    [
        ("abc", ValueError, "save() takes an NDArray, or a list or dict of them, not str"),
        ([1], TypeError, "the arrays must be NDArray, not 1 (int)"),
        ({1: mx.nd.ones((1,))}, TypeError, "the names must be str, not 1 (int)"),
    ],
)
def test_only_arrays_can_be_saved(data, error, text, tmp_path):
    with pytest.raises(error) as caught:
        mx.nd.save(tmp_path / "a", data)
    assert text in str(caught.value)


# ------------------------------------------------------------------------------------------------------------ bad files


def refusal(contents):
    with pytest.raises(MXNetError) as caught:
        mx.nd.load_frombuffer(contents)
    return str(caught.value)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(MXNetError, match="Cannot read .*nowhere"):
        mx.nd.load(tmp_path / "nowhere")


def test_other_file_is_told_from_a_params_file(tmp_path):
    path = tmp_path / "text"
    path.write_bytes(b"some words that are no arrays")
    with pytest.raises(MXNetError, match=r"The file .*text' holds no arrays: it does not start with 0x112\."):
        mx.nd.load(path)


def test_truncated_file_is_refused_wherever_it_ends():
    whole = wrap(before_0_9(), since_0_9(), since_1_0(), names=(b"a", b"b", b"c"))
    for length in range(len(whole)):
        assert "Cannot read the buffer" in refusal(whole[:length]) or length < 16


def test_truncated_file_names_the_array_and_the_place():
    text = refusal(wrap(before_0_9(), since_1_0())[: 24 + 48 + 60])
    assert "(in array 1 of 2, at byte 112)" in text
    assert "the (2, 3) values of float32 takes 24 bytes, but only 20 are left" in text


@pytest.mark.parametrize(
    ("contents", "text"),
    [
        (struct.pack("<QQQ", 0x112, 0, 1 << 60), "the number of arrays is 1152921504606846976"),
        (wrap(struct.pack("<I", 1 << 30)), "the shape has 1073741824 dimensions"),
        (wrap(struct.pack("<II", 1, 4_000_000_000) + struct.pack("<iii", 1, 0, 0)), "only"),
        (wrap(struct.pack("<IIq", 0xF993FAC8, 1, -5)), "the shape is (-5,)"),
        (wrap(since_1_0(dtype=77)), "77 is no data type"),
        (wrap(since_1_0(stype=9)), "9 is no storage type"),
        (wrap(since_1_0(), names=(b"a", b"b")), "there are 2 names for 1 arrays"),
        (wrap(since_1_0(), names=(b"\xff",)), "name 0 is not UTF-8"),
        (wrap(since_1_0())[:-8] + struct.pack("<QQ", 1, 1 << 40), "name 0 takes 1099511627776 bytes"),
    ],
)
def test_length_that_cannot_be_is_refused_before_memory_is_taken(contents, text):
    assert text in refusal(contents)


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_sparse_indices_that_make_no_sense_are_refused(stype):
    contents = bytearray(dumps([mx.nd.array(VALUES).tostype(stype)]))
    contents[-16:-8] = struct.pack("<q", 99)  # one of the last index array
    assert f"This is no {stype} array" in refusal(bytes(contents))


@example(96, 5)  # a shape with a 0 and extents of billions
@given(st.integers(0, 200), st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_any_changed_byte_gives_arrays_or_an_error_of_ours(position, value):
    contents = bytearray(dumps({"a": mx.nd.array(VALUES), "b": mx.nd.array(VALUES).tostype("csr")}))
    contents[position % len(contents)] = value
    try:
        arrays = mx.nd.load_frombuffer(bytes(contents))
    except MXNetError:
        return
    assert len(arrays) <= 2
