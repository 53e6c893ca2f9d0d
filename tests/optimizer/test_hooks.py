"""What a subclass overrides is called with what MXNet 1.9.1 calls it with, and as often (recorded)."""

import numpy as np
import pytest

import mxnet as mx

HOOKS = ["_update_count", "_get_lr", "_get_lrs", "_get_wd", "_get_wds", "update", "update_multi_precision"]


def traced(base, hooks=HOOKS, **parameters):
    """Return an optimizer of a subclass that takes note of its calls, and these."""
    calls = []

    def noting(hook):
        def method(self, index, *args):
            calls.append((hook, index))
            return getattr(base, hook)(self, index, *args)

        return method

    return type("Traced", (base,), {hook: noting(hook) for hook in hooks})(**parameters), calls


def updated(optimizer, dtypes=("float32",) * 6):
    updater = mx.optimizer.get_updater(optimizer)
    weights = [mx.nd.ones((2, 3), dtype=dtype) for dtype in dtypes]
    updater(list(range(len(weights))), [weight * 0.5 for weight in weights], weights)
    return weights


def test_sgd_takes_four_at_a_time_and_asks_for_their_rates_at_once():
    optimizer, calls = traced(mx.optimizer.SGD)
    updated(optimizer)
    assert calls == [
        (hook, part)
        for part in ((0, 1, 2, 3), (4, 5))
        for hook in ("update_multi_precision", "_update_count", "_get_lrs", "_get_wds")
    ]


def test_how_many_are_taken_at_a_time_is_up_to_the_environment(monkeypatch):
    monkeypatch.setenv("MXNET_OPTIMIZER_AGGREGATION_SIZE", "5")
    optimizer, calls = traced(mx.optimizer.SGD, ["_get_wds"])
    updated(optimizer)
    assert calls == [("_get_wds", (0, 1, 2, 3, 4)), ("_get_wds", (5,))]


@pytest.mark.parametrize(("name", "size"), [("SGD", 4), ("LARS", 4), ("LAMB", 45), ("NAG", 0), ("Adam", 0)])
def test_how_many_are_taken_at_a_time_is_up_to_the_kind(name, size):
    assert getattr(mx.optimizer, name)().aggregate_num == size


def test_adam_takes_one_after_the_other():
    optimizer, calls = traced(mx.optimizer.Adam)
    updated(optimizer, ["float32"] * 2)
    assert calls == [
        call
        for i in (0, 1)
        for call in [
            ("update_multi_precision", i),
            ("update", i),
            ("_update_count", i),
            ("_get_lr", i),
            ("_get_lrs", [i]),
            ("_get_wd", i),
            ("_get_wds", [i]),
        ]
    ]


def test_lbsgd_asks_for_rates_before_it_counts():
    optimizer, calls = traced(mx.optimizer.LBSGD, ["_get_lr", "_update_count"])
    updated(optimizer, ["float32"])
    assert calls == [("_get_lr", 0), ("_update_count", 0)]


def test_parameters_are_taken_by_dtype():
    optimizer, calls = traced(mx.optimizer.SGD, ["_get_lrs"], multi_precision=True)
    updated(optimizer, ["float32", "float16"] * 3)
    assert calls == [("_get_lrs", (0, 2, 4)), ("_get_lrs", (1, 3, 5))]


@pytest.mark.parametrize(
    ("name", "times"), [("SGD", 0), ("NAG", 0), ("LARS", 0), ("LAMB", 0), ("Signum", 6), ("FTML", 6)]
)
def test_optimizers_with_half_precision_of_their_own_do_not_go_by_update(name, times):
    optimizer, calls = traced(getattr(mx.optimizer, name), ["update"])
    updated(optimizer)
    assert len(calls) == times


@pytest.mark.parametrize("store", [True, False])
def test_a_store_hands_over_one_key_at_a_time(store):
    optimizer, calls = traced(mx.optimizer.SGD, ["_get_lrs"])
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    module = mx.mod.Module(mx.sym.SoftmaxOutput(net, name="softmax"))
    module.bind([("data", (4, 3))], [("softmax_label", (4,))])
    module.init_params()
    optimizer.rescale_grad = 0.25
    module.init_optimizer(optimizer=optimizer, kvstore=mx.kv.create("local") if store else None)
    module.forward_backward(mx.io.DataBatch([mx.nd.ones((4, 3))], [mx.nd.zeros((4,))]))
    module.update()
    expected = [("fc_weight",), ("fc_bias",)] if store else [(0, 1)]
    assert calls == [("_get_lrs", each) for each in expected]


@pytest.mark.parametrize(
    "base", [mx.optimizer.Adam, mx.optimizer.SGD, mx.optimizer.LAMB, mx.optimizer.AdaGrad]
)
def test_rates_of_a_user_s_own_are_used(base):
    class Frozen(base):
        def _get_lrs(self, indices):
            return [0.0] * len(indices)

    assert all((weight.asnumpy() == 1).all() for weight in updated(Frozen()))


def test_a_rate_for_one_parameter_counts_where_mxnet_asks_for_it():
    class Quick(mx.optimizer.Adam):
        def _get_lr(self, index):
            return 0.25

    np.testing.assert_allclose(updated(Quick())[0].asnumpy(), 0.75, rtol=1e-5)


def test_a_method_of_one_object_counts_too():
    optimizer = mx.optimizer.Adam()
    optimizer._get_lr = lambda index: 0.0
    assert (updated(optimizer)[0].asnumpy() == 1).all()


def test_an_optimizer_of_a_user_s_own_is_handed_parts():
    calls = []

    class Parts(mx.optimizer.Optimizer):
        def __init__(self):
            super().__init__()
            self.aggregate_num = 2

        def update_multi_precision(self, index, weight, grad, state):
            calls.append((index, [each.shape for each in weight], len(grad), state))

    updated(Parts(), ["float32"] * 3)
    assert calls == [((0, 1), [(2, 3)] * 2, 2, [None, None]), ((2,), [(2, 3)], 1, [None])]


def test_rates_for_another_number_of_parameters_are_refused():
    class Wrong(mx.optimizer.SGD):
        def _get_lrs(self, indices):
            return [0.1]

    with pytest.raises(mx.MXNetError, match="the rates of 4 parameters, but _get_lrs returned 1"):
        updated(Wrong())


def test_devices_count_their_updates_apart():
    updater = mx.optimizer.get_updater(mx.optimizer.SGD())
    updater(0, mx.nd.ones(2), mx.nd.ones(2))
    updater(1, mx.nd.ones(2, ctx=mx.cpu(1)), mx.nd.ones(2, ctx=mx.cpu(1)))
    assert updater.optimizer._all_index_update_counts == {0: {0: 1}, 1: {1: 1}}


def test_adamax_takes_no_step_where_no_gradient_has_been():
    weights = [mx.nd.array([1.0, 2.0]), mx.nd.array([[1.0, 2.0]])]
    updater = mx.optimizer.get_updater(mx.optimizer.Adamax())
    for _ in range(2):
        updater([0, 1], [mx.nd.array([0.0, 0.5]), mx.nd.array([[0.0, 0.5]])], weights)
    for weight in weights:
        np.testing.assert_allclose(weight.asnumpy().ravel(), [1, 1.996], rtol=1e-6)


def test_ftrl_asks_for_the_weight_decay_first():
    optimizer, calls = traced(mx.optimizer.Ftrl, ["_update_count", "_get_lr", "_get_wd"])
    updated(optimizer, ["float32"])
    assert calls == [("_update_count", 0), ("_get_wd", 0), ("_get_lr", 0)]
