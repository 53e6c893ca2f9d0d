"""Callbacks for notebooks: tables of what was measured, and curves that grow while a network learns.

MXNet drew with bokeh; here matplotlib draws, and IPython shows the picture and replaces it. Without IPython
the picture is in `fig` all the same.
"""

from __future__ import annotations

import datetime as dt
import importlib
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from mxnet.callback.curve import new_figure
from mxnet.errors import MissingPackageError

if TYPE_CHECKING:
    import pandas as pd

    from mxnet.callback import BatchEndParam

__all__ = ["LiveBokehChart", "LiveLearningCurve", "LiveTimeSeries", "PandasLogger", "args_wrapper"]

# ----------------------------------------------------------------------------------------------------- tables


class PandasLogger:
    """Keeps what was measured in three tables: of batches in training, of validations, and of epochs.

    Unlike MXNet's, it leaves the validation's metric as it is, so that `fit` logs a number and not NaN.

    Parameters
    ----------
    batch_size : int
        Of the training data.
    frequent : int, default 50
        Every how many batches a row is added to the table of the training.

    Raises
    ------
    ImportError
        If pandas is not installed.

    Examples
    --------
    >>> import mxnet as mx
    >>> logger = mx.notebook.callback.PandasLogger(batch_size=32)
    >>> sorted(logger.callback_args())  # model.fit(train, test, num_epoch=9, **logger.callback_args())
    ['batch_end_callback', 'epoch_end_callback', 'eval_end_callback']
    """

    def __init__(self, batch_size: int, frequent: int = 50) -> None:
        self.batch_size = batch_size
        self.frequent = frequent
        self._dataframes = {name: _pandas("PandasLogger").DataFrame() for name in ("train", "eval", "epoch")}
        self.last_time = time.time()
        self.start_time = dt.datetime.now()  # noqa: DTZ005 - as MXNet's: the time of the place
        self.last_epoch_time = self.start_time

    @property
    def train_df(self) -> pd.DataFrame:
        """The table of batches in training."""
        return self._dataframes["train"]

    @property
    def eval_df(self) -> pd.DataFrame:
        """The table of validations."""
        return self._dataframes["eval"]

    @property
    def epoch_df(self) -> pd.DataFrame:
        """The table of epochs."""
        return self._dataframes["epoch"]

    @property
    def all_dataframes(self) -> dict[str, pd.DataFrame]:
        """All three, by the names ``train``, ``eval`` and ``epoch``."""
        return self._dataframes

    def elapsed(self) -> dt.timedelta:
        """Return the time since this logger was made."""
        return dt.datetime.now() - self.start_time  # noqa: DTZ005

    def append_metrics(self, metrics: dict[str, Any], df_name: str) -> None:
        """Add a row to a table; it may have columns that the table lacks.

        Parameters
        ----------
        metrics : dict of str to value
        df_name : {'train', 'eval', 'epoch'}
        """
        table = self._dataframes[df_name]
        new = [name for name in metrics if name not in table.columns]
        for name in new:
            table[name] = None if len(table) else []
        if not len(table):  # the first row says what kinds of values there are
            kinds = _pandas("PandasLogger").DataFrame([metrics]).dtypes
            self._dataframes[df_name] = table = table.astype({name: kinds[name] for name in new})
        table.loc[len(table)] = {name: metrics.get(name) for name in table.columns}

    def train_cb(self, param: BatchEndParam) -> None:
        """Take note of a batch; the metric starts anew after each row."""
        if param.nbatch % self.frequent == 0:
            self._process_batch(param, "train")
            if param.eval_metric is not None:
                param.eval_metric.reset_local()

    def eval_cb(self, param: BatchEndParam) -> None:
        """Take note of a validation."""
        self._process_batch(param, "eval")

    def _process_batch(self, param: BatchEndParam, dataframe: str) -> None:
        now = time.time()
        metrics: dict[str, Any] = dict(param.eval_metric.get_name_value()) if param.eval_metric else {}
        speed = self.frequent / max(now - self.last_time, 1e-9)
        metrics["batches_per_sec"] = speed
        metrics["records_per_sec"] = speed * self.batch_size
        metrics["elapsed"] = self.elapsed()
        metrics["minibatch_count"] = param.nbatch
        metrics["epoch"] = param.epoch
        self.append_metrics(metrics, dataframe)
        self.last_time = now

    def epoch_cb(self, *_: Any) -> None:
        """Take note of the end of an epoch. (MXNet's takes none, so `fit` cannot call it)."""
        now = dt.datetime.now()  # noqa: DTZ005
        self.append_metrics({"elapsed": self.elapsed(), "epoch_time": now - self.last_epoch_time}, "epoch")
        self.last_epoch_time = now

    def callback_args(self) -> dict[str, Any]:
        """Return what to give to `fit`, by name."""
        return {
            "batch_end_callback": self.train_cb,
            "eval_end_callback": self.eval_cb,
            "epoch_end_callback": self.epoch_cb,
        }


