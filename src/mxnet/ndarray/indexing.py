"""Indexing of tensors: what ``x[key]`` and ``x[key] = value`` mean, with numpy's keys and MXNet's rules.

Where MXNet differs from numpy: a result has at least one dimension unless ``mx.np_shape`` is on, True and
False by themselves are 1 and 0, floating point indices are truncated, and a slice that starts behind its end
is an error. Boolean arrays and lists are masks, as in numpy; MXNet reads them as 0 and 1, or refuses them.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mxnet.dtype import number_as
from mxnet.errors import CompositionError, MXNetError, OutOfRangeError, ShapeError
from mxnet.ir.op import Op, find_operator
from mxnet.lazy import torch
from mxnet.ndarray.arithmetic import is_scalar
from mxnet.util import is_np_shape

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "Key",
    "Step",
    "assign",
    "is_whole",
    "look_up",
    "reading",
    "resolve",
    "slices",
    "with_tensors",
    "writing",
]


def with_tensors(key: Any) -> Any:
    """Return a key with tensors for the arrays in it."""
    if isinstance(key, tuple):
        return tuple([getattr(each, "_tensor", each) for each in key])
    return getattr(key, "_tensor", key)


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


class Step(NamedTuple):
    """An operator that is applied to an array while recording, and the tensors it takes besides."""

    op: Op
    tensors: tuple[Tensor, ...] = ()


# ---------------------------------------------------------------------------------------------------- the key


def is_whole(key: Any) -> bool:
    """Whether a key is ``:``."""
    return isinstance(key, slice) and key.start is None and key.stop is None and key.step is None


def resolve(key: Any, tensor: Tensor) -> Key:
    """Resolve an index, in which arrays are tensors, against what it is an index of.

    Raises
    ------
    IndexError
        If an index is out of range, or a mask has other extents than the axes it stands for.
    ValueError
        If something is no index, or index arrays do not broadcast.
    """
    shape = tensor.shape
    items: list[Any] = []
    flipped: list[int] = []
    axis, advanced = 0, False
    for item in _without_ellipsis(_listed(key, tensor), len(shape)):
        if isinstance(item, slice):
            resolved, backwards = _resolve_slice(item, shape[axis])
            if backwards:
                flipped.append(axis)
            items.append(resolved)
        elif item is None:
            items.append(None)
        elif not isinstance(item, torch.Tensor):
            items.append(_resolve_int(item, shape[axis], axis))
        elif item.dtype == torch.bool:
            items += _resolve_mask(item, shape, axis)
            advanced = True
        else:
            items.append(_resolve_array(item, shape[axis], axis))
            advanced = True
        axis += _n_axes(item)
    if advanced:
        items = _broadcast(items, tensor.device)
    return Key(tuple(items), tuple(flipped), advanced)


def _listed(key: Any, tensor: Tensor) -> list[Any]:
    """Return the items of a key; a scalar takes ``x[:] = value``, too."""
    if not tensor.ndim and is_whole(key):
        return []
    given = list(key) if isinstance(key, tuple) else [key]
    return [item if isinstance(item, int | slice) else _array(item, tensor.device) for item in given]


def slices(begin: Sequence[Any], end: Sequence[Any], step: Sequence[Any]) -> tuple[slice, ...]:
    """Return the key for a part of which begin, end and perhaps step are known for each axis."""
    steps = tuple(step) or (None,) * len(begin)
    return tuple(slice(b, e, s) for b, e, s in zip(begin, end, steps, strict=True))


def _array(item: Any, device: torch.device) -> Any:
    """Return a tensor of bool or int64 for an item that is an array or a list, and any other as it is."""
    if isinstance(item, torch.Tensor):
        index = item.to(device)
    elif isinstance(item, list | tuple | range | np.ndarray):
        try:
            index = torch.from_numpy(np.array(item)).to(device)
        except (TypeError, ValueError):
            raise KeyTypeError(f"{item!r} is not an array of integers.") from None
    else:
        return item
    if not index.ndim:
        raise KeyTypeError(f"{item!r} has no dimensions; use an int as an index.")
    return index if index.dtype == torch.bool else index.to(torch.int64)


def _n_axes(item: Any) -> int:
    """Return how many axes of the array an item of the key stands for."""
    if isinstance(item, int | slice):
        return 1
    if item is None or item is Ellipsis:
        return 0
    return item.ndim if isinstance(item, torch.Tensor) and item.dtype == torch.bool else 1


def _without_ellipsis(given: list[Any], ndim: int) -> list[Any]:
    """Return one item per axis, and the new axes; what is left out is taken whole."""
    if len(given) == ndim == 1 and isinstance(given[0], int | slice):
        return given
    places = [i for i, item in enumerate(given) if item is Ellipsis]
    if len(places) > 1:
        raise OutOfRangeError("An index can hold only one ellipsis (...).")
    n_axes = sum(map(_n_axes, given))
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


def _resolve_array(index: Tensor, extent: int, axis: int) -> Tensor:
    wrong = (index < -extent) | (index >= extent)
    if wrong.any():
        raise OutOfRangeError(
            f"Index {int(index[wrong][0])} is out of range for axis {axis}, which has the extent {extent}."
        )
    return index.remainder(extent) if extent else index


def _resolve_mask(mask: Tensor, shape: tuple[int, ...], axis: int) -> tuple[Tensor, ...]:
    """Return where a mask is true: one array of indices for each of its axes."""
    extents = tuple(shape[axis : axis + mask.ndim])
    if tuple(mask.shape) != extents:
        raise OutOfRangeError(
            f"A mask of shape {tuple(mask.shape)} does not fit the axes from {axis} on, of extents {extents}."
        )
    return mask.nonzero(as_tuple=True)


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


def look_up(tensor: Tensor, key: Key) -> Tensor:
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
    return look_up(torch.arange(tensor.numel(), device=tensor.device).view(tensor.shape), key)


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
    if isinstance(value, torch.Tensor):
        return value
    if value is None:
        value = float("nan")  # numpy's meaning of None as a float
    elif is_scalar(value):
        value = number_as(value, target.dtype)
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


def assign(tensor: Tensor, given: Any, key: Key, value: Any) -> None:
    """Write a value to where a key points; it is broadcast and cast.

    Parameters
    ----------
    tensor : torch.Tensor
        What is written to.
    given
        The key as it was given.
    key : Key
        The same, resolved.
    value : torch.Tensor, float, array or nested list of float
        What is written.
    """
    if _is_empty_backwards(given, tensor.shape):
        raise KeyTypeError(f"The slice {given} assigns to nothing.")
    if key.flipped:
        places = _places(tensor, key)
        tensor[torch.unravel_index(places, tensor.shape)] = _fitted(value, tensor, places.shape)
    elif key.advanced:
        shape = torch.empty(1, device="meta").expand(tensor.shape)[_on_meta(key.items)].shape
        tensor[key.items] = _fitted(value, tensor, shape)
    elif is_scalar(value):
        tensor[key.items].fill_(number_as(value, tensor.dtype))
    else:
        target = tensor[key.items]
        target.copy_(_fitted(value, tensor, target.shape))


# -------------------------------------------------------------------------------------------- while recording


def reading(tensor: Tensor, key: Key) -> list[Step]:
    """Return ``x[key]`` as operators, which have gradients; each takes what the last one made."""
    if key.advanced:
        if _takes_whole_rows(key, tensor.shape):
            return [_step("take", key.items[0], axis=0)]
        return [_step("Reshape", shape=(-1,)), _step("take", _places(tensor, key), axis=0)]
    steps = [_step("slice", **_bounds(key))]
    shape = tuple(look_up(tensor, key).shape) or (() if is_np_shape() else (1,))
    return steps if shape == _kept(key) else [*steps, _step("Reshape", shape=shape)]


def writing(tensor: Tensor, key: Key, shape: tuple[int, ...]) -> tuple[list[Step], Step]:
    """Return ``x[key] = value`` as operators: those for the value, and one for it and ``x``."""
    target = tuple(look_up(tensor, key).shape)
    while len(shape) > max(len(target), 1) and shape[0] == 1:
        shape = shape[1:]
    padded = (1,) * (len(target) - len(shape)) + shape
    steps = [_step("Reshape", shape=padded), _step("broadcast_to", shape=target)] if target else []
    if key.advanced:
        index = torch.stack(torch.unravel_index(_places(tensor, key), tensor.shape))
        return steps, _step("_scatter_set_nd", index, shape=tuple(tensor.shape))
    return [*steps, _step("Reshape", shape=_kept(key))], _step("_slice_assign", **_bounds(key))


def _step(name: str, *tensors: Tensor, **params: object) -> Step:
    return Step(find_operator(name).make(**params), tensors)


def _takes_whole_rows(key: Key, shape: tuple[int, ...]) -> bool:
    first, *others = key.items
    whole = [slice(0, extent, 1) for extent in shape[1:]]
    return isinstance(first, torch.Tensor) and others == whole and not key.flipped


def _by_axis(key: Key) -> list[int | slice]:
    return [item for item in key.items if item is not None]


def _kept(key: Key) -> tuple[int, ...]:
    """Return the extents of the part at the key, with 1 for each axis that is indexed by an int."""
    return tuple(
        1 if isinstance(item, int) else len(range(item.start, item.stop, item.step)) for item in _by_axis(key)
    )


def _bounds(key: Key) -> dict[str, tuple[int | None, ...]]:
    """Return begin, end and step as the slice operators take them."""
    bounds = [_bound(item, axis in key.flipped) for axis, item in enumerate(_by_axis(key))]
    begin, end, step = zip(*bounds, strict=True)
    return {"begin": begin, "end": end, "step": step}


def _bound(item: int | slice, flipped: bool) -> tuple[int, int | None, int]:
    if isinstance(item, int):
        return item, item + 1, 1
    if flipped:
        last = item.start + (len(range(item.start, item.stop, item.step)) - 1) * item.step
        return last, item.start - 1 if item.start else None, -item.step
    return item.start, item.stop, item.step
