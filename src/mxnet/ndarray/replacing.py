"""Tells executors in a moment that nobody has replaced the tensor of an array that is bound to one."""

from __future__ import annotations

import itertools

__all__ = ["EPOCH", "Epoch"]


class Epoch:
    """A number that is another one after the tensor of a bound array was replaced.

    Attributes
    ----------
    number : int
        See above; threads may read it at any time.
    """

    __slots__ = ("_numbers", "number")

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.number = 0

    def advance(self, is_bound: bool) -> None:
        """Say that the tensor of an array was replaced, and whether it is bound; call it afterwards."""
        if is_bound:
            self.number = next(self._numbers)


EPOCH = Epoch()
"""That of this process."""
