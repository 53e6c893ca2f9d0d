"""``mx.base``: the small helpers that programs import from there."""

import array
import ctypes
import sys
import types

import numpy as np
import pytest

import mxnet as mx
from mxnet import base
from mxnet.errors import MXNetError


def test_kinds_of_types():
    assert isinstance("a", base.string_types)
    assert not isinstance(mx.nd.ones(1).handle, base.NDArrayHandle)
    assert isinstance(np.float32(1), base.numeric_types)
    assert isinstance(np.int64(1), base.integer_types)
    assert (base.long, base.basestring, base.mx_real_t) == (int, str, np.float32)


def test_bytes_and_texts_are_texts():
    assert base.py_str(b"caf\xc3\xa9") == base.py_str("café") == "café"


@pytest.mark.parametrize(
    ("given", "listed"), [([3], [3]), ((1, 2), (1, 2)), (1, [1]), ("ab", ["ab"]), (None, [None])]
)
def test_lists_stay_and_the_rest_is_listed(given, listed):
    assert base._as_list(given) == listed


def test_null_is_an_argument_that_is_not_given():
    data = mx.nd.array([[1, 2], [3, 4]])
    assert mx.nd.sum(data, axis=base._Null).asnumpy().tolist() == [10]
    assert mx.sym.clip(mx.sym.Variable("a"), 0, 1, name=None).list_arguments() == ["a"]
    layer = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, no_bias=base._Null, name="fc")
    assert layer.list_arguments() == ["data", "fc_weight", "fc_bias"]
    assert "no_bias" not in layer.tojson()
    assert repr(base._Null) == "_Null"


def test_null_does_not_stand_for_what_is_required():
    with pytest.raises(mx.MXNetError, match="num_hidden"):
        mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=base._Null)


def test_a_metaclass_is_given_in_words_of_both_pythons():
    class Names(type):
        def __new__(cls, name, bases, namespace):
            return super().__new__(cls, name.upper(), bases, namespace)

    class made(base.with_metaclass(Names, dict)):  # noqa: N801
        pass

    assert type(made) is Names
    assert (made.__name__, made.__bases__) == ("MADE", (dict,))


def test_a_property_of_a_class():
    class Counted:
        count = 3

        @base.classproperty
        def twice(cls):  # noqa: N805
            return 2 * cls.count

    assert Counted.twice == Counted().twice == 6


def test_the_folder_of_downloads(monkeypatch):
    monkeypatch.delenv("MXNET_HOME", raising=False)
    assert base.data_dir() == base.data_dir_default()
    assert base.data_dir().endswith("mxnet")
    monkeypatch.setenv("MXNET_HOME", "/elsewhere")
    assert base.data_dir() == "/elsewhere"


# ---------------------------------------------------------------------------------------------------- errors


@pytest.fixture
def registered():
    assert mx.error  # whose own are there before
    before = dict(base.error_types)
    yield base.error_types
    base.error_types.clear()
    base.error_types.update(before)


def test_errors_are_registered_by_their_name_or_another(registered):
    @base.register_error
    class Own(MXNetError):
        pass

    @mx.error.register("Other")
    class Another(MXNetError):
        pass

    base.register_error("KeyError", KeyError)
    assert (registered["Own"], registered["Other"], registered["KeyError"]) == (Own, Another, KeyError)


def test_usual_errors_are_registered():
    assert mx.error.InternalError is base.error_types["InternalError"]
    assert base.error_types["ValueError"] is ValueError


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("ValueError: too long\nmore", "ValueError"),
        ("my.Error: why", "my.Error"),
        ("no name", None),
        ("Not a name: x", None),
    ],
)
def test_the_error_that_a_message_begins_with(message, name):
    assert base.c2pyerror(message) == (message, name)


def test_an_internal_error_asks_to_be_reported():
    with pytest.raises(RuntimeError, match="boo\n.*report"):
        raise mx.error.InternalError("boo")


# ----------------------------------------------------------------------------------------------- types of C


def test_texts_and_numbers_are_handed_to_c():
    assert base.c_str("é").value == "é".encode()
    assert list(base.c_str_array(["a", "b"])) == [b"a", b"b"]
    assert list(base.c_array(base.mx_uint, (1, 2))) == [1, 2]
    buffer = array.array("I", [1, 2])
    view = base.c_array_buf(base.mx_uint, buffer)
    view[0] = 7
    assert buffer[0] == 7


def test_memory_of_c_is_read():
    values = np.arange(4, dtype="float32")
    pointer = values.ctypes.data_as(base.mx_float_p)
    shared = base.ctypes2numpy_shared(pointer, (2, 2))
    shared[0, 1] = 9
    assert values.tolist() == [0, 9, 2, 3]
    assert base.ctypes2buffer(ctypes.cast(pointer, ctypes.POINTER(ctypes.c_char)), 8) == values[:2].tobytes()


@pytest.mark.parametrize(
    "read", [lambda: base.ctypes2buffer(3, 4), lambda: base.ctypes2numpy_shared(3, (2,))]
)
def test_what_is_no_pointer_is_refused(read):
    with pytest.raises(TypeError, match="Expected a pointer to"):
        read()


# ----------------------------------------------------------------------------------------------- descriptions


def test_arguments_are_described_once_and_their_number_never():
    names, types_, texts = ["a", "a", "num_args", "b"], ["int", "int", "int", "str"], ["A", "A2", "N", ""]
    assert base.build_param_doc(names, types_, texts) == "Parameters\n----------\na : int\n    A\nb : str\n"
    assert "A2" in base.build_param_doc(names, types_, texts, remove_dup=False)


def test_docstrings_say_where_they_stand(tmp_path, monkeypatch):
    (tmp_path / "described.py").write_text(
        'class A:\n    """Doc."""\n\n    def f(self):\n        """Method."""\n\n\ndef g():\n    pass\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    base.add_fileline_to_docstring("described")
    module = sys.modules.pop("described")
    assert isinstance(module, types.ModuleType)
    assert module.A.__doc__ == f"Doc.\n\nFrom:{tmp_path / 'described.py'}:1"
    assert module.A.f.__doc__.endswith("described.py:4")
    assert module.g.__doc__ is None


def test_names_of_operators_are_taken_apart():
    names = ("_contrib_box_nms", "_linalg_gemm", "_random_uniform", "FullyConnected", "_internal")
    assert [base._get_op_name_prefix(name) for name in names] == ["_contrib_", "_linalg_", "_random_", "", ""]
    assert base._get_op_submodule_name("_np_random_x", "_np", ["_random_", "_linalg_"]) == "_random_"
