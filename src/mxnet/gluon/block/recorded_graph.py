"""A call of a whole graph as one node of what is recorded, and its gradient as one node, too."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.autograd.tape import RecordedEntry, RecordedNode
from mxnet.binding_state import apart
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Op, Slots
from mxnet.ir.storage import DENSE, Stored
from mxnet.lazy import torch
from mxnet.ndarray.gradients import GradientWriter, has_written, write_gradient
from mxnet.ops.tools.device import drawing_again, torch_device
from mxnet.ops.tools.storage import densify

if TYPE_CHECKING:
    from mxnet.context import Context
    from mxnet.fitting import Value
    from mxnet.gluon.block.graph_programs import GraphPrograms
    from mxnet.ndarray import NDArray
    from mxnet.plan.program import Program

__all__ = ["Call", "GraphCall", "Leaves", "record_call"]

_TENSOR = operator.attrgetter("_tensor")

Target = tuple[Any, str] | None
"""An array that a gradient goes to, and whether it is written or added."""


class Call:
    """What a call of a graph leaves for its gradient.

    Parameters
    ----------
    graph : GraphPrograms
        The graph.
    program : Program
        What ran, or would have.
    values : list of Tensor or Stored
        Of its variables.
    tracked : tuple of int
        Which of them may have gradients.
    saved : list, optional
        What the forward half kept; without it, that half runs again.
    drawn : mapping
        The states of random generators before it ran.
    mode : tuple of Context and bool
        Where it ran, and whether in training.
    leaves : Leaves, optional
        Where all its gradients go, if nothing else has part in them.
    program_in : callable, optional
        Returns the program for gradients of training, which is what ran, or of inference.
    """

    __slots__ = (
        "drawn",
        "graph",
        "leaves",
        "mode",
        "program",
        "program_in",
        "saved",
        "tracked",
        "values",
    )

    def __init__(
        self,
        graph: GraphPrograms,
        program: Program,
        values: list[Value],
        tracked: tuple[int, ...],
        saved: list[Any] | None,
        drawn: Mapping[Context, Any],
        mode: tuple[Context, bool],
        leaves: Leaves | None = None,
        program_in: Callable[..., Program] | None = None,
    ) -> None:
        self.graph = graph
        self.program = program
        self.values = values
        self.tracked = tracked
        self.saved = saved
        self.drawn = drawn
        self.mode = mode
        self.leaves = leaves
        self.program_in = program_in

    def turned(self, train_mode: bool) -> Call:
        """Return this call, or for gradients of inference, one that has yet to run as this one did."""
        if train_mode or self.program_in is None or not self.graph.asks_mode:
            return self
        program = self.program_in(gradient_is_train=False)
        return Call(self.graph, program, self.values, self.tracked, None, self.drawn, self.mode)

    def backward(self, heads: Sequence[Value | None], targets: Sequence[Target]) -> list[Any]:
        """Run the backward half.

        Parameters
        ----------
        heads : sequence of Tensor or None
            The gradient of each output that needs one.
        targets : sequence of (NDArray, str) or None
            Where the gradients go, of those that there are; None for new memory.

        Returns
        -------
        list
            The gradients.
        """
        program = self.program
        saved = self.take_saved()
        places = self._places(targets)
        memory = {each.untyped_storage().data_ptr() for each in places if each is not None}
        values = [*self.values, *[apart(head, memory) for head in heads]]

        def finish(number: int) -> None:
            target, place = targets[number], places[number]
            if target is not None:
                array, req = target
                if isinstance(place, Stored):
                    write_gradient(array, place, req)
                    return
                if array.stype != DENSE:
                    array._set_tensor(place)
                has_written(array)

        is_heard = any(target is not None and target[0]._told is not None for target in targets)
        program.backward(values, saved, places, None, finish if is_heard else None)
        for number in () if is_heard else range(len(places)):
            finish(number)
        return places

    def take_saved(self) -> list[Any]:
        """Return what the forward half kept, once; it runs again where that is gone."""
        saved, self.saved = self.saved, None
        if saved is None:
            with drawing_again(self.drawn):
                _, saved = self.program.forward(self.values, None)
        return saved

    def _places(self, targets: Sequence[Target]) -> list[Any]:
        """Return the tensors that gradients are written to, None for those that are handed out."""
        program = self.program
        reached = [i for i, there in zip(self.tracked, program.reached, strict=True) if there]
        places: list[Any] = []
        for i, target, handed_out, (_, add) in zip(
            reached, targets, program.hands_out, program.plan.gradients, strict=True
        ):
            if handed_out:
                places.append(None)
            elif target is not None:
                places.append(target[0]._tensor)
            else:
                of = self.values[i]
                make = torch.zeros if add == "add" else torch.empty
                values = of.parts[0] if isinstance(of, Stored) else of
                places.append(make(of.shape, dtype=values.dtype, device=values.device))
        return places


class Leaves:
    """The gradient arrays of all that a call read, each of another array, and all of them dense.

    Parameters
    ----------
    entries : sequence of RecordedEntry
        What was read.
    reached : sequence of bool
        Which of them have a gradient at all.
    """

    __slots__ = ("_memory", "_tensors", "arrays", "unreached")

    def __init__(self, entries: Sequence[Entry], reached: Sequence[bool]) -> None:
        nodes: list[Any] = [entry.node for entry in entries]
        pairs = list(zip(nodes, reached, strict=True))
        self.arrays: list[NDArray] = [node.gradient for node, there in pairs if there]
        self.unreached = [(node.gradient, node.grad_req) for node, there in pairs if not there]
        self._tensors: list[Any] = []
        self._memory: set[int] = set()

    @classmethod
    def of(cls, entries: Sequence[Entry], program: Program) -> Leaves | None:
        """Return those of what a call of a program read; None if there is more to its gradients."""
        nodes: list[Any] = [entry.node for entry in entries]
        simple = len(set(nodes)) == len(nodes) and all(
            node.gradient is not None and node.gradient.stype == DENSE for node in nodes
        )
        return cls(entries, program.reached) if simple and not any(program.hands_out) else None

    def backward(self, call: Call, head: Any) -> None:
        """Run the backward half of a call of one output, which writes all gradients where they belong."""
        arrays = self.arrays
        tensors = self._tensors
        if len(tensors) != len(arrays) or not all(map(operator.is_, map(_TENSOR, arrays), tensors)):
            tensors = self._tensors = list(map(_TENSOR, arrays))
            self._memory = {each.untyped_storage().data_ptr() for each in tensors}
        if head is not None:
            head = apart(head, self._memory)
        values, saved = [*call.values, head], call.take_saved()
        if any(array._told is not None for array in arrays):
            call.program.backward(values, saved, tensors.copy(), None, lambda i: has_written(arrays[i]))
        else:
            call.program.backward(values, saved, tensors.copy(), None)
            for array in arrays:
                array._is_fresh = True
        for array, req in self.unreached:
            write_gradient(array, None, req)


class GraphCall(Op):
    """A call of a graph, as a node of what is recorded: it reads those variables that may have gradients."""

    interned = False
    shape_only = frozenset()

    n_in: int
    n_out: int

    @classmethod
    def of(cls, n_in: int, n_out: int, **facts: Any) -> Any:
        """Make an operator with so many inputs and outputs, which equals only itself."""
        op = object.__new__(cls)
        op.__dict__.update(facts, n_in=n_in, n_out=n_out, given={}, name="CachedGraph")
        op.__dict__.update(_values=(object(),), _hash=id(op))
        return op

    def input_names(self) -> tuple[str, ...]:
        """Return a name for each input."""
        return tuple(f"arg{i}" for i in range(self.n_in))

    def output_names(self) -> tuple[str, ...]:
        """Return a name for each output."""
        return tuple(f"output{i}" for i in range(self.n_out))

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:  # noqa: ARG002 - every operator is asked so
        """Return nothing: whoever makes the node has the values."""
        return {}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:  # noqa: ARG002
        """Return nothing: whoever makes the node has the values."""
        return {}

    def gradient(self, node: Node, grads: Sequence[Entry | None]) -> Sequence[Entry | None]:
        """Return the gradients, all made by one node."""
        assert isinstance(node, RecordedNode)
        assert isinstance(node.held, Call)
        return _gradients_of(node.held, node.inputs, grads, node.outputs)


class GraphGradient(GraphCall, GradientWriter):
    """The gradient of a call, as a node: it reads the gradients of the outputs, and what the call read."""

    call: Call

    def write(self, values: Sequence[Any], targets: Sequence[Target], train_mode: bool) -> list[Any]:
        """Run the backward half of the graph's program."""
        given = iter(values)
        heads = [next(given) if needed else None for needed in self.call.program.needs_head]
        like = self.call.mode[0]
        call = self.call.turned(train_mode)
        return call.backward([_dense_in(head, like) for head in heads], targets)

    def gradient(self, node: Node, grads: Sequence[Entry | None]) -> Sequence[Entry | None]:
        """Return the gradients of the gradients, by the graph that computes these."""
        call = self.call
        n_heads = len(node.inputs) - len(call.tracked)
        reached = [i for i, there in zip(call.tracked, call.program.reached, strict=True) if there]
        derived, heads = call.graph.gradient(reached, call.program.needs_head)
        values: dict[Node, Any] = dict(zip(call.graph.variables, call.values, strict=True))
        values.update(zip(heads, map(_value_of, node.inputs[:n_heads]), strict=True))
        read = (*heads, *[call.graph.variables[i] for i in call.tracked])
        entry_of = dict(zip(read, node.inputs, strict=True))
        again = _call_of(derived, [values[each] for each in derived.variables], entry_of, call)
        inputs = [derived.variables[i] for i in again.tracked]
        found = _gradients_of(again, [entry_of[each] for each in inputs], grads, node.outputs)
        gradient_of = dict(zip(inputs, found, strict=True))
        return [gradient_of.get(each) for each in read]


