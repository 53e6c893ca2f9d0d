"""Pictures that are drawn while a network learns."""

from __future__ import annotations

import importlib
import os
import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from mxnet.errors import MissingPackageError
from mxnet.files import atomic_write

if TYPE_CHECKING:
    from mxnet.callback.logged import BatchEndParam

__all__ = ["LearningCurve", "new_figure", "save_figure"]


def new_figure(who: str, **options: Any) -> Any:
    """Return a figure of matplotlib that belongs to no window.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    try:
        return importlib.import_module("matplotlib.figure").Figure(layout="constrained", **options)
    except ImportError:
        raise MissingPackageError(
            f"{who} draws with the package matplotlib, which is not installed: pip install matplotlib."
        ) from None


def save_figure(figure: Any, path: str) -> None:
    """Write a figure to a file, which is replaced as a whole: who looks at it never sees half of it."""
    kind = os.path.splitext(path)[1].removeprefix(".") or "png"
    with atomic_write(path) as file:
        figure.savefig(file, format=kind, dpi=120)


class LearningCurve:
    """Draws the metrics of training and validation into a file, again and again while a network learns.

    Parameters
    ----------
    path : str
        The picture; its ending says which kind: ``.png``, ``.svg``, ``.pdf``. It is replaced as a whole, so
        that a viewer which follows the file always shows a whole picture.
    frequent : int, default 10
        Every how many batches a value of the training is taken.
    seconds : float, default 5
        How long to wait at least before it is drawn again. It is always drawn after a validation.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    Examples
    --------
    >>> import mxnet as mx
    >>> curve = mx.callback.LearningCurve("curve.png")
    >>> sorted(curve.callback_args())  # model.fit(train, test, num_epoch=9, **curve.callback_args())
    ['batch_end_callback', 'eval_end_callback']
    """

    def __init__(self, path: str, frequent: int = 10, seconds: float = 5.0) -> None:
        new_figure("LearningCurve")  # a missing package is told before the training, not in it
        self.path = str(path)
        self.frequent = max(1, frequent)
        self.seconds = seconds
        self.values: dict[tuple[str, str], list[tuple[int, float]]] = defaultdict(list)
        """By metric and kind (``'training'`` or ``'validation'``), numbers of batches and values."""
        self._batches = 0
        self._epoch = -1
        self._epochs: list[int] = []
        self._drawn = time.monotonic()

    def callback_args(self) -> dict[str, Any]:
        """Return what to give to `fit`, by name."""
        return {"batch_end_callback": self.train_cb, "eval_end_callback": self.eval_cb}

    def __call__(self, param: BatchEndParam) -> None:
        """Take note of a batch: a curve of the training alone is a ``batch_end_callback`` itself."""
        self.train_cb(param)

    def train_cb(self, param: BatchEndParam) -> None:
        """Take note of a batch; draw, if the last time is long ago."""
        if param.epoch != self._epoch:
            self._epoch = param.epoch
            self._epochs.append(self._batches)
        self._batches += 1
        last = bool((param.locals or {}).get("end_of_batch"))
        if self._batches % self.frequent == 0 or last:
            self._take("training", param)
            if time.monotonic() - self._drawn >= self.seconds:
                self.draw()

    def eval_cb(self, param: BatchEndParam) -> None:
        """Take note of a validation, and draw."""
        self._take("validation", param)
        self.draw()

    def _take(self, kind: str, param: BatchEndParam) -> None:
        if param.eval_metric is not None:
            for name, value in param.eval_metric.get_name_value():
                self.values[name, kind].append((self._batches, float(value)))

    def draw(self) -> None:
        """Draw what there is into the file."""
        names = list(dict.fromkeys(name for name, _ in self.values))
        figure = new_figure("LearningCurve", figsize=(7, 1 + 3 * max(1, len(names))))
        panels = figure.subplots(max(1, len(names)), squeeze=False)[:, 0]
        for name, axes in zip(names, panels, strict=False):
            for kind, style in (("training", "-"), ("validation", "o-")):
                if points := self.values.get((name, kind)):
                    axes.plot(*zip(*points, strict=True), style, label=f"{kind} ({points[-1][1]:.4g})")
            for start in self._epochs[1:] if len(self._epochs) <= 50 else ():
                axes.axvline(start, color="0.9", linewidth=0.8, zorder=0)
            axes.set(ylabel=name)
            axes.legend()
        panels[-1].set(xlabel=f"batches ({len(self._epochs)} epochs)")
        save_figure(figure, self.path)
        self._drawn = time.monotonic()
