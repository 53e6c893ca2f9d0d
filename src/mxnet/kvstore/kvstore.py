"""The store of one process: adds up what several devices push, and keeps or updates it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet import ndarray as nd
from mxnet.context import cpu
from mxnet.errors import ShapeError, did_you_mean
from mxnet.files import atomic_write, read_file
from mxnet.kvstore.base import KVStoreBase, StoreError
from mxnet.kvstore.compression import take_codes
from mxnet.lazy import torch
from mxnet.ndarray import NDArray
from mxnet.ndarray.sparse import RowSparseNDArray
from mxnet.optimizer import Updater, get_updater

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import Tensor

    from mxnet.optimizer import Optimizer

__all__ = ["KVStore"]

Key = int | str


class MissingKeyError(StoreError, KeyError):
    """Nothing is kept under a key."""

    def __str__(self) -> str:  # KeyError would print the repr of the message
        return str(self.args[0])


@KVStoreBase.register
class KVStore(KVStoreBase):
    """Keeps arrays by key; what is pushed takes their place, or updates them once an optimizer is set.

    Parameters
    ----------
    kind : str, default 'local'
        ``local`` adds up on the CPU, ``device`` where the first of the pushed arrays is.

    Examples
    --------
    >>> import mxnet as mx
    >>> store = mx.kv.create("local")
    >>> store.init("weight", mx.nd.zeros((2,)))
    >>> store.push("weight", [mx.nd.ones((2,)), mx.nd.ones((2,))])
    >>> out = mx.nd.zeros((2,))
    >>> store.pull("weight", out=out)
    >>> out.asnumpy()
    array([2., 2.], dtype=float32)
    """

    def __init__(self, kind: str = "local") -> None:
        self._type = kind
        self._stored: dict[Key, NDArray] = {}
        self._key_type: type | None = None
        self._updater: Callable[[Key, NDArray, NDArray], None] | None = None
        self._threshold: float | None = None
        self._residuals: dict[tuple[Key, int], NDArray] = {}
        self._sums: dict[Key, NDArray] = {}

    @property
    def type(self) -> str:
        """The name of the kind of store."""
        return self._type

    @property
    def rank(self) -> int:
        """0: there is one worker."""
        return 0

    @property
    def num_workers(self) -> int:
        """1: there is one worker."""
        return 1

    @staticmethod
    def is_capable(capability: str) -> bool:
        """Whether the store can do something: it can run an optimizer."""
        if capability != KVStoreBase.OPTIMIZER:
            raise StoreError(f"{capability!r} is no known capability. Known: {KVStoreBase.OPTIMIZER!r}.")
        return True

    def init(self, key: Any, value: Any) -> None:
        """Put the first value of a key, or of each of several keys, in the store.

        Parameters
        ----------
        key : int, str or list of them
        value : NDArray or list of NDArray
        """
        for one, values in self._grouped(key, value):
            if one in self._stored or len(values) != 1:
                raise StoreError(
                    f"The key {one!r} has a value already. Each key is initialized once, then pushed to."
                )
            self._stored[one] = values[0].copy()

    def push(self, key: Any, value: Any, priority: int = 0) -> None:
        """Add up the values of a key and hand the sum to the updater, or keep it if there is none.

        Parameters
        ----------
        key : int, str or list of them
        value : NDArray, or list of NDArray, or list of such lists
            The arrays of a key, one for each device.
        priority : int
            Accepted for MXNet's sake.
        """
        self._take({one: self._added_up(one, values) for one, values in self._pushed(key, value)})

    def _pushed(self, key: Any, value: Any) -> Iterator[tuple[Key, list[NDArray]]]:
        """Yield each key with what is pushed under it, which is to fit what is kept."""
        for one, values in self._grouped(key, value):
            stored = self._lookup(one)
            for given in values:
                if given.shape != stored.shape:
                    raise ShapeError(
                        f"The key {one!r} holds the shape {stored.shape}, but {given.shape} was pushed."
                    )
            yield one, values

    def _take(self, totals: dict[Key, NDArray]) -> None:
        """Hand sums to the updater, or keep them if there is none."""
        for one, total in totals.items():
            stored = self._stored[one]
            if "device" in self._type:  # what is kept moves to where gradients are added up
                self._stored[one] = stored.as_in_context(total.context)
            else:
                totals[one] = total.as_in_context(stored.context)
        if self._updater is None:
            self._stored.update((one, t.tostype(self._stored[one].stype)) for one, t in totals.items())
        elif type(self._updater) is Updater and self._updater.optimizer.steps_together:
            self._updater(list(totals), list(totals.values()), [self._stored[one] for one in totals])
        else:
            for one, total in totals.items():
                self._updater(one, total, self._stored[one])

    def pull(self, key: Any, out: Any = None, priority: int = 0, ignore_sparse: bool = True) -> None:
        """Copy the value of a key into arrays.

        Parameters
        ----------
        key : int, str or list of them
        out : NDArray, or list of NDArray, or list of such lists
        priority : int
            Accepted for MXNet's sake.
        ignore_sparse : bool
            Whether row-sparse arrays among `out` stay as they are; `row_sparse_pull` fills them.
        """
        if out is None:
            raise StoreError("pull needs the arrays to copy into: pull(key, out=array).")
        targets: list[Tensor] = []
        sources: list[Tensor] = []
        for one, outs in self._grouped(key, out):
            stored = self._lookup(one)
            for target in outs:
                if target.shape != stored.shape:
                    raise ShapeError(
                        f"The key {one!r} holds the shape {stored.shape}, but `out` has {target.shape}."
                    )
                if target.stype == stored.stype == "default":
                    targets.append(target._tensor)
                    sources.append(stored._tensor)
                elif not (ignore_sparse and target.stype == "row_sparse"):
                    stored._stored_as(target.stype).copyto(target)
        if targets:
            torch._foreach_copy_(targets, sources)

    def pushpull(self, key: Any, value: Any, out: Any = None, priority: int = 0) -> None:
        """Push values, and copy the result into `out`, or into the values themselves."""
        self.push(key, value, priority)
        self.pull(key, value if out is None else out, priority)

    def broadcast(self, key: Any, value: Any, out: Any, priority: int = 0) -> None:
        """Put the first value of a key in the store, and copy it into `out`."""
        self.init(key, value)
        self.pull(key, out, priority)

    def row_sparse_pull(self, key: Any, out: Any = None, priority: int = 0, row_ids: Any = None) -> None:
        """Copy some rows of the value of a key into row-sparse arrays.

        Parameters
        ----------
        key : int, str or list of them
        out : RowSparseNDArray, or list of them, or list of such lists
        priority : int
            Accepted for MXNet's sake.
        row_ids : NDArray, or list of NDArray, or list of such lists
            The rows; one array for all of `out`, or one for each, or for each key.
        """
        if out is None or row_ids is None:
            raise StoreError(
                "row_sparse_pull needs arrays and rows: row_sparse_pull(key, out=array, row_ids=rows)."
            )
        groups = dict(self._grouped(key, out))
        if isinstance(row_ids, (list, tuple)) and (len(row_ids) > 1 or isinstance(row_ids[0], (list, tuple))):
            rows_of = dict(self._grouped(key, row_ids))
        else:
            rows_of = dict.fromkeys(groups, [*row_ids] if isinstance(row_ids, (list, tuple)) else [row_ids])
        for one, outs in groups.items():
            stored, rows = self._lookup(one), rows_of[one]
            if len(rows) not in {1, len(outs)}:
                raise StoreError(
                    f"The key {one!r} is pulled into {len(outs)} arrays, but for {len(rows)} rows."
                )
            for target, each in zip(outs, rows if len(rows) == len(outs) else rows * len(outs), strict=True):
                if not isinstance(target, RowSparseNDArray):
                    raise StoreError(
                        f"row_sparse_pull copies into row_sparse arrays, got {target.stype}. Use pull."
                    )
                kept = np.asarray(each.asnumpy() if isinstance(each, NDArray) else each, "int64").reshape(-1)
                if (np.diff(kept) <= 0).any():
                    kept = np.unique(kept)
                target._copy_rows(
                    stored, nd.array(kept[(kept >= 0) & (kept < stored.shape[0])], dtype="int64")
                )

    def set_optimizer(self, optimizer: Optimizer) -> None:
        """Update what is kept by an optimizer, with what is pushed as its gradient."""
        self._set_updater(get_updater(optimizer))

    def _set_updater(self, updater: Callable[[Key, NDArray, NDArray], None]) -> None:
        self._updater = updater

    def set_gradient_compression(self, compression_params: dict[str, Any]) -> None:
        """Round what is pushed to three values, and carry the rest over to the next time.

        Parameters
        ----------
        compression_params : dict
            ``{"type": "2bit", "threshold": 0.5}``: values become ``-threshold``, 0 or ``threshold``.
        """
        if not any(kind in self._type for kind in ("device", "dist")):
            raise StoreError(f"Gradients are compressed by stores of type 'device', not by {self._type!r}.")
        kind = compression_params.get("type")
        if kind != "2bit":
            raise StoreError(f"The compression type is {kind!r}. Expected '2bit'.")
        unknown = set(compression_params) - {"type", "threshold"}
        if unknown:
            name = min(unknown)
            raise StoreError(
                f"{name!r} is no parameter of compression.{did_you_mean(name, ['type', 'threshold'])}"
            )
        self._threshold = float(compression_params.get("threshold", 0.5))

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        """Save the optimizer's states to a file, as a pickle that MXNet reads too.

        Parameters
        ----------
        fname : str
        dump_optimizer : bool
            Whether the optimizer is saved with them.
        """
        data = self._states_of().get_states(dump_optimizer)
        with atomic_write(fname) as file:
            file.write(data)

    def load_optimizer_states(self, fname: str) -> None:
        """Load the optimizer's states from a file."""
        self._states_of().set_states(read_file(fname))

    def _states_of(self) -> Updater:
        if not isinstance(self._updater, Updater):
            raise StoreError("There are no optimizer states: set_optimizer has not been called.")
        return self._updater

    def _barrier(self) -> None:
        """Wait for all workers: there is one."""

    def _bytes_of_first(self, data: bytes) -> bytes:
        """Return what the first worker has given: there is one."""
        return data

    def _send_command_to_servers(self, head: int, body: str) -> None:
        """Tell the servers something: there is none to hear it."""

    def _lookup(self, key: Key) -> NDArray:
        if key not in self._stored:
            raise MissingKeyError(
                f"Nothing is stored under the key {key!r}: init it first."
                f"{did_you_mean(key, [k for k in self._stored if isinstance(k, str)])}"
            )
        return self._stored[key]

    def _grouped(self, key: Any, value: Any) -> Iterator[tuple[Key, list[NDArray]]]:
        """Return each key once, with all arrays given for it."""
        keys, values = (key, value) if isinstance(key, (list, tuple)) else ([key], [value])
        if len(keys) != len(values):
            raise StoreError(f"There are {len(keys)} keys, but {len(values)} values.")
        groups: dict[Key, list[NDArray]] = {}
        for one, given in zip(keys, values, strict=True):
            checked = self._checked(one)
            for array in given if isinstance(given, (list, tuple)) else [given]:
                if not isinstance(array, NDArray):
                    raise StoreError(
                        f"The value of the key {one!r} must be an NDArray, got {type(array).__name__}."
                    )
                groups.setdefault(checked, []).append(array)
        return iter(groups.items())

    def _checked(self, key: Any) -> Key:
        if not isinstance(key, (int, str, np.integer)) or isinstance(key, bool):
            raise StoreError(f"A key is an integer or a text, got {key!r}.")
        checked: Key = key if isinstance(key, str) else int(key)
        self._key_type = self._key_type or type(checked)
        if type(checked) is not self._key_type:
            raise StoreError(
                "The keys of a store are all integers or all texts: the first was "
                f"{self._key_type.__name__}, {key!r} is not."
            )
        return checked

    def _added_up(self, key: Key, values: Sequence[NDArray]) -> NDArray:
        """Return the sum of what devices have of a key, in memory that is filled again by the next push."""
        place = values[0].context if "device" in self._type else cpu(0)
        if self._threshold is not None:
            values = [self._compressed(key, i, value) for i, value in enumerate(values)]
        first = values[0]
        if any(each.stype != "default" or each._dtype_name != first._dtype_name for each in values):
            total = first.as_in_context(place)
            return sum((each.as_in_context(place) for each in values[1:]), total.copy())
        kept = self._sums.get(key)
        if kept is None or (kept._dtype_name, kept.context) != (first._dtype_name, place):
            kept = self._sums[key] = nd.empty(first.shape, place, first._dtype_name)
        parts, result = [each._tensor.to(kept._tensor.device) for each in values], kept._tensor
        if len(parts) == 1:
            result.copy_(parts[0])
        else:
            torch.add(*parts[:2], out=result)
        for part in parts[2:]:
            result.add_(part)
        return kept

    def _compressed(self, key: Key, device: int, value: NDArray) -> NDArray:
        assert self._threshold is not None
        carried = self._residuals.setdefault((key, device), nd.zeros_like(value))
        carried += value
        codes = take_codes(carried._tensor, self._threshold)
        return NDArray._from_tensor(codes.to(carried._tensor.dtype) * self._threshold, value.context)
