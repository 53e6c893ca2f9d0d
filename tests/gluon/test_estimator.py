"""The estimator trains, calls handlers in their order, stops, saves and goes on as real MXNet does."""

from __future__ import annotations

import logging

import numpy as np
import pytest

import mxnet as mx
from mxnet import gluon
from mxnet.gluon.contrib import estimator as est

EVENTS = (est.TrainBegin, est.TrainEnd, est.EpochBegin, est.EpochEnd, est.BatchBegin, est.BatchEnd)


def batches(count=8, size=4):
    x = np.arange(count * 3).reshape(count, 3).astype("float32") / 10
    y = (np.arange(count) % 2).astype("float32")
    return [(mx.nd.array(x[i : i + size]), mx.nd.array(y[i : i + size])) for i in range(0, count, size)]


def network():
    net = gluon.nn.Dense(2, in_units=3)
    net.initialize(mx.init.One())
    return net


class Recorder(*EVENTS):
    """Writes down its calls."""

    def __init__(self, calls, name="", priority=0):
        self.calls, self.name, self.priority = calls, name, priority

    def train_begin(self, estimator, *args, **kwargs):
        self.calls.append(f"{self.name}tb")

    def train_end(self, estimator, *args, **kwargs):
        self.calls.append(f"{self.name}te")

    def epoch_begin(self, estimator, *args, **kwargs):
        self.calls.append(f"{self.name}eb")

    def epoch_end(self, estimator, *args, **kwargs):
        self.calls.append(f"{self.name}ee")

    def batch_begin(self, estimator, *args, batch, **kwargs):
        self.calls.append(f"{self.name}bb")

    def batch_end(self, estimator, *args, batch, pred, label, loss, **kwargs):
        self.calls.append(f"{self.name}be")


@pytest.fixture
def make():
    def make(**kwargs):
        net = kwargs.pop("net", None) or network()
        trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1})
        made = est.Estimator(net, gluon.loss.SoftmaxCELoss(), trainer=trainer, **kwargs)
        made.logger.handlers.clear()
        return made

    return make


@pytest.fixture
def logged(make):
    """Return an estimator, and what it tells its logger."""
    made, lines = make(), []

    class Lines(logging.Handler):
        def emit(self, record):
            lines.append(record.getMessage())

    made.logger.addHandler(Lines())
    return made, lines


def test_training_computes_what_mxnet_computes(make):
    made = make()
    made.fit(batches(), epochs=2)
    # Answers of MXNet 1.9.1 on the same data.
    assert dict(metric.get() for metric in made.train_metrics) == pytest.approx(
        {"training accuracy": 0.5, "training softmaxcrossentropyloss": 0.6888}, abs=5e-5
    )


def test_validation_has_metrics_of_its_own(make):
    made = make()
    assert [metric.name for metric in made.train_metrics] == [
        "training accuracy",
        "training softmaxcrossentropyloss",
    ]
    made.evaluate(batches())
    (name, value), _ = (metric.get() for metric in made.val_metrics)
    assert (name, value) == ("validation accuracy", 0.5)
    assert np.isnan(made.train_metrics[0].get()[1])


def test_given_metrics_replace_the_loss(make):
    metric = mx.metric.Accuracy()
    assert make(train_metrics=metric).train_metrics == [metric]
    assert metric.name == "training accuracy"


def test_handlers_are_called_at_every_event(make):
    calls = []
    make().fit(batches(), epochs=2, event_handlers=[Recorder(calls)])
    epoch = ["eb", "bb", "be", "bb", "be", "ee"]
    assert calls == ["tb", *epoch, *epoch, "te"]


def test_handlers_of_lower_priority_come_first(make):
    calls = []
    handlers = [Recorder(calls, "a", 5), Recorder(calls, "b"), Recorder(calls, "c", -5000)]
    make().fit(batches(), batches=1, event_handlers=handlers)
    assert calls[:6] == ["ctb", "btb", "atb", "ceb", "beb", "aeb"]


def test_evaluation_calls_no_handlers_of_training(make):
    calls = []
    make().evaluate(batches(4), event_handlers=Recorder(calls))
    assert calls == ["eb", "bb", "be", "ee"]


def test_training_ends_after_so_many_batches(make):
    calls = []
    make().fit(batches(), batches=3, event_handlers=Recorder(calls))
    assert calls == ["tb", "eb", "bb", "be", "bb", "be", "ee", "eb", "bb", "be", "ee", "te"]


def test_validation_follows_every_epoch(make):
    made = make()
    made.fit(batches(), val_data=batches(), epochs=1)
    assert made.val_metrics[0].get() == ("validation accuracy", 0.5)


def test_early_stopping_waits_as_long_as_it_has_patience(make):
    made = make()
    stopper = est.EarlyStoppingHandler(made.train_metrics[1], min_delta=1.0, patience=2)
    made.fit(batches(), epochs=9, event_handlers=stopper)
    assert (stopper.stopped_epoch, stopper.wait, stopper.current_epoch) == (2, 2, 3)


def test_early_stopping_wants_accuracies_larger_and_losses_smaller(make):
    accuracy, loss = make().train_metrics
    assert est.EarlyStoppingHandler(accuracy).improves(0.9, 0.8)
    assert est.EarlyStoppingHandler(loss).improves(0.8, 0.9)


