"""Symbol JSON: every dialect that MXNet wrote from 0.5 to 2.0-dev is read, that of 1.9.1 is written."""

from __future__ import annotations

import graphlib
import re
from typing import TYPE_CHECKING, Final

from mxnet.collector import collector_paused
from mxnet.errors import FileFormatError, MXNetError, UnknownOperatorError
from mxnet.ir.automatic import complete_inputs, note_initializers
from mxnet.ir.declared import HIDDEN
from mxnet.ir.fused import spelled_out
from mxnet.ir.node import Entry, Node, postorder, user_line
from mxnet.ir.op import Op, find_operator, is_hidden
from mxnet.ir.records import Listing, Record, read_records
from mxnet.ir.subgraphs import SubgraphOp, bind_subgraphs
from mxnet.ir.unknown import UnknownOp
from mxnet.ir.versions import input_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["read_graph", "write_graph"]

Entries = tuple[Entry, ...]

VERSION: Final = 10901
"""The MXNet whose format is written; files of older ones are brought up to date when they are read."""

# The first versions whose files have every input of a node, and note how auxiliary states start.
_WITH_ALL_INPUTS = 900
_WITH_INITIALIZERS = 905
# The last version in which the axis -1 meant all axes to these operators.
_WITH_AXIS_FOR_ALL = 904
_ARGMAX = ("argmax", "argmin")
# Hints about speed that some MXNet took on some operator, and that no result depends on.
_HINTS = frozenset({"workspace", "cudnn_tune", "cudnn_off"})
_NOTES_FOR_INPUTS = tuple(f"_{note}" for note in sorted(HIDDEN))


# ------------------------------------------------------------------------------------------------------- read


def read_graph(text: str, source: str = "<string>") -> Entries:
    """Return the outputs of the graph that symbol JSON describes.

    Parameters
    ----------
    text : str
        The JSON.
    source : str
        What to call it in messages: the name of the file.

    Raises
    ------
    FileFormatError
        If it is not JSON, or no graph.
    MXNetError
        If an operator does not accept its parameters. One that nobody knows is no error: see
        :class:`~mxnet.ir.unknown.UnknownOp`.

    Examples
    --------
    >>> x = '{"op": "null", "name": "x", "inputs": []}'
    >>> read_graph(f'{{"nodes": [{x}], "arg_nodes": [0], "heads": [[0, 0]]}}')
    (x[0],)
    """
    with collector_paused():
        version, listing = read_records(text, source)
        return _Builder(version).outputs(listing)


