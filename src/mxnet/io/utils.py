"""``mxnet.io.utils``: what programs use of MXNet's iterators to build their own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mxnet.errors import MXNetError
from mxnet.historic import lend
from mxnet.io.io import _named_sources, _take

__all__: list[str] = []


class NoDataError(MXNetError, AssertionError):
    """There are no arrays where some are needed."""


def _init_data(data: Any, allow_empty: bool, default_name: str) -> list[tuple[str, Any]]:
    """Return arrays with their names, from any form in which iterators take them.

    Parameters
    ----------
    data : array, list of arrays, dict of str to array, or None
    allow_empty : bool
        Whether there may be none.
    default_name : str
        The name of a single array; those of a list are ``_0_name``, ``_1_name`` ...
    """
    named = [] if data is None else _named_sources(data, default_name, default_name)
    if not (named or allow_empty):
        raise NoDataError(f"Iterators need at least one array of {default_name}, got {data!r}.")
    return named


def _has_instance(data: Iterable[tuple[str, Any]], dtype: type | tuple[type, ...]) -> bool:
    """Return whether any of some named arrays is of a class."""
    return any(isinstance(array, dtype) for _, array in data)


def _getdata_by_idx(data: Iterable[tuple[str, Any]], idx: Any) -> list[tuple[str, Any]]:
    """Return named arrays with their rows in another order, or some of them."""
    return [(name, _take(array, idx)) for name, array in data]


def _slice_along_batch_axis(data: Any, s: slice, batch_axis: int) -> Any:
    """Return a part of an array along the axis of samples."""
    return data[s] if batch_axis == 0 else data.slice_axis(axis=batch_axis, begin=s.start, end=s.stop)


lend(__name__)
