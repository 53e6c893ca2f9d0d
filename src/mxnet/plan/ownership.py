"""Whose memory a value lives in: its own, that of a value it is a view of, or that of one it takes over."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mxnet.plan.plan import Memory, Step, Value

__all__ = ["lie_apart", "share_memory"]


class _Ledger:
    """The memory of values, as step after step is entered."""

    def __init__(self, n_values: int) -> None:
        self.owner = list(range(n_values))
        self.touches: dict[int, frozenset[int]] = {}  # of values that may lie in memory not their own

    def enter(self, step: Step) -> None:
        """Take note of what a step makes."""
        op = step.node.op
        assert op is not None
        result = op.memory.result
        if step.takes is not None:
            self._lies_in(step.outputs[0], step.takes)
        elif result == "view" and step.inputs:
            for v in step.outputs:
                self._lies_in(v, step.inputs[0])
        elif result != "new":
            touched = frozenset().union(*map(self.may_touch, step.inputs))
            for v in step.outputs:
                self.touches[v] = touched | {v}
                if result == "repeated":
                    self.owner[v] = self.owner[step.inputs[0]]
        if step.wants:  # what is left for the gradient may hold on to all that the kernel has seen
            seen = (*step.inputs, *step.outputs)
            self.touches[step.outputs[-1]] = frozenset().union(*map(self.may_touch, seen))

    def _lies_in(self, v: int, of: int) -> None:
        self.owner[v] = self.owner[of]
        self.touches[v] = frozenset(self.may_touch(of))

    def may_touch(self, v: int) -> Collection[int]:
        """Return the owners of all memory that a value may lie in."""
        return self.touches.get(v) or (v,)

    def is_surely(self, v: int) -> bool:
        """Whether it is known exactly in whose memory a value lies."""
        return v not in self.touches or self.touches[v] == {self.owner[v]}

    def close(self) -> Memory:
        """Return what was found."""
        return Memory(tuple(self.owner), self.touches)


def lie_apart(steps: Sequence[Step], values: Sequence[Value]) -> Memory:
    """Return the memory of values where no step writes over another's."""
    ledger = _Ledger(len(values))
    for step in steps:
        ledger.enter(step)
    return ledger.close()


def share_memory(steps: Sequence[Step], values: Sequence[Value]) -> tuple[tuple[Step, ...], Memory]:
    """Let steps write over inputs that nothing needs any more, where their kernels can.

    An input can be taken over if it has the output's type, is read once and dies in this very step, all that
    the step reads is dense, and no other value that is still needed may lie in the same memory. What is given
    from outside or returned never dies.

    Parameters
    ----------
    steps : sequence of Step
        All steps in the order of running, with what each frees.
    values : sequence of Value
        All values.
    """
    ledger = _Ledger(len(values))
    freed: set[int] = set()
    # Owner of what others may lie in: itself and these, as long as they are needed.
    living: dict[int, set[int]] = {}
    shared = []
    for step in steps:
        op = step.node.op
        assert op is not None
        for position in op.overwrites:
            u = step.inputs[position]
            if (
                u in step.frees
                and step.inputs.count(u) == 1
                and ledger.is_surely(u)
                and living.get(ledger.owner[u], {u}) == {u}
                and values[u].type[:3] == values[step.outputs[0]].type[:3]  # any layout will do
                and step.is_dense(values)
            ):
                step = step.taking(u)  # noqa: PLW2901
                break
        ledger.enter(step)
        for v in step.outputs:
            for owner in ledger.touches.get(v, ()):
                if owner not in living:
                    living[owner] = set() if owner in freed else {owner}
                living[owner].add(v)
        freed.update(step.frees)
        for v in step.frees:
            for owner in ledger.may_touch(v):
                if owner in living:
                    living[owner].discard(v)
        shared.append(step)
    return tuple(shared), ledger.close()
