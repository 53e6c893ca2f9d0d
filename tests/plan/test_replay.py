"""Programs are replayed as CUDA graphs would be, by a recorder on the CPU that stands for the device's.

What it cannot show is whether CUDA takes the recording; the decisions around it are what is tested here.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.plan.replay import Replayed, reason_against


class Standing:
    """Records functions: a replay runs them again, into the memory of the first results."""

    def __init__(self, moved=(), error=None):
        self.moved, self.error = moved, error
        self.recordings = self.replays = 0

    def warm_up(self, run):
        return run()

    def record(self, run):
        if self.error is not None:
            raise self.error
        before = [each.clone() for each in self.moved]
        results = run()
        for each, values in zip(self.moved, before, strict=True):
            each.copy_(values)  # a recording has no effects
        self.recordings += 1
        return results, lambda: self._again(run, results)

    def _again(self, run, results):
        self.replays += 1
        for mine, new in zip(_tensors(results), _tensors(run()), strict=True):
            mine.copy_(new)


def _tensors(results):
    return [each for each in torch.utils._pytree.tree_leaves(results) if isinstance(each, torch.Tensor)]


def network():
    data = mx.sym.Variable("data")
    hidden = mx.sym.BatchNorm(
        mx.sym.FullyConnected(data, num_hidden=4, name="fc"), name="bn", fix_gamma=False
    )
    return mx.sym.MakeLoss(mx.sym.tanh(hidden) ** 2, name="loss")


def bound(symbol=None, **given):
    symbol = network() if symbol is None else symbol
    executor = symbol.simple_bind(mx.cpu(), data=(3, 5), **given)
    rng = np.random.RandomState(0)
    for name, array in [*executor.arg_dict.items(), *executor.aux_dict.items()]:
        array[:] = rng.rand(*array.shape) + 0.5 if name != "data" else rng.rand(*array.shape)
    return executor


def watched(executor, is_train=True, **given):
    """Let an executor's program be replayed; return what records it."""
    program = executor._ready(is_train, with_gradient=is_train)[0]
    arrays = [*executor.aux_arrays, *(each for each in executor.grad_arrays or () if each is not None)]
    recorder = Standing([each._tensor for each in arrays] if is_train else (), **given)
    first = len(executor.arg_arrays)
    written = range(first, first + len(executor.aux_arrays)) if is_train else ()
    program.code = Replayed(program.code, program.plan, recorder, written)
    return recorder


def step(executor):
    """Return everything that a step makes."""
    executor.forward(is_train=True)
    executor.backward()
    arrays = [*executor.outputs, *executor.grad_arrays, *executor.aux_arrays]
    return [each.asnumpy() for each in arrays if each is not None]


@pytest.fixture(autouse=True)
def _without_rows(monkeypatch):
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "native")


def assert_alike(found, expected):
    for mine, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("request_", ["write", "add"])
def test_steps_of_training_are_replayed_with_the_results_of_plain_ones(request_):
    plain, replayed = bound(grad_req=request_), bound(grad_req=request_)
    recorder = watched(replayed)
    for number in range(6):
        for executor in (plain, replayed):
            executor.arg_dict["data"][:] = number / 10 + 0.1
            executor.arg_dict["fc_weight"][:] *= 0.9
        assert_alike(step(replayed), step(plain))
    assert (recorder.recordings, recorder.replays) == (
        2,
        4 + 2,
    )  # after two runs to warm up each half, forward first


def test_inference_sees_what_is_written_to_parameters():
    plain, replayed = bound(grad_req="null"), bound(grad_req="null")
    recorder = watched(replayed, is_train=False)
    for number in range(6):
        for executor in (plain, replayed):
            executor.arg_dict["fc_weight"][:] = number
            executor.aux_dict["bn_moving_var"][:] = number + 1
            executor.forward()
        assert_alike([replayed.outputs[0].asnumpy()], [plain.outputs[0].asnumpy()])
    assert recorder.recordings >= 1
    assert recorder.replays == 4


def test_an_array_that_lies_elsewhere_is_copied_from_then_on():
    plain, replayed = bound(), bound()
    recorder = watched(replayed)
    for number in range(9):
        for executor in (plain, replayed):
            executor.arg_dict["data"]._set_tensor(torch.full((3, 5), number / 10))
        assert_alike(step(replayed), step(plain))
    assert recorder.recordings == 4  # each half once more, when the first array was another


