"""An ONNX graph while it is read: its values become symbols, or arrays where they are the same in every run.

A reader is a function of one :class:`Call`; it returns a value, or several. What only shapes of other values
decide is computed here: such an array may hold a :class:`Dim` in the place of an extent that is open.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from mxnet import symbol
from mxnet.errors import FileFormatError, MXNetError, few
from mxnet.ir.node import Entry, Node
from mxnet.lazy import onnx
from mxnet.name import Prefix
from mxnet.symbol.symbol import Symbol

__all__ = ["READERS", "Array", "Call", "Dim", "NotReadError", "Result", "Value", "read_graph", "reads"]

Array = np.ndarray[Any, Any]
Value = Symbol | Array
Result = Any
"""What a reader returns: a Value, or a sequence of them."""

sym: Any = symbol
"""``mx.sym``, whose functions are called with what a model says."""

READERS: dict[str, Callable[[Call], Result]] = {}
"""Who reads which of ONNX's operators; filled while :mod:`mxnet.onnx.readers` is imported."""

_MOST_FOLDED = 1 << 26


class NotReadError(MXNetError, ValueError):
    """An ONNX model has operators, or uses of them, that have no counterpart here."""


@dataclass(frozen=True)
class Dim:
    """An extent that is not fixed: two of one key are equal."""

    key: str


def reads(*op_types: str) -> Callable[[Callable[[Call], Result]], Callable[[Call], Result]]:
    """Declare who reads these operators."""

    def declare(reader: Callable[[Call], Result]) -> Callable[[Call], Result]:
        READERS.update(dict.fromkeys(op_types, reader))
        return reader

    return declare


class Call:
    """One node: what its reader asks for.

    Attributes
    ----------
    op_type : str
    inputs : list of Value or None
    attributes : dict
    opset : int
    outputs : list of str
        Empty names stand for outputs that nobody reads.
    """

    def __init__(self, graph: _Graph, proto: Any) -> None:
        self._graph = graph
        self.op_type: str = proto.op_type
        self.names: list[str] = list(proto.input)
        self.inputs: list[Value | None] = [graph.values[name] if name else None for name in proto.input]
        self.attributes = {each.name: _attribute(each) for each in proto.attribute}
        self.outputs: list[str] = list(proto.output)
        self.opset = graph.opset

    def get(self, attribute: str, default: Any = None) -> Any:
        """Return an attribute."""
        return self.attributes.get(attribute, default)

    def has(self, i: int) -> bool:
        """Whether the node has an input of that number."""
        return i < len(self.inputs) and self.inputs[i] is not None

    def symbol(self, i: int = 0) -> Symbol:
        """Return an input as a symbol; a constant becomes a parameter."""
        value = self.inputs[i]
        assert value is not None, (self.op_type, i)
        return self._graph.as_symbol(value, self.names[i])

    def symbols(self) -> list[Symbol]:
        """Return all inputs as symbols."""
        return [self.symbol(i) for i in range(len(self.inputs))]

    def known(self, i: int) -> Array | None:
        """Return an input if it is constant."""
        value = self.inputs[i] if self.has(i) else None
        return value if isinstance(value, np.ndarray) and value.dtype != object else None

    def constant(self, i: int, attribute: str = "", default: Any = None) -> Any:
        """Return an input, or the attribute that it was in older versions, that must be constant, as list.

        Raises
        ------
        NotReadError
            If it is computed.
        """
        if attribute in self.attributes:
            return self.attributes[attribute]
        if not self.has(i):
            return default
        value = self.inputs[i]
        if not isinstance(value, np.ndarray):
            raise self.refusal(f"its input {self.names[i]!r} is computed, but must be constant here")
        return value.tolist()

    def parameter(self, array: Array, what: str) -> Symbol:
        """Return a new parameter of that value, named after the node."""
        return self._graph.as_symbol(array, f"{self.name}_{what}")

    @property
    def name(self) -> str:
        """The name of the node that is made."""
        return _node_name(next(filter(None, self.outputs), self.op_type))

    @property
    def reads_more_than_one(self) -> bool:
        """Whether more than one output is asked for."""
        return len([name for name in self.outputs if name]) > 1

    def shape(self, i: int = 0) -> tuple[int | Dim, ...]:
        """Return the shape of an input, as far as it is fixed.

        Raises
        ------
        NotReadError
            If not even the rank is known.
        """
        value = self.inputs[i]
        if isinstance(value, np.ndarray):
            return tuple(value.shape)
        shape = self._graph.shapes.get(self.names[i])
        if shape is None:
            raise self.refusal(f"the rank of its input {self.names[i]!r} is not known")
        return shape

    def rank(self, i: int = 0) -> int:
        """Return the number of axes of an input."""
        return len(self.shape(i))

    def extent(self, axis: int, i: int = 0) -> int:
        """Return an extent of an input that must be fixed."""
        extent = self.shape(i)[axis]
        if isinstance(extent, Dim):
            raise self.refusal(f"axis {axis} of its input {self.names[i]!r} must have a fixed extent here")
        return extent

    def remember(self, dim: Dim, axis: int) -> None:
        """Note that an open extent is that of the first input along an axis."""
        self._graph.sources.setdefault(dim.key, (self.symbol(), self.rank(), axis))

    def source(self, dim: Dim) -> tuple[Symbol, int, int] | None:
        """Return a symbol, its rank, and the axis along which it has an open extent."""
        return self._graph.sources.get(dim.key)

    def dtype(self, i: int = 0) -> str | None:
        """Return the data type of an input, if it is known."""
        value = self.inputs[i]
        if isinstance(value, np.ndarray):
            return str(value.dtype)
        return self._graph.dtypes.get(self.names[i])

    def output_shape(self) -> tuple[int | Dim, ...] | None:
        """Return the shape of the first output, if it is known."""
        return self._graph.shapes.get(self.outputs[0])

    def refusal(self, why: str) -> NotReadError:
        """Return the error that says why the node cannot be read."""
        return NotReadError(f"{self.op_type} {self.name!r}: {why}.")


