"""The program: a plan written out as straight-line Python, compiled once and run many times."""

from __future__ import annotations

import itertools
import keyword
import linecache
import re
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from mxnet.context import Context
from mxnet.errors import MXNetError, add_note
from mxnet.ir.node import Node
from mxnet.ir.op import Like, Run, describe_node
from mxnet.lazy import torch
from mxnet.ops.device import torch_device
from mxnet.plan.steps import Plan, Step
from mxnet.plan.tapping import input_taps, is_given_zeros, output_taps

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Program", "raised_by_torch", "write_program"]

Tap = Callable[[str, "Tensor"], None]

_numbers = itertools.count()


@dataclass
class Program:
    """A plan that can be run.

    Attributes
    ----------
    source : str
        The generated Python text.
    plan : Plan
        What it was generated from.
    """

    plan: Plan
    source: str
    filename: str
    _forward: Callable[..., tuple[tuple[Tensor, ...], tuple[Tensor, ...]]]
    _backward: Callable[..., tuple[Tensor, ...]]
    _step_at: dict[int, Step] = field(repr=False)

    def forward(
        self, variables: Sequence[Tensor | None], tap: Tap | None = None
    ) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """Run the forward half; return the outputs and what the backward half needs.

        Variables that it does not read, such as head gradients, may be None.
        """
        return self._run(self._forward, variables, (), tap)  # type: ignore[no-any-return]

    def backward(
        self, variables: Sequence[Tensor | None], saved: Sequence[Tensor], tap: Tap | None = None
    ) -> tuple[Tensor, ...]:
        """Run the backward half; return the gradients."""
        return self._run(self._backward, variables, saved, tap)  # type: ignore[no-any-return]

    def _run(
        self,
        half: Callable[..., Any],
        variables: Sequence[Tensor | None],
        saved: Sequence[Tensor],
        tap: Tap | None,
    ) -> Any:
        with torch.no_grad():
            try:
                return half(variables, saved, tap)
            except Exception as error:  # every exception passes on, with the node it came from
                self._blame(error)

    def _blame(self, error: Exception) -> NoReturn:
        """Say in which node an exception was raised; one of torch's becomes an MXNetError."""
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == self.filename
        ]
        step = self._step_at.get(lines[0] or 0) if lines else None
        if step is None:
            raise error
        where = f"in operator {describe_node(step.node)}"
        from_kernel = isinstance(
            error, RuntimeError | IndexError | ValueError | TypeError
        ) and not isinstance(error, MXNetError)
        if not hasattr(error, "__notes__"):  # one with notes is of a user's own code, and not ours to reword
            if from_kernel and raised_by_torch(error):
                raise MXNetError(f"Error {where}: {error}\n  {self._show_inputs(step)}") from None
            if isinstance(error, MXNetError) and "in operator" not in str(error):
                raise type(error)(f"Error {where}: {error}") from None
        add_note(error, where)
        raise error

    def _show_inputs(self, step: Step) -> str:
        assert step.node.op is not None
        names = step.node.op.input_names() + step.node.op.aux_names()
        values = (self.plan.values[v] for v in step.inputs)
        return "with " + ", ".join(f"{n} {v.shape} {v.dtype}" for n, v in zip(names, values, strict=True))


def raised_by_torch(error: Exception) -> bool:
    """Whether the innermost frame is a kernel calling into torch, and not a user's own code."""
    frames = traceback.extract_tb(error.__traceback__)
    return any(
        part in frames[-1].filename.replace("\\", "/")
        for part in ("/torch/", "/mxnet/ops/", "<symnet program")
    )


