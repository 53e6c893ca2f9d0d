"""A sampler for unrolled sequences."""

from __future__ import annotations

from collections.abc import Iterator

from mxnet.gluon.data.sampler import Sampler
from mxnet.gluon.errors import CheckError

__all__ = ["IntervalSampler"]


class IntervalSampler(Sampler):
    """Yields positions at equal distances.

    Parameters
    ----------
    length : int
        How many positions there are.
    interval : int
        The distance.
    rollover : bool
        Whether to go on with those that were left out, until all have come.

    Examples
    --------
    >>> list(IntervalSampler(10, 3)), list(IntervalSampler(10, 3, rollover=False))
    ([0, 3, 6, 9, 1, 4, 7, 2, 5, 8], [0, 3, 6, 9])
    """

    def __init__(self, length: int, interval: int, rollover: bool = True) -> None:
        if interval > length:
            raise CheckError(f"Interval {interval} must be smaller than or equal to length {length}.")
        self._length = length
        self._interval = interval
        self._rollover = rollover

    def __iter__(self) -> Iterator[int]:
        for start in range(self._interval if self._rollover else 1):
            yield from range(start, self._length, self._interval)

    def __len__(self) -> int:
        return self._length if self._rollover else len(range(0, self._length, self._interval))
