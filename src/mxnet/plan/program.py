"""The program: a plan written out as straight-line Python, compiled once and run many times."""

from __future__ import annotations

import itertools
import keyword
import linecache
import operator
import re
import traceback
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from mxnet.allocator import keep_freed_memory
from mxnet.context import Context
from mxnet.ir.blame import blame
from mxnet.ir.constraints import is_complete
from mxnet.ir.memory import Into
from mxnet.ir.node import Node
from mxnet.ir.op import Like, Run
from mxnet.lazy import torch
from mxnet.ops.backward import Backward
from mxnet.ops.device import torch_device
from mxnet.plan.late import Shapes, late_kernel
from mxnet.plan.refusals import Given, raised_by_torch, refused
from mxnet.plan.steps import Plan, Preparation, Step
from mxnet.plan.tapping import input_taps, is_given_zeros, output_taps

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Instrument", "Kernel", "Program", "write_program"]

Tap = Callable[[str, "Tensor"], None]

Kernel = Callable[..., Any]

Instrument = Callable[[Step, Kernel], Kernel]
"""Returns a kernel that does what a step's kernel does, and more."""

_numbers = itertools.count()


Halves = tuple[Callable[..., Any], Callable[..., Any], tuple[Callable[..., tuple["Tensor", ...]], ...]]


class Program:
    """A plan that can be run, from several threads at once.

    Attributes
    ----------
    source : str
        The generated Python text.
    plan : Plan
        What it was generated from.
    owns_outputs : tuple of bool
        Which outputs surely lie in memory of their own, and need not be copied to be kept.
    """

    def __init__(
        self, plan: Plan, source: str, filename: str, halves: Halves, step_at: dict[int, Step]
    ) -> None:
        self.plan = plan
        self.source = source
        self.owns_outputs = tuple(plan.is_own(v) for v in plan.outputs)
        self._filename = filename
        self._forward, self._backward, self._prepare = halves
        self._step_at = step_at
        position = {v: i for i, v in enumerate(plan.variables)}
        self._reads = [[position[v] for v in preparation.reads] for preparation in plan.preparations]
        self._prepared: list[_Prepared | None] = [None] * len(self._reads)
        self._all_reads = [i for reads in self._reads for i in reads]
        self._all_prepared: _Prepared | None = None

    def forward(
        self, variables: Sequence[Tensor | None], tap: Tap | None = None
    ) -> tuple[tuple[Tensor, ...], list[Tensor]]:
        """Run the forward half; return the outputs and what the backward half needs.

        Variables that it does not read, such as head gradients, may be None.
        """
        return self._run(self._forward, variables, tap)  # type: ignore[no-any-return]

    def backward(
        self,
        variables: Sequence[Tensor | None],
        saved: list[Tensor],
        targets: Sequence[Tensor],
        tap: Tap | None = None,
    ) -> None:
        """Run the backward half, which writes or adds the gradients to `targets` and empties `saved`."""
        self._run(self._backward, variables, saved, targets, tap)

    def _run(self, half: Callable[..., Any], variables: Sequence[Tensor | None], *rest: Any) -> Any:
        with torch.no_grad():
            try:
                return half(variables, self._prepare_all(variables) if self._reads else (), *rest)
            except Exception as error:  # every exception passes on, with the node it came from
                self._blame(error)

    def _prepare_all(self, variables: Sequence[Tensor | None]) -> tuple[Tensor, ...]:
        """Return what is made of parameters, made again where one of them is another or was written to."""
        kept = self._all_prepared
        read = [variables[i] for i in self._all_reads]
        if kept is not None and kept.is_of(read):
            return kept.made
        made: list[Tensor] = []
        for i, (positions, prepare) in enumerate(zip(self._reads, self._prepare, strict=True)):
            one = self._prepared[i]
            mine = [variables[p] for p in positions]
            if one is None or not one.is_of(mine):
                one = self._prepared[i] = _Prepared(mine, prepare(variables))
            made += one.made
        self._all_prepared = kept = _Prepared(read, tuple(made))
        return kept.made

    def _blame(self, error: Exception) -> NoReturn:
        """Say in which node an exception was raised; one of torch's becomes an MXNetError."""
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == self._filename
        ]
        step = self._step_at.get(lines[0] or 0) if lines else None
        if step is None:
            raise error
        if raised_by_torch(error):
            raise blame(refused(error, self._given_to(step)), step.node) from None
        raise blame(error, step.node)

    def _given_to(self, step: Step) -> Given:
        assert step.node.op is not None
        names = step.node.op.input_names() + step.node.op.aux_names()
        values = (self.plan.values[v] for v in step.inputs)
        return [(name, value.shape, value.dtype) for name, value in zip(names, values, strict=True)]


