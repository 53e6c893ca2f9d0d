"""Metrics: values beyond those recorded with MXNet, counts, and errors."""

import math

import numpy as np
import pytest

import mxnet as mx

M = mx.metric
LABEL = mx.nd.array([0, 1, 2, 0])
SCORES = mx.nd.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1], [0.1, 0.5, 0.4]])
TWO = mx.nd.array([[0.7, 0.3], [0.4, 0.6], [0.8, 0.2], [0.3, 0.7], [0.1, 0.9]])


def test_a_local_reset_leaves_the_global_count():
    metric = M.Accuracy()
    metric.update([LABEL], [SCORES])
    metric.reset_local()
    metric.update([mx.nd.array([0])], [mx.nd.array([[0.9, 0.1, 0]])])
    assert metric.get() == ("accuracy", 1.0)
    assert metric.get_global() == ("accuracy", 0.6)
    assert metric.get_global_name_value() == [("accuracy", 0.6)]
    metric.reset()
    assert math.isnan(metric.get_global()[1])


# The values after each of: a batch, another, a local reset, the second batch again (MXNet 1.9.1).
@pytest.mark.parametrize(
    ("name", "average", "local", "overall"),
    [
        ("f1", "macro", [2 / 3, 2 / 3, math.nan, 2 / 3], 2 / 3),
        ("f1", "micro", [2 / 3, 2 / 3, math.nan, 2 / 3], 2 / 3),
        ("mcc", "macro", [1 / 6, 1 / 3, math.nan, 0.5], 0.38888889),
        ("mcc", "micro", [1 / 6, 0.2581988897, math.nan, 0.5], 0.3105295),
    ],
)
def test_two_class_metrics_average_over_batches_or_examples(name, average, local, overall):
    metric = M.create(name, average=average)
    first = (mx.nd.array([0, 1, 1, 0, 1]), TWO)
    second = (mx.nd.array([1, 1, 0]), TWO[:3])
    found = []
    for step in (first, second, None, second):
        if step is None:
            metric.reset_local()
        else:
            metric.update([step[0]], [step[1]])
        found.append(metric.get()[1])
    assert found == pytest.approx(local, nan_ok=True)
    assert metric.get_global()[1] == pytest.approx(overall)


def test_correlation_of_classes_grows_with_new_classes():
    metric = M.PCC()
    assert math.isnan(metric.get()[1])
    metric.update([LABEL], [SCORES])
    assert metric.get()[1] == pytest.approx(0.2236067977)
    metric.reset_local()
    assert math.isnan(metric.get()[1])
    metric.update([mx.nd.array([3])], [mx.nd.array([[0, 0, 0, 1.0]])])
    assert metric.get_global()[1] == pytest.approx(0.4714045208)


def test_correlation_of_all_values_together():
    metric = M.PearsonCorrelation(average="micro")
    pairs = [
        (np.random.RandomState(s).rand(5, 1), np.random.RandomState(s + 9).rand(5, 1)) for s in (1, 2, 3)
    ]
    for label, pred in pairs:
        metric.update([mx.nd.array(label)], [mx.nd.array(pred)])
    everything = [np.concatenate(part).ravel() for part in zip(*pairs, strict=True)]
    assert metric.get()[1] == pytest.approx(np.corrcoef(*everything)[0, 1], rel=1e-5)
    metric.reset()
    assert math.isnan(metric.get()[1])


def test_perplexity_takes_sequences_and_leaves_padding_out():
    metric = M.Perplexity(ignore_label=-1)
    scores = mx.nd.array([[[0.5, 0.5], [0.25, 0.75]], [[1.0, 0.0], [0.5, 0.5]]])
    metric.update([mx.nd.array([[0, 0], [0, -1]])], [scores])
    assert metric.get()[1] == pytest.approx(math.exp(-(math.log(0.5) + math.log(0.25)) / 3))
    assert metric.get_global() == metric.get()


