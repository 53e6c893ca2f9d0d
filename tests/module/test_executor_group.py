"""Sharing a batch among devices."""

import pytest

import mxnet as mx
from mxnet.module.executor_group import split_batch


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
    slices = split_batch(size, work)
    assert [part.stop for part in slices] == ends
    assert [part.start for part in slices] == [0, *ends[:-1]]


def test_every_device_gets_something():
    with pytest.raises(ValueError, match=r"by the workload \[1, 100\]: some would get nothing"):
        split_batch(10, [1, 100])


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
