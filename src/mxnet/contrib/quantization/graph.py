"""Graphs that compute with integers of 8 bits where there are operators for that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from mxnet.contrib.graphs import apply, copied, name_of
from mxnet.errors import MXNetError, NameLookupError
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import REGISTRY, Op, is_hidden
from mxnet.ops.nn.fully_connected import FullyConnected
from mxnet.ops.nn.rnn import RNN
from mxnet.ops.quantized.quantize import QuantizeV2, Ranged, Requantize
from mxnet.ops.quantized.quantized_layers import QuantizedBatchNorm

__all__ = ["Choice", "calibrate", "calibrated_layers", "quantize"]

_QUANTIZED = {
    operator.of: operator
    for operator in REGISTRY.values()
    if issubclass(operator, Ranged) and operator.of is not None
}
"""The operators on integers of 8 bits, by those that do the same with real numbers."""

_Integers = tuple[Entry, Entry, Entry]  # with both ends of the range


@dataclass(frozen=True)
class Choice:
    """What of a graph is quantized, and how.

    Attributes
    ----------
    dtype : str
        ``int8``, ``uint8``, or ``auto`` for unsigned integers where calibration sees no negative number.
    mode : str
        ``full`` for all operators that can be, ``smart`` for those with sums of many products and what stands
        between two of them.
    offline : collection of str
        Parameters that are quantized beforehand.
    excluded_names, excluded_operators : collection of str
        Nodes and operators that stay as they are.
    """

    dtype: str
    mode: str
    offline: Collection[str] = ()
    excluded_names: Collection[str] = ()
    excluded_operators: Collection[str] = ()


def quantize(graph: Graph, choice: Choice) -> tuple[Entry, ...]:
    """Return the outputs of the graph with integers inside; they are real numbers as before."""
    return _Quantizer(graph, choice).outputs()


def _chosen(graph: Graph, choice: Choice) -> set[Node]:
    """Return the nodes that are quantized."""
    able = {node for node in graph.operators if _is_able(node, choice)}
    if choice.mode == "full":
        return able
    if choice.mode != "smart":
        raise NameLookupError(f"quantize_mode is {choice.mode!r}. Expected 'full' or 'smart'.")
    # The others only spare a conversion between two of these.
    kept = {node for node in able if node.op is not None and node.op.cost == "much"}
    after, before = set(kept), set(kept)
    for node in graph.operators:
        if node in able and any(entry.node in after for entry in node.inputs):
            after.add(node)
    for node in reversed(graph.operators):
        if node in before:
            before.update(entry.node for entry in node.inputs if entry.node in able)
    return after & before


def _is_able(node: Node, choice: Choice) -> bool:
    op = node.op
    if op is None or type(op) not in _QUANTIZED:
        return False
    if node.name in choice.excluded_names or op.name in choice.excluded_operators:
        return False
    if op.mode != "lstm" if isinstance(op, RNN) else op.visible_outputs() > 1:
        return False
    try:
        _counterpart(node)
    except MXNetError:  # such as of an activation that is not relu
        return False
    return True


def _counterpart(node: Node) -> Ranged:
    given = {key: value for key, value in node.attrs.items() if not is_hidden(key)}
    return _QUANTIZED[type(node.op)].bind(given)  # type: ignore[index,return-value] # it has an operator


class _Quantizer:
    def __init__(self, graph: Graph, choice: Choice) -> None:
        self.graph = graph
        self.choice = choice
        self.chosen = _chosen(graph, choice)
        self.readers = _readers(graph, self.chosen)
        self.numbers: dict[Entry, Entry] = {}  # of values of the given graph, as real numbers
        self.integers: dict[Entry, _Integers] = {}

    def outputs(self) -> tuple[Entry, ...]:
        for node in self.graph.nodes:
            if node not in self.chosen:
                inputs = tuple(map(self._number, node.inputs))
                self._keep(
                    node, Node(node.op, node.name, inputs, dict(node.attrs), node.source, node.subgraphs)
                )
            elif isinstance(node.op, RNN):
                self._recurrent(node)
            else:
                self._quantized(node)
        return tuple(map(self._number, self.graph.outputs))

    def _keep(self, node: Node, made: Node) -> None:
        self.numbers.update(zip(node.outputs, made.outputs, strict=True))

    def _number(self, entry: Entry) -> Entry:
        """Return a value as a real number."""
        if entry not in self.numbers:
            name = f"{entry.node.name}_dequantize"
            inputs = self.integers[entry]
            self.numbers[entry] = Entry(apply("_contrib_dequantize", name, inputs, {}, entry.node.source))
        return self.numbers[entry]

    def _integer(self, entry: Entry) -> _Integers:
        """Return a value as integers."""
        if entry not in self.integers:
            name = f"{name_of(entry)}_quantize"
            source = entry.node.source
            if entry.node.op is None and entry.node.name in self.choice.offline:
                low, high = (Entry(Node(None, f"{name}_{end}", source=source)) for end in ("min", "max"))
                self.integers[entry] = Entry(Node(None, name, source=source)), low, high
            else:
                attrs = {"out_type": self._dtype_of(entry)}
                node = apply("_contrib_quantize_v2", name, (self._number(entry),), attrs, source)
                self.integers[entry] = _three(node)
        return self.integers[entry]

    def _dtype_of(self, entry: Entry) -> str:
        """Return the dtype of a value; ``auto`` only where integers without sign are read as what they are.

        As in MXNet, a convolution takes the range of its data for one of int8, and an activation the bits.
        """
        is_auto = self.choice.dtype == "auto" and self.readers.get(entry, set()) <= {FullyConnected}
        return self.choice.dtype if is_auto or self.choice.dtype != "auto" else "int8"

    def _quantized(self, node: Node) -> None:
        """Apply the counterpart of an operator; sums of products become integers of 8 bits again."""
        assert node.op is not None
        op = _counterpart(node)
        slots = node.op.input_names() + node.op.aux_names()
        values = dict(zip(slots, node.inputs, strict=True))
        names = op.input_names() + op.aux_names()
        given: dict[str, Entry] = {}
        for slot, value in values.items():
            ends = next((pair for pair in _ends_of(slot) if pair[0] in names), None)
            if ends is None:
                given[slot] = self._number(value)
            else:
                given[slot], given[ends[0]], given[ends[1]] = self._integer(value)
        made = Node(
            op, f"quantized_{node.name}", tuple(given[name] for name in names), dict(node.attrs), node.source
        )
        if op.sums:
            attrs = {"out_type": self._dtype_of(Entry(node))}
            made = apply("_contrib_requantize", f"requantize_{node.name}", _three(made), attrs, node.source)
        self.integers[Entry(node)] = _three(made)

    def _recurrent(self, node: Node) -> None:
        """Let a recurrent network read integers; what it makes are real numbers."""
        data, *others = node.inputs
        name = f"{name_of(data)}_quantize"
        quantized = apply("_contrib_quantize_asym", name, (self._number(data),), {}, node.source).outputs
        inputs = (quantized[0], *map(self._number, others), *quantized[1:])
        self._keep(
            node, Node(_counterpart(node), f"quantized_{node.name}", inputs, dict(node.attrs), node.source)
        )


def _readers(graph: Graph, nodes: set[Node]) -> dict[Entry, set[type[Op]]]:
    """Return the classes of those operators among some nodes that read each value."""
    readers: dict[Entry, set[type[Op]]] = {}
    for node in graph.operators:
        if node in nodes and node.op is not None:
            for entry in node.inputs:
                readers.setdefault(entry, set()).add(type(node.op))
    return readers


def _three(node: Node) -> _Integers:
    return Entry(node, 0), Entry(node, 1), Entry(node, 2)


def _ends_of(slot: str) -> list[tuple[str, str]]:
    """Return how the slots may be named that the two ends of an input's range go into."""
    return [(f"min_{slot}", f"max_{slot}"), (f"{slot}_min", f"{slot}_max")]


