"""A graph as an ONNX model: each operator says itself what it is there; this walks the graph and asks."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from mxnet.analysis.infer import infer_dtypes, infer_shapes
from mxnet.context import cpu
from mxnet.errors import MXNetError, ShapeError, few
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, describe_node
from mxnet.ir.op import Like, Run
from mxnet.ir.types import Type, is_complete, show_shape
from mxnet.lazy import onnx, torch
from mxnet.libinfo import __version__
from mxnet.ops.tools.onnx_graph import (
    OLDEST,
    Extent,
    Extents,
    InexpressibleError,
    OnnxGraph,
    Open,
    Value,
    fixed,
)

__all__ = ["Input", "NotInOnnxError", "onnx_model"]

Array = np.ndarray[Any, Any]

_MOST_FOLDED = 1 << 24
"""The most numbers of a constant that is computed here, unless what it is made of has as many."""


class NotInOnnxError(MXNetError, ValueError):
    """Some operators of a graph cannot be said in ONNX."""


class Input(NamedTuple):
    """An input of the model: its data type, and its shape in a sample, where extents with names are open."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    names: Mapping[int, str] = {}


class _Facts(NamedTuple):
    """Of each node, by output: data types and shapes."""

    dtypes: dict[Entry, str]
    shapes: dict[Entry, Extents]


def onnx_model(
    graph: Graph,
    params: Mapping[str, Array],
    inputs: Sequence[Input],
    opset: int,
) -> Any:
    """Return the ModelProto of a graph.

    Parameters
    ----------
    graph : Graph
        For inference; see :func:`mxnet.leaving.inference.inference_graph`.
    params : dict of str to array
        The values of the other variables.
    inputs : sequence of Input
        Those that are read become the model's inputs.
    opset : int
        The version of ONNX's operators.

    Raises
    ------
    NotInOnnxError
        If ONNX cannot say some operators: with all of them, why, and where to cut.
    MXNetError
        If a variable has neither a value nor a place among the inputs, or shapes stay unknown.
    """
    newest = onnx.defs.onnx_opset_version()
    if not OLDEST <= opset <= newest:
        raise MXNetError(f"ONNX models can be written for opset {OLDEST} to {newest}, not {opset}.")
    _require_values(graph, params, inputs)
    facts = _facts_of(graph, params, inputs)
    walk = _Walk(graph, params, inputs, facts, OnnxGraph(opset))
    return walk.model("network")


def _require_values(graph: Graph, params: Mapping[str, Array], inputs: Sequence[Input]) -> None:
    known = {*params, *(each.name for each in inputs)}
    missing = [node.name for node in (*graph.arguments, *graph.aux) if node.name not in known]
    if missing:
        raise MXNetError(
            f"An ONNX model needs the values of all parameters, or their shapes as inputs: {few(missing)} "
            "have neither."
        )


def _facts_of(graph: Graph, params: Mapping[str, Array], inputs: Sequence[Input]) -> _Facts:
    """Infer data types, and shapes in two samples, in which open extents differ."""
    factors = {name: i + 2 for i, name in enumerate({n: 0 for each in inputs for n in each.names.values()})}
    first: dict[str, tuple[int, ...]] = {key: array.shape for key, array in params.items()}
    dtypes = {key: str(array.dtype) for key, array in params.items()}
    second = dict(first)
    for each in inputs:
        first[each.name] = each.shape
        second[each.name] = tuple(
            [n * factors[each.names[i]] if i in each.names else n for i, n in enumerate(each.shape)]
        )
        dtypes[each.name] = each.dtype
    shapes = _shapes_of(graph, first)
    try:
        others = _shapes_of(graph, second) if factors else shapes
    except MXNetError as error:
        raise ShapeError(
            f"The extents {few(map(repr, factors))} cannot be open: with inputs "
            f"{few(f'{each.name} {second[each.name]}' for each in inputs)} the network does not work. {error}"
        ) from None
    found_dtypes = infer_dtypes(
        graph, {node: dtypes[node.name] for node in graph.nodes if node.op is None}
    ).values
    facts = _Facts({}, {})
    for i, node in enumerate(graph.nodes):
        for j, entry in enumerate(node.outputs):
            dtype = found_dtypes[i][j]
            shape, other = shapes[i][j], others[i][j]
            if dtype is None or len(shape) != len(other):
                raise MXNetError(f"The data type or rank of {entry!r} does not follow from the inputs.")
            facts.dtypes[entry] = dtype
            facts.shapes[entry] = tuple(
                [a if a == b else Open(a, b) for a, b in zip(shape, other, strict=True)]
            )
    return facts


