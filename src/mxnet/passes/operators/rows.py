"""Joining the rows of several matrices, and taking them apart again, to do many products at once.

Like their neighbours in :mod:`mxnet.passes.operators.fused` they are not in the registry.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.ir.memory import NEW, VIEW
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Op, Run, Slots, param
from mxnet.lazy import torch
from mxnet.ops.tensor.joining import rows_of_parts
from mxnet.ops.tools.shapes import numel

if TYPE_CHECKING:
    from torch import Tensor

    from mxnet.native.rows import Rows

__all__ = ["JoinRows", "SplitRows"]

_NUMBER = param(ge=1, doc="Number of arrays.")


class JoinRows(Op):
    """Puts the rows of arrays under each other; all axes but the first are one.

    Shapes: args (n_i, ...) of k numbers a row, output (sum of n_i, k).
    """

    name = "_join_rows"
    inputs = {"args": "The arrays."}
    variadic = "num_args"
    memory = NEW
    num_args: int = _NUMBER

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if any(shape is None or None in shape for shape in s.ins):
            return {}
        return {"output": (sum(shape[0] for shape in s.ins), numel(s.ins[0][1:]))}

    def as_rows(self, to: Rows) -> None:
        rows_of_parts(to, to.output, to.ins, 0, join=True)

    def forward(self, run: Run, *args: Tensor) -> Tensor:
        return torch.cat([each if each.dim() == 2 else each.flatten(1) for each in args])

    def gradient(self, node: Node, grads: Sequence[Entry]) -> list[Entry]:
        shapes = [entry.type.shape or () for entry in node.inputs]
        parts = emit(SplitRows.make(rows=tuple(shape[0] for shape in shapes)), grads[0]).node.outputs
        return [emit("Reshape", part, shape=shape) for part, shape in zip(parts, shapes, strict=True)]


class SplitRows(Op):
    """Takes joined rows apart again.

    Shapes: joined (sum of n_i, k), outputs (n_i, k).
    """

    name = "_split_rows"
    inputs = {"joined": "The joined rows."}
    memory = VIEW
    rows: tuple[int, ...] = param(doc="How many rows each output has.")

    def output_names(self) -> tuple[str, ...]:
        return _numbered(len(self.rows))

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        return {} if s.joined is None else {"outs": tuple((n, s.joined[1]) for n in self.rows)}

    def as_rows(self, to: Rows) -> None:
        rows_of_parts(to, to.joined, to.outs, 0, join=False)

    def forward(self, run: Run, joined: Tensor) -> Sequence[Tensor]:
        return torch.split(joined, list(self.rows))

    def gradient(self, node: Node, grads: Sequence[Entry | None]) -> tuple[Entry | None, ...]:
        parts = [grad or emit("zeros_like", part) for part, grad in zip(node.outputs, grads, strict=True)]
        return (emit(JoinRows.make(num_args=len(parts)), *parts),)


@functools.cache
def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"output{i}" for i in range(count))
