"""How a node looks: what its box says, its colour, and whether it is shown at all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mxnet.ir.node import Node
from mxnet.ir.op import Op
from mxnet.ops.custom import Custom
from mxnet.ops.nn.activation import Activation, LeakyReLU
from mxnet.ops.nn.convolution import Convolution
from mxnet.ops.nn.fully_connected import FullyConnected
from mxnet.ops.nn.norm import BatchNorm
from mxnet.ops.nn.pooling import Pooling
from mxnet.ops.tensor.joining import Concat
from mxnet.ops.tensor.rearrange import Flatten, Reshape

__all__ = ["VARIABLE", "is_weight", "label_and_colour"]

VARIABLE = "#8dd3c7"
_OTHER = "#fccde5"
_HIDDEN_SUFFIXES = (
    "_weight",
    "_bias",
    "_beta",
    "_gamma",
    "_moving_var",
    "_moving_mean",
    "_running_var",
    "_running_mean",
)


def is_weight(node: Node) -> bool:
    """Whether a node is a variable that is named like a weight."""
    return node.op is None and node.name.endswith(_HIDDEN_SUFFIXES)


def label_and_colour(node: Node) -> tuple[str, str]:
    """Return what a box says and its colour: layers show their sizes, as in MXNet, all others their names."""
    if node.op is None:
        return node.name, VARIABLE
    return _of_operator(node, node.op)


def _of_operator(node: Node, op: Op) -> tuple[str, str]:
    label, colour = node.name, _OTHER
    match op:
        case Convolution():
            label, colour = f"Convolution\n{_extent(op.kernel)}/{_stride(op)}, {op.num_filter}", "#fb8072"
        case FullyConnected():
            label, colour = f"FullyConnected\n{op.num_hidden}", "#fb8072"
        case Activation() | LeakyReLU():
            label, colour = f"{op.name}\n{op.act_type}", "#ffffb3"
        case Pooling():
            window = _extent(op.kernel) or "global"
            label, colour = f"Pooling\n{op.pool_type}, {window}/{_stride(op)}", "#80b1d3"
        case BatchNorm():
            colour = "#bebada"
        case Concat() | Flatten() | Reshape():
            colour = "#fdb462"
        case Custom():
            label = op.op_type
    return label, colour


def _stride(op: Any) -> str:
    return _extent(op.stride) if "stride" in op.given else "1"


def _extent(sizes: Iterable[int]) -> str:
    return "x".join(map(str, sizes))
