"""``explore``: a network as a page that is opened in a browser, without a server and without a network."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from mxnet.files import atomic_write
from mxnet.visualization.facts import check_arguments
from mxnet.visualization.page_data import Profile, page_data

if TYPE_CHECKING:
    from mxnet.ndarray import NDArray
    from mxnet.symbol.symbol import Symbol

__all__ = ["explore"]


def explore(
    symbol: Symbol,
    params: Mapping[str, NDArray] | None = None,
    shape: Mapping[str, tuple[int, ...]] | None = None,
    path: str | os.PathLike[str] = "net.html",
    profile: Profile | None = None,
) -> str:
    """Write a page that shows a network: one file, to be opened in any browser.

    Neighbours whose names begin alike are one box until they are opened. Nodes can be searched; each tells
    its parameters, the shapes, dtypes and histograms of what it reads, its FLOPs, bytes and time. Below
    stands what is alive at which step of inference.

    Parameters
    ----------
    symbol : Symbol
        The network.
    params : dict of str to NDArray, optional
        Parameters and auxiliary states, with or without ``arg:`` and ``aux:``.
    shape : dict of str to tuple of int, optional
        Shapes of inputs. Without them there are those only that follow from the parameters.
    path : path
        The file to write.
    profile : path, or dict of str to float, optional
        The trace that ``mx.profiler.dump`` wrote, or milliseconds by the names of nodes.

    Returns
    -------
    str
        The path.

    Raises
    ------
    TypeError
        If `symbol` is not a symbol.
    ValueError
        If the shapes do not follow from `shape`.

    Examples
    --------
    >>> import mxnet as mx, os, tempfile
    >>> net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=10, name="fc")
    >>> path = os.path.join(tempfile.mkdtemp(), "net.html")
    >>> os.path.basename(mx.viz.explore(net, shape={"data": (1, 20)}, path=path))
    'net.html'
    """
    check_arguments(symbol, params=params, shape=shape)
    arrays = {_plain(name): array for name, array in (params or {}).items()}
    data = page_data(symbol, arrays, shape, profile)
    folder = Path(__file__).parent
    page = (folder / "explore.html").read_text(encoding="utf-8")
    parts = {
        "{{title}}": escape(f"{data['title']}"),
        "{{script}}": (folder / "explore.js").read_text(encoding="utf-8"),
        "{{data}}": _as_json(data),
    }
    for place, text in parts.items():  # what is put in last, the data, is not searched for places
        page = page.replace(place, text, 1)
    with atomic_write(path) as file:
        file.write(page.encode())
    return os.fspath(path)


def _plain(name: str) -> str:
    kind, _, rest = name.partition(":")
    return rest if kind in ("arg", "aux") and rest else name


def _as_json(data: object) -> str:
    """Return JSON that ends no element of the page, whatever nodes are called."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
