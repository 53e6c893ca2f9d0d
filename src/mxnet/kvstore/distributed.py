"""The store of several processes: what all workers push is added up, and each worker updates its copy."""

from __future__ import annotations

import functools
import operator
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mxnet.config import knob
from mxnet.context import cpu
from mxnet.kvstore.base import KVStoreBase
from mxnet.kvstore.exchange import Bucket, CodedBucket, Courier, Part, Rows, cut, rows_of_first
from mxnet.kvstore.kvstore import Key, KVStore
from mxnet.kvstore.rehearsal import Rehearsal, Values
from mxnet.kvstore.workers import join_workers

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ndarray import NDArray
    from mxnet.optimizer import Optimizer

__all__ = ["KVStoreDist"]


@KVStoreBase.register
class KVStoreDist(KVStore):
    """Keeps arrays by key, the same in every worker.

    There are no servers: what is pushed is added up over all workers by ``torch.distributed``, in messages of
    many gradients that are under way while the worker goes on, until somebody asks for what comes of them;
    those of a push like the one before begin while backward still computes other gradients (see `rehearsal`).
    Every worker then runs the updater on its own copy; as all start from the values of worker 0 and see
    the same sums, the copies stay the same.

    All workers push the same keys in the same order. `pull`, which sends nothing, is free.

    Parameters
    ----------
    kind : str, default 'dist_sync'
        ``dist_sync`` adds up on the CPU, ``dist_device_sync`` where the first of the pushed arrays is.
    """

    def __init__(self, kind: str = "dist_sync") -> None:
        super().__init__(kind)
        self._workers = join_workers()
        self._parts: dict[Any, Part] = {}
        self._rehearsal: Rehearsal | None = None
        self._under_way: deque[Part] = deque()
        self._awaited: set[Key] = set()
        self._left: dict[Key, Tensor] = {}
        self._courier: Courier | None = None

    @property
    def sent_bytes(self) -> int:
        """How many bytes of gradients this worker has handed to messages so far."""
        return 0 if self._courier is None else self._courier.sent_bytes

    @property
    def rank(self) -> int:
        """The number of this worker."""
        return self._workers.rank

    @property
    def num_workers(self) -> int:
        """How many workers there are."""
        return self._workers.size

    def init(self, key: Any, value: Any) -> None:
        """Put the first value of a key, or of each of several keys, in the store: that of worker 0.

        Parameters
        ----------
        key : int, str or list of them
        value : NDArray or list of NDArray
        """
        super().init(key, value)
        keys = [one for one, _ in self._grouped(key, value)]
        self._workers.agree(f"init({keys})")
        for one in keys:
            stored = self._stored[one]
            if stored.stype == "default":
                self._workers.take_first(stored._tensor)
            else:
                rows_of_first(self._workers, stored)

    def push(self, key: Any, value: Any, priority: int = 0) -> None:
        """Begin to add up the values of a key over all workers; the updater gets the sum, or it is kept.

        Parameters
        ----------
        key : int, str or list of them
        value : NDArray, or list of NDArray, or list of such lists
            The arrays of a key, one for each device of this worker.
        priority : int
            Accepted for MXNet's sake.
        """
        values = dict(self._pushed(key, value))
        courier = self._courier = self._courier or Courier(self._workers)
        last = self._rehearsal
        if len(values) > 1:
            if last is None or not last.is_of(values):
                may_begin = functools.partial(operator.not_, self._under_way)
                self._rehearsal = Rehearsal(values, self._cut(values, courier), courier, may_begin)
            assert self._rehearsal is not None
            self._under_way.extend(self._rehearsal.perform(last))
        else:
            if last is not None:
                last.begin_rest()
            for part, inside in self._cut(values, courier):
                part.start(inside)
                self._under_way.append(part)
        self._awaited.update(values)

    def _cut(self, values: Values, courier: Courier) -> list[tuple[Part, Values]]:
        """Return the messages in which values are sent, each with what goes into it."""
        return [
            (self._part_for(inside, courier), inside) for inside in cut(values, knob("MXNET_KVSTORE_BUCKET"))
        ]

    def _part_for(self, inside: Values, courier: Courier) -> Part:
        likes = {one: values[0] for one, values in inside.items()}
        first = next(iter(likes.values()))
        place = first.context if "device" in self._type else cpu(0)
        is_coded = self._threshold is not None and first._dtype_name == "float32"
        kind = "rows" if any(each.stype != "default" for each in inside[next(iter(inside))]) else is_coded
        known = (tuple((one, like.shape) for one, like in likes.items()), first._dtype_name, place, kind)
        if known not in self._parts:
            if kind == "rows":
                self._parts[known] = Rows(courier, next(iter(likes)), self._added_up)
            elif is_coded:
                assert self._threshold is not None
                self._parts[known] = CodedBucket(courier, likes, place, self._threshold, self._left)
            else:
                self._parts[known] = Bucket(courier, likes, place)
        return self._parts[known]

    def _take(self, totals: dict[Key, NDArray]) -> None:
        if self._updater is None:  # rows that nobody pushed stay, unlike in a store of one process
            sparse = [one for one in totals if self._stored[one].stype == "row_sparse"]
            for one in sparse:
                values, rows = totals.pop(one).tostype("row_sparse")._stored().parts
                self._stored[one]._write_rows(rows, values)
        super()._take(totals)

    def _lookup(self, key: Key) -> NDArray:
        while key in self._awaited:
            self._finish_one()
        return super()._lookup(key)

    def _finish_one(self) -> None:
        """Wait for the oldest message; what comes of it is taken while the next ones are under way."""
        totals = self._under_way.popleft().finish()
        self._awaited -= totals.keys()
        self._take(totals)

    def _finish(self) -> None:
        while self._under_way:
            self._finish_one()

    def set_optimizer(self, optimizer: Optimizer) -> None:
        """Update what is kept by an optimizer, with what is pushed as its gradient.

        Every worker has to give an equal one, and to change it alike.
        """
        super().set_optimizer(optimizer)

    def _set_updater(self, updater: Callable[[Key, NDArray, NDArray], None]) -> None:
        self._finish()
        super()._set_updater(updater)

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        """Save the optimizer's states to a file; all workers have the same."""
        self._finish()
        super().save_optimizer_states(fname, dump_optimizer)

    def _bytes_of_first(self, data: bytes) -> bytes:
        """Return what worker 0 has given; all workers call this."""
        self._finish()
        return self._workers.first_bytes(data)

    def _barrier(self) -> None:
        """Wait until all workers are here."""
        self._finish()
        self._workers.agree("a barrier")
