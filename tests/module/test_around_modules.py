"""What programs hand to modules, override in them and read from them."""

import warnings

import numpy as np
import pytest

import mxnet as mx
from mxnet.model import (
    _create_kvstore,
    _create_sparse_kvstore,
    _initialize_kvstore,
    _update_params,
    _update_params_on_kvstore,
)
from mxnet.module.base_module import _as_list, _check_input_names, _parse_data_desc
from mxnet.module.executor_group import (
    _load_data,
    _load_general,
    _merge_multi_context,
    _prepare_group2ctxs,
    _split_input_slice,
)

DATA, LABEL = [("data", (4, 3))], [("softmax_label", (4,))]


def network():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    return mx.sym.SoftmaxOutput(net, name="softmax")


def batch():
    return mx.io.DataBatch([mx.nd.ones((4, 3))], [mx.nd.array([0, 1, 0, 1])])


def batches():
    return mx.io.NDArrayIter(np.ones((8, 3)), np.zeros(8), 4)


# ------------------------------------------------------------------------------------- labels under other names


def regression(**label):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc")
    return mx.sym.LinearRegressionOutput(net, name="lro", **label)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ({}, "lro_label"),
        ({"label": mx.sym.Variable("lro_label", init=mx.init.Zero())}, "lro_label"),
        ({"label": mx.sym.Variable("target")}, "target"),
    ],
)
@pytest.mark.parametrize("use", ["bind", "fit", "feed_forward", "bucketing", "no names"])
@pytest.mark.filterwarnings("ignore:label_names")
def test_a_label_under_a_name_that_the_network_lacks_is_refused(label, name, use):
    net = regression(**label)
    uses = {
        "bind": lambda: mx.mod.Module(net).bind(DATA, LABEL),
        "fit": lambda: mx.mod.Module(net).fit(batches(), num_epoch=1, eval_metric="mse"),
        "feed_forward": lambda: mx.model.FeedForward(net, num_epoch=1).fit(batches(), eval_metric="mse"),
        "bucketing": lambda: mx.mod.BucketingModule(lambda _: (net, ["data"], ["softmax_label"]), 1).bind(
            DATA, LABEL
        ),
        "no names": lambda: mx.mod.Module(net, label_names=None).bind(DATA, LABEL),
    }
    with pytest.raises(
        KeyError, match=f"Labels come as softmax_label, but the network has its labels under {name},"
    ):
        uses[use]()


@pytest.mark.filterwarnings("ignore:label_names")
def test_a_network_with_a_label_is_used_without_one():
    module = mx.mod.Module(regression())
    module.bind(DATA, for_training=False)
    module.set_params({"fc_weight": mx.nd.ones((1, 3)), "fc_bias": mx.nd.zeros(1)}, {}, allow_missing=True)
    module.forward(mx.io.DataBatch([mx.nd.ones((4, 3))]))
    assert module.get_outputs()[0].asnumpy().ravel().tolist() == [3, 3, 3, 3]
    with pytest.raises(mx.MXNetError, match=r"its labels under lro_label.*label_names=\['softmax_label'\]"):
        module.init_params(force_init=True)


@pytest.mark.filterwarnings("ignore:label_names")
def test_a_label_for_the_metric_alone_is_welcome():
    net = mx.sym.MakeLoss(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1))
    mx.mod.Module(net).fit(batches(), num_epoch=1, eval_metric="loss")


# ------------------------------------------------------------------------------------ shapes, contexts and names


@pytest.mark.parametrize(
    "shapes",
    [
        [("data", (4, 3))],
        (("data", (4, 3)),),
        [["data", [4, 3]]],
        [("data", np.array([4, 3]))],
        (each for each in [("data", (4, 3))]),
        [mx.io.DataDesc("data", np.array([4, 3]), layout="NC")],
        {"data": (4, 3)}.items(),
    ],
)
def test_shapes_come_as_any_iterable(shapes):
    module = mx.mod.Module(network())
    module.bind(shapes, iter(LABEL))
    assert module.data_shapes == [("data", (4, 3))]
    assert all(type(extent) is int for extent in module.data_shapes[0].shape)


