"""Pieces of the Python in which operators say what they are in PyTorch."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["short"]


def short(numbers: Sequence[int]) -> str:
    """Return one number where all are equal, else the tuple.

    Examples
    --------
    >>> short((2, 2)), short((1, 2))
    ('2', '(1, 2)')
    """
    return str(numbers[0]) if len(set(numbers)) == 1 else str(tuple(numbers))
