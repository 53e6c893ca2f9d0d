"""Kernels of nodes whose shapes only data tell, such as those after ``contrib.boolean_mask``.

Their shapes are inferred again in every run, from the arrays that are there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mxnet.analysis.infer import show_shape
from mxnet.errors import ShapeError
from mxnet.ir.constraints import Conflict, is_complete, settle_shapes
from mxnet.ir.graph import Graph
from mxnet.ir.node import Node
from mxnet.ir.op import Run

__all__ = ["Shapes", "has_late_shapes", "late_kernel"]

Shapes = tuple[Any, ...]


def has_late_shapes(graph: Graph) -> bool:
    """Whether the shape of some value depends on data."""
    return any(node.op is not None and node.op.late_shape for node in graph.nodes)


def late_kernel(
    node: Node, known: Shapes, run_with: Callable[[Shapes, Shapes | None], Run]
) -> Callable[..., Any]:
    """Return a kernel that is made anew in every run, when the shapes of its inputs are known.

    Parameters
    ----------
    node : Node
        What runs.
    known : tuple
        What is known of the shapes of its outputs before.
    run_with : callable
        Makes the facts about a run, given the shapes of the inputs, and of the outputs if all are known.
    """
    op = node.op
    assert op is not None

    def run(*tensors: Any, **options: Any) -> Any:
        ins = tuple(tuple(tensor.shape) for tensor in tensors)
        try:
            outs = settle_shapes(op, (*ins, *known))[len(ins) :]
        except Conflict as conflict:
            raise ShapeError(
                f"{op.name}: {op.slots[conflict.slot]} has the shape {show_shape(conflict.known)}, but "  # type: ignore[arg-type]
                f"{show_shape(conflict.required)} is expected."  # type: ignore[arg-type]
            ) from None
        facts = run_with(ins, outs if all(map(is_complete, outs)) else None)
        held = op.held_in([str(tensor.dtype).removeprefix("torch.") for tensor in tensors])
        made = held.kernel_for(facts)(*tensors, **options)
        for result, shape in zip(made if isinstance(made, tuple | list) else (made,), outs, strict=True):
            if is_complete(shape) and tuple(result.shape) != shape:
                raise ShapeError(
                    f"{op.name}: the data make a result of shape {show_shape(tuple(result.shape))}, but what "
                    f"follows needs {show_shape(shape)}."
                )
        return made

    return run
