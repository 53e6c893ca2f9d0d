"""Writes a plan out as straight-line Python: one line a step, named after the user's nodes."""

from __future__ import annotations

import functools
import itertools
import keyword
import linecache
import re
import traceback
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from mxnet.ir.types import OPAQUE
from mxnet.lazy import torch
from mxnet.plan.kernels import Kernels
from mxnet.plan.lines import Lines
from mxnet.plan.monitor_names import input_taps, is_given_zeros, output_taps
from mxnet.plan.plan import Plan, Preparation, Step

__all__ = ["Written", "local_names", "render", "write"]

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
    announcing: Callable[[], Callable[..., Iterator[Iterable[int]]]]

    @functools.cached_property
    def announced(self) -> Callable[..., Iterator[Iterable[int]]]:
        """Like `backward`, but yields the numbers of gradients that have just been written."""
        return self.announcing()

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
    announcing = functools.partial(_announcing, writer, filename)
    if compile_with is not None:
        forward, backward = compile_with(forward), compile_with(backward)
        announcing = functools.partial(_announced_at_end, backward)
    return Written(source, filename, writer.step_at, prepare, forward, backward, announcing)


def _announced_at_end(backward: Callable[..., Any]) -> Callable[..., Iterator[Iterable[int]]]:
    """Return what runs a backward half that cannot say in between what it has written."""

    def announced(*given: Any) -> Iterator[Iterable[int]]:
        backward(*given)
        yield ()

    return announced


def _announcing(writer: _Writer, filename: str) -> Callable[..., Iterator[Iterable[int]]]:
    """Write and compile another backward half, whose lines follow those that are there."""
    begin = len(writer.lines)
    writer.backward("announced", writer.plan.arriving())
    source = "\n".join(writer.lines) + "\n"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    namespace = dict(writer.constants)
    exec(compile("\n" * begin + "\n".join(writer.lines[begin:]), filename, "exec"), namespace)  # noqa: S102
    announced: Callable[..., Iterator[Iterable[int]]] = namespace["announced"]
    return announced


def render(plan: Plan, kernels: Kernels) -> str:
    """Return the text of a plan, for people."""
    return _Writer(plan, kernels, "").text()


class _Writer(Lines):
    """Writes the two functions line by line, and remembers which line runs which step."""

    def __init__(self, plan: Plan, kernels: Kernels, tapped: str) -> None:
        super().__init__(plan, kernels)
        self.tapped = tapped
        self.lines: list[str] = []
        self.step_at: dict[int, Step] = {}
        self.constants: dict[str, Any] = {}
        self.name_of: dict[int, str] = {}  # of a constant, by ``id``
        self.names = local_names(plan)

    def value(self, v: int) -> str:
        return self.names[v]

    def target(self, number: int) -> str:
        return f"targets[{number}]"

    def constant(self, constant: Any, stem: str) -> str:
        known = self.name_of.get(id(constant))
        if known is None:
            known = self.name_of[id(constant)] = f"__{len(self.name_of)}_{_identifier(stem)}"
            self.constants[known] = constant
        return known

    def forget(self, values: Sequence[int]) -> str:
        return f"del {', '.join(map(self.value, values))}"

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
        self._take_given(set(preparation.reads))
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

    def backward(self, name: str = "backward", arriving: Sequence[tuple[int, ...]] | None = None) -> None:
        """Write the function that computes the gradients and writes them where they belong.

        Parameters
        ----------
        name : str
            What it is called.
        arriving : list of tuple of int, optional
            The gradients that it yields after each step, by number.
        """
        plan = self.plan
        self._begin(f"{name}(variables, prepared, saved, targets, tap)", plan.backward, [*self.gradients])
        if plan.saved:
            self.lines.append(f"    {self._list(plan.saved)} = saved")
            self.lines.append("    saved.clear()")  # so that each can go when it was used for the last time
        made = {v for step in plan.backward for v in step.outputs}
        self._add(line for v in self.gradients if v not in made for line in self.of_gradient(v))
        for i, step in enumerate(plan.backward):
            self._step(step)
            if arriving and arriving[i]:
                self._add([f"yield {arriving[i]}"])
        self.lines += ["    return None" if arriving is None else "    yield ()", ""]

    def _add(self, lines: Iterable[str]) -> None:
        self.lines += [f"    {line}" for line in lines]

    def _begin(self, header: str, steps: Sequence[Step], results: Sequence[int]) -> None:
        used = {v for step in steps for v in step.inputs} | set(results)
        self.lines.append(f"def {header}:")
        self._take_given(used)
        self._add(f"{self.value(v)} = prepared[{i}]" for i, v in enumerate(self.plan.prepared) if v in used)

    def _take_given(self, used: set[int]) -> None:
        self._add(f"{self.value(v)} = variables[{v}]" for v in sorted(used) if v < self.plan.n_given)

    def _step(self, step: Step) -> None:
        if self.tapped == "all":
            assert step.node.op is not None
            for position, name in input_taps(step.node):
                if position not in step.node.op.shape_only:
                    self._tap(name, self.value(step.inputs[position]))
        call, *more = self.of_step(step)
        self._add([f"{call}  # {step.node.name} {self._shapes(step)}"])
        self.step_at[len(self.lines)] = step
        self._add(more)
        if self.tapped:
            if is_given_zeros(step.node):
                self._tap("zeros_without_dtype_output", self.constant(_zeros(), "zeros"))
            for number, name in output_taps(step.node):
                self._tap(name, self.value(step.outputs[number]))
        if step.frees:
            self._add([self.forget(step.frees)])

    def _tap(self, name: str, value: str) -> None:
        self._add([f"if tap: tap({name!r}, {value})"])

    def _shapes(self, step: Step) -> str:
        types = [self.plan.values[v].type for v in step.outputs]
        return " ".join(f"{t.nbytes} bytes" if t.layout == OPAQUE else str(t.shape) for t in types)

    def _tuple(self, values: Sequence[int]) -> str:
        return f"({self._list(values)})"

    def _list(self, values: Sequence[int]) -> str:
        return "".join(f"{self.value(v)}, " for v in values).strip()


@functools.cache
def _zeros() -> torch.Tensor:
    """Return what a monitor is shown where MXNet passes zeros."""
    return torch.zeros(1)


def _identifier(text: str) -> str:
    name = re.sub(r"\W", "_", text, flags=re.ASCII)
    if (
        not name or name[0].isdigit() or keyword.iskeyword(name) or name.startswith("__")
    ):  # __ is for constants
        return f"v_{name}"
    return name


def local_names(plan: Plan) -> list[str]:
    """Name every value after its node, as the user would: ``fc1``, and ``fc1_2`` where that is taken."""
    taken = {"variables", "prepared", "saved", "targets", "tap"}
    names = []
    used = {v for step in (*plan.forward, *plan.backward) for v in (*step.inputs, *step.outputs)}
    used |= {*plan.outside, *plan.prepared, *plan.outputs, *plan.saved, *(v for v, _ in plan.gradients)}
    used |= {v for each in plan.preparations for step in each.steps for v in (*step.inputs, *step.outputs)}
    for v, value in enumerate(plan.values):
        entry = value.entry
        if v not in used:
            names.append("")
            continue
        op = entry.node.op
        is_only = op is None or (op.arity[2] == 1 and not entry.is_residual)
        stem = entry.node.name if is_only else entry.output_name
        name = stem = _identifier(stem)
        suffix = 2
        while name in taken:
            name, suffix = f"{stem}_{suffix}", suffix + 1
        taken.add(name)
        names.append(name)
    return names
