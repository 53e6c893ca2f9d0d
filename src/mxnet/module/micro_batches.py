"""Batches in parts, one after the other, whose gradients add up to that of the whole with less memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.errors import ShapeError
from mxnet.io import DataBatch, DataDesc
from mxnet.module.inputs import as_batch

if TYPE_CHECKING:
    from mxnet.ndarray import NDArray

__all__ = ["batch_size_of", "parts_of", "shapes_of_part"]


def batch_size_of(shapes: Sequence[Any]) -> int:
    """Return how many samples a batch of these shapes has; 1 if none has an axis for them."""
    sizes = [desc.shape[axis] for desc in map(_described, shapes) if (axis := _axis(desc)) >= 0]
    return int(sizes[0]) if sizes else 1


def shapes_of_part(shapes: Sequence[Any], count: int) -> list[DataDesc]:
    """Return the shapes of one of `count` parts of a batch.

    Raises
    ------
    ShapeError
        If the batch cannot be cut into that many.
    """
    return [_cut(_described(desc), count) for desc in shapes]


def parts_of(
    batch: Any, count: int, data_shapes: Sequence[Any], label_shapes: Sequence[Any] | None
) -> Iterator[DataBatch]:
    """Yield `count` parts of a batch.

    Parameters
    ----------
    batch : DataBatch
    count : int
    data_shapes, label_shapes : list of DataDesc
        What the iterator says of its batches, for those that do not say it themselves.
    """
    batch = as_batch(batch)
    data, labels = batch.provide_data or data_shapes, batch.provide_label or label_shapes
    of_data = _shares(batch.data or [], data, count)
    of_labels = _shares(batch.label or [], labels or [], count)
    size = batch_size_of(data) // count
    for i in range(count):
        yield DataBatch(
            of_data[i],
            of_labels[i],
            pad=min(size, max(0, (batch.pad or 0) - size * (count - 1 - i))),
            bucket_key=batch.bucket_key,
            provide_data=batch.provide_data and shapes_of_part(data, count),
            provide_label=batch.provide_label and shapes_of_part(labels or (), count),
        )


def _shares(arrays: Sequence[NDArray], shapes: Sequence[Any], count: int) -> list[list[NDArray]]:
    shares: list[list[NDArray]] = [[] for _ in range(count)]
    for array, desc in zip(arrays, map(_described, shapes), strict=True):
        axis = _axis(desc)
        size = _cut(desc, count).shape[axis] if axis >= 0 else 0
        for i, share in enumerate(shares):
            whole = axis < 0
            share.append(array if whole else array.slice_axis(axis, i * size, (i + 1) * size))
    return shares


def _cut(desc: DataDesc, count: int) -> DataDesc:
    axis = _axis(desc)
    if axis < 0:
        return desc
    shape = [int(n) for n in desc.shape]
    if shape[axis] % count:
        raise ShapeError(
            f"A batch of {shape[axis]} ({desc.name!r} of shape {tuple(shape)}) cannot be cut into {count} "
            "micro-batches of one size: micro_batches has to divide the batch size."
        )
    shape[axis] //= count
    return DataDesc(desc.name, tuple(shape), desc.dtype, desc.layout)


def _axis(desc: DataDesc) -> int:
    axis = DataDesc.get_batch_axis(desc.layout)
    return axis if axis < len(desc.shape) else -1


def _described(desc: Any) -> DataDesc:
    return desc if isinstance(desc, DataDesc) else DataDesc(*desc)
