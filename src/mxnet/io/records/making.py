"""Batches of pictures, made by threads while the batch before them is in use.

OpenCV and numpy let go of Python's lock while they work, so threads are as fast as processes would be, and
need no shared memory, no copies and no time to start.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from mxnet import ndarray as nd
from mxnet.io.io import DataDesc
from mxnet.ndarray import NDArray

__all__ = ["MadeBatches", "Part"]

Rows = np.ndarray[Any, Any]
Arrays = tuple[NDArray, NDArray]


class Part(NamedTuple):
    """What a batch is to hold: which pictures, and how many of these only fill it up."""

    rows: Rows
    pad: int
    seed: tuple[int, ...]


class MadeBatches:
    """The source of a record iterator: plans the batches of each epoch, and has threads make them.

    Parameters
    ----------
    make : callable
        Makes a batch: ``make(part)`` returns data and labels, numpy arrays.
    count : int
        The number of pictures.
    data, label : DataDesc
        What batches hold.
    round_batch : bool
        Whether the last batch is filled up with the first pictures of the next epoch, which leaves these out.
    shuffle : bool
        Whether each epoch goes through the pictures in another order.
    seed : int
        Of the order and of the changes.
    seed_aug : int or None
        Of the changes, which are then the same in each epoch.
    threads : int
        How many batches are made at once.
    ahead : int
        How many batches may wait to be used.
    """

    def __init__(
        self,
        make: Callable[[Part], tuple[Any, Any]],
        count: int,
        data: DataDesc,
        label: DataDesc,
        *,
        round_batch: bool,
        shuffle: bool,
        seed: int,
        seed_aug: int | None,
        threads: int,
        ahead: int,
    ) -> None:
        self.data = data
        self.label = label
        self._make = make
        self._count = count
        self._round_batch = round_batch
        self._shuffle = shuffle
        self._seed = seed
        self._seed_aug = seed_aug
        self._ahead = max(ahead, 1)
        self._epoch = 0
        self._plan: Sequence[Part] = ()
        self._planned = 0
        self._coming: deque[tuple[Part, Future[Arrays]]] = deque()
        self._now: tuple[Part, Arrays] | None = None
        self._threads = ThreadPoolExecutor(max(threads, 1), thread_name_prefix="ImageRecordIter")
        self._begin(0)

    def __del__(self) -> None:
        if hasattr(self, "_threads"):
            self._threads.shutdown(wait=False, cancel_futures=True)

    def _order(self, epoch: int) -> Rows:
        rows = np.arange(self._count)
        if self._shuffle:
            np.random.default_rng([self._seed, epoch]).shuffle(rows)
        return rows

    def _begin(self, start: int) -> None:
        """Plan an epoch, without the first pictures of it, and let its first batches be made."""
        size = self.data.shape[0]
        order = self._order(self._epoch)
        parts = []
        for begin in range(start, self._count, size):
            rows = order[begin : begin + size]
            pad = size - len(rows) if self._round_batch else 0
            if pad:
                rows = np.concatenate([rows, np.resize(self._order(self._epoch + 1), pad)])
            seed = (self._seed, self._epoch) if self._seed_aug is None else (self._seed_aug,)
            parts.append(Part(rows, pad, (*seed, begin)))
        self._plan = parts
        self._planned = 0
        self._now = None
        self._submit()

    def _submit(self) -> None:
        while self._planned < len(self._plan) and len(self._coming) < self._ahead:
            part = self._plan[self._planned]
            self._coming.append((part, self._threads.submit(_arrays, self._make, part)))
            self._planned += 1

    def reset(self) -> None:
        """Start a new epoch."""
        for _, future in self._coming:
            future.cancel()
        self._coming.clear()
        self._epoch += 1
        self._begin(self.pad() % self._count if self._now is not None else 0)

    def advance(self) -> bool:
        """Move to the next batch; return whether there is one."""
        if not self._coming:
            return False
        part, future = self._coming.popleft()
        self._submit()
        self._now = part, future.result()
        return True

    def current(self) -> Arrays:
        """Return data and labels of the current batch; before there is one, those of the first."""
        return self._coming[0][1].result() if self._now is None else self._now[1]

    def pad(self) -> int:
        """Return how many samples only fill the current batch up."""
        return 0 if self._now is None else self._now[0].pad

    def index(self) -> Rows:
        """Return which samples the current batch holds."""
        part = self._coming[0][0] if self._now is None else self._now[0]
        return part.rows.astype("uint64")


def _arrays(make: Callable[[Part], tuple[Any, Any]], part: Part) -> Arrays:
    data, label = make(part)
    return nd.from_numpy(data), nd.from_numpy(label)
