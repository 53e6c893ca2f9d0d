"""Binding: from a graph and arrays (or shapes alone) to an executor, with every misfit refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from mxnet.analysis.infer import infer_dtypes, infer_shapes, show_shape
from mxnet.analysis.storage import graph_storage
from mxnet.collector import collector_paused
from mxnet.context import Context
from mxnet.dtype import DTypeLike, dtype_name
from mxnet.errors import BindError, NameLookupError, ShapeError, did_you_mean, few
from mxnet.executor import Executor
from mxnet.fitting import NotAContextError, NotAnArrayError, require_complete, resized, shapes_by_node
from mxnet.ir.declared import declared_dtype, declared_stype
from mxnet.ir.graph import Graph
from mxnet.ir.node import Node, describe_node
from mxnet.ir.storage import DENSE
from mxnet.ndarray import NDArray, zeros
from mxnet.ndarray.sparse import zeros as sparse_zeros
from mxnet.plan.options import Options
from mxnet.plan.program_cache import Programs

__all__ = ["bind", "settled_dtypes", "simple_bind"]

Arrays = Sequence[NDArray] | Mapping[str, NDArray]
GradReq = str | Sequence[str] | Mapping[str, str]

_REQS = ("null", "write", "add")


def bind(
    graph: Graph,
    ctx: Context,
    args: Arrays,
    args_grad: Sequence[NDArray | None] | Mapping[str, NDArray] | None,
    grad_req: GradReq,
    aux_states: Arrays | None,
    group2ctx: Mapping[str, Context] | None,
    options: Options,
) -> Executor:
    """Bind arrays to a graph; see ``Symbol.bind``."""
    _check_contexts(ctx, group2ctx)
    arg_names, aux_names = _names(graph.arguments), _names(graph.aux)
    arg_arrays = _arranged("args", args, arg_names)
    aux_arrays = _arranged("aux_states", aux_states if aux_states is not None else [], aux_names)
    reqs = _requests(grad_req, arg_names)
    grads = None if args_grad is None else _arranged_gradients(args_grad, arg_names)
    wanted = [
        (node, req)
        for node, grad, req in zip(graph.arguments, grads or (), reqs, strict=False)
        if grad is not None and req != "null"
    ]
    wrt, requests = [node for node, _ in wanted], [req for _, req in wanted]
    programs = Programs(graph, wrt, ctx, group2ctx or {}, requests, options)
    _check_arrays(programs, arg_arrays, aux_arrays, grads or ())
    return Executor(programs, arg_arrays, grads, reqs, aux_arrays)


def simple_bind(
    graph: Graph,
    ctx: Context,
    grad_req: GradReq,
    type_dict: Mapping[str, DTypeLike] | None,
    stype_dict: Mapping[str, str] | None,
    group2ctx: Mapping[str, Context] | None,
    shared_arg_names: Sequence[str] | None,
    shared_exec: Executor | None,
    shared_buffer: dict[str, NDArray] | None,
    options: Options,
    shapes: Mapping[str, Any],
) -> Executor:
    """Make arrays of zeros for a graph and bind them; see ``Symbol.simple_bind``."""
    with collector_paused():
        return _simple_bind(
            graph,
            ctx,
            grad_req,
            type_dict or {},
            stype_dict or {},
            group2ctx or {},
            _Pool(shared_arg_names or (), shared_exec, shared_buffer),
            options,
            shapes,
        )


def _simple_bind(
    graph: Graph,
    ctx: Context,
    grad_req: GradReq,
    type_dict: Mapping[str, DTypeLike],
    stypes: Mapping[str, str],
    group2ctx: Mapping[str, Context],
    pool: _Pool,
    options: Options,
    shapes: Mapping[str, Any],
) -> Executor:
    _check_contexts(ctx, group2ctx)
    reqs = _requests(grad_req, _names(graph.arguments))
    inferred = infer_shapes(graph, shapes_by_node(graph, shapes))
    variables = graph.arguments + graph.aux
    require_complete(graph, inferred.of(variables), shapes)
    dtypes = dict(zip(variables, settled_dtypes(graph, type_dict), strict=True))
    shape_of = dict(zip(variables, inferred.of(variables), strict=True))
    wrt = [node for node, req in zip(graph.arguments, reqs, strict=True) if req != "null"]
    programs = Programs(graph, wrt, ctx, group2ctx, [req for req in reqs if req != "null"], options)

    stored = {node: stypes.get(node.name, declared_stype(node)) for node in variables}
    gradients = graph_storage(graph, stored).gradients

    def make(node: Node, key: str, stype: str) -> NDArray:
        return pool.take(key, node.name, shape_of[node], programs.context_of(node), dtypes[node], stype)

    arg_arrays = [make(node, node.name, stored[node]) for node in graph.arguments]
    grads = [
        None if req == "null" else make(node, f"grad of {node.name}", gradients.get(node, DENSE))
        for node, req in zip(graph.arguments, reqs, strict=True)
    ]
    aux_arrays = [make(node, f"aux {node.name}", stored[node]) for node in graph.aux]
    return Executor(programs, arg_arrays, grads, reqs, aux_arrays)


class _Pool:
    """Where simple_bind takes arrays from: another executor (parameters), a shared buffer (the rest), or new.

    Parameters
    ----------
    names : sequence of str
        The arguments whose arrays, and gradients, are the other executor's.
    executor : Executor, optional
        That executor.
    buffer : dict of str to NDArray, optional
        Arrays by name, ``"grad of X"`` for gradients; what is made new is put in. Auxiliary states are not.
    """

    def __init__(
        self, names: Sequence[str], executor: Executor | None, buffer: dict[str, NDArray] | None
    ) -> None:
        self._names = frozenset(names)
        self._buffer = buffer
        self._theirs: dict[str, NDArray | None] = {}
        if executor is not None:
            self._theirs.update(executor.arg_dict)
            self._theirs.update((f"aux {name}", array) for name, array in executor.aux_dict.items())
            if executor.grad_arrays is not None:
                self._theirs.update((f"grad of {name}", grad) for name, grad in executor.grad_dict.items())

    def take(
        self, key: str, name: str, shape: tuple[int, ...], context: Context, dtype: str, stype: str
    ) -> NDArray:
        """Return an array of that shape: one that fits, the beginning of a larger one, or zeros."""
        is_parameter = name in self._names or key.startswith("aux ")
        found = self._theirs.get(key) if is_parameter else (self._buffer or {}).get(key)
        if found is not None and found._dtype_name == dtype and found.stype == stype:
            if found.shape == shape:
                return found
            if stype == "default" and found.size >= int(np.prod(shape)):
                return resized(name, found, shape, True, True)
        array = _new(shape, context, dtype, stype)
        if self._buffer is not None and not is_parameter:
            self._buffer[key] = array
        return array


def _names(variables: Iterable[Node]) -> list[str]:
    return [node.name for node in variables]


def _check_contexts(ctx: object, groups: object) -> None:
    if not isinstance(groups, Mapping | None):
        raise NotAContextError(
            f"group2ctx must be a dictionary of contexts by group, not of type {type(groups).__name__}."
        )
    for each in (ctx, *(groups or {}).values()):
        if not isinstance(each, Context):
            raise NotAContextError(
                f"A context such as mx.cpu() was expected, but got {each!r}, of type {type(each).__name__}."
            )


def _arranged(what: str, arrays: Arrays, names: Sequence[str]) -> list[NDArray]:
    """Return one array per name; a dict may hold more."""
    if isinstance(arrays, Mapping):
        missing = [name for name in names if name not in arrays]
        if missing:
            needed = set(names)
            hint = did_you_mean(missing[0], [key for key in arrays if key not in needed])
            raise BindError(
                f"bind: {what} has no array for {few(map(repr, missing))}.{hint} "
                f"It needs: {few(names, missing[0])}."
            )
        arranged = [arrays[name] for name in names]
    else:
        if not isinstance(arrays, Iterable):
            raise NotAnArrayError(
                f"bind: {what} must be a list or a dict of NDArrays, but is of type {type(arrays).__name__}."
            )
        arranged = list(arrays)
        if len(arranged) != len(names):
            raise BindError(
                f"bind: {what} has {len(arranged)} arrays, but {len(names)} are needed: {few(names)}."
            )
    for name, array in zip(names, arranged, strict=True):
        if not isinstance(array, NDArray):
            raise NotAnArrayError(
                f"bind: {what} must hold NDArrays, but {name!r} is of type {type(array).__name__}."
            )
    return arranged


def _arranged_gradients(
    args_grad: Sequence[NDArray | None] | Mapping[str, NDArray | None], names: Sequence[str]
) -> list[NDArray | None]:
    if isinstance(args_grad, Mapping):
        grads = [args_grad.get(name) for name in names]
    else:
        grads = list(args_grad)
        if len(grads) != len(names):
            raise BindError(
                f"bind: args_grad has {len(grads)} arrays, but {len(names)} are needed: {few(names)}."
            )
    for name, grad in zip(names, grads, strict=True):
        if grad is not None and not isinstance(grad, NDArray):
            raise NotAnArrayError(
                f"bind: args_grad must hold NDArrays or None, but {name!r} is of type {type(grad).__name__}."
            )
    return grads


def _requests(grad_req: GradReq, names: Sequence[str]) -> list[str]:
    if isinstance(grad_req, str):
        reqs = [grad_req] * len(names)
    elif isinstance(grad_req, Mapping):
        reqs = [grad_req.get(name, "null") for name in names]
    else:
        reqs = list(grad_req)
        if len(reqs) > len(names):
            raise BindError(f"grad_req has {len(reqs)} entries for {len(names)} arguments: {few(names)}.")
        reqs += ["null"] * (len(names) - len(reqs))  # MXNet takes a list that is too short
    for req in reqs:
        if req not in _REQS:
            raise BindError(
                f"grad_req {req!r} is not one of {', '.join(map(repr, _REQS))}.{did_you_mean(req, _REQS)}"
            )
    return reqs


def _check_arrays(
    programs: Programs, args: Sequence[NDArray], aux: Sequence[NDArray], grads: Sequence[NDArray | None]
) -> None:
    """Refuse arrays that do not fit the graph or the context."""
    graph = programs.graph
    for node, array in zip(programs.variables, (*args, *aux), strict=True):
        if array.context != programs.context_of(node):
            raise BindError(
                f"bind: the array for {describe_node(node)} is on {array.context}, but is needed on "
                f"{programs.context_of(node)} (use as_in_context, or group2ctx to spread a network over "
                "devices)."
            )
    for node, array, grad in zip(graph.arguments, args, grads, strict=False):
        if grad is not None and grad.shape != array.shape:
            raise ShapeError(
                f"bind: the gradient array for {node.name!r} has shape {show_shape(grad.shape)}, but the "
                f"argument has shape {show_shape(array.shape)}."
            )
    arrays = dict(zip(programs.variables, (*args, *aux), strict=True))
    shapes = infer_shapes(graph, {node: array.shape for node, array in arrays.items()})
    infer_dtypes(graph, {node: array._dtype_name for node, array in arrays.items()})
    require_complete(graph, shapes.of(programs.variables))


def settled_dtypes(graph: Graph, type_dict: Mapping[str, DTypeLike]) -> list[str]:
    """Return the dtypes of arguments and aux: as given, as they follow, float32 where nothing says."""
    variables = graph.arguments + graph.aux
    names = set(_names(variables))
    for name in type_dict:
        if name not in names:
            raise NameLookupError(
                f"type_dict names {name!r}, which is no argument.{did_you_mean(name, names)} "
                f"The arguments are: {few(_names(variables), name)}."
            )
    known = {
        node: dtype_name(type_dict[node.name]) for node in variables if type_dict.get(node.name) is not None
    }
    found = infer_dtypes(graph, known).of(variables)
    if None in found:
        for node, dtype in zip(variables, found, strict=True):
            if dtype is None and node not in known:
                known[node] = declared_dtype(node) or "float32"
        found = infer_dtypes(graph, known).of(variables)
    return [dtype or "float32" for dtype in found]


def _new(shape: tuple[int, ...], context: Context, dtype: str, stype: str) -> NDArray:
    if stype == "default":
        return zeros(shape, ctx=context, dtype=dtype)
    return sparse_zeros(stype, shape, ctx=context, dtype=dtype)