def _pandas(who: str) -> Any:
    try:
        return importlib.import_module("pandas")
    except ImportError:
        raise MissingPackageError(
            f"{who} keeps tables of the package pandas, which is not installed: pip install pandas."
        ) from None


# ----------------------------------------------------------------------------------------------------- curves


class LiveBokehChart:
    """A picture that is drawn anew while a network learns: a column of a logger's table of training.

    Parameters
    ----------
    pandas_logger : PandasLogger
        Where the numbers are. None for a new one.
    metric_name : str
        Which column to draw.
    display_freq : float, default 10
        Seconds between two drawings at least.
    batch_size, frequent
        Of a new logger.

    Attributes
    ----------
    fig : matplotlib.figure.Figure
        The picture.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """

    def __init__(
        self,
        pandas_logger: PandasLogger | None,
        metric_name: str,
        display_freq: float = 10,
        batch_size: int | None = None,
        frequent: int = 50,
    ) -> None:
        self.pandas_logger = pandas_logger or PandasLogger(batch_size or 1, frequent)
        self._own_logger = pandas_logger is None
        self._begin(metric_name, display_freq)

    def _begin(self, metric_name: str, display_freq: float) -> None:
        self.metric_name = metric_name
        self.display_freq = display_freq
        self.last_update = time.time()
        self.fig: Any = None
        self._shown: Any = None
        self.setup_chart()

    def setup_chart(self) -> None:
        """Make the picture."""
        self._empty_figure("batches", self.metric_name)

    def _empty_figure(self, x: str, y: str, **options: Any) -> None:
        self.fig = new_figure(type(self).__name__, **{"figsize": (7, 4), **options})
        self.fig.subplots().set(xlabel=x, ylabel=y)

    def update_chart_data(self) -> None:
        """Put the numbers of now into the picture."""
        table = self.pandas_logger.train_df
        if self.metric_name in table:
            self._draw({"train": (range(len(table)), table[self.metric_name])})

    def _draw(self, lines: dict[str, tuple[Any, Any]]) -> None:
        """Draw lines by their names, over what they were before."""
        (axes,) = self.fig.axes
        known = {line.get_label(): line for line in axes.lines}
        for name, (x, y) in lines.items():
            if name in known:
                known[name].set_data(list(x), list(y))
            else:
                axes.plot(list(x), list(y), label=name, marker="." if name == "eval" else None)
                axes.legend()
        axes.relim()
        axes.autoscale_view()

    def interval_elapsed(self) -> bool:
        """Return whether it is time for the next drawing."""
        return time.time() - self.last_update > self.display_freq

    def _push_render(self) -> None:
        """Show the picture where IPython runs: below the cell, in the place of the one before."""
        try:
            display = importlib.import_module("IPython.display").display
        except ImportError:
            return
        if self._shown is None:
            self._shown = display(self.fig, display_id=True)
        else:
            self._shown.update(self.fig)

    def _do_update(self) -> None:
        self.update_chart_data()
        self._push_render()
        self.last_update = time.time()

    def batch_cb(self, param: BatchEndParam) -> None:
        """Take note of a batch; draw, if it is time."""
        if self._own_logger:
            self.pandas_logger.train_cb(param)
        if self.interval_elapsed():
            self._do_update()

    def eval_cb(self, param: BatchEndParam) -> None:
        """Take note of a validation, and draw."""
        if self._own_logger:
            self.pandas_logger.eval_cb(param)
        self._do_update()

    def callback_args(self) -> dict[str, Any]:
        """Return what to give to `fit`, by name."""
        return {"batch_end_callback": self.batch_cb, "eval_end_callback": self.eval_cb}