def test_iterators_may_provide_tuples_and_generators():
    class Iterator(mx.io.DataIter):
        left = 2

        @property
        def provide_data(self):
            return (desc for desc in DATA)

        provide_label = tuple(LABEL)

        def reset(self):
            self.left = 2

        def next(self):
            self.left -= 1
            if self.left < 0:
                raise StopIteration
            return batch()

    module = mx.mod.Module(network())
    module.fit(mx.io.PrefetchingIter(Iterator(4)), Iterator(4), num_epoch=2)
    sequence = mx.mod.SequentialModule().add(mx.mod.Module(network()), take_labels=True)
    sequence.fit(Iterator(4), num_epoch=1)
    mx.model.FeedForward(network(), num_epoch=1, learning_rate=0.1).fit(Iterator(4))


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([("data", mx.nd.array([4, 3]))], "'data' must be a tuple of integers"),
        ([("data", ("a", 3))], "must be a tuple of integers"),
        ([("data", 4)], "must be a tuple of integers, got 4"),
        (3, r"such as \[\('data', \(32, 10\)\)\], but is 3"),
        (lambda: DATA, "It is a method: make it a property"),
    ],
)
def test_what_is_no_shape_is_a_type_error(shapes, message):
    with pytest.raises(TypeError, match=message) as raised:
        mx.mod.Module(network()).bind(shapes)
    assert isinstance(raised.value, mx.MXNetError)


@pytest.mark.parametrize(
    "contexts", [mx.cpu(), [mx.cpu(0), mx.cpu(1)], (mx.cpu(0), mx.cpu(1)), iter([mx.cpu()])]
)
def test_contexts_come_as_one_or_any_iterable(contexts):
    module = mx.mod.Module(
        network(), context=contexts, data_names=(n for n in ["data"]), label_names=iter(["softmax_label"])
    )
    module.bind(DATA, LABEL)
    module.init_params()
    module.forward(batch())
    assert module.get_outputs()[0].shape == (4, 2)


def test_a_workload_may_be_a_numpy_array():
    module = mx.mod.Module(network(), context=[mx.cpu(0), mx.cpu(1)], work_load_list=np.array([1, 3]))
    module.bind(DATA, LABEL)
    assert [part.stop - part.start for part in module._exec_group.slices] == [1, 3]


def test_warnings_name_the_line_of_the_program():
    with pytest.warns(UserWarning, match="label_names") as caught:
        mx.mod.Module(network(), label_names=["other_label"])
    assert caught[0].filename == __file__
    module = mx.mod.Module(network())
    module.bind(DATA, LABEL)
    module.init_params()
    for use in (
        module.init_params,
        lambda: module.init_optimizer(optimizer=mx.optimizer.SGD()),
        lambda: module.forward(mx.io.DataBatch([mx.nd.ones((4, 3))]), is_train=True),
    ):
        with pytest.warns(UserWarning, match="ignored|rescale_grad|no labels") as caught:
            use()
        assert caught[0].filename == __file__


def test_messages_stay_short_for_large_networks():
    net = mx.sym.Variable("data")
    for i in range(300):
        net = mx.sym.Activation(net * mx.sym.Variable(f"scale{i}"), act_type="relu")
    with pytest.raises(mx.MXNetError) as raised:
        mx.mod.Module(net, data_names=["nothing"], label_names=None)
    assert len(str(raised.value)) < 500
    assert "and 296 more" in str(raised.value)


# ----------------------------------------------------------------------------------------------- nothing to update


@pytest.mark.parametrize("fixed", [["fc_weight", "fc_bias"], "no parameters"])
@pytest.mark.parametrize("kvstore", [None, "local", pytest.param(mx.kv.create("local"), id="a store")])
@pytest.mark.parametrize("contexts", [[mx.cpu()], [mx.cpu(0), mx.cpu(1)]])
@pytest.mark.parametrize("kind", ["module", "buckets"])
def test_an_update_of_nothing_does_nothing(fixed, kvstore, contexts, kind):
    none = fixed == "no parameters"
    net = mx.sym.SoftmaxOutput(mx.sym.Variable("data"), name="softmax") if none else network()
    options = {"context": contexts, "fixed_param_names": None if none else fixed}
    made = (
        mx.mod.Module(net, **options)
        if kind == "module"
        else mx.mod.BucketingModule(lambda _: (net, ["data"], ["softmax_label"]), 1, **options)
    )
    made.bind(DATA, LABEL)
    made.init_params(mx.init.One())
    made.init_optimizer(kvstore=mx.kv.create("local") if kvstore and kvstore != "local" else kvstore)
    given = batch()
    given.bucket_key, given.provide_data, given.provide_label = 1, DATA, LABEL
    made.forward_backward(given)
    made.update()
    assert all(
        (array.asnumpy() == (name == "fc_weight")).all() for name, array in made.get_params()[0].items()
    )


def test_updaters_and_stores_take_nothing():
    mx.optimizer.get_updater(mx.optimizer.SGD())([], [], [])
    store = mx.kv.create("local")
    store.set_optimizer(mx.optimizer.SGD())
    store.push([], [])
    store.pull([], out=[])


