"""Sharing a batch among devices."""

import threading

import pytest

import mxnet as mx
from mxnet.module.executor_group import _split_input_slice


@pytest.mark.parametrize(
    ("size", "work", "ends"),
    [
        (6, [1, 1], [3, 6]),
        (10, [1, 1, 2], [2, 4, 10]),
        (7, [1, 1], [4, 7]),
        (5, [1], [5]),
        (9, [2, 1], [6, 9]),
    ],
)
def test_shares_are_in_proportion_and_complete(size, work, ends):
    slices = _split_input_slice(size, work)
    assert [part.stop for part in slices] == ends
    assert [part.start for part in slices] == [0, *ends[:-1]]


def test_every_device_gets_something():
    with pytest.raises(ValueError, match=r"by the workload \[1, 100\]: some would get nothing"):
        _split_input_slice(10, [1, 100])


def test_inputs_agree_on_the_batch():
    net = mx.sym.Variable("a") + mx.sym.Variable("b")
    module = mx.mod.Module(net, ["a", "b"], None)
    with pytest.raises(ValueError, match=r"'b' of shape \(3, 2\) and layout NCHW has 3, those before it 4"):
        module.bind([("a", (4, 2)), ("b", (3, 2))])


def test_requests_may_be_lists_and_dictionaries():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=1, name="fc")
    module = mx.mod.Module(net, label_names=None)
    module.bind([("data", (2, 2))], grad_req=["null", "write", "null"])
    assert [grads[0] is None for grads in module._exec_group.grad_arrays] == [False, True]
    module.bind([("data", (2, 2))], grad_req={"fc_weight": "null"}, force_rebind=True)
    assert [grads[0] is None for grads in module._exec_group.grad_arrays] == [True, False]


def test_the_arrays_of_inputs_and_the_memory_of_the_plan_are_shown():
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    module = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"), context=[mx.cpu(0), mx.cpu(1)])
    module.bind([("data", (4, 3))], [("softmax_label", (4,))])
    group = module._exec_group
    assert [sorted(arrays) for arrays in group.shared_data_arrays] == [["data", "softmax_label"]] * 2
    for executor, arrays in zip(group.execs, group.shared_data_arrays, strict=True):
        assert arrays["data"] is executor.arg_dict["data"]
    large = mx.mod.Module(mx.sym.exp(mx.sym.exp(mx.sym.Variable("data"))), label_names=None)
    large.bind([("data", (1024, 1024))])
    assert (group._total_exec_bytes, module._total_exec_bytes) == (0, 0)
    assert large._exec_group._total_exec_bytes >= 4


# ------------------------------------------------------------------------------------------- at the same time


def dropping(contexts, in_turns):
    mx.random.seed(5)
    net = mx.sym.Dropout(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=8, name="fc"), p=0.5)
    module = mx.mod.Module(
        mx.sym.LinearRegressionOutput(net, name="out"), label_names=["out_label"], context=contexts
    )
    module.bind([("data", (8, 4))], [("out_label", (8, 8))])
    module.init_params(mx.init.One())
    module.init_optimizer()
    if in_turns:
        module._exec_group._running._at_once = False
    batch = mx.io.DataBatch([mx.nd.arange(32).reshape((8, 4))], [mx.nd.ones((8, 8))])
    for _ in range(3):
        module.forward_backward(batch)
        module.update()
    return module


def test_devices_at_the_same_time_draw_and_learn_as_in_turns():
    contexts = [mx.cpu(i) for i in range(4)]
    at_once, in_turns = (dropping(contexts, each).get_params()[0] for each in (False, True))
    for name, array in at_once.items():
        assert (array.asnumpy() == in_turns[name].asnumpy()).all()


def test_devices_run_at_the_same_time():
    running = dropping([mx.cpu(0), mx.cpu(1)], in_turns=False)._exec_group._running
    meeting = threading.Barrier(2, timeout=30)
    running.run(True, lambda *_: meeting.wait())  # in turns, the first would wait in vain


@pytest.mark.parametrize("contexts", [[mx.cpu(0)], [mx.cpu(0), mx.cpu(0)]])
def test_who_shares_a_device_takes_turns(contexts):
    running = dropping(contexts, in_turns=False)._exec_group._running
    threads = []
    running.run(True, lambda *_: threads.append(threading.current_thread()))
    assert threads == [threading.main_thread()] * len(contexts)


def test_an_error_on_any_device_reaches_the_caller():
    running = dropping([mx.cpu(0), mx.cpu(1)], in_turns=False)._exec_group._running

    def fail(device, _):
        if device:
            raise mx.MXNetError("device 1 has failed")

    with pytest.raises(mx.MXNetError, match="device 1 has failed"):
        running.run(True, fail)
