"""Data sets: what has a length and gives a sample for each position."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from mxnet import recordio
from mxnet.gluon.data.sampler import FilterSampler, Sampler, SequentialSampler
from mxnet.gluon.errors import CheckError
from mxnet.ndarray import NDArray

__all__ = ["ArrayDataset", "Dataset", "RecordFileDataset", "SimpleDataset"]


class Dataset:
    """Base of all data sets: a subclass writes ``__getitem__`` and ``__len__``.

    Each is a ``torch.utils.data.Dataset``, too, as far as PyTorch's loaders ask.
    """

    def __getitem__(self, idx: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say what its samples are.")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} does not say how many samples it has.")

    def filter(self, fn: Callable[[Any], bool]) -> Dataset:
        """Return the samples of which a function is true; it is called with each, once."""
        return _SampledDataset(self, FilterSampler(fn, self))

    def shard(self, num_shards: int, index: int) -> Dataset:
        """Return one of several parts; the first ones have one more where they do not come out even."""
        if not 0 <= index < num_shards:
            raise CheckError(f"The index of a shard is 0 to {num_shards - 1}, got {index}.")
        size, more = divmod(len(self), num_shards)
        start = size * index + min(index, more)
        return _SampledDataset(self, SequentialSampler(size + (index < more), start))

    def take(self, count: int | None) -> Dataset:
        """Return the first samples; all of them if there are not so many, or for None."""
        if count is None or count > len(self):
            count = len(self)
        return _SampledDataset(self, SequentialSampler(count))

    def sample(self, sampler: Sampler) -> Dataset:
        """Return the samples at the positions of a sampler."""
        if not isinstance(sampler, Sampler):
            raise NotASamplerError(f"sample() takes a Sampler, got {type(sampler).__name__}.")
        return _SampledDataset(self, sampler)

    def transform(self, fn: Callable[..., Any], lazy: bool = True) -> Dataset:
        """Return what a function makes of the samples.

        Parameters
        ----------
        fn : callable
            Is called with a sample; the parts of a tuple are several arguments.
        lazy : bool
            Whether it is called when a sample is asked for; otherwise, for all at once.
        """
        changed = _LazyTransformDataset(self, fn)
        return changed if lazy else SimpleDataset([changed[i] for i in range(len(changed))])

    def transform_first(self, fn: Callable[[Any], Any], lazy: bool = True) -> Dataset:
        """Return samples of whose parts a function has changed the first one; usually the data."""
        return self.transform(_TransformFirstClosure(fn), lazy)


class NotASamplerError(CheckError, TypeError):
    """Something else was given for a sampler."""


class SimpleDataset(Dataset):
    """A list, or anything that has a length and positions, as a data set.

    Parameters
    ----------
    data : list

    Examples
    --------
    >>> SimpleDataset([1, 2, 3]).transform(lambda value: value * 10)[2]
    30
    """

    def __init__(self, data: Sequence[Any]) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: int) -> Any:
        return self._data[idx]


class _LazyTransformDataset(Dataset):
    def __init__(self, data: Dataset, fn: Callable[..., Any]) -> None:
        self._data = data
        self._fn = fn

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: int) -> Any:
        item = self._data[idx]
        return self._fn(*item) if isinstance(item, tuple) else self._fn(item)


class _TransformFirstClosure:
    """A class, not a function, so that it can be pickled."""

    def __init__(self, fn: Callable[[Any], Any]) -> None:
        self._fn = fn

    def __call__(self, first: Any, *others: Any) -> Any:
        return (self._fn(first), *others) if others else self._fn(first)


class _SampledDataset(Dataset):
    def __init__(self, dataset: Dataset, sampler: Sampler) -> None:
        self._dataset = dataset
        self._indices = list(sampler)

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, idx: int) -> Any:
        return self._dataset[self._indices[idx]]


class ArrayDataset(Dataset):
    """Arrays or lists of equal length side by side, whose samples are tuples; of a single one, its elements.

    Parameters
    ----------
    *args : list or array
        NDArrays of one dimension, as labels are, give numbers.

    Examples
    --------
    >>> ArrayDataset([1, 2, 3], ["a", "b", "c"])[1]
    (2, 'b')
    """

    def __init__(self, *args: Any) -> None:
        if not args:
            raise CheckError("ArrayDataset needs at least one array.")
        self._length = len(args[0])
        self._data = []
        for i, data in enumerate(args):
            if len(data) != self._length:
                raise CheckError(
                    f"All arrays must have the same length: array 0 has {self._length}, array {i} {len(data)}"
                )
            numbers = isinstance(data, NDArray) and data.ndim == 1
            self._data.append(data.asnumpy() if numbers else data)

    def __getitem__(self, idx: int) -> Any:
        if len(self._data) == 1:
            return self._data[0][idx]
        return tuple(data[idx] for data in self._data)

    def __len__(self) -> int:
        return self._length


class RecordFileDataset(Dataset):
    """The records of a file with an index beside it, as byte strings.

    Parameters
    ----------
    filename : str
        The record file; the index has the same name and ends in ``.idx``.
    """

    def __init__(self, filename: str) -> None:
        self.filename = os.fspath(filename)
        self.idx_file = f"{os.path.splitext(self.filename)[0]}.idx"
        self._record = recordio.MXIndexedRecordIO(self.idx_file, self.filename, "r")

    def __getitem__(self, idx: int) -> Any:
        return self._record[idx]

    def __len__(self) -> int:
        return len(self._record)
