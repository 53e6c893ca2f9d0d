"""Several devices at work at the same time, each in a thread of its own."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mxnet.executor import Executor

__all__ = ["SideBySide"]


class SideBySide:
    """Runs executors of several devices at the same time; the results are those of one after the other.

    Each device has its own random numbers, so they may draw at once. What shares a device, or calls code of
    a user, does not run at once; nor do GPUs, which are busy long after they are told what to do.

    Parameters
    ----------
    executors : list of Executor
        One for each device.
    """

    def __init__(self, executors: Sequence[Executor]) -> None:
        self._executors = executors
        places = [place for each in executors for place in each._programs.contexts]
        self._at_once = (
            len(set(places)) == len(places) > 1
            and all(place.device_type != "gpu" for place in places)
            and not any(each._runs_user_code for each in executors)
        )
        self._seen: set[Hashable] = set()

    def run(self, kind: Hashable, call: Callable[[int, Executor], object]) -> None:
        """Call a function with the number of each executor, and the executor.

        Parameters
        ----------
        kind : hashable
            What kind of call it is. The first of a kind, for which programs are made, is made in turns.
        call : callable
        """
        if not self._at_once or kind not in self._seen or self._watched():
            for number, executor in enumerate(self._executors):
                call(number, executor)
            self._seen.add(kind)
            return
        numbered = list(enumerate(self._executors))
        threads = _threads(os.getpid())
        others = [threads.submit(copy_context().run, functools.partial(call, *each)) for each in numbered[1:]]
        try:
            call(*numbered[0])
        finally:
            wait(others)
        for other in others:
            other.result()

    def _watched(self) -> bool:
        return any(each._monitor_callback is not None for each in self._executors)


@functools.cache
def _threads(process: int) -> ThreadPoolExecutor:  # noqa: ARG001 - a forked process has none of its parent's
    return ThreadPoolExecutor(thread_name_prefix="device")
