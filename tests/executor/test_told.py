"""Whoever wants to know when a gradient was written is told at once, while others are still computed."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.gluon import nn


class Listener:
    """Notes which arrays were written, in order, and what was in them then."""

    def __init__(self, arrays):
        self.names = {id(array): name for name, array in arrays.items()}
        self.heard, self.versions = {}, []
        self.twice = []
        for array in arrays.values():
            array._tell(self.told)

    def told(self, array):
        name = self.names[id(array)]
        self.twice += [name] if name in self.heard else []
        self.heard[name] = array.asnumpy()
        if array.stype == "default":
            self.versions.append((array._tensor, array._tensor._version))


def layers(count):
    x = mx.sym.Variable("data")
    for number in range(count):
        x = mx.sym.FullyConnected(x, num_hidden=4, name=f"fc{number}")
        x = mx.sym.Activation(x, act_type="tanh")
    return mx.sym.MakeLoss(mx.sym.sum(x))


@pytest.mark.parametrize(
    ("count", "disabled", "monitored", "grad_req"),
    [
        (3, "", False, "write"),
        (3, "native", False, "write"),
        (3, "native", False, "add"),
        (3, "native", True, "write"),
        (200, "native", False, "write"),
    ],
    ids=["rows", "text", "added", "monitored", "stepping"],
)
def test_each_gradient_is_told_once_and_stays(count, disabled, monitored, grad_req, monkeypatch):
    monkeypatch.setenv("MXNET_DISABLED_PASSES", disabled)
    executor = layers(count).simple_bind(mx.cpu(), grad_req=grad_req, data=(2, 4))
    for array in executor.arg_arrays:
        array[:] = mx.nd.random.uniform(-0.5, 0.5, array.shape)
    if monitored:
        executor.set_monitor_callback(lambda *_: None)
    for array in executor.grad_arrays:
        array[:] = 0
    executor.forward(is_train=True)
    executor.backward()
    expected = {name: array.asnumpy() for name, array in executor.grad_dict.items()}
    for array in executor.grad_arrays:
        array[:] = 0
    listener = Listener(executor.grad_dict)
    executor.forward(is_train=True)
    executor.backward()
    assert listener.twice == []
    assert listener.heard.keys() == expected.keys()
    for name, array in listener.heard.items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-5, atol=1e-7)
    assert all(tensor._version == version for tensor, version in listener.versions)


def test_last_layers_are_told_first(monkeypatch):
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "native")
    executor = layers(3).simple_bind(mx.cpu(), data=(2, 4))
    listener = Listener({name: each for name, each in executor.grad_dict.items() if "weight" in name})
    executor.forward(is_train=True)
    executor.backward()
    assert [*listener.heard] == ["fc2_weight", "fc1_weight", "fc0_weight"]


def test_gradient_that_is_zero_is_told_as_well():
    x, unused = mx.sym.Variable("x"), mx.sym.Variable("unused")
    executor = mx.sym.MakeLoss(x + mx.sym.BlockGrad(unused)).simple_bind(mx.cpu(), x=(2,), unused=(2,))
    listener = Listener(executor.grad_dict)
    executor.forward(is_train=True)
    executor.backward()
    assert {name: array.tolist() for name, array in listener.heard.items()} == {"x": [1, 1], "unused": [0, 0]}


def test_error_amid_backward_names_its_node(monkeypatch):
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "native")

    class Fails(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            self.assign(out_data[0], req[0], in_data[0])

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            raise ValueError("no gradient here")

    @mx.operator.register("fails_amid_backward")
    class Registered(mx.operator.CustomOpProp):
        def create_operator(self, ctx, shapes, dtypes):
            return Fails()

    x = mx.sym.Custom(mx.sym.Variable("x"), op_type="fails_amid_backward", name="culprit")
    executor = mx.sym.MakeLoss(x).simple_bind(mx.cpu(), x=(2,))
    Listener(executor.grad_dict)
    executor.forward(is_train=True)
    with pytest.raises(ValueError, match="no gradient here") as caught:
        executor.backward()
    assert any("culprit" in note for note in [str(caught.value), *getattr(caught.value, "__notes__", [])])


@pytest.mark.parametrize("hybrid", [False, True], ids=["at once", "hybridized"])
@pytest.mark.parametrize("sparse", [False, True], ids=["dense", "sparse"])
def test_gradients_of_blocks_are_told_once_and_stay(hybrid, sparse):
    net = nn.HybridSequential()
    net.add(nn.Embedding(5, 3, sparse_grad=sparse), nn.Dense(4, in_units=6), nn.Dense(2, in_units=4))
    net.initialize(mx.init.Uniform(0.5))
    if hybrid:
        net.hybridize()
    parameters = dict(zip("e w0 b0 w1 b1".split(), net.collect_params().values(), strict=True))

    def step():
        with mx.autograd.record():
            loss = (net(mx.nd.array([[1, 2]])) ** 2).sum()
        loss.backward()

    step()
    gradients = {name: each.grad() for name, each in parameters.items()}
    expected = {name: array.asnumpy() for name, array in gradients.items()}
    listener = Listener(gradients)
    step()
    assert listener.twice == []
    assert sorted(listener.heard) == sorted(expected)
    for name, array in listener.heard.items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-5, atol=1e-7)
    assert all(tensor._version == version for tensor, version in listener.versions)
