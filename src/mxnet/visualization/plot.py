"""``plot_network``: a network as a picture, drawn by graphviz or, without its program, by ourselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mxnet.drawing.looks import is_weight, label_and_colour
from mxnet.dtype import dtype_name
from mxnet.visualization.facts import check_arguments, dtypes_of, shapes_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mxnet.ir.node import Entry, Node
    from mxnet.symbol.symbol import Symbol
    from mxnet.visualization.digraph import NetworkDigraph

__all__ = ["plot_network"]


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
        if not is_weight(node):
            picture.node(names[node], **look | _look_of(node))
    for node in nodes:
        for entry in node.inputs:
            if not (hide_weights and is_weight(entry.node)):
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


def _look_of(node: Node) -> dict[str, str]:
    import graphviz

    label, colour = label_and_colour(node)
    look = {"label": graphviz.escape(label), "fillcolor": colour}
    return {**look, "shape": "oval"} if node.op is None else look


def _extent(sizes: Iterable[int]) -> str:
    return "x".join(map(str, sizes))


def _label_of(
    entry: Entry, shapes: Mapping[Entry, tuple[int, ...]] | None, dtypes: Mapping[Entry, object] | None
) -> str:
    label = "" if shapes is None else _extent(shapes[entry][1:])
    return label if dtypes is None else f"{label}({dtype_name(dtypes[entry])})"
