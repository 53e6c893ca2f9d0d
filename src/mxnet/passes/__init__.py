"""Passes rewrite a graph into an equal one that costs less; the pipelines are the tuples below."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from mxnet.config import knob
from mxnet.ir.graph import Graph
from mxnet.passes.drop_identities import drop_identities
from mxnet.passes.fold_batch_norm import fold_batch_norm
from mxnet.passes.fuse_convolution import fuse_convolution
from mxnet.passes.fuse_fully_connected import fuse_fully_connected
from mxnet.passes.join_dense_layers import join_dense_layers
from mxnet.passes.join_weight_gradients import join_weight_gradients
from mxnet.passes.merge_equal_nodes import merge_equal_nodes
from mxnet.passes.pool_images import pool_images
from mxnet.passes.rewrite import check_outputs
from mxnet.passes.scale_channels import scale_channels
from mxnet.passes.use_channels_last import use_channels_last
from mxnet.passes.use_winograd import use_winograd

__all__ = ["BEFORE_GRADIENT", "INFERENCE", "TO_COMPILE", "TRAINING", "Pass", "apply_passes", "show_change"]

Pass = Callable[[Graph], Graph]

BEFORE_GRADIENT: tuple[Pass, ...] = (merge_equal_nodes, join_dense_layers, use_winograd)
"""For what is to be differentiated: the gradient of something better is better, too."""

INFERENCE: tuple[Pass, ...] = (
    drop_identities,
    join_dense_layers,
    merge_equal_nodes,
    fold_batch_norm,
    fuse_convolution,
    fuse_fully_connected,
    use_channels_last,
    pool_images,
    scale_channels,
)
"""For runs with ``is_train=False``. What does nothing goes first: it may hide that nodes are equal."""

TRAINING: tuple[Pass, ...] = (merge_equal_nodes, join_weight_gradients, use_channels_last)
"""For the graph of outputs and gradients."""

TO_COMPILE: tuple[Pass, ...] = (merge_equal_nodes,)
"""For programs that another compiler goes on with, which joins kernels and chooses layouts itself."""


def apply_passes(graph: Graph, pipeline: Sequence[Pass]) -> Graph:
    """Return the graph after all passes of a pipeline, in order."""
    for each in pipeline:
        before, graph = graph, each(graph)
        check_outputs(each.__name__, before, graph)
        show_change(each.__name__, before, graph)
    return graph


def show_change(what: str, before: Graph, after: Graph) -> None:
    """Print both graphs, if they differ and ``MXNET_PRINT_PASSES`` asks for it."""
    if after is not before and knob("MXNET_PRINT_PASSES"):
        old, new = str(before), str(after)
        if old != new:
            sys.stderr.write(f"---- before {what}\n{old}\n---- after {what}\n{new}\n\n")
