"""Segments: stretches of rows as steps of a plan, and how a plan with such steps runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mxnet.ir.op import Op, Run
from mxnet.native.frame import Frame, Table, Tensors
from mxnet.plan.plan import Plan, Step
from mxnet.plan.writer import local_names
from mxnet.timing import RECORDER

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.plan.program import Code

__all__ = ["Framed", "FramedPlan", "Segment", "Stretch"]

_CALL = re.compile(r"^    (?:\S.* = )?__\d+_native\(")
_MOST_IDLE = 4  # frames that are kept for later runs: as many as there are threads at once, mostly


class Stretch:
    """Runs a segment: lets rows find tensors, runs them, and returns what others need as tensors."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.steps: list[Step] = []
        self.rows: list[tuple[int, int]] = []  # by step, from which to before which
        self.reads: dict[int, int] = {}  # values that torch makes, and which loose tensors they are
        self.lasts: set[int] = set()  # loose tensors that have the channels last
        self.makes: list[
            tuple[int, tuple[int, ...]]
        ] = []  # loose tensors that leave the run, and their shapes
        self.exports: list[int] = []
        # What is exported: where it lies, in which shape, and whether that has the channels last.
        self.results: list[tuple[str, int, tuple[int, ...], bool]] = []

    @property
    def title(self) -> str:
        """What a program shows of it: the nodes."""
        names = list(dict.fromkeys([step.node.name for step in self.steps]))
        return ", ".join(names) if len(names) < 9 else f"{', '.join(names[:3])} ... {', '.join(names[-3:])}"

    def text(self, names: Sequence[str], plan: Plan) -> Iterator[str]:
        """Yield a line for each step."""
        for step in self.steps:
            made, read = (", ".join([names[v] for v in values]) for values in (step.outputs, step.inputs))
            shapes = " ".join(str(plan.values[v].type.shape) for v in step.outputs)
            assert step.node.op is not None
            yield f"{made} = {step.node.op.name}({read})  # {step.node.name} {shapes}"

    def __call__(self, frame: Frame, *tensors: Tensor) -> Any:
        """Run it."""
        placed = self._place(frame, tensors)
        frame.run(self.number)
        return self._returned(frame, placed)

    def timed(self, frame: Frame, *tensors: Tensor) -> Any:
        """Run it step by step, and record how long each took, while anything is recorded."""
        if not RECORDER.running:
            return self(frame, *tensors)
        placed = self._place(frame, tensors)
        for step, (begin, duration) in zip(self.steps, frame.run_timed(self.rows), strict=True):
            assert step.node.op is not None
            RECORDER.add_operator(step.node.name, begin, duration, operator=step.node.op.name)
        return self._returned(frame, placed)

    def _place(self, frame: Frame, tensors: Sequence[Tensor]) -> list[Tensor]:
        if self.lasts:
            tensors = [
                tensor.movedim(1, -1) if number in self.lasts else tensor
                for number, tensor in zip(self.reads.values(), tensors, strict=True)
            ]
        placed = list(map(frame.place, self.reads.values(), tensors))
        for number, shape in self.makes:
            frame.new(number, shape)
        return placed

    def _returned(self, frame: Frame, placed: Sequence[Tensor]) -> Any:
        results = [self._result(frame, placed, *each) for each in self.results]
        return results[0] if len(results) == 1 else results

    def _result(
        self,
        frame: Frame,
        placed: Sequence[Tensor],
        where: str,
        which: int,
        shape: tuple[int, ...],
        last: bool,
    ) -> Tensor:
        found = self._found(frame, placed, where, which, shape)
        return found.movedim(-1, 1) if last else found

    def _found(
        self, frame: Frame, placed: Sequence[Tensor], where: str, which: int, shape: tuple[int, ...]
    ) -> Tensor:
        match where:
            case "arena":
                return frame.view(which, shape)
            case "new":
                made = frame.fresh[which]
                return made if made.shape == shape else made.view(shape)
            case "read":
                return placed[which].view(shape)
            case "given":
                return frame.given.tensors[which].view(shape)
            case _:
                return frame.heads.tensors[which].view(shape)