class _Builder:
    """Makes nodes from what a file of some version lists."""

    def __init__(self, version: int) -> None:
        self.version = version
        self.line = user_line()

    def outputs(self, listing: Listing) -> Entries:
        """Return the outputs of a graph or subgraph."""
        listing = spelled_out(listing)
        if self.version < VERSION:
            for record in listing.records:
                _spell_notes(record.attrs)
        used = _outputs_in_use(listing)
        ops: list[tuple[Op | None, tuple[Entries, ...]]] = []
        for number, record in enumerate(listing.records):
            op = None if record.op == "null" else self._operator(listing, number, used.get(number, 1))
            subgraphs = tuple(map(self.outputs, record.subgraphs))
            if subgraphs or isinstance(op, SubgraphOp):
                op = _with_subgraphs(op, subgraphs, listing.place_of(number))
            ops.append((op, subgraphs))
        nodes: dict[int, Node] = {}
        for number in _in_order(listing):
            op, subgraphs = ops[number]
            record = listing.records[number]
            inputs = () if op is None else self._inputs(listing, number, op, nodes)
            nodes[number] = Node(op, record.name, inputs, record.attrs, self.line, subgraphs)
        for node, output, _ in listing.heads:
            _check_output(f"{listing.place}, 'heads'", nodes[node], output)
        return tuple(Entry(nodes[i], output, version or None) for i, output, version in listing.heads)

    def _operator(self, listing: Listing, number: int, used_outputs: int) -> Op:
        record = listing.records[number]
        attrs = record.attrs
        if self.version <= _WITH_AXIS_FOR_ALL and record.op in _ARGMAX and attrs.get("axis") == "-1":
            del attrs["axis"]
        notes = [key for key in attrs if key.endswith(_NOTES_FOR_INPUTS)] if self.version < VERSION else ()
        try:
            op = _bind(record, without=notes)
            if notes:
                _move_notes(notes, op, record, listing.records)
                op = _bind(record)
        except UnknownOperatorError as error:
            return UnknownOp.of(record.op, attrs, len(record.inputs), used_outputs, str(error))
        except MXNetError as error:
            raise type(error)(f"{listing.place_of(number)}: {error}") from None
        return op

    def _inputs(self, listing: Listing, number: int, op: Op, nodes: Mapping[int, Node]) -> Entries:
        record = listing.records[number]
        for i, (node, output, _) in enumerate(record.inputs):
            if output or i in op.opaque:
                _check_output(listing.place_of(number), nodes[node], output, residual=i in op.opaque)
        entries = tuple([Entry(nodes[i], output, version) for i, output, version in record.inputs])
        n_inputs, n_aux, _ = op.arity
        if self.version < _WITH_ALL_INPUTS and len(entries) < n_inputs + n_aux:
            entries = complete_inputs(op, record.name, record.attrs, entries, self.line)
            entries = tuple(Entry(each.node, each.index, each.version or 0) for each in entries)
        if len(entries) != n_inputs + n_aux:
            slots = ", ".join(op.input_names() + op.aux_names())
            raise FileFormatError(
                f"{listing.place_of(number)}: {op.name} has {n_inputs + n_aux} inputs ({slots}), "
                f"but {len(entries)} are given."
            )
        if op.call_order:
            by_name = dict(zip(op.call_order, entries, strict=True))
            entries = tuple(by_name[slot] for slot in op.input_names() + op.aux_names())
        if self.version < _WITH_INITIALIZERS:
            note_initializers(op, entries)
        return entries


def _with_subgraphs(op: Op | None, subgraphs: tuple[Entries, ...], place: str) -> Op | None:
    try:
        return op and bind_subgraphs(op, subgraphs)
    except MXNetError as error:
        raise FileFormatError(f"{place}: {error}") from None


def _spell_notes(attrs: dict[str, str]) -> None:
    """Give notes their underscores, which old files did without."""
    for note in HIDDEN & attrs.keys():
        attrs[f"__{note}__"] = attrs.pop(note)


def _outputs_in_use(listing: Listing) -> dict[int, int]:
    """Return how many outputs are used of the nodes of which more than the first is."""
    used: dict[int, int] = {}
    for references in (listing.heads, *(record.inputs for record in listing.records)):
        for node, output, _ in references:
            if output:
                used[node] = max(used.get(node, 1), output + 1)
    return used


def _bind(record: Record, without: Sequence[str] = ()) -> Op:
    cls = find_operator(record.op)
    given = {
        key: value
        for key, value in record.attrs.items()
        if not is_hidden(key) and key not in without and (key not in _HINTS or key in cls.params)
    }
    return cls.bind(given)


def _move_notes(notes: Iterable[str], op: Op, record: Record, records: Sequence[Record]) -> None:
    """Take ``weight_lr_mult`` from a node to the variable that is its weight, where it is ``__lr_mult__``."""
    variables = {
        slot: records[node]
        for slot, (node, _, _) in zip(op.input_names() + op.aux_names(), record.inputs, strict=False)
        if records[node].op == "null"
    }
    for key in notes:
        suffix = next(each for each in _NOTES_FOR_INPUTS if key.endswith(each))
        variable = variables.get(key.removesuffix(suffix))
        if variable is not None:
            variable.attrs[f"_{suffix}__"] = record.attrs.pop(key)


def _in_order(listing: Listing) -> Iterable[int]:
    """Return the numbers of the records, each after those it reads; MXNet writes them so."""
    before = {number: [node for node, _, _ in each.inputs] for number, each in enumerate(listing.records)}
    if all(node < number for number, nodes in before.items() for node in nodes):
        return before
    try:
        return list(graphlib.TopologicalSorter(before).static_order())
    except graphlib.CycleError as error:
        name = listing.records[error.args[1][0]].name
        raise FileFormatError(f"{listing.place}: The graph has a cycle through node {name!r}.") from None


