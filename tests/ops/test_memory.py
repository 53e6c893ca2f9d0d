"""What holds for every kernel: it takes any strides, writes only where it is told, and reads nothing else."""

from __future__ import annotations

import contextlib
import itertools
import random
from functools import cached_property
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from samples import ROWS, recorded_samples

import mxnet as mx
from mxnet.context import cpu
from mxnet.ir.constraints import is_complete, settle_dtypes, settle_shapes
from mxnet.ir.memory import Into, Memory
from mxnet.ir.op import Op, Run
from mxnet.ir.types import types_of
from mxnet.ops.backward import backward_of
from mxnet.ops.tools.shapes import same_shape

SAMPLES = (*recorded_samples(), *ROWS)
OPEN = {"scatter_nd-003": "of values for one place any may win"}
NEW_RESULTS = [s for s in SAMPLES if s.bound.memory.result == "new" and s.inputs]
NEW_GRADIENTS = [
    s for s in SAMPLES if type(s.bound).backward and s.bound.backward_memory.result == "new" and s.smooth
]
UNNAMED = {"gamma"}  # a fixed one becomes 1, which MXNet's files do not count as a write
WITH_BACKWARD = [s for s in SAMPLES if type(s.bound).backward and s.smooth and s.inputs]
OVERWRITING = [s for s in SAMPLES if s.bound.overwrites]
WRITING = [s for s in SAMPLES if s.bound.memory.into]
WRITING_GRADIENTS = [s for s in SAMPLES if type(s.bound).backward and s.bound.backward_memory.takes_out]


def _tensors(sample):
    return [torch.from_numpy(a.copy()) for a in (*sample.inputs, *sample.aux)]


def _plain(tensor):
    return tensor


def _channels_last(tensor):
    return tensor.contiguous(memory_format=torch.channels_last) if tensor.dim() == 4 else tensor


def _transposed(tensor):
    """Return the same values in memory of another order."""
    axes = range(tensor.dim())[::-1]
    return tensor.permute(*axes).contiguous().permute(*axes)


def _tuple(results):
    return tuple(results) if isinstance(results, tuple | list) else (results,)


def _storages(tensors):
    return {t.untyped_storage().data_ptr() for t in tensors if t.numel()}


def _inferred(sample):
    """Return the shapes and dtypes of the outputs, each None if they depend on data."""
    op, tensors = sample.bound, _tensors(sample)
    unknown = (None,) * op.arity[2]
    names = (str(t.dtype).removeprefix("torch.") for t in tensors)
    shapes = settle_shapes(op, (*(tuple(t.shape) for t in tensors), *unknown))[len(tensors) :]
    dtypes = settle_dtypes(op, (*names, *unknown))[len(tensors) :]
    return (shapes if all(map(is_complete, shapes)) else None), (None if None in dtypes else dtypes)


def _forward(sample, tensors, **out):
    mx.random.seed(3)
    shapes, dtypes = _inferred(sample)
    outs = types_of(sample.bound.arity[2], shapes, dtypes, cpu())
    run = Run(cpu(), is_train=True, wants=_wants(sample), outs=outs)
    with torch.no_grad():
        kernel = sample.bound.kernel_into if out else sample.bound.kernel_for
        return _tuple(kernel(run)(*tensors, **out))


def _wants(sample):
    """Return the inputs for whose gradients a residual is left."""
    return frozenset(sample.smooth) if sample.bound.residual else frozenset()


def _backward(sample, wants):
    """Return the gradient of a sample's operator as an operator, what it reads, and its run."""
    op = sample.bound
    cls = backward_of(type(op))
    tensors = _tensors(sample)
    outputs = _forward(sample, tensors)
    n_in, _, n_out = op.arity
    sources = {
        "in": tensors[:n_in],
        "aux": tensors[n_in:],
        "out": outputs[:n_out],
        "grad": [o * 0.5 for o in outputs[:n_out]],
        "residual": outputs[n_out:],
    }
    backward = cls.bind({**op.given, cls.wants_key: str(tuple(wants))})
    read = [sources[r.kind][r.position] for r in backward.reads]
    read = [each if i in backward.opaque else each.clone() for i, each in enumerate(read)]
    shapes = tuple(tensors[op.input_names().index(name)].shape for name in wants)
    return backward, read, Run(cpu(), is_train=True, outs=types_of(len(shapes), shapes, None, cpu()))


