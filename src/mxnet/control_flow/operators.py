"""``_foreach``, ``_while_loop`` and ``_cond``: the operators behind ``mx.sym.contrib.foreach`` and others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from mxnet.analysis.infer import Inferred, infer_dtypes, infer_shapes, show_shape
from mxnet.control_flow.body import Body, Tape, variables_of
from mxnet.dtype import is_floating
from mxnet.errors import CompositionError, DTypeError, GradientError, ShapeError
from mxnet.ir.constraints import merge_dtypes, merge_shapes
from mxnet.ir.graph import Graph
from mxnet.ir.node import Node
from mxnet.ir.op import Run, Shape, Slots, param
from mxnet.ir.param import MANY
from mxnet.ir.subgraphs import SubgraphOp
from mxnet.lazy import torch
from mxnet.ops.tools.device import torch_device

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.control_flow.body import Infer, Merge
    from mxnet.ir.types import Type

__all__ = ["Cond", "Foreach", "WhileLoop"]


def _infer_shapes(graph: Graph, known: Mapping[Node, Any], outputs: Sequence[Shape | None]) -> Inferred:
    return infer_shapes(graph, known, outputs, guess=False)


class _ControlFlow(SubgraphOp):
    """What loops and branches share: the bodies, and how gradients go back through a tape."""

    inputs = {
        "data": "What the graphs read: loop data, states, and values from outside, one after the other."
    }

    cost = "much"
    residual = "tape"
    bodies: tuple[Body, ...] = ()
    num_args: int = param(ge=1, le=MANY, doc="The number of inputs, plus that of graphs.")
    num_outputs: int = param(ge=1, le=MANY, doc="The number of outputs.")

    def output_names(self) -> tuple[str, ...]:
        count = self.num_outputs
        return ("output",) if count == 1 else tuple(f"output{i}" for i in range(count))

    def check_subgraphs(self) -> None:
        """Make the bodies, and note what they write to and whether they are pure."""
        bodies = self.make_bodies()
        mutated = {body.sources[i] for body in bodies for i in body.mutated}
        names = self.input_names()
        self.__dict__.update(
            bodies=bodies,
            mutates=tuple(names[i] for i in sorted(mutated)),
            pure=all(body.is_pure for body in bodies),
        )

    def _body(self, number: int, sources: Sequence[int], steps: frozenset[int] = frozenset()) -> Body:
        graph, what = self.subgraphs[number], self.subgraph_names[number]
        count = len(variables_of(graph))
        if len(sources) != count or not all(0 <= i < self.arity[0] for i in sources):
            raise CompositionError(
                f"{self.name}: the {count} variables of the graph {what!r} cannot take the inputs {sources} "
                f"of {self.arity[0]}."
            )
        return Body(graph, sources, steps)

    def _require_bodies(self) -> tuple[Body, ...]:
        if not self.bodies:
            raise CompositionError(
                f"{self.name} has no graphs to run: make it with mx.sym.contrib.{self.name.lstrip('_')}, "
                "or mx.nd.contrib's for arrays."
            )
        return self.bodies

    def _wanted_of(self, body: Body, wants: frozenset[str] | set[str]) -> set[int]:
        names = self.input_names()
        return {i for i, source in enumerate(body.sources) if names[source] in wants} - body.mutated

    def kept_outputs(self) -> tuple[str, ...]:
        """Return the outputs that lie in memory which the tape needs."""
        return self.output_names()

    def backward_reads(self) -> tuple[str, ...]:
        return ("grads", "ins", *self.kept_outputs(), "tape")

    def forward(self, run: Run, *ins: Tensor) -> Tensor | tuple[Any, ...]:
        self._require_bodies()
        outputs, tape = self.record(run, ins)
        results: tuple[Any, ...] = (*outputs, tape) if run.wants else outputs
        return results if len(results) > 1 else results[0]

    def backward(
        self, run: Run, grads: Sequence[Tensor], ins: Sequence[Tensor], tape: Any = None, **_: Tensor
    ) -> list[Any]:
        if run.replayed:
            raise GradientError(f"{self.name} can be differentiated once, not twice.")
        return self.differentiate(tape, run.wants, grads, ins)

    def _kept_bytes(
        self, run: Run, body: Body, types: Sequence[Type], varied: frozenset[int], steps: int
    ) -> int:
        """Return what a tape of so many steps keeps, but for the last step's states, which are outputs."""
        facts: Any = [(each.shape, each.dtype) for each in types]
        plan = body.program(run, facts, varied)[0].plan
        names = self.output_names()
        states = [plan.outputs[names.index(name)] for name in self.kept_outputs()]
        return steps * plan.bytes_of((*plan.saved, *states)) - plan.bytes_of(states)

    make_bodies: ClassVar[Callable[..., tuple[Body, ...]]]
    """Return the bodies, one per graph."""
    record: ClassVar[Callable[..., tuple[tuple[Tensor, ...], Tape]]]
    """Run on some inputs; return the outputs, and what the gradients of the inputs ``run.wants`` need."""
    differentiate: ClassVar[Callable[..., list[Tensor | None]]]
    """Return the gradients of the inputs ``wants``."""


