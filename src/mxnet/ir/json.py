"""Symbol JSON: every dialect that MXNet wrote from 0.5 to 2.0-dev is read, that of 1.9.1 is written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NoReturn

from mxnet.errors import CompositionError, FileFormatError, MXNetError, UnknownOperatorError, did_you_mean
from mxnet.ir.automatic import complete_inputs, note_initializers
from mxnet.ir.graph import postorder
from mxnet.ir.node import Entry, Node, user_line
from mxnet.ir.op import Op, find_operator, is_hidden
from mxnet.ir.signature import HIDDEN
from mxnet.ir.unknown import UnknownOp
from mxnet.ir.versions import input_versions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["read_graph", "write_graph"]

VERSION: Final = 10901
"""The MXNet whose format is written; files of older ones are brought up to date when they are read."""

Entries = tuple[Entry, ...]

# A file that does not say which MXNet wrote it is from before 0.9.
_UNSTATED = 800
# The first versions whose files list the inputs that nobody gave, write argmax's axis as it is, and note how
# auxiliary states start.
_WITH_ALL_INPUTS = 900
_WITH_NEGATIVE_AXES = 905
_WITH_INITIALIZERS = 905
# Hints about speed that some MXNet took on some operator, and that no result depends on.
_HINTS = frozenset({"workspace", "cudnn_tune", "cudnn_off"})
_NOTES_FOR_INPUTS = tuple(f"_{note}" for note in sorted(HIDDEN))

_GRAPH_KEYS = frozenset({"nodes", "arg_nodes", "node_row_ptr", "heads", "attrs"})
_REQUIRED_GRAPH_KEYS = frozenset({"nodes", "arg_nodes", "heads"})
_NODE_KEYS = frozenset(
    {"op", "name", "attrs", "attr", "param", "inputs", "subgraphs", "control_deps", "backward_source_id"}
)
_REQUIRED_NODE_KEYS = frozenset({"op", "name", "inputs"})


# ---------------------------------------------------------------------------------------------------------------- read


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
    >>> read_graph(
    ...     '{"nodes": [{"op": "null", "name": "x", "inputs": []}], "arg_nodes": [0], "heads": [[0, 0]]}'
    ... )
    (x[0],)
    """
    try:
        # MXNet writes most control characters as they are, which strict JSON forbids.
        return _Reader(source).read(json.loads(text, strict=False))
    except json.JSONDecodeError as error:
        raise FileFormatError(_describe_syntax(text, source, error)) from None
    except RecursionError:
        raise FileFormatError(f"{source} is not symbol JSON: it is nested too deeply.") from None


def _describe_syntax(text: str, source: str, error: json.JSONDecodeError) -> str:
    content = text.strip()
    if not content:
        return f"{source} is empty, where the JSON of a symbol was expected."
    if not content.startswith("{"):
        return f"{source} is not the JSON of a symbol: it starts with {_brief(content)}, where '{{' was expected."
    place = f"line {error.lineno}, column {error.colno}"
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
        return f"{source} is truncated: it ends in the middle ({error.msg}: {place})."
    near = text[max(error.pos - 20, 0) : error.pos + 20]
    return f"{source} is not valid JSON: {error.msg} at {place}, near {near!r}."


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


@dataclass(slots=True)
class _Record:
    """One node as a file has it, with the node it becomes."""

    place: str
    op: str
    attrs: dict[str, str]
    inputs: list[list[int]]
    node: Node
    used_outputs: int = 1


