"""Callbacks that end a training, keep the best of it, draw it, and find its learning rate."""

import logging

import numpy as np
import pytest

import mxnet as mx

C = mx.callback
POINTS = np.random.default_rng(0).uniform(-1, 1, (80, 2)).astype("float32")
ABOVE = (POINTS.sum(axis=1) > 0).astype("float32")


class Scores:
    """A metric with a value that is given."""

    def __init__(self, value, name="accuracy"):
        self.pairs = [("other", 0.0), (name, value)]

    def get_name_value(self):
        return self.pairs


def score(epoch, value, name="accuracy"):
    return C.BatchEndParam(epoch, 1, Scores(value, name), None)


def network():
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2), name="softmax")


def batches(size=8):
    return mx.io.NDArrayIter(POINTS, ABOVE, batch_size=size)


def epochs_until_stopped(stop, values, name="accuracy"):
    for epoch, value in enumerate(values):
        try:
            stop(score(epoch, value, name))
        except C.StopTraining:
            return epoch
    return None


def test_a_training_without_progress_is_stopped():
    stop = C.EarlyStopping("accuracy", patience=2)
    assert epochs_until_stopped(stop, [0.5, 0.7, 0.6, 0.8, 0.8, 0.7, 0.9]) == 5
    assert (stop.best, stop.stopped_epoch) == (0.8, 5)


def test_a_small_step_is_no_progress():
    assert epochs_until_stopped(C.EarlyStopping("accuracy", 2, min_delta=0.1), [0.5, 0.55, 0.59]) == 2


@pytest.mark.parametrize(
    ("name", "mode"), [("cross-entropy", "auto"), ("rmse", "auto"), ("Perplexity", "auto"), ("mine", "min")]
)
def test_less_of_a_loss_is_better(name, mode):
    assert epochs_until_stopped(C.EarlyStopping(name, 2, mode=mode), [3, 2, 1, 1, 2], name) == 4


def test_nan_is_no_progress():
    stop = C.EarlyStopping("accuracy", patience=2)
    assert epochs_until_stopped(stop, [float("nan"), 0.1, float("nan"), float("nan")]) == 3
    assert stop.best == 0.1


def test_a_metric_that_is_not_there_is_named():
    with pytest.raises(mx.MXNetError, match="Did you mean 'accuracy'"):
        C.EarlyStopping("acuracy")(score(0, 1))


def test_an_unknown_mode_is_told_at_once():
    with pytest.raises(ValueError, match="'most'"):
        C.EarlyStopping(mode="most")


@pytest.mark.parametrize("kind", ["batch_end_callback", "epoch_end_callback", "eval_end_callback"])
def test_fit_returns_when_any_callback_stops_it(kind, caplog):
    caplog.set_level(logging.INFO)
    called = []

    def stop(*_):
        called.append(kind)
        raise C.StopTraining("enough")

    model = mx.mod.Module(network())
    data = batches()
    model.fit(data, batches(), num_epoch=5, **{kind: stop})
    assert next(data).pad == 0  # it is at its start again
    assert called == [kind]
    assert caplog.messages[-1] == "Stopped: enough"
    assert model.score(batches(), "acc")[0][1] > 0


def test_the_old_model_class_keeps_what_it_learned_when_it_is_stopped():
    def stop(_):
        raise C.StopTraining("enough")

    model = mx.model.FeedForward(network(), num_epoch=5)
    model.fit(batches(), batch_end_callback=stop)
    assert model.predict(batches()).shape == (80, 2)


def test_only_the_best_checkpoint_is_kept(tmp_path):
    model = mx.mod.Module(network())
    model.bind(batches().provide_data, batches().provide_label)
    model.init_params()
    best = C.BestCheckpoint(model, str(tmp_path / "best"), "accuracy")
    for epoch, value in enumerate([0.5, 0.7, 0.6]):
        best(score(epoch, value))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best-0002.params", "best-symbol.json"]
    assert (best.epoch, best.value) == (2, 0.7)
    assert mx.mod.Module.load(str(tmp_path / "best"), best.epoch).symbol.list_outputs() == ["softmax_output"]


def test_the_curve_is_drawn_as_a_whole_while_the_network_learns(tmp_path):
    path = tmp_path / "curve.svg"
    curve = C.LearningCurve(str(path), frequent=2)
    mx.mod.Module(network()).fit(
        batches(), batches(), eval_metric=["acc", "ce"], num_epoch=2, **curve.callback_args()
    )
    assert path.read_text().endswith("</svg>\n")
    assert [path.name for path in tmp_path.iterdir()] == ["curve.svg"]
    assert [x for x, _ in curve.values["accuracy", "training"]] == [2, 4, 6, 8, 10, 12, 14, 16, 18, 20]
    assert [x for x, _ in curve.values["cross-entropy", "validation"]] == [10, 20]


def test_a_curve_of_the_training_alone_is_a_callback_itself(tmp_path, monkeypatch):
    curve = C.LearningCurve(str(tmp_path / "curve.png"), seconds=0)
    drawn = []
    monkeypatch.setattr(curve, "draw", lambda: drawn.append(len(curve.values["accuracy", "training"])))
    mx.mod.Module(network()).fit(batches(), num_epoch=1, batch_end_callback=curve)
    assert drawn == [1]


def test_without_matplotlib_the_error_names_it(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match="pip install matplotlib") as error:
        C.LearningCurve("curve.png")
    assert isinstance(error.value, mx.MXNetError)


def test_a_learning_rate_is_found_between_too_low_and_too_high(tmp_path):
    mx.random.seed(0)
    finder = C.LearningRateFinder(1e-4, 1e4, batches=60)
    mx.mod.Module(network()).fit(
        batches(),
        eval_metric="ce",
        num_epoch=100,
        batch_end_callback=finder,
        optimizer_params={"lr_scheduler": finder.scheduler},
    )
    assert 5 < len(finder.rates) <= 60
    np.testing.assert_allclose(finder.rates[1] / finder.rates[0], 1e8 ** (1 / 59))
    assert 1e-3 < finder.suggestion < 100
    finder.plot(str(tmp_path / "rates.png"))
    assert (tmp_path / "rates.png").read_bytes().startswith(b"\x89PNG")


def test_no_rate_is_suggested_where_the_loss_never_fell():
    finder = C.LearningRateFinder()
    finder.rates, finder.losses = [0.1, 0.2], [1.0, 2.0]
    with pytest.raises(ValueError, match="did not fall"):
        _ = finder.suggestion
