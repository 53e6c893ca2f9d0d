"""The names under which a monitor is shown the values of a run: real MXNet's."""

from __future__ import annotations

from collections.abc import Iterator

from mxnet.ir.node import Node
from mxnet.ops.backward import Backward

__all__ = ["input_taps", "is_given_zeros", "output_taps"]


def input_taps(node: Node) -> Iterator[tuple[int, str]]:
    """Yield position and name of all that is shown before a node runs: variables, then slots."""
    op = node.op
    assert op is not None
    slots = op.input_names() + op.aux_names()
    for position, (entry, slot) in enumerate(zip(node.inputs, slots, strict=True)):
        if entry.is_residual:
            continue
        if entry.node.op is None:
            yield position, entry.node.name
        yield position, f"{node.name}_{slot}" if op.names_inputs else f"{node.name}_input{position}"


def output_taps(node: Node) -> Iterator[tuple[int, str]]:
    """Yield number and name of every output, hidden ones too; gradients are numbered as the inputs are."""
    op = node.op
    assert op is not None
    if not isinstance(op, Backward):
        yield from enumerate(f"{node.name}_{name}" for name in op.output_names())
        return
    inputs = op.forward_op.input_names()
    for number, name in enumerate(op.wants):
        yield number, f"{node.name}_output{inputs.index(name) if len(inputs) > 1 else ''}"


def is_given_zeros(node: Node) -> bool:
    """Whether MXNet passes zeros to this gradient, for the hidden outputs of the operator: it shows them."""
    return (
        isinstance(node.op, Backward) and node.op.forward_op.visible_outputs() < node.op.forward_op.arity[2]
    )
