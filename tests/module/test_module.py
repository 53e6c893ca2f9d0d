"""Module: misuse that is explained, and behaviour around what the recorded answers of MXNet cover."""

import copy
import logging
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

import mxnet as mx


def network(hidden=3, name="softmax"):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=hidden, name="fc")
    return mx.sym.SoftmaxOutput(net, name=name)


def ready(batch_size=4, **kwargs):
    module = mx.mod.Module(network(), **kwargs)
    module.bind([("data", (batch_size, 2))], [("softmax_label", (batch_size,))])
    module.init_params(mx.init.One())
    module.init_optimizer(optimizer_params={"learning_rate": 1.0})
    return module


def batch(size=4, label=True):
    data = mx.nd.array(np.arange(2 * size).reshape(size, 2) / size)
    return mx.io.DataBatch([data], [mx.nd.array(np.arange(size) % 3)] if label else None)


def step(module, times=1):
    for _ in range(times):
        module.forward_backward(batch())
        module.update()
    return {name: array.asnumpy().copy() for name, array in module.get_params()[0].items()}


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda m: m.data_shapes, r"Call bind\(data_shapes, label_shapes\) of this Module first"),
        (lambda m: m.output_shapes, "Call bind"),
        (lambda m: m.forward(batch()), "Call bind"),
        (lambda m: m.init_params(), "Call bind"),
        (lambda m: m.init_optimizer(), "Call bind"),
        (lambda m: m.get_params(), r"Call init_params\(\)"),
        (lambda m: m.predict(None), "Call bind"),
        (lambda m: m.save_optimizer_states("x"), r"Call init_optimizer\(\)"),
        (lambda m: m.fit(None), "fit needs num_epoch"),
    ],
)
def test_steps_out_of_order_say_which_comes_first(use, message):
    with pytest.raises(mx.MXNetError, match=message):
        use(mx.mod.Module(network()))


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        (
            {"data_names": ["dat"]},
            r"data_names=\['dat'\] has 'dat', which is no argument.*Did you mean 'data'",
        ),
        ({"fixed_param_names": ["fc_wieght"]}, "Did you mean 'fc_weight'"),
        (
            {"state_names": ["h"]},
            r"Its arguments that are no usual parameters are 'data', 'softmax_label'\.",
        ),
        (
            {"context": [mx.cpu(0), mx.cpu(1)], "work_load_list": [1]},
            "has 1 entries, but there are 2 contexts",
        ),
        ({"context": [mx.cpu(0)], "group2ctxs": [{}, {}]}, "group2ctxs has 2 entries"),
    ],
)
def test_wrong_names_are_refused_when_the_module_is_made(kwargs, message):
    with pytest.raises(ValueError, match=message):
        mx.mod.Module(network(), **kwargs)


def test_a_label_that_is_no_argument_only_warns():
    with pytest.warns(UserWarning, match=r"label_names=\['softmax_lable'\].*Did you mean 'softmax_label'"):
        mx.mod.Module(network(), label_names=["softmax_lable"])


