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

from mxnet.caller import warn
from mxnet.ir.graph import Graph
from mxnet.ir.node import Node
from mxnet.passes.recompute import can_be_repeated, recompute

__all__ = ["limit_memory"]


Choice = frozenset[Node]
"""The nodes to recompute."""


def limit_memory(
    graph: Graph,
    n_outputs: int,
    peak_of: Callable[[Graph], int],
    *,
    mirror: bool,
    budget: int | None,
) -> Graph:
    """Return the graph, changed so that gradients recompute what they need instead of keeping it.

    Never needs more memory than the graph as it was.

    Parameters
    ----------
    graph : Graph
        The typed graph of outputs and gradients, after all other passes.
    n_outputs : int
        How many of its outputs are not gradients.
    peak_of : callable
        The bytes that a graph's plan needs at most.
    mirror : bool
        Whether to recompute all that is cheap.
    budget : int or None
        The bytes to stay below. Where nothing does, what needs least is taken, with a warning.
    """
    nodes = Graph(graph.outputs[:n_outputs]).operators
    free = {node for node in nodes if _costs_nothing(node)}
    marks = {node: mark for node in nodes if (mark := node.attrs.get("__force_mirroring__"))}
    if budget is None and not mirror and not any(map(_is_true, marks.values())):
        return _recomputing(graph, n_outputs, free) if free else graph
    tried: list[tuple[int, Graph]] = []
    for choice in _choices(nodes, mirror=mirror, in_budget=budget is not None):
        forced = {key for key, mark in marks.items() if _is_true(mark)}
        refused = marks.keys() - forced
        repeated = (choice | forced | free) - refused
        changed = _recomputing(graph, n_outputs, repeated) if repeated else graph
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


def _choices(nodes: Sequence[Node], *, mirror: bool, in_budget: bool) -> Iterator[Choice]:
    """Yield what may be recomputed, the least work first."""
    cheap = frozenset(node for node in nodes if node.op is not None and node.op.cost != "much")
    if not mirror:
        yield frozenset()
    if mirror or in_budget:
        yield cheap
    if not in_budget:
        if mirror:
            yield frozenset()  # if even that should need less
        return
    cuts = _cuts(nodes)
    total = sum(_bytes_made(node) for node in nodes)
    seen = set()
    # Fewer segments repeat less (the last one is not repeated) but need more memory.
    for parts in (2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64):
        choice = _in_segments(nodes, cuts, total / parts)
        if choice not in seen:
            seen.add(choice)
            yield choice
        if parts > 4 * math.isqrt(len(nodes)):
            return


def _cuts(nodes: Sequence[Node]) -> set[Node]:
    """Return the nodes after which a segment may end: their value alone is read later on."""
    marked = {node for node in nodes if _is_true(node.attrs.get("__mirror_stage__", ""))}
    if marked:
        return marked
    last_reader = {entry.node: i for i, node in enumerate(nodes) for entry in node.inputs}
    cuts = set()
    open_until = -1  # the last reader of any value made before this one
    for i, node in enumerate(nodes):
        if open_until <= i:
            cuts.add(node)
        open_until = max(open_until, last_reader.get(node, i))
    return cuts


def _in_segments(nodes: Sequence[Node], cuts: set[Node], size: float) -> Choice:
    """Return all nodes but those at which segments of about that many bytes end, and the last segment."""
    kept: set[Node] = set()
    since = 0
    begin = 0
    for i, node in enumerate(nodes):
        since += _bytes_made(node)
        if since >= size and node in cuts:
            kept.add(node)
            since, begin = 0, i + 1
    return frozenset(
        node
        for node in nodes[:begin]
        if node not in kept and node.op is not None and can_be_repeated(node.op)
    )


def _bytes_made(node: Node) -> int:
    assert node.op is not None
    return 0 if node.op.memory.result == "view" else sum(each.nbytes for each in node.types or ())


def _recomputing(graph: Graph, n_outputs: int, choice: Choice | set[Node]) -> Graph:
    return recompute(graph, n_outputs, lambda node: node in choice)
