"""Kernels for sparse arrays that work on what is stored, and give results with the same structure.

What has no such kernel is computed from dense values.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.analysis.storage import result_storage, say_fallback
from mxnet.dtype import torch_dtype
from mxnet.lazy import torch
from mxnet.ndarray.eager import check_places, kernel_of, outputs_of, owned
from mxnet.ndarray.layouts import row_of_each as _row_of_each
from mxnet.ndarray.mode import MODE
from mxnet.ndarray.ndarray import NDArray, check_out, class_of, overwrite

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.ir.op import Op

    Kernel = Callable[[Sequence[Tensor]], Tensor]
    """Runs the operator itself on tensors."""

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
    stored = result_storage(op, stypes)
    kernel = kernel_of(op, where, MODE.get().is_train, len(inputs), tuple(facts))

    def run(tensors: Sequence[Tensor]) -> Tensor:
        return outputs_of(op, kernel, tensors)[0]

    structured = _run_structured(op, run, inputs, stored)
    hidden: Sequence[Tensor] = ()
    if structured is not None:
        made = [structured]
    else:
        if stored is None:
            say_fallback(op, tuple(stypes))
        tensors = [array._tensor for array in inputs]
        results = _run_dense(op, kernel, inputs, tensors)
        visible = op.visible_outputs()
        made = [NDArray._from_tensor(each, where) for each in owned(results[:visible], tensors)]
        made, hidden = [each._stored_as(stored or "default") for each in made], results[visible:]
    for array, result in zip(outs, made, strict=False):
        overwrite(op, array, result._tensor)
    made = list(outs) or made
    if (record := MODE.get().record) is not None:
        record(op, inputs, made, hidden)
    if out is not None:
        return out
    return made[0] if len(made) == 1 else made


def _run_dense(op: Op, kernel: Any, inputs: Sequence[Any], tensors: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Run a kernel on dense values.

    An update may be one of only the rows that a row-sparse gradient has; what the kernel writes to a sparse
    array goes back to its storage.
    """
    rows = op.rows_only([array.stype for array in inputs])
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
            if array.stype != "default":
                array._overwrite(tensor)
    return results


def _run_structured(op: Op, kernel: Kernel, inputs: Sequence[Any], stored: str | None) -> NDArray | None:
    """Return the result as computed from what is stored; None where that is not known."""
    stypes = {array.stype for array in inputs}
    if op.name in _BY_NAME:
        return _BY_NAME[op.name](op, inputs)
    if stored in (None, "default"):
        return None
    if op.name in _ELEMENTWISE and inputs[0].stype == stored:
        return _on_values(kernel, inputs[0])
    if op.name in _JOINING and stypes == {"row_sparse"}:
        return _on_all_rows(kernel, inputs)
    if op.name in _SCALING and stypes != {"csr"}:
        return _on_places(kernel, inputs)
    return None


_ELEMENTWISE = frozenset(
    (
        "abs arcsin arcsinh arctan arctanh cbrt ceil clip degrees expm1 fix floor log1p negative radians "
        "relu rint round sign sin sinh sqrt square tan tanh trunc _copy BlockGrad make_loss _mul_scalar "
        "_div_scalar _scatter_plus_scalar _scatter_minus_scalar _contrib_round_ste _contrib_sign_ste "
        "_contrib_quadratic _greater_scalar _greater_equal_scalar _lesser_scalar _lesser_equal_scalar "
        "_equal_scalar _not_equal_scalar"
    ).split()
)
_JOINING = frozenset(
    "elemwise_add elemwise_sub elemwise_mul _grad_add _maximum _minimum _hypot add_n".split()
)
_SCALING = frozenset("elemwise_mul broadcast_mul broadcast_div _scatter_elemwise_div".split())


def _with_parts(array: Any, *parts: Tensor) -> NDArray:
    """Return an array of the same kind and shape that stores something else."""
    made: NDArray = type(array)._from_parts(array.shape, parts, array.context)
    return made


def _on_values(kernel: Kernel, array: Any) -> NDArray:
    """Compute each stored value."""
    values, *places = array._parts
    return _with_parts(array, kernel([values]), *places)


def _on_all_rows(kernel: Kernel, arrays: Sequence[Any]) -> NDArray:
    """Compute the rows that any of the arrays stores."""
    rows = torch.unique(torch.cat([array._parts[1] for array in arrays]))
    return _with_parts(arrays[0], kernel([_rows(array, rows) for array in arrays]), rows)


def _rows(array: Any, wanted: Tensor) -> Tensor:
    """Return some rows of an array."""
    if array.stype != "row_sparse":
        found: Tensor = array._tensor[wanted]
        return found
    values, rows = array._parts
    if not len(rows):
        return torch.zeros((len(wanted), *values.shape[1:]), dtype=values.dtype, device=values.device)
    place = torch.searchsorted(rows, wanted).clamp(max=len(rows) - 1)
    there = (rows[place] == wanted).view(-1, *(1,) * (values.dim() - 1))
    return torch.where(there, values[place], 0)


