"""Which nodes of a large graph are shown as one box: neighbours whose names begin alike.

A group is a run of nodes in the order of the graph, so that groups, like nodes, never form a circle.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

__all__ = ["Group", "grouped", "opened"]

_MOST = 40
"""How many members a group has; further ones are members of groups within it."""
_DEEPEST = 12
_STRAY = 2
"""How many nodes of other names, such as an addition between two layers, do not end a group."""


class Group(NamedTuple):
    """Some nodes by number, and groups of others, in order."""

    label: str
    members: tuple[int | Group, ...]

    def nodes(self) -> Iterator[int]:
        """Yield the numbers of all nodes in it."""
        waiting: list[int | Group] = [self]
        while waiting:
            member = waiting.pop()
            if isinstance(member, Group):
                waiting.extend(reversed(member.members))
            else:
                yield member


def grouped(names: Sequence[str]) -> Group:
    """Return all nodes as one group without a name, of groups by the beginnings of their names.

    Parameters
    ----------
    names : sequence of str
        The names of the nodes, in the order of the graph.

    Examples
    --------
    >>> [getattr(each, "label", each) for each in grouped(["data", "a_fc", "a_act", "b_fc", "b_act"]).members]
    [0, 'a', 'b']
    """
    return Group("", _members([(i, _prefixes(name)) for i, name in enumerate(names)], 0))


def opened(root: Group, most: int) -> list[int | Group]:
    """Return at most so many nodes and groups that stand for all, the largest groups opened first.

    There are more only where the outermost group has more members.
    """
    shown: list[int | Group] = list(root.members)
    while True:
        groups = [
            each for each in shown if isinstance(each, Group) and len(shown) + len(each.members) <= most + 1
        ]
        if not groups:
            return shown
        largest = max(groups, key=lambda each: sum(1 for _ in each.nodes()))
        at = next(i for i, each in enumerate(shown) if each is largest)
        shown[at : at + 1] = largest.members


def _prefixes(name: str) -> tuple[str, ...]:
    """Return the beginnings of a name, each up to a separator.

    Examples
    --------
    >>> _prefixes("stage1_unit2_bn")
    ('stage1', 'stage1_unit2', 'stage1_unit2_bn')
    """
    ends = [found.start() for found in re.finditer(r"(?<=[^_/.:])[_/.:]", name)][: _DEEPEST - 1]
    return (*[name[:end] for end in ends], name)


_Item = tuple[int, tuple[str, ...]]


def _members(items: list[_Item], depth: int) -> tuple[int | Group, ...]:
    members: list[int | Group] = []
    for key, run in _runs(items, depth):
        if len(run) == 1:
            members.append(run[0][0])
            continue
        inner = _members(run, depth + 1) if depth < _DEEPEST else tuple([i for i, _ in run])
        # A prefix that all share says no more than a longer one that they share as well.
        only = inner[0] if len(inner) == 1 else None
        members.append(only if isinstance(only, Group) else Group(key, inner))
    return _divided(members, items)


def _runs(items: list[_Item], depth: int) -> Iterator[tuple[str, list[_Item]]]:
    """Yield runs of nodes whose names begin alike, strays among them included."""
    keys = [prefixes[min(depth, len(prefixes) - 1)] for _, prefixes in items]
    last: dict[str, int] = {}
    for i, key in enumerate(keys):
        before = last.get(key)
        if before is not None and i - before <= _STRAY + 1:
            keys[before + 1 : i] = [key] * (i - before - 1)
        last[key] = i
    for key, run in itertools.groupby(range(len(items)), key=keys.__getitem__):
        yield key, [items[i] for i in run]


def _divided(members: list[int | Group], items: list[_Item]) -> tuple[int | Group, ...]:
    """Return the members, or groups of neighbours if there are too many."""
    names = {i: prefixes[-1] for i, prefixes in items}

    def name(member: int | Group) -> str:
        return member.label if isinstance(member, Group) else names[member]

    while len(members) > _MOST:
        parts = [members[i : i + _MOST] for i in range(0, len(members), _MOST)]
        members = [
            Group(f"{name(part[0]).partition(' … ')[0]} … {name(part[-1]).rpartition(' … ')[2]}", tuple(part))
            for part in parts
        ]
    return tuple(members)
