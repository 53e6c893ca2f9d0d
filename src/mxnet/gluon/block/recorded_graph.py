"""A call of a whole graph as one node of what is recorded, and its gradient as another."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.autograd import RecordedEntry, RecordedNode, _entry_of
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Op, Run, Slots
from mxnet.lazy import torch
from mxnet.ndarray import NDArray
from mxnet.ops.tools.device import drawing_again

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.fitting import Value
    from mxnet.plan.program import Program

__all__ = ["Call", "GraphCall", "record_call"]


class Call:
    """What a call of a graph leaves for its gradient."""

    __slots__ = ("__weakref__", "drawn", "program", "saved", "tracked", "values")

    def __init__(
        self, program: Program, values: list[Value], saved: list[Any], tracked: tuple[int, ...], drawn: Any
    ) -> None:
        self.program = program
        self.values = values
        self.saved: list[Any] | None = saved
        self.tracked = tracked
        self.drawn = drawn

    def gradients(self, heads: Sequence[Value | None], places: Sequence[Any]) -> list[Any]:
        """Run the backward half; what has no place gets one."""
        saved, self.saved = self.saved, None
        if saved is None:
            with drawing_again(self.drawn):
                _, saved = self.program.forward(self.values, None)
        targets = list(places)
        self.program.backward([*self.values, *heads], saved, targets, None)
        return targets


class GraphCall(Op):
    """A call of a graph, as a node of the recorded graph."""

    interned = False
    reference: weakref.ref[Call]
    n_in: int
    n_out: int

    @property
    def call(self) -> Call:
        call = self.reference()
        assert call is not None
        return call

    shape_only = frozenset()

    def input_names(self) -> tuple[str, ...]:
        return tuple(f"arg{i}" for i in range(self.n_in))

    def output_names(self) -> tuple[str, ...]:
        return tuple(f"output{i}" for i in range(self.n_out))

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:  # noqa: ARG002 - the program knows
        return {}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:  # noqa: ARG002
        return {}

    def gradient(self, node: Node, grads: Sequence[Entry | None]) -> Sequence[Entry | None]:
        call = self.call
        heads = [
            (grad or emit("zeros_like", output)) if needed else emit("zeros_like", output)
            for grad, output, needed in zip(grads, node.outputs, call.program.needs_head, strict=True)
        ]
        reached = [i for i, there in zip(call.tracked, call.program.reached, strict=True) if there]
        made = iter(emit(_operator(GraphGradient, call, self.n_out, len(reached)), *heads).node.outputs)
        return [next(made) if i in reached else None for i in range(self.n_in)]


class GraphGradient(GraphCall):
    """The backward half of a call of a graph, as a node of the gradient graph."""

    def kernel_for(self, run: Run) -> Callable[..., Any]:  # noqa: ARG002
        call = self.call

        def kernel(*heads: Any) -> tuple[Any, ...]:
            needed = [h if n else None for h, n in zip(heads, call.program.needs_head, strict=True)]
            reached = [i for i, there in zip(call.tracked, call.program.reached, strict=True) if there]
            places = [
                None if out else torch.zeros_like(call.values[i])
                for i, out in zip(reached, call.program.hands_out, strict=True)
            ]
            return tuple(call.gradients(needed, places))

        return kernel

    gradient = None


def record_call(call: Call, arrays: Sequence[NDArray], made: Sequence[NDArray], context: Context) -> None:
    """Add a node for a call of a graph."""
    op = _operator(GraphCall, call, len(arrays), len(made))
    node = RecordedNode(op, tuple(map(_entry_of, arrays)), [each._tensor for each in made], context)
    node.held = call
    for i, array in enumerate(made):
        array._recorded = RecordedEntry(node, i)


def _operator(cls: type[GraphCall], call: Call, n_in: int, n_out: int) -> GraphCall:
    op = object.__new__(cls)
    op.__dict__.update(reference=weakref.ref(call), n_in=n_in, n_out=n_out, given={})
    op.__dict__.update(name="CachedGraph", _values=(object(),), _hash=id(op))
    return op
