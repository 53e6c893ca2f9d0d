"""Nodes and their outputs: the pieces a graph is made of."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar

from mxnet.caller import user_frame
from mxnet.context import Context
from mxnet.errors import GradientError
from mxnet.ir.constraints import settle_types
from mxnet.ir.op import Op, find_operator
from mxnet.ir.param import as_text
from mxnet.ir.storage import DENSE
from mxnet.ir.types import OPAQUE, RESIDUAL_DTYPE, Type

__all__ = [
    "Entry",
    "Node",
    "SourceLine",
    "describe_entry",
    "describe_node",
    "emit",
    "emit_as",
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
    """An operator applied to values, or (without an operator) a variable. Frozen; equal only to itself.

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
        The node of the user's graph that this one stands for.
    types : tuple of Type, or None
        Of its outputs, not of its residual; None in a graph as it was composed, which runs on arrays of any
        shapes that fit.
    """

    __slots__ = ("__weakref__", "attrs", "inputs", "name", "op", "replaces", "source", "subgraphs", "types")

    def __init__(
        self,
        op: Op | None,
        name: str,
        inputs: tuple[Entry, ...] = (),
        attrs: dict[str, str] | None = None,
        source: SourceLine | None = None,
        subgraphs: tuple[tuple[Entry, ...], ...] = (),
        *,
        replaces: Node | None = None,
        types: tuple[Type, ...] | None = None,
    ) -> None:
        self.op = op
        self.name = name
        self.inputs = inputs
        self.attrs: dict[str, str] = {} if attrs is None else attrs
        self.source = source
        self.subgraphs = subgraphs
        self.replaces = replaces
        self.types = types
        if type(self) is Node:
            self.__class__ = _Frozen  # half the time of writing to what is frozen already

    def with_inputs(self, inputs: tuple[Entry, ...], *, types: tuple[Type, ...] | None = None) -> Node:
        """Return a node like this one that reads other values, and remembers which one it stands for.

        Parameters
        ----------
        inputs : tuple of Entry
            Of the types of its own.
        types : tuple of Type, optional
            Of its outputs, where they become known now, or are laid out in another way.
        """
        return Node(
            self.op,
            self.name,
            inputs,
            self.attrs,
            self.source,
            self.subgraphs,
            replaces=self.replaces or self,
            types=types or self.types,
        )

    def laid_out(self, inputs: tuple[Entry, ...]) -> Node:
        """Return a node like this one for inputs of other layouts, which it hands on as its operator does."""
        assert self.op is not None
        assert self.types is not None
        layouts = self.op.layouts([entry.type.layout for entry in inputs])
        types = [
            each._replace(layout=layout) if each.stype == DENSE else each
            for each, layout in zip(self.types, layouts, strict=True)
        ]
        return self.with_inputs(inputs, types=tuple(types))

    @property
    def original(self) -> Node:
        """The node of the user's graph that this one stands for."""
        return self.replaces or self

    @property
    def place(self) -> Context | None:
        """Where it runs; None as long as its values have no types."""
        return self.types[0].place if self.types else None

    @property
    def outputs(self) -> tuple[Entry, ...]:
        """All outputs, the hidden ones last."""
        count = 1 if self.op is None else self.op.arity[2]
        return (Entry(self),) if count == 1 else tuple([Entry(self, i) for i in range(count)])

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All outputs, and then the residual, if its operator declares one."""
        if self.op is None or not self.op.residual:
            return self.outputs
        return (*self.outputs, Entry(self, self.op.arity[2]))

    def __str__(self) -> str:
        return describe_node(self)

    def __repr__(self) -> str:
        return f"<Node {self.name} {self.op!r}>" if self.op else f"<Node {self.name}>"


class _Frozen(Node):
    """What a node is once it is made; only a subclass that says so stays open."""

    __slots__ = ()

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{self!r} is frozen: make another node instead of setting {name!r}")


class Entry:
    """One output of one node, or its residual, which follows them.

    Arithmetic on entries builds graph, for use in gradient rules. A file says of an input how often that
    variable had been written before (its version); only writing the file again needs it.
    """

    __slots__ = ("index", "node", "version")

    def __init__(self, node: Node, index: int = 0, version: int | None = None) -> None:
        self.node = node
        self.index = index
        self.version = version

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entry) and self.node is other.node and self.index == other.index

    def __hash__(self) -> int:
        return hash(self.node) + self.index

    def __repr__(self) -> str:
        return f"{self.node.name}[{self.index}]"

    @property
    def is_residual(self) -> bool:
        """Whether this is no output, but what the node leaves for its gradient besides."""
        return self.node.op is not None and self.index == self.node.op.arity[2]

    @property
    def type(self) -> Type:
        """The type of the value; for graphs whose types are settled. How large a residual is, a plan says."""
        types = self.node.types
        assert types is not None, self
        if self.index < len(types):
            return types[self.index]
        return Type((None,), RESIDUAL_DTYPE, types[0].place, OPAQUE)

    @property
    def output_name(self) -> str:
        """The name under which ``list_outputs`` shows it: ``fc1_output``, or the variable's own."""
        op = self.node.op
        if op is None:
            return self.node.name
        return f"{self.node.name}_{op.residual if self.is_residual else op.output_names()[self.index]}"

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
    if entry.is_residual:
        text += ", its residual"
    elif entry.node.op and entry.node.op.arity[2] > 1:
        text += f", output {entry.node.op.output_names()[entry.index]!r}"
    return text