# ------------------------------------------------------------------------------------------------ calibration


def _layer_of(node: Node) -> str | None:
    """Return the value of the original graph whose range a node of the quantized one uses."""
    match node.op:
        case QuantizeV2():
            return node.inputs[0].output_name
        case Requantize():
            return node.name.removeprefix("requantize_") + "_output"
        case QuantizedBatchNorm():
            return node.name.removeprefix("quantized_") + "_output"
    return None


def calibrated_layers(graph: Graph) -> list[str]:
    """Return the names of the values whose ranges a quantized graph uses."""
    return list(dict.fromkeys(layer for node in graph.operators if (layer := _layer_of(node)) is not None))


def calibrate(graph: Graph, ranges: Mapping[str, tuple[float, float]]) -> tuple[Entry, ...]:
    """Return the outputs of a quantized graph that knows the ranges of values, by their names."""

    def with_range(node: Node, inputs: tuple[Entry, ...]) -> Node | None:
        layer = _layer_of(node)
        if node.op is None or layer is None or layer not in ranges:
            return None
        low, high = (np.asarray(end).item() for end in ranges[layer])
        attrs = {**node.attrs, "min_calib_range": f"{low:f}", "max_calib_range": f"{high:f}"}
        op = type(node.op).bind({key: value for key, value in attrs.items() if not is_hidden(key)})
        return Node(op, node.name, inputs, attrs, node.source)

    return copied(graph, with_range)
