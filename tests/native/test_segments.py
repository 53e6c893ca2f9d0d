"""Programs with segments of rows compute what torch's kernels alone do, whatever happens to arrays in between."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import mxnet as mx
from mxnet.native import rows
from mxnet.plan import placing
from mxnet.timing import RECORDER


def mixed(depth=3):
    """Return a network of rows with a step between them that only torch has a kernel for."""
    net = mx.sym.Variable("data")
    for i in range(depth):
        net = mx.sym.FullyConnected(net, num_hidden=8, name=f"fc{i}")
        net = mx.sym.Activation(net, act_type="tanh", name=f"act{i}")
    net = mx.sym.arctan(net, name="by_torch")
    net = mx.sym.Flatten(mx.sym.expand_dims(net, axis=1, name="wider"), name="flat")
    net = mx.sym.FullyConnected(net, num_hidden=4, name="top")
    return mx.sym.Group([mx.sym.SoftmaxOutput(net, name="softmax"), mx.sym.BlockGrad(net * 2, name="seen")])


def plain(net, *arguments, **options):
    """Bind without rows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MXNET_DISABLED_PASSES", "native")
        executor = net.simple_bind(mx.cpu(), *arguments, **options)
        executor.forward(is_train=True)
    return executor


def filled(executor, seed=0):
    random = np.random.default_rng(seed)
    for name, array in executor.arg_dict.items():
        label = name.endswith("label")
        array[:] = random.integers(0, 4, array.shape) if label else random.uniform(-1, 1, array.shape)
    for array in executor.grad_arrays or ():
        if array is not None:
            array[:] = random.uniform(-1, 1, array.shape)
    return executor


def trained(executor):
    executor.forward(is_train=True)
    executor.backward()
    found = [each.asnumpy() for each in executor.outputs]
    return found + [each.asnumpy() for each in executor.grad_arrays if each is not None]


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def both(net, **options):
    """Return the network bound with rows and without, to arrays of the same numbers."""
    executors = net.simple_bind(mx.cpu(), **options), plain(net, **options)
    assert "_native(frame" in executors[0].program(is_train=True)
    assert "_native(frame" not in executors[1].program(is_train=True)
    return [filled(each) for each in executors]


MIXES = ["write", "add", {"fc0_weight": "add", "top_bias": "null", "fc1_weight": "write", "data": "add"}]


@pytest.mark.parametrize("grad_req", MIXES)
def test_training_gives_the_same_numbers(grad_req, guard):
    one, other = both(mixed(), data=(5, 6), grad_req=grad_req)
    for _ in range(3):
        assert_same(trained(one), trained(other))
    assert guard.rests == 3


def test_inference_between_two_halves_of_training_is_no_matter(guard):
    one, other = both(mixed(), data=(5, 6))
    for executor in (one, other):
        executor.forward(is_train=True)
        executor.forward(is_train=False)
        executor.backward()
    assert_same([each.asnumpy() for each in one.grad_arrays], [each.asnumpy() for each in other.grad_arrays])


def test_a_write_to_a_parameter_is_seen_by_the_next_run(guard):
    one, other = both(mixed(), data=(5, 6))
    for value in (0.25, -0.5):
        for executor in (one, other):
            executor.arg_dict["fc1_weight"][:] = value
            executor.arg_dict["data"][:] = mx.nd.ones((5, 6)) * value
        assert_same(trained(one), trained(other))
        for executor in (one, other):
            executor.forward(is_train=False)
        assert_same([each.asnumpy() for each in one.outputs], [each.asnumpy() for each in other.outputs])


def test_an_update_of_parameters_moves_what_is_prepared_of_them(guard):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
    executor = filled(net.simple_bind(mx.cpu(), data=(2, 4)))
    for _ in range(3):
        executor.forward(is_train=False)
        weight, bias = (executor.arg_dict[f"fc_{each}"].asnumpy() for each in ("weight", "bias"))
        expected = executor.arg_dict["data"].asnumpy() @ weight.T + bias
        np.testing.assert_allclose(executor.outputs[0].asnumpy(), expected, rtol=1e-5, atol=1e-6)
        executor.forward(is_train=True)
        executor.backward(mx.nd.ones((2, 3)))
        mx.nd.sgd_update(
            executor.arg_dict["fc_weight"],
            executor.grad_dict["fc_weight"],
            lr=0.5,
            out=executor.arg_dict["fc_weight"],
        )


