"""MXNet's third number of an input: how often the variable has been written when the node has run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mxnet.ir.node import Node

__all__ = ["input_versions"]


def input_versions(nodes: Iterable[Node]) -> list[tuple[int, ...]]:
    """Return the version of each input of each node; 0 for what no node writes.

    A BatchNorm that is the first to use its moving mean reads version 1 of it, a second one version 2. What a
    file said when it was loaded stays as it was.

    Parameters
    ----------
    nodes : iterable of Node
        All nodes, each after its inputs.
    """
    writes: dict[Node, int] = {}
    versions: list[tuple[int, ...]] = []
    for node in nodes:
        op = node.op
        if op is None:
            versions.append(())
            continue
        n_in, n_aux, _ = op.arity
        of_node = []
        for position, entry in enumerate(node.inputs):
            version = entry.version
            if entry.node.op is not None:
                version = version or 0
            else:
                if version is None:
                    is_written = n_in <= position < n_in + n_aux or op.slots[position] in op.mutates
                    version = writes.get(entry.node, 0) + is_written
                if version:
                    writes[entry.node] = max(version, writes.get(entry.node, 0))
            of_node.append(version)
        versions.append(tuple(of_node))
    return versions
