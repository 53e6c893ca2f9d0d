"""Gradients on their way between workers: many in one message, in two bits each, or some rows only.

What is sent is copied when it starts; a thread sends one after the other, while the worker goes on.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

from mxnet.kvstore.compression import packed, take_codes, unpacked
from mxnet.kvstore.workers import DisorderError
from mxnet.lazy import torch
from mxnet.ndarray import NDArray
from mxnet.ndarray.sparse import RowSparseNDArray
from mxnet.ops.tools.device import torch_device

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.context import Context
    from mxnet.kvstore.workers import Workers

__all__ = ["Bucket", "CodedBucket", "Courier", "Part", "Rows", "cut", "rows_of_first"]

Key = int | str


class Courier:
    """Sends messages in the order in which it gets them, beside what the worker does.

    Parameters
    ----------
    workers : Workers
        All of them, each of which makes one at the same time.

    Attributes
    ----------
    sent_bytes : int
        How many bytes of gradients have been handed to it so far.
    """

    def __init__(self, workers: Workers) -> None:
        self.workers = workers.beside()
        self._thread = ThreadPoolExecutor(1, "gradients")
        self.sent_bytes = 0

    def send(self, exchange: Callable[[], None], n_bytes: int = 0) -> Future[None]:
        """Run a function that talks with the other workers, once those before it are done."""
        self.sent_bytes += n_bytes
        return self._thread.submit(exchange)


class Part(Protocol):
    """Some of what is pushed, that is sent together."""

    def start(self, values: Mapping[Key, Sequence[NDArray]]) -> None:
        """Add up what the devices of this worker have of each key, and begin to do so over all workers."""

    def finish(self) -> dict[Key, NDArray]:
        """Wait until the sums are there, and return them.

        Raises
        ------
        DisorderError
            If other workers have added up something else.
        """

    def drop(self) -> None:
        """Wait, and be as if it had never started."""


class Bucket:
    """Arrays of several keys that are added up over all workers in one message.

    They keep their memory, which is filled again and again.

    Parameters
    ----------
    courier : Courier
        Who sends them.
    likes : dict of int or str to NDArray
        By key, an array of the shape and dtype of what will be added up.
    place : Context
        On which device.

    Attributes
    ----------
    totals : dict of int or str to NDArray
        The sums, by key; valid after `finish`.
    """

    def __init__(self, courier: Courier, likes: Mapping[Key, NDArray], place: Context) -> None:
        self._courier, self._workers = courier, courier.workers
        first = next(iter(likes.values()))
        sizes = [like.size for like in likes.values()]
        # Behind the arrays stands a number that tells of the keys: sums of other keys would show.
        self._flat = torch.empty(sum(sizes) + 1, dtype=first._tensor.dtype, device=torch_device(place))
        parts = torch.split(self._flat[:-1], sizes)
        views = [part.view(like.shape) for part, like in zip(parts, likes.values(), strict=True)]
        self.totals = {key: NDArray._from_tensor(view, place) for key, view in zip(likes, views, strict=True)}
        self._mark = _mark(list(likes), self._flat.dtype, self._workers.size)
        self._sent: Future[None] = Future()

    def start(self, values: Mapping[Key, Sequence[NDArray]]) -> None:
        """Add up what the devices of this worker have of each key, and begin to do so over all workers."""
        self._fill(values)
        self._flat[-1] = self._mark
        self._sent = self._courier.send(lambda: self._workers.add_up(self._flat), self._flat.nbytes)

    def _fill(self, values: Mapping[Key, Sequence[NDArray]]) -> None:
        views = [total._tensor for total in self.totals.values()]
        torch._foreach_copy_(views, [values[key][0]._tensor for key in self.totals])
        for key, total in self.totals.items():
            for other in values[key][1:]:
                total._tensor.add_(other._tensor.to(total._tensor.device))

    def finish(self) -> dict[Key, NDArray]:
        """Wait until the sums are there, and return them.

        Raises
        ------
        DisorderError
            If other workers have added up something else.
        """
        self._sent.result()
        # To look at a number on another device would be to wait for all that runs there.
        if self._flat.device.type == "cpu" and self._flat[-1] != self._mark * self._workers.size:
            raise DisorderError(
                f"Worker {self._workers.rank} adds up what is kept under {list(self.totals)}, others add up "
                "something else. All workers push the same keys in the same order."
            )
        return dict(self.totals)

    def drop(self) -> None:
        """Wait, and be as if it had never started."""
        self._sent.result()


class CodedBucket(Bucket):
    """Arrays that are added up in two bits for each number, and carry the rest over to the next time.

    Parameters
    ----------
    courier, likes, place
        As of `Bucket`.
    threshold : float
        What one step up or down stands for.
    left : dict of int or str to Tensor
        What has not been sent yet, by key; it is kept here, too.
    """

    def __init__(
        self,
        courier: Courier,
        likes: Mapping[Key, NDArray],
        place: Context,
        threshold: float,
        left: dict[Key, Tensor],
    ) -> None:
        super().__init__(courier, likes, place)
        self._threshold, self._left = threshold, left
        self._count = len(self._flat) - 1
        self._found: list[Tensor] = []
        self._before: dict[Key, Tensor] = {}
        for key, total in self.totals.items():
            left.setdefault(key, torch.zeros_like(total._tensor).view(-1))

    def start(self, values: Mapping[Key, Sequence[NDArray]]) -> None:
        """Add what the devices have to what is left, and begin to send around what that comes to."""
        self._fill(values)
        codes = []
        for key, total in self.totals.items():
            self._before[key] = self._left[key]
            left = self._left[key] = self._left[key] + total._tensor.view(-1)
            codes.append(take_codes(left, self._threshold))
        data = packed(torch.cat(codes))
        self._sent = self._courier.send(lambda: self._exchange(data), data.nbytes)

    def _exchange(self, data: Tensor) -> None:
        self._found = self._workers.gather(data)

    def drop(self) -> None:
        """Wait, and be as if it had never started."""
        super().drop()
        self._left.update(self._before)

    def finish(self) -> dict[Key, NDArray]:
        """Wait until the codes of all workers are there, and return their sums."""
        self._sent.result()
        self._before.clear()
        total = self._flat[:-1].zero_()
        for data in self._found:
            total.add_(unpacked(data, self._count), alpha=self._threshold)
        self._found = []
        return dict(self.totals)


class Rows:
    """A row-sparse array that is added up over all workers, of which only rows that are there are sent.

    Parameters
    ----------
    courier : Courier
        Who sends it.
    key : int or str
        What it is kept under.
    added_up : callable
        Returns the sum of what the devices have of a key.
    """

    def __init__(
        self, courier: Courier, key: Key, added_up: Callable[[Key, Sequence[NDArray]], NDArray]
    ) -> None:
        self._courier, self._key, self._added_up = courier, key, added_up
        self._sent: Future[None] = Future()

    def start(self, values: Mapping[Key, Sequence[NDArray]]) -> None:
        """Add up what the devices of this worker have, and begin to do so over all workers."""
        self._array = self._added_up(self._key, values[self._key]).tostype("row_sparse")
        n_bytes = sum(part.nbytes for part in self._array._stored().parts)
        self._sent = self._courier.send(self._exchange, n_bytes)

    def _exchange(self) -> None:
        self._array = _sum_of_rows(self._courier.workers, self._array)

    def finish(self) -> dict[Key, NDArray]:
        """Wait until the sum is there, and return it."""
        self._sent.result()
        return {self._key: self._array}

    def drop(self) -> None:
        """Wait, and be as if it had never started."""
        self._sent.result()


def cut(values: Mapping[Key, Sequence[NDArray]], at: int) -> Iterator[dict[Key, Sequence[NDArray]]]:
    """Yield what is sent together: arrays of one dtype and device, of about as many bytes as `at`, or rows.

    The last come first: their gradients are known first.
    """
    open_: dict[object, dict[Key, Sequence[NDArray]]] = {}
    sizes: dict[object, int] = {}
    for key, arrays in reversed([*values.items()]):
        if any(each.stype != "default" for each in arrays):
            yield {key: arrays}
            continue
        tensor = arrays[0]._tensor
        kind = tensor.dtype, tensor.device
        if sizes.get(kind, 0) + tensor.nbytes > at and kind in open_:
            yield open_.pop(kind)
            sizes[kind] = 0
        open_.setdefault(kind, {})[key] = arrays
        sizes[kind] = sizes.get(kind, 0) + tensor.nbytes
    yield from open_.values()


def _sum_of_rows(workers: Workers, array: NDArray) -> NDArray:
    """Return the sum of row-sparse arrays of all workers, of which only rows that are there are sent."""
    values, rows = array._stored().parts
    counts = [int(each) for each in workers.gather(torch.tensor([len(rows)], device=rows.device))]
    most = max(counts)
    all_rows = workers.gather(_lengthened(rows, most))
    all_values = workers.gather(_lengthened(values.contiguous(), most))
    rows = torch.cat([each[:count] for each, count in zip(all_rows, counts, strict=True)])
    values = torch.cat([each[:count] for each, count in zip(all_values, counts, strict=True)])
    kept, place = torch.unique(rows, return_inverse=True)
    total = values.new_zeros(len(kept), *values.shape[1:]).index_add_(0, place, values)
    return RowSparseNDArray._from_stored(array._stored()._replace(parts=(total, kept)), array.context)


def rows_of_first(workers: Workers, array: NDArray) -> None:
    """Overwrite a row-sparse array with that of the first worker."""
    values, rows = array._stored().parts
    count = torch.tensor([len(rows)], device=rows.device)
    workers.take_first(count)
    if workers.rank != 0:
        values, rows = values.new_empty(int(count), *values.shape[1:]), rows.new_empty(int(count))
    values = values.contiguous()
    workers.take_first(values)
    workers.take_first(rows)
    array._put(array._stored()._replace(parts=(values, rows)))


def _lengthened(tensor: Tensor, count: int) -> Tensor:
    longer = tensor.new_zeros(count, *tensor.shape[1:])
    longer[: len(tensor)] = tensor
    return longer


def _mark(keys: Sequence[Key], dtype: torch.dtype, size: int) -> int:
    """Return a number that stands for keys, of which a sum over all workers is still exact."""
    whole = dtype.is_floating_point
    most = min(int(2 / torch.finfo(dtype).eps), 2**24) if whole else torch.iinfo(dtype).max
    return zlib.crc32(repr(keys).encode()) % max(1, most // size)