def write_program(
    plan: Plan,
    context_of: Callable[[Node], Context],
    *,
    is_train: bool,
    states: dict[int, dict[str, Any]],
    tapped: Literal["", "outputs", "all"] = "",
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
    """
    writer = _Writer(plan, context_of, is_train=is_train, states=states, tapped=tapped)
    writer.half("forward", plan.forward, (), plan.outputs, plan.saved)
    writer.half("backward", plan.backward, plan.saved, plan.gradients, ())
    source = "\n".join(writer.lines) + "\n"
    filename = f"<symnet program {next(_numbers)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace = dict(writer.constants)
    exec(compile(source, filename, "exec"), namespace)  # noqa: S102 - the text is our own
    return Program(plan, source, filename, namespace["forward"], namespace["backward"], writer.step_at)


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
    ) -> None:
        self.plan = plan
        self.context_of = context_of
        self.is_train = is_train
        self.states = states
        self.tapped = tapped
        self.lines: list[str] = []
        self.step_at: dict[int, Step] = {}
        self.constants: dict[str, Any] = {}
        self.names = _local_names(plan)

    def half(
        self,
        name: str,
        steps: Sequence[Step],
        saved: Sequence[int],
        results: Sequence[int],
        keep: Sequence[int],
    ) -> None:
        names = self.names
        used = {v for step in steps for v in step.inputs} | set(results)
        self.lines.append(f"def {name}(variables, saved, tap):")
        for position, v in enumerate(self.plan.variables):
            if v in used:
                self.lines.append(f"    {names[v]} = variables[{position}]")
        for position, v in enumerate(saved):
            self.lines.append(f"    {names[v]} = saved[{position}]")
        for step in steps:
            self._step(step)
        if name == "forward":
            self.lines.append(f"    return {self._tuple(results)}, {self._tuple(keep)}")
        else:
            self.lines.append(f"    return {self._tuple(results)}")
        self.lines.append("")

    def _step(self, step: Step) -> None:
        node, op = step.node, step.node.op
        assert op is not None
        values = self.plan.values
        context = self.context_of(node)
        run = Run(
            context,
            is_train=self.is_train,
            out_shapes=tuple(values[v].shape for v in step.outputs),
            out_dtypes=tuple(values[v].dtype for v in step.outputs),
            state=self.states.setdefault(id(node.original), {}),
            name=node.name,
        )
        number = len(self.constants)
        kernel = f"__{number}_{_identifier(op.name)}"
        self.constants[kernel] = op.kernel_for(run)
        arguments = ", ".join(self._argument(step, i, context) for i in range(len(step.inputs)))
        targets = ", ".join(self.names[v] for v in step.outputs)
        if self.tapped == "all":
            for position, name in input_taps(node):
                if position not in op.shape_only:
                    self._tap(name, step.inputs[position])
        self.lines.append(f"    {targets} = {kernel}({arguments})  # {node.name} {self._shapes(step)}")
        self.step_at[len(self.lines)] = step
        if self.tapped:
            if is_given_zeros(node):
                self.constants["__zeros"] = torch.zeros(1)
                self.lines.append("    if tap: tap('zeros_without_dtype_output', __zeros)")
            for number, name in output_taps(node):
                self._tap(name, step.outputs[number])
        dead = [self.names[v] for v in step.frees]
        if dead:
            self.lines.append(f"    del {', '.join(dead)}")

    def _tap(self, name: str, v: int) -> None:
        self.lines.append(f"    if tap: tap({name!r}, {self.names[v]})")

    def _argument(self, step: Step, position: int, context: Context) -> str:
        v = step.inputs[position]
        value = self.plan.values[v]
        assert step.node.op is not None
        if position in step.node.op.shape_only:
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
        return "(" + "".join(f"{self.names[v]}, " for v in values) + ")"


def _identifier(text: str) -> str:
    name = re.sub(r"\W", "_", text, flags=re.ASCII)
    if (
        not name or name[0].isdigit() or keyword.iskeyword(name) or name.startswith("__")
    ):  # __ is for constants
        return f"v_{name}"
    return name


def _local_names(plan: Plan) -> list[str]:
    """Name every value after its node, as the user would: ``fc1``, and ``fc1_2`` where that is taken."""
    taken = {"variables", "saved", "tap"}
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