@pytest.mark.parametrize("contexts", [[mx.cpu()], [mx.cpu(0), mx.cpu(1)]])
def test_gradients_of_the_data_that_nobody_asked_for_are_none(contexts):
    module = mx.mod.Module(network(), context=contexts)
    module.bind(DATA, LABEL, inputs_need_grad=True, grad_req="null")
    module.init_params()
    module.forward_backward(batch())
    assert module.get_input_grads() == [None]
    assert module.get_input_grads(merge_multi_context=False) == [[None] * len(contexts)]


# --------------------------------------------------------------------------------------- what programs override


def noted(calls, name):
    def method(self, *args, **kwargs):
        calls.append((name, args, kwargs))
        return getattr(super(type(self), self), name)(*args, **kwargs)

    return method


def test_fit_calls_the_steps_as_mxnet_does():
    calls = []
    names = ["bind", "init_params", "init_optimizer", "prepare", "update_metric", "set_params"]
    kind = type("Noting", (mx.mod.Module,), {name: noted(calls, name) for name in names})
    kind(network()).fit(batches(), num_epoch=1)
    found = [(name, len(args), sorted(kwargs)) for name, args, kwargs in calls]
    assert found == [
        ("bind", 0, ["data_shapes", "for_training", "force_rebind", "label_shapes"]),
        ("init_params", 0, ["allow_missing", "arg_params", "aux_params", "force_init", "initializer"]),
        ("init_optimizer", 0, ["kvstore", "optimizer", "optimizer_params"]),
        ("update_metric", 2, []),
        ("prepare", 1, ["sparse_row_id_fn"]),
        ("update_metric", 2, []),
        ("set_params", 2, []),
        (
            "init_params",
            0,
            ["allow_extra", "allow_missing", "arg_params", "aux_params", "force_init", "initializer"],
        ),
    ]


def test_a_module_of_a_user_s_own_may_set_up_its_store_as_mxnet_s_does():
    class Own(mx.mod.Module):
        def init_optimizer(self, kvstore="local", optimizer="sgd", optimizer_params=(), force_init=False):
            store, on_store = _create_kvstore(mx.kv.create("local"), len(self._context), self._arg_params)
            self._optimizer = mx.optimizer.create(optimizer, learning_rate=0.5, rescale_grad=0.25)
            self._kvstore, self._update_on_kvstore, self._updater = store, on_store, None
            store.set_optimizer(self._optimizer)
            _initialize_kvstore(
                kvstore=store,
                param_arrays=self._exec_group.param_arrays,
                arg_params=self._arg_params,
                param_names=self._param_names,
                update_on_kvstore=on_store,
            )
            self.optimizer_initialized = True

    plain = mx.mod.Module(network())
    for module in (own := Own(network()), plain):
        module.bind(DATA, LABEL)
        module.init_params(mx.init.One())
        module.init_optimizer(optimizer="sgd", optimizer_params={"learning_rate": 0.5})
        module.forward_backward(batch())
        module.update()
    assert (own.get_params()[0]["fc_bias"].asnumpy() == plain.get_params()[0]["fc_bias"].asnumpy()).all()


def blocks(*rows):
    return [[mx.nd.ones(2) * value if value is not None else None for value in row] for row in rows]


class Recorder(mx.kv.KVStoreBase):
    """Takes note of its calls."""

    type = "recorder"

    def __init__(self):
        self.calls = []

    @staticmethod
    def is_capable(capability):
        return True

    def broadcast(self, key, value, out, priority=0):
        self.calls.append(("broadcast", key, len(out), priority))

    def init(self, key, value):
        self.calls.append(("init", key))

    def pushpull(self, key, value, out=None, priority=0):
        self.calls.append(("pushpull", key, len(value), out is None, priority))


def test_stores_are_called_parameter_by_parameter():
    store, names = Recorder(), ["a", "b", "c"]
    params, grads = blocks([1, 1], [1, 1], [1, 1]), blocks([1, 1], [None, None], [1, 1])
    values = dict.fromkeys(names, mx.nd.ones(2))
    _initialize_kvstore(store, params, values, names, True)
    _initialize_kvstore(store, params[:1], values, ["a"], False)
    _update_params_on_kvstore(params, grads, store, names)
    updates = []
    _update_params(params, grads, lambda *args: updates.append(args[0]), 2, store, names)
    assert store.calls == [
        *(("broadcast", name, 2, 0) for name in names),
        ("init", "a"),
        ("pushpull", "a", 2, False, 0),
        ("pushpull", "c", 2, False, -2),
        ("pushpull", "a", 2, True, 0),
        ("pushpull", "c", 2, True, -2),
    ]
    assert updates == [[0, 4], [1, 5]]


