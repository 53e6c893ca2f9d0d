"""Sums and other numbers along axes, and what is found there."""

from __future__ import annotations

from collections.abc import Callable

from mxnet.onnx.reading import Call, Result, reads, sym
from mxnet.symbol.symbol import Symbol

_REDUCTIONS: dict[str, Callable[..., Symbol]] = {
    "ReduceSum": sym.sum,
    "ReduceMean": sym.mean,
    "ReduceProd": sym.prod,
    "ReduceMax": sym.max,
    "ReduceMin": sym.min,
    "ReduceSumSquare": lambda x, **axes: sym.sum(sym.square(x), **axes),
    "ReduceLogSum": lambda x, **axes: sym.log(sym.sum(x, **axes)),
    "ReduceL1": lambda x, **axes: sym.sum(sym.abs(x), **axes),
    "ReduceL2": lambda x, **axes: sym.sqrt(sym.sum(sym.square(x), **axes)),
}


@reads(*_REDUCTIONS, "ReduceLogSumExp")
def _reduction(call: Call) -> Result:
    axes = call.constant(1, "axes", None)
    if not axes and call.get("noop_with_empty_axes", 0):
        return sym.identity(call.symbol())
    keep = bool(call.get("keepdims", 1))
    where = {"axis": tuple(axes) if axes else None, "keepdims": keep}
    if call.op_type != "ReduceLogSumExp":
        return _REDUCTIONS[call.op_type](call.symbol(), **where)
    data = call.symbol()
    largest = sym.max(data, axis=where["axis"], keepdims=True)
    total = sym.sum(sym.exp(sym.broadcast_sub(data, largest)), **where)
    return sym.log(total) + (largest if keep else sym.max(data, **where))


@reads("ArgMax", "ArgMin")
def _extremum(call: Call) -> Result:
    if call.get("select_last_index", 0):
        raise call.refusal("of equal elements the first is found here, not the last")
    find = sym.argmax if call.op_type == "ArgMax" else sym.argmin
    found = find(
        call.symbol(), axis=call.get("axis", 0) % call.rank(), keepdims=bool(call.get("keepdims", 1))
    )
    return sym.cast(found, dtype="int64")


@reads("TopK")
def _top_k(call: Call) -> Result:
    k = call.constant(1, "k", None)
    return tuple(
        sym.topk(
            call.symbol(),
            k=k[0] if isinstance(k, list) else k,
            axis=call.get("axis", -1) % call.rank(),
            is_ascend=not call.get("largest", 1),
            ret_typ="both",
            dtype="int64",
        )
    )


@reads("CumSum")
def _cumulative(call: Call) -> Result:
    axis = call.constant(1)
    axis = (axis[0] if isinstance(axis, list) else axis) % call.rank()
    data = call.symbol()
    data = sym.reverse(data, axis=axis) if call.get("reverse", 0) else data
    made = sym.cumsum(data, axis=axis)
    made = made - data if call.get("exclusive", 0) else made
    return sym.reverse(made, axis=axis) if call.get("reverse", 0) else made