def test_perplexity_of_nothing_but_padding_is_unknown():
    metric = M.Perplexity(ignore_label=0)
    metric.update([mx.nd.array([0, 0])], [mx.nd.array([[1.0, 0], [1.0, 0]])])
    assert math.isnan(metric.get()[1])
    assert math.isnan(metric.get_global()[1])


@pytest.mark.parametrize("seed", range(5))
def test_of_equal_scores_the_later_classes_are_the_best(seed):
    random = np.random.RandomState(seed)
    scores, wanted = random.randint(0, 3, (20, 6)).astype("float32"), random.randint(-1, 8, 20)
    metric = M.TopKAccuracy(top_k=3)
    metric.update([mx.nd.array(wanted)], [mx.nd.array(scores)])
    best = np.argsort(scores, axis=1, kind="stable")[:, -3:]
    assert metric.get()[1] == (best == wanted[:, None]).any(axis=1).mean()


def test_a_metric_that_joins_a_composite_keeps_what_it_has_counted():
    accuracy = mx.metric.create("acc")
    accuracy.update([mx.nd.array([0])], [mx.nd.array([[0.9, 0.1]])])
    mx.metric.CompositeEvalMetric([accuracy, "mae"])
    assert accuracy.get() == ("accuracy", 1.0)


def test_composites_nest_and_report_flat():
    metric = M.create(["acc", M.CompositeEvalMetric(["ce", M.TopKAccuracy(top_k=2)])])
    metric.update([LABEL], [SCORES])
    assert metric.get()[0] == ["accuracy", "cross-entropy", "top_k_accuracy_2"]
    assert metric.get_global()[1] == metric.get()[1]
    metric.reset_local()
    assert all(math.isnan(value) for value in metric.get()[1])
    assert metric.get_config()["metrics"][0]["metric"] == "Accuracy"


def test_a_configuration_makes_the_metric_again():
    config = M.TopKAccuracy(top_k=3, output_names=["a"]).get_config()
    assert config == {
        "metric": "TopKAccuracy",
        "name": "top_k_accuracy_3",
        "output_names": ["a"],
        "label_names": None,
        "top_k": 3,
    }


def test_functions_keep_their_names():
    def share_of_hits(label, pred):
        return float((pred.argmax(1) == label).mean())

    assert M.create(share_of_hits).name == "share_of_hits"
    assert M.np(share_of_hits).name == "share_of_hits"
    assert M.create(lambda label, pred: 1.0).name == "custom(<lambda>)"


def test_the_metrics_of_users_may_add_to_the_sum_themselves():
    class Count(M.EvalMetric):
        def update(self, labels, preds):
            self.sum_metric += len(preds)
            self.num_inst += 1

    metric = Count("count")
    metric.update([], [1, 2])
    assert metric.get() == metric.get_global() == ("count", 2.0)