def _same(found, expected):
    close = {torch.float16: (2e-3, 2e-3), torch.float32: (1e-4, 1e-5)}.get(expected.dtype, (1e-7, 1e-9))
    torch.testing.assert_close(found, expected, rtol=close[0], atol=close[1], equal_nan=True)


def _unchanged(sample, tensors, before):
    """Check that inputs which are not named by ``mutates`` are as they were."""
    names = sample.bound.input_names() + sample.bound.aux_names()
    for name, tensor, old in zip(names, tensors, before, strict=True):
        if name not in sample.bound.mutates:
            assert torch.equal(tensor.nan_to_num(), old.nan_to_num()), name


@pytest.mark.parametrize("sample", [s for s in SAMPLES if s.inputs and s.label not in OPEN], ids=str)
def test_a_kernel_takes_any_strides_and_writes_only_what_it_says(sample):
    expected = _forward(sample, _tensors(sample))
    tensors = [_transposed(tensor) for tensor in _tensors(sample)]
    before = [tensor.clone() for tensor in tensors]
    results = _forward(sample, tensors)
    _unchanged(sample, tensors, before)
    for found, wanted in zip(results, expected, strict=True):
        if isinstance(wanted, torch.Tensor):
            _same(found, wanted)


@pytest.mark.parametrize("sample", WITH_BACKWARD, ids=str)
def test_a_gradient_kernel_takes_any_strides_and_writes_only_states(sample):
    backward, read, run = _backward(sample, sample.smooth)
    names = backward.input_names() + backward.aux_names()
    with torch.no_grad():
        expected = _tuple(backward.kernel_for(run)(*_copies(read)))
        given = [_transposed(each) if isinstance(each, torch.Tensor) else each for each in _copies(read)]
        gradients = _tuple(backward.kernel_for(run)(*given))
    for name, tensor, old in zip(names, given, read, strict=True):
        if name not in (*backward.mutates, *UNNAMED) and isinstance(old, torch.Tensor):
            assert torch.equal(tensor.nan_to_num(), old.nan_to_num()), name
    for found, wanted in zip(gradients, expected, strict=True):
        _same(found, wanted)


@contextlib.contextmanager
def _another_process():
    """Change all of the process that a kernel might look at, but must not."""
    random.seed(11)
    np.random.seed(11)
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(2 if threads == 1 else 1)
    try:
        with np.errstate(all="raise"), torch.enable_grad():
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_num_threads(threads)


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_a_kernel_reads_nothing_and_leaves_nothing_else(sample):
    op, tensors = sample.bound, _tensors(sample)
    held = _held(op)
    expected = _forward(sample, tensors)
    assert _held(op) == held
    for tensor in (*tensors, *expected[: op.arity[2]]):
        assert vars(tensor) == {}
        assert tensor.grad_fn is None
    with _another_process():
        again = _forward(sample, _tensors(sample))
    for found, wanted in zip(again[: op.arity[2]], expected, strict=False):
        _same(found, wanted)


def _held(op):
    """Return what an operator holds, but for what it has computed of itself."""
    cached = {k for cls in type(op).__mro__ for k, v in vars(cls).items() if isinstance(v, cached_property)}
    return {key: value for key, value in vars(op).items() if key not in cached}


def _copies(read):
    return [each.clone() if isinstance(each, torch.Tensor) else each for each in read]


class _Stubborn(Op):
    """Takes its input for one that lies row by row."""

    infer_shape = same_shape

    def forward(self, run, data):
        return data.view(-1).mul(2).view(data.shape)


class _Greedy(_Stubborn):
    """Writes into its input."""

    def forward(self, run, data):
        return data.mul_(2)


class _Worldly(_Stubborn):
    """Computes in whatever dtype the process prefers."""

    def forward(self, run, data):
        return torch.where(data > 2, 0.1, 0.2)


class _Hanging(_Stubborn):
    """Hangs a list on its result."""

    def forward(self, run, data):
        result = data * 2
        result.slopes = [data]
        return result


class _Noting(_Stubborn):
    """Keeps a list in itself."""

    def forward(self, run, data):
        self.__dict__["slopes"] = [data]
        return data * 2


