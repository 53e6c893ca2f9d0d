"""Which samples of a data set come in which order, and which of them make a batch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from mxnet.gluon.errors import CheckError

__all__ = ["BatchSampler", "FilterSampler", "RandomSampler", "Sampler", "SequentialSampler"]


class Sampler:
    """Base of all samplers: a subclass yields positions, and says how many."""

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} does not say how many samples it has.")

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} does not say which samples it has.")


class SequentialSampler(Sampler):
    """Yields positions one after the other.

    Parameters
    ----------
    length : int
        How many.
    start : int, default 0
        The first one.

    Examples
    --------
    >>> list(SequentialSampler(3, start=2))
    [2, 3, 4]
    """

    def __init__(self, length: int, start: int = 0) -> None:
        self._length = length
        self._start = start

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._start, self._start + self._length))

    def __len__(self) -> int:
        return self._length


class RandomSampler(Sampler):
    """Yields the positions from 0 on in another order each time, drawn by ``numpy.random``.

    Parameters
    ----------
    length : int
        How many.
    """

    def __init__(self, length: int) -> None:
        self._length = length

    def __iter__(self) -> Iterator[int]:
        indices = np.arange(self._length)
        np.random.shuffle(indices)  # noqa: NPY002 - scripts seed numpy.random
        return iter(indices)

    def __len__(self) -> int:
        return self._length


class FilterSampler(Sampler):
    """Yields the positions of those samples of which a function is true.

    Parameters
    ----------
    fn : callable
        Is called with each sample, once.
    dataset : Dataset
    """

    def __init__(self, fn: Callable[[Any], bool], dataset: Any) -> None:
        self._indices = [i for i in range(len(dataset)) if fn(dataset[i])]

    def __iter__(self) -> Iterator[int]:
        return iter(self._indices)

    def __len__(self) -> int:
        return len(self._indices)


class BatchSampler(Sampler):
    """Yields lists of positions.

    Parameters
    ----------
    sampler : Sampler
        Where the positions come from.
    batch_size : int
        How many make a batch.
    last_batch : {'keep', 'discard', 'rollover'}
        What becomes of positions that do not fill a batch: they are one of their own, are left out, or come
        first the next time.

    Examples
    --------
    >>> batches = BatchSampler(SequentialSampler(5), 2, "rollover")
    >>> list(batches), list(batches)
    ([[0, 1], [2, 3]], [[4, 0], [1, 2], [3, 4]])
    """

    def __init__(self, sampler: Iterable[Any], batch_size: int, last_batch: str = "keep") -> None:
        if last_batch not in ("keep", "discard", "rollover"):
            raise CheckError(
                f"last_batch must be one of 'keep', 'discard' or 'rollover', got {last_batch!r}."
            )
        self._sampler = sampler
        self._batch_size = batch_size
        self._last_batch = last_batch
        self._prev: list[Any] = []

    def __iter__(self) -> Iterator[list[Any]]:
        batch, self._prev = self._prev, []
        for position in self._sampler:
            batch.append(position)
            if len(batch) == self._batch_size:
                yield batch
                batch = []
        if batch and self._last_batch == "keep":
            yield batch
        elif self._last_batch == "rollover":
            self._prev = batch

    def __len__(self) -> int:
        count = len(self._sampler)  # type: ignore[arg-type]
        if self._last_batch == "keep":
            count += self._batch_size - 1
        return (count + len(self._prev)) // self._batch_size