class Read(NamedTuple):
    """What a graph has become."""

    symbol: Symbol
    params: dict[str, Array]


def read_graph(model: Any) -> Read:
    """Return the symbol and the parameters of a model.

    Raises
    ------
    NotReadError
        If some of its operators cannot be read; with all of them.
    FileFormatError
        If it is damaged.
    """
    with _damaged("its graph"):
        unknown: dict[str, list[str]] = {}
        for proto in model.graph.node:
            if proto.op_type not in READERS or proto.domain not in ("", "ai.onnx"):
                unknown.setdefault(proto.op_type, []).append(_node_name(proto.output[0]))
        if unknown:
            lines = [f"  {op_type} ({few(map(repr, names))})" for op_type, names in unknown.items()]
            raise NotReadError("\n".join(["Operators of this model have no counterpart here:", *lines]))
        return _Graph(model).read()


class _Graph:
    def __init__(self, model: Any) -> None:
        self.graph = model.graph
        self.opset: int = max((each.version for each in model.opset_import if not each.domain), default=1)
        self.values: dict[str, Value] = {}
        self.params: dict[str, Array] = {}
        self.sources: dict[str, tuple[Symbol, int, int]] = {}
        self.shapes, self.dtypes = _facts_of(model)

    def read(self) -> Read:
        """Read all nodes."""
        for tensor in self.graph.initializer:
            with _damaged(f"the array {tensor.name!r}"):
                self.values[tensor.name] = onnx.numpy_helper.to_array(tensor)
        for each in self.graph.input:
            if each.name not in self.values:
                self.values[each.name] = sym.Variable(each.name)
        for proto in self.graph.node:
            with _damaged(f"{proto.op_type} {list(proto.output)}"):
                self._read_node(proto)
        outputs = [self._output(each) for each in self.graph.output]
        made = outputs[0] if len(outputs) == 1 else symbol.Group(outputs)
        used = set(made.list_inputs())
        return Read(made, {name: array for name, array in self.params.items() if name in used})

    def _output(self, info: Any) -> Symbol:
        made = self.as_symbol(self.values[info.name], info.name)
        if info.type.tensor_type.elem_type == onnx.TensorProto.BOOL:
            return symbol.cast(made, dtype="bool", name=_node_name(info.name))
        return made

    def as_symbol(self, value: Value, name: str) -> Symbol:
        """Return a symbol for a value; a constant is a parameter of that name."""
        if isinstance(value, Symbol):
            return value
        if value.dtype == object:
            raise NotReadError(
                f"The value {name!r} is computed from open extents, and must be a number here."
            )
        # To MXNet an array without axes is one of which nothing is known.
        self.params[name] = value if value.ndim else value.reshape(1)
        return symbol.Variable(name)

    def _read_node(self, proto: Any) -> None:
        call = Call(self, proto)
        results = self._folded(call, proto)
        if results is None:
            with Prefix(f"{call.name}_"):
                made = READERS[call.op_type](call)
            results = list(made) if isinstance(made, tuple | list) else [made]
            results = _renamed(results, call)
        for name, result in zip(call.outputs, results, strict=False):
            if name:
                self.values[name] = result

    def _folded(self, call: Call, proto: Any) -> list[Value] | None:
        """Return the outputs of a node of constants."""
        arrays = [each for each in call.inputs if each is not None]
        if not arrays or any(not isinstance(each, np.ndarray) for each in arrays):
            return None
        if any(each.dtype == object or each.size > _MOST_FOLDED for each in arrays):  # type: ignore[union-attr]
            return None
        if call.op_type.startswith(("Random", "Multinomial", "Bernoulli")):
            return None
        given = {name: value for name, value in zip(call.names, call.inputs, strict=True) if name}
        reference: Any = importlib.import_module("onnx.reference")
        evaluator = reference.ReferenceEvaluator(proto, opsets={"": self.opset})
        return [np.asarray(each) for each in evaluator.run(None, given)]


