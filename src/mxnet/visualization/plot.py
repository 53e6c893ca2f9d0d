"""``plot_network``: a network as a picture, drawn by graphviz or, without its program, by ourselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mxnet.dtype import dtype_name
from mxnet.ops.custom import Custom
from mxnet.ops.nn.activation import Activation, LeakyReLU
from mxnet.ops.nn.convolution import Convolution
from mxnet.ops.nn.fully_connected import FullyConnected
from mxnet.ops.nn.norm import BatchNorm
from mxnet.ops.nn.pooling import Pooling
from mxnet.ops.tensor.joining import Concat
from mxnet.ops.tensor.rearrange import Flatten, Reshape
from mxnet.visualization.facts import check_arguments, dtypes_of, shapes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mxnet.ir.node import Entry, Node
    from mxnet.ir.op import Op
    from mxnet.symbol.symbol import Symbol
    from mxnet.visualization.digraph import NetworkDigraph

__all__ = ["plot_network"]

_VARIABLE = "#8dd3c7"
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


def plot_network(
    symbol: Symbol,
    title: str = "plot",
    save_format: str = "pdf",
    shape: Mapping[str, tuple[int, ...]] | None = None,
    dtype: Mapping[str, object] | None = None,
    node_attrs: Mapping[str, str] = {},
    hide_weights: bool = True,
) -> NetworkDigraph:
    """Draw a network.

    Parameters
    ----------
    symbol : Symbol
        The network.
    title : str
        The name of the picture, from which its file gets its name.
    save_format : str
        What ``render()`` writes: ``"pdf"``, ``"png"``, ``"svg"`` …
    shape : dict of str to tuple of int, optional
        Shapes of the network's inputs; all others follow and are written on the edges, without the batch
        dimension.
    dtype : dict of str to dtype, optional
        Dtypes of the inputs, to be written there too.
    node_attrs : dict of str to str
        Graphviz attributes of the nodes, such as ``{"shape": "oval", "fixedsize": "false"}``.
    hide_weights : bool
        Whether to leave out variables that are named like weights.

    Returns
    -------
    NetworkDigraph
        A ``graphviz.Digraph``. Jupyter shows it as a picture, and ``render()`` writes it to a file. Where the
        program ``dot`` is not installed both fall back on a plain SVG.

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
    >>> print(mx.viz.plot_network(net, shape={"data": (1, 20)}).source.splitlines()[-2].strip())
    fc -> data [label=20 arrowtail=open dir=back]
    """
    from mxnet.visualization.digraph import NetworkDigraph

    check_arguments(symbol, shape=shape, dtype=dtype, node_attrs=node_attrs)
    shapes = None if shape is None else shapes_of(symbol, shape)
    dtypes = None if dtype is None else dtypes_of(symbol, dtype)
    nodes = symbol.graph.nodes
    names = _identifiers(nodes)
    look = {
        "shape": "box",
        "fixedsize": "true",
        "width": "1.3",
        "height": "0.8034",
        "style": "filled",
        **(node_attrs or {}),
    }
    picture = NetworkDigraph(name=title, format=save_format)
    for node in nodes:
        if not _is_weight(node):
            picture.node(names[node], **look | _look_of(node))
    for node in nodes:
        for entry in node.inputs:
            if not (hide_weights and _is_weight(entry.node)):
                label = _label_of(entry, shapes, dtypes)
                picture.edge(names[node], names[entry.node], dir="back", arrowtail="open", label=label)
    return picture


def _identifiers(nodes: Iterable[Node]) -> dict[Node, str]:
    """Return what graphviz calls each node: its name, made unique and without colons, which mean ports."""
    taken: set[str] = set()
    identifiers = {}
    for node in nodes:
        name = identifier = node.name.replace(":", "/")
        count = 1
        while identifier in taken:
            count += 1
            identifier = f"{name}#{count}"
        taken.add(identifier)
        identifiers[node] = identifier
    return identifiers


def _is_weight(node: Node) -> bool:
    return node.op is None and node.name.endswith(_HIDDEN_SUFFIXES)


def _look_of(node: Node) -> dict[str, str]:
    import graphviz

    if node.op is None:
        return {"label": graphviz.escape(node.name), "fillcolor": _VARIABLE, "shape": "oval"}
    label, colour = _label_and_colour(node, node.op)
    return {"label": graphviz.escape(label), "fillcolor": colour}


def _label_and_colour(node: Node, op: Op) -> tuple[str, str]:
    """Return what a box says and its colour: layers show their sizes, as in MXNet, all others their names."""
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


def _label_of(
    entry: Entry, shapes: Mapping[Entry, tuple[int, ...]] | None, dtypes: Mapping[Entry, object] | None
) -> str:
    label = "" if shapes is None else _extent(shapes[entry][1:])
    return label if dtypes is None else f"{label}({dtype_name(dtypes[entry])})"
