"""Parameters: when they have values, where, and what refuses to change."""

import numpy as np
import pytest

import mxnet as mx
from mxnet import gluon


@pytest.fixture
def weight():
    made = gluon.Parameter("weight", shape=(2, 3))
    made.initialize(mx.init.One(), ctx=[mx.cpu(0), mx.cpu(1)])
    return made


def test_parameter_has_an_array_and_a_gradient_on_every_context(weight):
    assert weight.list_ctx() == [mx.cpu(0), mx.cpu(1)]
    assert weight.data(mx.cpu(1)).context == mx.cpu(1)
    assert weight.grad(mx.cpu(1)).shape == (2, 3)
    with pytest.raises(RuntimeError, match=r"'weight' was not initialized on context cpu\(3\)"):
        weight.data(mx.cpu(3))


def test_own_initializer_comes_before_that_of_all():
    params = gluon.ParameterDict("net_")
    params.get("bias", shape=(2,), init="zeros")
    params.get("weight", shape=(2,))
    params.initialize(mx.init.Constant(3))
    assert {name: each.data().asnumpy().tolist() for name, each in params.items()} == {
        "net_bias": [0, 0],
        "net_weight": [3, 3],
    }


def test_second_initialization_is_ignored_with_a_warning_unless_forced(weight):
    with pytest.warns(UserWarning, match="already initialized"):
        weight.initialize(mx.init.Zero())
    assert weight.data(mx.cpu(0)).asnumpy().all()
    weight.initialize(mx.init.Zero(), force_reinit=True)
    assert not weight.data().asnumpy().any()


def test_unknown_shape_becomes_known_and_stays():
    weight = gluon.Parameter("weight", shape=(2, 0), allow_deferred_init=True)
    weight.initialize(ctx=mx.cpu(1))
    assert weight.list_ctx() == [mx.cpu(1)]
    with pytest.raises(gluon.DeferredInitializationError):
        weight.data()
    weight.set_data(mx.nd.ones((2, 4)))
    assert weight.shape == (2, 4)
    with pytest.raises(AssertionError, match=r"has the shape \(2, 4\)"):
        weight.shape = (3, 4)


def test_unknown_shape_that_cannot_wait_is_refused():
    with pytest.raises(ValueError, match="invalid shape"):
        gluon.Parameter("weight", shape=(2, 0)).initialize()


def test_gradients_come_and_go_with_grad_req(weight):
    weight.grad_req = "null"
    with pytest.raises(RuntimeError, match="grad_req='null'"):
        weight.grad(mx.cpu(0))
    weight.grad_req = "add"
    for _ in range(2):
        with mx.autograd.record():
            total = weight.data(mx.cpu(0)).sum()
        total.backward()
    np.testing.assert_array_equal(weight.grad(mx.cpu(0)).asnumpy(), np.full((2, 3), 2))
    weight.zero_grad()
    assert not weight.grad(mx.cpu(0)).asnumpy().any()
    with pytest.raises(AssertionError, match="Did you mean 'write'"):
        weight.grad_req = "wirte"


def test_moving_to_other_contexts_takes_the_mean(weight):
    weight.data(mx.cpu(1))[:] = 3
    weight.reset_ctx(mx.cpu(2))
    assert weight.list_ctx() == [mx.cpu(2)]
    np.testing.assert_array_equal(weight.data().asnumpy(), np.full((2, 3), 2))


def test_cast_changes_arrays_and_gradients(weight):
    weight.cast("float64")
    assert {array.dtype for array in (*weight.list_data(), *weight.list_grad())} == {np.float64}


def test_constant_keeps_its_values_and_has_no_gradient():
    constant = gluon.Constant("c", [[1, 2]])
    constant.initialize(default_init=mx.init.One())
    np.testing.assert_array_equal(constant.data().asnumpy(), [[1, 2]])
    with pytest.warns(UserWarning, match="is ignored"):
        constant.grad_req = "write"
    assert constant.grad_req == "null"


def test_dictionary_returns_what_is_there_and_completes_its_shape():
    params = gluon.ParameterDict("net_")
    first = params.get("weight", shape=(2, 0), allow_deferred_init=True)
    assert params.get("weight", shape=(0, 3)) is first
    assert first.shape == (2, 3)
    with pytest.raises(AssertionError, match=r"desired '\(4, 3\)' vs stored '\(2, 3\)'"):
        params.get("weight", shape=(4, 3))
    with pytest.raises(KeyError, match="specify value"):
        params.get_constant("weihgt")
    with pytest.raises(AssertionError, match="not a constant"):
        params.get_constant("weight", [1])


def test_dictionary_saves_and_loads_with_and_without_its_prefix(tmp_path):
    file = str(tmp_path / "params")
    params = gluon.ParameterDict("net_")
    params.get("weight", shape=(2,), init="ones")
    params.initialize()
    params.save(file, strip_prefix="net_")
    assert list(mx.nd.load(file)) == ["weight"]
    other = gluon.ParameterDict("other_")
    other.get("weight", shape=(2,))
    other.load(file, restore_prefix="other_")
    assert other["other_weight"].data().asnumpy().tolist() == [1, 1]
    with pytest.raises(ValueError, match="does not start with it"):
        params.save(file, strip_prefix="other_")


def test_variable_of_a_parameter_carries_what_is_known_of_it():
    weight = gluon.Parameter("weight", shape=(2, 3), lr_mult=2.0, init="ones", dtype="float16")
    attributes = weight.var().list_attr()
    assert weight.var() is weight.var()
    assert (attributes["__shape__"], attributes["__lr_mult__"], attributes["__init__"]) == (
        "(2, 3)",
        "2.0",
        "ones",
    )


def test_shape_is_known_reads_zero_as_mxnet_does():
    known = gluon.utils.shape_is_known
    assert [known(shape) for shape in ((2, 3), (2, 0), (), None)] == [True, False, False, False]
    with mx.np_shape():
        assert [known(shape) for shape in ((2, 0), (), (2, -1))] == [True, True, False]


def test_packages_find_a_copy_by_device_and_put_another_array_in_its_place():
    parameter = gluon.Parameter("weight", shape=(2,))
    parameter.initialize(ctx=[mx.cpu(0), mx.cpu(1), mx.cpu(3)])
    assert parameter._ctx_map == [[], [0, 1, None, 2]]  # as MXNet 1.9.1
    parameter._data[parameter._ctx_map[1][3]] = mx.nd.array([5, 6], ctx=mx.cpu(3))
    assert parameter.data(mx.cpu(3)).asnumpy().tolist() == [5, 6]


def test_a_dictionary_takes_in_the_parameters_of_a_plain_one():
    parameter = gluon.Parameter("weight", shape=(2,))
    shared = gluon.ParameterDict()
    shared.update({"weight": parameter})
    assert shared["weight"] is parameter
