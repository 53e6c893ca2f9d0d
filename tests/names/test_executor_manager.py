"""``mxnet.executor_manager`` does what loaders and training loops from before modules ask of it."""

import logging

import numpy as np
import pytest

import mxnet as mx
from mxnet.executor_manager import (
    DataParallelExecutorManager,
    _bind_exec,
    _check_arguments,
    _load_data,
    _load_general,
    _load_label,
    _split_input_slice,
)


def network(hidden=3):
    layer = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=hidden, name="fc")
    return mx.sym.SoftmaxOutput(mx.sym.BatchNorm(layer, name="bn"), name="softmax")


def names_of(symbol):
    arguments = symbol.list_arguments()
    parameters = [name for name in arguments if name not in ("data", "softmax_label")]
    return arguments, parameters, symbol.list_auxiliary_states()


def batches(count=10):
    data = np.arange(4 * count, dtype="float32").reshape(count, 4) / 40
    return mx.io.NDArrayIter(data, np.arange(count) % 3, batch_size=count)


@pytest.fixture
def manager():
    symbol = network()
    made = DataParallelExecutorManager(symbol, [mx.cpu(0), mx.cpu(1)], batches(), *names_of(symbol))
    rng = np.random.RandomState(0)
    shapes = dict(zip(symbol.list_arguments(), symbol.infer_shape(data=(10, 4))[0], strict=True))
    parameters = {name: mx.nd.array(rng.rand(*shapes[name])) for name in made.param_names}
    made.set_params(parameters, {"bn_moving_mean": mx.nd.zeros((3,)), "bn_moving_var": mx.nd.ones((3,))})
    made.parameters = parameters
    return made


# ---------------------------------------------------------------------------------------------------- helpers


@pytest.mark.parametrize(
    ("size", "workload", "slices"),
    [
        (8, [1, 1], [(0, 4), (4, 8)]),
        (7, [1, 1], [(0, 4), (4, 7)]),
        (10, [1, 2, 2], [(0, 2), (2, 6), (6, 10)]),
        (100, [0.3, 0.7], [(0, 30), (30, 100)]),
    ],
)
def test_a_batch_is_split_by_workload(size, workload, slices):
    assert _split_input_slice(size, workload) == [slice(*each) for each in slices]


def test_a_batch_that_is_too_small_to_split_is_refused():
    with pytest.raises(ValueError, match="3"):
        _split_input_slice(3, [1, 1, 1, 1])


def test_arguments_of_one_name_are_refused():
    one = mx.sym.Variable("a")
    with pytest.raises(ValueError, match="'a'"):
        _check_arguments(mx.sym.FullyConnected(one, weight=mx.sym.Variable("a"), num_hidden=3))
    _check_arguments(mx.sym.FullyConnected(one, num_hidden=3))


def test_arrays_go_to_one_target_or_in_slices_to_several():
    source = mx.nd.array(np.arange(8).reshape(4, 2))
    whole, first, second = mx.nd.zeros((4, 2)), mx.nd.zeros((1, 2)), mx.nd.zeros((3, 2))
    _load_general([source, source], [whole, [(slice(0, 1), first), (slice(1, 4), second)]])
    assert whole.asnumpy().tolist() == source.asnumpy().tolist()
    assert first.asnumpy().tolist() == [[0, 1]]
    assert second.asnumpy().tolist() == [[2, 3], [4, 5], [6, 7]]


def test_a_batch_of_another_size_is_refused():
    with pytest.raises(AssertionError, match="5 samples was expected, got 10"):
        _load_general([mx.nd.ones((10, 4))], [[(slice(0, 5), mx.nd.zeros((5, 4)))]])


def test_data_and_labels_of_a_batch_are_loaded():
    data, label = mx.nd.zeros((2, 3)), mx.nd.zeros((2,))
    batch = mx.io.DataBatch([mx.nd.ones((2, 3))], [mx.nd.full((2,), 5)])
    _load_data(batch, [data])
    _load_label(batch, [[(slice(0, 2), label)]])
    assert (data.asnumpy() == 1).all()
    assert (label.asnumpy() == 5).all()


SHAPES = {"data": (4, 4), "softmax_label": (4,)}