@pytest.mark.parametrize(
    ("data", "label", "message"),
    [
        (
            [("dat", (4, 2))],
            None,
            r"data_shapes is for \['dat'\], but the module was made with data_names=\['data'\]",
        ),
        ([("data", (4, 2))], [("lab", (4,))], r"pass label_names=\['lab'\] to the module"),
        ([("data", (4, 2)), ("data", (4, 2))], None, "data_shapes is for"),
        ([("data", (4.0, 2))], None, r"shape of 'data' must be a tuple of integers, got \(4.0, 2\)"),
        ([("data", (4, 2))], [("softmax_label", (3,))], "."),
    ],
)
def test_wrong_shapes_are_refused_when_it_is_bound(data, label, message):
    with pytest.raises(mx.MXNetError, match=message):
        mx.mod.Module(network()).bind(data, label)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (
            lambda m: m.init_optimizer(optimizer="sdg", force_init=True),
            "'sdg' is not a registered.*Did you mean 'sgd'",
        ),
        (
            lambda m: m.init_optimizer(optimizer=3, force_init=True),
            "optimizer is 3. Expected a registered name",
        ),
        (lambda m: m.init_optimizer(kvstore=3, force_init=True), "kvstore is 3. Expected None, a name"),
        (
            lambda m: m.forward(mx.io.DataBatch([], None), False),
            r"holds 0 arrays of data, but the module was bound with 1: 'data'\.",
        ),
        (
            lambda m: m.forward(mx.io.DataBatch([mx.nd.ones((4, 2))] * 2, None), False),
            "holds 2 arrays of data",
        ),
        (
            lambda m: m.forward(mx.io.DataBatch([mx.nd.ones((4, 2))], [mx.nd.ones((3,))])),
            "label 'softmax_label' has the shape",
        ),
        (lambda m: m.get_input_grads(), "bind with inputs_need_grad=True"),
        (lambda m: m.set_states(), "either states or a value"),
        (lambda m: m.predict(3), "predict takes a DataIter or an array, got int"),
        (
            lambda m: m.set_params({"fc_weight": mx.nd.ones((3, 2))}, {}),
            "No value is given for 'fc_bias'.*allow_missing=True",
        ),
        (
            lambda m: m.set_params({"fc_weight": mx.nd.ones((3, 3)), "fc_bias": mx.nd.ones((3,))}, {}),
            r"'fc_weight' has the shape \(3, 3\), but the network needs \(3, 2\)",
        ),
        (lambda m: m.borrow_optimizer(mx.mod.Module(network())), "to borrow an optimizer from has none"),
        (
            lambda m: m.bind([("data", (4, 2))], shared_module=3, force_rebind=True),
            "must be a Module that is bound",
        ),
    ],
)
def test_misuse_of_a_module_that_is_ready_is_explained(use, message):
    with pytest.raises(mx.MXNetError, match=message):
        use(ready())


def test_gradients_need_a_module_bound_for_training():
    module = mx.mod.Module(network())
    module.bind([("data", (4, 2))], for_training=False)
    module.init_params()
    module.forward(batch())
    with pytest.raises(mx.MXNetError, match="bound with for_training=False"):
        module.backward()
    with pytest.raises(mx.MXNetError, match="inputs_need_grad=True needs for_training=True"):
        mx.mod.Module(network()).bind([("data", (4, 2))], for_training=False, inputs_need_grad=True)


def test_a_second_bind_or_optimizer_does_nothing_but_warn(caplog):
    module = ready()
    module.bind([("data", (9, 9))])
    module.init_optimizer(optimizer="adam")
    assert caplog.messages == ["Already bound, ignoring bind()", "optimizer already initialized, ignoring..."]
    assert type(module._optimizer) is mx.optimizer.SGD
    with pytest.warns(UserWarning, match="Parameters already initialized and force_init=False"):
        module.init_params()


def test_training_on_a_batch_without_labels_warns():
    module = ready()
    with pytest.warns(UserWarning, match=r"no labels, but the module was bound with \['softmax_label'\]"):
        module.forward(batch(label=False), is_train=True)


def test_labels_of_a_module_without_labels_are_passed_over():
    module = mx.mod.Module(
        mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc"), label_names=None
    )
    module.bind([("data", (4, 2))], [("softmax_label", (4,))])
    module.init_params(mx.init.One())
    module.forward(batch(), is_train=True)
    assert module.get_outputs()[0].shape == (4, 1)
    assert module.label_shapes is None


def test_a_rescale_that_is_not_of_the_batch_warns():
    module = ready()
    with pytest.warns(UserWarning, match=r"rescale_grad is 1\.0, not 1 / batch size \(0\.25\)"):
        module.init_optimizer(optimizer=mx.optimizer.SGD(), force_init=True)
    assert module._optimizer.idx2name == {0: "fc_weight", 1: "fc_bias"}


def test_numpy_integers_are_shapes():
    module = mx.mod.Module(network(np.int64(3)))
    module.bind([("data", (np.int64(4), np.int32(2)))], [("softmax_label", np.array([4]))])
    module.init_params()
    module.forward(batch(), is_train=False)
    assert module.output_shapes == [("softmax_output", (4, 3))]


