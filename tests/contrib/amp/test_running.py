"""Mixed precision while networks are composed and arrays computed; MXNet 1.9.1 puts the same casts in."""

import json
import logging

import numpy as np
import pytest

import mxnet as mx
from mxnet.contrib import amp
from mxnet.contrib.amp import running
from mxnet.contrib.amp.loss_scaler import LossScaler
from mxnet.ir import preparations

S = mx.sym


@pytest.fixture
def start(caplog):
    """Return ``amp.init``; all is as before when the test has ended."""
    caplog.set_level(logging.INFO)
    yield amp.init
    for each in (preparations.FOR_SYMBOLS, preparations.FOR_ARRAYS, running._running, running._scaled):
        each.clear()


def operators(symbol):
    nodes = json.loads(symbol.tojson(remove_amp_cast=False))["nodes"]
    return [
        (node["op"], node["name"], [nodes[i]["name"] for i, _, _ in node["inputs"]])
        for node in nodes
        if node["op"] != "null"
    ]


def test_inputs_are_cast_as_networks_are_composed(start):
    start()
    net = S.exp(S.FullyConnected(S.Variable("a"), num_hidden=2, no_bias=True, name="f"), name="e")
    assert operators(net) == [
        ("amp_cast", "amp_cast0", ["a"]),
        ("amp_cast", "amp_cast1", ["f_weight"]),
        ("FullyConnected", "f", ["amp_cast0", "amp_cast1"]),
        ("amp_cast", "amp_cast2", ["f"]),
        ("exp", "e", ["amp_cast2"]),
    ]


def test_arithmetic_and_methods_are_operators_too(start):
    start()
    net = (S.Variable("a") + S.Variable("b")).exp()
    assert [op for op, _, _ in operators(net)] == ["amp_multicast", "elemwise_add", "amp_cast", "exp"]


@pytest.mark.parametrize(
    ("act_type", "expected"), [("softrelu", ["amp_cast", "Activation"]), ("relu", ["Activation"])]
)
def test_conditions_count(start, act_type, expected):
    start()
    assert [op for op, _, _ in operators(S.Activation(S.Variable("a"), act_type=act_type))] == expected


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_arrays_are_computed_in_the_narrow_dtype(start, dtype):
    start(dtype)
    y = mx.nd.FullyConnected(mx.nd.ones((2, 3)), mx.nd.ones((4, 3)), num_hidden=4, no_bias=True)
    assert y._dtype_name == dtype
    assert y.exp().dtype == (y + mx.nd.ones((2, 4))).dtype == np.float32


def test_gradients_are_float32_again(start):
    start()
    x, w = mx.nd.ones((2, 3)), mx.nd.ones((4, 3))
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.FullyConnected(x, w, num_hidden=4, no_bias=True).sum()
    y.backward()
    assert (x.grad.dtype, x.grad.asnumpy().tolist()) == (np.float32, [[4] * 3] * 2)


def test_the_lists_of_the_user_take_the_place_of_the_defaults(start):
    start(target_precision_ops=["FullyConnected"])
    assert operators(S.Convolution(S.Variable("a"), kernel=(1,), num_filter=2, no_bias=True, name="c")) == [
        ("Convolution", "c", ["a", "c_weight"])
    ]


def test_a_second_start_does_nothing(start, caplog):
    start()
    start("bfloat16")
    assert caplog.messages == ["Using AMP"]
    assert len(preparations.FOR_ARRAYS) == 1


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_only_narrow_dtypes_start_it(start, dtype):
    with pytest.raises(AssertionError, match="float16 or bfloat16"):
        start(dtype)


def softmax_gradient():
    data = mx.nd.array([[1, 2]])
    data.attach_grad()
    with mx.autograd.record():
        output = mx.nd.SoftmaxOutput(data, mx.nd.array([0]))
    output.backward()
    return data.grad.asnumpy()


def test_losses_that_are_operators_scale_their_gradient(start):
    before = softmax_gradient()
    start()
    assert np.allclose(softmax_gradient(), before * 65536)


