"""Writes a plan out as straight-line Python: one line a step, named after the user's nodes."""

from __future__ import annotations

import itertools
import keyword
import linecache
import re
import traceback
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mxnet.ir.memory import Into
from mxnet.ir.op import Like
from mxnet.ir.types import Type
from mxnet.lazy import torch
from mxnet.ops.backward import Backward
from mxnet.plan.kernels import Kernel, Kernels
from mxnet.plan.plan import Plan, Preparation, Step
from mxnet.plan.tapping import input_taps, is_given_zeros, output_taps

__all__ = ["Written", "add_rule", "like_of", "render", "write"]

_numbers = itertools.count()


@dataclass(frozen=True)
class Written:
    """A plan written out as Python, and compiled; see :class:`mxnet.plan.program.Code`.

    Attributes
    ----------
    source, filename : str
        The text, and the name under which it was compiled.
    step_at : dict of int to Step
        Which line runs which step.
    """

    source: str
    filename: str
    step_at: dict[int, Step]
    prepare: tuple[Callable[..., Any], ...]
    forward: Callable[..., Any]
    backward: Callable[..., Any]

    def step_of(self, error: BaseException) -> Step | None:
        """Return the step in which an exception was raised."""
        for frame, line in traceback.walk_tb(error.__traceback__):
            if frame.f_code.co_filename == self.filename:
                return self.step_at.get(line)
        return None


def write(
    plan: Plan,
    kernels: Kernels,
    *,
    tapped: Literal["", "outputs", "all"] = "",
    compile_with: Callable[[Callable[..., Any]], Callable[..., Any]] | None = None,
) -> Written:
    """Generate and compile the text of a plan.

    Parameters
    ----------
    plan : Plan
        The plan.
    kernels : Kernels
        Its kernels, which become constants of the text.
    tapped : {'', 'outputs', 'all'}
        Which values are shown to the ``tap`` of the run: none, what nodes make, or also what they read.
    compile_with : callable, optional
        Compiles the two functions further.
    """
    writer = _Writer(plan, kernels, tapped)
    source = writer.text()
    filename = f"<symnet program {next(_numbers)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace = dict(writer.constants)
    exec(compile(source, filename, "exec"), namespace)  # noqa: S102 - the text is our own
    prepare = tuple(namespace[f"prepare_{number}"] for number in range(len(plan.preparations)))
    forward, backward = namespace["forward"], namespace["backward"]
    weakref.finalize(forward, linecache.cache.pop, filename, None)
    if compile_with is not None:
        forward, backward = compile_with(forward), compile_with(backward)
    return Written(source, filename, writer.step_at, prepare, forward, backward)


def render(plan: Plan, kernels: Kernels) -> str:
    """Return the text of a plan, for people."""
    return _Writer(plan, kernels, "").text()


def like_of(value: Type) -> Like:
    """Return what stands for a value of which only shape and dtype are read."""
    return Like(value.shape, getattr(torch, value.dtype or ""))  # type: ignore[arg-type]


def add_rule(plan: Plan, v: int) -> Callable[..., Any] | None:
    """Return what ``grad_req="add"`` makes of an array and a gradient, where that is not their sum."""
    op = plan.values[v].entry.node.op
    return op.forward_op.add_gradient if isinstance(op, Backward) else None


class _Writer:
    """Writes the two functions line by line, and remembers which line runs which step."""

    def __init__(self, plan: Plan, kernels: Kernels, tapped: str) -> None:
        self.plan = plan
        self.kernels = kernels
        self.tapped = tapped
        self.lines: list[str] = []
        self.step_at: dict[int, Step] = {}
        self.constants: dict[str, Any] = {}
        self.name_of: dict[int, str] = {}  # of a kernel, by ``id``
        self.gradients: dict[int, list[tuple[int, str]]] = {}
        for number, (v, request) in enumerate(plan.gradients):
            self.gradients.setdefault(v, []).append((number, request))
        self.names = _local_names(plan)

    def text(self) -> str:
        """Return all functions."""
        for number, preparation in enumerate(self.plan.preparations):
            self.preparation(f"prepare_{number}", preparation)
        self.forward()
        self.backward()
        return "\n".join(self.lines) + "\n"

    def preparation(self, name: str, preparation: Preparation) -> None:
        """Write a function that makes what is kept between runs."""
        self.lines.append(f"def {name}(variables, tap=None):")
        self._unpack("variables", range(self.plan.n_given), set(preparation.reads))
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
        self._unpack("variables", range(self.plan.n_given), used)
        self._unpack("prepared", self.plan.prepared, used)

    def _unpack(self, source: str, values: Sequence[int], used: set[int]) -> None:
        for position, v in enumerate(values):
            if v in used:
                self.lines.append(f"    {self.names[v]} = {source}[{position}]")

    def _write(self, v: int) -> None:
        """Write a gradient into, or add it to, its bound arrays."""
        rule = add_rule(self.plan, v)
        for number, request in self.gradients[v]:
            target, name = f"targets[{number}]", self.names[v]
            if request == "write":
                self.lines.append(f"    {target}.copy_({name})")
            elif rule is not None:
                self.constants[f"__add_{number}"] = rule
                self.lines.append(f"    {target}.copy_(__add_{number}({target}, {name}))")
            else:
                self.lines.append(f"    {target}.add_({name})")

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
        arguments = [self._argument(step, i) for i in range(len(step.inputs))]
        arguments += self._out(step)
        return f"{self._kernel(step)}({', '.join(arguments)})"

    def _kernel(self, step: Step) -> str:
        assert step.node.op is not None
        kernel: Kernel = self.kernels.of(step)
        name = self.name_of.get(id(kernel))
        if name is None:
            name = self.name_of[id(kernel)] = f"__{len(self.name_of)}_{_identifier(step.node.op.name)}"
            self.constants[name] = kernel
        return name

    def _out(self, step: Step) -> list[str]:
        """Return the argument that tells a kernel where to write."""
        op = step.node.op
        taken = None if step.takes is None else self.names[step.takes]
        if not isinstance(op, Backward):
            return [] if taken is None else [f"out={taken}"]
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

    def _argument(self, step: Step, position: int) -> str:
        v = step.inputs[position]
        value = self.plan.values[v].type
        assert step.node.op is not None
        if position not in step.node.op.shape_only or not value.is_known:
            return self.names[v]
        name = f"__like_{v}"
        if name not in self.constants:
            self.constants[name] = like_of(value)
        return name

    def _shapes(self, step: Step) -> str:
        return " ".join(str(self.plan.values[v].type.shape) for v in step.outputs)

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