class _Loop(_ControlFlow):
    """A loop: a body that takes states and returns outputs, which are stacked, and the next states."""

    num_out_data: int = param(ge=0, le=MANY, doc="The number of outputs that are stacked; others are states.")

    body: Body
    item_variables: tuple[int, ...] = ()
    """The variables of the body that take an item of the data, in the order of the data."""
    state_variables: tuple[int, ...]
    """Those that take the states, in order."""

    def validate(self) -> None:
        if self.num_out_data > self.num_outputs:
            raise CompositionError(
                f"{self.name} has {self.num_outputs} outputs, {self.num_out_data} of them data?"
            )

    def kept_outputs(self) -> tuple[str, ...]:
        return self.output_names()[self.num_out_data :]

    def check_subgraphs(self) -> None:
        super().check_subgraphs()
        returned, states = len(self.body.graph.outputs), len(self.state_variables)
        if returned != self.num_outputs or states != self.num_outputs - self.num_out_data:
            raise CompositionError(
                f"{self.name} has {self.num_out_data} outputs of each step and {states} states, but its body "
                f"returns {returned} values."
            )

    # ------------------------------------------------------------------------------------------ inference

    count_steps: ClassVar[Callable[..., int | None]]
    """Return the first extent of stacked outputs, from what is known of the shapes of inputs and outputs."""

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        self._require_bodies()
        steps, n_out = self.count_steps(s.ins, s.outs), self.num_out_data
        ins, outs = list(s.ins), [*map(_item_of, s.outs[:n_out]), *s.outs[n_out:]]
        for i in range(len(self.item_variables)):
            ins[i] = _item_of(ins[i])
        self._settle(_infer_shapes, merge_shapes, ins, outs)
        for i in range(len(self.item_variables)):
            ins[i] = s.ins[i] if s.ins[i] is not None and len(s.ins[i]) < 2 else _stacked(steps, ins[i])
        return {"ins": tuple(ins), "outs": (*(_stacked(steps, each) for each in outs[:n_out]), *outs[n_out:])}

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        self._require_bodies()
        ins, outs = list(t.ins), list(t.outs)
        self._settle(infer_dtypes, merge_dtypes, ins, outs)
        return {"ins": tuple(ins), "outs": tuple(outs)}

    def _settle(self, infer: Infer, merge: Merge, ins: list[Any], outs: list[Any]) -> None:
        """Add what the body says of one step; a state is the same before and after it."""
        body = self.body
        before = None
        while before != (ins, outs):
            before = list(ins), list(outs)
            variables, outs[:] = body.infer(infer, [ins[i] for i in body.sources], outs)
            for variable, source in enumerate(body.sources):
                ins[source] = variables[variable]
            for number, variable in enumerate(self.state_variables):
                source, out = body.sources[variable], self.num_out_data + number
                try:
                    ins[source] = outs[out] = merge(ins[source], outs[out])
                except ValueError:
                    raise _changed(self.name, number, ins[source], outs[out]) from None

    # ----------------------------------------------------------------------------------------------- running

    def residual_bytes(self, run: Run) -> int:
        """Return what the body keeps in each step, as often as there are steps, or may be."""
        body = self.body
        types = [run.ins[source] for source in body.sources]
        for variable in self.item_variables:
            types[variable] = types[variable]._replace(shape=_item_of(types[variable].shape))
        steps = self.count_steps(run.in_shapes, run.out_shapes) or 0
        return self._kept_bytes(run, body, types, self._varied(types, run.wants), steps)

    def _first_values(self, ins: Sequence[Tensor]) -> list[Tensor]:
        return [ins[source] for source in self.body.sources]

    def _varied(self, values: Sequence[Tensor | Type], wants: frozenset[str]) -> frozenset[int]:
        """Return the variables to differentiate for: those of wanted inputs, and all states on the way."""
        if not wants:
            return frozenset()
        varied = self._wanted_of(self.body, wants) | set(self.state_variables)
        return frozenset(i for i in varied if _is_real(values[i]))

    def differentiate(
        self, tape: Tape, wants: frozenset[str], grads: Sequence[Tensor], ins: Sequence[Tensor]
    ) -> list[Tensor | None]:
        body, n_out = self.body, self.num_out_data
        wanted = self._wanted_of(body, wants)
        result: list[Tensor | None] = [None] * len(ins)
        targets: dict[int, Tensor] = {}
        for variable in tape.varied - set(self.state_variables):
            targets[variable] = torch.zeros_like(ins[body.sources[variable]])
            if variable in wanted:
                result[body.sources[variable]] = targets[variable]
        whole = {variable: targets[variable] for variable in self.item_variables if variable in targets}
        states = list(grads[n_out:])
        for step in reversed(range(len(tape.steps))):
            values = tape.steps[step][0]
            for variable, gradient in whole.items():
                targets[variable] = _item(gradient, step)
            for variable in tape.varied & set(self.state_variables):
                targets[variable] = tape.gradient_like(variable, values[variable])
            tape.backward(step, [*(_item(grad, step) for grad in grads[:n_out]), *states], targets)
            states = [
                targets.get(variable, state)
                for variable, state in zip(self.state_variables, states, strict=True)
            ]
        for variable, state in zip(self.state_variables, states, strict=True):
            if variable in wanted & tape.varied:
                result[body.sources[variable]] = state
        return result


