"""Runs operators on sparse arrays: with what is stored, where an operator has a kernel for that.

What has no such kernel is computed from dense values.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mxnet.analysis.storage import result_storage, say_fallback
from mxnet.dtype import torch_dtype
from mxnet.ir.storage import DENSE, Call
from mxnet.ndarray.eager import check_places, kernel_of, outputs_of, owned
from mxnet.ndarray.mode import MODE
from mxnet.ndarray.ndarray import NDArray, check_out, class_of, overwrite, stored_alike, tracked_inputs

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ir.op import Op

__all__ = ["invoke_sparse"]


def invoke_sparse(op: Op, inputs: Sequence[Any], out: Any) -> Any:
    """Run an operator on arrays of which some are sparse; see :func:`mxnet.ndarray.ndarray.invoke`.

    Raises
    ------
    StorageError
        If the operator takes no arrays stored like these.
    """
    where = inputs[0]._context
    stypes = [array.stype for array in inputs]
    facts: list[Any] = []
    for array in inputs:
        facts += (array.shape, torch_dtype(array._dtype_name))
    check_places(op, [array._context for array in inputs])
    outs = () if out is None else check_out(op, inputs, out)
    for array in outs:
        facts += (array.shape, torch_dtype(array._dtype_name))
    stype = result_storage(op, stypes)
    wants = tracked_inputs(op, inputs) if op.residual else frozenset()
    kernel = kernel_of(op, where, MODE.get().is_train, len(inputs), tuple(facts), wants, tuple(stypes))

    def run(tensors: Sequence[Tensor]) -> Tensor:
        return outputs_of(op, kernel, tensors)[0]

    call = Call(op, [array._stored() for array in inputs], stype, run)  # type: ignore[arg-type]
    result = None if op.sparse.kernel is None else op.sparse.kernel(call)
    hidden: Sequence[Tensor] = ()
    dense: list[NDArray] = []
    if result is not None:
        made = [class_of(result.stype)._from_stored(result, where)]
    else:
        if stype is None:
            say_fallback(op, tuple(stypes))
        tensors = [array._tensor for array in inputs]
        results = _run_dense(op, kernel, inputs, tensors)
        visible = op.visible_outputs()
        dense = [NDArray._from_tensor(each, where) for each in owned(results[:visible], tensors)]
        made, hidden = list(dense), results[visible:]
    made = stored_alike(made, stype or DENSE)
    for array, each in zip(outs, made, strict=False):
        overwrite(op, array, each._tensor)
    made = list(outs) or made
    if (record := MODE.get().record) is not None:
        record(op, inputs, dense or made, hidden)  # a gradient reads dense values, as the kernel made them
        for array, recorded in zip(made, dense, strict=False):
            array._recorded = recorded._recorded
    if out is not None:
        return out
    return made[0] if len(made) == 1 else made


def _run_dense(op: Op, kernel: Any, inputs: Sequence[Any], tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Run a kernel on dense values.

    An update may be one of only the rows that a row-sparse gradient has; what the kernel writes to a sparse
    array goes back to its storage.
    """
    rows = op.sparse.rows_only(op, [array.stype for array in inputs])
    if rows:
        present = inputs[1]._parts[1]  # of a RowSparseNDArray
        parts = [tensor[present] for tensor in tensors]
        (changed,) = outputs_of(op, kernel, parts)
        results: tuple[Tensor, ...] = (tensors[0].index_copy(0, present, changed),)
    else:
        parts, results = list(tensors), outputs_of(op, kernel, tensors)
    for name, array, tensor, part in zip(op.input_names(), inputs, tensors, parts, strict=False):
        if name in op.mutates:
            if rows:
                tensor.index_copy_(0, present, part)
            if array.stype != DENSE:
                array._overwrite(tensor)
    return results
