"""A graph as the Python that builds it, as a person might have written it.

Each line is tried before it is taken: it must make the very node, with its name and attributes. What repeats
becomes functions, and in the end the whole program is run and its JSON compared.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from typing import Any

from mxnet.errors import MXNetError
from mxnet.ir.declared import HIDDEN
from mxnet.ir.graph import Graph
from mxnet.ir.json import write_graph
from mxnet.ir.node import Entry, Node, describe_node
from mxnet.ir.op import is_hidden
from mxnet.ir.param import as_text
from mxnet.leaving.python_blocks import Block, Ref, Statement, fold, is_name, quoted
from mxnet.surface.namespaces import homes_of

__all__ = ["NotInPythonError", "python_source"]

_WIDTH = 100
_INDENT = "    "
_END = """with mx.name.NameManager():  # so that automatic names count from 0
    symbol = network()
"""


class NotInPythonError(MXNetError, ValueError):
    """No call makes a node of a graph."""


def python_source(graph: Graph) -> str:
    """Return a program that builds a graph as ``symbol``.

    Parameters
    ----------
    graph : Graph
        As it was composed.

    Raises
    ------
    NotInPythonError
        If a node cannot be made by a call: one with bodies of its own, or of an operator nobody knows.
    """
    writer = _Writer(graph)
    statements, outputs = writer.statements()
    wanted = write_graph(_without_versions(graph))
    for folded, blocks in (fold(statements, outputs), (statements, [])):
        program = _program(folded, blocks, outputs)
        if _built_by(program) == wanted:
            return program
    raise NotInPythonError("The program that was written builds another network; please report this network.")


def _without_versions(graph: Graph) -> tuple[Entry, ...]:
    """Return the outputs of a copy that does not know how often a file says that variables were written."""
    made: dict[Node, Node] = {}
    for node in graph.nodes:
        inputs = tuple([Entry(made[entry.node], entry.index) for entry in node.inputs])
        made[node] = Node(node.op, node.name, inputs, node.attrs, node.source, node.subgraphs)
    return tuple([Entry(made[entry.node], entry.index) for entry in graph.outputs])


def _built_by(program: str) -> str:
    scope: dict[str, Any] = {"__name__": "network"}
    exec(compile(program, "<to_python>", "exec"), scope)  # noqa: S102 - it was just written here
    text: str = scope["symbol"].tojson(remove_amp_cast=False)
    return text


def _program(statements: list[Statement], blocks: list[Block], outputs: list[Ref]) -> str:
    parts = ['"""Builds a network."""\n\nimport mxnet as mx\n']
    parts += ["\n".join(map(_wrapped, block.lines)) + "\n" for block in blocks]
    lines = [f"{_INDENT}{statement.text()}" for statement in statements]
    made = [output.text() for output in outputs]
    returned = made[0] if len(made) == 1 else f"mx.sym.Group([{', '.join(made)}])"
    lines.append(f"{_INDENT}return {returned}")
    body = "\n".join(_wrapped(line) for line in lines)
    parts.append(f"def network():\n{body}\n")
    parts.append(
        "with mx.name.NameManager():  # so that automatic names count from 0\n    symbol = network()\n"
    )
    return "\n\n".join(parts)


def _wrapped(line: str) -> str:
    if len(line) <= _WIDTH or "(" not in line:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    head, _, rest = line.partition("(")
    inside, tail = rest.rsplit(")", 1)
    inner = textwrap.wrap(inside, _WIDTH - len(indent) - 4, break_long_words=False, break_on_hyphens=False)
    if any(each.count('"') % 2 or each.count("'") % 2 for each in inner):  # never within a text
        return line
    return "\n".join([f"{head}(", *[f"{indent}{_INDENT}{each}" for each in inner], f"{indent}){tail}"])


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.scope: dict[str, Any] = {}
        exec("import mxnet as mx", self.scope)  # noqa: S102 - as every program begins
        self.manager: Any = self.scope["mx"].name.NameManager()
        self.refs: dict[Node, str] = {}
        self.made: dict[Node, Node] = {}
        self.taken = {"mx", "network", "symbol", "name"}
        self.uses = Counter(entry.node for node in graph.nodes for entry in node.inputs)
        self.uses.update(entry.node for entry in graph.outputs)

    def statements(self) -> tuple[list[Statement], list[Ref]]:
        """Return the statements, and what the program returns."""
        found: list[Statement] = []
        with self.manager:
            for node in self.graph.operators:
                found += self._of_node(node)
            for entry in self.graph.outputs:
                if entry.node not in self.refs:
                    found.append(self._variable(entry.node))
        return found, [self._ref(entry) for entry in self.graph.outputs]

    def _ref(self, entry: Entry) -> Ref:
        op = entry.node.op
        many = op is not None and op.visible_outputs() > 1
        return Ref(self.refs[entry.node], entry.index if many else None)

    def _new_name(self, wanted: str) -> str:
        base = re.sub(r"\W", "_", wanted).strip("_") or "value"
        base = base if is_name(base) else f"value_{base}"
        name, count = base, 1
        while name in self.taken:
            count += 1
            name = f"{base}_{count}"
        self.taken.add(name)
        return name

    # ---------------------------------------------------------------------------------------------- variables

    def _variable(self, node: Node) -> Statement:
        """Return the statement that makes a variable."""
        settings: dict[str, str] = {}
        if node.attrs:
            settings["attr"] = _dictionary(node.attrs)
        target = self._new_name(node.name)
        statement = Statement((target,), "mx.sym.Variable", (), settings, node.name, kind="variable")
        made = self._try(statement)
        if made is None or not _alike(made, node):
            raise NotInPythonError(f"No call makes {describe_node(node)} with the attributes {node.attrs}.")
        self._take(node, target, made)
        return statement

    def _take(self, node: Node, target: str, made: Node) -> None:
        self.refs[node] = target
        self.made[node] = made
        self.scope[target] = self.scope["mx"].sym.Symbol(
            tuple(Entry(made, i) for i in range(made.op.visible_outputs() if made.op else 1))
        )

    def _try(self, statement: Statement) -> Node | None:
        """Return the node that a statement makes, if it makes one."""
        counters = dict(self.manager._counter)
        try:
            made = eval(statement.expression(), self.scope)  # noqa: S307 - it was just written here
        except (MXNetError, AttributeError, SyntaxError, TypeError, ValueError):
            made = None
        if made is None or not hasattr(made, "_outputs"):
            self.manager._counter = counters
            return None
        node: Node = made._outputs[0].node
        return node

    # ------------------------------------------------------------------------------------------------- nodes

    def _of_node(self, node: Node) -> Iterator[Statement]:
        assert node.op is not None
        if node.subgraphs:
            raise NotInPythonError(f"{describe_node(node)} has bodies of its own, which no call can make.")
        if not node.name:
            raise NotInPythonError(f"{describe_node(node)} has no name, and a call gives each node one.")
        for entry in node.inputs:
            if entry.index >= (entry.node.op.visible_outputs() if entry.node.op else 1):
                raise NotInPythonError(f"{describe_node(node)} reads a hidden output of {entry.node.name!r}.")
        may_appear = [e.node for e in node.inputs if e.node.op is None and e.node not in self.refs]
        slots = node.op.input_names() + node.op.aux_names()
        own = {f"{node.name}_{slot}" for slot in slots}
        automatic = [each for each in may_appear if self.uses[each] == 1 and each.name in own]
        for left_out in (automatic, []) if automatic else ([],):
            before = [self._variable(each) for each in dict.fromkeys(may_appear) if each not in left_out]
            yield from before
            may_appear = left_out
            for statement in self._candidates(node, set(left_out)):
                counters = dict(self.manager._counter)
                made = self._try(statement)
                if made is not None and self._is(made, node, left_out):
                    self._take(node, statement.targets[0], made)
                    for old, new in zip(node.inputs, made.inputs, strict=True):
                        self.made.setdefault(old.node, new.node)
                    yield statement
                    return
                self.manager._counter = counters
        raise NotInPythonError(f"No call makes {describe_node(node)} with the attributes {node.attrs}.")

    def _is(self, made: Node, node: Node, left_out: list[Node]) -> bool:
        """Return whether a node that was made is the one that is wanted."""
        if not _alike(made, node) or len(made.inputs) != len(node.inputs):
            return False
        for new, old in zip(made.inputs, node.inputs, strict=True):
            expected = self.made.get(old.node)
            if new.index != old.index:
                return False
            if old.node in left_out:
                if not _alike(new.node, old.node):
                    return False
            elif new.node is not expected:
                return False
        return True

    def _candidates(self, node: Node, left_out: set[Node]) -> Iterator[Statement]:
        """Yield the statements that may make a node, the most readable one first."""
        op: Any = node.op
        target = (self._new_name(node.name),)
        refs = [None if entry.node in left_out else self._ref(entry) for entry in node.inputs]
        given = tuple(ref for ref in refs if ref is not None)
        formula = getattr(op, "formula", None)
        if formula is not None and formula.sign and len(given) == len(refs):
            yield from self._signs(op, target, given, formula.sign)
        settings = self._settings(node)
        plain = {key: value for key, value in settings.items() if key != op.variadic}
        named = self._by_keyword(op, refs)
        for each in (plain, settings) if plain != settings else (settings,):
            for home in homes_of(type(op)):
                if node.name.rstrip("0123456789") == home.rpartition(".")[2].lower():
                    yield Statement(target, f"mx.sym.{home}", named, each)
            yield Statement(target, f"mx.sym.{homes_of(type(op))[0]}", named, each, node.name)

    @staticmethod
    def _signs(op: Any, target: tuple[str, ...], given: tuple[Ref, ...], sign: str) -> Iterator[Statement]:
        if len(given) == 2:
            yield Statement(target, f"{{}} {sign} {{}}", given, kind="operator")
            return
        raw = op.given.get("scalar", "")
        number = raw if raw and _literal(raw) == raw else ""
        if number:
            shown = f"({number})" if number.startswith("-") else number
            for form in (f"{{}} {sign} {shown}", f"{shown} {sign} {{}}"):
                yield Statement(target, form, given, kind="operator")

    @staticmethod
    def _by_keyword(op: Any, refs: list[Ref | None]) -> tuple[Ref, ...]:
        """Return the inputs: the first ones by position, those after one that is left out by keyword."""
        names = op.call_order or op.input_names() + op.aux_names()
        if op.call_order:
            order = dict(zip(op.input_names() + op.aux_names(), refs, strict=True))
            refs = [order[name] for name in names]
        made: list[Ref] = []
        for i, (name, ref) in enumerate(zip(names, refs, strict=True)):
            if ref is not None:
                by_position = op.variadic or i == 0 or None not in refs[:i]
                made.append(ref if by_position else ref._replace(keyword=name))
        return tuple(made)

    @staticmethod
    def _settings(node: Node) -> dict[str, str]:
        op: Any = node.op
        own = {key: value for key, value in node.attrs.items() if not is_hidden(key) and key not in HIDDEN}
        order = {key: i for i, key in enumerate(op.params)}
        settings = {key: _literal(own[key]) for key in sorted(own, key=lambda k: order.get(k, len(order)))}
        notes = {key: value for key, value in node.attrs.items() if key not in own}
        return settings | ({"attr": _dictionary(notes)} if notes else {})


def _alike(one: Node, other: Node) -> bool:
    names = (one.op and one.op.name, other.op and other.op.name)
    return names[0] == names[1] and one.name == other.name and one.attrs == other.attrs


def _literal(text: str) -> str:
    """Return the Python value that is stored as this text, or else the text itself."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return quoted(text)
    return repr(value) if not isinstance(value, str) and as_text(value) == text else quoted(text)


def _dictionary(attrs: dict[str, str]) -> str:
    inside = ", ".join(f"{quoted(key)}: {quoted(value)}" for key, value in attrs.items())
    return f"{{{inside}}}"
