"""Indexing of arrays: what ``x[key]`` and ``x[key] = value`` mean, with numpy's keys and MXNet's rules.

Where MXNet differs from numpy: a result has at least one dimension unless ``mx.np_shape`` is on, boolean
arrays are numbers like any other, floating point indices are truncated, and a slice that starts behind its
end is an error. A contiguous basic index shares memory with the array, every other result is a copy.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mxnet.errors import CompositionError, GradientError, MXNetError, ShapeError
from mxnet.lazy import torch
from mxnet.ndarray.ndarray import NDArray, is_scalar
from mxnet.util import is_np_shape

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["get_item", "set_item"]


class OutOfRangeError(MXNetError, IndexError):
    """An index lies outside of the array, or there are more indices than dimensions."""


class KeyTypeError(MXNetError, ValueError, TypeError):
    """Something that cannot be an index was used as one."""


class Key(NamedTuple):
    """An index, resolved against a shape.

    Attributes
    ----------
    items : tuple
        One per axis of the array: an int or a slice with bounds inside of it and a positive step, or a tensor
        of int64; besides a None for each new axis.
    flipped : tuple of int
        The axes whose slices were given with a negative step.
    advanced : bool
        Whether there is a tensor among the items.
    """

    items: tuple[Any, ...]
    flipped: tuple[int, ...]
    advanced: bool


def get_item(array: NDArray, key: Any) -> NDArray:
    """Return ``array[key]``.

    Raises
    ------
    IndexError
        If an index is out of range.
    ValueError
        If something is no index, or index arrays do not broadcast.
    """
    tensor = array._tensor
    resolved = _resolve(key, tensor)
    if array._is_tracked():
        return _get_by_operators(array, resolved)
    found = _look_up(tensor, resolved)
    if not found.ndim and tensor.ndim and not is_np_shape():
        found = found.reshape(1)
    return NDArray._from_tensor(found.contiguous(), array._context)


def set_item(array: NDArray, key: Any, value: Any) -> None:
    """Do ``array[key] = value``; the value is broadcast and cast.

    Raises
    ------
    IndexError, ValueError, TypeError
        As :func:`get_item`, and if the value does not fit.
    """
    tensor = array._tensor
    if _is_whole(key) and isinstance(value, NDArray) and MODE.get().record is None:
        given = value._tensor
        if given.shape == tensor.shape:
            array._overwrite(given)
            return
    resolved = _resolve(key, tensor)
    if _is_empty_backwards(key, tensor.shape):
        raise KeyTypeError(f"The slice {key} assigns to nothing.")
    if array._is_tracked():
        raise GradientError("An array with a gradient cannot be assigned to while recording.")
    if isinstance(value, NDArray) and value._is_tracked():
        _set_by_operators(array, resolved, value)
    elif resolved.flipped:
        places = _places(tensor, resolved)
        tensor[torch.unravel_index(places, tensor.shape)] = _fitted(value, tensor, places.shape)
    elif resolved.advanced:
        shape = torch.empty(1, device="meta").expand(tensor.shape)[_on_meta(resolved.items)].shape
        tensor[resolved.items] = _fitted(value, tensor, shape)
    elif is_scalar(value):
        tensor[resolved.items].fill_(_number(value, tensor))
    else:
        target = tensor[resolved.items]
        target.copy_(_fitted(value, tensor, target.shape))


# ---------------------------------------------------------------------------------------------------- the key


def _is_whole(key: Any) -> bool:
    return isinstance(key, slice) and key.start is None and key.stop is None and key.step is None


def _resolve(key: Any, tensor: Tensor) -> Key:
    shape = tensor.shape
    given = list(key) if isinstance(key, tuple) else [key]
    if not shape and _is_whole(key):
        given = []  # a scalar takes x[:] = value, too
    given = _without_ellipsis(given, len(shape))
    items: list[Any] = []
    flipped: list[int] = []
    axis = 0
    for item in given:
        if item is None:
            items.append(None)
            continue
        if isinstance(item, slice):
            resolved, backwards = _resolve_slice(item, shape[axis])
            if backwards:
                flipped.append(axis)
            items.append(resolved)
        elif isinstance(item, list | tuple | range | np.ndarray | NDArray):
            items.append(_resolve_array(item, shape[axis], axis, tensor.device))
        else:
            items.append(_resolve_int(item, shape[axis], axis))
        axis += 1
    advanced = any(isinstance(item, torch.Tensor) for item in items)
    if advanced:
        items = _broadcast(items, tensor.device)
    return Key(tuple(items), tuple(flipped), advanced)


def _without_ellipsis(given: list[Any], ndim: int) -> list[Any]:
    """Return one item per axis, and the new axes; what is left out is taken whole."""
    places = [i for i, item in enumerate(given) if item is Ellipsis]
    if len(places) > 1:
        raise OutOfRangeError("An index can hold only one ellipsis (...).")
    n_axes = sum(item is not None and item is not Ellipsis for item in given)
    if n_axes > ndim:
        raise OutOfRangeError(f"There are {n_axes} indices, but the array has {ndim} dimensions.")
    place = places[0] if places else len(given)
    return [*given[:place], *[slice(None)] * (ndim - n_axes), *given[place + 1 :]]


def _resolve_int(item: Any, extent: int, axis: int) -> int:
    if isinstance(item, np.bool_) or not hasattr(item, "__index__"):
        raise KeyTypeError(
            f"{item!r} of type {type(item).__name__} is not an index. Use integers, slices, ..., None, "
            "or arrays or lists of integers."
        )
    i = operator.index(item)
    if not -extent <= i < extent:
        raise OutOfRangeError(f"Index {i} is out of range for axis {axis}, which has the extent {extent}.")
    return i % extent


def _resolve_slice(item: slice, extent: int) -> tuple[slice, bool]:
    """Return the slice with bounds inside of the axis and a positive step, and whether it was negative."""
    try:
        start, stop, step = item.indices(extent)
    except (TypeError, ValueError) as error:
        raise KeyTypeError(f"{item} is not a valid slice: {error}.") from None
    if step > 0:
        if start > stop:
            raise KeyTypeError(f"{item} starts behind its end in an axis of extent {extent}.")
        return slice(start, stop, step), False
    count = len(range(start, stop, step))
    first = start + (count - 1) * step
    return (slice(first, start + 1, -step) if count else slice(0, 0)), True


def _resolve_array(item: Any, extent: int, axis: int, device: torch.device) -> Tensor:
    if isinstance(item, NDArray):
        index = item._tensor.to(device, torch.int64)
    else:
        try:
            index = torch.from_numpy(np.asarray(item).astype(np.int64)).to(device)
        except (TypeError, ValueError):
            raise KeyTypeError(f"{item!r} is not an array of integers.") from None
    if not index.ndim:
        raise KeyTypeError(f"{item!r} has no dimensions; use an int as an index.")
    wrong = (index < -extent) | (index >= extent)
    if wrong.any():
        raise OutOfRangeError(
            f"Index {int(index[wrong][0])} is out of range for axis {axis}, which has the extent {extent}."
        )
    return index.remainder(extent) if extent else index


def _broadcast(items: list[Any], device: torch.device) -> list[Any]:
    """Make tensors of the ints, which then count as index arrays as in numpy, and give all one shape."""
    at = [i for i, item in enumerate(items) if isinstance(item, int | torch.Tensor)]
    arrays = [torch.as_tensor(items[i], device=device) for i in at]
    try:
        arrays = list(torch.broadcast_tensors(*arrays))  # type: ignore[no-untyped-call]
    except RuntimeError:
        shapes = " and ".join(str(tuple(each.shape)) for each in arrays)
        raise ShapeError(f"Index arrays of the shapes {shapes} do not broadcast.") from None
    for i, array in zip(at, arrays, strict=True):
        items[i] = array
    return items


def _is_empty_backwards(key: Any, shape: tuple[int, ...]) -> bool:
    """Whether the key is a slice with a negative step that starts before its end: MXNet refuses to assign."""
    if not isinstance(key, slice) or not shape:
        return False
    start, stop, step = key.indices(shape[0])
    return step < 0 and start < stop


# ------------------------------------------------------------------------------------------------- the values


def _look_up(tensor: Tensor, key: Key) -> Tensor:
    """Return the values at the key: a view of the tensor if that is possible."""
    items = key.items
    if key.flipped:
        by_axis = [item for item in items if item is not None]
        whole = tuple(item if axis in key.flipped else slice(None) for axis, item in enumerate(by_axis))
        tensor = tensor[whole].flip(key.flipped)
        axes = iter(range(len(by_axis)))
        items = tuple(
            slice(None) if item is not None and next(axes) in key.flipped else item for item in items
        )
    return tensor[items]


def _places(tensor: Tensor, key: Key) -> Tensor:
    """Return which elements are at the key, counted row by row."""
    return _look_up(torch.arange(tensor.numel(), device=tensor.device).view(tensor.shape), key)


def _on_meta(items: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(item.to("meta") if isinstance(item, torch.Tensor) else item for item in items)


def _fitted(value: Any, target: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return a value as a tensor of the target's dtype that can be written to a part of that shape."""
    tensor = _as_tensor(value, target)
    while tensor.ndim > len(shape) and tensor.shape[0] == 1:
        tensor = tensor[0]
    try:
        tensor = tensor.expand(shape)
    except RuntimeError:
        raise ShapeError(
            f"A value of shape {tuple(tensor.shape)} does not fit a part of shape {tuple(shape)}."
        ) from None
    tensor = tensor.to(target.device, target.dtype)
    if tensor.untyped_storage().data_ptr() == target.untyped_storage().data_ptr():
        tensor = tensor.clone()  # what is read must not change while it is written
    return tensor