@pytest.mark.parametrize(
    ("cls", "error", "words"),
    [(_Stubborn, RuntimeError, "view size is not compatible"), (_Greedy, AssertionError, "data")],
)
def test_a_kernel_that_breaks_the_contract_is_found(cls, error, words):
    with pytest.raises(error, match=words):
        test_a_kernel_takes_any_strides_and_writes_only_what_it_says(_sample_of(cls))


@pytest.mark.parametrize("cls", [_Worldly, _Hanging, _Noting])
def test_a_kernel_that_looks_elsewhere_or_leaves_something_is_found(cls):
    with pytest.raises(AssertionError):
        test_a_kernel_reads_nothing_and_leaves_nothing_else(_sample_of(cls))


def _sample_of(cls):
    return SimpleNamespace(bound=cls.make(), inputs=(np.arange(6.0).reshape(2, 3),), aux=(), smooth=("data",))


@pytest.mark.parametrize("sample", NEW_RESULTS, ids=str)
def test_new_results_lie_in_memory_of_their_own(sample):
    tensors = _tensors(sample)
    results = _forward(sample, tensors)[: sample.bound.arity[2]]
    assert not _storages(tensors) & _storages(results)


@pytest.mark.parametrize("sample", NEW_GRADIENTS, ids=str)
def test_new_gradients_lie_in_memory_of_their_own(sample):
    backward, read, run = _backward(sample, sample.smooth)
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
        result, *_ = _forward(sample, tensors, out=out)
        assert result is out
        _same(result, expected)


@pytest.mark.parametrize("sample", WRITING, ids=str)
def test_a_result_written_where_it_is_told_is_the_same(sample):
    expected = _forward(sample, _tensors(sample))
    for of_inputs, of_place in itertools.product((_plain, _transposed, _channels_last), repeat=2):
        tensors = [of_inputs(tensor) for tensor in _tensors(sample)]
        before = [tensor.clone() for tensor in tensors]
        place = of_place(torch.full(expected[0].shape, 77, dtype=expected[0].dtype))
        results = _forward(sample, tensors, out=place)
        assert results[0] is place
        _unchanged(sample, tensors, before)
        for found, wanted in zip(results, expected, strict=True):
            _same(found, wanted)


@pytest.mark.parametrize("sample", WRITING_GRADIENTS, ids=str)
def test_gradients_written_where_they_are_told_are_the_same(sample):
    for name, of_place in itertools.product(sample.smooth, (_plain, _transposed, _channels_last)):
        backward, read, run = _backward(sample, (name,))
        with torch.no_grad():
            kernel = backward.kernel_into(run)
            expected = kernel(*(t.clone() for t in read))
            for add in {"write": (False,), "add": (False, True)}.get(backward.writes_into(0), ()):
                place = of_place(torch.full(expected.shape, 3.0, dtype=expected.dtype))
                kernel(*read, out={name: Into(place, add=add)})
                _same(place, expected + 3.0 if add else expected)


@pytest.mark.parametrize("sample", WRITING_GRADIENTS, ids=str)
def test_a_gradient_that_overwrites_what_it_reads_is_the_same(sample):
    for name in sample.smooth:
        backward, read, run = _backward(sample, (name,))
        with torch.no_grad():
            kernel = backward.kernel_into(run)
            expected = kernel(*(t.clone() for t in read))
            for position in backward.overwrites:
                again = [t.clone() for t in read]
                place = again[position]
                if (place.shape, place.dtype) == (expected.shape, expected.dtype):
                    kernel(*again, out={name: Into(place, add=False)})
                    _same(place, expected)


def test_a_kernel_must_take_out_where_its_class_says_so():
    with pytest.raises(TypeError, match="declares .*into=True.*, but its forward kernel takes no out"):

        class Deaf(Op, name="_test_deaf"):
            """Says that it writes where it is told."""

            memory = Memory("new", into=True)

            def forward(self, run, data):
                return data + 1


def test_what_may_be_overwritten_is_an_input():
    with pytest.raises(TypeError, match="but it has no dta"):

        class Misspelt(Op, name="_test_misspelt"):
            """Overwrites nothing that there is."""

            memory = Memory("new", over=("dta",))

            def forward(self, run, data, *, out=None):
                return data + 1
