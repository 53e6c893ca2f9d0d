"""Helpers that MXNet has besides its operators: joining, splitting and reordering arrays, histograms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from mxnet.errors import CompositionError, ShapeError
from mxnet.lazy import torch
from mxnet.ndarray.creation import array
from mxnet.ndarray.ndarray import NDArray, invoke_by_name

__all__ = ["concatenate", "histogram", "imdecode", "moveaxis", "onehot_encode", "split_v2", "waitall"]


def concatenate(arrays: Sequence[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """Return arrays joined along an axis.

    Parameters
    ----------
    arrays : sequence of NDArray
        Arrays of one data type, whose shapes agree but for that axis.
    axis : int, default 0
        The axis.
    always_copy : bool, default True
        Whether to copy where there is only one array.
    """
    arrays = list(arrays) if isinstance(arrays, Iterable) else []
    if not arrays or not all(isinstance(each, NDArray) for each in arrays):
        raise CompositionError("concatenate() takes a list of at least one NDArray.")
    if len(arrays) == 1 and not always_copy:
        return arrays[0]
    return invoke_by_name("Concat", *arrays, dim=axis)


def moveaxis(tensor: NDArray, source: int | Sequence[int], destination: int | Sequence[int]) -> NDArray:
    """Return an array with axes moved to other places; the others keep their order.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.moveaxis(mx.nd.zeros((2, 3, 4)), 0, 2).shape
    (3, 4, 2)
    """
    sources, destinations = (
        _axes(source, tensor.ndim, "source"),
        _axes(destination, tensor.ndim, "destination"),
    )
    if len(sources) != len(destinations):
        raise ShapeError(f"moveaxis() moves {len(sources)} axes to {len(destinations)} places.")
    order = [axis for axis in range(tensor.ndim) if axis not in sources]
    for place, axis in sorted(zip(destinations, sources, strict=True)):
        order.insert(place, axis)
    return invoke_by_name("transpose", tensor, axes=tuple(order))


def _axes(given: int | Sequence[int], ndim: int, what: str) -> list[int]:
    axes = [given] if isinstance(given, int | np.integer) else list(given)
    for axis in axes:
        if not -ndim <= axis < ndim:
            raise ShapeError(f"moveaxis(): {what} {axis} is not an axis of an array of {ndim} dimensions.")
    axes = [int(axis) % ndim for axis in axes]
    if len(set(axes)) < len(axes):
        raise ShapeError(f"moveaxis(): {what} {tuple(axes)} names an axis twice.")
    return axes


def split_v2(
    ary: NDArray, indices_or_sections: int | Sequence[int], axis: int = 0, squeeze_axis: bool = False
) -> NDArray | list[NDArray]:
    """Return the parts of an array, split along an axis.

    Parameters
    ----------
    ary : NDArray
        The array.
    indices_or_sections : int or tuple of int
        The number of equal parts, or where the second and later ones begin.
    axis : int, default 0
        The axis.
    squeeze_axis : bool, default False
        Whether to drop the axis, whose extent must be 1 in each part.
    """
    if isinstance(indices_or_sections, int | np.integer):
        indices, sections = (0,), int(indices_or_sections)
    elif isinstance(indices_or_sections, tuple):
        indices, sections = (0, *indices_or_sections), 0
    else:
        raise SectionsError(
            f"indices_or_sections must be an int or a tuple of int, not {indices_or_sections!r}."
        )
    return invoke_by_name(
        "_split_v2", ary, indices=indices, axis=axis, squeeze_axis=squeeze_axis, sections=sections
    )


class SectionsError(CompositionError, ValueError):
    """An argument that says how to cut an array does not."""


def histogram(
    a: NDArray, bins: int | NDArray = 10, range: tuple[float, float] | None = None
) -> NDArray | list[NDArray] | tuple[NDArray, NDArray]:
    """Return how many elements fall into each bin, and the edges of the bins.

    Parameters
    ----------
    a : NDArray
        The values.
    bins : int or NDArray, default 10
        The number of bins, or their edges in increasing order.
    range : (float, float), optional
        The outer edges of equal bins; by default the least and greatest value.
    """
    if isinstance(bins, NDArray):
        return invoke_by_name("_histogram", a, bins)
    if not isinstance(bins, int | np.integer):
        raise SectionsError(f"bins must be an int or an NDArray of edges, not {bins!r}.")
    if range is None:  # as MXNet does: numpy's answer, and so numbers of the default dtype
        counts, edges = np.histogram(a.asnumpy(), bins)
        return array(counts), array(edges)
    return invoke_by_name("_histogram", a, bin_cnt=int(bins), range=range)


def onehot_encode(indices: NDArray, out: NDArray) -> NDArray:
    """Write rows that are 1 at the given index and 0 elsewhere into a matrix; deprecated, use ``one_hot``."""
    if out.ndim != 2 or indices.shape != out.shape[:1]:
        raise ShapeError(
            f"onehot_encode() needs a matrix with a row per index, but got {indices.shape} and {out.shape}."
        )
    out[:] = invoke_by_name("one_hot", indices, depth=out.shape[1], dtype=out._dtype_name)
    return out


def imdecode(
    str_img: bytes,
    clip_rect: tuple[int, int, int, int] = (0, 0, 0, 0),
    out: NDArray | None = None,
    index: int = 0,
    channels: int = 3,
    mean: NDArray | None = None,
) -> NDArray:
    """Decode an image into an array (channels, height, width); deprecated, use ``mx.img.imdecode``.

    Parameters
    ----------
    str_img : bytes
        The file.
    clip_rect : (int, int, int, int), optional
        The window that is cut out: left, upper, right and lower edge.
    out : NDArray, optional
        Where the image goes; a batch of images gets it at position `index`.
    index : int, optional
        The position in a batch.
    channels : int, optional
        1 or 3.
    mean : NDArray, optional
        What is subtracted.
    """
    x0, y0, x1, y1 = clip_rect
    less = invoke_by_name("_zeros", shape=(1,)) if mean is None else mean
    made: NDArray = invoke_by_name(
        "_imdecode", less, x0=x0, y0=y0, x1=x1, y1=y1, c=channels, size=len(str_img), str_img=str_img
    )
    if out is None:
        return made
    out[index if out.ndim == 4 else slice(None)] = made
    return out


def waitall() -> None:
    """Wait until all operators that were started have finished."""
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        for device in range(torch.cuda.device_count()):
            torch.cuda.synchronize(device)
