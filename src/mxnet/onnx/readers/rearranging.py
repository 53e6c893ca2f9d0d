"""New shapes, other orders of axes, parts and repetitions; and shapes as values."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from mxnet.onnx.reading import Array, Call, Dim, Result, reads, sym
from mxnet.symbol.symbol import Symbol


def _extents(call: Call, i: int = 0) -> Array | None:
    """Return an input that holds extents, some of which may be open."""
    value = call.inputs[i]
    return value if isinstance(value, np.ndarray) else None


def _as_array(extents: Sequence[int | Dim]) -> Array:
    if not any(isinstance(extent, Dim) for extent in extents):
        return np.asarray(extents, "int64")
    made = np.empty(len(extents), object)
    made[:] = extents
    return made


@reads("Constant")
def _constant(call: Call) -> Result:
    if "value" in call.attributes:
        return np.asarray(call.get("value"))
    for name, dtype in (
        ("value_float", "float32"),
        ("value_floats", "float32"),
        ("value_int", "int64"),
        ("value_ints", "int64"),
    ):
        if name in call.attributes:
            return np.asarray(call.get(name), dtype)
    raise call.refusal("only dense numbers can be constant here")


@reads("Shape")
def _shape(call: Call) -> Result:
    shape = call.shape()
    for axis, extent in enumerate(shape):
        if isinstance(extent, Dim):
            call.remember(extent, axis)
    return _as_array(shape[slice(call.get("start", 0), call.get("end"))])


@reads("Size")
def _size(call: Call) -> Result:
    shape = call.shape()
    if any(isinstance(extent, Dim) for extent in shape):
        return sym.size_array(call.symbol())
    return np.asarray(int(np.prod(shape)))  # type: ignore[arg-type] # they are numbers


@reads("Reshape")
def _reshape(call: Call) -> Result:
    wanted = call.get("shape") if call.opset < 5 else _extents(call, 1)
    if wanted is None:
        raise call.refusal(f"the shape {call.names[1]!r} is computed from data")
    value = _extents(call, 0)
    if value is not None:
        return value.reshape([int(each) for each in wanted])
    old = call.shape()
    codes = [_code(call, i, each, old) for i, each in enumerate(wanted)]
    if codes.count(-1) > 1:
        made = call.output_shape() or ()
        codes = [
            known if code == -1 and isinstance(known, int) else code
            for code, known in zip(codes, made, strict=False)
        ] or codes
    if codes.count(-1) > 1:
        raise call.refusal(f"the shape {list(wanted)} has more than one open extent")
    return sym.reshape(call.symbol(), shape=tuple(codes)) if codes else sym.reshape(call.symbol(), shape=(1,))


def _code(call: Call, i: int, extent: Any, old: Sequence[int | Dim]) -> int:
    """Return MXNet's code of an extent of a new shape: 0 copies that of the same axis."""
    if isinstance(extent, Dim):
        return 0 if i < len(old) and old[i] == extent else -1
    if extent == 0 and call.get("allowzero", 0):
        raise call.refusal("an extent of 0 cannot be made here")
    return int(extent)


@reads("Flatten")
def _flatten(call: Call) -> Result:
    axis = call.get("axis", 1)
    axis = axis % call.rank() if axis < 0 else axis
    if axis == 1:
        return sym.Flatten(call.symbol())
    if axis == 0:
        return sym.reshape(call.symbol(), shape=(1, -1))
    rest = call.shape()[axis:]
    if any(isinstance(extent, Dim) for extent in rest):
        raise call.refusal("the extents that become columns must be fixed")
    return sym.reshape(call.symbol(), shape=(-1, int(np.prod(rest))))  # type: ignore[arg-type]


@reads("Transpose")
def _transpose(call: Call) -> Result:
    axes = call.get("perm")
    return sym.transpose(call.symbol(), axes=tuple(axes)) if axes else sym.transpose(call.symbol())


@reads("Squeeze")
def _squeeze(call: Call) -> Result:
    axes = call.constant(1, "axes", None)
    value = _extents(call)
    if value is not None:
        return np.squeeze(value, tuple(axes) if axes else None)
    made = call.symbol()
    rank = call.rank()
    if axes is None:
        return sym.squeeze(made)
    return sym.squeeze(made, axis=tuple(axis % rank for axis in axes))


@reads("Unsqueeze")
def _unsqueeze(call: Call) -> Result:
    axes = call.constant(1, "axes", None)
    value = _extents(call)
    if value is not None:
        return np.expand_dims(value, tuple(axes))
    made = call.symbol()
    if call.shape() == ():  # which is (1,) here
        return sym.reshape(made, shape=(1,) * len(axes))
    rank = call.rank() + len(axes)
    for axis in sorted(axis % rank for axis in axes):
        made = sym.expand_dims(made, axis=axis)
    return made


@reads("Concat")
def _concat(call: Call) -> Result:
    values = [_extents(call, i) for i in range(len(call.inputs))]
    if all(value is not None for value in values):
        return np.concatenate(values, call.get("axis", 0))  # type: ignore[arg-type] # none is None
    if len(values) == 1:
        return sym.identity(call.symbol())
    return sym.concat(*call.symbols(), dim=call.get("axis", 1))