def test_a_rebound_module_keeps_its_parameters():
    module = ready()
    trained = step(module)
    module.bind([("data", (2, 2))], [("softmax_label", (2,))], force_rebind=True)
    assert (module.get_params()[0]["fc_weight"].asnumpy() == trained["fc_weight"]).all()
    module.forward(batch(2), is_train=False)
    assert module.get_outputs()[0].shape == (2, 3)


def test_batches_of_any_size_reach_the_same_parameters():
    module = ready()
    module.forward(batch(7), is_train=False)
    assert module.get_outputs()[0].shape == (7, 3)
    module.forward(batch(4), is_train=True)
    module.backward()
    module.update()
    assert not (module.get_params()[0]["fc_weight"].asnumpy() == 1).all()


@pytest.mark.parametrize("kvstore", ["local", "device"])
@pytest.mark.parametrize("work", [[1, 1], [1, 3]])
def test_several_devices_train_like_one(kvstore, work):
    alone = step(ready(), 3)
    shared = mx.mod.Module(network(), context=[mx.cpu(0), mx.cpu(1)], work_load_list=work)
    shared.bind([("data", (4, 2))], [("softmax_label", (4,))])
    shared.init_params(mx.init.One())
    shared.init_optimizer(kvstore, optimizer_params={"learning_rate": 1.0})
    for name, array in step(shared, 3).items():
        np.testing.assert_allclose(array, alone[name], rtol=1e-5, atol=1e-6)


def test_devices_may_update_by_themselves(monkeypatch):
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", "0")
    alone = step(ready(), 3)
    shared = ready(context=[mx.cpu(0), mx.cpu(1)])
    assert shared._optimizer.idx2name == {0: "fc_weight", 1: "fc_weight", 2: "fc_bias", 3: "fc_bias"}
    for name, array in step(shared, 3).items():
        np.testing.assert_allclose(array, alone[name], rtol=1e-5, atol=1e-6)


def test_a_batch_too_small_for_all_devices_is_refused():
    module = mx.mod.Module(network(), context=[mx.cpu(0), mx.cpu(1)])
    with pytest.raises(ValueError, match="A batch of 1 cannot be split among 2 devices"):
        module.bind([("data", (1, 2))], [("softmax_label", (1,))])


def test_the_axis_of_the_batch_follows_the_layout():
    net = mx.sym.Variable("data") * 2
    module = mx.mod.Module(net, label_names=None, context=[mx.cpu(0), mx.cpu(1)])
    module.bind([mx.io.DataDesc("data", (3, 4), layout="TN")], for_training=False)
    module.init_params()
    module.forward(mx.io.DataBatch([mx.nd.array(np.arange(12).reshape(3, 4))]))
    shares = module.get_outputs(merge_multi_context=False)[0]
    assert [share.asnumpy().tolist() for share in shares] == [
        [[0, 2], [8, 10], [16, 18]],
        [[4, 6], [12, 14], [20, 22]],
    ]


def test_fixed_parameters_stay():
    module = ready(fixed_param_names=["fc_bias"])
    after = step(module, 2)
    assert (after["fc_bias"] == 0).all()
    assert not (after["fc_weight"] == 1).all()


def test_a_shared_module_trains_the_same_arrays():
    first = ready()
    second = mx.mod.Module(network())
    second.bind([("data", (2, 2))], [("softmax_label", (2,))], shared_module=first)
    assert second.optimizer_initialized
    second.forward_backward(batch(2))
    second.update()
    first.forward(batch(), is_train=False)
    second.forward(batch(), is_train=False)
    assert (first.get_outputs()[0].asnumpy() == second.get_outputs()[0].asnumpy()).all()


def test_gradients_of_outputs_start_where_they_are_given():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc")
    module = mx.mod.Module(net, label_names=None, context=[mx.cpu(0), mx.cpu(1)])
    module.bind([("data", (4, 2))], inputs_need_grad=True)
    module.init_params(mx.init.One())
    module.forward(mx.io.DataBatch([mx.nd.ones((4, 2))]), is_train=True)
    module.backward([mx.nd.array([[1.0], [2], [3], [4]])])
    assert module.get_input_grads()[0].asnumpy().tolist() == [[1, 1], [2, 2], [3, 3], [4, 4]]
    assert [len(shares) for shares in module.get_input_grads(merge_multi_context=False)] == [2]


