"""A bar that moves while a network learns, and what `fit` needs to show one."""

from __future__ import annotations

import contextlib
import logging
import math
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mxnet.callback.logged import BatchEndParam

__all__ = ["LiveProgress", "shown"]

_SECONDS = 0.1
"""How long a bar stands still: asking a metric for its value may wait for the device."""


class LiveProgress:
    """Shows a bar on the terminal or in a notebook that moves with every batch, one for each epoch.

    `fit` shows one by itself in a terminal, or with ``progress=True``.

    Parameters
    ----------
    total : int, optional
        The number of batches of an epoch. Without it, the bar of the first epoch has no end.
    epochs : int, optional
        The number of epochs.

    Examples
    --------
    >>> import mxnet as mx
    >>> progress = mx.callback.LiveProgress(total=100)  # for batch_end_callback=progress
    """

    def __init__(self, total: int | None = None, epochs: int | None = None) -> None:
        self.total = total
        self.epochs = epochs
        self._bar: Any = None
        self._epoch = -1
        self._next = 0.0
        self._watched: list[logging.Handler] = []

    def __call__(self, param: BatchEndParam) -> None:
        """Move the bar on."""
        if self._bar is None or param.epoch != self._epoch:
            self._open(param.epoch)
        done = param.nbatch + 1
        last = done == self.total or bool((param.locals or {}).get("end_of_batch"))
        now = time.monotonic()
        if not last and now < self._next:
            return
        self._next = now + _SECONDS
        if param.eval_metric is not None and not self._bar.disable:
            pairs = param.eval_metric.get_name_value()
            shown = {name: f"{value:.4f}" for name, value in pairs if not math.isnan(value)}
            self._bar.set_postfix(shown, refresh=False)
        self._bar.update(done - self._bar.n)
        if last:
            self._bar.total = self.total = done
            self._bar.refresh()
            self.close()

    def close(self) -> None:
        """Leave the bar as it stands; what is printed next stands below it."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        for handler in self._watched:
            handler.removeFilter(self)
        self._watched = []

    def filter(self, record: logging.LogRecord) -> bool:  # noqa: ARG002 - how logging calls it
        """Make room for a line that is logged to the terminal; the bar comes back below it."""
        if self._bar is not None:
            self._bar.clear()
        return True

    def _open(self, epoch: int) -> None:
        from tqdm.auto import tqdm

        self.close()
        self._epoch = epoch
        of = "" if self.epochs is None else f"/{self.epochs - 1}"
        self._bar = tqdm(total=self.total, desc=f"Epoch {epoch}{of}", unit="batch", miniters=1)
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream in (sys.stdout, sys.stderr):
                handler.addFilter(self)
                self._watched.append(handler)


@contextlib.contextmanager
def shown(progress: bool | None, data: Any, epochs: int) -> Iterator[list[LiveProgress]]:
    """Yield the bars for a training: one or none.

    Parameters
    ----------
    progress : bool or None
        Whether to show one; None for one if there is a terminal to draw it in.
    data : DataIter
        Whose number of batches is asked for, if it knows that of its samples.
    epochs : int
        The number after the last epoch.
    """
    if not (sys.stderr.isatty() if progress is None else progress):
        yield []
        return
    samples, size = getattr(data, "num_data", None), getattr(data, "batch_size", 0)
    bar = LiveProgress(-(-samples // size) if isinstance(samples, int) and size else None, epochs)
    try:
        yield [bar]
    finally:
        bar.close()
