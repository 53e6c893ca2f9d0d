"""Elements that are taken or put at positions, and random numbers."""

from __future__ import annotations

import numpy as np

from mxnet.lazy import onnx
from mxnet.onnx.reading import Call, Dim, Result, reads, sym
from mxnet.symbol.symbol import Symbol


@reads("Gather")
def _gather(call: Call) -> Result:
    value, where = call.inputs[0], call.known(1)
    if isinstance(value, np.ndarray) and where is not None:
        taken = np.take(value, where, call.get("axis", 0))
        if not isinstance(taken, Dim):
            return np.asarray(taken)
        alone = np.empty((), object)
        alone[()] = taken
        return alone
    axis = call.get("axis", 0) % call.rank()
    if where is not None and where.ndim == 0:
        at = int(where)
        part = sym.slice_axis(call.symbol(), axis=axis, begin=at, end=at + 1 if at != -1 else None)
        return sym.squeeze(part, axis=axis) if call.rank() > 1 else part
    if axis == 0 and call.rank() == 2 and call.known(0) is not None and where is None:
        rows, columns = call.shape(0)
        assert isinstance(rows, int)
        return sym.Embedding(call.symbol(1), call.symbol(0), input_dim=rows, output_dim=columns)
    return sym.take(call.symbol(0), call.symbol(1), axis=axis, mode="wrap")


@reads("GatherND")
def _gather_nd(call: Call) -> Result:
    if call.get("batch_dims", 0):
        raise call.refusal("axes that both inputs share are not known here")
    return sym.gather_nd(call.symbol(0), _first(call.symbol(1), call.rank(1)))


def _first(indices: Symbol, rank: int) -> Result:
    """Return indices with their last axis before the others."""
    return sym.transpose(indices, axes=(rank - 1, *range(rank - 1)))


@reads("GatherElements")
def _gather_elements(call: Call) -> Result:
    return sym.gather_nd(call.symbol(0), _places(call))


def _places(call: Call) -> Result:
    """Return the coordinates that positions along one axis stand for: (rank, *shape)."""
    axis, rank = call.get("axis", 0) % call.rank(), call.rank()
    shape = tuple(call.extent(i, 1) for i in range(rank))
    grids = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"))[:, None]
    index = sym.cast(sym.reshape(call.symbol(1), shape=(1, 1, *shape)), dtype="int64")
    parts = [index if i == axis else call.parameter(grids[i : i + 1], f"axis{i}") for i in range(rank)]
    together = sym.concat(*parts, dim=0) if rank > 1 else index
    return sym.reshape(together, shape=(rank, *shape))


@reads("ScatterND", "ScatterElements", "Scatter")
def _scatter(call: Call) -> Result:
    if call.get("reduction", "none") != "none":
        raise call.refusal("what is written can only replace what was there")
    shape = call.shape()
    if any(isinstance(extent, Dim) for extent in shape):
        raise call.refusal("its data must have a fixed shape here")
    where = _first(call.symbol(1), call.rank(1)) if call.op_type == "ScatterND" else _places(call)
    written = sym.scatter_nd(call.symbol(2), where, shape=shape)
    marked = sym.scatter_nd(sym.ones_like(call.symbol(2)), where, shape=shape)
    return sym.where(marked, written, call.symbol(0))


@reads("OneHot")
def _one_hot(call: Call) -> Result:
    depth, values = call.constant(1), call.constant(2)
    depth = int(depth[0] if isinstance(depth, list) else depth)
    index = call.symbol(0)
    index = index + (index < 0) * depth
    made = sym.one_hot(
        index,
        depth=depth,
        off_value=values[0],
        on_value=values[1],
        dtype=call.dtype(2) or "float32",
    )
    rank = call.rank() + 1
    axis = call.get("axis", -1) % rank
    if axis == rank - 1:
        return made
    return sym.transpose(made, axes=(*range(axis), rank - 1, *range(axis, rank - 1)))


@reads("Compress")
def _compress(call: Call) -> Result:
    if "axis" not in call.attributes:
        return sym.contrib.boolean_mask(sym.reshape(call.symbol(0), shape=(-1,)), call.symbol(1))
    axis = call.get("axis") % call.rank()
    rows = sym.swapaxes(call.symbol(0), dim1=0, dim2=axis)
    return sym.swapaxes(sym.contrib.boolean_mask(rows, call.symbol(1)), dim1=0, dim2=axis)


@reads("RandomNormal", "RandomNormalLike")
def _normal(call: Call) -> Result:
    facts = {"loc": call.get("mean", 0.0), "scale": call.get("scale", 1.0)}
    if call.op_type == "RandomNormalLike":
        return sym.random.normal_like(call.symbol(), **facts)
    return sym.random.normal(shape=tuple(call.get("shape")), dtype=_dtype(call), **facts)


@reads("RandomUniform", "RandomUniformLike")
def _uniform(call: Call) -> Result:
    facts = {"low": call.get("low", 0.0), "high": call.get("high", 1.0)}
    if call.op_type == "RandomUniformLike":
        return sym.random.uniform_like(call.symbol(), **facts)
    return sym.random.uniform(shape=tuple(call.get("shape")), dtype=_dtype(call), **facts)


@reads("Multinomial")
def _multinomial(call: Call) -> Result:
    return sym.sample_multinomial(
        sym.softmax(call.symbol()), shape=(call.get("sample_size", 1),), dtype=_dtype(call, "int32")
    )


def _dtype(call: Call, default: str = "float32") -> str:
    code = call.get("dtype")
    return default if code is None else str(onnx.helper.tensor_dtype_to_np_dtype(code))
