r"""Which values to recompute, so that training fits into a number of bytes and takes little longer.

Candidates are tried from the cheapest on, and each is planned, so its bytes are known exactly:

1. keep everything,
2. recompute what is cheap (activations, normalisation, pooling),
3. cut the network into segments, keep what passes from one to the next, and recompute each segment just
before its gradients are computed. About :math:`\\sqrt{n}` segments need the least memory.

Segments begin only where a single value passes, or, if there are any, at nodes with the attribute
``mirror_stage``.

After: Chen et al., *Training Deep Nets with Sublinear Memory Cost*, 2016 (arXiv 1604.06174).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from mxnet.analysis.infer import Inferred
from mxnet.caller import warn
from mxnet.ir.graph import Graph
from mxnet.ir.node import Node
from mxnet.passes.recompute import can_be_repeated, recompute

__all__ = ["KnownGraph", "limit_memory"]


class KnownGraph(NamedTuple):
    """A graph with the shapes and dtypes of all its values."""

    graph: Graph
    shapes: Inferred
    dtypes: Inferred


Choice = frozenset[int]
"""The nodes to recompute, by ``id``."""


def limit_memory(
    known: KnownGraph,
    n_outputs: int,
    peak_of: Callable[[KnownGraph], int],
    *,
    mirror: bool,
    budget: int | None,
) -> KnownGraph:
    """Return the graph, changed so that gradients recompute what they need instead of keeping it.

    Never needs more memory than the graph as it was.

    Parameters
    ----------
    known : KnownGraph
        The graph of outputs and gradients, after all other passes.
    n_outputs : int
        How many of its outputs are not gradients.
    peak_of : callable
        The bytes that a graph's plan needs at most.
    mirror : bool
        Whether to recompute all that is cheap.
    budget : int or None
        The bytes to stay below. Where nothing does, what needs least is taken, with a warning.
    """
    nodes = Graph(known.graph.outputs[:n_outputs]).operators
    free = {id(node) for node in nodes if _costs_nothing(node)}
    marks = {id(node): mark for node in nodes if (mark := node.attrs.get("__force_mirroring__"))}
    if budget is None and not mirror and not any(map(_is_true, marks.values())):
        return _recomputing(known, n_outputs, free) if free else known
    tried: list[tuple[int, KnownGraph]] = []
    for choice in _choices(nodes, known, mirror=mirror, in_budget=budget is not None):
        forced = {key for key, mark in marks.items() if _is_true(mark)}
        refused = marks.keys() - forced
        repeated = (choice | forced | free) - refused
        changed = _recomputing(known, n_outputs, repeated) if repeated else known
        peak = peak_of(changed)
        tried.append((peak, changed))
        if budget is not None and peak <= budget:
            return changed
    peak, least = min(tried, key=lambda each: each[0])
    if budget is not None:
        warn(
            f"A memory budget of {budget / 2**20:.0f} MB cannot be kept: with all that can be recomputed, "
            f"intermediate values take {peak / 2**20:.0f} MB. A smaller batch takes less.",
        )
    return least


def _costs_nothing(node: Node) -> bool:
    """Whether a node only stores a bound array in another way: to keep that is to keep the array twice."""
    assert node.op is not None
    return node.op.cost == "nothing" and node.inputs[0].node.op is None


def _is_true(mark: str) -> bool:
    return mark.lower() in ("1", "true")


def _choices(nodes: Sequence[Node], known: KnownGraph, *, mirror: bool, in_budget: bool) -> Iterator[Choice]:
    """Yield what may be recomputed, the least work first."""
    cheap = frozenset(id(node) for node in nodes if node.op is not None and node.op.cost != "much")
    if not mirror:
        yield frozenset()
    if mirror or in_budget:
        yield cheap
    if not in_budget:
        if mirror:
            yield frozenset()  # if even that should need less
        return
    cuts = _cuts(nodes)
    total = sum(_bytes_made(node, known) for node in nodes)
    seen = set()
    # Fewer segments repeat less (the last one is not repeated) but need more memory.
    for parts in (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64):
        choice = _in_segments(nodes, cuts, known, total / parts)
        if choice not in seen:
            seen.add(choice)
            yield choice
        if parts > 4 * math.isqrt(len(nodes)):
            return


def _cuts(nodes: Sequence[Node]) -> set[int]:
    """Return the nodes, by ``id``, after which a segment may end: their value alone is read later on."""
    marked = {id(node) for node in nodes if _is_true(node.attrs.get("__mirror_stage__", ""))}
    if marked:
        return marked
    last_reader = {id(entry.node): i for i, node in enumerate(nodes) for entry in node.inputs}
    cuts = set()
    open_until = -1  # the last reader of any value made before this one
    for i, node in enumerate(nodes):
        if open_until <= i:
            cuts.add(id(node))
        open_until = max(open_until, last_reader.get(id(node), i))
    return cuts


def _in_segments(nodes: Sequence[Node], cuts: set[int], known: KnownGraph, size: float) -> Choice:
    """Return all nodes but those at which segments of about that many bytes end, and the last segment."""
    kept: set[int] = set()
    since = 0
    begin = 0
    for i, node in enumerate(nodes):
        since += _bytes_made(node, known)
        if since >= size and id(node) in cuts:
            kept.add(id(node))
            since, begin = 0, i + 1
    return frozenset(
        id(node)
        for node in nodes[:begin]
        if id(node) not in kept and node.op is not None and can_be_repeated(node.op)
    )


def _bytes_made(node: Node, known: KnownGraph) -> int:
    assert node.op is not None
    if node.op.memory.result == "view":
        return 0
    return sum(math.prod(shape) for shape in known.shapes.values[known.graph.index[id(node)]])


def _recomputing(known: KnownGraph, n_outputs: int, choice: Choice | set[int]) -> KnownGraph:
    graph, sources = recompute(known.graph, n_outputs, lambda node: id(node) in choice)
    index = known.graph.index
    where = [index[id(sources.get(id(node), node))] for node in graph.nodes]
    return KnownGraph(
        graph,
        Inferred(graph, [known.shapes.values[i] for i in where]),
        Inferred(graph, [known.dtypes.values[i] for i in where]),
    )
