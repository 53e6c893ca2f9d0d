"""`DataLoader`: batches of a data set, made by PyTorch's worker processes if wanted."""

from __future__ import annotations

import functools
import multiprocessing
import pickle
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.pool import ThreadPool
from typing import Any, NamedTuple

import numpy as np
import torch.utils.data

from mxnet import ndarray as nd
from mxnet.context import cpu, cpu_pinned
from mxnet.errors import add_note, also_ours
from mxnet.gluon.data.pool import PoolIter, WorkerError, as_in_context, make_batch
from mxnet.gluon.data.sampler import BatchSampler, RandomSampler, SequentialSampler
from mxnet.gluon.errors import CheckError
from mxnet.historic import lend
from mxnet.ndarray import NDArray
from mxnet.ops.tools.device import generator_of

__all__ = ["DataLoader", "default_batchify_fn", "default_mp_batchify_fn"]

Batchify = Callable[[list[Any]], Any]


def default_batchify_fn(data: Sequence[Any]) -> Any:
    """Return samples put together: arrays stacked, numbers as an array, the parts of tuples each by itself.

    Examples
    --------
    >>> data, label = default_batchify_fn([([1.0, 2.0], 0), ([3.0, 4.0], 1)])
    >>> data.shape, label.asnumpy().tolist()
    ((2, 2), [0, 1])
    """
    if isinstance(data[0], NDArray):
        return nd.stack(*data)
    if isinstance(data[0], tuple):
        return [default_batchify_fn(part) for part in zip(*data, strict=True)]
    array = np.asarray(data)
    return nd.array(array, dtype=array.dtype)


default_mp_batchify_fn = default_batchify_fn