def _shapes_of(graph: Graph, known: Mapping[str, tuple[int, ...]]) -> list[list[tuple[int, ...]]]:
    found = infer_shapes(graph, {node: known[node.name] for node in graph.nodes if node.op is None}).values
    for node, shapes in zip(graph.nodes, found, strict=True):
        for entry, shape in zip(node.outputs, shapes, strict=True):
            if not is_complete(shape) and not (node.op is not None and node.op.late_shape):
                raise ShapeError(
                    f"The shape of {entry.output_name} is {show_shape(shape)}; it does not follow from those "
                    "of the inputs."
                )
    return [[tuple(extent or 0 for extent in shape or ()) for shape in shapes] for shapes in found]


class _Walk:
    """Goes through a graph once, and collects what each node says."""

    def __init__(
        self,
        graph: Graph,
        params: Mapping[str, Array],
        inputs: Sequence[Input],
        facts: _Facts,
        to: OnnxGraph,
    ) -> None:
        self.graph = graph
        self.params = params
        self.inputs = {each.name: each for each in inputs}
        self.facts = facts
        self.to = to
        self.made: dict[Entry, Value] = {}
        self.variables: dict[str, Value] = {}
        self.refused: list[tuple[Node, str]] = []

    def model(self, name: str) -> Any:
        """Return the model."""
        for node in self.graph.nodes:  # so that no other value takes their names
            if node.op is None and node.name not in self.variables:
                self._add_variable(node)
        for node in self.graph.operators:
            if all(entry in self.made or entry.node.op is None for entry in node.inputs):
                self._add(node)
        if self.refused:
            raise NotInOnnxError(self._refusal())
        outputs = self._outputs()
        return self._assemble(name, outputs)

    def _add_variable(self, node: Node) -> None:
        entry = Entry(node)
        if node.name in self.inputs:
            name = self.to.new_name(node.name)
            value = Value(self.to, name, self.facts.dtypes[entry], self.facts.shapes[entry])
            self.to.add_source(value)
        else:
            value = self.to.constant(self.params[node.name], node.name)
        self.variables[node.name] = value

    def _value(self, entry: Entry) -> Value:
        return self.variables[entry.node.name] if entry.node.op is None else self.made[entry]

    def _add(self, node: Node) -> None:
        op = node.op
        assert op is not None
        if op.identity_in_inference:
            self.made[Entry(node)] = self._value(node.inputs[0])
            return
        values = [self._value(entry) for entry in node.inputs]
        outs = tuple([(self.facts.dtypes[entry], self.facts.shapes[entry]) for entry in node.outputs])
        since = self.to.begin(node.name, outs)
        try:
            results = self._folded(node, values) or self._said(node, values)
        except InexpressibleError as error:
            self.refused.append((node, str(error)))
            return
        for entry, (dtype, shape), result in zip(node.outputs, outs, results, strict=False):
            made = result.as_type(dtype)
            value = Value(self.to, made.name, dtype, shape)
            self.made[entry] = self.to.rename(value, entry.output_name, since)

    def _said(self, node: Node, values: list[Value]) -> tuple[Value, ...]:
        """Return what an operator says that it is."""
        op: Any = node.op
        if op.onnx is None:
            raise InexpressibleError("ONNX has no such operator")
        if isinstance(op.onnx, str):
            return (self.to.node(op.onnx, *values),)
        names = op.input_names() + op.aux_names()
        declared = [*op.inputs, *op.aux]
        if op.variadic or list(names) == declared[: len(names)]:
            results = op.onnx(self.to, *values)
        else:
            results = op.onnx(self.to, **dict(zip(names, values, strict=True)))
        return (results,) if isinstance(results, Value) else tuple(results)

    def _folded(self, node: Node, values: list[Value]) -> tuple[Value, ...] | None:
        """Return constants where nothing but constants, and fixed shapes, is read."""
        op: Any = node.op
        if not op.pure or op.late_shape or op.effects or op.opaque or node.subgraphs:
            return None
        shapes = [*[value.shape for value in values], *[shape for _, shape in self.to.outs]]
        if any(isinstance(extent, Open) for shape in shapes for extent in shape or ()):
            return None
        arrays = [self.to.arrays.get(value.name) for value in values]
        if any(array is None and i not in op.shape_only for i, array in enumerate(arrays)):
            return None
        size = max(math.prod(map(fixed, shape)) for _, shape in self.to.outs)
        if size > max(_MOST_FOLDED, *[array.size for array in arrays if array is not None], 0):
            return None
        results = _computed(node, values, arrays, self.to.outs)[: op.visible_outputs()]
        return tuple([self.to.constant(each) for each in results])

    def _outputs(self) -> list[Value]:
        """Return the outputs, each under the name that the symbol lists."""
        outputs = []
        since = self.to.begin("output", ())
        for entry in self.graph.outputs:
            value = self._value(entry)
            if value.name != entry.output_name or value in outputs or entry.node.op is None:
                value = self.to.rename(self.to.Identity(value), entry.output_name, since)
            outputs.append(Value(self.to, value.name, self.facts.dtypes[entry], self.facts.shapes[entry]))
        return outputs

    def _refusal(self) -> str:
        """Return which operators cannot be said, and what can be exported before them."""
        by_operator: dict[tuple[str, str], list[str]] = {}
        for node, why in self.refused:
            assert node.op is not None
            by_operator.setdefault((node.op.name, why), []).append(node.name)
        lines = [
            f"  {operator} ({few(map(repr, names))}): {why}."
            for (operator, why), names in by_operator.items()
        ]
        cuts = dict.fromkeys(
            entry.output_name for node, _ in self.refused for entry in node.inputs if entry in self.made
        )
        ends = [entry.output_name for entry in self.graph.outputs if entry in self.made]
        after = "\n".join(["ONNX cannot say what this network computes:", *lines])
        if not cuts and not ends:
            return after
        names = [*cuts, *[end for end in ends if end not in cuts]]
        return (
            f"{after}\nThe nearest cut: everything up to {few(names)} can be exported, as "
            f"Group([internals[name] for name in {names[:8]!r}]) of internals = sym.get_internals()."
        )

    # ----------------------------------------------------------------------------------------- the ModelProto

    def _assemble(self, name: str, outputs: list[Value]) -> Any:
        nodes = _needed(self.to.nodes, {value.name for value in outputs})
        read = {each for node in nodes for each in node.input}
        constants = [each for each in self.to.constants.values() if each.name in read]
        inputs = [self._info(self.variables[each]) for each in self.inputs if self._is_read(each, read)]
        graph = onnx.helper.make_graph(nodes, name, inputs, list(map(self._info, outputs)), constants)
        opsets = [onnx.helper.make_opsetid("", self.to.opset)]
        return onnx.helper.make_model(
            graph,
            opset_imports=opsets,
            ir_version=onnx.helper.find_min_ir_version_for(opsets),
            producer_name="Symnet",
            producer_version=__version__,
        )

    def _is_read(self, name: str, read: set[str]) -> bool:
        return name in self.variables and self.variables[name].name in read

    def _info(self, value: Value) -> Any:
        open_names: dict[Extent, str] = {}
        for each in self.inputs.values():
            shape = self.variables[each.name].shape if each.name in self.variables else ()
            open_names |= {extent: each.names[i] for i, extent in enumerate(shape or ()) if i in each.names}
        extents = [
            open_names.get(extent) if isinstance(extent, Open) else extent for extent in value.shape or ()
        ]
        return onnx.helper.make_tensor_value_info(value.name, self.to.code(value.dtype), extents)


