"""The names under which a monitor is shown the values of a run: real MXNet's."""

from __future__ import annotations

from collections.abc import Iterator

from mxnet.ir.node import Node
from mxnet.ops.backward import Backward

__all__ = ["input_taps", "output_taps"]

# MXNet gave the inputs of these operators no names; they are shown as input0.
_UNNAMED_FAMILIES = frozenset({"mxnet.ops.unary", "mxnet.ops.scalar", "mxnet.ops.reduce", "mxnet.ops.cast"})
_UNNAMED = frozenset(
    {"Activation", "BlockGrad", "Flatten", "Reshape", "SoftmaxActivation", "clip", "expand_dims", "transpose"}
)


def input_taps(node: Node) -> Iterator[tuple[int, str]]:
    """Yield position and name of all that is shown before a node runs: variables, then slots."""
    op = node.op
    assert op is not None
    unnamed = op.name in _UNNAMED or type(op).__module__ in _UNNAMED_FAMILIES
    slots = op.input_names() + op.aux_names()
    for position, (entry, slot) in enumerate(zip(node.inputs, slots, strict=True)):
        if entry.node.op is None:
            yield position, entry.node.name
        yield position, f"{node.name}_input{position}" if unnamed else f"{node.name}_{slot}"


def output_taps(node: Node) -> Iterator[tuple[int, str]]:
    """Yield number and name of every output, hidden ones too; those of gradients are only numbered."""
    op = node.op
    assert op is not None
    for number, name in enumerate(op.output_names()):
        if isinstance(op, Backward):
            yield number, f"{node.name}_output{number if op.arity[2] > 1 else ''}"
        else:
            yield number, f"{node.name}_{name}"
