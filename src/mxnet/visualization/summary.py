"""``print_summary``: a network as a table of layers, their output shapes and parameters."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mxnet.ops.nn.convolution import Convolution
from mxnet.ops.nn.fully_connected import FullyConnected
from mxnet.ops.tensor.indexing import Embedding
from mxnet.visualization.facts import check_arguments, shapes_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mxnet.ir.node import Entry, Node
    from mxnet.ir.op import Op
    from mxnet.symbol.symbol import Symbol

__all__ = ["print_summary"]

_HEADER = ("Layer (type)", "Output Shape", "Param #", "Previous Layer")

Shapes = dict["Entry", tuple[int, ...]]


def print_summary(
    symbol: Symbol,
    shape: Mapping[str, tuple[int, ...]] | None = None,
    line_length: int = 120,
    positions: Sequence[float] = (0.44, 0.64, 0.74, 1.0),
) -> None:
    """Print a table of a network's layers.

    Each layer has its name and operator, its output shape without the batch dimension, the number of its
    parameters and the layers before it. All parameters are counted that operators declare as learned (MXNet
    knows Convolution, FullyConnected, BatchNorm and Embedding only), without auxiliary states; what two
    layers share counts for the first of them.

    Parameters
    ----------
    symbol : Symbol
        The network.
    shape : dict of str to tuple of int, optional
        Shapes of its inputs. Without them no shapes are shown, and only what the operators' own parameters
        tell is counted.
    line_length : int
        Characters in a line.
    positions : sequence of float
        Where the columns end: as fractions of the line, or in characters.

    Raises
    ------
    TypeError
        If `symbol` is not a symbol.
    ValueError
        If the shapes do not follow from `shape`.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=10, name="fc")
    >>> mx.viz.print_summary(net, shape={"data": (1, 20)}, line_length=80)  # doctest: +NORMALIZE_WHITESPACE
    ________________________________________________________________________________
    Layer (type)                       Output Shape    Param # Previous Layer
    ================================================================================
    data(null)                         20              0
    ________________________________________________________________________________
    fc(FullyConnected)                 10              210     data
    ================================================================================
    Total params: 210
    ________________________________________________________________________________
    """
    check_arguments(symbol, shape=shape)
    if positions[-1] <= 1:
        positions = [int(line_length * each) for each in positions]
    shapes = None if shape is None else shapes_of(symbol, shape)
    total = 0
    lines = ["_" * line_length, _row(_HEADER, positions), "=" * line_length]
    for node, n_parameters in _layers(symbol, shapes):
        total += n_parameters
        first, *others = _previous(node, symbol) or [""]
        extent = "" if shapes is None else _extent(node, shapes)
        title = f"{node.name}({node.op.name if node.op else 'null'})"
        lines.append(_row((title, extent, n_parameters, first), positions))
        lines += [_row(("", "", "", other), positions) for other in others]
        lines.append("_" * line_length)
    lines[-1] = "=" * line_length
    lines += [f"Total params: {total}", "_" * line_length]
    print("\n".join(lines))  # noqa: T201 - what it is for


def _layers(symbol: Symbol, shapes: Shapes | None) -> Iterator[tuple[Node, int]]:
    """Yield the rows of the table, each with the number of parameters that no row before has."""
    counted: set[Node] = set()
    for i, node in enumerate(symbol.graph.nodes):
        if node.op is None and i:
            continue
        own = {entry.node: entry for entry in _parameters(node) if entry.node not in counted}
        counted |= own.keys()
        if shapes is None:
            yield node, _told(node.op) if own else 0
        else:
            yield node, sum(math.prod(shapes[entry]) for entry in own.values())


def _parameters(node: Node) -> tuple[Entry, ...]:
    """Return the variables that a layer learns, without auxiliary states."""
    if node.op is None:
        return ()
    named = zip(node.op.input_names(), node.inputs, strict=False)
    return tuple(entry for name, entry in named if name in node.op.learned and entry.node.op is None)


def _told(op: Op | None) -> int:
    """Return how many parameters MXNet counts where no shapes are known: those that an operator tells of."""
    match op:
        case Convolution(no_bias=False):
            return op.num_filter
        case FullyConnected(no_bias=False):
            return op.num_hidden
        case Embedding():
            return op.input_dim * op.output_dim
    return 0


def _previous(node: Node, symbol: Symbol) -> list[str]:
    """Return the layers that a layer reads; of the variables only the network's first is one."""
    data = symbol.graph.nodes[0]
    return [entry.node.name for entry in node.inputs if entry.node.op is not None or entry.node is data]


def _extent(node: Node, shapes: Shapes) -> str:
    """Return ``20x24x24``; nothing for a layer of several outputs, which have no common shape."""
    output = node.outputs[0]
    if node.op is not None and output.output_name != f"{node.name}_output":
        return ""
    return "x".join(map(str, shapes[output][1:]))


def _row(fields: Sequence[object], positions: Sequence[float]) -> str:
    line = ""
    for field, end in zip(fields, positions, strict=False):
        line = f"{line}{field}"[: int(end)].ljust(int(end))
    return line
