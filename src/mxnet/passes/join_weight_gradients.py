"""Computes the gradient of a weight that is used many times with one product, instead of adding up many.

An unrolled recurrent layer has a gradient of its weight for every step, each as large as the weight itself.
With the
rows of all steps joined, one product sums over them while it multiplies.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node, emit, emitting
from mxnet.ops.backward import Backward
from mxnet.ops.rows import JoinRows
from mxnet.passes.join_dense_layers import FEWEST
from mxnet.passes.rewrite import count_readers, rewrite

__all__ = ["join_weight_gradients"]

Sums = tuple[int, ...]
"""The nodes, by ``id``, that add up the gradients of a layer's parameters."""


def join_weight_gradients(graph: Graph) -> Graph:
    """Return the graph with one gradient node for all uses of a dense layer's parameters."""
    groups = _joinable(graph)
    group_of = {id(node): key for key, nodes in groups.items() for node in nodes}
    group_of_sum = {number: key for key in groups for number in key}
    inputs_of: dict[int, tuple[Entry, ...]] = {}
    joined: dict[Sums, dict[str, Entry]] = {}

    def join(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...] | None:
        if id(node) in group_of:
            inputs_of[id(node)] = inputs
            return _with_data_only(node, inputs)
        key = group_of_sum.get(id(node))
        if key is None:
            return None
        if key not in joined:
            joined[key] = _joined(groups[key], inputs_of)
        index, first = node.inputs[0].index, node.inputs[0].node.op
        assert isinstance(first, Backward)
        return (joined[key][first.wants[index]],)

    return rewrite(graph, join)


def _joinable(graph: Graph) -> dict[Sums, list[Node]]:
    """Return the gradient nodes whose parameters' gradients are only added up, by what adds them."""
    readers = count_readers(graph)
    adders: dict[int, list[int]] = defaultdict(list)
    sums: Counter[int] = Counter()
    nodes: dict[int, Node] = {}
    for node in graph.operators:
        assert node.op is not None
        if node.op.name != "add_n" or len(node.inputs) < FEWEST or not _same_parameter(node, readers):
            continue
        sums[id(node)] = len(node.inputs)
        for entry in node.inputs:
            nodes[id(entry.node)] = entry.node
            adders[id(entry.node)].append(id(node))
    groups: dict[Sums, list[Node]] = defaultdict(list)
    for key, added in adders.items():
        op = nodes[key].op
        assert isinstance(op, Backward)
        if len(added) == len(set(op.wants) - {"data"}):  # all of its parameters
            groups[tuple(sorted(added))].append(nodes[key])
    return {key: group for key, group in groups.items() if all(sums[each] == len(group) for each in key)}


def _same_parameter(node: Node, readers: Counter[Entry]) -> bool:
    """Whether a sum is of gradients of one parameter, by equal layers, that nothing else reads."""
    first = node.inputs[0].node.op
    if not isinstance(first, Backward) or first.of.name != "FullyConnected" or not first.forward_op.flatten:  # type: ignore[attr-defined]
        return False
    name = first.wants[node.inputs[0].index]
    return name != "data" and all(
        isinstance(op := entry.node.op, Backward)
        and op.forward_op == first.forward_op
        and op.wants[entry.index] == name
        and readers[entry] == 1
        for entry in node.inputs
    )


def _with_data_only(node: Node, inputs: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Return the outputs of the same gradient for the data alone; what stands for the others is not read."""
    op = node.op
    assert isinstance(op, Backward)
    if "data" not in op.wants:
        return (inputs[0],) * len(op.wants)
    with emitting(node.name, node.source, node.attrs.get("__ctx_group__")):
        data = emit(type(op).bind({**op.given, op.wants_key: "('data',)"}), *inputs)
    data.node.replaces = node.original
    return (data,) * len(op.wants)


def _joined(nodes: list[Node], inputs_of: dict[int, tuple[Entry, ...]]) -> dict[str, Entry]:
    """Return the gradients of the parameters, by name, from the joined rows of all nodes."""
    first = nodes[0]
    op = first.op
    assert isinstance(op, Backward)
    wants = tuple(name for name in op.wants if name != "data")
    together = type(op).bind({**op.given, op.wants_key: str(wants)})
    with emitting(f"{first.name}_joined", first.source, first.attrs.get("__ctx_group__")):
        reads = []
        for i, read in enumerate(together.reads):  # type: ignore[attr-defined]
            columns = [inputs_of[id(node)][i] for node in nodes]
            is_parameter = read.kind == "in" and read.position > 0
            reads.append(columns[0] if is_parameter else emit(JoinRows.make(num_args=len(columns)), *columns))
        outputs = emit(together, *reads).node.outputs
    return dict(zip(wants, outputs, strict=True))
