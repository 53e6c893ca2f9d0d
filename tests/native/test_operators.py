"""Every operator that declares rows computes the same with them as torch's kernels do, on all of its samples."""

from __future__ import annotations

import functools
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mxnet.context import cpu
from mxnet.ir.graph import Graph
from mxnet.ir.node import Entry, Node
from mxnet.ops.tools import in_rows
from mxnet.ops.vision import selection
from mxnet.plan.options import Options
from mxnet.plan.program_cache import Programs
from mxnet.plan.segments import Segment

sys.path.insert(0, str(Path(__file__).parents[1] / "ops"))
from samples import ROWS, recorded_samples

ALL = (*recorded_samples(), *ROWS)
SAMPLES = [
    sample
    for sample in ALL
    if (type(sample.bound).as_rows or type(sample.bound).backward_as_rows)
    and all(array.dtype == np.float32 for array in (*sample.inputs, *sample.aux))
]
DECLINED = {
    "ROIPooling": "its hidden output is of int64, which a plan has no rows for; single calls have",
    "erfinv": "there is no kernel of it",
    "gamma": "there is no kernel of it",
    "gammaln": "there is no kernel of it",
    "_contrib_SparseEmbedding": "its gradient is stored by rows",
    "ones_like": "it is computed once for all runs",
    "softmin": "of its family, softmax and log_softmax have kernels",
    "zeros_like": "it is computed once for all runs",
}

LEFT_TO_TORCH = {
    "MakeLoss": {"_backward_MakeLoss"},  # with the normalization that counts what is valid
    "SoftmaxOutput": {"_backward_SoftmaxOutput"},  # of more axes than two, smoothed, or with a head gradient
    "sum": {"_backward_sum"},  # what is added up along every other one of many axes is repeated by torch
    "mean": {"_backward_mean"},
}

KINDS = [each for each in dict.fromkeys(type(s.bound) for s in SAMPLES) if each.name not in DECLINED]


def run(sample, request, *disabled):
    """Return outputs, gradients and auxiliary states, and the plans that were run."""
    op = sample.bound
    variables = [Node(None, name) for name in op.input_names() + op.aux_names()]
    node = Node(op, "node", tuple(map(Entry, variables)), dict(op.given))
    by_name = {each.name: each for each in variables}
    names = sample.smooth or (
        op.input_names()[:1] if type(op).backward_as_rows else ()
    )  # losses are not smooth
    wrt = [by_name[name] for name in names]
    graph = Graph(node.outputs[: op.visible_outputs()])
    programs = Programs(
        graph, wrt, cpu(), {}, [request] * len(wrt), Options(disabled=frozenset(("share_memory", *disabled)))
    )
    arrays = dict(zip(variables, (*sample.inputs, *sample.aux), strict=True))
    tensors = [torch.from_numpy(arrays[each].copy()) for each in programs.variables]
    facts = tuple((tuple(each.shape), "float32") for each in tensors)
    program = programs.get(facts, is_train=True, with_gradient=bool(wrt))
    outputs, saved = program.forward(tensors)
    gradients = []
    if wrt:
        random = np.random.default_rng(5)
        heads = [
            torch.from_numpy(random.uniform(-1, 1, each.shape)).to(each.dtype) if needed else None
            for each, needed in zip(outputs, program.needs_head, strict=True)
        ]
        gradients = [
            torch.from_numpy(random.uniform(-1, 1, arrays[each].shape).astype("float32"))
            for each, there in zip(wrt, program.reached, strict=True)
            if there
        ]
        program.backward([*tensors, *heads], saved, gradients)
    aux = tensors[len(programs.graph.arguments) :]
    return [*outputs, *gradients, *aux], program.code


@pytest.mark.parametrize("request_", ["write", "add"])
@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_rows_compute_what_torch_does(sample, request_, guard):
    torch.manual_seed(3)
    with pytest.MonkeyPatch.context() as patch:  # kernels of torch's kind may call native ones
        patch.setattr(in_rows, "takes_native", lambda *_: False)
        patch.setattr(selection, "takes_native", lambda *_: False)
        expected, _ = run(sample, request_, "native")
    torch.manual_seed(3)
    found, _ = run(sample, request_)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


@functools.cache
def codes(kind):
    """Return the plans of all samples of an operator that have segments."""
    mine = [sample for sample in SAMPLES if type(sample.bound) is kind]
    made = [run(replace(each, smooth=each.smooth or differentiable(each.bound)), "write")[1] for each in mine]
    return [code for code in made if hasattr(code, "plan")]


def differentiable(op):
    return op.input_names()[:1] if op.backward else ()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_declares_rows_has_a_sample_that_they_run(kind):
    titles = [step.node.name for code in codes(kind) for step in code.plan.segments]
    if kind.as_rows:
        assert any("node" in title.split(", ") for title in titles)
    if kind.backward and kind.backward_as_rows:
        assert any("backward" in title for title in titles)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_gradient_of_what_runs_as_rows_does_so_too(kind):
    native = [code.plan for code in codes(kind) if all(map(is_segment, code.plan.forward))]
    left = {step.node.op.name for plan in native for step in plan.backward if not is_segment(step)}
    assert left == LEFT_TO_TORCH.get(kind.name, set())


def is_segment(step):
    return isinstance(step.node.op, Segment)
