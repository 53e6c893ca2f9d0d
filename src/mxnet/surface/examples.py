"""One example for each operator, as its help shows it.

The class of an operator declares the call, and ``tools/make_examples.py`` has written into
``example_results.json`` what is shown of the result (its values, or only its shape) and what that prints.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import NamedTuple

from mxnet.ir.op import Op
from mxnet.surface.namespaces import home_of

__all__ = ["RESULTS", "Example", "call_of", "example_of"]

RESULTS = Path(__file__).with_name("example_results.json")
"""By the name of an operator: what is shown of its results, and what that prints."""

_WIDTH = 100


class Example(NamedTuple):
    """A call of an operator, and what it gives.

    Attributes
    ----------
    inputs : tuple of str
        Expressions of the inputs; ``"None"`` for one that is left out.
    parameters : str
        The parameters, as they are written in the call.
    shown : str
        What is shown of each result, such as ``"asnumpy()"``.
    result : str
        What that prints.
    """

    inputs: tuple[str, ...]
    parameters: str
    shown: str = "shape"
    result: str = ""

    @property
    def several(self) -> bool:
        """Whether there are several results."""
        return self.shown.startswith("each ")

    def arguments(self, cls: type[Op]) -> dict[str, str]:
        """Return the expressions of the inputs that are given, by name."""
        slots = "abcdefgh" if cls.variadic else cls.call_order or (*cls.inputs, *cls.aux)
        named = zip(slots, self.inputs, strict=False)
        return {name: _as_array(text) for name, text in named if text != "None"}

    def call(self, cls: type[Op], package: str) -> str:
        """Return the call as it is written, with variables for the inputs."""
        names = list(self.arguments(cls))
        if "None" in self.inputs:
            names = [f"{name}={name}" for name in names]
        return (
            f"{package}.{home_of(cls)}({', '.join([*names, self.parameters] if self.parameters else names)})"
        )


def _as_array(text: str) -> str:
    return f"mx.nd.array({text})" if text.startswith("[") else text


def call_of(cls: type[Op]) -> Example:
    """Return the call that a class declares, with its result if that is known."""
    inputs, _, parameters = (part.strip() for part in cls.example.partition("|"))
    return Example(tuple(inputs.split("; ")) if inputs else (), parameters, *_results().get(cls.name, ()))


@functools.cache
def _results() -> dict[str, tuple[str, str]]:
    return json.loads(RESULTS.read_text()) if RESULTS.exists() else {}


def example_of(cls: type[Op], package: str) -> str:
    """Return the example of an operator as lines to type; empty if it has none.

    Parameters
    ----------
    cls : type of Op
        The operator.
    package : str
        ``"mx.nd"``, or ``"mx.sym"``, which shows it composed and evaluated.
    """
    if not cls.example:
        return ""
    example = call_of(cls)
    arguments, call = example.arguments(cls), example.call(cls, package)
    shown = example.shown.removeprefix("each ")
    if package == "mx.nd":
        lines = [f"{name} = {text}" for name, text in arguments.items()]
        lines.append(f"[each.{shown} for each in {call}]" if example.several else f"{call}.{shown}")
        return _transcript(lines, example.result)
    lines = [f'{name} = mx.sym.Variable("{name}")' for name in arguments]
    lines.append(f"y = {call}")
    if cls.late_shape:  # which cannot be planned
        return _transcript([*lines, "y.list_arguments()"], repr(list(arguments)))
    if cls.aux:
        states = ", ".join(f'"{name}": {text}' for name, text in arguments.items() if name in cls.aux)
        inputs = ", ".join(f'"{name}": {text}' for name, text in arguments.items() if name not in cls.aux)
        lines.append(f"executor = y.bind(mx.cpu(), {{{inputs}}}, aux_states={{{states}}})")
        results = "executor.forward()"
    else:
        results = f"y.eval({', '.join(f'{name}={text}' for name, text in arguments.items())})"
    lines.append(f"[each.{shown} for each in {results}]" if example.several else f"{results}[0].{shown}")
    return _transcript(lines, example.result)


def _transcript(lines: list[str], result: str) -> str:
    return "\n".join([*(_typed(line) for line in lines), result])


def _typed(line: str) -> str:
    """Return a line as it is typed, folded after a comma where it is long."""
    folded, rest = [], line
    while len(rest) > _WIDTH and (end := rest.rfind(", ", 0, _WIDTH)) > 0:
        folded.append(rest[: end + 1])
        rest = "    " + rest[end + 2 :]
    return "\n... ".join([">>> " + folded[0], *folded[1:], rest] if folded else [">>> " + rest])