def _as_tensor(value: Any, target: Tensor) -> Tensor:
    if isinstance(value, NDArray):
        return value._tensor
    if value is None:
        value = float("nan")  # numpy's meaning of None as a float
    elif is_scalar(value):
        value = _number(value, target)
    try:
        values = np.asarray(value)
    except ValueError:
        values = np.asarray(None)
    if values.dtype.kind not in "biuf":
        raise CompositionError(
            f"An NDArray can be assigned numbers, and arrays and lists of them, not {value!r} of type "
            f"{type(value).__name__}."
        )
    return torch.from_numpy(np.array(values))


def _number(value: Any, target: Tensor) -> float | int:
    """Return a number as the target can hold it: whole numbers are truncated and wrap around, as in C."""
    if target.dtype.is_floating_point:
        return float(value)
    if target.dtype == torch.bool:
        return bool(value)
    bits = torch.iinfo(target.dtype).bits
    whole = int(value) % (1 << bits)
    signed = torch.iinfo(target.dtype).min < 0
    return whole - (1 << bits) if signed and whole >> (bits - 1) else whole


# -------------------------------------------------------------------------------------------- while recording


def _get_by_operators(array: NDArray, key: Key) -> NDArray:
    """Return ``array[key]`` by way of operators, which have gradients."""
    by_axis = [item for item in key.items if item is not None]
    if key.advanced:
        if _takes_whole_rows(key, array.shape):
            places = by_axis[0]
        else:
            places = _places(array._tensor, key)
            array = array.reshape((-1,))
        index = NDArray._from_tensor(places, array._context)
        return invoke_by_name("take", array, index, axis=0)
    shape = _look_up(array._tensor, key).shape or (() if is_np_shape() else (1,))
    begin, end, step = zip(
        *(_bounds(item, axis in key.flipped) for axis, item in enumerate(by_axis)), strict=True
    )
    part: NDArray = invoke_by_name("slice", array, begin=begin, end=end, step=step)
    return part if part.shape == tuple(shape) else part.reshape(tuple(shape))