def _check_output(place: str, node: Node, output: int, *, residual: bool = False) -> None:
    count = node.op.arity[2] if node.op else 1
    if residual and not (node.op and node.op.residual and output == count):
        raise FileFormatError(f"{place}: output {output} of {node.name!r} is used as what it is not.")
    if output >= count and not residual:
        raise FileFormatError(f"{place}: output {output} of {node.name!r} is used, but it has only {count}.")


# ------------------------------------------------------------------------------------------------------ write


def write_graph(outputs: Iterable[Entry]) -> str:
    """Return the text that MXNet 1.9.1 writes of a graph, and reads.

    Parameters
    ----------
    outputs : iterable of Entry
        The outputs of the graph.
    """
    version = f'"attrs": {{"mxnet_version": ["int", {VERSION}]}}'
    return _write_object([*_members(tuple(outputs), 2), version], 0)


def _members(outputs: Entries, indent: int) -> list[str]:
    """Return ``"key": value`` for what a graph and a subgraph have, to stand at that indentation."""
    nodes = postorder(outputs)
    number = {node: i for i, node in enumerate(nodes)}
    written = [
        _write_node(node, number, versions, indent + 2)
        for node, versions in zip(nodes, input_versions(nodes), strict=True)
    ]
    first_outputs = [0]
    for node in nodes:
        first_outputs.append(first_outputs[-1] + (node.op.arity[2] if node.op else 1))
    heads = [f"[{number[head.node]}, {head.index}, {head.version or 0}]" for head in outputs]
    variables = [str(i) for i, node in enumerate(nodes) if node.op is None]
    return [
        f'"nodes": {_write_list(written, indent, at_most=0)}',
        f'"arg_nodes": {_write_list(variables, indent)}',
        f'"node_row_ptr": {_write_list(list(map(str, first_outputs)), indent)}',
        f'"heads": {_write_list(heads, indent)}',
    ]


def _write_node(node: Node, number: Mapping[Node, int], versions: Sequence[int], indent: int) -> str:
    inside = indent + 2
    members = [f'"op": "{node.op.name if node.op else "null"}"', f'"name": {_quote(node.name)}']
    if node.attrs:
        attrs = [f"{_quote(key)}: {_quote(value)}" for key, value in sorted(node.attrs.items())]
        members.append(f'"attrs": {_write_object(attrs, inside) if len(attrs) > 1 else f"{{{attrs[0]}}}"}')
    inputs = [
        f"[{number[entry.node]}, {entry.index}, {version}]"
        for entry, version in zip(node.inputs, versions, strict=True)
    ]
    if node.op and node.op.call_order:
        by_name = dict(zip(node.op.input_names() + node.op.aux_names(), inputs, strict=True))
        inputs = [by_name[slot] for slot in node.op.call_order]
    members.append(f'"inputs": {_write_list(inputs, inside)}')
    if node.subgraphs:
        subgraphs = [_write_object(_members(each, inside + 4), inside + 2) for each in node.subgraphs]
        members.append(f'"subgraphs": {_write_list(subgraphs, inside, at_most=0)}')
    return _write_object(members, indent)


def _write_object(members: Sequence[str], indent: int) -> str:
    inside = " " * (indent + 2)
    return f"{{\n{inside}" + f", \n{inside}".join(members) + f"\n{' ' * indent}}}"


def _write_list(items: Sequence[str], indent: int, at_most: int = 10) -> str:
    """Return a JSON list, on one line if it has `at_most` items."""
    if len(items) <= at_most:
        return f"[{', '.join(items)}]"
    inside = " " * (indent + 2)
    return f"[\n{inside}" + f", \n{inside}".join(items) + f"\n{' ' * indent}]"


# All that MXNet escapes; its reader understands no other escapes.
_ESCAPES = {'"': r"\"", "\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"}
_ESCAPED = re.compile(r'["\\\n\r\t]')


def _quote(text: str) -> str:
    return f'"{_ESCAPED.sub(lambda found: _ESCAPES[found[0]], text)}"'
