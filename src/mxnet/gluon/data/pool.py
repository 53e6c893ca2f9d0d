"""Batches made by a pool of `multiprocessing`, of threads or processes; libraries subclass its iterator."""

from __future__ import annotations

import multiprocessing
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from mxnet.context import Context, cpu_pinned
from mxnet.errors import MXNetError
from mxnet.ndarray import NDArray

__all__ = ["PoolIter", "WorkerError", "as_in_context", "make_batch"]


class WorkerError(MXNetError):
    """The workers of a loader ended, or took too long."""


def make_batch(samples: Sequence[int], batchify_fn: Callable[[list[Any]], Any], dataset: Any) -> Any:
    """Return the batch of those samples of a data set."""
    return batchify_fn([dataset[i] for i in samples])


def as_in_context(data: Any, ctx: Context) -> Any:
    """Return arrays, however nested, in another context."""
    if isinstance(data, NDArray):
        return data.as_in_context(ctx)
    if isinstance(data, (list, tuple)):
        return [as_in_context(each, ctx) for each in data]
    return data


class PoolIter:
    """Yields batches in their order, a few of which are made at a time.

    Parameters
    ----------
    worker_pool : multiprocessing.pool.Pool
    batchify_fn : callable
        Makes a batch of a list of samples.
    batch_sampler : iterable
        Yields lists of positions.
    pin_memory : bool
        Whether batches are copied to memory that graphics cards read faster.
    pin_device_id : int
    worker_fn : callable
        What workers do: ``worker_fn(positions, batchify_fn, dataset)``; it may return a pickle.
    prefetch : int
        How many batches are asked for at the start.
    dataset : Dataset
    data_loader : optional
        What must live as long.
    timeout : float, default 120
        How many seconds a batch may take.
    """

    def __init__(
        self,
        worker_pool: Any,
        batchify_fn: Callable[[list[Any]], Any],
        batch_sampler: Iterable[Any],
        pin_memory: bool = False,
        pin_device_id: int = 0,
        worker_fn: Callable[..., Any] = make_batch,
        prefetch: int = 0,
        dataset: Any = None,
        data_loader: Any = None,
        timeout: float = 120,
    ) -> None:
        self._worker_pool = worker_pool
        self._batchify_fn = batchify_fn
        self._batch_sampler = batch_sampler
        self._pin_memory = pin_memory
        self._pin_device_id = pin_device_id
        self._worker_fn = worker_fn
        self._dataset = dataset
        self._data_loader = data_loader
        self._timeout = timeout
        self._data_buffer: dict[int, Any] = {}
        self._rcvd_idx = 0
        self._sent_idx = 0
        self._iter = iter(batch_sampler)
        for _ in range(prefetch):
            self._push_next()

    def __len__(self) -> int:
        return len(self._batch_sampler)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Any]:
        return self

    def _push_next(self) -> None:
        """Ask for one more batch."""
        positions = next(self._iter, None)
        if positions is not None:
            work = (positions, self._batchify_fn, self._dataset)
            self._data_buffer[self._sent_idx] = self._worker_pool.apply_async(self._worker_fn, work)
            self._sent_idx += 1

    def __next__(self) -> Any:
        self._push_next()
        if self._rcvd_idx == self._sent_idx:
            raise StopIteration
        coming = self._data_buffer.pop(self._rcvd_idx)
        self._rcvd_idx += 1
        try:
            batch = coming.get(self._timeout)
        except multiprocessing.TimeoutError:
            raise WorkerError(f"A batch took longer than timeout={self._timeout} seconds.") from None
        if isinstance(batch, bytes):
            batch = pickle.loads(batch)  # noqa: S301 - our own
        return as_in_context(batch, cpu_pinned(self._pin_device_id)) if self._pin_memory else batch

    def next(self) -> Any:
        """Return the next batch."""
        return next(self)
