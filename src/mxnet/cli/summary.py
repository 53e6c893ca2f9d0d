"""``symnet summary``: what a network consists of. It begins to print before anything slow is loaded."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mxnet.cli.tools.files import read_text
from mxnet.cli.tools.finding import is_text, network_file
from mxnet.cli.tools.options import CUT, EPOCH, JSON, MODEL, PARAMS, SHAPE
from mxnet.cli.tools.printing import as_bytes, as_count, as_shape, print_json, width
from mxnet.errors import few
from mxnet.ir.records import Listing, read_records

if TYPE_CHECKING:
    from mxnet.cli.tools.layers import Layer, Layers
    from mxnet.plan.memory_plan import MemoryPlan

__all__ = ["command"]

_HEADINGS = ("layer", "operator", "output", "parameters", "FLOPs")
_LARGEST = 3
"""How many steps are shown that need most memory."""


def command(
    model: MODEL,
    params: PARAMS = None,
    epoch: EPOCH = None,
    cut: CUT = None,
    shape: SHAPE = [],  # noqa: B006 - typer asks for it
    brief: Annotated[bool, typer.Option("--brief", "-b", help="Only totals, no table of layers.")] = False,
    memory: Annotated[bool, typer.Option(help="Plan the memory of a run, which needs torch.")] = True,
    json: JSON = False,
) -> None:
    """Show what a network consists of: layers, shapes, parameters, operations and memory.

    Shapes of inputs that nobody gives are inferred from the parameters, or guessed, which is said.
    FLOPs count a multiplication and an addition as two; they are those of one run for inference.
    """
    head = _head(model)
    if not json:
        for line in _described(head):
            _write(line)

    from mxnet.cli.tools.layers import memory_plan, open_layers

    layers = open_layers(model, params, epoch, cut, shape)
    if json:
        print_json(head | _as_json(layers, memory_plan(layers) if memory else None))
        return
    totals = _Totals()
    rows = totals.counting(layers.rows())
    if brief:
        for _ in rows:
            pass
    else:
        _write("")
        _print_layers(rows, _widths(head))
    _write("")
    for line in _totals(layers, totals):
        _write(line)
    plan = memory_plan(layers) if memory else None
    for line in _memory(plan) if plan else ():
        _write(line)


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


# ------------------------------------------------------------------------------------------- what a file says


def _head(model: str) -> dict[str, Any]:
    """Return what the JSON of a network says, without knowing what it means."""
    if not is_text(model):
        return {"file": model}
    path = network_file(model)[0]
    version, listing = read_records(read_text(path), path)
    operators = Counter(record.op for record in listing.records if record.op != "null")
    return {
        "file": path,
        "bytes": os.path.getsize(path),
        "mxnet_version": _version(version),
        "nodes": len(listing.records),
        "operators": dict(operators.most_common()),
        "names": [len(record.name) for record in listing.records if record.op != "null"],
        "outputs": _outputs(listing),
    }


def _version(number: int) -> str:
    """Return a version for people; files say none before 0.9."""
    return "before 0.9" if number < 900 else f"{number // 10000}.{number // 100 % 100}.{number % 100}"


def _outputs(listing: Listing) -> list[str]:
    return [listing.records[number].name for number, _, _ in listing.heads]


def _described(head: dict[str, Any]) -> Iterator[str]:
    if "nodes" not in head:
        yield head["file"]
        return
    operators = head["operators"]
    yield f"{head['file']}: {as_bytes(head['bytes'])}, MXNet {head['mxnet_version']}"
    yield f"{head['nodes']} nodes, {sum(operators.values())} of them operators"
    yield f"operators: {few(f'{name} ({count})' for name, count in operators.items())}"
    yield f"outputs: {few(head['outputs'])}"


# --------------------------------------------------------------------------------------------------- layers


class _Totals:
    """What is added up over the layers."""

    def __init__(self) -> None:
        self.layers = 0
        self.parameters: int | None = 0
        self.operations: int | None = 0

    def counting(self, rows: Iterable[Layer]) -> Iterator[Layer]:
        """Yield the rows, and add them up."""
        for row in rows:
            self.layers += 1
            self.parameters = _sum(self.parameters, row.parameters)
            self.operations = _sum(self.operations, row.operations)
            yield row


def _sum(total: int | None, more: int | None) -> int | None:
    return None if total is None or more is None else total + more


def _widths(head: dict[str, Any]) -> list[int]:
    """Return how wide the columns are; where the terminal is narrow, names are cut."""
    names = max(head.get("names", [24]), default=0)
    operators = max(map(len, head.get("operators", {"x" * 16: 1})), default=0)
    columns = [max(names, 5), max(operators, 8), 16, 12, 8]
    limit = width()
    if limit is not None:
        free = limit - sum(columns[2:]) - 2 * (len(columns) - 1)
        columns[1] = min(columns[1], max(free // 2, 12))
        columns[0] = min(columns[0], max(free - columns[1], 12))
    return columns


def _print_layers(rows: Iterable[Layer], columns: list[int]) -> None:
    _write(_line(_HEADINGS, columns))
    _write(_line(["─" * each for each in columns], columns))
    for row in rows:
        shapes = [as_shape(shape) for shape in row.outputs]
        output = shapes[0] if len(set(shapes)) == 1 else " ".join(shapes)
        output = f"{len(shapes)} * {output}" if len(shapes) > 1 and len(set(shapes)) == 1 else output
        parameters = "?" if row.parameters is None else f"{row.parameters:,}" if row.parameters else ""
        work = "?" if row.operations is None else as_count(row.operations) if row.operations else ""
        _write(_line([row.name, row.operator, output, parameters, work], columns))


def _line(cells: Iterable[str], columns: list[int]) -> str:
    first, second, third, *numbers = cells
    left = [_cut(cell, size).ljust(size) for cell, size in zip((first, second), columns, strict=False)]
    right = [each.rjust(size) for each, size in zip(numbers, columns[3:], strict=True)]
    return "  ".join([*left, third.ljust(columns[2]), *right]).rstrip()


def _cut(text: str, size: int) -> str:
    """Return a text with its middle left out where it is too long: both ends tell names apart."""
    if len(text) <= size:
        return text
    head = (size - 1) // 2
    return f"{text[:head]}…{text[len(text) - (size - 1 - head) :]}"


# --------------------------------------------------------------------------------------------------- totals


def _totals(layers: Layers, totals: _Totals) -> Iterator[str]:
    states = layers.states()
    parameters = "unknown" if totals.parameters is None else f"{totals.parameters:,}"
    more = f", and {states:,} numbers of auxiliary states" if states else ""
    yield f"parameters: {parameters}{more}"
    if not layers.model.has_parameters:
        yield "            no file of parameters was found beside the network"
    else:
        yield f"            from {layers.model.sources[-1]}"
    work = "unknown" if totals.operations is None else f"{as_count(totals.operations)}FLOP"
    yield f"operations: {work} in a run"
    if layers.problem:
        yield f"shapes:     {layers.problem}"
    if layers.inputs is None:
        return
    for name, shape in layers.inputs.shapes.items():
        guessed = "  (a guess: give another with --shape)" if name in layers.inputs.guessed else ""
        yield f"input:      {name} {as_shape(shape or None)}{guessed}"
    for name, output in layers.outputs().items():
        yield f"output:     {name} {as_shape(output)}"


def _memory(plan: MemoryPlan) -> Iterator[str]:
    yield f"memory:     {as_bytes(plan.peak_bytes)} of values at most, in {len(plan.steps)} optimised steps"
    largest = sorted(plan.steps, key=lambda step: step.alive, reverse=True)[:_LARGEST]
    for step in largest:
        yield f"            {as_bytes(step.alive):>9} while {step.name} runs"


def _as_json(layers: Layers, plan: MemoryPlan | None) -> dict[str, Any]:
    totals = _Totals()
    rows = [row._asdict() for row in totals.counting(layers.rows())]
    return {
        "layers": rows,
        "parameters": totals.parameters,
        "auxiliary_states": layers.states(),
        "operations": totals.operations,
        "inputs": layers.inputs.shapes if layers.inputs else None,
        "guessed": list(layers.inputs.guessed) if layers.inputs else [],
        "outputs": layers.outputs(),
        "sources": layers.model.sources,
        "peak_bytes": plan.peak_bytes if plan else None,
    }
