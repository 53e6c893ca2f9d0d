"""Replays the programs of a GPU as CUDA graphs: what a half launches is recorded once, and sent off as one.

The first runs are as ever, and warm up what kernels make at first. Then a half runs once more while it is
recorded, on the tensors that it is given; later runs replay that. So writes to parameters take effect, as
they are read where they lie. A tensor that was given in another place than before is from then on copied into
one that the recording knows. Results lie in the memory of the recording: outputs are copied out of it, and
what the backward half needs stays there, until that has run or nobody can ask for it any more.

What cannot be recorded runs as ever, and the reason is logged. ``MXNET_DISABLED_PASSES=cuda_graphs`` turns it
off. All but `CudaRecorder` is tested with one that stands for it; that itself has never run on a GPU.
"""

from __future__ import annotations

import logging
import threading
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from mxnet.context import Context
from mxnet.ir.storage import DENSE
from mxnet.ir.types import OPAQUE, is_complete
from mxnet.lazy import torch
from mxnet.ops.tools.device import generator_of, torch_device
from mxnet.plan.plan import Plan
from mxnet.plan.program import Code

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.plan.plan import Step
    from mxnet.plan.program import Tap

__all__ = ["CudaRecorder", "Recorder", "Replayed", "reason_against", "replayed"]

_log = logging.getLogger("mxnet")

_WARM_UPS = 2
_MOST_RECORDINGS = 4
"""After so many, of a half whose tensors always lie elsewhere, it runs as ever."""


class Recorder(Protocol):
    """Records what is launched on a device."""

    def warm_up(self, run: Callable[[], Any]) -> Any:
        """Run something where it will be recorded, and return what it returns."""

    def record(self, run: Callable[[], Any]) -> tuple[Any, Callable[[], None]]:
        """Record what a run launches, without its effects; return its results and what replays it."""


class CudaRecorder:
    """Records into CUDA graphs that share a pool of memory, on a stream of their own.

    Parameters
    ----------
    context : Context
        The GPU.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._device = torch_device(context)
        self._stream = torch.cuda.Stream(self._device)  # type: ignore[no-untyped-call]
        self._pool = torch.cuda.graph_pool_handle()

    def warm_up(self, run: Callable[[], Any]) -> Any:
        """Run something on the stream, after what was launched before and before what comes next."""
        current = torch.cuda.current_stream(self._device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            result = run()
        current.wait_stream(self._stream)
        return result

    def record(self, run: Callable[[], Any]) -> tuple[Any, Callable[[], None]]:
        """Record what a run launches; numbers are drawn anew in each replay."""
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(generator_of(self._context))
        with torch.cuda.graph(graph, pool=self._pool, stream=self._stream):
            results = run()
        return results, graph.replay


def replayed(code: Code, plan: Plan, *, context: Context, written: Collection[int]) -> Code:
    """Return how a plan runs on a GPU: recorded, if that can be; else as it did.

    Parameters
    ----------
    code : Code
        How it runs without.
    plan : Plan
        What is done.
    context : Context
        Where.
    written : collection of int
        The variables that a forward run writes to.
    """
    if context.device_type != "gpu" or torch_device(context).type != "cuda":
        return code
    reason = reason_against(plan, context)
    if reason:
        _log.info("A program on %s is not replayed as a CUDA graph: %s.", context, reason)
        return code
    return Replayed(code, plan, CudaRecorder(context), written)


def reason_against(plan: Plan, context: Context) -> str:
    """Return why a plan cannot be recorded; nothing if it can, as far as one can know."""
    for value in plan.values:
        type_, name = value.type, value.entry.node.name
        if type_.layout == OPAQUE:
            continue
        if type_.place != context:
            return f"{name!r} lies on {type_.place}"
        if type_.stype != DENSE:
            return f"{name!r} is stored as {type_.stype}"
        if not is_complete(type_.shape):
            return f"the shape of {name!r} is known only after a run"
    for step in (*plan.forward, *plan.backward):
        if step.node.op is not None and "forward" in step.node.op.effects:
            return f"{step.node.name!r} is a user's code"
    return ""


class _Half:
    """A function of tensors, which is replayed once it has warmed up.

    Parameters
    ----------
    function : callable
        Takes a list of tensors, or None among them.
    recorder : Recorder
        What it is recorded by.
    name : str
        Of the half, for messages.
    """

    def __init__(self, function: Callable[[list[Any]], Any], recorder: Recorder, name: str) -> None:
        self._function = function
        self._recorder = recorder
        self._name = name
        self._runs = 0
        self._recordings = 0
        self._held: list[Any] = []
        self._own: dict[int, Tensor] = {}  # by position, what stands for tensors that lie elsewhere each time
        self._replay: Callable[[], None] | None = None
        self._results: Any = None
        self.reason = ""

    def run(
        self, given: list[Any], *, kept: Collection[int] = (), copied: Collection[int] = ()
    ) -> tuple[Any, bool]:
        """Return the results, and whether they lie in the memory of the recording.

        Parameters
        ----------
        given : list
            The tensors.
        kept : collection of int
            The positions of those that are written to, which cannot be copied.
        copied : collection of int
            The positions of those that surely lie elsewhere each time.
        """
        if self._runs < _WARM_UPS and not self.reason:
            self._runs += 1
            return self._recorder.warm_up(lambda: self._function(given)), False
        if self.reason or not (self._fits(given, kept, copied) or self._record(given)):
            return self._function(given), False
        for position, mine in self._own.items():
            mine.copy_(given[position])
        assert self._replay is not None
        self._replay()
        return self._results, True

    def _fits(self, given: list[Any], kept: Collection[int], copied: Collection[int]) -> bool:
        """Whether the recording holds for these tensors; note which are to be copied from now on."""
        fits = self._replay is not None
        before = self._held or given
        for position, now in enumerate(given):
            if now is None:
                fits = fits and before[position] is None
                self._own.pop(position, None)
            elif position not in self._own and (position in copied or not _same(now, before[position])):
                fits = False
                if position not in kept:
                    self._own[position] = torch.empty_like(now)
        return fits

    def _record(self, given: list[Any]) -> bool:
        self._recordings += 1
        self._held = [self._own.get(i, each) for i, each in enumerate(given)]
        if self._recordings > _MOST_RECORDINGS:
            self._give_up("its arrays lie elsewhere each time")
            return False
        try:
            self._results, self._replay = self._recorder.record(lambda: self._function(list(self._held)))
        except Exception as error:  # of many kinds: what a kernel itself raises comes again without recording
            self._give_up((str(error).strip().splitlines() or [type(error).__name__])[0])
            return False
        return True

    def _give_up(self, reason: str) -> None:
        self.reason, self._replay, self._results = reason, None, None
        self._held, self._own = [], {}
        _log.info("The %s half of a program is not replayed as a CUDA graph: %s.", self._name, reason)


def _same(now: Any, before: Any) -> bool:
    return now is before or (
        before is not None
        and now.data_ptr() == before.data_ptr()
        and now.shape == before.shape
        and now.stride() == before.stride()
    )


class _Saved(list[Any]):
    """What a replayed forward half keeps in its recording's memory, until the backward half empties it."""


