"""The bytes of a run, step by step, for people: what ``executor.memory_plan()`` returns."""

from __future__ import annotations

from dataclasses import dataclass

from mxnet.drawing.timeline import timeline_svg
from mxnet.ir.storage import DENSE
from mxnet.plan.plan import Plan, Step

__all__ = ["MemoryPlan", "PlannedStep", "needs_of"]

_MB = 2**20
_MOST = 4  # nodes that are named where there is no room
_BAR = 24  # characters of the longest bar


@dataclass(frozen=True)
class PlannedStep:
    """One step of a run.

    Attributes
    ----------
    name : str
        The node.
    half : {'forward', 'backward'}
        In which half it runs.
    alive : int
        The bytes of all intermediate values while it runs.
    makes : int
        The bytes of new memory it needs for its results.
    note : str
        What is remarkable: whose memory its result takes over, that it writes into a bound gradient, that its
        result is not stored densely (its bytes are known only when it is there, and do not count), or how
        much of what it makes is kept for the backward half.
    """

    name: str
    half: str
    alive: int
    makes: int
    note: str


class MemoryPlan:
    """What the intermediate values of a run take, known before anything runs.

    Bound arrays (arguments, gradients, auxiliary states) and what is prepared of them do not count; ``str``
    shows a timeline.

    Attributes
    ----------
    steps : tuple of PlannedStep
        The steps in the order of running, forward and then backward.
    peak_bytes : int
        The most bytes alive at once.
    saved_bytes : int
        What the forward half keeps for the backward half.
    """

    def __init__(self, plan: Plan) -> None:
        n_forward = len(plan.forward)
        self.steps = tuple(
            PlannedStep(
                step.node.name,
                "forward" if i < n_forward else "backward",
                alive,
                _new_bytes(plan, step),
                _note(plan, step),
            )
            for i, (step, alive) in enumerate(plan.timeline())
        )
        self.peak_bytes = max((step.alive for step in self.steps), default=0)
        self.saved_bytes = plan.bytes_of(plan.saved)

    def __str__(self) -> str:
        width = max((len(step.name) for step in self.steps), default=0)
        lines = [
            f"{step.alive / _MB:10.2f} MB {'█' * round(_BAR * step.alive / (self.peak_bytes or 1)):{_BAR}} "
            f"{step.name:{width}} {step.makes / _MB:+10.2f} MB  {step.note}".rstrip()
            for step in self.steps
        ]
        half = sum(step.half == "forward" for step in self.steps)
        return "\n".join(
            [
                "forward",
                *lines[:half],
                *(["backward"] if lines[half:] else []),
                *lines[half:],
                self._sum(),
            ]
        )

    __repr__ = __str__

    def _repr_svg_(self) -> str:
        n_forward = sum(step.half == "forward" for step in self.steps)
        steps = [step.name for step in self.steps], [step.alive for step in self.steps]
        return timeline_svg(self._sum(), *steps, n_forward)

    def _sum(self) -> str:
        return f"Peak {self.peak_bytes / _MB:.2f} MB, {self.saved_bytes / _MB:.2f} MB kept for backward"


def needs_of(plan: Plan) -> str:
    """Say what a run takes at its peak, and which nodes make the most of it."""
    planned = MemoryPlan(plan)
    most = sorted(planned.steps, key=lambda step: -step.makes)[:_MOST]
    shown = ", ".join(f"{step.name} ({step.makes / _MB:.2f} MB)" for step in most if step.makes)
    return (
        f"Besides its bound arrays a run takes {planned.peak_bytes / _MB:.2f} MB at its peak; what makes the "
        f"most is {shown or 'nothing'}. A memory_budget makes do with less."
    )


def _new_bytes(plan: Plan, step: Step) -> int:
    written = {v for v, _ in step.writes}
    return sum(
        plan.values[v].type.nbytes for v in step.outputs if plan.memory.owner[v] == v and v not in written
    )


def _note(plan: Plan, step: Step) -> str:
    notes = []
    if step.takes is not None:
        notes.append(f"over {plan.values[step.takes].entry.node.name}")
    if step.writes:
        notes.append(f"{len(step.writes)} gradient{'s' * (len(step.writes) > 1)} into bound arrays")
    notes += sorted(
        {f"stored as {t.stype}" for v in step.outputs if (t := plan.values[v].type).stype != DENSE}
    )
    kept = sum(plan.values[v].type.nbytes for v in step.outputs if v in plan.saved)
    if kept:
        notes.append(f"keeps {kept / _MB:.2f} MB")
    return ", ".join(notes)