@pytest.mark.parametrize(
    ("need_grad", "with_gradient"),
    [
        (True, ["fc_weight", "fc_bias", "bn_gamma", "bn_beta"]),
        ({"fc_weight", "data"}, ["fc_weight"]),
        (False, []),
    ],
)
def test_an_executor_has_gradients_for_the_parameters_that_need_them(need_grad, with_gradient):
    symbol = network()
    executor = _bind_exec(symbol, mx.cpu(), SHAPES, names_of(symbol)[1], need_grad=need_grad)
    found = zip(symbol.list_arguments(), executor.grad_arrays or [], strict=False)
    assert [name for name, gradient in found if gradient is not None] == with_gradient


def test_an_executor_uses_parameters_of_another_and_its_inputs_memory():
    symbol, shared = network(), {}
    parameters = names_of(symbol)[1]
    base = _bind_exec(symbol, mx.cpu(), SHAPES, parameters, need_grad=True, shared_data_arrays=shared)
    smaller = {"data": (2, 4), "softmax_label": (2,)}
    other = _bind_exec(
        symbol, mx.cpu(), smaller, parameters, need_grad=True, base_exec=base, shared_data_arrays=shared
    )
    base.arg_dict["fc_weight"][:] = 7
    base.arg_dict["data"][:] = 3
    assert (other.arg_dict["fc_weight"].asnumpy() == 7).all()
    assert other.arg_dict["data"].shape == (2, 4)
    assert (other.arg_dict["data"].asnumpy() == 3).all()
    assert other.grad_dict["fc_weight"] is base.grad_dict["fc_weight"]


def test_an_input_that_needs_more_memory_gets_its_own(caplog):
    symbol, shared = network(), {}
    parameters = names_of(symbol)[1]
    base = _bind_exec(symbol, mx.cpu(), SHAPES, parameters, shared_data_arrays=shared)
    larger = {"data": (9, 4), "softmax_label": (9,)}
    with caplog.at_level(logging.WARNING):
        other = _bind_exec(symbol, mx.cpu(), larger, parameters, base_exec=base, shared_data_arrays=shared)
    assert other.arg_dict["data"].shape == (9, 4)
    assert "'data' needs more memory" in caplog.text


def test_parameters_of_another_shape_are_not_shared():
    base = _bind_exec(network(3), mx.cpu(), SHAPES, ["fc_weight"])
    with pytest.raises(mx.MXNetError, match=r"'fc_weight' has the shape \(5, 4\) here, but \(3, 4\)"):
        _bind_exec(network(5), mx.cpu(), SHAPES, ["fc_weight"], base_exec=base)


def test_shapes_that_do_not_say_all_are_refused():
    with pytest.raises(mx.MXNetError, match="do not determine all others"):
        _bind_exec(network(), mx.cpu(), {}, [])


def test_need_grad_is_a_boolean_or_a_set():
    with pytest.raises(mx.MXNetError, match="boolean or a set"):
        _bind_exec(network(), mx.cpu(), SHAPES, [], need_grad=3)


# ------------------------------------------------------------------------------------------------ the manager


def test_every_device_has_its_arrays(manager):
    assert manager.slices == [slice(0, 5), slice(5, 10)]
    assert [[array.shape for array in block] for block in manager.param_arrays] == [
        [(3, 4)] * 2,
        [(3,)] * 2,
        [(3,)] * 2,
        [(3,)] * 2,
    ]
    assert [array.context for array in manager.grad_arrays[0]] == [mx.cpu(0), mx.cpu(1)]
    assert [len(block) for block in manager.aux_arrays] == [2, 2]


def test_a_step_gives_the_gradients_that_mxnet_gives(manager):
    (batch,) = batches()
    manager.load_data_batch(batch)
    manager.forward(is_train=True)
    manager.backward()
    # Recorded: the sums of the weight's gradients on the two devices, and what the accuracy is.
    sums = [float(gradient.asnumpy().sum()) for gradient in manager.grad_arrays[0]]
    np.testing.assert_allclose(sums, [-0.0002, -0.0026], atol=1e-3)
    accuracy = mx.metric.create("acc")
    manager.update_metric(accuracy, batch.label)
    assert accuracy.get() == ("accuracy", 0.3)
    sliced = mx.metric.create("acc")
    manager.update_metric(sliced, [[batch.label[0][:5]], [batch.label[0][5:]]], pre_sliced=True)
    assert sliced.get() == ("accuracy", 0.3)


