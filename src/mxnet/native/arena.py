"""Gives every value a place in one stretch of memory, that of values whose time is over."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["ALIGNMENT", "Lifetime", "place"]

ALIGNMENT = 64


class Lifetime(NamedTuple):
    """What a value takes, and from when to when it is needed; the last moment counts, too."""

    nbytes: int
    first: int
    last: int


def place(lifetimes: Mapping[int, Lifetime]) -> tuple[dict[int, int], int]:
    """Return the offset of every value, and the bytes of all.

    The best fit among what is free; what went last is taken first, as it is still in the cache.

    Examples
    --------
    >>> place({1: Lifetime(64, 0, 1), 2: Lifetime(64, 1, 2), 3: Lifetime(64, 2, 3)})
    ({1: 0, 2: 64, 3: 0}, 128)
    """
    ends: dict[int, list[int]] = {}
    for value, lifetime in lifetimes.items():
        ends.setdefault(lifetime.last, []).append(value)
    due = sorted(ends)
    offsets: dict[int, int] = {}
    free: dict[int, list[int]] = {}
    sizes: list[int] = []
    top = passed = 0
    for value, (nbytes, first, _) in sorted(lifetimes.items(), key=lambda each: each[1].first):
        while passed < len(due) and due[passed] < first:
            for gone in ends[due[passed]]:
                _release(free, sizes, offsets[gone], _rounded(lifetimes[gone].nbytes))
            passed += 1
        size = _rounded(nbytes)
        at = bisect_left(sizes, size)
        if at == len(sizes):
            offsets[value] = top
            top += size
            continue
        found = sizes[at]
        offsets[value] = free[found].pop()
        if not free[found]:
            del sizes[at]
        if found > size:
            _release(free, sizes, offsets[value] + size, found - size)
    return offsets, top


def _rounded(nbytes: int) -> int:
    return -(-nbytes // ALIGNMENT) * ALIGNMENT


def _release(free: dict[int, list[int]], sizes: list[int], offset: int, size: int) -> None:
    holes = free.setdefault(size, [])
    if not holes:
        insort(sizes, size)
    holes.append(offset)