def test_gradients_that_rows_write_have_another_version():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3, name="fc")
    executor = filled(net.simple_bind(mx.cpu(), data=(2, 4)))
    executor.forward(is_train=True)
    before = [each.handle._version for each in executor.grad_arrays]
    executor.backward(mx.nd.ones((2, 3)))
    assert all(each.handle._version > old for each, old in zip(executor.grad_arrays, before, strict=True))


def test_arrays_that_are_not_contiguous_are_read_and_written_where_they_are(guard):
    net = mixed()
    one, other = both(net, data=(5, 6))
    for executor in (one,):
        for array in (
            executor.arg_dict["fc0_weight"],
            executor.grad_dict["fc0_weight"],
            executor.arg_dict["data"],
        ):
            tensor = array.handle
            array._set_tensor(tensor.t().contiguous().t())
    for _ in range(2):
        assert_same(trained(one), trained(other))
        for executor in (one, other):
            executor.arg_dict["data"][:] = 0.5
    assert not one.grad_dict["fc0_weight"].handle.is_contiguous()


def test_a_reshaped_executor_shares_arrays(guard):
    one, other = both(mixed(), data=(5, 6))
    assert_same(trained(one), trained(other))
    pair = [each.reshape(data=(3, 6), softmax_label=(3,), partial_shaping=True) for each in (one, other)]
    for executor in pair:
        executor.arg_dict["data"][:] = 0.125
    assert_same(trained(pair[0]), trained(pair[1]))
    assert_same(trained(one), trained(other))


def test_one_array_under_two_names_is_one(guard):
    net = mx.sym.FullyConnected(
        mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=4, name="a"), num_hidden=4, name="b"
    )
    results = []
    for disabled in ("native", ""):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MXNET_DISABLED_PASSES", disabled)
            weight, bias = mx.nd.array(np.arange(16).reshape(4, 4) / 16), mx.nd.ones((4,))
            gradient = mx.nd.zeros((4, 4))
            executor = net.bind(
                mx.cpu(),
                {
                    "data": mx.nd.ones((2, 4)),
                    "a_weight": weight,
                    "b_weight": weight,
                    "a_bias": bias,
                    "b_bias": bias,
                },
                {"a_weight": gradient, "b_weight": gradient},
                {"a_weight": "add", "b_weight": "add", "data": "null", "a_bias": "null", "b_bias": "null"},
            )
            executor.forward(is_train=True)
            executor.backward(mx.nd.ones((2, 4)))
            results.append([executor.outputs[0].asnumpy(), gradient.asnumpy()])
    assert_same(*results)


def test_outputs_stay_what_they_were_when_the_next_run_begins(guard):
    net = mixed()
    function = net.compile()
    executor = filled(net.simple_bind(mx.cpu(), data=(5, 6)))
    arrays = {name: each.copy() for name, each in executor.arg_dict.items()}
    first = function(**arrays)
    kept = [each.asnumpy().copy() for each in first]
    function(**{name: each * 0 for name, each in arrays.items()})
    assert_same([each.asnumpy() for each in first], kept)