class _Prepared:
    """What was made of some tensors, and the versions they had then; it is never changed, only replaced."""

    __slots__ = ("_read", "_versions", "made")

    def __init__(self, read: list[Any], made: tuple[Tensor, ...]) -> None:
        self._read = read
        self._versions = [tensor._version for tensor in read]
        self.made = made

    def is_of(self, read: list[Any]) -> bool:
        """Whether these are the same tensors, and nobody has written to them since."""
        return all(map(operator.is_, read, self._read)) and self._versions == [t._version for t in read]


def write_program(
    plan: Plan,
    context_of: Callable[[Node], Context],
    *,
    is_train: bool,
    states: dict[int, dict[str, Any]],
    tapped: Literal["", "outputs", "all"] = "",
    instruments: Sequence[Instrument] = (),
    compile_with: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
    keep_memory: bool = True,
) -> Program:
    """Generate and compile the program of a plan.

    Parameters
    ----------
    plan : Plan
        The plan.
    context_of : callable
        Where each node runs.
    is_train : bool
        Passed to the kernels.
    states : dict
        Per node (by ``id``) the storage that its kernel keeps between runs; filled on demand.
    tapped : {'', 'outputs', 'all'}
        Which values are shown to the ``tap`` of the run: none, what nodes make, or also what they read.
    instruments : sequence of callable
        Each wraps every step's kernel, to look at what it does.
    compile_with : callable, optional
        Compiles the two functions further.
    keep_memory : bool
        Whether memory that values have left is kept for those of the next run.
    """
    keep_freed_memory(keep=keep_memory)
    writer = _Writer(
        plan, context_of, is_train=is_train, states=states, tapped=tapped, instruments=instruments
    )
    for number, preparation in enumerate(plan.preparations):
        writer.preparation(f"prepare_{number}", preparation)
    writer.forward()
    writer.backward()
    source = "\n".join(writer.lines) + "\n"
    filename = f"<symnet program {next(_numbers)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace = dict(writer.constants)
    exec(compile(source, filename, "exec"), namespace)  # noqa: S102 - the text is our own
    prepare = tuple(namespace[f"prepare_{number}"] for number in range(len(plan.preparations)))
    halves = namespace["forward"], namespace["backward"]
    if compile_with is not None:
        halves = compile_with(halves[0]), compile_with(halves[1])
    program = Program(plan, source, filename, (*halves, prepare), writer.step_at)
    weakref.finalize(program, linecache.cache.pop, filename, None)
    return program


