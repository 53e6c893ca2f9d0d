"""Whose memory a value lives in: its own, that of a value it is a view of, or that of one it takes over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mxnet.plan.steps import Step, Value

__all__ = ["Memory", "share_memory"]


class Memory:
    """Which values may lie in the same memory.

    Attributes
    ----------
    owner : list of int
        By value: the value whose memory it surely lies in, itself if it brings its own.
    may_touch : list of frozenset of int
        By value: the owners of all memory it may lie in. More than one, where a kernel may return a view.
    """

    def __init__(self, n_values: int) -> None:
        self.owner = list(range(n_values))
        self.may_touch = [frozenset((v,)) for v in range(n_values)]

    def made(self, step: Step) -> None:
        """Take note of what a step makes."""
        op = step.node.op
        assert op is not None
        if step.takes is not None:
            self._lies_in(step.outputs[0], step.takes)
        elif op.memory.result == "view" and step.inputs:
            for v in step.outputs:
                self._lies_in(v, step.inputs[0])
        elif op.memory.result != "new":
            touched = frozenset().union(*(self.may_touch[u] for u in step.inputs))
            for v in step.outputs:
                self.may_touch[v] = touched | {v}
                if op.memory.result == "repeated":
                    self.owner[v] = self.owner[step.inputs[0]]

    def _lies_in(self, v: int, of: int) -> None:
        self.owner[v] = self.owner[of]
        self.may_touch[v] = self.may_touch[of]

    def is_surely(self, v: int) -> bool:
        """Whether it is known exactly in whose memory a value lies."""
        return self.may_touch[v] == {self.owner[v]}


def share_memory(
    steps: Sequence[Step], values: Sequence[Value], given: set[int]
) -> tuple[tuple[Step, ...], Memory]:
    """Let steps write over inputs that nothing needs any more, where their kernels can.

    An input can be taken over if it has the output's shape and dtype, is read once and dies in this very
    step, and
    no other value that is still needed may lie in the same memory. What is given from outside or returned
    never dies.

    Parameters
    ----------
    steps : sequence of Step
        All steps in the order of running, with what each frees.
    values : sequence of Value
        All values.
    given : set of int
        The values that come from outside.
    """
    memory = Memory(len(values))
    living: dict[int, set[int]] = {}  # owner: the values that may lie in its memory and are still needed
    for v in given:
        living[v] = {v}
    shared = []
    for step in steps:
        op = step.node.op
        assert op is not None
        for position in op.overwrites:
            u, out = step.inputs[position], step.outputs[0]
            if (
                u in step.frees
                and step.inputs.count(u) == 1
                and memory.is_surely(u)
                and living[memory.owner[u]] == {u}
                and (values[u].shape, values[u].dtype) == (values[out].shape, values[out].dtype)
            ):
                step = step.taking(u)  # noqa: PLW2901
                break
        memory.made(step)
        for v in step.outputs:
            for owner in memory.may_touch[v]:
                living.setdefault(owner, set()).add(v)
        for v in step.frees:
            for owner in memory.may_touch[v]:
                living.get(owner, set()).discard(v)
        shared.append(step)
    return tuple(shared), memory
