"""Runs a plan as a list of steps, for plans so long that it would take longer to compile their text.

What runs is what the text says, line by line; the text itself is written when somebody wants to read it.
"""

from __future__ import annotations

import functools
import operator
import traceback
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.ir.memory import Into
from mxnet.ops.backward import Backward
from mxnet.plan.kernels import Kernel, Kernels
from mxnet.plan.plan import Plan, Step
from mxnet.plan.writer import add_rule, like_of, render

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["LONG", "Stepped"]

LONG = 2000
"""From how many steps on a plan is not compiled as text."""

Values = list[Any]
"""By number what has been made so far; behind it the bound gradients, and then what kernels read of types."""

Action = Callable[[Values], None]


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
        self._first_target = len(plan.values)
        self._likes: dict[int, int] = {}  # by value, where what is read of its type stands
        self._constants: Values = []
        self._gradients: dict[int, list[tuple[int, str]]] = {}
        for number, (v, request) in enumerate(plan.gradients):
            self._gradients.setdefault(v, []).append((number, request))
        self._forward = list(map(self._action, plan.forward))
        self._backward = list(map(self._action, plan.backward))
        made = {v for step in plan.backward for v in step.outputs}
        self._begin = [write for v in self._gradients if v not in made for write in self._writes(v)]
        self.prepare = tuple(
            functools.partial(self._prepare, list(map(self._action, each.steps)), each.makes)
            for each in plan.preparations
        )

    @functools.cached_property
    def source(self) -> str:
        """The text that says what is done."""
        return render(self._plan, self._kernels)

    def step_of(self, error: BaseException) -> Step | None:
        """Return the step in which an exception was raised."""
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_code is _run.__code__:
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
        targets: Sequence[Tensor],
        _tap: None,
    ) -> None:
        """Run the backward half, and empty `saved`."""
        values = self._values(variables, prepared)
        for v, tensor in zip(self._plan.saved, saved, strict=True):
            values[v] = tensor
        saved.clear()
        values[self._first_target : self._first_target + len(targets)] = targets
        _run(self._begin, values)
        _run(self._backward, values)

    def _prepare(
        self, actions: list[Action], makes: Sequence[int], variables: Sequence[Tensor | None]
    ) -> tuple[Tensor, ...]:
        values = self._values(variables, ())
        _run(actions, values)
        return tuple([values[v] for v in makes])

    def _values(self, variables: Sequence[Tensor | None], prepared: Sequence[Tensor]) -> Values:
        plan = self._plan
        values: Values = [None] * (len(plan.values) + len(plan.gradients))
        values += self._constants
        values[: len(variables)] = variables
        for v, tensor in zip(plan.prepared, prepared, strict=False):
            values[v] = tensor
        return values

    # -------------------------------------------------------------------------------------------- making

    def _action(self, step: Step) -> Action:
        """Return what a step does: its kernel's call, the gradients written, and the values let go."""
        call = _calls(self._kernels.of(step), self._reads(step), step.outputs, self._options(step))
        written = {v for v, _ in step.writes}
        after = [
            write
            for v in step.outputs
            if v in self._gradients and v not in written
            for write in self._writes(v)
        ]
        if isinstance(step.node.op, Backward) and step.takes is not None:
            after.insert(0, _copies(step.takes, step.outputs[0]))
        return _in_order(call, after, step.frees)

    def _reads(self, step: Step) -> tuple[int, ...]:
        op = step.node.op
        assert op is not None
        if not op.shape_only:
            return step.inputs
        values = self._plan.values
        return tuple(
            self._like(v) if i in op.shape_only and values[v].type.is_known else v
            for i, v in enumerate(step.inputs)
        )

    def _like(self, v: int) -> int:
        if v not in self._likes:
            self._likes[v] = self._first_target + len(self._plan.gradients) + len(self._constants)
            self._constants.append(like_of(self._plan.values[v].type))
        return self._likes[v]

    def _options(self, step: Step) -> Callable[[Values], Any] | None:
        """Return what tells the kernel where to write, from the values; None where it is free."""
        op, takes = step.node.op, step.takes
        if not isinstance(op, Backward):
            return None if takes is None else operator.itemgetter(takes)
        places = [] if takes is None else [(op.wants[0], takes, False)]
        for v, number in step.writes:
            name = op.wants[step.outputs.index(v)]
            places.append((name, self._first_target + number, self._plan.gradients[number][1] == "add"))
        if not places:
            return None
        return lambda values: {name: Into(values[place], adds) for name, place, adds in places}

    def _writes(self, v: int) -> Iterable[Action]:
        """Yield what writes a gradient into, or adds it to, its bound arrays."""
        rule = add_rule(self._plan, v)
        for number, request in self._gradients[v]:
            target = self._first_target + number
            if request == "write":
                yield _writes_over(target, v)
            elif rule is not None:
                yield _joins(target, v, rule)
            else:
                yield _adds(target, v)


def _run(actions: list[Action], values: Values) -> None:
    rest = iter(actions)  # says, after an exception, how far the run came
    for action in rest:
        action(values)


def _calls(
    kernel: Kernel, reads: tuple[int, ...], makes: tuple[int, ...], options: Callable[[Values], Any] | None
) -> Action:
    """Return the call of a kernel on values."""
    arguments = operator.itemgetter(*reads) if len(reads) > 1 else None
    if len(makes) != 1 or options is not None or arguments is None:
        return _calls_any(kernel, reads, makes, options)
    (out,) = makes

    def call(values: Values) -> None:
        values[out] = kernel(*arguments(values))

    return call


def _calls_any(
    kernel: Kernel, reads: tuple[int, ...], makes: tuple[int, ...], options: Callable[[Values], Any] | None
) -> Action:
    first = makes[0] if len(makes) == 1 else None

    def call(values: Values) -> None:
        where = {} if options is None else {"out": options(values)}
        results = kernel(*[values[v] for v in reads], **where)
        if first is not None:
            values[first] = results
        else:
            for v, result in zip(makes, results, strict=True):
                values[v] = result

    return call


def _writes_over(target: int, v: int) -> Action:
    def write(values: Values) -> None:
        values[target].copy_(values[v])

    return write


def _adds(target: int, v: int) -> Action:
    def add(values: Values) -> None:
        values[target].add_(values[v])

    return add


def _joins(target: int, v: int, rule: Callable[..., Any]) -> Action:
    def join(values: Values) -> None:
        values[target].copy_(rule(values[target], values[v]))

    return join


def _copies(source: int, to: int) -> Action:
    def copy(values: Values) -> None:
        values[to] = values[source]

    return copy


def _in_order(call: Action, after: Sequence[Action], frees: tuple[int, ...]) -> Action:
    if not after and not frees:
        return call

    def step(values: Values) -> None:
        call(values)
        for action in after:
            action(values)
        for v in frees:
            values[v] = None

    return step
