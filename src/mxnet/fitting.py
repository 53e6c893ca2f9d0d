"""Shapes and arrays that fit a graph, and what passes between arrays and programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from mxnet.analysis.infer import show_shape
from mxnet.context import Context
from mxnet.errors import BindError, ShapeError, did_you_mean
from mxnet.ir.constraints import is_complete
from mxnet.ir.declared import from_mxnet_shape, whole_shape
from mxnet.ir.graph import Graph
from mxnet.ir.node import Node, describe_node
from mxnet.ir.storage import DENSE, Stored
from mxnet.ndarray import NDArray, zeros
from mxnet.ndarray.ndarray import class_of

__all__ = [
    "NotAContextError",
    "NotAnArrayError",
    "Value",
    "array_of",
    "bound_again",
    "require_complete",
    "resized",
    "shapes_by_node",
    "value_of",
]

Value = Any
"""What a program takes and returns: a tensor, or a :class:`~mxnet.ir.storage.Stored`."""


class NotAnArrayError(BindError, TypeError):
    """Something that is no NDArray was to be bound (MXNet raises TypeError)."""


class NotAContextError(BindError, TypeError):
    """Something that is no Context was given for one (MXNet raises TypeError)."""


def bound_again(
    bind: Callable[..., Any],
    places: Sequence[Context],
    args: Sequence[NDArray],
    grads: Sequence[NDArray | None] | None,
    aux: Sequence[NDArray],
) -> Any:
    """Return an executor of arrays that have been copied or pickled; the latter come back on the CPU."""
    args, aux = (
        [array.as_in_context(place) for array, place in zip(arrays, where, strict=True)]
        for arrays, where in ((args, places[: len(args)]), (aux, places[len(args) :]))
    )
    grads = grads and [
        grad if grad is None else grad.as_in_context(place)
        for grad, place in zip(grads, places, strict=False)
    ]
    return bind(args, args_grad=grads, aux_states=aux)


def resized(name: str, array: NDArray, shape: tuple[int, ...], may_change: bool, may_grow: bool) -> NDArray:
    """Return the array itself, a view of its beginning, or (of a sparse array, always) a new one."""
    if array.shape == shape:
        return array
    if not may_change:
        raise BindError(
            f"reshape(): the new shapes make {name!r} {show_shape(shape)}, but it is "
            f"{show_shape(array.shape)}. partial_shaping=True allows that, with new contents."
        )
    size = int(np.prod(shape))
    if size <= array.size and array.stype == DENSE:
        return NDArray._from_tensor(array._tensor.reshape(-1)[:size].view(shape), array.context)
    if size > array.size and not may_grow:
        raise BindError(
            f"reshape(): {name!r} would grow from {show_shape(array.shape)} to {show_shape(shape)}. "
            "allow_up_sizing=True allows that."
        )
    return zeros(shape, ctx=array.context, dtype=array._dtype_name, stype=array.stype)


def value_of(array: NDArray) -> Value:
    """Return what a program is given for an array; nothing is copied."""
    return array._tensor if array.stype == DENSE else array._stored()


def array_of(value: Value, stype: str, context: Context) -> NDArray:
    """Return an array that is stored in that way, with what a program returned.

    It lies in the memory of a dense value.
    """
    if not isinstance(value, Stored):
        return class_of(stype)._from_tensor(value, context)
    array = zeros(value.shape, ctx=context, dtype=str(value.parts[0].dtype)[6:], stype=stype)
    array._put(value)
    return array


def shapes_by_node(graph: Graph, shapes: Mapping[str, Any]) -> dict[Node, Any]:
    """Return given shapes by variable, in the inner form; names that are no variables are passed over."""
    return {
        node: from_mxnet_shape(whole_shape(node.name, shapes[node.name]))
        for node in graph.arguments + graph.aux
        if node.name in shapes
    }


_MOST_LISTED = 8


def require_complete(graph: Graph, shapes: Sequence[Any], given: Iterable[str] = ()) -> None:
    """Refuse shapes of arguments and auxiliary states that are not known completely; list the first.

    Parameters
    ----------
    graph : Graph
        The graph.
    shapes : sequence of Shape
        What is known.
    given : iterable of str
        The names that shapes were given for: one that the graph does not have may be misspelt.
    """
    variables = graph.arguments + graph.aux
    unknown = [
        f"  {describe_node(node)}: {show_shape(shape)}"
        for node, shape in zip(variables, shapes, strict=True)
        if not is_complete(shape)
    ]
    if not unknown:
        return
    if len(unknown) > _MOST_LISTED:
        unknown[_MOST_LISTED - 1 :] = [f"  and {len(unknown) - _MOST_LISTED + 1} more"]
    names = {node.name for node in variables}
    astray = [
        f"\nThere is no argument {name!r}.{did_you_mean(name, names)}" for name in given if name not in names
    ]
    raise ShapeError(
        "The given shapes do not determine all others. These stayed unknown:\n"
        + "\n".join(unknown)
        + "".join(astray)
    )
