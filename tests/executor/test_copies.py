"""Copies of executors: what was bound is bound again."""

import copy
import pickle

import numpy as np
import pytest

import mxnet as mx


def bound(**options):
    """Return an executor that has run, of a network with a state and a second place to run at."""
    with mx.AttrScope(ctx_group="end"):
        net = mx.sym.BatchNorm(mx.sym.Variable("data"), fix_gamma=False, name="bn")
    executor = net.simple_bind(mx.cpu(), group2ctx={"end": mx.cpu(1)}, data=(4, 3), **options)
    executor.arg_dict["data"][:] = np.arange(12).reshape(4, 3) ** 2
    executor.arg_dict["bn_gamma"][:] = 2
    run(executor)
    return executor


def run(executor):
    executor.forward(is_train=True)
    executor.backward(mx.nd.array(np.arange(12).reshape(4, 3), ctx=mx.cpu(1)))
    arrays = *executor.outputs, *executor.grad_arrays, *executor.aux_arrays
    return [array.asnumpy() for array in arrays if array is not None]


def pickled(executor):
    return pickle.loads(pickle.dumps(executor))


@pytest.mark.parametrize("copied", [copy.deepcopy, pickled])
def test_a_deep_copy_runs_alike_on_arrays_of_its_own(copied):
    executor = bound()
    made = copied(executor)
    made.arg_dict["data"][:] += 1
    made.arg_dict["data"][:] -= 1
    for mine, its in zip(run(executor), run(made), strict=True):
        np.testing.assert_array_equal(mine, its)
    assert not {id(each) for each in executor.arg_arrays} & {id(each) for each in made.arg_arrays}


def test_a_shallow_copy_runs_on_the_same_arrays_and_has_outputs_of_its_own():
    executor = bound()
    made = copy.copy(executor)
    assert all(mine is its for mine, its in zip(executor.arg_arrays, made.arg_arrays, strict=True))
    before = executor.outputs[0].asnumpy()
    made.forward(is_train=False)
    np.testing.assert_array_equal(executor.outputs[0].asnumpy(), before)


def test_a_copy_keeps_requests_and_what_bind_was_asked_for():
    executor = bound(grad_req={"data": "add", "bn_gamma": "write"}, check_numerics=True)
    made = pickled(executor)
    assert [each is None for each in made.grad_arrays] == [each is None for each in executor.grad_arrays]
    np.testing.assert_array_equal(run(made)[1], run(executor)[1])
    made.arg_dict["data"][:] = np.nan
    with pytest.raises(mx.MXNetError, match="bn"):
        made.forward()