def test_log_reads_as_that_of_mxnet(logged):
    made, lines = logged
    logger = est.LoggingHandler(log_interval=1, metrics=made.train_metrics[:1])
    made.fit(batches(), epochs=1, event_handlers=logger)
    assert lines[:3] == [
        "Training begin: using optimizer SGD with current learning rate 0.1000 ",
        "Train for 1 epochs.",
        "[Epoch 0] Begin, current learning rate: 0.1000",
    ]
    assert lines[3].startswith("[Epoch 0][Batch 0][Samples 4] time/interval: ")
    assert lines[-1] == "Train finished using total 0s with 1 epochs. training accuracy: 0.5000"


def test_checkpoints_are_named_by_epoch_and_batch_and_the_oldest_goes(make, tmp_path):
    keeper = est.CheckpointHandler(str(tmp_path / "new"), "m", max_checkpoints=2)
    make().fit(batches(), epochs=3, event_handlers=keeper)
    assert {path.name for path in (tmp_path / "new").iterdir()} == {
        "m-epoch1batch4.params",
        "m-epoch1batch4.states",
        "m-epoch2batch6.params",
        "m-epoch2batch6.states",
    }


def test_best_epoch_is_saved_with_the_graph(make, tmp_path):
    net = network()
    net.hybridize()
    made = make(net=net)
    keeper = est.CheckpointHandler(str(tmp_path), monitor=made.train_metrics[1], save_best=True)
    made.fit(batches(), epochs=2, event_handlers=keeper)
    assert {"model-best.params", "model-best.states", "model-symbol.json"} <= {
        path.name for path in tmp_path.iterdir()
    }
    assert mx.sym.load(str(tmp_path / "model-symbol.json")).list_arguments()[0] == "data"


def test_training_resumed_from_a_checkpoint_is_training_that_was_not_interrupted(make, tmp_path):
    whole, first, second = make(), make(), make()
    whole.fit(batches(), epochs=3)
    first.fit(batches(), epochs=2, event_handlers=est.CheckpointHandler(str(tmp_path)))
    keeper = est.CheckpointHandler(str(tmp_path), resume_from_checkpoint=True)
    second.fit(batches(), epochs=3, event_handlers=keeper)
    np.testing.assert_allclose(
        second.net.weight.data().asnumpy(), whole.net.weight.data().asnumpy(), rtol=1e-6
    )
    assert keeper.saved_checkpoints == ["model-epoch2batch6"]
    with pytest.raises(ValueError, match="maximum number of epoch 2 reached"):
        make().fit(
            batches(),
            epochs=2,
            event_handlers=est.CheckpointHandler(str(tmp_path), resume_from_checkpoint=True),
        )


@pytest.mark.filterwarnings("ignore:No trainer specified")
def test_network_is_initialized_if_it_is_not(make):
    net = gluon.nn.Dense(2, in_units=3)
    est.Estimator(net, gluon.loss.L2Loss(), initializer=mx.init.One())
    assert net.weight.data().asnumpy().sum() == 6
    with pytest.warns(UserWarning, match="already fully initialized"):
        make(net=net, initializer=mx.init.Zero())


def test_batches_are_split_over_contexts(make):
    net, contexts = gluon.nn.Dense(2, in_units=3), [mx.cpu(0), mx.cpu(1)]
    net.initialize(mx.init.One(), ctx=contexts)
    made = make(net=net, context=contexts)
    made.fit(batches(), epochs=2)
    assert net.weight.list_ctx() == contexts
    assert made.train_metrics[1].get()[1] == pytest.approx(0.6888, abs=5e-5)


def test_without_a_trainer_it_is_said_which_is_used():
    with pytest.warns(UserWarning, match="default SGD optimizer with learning rate 0.001"):
        made = est.Estimator(network(), gluon.loss.L2Loss())
    assert made.trainer.learning_rate == 0.001
    assert [metric.name for metric in made.train_metrics] == ["training l2loss"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda make: est.Estimator(network(), 5), "loss must be a Loss"),
        (lambda make: make(train_metrics="acc"), "metrics must be a Metric"),
        (lambda make: make(context="cpu"), "context must be a Context"),
        (lambda make: make(batch_processor=5), "must define fit_batch"),
        (lambda make: make().fit(batches()), "one and only one of: epochs or batches"),
        (lambda make: make().fit(5, epochs=1), "pairs of data and labels, got int"),
        (lambda make: make().evaluate(mx.io.NDArrayIter(np.ones((2, 3)))), "Wrap a DataIter"),
        (lambda make: make().fit(batches(), epochs=1, event_handlers=[5]), "must be an EventHandler"),
        (
            lambda make: make().fit(
                batches(), epochs=1, event_handlers=est.LoggingHandler(metrics=mx.metric.MSE())
            ),
            "outside of the known training and validation metrics",
        ),
        (lambda make: est.LoggingHandler(log_interval="often"), "an integer or string 'epoch'"),
        (lambda make: est.CheckpointHandler("x", save_best=True), "as monitor"),
    ],
)
def test_wrong_argument_is_named(make, wrong, says):
    with pytest.raises(ValueError, match=says):
        wrong(make)
