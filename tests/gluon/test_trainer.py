"""Trainer: gradients of all devices, the optimizer's rule, and what it refuses."""

from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd, gluon
from mxnet.gluon import nn

CONTEXTS = [mx.cpu(0), mx.cpu(1)]


def network(ctx=None):
    net = nn.Dense(2, in_units=3, use_bias=False)
    net.initialize(mx.init.One(), ctx=ctx)
    return net


def run(net, factor=1.0):
    losses = []
    with autograd.record():
        for i, context in enumerate(net.weight.list_ctx()):
            losses.append(net(mx.nd.full((2, 3), factor * (i + 1), ctx=context)).sum())
    autograd.backward(losses)


def test_step_divides_by_the_size_of_the_batch():
    net = network()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
    run(net)
    trainer.step(4)
    np.testing.assert_allclose(net.weight.data().asnumpy(), np.full((2, 3), 1 - 0.5 * 2 / 4))


@pytest.mark.parametrize("on_store", [True, False, None])
@pytest.mark.parametrize("kvstore", ["device", "local", lambda: mx.kv.create("local")])
def test_devices_stay_equal_whoever_updates_them(on_store, kvstore):
    net = network(CONTEXTS)
    trainer = gluon.Trainer(
        net.collect_params(),
        "sgd",
        {"learning_rate": 0.1, "momentum": 0.9},
        kvstore() if callable(kvstore) else kvstore,
        update_on_kvstore=on_store,
    )
    expected, momentum = 1.0, 0.0
    for _ in range(2):
        run(net)
        trainer.step(2)
        momentum = 0.9 * momentum - 0.1 * (2 + 4) / 2
        expected += momentum
    for array in net.weight.list_data():
        np.testing.assert_allclose(array.asnumpy(), np.full((2, 3), expected), rtol=1e-5)


def test_gradients_can_be_changed_between_adding_up_and_updating():
    net = network(CONTEXTS)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0}, update_on_kvstore=False)
    run(net)
    trainer.allreduce_grads()
    gluon.utils.clip_global_norm([net.weight.grad(mx.cpu(0))], 1.0)
    trainer.update(1)
    first, second = (array.asnumpy() for array in net.weight.list_data())
    np.testing.assert_allclose(first, np.full((2, 3), 1 - 1 / np.sqrt(6)), rtol=1e-5)
    np.testing.assert_allclose(second, np.full((2, 3), 1 - 6.0), rtol=1e-5)


def test_parts_of_a_step_are_refused_where_the_store_updates():
    net = network(CONTEXTS)
    trainer = gluon.Trainer(net.collect_params(), "sgd", update_on_kvstore=True)
    with pytest.raises(AssertionError, match="update_on_kvstore"):
        trainer.allreduce_grads()
    with pytest.raises(AssertionError, match="update_on_kvstore"):
        trainer.update(1)


def test_stale_gradient_is_raised_as_a_warning_and_names_the_parameter():
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(network(), network())
    trainer = gluon.Trainer(net.collect_params(), "sgd")
    run_only = net[0]
    with autograd.record():
        y = run_only(mx.nd.ones((1, 3)))
    y.backward()
    with pytest.raises(UserWarning, match=f"Gradient of Parameter `{net[1].weight.name}`"):
        trainer.step(1)
    trainer.step(1, ignore_stale_grad=True)
    assert not np.allclose(net[0].weight.data().asnumpy(), 1)
    np.testing.assert_array_equal(net[1].weight.data().asnumpy(), np.ones((2, 3)))


def test_hybridized_net_freshens_its_gradients():
    net = network()
    net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "sgd")
    run(net)
    trainer.step(1)
    with pytest.raises(UserWarning, match="has not been updated"):
        trainer.step(1)


def test_learning_rate_is_set_unless_a_scheduler_decides():
    net = network()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
    trainer.set_learning_rate(0.3)
    assert trainer.learning_rate == 0.3
    scheduled = gluon.Trainer(
        net.collect_params(),
        "sgd",
        {"learning_rate": 0.1, "lr_scheduler": mx.lr_scheduler.FactorScheduler(1)},
    )
    with pytest.raises(UserWarning, match="LRScheduler"):
        scheduled.set_learning_rate(0.3)


def test_multipliers_of_parameters_count():
    net = network()
    net.weight.lr_mult = 0.5
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0})
    run(net)
    trainer.step(2)
    np.testing.assert_allclose(net.weight.data().asnumpy(), np.full((2, 3), 0.5))


