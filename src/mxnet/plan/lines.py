"""What a step does, as lines of Python, in names that whoever writes them down chooses."""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

from mxnet.ir.memory import Into
from mxnet.ir.op import Like
from mxnet.ir.storage import DENSE
from mxnet.lazy import torch
from mxnet.ops.backward import Backward
from mxnet.plan.kernels import Kernels
from mxnet.plan.plan import Plan, Step

__all__ = ["Lines"]


class Lines(ABC):
    """The lines of the steps of a plan; a subclass says how values, targets and constants are called.

    Parameters
    ----------
    plan : Plan
        The plan.
    kernels : Kernels
        Its kernels.
    """

    def __init__(self, plan: Plan, kernels: Kernels) -> None:
        self.plan = plan
        self.kernels = kernels
        self.gradients: dict[int, list[tuple[int, str]]] = {}
        for number, (v, request) in plan.pending():
            self.gradients.setdefault(v, []).append((number, request))

    @abstractmethod
    def value(self, v: int) -> str:
        """Return the name of a value."""

    @abstractmethod
    def target(self, number: int) -> str:
        """Return the name of the array that is bound for a gradient."""

    @abstractmethod
    def constant(self, constant: Any, stem: str) -> str:
        """Return the name of something that stays the same in all runs; `stem` says what it is."""

    @abstractmethod
    def forget(self, values: Sequence[int]) -> str:
        """Return the line that lets values go."""

    def of_step(self, step: Step) -> Iterator[str]:
        """Yield what a step does: first its kernel's call, then the gradients it writes, and what dies."""
        results = ", ".join(map(self.value, step.outputs))
        yield f"{results} = {self._call(step)}" if results else self._call(step)
        if isinstance(step.node.op, Backward) and step.takes is not None:
            yield f"{results} = {self.value(step.takes)}"
        written = [v for v, _ in step.writes]
        for v in step.outputs:
            if v in self.gradients and v not in written:
                yield from self.of_gradient(v)

    def of_gradient(self, v: int) -> Iterator[str]:
        """Yield what writes a gradient into, or adds it to, its bound arrays; or hands it out as stored."""
        if self.plan.values[v].type.stype != DENSE:
            yield from (f"{self.target(number)} = {self.value(v)}" for number, _ in self.gradients[v])
            return
        op = self.plan.values[v].entry.node.op
        rule = op.forward_op.add_gradient if isinstance(op, Backward) else None
        for number, request in self.gradients[v]:
            target, name = self.target(number), self.value(v)
            if request == "write":
                yield f"{target}.copy_({name})"
            elif rule is not None:
                yield f"{target}.copy_({self.constant(rule, 'add')}({target}, {name}))"
            else:
                yield f"{target}.add_({name})"

    def _call(self, step: Step) -> str:
        """Return the call of a step's kernel."""
        op = step.node.op
        assert op is not None
        arguments = [self._argument(step, i) for i in range(len(step.inputs))] + self._out(step)
        return f"{self.constant(self.kernels.of(step), op.name)}({', '.join(arguments)})"

    def _argument(self, step: Step, position: int) -> str:
        v = step.inputs[position]
        value = self.plan.values[v].type
        assert step.node.op is not None
        if position not in step.node.op.shape_only or not value.is_known:
            return self.value(v)
        return self.constant(_like(value.shape, value.dtype), "like")

    def _out(self, step: Step) -> list[str]:
        """Return the argument that tells a kernel where to write."""
        op = step.node.op
        if not isinstance(op, Backward):
            return [] if step.takes is None else [f"out={self.value(step.takes)}"]
        into = self.constant(Into, "Into")
        places = [] if step.takes is None else [f"{op.wants[0]!r}: {into}({self.value(step.takes)}, False)"]
        for v, number in step.writes:
            name = op.wants[step.outputs.index(v)]
            adds = self.plan.gradients[number][1] == "add"
            places.append(f"{name!r}: {into}({self.target(number)}, {adds})")
        return [f"out={{{', '.join(places)}}}"] if places else []


@functools.lru_cache(maxsize=1 << 12)
def _like(shape: Any, dtype: str) -> Like:
    """Return what stands for a value of which only shape and dtype are read."""
    return Like(shape, getattr(torch, dtype))
