"""What a run spends its time on, node by node: a table, and a trace that chrome://tracing and Perfetto show.

Examples
--------
>>> import mxnet as mx
>>> mx.profiler.set_config(profile_symbolic=True, filename="profile.json")
>>> mx.profiler.set_state("run")
>>> executor = mx.sym.exp(mx.sym.Variable("x"), name="grow").simple_bind(mx.cpu(), x=(2, 3))
>>> _ = executor.forward()
>>> mx.profiler.set_state("stop")
>>> [line.split()[:2] for line in mx.profiler.dumps(reset=True).splitlines() if "grow" in line]
[['grow', '1']]
"""

from __future__ import annotations

import atexit
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from mxnet.caller import warn
from mxnet.errors import MXNetError, NameLookupError, ParameterError, did_you_mean
from mxnet.timing import RECORDER

__all__ = [
    "Counter",
    "Domain",
    "Event",
    "Frame",
    "Marker",
    "Task",
    "dump",
    "dump_profile",
    "dumps",
    "pause",
    "profiler_set_config",
    "profiler_set_state",
    "resume",
    "set_config",
    "set_kvstore_handle",
    "set_state",
]

# What set_config takes. Those that are not read ask for what is always done here, or for what there is not: C
# calls, memory pools, and writing while running.
_SETTINGS: dict[str, type] = {
    "aggregate_stats": bool,
    "continuous_dump": bool,
    "dump_period": float,
    "filename": str,
    "gpu_memory_profile_filename_prefix": str,
    "profile_all": bool,
    "profile_api": bool,
    "profile_imperative": bool,
    "profile_memory": bool,
    "profile_process": str,
    "profile_symbolic": bool,
}
_SORTED_BY = ("total", "avg", "min", "max", "count")
_SCOPES = {"global": "g", "process": "p", "thread": "t", "task": "t", "marker": "t"}


class _Session:
    """What is to be recorded, whether it is now, and which events the next table is made of."""

    def __init__(self) -> None:
        self.filename = "profile.json"
        self.programs, self.operators = True, False
        self.state = "stop"
        self.paused = False
        self.is_written = False
        self.table_begins = 0

    def apply(self) -> None:
        """Tell the recorder."""
        RECORDER.running = self.state == "run" and not self.paused
        RECORDER.programs = RECORDER.running and self.programs
        RECORDER.operators = RECORDER.running and self.operators


_SESSION = _Session()


# ------------------------------------------------------------------------------------------------ on and off


def set_config(**kwargs: Any) -> None:
    """Say what to record, and where to write the trace.

    Parameters
    ----------
    filename : str
        The file that ``dump`` writes, ``profile.json`` by default.
    profile_symbolic : bool
        Record the nodes of executors, which is done too if nothing is said of what to record.
    profile_imperative : bool
        Record operators called as ``mx.nd.X(...)``.
    profile_all : bool
        Record all that can be.
    aggregate_stats, profile_memory, profile_api, continuous_dump, dump_period, profile_process,
    gpu_memory_profile_filename_prefix : bool, float or str
        Accepted for compatibility. ``dumps`` always makes its table.

    Raises
    ------
    MXNetError
        If a setting is unknown or its value makes no sense.
    """
    for name, value in kwargs.items():
        if name not in _SETTINGS:
            raise ParameterError(
                f"set_config() has no setting {name!r}.{did_you_mean(name, _SETTINGS)} The settings are: "
                f"{', '.join(_SETTINGS)}."
            )
        kind = _SETTINGS[name]
        if not isinstance(value, (int, float) if kind is float else (bool, int) if kind is bool else kind):
            raise ParameterError(f"set_config(): {name} must be of type {kind.__name__}, but is {value!r}.")
    if not kwargs.get("filename", "profile.json"):
        raise ParameterError("set_config(): filename is empty. It names the file that dump() writes.")
    _SESSION.filename = kwargs.get("filename", _SESSION.filename)
    everything = bool(kwargs.get("profile_all", False))
    says_what = any(name in kwargs for name in ("profile_all", "profile_symbolic", "profile_imperative"))
    _SESSION.programs = everything or bool(kwargs.get("profile_symbolic", not says_what))
    _SESSION.operators = everything or bool(kwargs.get("profile_imperative", False))
    _SESSION.apply()