class Foreach(_Loop, name="_foreach"):
    """Runs a graph on each item of the data along the first axis, passing states from one item to the next.

    Shapes: data (n, ...), states (...), stacked outputs (n, ...). Items of one-dimensional data are (1,).
    """

    subgraph_names = ("fn",)
    in_state_locs: tuple[int, ...] = param(doc="The variables of the graph that take the states.")
    in_data_locs: tuple[int, ...] = param(doc="The variables of the graph that take items of the data.")
    remain_locs: tuple[int, ...] = param(doc="Its other variables, which are the same for all items.")

    def make_bodies(self) -> tuple[Body, ...]:
        locs = (*self.in_data_locs, *self.in_state_locs, *self.remain_locs)
        if sorted(locs) != list(range(self.arity[0])):
            raise CompositionError(f"{self.name}: {locs} do not number {self.arity[0]} variables.")
        sources = [locs.index(i) for i in range(len(locs))]
        body = self._body(0, sources, frozenset((*self.in_data_locs, *self.in_state_locs)))
        self.__dict__.update(body=body, item_variables=self.in_data_locs, state_variables=self.in_state_locs)
        return (body,)

    def count_steps(self, ins: Sequence[Shape | None], outs: Sequence[Shape | None]) -> int | None:
        stacked = (*ins[: len(self.in_data_locs)], *outs[: self.num_out_data])
        if not self.in_data_locs:
            raise ShapeError("_foreach has no data to go through.")
        return next((shape[0] for shape in stacked if shape and shape[0] is not None), None)

    def record(self, run: Run, ins: Sequence[Tensor]) -> tuple[tuple[Tensor, ...], Tape]:
        values, body, count = self._first_values(ins), self.body, len(ins[0])
        stacked: list[Tensor] = []
        tape = None
        for number in range(count):
            for variable in self.item_variables:
                values[variable] = _item(ins[body.sources[variable]], number)
            if tape is None:
                tape = Tape(body, run, values, self._varied(values, run.wants))
            results = tape.forward(values)
            stacked = stacked or [
                each.new_empty((count, *each.shape)) for each in results[: self.num_out_data]
            ]
            for whole, each in zip(stacked, results, strict=False):
                whole[number].copy_(each)
            for variable, state in zip(self.state_variables, results[self.num_out_data :], strict=True):
                values[variable] = state
        if tape is None:
            raise ShapeError("_foreach has no item to run its body on: the first extent of its data is 0.")
        return (*stacked, *(values[variable] for variable in self.state_variables)), tape


