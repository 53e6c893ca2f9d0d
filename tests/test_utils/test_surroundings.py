"""What is around a test, samplers, and fetched files."""

import math
import os
import sys

import numpy as np
import pytest

import mxnet as mx

T = mx.test_utils


def test_an_exception_is_expected():
    T.assert_exception(lambda: 1 / 0, ZeroDivisionError)
    T.assert_exception(int, ValueError, "x", base=10)
    with pytest.raises(AssertionError, match="did not raise ValueError"):
        T.assert_exception(lambda: 1, ValueError)
    with pytest.raises(ZeroDivisionError):
        T.assert_exception(lambda: 1 / 0, ValueError)


def test_variables_are_put_back(monkeypatch):
    monkeypatch.setenv("SYMNET_A", "1")
    monkeypatch.delenv("SYMNET_B", raising=False)
    with pytest.raises(KeyError), T.environment({"SYMNET_A": None, "SYMNET_B": 2}):
        assert os.environ["SYMNET_B"] == "2"
        os.environ["SYMNET_A"]
    assert os.environ["SYMNET_A"] == "1"
    assert "SYMNET_B" not in os.environ
    with T.environment("SYMNET_A", "7"):
        assert os.environ["SYMNET_A"] == "7"


def test_a_variable_is_set_and_its_old_value_returned(monkeypatch):
    monkeypatch.setenv("SYMNET_A", "1")
    assert T.set_env_var("SYMNET_A", "2") == "1"
    assert os.environ["SYMNET_A"] == "2"
    monkeypatch.delenv("SYMNET_A")
    assert T.set_env_var("SYMNET_A", "3", "none") == "none"
    monkeypatch.delenv("SYMNET_A")


def test_a_flaky_test_is_tried_again():
    runs = []

    @T.retry(3)
    def flaky(fail):
        runs.append(1)
        assert len(runs) > fail

    flaky(2)
    assert len(runs) == 3
    runs.clear()
    with pytest.raises(AssertionError):
        flaky(5)
    with pytest.raises(ValueError, match="at least once, got n=0"):
        T.retry(0)


def test_standard_error_is_thrown_away(capfd):
    with T.discard_stderr():
        os.write(2, b"unseen")
    os.write(2, b"seen")
    assert capfd.readouterr().err == "seen"


def test_what_machine_this_is(monkeypatch):
    assert list(T.list_gpus()) == list(range(mx.context.num_gpus()))
    assert T.default_context() == mx.cpu(0)
    with mx.Context("cpu", 1):
        assert T.default_context() == mx.cpu(1)
    assert not T.has_tvm_ops()
    monkeypatch.setenv("CD_JOB", "1")
    assert T.is_cd_run()
    assert T.is_op_runnable() in {True, False}
    assert T.is_aarch64_run() in {True, False}
    assert T.default_dtype() is np.float32


# The tail of the chi-square distribution: 1 - P(k / 2, x / 2), in closed form for k = 2, by the error function for 1.
@pytest.mark.parametrize("x", [0.0, 0.3, 1.0, 2.5, 7.0, 40.0])
def test_the_tail_of_chi_square(x):
    from mxnet.test_utils.sampling import _chi_square_tail

    assert _chi_square_tail(x, 2) == pytest.approx(math.exp(-x / 2), rel=1e-12)
    assert _chi_square_tail(x, 1) == pytest.approx(math.erfc(math.sqrt(x / 2)), rel=1e-10)
    assert _chi_square_tail(x, 4) == pytest.approx(math.exp(-x / 2) * (1 + x / 2), rel=1e-12)


def uniform(count):
    return np.random.RandomState(count).uniform(0, 1, count)


def test_good_generators_pass_and_bad_ones_do_not():
    buckets, probs = T.gen_buckets_probs_with_ppf(lambda p: p, 4)
    assert buckets == [(0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.0)]
    assert all(p > 0.05 for p in T.verify_generator(uniform, buckets, probs, nsamples=1000, nrepeat=2))
    with pytest.raises(AssertionError, match="The generator failed"):
        T.verify_generator(uniform, buckets, [0.4, 0.2, 0.2, 0.2], nsamples=1000)
    assert T.mean_check(uniform, 0.5, 12**-0.5, 10000)
    assert not T.mean_check(uniform, 0.6, 12**-0.5, 10000)
    assert T.var_check(uniform, 12**-0.5, 10000)
    assert not T.var_check(uniform, 0.5, 10000)


def test_discrete_generators_are_checked_by_value():
    mx.random.seed(1)
    p, observed, expected = T.chi_square_check(
        lambda n: mx.nd.random.randint(0, 2, shape=(n,)), [0, 1], [0.5, 0.5], 10000
    )
    assert p > 0.001
    assert observed.sum() == 10000
    assert expected.tolist() == [5000, 5000]


def test_everything_is_where_mxnet_has_it():
    assert sys.modules["mxnet.test_utils"].assert_almost_equal is T.assert_almost_equal
    assert all(hasattr(T, name) for name in T.__all__)
