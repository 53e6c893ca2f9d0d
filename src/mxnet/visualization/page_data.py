"""What a page about a network tells: of every node shapes, parameters, operations, bytes and time."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from mxnet.analysis.infer import infer_dtypes, infer_shapes
from mxnet.binding import settled_dtypes
from mxnet.context import cpu
from mxnet.drawing.grouping import Group, grouped
from mxnet.drawing.looks import is_weight, label_and_colour
from mxnet.errors import FileFormatError, MXNetError
from mxnet.files import read_file
from mxnet.ir.graph import Graph
from mxnet.ir.node import Node
from mxnet.ir.op import is_hidden
from mxnet.ir.types import is_complete
from mxnet.ndarray import NDArray
from mxnet.plan.memory_plan import MemoryPlan
from mxnet.plan.program_cache import Programs
from mxnet.symbol.symbol import Symbol
from mxnet.visualization.costs import operations
from mxnet.visualization.facts import shapes_of

__all__ = ["Profile", "page_data"]

Profile = str | os.PathLike[str] | Mapping[str, float]
"""The trace that the profiler wrote, or milliseconds by the names of nodes."""

Owner = Callable[[str], int | None]

_BINS = 24
_MOST_COUNTED = 200_000
"""Of a larger array every so manyth number is counted in its histogram."""


def page_data(
    symbol: Symbol,
    params: Mapping[str, NDArray],
    shape: Mapping[str, tuple[int, ...]] | None,
    profile: Profile | None,
) -> dict[str, Any]:
    """Return what the page shows, as JSON has it.

    Raises
    ------
    ShapeError
        If `shape` is given, and the others do not follow from it.
    FileFormatError
        If the profile is no trace.
    """
    graph = symbol.graph
    facts = _facts_of(symbol, params, shape)
    numbers = {node.name: i for i, node in enumerate(graph.nodes)}

    def owner(step: str) -> int | None:
        """Return the node that a step is of; one that does what several nodes did is of the first."""
        return numbers.get(step, next((numbers[name] for name in step.split("+") if name in numbers), None))

    learned = _learned(graph, params)
    shown = [i for i, node in enumerate(graph.nodes) if node not in learned]
    tree = grouped([graph.nodes[i].name for i in shown])
    return {
        "title": repr(symbol),
        "nodes": [_described(node, graph, facts) for node in graph.nodes],
        "tree": _numbered(tree, shown),
        "outputs": [[graph.index[entry.node], entry.output_name] for entry in graph.outputs],
        "parameters": {name: _counted(params[name].asnumpy()) for name in _read(graph) if name in params},
        "memory": _memory_of(graph, facts, owner),
        "times": {} if profile is None else _times_of(profile, owner),
    }


class _Facts(NamedTuple):
    """Of each node, by output; None, or an incomplete shape, where unknown."""

    shapes: Mapping[Node, list[Any]]
    dtypes: Mapping[Node, list[Any]]


def _facts_of(
    symbol: Symbol, params: Mapping[str, NDArray], shape: Mapping[str, tuple[int, ...]] | None
) -> _Facts:
    graph = symbol.graph
    known = {name: params[name].shape for name in _read(graph) if name in params}
    if shape is not None:
        shapes_of(symbol, {**known, **shape})  # refuses what does not fit or is not enough
    known.update(shape or {})
    variables = {node: node.name for node in graph.nodes if node.op is None}
    shapes = infer_shapes(graph, {node: known[name] for node, name in variables.items() if name in known})
    kinds = settled_dtypes(graph, {name: params[name].dtype for name in variables.values() if name in params})
    dtypes = infer_dtypes(graph, dict(zip(graph.arguments + graph.aux, kinds, strict=True)))
    return _Facts(
        dict(zip(graph.nodes, shapes.values, strict=True)), dict(zip(graph.nodes, dtypes.values, strict=True))
    )


def _read(graph: Graph) -> list[str]:
    return [node.name for node in (*graph.arguments, *graph.aux)]


def _learned(graph: Graph, params: Iterable[str]) -> set[Node]:
    """Return the variables that are told of with the nodes that read them, not beside them."""
    learned = {node for node in graph.nodes if node.op is None and (is_weight(node) or node.name in params)}
    for node in graph.operators:
        assert node.op is not None
        slots = node.op.input_names() + node.op.aux_names()
        hidden = (*node.op.learned, *node.op.aux_names())
        learned.update(
            entry.node
            for slot, entry in zip(slots, node.inputs, strict=True)
            if slot in hidden and entry.node.op is None
        )
    return learned - {entry.node for entry in graph.outputs}


def _described(node: Node, graph: Graph, facts: _Facts) -> dict[str, Any]:
    shapes = facts.shapes[node]
    label, colour = label_and_colour(node)
    attributes = {key: str(value) for key, value in node.attrs.items() if not is_hidden(key)}
    found: dict[str, Any] = {
        "name": node.name,
        "op": node.op.name if node.op else "",
        "label": label,
        "colour": colour,
        "attributes": attributes | (dict(node.op.given) if node.op else {}),
        "inputs": [[graph.index[entry.node], entry.index] for entry in node.inputs],
        "shapes": [list(shape) if is_complete(shape) else None for shape in shapes],
        "dtypes": facts.dtypes[node][: len(shapes)],
    }
    if (operations := _operations(node, facts)) is not None:
        found["flops"] = operations
    return found


def _operations(node: Node, facts: _Facts) -> int | None:
    """Return how many operations on numbers a run takes, None where shapes are unknown."""
    ins = [facts.shapes[entry.node][entry.index] for entry in node.inputs]
    return None if node.op is None else operations(node, ins, facts.shapes[node])


def _numbered(group: Group, shown: list[int]) -> list[Any]:
    """Return a group as its label and members."""
    members = [_numbered(each, shown) if isinstance(each, Group) else shown[each] for each in group.members]
    return [group.label, members]


def _counted(array: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Return how the numbers of an array are distributed."""
    step = -(-array.size // _MOST_COUNTED) or 1
    numbers = array.reshape(-1)[::step].astype("float64")
    finite = numbers[np.isfinite(numbers)]
    found: dict[str, Any] = {
        "shape": list(array.shape),
        "dtype": str(array.dtype),
        "size": int(array.size),
        "every": step,
        "odd": int(numbers.size - finite.size),
    }
    if finite.size:
        low, high = float(finite.min()), float(finite.max())
        scale = max(abs(low), abs(high)) or 1.0  # float64 may hold numbers whose squares it cannot
        scaled = finite / scale
        counts = np.histogram(scaled, bins=_BINS)[0] if low < high else [finite.size]
        found |= {
            "counts": [int(count) for count in counts],
            "low": low,
            "high": high,
            "mean": float(scaled.mean()) * scale,
            "deviation": float(scaled.std()) * scale,
        }
    return found


def _memory_of(graph: Graph, facts: _Facts, owner: Owner) -> dict[str, Any]:
    """Return the memory plan of inference, or why there is none."""
    variables = graph.arguments + graph.aux
    shapes = [facts.shapes[node][0] for node in variables]
    if not all(map(is_complete, shapes)):
        return {"why": "Give the shapes of inputs to see what is alive at which step."}
    kinds = [facts.dtypes[node][0] for node in variables]
    types = tuple((tuple(shape), kind) for shape, kind in zip(shapes, kinds, strict=True))
    try:
        program = Programs(graph, (), cpu(), {}).get(types, is_train=False, with_gradient=False)
    except MXNetError as error:
        return {"why": f"The network cannot be planned: {error}"}
    plan = MemoryPlan(program.plan)
    return {
        "peak": plan.peak_bytes,
        "steps": [[step.name, step.alive, step.makes, step.note, owner(step.name)] for step in plan.steps],
    }


def _times_of(profile: Profile, owner: Owner) -> dict[int, list[float]]:
    """Return milliseconds and how often, by the numbers of nodes."""
    if isinstance(profile, Mapping):
        known = [(name, float(time)) for name, time in profile.items() if math.isfinite(time)]
    else:
        try:
            events = json.loads(read_file(profile))["traceEvents"]
            known = [
                (event["name"], event["dur"] / 1000)
                for event in events
                if event["ph"] == "X" and event["cat"] == "operator"
            ]
        except (ValueError, KeyError, TypeError):
            raise FileFormatError(f"{os.fspath(profile)!r} is no trace of the profiler.") from None
    times: dict[int, list[float]] = {}
    for name, time in known:
        if (number := owner(name)) is not None:
            so_far = times.setdefault(number, [0.0, 0])
            so_far[0] += time
            so_far[1] += 1
    return times
