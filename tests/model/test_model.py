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
    assert seen == [0, 1, 2, 0, 1, 2]


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


@pytest.mark.parametrize("kind", ["arg_params", "aux_params"])
def test_parameters_of_another_network_are_refused_unless_they_are_allowed(kind):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    params = {"arg_params": {"fc_weight": mx.nd.ones((2, 3)), "fc_bias": mx.nd.zeros(2)}, "aux_params": {}}
    params[kind]["other"] = mx.nd.ones(1)
    with pytest.raises(ValueError, match="'other'"):
        mx.model.FeedForward(net, **params).predict(np.ones((4, 3), "float32"))
    allowed = mx.model.FeedForward(net, **params, allow_extra_params=True)
    assert allowed.predict(np.ones((4, 3), "float32")).shape == (4, 2)
