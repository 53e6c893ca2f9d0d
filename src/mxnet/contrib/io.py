"""Batches of Gluon's DataLoader, for modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from mxnet import ndarray as nd
from mxnet.contrib.checks import CheckError
from mxnet.dtype import DTypeLike
from mxnet.io import DataDesc, DataIter
from mxnet.ndarray import NDArray

__all__ = ["DataLoaderIter"]


class DataLoaderIter(DataIter):
    """Iterates over the batches of a loader, as modules expect it.

    Parameters
    ----------
    loader : iterable of (NDArray, NDArray)
        A ``DataLoader``, or anything else that can be iterated again and again over pairs of data and labels.
    data_name, label_name : str
        What they are called in the network.
    dtype : str, default 'float32'
        Both are converted to it.

    Notes
    -----
    As in MXNet, the shapes are those of the first batch. A smaller one, which only the last should be, is
    filled up with zeros and counts them as ``pad``.

    Examples
    --------
    >>> import mxnet as mx
    >>> pairs = [(mx.nd.ones((4, 3)), mx.nd.zeros(4)), (mx.nd.ones((2, 3)), mx.nd.zeros(2))]
    >>> batches = mx.contrib.io.DataLoaderIter(pairs)
    >>> [(batch.data[0].shape, batch.pad) for batch in batches]
    [((4, 3), 0), ((4, 3), 2)]
    """

    def __init__(
        self,
        loader: Iterable[Any],
        data_name: str = "data",
        label_name: str = "softmax_label",
        dtype: DTypeLike = "float32",
    ) -> None:
        super().__init__()
        self._loader = loader
        self._iter: Iterator[Any] = iter(loader)
        self.dtype = dtype
        try:
            data, label = next(self._iter)
        except StopIteration:
            raise CheckError(f"DataLoaderIter: {loader!r} has no batch to take shapes from.") from None
        except (TypeError, ValueError):
            raise CheckError("DataLoaderIter: every batch must be a pair of data and labels.") from None
        self.batch_size = data.shape[0]
        self.provide_data = [DataDesc(data_name, tuple(data.shape), dtype)]
        self.provide_label = [DataDesc(label_name, tuple(label.shape), dtype)]
        self._current_batch: tuple[Any, Any] | None = None
        self.reset()

    def reset(self) -> None:
        """Start again from the first batch."""
        self._iter = iter(self._loader)

    def iter_next(self) -> bool:
        """Move on to the next batch, if there is one."""
        self._current_batch = next(self._iter, None)
        return self._current_batch is not None

    def getdata(self) -> list[NDArray]:
        """Return the data of this batch."""
        return [self._whole(0)]

    def getlabel(self) -> list[NDArray]:
        """Return the labels of this batch."""
        return [self._whole(1)]

    def getpad(self) -> int:
        """Return how many samples at the end of this batch are none."""
        return 0 if self._current_batch is None else self.batch_size - int(self._current_batch[0].shape[0])

    def getindex(self) -> None:
        """Return None: a loader does not say which samples it took."""
        return

    def _whole(self, which: int) -> NDArray:
        assert self._current_batch is not None
        array = nd.array(self._current_batch[which], dtype=self.dtype)
        if not self.getpad():
            return array
        return nd.concat(array, nd.zeros((self.getpad(), *array.shape[1:]), dtype=self.dtype), dim=0)
