"""Batches in parts, one for each device."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from mxnet import ndarray as nd
from mxnet.context import Context
from mxnet.gluon.errors import BlockError
from mxnet.ndarray import NDArray

__all__ = ["split_and_load", "split_data"]


def split_data(data: Any, num_slice: int, batch_axis: int = 0, even_split: bool = True) -> list[Any]:
    """Return the parts of a batch.

    Parameters
    ----------
    data : NDArray
        The batch.
    num_slice : int
        How many parts.
    batch_axis : int
        Along which axis.
    even_split : bool
        Whether all parts have to be of one size; if not, the first ones are larger by one.

    Raises
    ------
    ValueError
        If they have to be, and cannot.

    Examples
    --------
    >>> import mxnet as mx
    >>> [part.shape for part in split_data(mx.nd.zeros((5, 2)), 2, even_split=False)]
    [(3, 2), (2, 2)]
    """
    size = data.shape[batch_axis]
    if even_split and size % num_slice:
        raise BlockError(
            f"data with shape {data.shape} cannot be evenly split into {num_slice} slices along axis "
            f"{batch_axis}. Use a batch size that's multiple of {num_slice} or set even_split=False to allow "
            "uneven partitioning of data."
        )
    step, larger = divmod(size, num_slice)
    ends = [0]
    for i in range(num_slice):
        ends.append(ends[-1] + step + (i < larger))
    before = (slice(None),) * batch_axis
    return [data[(*before, slice(start, end))] for start, end in itertools.pairwise(ends)]


def split_and_load(
    data: Any, ctx_list: Sequence[Context], batch_axis: int = 0, even_split: bool = True
) -> list[NDArray]:
    """Return the parts of a batch, each on one of the contexts; see `split_data`.

    Parameters
    ----------
    data : NDArray or array-like
        The batch.
    ctx_list : list of Context
        Where the parts go.
    batch_axis : int
        Along which axis.
    even_split : bool
        Whether all parts have to be of one size.
    """
    contexts = list(ctx_list)
    batch = data if isinstance(data, NDArray) else nd.array(data, ctx=contexts[0])
    if len(contexts) == 1:
        return [batch.as_in_context(contexts[0])]
    parts = split_data(batch, len(contexts), batch_axis, even_split)
    return [part.as_in_context(context) for part, context in zip(parts, contexts, strict=True)]
