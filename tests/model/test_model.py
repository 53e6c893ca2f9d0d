"""FeedForward, MXNet's model class from before Module."""

import logging
import pickle

import numpy as np
import pytest

import mxnet as mx


def network():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    return mx.sym.SoftmaxOutput(net, name="softmax")


DATA = np.random.RandomState(0).uniform(-1, 1, (40, 2)).astype("float32")
LABEL = (DATA.sum(axis=1) > 0).astype("float32")


def trained(**kwargs):
    mx.random.seed(0)
    model = mx.model.FeedForward(network(), num_epoch=20, numpy_batch_size=8, learning_rate=1.0, **kwargs)
    model.fit(DATA, LABEL)
    return model


def test_it_learns_from_numpy_arrays():
    model = trained()
    assert (model.predict(DATA).argmax(axis=1) == LABEL).mean() > 0.9
    assert model.score(mx.io.NDArrayIter(DATA, LABEL, 10)) > 0.9


def test_create_makes_and_trains_at_once(caplog):
    caplog.set_level(logging.INFO)
    model = mx.model.FeedForward.create(
        network(), DATA, LABEL, num_epoch=1, eval_data=(DATA, LABEL), learning_rate=0.1
    )
    assert sorted(model.arg_params) == ["fc_bias", "fc_weight"]
    assert caplog.messages[0] == "Start training with [cpu(0)]"
    assert sum("Validation-accuracy" in message for message in caplog.messages) == 1


def test_an_epoch_may_be_shorter_than_the_data(caplog):
    caplog.set_level(logging.INFO)
    seen = []
    model = mx.model.FeedForward(network(), num_epoch=2, numpy_batch_size=8, epoch_size=3)
    model.fit(DATA, LABEL, batch_end_callback=lambda param: seen.append(param.nbatch))
    assert seen == [1, 2, 3, 1, 2, 3]


def test_predictions_come_with_their_data():
    output, data, label = trained().predict(mx.io.NDArrayIter(DATA, LABEL, 16), return_data=True)
    assert output.shape == (40, 2)
    assert (data == DATA).all()
    assert (label == LABEL).all()


def test_predictions_stay_those_of_the_first_parameters_as_in_mxnet():
    model = trained()
    before = model.predict(DATA)
    model.arg_params = {name: array * 0 for name, array in model.arg_params.items()}
    assert (model.predict(DATA) == before).all()
    assert (model.predict(DATA[:3]) == 0.5).all()


def test_it_can_be_saved_loaded_and_pickled(tmp_path):
    model = trained()
    model.save(str(tmp_path / "net"))
    loaded = mx.model.FeedForward.load(str(tmp_path / "net"), 20)
    assert loaded.begin_epoch == 20
    for other in (loaded, pickle.loads(pickle.dumps(model))):
        np.testing.assert_allclose(other.predict(DATA), model.predict(DATA), rtol=1e-5)


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda m: m.fit(DATA), "fit needs the labels, y"),
        (lambda m: m.fit(DATA, LABEL[:3]), "There are 40 samples, but 3 labels"),
        (lambda m: m.fit(3), "Expected a DataIter or an array of data, got int"),
        (lambda m: m.fit(DATA, LABEL), "fit needs num_epoch"),
        (lambda m: m.predict(DATA), r"The model has no parameters: call fit\(\)"),
        (lambda m: m.save("x"), "save needs an epoch"),
    ],
)
def test_misuse_is_explained(use, message):
    with pytest.raises(mx.MXNetError, match=message):
        use(mx.model.FeedForward(network()))


class Buckets(mx.io.DataIter):
    """Has batches of two lengths."""

    default_bucket_key = 5
    provide_data, provide_label = [("data", (2, 5, 3))], [("softmax_label", (2,))]

    def reset(self):
        self.lengths = iter([5, 4, 5])

    def next(self):
        length = next(self.lengths)
        arrays = [mx.nd.ones((2, length, 3))], [mx.nd.array([0, 1])]
        return mx.io.DataBatch(*arrays, 0, None, length, [("data", (2, length, 3))], self.provide_label)


def of_length(length):
    mean = mx.sym.mean(mx.sym.Variable("data"), axis=1)
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mean, num_hidden=2), name="softmax")