def postorder(outputs: Iterable[Entry]) -> list[Node]:
    """Return every node the outputs depend on, each after its inputs, depth first and left to right.

    This is the order in which MXNet lists arguments and writes nodes. It does not recurse, so graphs may be
    deep. There are no cycles: a node is frozen, and made after its inputs.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    for head in outputs:
        if head.node in seen:
            continue
        seen.add(head.node)
        stack = [(head.node, iter(head.node.inputs))]
        while stack:
            node, inputs = stack[-1]
            for entry in inputs:
                child = entry.node
                if child not in seen:
                    seen.add(child)
                    if child.inputs:
                        stack.append((child, iter(child.inputs)))
                        break
                    order.append(child)
            else:
                order.append(node)
                stack.pop()
    return order


def _arithmetic(left: Entry, right: Entry | float, binary: str, with_scalar: str) -> Entry:
    if isinstance(right, Entry):
        return emit(binary, left, right)
    return emit(with_scalar, left, scalar=float(right))


class emitting:  # noqa: N801 - reads as a function: with emitting(node, "gradient")
    """Name, blame and place the nodes that :func:`emit` makes in this scope as the node they are for.

    Parameters
    ----------
    node : Node or None
        What they are for; they run where it does. None for what stands by itself.
    what : str
        Added to its name for theirs.
    source : SourceLine, optional
        The user's line they are blamed on, if not that of `node`.
    """

    __slots__ = ("_token", "count", "notes", "place", "prefix", "source")

    def __init__(self, node: Node | None, what: str = "", source: SourceLine | None = None) -> None:
        name = node.name if node is not None else ""
        self.prefix = f"{name}_{what}" if name and what else name or what
        self.source = source or (node.source if node is not None else None)
        group = node.attrs.get("__ctx_group__") if node is not None else None
        self.notes = {"__ctx_group__": group} if group else {}
        self.place = node.place if node is not None else None
        self.count = 0

    def __enter__(self) -> None:
        self._token = _emitting.set(self)

    def __exit__(self, *error: object) -> None:
        _emitting.reset(self._token)

    def new_name(self) -> str:
        """Return a name that no other node of this scope has."""
        self.count += 1
        return f"{self.prefix}{self.count - 1}" if self.count > 1 else self.prefix


_emitting: ContextVar[emitting | None] = ContextVar("emitting", default=None)


def emit(op: Op | str, *inputs: Entry, **params: object) -> Entry:
    """Apply an operator to entries and return its first output (``.node.outputs`` has all).

    For gradient rules and passes: names come from the scope of :func:`emitting`. Where the node of that scope
    has types, so have the results: they follow from those of the inputs.

    Parameters
    ----------
    op : Op or str
        The operator, or its name to be bound to `params`.

    Raises
    ------
    MXNetError
        If the operator does not take such inputs.
    """
    if isinstance(op, str):
        cls = find_operator(op)
        if cls.variadic and cls.variadic not in params:
            params[cls.variadic] = len(inputs)
        op = cls.bind({key: as_text(value) for key, value in params.items()})
    return Entry(emit_as(op, inputs, None))


def emit_as(
    op: Op,
    inputs: tuple[Entry, ...],
    types: tuple[Type, ...] | None,
    subgraphs: tuple[tuple[Entry, ...], ...] = (),
) -> Node:
    """Do what :func:`emit` does where the types of the results are known; return the node."""
    scope = _emitting.get()
    if scope is None:
        raise GradientError("emit() is for gradient rules and passes, inside emitting()")
    if types is None and scope.place is not None:
        types = settle_types(op, tuple([entry.type for entry in inputs]), scope.place)
    attrs = {**op.given, **scope.notes}
    return Node(op, scope.new_name(), inputs, attrs, scope.source, subgraphs, types=types)