def test_bfloat16_has_the_range_so_nothing_is_scaled(start):
    before = softmax_gradient()
    start("bfloat16")
    assert np.allclose(softmax_gradient(), before)


def test_a_loss_in_a_graph_says_that_it_is_not_scaled(start, caplog):
    start()
    S.SoftmaxOutput(S.Variable("a"))
    assert "SoftmaxOutput: its gradient is not scaled" in caplog.text


# ------------------------------------------------------------------------------------------------- with a trainer


class Parameter:
    grad_req = "write"

    def __init__(self, *gradients):
        self._grad = [mx.nd.array([gradient]) for gradient in gradients]

    def list_grad(self):
        return self._grad


class Trainer:
    def __init__(self, *params, scale=1.0):
        self._params, self._scale = params, scale


def test_a_loss_is_scaled_and_the_step_divides_by_the_same(start):
    start()
    trainer = Trainer(scale=2.0)
    amp.init_trainer(trainer)
    loss = mx.nd.array([6])
    with amp.scale_loss(loss, trainer) as scaled:
        assert scaled.asscalar() == 6 * 65536
    with amp.scale_loss([loss, loss], trainer) as scaled:
        assert [each.asscalar() for each in scaled] == [6 * 65536] * 2
    assert trainer._scale == 2 / 65536


def test_unscale_divides_the_gradients_instead(start):
    start()
    trainer = Trainer(Parameter(3 * 65536.0, 5 * 65536.0))
    amp.init_trainer(trainer)
    with amp.scale_loss(mx.nd.ones(1), trainer):
        pass
    amp.unscale(trainer)
    assert [gradient.asscalar() for gradient in trainer._params[0]._grad] == [3, 5]
    assert trainer._scale == 1


def test_the_first_trainer_shares_the_scale_of_losses_that_are_operators(start):
    start()
    first, second = Trainer(), Trainer()
    amp.init_trainer(first)
    amp.init_trainer(second)
    assert first._amp_loss_scaler is running._running[0].scaler
    assert second._amp_loss_scaler is not first._amp_loss_scaler


@pytest.mark.parametrize(("trainer", "message"), [(mx.optimizer.SGD(), "an optimizer alone"), (3, "not 3")])
def test_only_a_trainer_has_a_scale(start, trainer, message):
    start()
    with pytest.raises(TypeError, match=message) as error:
        amp.init_trainer(trainer)
    assert isinstance(error.value, mx.MXNetError)


def test_a_trainer_needs_mixed_precision():
    with pytest.raises(AssertionError, match="call amp.init\\(\\) first"):
        amp.init_trainer(Trainer())


@pytest.mark.parametrize(
    "use", [amp.unscale, lambda trainer: amp.scale_loss(mx.nd.ones(1), trainer).__enter__()]
)
def test_a_scale_has_to_be_set_up(use):
    with pytest.raises(AttributeError, match="call amp.init_trainer"):
        use(Trainer())


def test_the_scale_halves_at_an_overflow_from_the_next_step_on():
    scaler = LossScaler()
    seen = [
        (scaler.has_overflow([Parameter(gradient)]), scaler.loss_scale)
        for gradient in (1.0, np.inf, np.nan, 1.0, 1.0)
    ]
    assert seen == [(False, 65536), (True, 65536), (True, 32768), (False, 16384), (False, 16384)]


def test_the_scale_doubles_after_2000_steps_without_overflow():
    scaler = LossScaler()
    for _ in range(2000):
        scaler.has_overflow([])
    assert scaler.loss_scale == 65536
    scaler.has_overflow([])
    assert scaler.loss_scale == 131072


def test_every_device_is_looked_at():  # MXNet looks at the first alone
    assert LossScaler().has_overflow([Parameter(1.0, np.inf)])


def test_parameters_without_gradient_do_not_count():
    frozen = Parameter()
    frozen._grad = None
    assert not LossScaler().has_overflow([frozen])


def test_packages_above_gluon_can_tell_whether_mixed_precision_is_on(start):
    assert amp.amp._amp_initialized is False
    start()
    assert amp.amp._amp_initialized is True
