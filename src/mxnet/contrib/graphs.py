"""What programs that rewrite graphs share: how MXNet names values inside of one, and copies with changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, SourceLine
from mxnet.ir.op import find_operator

__all__ = ["apply", "copied", "name_of"]

NAMED = frozenset(
    """
    Activation BatchNorm BatchNorm_v1 BilinearSampler Concat Convolution Convolution_v1 Correlation Crop
    Deconvolution Dropout FullyConnected GridGenerator GroupNorm IdentityAttachKLSparseReg InstanceNorm
    L2Normalization LRN LayerNorm LeakyReLU MakeLoss Pad Pooling Pooling_v1 RNN ROIPooling SVMOutput
    SequenceLast SequenceMask SequenceReverse SliceChannel SoftmaxActivation SoftmaxOutput
    SpatialTransformer SwapAxis UpSampling _contrib_BatchNormWithReLU _contrib_DeformableConvolution
    _contrib_DeformablePSROIPooling _contrib_ModulatedDeformableConvolution _contrib_MultiBoxDetection
    _contrib_MultiBoxPrior _contrib_MultiBoxTarget _contrib_MultiProposal _contrib_PSROIPooling
    _contrib_Proposal _contrib_ROIAlign _contrib_RROIAlign _contrib_SyncBatchNorm
    _contrib_calibrate_entropy _contrib_interleaved_matmul_encdec_qk
    _contrib_interleaved_matmul_encdec_valatt _contrib_interleaved_matmul_selfatt_qk
    _contrib_interleaved_matmul_selfatt_valatt _contrib_quantized_flatten _contrib_quantized_pooling
    _rnn_param_concat col2im elemwise_add im2col make_loss softmax softmin
    """.split()
)
"""Those whose outputs have names; the others' are numbered."""


def name_of(entry: Entry) -> str:
    """Return the name of a value as MXNet has it inside of graphs, where few outputs have names."""
    if entry.node.op is None or entry.node.op.name in NAMED:
        return entry.output_name
    return f"{entry.node.name}_{entry.index}"


def apply(
    operator: str, name: str, inputs: tuple[Entry, ...], attrs: Mapping[str, str], source: SourceLine | None
) -> Node:
    """Return a node.

    Parameters
    ----------
    operator : str
        The operator.
    name : str
        The name of the node.
    inputs : tuple of Entry
        What it is applied to.
    attrs : dict of str to str
        The operator's parameters.
    source : SourceLine or None
        The user's line that it is for.
    """
    return Node(find_operator(operator).bind(attrs), name, inputs, dict(attrs), source)


def copied(graph: Graph, change: Callable[[Node, tuple[Entry, ...]], Node | None]) -> tuple[Entry, ...]:
    """Return the outputs of a copy of the graph.

    Parameters
    ----------
    graph : Graph
        The graph.
    change : callable
        Takes a node and its new inputs; returns what takes its place, None for a copy.
    """
    made: dict[Node, Node] = {}
    for node in graph.nodes:
        inputs = tuple(Entry(made[entry.node], entry.index) for entry in node.inputs)
        made[node] = change(node, inputs) or Node(
            node.op, node.name, inputs, dict(node.attrs), node.source, node.subgraphs
        )
    return tuple(Entry(made[entry.node], entry.index) for entry in graph.outputs)