def test_a_model_may_have_a_network_for_each_length(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    model = mx.model.FeedForward(of_length, num_epoch=2, learning_rate=0.1)
    assert (model.symbol, model.sym_gen) == (None, of_length)
    model.fit(Buckets(2), eval_data=Buckets(2))
    arguments = ["data", "fullyconnected0_weight", "fullyconnected0_bias", "softmax_label"]
    assert model.symbol.list_arguments() == arguments
    assert sorted(model.arg_params) == ["fullyconnected0_bias", "fullyconnected0_weight"]
    assert "Epoch[1] Validation-accuracy=0.500000" in caplog.messages
    model.save(str(tmp_path / "net"))
    assert mx.sym.load(str(tmp_path / "net-symbol.json")).list_arguments() == arguments
    assert model.predict(np.ones((2, 5, 3), "f")).shape == (2, 2)


def logged(caplog, **kwargs):
    caplog.set_level(logging.INFO)
    data, label = np.ones((6, 3), "f"), np.zeros(6, "f")
    options = {name: kwargs.pop(name) for name in ("epoch_size",) if name in kwargs}
    model = mx.model.FeedForward(network(), num_epoch=2, numpy_batch_size=2, learning_rate=0.1, **options)
    model.fit(data, label, **kwargs)
    return [line if "Time cost" not in line else line.partition("=")[0] for line in caplog.messages]


def test_training_logs_the_lines_that_scripts_look_for(caplog):
    assert logged(caplog) == [
        "Start training with [cpu(0)]",
        "Epoch[0] Resetting Data Iterator",
        "Epoch[0] Time cost",
        "Epoch[1] Resetting Data Iterator",
        "Epoch[1] Time cost",
    ]


def test_a_callback_takes_the_place_of_the_validation_line(caplog):
    seen = []
    batches = mx.io.NDArrayIter(np.ones((4, 3)), np.zeros(4), 2)
    lines = logged(
        caplog, eval_data=batches, eval_end_callback=lambda param: seen.append((param.epoch, param.nbatch))
    )
    assert seen == [(0, 2), (1, 2)]
    assert not any("Validation" in line for line in lines)


@pytest.mark.parametrize(("size", "starts"), [(2, [1]), (3, [1]), (4, [0, 1])])
def test_the_data_start_over_where_an_epoch_needs_it(caplog, size, starts):
    lines = logged(caplog, epoch_size=size)
    assert [line for line in lines if "Resetting" in line] == [
        f"Epoch[{e}] Resetting Data Iterator" for e in starts
    ]


EXTRA = {"fc_weight": mx.nd.ones((2, 3)), "fc_bias": mx.nd.zeros(2), "other": mx.nd.ones(1)}


def test_parameters_of_another_network_are_refused_unless_allowed():
    data = np.ones((4, 3), "f")
    with pytest.raises(ValueError, match="no argument 'other'"):
        mx.model.FeedForward(network(), arg_params=dict(EXTRA), aux_params={}).predict(data)
    with pytest.raises(ValueError, match="no auxiliary state 'z'"):
        mx.model.FeedForward(network(), arg_params={}, aux_params={"z": mx.nd.ones(1)}).predict(data)
    allowed = mx.model.FeedForward(network(), arg_params=dict(EXTRA), aux_params={}, allow_extra_params=True)
    assert allowed.predict(data).shape == (4, 2)
    assert sorted(allowed.arg_params) == ["fc_bias", "fc_weight"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (3, TypeError),
        ((None, LABEL), ValueError),
        ((DATA, LABEL, LABEL), TypeError),
        ((DATA, np.zeros((40, 2))), ValueError),
    ],
)
def test_validation_data_of_another_kind_are_refused(data, kind):
    model = mx.model.FeedForward(network(), num_epoch=1)
    with pytest.raises(mx.MXNetError) as raised:
        model.fit(DATA, LABEL, eval_data=data)
    assert isinstance(raised.value, kind)


def test_callbacks_see_the_metric_and_the_batches():
    seen = {}

    def look(when):
        return lambda param: seen.setdefault(when, param.locals)

    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2), name="softmax")
    data, label = np.ones((4, 3)), np.zeros(4)
    mx.model.FeedForward(net, num_epoch=1).fit(
        data,
        label,
        eval_data=(data, label),
        batch_end_callback=look("batch"),
        eval_batch_end_callback=look("validation batch"),
        eval_end_callback=look("validation"),
    )
    for variables in seen.values():
        assert isinstance(variables["eval_metric"], mx.metric.Accuracy)
        assert {"epoch", "nbatch", "train_data", "eval_data", "data_batch", "tic", "logger"} <= set(variables)
    assert seen["validation batch"]["eval_batch"].data[0].shape == (4, 3)
