"""An ONNX graph while it is written: the words in which operators say what they mean there.

An operator declares ``onnx``: the name of the ONNX operator that does the same, or a method that gets this
graph and the values of its inputs, and returns those of its visible outputs:

>>> def onnx(self, to, data):
...     return data / (to.Abs(data) + 1)

Translations are written as the newest ONNX would have it; what older ones say otherwise is translated here.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from mxnet.dtype import is_floating, number_as
from mxnet.errors import MXNetError
from mxnet.lazy import onnx

__all__ = [
    "OLDEST",
    "Extent",
    "Extents",
    "InexpressibleError",
    "OnnxGraph",
    "Open",
    "Value",
    "fixed",
    "volume",
]

OLDEST = 11
"""The oldest version of ONNX's operators that is written: the first in which bounds and sizes are inputs."""

_LOGICAL = {"And", "Equal", "Greater", "GreaterOrEqual", "IsInf", "IsNaN", "Less", "LessOrEqual"}
_TRUTHS = _LOGICAL | {"Not", "Or", "Xor"}
_POSITIONS = {"ArgMax", "ArgMin", "NonMaxSuppression", "NonZero", "Shape", "Size"}
_OF_SECOND = {"Where"}
# The first versions in which the second input is what was an attribute before.
_LISTS_AS_INPUTS = {
    "Squeeze": ("axes", 13),
    "Unsqueeze": ("axes", 13),
    "Split": ("split", 13),
    "ReduceSum": ("axes", 13),
    "ReduceL1": ("axes", 18),
    "ReduceL2": ("axes", 18),
    "ReduceLogSumExp": ("axes", 18),
    "ReduceMax": ("axes", 18),
    "ReduceMean": ("axes", 18),
    "ReduceMin": ("axes", 18),
    "ReduceProd": ("axes", 18),
    "ReduceSumSquare": ("axes", 18),
}


class InexpressibleError(MXNetError, ValueError):
    """ONNX cannot say what an operator means with these parameters."""


class Open(NamedTuple):
    """An extent that is not fixed: what it is in two samples, which tells it from others."""

    first: int
    second: int


Extent = int | Open
Extents = tuple[Extent, ...]
Operand = Any
"""A Value, a number, an array, or a sequence of whole numbers."""


class Value:
    """A value of the graph; arithmetic with it adds nodes.

    Attributes
    ----------
    name : str
        Its name in the graph.
    dtype : str
        Its data type, as MXNet calls it.
    shape : tuple of int or Open, or None
        Known of what operators of MXNet take and return, not in between.
    """

    __slots__ = ("dtype", "name", "shape", "to")

    def __init__(self, to: OnnxGraph, name: str, dtype: str, shape: Extents | None = None) -> None:
        self.to, self.name, self.dtype, self.shape = to, name, dtype, shape

    @property
    def rank(self) -> int:
        """The number of axes."""
        assert self.shape is not None, self.name
        return len(self.shape)

    def extent(self, axis: int, why: str = "") -> int:
        """Return an extent that must be fixed.

        Raises
        ------
        InexpressibleError
            If it is not.
        """
        assert self.shape is not None, self.name
        extent = self.shape[axis]
        if isinstance(extent, Open):
            raise InexpressibleError(f"axis {axis} of what it reads must have a fixed extent{why}")
        return extent

    @property
    def fixed_shape(self) -> tuple[int, ...]:
        """The shape, none of whose extents may be open; raises InexpressibleError."""
        return tuple([self.extent(axis) for axis in range(self.rank)])

    @property
    def is_real(self) -> bool:
        """Whether it holds real numbers."""
        return is_floating(self.dtype)

    def as_type(self, dtype: str) -> Value:
        """Return the value in another data type."""
        if dtype == self.dtype:
            return self
        made = self.to.Cast(self, to=self.to.code(dtype), dtype=dtype)
        return Value(self.to, made.name, dtype, self.shape)

    def __repr__(self) -> str:
        return f"<Value {self.name}: {self.dtype} {self.shape}>"

    def __add__(self, other: Operand) -> Value:
        return self.to.Add(self, other)

    def __radd__(self, other: Operand) -> Value:
        return self.to.Add(other, self)

    def __sub__(self, other: Operand) -> Value:
        return self.to.Sub(self, other)

    def __rsub__(self, other: Operand) -> Value:
        return self.to.Sub(other, self)

    def __mul__(self, other: Operand) -> Value:
        return self.to.Mul(self, other)

    def __rmul__(self, other: Operand) -> Value:
        return self.to.Mul(other, self)

    def __truediv__(self, other: Operand) -> Value:
        return self.to.Div(self, other)

    def __rtruediv__(self, other: Operand) -> Value:
        return self.to.Div(other, self)

    def __neg__(self) -> Value:
        return self.to.Neg(self)


