"""Computes the gradient of a weight that is used many times with one product, instead of adding up many.

An unrolled recurrent layer has a gradient of its weight for every step, each as large as the weight itself.
With the rows of all steps joined, one product sums over them while it multiplies.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emit, emitting
from mxnet.ops.backward import Backward
from mxnet.ops.nn.fully_connected import FullyConnected
from mxnet.ops.tensor.elemwise import AddN
from mxnet.passes.join_dense_layers import FEWEST
from mxnet.passes.operators.rows import JoinRows
from mxnet.passes.rewrite import count_readers, rewrite

__all__ = ["join_weight_gradients"]

Sums = frozenset[Node]
"""The nodes that add up the gradients of a layer's parameters."""


def join_weight_gradients(graph: Graph) -> Graph:
    """Return the graph with one gradient node for all uses of a dense layer's parameters."""
    groups = _joinable(graph)
    group_of = {node: sums for sums, nodes in groups.items() for node in nodes}
    group_of_sum = {node: sums for sums in groups for node in sums}
    inputs_of: dict[Node, tuple[Entry, ...]] = {}
    joined: dict[Sums, dict[str, Entry]] = {}

    def join(node: Node, inputs: tuple[Entry, ...]) -> Sequence[Entry | None] | None:
        if node in group_of:
            inputs_of[node] = inputs
            return _with_data_only(node, inputs)
        sums = group_of_sum.get(node)
        if sums is None:
            return None
        if sums not in joined:
            joined[sums] = _joined(groups[sums], inputs_of)
        index, first = node.inputs[0].index, node.inputs[0].node.op
        assert isinstance(first, Backward)
        return (joined[sums][first.wants[index]],)

    return rewrite(graph, join)


def _joinable(graph: Graph) -> dict[Sums, list[Node]]:
    """Return the gradient nodes whose parameters' gradients are only added up, by what adds them."""
    readers = count_readers(graph)
    adders: dict[Node, list[Node]] = defaultdict(list)
    for node in graph.operators:
        if isinstance(node.op, AddN) and len(node.inputs) >= FEWEST and _same_parameter(node, readers):
            for entry in node.inputs:
                adders[entry.node].append(node)
    groups: dict[Sums, list[Node]] = defaultdict(list)
    for node, sums in adders.items():
        assert isinstance(node.op, Backward)
        if len(sums) == len(set(node.op.wants) - {"data"}):  # all of its parameters
            groups[frozenset(sums)].append(node)
    return {
        sums: group for sums, group in groups.items() if all(len(each.inputs) == len(group) for each in sums)
    }


def _same_parameter(node: Node, readers: Counter[Entry]) -> bool:
    """Whether a sum is of gradients of one parameter, by equal layers, that nothing else reads."""
    first = node.inputs[0].node.op
    match first:
        case Backward(forward_op=FullyConnected(flatten=True) as layer):
            name = first.wants[node.inputs[0].index]
        case _:
            return False
    return name != "data" and all(
        isinstance(op := entry.node.op, Backward)
        and op.forward_op == layer
        and op.wants[entry.index] == name
        and readers[entry] == 1
        and all(len(each.type.shape or ()) > 1 for each in entry.node.inputs[:2])
        for entry in node.inputs
    )


def _with_data_only(node: Node, inputs: tuple[Entry, ...]) -> Sequence[Entry | None]:
    """Return the outputs of the same gradient for the data alone."""
    op = node.op
    assert isinstance(op, Backward)
    if "data" not in op.wants:
        return (None,) * len(op.wants)
    with emitting(node):
        data = emit(type(op).bind({**op.given, op.wants_key: "('data',)"}), *inputs)
    return [data if name == "data" else None for name in op.wants]


def _joined(nodes: list[Node], inputs_of: dict[Node, tuple[Entry, ...]]) -> dict[str, Entry]:
    """Return the gradients of the parameters, by name, from the joined rows of all nodes."""
    first = nodes[0]
    op = first.op
    assert isinstance(op, Backward)
    wants = tuple(name for name in op.wants if name != "data")
    together = type(op).bind({**op.given, op.wants_key: str(wants)})
    with emitting(first, "joined"):
        reads = []
        for i, read in enumerate(together.reads):  # type: ignore[attr-defined]
            columns = [inputs_of[node][i] for node in nodes]
            is_parameter = read.kind == "in" and read.position > 0
            reads.append(columns[0] if is_parameter else emit(JoinRows.make(num_args=len(columns)), *columns))
        outputs = emit(together, *reads).node.outputs
    return dict(zip(wants, outputs, strict=True))