class _Reader:
    """Turns parsed JSON into nodes, and tells where in the file something is wrong."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.line = user_line()
        self.version = VERSION

    def read(self, parsed: object) -> Entries:
        """Return the outputs of a whole file."""
        if not isinstance(parsed, dict):
            self._fail("at the top", f"{_brief(parsed)} stands where an object with 'nodes' was expected")
        self.version = self._version(parsed.get("attrs"))
        return self._graph(parsed)

    def _fail(self, place: str, problem: str) -> NoReturn:
        raise FileFormatError(f"{self.source}, {place}: {problem}.")

    # ------------------------------------------------------------------------------------------------ what is written

    def _version(self, attrs: object) -> int:
        match attrs:
            case None:
                return _UNSTATED
            case {"mxnet_version": [_, int(version)]}:
                return version
            case {"mxnet_version": other}:
                self._fail("'mxnet_version'", f'{_brief(other)} stands where ["int", {VERSION}] was expected')
            case dict():
                return _UNSTATED
        self._fail("'attrs'", f"{_brief(attrs)} stands where an object was expected")
        return None

    def _graph(self, raw: Mapping[str, Any]) -> Entries:
        self._check_keys("at the top", raw, _GRAPH_KEYS, _REQUIRED_GRAPH_KEYS)
        records = [self._record(i, each) for i, each in enumerate(self._list("'nodes'", raw["nodes"]))]
        for i in self._list("'arg_nodes'", raw["arg_nodes"]):
            if type(i) is not int or not 0 <= i < len(records) or records[i].op != "null":
                self._fail("'arg_nodes'", f"{_brief(i)} is not the number of a variable")
        heads = self._references("'heads'", raw["heads"])
        self._connect(records, heads)
        return tuple(Entry(records[i].node, index, version or None) for i, index, version in heads)

    def _record(self, number: int, raw: object) -> _Record:
        place = f"node {number}"
        if not isinstance(raw, dict):
            self._fail(place, f"{_brief(raw)} stands where an object was expected")
        op, name = raw.get("op"), raw.get("name")
        if type(name) is str:
            place = f"node {number} ({name!r})"
        self._check_keys(place, raw, _NODE_KEYS, _REQUIRED_NODE_KEYS)
        if type(op) is not str or type(name) is not str:
            self._fail(place, f"'op' and 'name' are {_brief(op)} and {_brief(name)}, but must be strings")
        attrs: dict[str, str] = {}
        for key in ("param", "attr", "attrs"):
            if key in raw:
                attrs |= self._attributes(place, raw[key])
        inputs = self._references(place, raw["inputs"])
        if op == "null" and inputs:
            self._fail(place, "a variable has inputs")
        subgraphs = tuple(self._subgraph(place, each) for each in self._list(place, raw.get("subgraphs", [])))
        return _Record(place, op, attrs, inputs, Node(None, name, (), attrs, self.line, subgraphs))

    def _subgraph(self, place: str, raw: object) -> Entries:
        if not isinstance(raw, dict):
            self._fail(place, f"{_brief(raw)} stands where a subgraph was expected")
        return self._graph(raw)

    def _attributes(self, place: str, raw: object) -> dict[str, str]:
        if not isinstance(raw, dict):
            self._fail(place, f"{_brief(raw)} stands where an object of attributes was expected")
        for key, value in raw.items():
            if type(value) is not str:
                self._fail(place, f"attribute {key!r} is {_brief(value)}, but must be a string")
        return raw

    def _references(self, place: str, raw: object) -> list[list[int]]:
        """Read ``[[node, output, version], …]``. Files from before 0.9 have no versions, which is as 0."""
        references = []
        for each in self._list(place, raw):
            if (
                type(each) is not list
                or len(each) not in (2, 3)
                or any(type(n) is not int or n < 0 for n in each)
            ):
                self._fail(place, f"{_brief(each)} stands where [node, output, version] was expected")
            references.append(each if len(each) == 3 else [*each, 0])
        return references

    def _list(self, place: str, raw: object) -> list[Any]:
        if not isinstance(raw, list):
            self._fail(place, f"{_brief(raw)} stands where a list was expected")
        return raw

    def _check_keys(
        self, place: str, raw: Mapping[str, Any], known: frozenset[str], required: frozenset[str]
    ) -> None:
        if not required <= raw.keys():
            self._fail(place, f"there is no {min(required - raw.keys())!r}")
        if not raw.keys() <= known:
            key = min(raw.keys() - known)
            self._fail(
                place,
                f"nothing is known of a key {key!r}.{did_you_mean(key, known)} Known: {', '.join(sorted(known))}",
            )

    # ---------------------------------------------------------------------------------------------- what it stands for

    def _connect(self, records: list[_Record], heads: list[list[int]]) -> None:
        """Give the nodes their operators and inputs."""
        has_forward_reference = False  # without one there can be no cycle
        for number, record in enumerate(records):
            if self.version < VERSION:
                _spell_notes(record.attrs)
            for reference in record.inputs:
                self._note_use(record.place, reference, records)
                has_forward_reference |= reference[0] >= number
        for reference in heads:
            self._note_use("'heads'", reference, records)
        for record in records:
            if record.op != "null":
                record.node.op = self._operator(record, records)
        for record in records:
            if record.node.op is not None:
                record.node.inputs = self._inputs(record, record.node.op, records)
        for reference in heads:
            self._check_output("'heads'", reference, records)
        if has_forward_reference:
            try:
                postorder(Entry(record.node) for record in records)
            except CompositionError as error:
                raise FileFormatError(f"{self.source}: {error}") from None

    def _note_use(self, place: str, reference: list[int], records: list[_Record]) -> None:
        number, index, _ = reference
        if number >= len(records):
            self._fail(place, f"{reference} refers to node {number}, but there are only {len(records)}")
        if index >= records[number].used_outputs:
            records[number].used_outputs = index + 1

    def _check_output(self, place: str, reference: list[int], records: list[_Record]) -> None:
        number, index, _ = reference
        op = records[number].node.op
        n_outputs = op.arity[2] if op else 1
        if index >= n_outputs:
            outputs = "1 output" if n_outputs == 1 else f"{n_outputs} outputs"
            self._fail(
                place, f"{reference} refers to output {index} of {records[number].place}, which has {outputs}"
            )

    def _operator(self, record: _Record, records: list[_Record]) -> Op:
        attrs = record.attrs
        if (
            self.version < _WITH_NEGATIVE_AXES
            and record.op in ("argmax", "argmin")
            and attrs.get("axis") == "-1"
        ):
            del attrs["axis"]  # it stood for "over all axes"
        notes = [key for key in attrs if key.endswith(_NOTES_FOR_INPUTS)] if self.version < VERSION else []
        try:
            op = _bind(record, without=notes)
            if notes:
                _move_notes(notes, op, record, records)
                op = _bind(record)
        except UnknownOperatorError as error:
            return UnknownOp.of(record.op, attrs, len(record.inputs), record.used_outputs, str(error))
        except MXNetError as error:
            raise type(error)(f"{self.source}, {record.place}: {error}") from None
        return op

    def _inputs(self, record: _Record, op: Op, records: list[_Record]) -> Entries:
        for reference in record.inputs:
            if reference[1]:
                self._check_output(record.place, reference, records)
        entries = tuple(
            Entry(records[number].node, index, version) for number, index, version in record.inputs
        )
        n_slots = op.arity[0] + op.arity[1]
        if self.version < _WITH_ALL_INPUTS and len(entries) < n_slots:
            entries = complete_inputs(op, record.node.name, record.attrs, entries, self.line)
            entries = tuple(Entry(each.node, each.index, each.version or 0) for each in entries)
        if len(entries) != n_slots:
            slots = ", ".join(op.input_names() + op.aux_names())
            self._fail(
                record.place, f"{op.name} has {n_slots} inputs ({slots}), but {len(entries)} are given"
            )
        if self.version < _WITH_INITIALIZERS:
            note_initializers(op, entries)
        return entries


def _spell_notes(attrs: dict[str, str]) -> None:
    """Give notes their underscores, which old files did without."""
    for note in HIDDEN:
        if note in attrs:
            attrs[f"__{note}__"] = attrs.pop(note)


def _bind(record: _Record, without: Sequence[str] = ()) -> Op:
    cls = find_operator(record.op)
    given = {
        key: value
        for key, value in record.attrs.items()
        if not is_hidden(key) and key not in without and (key not in _HINTS or key in cls.params)
    }
    return cls.bind(given)


def _move_notes(notes: Iterable[str], op: Op, record: _Record, records: Sequence[_Record]) -> None:
    """Take ``weight_lr_mult`` from a node to the variable that is its weight, where it is ``__lr_mult__``."""
    slots = op.input_names() + op.aux_names()
    variables = {
        slot: records[number]
        for slot, (number, _, _) in zip(slots, record.inputs, strict=False)
        if records[number].op == "null"
    }
    for key in notes:
        suffix = next(each for each in _NOTES_FOR_INPUTS if key.endswith(each))
        variable = variables.get(key.removesuffix(suffix))
        if variable is not None:
            variable.attrs[f"_{suffix}__"] = record.attrs.pop(key)


# --------------------------------------------------------------------------------------------------------------- write


def write_graph(outputs: Iterable[Entry]) -> str:
    """Return the text that MXNet 1.9.1 writes of a graph, and reads.

    Parameters
    ----------
    outputs : iterable of Entry
        The outputs of the graph.
    """
    return _write_object(
        [*_members(tuple(outputs), 2), f'"attrs": {{"mxnet_version": ["int", {VERSION}]}}'], 0
    )


def _members(outputs: Entries, indent: int) -> list[str]:
    """Return ``"key": value`` for what a graph and a subgraph have, to stand at that indentation."""
    nodes = postorder(outputs)
    number = {id(node): i for i, node in enumerate(nodes)}
    versions = input_versions(nodes)
    written = [
        _write_node(node, number, of_node, indent + 2) for node, of_node in zip(nodes, versions, strict=True)
    ]
    first_outputs = [0]
    for node in nodes:
        first_outputs.append(first_outputs[-1] + (node.op.arity[2] if node.op else 1))
    heads = [f"[{number[id(head.node)]}, {head.index}, {head.version or 0}]" for head in outputs]
    return [
        f'"nodes": {_write_list(written, indent, at_most=0)}',
        f'"arg_nodes": {_write_list([str(i) for i, node in enumerate(nodes) if node.op is None], indent)}',
        f'"node_row_ptr": {_write_list(list(map(str, first_outputs)), indent)}',
        f'"heads": {_write_list(heads, indent)}',
    ]


def _write_node(node: Node, number: Mapping[int, int], versions: Sequence[int], indent: int) -> str:
    inside = indent + 2
    members = [f'"op": {_quote(node.op.name if node.op else "null")}', f'"name": {_quote(node.name)}']
    if node.attrs:
        attrs = [f"{_quote(key)}: {_quote(value)}" for key, value in sorted(node.attrs.items())]
        members.append(f'"attrs": {_write_object(attrs, inside) if len(attrs) > 1 else f"{{{attrs[0]}}}"}')
    inputs = [
        f"[{number[id(entry.node)]}, {entry.index}, {version}]"
        for entry, version in zip(node.inputs, versions, strict=True)
    ]
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
_ESCAPES = str.maketrans({'"': r"\"", "\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})


def _quote(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'