@pytest.mark.parametrize(
    ("update", "kind", "message"),
    [
        (
            lambda: M.create("acuracy"),
            ValueError,
            "'acuracy' is not a registered metric.*Did you mean 'accuracy'",
        ),
        (lambda: M.create(3), ValueError, "expected a name or a EvalMetric, got 3"),
        (lambda: M.TopKAccuracy(top_k=1), ValueError, "top_k must be more than 1, got 1"),
        (
            lambda: M.Accuracy().update([LABEL], [SCORES, SCORES]),
            ValueError,
            "number of labels is 1, of predictions 2",
        ),
        (
            lambda: M.Accuracy().update([LABEL[:3]], [SCORES]),
            ValueError,
            "number of labels is 3, of predictions 4",
        ),
        (
            lambda: M.MAE().update([mx.nd.ones((3, 1))], [mx.nd.ones((2, 2))]),
            ValueError,
            r"\(3, 1\), that of the",
        ),
        (lambda: M.CrossEntropy().update([LABEL], [SCORES[:3]]), ValueError, "one label for each row"),
        (
            lambda: M.CrossEntropy().update([LABEL + 5], [SCORES]),
            ValueError,
            "classes from 0 to 2.*reach from 5 to 7",
        ),
        (lambda: M.Perplexity(None).update([LABEL], [SCORES[:3]]), ValueError, "one label for each row"),
        (
            lambda: M.F1().update([LABEL], [SCORES]),
            ValueError,
            r"for two classes, but the labels hold \[0, 1, 2\]",
        ),
        (
            lambda: M.TopKAccuracy(top_k=5).update([LABEL], [SCORES]),
            ValueError,
            "3 classes, so no top_k of 5",
        ),
        (
            lambda: M.Accuracy().update([np.zeros(4)], [SCORES]),
            AttributeError,
            "got a numpy.ndarray. Wrap it",
        ),
        (lambda: M.PearsonCorrelation().update([LABEL], [SCORES]), ValueError, "shape of labels"),
        (lambda: M.CompositeEvalMetric(["acc"]).get_metric(9), ValueError, "There are 1 metrics"),
        (lambda: M.EvalMetric("x").update([], []), NotImplementedError, "does not define update"),
        (lambda: M.create(lambda a, b: 1).get_config(), NotImplementedError, "holds a function"),
        (
            lambda: M.Accuracy(output_names=["out"]).update_dict({"l": LABEL}, {"outs": SCORES}),
            KeyError,
            "wants the output 'out', but there are only.*Did you mean 'outs'",
        ),
    ],
)
def test_misuse_is_explained(update, kind, message):
    with pytest.raises(kind, match=message):
        update()


PROBABILITIES = mx.nd.array([[0.2, 0.3, 0.5], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1], [0.25, 0.25, 0.5]])


@pytest.mark.parametrize(
    ("ignored", "labels", "value"),  # recorded from MXNet 1.9.1
    [
        (None, [-1, 1, 0, 2], 2.13644),  # padding counts as the first class
        (None, [3, 1, 0, 2], 1.69904),  # one class too many as the last one
        (None, [9, 1, 0, 2], 1.69904),
        (None, [-9, 1, 0, 0], 2.54066),
        (None, [float("nan"), 1, 0, 2], 2.13644),
        (-1, [-1, 1, 0, 2], 1.60915),
        (-1, [-2, 1, 0, 0], 2.54066),
        (0, [-1, 1, 0, 2], 2.32079),
        (3, [3, 1, 0, 2], 1.60915),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "int32"])
def test_perplexity_takes_labels_beyond_the_classes_as_mxnet_does(ignored, labels, value, dtype):
    if dtype == "int32" and labels[0] != labels[0]:
        labels = [0, *labels[1:]]
    metric = mx.metric.Perplexity(ignored)
    metric.update([mx.nd.array(labels, dtype=dtype)], [PROBABILITIES])
    assert metric.get()[1] == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize("name", ["ce", "nll_loss"])
def test_a_class_too_many_has_no_probability(name):
    metric = mx.metric.create(name)
    with pytest.raises(IndexError, match=r"classes from 0 to 2.*reach from 0 to 3"):
        metric.update([mx.nd.array([3, 1, 0, 2])], [PROBABILITIES])
    metric.update([mx.nd.array([-1, 1, 0, 2])], [PROBABILITIES])  # counts from the end, as in MXNet
    assert metric.get()[1] == pytest.approx(0.53006, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "labels", "value"),  # recorded from MXNet 1.9.1
    [
        ("f1", [1, 2, 2, 1], 0.5),
        ("f1", [-1, 1, -1, 1], 0.0),
        ("mcc", [1, 2, 2, 1], 0.0),
        ("mcc", [-1, -1, -1, -1], 0.0),
        ("mcc", [0, 2, 0, 2], 0.0),
    ],
)
def test_metrics_of_two_classes_take_every_other_label_for_the_negative_one(name, labels, value):
    metric = mx.metric.create(name)
    scores = mx.nd.array([[0.2, 0.8], [0.7, 0.3], [0.4, 0.6], [0.9, 0.1]])
    metric.update([mx.nd.array(labels)], [scores])
    assert metric.get()[1] == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize(
    ("make", "labels", "kind"),
    [
        (lambda: mx.metric.create("ce"), [2, 1], AssertionError),
        (lambda: mx.metric.Perplexity(None), [2, 1], AssertionError),
        (lambda: mx.metric.TopKAccuracy(top_k=2), [2, 1], AssertionError),
        (lambda: mx.metric.create("acc"), [2, 1], ValueError),
        (lambda: mx.metric.TopKAccuracy(top_k=1), [2, 1], AssertionError),
    ],
)
def test_errors_are_also_of_the_kind_that_mxnet_raises(make, labels, kind):
    with pytest.raises(mx.MXNetError) as raised:
        make().update([mx.nd.array(labels)], [PROBABILITIES])
    assert isinstance(raised.value, kind)