@pytest.mark.parametrize(
    ("kvstore", "devices", "store", "updates"),
    [
        (None, 2, None, False),
        ("local", 1, None, False),
        ("local", 2, "local", True),
        ("device", 2, "device", True),
        (mx.kv.create("local"), 1, "local", True),
    ],
)
def test_a_store_is_made_where_there_are_several_devices(kvstore, devices, store, updates):
    made, on_store = _create_kvstore(kvstore, devices, {"a": mx.nd.ones(2)})
    assert (made and made.type, on_store) == (store, updates)


def test_large_parameters_are_updated_by_their_devices(monkeypatch):
    class Large:
        size = 2**24 + 1

    assert _create_kvstore("local", 2, {"a": Large()})[1] is False
    assert _create_kvstore("device", 2, {"a": Large()})[1] is True
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", "0")
    assert _create_kvstore("device", 2, {"a": Large()})[1] is False


@pytest.mark.parametrize("make", [lambda: _create_kvstore(3, 1, {}), lambda: _create_sparse_kvstore(None)])
def test_what_is_no_store_is_a_type_error(make):
    with pytest.raises(TypeError, match="Expected None|need a store"):
        make()


def test_descriptions_are_checked_against_names():
    data, label = _parse_data_desc(
        ["data"], ["l"], (("data", (2, 3)),), [mx.io.DataDesc("l", (2,), layout="N")]
    )
    assert (data, label) == ([("data", (2, 3))], [("l", (2,))])
    assert label[0].layout == "N"
    assert _parse_data_desc(["data"], ["l"], [("data", (2, 3))], None)[1] is None
    with pytest.raises(ValueError, match=r"data_shapes is for \['data'\]"):
        _parse_data_desc(["dat"], [], [("data", (2, 3))], None)
    with pytest.raises(ValueError, match="no argument"):
        _check_input_names(network(), ["x"], "data", True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _check_input_names(network(), ["data"], "data", False)
    assert (_as_list(3), _as_list((3,))) == ([3], (3,))


def spread(source, targets, axis):
    _load_general([source], [targets], [axis])
    return [array.asnumpy().tolist() for _, array in targets]


def test_arrays_are_spread_over_devices_and_put_together():
    source = mx.nd.array([0, 1, 2, 3])
    halves = [(slice(0, 2), mx.nd.zeros(2)), (slice(2, 4), mx.nd.zeros(2))]
    assert spread(source, halves, 0) == [[0, 1], [2, 3]]
    assert spread([source[2:], source[:2]], halves, 0) == [[2, 3], [0, 1]]
    assert (
        spread(source, [(slice(0, 2), mx.nd.zeros(4)), (slice(2, 4), mx.nd.zeros(4))], -1)
        == [[0, 1, 2, 3]] * 2
    )
    whole = mx.nd.zeros(4)
    _load_data(mx.io.DataBatch([source]), [whole], [0])
    assert whole.asnumpy().tolist() == [0, 1, 2, 3]
    (merged, first, nothing) = _merge_multi_context(
        [[source, whole], [source, whole], [None, None]], [0, -1, 0]
    )
    assert merged.shape == (8,)
    assert first is source
    assert nothing is None


def test_batches_are_split_by_workload():
    assert _split_input_slice(10, [1, 1, 2]) == [slice(0, 2), slice(2, 4), slice(4, 10)]
    with pytest.raises(ValueError, match="some would get nothing"):
        _split_input_slice(2, [1, 1, 1])


def test_context_groups_go_to_each_device():
    one, two = mx.cpu(0), mx.cpu(1)
    assert _prepare_group2ctxs(None, 2) == [None, None]
    assert _prepare_group2ctxs({"a": one}, 2) == [{"a": one}] * 2
    assert _prepare_group2ctxs({"a": [one, two], "b": [one]}, 2) == [
        {"a": one, "b": one},
        {"a": two, "b": one},
    ]
    with pytest.raises(AssertionError, match="group2ctxs has 1 entries"):
        _prepare_group2ctxs([{"a": one}], 2)


# ----------------------------------------------------------------------------------------- row-sparse parameters


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "ftrl", "adagrad"])
@pytest.mark.parametrize("kvstore", [False, True])
def test_row_sparse_parameters_stay_row_sparse_on_every_way(tmp_path, optimizer, kvstore):
    weight = mx.sym.Variable("fc_weight", stype="row_sparse", shape=(6, 2))
    net = mx.sym.sparse.dot(mx.sym.Variable("data", stype="csr"), weight)
    shapes = [("data", (2, 6))], [("softmax_label", (2,))]
    module = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"))
    module.bind(*shapes)
    module.init_params(arg_params={"fc_weight": mx.nd.ones((6, 2))}, aux_params={})
    store = mx.kv.create("local") if kvstore else None
    module.init_optimizer(kvstore=store, optimizer=optimizer)
    csr = mx.nd.array(np.eye(6)[[1, 3]]).tostype("csr")
    module.forward_backward(mx.io.DataBatch([csr], [mx.nd.array([0, 1])]))
    module.update()
    prefix = str(tmp_path / "net")
    module.save_checkpoint(prefix, 1, save_optimizer_states=True)
    loaded = mx.mod.Module.load(prefix, 1, load_optimizer_states=True)
    loaded.bind(*shapes)
    loaded.init_optimizer(kvstore=mx.kv.create("local") if kvstore else None, optimizer=optimizer)
    loaded.set_params(*module.get_params())
    expected = module.get_params()[0]["fc_weight"].asnumpy()
    assert (expected[[1, 3]] != 1).all()
    assert (expected[[0, 2]] == 1).all() or optimizer == "ftrl"
    for each in (module, loaded):
        executor = each._exec_group.execs[0]
        arrays = [
            each.get_params()[0]["fc_weight"],
            executor.arg_dict["fc_weight"],
            executor.grad_dict["fc_weight"],
        ]
        assert [array.stype for array in arrays] == ["row_sparse"] * 3
        np.testing.assert_array_equal(arrays[0].asnumpy(), expected)
        updater = each._kvstore._updater if kvstore else each._updater
        (state,) = updater.states.values()
        parts = state if isinstance(state, tuple) else [state]
        assert {part.stype for part in parts if part is not None} <= {"row_sparse"}
    assert mx.nd.load(f"{prefix}-0001.params")["arg:fc_weight"].stype == "row_sparse"


