"""Threads share compiled functions, weights and what is prepared of them, and every result is right."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import mxnet as mx
from mxnet.plan.program_cache import _MOST_PROGRAMS

THREADS = 8
SHAPE = 2, 3, 6, 6


def net():
    """Return a network whose weights are folded and packed for inference."""
    image = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4, name="conv")
    image = mx.sym.Activation(mx.sym.BatchNorm(image, fix_gamma=False, name="bn"), act_type="relu")
    top = mx.sym.FullyConnected(mx.sym.Flatten(image), num_hidden=5, name="fc")
    return mx.sym.Activation(top, act_type="tanh")


def loop():
    """Return a loop, whose body has programs of its own."""
    out, _ = mx.sym.contrib.foreach(
        lambda x, state: (x * mx.sym.Variable("w"), state + x),
        mx.sym.Variable("data"),
        mx.sym.Variable("state"),
    )
    return out


def parameters(seed):
    draw = np.random.default_rng(seed)
    executor = net().simple_bind(mx.cpu(), data=SHAPE)
    arrays = {**executor.arg_dict, **executor.aux_dict}
    del arrays["data"]
    return {name: mx.nd.array(draw.uniform(0.2, 1.2, array.shape)) for name, array in arrays.items()}


def images(seed, rows=2):
    return mx.nd.array(np.random.default_rng(seed).normal(0, 1, (rows, *SHAPE[1:])))


def plainly(params, data, monkeypatch):
    """Return the outputs without any optimisation."""
    with monkeypatch.context() as patch:
        patch.setenv("MXNET_DISABLED_PASSES", "all")
        return net().compile()(data=data, **params)[0].asnumpy()


def at_once(work, count=THREADS):
    """Run ``work(0)``, ``work(1)``, ... in threads of their own; return what they return."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def close(found, expected):
    np.testing.assert_allclose(found, expected, 1e-4, 1e-5)


def test_threads_share_a_compiled_function_and_its_weights(monkeypatch):
    params, function = parameters(0), net().compile()
    data = [images(i, rows=1 + i % 3) for i in range(THREADS)]
    expected = [plainly(params, each, monkeypatch) for each in data]

    def work(i):
        return [function(data=data[i], **params)[0].asnumpy() for _ in range(10)]

    for found, right in zip(at_once(work), expected, strict=True):
        for each in found:
            close(each, right)
    assert len(function._programs._made) == 3


def test_threads_may_give_a_compiled_function_weights_of_their_own(monkeypatch):
    function = net().compile()
    params, data = [parameters(i) for i in range(THREADS)], images(0)
    expected = [plainly(each, data, monkeypatch) for each in params]

    def work(i):
        return [function(data=data, **params[i])[0].asnumpy() for _ in range(10)]

    for found, right in zip(at_once(work), expected, strict=True):
        for each in found:
            close(each, right)


def test_weights_may_change_between_calls_from_threads(monkeypatch):
    params, function = parameters(0), net().compile()
    data = [images(i) for i in range(THREADS)]
    for round_ in range(3):
        expected = [plainly(params, each, monkeypatch) for each in data]
        for found, right in zip(
            at_once(lambda i: function(data=data[i], **params)[0].asnumpy()), expected, strict=True
        ):
            close(found, right)
        for array in params.values():
            array[:] = array * (1.1 + 0.1 * round_)


def test_executors_in_threads_share_weights(monkeypatch):
    params = parameters(0)
    symbol = net()
    arguments = {name: params[name] for name in symbol.list_arguments() if name != "data"}
    states = {name: params[name] for name in symbol.list_auxiliary_states()}
    data = [images(i) for i in range(THREADS)]
    executors = [symbol.bind(mx.cpu(), {"data": each, **arguments}, aux_states=states) for each in data]
    for _ in range(3):
        found = at_once(lambda i: [executors[i].forward()[0].asnumpy() for _ in range(5)])
        for i in range(THREADS):
            right = plainly(params, data[i], monkeypatch)
            for each in found[i]:
                close(each, right)
        for array in params.values():
            array[:] = array * 0.9 + 0.05


def test_reshaped_executors_run_at_once(monkeypatch):
    params = parameters(0)
    first = net().simple_bind(mx.cpu(), grad_req="null", data=SHAPE)
    first.copy_params_from(params, params, allow_extra_params=True)
    executors = [first.reshape(allow_up_sizing=True, data=(1 + i, *SHAPE[1:])) for i in range(THREADS)]
    data = [images(i, 1 + i) for i in range(THREADS)]

    def work(i):
        # An executor of fewer rows has a part of the first one's data: each gets an array of its own.
        executors[i].arg_arrays[0]._set_tensor(data[i]._tensor)
        return [executors[i].forward()[0].asnumpy() for _ in range(5)]

    found = at_once(work)
    for i in range(THREADS):
        right = plainly(params, data[i], monkeypatch)
        for each in found[i]:
            close(each, right)


def test_training_in_threads_gives_what_it_gives_alone():
    def train(i):
        executor = net().simple_bind(mx.cpu(), data=SHAPE)
        executor.copy_params_from(*[parameters_of[i]] * 2, allow_extra_params=True)
        for step in range(10):
            executor.forward(is_train=True, data=images(step + 100 * i))
            executor.backward(mx.nd.ones((2, 5)))
            for name, grad in executor.grad_dict.items():
                if name != "data":
                    mx.nd.sgd_update(executor.arg_dict[name], grad, lr=0.01, out=executor.arg_dict[name])
        return [array.asnumpy() for array in (*executor.arg_arrays, *executor.aux_arrays, *executor.outputs)]

    parameters_of = [parameters(i) for i in range(2)]
    alone = [train(i) for i in range(2)]
    for found, expected in zip(at_once(train, 2), alone, strict=True):
        for one, other in zip(found, expected, strict=True):
            close(one, other)


def test_loops_run_at_once():
    function = loop().compile()
    w = mx.nd.array([2.0, 3.0])

    def work(i):
        data = np.full((3 + i % 2, 2), i, "float32")
        found = [
            function(data=mx.nd.array(data), state=mx.nd.zeros((2,)), w=w)[0].asnumpy() for _ in range(10)
        ]
        return all(np.array_equal(each, data * [2, 3]) for each in found)

    assert all(at_once(work))


def test_programs_are_kept_up_to_a_number():
    function = (mx.sym.Variable("x") + 1).compile()
    at_once(lambda i: [function(x=mx.nd.ones((n,))) for n in range(1 + i, 101, THREADS)])
    assert len(function._programs._made) == _MOST_PROGRAMS
    (out,) = function(x=mx.nd.ones((1,)))
    assert out.asnumpy() == pytest.approx(2)