def test_eight_threads_compute_what_one_does(guard):
    net = mixed()
    function = net.compile()
    sources = [filled(net.simple_bind(mx.cpu(), data=(5, 6)), seed).arg_dict for seed in range(8)]
    expected = [[each.asnumpy() for each in function(**arrays)] for arrays in sources]
    wrong = []

    def work(number):
        for _ in range(20):
            found = [each.asnumpy() for each in function(**sources[number])]
            if not all(map(np.array_equal, found, expected[number])):
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("normalization", ["batch", "valid"])
def test_threads_that_share_a_row_compute_what_one_does(normalization, guard, monkeypatch):
    monkeypatch.setattr(rows, "_MUCH", 1)
    monkeypatch.setattr(rows, "threads", lambda: 3)
    net = mx.sym.Embedding(mx.sym.Variable("words"), input_dim=11, output_dim=4, name="embed")
    net = mx.sym.FullyConnected(mx.sym.softmax(net), num_hidden=7, name="decode")
    net = mx.sym.SoftmaxOutput(net, normalization=normalization, use_ignore=True, ignore_label=2, name="loss")
    pair = both(net, words=(8,))
    for executor in pair:
        executor.arg_dict["words"][:] = [3, 0, 10, 3, 99, -1, 7, 3]
        executor.arg_dict["loss_label"][:] = [2, 0, 6, 1, 2, 5, 5, 9]
    native, torch_s = map(trained, pair)
    assert_same(native, torch_s)
    lines = [line for line in pair[0].program(is_train=True).splitlines() if not line.startswith("    #")]
    assert not any(name in line for line in lines for name in ("Embedding(", "SoftmaxOutput(", "softmax("))


def test_a_loop_keeps_a_frame_for_each_step(guard):
    def step(item, state):
        after = mx.sym.tanh(mx.sym.FullyConnected(item, num_hidden=4, name="fc") + state)
        return after, after

    results = []
    for disabled in ("native", ""):
        with pytest.MonkeyPatch.context() as patch, mx.name.NameManager():
            patch.setenv("MXNET_DISABLED_PASSES", disabled)
            outputs, _ = mx.sym.contrib.foreach(step, mx.sym.Variable("data"), mx.sym.Variable("begin"))
            results.append(
                trained_with_heads(filled(outputs.simple_bind(mx.cpu(), data=(6, 3, 5), begin=(3, 4))))
            )
    assert_same(*results)


def trained_with_heads(executor):
    executor.forward(is_train=True)
    executor.backward([mx.nd.ones(each.shape) for each in executor.outputs])
    return [each.asnumpy() for each in executor.grad_arrays]


@pytest.mark.parametrize("watch", ["monitor", "numerics", "budget"])
def test_what_watches_steps_sees_torch_s(watch):
    net = mixed()
    options = {"numerics": {"check_numerics": True}, "budget": {"memory_budget": "1GB"}}.get(watch, {})
    executor = net.simple_bind(mx.cpu(), data=(5, 6), **options)
    if watch == "monitor":
        executor.set_monitor_callback(lambda *_: None)
    assert "_native(frame" not in executor.program(is_train=True)


def test_the_profiler_times_each_step_of_a_segment():
    executor = filled(mixed().simple_bind(mx.cpu(), data=(5, 6)))
    expected = trained(executor)
    RECORDER.events.clear()
    mx.profiler.set_config(profile_symbolic=True)
    mx.profiler.set_state("run")
    try:
        assert "_native(frame" in executor.program(is_train=True)
        again = trained(filled(executor))
    finally:
        mx.profiler.set_state("stop")
    assert_same(expected, again)
    times = {
        (each.name, each.args["operator"]): each for each in RECORDER.events if each.category == "operator"
    }
    RECORDER.events.clear()
    mx.profiler.dumps(reset=True)
    steps = {
        ("fc1", "FullyConnected"),
        ("act1", "Activation"),
        ("by_torch", "arctan"),
        ("top", "FullyConnected"),
    }
    assert steps <= times.keys()
    assert ("softmax_backward", "_backward_SoftmaxOutput") in times
    assert all(0 <= each.duration < 1e6 for each in times.values())


def test_without_kernels_programs_are_torch_s(monkeypatch):
    monkeypatch.setattr(placing, "address", lambda _: None)
    executor = filled(mixed().simple_bind(mx.cpu(), data=(5, 6)))
    assert "_native(frame" not in executor.program(is_train=True)
    trained(executor)


def test_without_a_product_of_matrices_layers_are_torch_s(monkeypatch):
    monkeypatch.setattr(rows, "sgemm", lambda: None)
    executor = filled(mixed().simple_bind(mx.cpu(), data=(5, 6)))
    assert "__0_FullyConnected(" in executor.program(is_train=True)
    trained(executor)
