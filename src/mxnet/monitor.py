"""The monitor: statistics of every array inside running executors, for finding where numbers go wrong."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

    from mxnet.executor import Executor

__all__ = ["Monitor"]


class Monitor:
    """Collects a statistic of outputs, gradients and parameters, every so many batches.

    Parameters
    ----------
    interval : int
        Every how many batches.
    stat_func : callable, optional
        A function of an NDArray that returns an NDArray, a number or anything else that can be printed, or a
        list of them. By default the mean absolute value that normal numbers of this norm would have:
        ``norm(x) / sqrt(x.size)``.
    pattern : str, default '.*'
        Which names are looked at, as a regular expression that is matched from the start.
    sort : bool
        Whether the results are sorted by name.
    monitor_all : bool
        Whether the inputs of operators are looked at as well as their outputs.

    Examples
    --------
    >>> import mxnet as mx
    >>> x = mx.sym.Variable("x")
    >>> executor = mx.sym.tanh(x, name="squash").simple_bind(mx.cpu(), x=(2,))
    >>> monitor = mx.mon.Monitor(1)
    >>> monitor.install(executor)
    >>> monitor.tic()
    >>> _ = executor.forward()
    >>> [name for _, name, _ in monitor.toc()]
    ['squash_output', 'x']
    """

    def __init__(
        self,
        interval: int,
        stat_func: Callable[[NDArray], Any] | None = None,
        pattern: str = ".*",
        sort: bool = False,
        monitor_all: bool = False,
    ) -> None:
        self.stat_func = stat_func or _typical_size
        self.interval = interval
        self.activated = False
        self.queue: list[tuple[int, str, Any]] = []
        self.step = 0
        self.exes: list[Executor] = []
        self.re_prog = re.compile(pattern)
        self.sort = sort
        self.monitor_all = monitor_all

    def stat_helper(self, name: str, arr: NDArray) -> None:
        """Take note of an array: what executors call."""
        if self.activated and self.re_prog.match(name):
            self.queue.append((self.step, name, self.stat_func(arr)))

    def install(self, exe: Executor) -> None:
        """Look into an executor from now on; one monitor may look into several."""
        exe.set_monitor_callback(self.stat_helper, self.monitor_all)
        self.exes.append(exe)

    def tic(self) -> None:
        """Start collecting for this batch, if its turn has come. Call before ``forward``."""
        if self.step % self.interval == 0:
            self.queue = []
            self.activated = True
        self.step += 1

    def toc(self) -> list[tuple[int, str, str]]:
        """Stop collecting, and return what was found. Call after the batch.

        Returns
        -------
        list of (int, str, str)
            The number of the batch, the name of the array and its statistic as text.
        """
        if not self.activated:
            return []
        for exe in self.exes:
            for name, array in [*exe.arg_dict.items(), *exe.aux_dict.items()]:
                self.stat_helper(name, array)
        self.activated = False
        if self.sort:
            self.queue.sort(key=lambda found: found[1])
        results = [(step, name, _as_text(stat)) for step, name, stat in self.queue]
        self.queue = []
        return results

    def toc_print(self) -> None:
        """Stop collecting, and log what was found."""
        for step, name, stat in self.toc():
            logging.info("Batch: %7d %-30s %s", step, name, stat)  # noqa: LOG015 - as MXNet


def _typical_size(array: NDArray) -> NDArray:
    size: NDArray = array.norm() / array.size**0.5
    return size


def _as_text(stat: Any) -> str:
    several = isinstance(stat, list) or (
        isinstance(stat, tuple) and any(isinstance(s, NDArray) for s in stat)
    )
    return "".join(f"{_value_of(each)!s}\t" for each in (stat if several else [stat]))


def _value_of(stat: Any) -> Any:
    if not isinstance(stat, NDArray):
        return stat
    return stat.asscalar() if stat.shape == (1,) else stat.asnumpy()
