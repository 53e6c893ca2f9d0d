"""What iterators yield and promise, and those that read from memory or from other iterators."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mxnet import ndarray as nd
from mxnet.caller import warn
from mxnet.errors import MXNetError, NameLookupError, ShapeError, did_you_mean
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    Indices = np.ndarray[Any, np.dtype[np.int64]]

__all__ = ["DataBatch", "DataDesc", "DataIter", "NDArrayIter", "PrefetchingIter", "ResizeIter"]


class DataError(MXNetError, TypeError):
    """Data is of a kind that an iterator does not take."""


class _NameAndShape(NamedTuple):
    name: str
    shape: tuple[int, ...]


class DataDesc(_NameAndShape):
    """The name and the shape of an input, as a pair that also knows a dtype and a layout.

    Parameters
    ----------
    name : str
    shape : tuple of int
    dtype : type or str, default numpy.float32
    layout : str, default 'NCHW'
        A letter for each axis; ``N`` is the batch.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.io.DataDesc("data", (32, 3, 8, 8)) == ("data", (32, 3, 8, 8))
    True
    """

    dtype: Any
    layout: str | None

    def __new__(
        cls, name: str, shape: Sequence[int], dtype: Any = np.float32, layout: str | None = "NCHW"
    ) -> DataDesc:
        """Attach dtype and layout to the pair."""
        desc = super().__new__(cls, name, shape)  # type: ignore[arg-type]
        desc.dtype = dtype
        desc.layout = layout
        return desc

    def __repr__(self) -> str:
        return f"DataDesc[{self.name},{self.shape},{self.dtype},{self.layout}]"

    @staticmethod
    def get_batch_axis(layout: str | None) -> int:
        """Return the position of the batch in a layout: 0 if there is no layout, -1 if it has no ``N``."""
        return 0 if layout is None else layout.find("N")

    @staticmethod
    def get_list(
        shapes: Iterable[tuple[str, tuple[int, ...]]], types: Iterable[tuple[str, Any]] | None
    ) -> list[DataDesc]:
        """Join lists of names with shapes and of names with dtypes."""
        if types is None:
            return [DataDesc(name, shape) for name, shape in shapes]
        dtypes = dict(types)
        described = []
        for name, shape in shapes:
            if name not in dtypes:
                raise NameLookupError(
                    f"There is a shape for {name!r}, but no dtype.{did_you_mean(name, dtypes)}"
                )
            described.append(DataDesc(name, shape, dtypes[name]))
        return described


class DataBatch:
    """One batch.

    Parameters
    ----------
    data : list of NDArray
        One array for each input.
    label : list of NDArray, optional
        One array for each label.
    pad : int, optional
        How many samples at the end only fill the batch up.
    index : array of int, optional
        Which samples of the data set these are.
    bucket_key : optional
        Which network of a `BucketingModule` the batch is for.
    provide_data, provide_label : list of DataDesc, optional
        What the arrays are; for batches that differ from what their iterator promised.
    """

    def __init__(
        self,
        data: Sequence[NDArray] | None,
        label: Sequence[NDArray] | None = None,
        pad: int | None = None,
        index: Any = None,
        bucket_key: Any = None,
        provide_data: Sequence[Any] | None = None,
        provide_label: Sequence[Any] | None = None,
    ) -> None:
        for what, arrays in (("data", data), ("label", label)):
            if arrays is not None and not isinstance(arrays, (list, tuple)):
                raise DataError(f"The {what} of a batch is a list of NDArrays, got {type(arrays).__name__}.")
        self.data = data
        self.label = label
        self.pad = pad
        self.index = index
        self.bucket_key = bucket_key
        self.provide_data = provide_data
        self.provide_label = provide_label

    def __str__(self) -> str:
        shapes = [None if arrays is None else [a.shape for a in arrays] for arrays in (self.data, self.label)]
        return f"{type(self).__name__}: data shapes: {shapes[0]} label shapes: {shapes[1]}"


class DataIter:
    """Base of all iterators.

    A subclass sets `provide_data` and `provide_label`, and writes `reset` and either `next` alone or
    `iter_next`, `getdata`, `getlabel`, `getpad` and `getindex`.

    Parameters
    ----------
    batch_size : int
    """

    provide_data: Sequence[Any]
    provide_label: Sequence[Any]

    def __init__(self, batch_size: int = 0) -> None:
        self.batch_size = batch_size

    def __iter__(self) -> Iterator[DataBatch]:
        return self

    def reset(self) -> None:
        """Go back to the start."""

    def next(self) -> DataBatch:
        """Return the next batch; raise `StopIteration` at the end."""
        if not self.iter_next():
            raise StopIteration
        return DataBatch(self.getdata(), self.getlabel(), self.getpad(), self.getindex())

    def __next__(self) -> DataBatch:
        return self.next()

    def iter_next(self) -> bool:
        """Move to the next batch; return whether there is one."""
        return False

    def getdata(self) -> Any:
        """Return the data of the current batch."""

    def getlabel(self) -> Any:
        """Return the labels of the current batch."""

    def getindex(self) -> Any:
        """Return which samples the current batch holds, if that is known."""

    def getpad(self) -> Any:
        """Return how many samples only fill the current batch up."""


class _OfBatches(DataIter):
    """Base of the iterators that hand on what others have made, and hold the batch that came last."""

    current_batch: DataBatch | None = None

    def next(self) -> DataBatch:
        """Return the next batch."""
        if not self.iter_next():
            raise StopIteration
        assert self.current_batch is not None
        return self.current_batch

    def getdata(self) -> Any:
        """Return the data of the current batch."""
        return self.current_batch and self.current_batch.data

    def getlabel(self) -> Any:
        """Return the labels of the current batch."""
        return self.current_batch and self.current_batch.label

    def getindex(self) -> Any:
        """Return which samples the current batch holds, if that is known."""
        return self.current_batch and self.current_batch.index

    def getpad(self) -> Any:
        """Return how many samples only fill the current batch up."""
        return self.current_batch and self.current_batch.pad


class ResizeIter(_OfBatches):
    """Makes an epoch of another iterator as long as wanted, starting it over or stopping it early.

    Parameters
    ----------
    data_iter : DataIter
    size : int
        The number of batches of an epoch.
    reset_internal : bool, default True
        Whether every epoch starts the other iterator over.
    """

    def __init__(self, data_iter: DataIter, size: int, reset_internal: bool = True) -> None:
        super().__init__(data_iter.batch_size)
        self.data_iter = data_iter
        self.size = size
        self.reset_internal = reset_internal
        self.cur = 0
        self.provide_data = data_iter.provide_data
        self.provide_label = data_iter.provide_label
        if hasattr(data_iter, "default_bucket_key"):
            self.default_bucket_key = data_iter.default_bucket_key

    def reset(self) -> None:
        """Start a new epoch."""
        self.cur = 0
        if self.reset_internal:
            self.data_iter.reset()

    def iter_next(self) -> bool:
        """Move to the next batch; return whether there is one."""
        if self.cur == self.size:
            return False
        try:
            self.current_batch = self.data_iter.next()
        except StopIteration:
            self.data_iter.reset()
            self.current_batch = self.data_iter.next()
        self.cur += 1
        return True


class PrefetchingIter(_OfBatches):
    """Fetches the next batch of one or more iterators while the current one is in use.

    The batches of several iterators are put together: their data stand side by side, and so do their labels.

    Parameters
    ----------
    iters : DataIter or list of DataIter
    rename_data, rename_label : list of dict, optional
        New names for the data and the labels of each iterator.
    """

    def __init__(
        self,
        iters: DataIter | Sequence[DataIter],
        rename_data: Sequence[Mapping[str, str]] | None = None,
        rename_label: Sequence[Mapping[str, str]] | None = None,
    ) -> None:
        self.iters: list[Any] = list(iters) if isinstance(iters, (list, tuple)) else [iters]
        if not self.iters:
            raise DataError("PrefetchingIter needs at least one iterator.")
        self.n_iter = len(self.iters)
        for renamed in (rename_data, rename_label):
            if renamed is not None and len(renamed) != self.n_iter:
                raise DataError(
                    f"There are {self.n_iter} iterators, but names for {len(renamed)}: {renamed!r}."
                )
        self.rename_data = rename_data
        self.rename_label = rename_label
        super().__init__(_described(next(iter(self.iters[0].provide_data))).shape[0])
        # One thread for each iterator, so that none waits for another.
        self._threads = ThreadPoolExecutor(self.n_iter, thread_name_prefix="PrefetchingIter")
        self._coming: list[Future[DataBatch | None]] = []
        self._fetch()

    @property
    def provide_data(self) -> list[DataDesc]:  # type: ignore[override]
        """What the data of batches are."""
        return _renamed([it.provide_data for it in self.iters], self.rename_data)

    @property
    def provide_label(self) -> list[DataDesc]:  # type: ignore[override]
        """What the labels of batches are."""
        return _renamed([it.provide_label for it in self.iters], self.rename_label)

    def _fetch(self) -> None:
        self._coming = [self._threads.submit(next, it, None) for it in self.iters]

    def __del__(self) -> None:
        if hasattr(self, "_threads"):
            self._threads.shutdown(wait=False, cancel_futures=True)

    def reset(self) -> None:
        """Go back to the start of all iterators."""
        for coming in self._coming:
            coming.result()
        for it in self.iters:
            it.reset()
        self._fetch()

    def iter_next(self) -> bool:
        """Move to the next batch; return whether there is one."""
        batches = [coming.result() for coming in self._coming]
        there = [batch for batch in batches if batch is not None]
        if not there:
            return False
        if len(there) < self.n_iter:
            raise MXNetError(
                f"{self.n_iter - len(there)} of {self.n_iter} iterators ended before the others. All must "
                "have the same number of batches."
            )
        if len({batch.pad for batch in there}) > 1:
            raise MXNetError(
                f"The iterators fill up their batches differently: {[batch.pad for batch in there]}."
            )
        self.current_batch = DataBatch(
            [array for batch in there for array in batch.data or ()],
            [array for batch in there for array in batch.label or ()],
            there[0].pad,
            there[0].index,
            provide_data=self.provide_data,
            provide_label=self.provide_label,
        )
        self._fetch()
        return True


class NDArrayIter(DataIter):
    """Yields batches of arrays in memory.

    Parameters
    ----------
    data : array, list of arrays, or dict of str to array
        NDArrays, numpy arrays (which become float32, whatever they hold) or ``h5py`` data sets, which are
        read batch by batch. The first axis is that of samples. A list's arrays are named ``_0_data``,
        ``_1_data`` ...
    label : the same, optional
    batch_size : int, default 1
    shuffle : bool
        Whether every epoch goes through the samples in a new order, drawn by ``numpy.random``.
    last_batch_handle : {'pad', 'discard', 'roll_over'}
        What becomes of samples that do not fill a batch: filled up with samples from the start, left out, or
        kept for the start of the next epoch.
    data_name, label_name : str
        The names of single arrays.
    layout : str, default 'NCHW'
        The layout that `provide_data` states.

    Examples
    --------
    >>> import mxnet as mx
    >>> import numpy as np
    >>> batches = mx.io.NDArrayIter(np.arange(10).reshape(5, 2), np.arange(5), batch_size=2)
    >>> [(batch.label[0].asnumpy().tolist(), batch.pad) for batch in batches]
    [([0.0, 1.0], 0), ([2.0, 3.0], 0), ([4.0, 0.0], 1)]
    """

    def __init__(
        self,
        data: Any,
        label: Any = None,
        batch_size: int = 1,
        shuffle: bool = False,
        last_batch_handle: str = "pad",
        data_name: str = "data",
        label_name: str = "softmax_label",
        layout: str = "NCHW",
    ) -> None:
        super().__init__(int(batch_size))
        if data is None:
            raise DataError("NDArrayIter needs data, got None.")
        self.data = _named_sources(data, data_name, "data")
        self.label = [] if label is None else _named_sources(label, label_name, "label")
        if not self.data:
            raise DataError(f"NDArrayIter needs data, got {data!r}.")
        if self.batch_size < 1:
            raise ShapeError(f"A batch holds at least one sample, got batch_size={batch_size}.")
        self.num_data: int = self.data[0][1].shape[0]
        if self.num_data == 0:
            raise ShapeError(f"{self.data[0][0]!r} holds no samples: its shape is {self.data[0][1].shape}.")
        for name, source in [*self.data, *self.label]:
            if source.shape[0] < self.num_data:
                raise ShapeError(
                    f"{name!r} holds {source.shape[0]} samples, but {self.data[0][0]!r} holds "
                    f"{self.num_data}."
                )
        if last_batch_handle not in {"pad", "discard", "roll_over"}:
            warn(
                f"last_batch_handle={last_batch_handle!r} counts as 'pad'. Known: 'pad', 'discard' and "
                "'roll_over'."
            )
        self.idx = np.arange(self.num_data)
        self.shuffle = shuffle
        self.last_batch_handle = last_batch_handle
        self.layout = layout
        self.num_source = len(self.data) + len(self.label)
        self.cursor = -self.batch_size
        self._order: Indices = np.arange(self.num_data)
        self._left_over: Indices = self._order[:0]
        if shuffle:
            self._shuffle()

    def _shuffle(self) -> None:
        # As in MXNet, the permutation goes on from epoch to epoch and is applied to the order so far.
        np.random.shuffle(self.idx)  # noqa: NPY002 - scripts seed numpy.random
        self._order = self._order[self.idx]

    @property
    def provide_data(self) -> list[DataDesc]:  # type: ignore[override]
        """What the data of batches are."""
        return [self._describe(*named) for named in self.data]

    @property
    def provide_label(self) -> list[DataDesc]:  # type: ignore[override]
        """What the labels of batches are."""
        return [self._describe(*named) for named in self.label]

    @property
    def data_list(self) -> list[Any]:
        """The arrays of data and labels, without their names."""
        return [source for _, source in (*self.data, *self.label)]

    def _describe(self, name: str, source: Any) -> DataDesc:
        return DataDesc(name, (self.batch_size, *source.shape[1:]), source.dtype, layout=self.layout)

    def hard_reset(self) -> None:
        """Go back to the start, and drop what ``roll_over`` has kept."""
        if self.shuffle:
            self._shuffle()
        self.cursor = -self.batch_size
        self._left_over = self._order[:0]

    def reset(self) -> None:
        """Start a new epoch."""
        self._left_over = self._order[:0]
        unused = self.num_data - self.cursor
        if self.last_batch_handle == "roll_over" and 0 < unused < self.batch_size:
            self._left_over = self._order[self.cursor :]
        if self.shuffle:
            self._shuffle()
        self.cursor = -self.batch_size - len(self._left_over)

    def iter_next(self) -> bool:
        """Move to the next batch; return whether there are samples for one."""
        self.cursor += self.batch_size
        return self.cursor < self.num_data

    def next(self) -> DataBatch:
        """Return the next batch."""
        may_be_short = self.last_batch_handle not in {"discard", "roll_over"}
        if not self.iter_next() or not (may_be_short or self.cursor + self.batch_size <= self.num_data):
            raise StopIteration
        return DataBatch(self.getdata(), self.getlabel(), self.getpad(), None)

    def getdata(self) -> list[NDArray]:
        """Return the data of the current batch."""
        return [self._rows(source) for _, source in self.data]

    def getlabel(self) -> list[NDArray]:
        """Return the labels of the current batch."""
        return [self._rows(source) for _, source in self.label]

    def getpad(self) -> int:
        """Return how many samples only fill the current batch up."""
        if self.last_batch_handle == "roll_over":
            # As in MXNet, the samples that were kept count as filling too.
            return -self.cursor if -self.batch_size < self.cursor < 0 else 0
        return max(0, self.cursor + self.batch_size - self.num_data)

    def _rows(self, source: Any) -> NDArray:
        if self.cursor <= -self.batch_size:
            raise MXNetError("There is no current batch: call next() or iter_next() first.")
        first, last = max(self.cursor, 0), self.cursor + self.batch_size
        if not self.shuffle and self.cursor >= 0 and last <= self.num_data:
            return _as_ndarray(source[first:last])
        positions = np.arange(first, last) % self.num_data
        rows = np.concatenate(
            [self._left_over if self.cursor < 0 else self._order[:0], self._order[positions]]
        )
        return _take(source, rows)


def _named_sources(data: Any, default_name: str, what: str) -> list[tuple[str, Any]]:
    """Give every array a name, and turn what is in memory into NDArrays."""
    if isinstance(data, (list, tuple)):
        named = dict(zip(_default_names(len(data), default_name), data, strict=True))
    elif isinstance(data, dict):
        named = {name: data[name] for name in sorted(data)}
    elif _is_array(data):
        named = {default_name: data}
    else:
        raise DataError(
            f"{what} must be an NDArray, a numpy array, an h5py data set, or a list or dictionary of them, "
            f"got {type(data).__name__}."
        )
    for name, source in named.items():
        if not _is_array(source):
            raise DataError(
                f"{name!r} must be an NDArray, a numpy array or an h5py data set, got "
                f"{type(source).__name__}."
            )
    return [(name, nd.array(s) if isinstance(s, np.ndarray) else s) for name, s in named.items()]


def _default_names(count: int, name: str) -> list[str]:
    return [name] if count == 1 else [f"_{i}_{name}" for i in range(count)]


def _is_array(value: Any) -> bool:
    return isinstance(value, (NDArray, np.ndarray)) or _is_h5py(value)


def _is_h5py(value: Any) -> bool:
    return type(value).__module__.split(".")[0] == "h5py"


def _as_ndarray(rows: Any) -> NDArray:
    return rows if isinstance(rows, NDArray) else nd.array(rows)


def _take(source: Any, rows: Indices) -> NDArray:
    if isinstance(source, NDArray) and source.stype == "default":
        taken: NDArray = source.take(nd.array(rows, ctx=source.context, dtype="int64"))
        return taken
    if isinstance(source, NDArray):
        return nd.array(source.asnumpy()[rows], dtype=source.dtype).tostype(source.stype)
    ordered, back = np.unique(rows, return_inverse=True)  # h5py reads rising positions only
    return nd.array(source[ordered][back])


def _described(desc: Any) -> DataDesc:
    return desc if isinstance(desc, DataDesc) else DataDesc(*desc)


def _renamed(provided: Sequence[Sequence[Any]], names: Sequence[Mapping[str, str]] | None) -> list[DataDesc]:
    return [
        DataDesc((names[i] if names else {}).get(desc.name, desc.name), desc.shape, desc.dtype, desc.layout)
        for i, of_one in enumerate(provided)
        for desc in map(_described, of_one)
    ]
