"""What operators do besides computing: as often as in MXNet, also where the gradient is known to be zero."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

V = mx.sym.Variable
BATCH = np.random.RandomState(0).randn(8, 3) * 2 + 1

NORMS = {
    "BatchNorm": mx.sym.BatchNorm,
    "BatchNorm_v1": mx.sym.BatchNorm_v1,
    "SyncBatchNorm": lambda x, **params: mx.sym.contrib.SyncBatchNorm(x, key="k", **params),
}
# What passes no gradient on. The first three are MXNet's word for it; the others have no slope.
CUTS = {
    "BlockGrad": mx.sym.BlockGrad,
    "stop_gradient": mx.sym.stop_gradient,
    "zeros_like": mx.sym.zeros_like,
    "sign": mx.sym.sign,
    "round": mx.sym.round,
    "floor": mx.sym.floor,
    "greater": lambda x: x > 0,
    "equal": lambda x: x == 1,
    "argmax": lambda x: mx.sym.reshape(mx.sym.argmax(x, axis=1), shape=(-1, 1)),
    "one_hot": lambda x: mx.sym.reshape(mx.sym.one_hot(mx.sym.argmax(x, axis=1), 3), shape=(-1, 3)),
    "two layers": lambda x: mx.sym.BlockGrad(mx.sym.FullyConnected(x, num_hidden=2)),
}

every_cut = pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)


def _head(features):
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(features, num_hidden=2, name="fc"), name="softmax")


def _train(net, steps=3, grad_req="write", **values):
    executor = net.simple_bind(mx.cpu(), data=BATCH.shape, grad_req=grad_req)
    for name, array in {**executor.arg_dict, **executor.aux_dict}.items():
        array[:] = 1 if name.endswith(("var", "gamma")) else values.get(name, 0)
    for _ in range(steps):
        executor.forward(is_train=True, data=mx.nd.array(BATCH))
        executor.backward()
    return executor


@every_cut
@pytest.mark.parametrize("norm", NORMS.values(), ids=NORMS)
def test_statistics_move_where_no_gradient_arrives(norm, cut):
    executor = _train(_head(cut(norm(V("data"), name="bn", fix_gamma=False, momentum=0.5))))
    moved = executor.aux_dict["bn_moving_mean"].asnumpy(), executor.aux_dict["bn_moving_var"].asnumpy()
    np.testing.assert_allclose(moved[0], [2.5, 1.725, 0.502], atol=1e-3)
    np.testing.assert_allclose(moved[1], [1.667, 2.543, 4.93], atol=1e-3)
    assert not executor.grad_dict["data"].asnumpy().any()
    assert not executor.grad_dict["bn_gamma"].asnumpy().any()


def test_statistics_move_in_networks_that_end_in_what_passes_nothing():
    executor = _train(mx.sym.BlockGrad(mx.sym.BatchNorm(V("data"), name="bn", momentum=0.5)))
    np.testing.assert_allclose(executor.aux_dict["bn_moving_mean"].asnumpy(), [2.5, 1.725, 0.502], atol=1e-3)


def test_statistics_move_at_every_depth():
    inner = mx.sym.BatchNorm(V("data"), name="inner", momentum=0.5)
    outer = mx.sym.BatchNorm(mx.sym.BlockGrad(inner) + 3, name="outer", momentum=0.5)
    executor = _train(_head(mx.sym.sign(outer)))
    np.testing.assert_allclose(
        executor.aux_dict["inner_moving_mean"].asnumpy(), [2.5, 1.725, 0.502], atol=1e-3
    )
    np.testing.assert_allclose(executor.aux_dict["outer_moving_mean"].asnumpy(), [2.625] * 3, atol=1e-3)


def test_statistics_of_a_branch_move_once_a_step_though_it_is_used_twice():
    bn = mx.sym.BatchNorm(V("data"), name="bn", momentum=0.5)
    executor = _train(_head(mx.sym.BlockGrad(bn) + bn), steps=1)
    np.testing.assert_allclose(executor.aux_dict["bn_moving_mean"].asnumpy() * 2, BATCH.mean(0), rtol=1e-5)


def test_statistics_stay_where_nothing_below_is_learned_as_in_mxnet():
    net = _head(mx.sym.BlockGrad(mx.sym.BatchNorm(V("data"), name="bn", momentum=0.5)))
    requests = {name: "write" if name.startswith("fc") else "null" for name in net.list_arguments()}
    executor = _train(net, grad_req=requests)
    assert not executor.aux_dict["bn_moving_mean"].asnumpy().any()


def test_statistics_stay_in_a_test_run():
    net = _head(mx.sym.BlockGrad(mx.sym.BatchNorm(V("data"), name="bn", momentum=0.5)))
    executor = net.simple_bind(mx.cpu(), data=BATCH.shape)
    executor.forward(is_train=False, data=mx.nd.array(BATCH))
    executor.backward()
    assert not executor.aux_dict["bn_moving_mean"].asnumpy().any()


@every_cut
def test_the_penalty_of_sparseness_is_paid_where_no_gradient_arrives(cut):
    active = mx.sym.IdentityAttachKLSparseReg(
        mx.sym.sigmoid(V("data")), name="kl", momentum=0.5, penalty=1.0, sparseness_target=0.1
    )
    executor = _train(_head(cut(active)), steps=1, kl_moving_avg=0.5)
    p = 1 / (1 + np.exp(-BATCH))
    average = 0.25 + p.mean(0) / 2
    np.testing.assert_allclose(executor.aux_dict["kl_moving_avg"].asnumpy(), average, rtol=1e-5)
    slope = (0.9 / (1 - average) - 0.1 / average) * p * (1 - p)
    np.testing.assert_allclose(executor.grad_dict["data"].asnumpy(), slope, rtol=1e-4)


@pytest.mark.parametrize("cut", ["BlockGrad", "sign"])
def test_statistics_of_arrays_move_where_no_gradient_arrives(cut):
    data, gamma, beta = (mx.nd.array(each) for each in (BATCH, np.ones(3), np.zeros(3)))
    mean, var = mx.nd.zeros(3), mx.nd.ones(3)
    data.attach_grad()
    with mx.autograd.record():
        y = getattr(mx.nd, cut)(mx.nd.BatchNorm(data, gamma, beta, mean, var, momentum=0.5))
    y.backward()
    np.testing.assert_allclose(mean.asnumpy() * 2, BATCH.mean(0), rtol=1e-5)


# ------------------------------------------------------------------------------------------- a user's operator


@pytest.fixture
def calls():
    """Register an operator that writes down its calls; its gradient is 5 more than what arrives."""
    made: list[str] = []

    class Counting(mx.operator.CustomOp):
        def __init__(self, label):
            self.label = label

        def forward(self, is_train, req, in_data, out_data, aux):
            made.append(f"{self.label} forward")
            self.assign(out_data[0], req[0], in_data[0])

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            made.append(f"{self.label} backward of {out_grad[0].asnumpy().sum():g}")
            self.assign(in_grad[0], req[0], out_grad[0] + 5)

    @mx.operator.register("counting")
    class Properties(mx.operator.CustomOpProp):
        def __init__(self, label="it"):
            super().__init__()
            self.label = label

        def create_operator(self, ctx, in_shapes, in_dtypes):
            return Counting(self.label)

    assert Properties
    return made


def _counting(x, label="it"):
    return mx.sym.Custom(x, op_type="counting", label=label)


@every_cut
def test_user_code_runs_where_no_gradient_arrives(calls, cut):
    executor = _train(_head(cut(_counting(V("data")))), steps=1)
    assert calls == ["it forward", "it backward of 0"]
    assert (executor.grad_dict["data"].asnumpy() == 5).all()


def test_user_code_does_not_run_where_nobody_wants_its_gradient(calls):
    above = _counting(mx.sym.BlockGrad(_counting(V("data"), "below")), "above")
    _train(_head(above), steps=1)
    assert calls == ["below forward", "above forward", "below backward of 0"]


def test_user_code_runs_though_only_the_shape_of_its_result_is_read(calls):
    net = _head(mx.sym.zeros_like(_counting(V("data"))) + V("data"))
    net.simple_bind(mx.cpu(), data=BATCH.shape, grad_req="null").forward()
    assert calls == ["it forward"]
