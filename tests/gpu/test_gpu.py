"""What a GPU computes is what the processor does: operators, training, mixed precision, copies, replayed programs.

``python benchmarks/gpu.py`` runs these where there is a GPU; elsewhere they are left out as a whole.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.plan.replay import Replayed

if not torch.cuda.is_available():
    pytest.skip("there is no GPU", allow_module_level=True)

from samples import ROWS, recorded_samples

DETERMINED = tuple(
    sample for sample in (*recorded_samples(), *ROWS) if sample.bound.pure and not sample.bound.late_shape
)


@pytest.fixture(autouse=True)
def _exact_products():
    kinds = torch.backends.cuda.matmul, torch.backends.cudnn
    before = [each.allow_tf32 for each in kinds]
    for each in kinds:
        each.allow_tf32 = False
    yield
    for each, allowed in zip(kinds, before, strict=True):
        each.allow_tf32 = allowed


def called(sample, context):
    """Return the outputs of a sample, and the gradients of its inputs of floats."""
    arrays = [mx.nd.array(each, context, dtype=each.dtype) for each in (*sample.inputs, *sample.aux)]
    learned = [array for array in arrays[: len(sample.inputs)] if array.dtype == np.float32]
    for array in learned:
        array.attach_grad()
    with mx.autograd.record():
        made = mx.nd.ndarray.invoke(sample.bound, arrays)
        made = made if isinstance(made, list) else [made]
    if learned and sample.smooth and made[0]._is_tracked():
        made[0].backward()
    return [each.asnumpy() for each in (*made, *(array.grad for array in learned))]


@pytest.mark.parametrize("sample", DETERMINED, ids=str)
def test_an_operator_computes_what_it_does_on_the_processor(sample):
    for mine, expected in zip(called(sample, mx.gpu(0)), called(sample, mx.cpu()), strict=True):
        assert mine.dtype == expected.dtype
        tolerance = 2e-3 if expected.dtype == np.float16 else 1e-4
        np.testing.assert_allclose(mine, expected, rtol=tolerance, atol=tolerance)


def lenet():
    x = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=8, name="conv")
    x = mx.sym.Activation(mx.sym.BatchNorm(x, name="bn", fix_gamma=False), act_type="relu")
    x = mx.sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="max")
    x = mx.sym.FullyConnected(mx.sym.Flatten(x), num_hidden=3, name="fc")
    return mx.sym.SoftmaxOutput(x, mx.sym.Variable("softmax_label"), name="softmax")


def batches():
    rng = np.random.RandomState(0)
    data = rng.rand(32, 1, 10, 10).astype("float32")
    return mx.io.NDArrayIter(data, rng.randint(0, 3, 32).astype("float32"), 8)


def trained(context, epochs=3, **optimizer):
    """Return the parameters after some training, which begins with the same numbers each time."""
    mx.random.seed(1)
    module = mx.mod.Module(lenet(), context=context)
    source = batches()
    module.bind(source.provide_data, source.provide_label)
    shapes, _, states = lenet().infer_shape(data=(8, 1, 10, 10))
    rng = np.random.RandomState(2)
    names = dict(zip(lenet().list_arguments(), shapes, strict=True))
    given = {
        n: mx.nd.array(rng.normal(0, 0.2, s)) for n, s in names.items() if n not in ("data", "softmax_label")
    }
    aux = {
        name: mx.nd.full(shape, 1.0 if name.endswith("var") else 0.0)
        for name, shape in zip(lenet().list_auxiliary_states(), states, strict=True)
    }
    module.set_params(given, aux)
    module.init_optimizer(optimizer_params={"learning_rate": 0.1, "momentum": 0.9, **optimizer})
    for _ in range(epochs):
        source.reset()
        for batch in source:
            module.forward_backward(batch)
            module.update()
    arguments, states = module.get_params()
    return {name: array.asnumpy() for name, array in {**arguments, **states}.items()}


def assert_alike(found, expected, tolerance=2e-3):
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=tolerance, atol=tolerance, err_msg=name)


def test_a_module_learns_what_it_learns_on_the_processor():
    assert_alike(trained(mx.gpu(0)), trained(mx.cpu()))


def test_a_replayed_program_learns_what_a_plain_one_does(monkeypatch):
    replayed = trained(mx.gpu(0))
    monkeypatch.setenv("MXNET_DISABLED_PASSES", "cuda_graphs")
    assert_alike(replayed, trained(mx.gpu(0)), 1e-5)


def test_both_halves_of_training_are_recorded():
    executor = lenet().simple_bind(mx.gpu(0), data=(8, 1, 10, 10))
    for _ in range(8):
        executor.forward(is_train=True)
        executor.backward()
    code = executor._ready(True, True)[0].code
    assert isinstance(code, Replayed)
    assert [half.reason for half in code.halves] == ["", ""]
    assert all(half._replay is not None for half in code.halves)


def test_dropout_draws_anew_in_each_replay():
    executor = mx.sym.Dropout(mx.sym.Variable("data"), p=0.5).simple_bind(mx.gpu(0), data=(64, 64))
    executor.arg_dict["data"][:] = 1
    seen = []
    for _ in range(6):
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones((64, 64), mx.gpu(0)))
        np.testing.assert_array_equal(executor.outputs[0].asnumpy(), executor.grad_dict["data"].asnumpy())
        seen.append(executor.outputs[0].asnumpy())
    assert all((mine != other).any() for mine, other in itertools.pairwise(seen))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_low_precision_stays_near_single_precision(dtype):
    def output(context, dtype):
        rng = np.random.RandomState(0)
        executor = lenet().simple_bind(
            context, type_dict={"data": dtype}, data=(8, 1, 10, 10), grad_req="null"
        )
        for array in executor.arg_arrays:
            array[:] = rng.rand(*array.shape) / 5
        return executor.forward()[0].astype("float32").asnumpy()

    np.testing.assert_allclose(output(mx.gpu(0), dtype), output(mx.cpu(), "float32"), atol=0.05)


def test_gluon_learns_what_it_learns_on_the_processor():
    def learned(context, hybrid):
        mx.random.seed(3)
        net = mx.gluon.nn.HybridSequential()
        net.add(mx.gluon.nn.Dense(16, activation="relu", in_units=4), mx.gluon.nn.Dense(2, in_units=16))
        net.initialize(mx.init.One(), ctx=context)
        if hybrid:
            net.hybridize(static_alloc=True, static_shape=True)
        trainer = mx.gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.01})
        data = mx.nd.array(np.random.RandomState(0).rand(8, 4), context)
        for _ in range(6):
            with mx.autograd.record():
                loss = net(data).square().mean()
            loss.backward()
            trainer.step(1)
        return {str(i): each.data().asnumpy() for i, each in enumerate(net.collect_params().values())}

    expected = learned(mx.cpu(), hybrid=False)
    assert_alike(learned(mx.gpu(0), hybrid=False), expected)
    assert_alike(learned(mx.gpu(0), hybrid=True), expected)


def test_a_sparse_gradient_moves_rows_as_on_the_processor():
    def moved(context):
        weight = mx.nd.ones((20, 3), context)
        grad = mx.nd.sparse.row_sparse_array(
            (mx.nd.ones((2, 3), context), [3, 7]), shape=(20, 3), ctx=context
        )
        update = mx.optimizer.get_updater(mx.optimizer.create("adam", wd=0.01))
        for _ in range(3):
            update(0, grad, weight)
        return weight.asnumpy()

    np.testing.assert_allclose(moved(mx.gpu(0)), moved(mx.cpu()), rtol=1e-5)


def test_arrays_go_to_a_gpu_and_back():
    array = mx.nd.arange(6).reshape((2, 3)).as_in_context(mx.gpu(0))
    assert array.context == mx.gpu(0)
    np.testing.assert_array_equal(array.as_in_context(mx.cpu()).asnumpy(), [[0, 1, 2], [3, 4, 5]])


@pytest.mark.skipif(torch.cuda.device_count() < 2, reason="takes two GPUs")
def test_two_gpus_learn_what_one_does():
    assert_alike(trained([mx.gpu(0), mx.gpu(1)]), trained([mx.cpu(0), mx.cpu(1)]))
    array = mx.nd.ones((2, 2), mx.gpu(0)).copyto(mx.gpu(1))
    assert array.context == mx.gpu(1)


def test_too_large_an_array_is_refused_with_its_size():
    with pytest.raises(mx.MXNetError, match=r"gpu\(0\)"):
        mx.nd.zeros((1 << 20, 1 << 20), mx.gpu(0))


def test_free_memory_is_at_most_all_of_it():
    free, total = mx.context.gpu_memory_info(0)
    assert 0 < free <= total
