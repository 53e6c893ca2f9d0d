"""Joining the rows of several matrices, and taking them apart again, to do many products at once.

Like those of :mod:`mxnet.ops.fused`, these operators are not in the registry: only passes make them.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mxnet.ir.memory import NEW, VIEW
from mxnet.ir.node import Entry, Node, emit
from mxnet.ir.op import Like, Op, Run, Shape, Slots, param
from mxnet.lazy import torch
from mxnet.ops.shapes import numel

if TYPE_CHECKING:
    from torch import Tensor

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
        if any(shape is None for shape in s.ins):
            return {}
        rows = [shape[0] for shape in s.ins]
        whole = _rows(s.output)
        if rows.count(None) == 1 and whole is not None:
            rows[rows.index(None)] = whole - sum(each for each in rows if each is not None)
        said = tuple((n, *shape[1:]) for n, shape in zip(rows, s.ins, strict=True))
        return {"ins": said, "output": (_sum(rows), numel(s.ins[0][1:]))}

    def forward(self, run: Run, *args: Tensor) -> Tensor:
        return torch.cat([each if each.dim() == 2 else each.flatten(1) for each in args])

    def gradient(self, node: Node, grads: Sequence[Entry]) -> list[Entry]:
        parts = emit(SplitRows.make(num_args=self.num_args + 1), grads[0], *node.inputs).node.outputs
        return [emit("reshape_like", part, each) for part, each in zip(parts, node.inputs, strict=True)]


class SplitRows(Op):
    """Takes joined rows apart: as many rows for each output as its array has.

    Shapes: arg0 (sum of n_i, k), arg1 ... (n_i, ...), outputs (n_i, k).
    """

    name = "_split_rows"
    inputs = {"args": "The joined rows, and then the arrays that say how many rows each part has."}
    variadic = "num_args"
    memory = VIEW
    num_args: int = _NUMBER

    def output_names(self) -> tuple[str, ...]:
        return _numbered(self.num_args - 1)

    @functools.cached_property
    def shape_only(self) -> frozenset[int]:
        return frozenset(range(1, self.num_args))

    def infer_shape(self, s: Slots) -> Mapping[str, Any]:
        if any(shape is None for shape in s.ins):
            return {}
        like = tuple(
            (_rows(out) or shape[0], *shape[1:]) for shape, out in zip(s.ins[1:], s.outs, strict=True)
        )
        joined = (_sum(shape[0] for shape in like), s.ins[0][1])
        return {"ins": (joined, *like), "outs": tuple((shape[0], joined[1]) for shape in like)}

    def forward(self, run: Run, joined: Tensor, *parts: Like) -> Sequence[Tensor]:
        return torch.split(joined, [part.shape[0] for part in parts])

    def gradient(self, node: Node, grads: Sequence[Entry | None]) -> tuple[Entry | None, ...]:
        parts = [grad or emit("zeros_like", part) for part, grad in zip(node.outputs, grads, strict=True)]
        return (emit(JoinRows.make(num_args=len(parts)), *parts), *(None,) * len(parts))


@functools.cache
def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"output{i}" for i in range(count))


def _rows(shape: Shape | None) -> int | None:
    return shape[0] if shape else None


def _sum(extents: Any) -> int | None:
    total = 0
    for extent in extents:
        if extent is None:
            return None
        total += extent
    return total