@pytest.mark.parametrize("on_store", [True, False])
def test_states_go_on_after_they_were_saved(on_store, tmp_path):
    file = str(tmp_path / "states")
    results = []
    for reload in (False, True):
        net = network(CONTEXTS)
        trainer = gluon.Trainer(
            net.collect_params(), "adam", {"learning_rate": 0.1}, update_on_kvstore=on_store
        )
        for factor in (1, -3, 2):
            run(net, factor)
            trainer.step(1)
            if reload:
                trainer.save_states(file)
                trainer = gluon.Trainer(net.collect_params(), "adam", update_on_kvstore=on_store)
                trainer.load_states(file)
        results.append(net.weight.data(mx.cpu(1)).asnumpy())
    np.testing.assert_allclose(*results, rtol=1e-6)


def test_states_of_another_network_are_refused(tmp_path):
    file = str(tmp_path / "states")
    net = network()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"momentum": 0.9})
    run(net)
    trainer.step(1)
    trainer.save_states(file)
    other = nn.Dense(4, in_units=5)
    other.initialize()
    with pytest.raises(
        ValueError, match=r"state of shape \(2, 3\) for parameter 0, but '.*bias' has shape \(4,\)"
    ):
        gluon.Trainer(other.collect_params(), "sgd", {"momentum": 0.9}).load_states(file)


def test_rows_of_a_sparse_parameter_are_pulled_and_trained():
    weight = gluon.Parameter("weight", shape=(4, 2), stype="row_sparse", grad_stype="row_sparse")
    weight.initialize(mx.init.One())
    with pytest.raises(RuntimeError, match="no Trainer"):
        weight.row_sparse_data(mx.nd.array([0]))
    trainer = gluon.Trainer([weight], "sgd", {"learning_rate": 1.0})
    rows = mx.nd.array([0, 2])
    with autograd.record():
        pulled = weight.row_sparse_data(rows)
        y = mx.nd.sparse.dot(mx.nd.array([[1, 0, 1, 0]]).tostype("csr"), pulled)
    y.backward()
    trainer.step(1)
    after = weight.row_sparse_data(mx.nd.arange(4)).asnumpy()
    np.testing.assert_array_equal(after, [[0, 0], [1, 1], [0, 0], [1, 1]])
    with pytest.raises(RuntimeError, match="row_sparse_data"):
        weight.data()
    with pytest.raises(RuntimeError, match="More than one trainers"):
        gluon.Trainer([weight], "sgd")


def test_values_that_are_set_reach_the_store():
    net = network(CONTEXTS)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0})
    run(net)
    trainer.step(1)
    net.weight.set_data(mx.nd.zeros((2, 3)))
    run(net)
    trainer.step(6)
    np.testing.assert_allclose(net.weight.data(mx.cpu(0)).asnumpy(), np.full((2, 3), -1.0))


@pytest.mark.parametrize(
    ("params", "kind", "text"),
    [
        (3, ValueError, "list or dict of Parameters"),
        ([1], ValueError, "list of <class 'int'>"),
        ([gluon.Parameter("w", shape=(1,))], RuntimeError, "'w' has not been initialized"),
    ],
)
def test_what_are_no_parameters_is_refused(params, kind, text):
    with pytest.raises(kind, match=text):
        gluon.Trainer(params, "sgd")


def test_parameters_have_to_be_on_the_same_contexts():
    nets = network(), network(CONTEXTS)
    with pytest.raises(AssertionError, match="same set of contexts"):
        gluon.Trainer([net.weight for net in nets], "sgd")


def test_optimizer_that_is_made_already_takes_no_parameters():
    with pytest.raises(AssertionError, match="optimizer_params must be None"):
        gluon.Trainer(network().collect_params(), mx.optimizer.SGD(), {"learning_rate": 1})


@pytest.mark.parametrize("version", ["1.2.1", "1.9.1"])
def test_training_goes_on_from_the_states_that_a_trainer_of_mxnet_has_saved(version):
    files = Path(__file__).parents[1] / "data" / "states" / f"trainer-of-{version}"
    net = gluon.nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(gluon.nn.Dense(3, activation="relu"), gluon.nn.BatchNorm(), gluon.nn.Dense(2))
    net.load_parameters(f"{files}.params")
    x = mx.nd.arange(8).reshape((2, 4)) / 8
    net(x)
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.5})
    trainer.load_states(f"{files}.states")
    losses = []
    for _ in range(3):
        with autograd.record():
            loss = (net(x) ** 2).sum()
        loss.backward()
        trainer.step(2)
        losses.append(loss.asscalar())
    np.testing.assert_allclose(losses, [1.4385991, 0.8330402, 0.7940796], rtol=1e-5)  # as its own went on