@contextlib.contextmanager
def _damaged(what: str) -> Iterator[None]:
    """Say of what is read there that it is damaged, whatever that raises."""
    try:
        yield
    except MXNetError:
        raise
    except Exception as error:  # of protocol buffers, numpy, onnx
        text = f"{type(error).__name__}: {error}"
        raise FileFormatError(f"This ONNX model is damaged, in {what}: {text}.") from None


def _facts_of(model: Any) -> tuple[dict[str, tuple[int | Dim, ...]], dict[str, str]]:
    """Return the shapes and data types of all values that ONNX can infer."""
    try:
        inferred = onnx.shape_inference.infer_shapes(model, data_prop=True)
    except (onnx.shape_inference.InferenceError, ValueError) as error:
        raise FileFormatError(f"The shapes of this ONNX model contradict each other: {error}") from None
    shapes: dict[str, tuple[int | Dim, ...]] = {}
    dtypes: dict[str, str] = {}
    graph = inferred.graph
    for info in (*graph.input, *graph.value_info, *graph.output):
        kind = info.type.tensor_type
        if kind.elem_type:
            dtypes[info.name] = str(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type))
        if kind.HasField("shape"):
            shapes[info.name] = tuple(
                [
                    each.dim_value
                    if each.HasField("dim_value")
                    else Dim(each.dim_param or f"{info.name}[{axis}]")
                    for axis, each in enumerate(kind.shape.dim)
                ]
            )
    return shapes, dtypes


def _attribute(proto: Any) -> Any:
    value = onnx.helper.get_attribute_value(proto)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, onnx.TensorProto):
        return onnx.numpy_helper.to_array(value)
    return value


def _node_name(value: str) -> str:
    return value.removesuffix("_output") or value


def _renamed(results: list[Value], call: Call) -> list[Value]:
    """Return the results with the name of the call on the node that makes them."""
    made = [each for each in results if isinstance(each, Symbol)]
    given = {entry.node for each in call.inputs if isinstance(each, Symbol) for entry in each._outputs}
    nodes = {entry.node for each in made for entry in each._outputs}
    if len(nodes) != 1:
        return results
    (node,) = nodes
    if node.op is None or node in given:
        return results
    named = Node(node.op, call.name, node.inputs, node.attrs, node.source, node.subgraphs)
    return [
        Symbol(tuple(Entry(named, entry.index) for entry in each._outputs))
        if isinstance(each, Symbol)
        else each
        for each in results
    ]
