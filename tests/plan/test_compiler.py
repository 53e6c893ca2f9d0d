"""compiler="inductor" hands the program to torch.compile: the same numbers, and a warning where it cannot."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.plan import compiler


@pytest.fixture(autouse=True)
def without_rows(monkeypatch):
    """What is compiled has no rows; it is compared with what is not."""
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "native")


def net():
    x = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8, name="fc1")
    x = mx.sym.BatchNorm(mx.sym.Activation(x, act_type="tanh"), fix_gamma=False, name="bn")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=3, name="fc2"), name="softmax")


def results(**options):
    executor = net().simple_bind(mx.cpu(), data=(5, 4), **options)
    random = np.random.default_rng(0)
    for array in (*executor.arg_dict.values(), *executor.aux_dict.values()):
        array[:] = random.uniform(0.1, 0.9, array.shape)
    executor.forward(is_train=False)
    found = {"inference": executor.outputs[0].asnumpy()}
    executor.forward(is_train=True)
    executor.backward()
    arrays = executor.grad_dict | executor.aux_dict
    return found | {name: array.asnumpy() for name, array in arrays.items()}


pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, of itself


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # its compiler has more of them, which differ from version to version
def test_compiled_program_gives_the_same_numbers():
    expected = results()
    for name, array in results(compiler="inductor").items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-4, atol=1e-6, err_msg=name)


def test_missing_compiler_is_said_once_and_the_program_runs_without(monkeypatch):
    from torch._inductor import cpp_builder, exc

    def find():
        raise exc.InvalidCxxCompiler

    monkeypatch.setattr(cpp_builder, "get_cpp_compiler", find)
    compiler.has_compiler.cache_clear()
    try:
        with pytest.warns(UserWarning, match=r"needs a C\+\+ compiler") as warned:
            found = results(compiler="inductor")
        assert len(warned) == 1
    finally:
        compiler.has_compiler.cache_clear()
    np.testing.assert_allclose(found["inference"], results()["inference"], rtol=1e-5)


def test_program_that_cannot_be_compiled_is_said_and_runs_as_it_is(monkeypatch):
    def refuse(function, **_):
        def run(*_):
            raise TypeError("cannot be traced\nin detail")

        return run

    monkeypatch.setattr(compiler, "has_compiler", lambda: True)
    monkeypatch.setattr(compiler.torch, "compile", refuse, raising=False)
    with pytest.warns(
        UserWarning, match="could not compile the program, which runs as it is: cannot be traced"
    ):
        found = results(compiler="inductor")
    np.testing.assert_allclose(found["fc1_weight"], results()["fc1_weight"], rtol=1e-5)


def test_unknown_compiler_is_refused():
    with pytest.raises(mx.MXNetError, match=r"expected one of '', 'inductor'.*Did you mean"):
        results(compiler="inductr")