class Segment(Op):
    """A stretch of steps that run as rows: reads the frame and tensors, makes what others need as tensors."""

    name = "native"
    interned = False
    counts: tuple[int, int]
    run: Callable[..., Any]

    def input_names(self) -> tuple[str, ...]:
        """Return names of the inputs: the frame and tensors."""
        return tuple(f"arg{i}" for i in range(self.counts[0]))

    def output_names(self) -> tuple[str, ...]:
        """Return names of the outputs."""
        return tuple(f"output{i}" for i in range(self.counts[1]))

    def forward(self, run: Run, *arrays: Any) -> Any:  # noqa: ARG002 - that of any operator
        """Run the rows."""
        return self.run(*arrays)

    def kernel_for(self, run: Run) -> Callable[..., Any]:  # noqa: ARG002
        """Return what runs the rows."""
        return self.run


@dataclass(frozen=True)
class FramedPlan(Plan):
    """A plan with segments in the place of the steps that run as rows.

    Attributes
    ----------
    frame : int
        The value that is the frame, which comes as the last of what is prepared.
    rows_write : frozenset of int
        The gradients, by number, that rows write where they belong.
    whole : Plan
        The plan as it was.
    table : Table
        The rows.
    given : tuple of int
        The values that the table's `given` stands for: variables and what is prepared.
    heads, targets : tuple of int
        Which of what is given, and of the gradients, its `heads` and `targets` are.
    """

    frame: int
    rows_write: frozenset[int]
    whole: Plan
    table: Table
    given: tuple[int, ...]
    heads: tuple[int, ...]
    targets: tuple[int, ...]

    @property
    def segments(self) -> Iterator[Step]:
        """The steps that are segments."""
        return (step for step in (*self.forward, *self.backward) if isinstance(step.node.op, Segment))

    def pending(self) -> Iterable[tuple[int, tuple[int, str]]]:
        """Return the gradients that rows do not write."""
        return [(i, each) for i, each in enumerate(self.gradients) if i not in self.rows_write]

    def arriving(self) -> list[tuple[int, ...]]:
        """Return by step of the backward half which gradients, by number, are where they belong after it."""
        of_rows = [(i, each) for i, each in enumerate(self.gradients) if i in self.rows_write]
        return [
            (*numbers, *self._arriving([v for each in _inside(step) for v in each.outputs], of_rows))
            for step, numbers in zip(self.backward, super().arriving(), strict=True)
        ]

    @property
    def prepared(self) -> tuple[int, ...]:
        """The values that preparations make, and then the frame."""
        return *(v for each in self.preparations for v in each.makes), self.frame


def _inside(step: Step) -> Sequence[Step]:
    """Return the steps that a segment runs as rows."""
    run: Any = step.node.op.run if isinstance(step.node.op, Segment) else None
    return () if run is None else run.steps


class _Lease:
    """What a run keeps of its frame until nobody needs it any more, when the next run may have it."""

    __slots__ = ("_idle", "frame")

    def __init__(self, frame: Frame, idle: list[Frame]) -> None:
        self.frame = frame
        self._idle = idle

    def __del__(self) -> None:
        self.frame.rest()
        if len(self._idle) < _MOST_IDLE:
            self._idle.append(self.frame)