def profiler_set_config(mode: str = "symbolic", filename: str = "profile.json") -> None:
    """Do what ``set_config(profile_symbolic=True, filename=...)`` does; deprecated.

    Parameters
    ----------
    mode : {'symbolic', 'imperative', 'api', 'memory', 'all'}
        What to record.
    filename : str
        The file that ``dump`` writes.
    """
    warn("profiler_set_config() is deprecated: use set_config().")
    set_config(**{f"profile_{mode}": True, "filename": filename})


def set_state(state: str = "stop", profile_process: str = "worker") -> None:
    """Start or stop recording.

    Parameters
    ----------
    state : {'run', 'stop'}
        What to do. What was recorded before stays, until it was written by ``dump``.
    profile_process : {'worker'}
        There are no other processes than the worker.

    Raises
    ------
    MXNetError
        If there is no such state.
    """
    _check_process(profile_process)
    if state not in ("run", "stop"):
        raise NameLookupError(f"set_state(): expected 'run' or 'stop', not {state!r}.")
    if state == "run" and _SESSION.is_written:
        RECORDER.events.clear()
        _SESSION.table_begins, _SESSION.is_written = 0, False
    _SESSION.state = state
    _SESSION.paused = False
    _SESSION.apply()


def profiler_set_state(state: str = "stop") -> None:
    """Do what ``set_state`` does; deprecated."""
    warn("profiler_set_state() is deprecated: use set_state().")
    set_state(state)


def pause(profile_process: str = "worker") -> None:
    """Record nothing until ``resume``."""
    _check_process(profile_process)
    _SESSION.paused = True
    _SESSION.apply()


def resume(profile_process: str = "worker") -> None:
    """Go on recording after ``pause``."""
    _check_process(profile_process)
    _SESSION.paused = False
    _SESSION.apply()


def set_kvstore_handle(handle: object) -> None:
    """Accept what MXNet needed to reach its servers; here parameters are kept in the worker itself."""


def _check_process(profile_process: str) -> None:
    if profile_process == "server":
        raise MXNetError("profile_process='server': there are no server processes, only the worker.")
    if profile_process != "worker":
        raise NameLookupError(f"profile_process: expected 'worker', not {profile_process!r}.")


# --------------------------------------------------------------------------------------------------- results