class _Writer:
    """Writes the two functions line by line, and remembers which line runs which step."""

    def __init__(
        self,
        plan: Plan,
        context_of: Callable[[Node], Context],
        *,
        is_train: bool,
        states: dict[int, dict[str, Any]],
        tapped: str,
        instruments: Sequence[Instrument],
    ) -> None:
        self.plan = plan
        self.context_of = context_of
        self.is_train = is_train
        self.states = states
        self.tapped = tapped
        self.instruments = instruments
        self.lines: list[str] = []
        self.step_at: dict[int, Step] = {}
        self.constants: dict[str, Any] = {}
        self.gradients: dict[int, list[tuple[int, str]]] = {}
        for number, (v, request) in enumerate(plan.gradients):
            self.gradients.setdefault(v, []).append((number, request))
        self.names = _local_names(plan)

    def preparation(self, name: str, preparation: Preparation) -> None:
        """Write a function that makes what is kept between runs."""
        self.lines.append(f"def {name}(variables, tap=None):")
        self._unpack("variables", self.plan.variables, set(preparation.reads))
        for step in preparation.steps:
            self._step(step)
        self.lines += [f"    return {self._tuple(preparation.makes)}", ""]

    def forward(self) -> None:
        """Write the function that computes the outputs."""
        plan = self.plan
        self._begin("forward(variables, prepared, tap)", plan.forward, plan.outputs)
        for step in plan.forward:
            self._step(step)
        self.lines += [f"    return {self._tuple(plan.outputs)}, [{self._list(plan.saved)}]", ""]

    def backward(self) -> None:
        """Write the function that computes the gradients and writes them where they belong."""
        plan = self.plan
        results = [v for v, _ in plan.gradients]
        if plan.saved:
            header = "backward(variables, prepared, saved, targets, tap)"
            self._begin(header, plan.backward, results)
            self.lines.append(f"    {self._list(plan.saved)} = saved")
            self.lines.append("    saved.clear()")  # so that each can go when it was used for the last time
        else:
            self._begin("backward(variables, prepared, saved, targets, tap)", plan.backward, results)
        made = {v for step in plan.backward for v in step.outputs}
        for v in dict.fromkeys(results):
            if v not in made:
                self._write(v)
        for step in plan.backward:
            self._step(step)
        self.lines += ["    return None", ""]

    def _begin(self, header: str, steps: Sequence[Step], results: Sequence[int]) -> None:
        used = {v for step in steps for v in step.inputs} | set(results)
        self.lines.append(f"def {header}:")
        self._unpack("variables", self.plan.variables, used)
        self._unpack("prepared", self.plan.prepared, used)

    def _unpack(self, source: str, values: Sequence[int], used: set[int]) -> None:
        for position, v in enumerate(values):
            if v in used:
                self.lines.append(f"    {self.names[v]} = {source}[{position}]")

    def _write(self, v: int) -> None:
        """Write a gradient into, or add it to, its bound arrays."""
        op = self.plan.values[v].entry.node.op
        for number, request in self.gradients[v]:
            target, name = f"targets[{number}]", self.names[v]
            if request == "write":
                self.lines.append(f"    {target}.copy_({name})")
            elif isinstance(op, Backward) and op.forward_op.add_gradient is not None:
                self.constants[f"__add_{number}"] = op.forward_op.add_gradient
                self.lines.append(f"    {target}.copy_(__add_{number}({target}, {name}))")
            else:
                self.lines.append(f"    {target}.add_({name}.to({target}.device))")

    def _step(self, step: Step) -> None:
        self._show_inputs(step)
        results = ", ".join(self.names[v] for v in step.outputs)
        self.lines.append(f"    {results} = {self._call(step)}  # {step.node.name} {self._shapes(step)}")
        self.step_at[len(self.lines)] = step
        if isinstance(step.node.op, Backward) and step.takes is not None:
            self.lines.append(f"    {results} = {self.names[step.takes]}")
        written = {v for v, _ in step.writes}
        for v in step.outputs:
            if v in self.gradients and v not in written:
                self._write(v)
        self._show_outputs(step)
        dead = [self.names[v] for v in step.frees]
        if dead:
            self.lines.append(f"    del {', '.join(dead)}")

    def _call(self, step: Step) -> str:
        """Return the call of a step's kernel, and make the kernel a constant of the program."""
        node, op = step.node, step.node.op
        assert op is not None
        values = self.plan.values
        op = op.held_in([values[v].dtype for v in step.inputs])
        context = self.context_of(node)
        ins = tuple(values[v].shape for v in step.inputs)
        outs = tuple(values[v].shape for v in step.outputs)

        def run_with(in_shapes: Shapes, out_shapes: Shapes | None) -> Run:
            return Run(
                context,
                is_train=self.is_train,
                out_shapes=out_shapes,
                out_dtypes=tuple(values[v].dtype for v in step.outputs),
                in_shapes=in_shapes,
                state=self.states.setdefault(id(node.original), {}),
                name=node.name,
            )

        arguments = [self._argument(step, i, context) for i in range(len(step.inputs))]
        taken = None if step.takes is None else self.names[step.takes]
        if taken is not None and not isinstance(op, Backward):
            kernel: Kernel = op.kernel_into(run_with(ins, outs))
            arguments.append(f"out={taken}")
        else:
            late = op.late_shape or not all(map(is_complete, (*ins, *outs)))
            kernel = late_kernel(node, outs, run_with) if late else op.kernel_for(run_with(ins, outs))
            arguments += self._into(step, taken)
        name = f"__{len(self.constants)}_{_identifier(op.name)}"
        for instrument in self.instruments:
            kernel = instrument(step, kernel)
        self.constants[name] = kernel
        return f"{name}({', '.join(arguments)})"

    def _into(self, step: Step, taken: str | None) -> list[str]:
        """Return the argument that tells a backward kernel where to write."""
        op = step.node.op
        if not isinstance(op, Backward):
            return []
        places = [] if taken is None else [f"{op.wants[0]!r}: __Into({taken}, False)"]
        for v, number in step.writes:
            name = op.wants[step.outputs.index(v)]
            adds = self.plan.gradients[number][1] == "add"
            places.append(f"{name!r}: __Into(targets[{number}], {adds})")
        self.constants["__Into"] = Into
        return [f"out={{{', '.join(places)}}}"] if places else []

    def _show_inputs(self, step: Step) -> None:
        if self.tapped == "all":
            assert step.node.op is not None
            for position, name in input_taps(step.node):
                if position not in step.node.op.shape_only:
                    self._tap(name, step.inputs[position])

    def _show_outputs(self, step: Step) -> None:
        if self.tapped:
            if is_given_zeros(step.node):
                self.constants["__zeros"] = torch.zeros(1)
                self.lines.append("    if tap: tap('zeros_without_dtype_output', __zeros)")
            for number, name in output_taps(step.node):
                self._tap(name, step.outputs[number])

    def _tap(self, name: str, v: int) -> None:
        self.lines.append(f"    if tap: tap({name!r}, {self.names[v]})")

    def _argument(self, step: Step, position: int, context: Context) -> str:
        v = step.inputs[position]
        value = self.plan.values[v]
        assert step.node.op is not None
        if position in step.node.op.shape_only and is_complete(value.shape):
            name = f"__like_{v}"
            if name not in self.constants:
                self.constants[name] = Like(value.shape, getattr(torch, value.dtype))
            return name
        device = torch_device(context)
        if device != torch_device(self.context_of(value.entry.node)):
            name = f"__{device.type}_{device.index}"
            self.constants[name] = device
            return f"{self.names[v]}.to({name})"
        return self.names[v]

    def _shapes(self, step: Step) -> str:
        return " ".join(str(self.plan.values[v].shape) for v in step.outputs)

    def _tuple(self, values: Sequence[int]) -> str:
        return f"({self._list(values)})"

    def _list(self, values: Sequence[int]) -> str:
        return "".join(f"{self.names[v]}, " for v in values).strip()


def _identifier(text: str) -> str:
    name = re.sub(r"\W", "_", text, flags=re.ASCII)
    if (
        not name or name[0].isdigit() or keyword.iskeyword(name) or name.startswith("__")
    ):  # __ is for constants
        return f"v_{name}"
    return name


def _local_names(plan: Plan) -> list[str]:
    """Name every value after its node, as the user would: ``fc1``, and ``fc1_2`` where that is taken."""
    taken = {"variables", "prepared", "saved", "targets", "tap"}
    names = []
    for value in plan.values:
        entry = value.entry
        op = entry.node.op
        stem = entry.node.name if op is None or op.arity[2] == 1 else entry.output_name
        name = stem = _identifier(stem)
        suffix = 2
        while name in taken:
            name, suffix = f"{stem}_{suffix}", suffix + 1
        taken.add(name)
        names.append(name)
    return names