class Lists(mx.metric.EvalMetric):
    """Is written as before MXNet 1.4: with reset, update and get alone."""

    def __init__(self):
        self.name = "lists"
        self.reset()

    def reset(self):
        self.sums = [0.0, 0.0]

    def update(self, labels, preds):
        self.sums = [self.sums[0] + 1, self.sums[1] + float(preds[0].sum().asscalar())]

    def get(self):
        return ("batches", "sum"), self.sums


def trained(metric, callback=None, **kwargs):
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2), name="softmax")
    batches = mx.io.NDArrayIter(np.ones((8, 3)), np.zeros(8), 2)
    module = mx.mod.Module(net)
    module.fit(batches, num_epoch=1, eval_metric=metric, batch_end_callback=callback, **kwargs)
    return module, batches


@pytest.mark.parametrize("callback", [mx.callback.Speedometer(2, 2), mx.callback.log_train_metric(2, True)])
@pytest.mark.parametrize("wrap", [lambda metric: metric, lambda metric: mx.metric.create([metric, "acc"])])
def test_callbacks_reset_metrics_that_know_only_reset(callback, wrap):
    metric = Lists()
    trained(wrap(metric), callback)
    assert metric.sums[0] < 4


def test_metrics_from_before_are_read_and_scored(caplog):
    caplog.set_level("INFO")
    metric = Lists()
    module, batches = trained(metric)
    assert "Epoch[0] Train-batches=4.000000" in caplog.messages
    assert module.score(batches, metric)[0] == ("batches", 4)
    assert metric.get_global_name_value() == metric.get_name_value()
    assert mx.metric.create([metric, "acc"]).get()[0] == ["batches", "sum", "accuracy"]


def test_a_reset_of_an_accuracy_of_a_user_s_own_is_enough():
    class Mine(mx.metric.Accuracy):
        def reset(self):
            self.num_inst = 0
            self.sum_metric = 0.0

    metric = Mine()
    metric.update([mx.nd.array([2, 1, 0, 0])], [PROBABILITIES])
    assert metric.get() == ("accuracy", 0.75)
    metric.reset_local()
    assert metric.num_inst == 0


def test_a_composite_takes_labels_and_preds_by_name():
    metric = mx.metric.CompositeEvalMetric(["acc"])
    metric.update_dict(labels={"a": mx.nd.array([1])}, preds={"b": mx.nd.array([[0.1, 0.9]])})
    assert metric.get() == (["accuracy"], [1.0])


def test_metrics_have_aliases():
    @mx.metric.register
    @mx.metric.alias("log_loss_of_a_test")
    class LogLoss(mx.metric.EvalMetric):
        def __init__(self):
            super().__init__("logloss")

    assert mx.metric.create("log_loss_of_a_test").name == "logloss"


def test_a_function_that_returns_float32_is_summed_in_double_precision():
    metric = mx.metric.CustomMetric(lambda label, pred: np.float32(0.1), name="tenth")
    for _ in range(3):
        metric.update([mx.nd.ones(1)], [mx.nd.ones(1)])
    assert type(metric.get()[1]) is float
    assert metric.sum_metric == sum([float(np.float32(0.1))] * 3)