def test_parameters_are_copied_out_as_means_of_the_devices(manager):
    manager.param_arrays[1][0][:] = 1
    manager.param_arrays[1][1][:] = 3
    arguments = {name: mx.nd.zeros(array.shape) for name, array in manager.parameters.items()}
    states = {name: mx.nd.zeros((3,)) for name in manager.aux_names}
    manager.copy_to(arguments, states)
    assert (arguments["fc_bias"].asnumpy() == 2).all()
    np.testing.assert_allclose(arguments["fc_weight"].asnumpy(), manager.parameters["fc_weight"].asnumpy())
    assert (states["bn_moving_var"].asnumpy() == 1).all()


def test_a_monitor_sees_all_devices(manager):
    monitor = mx.mon.Monitor(1, pattern="fc_output")
    manager.install_monitor(monitor)
    (batch,) = batches()
    monitor.tic()
    manager.load_data_batch(batch)
    manager.forward(is_train=True)
    assert [name for _, name, _ in monitor.toc()] == ["fc_output", "fc_output"]


def test_running_before_there_is_a_batch_is_refused(manager):
    with pytest.raises(mx.MXNetError, match=r"call load_data_batch\(\) first"):
        manager.forward()


def test_a_workload_for_other_devices_is_refused():
    symbol = network()
    with pytest.raises(AssertionError, match="must hold 2 numbers"):
        DataParallelExecutorManager(
            symbol, [mx.cpu(0), mx.cpu(1)], batches(), *names_of(symbol), work_load_list=[1]
        )


class Bucketed:
    batch_size = 4
    default_bucket_key = 4
    provide_data = (("data", (4, 4)),)
    provide_label = (("softmax_label", (4,)),)


def test_a_bucket_gets_executors_when_it_comes_and_shares_parameters():
    symbol = network()
    manager = DataParallelExecutorManager(
        network(), [mx.cpu()], Bucketed(), *names_of(symbol), sym_gen=lambda key: network()
    )
    batch = mx.io.DataBatch(
        [mx.nd.ones((4, 4))],
        [mx.nd.zeros((4,))],
        bucket_key=7,
        provide_data=list(Bucketed.provide_data),
        provide_label=list(Bucketed.provide_label),
    )
    manager.load_data_batch(batch)
    manager.forward()
    assert sorted(manager.execgrp_bucket) == [4, 7]
    assert manager.curr_execgrp.param_arrays[0][0] is manager.execgrp.param_arrays[0][0]
    assert manager.curr_execgrp.train_execs[0].outputs[0].shape == (4, 3)
    batch.bucket_key = 4
    manager.load_data_batch(batch)
    assert manager.curr_execgrp is manager.execgrp
    with pytest.raises(mx.MXNetError, match="cannot be monitored"):
        manager.install_monitor(mx.mon.Monitor(1))


def test_training_by_hand_learns():
    rng = np.random.RandomState(0)
    data = rng.rand(64, 4).astype("float32")
    label = (data[:, 0] > data[:, 1]).astype("float32")
    layer = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    symbol = mx.sym.SoftmaxOutput(layer, name="softmax")
    train = mx.io.NDArrayIter(data, label, batch_size=32)
    manager = DataParallelExecutorManager(symbol, [mx.cpu(0), mx.cpu(1)], train, *names_of(symbol))
    manager.set_params({"fc_weight": mx.nd.zeros((2, 4)), "fc_bias": mx.nd.zeros((2,))}, {})
    update = mx.optimizer.get_updater(mx.optimizer.SGD(learning_rate=0.5, rescale_grad=1 / 32))
    accuracy = mx.metric.create("acc")
    for _ in range(40):
        train.reset()
        accuracy.reset()
        for batch in train:
            manager.load_data_batch(batch)
            manager.forward(is_train=True)
            manager.backward()
            manager.update_metric(accuracy, batch.label)
            for i, (weights, gradients) in enumerate(
                zip(manager.param_arrays, manager.grad_arrays, strict=True)
            ):
                total = gradients[0] + gradients[1].as_in_context(mx.cpu(0))
                update(i, total, weights[0])
                weights[0].copyto(weights[1])
    assert accuracy.get()[1] > 0.9
