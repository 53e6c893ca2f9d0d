"""What a monitor's function gets, and what debug_str ends in: as programs written for MXNet expect them."""

import pytest

import mxnet as mx


@pytest.fixture
def executor():
    return mx.sym.softmax(mx.sym.Variable("d"), name="s").simple_bind(mx.cpu(), d=(2, 3))


@pytest.mark.parametrize(
    "read", [str, lambda name: name.decode(), lambda name: name.decode("utf-8"), mx.base.py_str]
)
def test_names_are_text_that_may_be_decoded_like_mxnet_s_bytes(executor, read):
    names = []
    executor.set_monitor_callback(lambda name, array: names.append(read(name)))
    executor.forward()
    assert names == ["s_output"]


def test_py_str_takes_bytes_and_text():
    assert (mx.base.py_str(b"x"), mx.base.py_str("x")) == ("x", "x")


def test_the_megabytes_stand_in_the_third_part_from_the_end(executor):
    assert executor.debug_str().split("\n")[-3:] == [
        "Total 0 MB allocated",
        "Total 0 TempSpace resource requested",
        "",
    ]


def test_another_mistake_of_a_monitor_s_function_passes_as_it_is(executor):
    asked = []
    executor.set_monitor_callback(lambda name, array: asked.append(name) or array.decode())
    with pytest.raises(AttributeError, match="'NDArray' object has no attribute 'decode'"):
        executor.forward()
    assert asked == ["s_output"]
