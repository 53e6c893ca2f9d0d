"""The autograd of before 0.10; the expected values are what MXNet 1.2.1 and 1.9.1 answer."""

import pytest

import mxnet as mx
from mxnet.contrib import autograd as old


@pytest.fixture(autouse=True)
def _flags_stay_as_they_were():
    yield
    mx.autograd.set_recording(False)
    mx.autograd.set_training(False)


def flags():
    return mx.autograd.is_recording(), mx.autograd.is_training()


def marked(*values):
    x = mx.nd.array(values)
    gradient = mx.nd.zeros(len(values))
    old.mark_variables([x], [gradient])
    return x, gradient


def test_set_is_training_returns_whether_operators_were_recorded():
    assert [old.set_is_training(flag) for flag in (True, False, False)] == [False, True, False]


def test_train_section_records_and_trains():
    with old.train_section():
        assert flags() == (True, True)
    assert flags() == (False, False)


def test_test_section_pauses_both():
    with old.train_section():
        with old.test_section():
            assert flags() == (False, False)
        assert flags() == (True, True)


def test_a_section_inside_of_record_leaves_training_on():
    with mx.autograd.record(train_mode=False):
        with old.train_section():
            pass
        assert flags() == (True, True)


def test_compute_gradient_fills_marked_arrays():
    x, gradient = marked(1, 2)
    with old.train_section():
        y = x * x
    assert old.compute_gradient([y]) is None
    assert gradient.asnumpy().tolist() == [2, 4]


def test_backward_takes_a_head_gradient_for_each_output():
    x, gradient = marked(1, 1)
    with old.train_section():
        y, z = x * 3, x * 5
    old.backward([y, z], [None, mx.nd.ones(2) * 2])
    assert gradient.asnumpy().tolist() == [13, 13]


@pytest.mark.parametrize("arguments", [(mx.nd.ones(2),), ([mx.nd.ones(2)], []), (3,)])
def test_backward_refuses_what_is_no_list_or_does_not_match(arguments):
    with pytest.raises(AssertionError) as error:
        old.backward(*arguments)
    assert isinstance(error.value, mx.MXNetError)


def test_grad_and_loss_returns_gradients_and_value():
    a, b = mx.nd.array([3]), mx.nd.array([4])
    gradients, loss = old.grad_and_loss(lambda a, b: a * b + a)(a, b)
    assert [gradient.asscalar() for gradient in gradients] == [5, 3]
    assert loss.asscalar() == 15


@pytest.mark.parametrize(("argnum", "expected"), [(1, [24]), ([0, 1], [16, 24]), ((1, 0), [24, 16])])
def test_argnum_picks_arguments(argnum, expected):
    gradients = old.grad(lambda a, b: a * b * b, argnum=argnum)(mx.nd.array([3]), mx.nd.array([4]))
    assert [gradient.asscalar() for gradient in gradients] == expected


def test_a_wrapped_function_keeps_its_name():
    def square(x):
        """Return the square."""

    assert (old.grad(square).__name__, old.grad_and_loss(square).__doc__) == ("square", "Return the square.")


def test_what_is_no_array_has_no_gradient():
    with pytest.raises(AssertionError, match="Argument 0 must be an NDArray, but is 3"):
        old.grad(lambda x: x)(3)
