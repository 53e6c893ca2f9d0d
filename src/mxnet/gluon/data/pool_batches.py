"""Batches of a pool of processes, which loaders of other packages build upon; ours has PyTorch's workers."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.pool import AsyncResult, Pool
from multiprocessing.reduction import ForkingPickler
from typing import Any

from mxnet.context import Context, cpu_pinned
from mxnet.ndarray import NDArray

__all__ = ["ForkingPickler", "_MultiWorkerIter"]


class _MultiWorkerIter:
    """Yields what the processes of a pool make of lists of positions, in their order.

    Parameters
    ----------
    worker_pool : multiprocessing.pool.Pool
        The processes.
    batchify_fn : callable
        Makes a batch of samples; it is handed to `worker_fn`.
    batch_sampler : iterable
        Yields lists of positions.
    worker_fn : callable
        Gets a list of positions, `batchify_fn` and `dataset`, and returns the pickled batch.
    prefetch : int
        How many batches are asked for at once.
    timeout : int
        How many seconds one may take.
    """

    def __init__(
        self,
        worker_pool: Pool,
        batchify_fn: Callable[[list[Any]], Any],
        batch_sampler: Iterable[Any],
        pin_memory: bool = False,
        pin_device_id: int = 0,
        worker_fn: Callable[..., bytes] | None = None,
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
        self._worker_fn = _make_batch if worker_fn is None else worker_fn
        self._dataset = dataset
        self._data_loader = data_loader  # kept alive: it ends the pool when it goes
        self._timeout = timeout
        self._data_buffer: dict[int, AsyncResult[bytes]] = {}
        self._sent_idx = 0
        self._rcvd_idx = 0
        self._iter = iter(batch_sampler)
        for _ in range(prefetch):
            self._push_next()

    def __len__(self) -> int:
        return len(self._batch_sampler)  # type: ignore[arg-type]

    def _push_next(self) -> None:
        """Ask for one more batch, if there is one; others replace this."""
        positions = next(self._iter, None)
        if positions is not None:
            asked = (positions, self._batchify_fn, self._dataset)
            self._data_buffer[self._sent_idx] = self._worker_pool.apply_async(self._worker_fn, asked)
            self._sent_idx += 1

    def __next__(self) -> Any:
        self._push_next()
        if self._rcvd_idx == self._sent_idx:
            raise StopIteration
        made = self._data_buffer.pop(self._rcvd_idx).get(self._timeout)
        self._rcvd_idx += 1
        batch = pickle.loads(made)  # noqa: S301 - of our own process
        return _as_in_context(batch, cpu_pinned(self._pin_device_id)) if self._pin_memory else batch

    def next(self) -> Any:
        """Return the next batch."""
        return self.__next__()

    def __iter__(self) -> Iterator[Any]:
        return self


def _make_batch(positions: list[int], batchify_fn: Callable[[list[Any]], Any], dataset: Any) -> bytes:
    return pickle.dumps(batchify_fn([dataset[position] for position in positions]))


def _as_in_context(data: Any, ctx: Context) -> Any:
    """Return arrays, however nested, in another context."""
    if isinstance(data, NDArray):
        return data.as_in_context(ctx)
    if isinstance(data, (list, tuple)):
        return [_as_in_context(each, ctx) for each in data]
    return data
