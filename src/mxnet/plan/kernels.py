"""Makes the kernels of a plan's steps: one for all steps of the same operator and types."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from mxnet.ir.node import Node
from mxnet.ir.op import Op, Run
from mxnet.ir.storage import DENSE
from mxnet.ir.types import Type
from mxnet.ops.backward import Backward
from mxnet.plan.late_shapes import late_kernel
from mxnet.plan.plan import Plan, Step
from mxnet.plan.stored import stored_kernel

__all__ = ["Instrument", "Kernel", "Kernels", "States", "residual_bytes"]

Kernel = Callable[..., Any]
"""A function of tensors, in the order of a node's inputs; where to write comes by the keyword ``out``."""

Instrument = Callable[[Step, Kernel], Kernel]
"""Returns a kernel that does what a step's kernel does, and more."""

States = dict[Node, dict[str, Any]]
"""By the user's node, what its kernel keeps between runs; filled on demand."""

Types = tuple[Type, ...]


class Kernels:
    """The kernels of a plan.

    Parameters
    ----------
    plan : Plan
        The plan.
    is_train : callable
        Whether an operator behaves as in training; passed to the kernels.
    states : dict
        See :data:`States`.
    instruments : sequence of callable
        Each wraps every step's kernel, to look at what it does.
    """

    def __init__(
        self,
        plan: Plan,
        is_train: Callable[[Op], bool],
        *,
        states: States,
        instruments: Sequence[Instrument] = (),
    ) -> None:
        self._values = plan.values
        self._is_train = is_train
        self._states = states
        self._instruments = instruments
        self._made: dict[tuple[Any, ...], Kernel] = {}
        self._quick: dict[tuple[Any, ...], Kernel] = {}

    def are_shared(self, op: Op) -> bool:
        """Whether all steps of the operator and types have one kernel: it keeps no state, and has no name."""
        return op.pure and op.interned and not self._instruments

    def of(self, step: Step) -> Kernel:
        """Return the kernel of a step."""
        op = step.node.op
        assert op is not None
        values = self._values
        ins = [values[v].type for v in step.inputs]
        outs = [values[v].type for v in step.outputs[: op.arity[2]]]
        into = step.takes is not None and not isinstance(op, Backward)
        if not self.are_shared(op):
            kernel = self._new(op, step, tuple(ins), tuple(outs), into=into)
            for instrument in self._instruments:
                kernel = instrument(step, kernel)
            return kernel
        # By identity, as equal operators may differ in the sign of a 0; types mostly are one object, too.
        key = (id(op), step.wants, into, *map(id, ins), *map(id, outs))
        found = self._quick.get(key)
        if found is None:
            exact = id(op), tuple(ins), tuple(outs), step.wants, into
            found = self._made.get(exact)
            if found is None:
                found = self._made[exact] = self._new(op, step, tuple(ins), tuple(outs), into=into)
            self._quick[key] = found
        return found

    def _new(self, op: Op, step: Step, ins: Types, outs: Types, *, into: bool) -> Kernel:
        run = functools.partial(_run, step.node, step.wants, self._is_train(op), self._states)
        op = op.held_in([each.dtype for each in ins])
        if into:
            return op.kernel_into(run(ins, outs))
        known = all(each.is_known for each in (*ins, *outs)) and not op.late_shape
        kernel = op.kernel_for(run(ins, outs)) if known else late_kernel(op, ins, outs, run)
        if all(each.stype == DENSE for each in (*ins, *outs)):
            return kernel
        return stored_kernel(op, ins, outs, kernel, kernel if known else op.kernel_for(run(ins, outs)))


def residual_bytes(node: Node, wants: frozenset[str], *, is_train: bool, states: States) -> int:
    """Return the bytes of a node's residual from which the gradients of these inputs can be computed."""
    assert node.op is not None
    assert node.op.residual_bytes is not None
    ins, outs = tuple([entry.type for entry in node.inputs]), node.types or ()
    if not all(each.is_known for each in (*ins, *outs)):
        return 0  # as of all values of which only data tell the shape
    return node.op.residual_bytes(_run(node, wants, is_train, states, ins, outs))


def _run(node: Node, wants: frozenset[str], is_train: bool, states: States, ins: Types, outs: Types) -> Run:
    assert node.place is not None
    state = states.setdefault(node.original, {})
    return Run(node.place, is_train=is_train, wants=wants, ins=ins, outs=outs, state=state, name=node.name)
