"""Runs a plan as a list of small functions, for plans whose text would take longer to compile than to run.

Long plans repeat themselves. Each step's lines are those of the text, but for which values they are about;
so lines of one form are compiled once, as a function that makes the functions of all steps of that form.
"""

from __future__ import annotations

import functools
import operator
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.plan.kernels import Kernels
from mxnet.plan.lines import Lines
from mxnet.plan.plan import Plan, Step
from mxnet.plan.writer import render

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LONG", "Stepped"]

LONG = 500
"""From how many steps on a plan is not compiled as text."""

Values = list[Any]
"""By number what has been made so far, and behind it the bound gradients."""

Action = Callable[[Values], None]


class _Forms(Lines):
    """Makes a function of the values from the lines of a step."""

    def __init__(self, plan: Plan, kernels: Kernels) -> None:
        super().__init__(plan, kernels)
        self._names: dict[Any, str] = {}
        self._holds: list[Any] = []
        self._known: dict[tuple[Any, ...], tuple[Callable[..., Action], list[tuple[int, Any]]]] = {}

    def _name(self, key: Any, holds: Any) -> str:
        name = self._names.get(key)
        if name is None:
            name = self._names[key] = f"x{len(self._holds)}"
            self._holds.append(holds)
        return name

    def value(self, v: int) -> str:
        return f"v[{self._name(v, v)}]"

    def target(self, number: int) -> str:
        return self.value(len(self.plan.values) + number)

    def constant(self, constant: Any, _stem: str) -> str:
        return self._name((id(constant),), constant)

    def forget(self, values: Sequence[int]) -> str:
        return f"{' = '.join(map(self.value, values))} = None"

    def action(self, lines: Sequence[str]) -> Action:
        """Return the function that does what these lines say, and begin anew."""
        made = _compiled("\n  ".join(lines), len(self._holds))(*self._holds)
        self._names, self._holds = {}, []
        return made

    def step(self, step: Step) -> Action:
        """Return what a step does."""
        assert step.node.op is not None
        if not self.kernels.are_shared(step.node.op):
            return self.action(self._lines(step))
        goals = [goal for v in step.outputs if v in self.gradients for goal in self.gradients[v]]
        n_values = len(self.plan.values)
        about = [*step.inputs, *step.outputs, *step.frees, *[n_values + number for number, _ in goals]]
        if step.takes is not None:
            about.append(step.takes)
        local: dict[int, int] = {}
        pattern = [local.setdefault(v, len(local)) for v in about]
        form = (
            id(self.kernels.of(step)),
            len(step.inputs),
            len(step.frees),
            step.takes is None,
            tuple([step.outputs.index(v) for v, _ in step.writes]),
            tuple([request for _, request in goals]),
            *pattern,
        )
        if form not in self._known:
            lines = self._lines(step)
            slots = [
                (local[key], None) if isinstance(key, int) else (-1, held)
                for key, held in zip(self._names, self._holds, strict=True)
            ]
            self._known[form] = _compiled("\n  ".join(lines), len(slots)), slots
            self._names, self._holds = {}, []
        make, slots = self._known[form]
        numbers = list(local)
        return make(*[held if place < 0 else numbers[place] for place, held in slots])

    def _lines(self, step: Step) -> list[str]:
        lines = [*self.of_step(step)]
        return [*lines, self.forget(step.frees)] if step.frees else lines


@functools.lru_cache(maxsize=1 << 10)
def _compiled(body: str, count: int) -> Callable[..., Action]:
    """Return what makes a function of such lines, given what they are about."""
    names = ", ".join(f"x{i}" for i in range(count))
    namespace: dict[str, Any] = {}
    exec(f"def make({names}):\n def step(v):\n  {body}\n return step", namespace)  # noqa: S102 - our own text
    make: Callable[..., Action] = namespace["make"]
    return make


