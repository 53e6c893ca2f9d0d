"""Where the boxes of a picture go: layers from top to bottom, few crossings, short edges.

The classical scheme of Sugiyama, Tagawa and Toda (1981): rank the boxes, split long edges at every rank
they pass, order each rank by the medians of its neighbours, then move everything towards its neighbours as
far as the others let it.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["Layout", "arrange"]

_SWEEPS = 8
# An edge that passes more ranks is drawn straight through, and so are all in a picture of more points: nobody
# could follow them with the eye anyway.
_LONGEST = 60
_MOST_POINTS = 20_000

Edge = tuple[str, str]
# A box by its name, or the point where an edge passes a rank: (number of the edge, rank).
_Item = str | tuple[int, int]


class Layout(NamedTuple):
    """Where boxes are, and the points that each edge passes between its ends, as (x, rank)."""

    boxes: dict[str, tuple[float, int]]
    paths: list[list[tuple[float, int]]]


def arrange(nodes: Sequence[str], edges: Sequence[Edge], width: float, gap: float) -> Layout:
    """Return a layout with the tail of each edge above its head.

    Parameters
    ----------
    nodes : sequence of str
        The boxes.
    edges : sequence of (str, str)
        Tails and heads. Edges of a cycle that cannot all point down, point where they must.
    width, gap : float
        The width of a box, and the space between two.
    """
    ranks = _rank(nodes, edges)
    chains = _split(edges, ranks)
    layers: list[list[_Item]] = [[] for _ in range(max(ranks.values(), default=-1) + 1)]
    for node in nodes:
        layers[ranks[node]].append(node)
    for edge, chain in enumerate(chains):
        for rank in chain:
            layers[rank].append((edge, rank))
    above, below = _neighbours(edges, chains, ranks)
    _order(layers, above, below)
    x = _place(layers, above, below, width, gap)
    boxes = {node: (x[node], ranks[node]) for node in nodes}
    return Layout(boxes, [[(x[edge, rank], rank) for rank in chain] for edge, chain in enumerate(chains)])


def _rank(nodes: Sequence[str], edges: Iterable[Edge]) -> dict[str, int]:
    """Return for each box the length of the longest way down to it; edges that close a cycle are left out."""
    heads: defaultdict[str, list[str]] = defaultdict(list)
    for tail, head in edges:
        heads[tail].append(head)
    finished: list[str] = []
    state: dict[str, int] = {}  # 1 while the ways from it are being followed, 2 when they have been
    forward: list[Edge] = []
    for root in nodes:
        stack = [root]
        while stack:
            node = stack[-1]
            if node not in state:
                state[node] = 1
                for head in reversed(heads[node]):
                    if state.get(head) != 1:
                        forward.append((node, head))
                        stack.append(head)
            else:
                stack.pop()
                if state[node] == 1:
                    state[node] = 2
                    finished.append(node)
    position = {node: i for i, node in enumerate(reversed(finished))}
    ranks = dict.fromkeys(position, 0)
    for tail, head in sorted(forward, key=lambda edge: position[edge[0]]):
        if position[tail] < position[head]:
            ranks[head] = max(ranks[head], ranks[tail] + 1)
    return ranks


def _split(edges: Sequence[Edge], ranks: Mapping[str, int]) -> list[range]:
    """Return the ranks at which each edge needs a point, from its tail on."""
    chains = []
    for tail, head in edges:
        between = range(ranks[tail] + 1, ranks[head])
        chains.append(between if len(between) <= _LONGEST else range(0))
    if sum(map(len, chains)) > _MOST_POINTS:
        return [range(0)] * len(edges)
    return chains


def _neighbours(
    edges: Sequence[Edge], chains: Sequence[range], ranks: Mapping[str, int]
) -> tuple[dict[_Item, list[_Item]], dict[_Item, list[_Item]]]:
    """Return what is connected to each item from the rank above, and from the rank below."""
    above: defaultdict[_Item, list[_Item]] = defaultdict(list)
    below: defaultdict[_Item, list[_Item]] = defaultdict(list)
    for edge, ((tail, head), chain) in enumerate(zip(edges, chains, strict=True)):
        points: list[_Item] = [tail, *((edge, rank) for rank in chain), head]
        for upper, lower in itertools.pairwise(points):
            if ranks[tail] < ranks[head]:
                below[upper].append(lower)
                above[lower].append(upper)
    return above, below


def _order(
    layers: list[list[_Item]], above: Mapping[_Item, list[_Item]], below: Mapping[_Item, list[_Item]]
) -> None:
    """Sort each rank by where its neighbours are, downwards and upwards in turn."""
    for sweep in range(_SWEEPS):
        downwards = sweep % 2 == 0
        fixed, order = (above, layers) if downwards else (below, layers[::-1])
        position: dict[_Item, float] = {}
        for layer in order:
            keys = {}
            for i, item in enumerate(layer):
                places = sorted(position[each] for each in fixed.get(item, ()) if each in position)
                keys[item] = _median(places) if places else i / max(len(layer), 1)
            layer.sort(key=keys.__getitem__)
            position |= {item: (i + 0.5) / len(layer) for i, item in enumerate(layer)}


def _median(values: Sequence[float]) -> float:
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def _place(
    layers: Sequence[Sequence[_Item]],
    above: Mapping[_Item, list[_Item]],
    below: Mapping[_Item, list[_Item]],
    width: float,
    gap: float,
) -> dict[_Item, float]:
    """Return the middle of each item: as near to its neighbours as the order in the ranks lets it be."""
    x: dict[_Item, float] = {}
    extents = [[width if isinstance(item, str) else gap for item in layer] for layer in layers]
    for layer, extent in zip(layers, extents, strict=True):
        x |= zip(layer, _spread([0.0] * len(layer), extent, gap), strict=True)
    for sweep in range(_SWEEPS):
        # The last sweep goes down: what hangs on one box hangs straight.
        downwards = sweep % 2 == 1
        fixed = above if downwards else below
        for i in range(len(layers)) if downwards else reversed(range(len(layers))):
            wishes = []
            for item in layers[i]:
                near = [x[each] for each in fixed.get(item, ())]
                wishes.append(_median(sorted(near)) if near else x[item])
            x |= zip(layers[i], _spread(wishes, extents[i], gap), strict=True)
    return x


def _spread(wishes: Sequence[float], extents: Sequence[float], gap: float) -> list[float]:
    """Return the places nearest to the wished ones (in squares) at which items in a row do not overlap.

    Examples
    --------
    >>> _spread([0.0, 0.0, 9.0], [2.0, 2.0, 2.0], 1.0)
    [-1.5, 1.5, 9.0]
    """
    offsets = [0.0]
    for left, right in itertools.pairwise(extents):
        offsets.append(offsets[-1] + (left + right) / 2 + gap)
    # With the offsets taken off, places only have to be in order. Neighbours whose wishes are not share their
    # mean (the pool-adjacent-violators algorithm).
    blocks: list[tuple[float, int]] = []
    for wish, offset in zip(wishes, offsets, strict=False):
        mean, size = wish - offset, 1
        while blocks and blocks[-1][0] > mean:
            left_mean, left_size = blocks.pop()
            mean = (mean * size + left_mean * left_size) / (size + left_size)
            size += left_size
        blocks.append((mean, size))
    flat = [mean for mean, size in blocks for _ in range(size)]
    return [place + offset for place, offset in zip(flat, offsets, strict=False)]
