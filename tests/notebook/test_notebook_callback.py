"""Tables and curves of a training, as notebooks show them."""

import sys
import types

import numpy as np
import pytest

import mxnet as mx
from mxnet.notebook.callback import (
    LiveBokehChart,
    LiveLearningCurve,
    LiveTimeSeries,
    PandasLogger,
    args_wrapper,
)

pytest.importorskip("pandas")

DATA = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")


@pytest.fixture
def screen(monkeypatch):
    """What IPython would show: the picture, and how often it was replaced."""
    shown = []

    class Handle:
        def update(self, figure):
            shown.append(figure)

    def display(figure, *, display_id):
        assert display_id
        shown.append(figure)
        return Handle()

    module = types.ModuleType("IPython.display")
    module.display = display
    package = types.ModuleType("IPython")
    package.version_info = (9, 0, 0)  # which matplotlib asks for
    monkeypatch.setitem(sys.modules, "IPython", package)
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    return shown


def fit(**callbacks):
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2), name="softmax")
    labels = (DATA[:, 0] > 0).astype("float32")
    mx.mod.Module(net).fit(
        mx.io.NDArrayIter(DATA, labels, 4), mx.io.NDArrayIter(DATA, labels, 8), num_epoch=2, **callbacks
    )


def test_tables_have_the_rows_and_columns_of_mxnets():
    logger = PandasLogger(4, frequent=2)
    fit(**logger.callback_args(), eval_metric=["acc", "ce"])
    assert logger.train_df["minibatch_count"].tolist() == [0, 2, 4, 6, 8] * 2
    assert logger.eval_df["epoch"].tolist() == [0, 1]
    assert (
        set(logger.train_df)
        == set(logger.eval_df)
        == {
            *("accuracy", "cross-entropy", "batches_per_sec", "records_per_sec"),
            *("elapsed", "minibatch_count", "epoch"),
        }
    )
    assert set(logger.epoch_df) == {"elapsed", "epoch_time"}
    assert len(logger.epoch_df) == 2
    kinds = logger.train_df.dtypes
    assert (kinds["accuracy"], kinds["epoch"], kinds["elapsed"].kind) == ("float64", "int64", "m")


def test_a_row_may_bring_new_columns():
    logger = PandasLogger(4)
    logger.append_metrics({"a": 1}, "epoch")
    logger.append_metrics({"b": 2.5}, "epoch")
    assert logger.all_dataframes["epoch"].isna().to_numpy().tolist() == [[False, True], [True, False]]


def test_validation_is_logged_as_a_number(caplog):
    caplog.set_level("INFO")
    fit(**PandasLogger(4).callback_args())
    assert not [line for line in caplog.messages if "nan" in line]


def test_without_pandas_the_error_names_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        PandasLogger(4)


def test_a_learning_curve_is_shown_once_and_replaced_in_place(screen):
    curve = LiveLearningCurve("accuracy", display_freq=1000, frequent=2)
    fit(**curve.callback_args())
    assert screen == [curve.fig, curve.fig]  # after each validation
    lines = {line.get_label(): len(line.get_xdata()) for line in curve.fig.axes[0].lines}
    assert lines == {"train": 10, "eval": 2}


def test_a_chart_draws_a_column_of_a_logger(screen):
    logger = PandasLogger(4, frequent=5)
    chart = LiveBokehChart(logger, "records_per_sec", display_freq=0)
    fit(**args_wrapper(logger, chart))
    (line,) = chart.fig.axes[0].lines
    assert list(line.get_ydata()) == logger.train_df["records_per_sec"].tolist()
    assert len(screen) > 2


def test_a_time_series_grows(screen):
    series = LiveTimeSeries(figsize=(3, 2))
    for value in (3, 2, 1):
        series.update_chart_data(value)
    assert list(series.fig.axes[0].lines[0].get_ydata()) == [3, 2, 1]
    assert series.fig.get_size_inches().tolist() == [3, 2]
    assert len(screen) == 3
