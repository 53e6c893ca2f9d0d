"""What the table of samples cannot say of recurrent networks: lengths, dropout, and how they are differentiated."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet.errors import MXNetError, ShapeError

MODES = ("rnn_relu", "rnn_tanh", "gru", "lstm")
SIZE = 3


def _rnn(mode="lstm", layers=2, **params):
    names = ["data", "parameters", "state"]
    names += ["state_cell"] if mode == "lstm" else []
    names += ["sequence_length"] if params.get("use_sequence_length") else []
    variables = {name: mx.sym.Variable(name) for name in names}
    return mx.sym.RNN(
        **variables, mode=mode, state_size=SIZE, num_layers=layers, state_outputs=True, name="rnn", **params
    )


def _values(symbol, dtype="float64", **given):
    """Return random arrays for all arguments that are not given."""
    random = np.random.default_rng(6)
    shapes = symbol.infer_shape(data=(5, 2, 4))[0]
    drawn = {
        name: random.normal(size=shape) * 0.5
        for name, shape in zip(symbol.list_arguments(), shapes, strict=True)
    }
    return {name: mx.nd.array(value, dtype=dtype) for name, value in (drawn | given).items()}


def _outputs(symbol, values):
    return [out.asnumpy() for out in symbol.eval(**values)]


def _gradients(executor, heads):
    executor.forward(is_train=True)
    executor.backward(heads)
    return {name: grad.asnumpy() for name, grad in executor.grad_dict.items() if grad is not None}


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_full_lengths_change_nothing(mode, bidirectional):
    """Fused kernels know no lengths, so this compares them with the unrolled network."""
    fused = _rnn(mode, bidirectional=bidirectional)
    unrolled = _rnn(mode, bidirectional=bidirectional, use_sequence_length=True)
    values = _values(fused)
    full = values | {"sequence_length": mx.nd.array([5, 5], dtype="float64")}
    for a, b in zip(_outputs(fused, values), _outputs(unrolled, full), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    heads = [
        mx.nd.array(np.random.default_rng(1).normal(size=a.shape), dtype="float64")
        for a in fused.eval(**values)
    ]
    one = _gradients(fused.bind(mx.cpu(), values, {n: mx.nd.zeros_like(v) for n, v in values.items()}), heads)
    grads = {n: mx.nd.zeros_like(v) for n, v in values.items()}
    other = _gradients(unrolled.bind(mx.cpu(), full, grads), heads)
    for name, gradient in one.items():
        np.testing.assert_allclose(gradient, other[name], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_each_sequence_runs_as_if_alone(bidirectional):
    symbol = _rnn(bidirectional=bidirectional, use_sequence_length=True)
    values = _values(symbol, sequence_length=np.array([2, 4]))
    output, state, cell = _outputs(symbol, values)
    alone = _rnn(bidirectional=bidirectional)
    for i, length in enumerate((2, 4)):
        own = {
            "data": values["data"][:length, i : i + 1],
            "parameters": values["parameters"],
            "state": values["state"][:, i : i + 1],
            "state_cell": values["state_cell"][:, i : i + 1],
        }
        expected, last, last_cell = _outputs(alone, own)
        np.testing.assert_allclose(output[:length, i : i + 1], expected, rtol=1e-10)
        assert not output[length:, i].any()
        np.testing.assert_allclose(state[:, i : i + 1], last, rtol=1e-10)
        np.testing.assert_allclose(cell[:, i : i + 1], last_cell, rtol=1e-10)


@pytest.mark.parametrize(("bidirectional", "parameters"), [(False, 280), (True, 640)])
def test_a_projection_shrinks_what_passes_between_steps(bidirectional, parameters):
    """The sizes are those that MXNet 1.9.1 infers."""
    symbol = mx.sym.RNN(
        **{name: mx.sym.Variable(name) for name in ("data", "parameters", "state", "state_cell")},
        mode="lstm",
        state_size=5,
        num_layers=2,
        projection_size=2,
        state_outputs=True,
        bidirectional=bidirectional,
    )
    directions = 2 if bidirectional else 1
    states = [(2 * directions, 2, 2), (2 * directions, 2, 5)]
    shapes, outputs, _ = symbol.infer_shape(data=(4, 2, 3))
    assert shapes == [(4, 2, 3), (parameters,), *states]
    assert outputs == [(4, 2, 2 * directions), *states]
    values = {n: mx.nd.ones(s) for n, s in zip(symbol.list_arguments(), shapes, strict=True)}
    assert [o.shape for o in _outputs(symbol, values)] == outputs


def test_clipping_limits_the_cell_state():
    clipped = _rnn(lstm_state_clip_min=-0.05, lstm_state_clip_max=0.1)
    cell = _outputs(clipped, _values(clipped))[2]
    assert cell.min() == -0.05
    assert cell.max() == 0.1


def test_clipping_may_stop_nan():
    broken = _values(_rnn())
    broken["data"][1, 0, 2] = np.nan
    kept = _rnn(lstm_state_clip_min=-0.5, lstm_state_clip_max=0.5)
    stopped = _rnn(lstm_state_clip_min=-0.5, lstm_state_clip_max=0.5, lstm_state_clip_nan=True)
    assert np.isnan(_outputs(kept, broken)[2]).any()
    assert not np.isnan(_outputs(stopped, broken)[2]).any()


def test_dropout_acts_between_layers_in_training_only():
    symbol = _rnn("rnn_tanh", p=0.5)
    assert symbol.list_outputs() == ["rnn_output", "rnn_state_output"]
    values = _values(symbol, dtype="float32")
    plain = _outputs(_rnn("rnn_tanh"), values)
    executor = symbol.bind(mx.cpu(), values)
    np.testing.assert_allclose(executor.forward(is_train=False)[0].asnumpy(), plain[0], rtol=1e-6)
    first, second = (executor.forward(is_train=True)[0].asnumpy() for _ in range(2))
    assert np.abs(first - plain[0]).max() > 1e-3
    assert np.abs(first - second).max() > 1e-3
    single = _rnn("rnn_tanh", layers=1, p=0.5)
    values = _values(single, dtype="float32")
    trained = single.bind(mx.cpu(), values).forward(is_train=True)[0].asnumpy()
    np.testing.assert_allclose(trained, _outputs(single, values)[0], rtol=1e-6)


def test_backward_drops_what_forward_dropped():
    symbol = _rnn("rnn_tanh", p=0.5)
    values = _values(symbol)
    executor = symbol.bind(mx.cpu(), values, {"parameters": mx.nd.zeros_like(values["parameters"])})
    head = mx.nd.ones((5, 2, SIZE), dtype="float64")
    none = mx.nd.zeros((2, 2, SIZE), dtype="float64")
    direction = np.random.default_rng(3).normal(size=values["parameters"].shape)
    start = values["parameters"].asnumpy()

    def run(step):
        mx.random.seed(11)
        values["parameters"][:] = start + step * direction
        return executor.forward(is_train=True)[0].asnumpy().sum()

    numeric = (run(1e-6) - run(-1e-6)) / 2e-6
    run(0)
    executor.backward([head, none])
    exact = (executor.grad_dict["parameters"].asnumpy() * direction).sum()
    np.testing.assert_allclose(exact, numeric, rtol=1e-6)


@pytest.mark.parametrize("mode", MODES)
def test_gradient_of_the_gradient_is_finite_differences(mode):
    symbol = _rnn(mode)
    values = _values(symbol)
    gradient = mx.sym.sum(mx.sym.square(symbol[0].gradient(["parameters"])[0]))
    second = gradient.gradient(["data"])[0]
    direction = np.random.default_rng(3).normal(size=(5, 2, 4))
    start = values["data"].asnumpy()

    def at(step):
        moved = values | {"data": mx.nd.array(start + step * direction, dtype="float64")}
        return gradient.eval(**moved)[0].asnumpy()[0]

    numeric = (at(1e-5) - at(-1e-5)) / 2e-5
    exact = (second.eval(**values)[0].asnumpy() * direction).sum()
    np.testing.assert_allclose(exact, numeric, rtol=1e-4)


def test_backward_twice_gives_the_same():
    symbol = _rnn()
    values = _values(symbol)
    executor = symbol.bind(mx.cpu(), values, {n: mx.nd.zeros_like(v) for n, v in values.items()})
    heads = [mx.nd.ones_like(out) for out in executor.forward(is_train=True)]
    executor.backward(heads)
    once = executor.grad_dict["parameters"].asnumpy()
    executor.backward(heads)
    np.testing.assert_array_equal(executor.grad_dict["parameters"].asnumpy(), once)


def test_backward_sees_weights_that_were_set_after_forward():
    """MXNet differentiates with what the arrays hold when backward runs."""
    symbol = _rnn("rnn_tanh", layers=1)
    values = _values(symbol)
    executor = symbol.bind(mx.cpu(), values, {"data": mx.nd.zeros_like(values["data"])})
    heads = [mx.nd.ones_like(out) for out in executor.forward(is_train=True)]
    executor.backward(heads)
    assert executor.grad_dict["data"].asnumpy().any()
    executor.forward(is_train=True)
    executor.arg_dict["parameters"][:] = 0
    executor.backward(heads)
    assert not executor.grad_dict["data"].asnumpy().any()


def test_wrong_calls_are_refused():
    with pytest.raises(MXNetError, match="projection_size is for mode 'lstm' only, not 'gru'"):
        mx.sym.RNN(mode="gru", state_size=3, num_layers=1, projection_size=2)
    with pytest.raises(MXNetError, match="must be given together"):
        mx.sym.RNN(mode="lstm", state_size=3, num_layers=1, lstm_state_clip_min=-1)
    with pytest.raises(ShapeError, match=r"data must have 3 axes \(time, sample, feature\); it has 2"):
        _rnn().infer_shape(data=(5, 2))
    with pytest.raises(
        ShapeError, match=r"(?s)parameters.*Expect: parameters \(204,\).*Actual: parameters \(10,\)"
    ):
        _rnn(layers=2).infer_shape(data=(5, 2, 4), parameters=(10,))
