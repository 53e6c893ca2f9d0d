"""BucketingModule: networks of several lengths with the same parameters."""

import numpy as np
import pytest

import mxnet as mx


def generate(length):
    summed = mx.sym.sum(mx.sym.Variable("data"), axis=1, keepdims=True)
    net = mx.sym.FullyConnected(summed, num_hidden=2, name="fc")
    return mx.sym.SoftmaxOutput(net, name="softmax"), ["data"], ["softmax_label"]


def batch(length):
    return mx.io.DataBatch(
        [mx.nd.ones((2, length))],
        [mx.nd.array([0, 1])],
        bucket_key=length,
        provide_data=[("data", (2, length))],
        provide_label=[("softmax_label", (2,))],
    )


def ready():
    module = mx.mod.BucketingModule(generate, default_bucket_key=4)
    module.bind([("data", (2, 4))], [("softmax_label", (2,))])
    module.init_params(mx.init.One())
    module.init_optimizer(optimizer_params={"learning_rate": 0.1, "momentum": 0.9})
    return module


def test_all_lengths_train_the_same_parameters():
    module, alone = ready(), ready()
    for length in (4, 2, 4, 3):
        module.forward_backward(batch(length))
        module.update()
        same = mx.io.DataBatch(
            [mx.nd.ones((2, 4)) * length / 4],
            [mx.nd.array([0, 1])],
            bucket_key=4,
            provide_data=[("data", (2, 4))],
            provide_label=[("softmax_label", (2,))],
        )
        alone.forward_backward(same)
        alone.update()
    assert list(module._buckets) == [4, 2, 3]
    for name, array in module.get_params()[0].items():
        np.testing.assert_allclose(array.asnumpy(), alone.get_params()[0][name].asnumpy(), rtol=1e-5)


def test_preparing_a_batch_binds_its_network_and_stays():
    module = ready()
    module.prepare(batch(3))
    assert list(module._buckets) == [4, 3]
    assert module.data_shapes == [("data", (2, 4))]
    module.switch_bucket(3, None)
    assert module.data_shapes == [("data", (2, 3))]


def test_checkpoints_hold_every_network(tmp_path):
    module = ready()
    module.forward(batch(2))
    prefix = str(tmp_path / "net")
    module.save_checkpoint(prefix, 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "net-0001.params",
        "net-2-symbol.json",
        "net-4-symbol.json",
        "net.buckets",
    ]
    assert mx.nd.load(f"{prefix}.buckets")[0].asnumpy().tolist() == [4, 2]
    loaded = mx.mod.BucketingModule.load(prefix, 1, generate, 4)
    loaded.bind([("data", (2, 4))], [("softmax_label", (2,))], for_training=False)
    assert (loaded.get_params()[0]["fc_weight"].asnumpy() == 1).all()


def test_networks_may_come_from_a_dictionary():
    networks = {key: generate(key)[0] for key in (4, 2)}
    arguments, states = ready().get_params()
    module = mx.mod.BucketingModule.load_dict(networks, None, 4, arguments, states)
    module.bind([("data", (2, 4))], [("softmax_label", (2,))], for_training=False)
    module.forward(batch(2))
    assert module.get_outputs()[0].shape == (2, 2)


def test_a_rebound_module_keeps_its_parameters():
    module = ready()
    module.forward_backward(batch(2))
    module.update()
    trained = module.get_params()[0]["fc_bias"].asnumpy().copy()
    module.bind([("data", (2, 4))], [("softmax_label", (2,))], force_rebind=True)
    assert (module.get_params()[0]["fc_bias"].asnumpy() == trained).all()


def test_before_it_is_bound_names_are_those_of_the_default_network():
    module = mx.mod.BucketingModule(generate, default_bucket_key=4)
    assert (module.data_names, module.label_names, module.output_names) == (
        ["data"],
        ["softmax_label"],
        ["softmax_output"],
    )


@pytest.mark.parametrize(
    ("use", "message"),
    [
        (lambda: mx.mod.BucketingModule(generate), "needs default_bucket_key"),
        (lambda: mx.mod.BucketingModule(generate, 4).symbol, r"Call bind\(data_shapes, label_shapes\)"),
        (
            lambda: ready().forward(mx.io.DataBatch([mx.nd.ones((2, 4))])),
            "states its bucket_key, provide_data",
        ),
        (lambda: ready().bind([], shared_module=ready()), "among its own networks only"),
        (lambda: mx.mod.BucketingModule.load("x", 1), "needs sym_gen"),
        (lambda: mx.mod.BucketingModule.load_dict({}), "needs sym_dict or sym_gen"),
    ],
)
def test_misuse_is_explained(use, message):
    with pytest.raises(mx.MXNetError, match=message):
        use()