def dump(finished: bool = True, profile_process: str = "worker") -> None:
    """Write what was recorded to the file that ``set_config`` named, as a trace in Chrome's JSON format.

    Parameters
    ----------
    finished : bool
        Whether this is the end: it stops recording, and the next ``set_state("run")`` begins anew.
    profile_process : {'worker'}
        There are no other processes than the worker.

    Raises
    ------
    MXNetError
        If the file cannot be written.
    """
    _check_process(profile_process)
    if finished:
        set_state("stop")
        _SESSION.is_written = True
    text = json.dumps({"traceEvents": list(_trace()), "displayTimeUnit": "ms"}, indent=1)
    try:
        with open(_SESSION.filename, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise MXNetError(
            f"The profile cannot be written to {_SESSION.filename!r}: {error.strerror}. "
            "set_config(filename=...) names another file; what was recorded is kept."
        ) from None


def dump_profile() -> None:
    """Do what ``dump`` does; deprecated."""
    warn("dump_profile() is deprecated: use dump().")
    dump()


def dumps(
    reset: bool = False,
    format: Literal["table", "json"] = "table",
    sort_by: Literal["total", "avg", "min", "max", "count"] = "total",
    ascending: bool = False,
) -> str:
    """Return how often each node ran and how long it took, in milliseconds.

    A node has the user's name, one that was made of several has all of them: ``conv1+bn1+relu1``.

    Parameters
    ----------
    reset : bool
        Whether the next table begins with what happens after this one.
    format : {'table', 'json'}
        A table for people, or JSON.
    sort_by : {'total', 'avg', 'min', 'max', 'count'}
        What each group of the table is sorted by.
    ascending : bool
        Whether the least comes first.

    Raises
    ------
    MXNetError
        If a parameter has a value that makes no sense.
    """
    for name, value, choices in (
        ("format", format, ("table", "json")),
        ("sort_by", sort_by, _SORTED_BY),
        ("ascending", ascending, (False, True)),
    ):
        if value not in choices:
            expected = ", ".join(map(repr, choices))
            raise ParameterError(f"dumps(): {name} is {value!r}, expected one of {expected}.")
    groups: dict[str, dict[str, list[float]]] = {}
    for event in RECORDER.events[_SESSION.table_begins :]:
        if event.phase == "X":
            groups.setdefault(event.category, {}).setdefault(event.name, []).append(event.duration / 1000)
    if reset:
        _SESSION.table_begins = len(RECORDER.events)
    tables = {
        category: sorted(
            (_Row.of(name, times) for name, times in named.items()),
            key=lambda row: getattr(row, sort_by),
            reverse=not ascending,
        )
        for category, named in sorted(groups.items())
    }
    return _as_json(tables) if format == "json" else _as_table(tables)


@dataclass(frozen=True)
class _Row:
    name: str
    count: int
    total: float
    min: float
    max: float
    avg: float

    @classmethod
    def of(cls, name: str, times: list[float]) -> _Row:
        return cls(name, len(times), sum(times), min(times), max(times), sum(times) / len(times))


def _as_json(tables: dict[str, list[_Row]]) -> str:
    def entry(row: _Row) -> dict[str, float]:
        return {"Count": row.count, "Total": row.total, "Min": row.min, "Max": row.max, "Avg": row.avg}

    times = {category: {row.name: entry(row) for row in rows} for category, rows in tables.items()}
    return json.dumps({"Time": times, "Unit": {"Time": "ms"}}, indent=4)


def _as_table(tables: dict[str, list[_Row]]) -> str:
    width = max((len(row.name) for rows in tables.values() for row in rows), default=0)
    width = max(width, 30)
    titles = ("Total Count", "Time (ms)", "Min Time (ms)", "Max Time (ms)", "Avg Time (ms)")
    lines = ["", "Profile Statistics:"]
    for category, rows in tables.items():
        lines += [category, "================="]
        lines.append(f"{'Name':{width}}" + "".join(f"{title:>15}" for title in titles))
        lines.append(f"{'----':{width}}" + "".join(f"{'-' * len(title):>15}" for title in titles))
        lines += [
            f"{row.name:{width}}{row.count:15}"
            + "".join(f"{time:15.4f}" for time in (row.total, row.min, row.max, row.avg))
            for row in rows
        ]
        lines.append("")
    return "\n".join(lines) + "\n"


def _trace() -> Iterator[dict[str, Any]]:
    """Yield the events as Chrome's trace format has them."""
    process = os.getpid()
    yield {"ph": "M", "name": "process_name", "pid": process, "args": {"name": "symnet"}}
    for event in RECORDER.events:
        entry = {
            "ph": event.phase,
            "cat": event.category,
            "name": event.name,
            "ts": event.begin,
            "pid": process,
            "tid": event.thread,
        }
        if event.phase == "X":
            yield {**entry, "dur": event.duration, "args": dict(event.args)}
        elif event.phase == "C":
            yield {**entry, "args": dict(event.args)}
        else:
            yield {**entry, "s": event.args["scope"]}


# ------------------------------------------------------------------------------------------- a user's marks


class Domain:
    """A group of tasks, frames, counters and markers.

    Parameters
    ----------
    name : str
        The group's name, which is its heading in the table.
    """

    def __init__(self, name: str) -> None:
        self.name = _checked(name, "Domain")

    def __str__(self) -> str:
        return self.name

    def new_task(self, name: str) -> Task:
        """Return a new task."""
        return Task(self, name)

    def new_frame(self, name: str) -> Frame:
        """Return a new frame."""
        return Frame(self, name)

    def new_counter(self, name: str, value: int | None = None) -> Counter:
        """Return a new counter."""
        return Counter(self, name, value)

    def new_marker(self, name: str) -> Marker:
        """Return a new marker."""
        return Marker(self, name)


class _Span:
    """Something with a beginning and an end."""

    def __init__(self, category: str, name: str) -> None:
        self.name = _checked(name, type(self).__name__)
        self._category = category
        self._begin: float | None = None

    def __str__(self) -> str:
        return self.name

    def start(self) -> None:
        """Begin."""
        self._begin = RECORDER.now()

    def stop(self) -> None:
        """End, and record how long it took; does nothing if it has not begun."""
        if self._begin is not None:
            RECORDER.add("X", self._category, self.name, self._begin)
            self._begin = None


class Task(_Span):
    """A piece of work. Times between ``start`` and ``stop`` are recorded under its name.

    Parameters
    ----------
    domain : Domain
        The group it belongs to.
    name : str
        Its name.
    """

    def __init__(self, domain: Domain, name: str) -> None:
        super().__init__(_domain(domain), name)


class Frame(_Span):
    """One of many like it, such as a picture of a film.

    Parameters
    ----------
    domain : Domain
        The group it belongs to.
    name : str
        Its name.
    """

    def __init__(self, domain: Domain, name: str) -> None:
        super().__init__(f"{_domain(domain)},frame", name)


class Event(_Span):
    """Something that takes time and belongs to no domain.

    Parameters
    ----------
    name : str
        Its name.
    """

    def __init__(self, name: str) -> None:
        super().__init__("event", name)


class Counter:
    """A number whose course the trace shows.

    Parameters
    ----------
    domain : Domain
        The group it belongs to.
    name : str
        Its name.
    value : int, optional
        The value to begin with.
    """

    def __init__(self, domain: Domain, name: str, value: int | None = None) -> None:
        self.name = _checked(name, "Counter")
        self._category = _domain(domain)
        self._value = 0
        if value is not None:
            self.set_value(value)

    def __str__(self) -> str:
        return self.name

    def set_value(self, value: int) -> None:
        """Set it."""
        self._value = int(value)
        RECORDER.add("C", self._category, self.name, value=self._value)

    def increment(self, delta: int = 1) -> None:
        """Add to it."""
        self.set_value(self._value + int(delta))

    def decrement(self, delta: int = 1) -> None:
        """Subtract from it."""
        self.set_value(self._value - int(delta))

    def __iadd__(self, delta: int) -> Counter:
        self.increment(delta)
        return self

    def __isub__(self, delta: int) -> Counter:
        self.decrement(delta)
        return self


class Marker:
    """Marks instants in the trace.

    Parameters
    ----------
    domain : Domain
        The group it belongs to.
    name : str
        Its name.
    """

    def __init__(self, domain: Domain, name: str) -> None:
        self.name = _checked(name, "Marker")
        self._category = _domain(domain)

    def mark(self, scope: str = "process") -> None:
        """Mark this instant.

        Parameters
        ----------
        scope : {'global', 'process', 'thread', 'task', 'marker'}
            For what it matters, which is how tall its line is drawn.
        """
        if scope not in _SCOPES:
            raise ParameterError(
                f"mark(): scope is {scope!r}, expected one of {', '.join(map(repr, _SCOPES))}."
            )
        RECORDER.add("i", self._category, self.name, scope=_SCOPES[scope])


def _checked(name: object, kind: str) -> str:
    if not isinstance(name, str):
        raise ParameterError(f"{kind}: its name must be a str, not {name!r}.")
    return name


def _domain(domain: object) -> str:
    if not isinstance(domain, Domain):
        raise ParameterError(f"Expected a profiler.Domain, not {domain!r}.")
    return domain.name


def autostart() -> None:
    """Record everything from now on, and write it when Python ends: ``MXNET_PROFILER_AUTOSTART=1``."""
    set_config(profile_all=True)
    set_state("run")
    atexit.register(dump)
