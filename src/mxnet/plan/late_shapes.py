"""Kernels of nodes whose shapes only data tell, such as those after ``contrib.boolean_mask``.

Their shapes are inferred again in every run, from the arrays that are there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mxnet.errors import ShapeError
from mxnet.ir.constraints import Conflict, settle_shapes
from mxnet.ir.op import Op, Run
from mxnet.ir.types import Type, is_complete, show_shape

__all__ = ["late_kernel"]

Types = tuple[Type, ...]


def late_kernel(
    op: Op, ins: Types, outs: Types, run_with: Callable[[Types, Types], Run]
) -> Callable[..., Any]:
    """Return a kernel that is made anew in every run, when the shapes of its inputs are known.

    Parameters
    ----------
    op : Op
        What runs.
    ins, outs : tuple of Type
        What is known before.
    run_with : callable
        Makes the facts about a run, from types that are known completely.
    """

    def kernel(*tensors: Any, **options: Any) -> Any:
        shapes = tuple(ins[i].shape if i in op.opaque else tuple(t.shape) for i, t in enumerate(tensors))
        try:
            settled = settle_shapes(op, (*shapes, *(each.shape for each in outs)))[len(shapes) :]
        except Conflict as conflict:
            raise ShapeError(
                f"{op.name}: {op.slots[conflict.slot]} has the shape {show_shape(conflict.known)}, but "  # type: ignore[arg-type]
                f"{show_shape(conflict.required)} is expected."  # type: ignore[arg-type]
            ) from None
        run = run_with(
            tuple(each._replace(shape=shape) for each, shape in zip(ins, shapes, strict=True)),
            tuple(each._replace(shape=shape) for each, shape in zip(outs, settled, strict=True)),
        )
        held = op.held_in([each.dtype for each in ins])
        made = held.kernel_for(run)(*tensors, **options)
        for result, shape in zip(made if isinstance(made, tuple | list) else (made,), settled, strict=False):
            if is_complete(shape) and tuple(result.shape) != shape:
                raise ShapeError(
                    f"{op.name}: the data make a result of shape {show_shape(tuple(result.shape))}, but what "
                    f"follows needs {show_shape(shape)}."
                )
        return made

    return kernel