@reads("Split")
def _split(call: Call) -> Result:
    axis = call.get("axis", 0) % call.rank()
    sizes = call.constant(1, "split", None)
    n = len(call.outputs)
    if sizes is None:
        extent = call.extent(axis)
        each = -(-extent // n)
        sizes = [each] * (n - 1) + [extent - each * (n - 1)]
    if len(set(sizes)) == 1:
        made = sym.SliceChannel(call.symbol(), num_outputs=n, axis=axis)
        return tuple(made) if n > 1 else made
    starts = np.cumsum([0, *sizes])
    return tuple(
        sym.slice_axis(call.symbol(), axis=axis, begin=int(begin), end=int(end))
        for begin, end in itertools.pairwise(starts)
    )


@reads("Slice")
def _slice(call: Call) -> Result:
    begins, ends = call.constant(1, "starts"), _ends(call)
    axes = call.constant(3, "axes", None) or list(range(len(begins)))
    steps = call.constant(4, "", None) or [1] * len(begins)
    value = _extents(call)
    rank = value.ndim if value is not None else call.rank()
    most = 2**31
    where = [slice(None)] * rank
    for axis, begin, end, step in zip(axes, begins, ends, steps, strict=True):
        # A bound beyond the array is none; one before it, going backwards, is none either.
        first = None if (begin >= most or (begin <= -most and step > 0)) else begin
        last = None if abs(end) >= most else end
        if step > 0 and begin == 0:
            first = None
        where[axis % rank] = slice(first, last, step)
    if value is not None:
        return value[tuple(where)]
    parts: dict[str, Any] = {
        "begin": tuple(each.start for each in where),
        "end": tuple(each.stop for each in where),
    }
    if any(step != 1 for step in steps):
        parts["step"] = tuple(each.step for each in where)
    return sym.slice(call.symbol(), **parts)


def _ends(call: Call) -> list[int]:
    """Return where parts end; an open extent of the same axis is its end."""
    ends = call.inputs[2] if call.has(2) else None
    if isinstance(ends, np.ndarray) and ends.dtype == object:
        return [2**31 if isinstance(end, Dim) else int(end) for end in ends]
    return list(call.constant(2, "ends"))


@reads("Expand")
def _expand(call: Call) -> Result:
    wanted = _extents(call, 1)
    if wanted is None:
        raise call.refusal(f"the shape {call.names[1]!r} is computed from data")
    old = (1,) * (len(wanted) - call.rank()) + call.shape()
    data = call.symbol()
    if len(wanted) > call.rank():
        for _ in range(len(wanted) - call.rank()):
            data = sym.expand_dims(data, axis=0)
    shape: list[int] = []
    for before, after in zip(old[len(old) - len(wanted) :], wanted, strict=True):
        if isinstance(after, Dim) and after != before:
            raise call.refusal("arrays are repeated a fixed number of times here")
        shape.append(0 if isinstance(after, Dim) or after in (1, before) else int(after))
    more = max(call.rank() - len(wanted), 0)
    return sym.broadcast_to(data, shape=(*[0] * more, *shape))


@reads("Tile")
def _tile(call: Call) -> Result:
    return sym.tile(call.symbol(), reps=tuple(call.constant(1)))


@reads("ConstantOfShape")
def _filled(call: Call) -> Result:
    value = call.get("value", np.zeros(1, "float32"))
    shape = _extents(call)
    if shape is None:
        raise call.refusal("the shape is computed from data")
    if not any(isinstance(each, Dim) for each in shape):
        return np.full([int(each) for each in shape], value.reshape(-1)[0], value.dtype)
    parts = [_zeros(call, i, each, len(shape)) for i, each in enumerate(shape) if isinstance(each, Dim)]
    zeros = sym.cast(functools.reduce(sym.broadcast_add, parts), dtype=str(value.dtype))
    whole = sym.broadcast_to(zeros, shape=tuple(0 if isinstance(each, Dim) else int(each) for each in shape))
    return whole if not value.item() else whole + value.item()


def _zeros(call: Call, i: int, dim: Dim, rank: int) -> Result:
    """Return zeros with an open extent at axis i, and 1 at the others."""
    source = call.source(dim)
    if source is None:
        raise call.refusal("the shape has an open extent that is computed")
    line, axes, axis = source
    for other in range(axes):
        if other != axis:
            line = sym.slice_axis(line, axis=other, begin=0, end=1)
    return sym.zeros_like(sym.reshape(line, shape=tuple(-1 if j == i else 1 for j in range(rank))))


@reads("Range")
def _range(call: Call) -> Result:
    start, limit, step = (call.inputs[i] for i in range(3))
    if any(isinstance(each, Symbol) or each is None for each in (start, limit, step)):
        raise call.refusal("ranges must have fixed bounds")
    values = [np.asarray(each).item() for each in (start, limit, step)]
    if any(isinstance(each, Dim) for each in values):
        raise call.refusal("ranges must have fixed bounds")
    return np.arange(*values)


@reads("Trilu")
def _triangle(call: Call) -> Result:
    rows, columns = (call.extent(axis) for axis in (-2, -1))
    k = call.constant(1, "", 0) if call.has(1) else 0
    k = k[0] if isinstance(k, list) else k
    cut = np.triu if call.get("upper", 1) else np.tril
    mask = cut(np.ones((rows, columns)), k).astype(call.dtype() or "float32")
    return sym.broadcast_mul(call.symbol(), call.parameter(mask[(None,) * (call.rank() - 2)], "mask"))


@reads("ReverseSequence")
def _reverse(call: Call) -> Result:
    if (call.get("batch_axis", 1), call.get("time_axis", 0)) == (1, 0):
        return sym.SequenceReverse(*call.symbols(), use_sequence_length=True)
    swapped = sym.swapaxes(call.symbol(0), dim1=0, dim2=1)
    made = sym.SequenceReverse(swapped, call.symbol(1), use_sequence_length=True)
    return sym.swapaxes(made, dim1=0, dim2=1)
