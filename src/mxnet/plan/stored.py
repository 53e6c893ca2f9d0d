"""Kernels of steps that read or make values which are not stored densely.

Such a value is a :class:`~mxnet.ir.storage.Stored`; dense ones are plain tensors, in every program. An
operator computes from what is stored, if it declares a kernel for that, and else from dense copies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.analysis.storage import stored_results
from mxnet.ir.op import Like, Op
from mxnet.ir.storage import DENSE, ROWS, Call, Stored
from mxnet.ir.types import Type
from mxnet.lazy import torch
from mxnet.ops.backward import Backward
from mxnet.ops.tools.device import torch_device
from mxnet.ops.tools.storage import as_stored, densify, sparsify

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["stored_kernel"]

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
    found = stored_results(op, [each.stype for each in ins])
    compute = None if found is None else _compute(op, found[0], run)
    stypes = [each.stype for each in outs]

    def of_stored(*values: Any) -> Any:
        made: Any = compute and compute(list(map(_taken, values, ins)))
        if made is None:
            made = kernel(*map(_dense, values))
            made = made if isinstance(made, tuple | list) else (made,)
        results = [*map(_converted, stypes, made), *made[len(stypes) :]]
        return results[0] if len(results) == 1 else results

    return of_stored


def _compute(op: Op, stype: str, run: Kernel) -> Compute:
    """Return what computes an operator's results from what is stored, as it declares."""
    if isinstance(op, Backward):
        return op.stored_gradients
    kernel = op.sparse.kernel
    assert kernel is not None

    def first(tensors: Sequence[Tensor]) -> Any:
        made = run(*tensors)
        return made[0] if isinstance(made, tuple | list) else made

    def compute(arrays: Sequence[Stored]) -> Sequence[Stored] | None:
        made = kernel(Call(op, arrays, stype, first))
        return None if made is None else (made,)

    return compute


def _taken(value: Any, type_: Type) -> Any:
    """Return a value as the kernels for stored ones take it; a residual stays what it is."""
    if isinstance(value, Like):
        return _zeros(type_.stype, value, torch_device(type_.place))
    return as_stored(value) if isinstance(value, torch.Tensor) else value


def _zeros(stype: str, like: Like, device: Any) -> Stored:
    """Return something of that shape and dtype that takes no memory."""
    zero = torch.zeros((), dtype=like.dtype, device=device)
    if stype == DENSE:
        return Stored(DENSE, like.shape, (zero.expand(like.shape),))
    none = torch.zeros(0, dtype=torch.int64, device=device)
    if stype == ROWS:
        return Stored(ROWS, like.shape, (zero.expand(0, *like.shape[1:]), none))
    return Stored(stype, like.shape, (zero.expand(0), none, none.new_zeros(like.shape[0] + 1)))


def _converted(stype: str, value: Tensor | Stored) -> Tensor | Stored:
    """Return a value stored in a way: a tensor, if that is densely."""
    if isinstance(value, Stored) and value.stype == stype:
        return value.parts[0] if stype == DENSE else value
    values = _dense(value)
    return values if stype == DENSE else Stored(stype, tuple(values.shape), sparsify(stype, values))


def _dense(value: Any) -> Any:
    """Return the dense values of one that is stored in any way."""
    return densify(value) if isinstance(value, Stored) else value
