"""Passes rewrite a graph into an equal one that costs less; the pipelines are the tuples below."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mxnet.ir.graph import Graph
from mxnet.passes.drop_identities import drop_identities
from mxnet.passes.merge_equal_nodes import merge_equal_nodes

__all__ = ["INFERENCE", "TRAINING", "Pass", "apply_passes"]

Pass = Callable[[Graph], Graph]

INFERENCE: tuple[Pass, ...] = (drop_identities, merge_equal_nodes)
"""For runs with ``is_train=False``. What does nothing goes first: it may hide that nodes are equal."""

TRAINING: tuple[Pass, ...] = (merge_equal_nodes,)
"""For the graph of outputs and gradients."""


def apply_passes(graph: Graph, pipeline: Sequence[Pass]) -> Graph:
    """Return the graph after all passes of a pipeline, in order."""
    for each in pipeline:
        graph = each(graph)
    return graph
