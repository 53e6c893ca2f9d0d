"""Runs operators on sparse arrays: with what is stored, where an operator has a kernel for that.

What has no such kernel is computed from dense values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.analysis.storage import result_storage, say_fallback
from mxnet.ir.memory import NOWHERE, Into
from mxnet.ir.storage import CSR, DENSE, ROWS, Call, Stored
from mxnet.ndarray.eager import Kernel, check_places, kernel_of, outputs_of, owned, run_operator
from mxnet.ndarray.mode import MODE
from mxnet.ndarray.ndarray import NDArray, check_out, class_of, overwrite, stored_alike, tracked_inputs
from mxnet.ndarray.tensors import RoomFor
from mxnet.ops.backward import Backward
from mxnet.ops.optimizer.native_steps import RowsOf
from mxnet.ops.tools.device import torch_device
from mxnet.ops.tools.storage import as_stored, densify, rows_of, whole_rows

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from mxnet.context import Context
    from mxnet.ir.node import Node
    from mxnet.ir.op import Op

    Value = Tensor | Stored
    """A value, of which what is not dense is kept as it is stored."""

__all__ = ["invoke_sparse", "read_rows", "rows_in_place", "run_on_values", "value_of", "write_rows"]


def invoke_sparse(op: Op, inputs: Sequence[Any], out: Any) -> Any:
    """Run an operator on arrays of which some are sparse; see :func:`mxnet.ndarray.ndarray.invoke`.

    Raises
    ------
    StorageError
        If the operator takes no arrays stored like these.
    """
    where = inputs[0]._context
    outs = () if out is None else check_out(op, inputs, out)
    arrays = [array._stored() for array in inputs]
    stypes = tuple([each.stype for each in arrays])
    facts: list[Any] = []
    for each in arrays if out is None else (*arrays, *[array._stored() for array in outs]):
        facts += (each.shape, each.parts[0].dtype)
    check_places(op, [array._context for array in inputs])
    stype = result_storage(op, stypes)
    wants = tracked_inputs(op, inputs) if op.residual else frozenset()
    kernel = kernel_of(op, where, MODE.get().is_train, len(inputs), tuple(facts), wants, stypes)
    hidden: Sequence[Tensor] = ()
    dense: list[NDArray] = []
    if op.sparse.rows_only(op, stypes):
        made = [_update_rows(op, kernel, inputs, outs)]
    else:
        stored = _run_sparse_kernel(op, kernel, arrays, stype)
        if stored is not None:
            made = [class_of(stored.stype)._from_stored(stored, where)]
        else:
            if stype is None:
                say_fallback(op, stypes)
            tensors = [array._tensor for array in inputs]
            results = _run_dense(op, kernel, inputs, tensors)
            visible = op.visible_outputs()
            dense = [NDArray._from_tensor(each, where) for each in owned(results[:visible], tensors)]
            made, hidden = list(dense), results[visible:]
        if stored is None or stored.stype != stype:
            made = stored_alike(made, stype or DENSE)
        for array, result in zip(outs, made, strict=False):
            overwrite(op, array, result._stored())
    made = list(outs) or made
    if (record := MODE.get().record) is not None:
        record(op, inputs, dense or made, hidden)  # a gradient reads dense values, as the kernel made them
        for array, recorded in zip(made, dense, strict=False):
            array._recorded = recorded._recorded
    if out is not None:
        return out
    return made[0] if len(made) == 1 else made


def _run_sparse_kernel(
    op: Op,
    kernel: Kernel,
    arrays: Sequence[Stored],
    stype: str | tuple[str, ...] | None,
    node: Node | None = None,
) -> Stored | None:
    if op.sparse.kernel is None:
        return None

    def run(tensors: Sequence[Tensor]) -> Tensor:
        return owned(outputs_of(op, kernel, tensors, node)[:1], tensors)[0]

    return op.sparse.kernel(Call(op, arrays, stype, run))  # type: ignore[arg-type]


def run_on_values(
    op: Op,
    where: Context,
    is_train: bool,
    values: Sequence[Value],
    node: Node,
    out: Mapping[str, Into] = NOWHERE,
) -> list[Value]:
    """Run an operator of a gradient graph: on what is stored, where it can, or else on dense values.

    Parameters
    ----------
    op : Op
        The operator.
    where : Context
        Where to run it.
    is_train : bool
        Whether it behaves as in training.
    values : sequence of Tensor or Stored
        Its inputs; those that are dense are tensors.
    node : Node
        What errors are blamed on.
    out : mapping of str to Into
        Of a gradient: where to write those of which inputs.
    """
    device = torch_device(where)
    values = [each if i in op.opaque else _moved(each, device) for i, each in enumerate(values)]
    found = _run_as_stored(op, where, is_train, values, node)
    if found is not None:
        return found
    tensors = [
        _dense(each, where, shape_only=i in op.shape_only) if isinstance(each, Stored) else each
        for i, each in enumerate(values)
    ]
    return list(run_operator(op, where, is_train, tensors, node, out))


def value_of(array: NDArray) -> Value:
    """Return what an array holds."""
    return array._tensor if array.stype == DENSE else array._stored()


def _moved(value: Value, device: torch.device) -> Value:
    if isinstance(value, Stored):
        return value._replace(parts=tuple([part.to(device) for part in value.parts]))
    return value.to(device)


def _dense(value: Stored, where: Context, *, shape_only: bool) -> Tensor:
    """Return dense values, or something that only looks like them."""
    values = value.parts[0]
    if shape_only:
        return values.new_zeros(()).expand(value.shape)
    with RoomFor(value.shape, str(values.dtype)[6:], where):
        return densify(value)


def _run_as_stored(
    op: Op, where: Context, is_train: bool, values: Sequence[Value], node: Node
) -> list[Value] | None:
    made: Sequence[Stored] | None
    if isinstance(op, Backward):
        if op.forward_op.sparse.gradient_kernel is None:
            return None
        made = op.stored_gradients(list(map(as_stored, values)))
    else:
        if op.sparse.kernel is None or not any(isinstance(each, Stored) for each in values):
            return None
        arrays = list(map(as_stored, values))
        stypes = tuple([array.stype for array in arrays])
        facts = [fact for array in arrays for fact in (array.shape, array.parts[0].dtype)]
        kernel = kernel_of(op, where, is_train, len(arrays), tuple(facts), stypes=stypes, node=node)
        result = _run_sparse_kernel(op, kernel, arrays, result_storage(op, stypes), node)
        made = None if result is None else [result]
    return None if made is None else [each.parts[0] if each.stype == DENSE else each for each in made]


def _update_rows(op: Op, kernel: Kernel, inputs: Sequence[Any], outs: Sequence[NDArray]) -> NDArray:
    """Update only the rows that a row-sparse gradient has, of the weight and of what the kernel writes."""
    weight, grad, *states = inputs
    rows = grad._parts[1]
    part, *parts = read_rows([weight, *states], rows)
    (changed,) = outputs_of(op, kernel, [part, grad._parts[0], *parts])
    new: NDArray = outs[0] if outs else weight._zeros_alike(DENSE)
    if new is not weight:
        new._put(weight._stored())
    moved = [i for i, name in enumerate(op.input_names()[2:]) if name in op.mutates]
    write_rows([new, *(states[i] for i in moved)], rows, [changed, *(parts[i] for i in moved)])
    return new


def rows_in_place(arrays: Sequence[Any], rows: Tensor) -> list[RowsOf] | None:
    """Return some rows of a weight and of its states where they lie; None if the weight has not all rows.

    States get room for all rows.
    """
    found = []
    for array in arrays:
        stored = array._stored()
        if stored.stype == ROWS and len(stored.parts[1]) < stored.shape[0]:
            if array is arrays[0]:
                return None
            array._parts = whole_rows(
                stored
            ).parts  # new memory, which nobody has touched: it costs nothing yet
        elif stored.stype == CSR:
            return None
        found.append(RowsOf(array._stored().parts[0], rows))
    return found


def read_rows(arrays: Sequence[NDArray], rows: Tensor) -> list[Tensor]:
    """Return copies of some rows of each array."""
    return [rows_of(array._stored(), rows) for array in arrays]


def write_rows(arrays: Sequence[NDArray], rows: Tensor, values: Sequence[Tensor]) -> None:
    """Write some rows of a weight and of its states, which get room for all rows if the weight has that."""
    weight = arrays[0]._stored()
    whole = weight.stype == DENSE or len(weight.parts[1]) == weight.shape[0]
    for array, part in zip(arrays, values, strict=True):
        array._write_rows(rows, part, whole=whole)


def _run_dense(
    op: Op, kernel: Kernel, inputs: Sequence[Any], tensors: Sequence[Tensor]
) -> tuple[Tensor, ...]:
    """Run a kernel on dense values; what it writes to a sparse array goes back to its storage."""
    results = outputs_of(op, kernel, tensors)
    for name, array, tensor in zip(op.input_names(), inputs, tensors, strict=False):
        if name in op.mutates and array.stype != DENSE:
            array._overwrite(tensor)
    return results