class WhileLoop(_Loop, name="_while_loop"):
    """Runs a graph on states as long as another graph, of one value, is true of them.

    Shapes: states (...), stacked outputs (max_iterations, ...): 0 for steps that are not made.
    """

    subgraph_names = ("cond", "func")
    max_iterations: int = param(ge=1, doc="The most steps to make.")
    cond_input_locs: tuple[int, ...] = param(doc="The inputs that the condition takes.")
    func_input_locs: tuple[int, ...] = param(doc="The inputs that the body takes.")
    func_var_locs: tuple[int, ...] = param(doc="The variables of the body that take the states.")

    condition: Body

    def make_bodies(self) -> tuple[Body, ...]:
        if not all(0 <= i < len(self.func_input_locs) for i in self.func_var_locs):
            raise CompositionError(
                f"{self.name}: func_var_locs={self.func_var_locs} are no variables of its body."
            )
        body = self._body(1, self.func_input_locs, frozenset(self.func_var_locs))
        condition = self._body(0, self.cond_input_locs)
        self.__dict__.update(body=body, condition=condition, state_variables=self.func_var_locs)
        return condition, body

    def count_steps(self, ins: Sequence[Shape | None], outs: Sequence[Shape | None]) -> int:
        return self.max_iterations

    def _settle(self, infer: Infer, merge: Merge, ins: list[Any], outs: list[Any]) -> None:
        super()._settle(infer, merge, ins, outs)
        _settle_condition(self.name, self.condition, infer, ins)

    def record(self, run: Run, ins: Sequence[Tensor]) -> tuple[tuple[Tensor, ...], Tape]:
        values, body = self._first_values(ins), self.body
        conditions = [ins[source] for source in self.condition.sources]
        state_of = {body.sources[variable]: variable for variable in self.state_variables}
        shared = [(i, state_of[s]) for i, s in enumerate(self.condition.sources) if s in state_of]
        tape = Tape(body, run, values, self._varied(values, run.wants))
        test = Tape(self.condition, run, conditions, frozenset())
        stacked = self._zeros(run)
        number = 0
        while number < self.max_iterations and _is_true(test.forward(conditions)[0]):
            results = tape.forward(values)
            for whole, each in zip(stacked, results, strict=False):
                whole[number].copy_(each)
            number += 1
            for variable, state in zip(self.state_variables, results[self.num_out_data :], strict=True):
                values[variable] = state
            for i, variable in shared:
                conditions[i] = values[variable]
        return (*stacked, *(values[v] for v in self.state_variables)), tape

    def _zeros(self, run: Run) -> list[Tensor]:
        device = torch_device(run.context)
        return [
            torch.zeros(each.shape, dtype=getattr(torch, str(each.dtype)), device=device)  # type: ignore[arg-type]
            for each in run.outs[: self.num_out_data]
        ]