def _needed(nodes: list[Any], wanted: set[str]) -> list[Any]:
    """Return the nodes that some values depend on."""
    kept = []
    for node in reversed(nodes):
        if wanted.intersection(node.output):
            wanted = wanted.union(node.input)
            kept.append(node)
    return kept[::-1]


def _computed(
    node: Node,
    values: Sequence[Value],
    arrays: Sequence[Array | None],
    outs: tuple[tuple[str, Extents], ...],
) -> list[Array]:
    """Return the outputs of a node, computed."""
    op: Any = node.op
    place = cpu()
    ins = tuple([Type(value.fixed_shape, value.dtype, place) for value in values])
    out_types = tuple([Type(tuple(map(fixed, shape)), dtype, place) for dtype, shape in outs])
    tensors = [
        Like(value.fixed_shape, getattr(torch, value.dtype))
        if i in op.shape_only
        else torch.from_numpy(np.array(array))
        for i, (value, array) in enumerate(zip(values, arrays, strict=True))
    ]
    run = Run(place, ins=ins, outs=out_types, name=describe_node(node))
    held = op.held_in([value.dtype for value in values])
    with torch.no_grad():
        results = held.kernel_for(run)(*tensors)
    many = results if isinstance(results, tuple | list) else (results,)
    return [
        np.ascontiguousarray(each.numpy()).reshape(each.shape) for each in itertools.islice(many, op.arity[2])
    ]
