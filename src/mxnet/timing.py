"""What took how long: running programs and operators leave events here while somebody profiles.

:mod:`mxnet.profiler` is the public face. This is the part that everything below it may import.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from mxnet.lazy import torch

__all__ = ["RECORDER", "Event", "Kernel", "Recorder", "timed"]

Kernel = Callable[..., Any]


class Event(NamedTuple):
    """Something that happened; times are in microseconds of one clock.

    Attributes
    ----------
    phase : {'X', 'C', 'i'}
        What Chrome's trace format calls it: something that took time, a counter's new value, or an instant.
    category, name : str
        What it was; tables are made by category.
    begin, duration : float
        When it began, and how long it took.
    thread : int
        The thread that it happened in.
    args : mapping
        What else there is to say.
    """

    phase: str
    category: str
    name: str
    begin: float
    duration: float
    thread: int
    args: Mapping[str, Any]


class Recorder:
    """Events, and what is to be recorded now. There is one for the process, :data:`RECORDER`.

    Attributes
    ----------
    running : bool
        Whether anything is recorded.
    programs, operators : bool
        Whether the nodes of programs are, and operators that run at once.
    events : list of Event
        What was recorded.
    """

    def __init__(self) -> None:
        self.running = self.programs = self.operators = False
        self.events: list[Event] = []

    def add(self, phase: str, category: str, name: str, begin: float | None = None, **args: Any) -> None:
        """Record what began then and has ended now, or what happens in this instant."""
        if self.running:
            now = self.now()
            begin = now if begin is None else begin
            event = Event(phase, category, name, begin, now - begin, threading.get_ident(), args)
            self.events.append(event)

    def add_operator(self, name: str, begin: float, duration: float, **args: Any) -> None:
        """Record that an operator began then and took so long."""
        self.events.append(Event("X", "operator", name, begin, duration, threading.get_ident(), args))

    @staticmethod
    def now() -> float:
        """Return the time in microseconds."""
        return time.perf_counter_ns() / 1000


RECORDER = Recorder()
"""The recorder of this process."""


def timed(kernel: Kernel, name: str, **args: Any) -> Kernel:
    """Return a kernel that does the same and records how long it took, while anything is recorded."""

    def run(*tensors: Any, **options: Any) -> Any:
        if not RECORDER.running:
            return kernel(*tensors, **options)
        _wait_for_devices()
        begin = RECORDER.now()
        results = kernel(*tensors, **options)
        _wait_for_devices()
        RECORDER.add("X", "operator", name, begin, **args)
        return results

    return run


def _wait_for_devices() -> None:
    """Let a GPU finish what it was given: kernels there are merely started by a call."""
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.synchronize()