def _gradients_of(
    call: Call, inputs: Sequence[Entry], grads: Sequence[Entry | None], outputs: Sequence[Entry]
) -> list[Entry | None]:
    """Return the gradients of what a call read, from those of its outputs."""
    program = call.program
    if not any(program.reached):
        return [None] * len(inputs)
    needed = [
        grad or emit("zeros_like", output)
        for grad, output, needs in zip(grads, outputs, program.needs_head, strict=True)
        if needs
    ]
    op = GraphGradient.of(len(needed) + len(inputs), sum(program.reached), call=call)
    made = iter(emit(op, *needed, *inputs).node.outputs)
    return [next(made) if there else None for there in program.reached]


def _call_of(graph: GraphPrograms, values: list[Any], tracked: Collection[Node], like: Call) -> Call:
    """Return a call that has not run, in the way that another one did."""
    context, is_train = like.mode
    wrt = tuple([i for i, node in enumerate(graph.graph.arguments) if node in tracked])
    stypes = [each.stype if isinstance(each, Stored) else DENSE for each in values]
    kept = graph.of_kind(context, wrt, ["write"] * len(wrt), stypes)
    parts = [each.parts[0] if isinstance(each, Stored) else each for each in values]
    facts = tuple([(tuple(v.shape), str(p.dtype)[6:]) for v, p in zip(values, parts, strict=True)])
    program_in = functools.partial(
        kept.programs.get, facts, is_train=is_train, with_gradient=True, stypes=kept.stypes
    )
    program = program_in(gradient_is_train=True)
    return Call(graph, program, values, wrt, None, like.drawn, like.mode, None, program_in)


