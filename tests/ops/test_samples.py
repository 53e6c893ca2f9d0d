"""What holds for every operator, checked on every sample: one table drives all of these tests."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from samples import ROWS, Sample, recorded_samples

import mxnet as mx
from mxnet.analysis.gradient import gradients, starts_gradient
from mxnet.analysis.infer import infer_dtypes, infer_shapes
from mxnet.context import cpu
from mxnet.ir.constraints import merge_shapes, settle_dtypes, settle_shapes
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ir.op import REGISTRY, Run
from mxnet.ir.types import RESIDUAL_DTYPE, RESIDUAL_SHAPE, types_of

# Operators that cannot stand in a table of calls; each is tested where its reason says.
ELSEWHERE = {
    "_CachedOp": "nobody can make it: test_foreign",
    "_CachedOpThreadSafe": "nobody can make it: test_foreign",
    "_CustomFunction": "nobody can make it: test_foreign",
    "_NDArray": "nobody can make it: test_foreign",
    "_Native": "nobody can make it: test_foreign",
    "_NoGradient": "it has no value: test_foreign",
    "_broadcast_backward": "it has no value: test_foreign",
    "_cond": "it runs graphs: tests/control_flow",
    "_cvimdecode": "it needs the bytes of an image: test_opencv",
    "_cvimread": "it needs a file: test_opencv",
    "_foreach": "it runs graphs: tests/control_flow",
    "_set_value": "it needs an array to fill: test_internal",
    "_imdecode": "it needs the bytes of an image: test_opencv",
    "_split_v2_backward": "nobody can make it: test_foreign",
    "_while_loop": "it runs graphs: tests/control_flow",
    "Custom": "its meaning is the user's: tests/operator",
    "_contrib_boolean_mask": "its shape depends on data: test_selecting",
    "reset_arrays": "it has no output: test_optimizer_update",
    **dict.fromkeys(
        ("_sparse_retain", "_square_sum", "_contrib_getnnz", "_contrib_edge_id"),
        "it takes no dense array: test_sparse",
    ),
}

SAMPLES = tuple(sample for sample in (*recorded_samples(), *ROWS) if sample.op not in ELSEWHERE)


# Samples whose gradient finite differences in float64 cannot see.
UNSEEN = {
    "Cast-006": "the output is float32",
    "Cast-017": "the output is float32",
    "amp_multicast-003": "an output is float32",
    "cbrt-007": "infinite at 0",
    "rcbrt-007": "infinite at 0",
    "where-007": "the condition jumps at 0",
}


def test_every_operator_has_a_sample():
    sampled = {s.bound.name for s in SAMPLES}
    declared = {cls.name for cls in REGISTRY.values()}
    assert sorted(declared - sampled - set(ELSEWHERE)) == []


def _node(sample: Sample) -> Node:
    op = sample.bound
    names = op.input_names() + op.aux_names()
    return Node(op, "node", tuple(Entry(Node(None, name)) for name in names), dict(op.given))


def _tensors(sample: Sample) -> list[torch.Tensor]:
    return [torch.from_numpy(a.copy()) for a in (*sample.inputs, *sample.aux)]


def _facts(node: Node, sample: Sample, of):
    return {entry.node: of(a) for entry, a in zip(node.inputs, (*sample.inputs, *sample.aux), strict=True)}


def _dtype(tensor):
    return str(tensor.dtype).removeprefix("torch.")


def _as_tuple(results):
    return tuple(results) if isinstance(results, tuple | list) else (results,)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_kernel_gives_what_was_inferred(sample):
    node = _node(sample)
    graph = Graph(node.outputs)
    shapes = infer_shapes(graph, _facts(node, sample, lambda a: a.shape)).outputs
    dtypes = infer_dtypes(graph, _facts(node, sample, lambda a: a.dtype.name)).outputs
    with torch.no_grad():
        run = Run(cpu(), outs=types_of(len(shapes), shapes, None, cpu()))
        results = _as_tuple(node.op.kernel_for(run)(*_tensors(sample)))
    assert [(tuple(r.shape), _dtype(r)) for r in results] == list(zip(shapes, dtypes, strict=True))


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_partial_shapes_lead_to_nothing_that_full_shapes_contradict(sample):
    op = sample.bound
    full = settle_shapes(op, (*(a.shape for a in (*sample.inputs, *sample.aux)), *[None] * op.arity[2]))
    random = np.random.default_rng(3)
    for _ in range(4):
        erased = tuple(
            None if random.random() < 0.2 else tuple(None if random.random() < 0.3 else d for d in shape)
            for shape in full
        )
        for found, true in zip(settle_shapes(op, erased), full, strict=True):
            assert merge_shapes(found, true) == true


def _gradient_graph(sample: Sample):
    """Return the sample's node, its head variables, and the gradients of its smooth inputs."""
    node = _node(sample)
    outputs = node.outputs[: node.op.visible_outputs()]
    heads = [Entry(Node(None, f"head{i}")) for i in range(len(outputs))]
    wrt = [entry for entry in node.inputs if entry.node.name in sample.smooth]
    found = gradients(Graph(outputs), wrt, [None if starts_gradient(node.op) else head for head in heads])
    return node, heads, wrt, found