def test_outputs_are_not_written_over_by_the_next_run():
    executor = bound()
    watched(executor)
    for _ in range(4):
        step(executor)
    kept = executor.outputs[0]._tensor
    before = kept.clone()
    executor.arg_dict["data"][:] = 5
    executor.forward(is_train=True)
    assert torch.equal(kept, before)
    assert not torch.equal(executor.outputs[0]._tensor, before)


def test_gradients_given_from_outside_are_taken_anew_in_each_run():
    symbol = mx.sym.tanh(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="fc"))
    plain, replayed = bound(symbol), bound(symbol)
    recorder = watched(replayed)
    for number in range(5):
        for executor in (plain, replayed):
            executor.forward(is_train=True)
            executor.backward(mx.nd.full((3, 4), number))
        assert_alike(
            [each.asnumpy() for each in replayed.grad_arrays], [each.asnumpy() for each in plain.grad_arrays]
        )
    assert recorder.replays == 3 + 1


def test_what_a_run_left_for_its_gradient_is_not_written_over():
    executor, other = bound(), bound()
    recorder = watched(executor)
    for _ in range(3):
        step(executor)
    expected = [step(other) for _ in range(4)][-1]
    program, values = executor._ready(True, True)
    first = program.forward(values)
    replays = recorder.replays
    second = program.forward(values)  # while the first one's gradient may yet be asked for
    assert recorder.replays == replays
    targets = [each._tensor for each in executor.grad_arrays]
    program.backward(values, first[1], targets)
    n_outputs = len(executor.outputs)
    assert_alike([each.numpy() for each in targets], expected[n_outputs : n_outputs + len(targets)])
    assert second[1]


def test_what_cannot_be_recorded_runs_as_ever(caplog):
    plain, replayed = bound(), bound()
    watched(replayed, error=RuntimeError("operation not permitted when stream is capturing\nand more"))
    with caplog.at_level("INFO", "mxnet"):
        for _ in range(4):
            assert_alike(step(replayed), step(plain))
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "The forward half of a program is not replayed as a CUDA graph: operation not permitted when stream "
        "is capturing.",
    ]


def test_a_half_whose_gradients_always_lie_elsewhere_is_given_up():
    executor = bound()
    recorder = watched(executor)
    program, values = executor._ready(True, True)
    for _ in range(10):
        _, saved = program.forward(values)
        program.backward(values, saved, [torch.zeros(each.shape) for each in executor.grad_arrays])
    assert recorder.recordings == 1 + 4
    assert program.code.halves[1].reason == "its arrays lie elsewhere each time"


def test_a_monitor_sees_a_plain_run():
    executor = bound()
    recorder = watched(executor)
    for _ in range(4):
        step(executor)
    replays = recorder.replays
    program, values = executor._ready(True, True)
    program.forward(values, lambda name, value: None)
    assert recorder.replays == replays


class Twice(mx.operator.CustomOp):
    def forward(self, is_train, req, in_data, out_data, aux):
        self.assign(out_data[0], req[0], in_data[0] * 2)

    def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
        self.assign(in_grad[0], req[0], out_grad[0] * 2)


@mx.operator.register("twice_replayed")
class TwiceProp(mx.operator.CustomOpProp):
    def create_operator(self, ctx, shapes, dtypes):
        return Twice()


@pytest.mark.parametrize(
    ("symbol", "context", "reason"),
    [
        (mx.sym.Variable("data") * 2, mx.cpu(), ""),
        (mx.sym.Variable("data") * 2, mx.gpu(0), "'data' lies on cpu(0)"),
        (
            mx.sym.Custom(mx.sym.Variable("data"), op_type="twice_replayed", name="mine"),
            mx.cpu(),
            "'mine' is a user's code",
        ),
        (
            mx.sym.cast_storage(mx.sym.Variable("data"), stype="row_sparse", name="rows"),
            mx.cpu(),
            "'rows' is stored as row_sparse",
        ),
        (
            mx.sym.contrib.boolean_mask(
                mx.sym.Variable("data"), mx.sym.Variable("mask", shape=(3,)), name="some"
            ),
            mx.cpu(),
            "the shape of 'some' is known only after a run",
        ),
    ],
    ids=["none", "another place", "user's code", "sparse", "late shape"],
)
def test_the_reason_against_a_recording_is_known_before(symbol, context, reason):
    executor = symbol.simple_bind(mx.cpu(), grad_req="null", data=(3, 5))
    plan = executor._ready(False, with_gradient=False)[0].plan
    assert reason_against(plan, context) == reason