def _value_of(entry: Entry) -> Any:
    return entry.node.values[entry.index]  # type: ignore[attr-defined] # of a recorded node


def _dense_in(head: Any, context: Context) -> Any:
    """Return the gradient of an output as a program takes it."""
    if head is None:
        return None
    return (densify(head) if isinstance(head, Stored) else head).to(torch_device(context))


# -------------------------------------------------------------------------------------------------- recording


class CallNode(RecordedNode):
    """A node of a call; it is made for every call, so that it costs little."""

    __slots__ = ()

    def __init__(
        self, op: GraphCall, inputs: tuple[Entry, ...], values: list[Any], context: Context, call: Call
    ) -> None:
        self.op = op
        self.name = op.name
        self.inputs = inputs
        self.attrs = {}
        self.source = None
        self.subgraphs = ()
        self.replaces = None
        self.types = None
        self.values = values
        self.context = context
        self.held = call
        self.gradient = None
        self.grad_req = "null"


class CallEntry(RecordedEntry):
    """An output of a call; where it alone is differentiated, its program writes all gradients at once."""

    __slots__ = ()

    def backward(
        self,
        heads: Sequence[NDArray],
        head_grads: Sequence[NDArray | None],
        retain_graph: bool,
        train_mode: bool,
    ) -> None:
        """Compute gradients; what ``NDArray.backward`` calls."""
        node = self.node
        call: Any = node.held
        is_simple = isinstance(call, Call) and len(heads) == 1 and train_mode and not retain_graph
        leaves = call.leaves if is_simple else None
        given = head_grads[0]
        if leaves is None or (given is not None and given.shape != heads[0].shape):
            super().backward(heads, head_grads, retain_graph, train_mode)
            return
        head = None
        if call.program.needs_head[0]:
            output = heads[0]._tensor
            head = torch.ones_like(output) if given is None else given._tensor.to(output)
        leaves.backward(call, head)
        node.values = node.held = None
        node.inputs = ()


def record_call(
    op: GraphCall, inputs: tuple[Entry, ...], made: Sequence[NDArray], values: list[Any], call: Call
) -> None:
    """Record a call of a graph.

    Parameters
    ----------
    op : GraphCall
        Of so many inputs and outputs.
    inputs : tuple of RecordedEntry
        What it read that may have gradients.
    made : sequence of NDArray
        The outputs ...
    values : list of Tensor or Stored
        ... and what they hold.
    call : Call
        What is kept of it.
    """
    node = CallNode(op, inputs, values, call.mode[0], call)
    for i, array in enumerate(made):
        array._recorded = CallEntry(node, i)