class LiveTimeSeries(LiveBokehChart):
    """A number over time, such as a loss that a loop of one's own computes.

    Parameters
    ----------
    **fig_params
        Of the figure of matplotlib.

    Examples
    --------
    >>> import mxnet as mx
    >>> series = mx.notebook.callback.LiveTimeSeries(figsize=(6, 3))
    >>> for loss in (0.9, 0.5, 0.4):
    ...     series.update_chart_data(loss)
    >>> series.y_axis_val
    [0.9, 0.5, 0.4]
    """

    def __init__(self, **fig_params: Any) -> None:
        self.fig_params = fig_params
        self.start_time = dt.datetime.now()  # noqa: DTZ005
        self.x_axis_val: list[float] = []
        self.y_axis_val: list[float] = []
        self._begin("value", 0)

    def setup_chart(self) -> None:
        """Make the picture."""
        self._empty_figure("seconds", self.metric_name, **self.fig_params)

    def elapsed(self) -> dt.timedelta:
        """Return the time since this series was made."""
        return dt.datetime.now() - self.start_time  # noqa: DTZ005

    def update_chart_data(self, value: float) -> None:  # type: ignore[override]
        """Add a value at this moment, and draw."""
        self.x_axis_val.append(self.elapsed().total_seconds())
        self.y_axis_val.append(float(value))
        self._draw({"value": (self.x_axis_val, self.y_axis_val)})
        self._push_render()


class LiveLearningCurve(LiveBokehChart):
    """A metric over time, in training and in validation.

    Parameters
    ----------
    metric_name : str
        Which metric to draw, such as ``'accuracy'``.
    display_freq : float, default 10
        Seconds between two drawings at least.
    frequent : int, default 50
        Every how many batches a value of the training is taken.

    Examples
    --------
    >>> import mxnet as mx
    >>> curve = mx.notebook.callback.LiveLearningCurve("accuracy", frequent=10)
    >>> sorted(curve.callback_args())  # model.fit(train, test, num_epoch=9, **curve.callback_args())
    ['batch_end_callback', 'eval_end_callback']
    """

    def __init__(self, metric_name: str, display_freq: float = 10, frequent: int = 50) -> None:
        self.frequent = frequent
        self.start_time = dt.datetime.now()  # noqa: DTZ005
        self._data: dict[str, dict[str, list[Any]]] = {kind: defaultdict(list) for kind in ("train", "eval")}
        self._begin(metric_name, display_freq)

    def setup_chart(self) -> None:
        """Make the picture."""
        self._empty_figure("seconds", self.metric_name)

    def batch_cb(self, param: BatchEndParam) -> None:
        """Take note of a batch; draw, if it is time."""
        if param.nbatch % self.frequent == 0:
            self._process_batch(param, "train")
        if self.interval_elapsed():
            self._do_update()

    def eval_cb(self, param: BatchEndParam) -> None:
        """Take note of a validation, and draw."""
        self._process_batch(param, "eval")
        self._do_update()

    def _process_batch(self, param: BatchEndParam, df_name: str) -> None:
        elapsed = dt.datetime.now() - self.start_time  # noqa: DTZ005
        for name, value in param.eval_metric.get_name_value() if param.eval_metric else ():
            if name == self.metric_name:
                self._data[df_name]["elapsed"].append(elapsed.total_seconds())
                self._data[df_name][name].append(float(value))

    def update_chart_data(self) -> None:
        """Put the numbers of now into the picture."""
        self._draw({kind: (d["elapsed"], d[self.metric_name]) for kind, d in self._data.items() if d})


def args_wrapper(*args: Any) -> dict[str, list[Any]]:
    """Return what to give to `fit` for several loggers and charts at once.

    Examples
    --------
    >>> import mxnet as mx
    >>> from mxnet.notebook import callback as live
    >>> table, curve = live.PandasLogger(batch_size=32), live.LiveLearningCurve("accuracy")
    >>> {name: len(callbacks) for name, callbacks in live.args_wrapper(table, curve).items()}
    {'batch_end_callback': 2, 'eval_end_callback': 2, 'epoch_end_callback': 1}
    """
    found: dict[str, list[Any]] = defaultdict(list)
    for each in args:
        for name, callback in each.callback_args().items():
            found[name].append(callback)
    return dict(found)