def test_states_are_kept_from_batch_to_batch():
    net = mx.sym.Variable("data") + mx.sym.Variable("state")
    module = mx.mod.Module(net, label_names=None, state_names=["state"], context=[mx.cpu(0), mx.cpu(1)])
    module.bind([("data", (4, 2))], for_training=False)
    module.init_params()
    module.set_states(value=5)
    module.forward(batch())
    assert module.get_outputs()[0].asnumpy()[0].tolist() == [5, 5.25]
    module.set_states(module.get_outputs(merge_multi_context=False))
    module.forward(batch())
    assert module.get_outputs()[0].asnumpy()[0].tolist() == [5, 5.5]
    module.set_states([mx.nd.ones((4, 2))])
    assert module.get_states()[0].asnumpy().tolist() == [[1, 1]] * 4


def test_a_checkpoint_goes_on_where_training_stopped(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    prefix = str(tmp_path / "net")
    module = mx.mod.Module(network())
    module.bind([("data", (4, 2))], [("softmax_label", (4,))])
    module.init_params(mx.init.One())
    options = {"optimizer": "sgd", "optimizer_params": {"learning_rate": 1.0, "momentum": 0.9}}
    module.init_optimizer(**options)
    step(module, 2)
    module.save_checkpoint(prefix, 2, save_optimizer_states=True)
    assert caplog.messages == [
        f'Saved checkpoint to "{prefix}-0002.params"',
        f'Saved optimizer state to "{prefix}-0002.states"',
    ]
    expected = step(module, 2)
    loaded = mx.mod.Module.load(prefix, 2, load_optimizer_states=True)
    loaded.bind([("data", (4, 2))], [("softmax_label", (4,))])
    loaded.init_optimizer(**options)
    for name, array in step(loaded, 2).items():
        np.testing.assert_allclose(array, expected[name], rtol=1e-6)


@pytest.mark.parametrize("contexts", [[mx.cpu()], [mx.cpu(0), mx.cpu(1)]])
def test_states_are_saved_by_whoever_updates(tmp_path, contexts):
    module = ready(context=contexts)
    module.init_optimizer(optimizer="adam", force_init=True)
    step(module)
    path = str(tmp_path / "states")
    module.save_optimizer_states(path)
    module.load_optimizer_states(path)
    step(module)


def test_a_prediction_may_be_of_a_single_array():
    module = ready()
    values = np.arange(8).reshape(4, 2).astype("float32")
    assert (module.predict(values).asnumpy() == module.predict(mx.nd.array(values)).asnumpy()).all()


def test_predictions_outlive_the_next_batch():
    module = ready()
    batches = mx.io.NDArrayIter(np.arange(20).reshape(10, 2), batch_size=4)
    parts = module.predict(batches, merge_batches=False)
    whole = module.predict(batches)
    assert [len(part[0]) for part in parts] == [4, 4, 2]
    assert (np.concatenate([part[0].asnumpy() for part in parts]) == whole.asnumpy()).all()


def test_looking_at_some_batches_takes_no_more():
    module = ready()
    batches = mx.io.NDArrayIter(np.zeros((12, 2)), batch_size=4)
    module.predict(batches, num_batch=1)
    assert batches.cursor == 4  # the second batch is taken and left, as in MXNet


def test_anything_with_data_is_a_batch():
    module = ready()
    module.forward(batch(), is_train=False)
    expected = module.get_outputs()[0].asnumpy()
    module.forward(SimpleNamespace(data=batch().data), is_train=False)
    np.testing.assert_array_equal(module.get_outputs()[0].asnumpy(), expected)
    module.forward(SimpleNamespace(data=batch(2).data, label=batch(2).label), is_train=True)
    module.backward()
    assert module.get_outputs()[0].shape == (2, 3)


def test_initializers_may_be_named():
    module = mx.mod.Module(network())
    module.bind([("data", (4, 2))], [("softmax_label", (4,))])
    module.init_params("ones")
    np.testing.assert_array_equal(module.get_params()[0]["fc_weight"].asnumpy(), np.ones((3, 2)))


BATCHES = mx.io.NDArrayIter(np.ones((4, 2)), np.zeros(4), 2)
STEPS = {
    "forward": (batch(),),
    "backward": (),
    "update": (),
    "update_metric": (mx.metric.Accuracy(), batch().label),
    "get_outputs": (),
    "get_input_grads": (),
    "get_params": (),
    "set_params": ({}, {}),
    "init_params": (),
    "init_optimizer": (),
    "get_states": (),
    "set_states": (None, 1),
    "install_monitor": (mx.mon.Monitor(1),),
    "score": (BATCHES, "acc"),
    "predict": (BATCHES,),
    "save_params": ("never-written",),
    "save_optimizer_states": ("never-written",),
    "load_optimizer_states": ("never-written",),
    "reshape": ([("data", (2, 2))],),
    "prepare": (batch(),),
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_out_of_order_fails_an_assertion_as_in_mxnet(step):
    module = mx.mod.Module(network())
    with pytest.raises(AssertionError, match="of this Module first") as caught:
        getattr(module, step)(*STEPS[step])
    assert isinstance(caught.value, mx.MXNetError)


@pytest.mark.parametrize(
    ("use", "kind"),
    [
        (lambda: mx.mod.Module(network(), work_load_list=[1, 2]), AssertionError),
        (lambda: ready().init_optimizer(optimizer=3, force_init=True), AssertionError),
        (lambda: ready().init_optimizer(optimizer="sgdd", force_init=True), ValueError),
        (lambda: mx.mod.SequentialModule().add(mx.mod.Module(network()), takes_label=True), AssertionError),
        (lambda: mx.mod.BucketingModule(lambda key: network(), 4), ValueError),
        (lambda: mx.mod.Module(network(), group2ctxs=[{}, {}]).bind([("data", (4, 2))]), AssertionError),
        (lambda: mx.io.DataBatch(data=mx.nd.ones(3)), AssertionError),
        (lambda: mx.io.NDArrayIter(None), AssertionError),
        (lambda: mx.metric.create("accuracyy"), AssertionError),
        (lambda: mx.init.create("xavierr"), AssertionError),
        (lambda: mx.optimizer.SGD(param_idx2name=3), AssertionError),
        (lambda: mx.lr_scheduler.MultiFactorScheduler(3), AssertionError),
        (lambda: mx.lr_scheduler.PolyScheduler("a"), AssertionError),
    ],
)
def test_mistakes_are_of_the_class_that_mxnet_raises(use, kind):
    with pytest.raises(kind) as caught:
        use()
    assert isinstance(caught.value, mx.MXNetError)


def shares():
    data, label = batch().data[0], batch().label[0]
    return [mx.io.DataBatch([data[i : i + 2]], [label[i : i + 2]]) for i in (0, 2)]


def test_a_list_of_batches_is_one_in_parts():
    whole, parts = (mx.mod.Module(network(), context=[mx.cpu(0), mx.cpu(1)]) for _ in range(2))
    for module, given in ((whole, batch()), (parts, shares())):
        module.bind([("data", (4, 2))], [("softmax_label", (4,))])
        module.init_params(mx.init.One())
        module.init_optimizer()
        module.forward_backward(given)
        module.update()
    assert parts.get_outputs()[0].shape == (4, 3)
    for name, array in whole.get_params()[0].items():
        np.testing.assert_allclose(parts.get_params()[0][name].asnumpy(), array.asnumpy(), rtol=1e-6)
    accuracy = mx.metric.Accuracy()
    parts.update_metric(accuracy, [share.label for share in shares()], pre_sliced=True)
    assert accuracy.num_inst == 4


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda module: pickle.loads(pickle.dumps(module))])
def test_a_copy_of_a_module_trains_on_from_there_and_leaves_it_alone(copied):
    module = ready()
    step(module, times=2)
    copied_module = copied(module)
    trained = step(copied_module)
    np.testing.assert_array_equal(
        module.get_params()[0]["fc_weight"].asnumpy(), step(ready(), 2)["fc_weight"]
    )
    np.testing.assert_array_equal(trained["fc_weight"], step(module)["fc_weight"])
