"""Nodes and their outputs: the pieces a graph is made of."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from mxnet.caller import user_frame
from mxnet.errors import CompositionError, GradientError
from mxnet.ir.op import Op, find_operator
from mxnet.ir.param import as_text

__all__ = [
    "Entry",
    "Node",
    "SourceLine",
    "describe_entry",
    "describe_node",
    "emit",
    "emitting",
    "postorder",
    "user_line",
]


class SourceLine:
    """A place in a program: the user's line that made a node."""

    __slots__ = ("filename", "line")

    def __init__(self, filename: str, line: int) -> None:
        self.filename = filename
        self.line = line

    def __str__(self) -> str:
        return f"{self.filename}:{self.line}"


def user_line() -> SourceLine | None:
    """Return the innermost line on the stack that is not part of this package."""
    frame = user_frame()
    return None if frame is None else SourceLine(frame.f_code.co_filename, frame.f_lineno)


class Node:
    """An operator applied to values, or (without an operator) a variable.

    Attributes
    ----------
    op : Op or None
        The operator with its parameters; None for a variable.
    name : str
        Need not be unique in a graph.
    inputs : tuple of Entry
        What it is applied to: inputs, then auxiliary states.
    attrs : dict of str to str
        What the user wrote: the operator's parameters as strings, and notes such as ``__lr_mult__``. Only
        ``Symbol._set_attr`` changes it.
    source : SourceLine or None
        The user's line that made it.
    subgraphs : tuple of tuple of Entry
        The bodies of control flow operators.
    replaces : Node or None
        The node of the user's graph that a pass put this one in the place of.
    """

    __slots__ = ("__weakref__", "attrs", "inputs", "name", "op", "replaces", "source", "subgraphs")

    def __init__(
        self,
        op: Op | None,
        name: str,
        inputs: tuple[Entry, ...] = (),
        attrs: dict[str, str] | None = None,
        source: SourceLine | None = None,
        subgraphs: tuple[tuple[Entry, ...], ...] = (),
    ) -> None:
        self.op = op
        self.name = name
        self.inputs = inputs
        self.attrs = {} if attrs is None else attrs
        self.source = source
        self.subgraphs = subgraphs
        self.replaces: Node | None = None

    def with_inputs(self, inputs: tuple[Entry, ...]) -> Node:
        """Return a node like this one that reads other values, and remembers which one it replaces."""
        node = Node(self.op, self.name, inputs, self.attrs, self.source, self.subgraphs)
        node.replaces = self.original
        return node

    @property
    def original(self) -> Node:
        """The node of the user's graph that this one stands for."""
        return self.replaces or self

    @property
    def outputs(self) -> tuple[Entry, ...]:
        """All outputs, the hidden ones last."""
        return tuple([Entry(self, i) for i in range(self.op.arity[2] if self.op else 1)])

    def __str__(self) -> str:
        return describe_node(self)

    def __repr__(self) -> str:
        return f"<Node {self.name} {self.op!r}>" if self.op else f"<Node {self.name}>"


class Entry:
    """One output of one node. Arithmetic on entries builds graph, for use in gradient rules.

    A file says of an input how often that variable had been written before (its version); only writing the
    file again needs it.
    """

    __slots__ = ("index", "node", "version")

    def __init__(self, node: Node, index: int = 0, version: int | None = None) -> None:
        self.node = node
        self.index = index
        self.version = version

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entry) and self.node is other.node and self.index == other.index

    def __hash__(self) -> int:
        return hash((id(self.node), self.index))

    def __repr__(self) -> str:
        return f"{self.node.name}[{self.index}]"

    @property
    def output_name(self) -> str:
        """The name under which ``list_outputs`` shows it: ``fc1_output``, or the variable's own."""
        if self.node.op is None:
            return self.node.name
        return f"{self.node.name}_{self.node.op.output_names()[self.index]}"

    def __add__(self, other: Entry | float) -> Entry:
        return _arithmetic(self, other, "elemwise_add", "_plus_scalar")

    def __sub__(self, other: Entry | float) -> Entry:
        return _arithmetic(self, other, "elemwise_sub", "_minus_scalar")

    def __mul__(self, other: Entry | float) -> Entry:
        return _arithmetic(self, other, "elemwise_mul", "_mul_scalar")

    def __truediv__(self, other: Entry | float) -> Entry:
        return _arithmetic(self, other, "elemwise_div", "_div_scalar")

    def __neg__(self) -> Entry:
        return emit("negative", self)

    __radd__ = __add__
    __rmul__ = __mul__


