"""Training with reduced variance; the expected parameters are what MXNet 1.9.1 arrives at."""

import numpy as np
import pytest

import mxnet as mx
from mxnet.contrib.svrg_optimization.svrg_module import SVRGModule
from mxnet.contrib.svrg_optimization.svrg_optimizer import _SVRGOptimizer

START = {"fc_weight": mx.nd.array([[0.5, -0.5, 1]]), "fc_bias": mx.nd.array([0.1])}


def regression(update_freq=2, samples=12, **options):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc")
    net = mx.sym.LinearRegressionOutput(net, mx.sym.Variable("lin_label"), name="lro")
    rng = np.random.RandomState(0)
    data = rng.rand(samples, 3).astype("float32"), rng.rand(samples, 1).astype("float32")
    batches = mx.io.NDArrayIter(*data, 4, label_name="lin_label")
    return SVRGModule(net, label_names=["lin_label"], update_freq=update_freq, **options), batches


def ready(module, batches, **options):
    module.bind(batches.provide_data, batches.provide_label)
    module.init_params(arg_params=START, aux_params={})
    module.init_optimizer(**options)


def parameters(module):
    values = module.get_params()[0]
    return [*values["fc_weight"].asnumpy().ravel(), *values["fc_bias"].asnumpy()]


@pytest.mark.parametrize(
    ("optimizer", "options", "expected"),
    [
        ("sgd", {"learning_rate": 0.05}, [0.4301140, -0.4580308, 0.8926108, 0.0338587]),
        ("adam", {"learning_rate": 0.01}, [0.3563715, -0.3487854, 0.8536490, -0.0306558]),
        (
            "sgd",
            {"learning_rate": 0.05, "momentum": 0.9, "wd": 0.01},
            [0.283189, -0.1408947, 0.6110903, 0.0350049],
        ),
    ],
)
def test_fit_arrives_where_mxnet_does(optimizer, options, expected):
    module, batches = regression()
    module.fit(
        batches,
        eval_metric="mse",
        optimizer=optimizer,
        optimizer_params=options,
        num_epoch=5,
        arg_params=START,
    )
    assert np.allclose(parameters(module), expected, atol=1e-5)


def test_a_batch_that_is_filled_up_counts_as_its_share():
    module, batches = regression(update_freq=1, samples=10)
    module.fit(
        batches, eval_metric="mse", optimizer_params={"learning_rate": 0.05}, num_epoch=3, arg_params=START
    )
    assert np.allclose(parameters(module), [0.4510037, -0.5211737, 0.9221386, 0.0592120], atol=1e-5)


@pytest.mark.parametrize("kvstore", ["local", "device"])
def test_two_devices_arrive_where_one_does(kvstore):  # in MXNet they do not
    arrived = []
    for devices in ([mx.cpu(0)], [mx.cpu(0), mx.cpu(1)]):
        module, batches = regression(context=devices)
        module.fit(batches, eval_metric="mse", kvstore=kvstore, num_epoch=3, arg_params=START)
        arrived.append(parameters(module))
    assert np.allclose(*arrived, atol=1e-6)


def test_right_after_the_full_gradient_every_batch_steps_along_it():
    module, batches = regression()
    ready(module, batches, optimizer_params={"learning_rate": 1.0})
    module.update_full_grads(batches)
    batches.reset()
    module.forward_backward(batches.next())
    module.update()
    mean = np.array([0.4456599, -0.0389990, 0.6339290, 0.5481549])
    assert np.allclose(parameters(module), [0.5, -0.5, 1, 0.1] - mean / 4, atol=1e-6)


def test_the_mean_of_before_counts_as_one_more_batch():
    module, batches = regression()
    ready(module, batches)
    found = []
    for _ in range(2):
        module.update_full_grads(batches)
        found.append(module._param_dict[0]["fc_weight"].asnumpy())
    assert np.allclose(found[1], found[0] * 4 / 3)


def test_updating_needs_a_full_gradient_first():
    module, batches = regression()
    ready(module, batches)
    module.forward_backward(batches.next())
    with pytest.raises(mx.MXNetError, match="update_full_grads"):
        module.update()


@pytest.mark.parametrize(
    ("update_freq", "kind"), [(0, ValueError), (-1, ValueError), (1.5, TypeError), (None, TypeError)]
)
def test_update_freq_is_a_positive_integer(update_freq, kind):
    with pytest.raises(kind, match="update_freq is a") as error:
        regression(update_freq)
    assert isinstance(error.value, mx.MXNetError)


def test_other_shapes_are_bound_for_both_networks():
    module, batches = regression()
    ready(module, batches)
    module.reshape([("data", (2, 3))], [("lin_label", (2, 1))])
    assert module.data_shapes == module._mod_aux.data_shapes == [("data", (2, 3))]


def test_fixed_parameters_stay():
    module, batches = regression(fixed_param_names=["fc_bias"])
    module.fit(batches, eval_metric="mse", num_epoch=3, arg_params=START)
    assert parameters(module)[3] == np.float32(0.1)


def test_a_store_assigns_full_gradients_and_updates_parameters():
    store = mx.kv.create("local")
    store.set_optimizer(_SVRGOptimizer("sgd", learning_rate=0.5))
    for key in ("fc_weight", "fc_weight_full"):
        store.init(key, mx.nd.ones(2))
    store.push(["fc_weight", "fc_weight_full"], [mx.nd.ones(2) * 4, mx.nd.ones(2) * 4])
    out = [mx.nd.zeros(2), mx.nd.zeros(2)]
    store.pull(["fc_weight", "fc_weight_full"], out=out)
    assert [array.asnumpy().tolist() for array in out] == [[-1, -1], [4, 4]]


def test_the_rate_is_that_of_the_parameters_optimizer():
    module, batches = regression()
    ready(module, batches, optimizer_params={"learning_rate": 0.5})
    module._optimizer.set_learning_rate(0.25)
    assert module._optimizer.default_opt.learning_rate == module._optimizer.learning_rate == 0.25