class OnnxGraph:
    """Collects nodes and constants. ``to.Relu(x)`` adds a node and returns its value.

    Among inputs a number becomes a constant of the data type of the first value, a sequence of whole numbers
    one of int64, and None an input that is left out. Attributes are keywords; those that are None are left
    out.

    Parameters
    ----------
    opset : int
        The version of ONNX's operators that is written.

    Attributes
    ----------
    nodes : list of NodeProto
    constants : dict of str to TensorProto
    outs : tuple of (str, Extents)
        Data types and shapes of the outputs of the operator that is being translated.
    """

    def __init__(self, opset: int) -> None:
        self.opset = opset
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}
        self.outs: tuple[tuple[str, Extents], ...] = ()
        self.arrays: dict[str, np.ndarray[Any, Any]] = {}
        self._names: set[str] = set()
        self._sources: list[tuple[Open, Value, int]] = []
        self._scope = ""

    # ------------------------------------------------------------------------------------------------- names

    def new_name(self, wanted: str) -> str:
        """Return a name that is not taken, and take it."""
        name, count = wanted, 0
        while name in self._names:
            count += 1
            name = f"{wanted}_{count}"
        self._names.add(name)
        return name

    def begin(self, scope: str, outs: tuple[tuple[str, Extents], ...]) -> int:
        """Begin to translate an operator's node of that name; return the number of nodes before it."""
        self._scope, self.outs = scope, outs
        return len(self.nodes)

    def rename(self, value: Value, name: str, since: int) -> Value:
        """Return the value under a name of its own, if a node since then made it."""
        for node in self.nodes[since:]:
            if value.name in node.output:
                break
        else:
            return value
        given = self.new_name(name)
        for node in self.nodes[since:]:
            for names in (node.input, node.output):
                for i, each in enumerate(names):
                    if each == value.name:
                        names[i] = given
        self._names.discard(value.name)
        return Value(self, given, value.dtype, value.shape)

    def add_source(self, value: Value) -> None:
        """Take open extents from an input of the graph, where they are needed."""
        for axis, extent in enumerate(value.shape or ()):
            if isinstance(extent, Open):
                self._sources.append((extent, value, axis))

    # ------------------------------------------------------------------------------------------------- nodes

    def __getattr__(self, op_type: str) -> Callable[..., Value]:
        if not op_type[0].isupper():
            raise AttributeError(op_type)
        return functools.partial(self.node, op_type)

    def node(self, op_type: str, *inputs: Operand, dtype: str | None = None, **attributes: Any) -> Value:
        """Add a node and return its output.

        Parameters
        ----------
        op_type : str
            ONNX's operator.
        *inputs : Value, number, array, sequence of int, or None
            What it reads.
        dtype : str, optional
            The data type of the output; that of the first input by default.
        **attributes
            ONNX's attributes.
        """
        return self.nodes_of(op_type, 1, *inputs, dtype=dtype, **attributes)[0]

    def nodes_of(
        self, op_type: str, outputs: int, *inputs: Operand, dtype: str | None = None, **attributes: Any
    ) -> tuple[Value, ...]:
        """Add a node of several outputs and return them; see :meth:`node`."""
        attributes = {key: each for key, each in attributes.items() if each is not None}
        older = self._older(op_type, inputs, attributes)
        if isinstance(older, Value):
            return (older,)
        inputs = older
        like = next((each.dtype for each in inputs if isinstance(each, Value)), "float32")
        values = [None if each is None else self.value(each, like) for each in inputs]
        name = self.new_name(f"{self._scope}_{op_type}" if self._scope else op_type)
        names = [self.new_name(f"{name}_{i}") for i in range(outputs)]
        if dtype is None:
            dtype = self._dtype_after(op_type, values)
        domain = attributes.pop("domain", None)
        if "dtype_" in attributes:  # an attribute of ONNX, where the keyword speaks of the output
            attributes["dtype"] = attributes.pop("dtype_")
        made = onnx.helper.make_node(
            op_type, [each.name if each else "" for each in values], names, name, domain=domain, **attributes
        )
        self.nodes.append(made)
        return tuple([Value(self, each, dtype) for each in names])

    @staticmethod
    def _dtype_after(op_type: str, values: Sequence[Value | None]) -> str:
        if op_type in _TRUTHS:
            return "bool"
        if op_type in _POSITIONS:
            return "int64"
        known = [each.dtype for each in values if each is not None]
        return known[1 if op_type in _OF_SECOND else 0] if known else "float32"

    def value(self, operand: Operand, like: str = "float32") -> Value:
        """Return a value for what is one, a number (of that data type), an array or whole numbers."""
        if isinstance(operand, Value):
            return operand
        if isinstance(operand, np.ndarray | np.generic):
            return self.constant(np.asarray(operand))
        if isinstance(operand, int | float):
            return self.constant(np.asarray(number_as(operand, like), like))
        return self.constant(np.asarray(list(operand), "int64"))

    def constant(self, array: np.ndarray[Any, Any], name: str = "") -> Value:
        """Return a value that is the same in every run; equal small ones are one."""
        if not name and array.size <= 16:
            key = f"constant_{array.dtype}_{array.shape}_{array.tobytes().hex()}"
            if key not in self.arrays:
                self.arrays[key] = array
                self.constants[key] = self._tensor(array, self.new_name("constant"))
            tensor = self.constants[key]
            return Value(self, tensor.name, str(array.dtype), array.shape)
        name = self.new_name(name or f"{self._scope}_constant")
        self.arrays[name] = array
        self.constants[name] = self._tensor(array, name)
        return Value(self, name, str(array.dtype), array.shape)

    @staticmethod
    def _tensor(array: np.ndarray[Any, Any], name: str) -> Any:
        return onnx.numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), name)

    @staticmethod
    def code(dtype: str) -> int:
        """Return ONNX's number of a data type."""
        if dtype == "bfloat16":
            return int(onnx.TensorProto.BFLOAT16)
        return int(onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    def _older(
        self, op_type: str, inputs: tuple[Operand, ...], attributes: dict[str, Any]
    ) -> tuple[Operand, ...] | Value:
        """Return the inputs as the version that is written has them, or what an older one says instead."""
        if op_type in _LISTS_AS_INPUTS and len(inputs) > 1:
            attribute, since = _LISTS_AS_INPUTS[op_type]
            if self.opset < since:
                if isinstance(inputs[1], Value):
                    raise InexpressibleError(f"{op_type} takes computed {attribute} since opset {since}")
                attributes[attribute] = list(inputs[1])
                return inputs[:1]
        if op_type in ("LessOrEqual", "GreaterOrEqual") and self.opset < 12:
            return self.Not(self.Greater(*inputs) if op_type == "LessOrEqual" else self.Less(*inputs))
        if op_type in ("Softmax", "LogSoftmax") and self.opset < 13:
            return self._old_softmax(op_type, inputs[0], attributes.get("axis", -1))
        return inputs

    def _old_softmax(self, op_type: str, data: Value, axis: int) -> Value:
        """Return softmax over one axis; before 13 it ran over that axis and all after it."""
        shifted = data - self.ReduceMax(data, (axis,), keepdims=1)
        powers = self.Exp(shifted)
        total = self.ReduceSum(powers, (axis,), keepdims=1)
        return powers / total if op_type == "Softmax" else shifted - self.Log(total)

    # --------------------------------------------------------------------------------------- shapes and such

    def shape_of(self, extents: Sequence[Extent]) -> Value:
        """Return a shape as a value; open extents are computed from those of the graph's inputs."""
        if not any(isinstance(each, Open) for each in extents):
            return self.value([int(each) for each in extents])  # type: ignore[arg-type]
        return self.Concat(*[self._extent(each) for each in extents], axis=0)

    def _extent(self, extent: Extent) -> Value:
        """Return an extent as an array of one element: a source's, times and plus fixed numbers."""
        if not isinstance(extent, Open):
            return self.value([extent])
        for source, value, axis in self._sources:
            factor, rest = divmod(extent.second - extent.first, source.second - source.first)
            more = extent.first - factor * source.first
            if rest or factor < 1:
                continue
            found = self.Gather(self.Shape(value), [axis], axis=0)
            found = found if factor == 1 else found * factor
            return found if more == 0 else found + more
        raise InexpressibleError(f"an extent that is {extent[0]} or {extent[1]} follows from no input's")

    def reshape(self, data: Value, extents: Sequence[Extent]) -> Value:
        """Return the value in another shape, of which any number of extents may be open."""
        wanted = [0 if isinstance(each, Open) else each for each in extents]
        openly = [i for i, each in enumerate(extents) if isinstance(each, Open)]
        if 0 in [each for each in extents if not isinstance(each, Open)]:
            return self.Reshape(data, self.shape_of(extents), allowzero=1 if self.opset >= 14 else None)
        old = data.shape or ()
        moved = [i for i in openly if i >= len(old) or old[i] != extents[i]]
        if len(moved) == 1:
            wanted[moved[0]] = -1
        elif moved:
            return self.Reshape(data, self.shape_of(extents))
        return self.Reshape(data, wanted)

    def as_output(self, data: Value, output: int = 0) -> Value:
        """Return the value in the shape of an output of the operator that is being translated."""
        return self.reshape(data, self.outs[output][1])

    def full(self, extents: Sequence[Extent], number: float, dtype: str) -> Value:
        """Return an array of one number."""
        array = np.asarray([number_as(number, dtype)], dtype)
        if not any(isinstance(each, Open) for each in extents):
            return self.Expand(self.constant(array.reshape(())), self.shape_of(extents), dtype=dtype)
        tensor = onnx.numpy_helper.from_array(array)
        return self.ConstantOfShape(self.shape_of(extents), value=tensor, dtype=dtype)

    def truth(self, data: Value) -> Value:
        """Return what is not 0, as bool."""
        return data if data.dtype == "bool" else self.Not(self.Equal(data, 0))

    def slice(self, data: Value, axis: int, begin: int, end: int | None, step: int = 1) -> Value:
        """Return the positions `begin` to `end` of an axis."""
        most = np.iinfo(np.int64).max if step > 0 else -np.iinfo(np.int64).max
        return self.Slice(data, [begin], [most if end is None else end], [axis], [step])

    def parts(self, data: Value, extents: Iterable[int], axis: int) -> tuple[Value, ...]:
        """Return the parts of these extents along an axis."""
        sizes = list(extents)
        if len(sizes) == 1:
            return (self.Identity(data),)
        return self.nodes_of("Split", len(sizes), data, sizes, axis=axis)

    def per_channel(self, values: Value, rank: int) -> Value:
        """Return one number for each channel so that it broadcasts over (batch, channel, *space)."""
        return self.Reshape(values, [1, -1, *[1] * (rank - 2)])

    def sum_of_squares(self, data: Value, axes: Sequence[int]) -> Value:
        """Return the sums of squares along axes, which stay."""
        return self.ReduceSum(data * data, list(axes), keepdims=1)

    def index(self, data: Value, extent: Extent, mode: str = "clip") -> Value:
        """Return positions along an axis of that extent, as int64; those outside are clipped or wrapped."""
        whole = data.as_type("int64")
        most: Operand = (
            int(extent) if not isinstance(extent, Open) else self.Squeeze(self._extent(extent), [0])
        )
        if mode == "wrap":
            return self.Mod(whole, most)
        if mode == "raise":
            return whole
        if self.opset < 12:  # whose Clip takes real numbers only
            if isinstance(most, Value):
                raise InexpressibleError("positions are clipped to an open extent since opset 12")
            return self.Clip(data.as_type("float32"), 0.0, float(most - 1)).as_type("int64")
        return self.Clip(whole, 0, most - 1)

    def transposed(self, matrices: Value, rank: int | None = None) -> Value:
        """Return the transposes of stacked matrices."""
        n = matrices.rank if rank is None else rank
        return self.Transpose(matrices, perm=[*range(n - 2), n - 1, n - 2])

    def last(self, data: Value, rank: int) -> Value:
        """Return an array with its first axis behind the others."""
        return self.Transpose(data, perm=[*range(1, rank), 0])

    def ordered(self, data: Value, k: Value, axis: int, *, ascending: bool) -> tuple[Value, Value]:
        """Return the first k along an axis, and where they are; of equal ones the first comes first."""
        values, where = self.nodes_of("TopK", 2, data, k, axis=axis, largest=int(not ascending), sorted=1)
        return values, Value(self, where.name, "int64")

    def positions(self, extent: Extent) -> Value:
        """Return 0, 1, 2 ... up to an extent, as int64."""
        if isinstance(extent, Open):
            end = self.Squeeze(self._extent(extent), [0])
            return self.Range(self.constant(np.int64(0)), end, self.constant(np.int64(1)))  # type: ignore[arg-type]
        return self.constant(np.arange(extent, dtype="int64"))


def fixed(extent: Extent) -> int:
    """Return an extent that must be fixed; raises InexpressibleError."""
    if isinstance(extent, Open):
        raise InexpressibleError("an extent must be fixed")
    return extent


def volume(extents: Iterable[Extent]) -> Extent:
    """Return the product of extents, of which one may be open."""
    extents = tuple(extents)
    first = math.prod(each.first if isinstance(each, Open) else each for each in extents)
    second = math.prod(each.second if isinstance(each, Open) else each for each in extents)
    return first if first == second else Open(first, second)
