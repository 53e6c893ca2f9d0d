"""`MXDataIter`, which goes through batches that a source makes: rows of files, or pictures."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ParamSpec, Protocol

from mxnet.io.io import DataBatch, DataDesc, DataIter

if TYPE_CHECKING:
    from mxnet.ndarray import NDArray

__all__ = ["Batches", "MXDataIter", "iterates"]

P = ParamSpec("P")


class Batches(Protocol):
    """What an `MXDataIter` goes through."""

    data: DataDesc
    label: DataDesc

    def reset(self) -> None:
        """Start a new epoch."""

    def advance(self) -> bool:
        """Move to the next batch; return whether there is one."""

    def current(self) -> tuple[NDArray, NDArray]:
        """Return data and labels of the current batch; before there is one, those of the first."""

    def pad(self) -> int:
        """Return how many samples only fill the current batch up."""

    def index(self) -> Any:
        """Return which samples the current batch holds."""


class MXDataIter(DataIter):
    """Yields the batches of a source: what the iterators over files are.

    Parameters
    ----------
    handle : Batches
        The source.
    """

    def __init__(self, handle: Batches) -> None:
        self.handle = handle
        self.provide_data = [handle.data]
        self.provide_label = [handle.label]
        self._skip_load = False
        self._first: DataBatch | None = None
        super().__init__(handle.data.shape[0])

    def reset(self) -> None:
        """Start a new epoch."""
        self.handle.reset()

    def iter_next(self) -> bool:
        """Move to the next batch; return whether there is one."""
        return self.handle.advance()

    def debug_skip_load(self) -> None:
        """Yield the first batch for ever, so that what is around the iterator can be timed."""
        self._skip_load = True

    def next(self) -> DataBatch:
        """Return the next batch."""
        if self._skip_load and self._first is not None:
            return self._first
        if not self.iter_next():
            raise StopIteration
        data, label = self.handle.current()
        batch = DataBatch([data], [label], self.getpad(), self.getindex())
        if self._skip_load:
            self._first = batch
        return batch

    def getdata(self) -> NDArray:
        """Return the data of the current batch; before there is one, those of the first."""
        return self.handle.current()[0]

    def getlabel(self) -> NDArray:
        """Return the labels of the current batch; before there is one, those of the first."""
        return self.handle.current()[1]

    def getindex(self) -> Any:
        """Return which samples the current batch holds."""
        return self.handle.index()

    def getpad(self) -> int:
        """Return how many samples only fill the current batch up."""
        return self.handle.pad()


def iterates(make: Callable[P, Batches]) -> Callable[P, MXDataIter]:
    """Return a function with the parameters of a source, which makes an iterator over it."""

    @functools.wraps(make, updated=())
    def iterator(*args: P.args, **kwargs: P.kwargs) -> MXDataIter:
        return MXDataIter(make(*args, **kwargs))

    return iterator