def describe_node(node: Node) -> str:
    """Return ``FullyConnected 'fc1' (train.py:12)``."""
    text = node.op.name if node.op else "variable"
    if node.name:
        text += f" {node.name!r}"
    return f"{text} ({node.source})" if node.source else text


def describe_entry(entry: Entry) -> str:
    """Return how messages name a value: its producer and, of several, which output."""
    text = describe_node(entry.node)
    if entry.node.op and entry.node.op.arity[2] > 1:
        text += f", output {entry.node.op.output_names()[entry.index]!r}"
    return text


def postorder(outputs: Iterable[Entry]) -> list[Node]:
    """Return every node the outputs depend on, each after its inputs, depth first and left to right.

    This is the order in which MXNet lists arguments and writes nodes. It does not recurse, so graphs may be
    deep.

    Raises
    ------
    CompositionError
        If the graph has a cycle.
    """
    order: list[Node] = []
    done: set[int] = set()
    open_nodes: set[int] = set()
    stack: list[tuple[Node, int]] = []
    for head in outputs:
        if id(head.node) in done:
            continue
        stack.append((head.node, 0))
        open_nodes.add(id(head.node))
        while stack:
            node, position = stack.pop()
            inputs = node.inputs
            while position < len(inputs):
                child = inputs[position].node
                position += 1
                if id(child) not in done:
                    if id(child) in open_nodes:
                        raise CompositionError(f"The graph has a cycle through node {child.name!r}.")
                    stack.append((node, position))
                    stack.append((child, 0))
                    open_nodes.add(id(child))
                    break
            else:
                done.add(id(node))
                open_nodes.discard(id(node))
                order.append(node)
    return order


def _arithmetic(left: Entry, right: Entry | float, binary: str, with_scalar: str) -> Entry:
    if isinstance(right, Entry):
        return emit(binary, left, right)
    return emit(with_scalar, left, scalar=float(right))


_Scope = tuple[str, "itertools.count[int]", SourceLine | None, dict[str, str]]
_emitting: ContextVar[_Scope | None] = ContextVar("emitting", default=None)


@contextmanager
def emitting(prefix: str, source: SourceLine | None, group: str | None = None) -> Iterator[None]:
    """Name, blame and place the nodes that :func:`emit` makes in this scope as the node they are for.

    Parameters
    ----------
    prefix : str
        What their names begin with.
    source : SourceLine or None
        The user's line they are blamed on.
    group : str, optional
        Their ``ctx_group``.
    """
    token = _emitting.set((prefix, itertools.count(), source, {"__ctx_group__": group} if group else {}))
    try:
        yield
    finally:
        _emitting.reset(token)


def emit(op: Op | str, *inputs: Entry, **params: object) -> Entry:
    """Apply an operator to entries and return its first output (``.node.outputs`` has all).

    For gradient rules and passes: names come from the scope of :func:`emitting`.

    Parameters
    ----------
    op : Op or str
        The operator, or its name to be bound to `params`.
    """
    if isinstance(op, str):
        cls = find_operator(op)
        if cls.variadic and cls.variadic not in params:
            params[cls.variadic] = len(inputs)
        attrs = {key: as_text(value) for key, value in params.items()}
        op = cls.bind(attrs)
    else:
        attrs = dict(op.given)
    scope = _emitting.get()
    if scope is None:
        raise GradientError("emit() is for gradient rules and passes, inside emitting()")
    prefix, counter, source, notes = scope
    number = next(counter)
    return Entry(Node(op, f"{prefix}{number}" if number else prefix, inputs, attrs | notes, source))
