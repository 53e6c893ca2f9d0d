"""Kernels of steps that read or make values which are not stored densely.

Such a value is a :class:`~mxnet.ir.storage.Stored`; dense ones are plain tensors, in every program. An
operator computes from what is stored, if it declares a kernel for that, and else from dense copies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.analysis.storage import result_storage
from mxnet.ir.op import Like, Op
from mxnet.ir.storage import DENSE, ROWS, Call, StorageError, Stored
from mxnet.ir.types import Type
from mxnet.lazy import torch
from mxnet.ops.backward import Backward
from mxnet.ops.tools.device import torch_device
from mxnet.ops.tools.storage import densify, sparsify

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["stored_as", "stored_kernel", "values_of"]

Kernel = Callable[..., Any]

Compute = Callable[[Sequence[Any]], Sequence[Stored] | None]
"""Computes results from what is stored; returns None where it cannot."""


def stored_kernel(op: Op, ins: Sequence[Type], outs: Sequence[Type], kernel: Kernel, run: Kernel) -> Kernel:
    """Return a kernel that takes and returns values as their types say that they are stored.

    Parameters
    ----------
    op : Op
        What runs.
    ins, outs : sequence of Type
        Of what it reads and makes.
    kernel : callable
        Takes and returns dense values.
    run : callable
        The same for values of any shapes, such as the rows that are stored.
    """
    compute = _gradient_kernel(op) if isinstance(op, Backward) else _forward_kernel(op, ins, run)
    stypes = [each.stype for each in outs]

    def of_stored(*values: Any) -> Any:
        made: Any = compute and compute(list(map(_as_stored, values, ins)))
        if made is None:
            made = kernel(*map(values_of, values))
            made = made if isinstance(made, tuple | list) else (made,)
        results = [*map(stored_as, stypes, made), *made[len(stypes) :]]
        return results[0] if len(results) == 1 else results

    return of_stored


def _forward_kernel(op: Op, ins: Sequence[Type], run: Kernel) -> Compute | None:
    sparse = op.sparse.kernel
    if sparse is None or op.arity[2] != 1 or op.residual:
        return None
    try:
        stype = result_storage(op, [each.stype for each in ins])
    except StorageError:
        return None

    def first(tensors: Sequence[Tensor]) -> Any:
        made = run(*tensors)
        return made[0] if isinstance(made, tuple | list) else made

    def compute(arrays: Sequence[Stored]) -> Sequence[Stored] | None:
        made = sparse(Call(op, arrays, stype, first))  # type: ignore[arg-type]
        return None if made is None else (made,)

    return compute


def _gradient_kernel(op: Backward) -> Compute | None:
    return None if op.forward_op.sparse.gradient_kernel is None else op.stored_gradients


def _as_stored(value: Any, type_: Type) -> Any:
    """Return a value as the kernels for stored ones take it; a residual stays what it is."""
    if isinstance(value, Like):
        return _zeros(type_.stype, value, torch_device(type_.place))
    return Stored(DENSE, tuple(value.shape), (value,)) if isinstance(value, torch.Tensor) else value


def _zeros(stype: str, like: Like, device: Any) -> Stored:
    """Return something of that shape and dtype that takes no memory."""
    zero = torch.zeros((), dtype=like.dtype, device=device)
    if stype == DENSE:
        return Stored(DENSE, like.shape, (zero.expand(like.shape),))
    none = torch.zeros(0, dtype=torch.int64, device=device)
    if stype == ROWS:
        return Stored(ROWS, like.shape, (zero.expand(0, *like.shape[1:]), none))
    return Stored(stype, like.shape, (zero.expand(0), none, none.new_zeros(like.shape[0] + 1)))


def stored_as(stype: str, value: Tensor | Stored) -> Tensor | Stored:
    """Return a value stored in a way: a tensor, if that is densely."""
    if isinstance(value, Stored) and value.stype == stype:
        return value.parts[0] if stype == DENSE else value
    values = values_of(value)
    return values if stype == DENSE else Stored(stype, tuple(values.shape), sparsify(stype, values))


def values_of(value: Any) -> Any:
    """Return the dense values of one that is stored in any way."""
    return densify(value) if isinstance(value, Stored) else value
