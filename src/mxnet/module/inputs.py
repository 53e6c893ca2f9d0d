"""The inputs of modules: their names and shapes as they are given, checked and described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mxnet.caller import warn
from mxnet.errors import BindError, MXNetError, NameLookupError, ShapeError, did_you_mean, few
from mxnet.io import DataBatch, DataDesc
from mxnet.ndarray import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mxnet.symbol.symbol import Symbol

__all__ = ["as_batch", "check_iterator", "label_error", "labels_among", "like"]


class _NotAShapeError(ShapeError, TypeError):
    """A shape is no tuple of integers."""


def _check_input_names(symbol: Symbol, names: Sequence[str], typename: str, throw: bool) -> None:
    """Raise, or warn, if a name is no argument of the network."""
    arguments = symbol.list_arguments()
    for name in names:
        if name in arguments:
            continue
        inputs = [a for a in arguments if not a.endswith(("_weight", "_bias", "_gamma", "_beta"))]
        message = (
            f"{typename}_names={list(names)} has {name!r}, which is no argument of the network."
            f"{did_you_mean(name, arguments)} Its arguments that are no usual parameters are {few(inputs)}."
        )
        if throw:
            raise NameLookupError(message)
        warn(message)


def _check_names_match(
    data_names: Sequence[str], data_shapes: Sequence[DataDesc], name: str, throw: bool
) -> None:
    """Raise, or warn, if shapes are for other inputs than those of a module."""
    given = [desc[0] for desc in data_shapes]
    if sorted(given) == sorted(data_names):
        return
    message = (
        f"{name}_shapes is for {given}, but the module was made with {name}_names={list(data_names)}. Name "
        f"the iterator's {name} so ({name}_name=...), or pass {name}_names={given} to the module."
    )
    if throw:
        raise NameLookupError(message)
    warn(message)


def _parse_data_desc(
    data_names: Sequence[str], label_names: Sequence[str], data_shapes: Any, label_shapes: Any
) -> tuple[list[DataDesc], list[DataDesc] | None]:
    """Return descriptions of data and labels, checked against their names.

    Parameters
    ----------
    data_names, label_names : list of str
    data_shapes, label_shapes : iterable of DataDesc or of (str, tuple of int)
        Labels may be None.
    """
    data = _described(data_shapes, "data", data_names)
    _check_names_match(data_names, data, "data", throw=True)
    if label_shapes is None:
        return data, None
    labels = _described(label_shapes, "label", label_names)
    if labels and label_names:
        _check_names_match(label_names, labels, "label", throw=True)
    return data, labels


def _described(shapes: Any, kind: str, names: Sequence[str]) -> list[DataDesc]:
    try:
        given = list(shapes)
        descs = [desc if isinstance(desc, DataDesc) else DataDesc(*desc) for desc in given]
        if not all(isinstance(desc.name, str) for desc in descs):
            raise TypeError  # noqa: TRY301 - as what is not even a pair
    except TypeError:
        example = names[0] if names else kind
        hint = " It is a method: make it a property." if callable(shapes) else ""
        raise _NotAShapeError(
            f"{kind}_shapes is a list of names with shapes, such as [({example!r}, (32, 10))], but is "
            f"{shapes!r}.{hint}"
        ) from None
    for desc in descs:
        shape: Any = desc.shape
        sized = hasattr(shape, "__iter__") and not isinstance(shape, NDArray)
        if not sized or not all(isinstance(n, (int, np.integer)) for n in shape):
            raise _NotAShapeError(f"The shape of {desc.name!r} must be a tuple of integers, got {shape!r}.")
    return [DataDesc(d.name, tuple(map(int, d.shape)), d.dtype, d.layout) for d in descs]


def labels_among(symbol: Symbol, names: Sequence[str]) -> list[str]:
    """Return those of a network's arguments that are labels: a loss takes them, or they are named so."""
    slots = {
        entry.node.name
        for node in symbol.graph.operators
        if node.op is not None
        for slot, entry in zip(node.op.input_names(), node.inputs, strict=False)
        if slot == "label" and entry.node.op is None
    }
    return [name for name in names if name in slots or name.endswith("label")]


def label_error(
    wanted: Sequence[str], label_names: Sequence[str], given: Sequence[DataDesc] = ()
) -> MXNetError:
    """Say that labels of the network have no value because the module knows them by other names."""
    batch = f"Labels come as {few(d.name for d in given)}, but" if given else "No values are given:"
    return NameLookupError(
        f"{batch} the network has its labels under {few(wanted)}, and this module was made with "
        f"label_names={list(label_names)}. Pass label_names={list(wanted)} to it, and name the iterator's "
        f"label so (label_name=...)."
    )


def like(descs: Sequence[DataDesc], arrays: Sequence[Any] | None) -> list[DataDesc]:
    """Return descriptions with the shapes of other arrays."""
    return [
        DataDesc(desc.name, array.shape, desc.dtype, desc.layout)
        for desc, array in zip(descs, arrays or (), strict=False)
    ]


def as_batch(given: Any) -> DataBatch:
    """Return a batch; anything that has ``data`` may stand for one, such as a named tuple without labels.

    Raises
    ------
    BindError
        If it has none.
    """
    if isinstance(given, DataBatch):
        return given
    if not isinstance(getattr(given, "data", None), (list, tuple)):
        raise BindError(
            f"A batch such as mx.io.DataBatch(data=[...]) was expected, but got {type(given).__name__}."
        )
    return DataBatch(given.data, *(getattr(given, name, None) for name in _BATCH_FIELDS))


_BATCH_FIELDS = ("label", "pad", "index", "bucket_key", "provide_data", "provide_label")


def check_iterator(given: Any) -> None:
    """Raise unless this yields batches and says what they hold."""
    if not hasattr(given, "provide_data"):
        raise BindError(
            f"A data iterator such as mx.io.NDArrayIter was expected, but got {type(given).__name__}. "
            "mx.io.NDArrayIter(data, label, batch_size) makes one of arrays."
        )