class Stepped:
    """A plan as lists of actions on values; see :class:`mxnet.plan.program.Code`.

    Parameters
    ----------
    plan : Plan
        The plan.
    kernels : Kernels
        Its kernels.
    """

    def __init__(self, plan: Plan, kernels: Kernels) -> None:
        self._plan = plan
        self._kernels = kernels
        forms = _Forms(plan, kernels)
        self._forward = [forms.step(step) for step in plan.forward]
        self._backward = [forms.step(step) for step in plan.backward]
        made = {v for step in plan.backward for v in step.outputs}
        self._begin = [forms.action([*forms.of_gradient(v)]) for v in forms.gradients if v not in made]
        self._arriving = plan.arriving()
        self.prepare = tuple(
            functools.partial(self._prepare, [forms.step(step) for step in each.steps], each.makes)
            for each in plan.preparations
        )

    @functools.cached_property
    def source(self) -> str:
        """The text that says what is done."""
        return render(self._plan, self._kernels)

    def step_of(self, error: BaseException) -> Step | None:
        """Return the step in which an exception was raised."""
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_code in (_run.__code__, _run_in_parts.__code__):
                actions, left = frame.f_locals["actions"], operator.length_hint(frame.f_locals["rest"])
                steps = {id(self._forward): self._plan.forward, id(self._backward): self._plan.backward}.get(
                    id(actions)
                )
                return None if steps is None else steps[len(actions) - left - 1]
        return None

    # -------------------------------------------------------------------------------------------- running

    def forward(
        self, variables: Sequence[Tensor | None], prepared: Sequence[Tensor], _tap: None
    ) -> tuple[tuple[Tensor, ...], list[Tensor]]:
        """Run the forward half; return the outputs and what the backward half needs."""
        plan, values = self._plan, self._values(variables, prepared)
        _run(self._forward, values)
        return tuple([values[v] for v in plan.outputs]), [values[v] for v in plan.saved]

    def backward(
        self,
        variables: Sequence[Tensor | None],
        prepared: Sequence[Tensor],
        saved: list[Tensor],
        targets: list[Any],
        _tap: None,
    ) -> None:
        """Run the backward half, and empty `saved`."""
        values = self._begun(variables, prepared, saved, targets)
        _run(self._backward, values)
        targets[:] = values[len(self._plan.values) :]

    def announced(
        self,
        variables: Sequence[Tensor | None],
        prepared: Sequence[Tensor],
        saved: list[Tensor],
        targets: list[Any],
        _tap: None,
    ) -> Iterator[Iterable[int]]:
        """Run the backward half, and yield the numbers of gradients that have just been written."""
        values = self._begun(variables, prepared, saved, targets)
        first = len(self._plan.values)
        for numbers in _run_in_parts(self._backward, self._arriving, values):
            for number in numbers:
                targets[number] = values[first + number]
            yield numbers
        targets[:] = values[first:]

    def _begun(
        self,
        variables: Sequence[Tensor | None],
        prepared: Sequence[Tensor],
        saved: list[Tensor],
        targets: list[Any],
    ) -> Values:
        """Return what the steps of the backward half begin with."""
        values = self._values(variables, prepared)
        for v, tensor in zip(self._plan.saved, saved, strict=True):
            values[v] = tensor
        saved.clear()
        values[len(self._plan.values) :] = targets
        _run(self._begin, values)
        return values

    def _prepare(
        self, actions: list[Action], makes: Sequence[int], variables: Sequence[Tensor | None]
    ) -> tuple[Tensor, ...]:
        values = self._values(variables, ())
        _run(actions, values)
        return tuple([values[v] for v in makes])

    def _values(self, variables: Sequence[Tensor | None], prepared: Sequence[Tensor]) -> Values:
        plan = self._plan
        values: Values = [None] * len(plan.values)
        values[: len(variables)] = variables
        for v, tensor in zip(plan.prepared, prepared, strict=False):
            values[v] = tensor
        return values


def _run(actions: list[Action], values: Values) -> None:
    rest = iter(actions)  # says, after an exception, how far the run came
    for action in rest:
        action(values)


def _run_in_parts(
    actions: list[Action], arriving: Sequence[tuple[int, ...]], values: Values
) -> Iterator[tuple[int, ...]]:
    """Run actions, and yield the numbers that belong to one once it has run, if there are any."""
    rest = iter(actions)
    for numbers in arriving:
        next(rest)(values)
        if numbers:
            yield numbers