def _on_places(kernel: Kernel, arrays: Sequence[Any]) -> NDArray | None:
    """Compute where the only sparse array (or the first, of two) stores something."""
    sparse = next(array for array in arrays if array.stype != "default")
    if any(
        extent not in (1, own)
        for array in arrays
        for extent, own in zip(array.shape[::-1], sparse.shape[::-1], strict=False)
    ):
        return None
    if sparse.stype == "row_sparse":
        rows = sparse._parts[1]
        return _with_parts(sparse, kernel([_rows(array, rows) for array in arrays]), rows)
    values, columns, indptr = sparse._parts
    rows = _row_of_each(indptr)
    parts = [
        values if array is sparse else array._tensor.expand(sparse.shape)[rows, columns] for array in arrays
    ]
    return _with_parts(sparse, kernel(parts), columns, indptr)


# -------------------------------------------------------------------------------------------------- by name


def _cast_storage(op: Any, inputs: Sequence[Any]) -> NDArray:
    made: NDArray = inputs[0].copy() if inputs[0].stype == op.stype else inputs[0].tostype(op.stype)
    return made


def _zeros_like(op: Any, inputs: Sequence[Any]) -> NDArray:  # noqa: ARG001 - one of several
    data = inputs[0]
    return class_of(data.stype)._zeros(data.shape, data.context, data._dtype_name)


def _retain(op: Any, inputs: Sequence[Any]) -> NDArray:  # noqa: ARG001 - one of several
    """Take the rows in the order they are asked for, as MXNet does; an empty array stays empty."""
    data, indices = inputs
    wanted = indices._tensor.flatten().long()
    if not len(data._parts[1]):
        return data.copy()  # type: ignore[no-any-return]
    return _with_parts(data, _rows(data, wanted), wanted)


def _square_sum(op: Any, inputs: Sequence[Any]) -> NDArray | None:
    data = inputs[0]
    if data.ndim != 2 or op.axes_of(2) != (1,):
        return None
    values, rows = data._parts
    sums = values.square().sum(1, keepdim=True)
    made = type(data)._from_parts((data.shape[0], 1), (sums, rows), data.context)
    return made if op.keepdims else NDArray._from_tensor(made._tensor.flatten(), data.context)


def _dot(op: Any, inputs: Sequence[Any]) -> NDArray | None:
    """Multiply a CSR matrix, or its transpose, with a dense one; only what is stored is looked at."""
    left, right = inputs
    if left.stype != "csr" or right.stype == "csr" or op.transpose_b or right.ndim != 2:
        return None
    values, columns, indptr = left._parts
    rows = _row_of_each(indptr)
    if not op.transpose_a:
        out = values.new_zeros(left.shape[0], right.shape[1])
        return _dense(out.index_add_(0, rows, values.unsqueeze(1) * right._tensor[columns]), left)
    there, place = columns.unique(return_inverse=True)
    sums = values.new_zeros(len(there), right.shape[1])
    sums.index_add_(0, place, values.unsqueeze(1) * right._tensor[rows])
    rows_of: Any = class_of("row_sparse")
    made: NDArray = rows_of._from_parts((left.shape[1], right.shape[1]), (sums, there), left.context)
    return made._stored_as(op.forward_stype or "row_sparse")


def _count_stored(op: Any, inputs: Sequence[Any]) -> NDArray:
    counts = inputs[0]._parts[2].diff()
    return _dense(counts if op.axis == 1 else counts.sum().view(1), inputs[0])


def _edge_id(op: Any, inputs: Sequence[Any]) -> NDArray:  # noqa: ARG001 - one of several
    """Look up stored values, also those that are 0."""
    data, u, v = inputs
    values, columns, indptr = data._parts
    width = data.shape[1]
    stored = _row_of_each(indptr) * width + columns
    keys, order = stored.sort()
    rows, wanted_columns = u._tensor.long(), v._tensor.long()
    inside = (rows >= 0) & (rows < data.shape[0]) & (wanted_columns >= 0) & (wanted_columns < width)
    if not len(keys):
        return _dense(torch.full_like(rows, -1, dtype=values.dtype), data)
    wanted = rows * width + wanted_columns
    place = torch.searchsorted(keys, wanted).clamp(max=len(keys) - 1)
    return _dense(torch.where(inside & (keys[place] == wanted), values[order[place]], -1), data)


def _concat(op: Any, inputs: Sequence[Any]) -> NDArray | None:
    """Put CSR matrices below each other."""
    if op.dim != 0 or any(array.stype != "csr" for array in inputs):
        return None
    counts = torch.cat([array._parts[2].diff() for array in inputs])
    indptr = torch.cat((counts.new_zeros(1), counts.cumsum(0)))
    values, columns = (torch.cat([array._parts[i] for array in inputs]) for i in (0, 1))
    shape = (len(counts), inputs[0].shape[1])
    return type(inputs[0])._from_parts(shape, (values, columns, indptr), inputs[0].context)  # type: ignore[no-any-return]


def _dense(tensor: Tensor, like: NDArray) -> NDArray:
    return NDArray._from_tensor(tensor, like.context)


_BY_NAME: dict[str, Callable[[Any, Sequence[Any]], NDArray | None]] = {
    "cast_storage": _cast_storage,
    "zeros_like": _zeros_like,
    "_sparse_retain": _retain,
    "_square_sum": _square_sum,
    "dot": _dot,
    "_contrib_getnnz": _count_stored,
    "_contrib_edge_id": _edge_id,
    "Concat": _concat,
}
