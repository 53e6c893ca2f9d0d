"""``symnet diff``: what two models, or two files of arrays, have in common and what not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
import typer

from mxnet.archives import is_archive
from mxnet.cli.inspect import Array, arrays_of
from mxnet.cli.tools.failing import Failure
from mxnet.cli.tools.models import Model, find_model
from mxnet.cli.tools.options import JSON
from mxnet.cli.tools.printing import as_shape, console, print_json, print_table, working
from mxnet.cli.tools.running import largest_difference
from mxnet.ir.node import Node
from mxnet.ir.op import is_hidden

__all__ = ["command"]

_ARRAYS = (".params", ".nd", ".npz", ".npy", ".safetensors", ".states")
_SHOWN = 20


def command(
    first: Annotated[
        str, typer.Argument(metavar="A", help="A model, or a file of arrays.", show_default=False)
    ],
    second: Annotated[str, typer.Argument(metavar="B", help="Another.", show_default=False)],
    tolerance: Annotated[
        float, typer.Option("--tolerance", help="What numbers may differ by, of the largest of their array.")
    ] = 0.0,
    json: JSON = False,
) -> None:
    """Compare two models, or two files of arrays: their structure and their numbers.

    Files of arrays are compared by the names in them, without arg: and aux:. It ends with status 1 if they
    differ.
    """
    with working("Comparing"):
        if _is_arrays(first) != _is_arrays(second):
            raise Failure(
                f"{first!r} and {second!r} are not alike: one is a file of arrays, the other a model."
            )
        if _is_arrays(first):
            structure: list[dict[str, Any]] = []
            numbers = _numbers(_arrays_of(first), _arrays_of(second), tolerance)
        else:
            a, b = find_model(first), find_model(second)
            structure = _structure(a, b)
            numbers = _numbers(_arrays(a), _arrays(b), tolerance)
    if json:
        print_json({"structure": structure, "arrays": numbers, "equal": not structure and not numbers})
    else:
        _print(first, second, structure, numbers)
    if structure or numbers:
        raise typer.Exit(1)


def _is_arrays(path: str) -> bool:
    return path.endswith(_ARRAYS) and os.path.isfile(path) and not is_archive(path)


def _plain(name: str) -> str:
    kind, _, rest = name.partition(":")
    return rest if kind in ("arg", "aux") and rest else name


def _arrays_of(path: str) -> dict[str, Array]:
    return {_plain(each.name): each for each in arrays_of(path)[1]}


def _arrays(model: Model) -> dict[str, Array]:
    return {
        name: Array(name, str(each.dtype.__name__), each.stype, each.asnumpy())
        for name, each in model.every.items()
    }


# ------------------------------------------------------------------------------------------------- structure


def _structure(a: Model, b: Model) -> list[dict[str, Any]]:
    """Return what differs between two networks, node by node of one name."""
    nodes_a, nodes_b = ({node.name: node for node in each.symbol.graph.nodes} for each in (a, b))
    found = [
        {"node": name, "what": "only in A", "a": _op(node), "b": ""}
        for name, node in nodes_a.items()
        if name not in nodes_b
    ]
    found += [
        {"node": name, "what": "only in B", "a": "", "b": _op(node)}
        for name, node in nodes_b.items()
        if name not in nodes_a
    ]
    for name, node in nodes_a.items():
        if name in nodes_b:
            found += [{"node": name, **each} for each in _node(node, nodes_b[name])]
    outputs_a, outputs_b = a.symbol.list_outputs(), b.symbol.list_outputs()
    if outputs_a != outputs_b:
        found.append({"node": "", "what": "outputs", "a": ", ".join(outputs_a), "b": ", ".join(outputs_b)})
    return found


def _op(node: Node) -> str:
    return node.op.name if node.op else "variable"


def _node(a: Node, b: Node) -> list[dict[str, str]]:
    if _op(a) != _op(b):
        return [{"what": "operator", "a": _op(a), "b": _op(b)}]
    ours, theirs = _parameters(a), _parameters(b)
    found = [
        {"what": key, "a": ours.get(key, "-"), "b": theirs.get(key, "-")}
        for key in sorted(ours.keys() | theirs.keys())
        if ours.get(key) != theirs.get(key)
    ]
    inputs_a, inputs_b = ([f"{each.node.name}[{each.index}]" for each in node.inputs] for node in (a, b))
    if inputs_a != inputs_b:
        found.append({"what": "inputs", "a": ", ".join(inputs_a), "b": ", ".join(inputs_b)})
    return found


def _parameters(node: Node) -> dict[str, str]:
    """Return the values of all parameters of an operator, and the attributes that a person gave."""
    own = {key: str(getattr(node.op, key, "")) for key in node.op.params} if node.op else {}
    return own | {key: str(value) for key, value in node.attrs.items() if is_hidden(key)}


# --------------------------------------------------------------------------------------------------- numbers


def _numbers(a: Mapping[str, Array], b: Mapping[str, Array], tolerance: float) -> list[dict[str, Any]]:
    """Return the arrays that differ."""
    found: list[dict[str, Any]] = []
    for name in [*a, *(name for name in b if name not in a)]:
        if name not in b or name not in a:
            only, here = ("A", a) if name in a else ("B", b)
            found.append(
                {"array": name, "what": f"only in {only}", "a": "", "b": ""}
                | {only.lower(): _sort(here[name])}
            )
        elif a[name].values.shape != b[name].values.shape or a[name].dtype != b[name].dtype:
            found.append({"array": name, "what": "kind", "a": _sort(a[name]), "b": _sort(b[name])})
        else:
            apart = largest_difference(a[name].values, b[name].values)
            if apart > tolerance:
                changed = float(np.mean(a[name].values != b[name].values))
                found.append({"array": name, "what": "numbers", "difference": apart, "changed": changed})
    return found


def _sort(array: Array) -> str:
    return f"{as_shape(array.values.shape)} {array.dtype}"


def _print(first: str, second: str, structure: list[dict[str, Any]], numbers: list[dict[str, Any]]) -> None:
    to = console()
    to.print(f"A: {first}\nB: {second}", markup=False)
    if not structure and not numbers:
        to.print("They are equal.")
        return
    if structure:
        rows = [[each["node"], each["what"], each["a"], each["b"]] for each in structure[:_SHOWN]]
        print_table(
            ["node", "what", "in A", "in B"], rows, f"\nThe networks differ in {len(structure)} places."
        )
        _and_more(len(structure))
    kinds = [each for each in numbers if "difference" not in each]
    if kinds:
        rows = [[each["array"], each["what"], each["a"], each["b"]] for each in kinds[:_SHOWN]]
        print_table(
            ["array", "what", "in A", "in B"],
            rows,
            f"\n{len(kinds)} arrays are of one only, or of another shape or type.",
        )
        _and_more(len(kinds))
    apart = sorted((each for each in numbers if "difference" in each), key=lambda each: -each["difference"])
    if apart:
        rows = [
            [each["array"], f"{each['difference']:.2e}", f"{each['changed']:.0%}"] for each in apart[:_SHOWN]
        ]
        columns = ["array", "largest difference", "numbers changed"]
        print_table(columns, rows, f"\n{len(apart)} arrays have other numbers.", columns[1:])
        _and_more(len(apart))


def _and_more(count: int) -> None:
    if count > _SHOWN:
        console().print(f"and {count - _SHOWN} more; --json has all of them", markup=False)