class DataLoader:
    """Yields batches of a data set.

    Parameters
    ----------
    dataset : Dataset
        Or anything that has a length and gives a sample for each position.
    batch_size : int
        How many samples make a batch; not needed with a `batch_sampler`.
    shuffle : bool
        Whether samples come in another order each time, drawn by ``numpy.random``.
    sampler : Sampler, optional
        Which samples come in which order, instead of `shuffle`.
    last_batch : {'keep', 'discard', 'rollover'}, default 'keep'
        As of `BatchSampler`.
    batch_sampler : Sampler, optional
        Yields lists of positions, instead of all of these.
    batchify_fn : callable, optional
        Makes a batch of a list of samples; `default_batchify_fn` otherwise.
    num_workers : int, default 0
        How many processes make batches; 0 for none but this one.
    pin_memory : bool
        Whether batches are copied to memory that graphics cards read faster.
    pin_device_id : int
        Of the graphics card.
    prefetch : int, optional
        How many batches may wait to be used; twice the number of workers by default.
    thread_pool : bool
        Whether workers are threads, not processes.
    timeout : int, default 120
        How many seconds a batch may take.
    auto_reload : bool
        Accepted for MXNet's sake; the workers live as long as the loader.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = None,
        shuffle: bool = False,
        sampler: Iterable[Any] | None = None,
        last_batch: str | None = None,
        batch_sampler: Iterable[Any] | None = None,
        batchify_fn: Batchify | None = None,
        num_workers: int = 0,
        pin_memory: bool = False,
        pin_device_id: int = 0,
        prefetch: int | None = None,
        thread_pool: bool = False,
        timeout: float = 120,
        auto_reload: bool = False,
    ) -> None:
        self._dataset = dataset
        self._batch_sampler = _batch_sampler(dataset, batch_size, shuffle, sampler, last_batch, batch_sampler)
        self._batchify_fn = batchify_fn or default_batchify_fn
        self._num_workers = max(num_workers, 0)
        self._prefetch = max(0, 2 * self._num_workers if prefetch is None else int(prefetch))
        self._pin_memory = pin_memory
        self._pin_device_id = pin_device_id
        self._thread_pool = thread_pool
        self._timeout = timeout
        self._auto_reload = auto_reload
        if timeout <= 0:
            raise CheckError(f"timeout must be above 0 seconds, got {timeout}.")
        self._loader: Any = None
        self._in_use = False

    def __len__(self) -> int:
        return len(self._batch_sampler)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Any]:
        batches: Iterator[Any]
        if not self._num_workers:
            make = functools.partial(make_batch, batchify_fn=self._batchify_fn, dataset=self._dataset)
            batches = map(make, self._batch_sampler)
        elif self._thread_pool:
            batches = self._by_threads()
        else:
            batches = self._by_processes()
        if not self._pin_memory:
            return batches
        pinned = cpu_pinned(self._pin_device_id)
        return (as_in_context(batch, pinned) for batch in batches)

    def _by_threads(self) -> Iterator[Any]:
        with ThreadPool(self._num_workers) as threads:
            yield from PoolIter(
                threads,
                self._batchify_fn,
                self._batch_sampler,
                prefetch=self._prefetch,
                dataset=self._dataset,
                timeout=self._timeout,
            )

    def _by_processes(self) -> Iterator[Any]:
        if self._in_use:  # by another loop, which has not come to its end
            yield from self._from_workers(self._new_loader(persistent=False))
            return
        if self._loader is None:
            self._loader = self._new_loader(persistent=True)
        self._in_use = True
        try:
            yield from self._from_workers(self._loader)
        finally:
            self._in_use = False

    def _new_loader(self, persistent: bool) -> Any:
        on_posix = "fork" in multiprocessing.get_all_start_methods()
        seed = int(torch.randint(2**62, (), generator=generator_of(cpu())))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that there are more workers than cores
            return torch.utils.data.DataLoader(
                _Batches(self._dataset, self._batchify_fn),  # type: ignore[arg-type]
                batch_size=None,
                sampler=self._batch_sampler,
                num_workers=self._num_workers,
                collate_fn=_as_it_is,
                prefetch_factor=max(1, -(-self._prefetch // self._num_workers)),
                timeout=self._timeout,
                persistent_workers=persistent,
                worker_init_fn=_begin_worker,
                # As in MXNet: so that data sets need not be pickled, and scripts need no main guard.
                multiprocessing_context="fork" if on_posix else None,
                generator=torch.Generator().manual_seed(seed),
            )

    def _from_workers(self, loader: Any) -> Iterator[Any]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # that this process has threads
            made = iter(loader)
        while True:
            try:
                batch = next(made, _END)
            except RuntimeError as error:  # of the machinery: what workers raise is handed on as a batch
                self.clean()
                raise WorkerError(f"The workers of a DataLoader failed: {error}") from None
            if batch is _END:
                return
            if isinstance(batch, _Failure):
                batch.reraise()
            yield _arrays_of(batch)

    def clean(self) -> None:
        """End the workers."""
        self._loader = None
        self._in_use = False

    def refresh(self) -> None:
        """Let the next loop begin with new workers, which see the data set as it is then."""
        self.clean()


def _batch_sampler(
    dataset: Any,
    batch_size: int | None,
    shuffle: bool,
    sampler: Iterable[Any] | None,
    last_batch: str | None,
    batch_sampler: Iterable[Any] | None,
) -> Iterable[Any]:
    if batch_sampler is not None:
        if batch_size is not None or shuffle or sampler is not None or last_batch is not None:
            raise CheckError(
                "batch_size, shuffle, sampler and last_batch must not be specified if batch_sampler is."
            )
        return batch_sampler
    if batch_size is None:
        raise CheckError("batch_size must be specified unless batch_sampler is.")
    if sampler is None:
        sampler = RandomSampler(len(dataset)) if shuffle else SequentialSampler(len(dataset))
    elif shuffle:
        raise CheckError("shuffle must not be specified if sampler is.")
    return BatchSampler(sampler, batch_size, last_batch or "keep")


# --------------------------------------------------------------------------------------- in worker processes

_END = object()


class _Shared(NamedTuple):
    """An array on its way, in memory that both processes see."""

    tensor: torch.Tensor


class _Failure(NamedTuple):
    """What a worker raised, and where."""

    error: Exception | None
    text: str

    def reraise(self) -> None:
        if self.error is None:
            raise WorkerError(f"A worker of a DataLoader failed:\n{self.text}")
        error = also_ours(self.error)
        add_note(error, f"It was raised in a worker of a DataLoader:\n{self.text}")
        raise error


class _Batches:
    """What PyTorch's workers ask for: the batch of a list of positions."""

    def __init__(self, dataset: Any, batchify_fn: Batchify) -> None:
        self._dataset = dataset
        self._batchify_fn = batchify_fn

    def __getitem__(self, positions: Sequence[int]) -> Any:
        try:
            return _shared(make_batch(positions, self._batchify_fn, self._dataset))
        except Exception as error:
            text = traceback.format_exc()
            try:
                pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
            except Exception:
                return _Failure(None, text)
            return _Failure(error, text)


def _shared(batch: Any) -> Any:
    """Return a batch whose dense arrays are tensors, which PyTorch hands on without a copy."""
    if isinstance(batch, NDArray) and batch.stype == "default":
        return _Shared(batch._tensor)
    return _map(_shared, batch)


def _arrays_of(batch: Any) -> Any:
    if isinstance(batch, _Shared):
        return NDArray._from_tensor(batch.tensor, cpu())
    return _map(_arrays_of, batch)


def _map(function: Callable[[Any], Any], batch: Any) -> Any:
    """Apply a function to what lists, tuples and dictionaries hold."""
    if isinstance(batch, dict):
        return {key: function(value) for key, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*map(function, batch))
    return type(batch)(map(function, batch)) if type(batch) in (list, tuple) else batch


def _as_it_is(batch: Any) -> Any:
    return batch


def _begin_worker(_: int) -> None:
    if "cv2" in sys.modules:  # its threads are not forked along, and would be waited for
        sys.modules["cv2"].setNumThreads(0)


lend(__name__)