def _takes_whole_rows(key: Key, shape: tuple[int, ...]) -> bool:
    first, *others = key.items
    whole = [slice(0, extent, 1) for extent in shape[1:]]
    return isinstance(first, torch.Tensor) and others == whole and not key.flipped


def _bounds(item: int | slice, flipped: bool) -> tuple[int, int | None, int]:
    """Return begin, end and step as the slice operators take them."""
    if isinstance(item, int):
        return item, item + 1, 1
    if flipped:
        last = item.start + (len(range(item.start, item.stop, item.step)) - 1) * item.step
        return last, item.start - 1 if item.start else None, -item.step
    return item.start, item.stop, item.step


def _set_by_operators(array: NDArray, key: Key, value: NDArray) -> None:
    """Do ``array[key] = value`` by way of an operator, so that the value's gradient is found."""
    target = _look_up(array._tensor, key)
    while value.ndim > max(target.ndim, 1) and value.shape[0] == 1:
        value = value.reshape(value.shape[1:])
    if target.ndim:
        value = invoke_by_name(
            "broadcast_to", value.reshape((1,) * (target.ndim - value.ndim) + value.shape), shape=target.shape
        )
    if key.advanced:
        places = _places(array._tensor, key)
        index = torch.stack(torch.unravel_index(places, array.shape))
        indices = NDArray._from_tensor(index, array._context)
        made: NDArray = invoke_by_name("_scatter_set_nd", array, value, indices, shape=array.shape)
        _become(array, made)
        return
    by_axis = [item for item in key.items if item is not None]
    bounds = [_bounds(item, axis in key.flipped) for axis, item in enumerate(by_axis)]
    begin, end, step = zip(*bounds, strict=True)
    kept = tuple(
        1 if isinstance(item, int) else len(range(item.start, item.stop, item.step)) for item in by_axis
    )
    _become(
        array, invoke_by_name("_slice_assign", array, value.reshape(kept), begin=begin, end=end, step=step)
    )


def _become(array: NDArray, made: NDArray) -> None:
    """Let an array have the values of another, and its place in the recorded graph."""
    array._overwrite(made._tensor)
    array._recorded = made._recorded


# Indexing while recording runs operators, which make NDArrays, so this can be imported only now.
from mxnet.ndarray.invoke import MODE, invoke_by_name  # noqa: E402