def _evaluate(entries, values, *, is_train=True):
    """Run a graph node by node, the plainest way there is."""
    computed = dict(values)
    for node in Graph(entries).operators:
        arguments = [computed[entry] for entry in node.inputs]
        facts = [
            (RESIDUAL_SHAPE, RESIDUAL_DTYPE) if entry.is_residual else (tuple(a.shape), _dtype(a))
            for entry, a in zip(node.inputs, arguments, strict=True)
        ]
        unknown = (None,) * len(node.outputs)
        shapes = settle_shapes(node.op, (*(shape for shape, _ in facts), *unknown))[len(arguments) :]
        dtypes = settle_dtypes(node.op, (*(dtype for _, dtype in facts), *unknown))[len(arguments) :]
        wants = frozenset(node.op.input_names() if node.op.residual else ())
        outs = types_of(len(shapes), shapes, dtypes, cpu())
        run = Run(cpu(), is_train=is_train, wants=wants, outs=outs)
        with torch.no_grad():
            computed.update(zip(node.entries, _as_tuple(node.op.kernel_for(run)(*arguments)), strict=True))
    return [computed[entry] for entry in entries]


def _can_move(sample: Sample) -> bool:
    """Whether the inputs can be varied a little: there are some, and they are real numbers (or indices)."""
    return all(a.size and a.dtype.kind in "fi" for a in sample.inputs)


@pytest.mark.parametrize(
    "sample",
    [s for s in SAMPLES if s.smooth and s.label not in UNSEEN and _can_move(s)],
    ids=str,
)
def test_gradient_is_the_derivative(sample):
    """In float64, along one random direction: finite differences of the kernel against its gradient graph."""
    node, heads, wrt, found = _gradient_graph(sample)
    random = np.random.default_rng(5)
    values = {
        e: t.double() if t.is_floating_point() else t
        for e, t in zip(node.inputs, _tensors(sample), strict=True)
    }
    outputs = node.outputs[: len(heads)]

    def run(at):
        torch.manual_seed(0)
        return _evaluate(list(outputs), {e: v.clone() for e, v in at.items()})

    results = run(values)
    head_values = {
        h: torch.from_numpy(random.normal(size=tuple(r.shape))).to(r.dtype)
        for h, r in zip(heads, results, strict=True)
    }
    if starts_gradient(node.op):
        head_values = {h: torch.ones_like(v) for h, v in head_values.items()}
    grads = _evaluate([g for g in found if g is not None], values | head_values)
    directions = {e: torch.from_numpy(random.normal(size=tuple(values[e].shape))) for e in wrt}
    step = 1e-6
    moved = [
        {e: v + s * step * directions[e] if e in directions else v for e, v in values.items()}
        for s in (1, -1)
    ]
    up, down = (run(at) for at in moved)
    numeric = sum(
        float(((u - d) / (2 * step) * head_values[h]).sum())
        for u, d, h in zip(up, down, heads, strict=True)
        if u.is_floating_point()
    )
    computed = iter(grads)
    exact = sum(
        float((next(computed) * directions[e]).sum())
        for e, g in zip(wrt, found, strict=True)
        if g is not None
    )
    assert exact == pytest.approx(numeric, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.bound.pure and not s.bound.mutates], ids=str)
def test_array_function_agrees_with_the_symbol(sample):
    op = sample.bound
    arrays = [mx.nd.array(a, dtype=a.dtype) for a in (*sample.inputs, *sample.aux)]
    node = _node(sample)
    symbol = mx.sym.Symbol(node.outputs[: op.visible_outputs()])
    names = op.input_names() + op.aux_names()
    composed = symbol.eval(**dict(zip(names, arrays, strict=True))) if not op.aux_names() else None
    if composed is None:
        pytest.skip("auxiliary states are bound, not passed")
    from mxnet.ndarray.ndarray import invoke

    direct = _as_tuple(invoke(op, arrays))
    for ours, theirs in zip(direct, composed, strict=False):
        close = {
            "rtol": 1e-2 if ours.dtype == np.float16 else 1e-5,
            "atol": 1e-6,
        }  # a graph may run fused kernels
        np.testing.assert_allclose(ours.asnumpy(), theirs.asnumpy(), **close)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_survives_being_saved(sample):
    node = _node(sample)
    symbol = mx.sym.Symbol(node.outputs[: node.op.visible_outputs()])
    text = symbol.tojson(remove_amp_cast=False)
    again = mx.sym.load_json(text)
    assert again._outputs[0].node.op == node.op
    assert again.tojson(remove_amp_cast=False) == text
