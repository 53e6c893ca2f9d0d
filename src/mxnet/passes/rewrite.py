"""How passes change a graph: node by node, in order, with everything downstream following."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from mxnet.errors import MXNetError
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, describe_entry, describe_node
from mxnet.ir.op import Op, is_hidden

__all__ = ["check_outputs", "count_readers", "place_of", "rewrite", "stand_in", "verify"]

Rule = Callable[[Node, tuple[Entry, ...]], Sequence[Entry | None] | None]
"""Takes a node and its new inputs; returns what to use instead of its outputs (None for one that nothing
will read), or None to keep it."""


def rewrite(graph: Graph, rule: Rule, *, relayout: bool = False) -> Graph:
    """Return the graph in which a rule has replaced nodes; untouched parts keep their very nodes.

    Parameters
    ----------
    graph : Graph
        What to rewrite.
    rule : callable
        See :data:`Rule`.
    relayout : bool
        Whether the rule may choose other layouts; what follows then hands them on as its operators do.

    Raises
    ------
    MXNetError
        If the rule replaces a value by one of another type.
    """
    replaced: dict[Node, Sequence[Entry | None]] = {}
    kept = Node.laid_out if relayout else Node.with_inputs

    def now(entry: Entry) -> Entry:
        outputs = replaced.get(entry.node)
        if outputs is None:
            return entry
        if entry.is_residual:
            return _residual(rule, entry, outputs)
        return outputs[entry.index] or entry

    for node in graph.operators:
        inputs = node.inputs
        for entry in inputs:
            if entry.node in replaced:
                inputs = tuple([now(each) for each in inputs])
                break
        outputs = rule(node, inputs)
        if outputs is not None:
            _check(rule, node, outputs, relayout=relayout)
            replaced[node] = outputs
        elif inputs is not node.inputs:
            replaced[node] = kept(node, inputs).outputs
    if not replaced:
        return graph
    return Graph(map(now, graph.outputs))


def _check(rule: Rule, node: Node, outputs: Sequence[Entry | None], *, relayout: bool) -> None:
    """Refuse what a rule puts in the place of a node's outputs, if it is of other types."""
    if node.types is None:
        return
    for index, (old, new) in enumerate(zip(node.types, outputs, strict=False)):
        if (
            new is None
            or old == new.type
            or (old.holds(new.type) and (relayout or old.layout == new.type.layout))
        ):
            continue
        raise MXNetError(
            f"{_named(rule)} replaces {describe_entry(Entry(node, index))} "
            f"by {describe_entry(new)}, which is of another type.\n  Expect: {old}\n  Actual: {new.type}"
        )


def _residual(rule: Rule, old: Entry, outputs: Sequence[Entry | None]) -> Entry:
    """Return the residual of what stands for a node, which only the same operator leaves."""
    new = Entry(old.node if outputs[0] is None else outputs[0].node, old.index)
    if new.node.op != old.node.op:
        raise MXNetError(
            f"{_named(rule)} replaces {describe_node(old.node)} by {describe_node(new.node)}, but a gradient "
            "needs the first one's residual."
        )
    return new


def _named(rule: Rule) -> str:
    name = rule.__qualname__.removesuffix(f".<locals>.{rule.__name__}")
    return f"The rule {rule.__name__!r} of the pass {name!r}"


def check_outputs(name: str, before: Graph, after: Graph) -> None:
    """Refuse what a pass has made, if an output has another shape, dtype or place than before.

    Raises
    ------
    MXNetError
        With the pass, the outputs and both types.
    """
    if len(before.outputs) != len(after.outputs):
        raise MXNetError(
            f"The pass {name!r} makes {len(after.outputs)} outputs out of {len(before.outputs)}."
        )
    for old, new in zip(before.outputs, after.outputs, strict=True):
        if old.node.types is not None and not old.type.holds(new.type):
            raise MXNetError(
                f"The pass {name!r} puts {describe_entry(new)} in the place of the output "
                f"{describe_entry(old)}, which is of another type.\n"
                f"  Expect: {old.type}\n  Actual: {new.type}"
            )


def place_of(node: Node) -> object:
    """Return what two nodes share that run in one place, also before types say where."""
    return node.place or node.attrs.get("__ctx_group__")


def count_readers(graph: Graph) -> Counter[Entry]:
    """Return how often each value is read, by nodes and users; who looks only at its shape does not count."""
    read = list(graph.outputs)
    for node in graph.operators:
        assert node.op is not None
        skip = node.op.shape_only
        read += [entry for i, entry in enumerate(node.inputs) if i not in skip] if skip else node.inputs
    return Counter(read)


def stand_in(op: Op, inputs: tuple[Entry, ...], first: Node, *others: Node) -> Node:
    """Return a node in the place of several, of the last one's type; its name says which: ``conv1+bn1``."""
    nodes = (first, *others)
    notes = {key: note for key, note in first.attrs.items() if is_hidden(key)}
    types = nodes[-1].types
    return Node(
        op,
        "+".join(each.name for each in nodes),
        inputs,
        notes,
        first.source,
        replaces=first.original,
        types=None if types is None else types[: op.arity[2]],
    )


def verify(graph: Graph) -> None:
    """Check what holds for every graph; for tests, after each pass.

    Raises
    ------
    MXNetError
        If a node has the wrong number of inputs, or reads an output that does not exist.
    """
    for node in graph.operators:
        assert node.op is not None
        n_in, n_aux, n_out = node.op.arity
        if len(node.inputs) != n_in + n_aux:
            raise MXNetError(f"{describe_node(node)} has {len(node.inputs)} inputs, not {n_in + n_aux}.")
        if node.types is not None and len(node.types) != n_out:
            raise MXNetError(f"{describe_node(node)} has {len(node.types)} types, not {n_out}.")
        for entry in node.inputs:
            if not 0 <= entry.index < len(entry.node.entries):
                raise MXNetError(
                    f"{describe_node(node)} reads output {entry.index} of {describe_node(entry.node)}."
                )