# ------------------------------------------------------------------------------------------ mistakes at the seams


class Unequal(mx.metric.EvalMetric):
    """Has more names than values."""

    def update(self, labels, preds):
        pass

    def get(self):
        return ["a", "b"], [1.0]


def wired():
    net = mx.sym.Variable("one") + mx.sym.Variable("two")
    sequence = mx.mod.SequentialModule().add(mx.mod.Module(network(), label_names=None))
    sequence.add(mx.mod.Module(net, data_names=["one", "two"], label_names=None), auto_wiring=True)
    sequence.bind(DATA)


def scheduled(rate):
    mx.optimizer.get_updater(mx.optimizer.SGD(lr_scheduler=lambda num_update: rate))(
        0, mx.nd.ones(1), mx.nd.ones(1)
    )


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: scheduled(None), r"lr_scheduler\(1\) must return a number, but .* returned None"),
        (
            lambda: mx.mod.Module(network()).fit(
                batches(), num_epoch=1, eval_metric=mx.metric.np(lambda label, pred: "good", name="mine")
            ),
            "mine must return a number, or a sum and a number of instances, but returned 'good'",
        ),
        (lambda: Unequal("unequal").get_name_value(), r"a value for each of the names \['a', 'b'\]"),
        (
            lambda: mx.mod.Module(network()).bind(DATA, LABEL, grad_req=["write"]),
            "grad_req has 1 entries, but the network has 4 arguments",
        ),
        (
            lambda: mx.optimizer.get_updater(mx.optimizer.SGD())([0, 1], [], []),
            "2 indices, 0 gradients and 0 weights",
        ),
        (lambda: mx.rnn.LSTMCell(2)(mx.sym.Variable("x"), []), "A LSTMCell has 2 states, but got 0"),
        (
            lambda: mx.rnn.BidirectionalCell(
                mx.rnn.RNNCell(2, prefix="a"), mx.rnn.RNNCell(2, prefix="b")
            ).unroll(2, mx.sym.Variable("x"), begin_state=[mx.sym.Variable("h")]),
            "The cells have 2 states, but got 1",
        ),
        (lambda: mx.io.PrefetchingIter([batches()], rename_data=[{}, {}]), "1 iterators, but names for 2"),
        (wired, "Module 1 takes the data one, two, but there are 1 outputs before it"),
    ],
)
def test_mistakes_at_the_seams_are_errors_of_mxnet_s_class(use, message):
    with pytest.raises(mx.MXNetError, match=message):
        use()


@pytest.mark.parametrize("rate", [0.5, np.float32(0.5), np.array(0.5), 1])
def test_a_schedule_may_return_any_number(rate):
    scheduled(rate)
