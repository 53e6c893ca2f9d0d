"""Graphs as text: ours, one line per node, and the one that MXNet's ``debug_str`` gives."""

from __future__ import annotations

import collections
from typing import TYPE_CHECKING

from mxnet.ir.node import postorder
from mxnet.ir.op import is_hidden
from mxnet.ir.versions import input_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mxnet.ir.node import Entry, Node

__all__ = ["mxnet_debug_text", "print_graph"]


def print_graph(nodes: Sequence[Node], outputs: Sequence[Entry]) -> str:
    """Return a graph as text: a line for each of its nodes, which stand in order, then the outputs.

    Names that occur twice get a number, and notes to others (``__ctx_group__``) stand behind ``#``.

    Examples
    --------
    >>> from mxnet.ir.node import Entry, Node
    >>> from mxnet.ir.op import find_operator
    >>> x, w = Node(None, "x"), Node(None, "w", (), {"__lr_mult__": "2"})
    >>> op = find_operator("FullyConnected").make(num_hidden=4, no_bias=True)
    >>> fc = Node(op, "fc", (Entry(x), Entry(w)))
    >>> print(print_graph([x, w, fc], [Entry(fc)]))
    x = variable
    w = variable  # __lr_mult__=2
    fc = FullyConnected(x, w, num_hidden=4, no_bias=True)
    outputs: fc
    """
    return "\n".join(_lines(nodes, outputs, ""))


def _lines(nodes: Sequence[Node], outputs: Sequence[Entry], indent: str) -> list[str]:
    names = _unique_names(nodes)
    lines = []
    for node in nodes:
        notes = ", ".join(f"{key}={value}" for key, value in sorted(node.attrs.items()) if is_hidden(key))
        text = "variable" if node.op is None else _call(node, names)
        lines.append(f"{indent}{names[node]} = {text}{f'  # {notes}' if notes else ''}")
        for subgraph in node.subgraphs:
            lines += [f"{indent}    with", *_lines(postorder(subgraph), subgraph, indent + "    ")]
    return [*lines, f"{indent}outputs: {', '.join(_show(entry, names) for entry in outputs)}"]


def _unique_names(nodes: Iterable[Node]) -> dict[Node, str]:
    seen: collections.Counter[str] = collections.Counter()
    names = {}
    for node in nodes:
        seen[node.name] += 1
        names[node] = f"{node.name}#{seen[node.name]}" if seen[node.name] > 1 else node.name
    return names


def _call(node: Node, names: Mapping[Node, str]) -> str:
    operator, _, parameters = repr(node.op).partition("(")
    inputs = ", ".join(_show(entry, names) for entry in node.inputs)
    separator = ", " if inputs and parameters != ")" else ""
    return f"{operator}({inputs}{separator}{parameters}"


def _show(entry: Entry, names: Mapping[Node, str]) -> str:
    name = names[entry.node]
    if entry.node.op is not None and entry.is_residual:
        return f"{name}.{entry.node.op.residual}"
    return name if entry.node.op is None or entry.node.op.arity[2] == 1 else f"{name}[{entry.index}]"


def mxnet_debug_text(outputs: Sequence[Entry]) -> str:
    """Return what ``Symbol.debug_str()`` of MXNet returns for these outputs."""
    only = outputs[0].node if len(outputs) == 1 else None
    if only is not None and only.op is None:
        return f"Variable:{only.name}\n"
    if only is not None and only.op is not None and not only.inputs:
        return f"AtomicFunctor  Op:{only.op.name}\n"
    lines = ["Symbol Outputs:"]
    lines += [f"\toutput[{i}]={entry.node.name}({entry.index})" for i, entry in enumerate(outputs)]
    nodes = postorder(outputs)
    for node, versions in zip(nodes, input_versions(nodes), strict=True):
        if node.op is None:
            lines.append(f"Variable:{node.name}")
            continue
        lines += ["-" * 20, f"Op:{node.op.name}, Name={node.name}", "Inputs:"]
        for i, (entry, version) in enumerate(zip(node.inputs, versions, strict=True)):
            stamp = f" version={version}" if entry.node.op is None else ""
            lines.append(f"\targ[{i}]={entry.node.name}({entry.index}){stamp}")
        if node.attrs:
            lines += ["Attrs:", *(f"\t{key}={value}" for key, value in sorted(node.attrs.items()))]
    return "\n".join(lines) + "\n"