class Replayed:
    """A plan whose halves are recorded and replayed; see :class:`mxnet.plan.program.Code`.

    Parameters
    ----------
    code : Code
        How the plan runs without.
    plan : Plan
        What is done.
    recorder : Recorder
        What records.
    written : collection of int
        The variables that a forward run writes to.
    """

    def __init__(self, code: Code, plan: Plan, recorder: Recorder, written: Collection[int] = ()) -> None:
        self._code = code
        self._written = tuple(written)
        self._n_given, self._n_prepared = plan.n_given, len(plan.prepared)
        self._n_variables = plan.n_given - (len(plan.outputs) if plan.gradients else 0)
        self._lock = threading.Lock()
        self._pending: Callable[[], _Saved | None] = lambda: None
        self._kept: list[Any] = []
        self.halves = (
            _Half(self._run_forward, recorder, "forward"),
            _Half(self._run_backward, recorder, "backward"),
        )
        self.source = code.source
        self.prepare = code.prepare

    def step_of(self, error: BaseException) -> Step | None:
        """Return the step in which an exception was raised."""
        return self._code.step_of(error)

    def forward(self, variables: Sequence[Any], prepared: Sequence[Any], tap: Tap | None) -> Any:
        """Run the forward half: replayed, unless somebody watches or may yet ask for the last gradient."""
        if tap is not None or not self._lock.acquire(blocking=False):
            return self._code.forward(variables, prepared, tap)
        try:
            if self._pending():
                return self._code.forward(variables, prepared, tap)
            given = [*variables[: self._n_variables], *prepared]
            results, is_recorded = self.halves[0].run(given, kept=self._written)
            if not is_recorded:
                return results
            outputs, self._kept = results
            _show_change([variables[i] for i in self._written])
            saved = _Saved(self._kept)
            self._pending = weakref.ref(saved)
            return tuple([each.clone() for each in outputs]), saved
        finally:
            self._lock.release()

    def backward(
        self,
        variables: Sequence[Any],
        prepared: Sequence[Any],
        saved: list[Any],
        targets: list[Any],
        tap: Tap | None,
    ) -> None:
        """Run the backward half: replayed, if the forward half was, and nobody watches."""
        if tap is not None or self._pending() is not saved or not self._lock.acquire(blocking=False):
            self._code.backward(variables, prepared, saved, targets, tap)
            return
        try:
            first = self._n_given + self._n_prepared
            self.halves[1].run(
                [*variables, *prepared, *targets],
                kept={*self._written, *range(first, first + len(targets))},
                copied=range(self._n_variables, self._n_given),
            )
            _show_change([*targets, *(variables[i] for i in self._written)])
            saved.clear()
        finally:
            self._lock.release()

    def announced(self, *given: Any) -> Iterator[Iterable[int]]:
        """Run the backward half, which cannot say in between what it has written."""
        self.backward(*given)
        yield ()

    def _run_forward(self, given: list[Any]) -> Any:
        return self._code.forward(given[: self._n_variables], tuple(given[self._n_variables :]), None)

    def _run_backward(self, given: list[Any]) -> None:
        at = self._n_given + self._n_prepared
        prepared = tuple(given[self._n_given : at])
        self._code.backward(given[: self._n_given], prepared, list(self._kept), given[at:], None)


def _show_change(tensors: Sequence[Tensor]) -> None:
    """Move the versions of tensors that a replay wrote to: torch does not see it."""
    for each in tensors:
        torch.autograd.graph.increment_version(each)