class Framed:
    """Code of a plan with segments; see :class:`mxnet.plan.program.Code`.

    Parameters
    ----------
    plan : FramedPlan
        The plan.
    code : Code
        Its code, which expects the frame behind what is prepared.

    Attributes
    ----------
    plan : FramedPlan
        The plan.
    """

    def __init__(self, plan: FramedPlan, code: Code) -> None:
        self.plan = plan
        self.code = code
        self.prepare = code.prepare
        self.step_of = code.step_of
        self._table = plan.table
        n_variables, prepared = plan.n_given, {v: i for i, v in enumerate(plan.prepared)}
        self._given = [(v, -1) if v < n_variables else (-1, prepared[v]) for v in plan.given]
        self._heads, self._targets = plan.heads, plan.targets
        self._position = {number: i for i, number in enumerate(plan.targets)}
        self._keeps = bool(plan.gradients)
        self._idle: list[Frame] = []

    @property
    def source(self) -> str:
        """The text that says what is done, with the steps of segments as comments."""
        names = local_names(self.plan.whole)
        stretches = iter([step.node.op.run for step in self.plan.segments])  # type: ignore[union-attr]
        lines = []
        for line in self.code.source.splitlines():
            lines.append(line)
            if _CALL.search(line):
                lines += [f"    #   {each}" for each in next(stretches).text(names, self.plan)]
        return "\n".join(lines) + "\n"

    def forward(
        self, variables: Sequence[Tensor | None], prepared: tuple[Tensor, ...], tap: Any
    ) -> tuple[tuple[Tensor, ...], list[Any]]:
        """Run the forward half; return the outputs and what the backward half needs."""
        lease = self._lease()
        frame = lease.frame
        self._bind(frame, variables, prepared)
        frame.given.gather()
        outputs, saved = self.code.forward(variables, (*prepared, frame), tap)
        frame.given.scatter()
        if self._keeps:
            saved.append(lease)
        return outputs, saved

    def backward(
        self,
        variables: Sequence[Tensor | None],
        prepared: tuple[Tensor, ...],
        saved: list[Any],
        targets: list[Any],
        tap: Any,
    ) -> None:
        """Run the backward half, and empty `saved`."""
        if not self._keeps:
            return
        lease = saved.pop()  # until the end of this run
        frame = lease.frame
        bound = self._bind_all(frame, variables, prepared, targets)
        self.code.backward(variables, (*prepared, frame), saved, targets, tap)
        for each in bound:
            each.scatter()

    def announced(
        self,
        variables: Sequence[Tensor | None],
        prepared: tuple[Tensor, ...],
        saved: list[Any],
        targets: list[Any],
        tap: Any,
    ) -> Iterator[Iterable[int]]:
        """Run the backward half, and yield the numbers of gradients that have just been written."""
        if not self._keeps:
            return
        lease = saved.pop()
        frame = lease.frame
        bound = self._bind_all(frame, variables, prepared, targets)
        position = self._position
        for numbers in self.code.announced(variables, (*prepared, frame), saved, targets, tap):
            frame.targets.scatter([position[number] for number in numbers if number in position])
            yield numbers
        for each in bound[:2]:
            each.scatter()

    def _bind_all(
        self,
        frame: Frame,
        variables: Sequence[Tensor | None],
        prepared: tuple[Tensor, ...],
        targets: list[Any],
    ) -> tuple[Tensors, ...]:
        """Let rows work on what the backward half is given."""
        self._bind(frame, variables, prepared)
        frame.heads.bind([variables[i] for i in self._heads])  # type: ignore[misc]
        if frame.targets_seen is not targets:
            frame.targets.bind([targets[i] for i in self._targets])
            frame.targets_seen = targets
        bound = frame.given, frame.heads, frame.targets
        for each in bound:
            each.gather()
        return bound

    def _lease(self) -> _Lease:
        try:
            frame = self._idle.pop()
        except IndexError:
            frame = Frame(self._table)
        return _Lease(frame, self._idle)

    def _bind(self, frame: Frame, variables: Sequence[Tensor | None], prepared: tuple[Tensor, ...]) -> None:
        seen = frame.seen
        if seen and seen[0] is variables and seen[1] is prepared:
            return
        frame.given.bind([variables[i] if i >= 0 else prepared[k] for i, k in self._given])  # type: ignore[misc]
        frame.seen = variables, prepared
