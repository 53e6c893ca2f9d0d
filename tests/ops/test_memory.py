"""What operators declare about memory: new results are new, and a kernel that overwrites gives the same numbers."""

from __future__ import annotations

import pytest
import torch
from samples import ROWS, recorded_samples

from mxnet.context import cpu
from mxnet.ir.op import Into, Run
from mxnet.ops.backward import backward_of

SAMPLES = (*recorded_samples(), *ROWS)
NEW = [s for s in SAMPLES if s.bound.result == "new" and s.inputs]
NEW_GRADIENTS = [
    s for s in SAMPLES if type(s.bound).backward and s.bound.backward_result == "new" and s.smooth
]
OVERWRITING = [s for s in SAMPLES if s.bound.overwrites]
WRITING_GRADIENTS = [
    s for s in SAMPLES if type(s.bound).backward and (s.bound.backward_into or s.bound.backward_inplace)
]


def _tensors(sample):
    return [torch.from_numpy(a.copy()) for a in (*sample.inputs, *sample.aux)]


def _tuple(results):
    return tuple(results) if isinstance(results, tuple | list) else (results,)


def _storages(tensors):
    return {t.untyped_storage().data_ptr() for t in tensors if t.numel()}


def _forward(sample, tensors):
    with torch.no_grad():
        run = Run(cpu(), is_train=True, out_shapes=None)
        return _tuple(sample.bound.kernel_for(run)(*tensors))


@pytest.mark.parametrize("sample", NEW, ids=str)
def test_new_results_lie_in_memory_of_their_own(sample):
    tensors = _tensors(sample)
    assert not _storages(tensors) & _storages(_forward(sample, tensors))


@pytest.mark.parametrize("sample", NEW_GRADIENTS, ids=str)
def test_new_gradients_lie_in_memory_of_their_own(sample):
    op = sample.bound
    cls = backward_of(type(op))
    tensors = _tensors(sample)
    outputs = _forward(sample, tensors)
    n_in = op.arity[0]
    sources = {
        "in": tensors[:n_in],
        "aux": tensors[n_in:],
        "out": outputs,
        "grad": [o * 0.5 for o in outputs],
    }
    backward = cls.bind({**op.given, cls.wants_key: str(sample.smooth)})
    read = [sources[r.kind][r.position].clone() for r in backward.reads]
    run = Run(
        cpu(),
        is_train=True,
        out_shapes=tuple(tensors[op.input_names().index(n)].shape for n in sample.smooth),
    )
    with torch.no_grad():
        gradients = _tuple(backward.kernel_for(run)(*read))
    assert not _storages(read) & _storages(gradients)
    assert all(0 not in g.stride() or 1 in g.shape or g.dim() == 0 for g in gradients if g.numel())


@pytest.mark.parametrize("sample", OVERWRITING, ids=str)
def test_overwriting_an_input_gives_the_same_numbers(sample):
    (expected, *_) = _forward(sample, _tensors(sample))
    for position in sample.bound.overwrites:
        tensors = _tensors(sample)
        out = tensors[position]
        if (out.shape, out.dtype) != (expected.shape, expected.dtype):
            continue  # the planner asks for the same shape and dtype
        with torch.no_grad():
            result = sample.bound.forward_into(Run(cpu(), is_train=True), out, *tensors)
        assert result is out
        torch.testing.assert_close(result, expected, equal_nan=True)


@pytest.mark.parametrize("sample", WRITING_GRADIENTS, ids=str)
def test_gradients_written_where_they_are_told_are_the_same(sample):
    op = sample.bound
    cls = backward_of(type(op))
    tensors = _tensors(sample)
    outputs = _forward(sample, tensors)
    n_in = op.arity[0]
    sources = {
        "in": tensors[:n_in],
        "aux": tensors[n_in:],
        "out": outputs,
        "grad": [o * 0.5 for o in outputs],
    }
    for name in dict.fromkeys((*op.backward_into, *op.backward_inplace)):
        if name not in op.input_names():
            continue
        backward = cls.bind({**op.given, cls.wants_key: str((name,))})
        read = [sources[r.kind][r.position].clone() for r in backward.reads]
        run = Run(cpu(), is_train=True, out_shapes=(tensors[op.input_names().index(name)].shape,))
        with torch.no_grad():
            kernel = backward.kernel_for(run)
            expected = kernel(*(t.clone() for t in read))
            if name in op.backward_inplace:
                overwritten = read[backward.overwrites[0]]
                kernel(*read, into={name: Into(overwritten, add=False)})
                torch.testing.assert_close(overwritten, expected, equal_nan=True)
            ways = {"write": (False,), "add": (False, True)}.get(op.backward_into.get(name, ""), ())
            for add in ways:
                place = torch.full_like(expected, 3.0)
                read = [sources[r.kind][r.position].clone() for r in backward.reads]
                kernel(*read, into={name: Into(place, add=add)})
                torch.testing.assert_close(place, expected + 3.0 if add else expected)
