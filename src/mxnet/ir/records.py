"""What symbol JSON says, checked piece by piece, before anybody asks what it means."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from mxnet.errors import FileFormatError, did_you_mean
from mxnet.ir.param import MANY

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Listing", "Record", "Reference", "read_records"]

_UNSTATED: Final = 800  # a file that does not say which MXNet wrote it is from before 0.9
_ATTRIBUTES = ("param", "attr", "attrs")  # their names through the years; the later ones win
_NODE_REQUIRED = frozenset({"op", "name", "inputs"})
_NODE_KEYS = _NODE_REQUIRED.union(_ATTRIBUTES, {"subgraphs", "control_deps", "backward_source_id"})
_GRAPH_REQUIRED = frozenset({"nodes", "arg_nodes", "heads"})
_GRAPH_KEYS = _GRAPH_REQUIRED | {"node_row_ptr", "attrs"}


Reference = list[int]
"""``[node, output, version]``, by numbers; the version counts how often that variable has been written."""


@dataclass(slots=True)
class Record:
    """One node as a file has it; its operator is called ``"null"`` for a variable."""

    op: str
    name: str
    attrs: dict[str, str]
    inputs: list[Reference]
    subgraphs: list[Listing]


class Listing(NamedTuple):
    """The nodes and heads of a graph or subgraph, and where they stand."""

    place: str
    records: list[Record]
    heads: list[Reference]

    def place_of(self, number: int) -> str:
        """Return where a node stands, as messages say it."""
        return f"{self.place}, node {number} ({self.records[number].name!r})"


class _Wrong(Exception):
    """What is wrong with a part of a file; where that is, the caller knows."""


def read_records(text: str, source: str) -> tuple[int, Listing]:
    """Return the version of the MXNet that wrote symbol JSON, and what it lists.

    Parameters
    ----------
    text : str
        The JSON.
    source : str
        What to call it in messages: the name of the file.

    Raises
    ------
    FileFormatError
        If it is not JSON, or not of a graph.
    """
    try:
        # MXNet writes most control characters as they are, which strict JSON forbids.
        parsed = json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        raise FileFormatError(_describe_syntax(text, source, error)) from None
    except RecursionError:
        raise FileFormatError(f"{source} is not the JSON of a symbol: it is nested too deeply.") from None
    try:
        version = _read_version(parsed.get("attrs", {}) if isinstance(parsed, dict) else {})
    except _Wrong as problem:
        raise FileFormatError(f"{source}, 'attrs': {problem}") from None
    return version, _read_listing(source, parsed)


def _describe_syntax(text: str, source: str, error: json.JSONDecodeError) -> str:
    content = text.strip()
    if not content:
        return f"{source} is empty, where the JSON of a symbol was expected."
    if not content.startswith("{"):
        return f"{source} is not the JSON of a symbol: it starts with {_brief(content)}, not with '{{'."
    place = f"line {error.lineno}, column {error.colno}"
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
        return f"{source} is truncated: it ends in the middle ({error.msg}: {place})."
    near = text[max(error.pos - 20, 0) : error.pos + 20]
    return f"{source} is not valid JSON: {error.msg} at {place}, near {near!r}."


def _brief(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def _expected(found: object, what: str) -> _Wrong:
    return _Wrong(f"{_brief(found)} stands where {what} was expected.")


def _read_version(attrs: object) -> int:
    match attrs:
        case {"mxnet_version": [_, int(version)]}:
            return version
        case {"mxnet_version": other}:
            raise _expected(other, '["int", version]')
        case dict():
            return _UNSTATED
        case _:
            raise _expected(attrs, "an object")


def _read_listing(place: str, raw: object) -> Listing:
    what = place
    try:
        if not isinstance(raw, dict):
            raise _expected(raw, "an object with 'nodes'")
        _check_keys(raw, _GRAPH_KEYS, _GRAPH_REQUIRED)
        records: list[Record] = []
        for number, each in enumerate(_as_list(raw["nodes"])):
            what = f"{place}, node {number}"
            records.append(_read_record(what, each))
        what = f"{place}, 'arg_nodes'"
        for each in _as_list(raw["arg_nodes"]):
            if type(each) is not int or not 0 <= each < len(records) or records[each].op != "null":
                raise _expected(each, "the number of a variable")
        what = f"{place}, 'heads'"
        heads = _read_references(raw["heads"])
        _check_references(heads, len(records))
        for number, record in enumerate(records):
            what = f"{place}, node {number}"
            _check_references(record.inputs, len(records))
    except _Wrong as problem:
        raise FileFormatError(f"{what}: {problem}") from None
    return Listing(place, records, heads)


def _read_record(place: str, raw: object) -> Record:
    if not isinstance(raw, dict):
        raise _expected(raw, "an object")
    _check_keys(raw, _NODE_KEYS, _NODE_REQUIRED)
    op, name = raw["op"], raw["name"]
    if type(op) is not str or type(name) is not str:
        raise _Wrong(f"'op' and 'name' are {_brief(op)} and {_brief(name)}, but must be strings.")
    attrs: dict[str, str] = {}
    for key in _ATTRIBUTES:
        if key in raw:
            attrs |= _read_attributes(raw[key])
    inputs = _read_references(raw["inputs"])
    if op == "null" and inputs:
        raise _Wrong("a variable has inputs.")
    subgraphs = _as_list(raw["subgraphs"]) if "subgraphs" in raw else ()
    return Record(op, name, attrs, inputs, [_read_listing(f"{place}, subgraph", each) for each in subgraphs])


def _read_attributes(raw: object) -> dict[str, str]:
    if not isinstance(raw, dict):
        raise _expected(raw, "an object of attributes")
    for key, value in raw.items():
        if type(value) is not str:
            raise _Wrong(f"attribute {key!r} is {_brief(value)}, but must be a string.")
    return raw


def _read_references(raw: object) -> list[Reference]:
    """Read ``[[node, output, version], …]``; without versions, as before 0.9, they are 0."""
    references = _as_list(raw)
    for each in references:
        if type(each) is not list or not 2 <= len(each) <= 3:
            raise _expected(each, "[node, output, version]")
        for number in each:
            if type(number) is not int or number < 0:
                raise _expected(each, "[node, output, version]")
        if len(each) == 2:
            each.append(0)
    return references


def _check_references(references: list[Reference], n_nodes: int) -> None:
    for reference in references:
        if reference[0] >= n_nodes:
            raise _Wrong(f"{reference} refers to node {reference[0]}, but there are only {n_nodes}.")
        if reference[1] >= MANY:
            raise _Wrong(f"{reference} refers to output {reference[1]}, which no node has.")


def _as_list(raw: object) -> list[Any]:
    if not isinstance(raw, list):
        raise _expected(raw, "a list")
    return raw


def _check_keys(raw: Mapping[str, Any], known: frozenset[str], required: frozenset[str]) -> None:
    if not required <= raw.keys():
        raise _Wrong(f"there is no {min(required - raw.keys())!r}.")
    if not raw.keys() <= known:
        key = min(raw.keys() - known)
        keys = ", ".join(sorted(known))
        raise _Wrong(f"{key!r} is no key of this format.{did_you_mean(key, known)} It has {keys}.")