class Cond(_ControlFlow, name="_cond"):
    """Runs one of two graphs: the first if another graph, of one value, is true.

    Shapes: outputs as those of the graphs, which must be the same for both.
    """

    subgraph_names = ("cond", "then_branch", "else_branch")
    cond_input_locs: tuple[int, ...] = param(doc="The inputs that the condition takes.")
    then_input_locs: tuple[int, ...] = param(doc="The inputs that the first graph takes.")
    else_input_locs: tuple[int, ...] = param(doc="The inputs that the second graph takes.")

    def make_bodies(self) -> tuple[Body, ...]:
        locs = self.cond_input_locs, self.then_input_locs, self.else_input_locs
        bodies = tuple(self._body(i, each, frozenset(range(len(each)))) for i, each in enumerate(locs))
        if any(len(body.graph.outputs) != self.num_outputs for body in bodies[1:]):
            counts = [len(body.graph.outputs) for body in bodies[1:]]
            raise CompositionError(f"_cond has {self.num_outputs} outputs, but its graphs return {counts}.")
        return bodies

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return self._settle(_infer_shapes, merge_shapes, s)

    def infer_dtype(self, t: Slots) -> Mapping[str, Any]:
        return self._settle(infer_dtypes, merge_dtypes, t)

    def _settle(self, infer: Infer, merge: Merge, known: Slots) -> Mapping[str, Any]:
        condition, *branches = self._require_bodies()
        ins, outs = list(known.ins), list(known.outs)
        for body, what in zip(branches, self.subgraph_names[1:], strict=True):
            variables, returned = body.infer(infer, [ins[i] for i in body.sources], [None] * len(outs))
            for number, each in enumerate(returned):
                try:
                    outs[number] = merge(outs[number], each)
                except ValueError:
                    raise _differs(what, number, each, outs[number]) from None
            variables, _ = body.infer(infer, variables, outs)
            for source, fact in zip(body.sources, variables, strict=True):
                ins[source] = merge(ins[source], fact)
        _settle_condition(self.name, condition, infer, ins)
        return {"ins": tuple(ins), "outs": tuple(outs)}

    def residual_bytes(self, run: Run) -> int:
        """Return what the branch keeps that keeps more."""
        kept = []
        for body in self.bodies[1:]:
            types = [run.ins[source] for source in body.sources]
            kept.append(self._kept_bytes(run, body, types, self._varied(body, types, run.wants), steps=1))
        return max(kept)

    def _varied(self, body: Body, values: Sequence[Tensor | Type], wants: frozenset[str]) -> frozenset[int]:
        return frozenset(i for i in self._wanted_of(body, wants) if _is_real(values[i]))

    def record(self, run: Run, ins: Sequence[Tensor]) -> tuple[tuple[Tensor, ...], Tape]:
        condition, then_branch, else_branch = self.bodies
        values = [ins[source] for source in condition.sources]
        is_true = _is_true(Tape(condition, run, values, frozenset()).forward(values)[0])
        taken = then_branch if is_true else else_branch
        values = [ins[source] for source in taken.sources]
        tape = Tape(taken, run, values, self._varied(taken, values, run.wants))
        return tape.forward(values), tape

    def differentiate(
        self, tape: Tape, wants: frozenset[str], grads: Sequence[Tensor], ins: Sequence[Tensor]
    ) -> list[Tensor | None]:
        result: list[Tensor | None] = [None] * len(ins)
        targets = {i: tape.gradient_like(i, ins[tape.body.sources[i]]) for i in tape.varied}
        if tape.steps:
            tape.backward(0, grads, targets)
        names = self.input_names()
        for variable, target in targets.items():
            source = tape.body.sources[variable]
            if names[source] in wants:
                before = result[source]
                result[source] = target if before is None else before + target
        return result


# ----------------------------------------------------------------------------------------------------- pieces


def _item_of(shape: Shape | None) -> Shape | None:
    """Return the shape of an item; that of a one-dimensional array has one element."""
    return shape if shape is None else shape[1:] or (1,)


def _stacked(steps: int | None, shape: Shape | None) -> Shape | None:
    return None if shape is None else (steps, *shape)


def _is_real(value: Tensor | Type) -> bool:
    return is_floating(str(value.dtype).removeprefix("torch."))


def _item(data: Tensor, number: int) -> Tensor:
    return data[number] if data.ndim > 1 else data[number : number + 1]


def _is_true(value: Tensor) -> bool:
    if value.numel() != 1:
        raise ShapeError(f"A condition must have one element, but has the shape {tuple(value.shape)}.")
    return bool(value.item())


def _settle_condition(name: str, condition: Body, infer: Infer, ins: list[Any]) -> None:
    """Add what the graph of a condition says of its inputs; refuse one that surely has several elements."""
    variables, (value, *_) = condition.infer(infer, [ins[i] for i in condition.sources], ())
    if isinstance(value, tuple) and any(extent not in (None, 1) for extent in value):
        raise ShapeError(
            f"The condition of {name} must have one element, but has the shape {show_shape(value)}."
        )
    for source, fact in zip(condition.sources, variables, strict=True):
        ins[source] = fact


def _changed(name: str, state: int, before: Any, after: Any) -> ShapeError | DTypeError:
    if isinstance(before, str):
        return DTypeError(f"State {state} of {name} is {before} before a step, but {after} after it.")
    return ShapeError(
        f"State {state} of {name} has the shape {show_shape(before)} before a step, but {show_shape(after)} "
        "after it: states keep their shape."
    )


def _differs(what: str, output: int, one: Any, other: Any) -> ShapeError | DTypeError:
    if isinstance(one, str):
        return DTypeError(f"Output {output} of the {what} is {one}, but must be {other} as elsewhere.")
    return ShapeError(
        f"Output {output} of the {what} has the shape {show_shape(one)}, but must have {show_shape(other)} "
        "as the other's."
    )
