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


def unnamed(length):
    embedded = mx.sym.Embedding(mx.sym.Variable("data"), input_dim=9, output_dim=4)
    net = mx.sym.FullyConnected(mx.sym.sum(embedded, axis=1), num_hidden=3)
    return mx.sym.SoftmaxOutput(net, name="softmax"), ["data"], ["softmax_label"]


def test_automatic_names_start_from_0_for_every_network():
    module = mx.mod.BucketingModule(unnamed, default_bucket_key=4)
    assert module.output_names == module.output_names == ["softmax_output"]
    with mx.name.Prefix("outer_"):
        module.bind([("data", (2, 4))], [("softmax_label", (2,))])
    module.init_params(mx.init.One())
    module.init_optimizer()
    module.forward_backward(batch(3))
    module.update()
    assert sorted(module.get_params()[0]) == [
        "embedding0_weight",
        "fullyconnected0_bias",
        "fullyconnected0_weight",
    ]


def own_steps(length):
    """Return a network with a layer for each step, and from length 5 on with an auxiliary state."""
    parts = mx.sym.split(mx.sym.Variable("data"), num_outputs=length, axis=1)
    total = sum((mx.sym.FullyConnected(parts[i], num_hidden=2, name=f"t{i}") for i in range(length)), 0)
    if length >= 5:
        total = mx.sym.BatchNorm(total, name="norm")
    return mx.sym.SoftmaxOutput(total, name="softmax"), ["data"], ["softmax_label"]


def with_steps(contexts=None, kvstore="local", **kwargs):
    module = mx.mod.BucketingModule(own_steps, default_bucket_key=3, context=contexts or mx.cpu())
    module.bind([("data", (2, 3))], [("softmax_label", (2,))])
    module.init_params(mx.init.One(), **kwargs)
    module.init_optimizer(kvstore, optimizer_params={"learning_rate": 0.5, "wd": 0.25})
    return module


@pytest.mark.parametrize(
    ("contexts", "kvstore"),
    [
        (None, None),
        (None, mx.kv.create("local")),
        ([mx.cpu(0), mx.cpu(1)], "local"),
        ([mx.cpu(0), mx.cpu(1)], None),
    ],
)
def test_parameters_of_one_bucket_alone_are_initialized_trained_and_kept(contexts, kvstore):
    module = with_steps(contexts, kvstore)
    for length in (5, 4, 6, 5):
        module.forward(batch(length), is_train=True)
        module.backward()
        module.update()
    arguments, states = module.get_params()
    assert sorted(arguments) == sorted(
        [f"t{i}_{kind}" for i in range(6) for kind in ("weight", "bias")] + ["norm_gamma", "norm_beta"]
    )
    assert sorted(states) == ["norm_moving_mean", "norm_moving_var"]
    trained = arguments["t4_weight"].asnumpy()
    assert not (trained == 1).any()
    assert not (trained == 0).any()
    for length in (5, 6):
        executors = module._buckets[length]._exec_group.execs
        for executor in executors if kvstore is not None else ():
            np.testing.assert_allclose(executor.arg_dict["t4_weight"].asnumpy(), trained)
    optimizer = module._buckets[5]._optimizer
    assert optimizer.wd_mult["t4_bias"] == 0
    assert "t4_bias" in optimizer.idx2name.values()


def test_parameters_of_one_bucket_alone_survive_a_checkpoint(tmp_path):
    module = with_steps()
    module.forward_backward(batch(5))
    module.update()
    module.save_checkpoint(str(tmp_path / "net"), 1)
    other = mx.mod.BucketingModule.load(str(tmp_path / "net"), 1, own_steps, 3)
    other.bind([("data", (2, 3))], [("softmax_label", (2,))], for_training=False)
    for each in (module, other):
        each.forward(batch(5), is_train=False)
    np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), other.get_outputs()[0].asnumpy(), rtol=1e-6)


def test_values_given_for_a_bucket_to_come_are_used():
    module = with_steps(arg_params={"t4_weight": mx.nd.ones((2, 1)) * 7}, allow_missing=True)
    module.set_params(*module.get_params())
    module.forward(batch(5), is_train=False)
    assert module.get_params()[0]["t4_weight"].asnumpy().tolist() == [[7], [7]]
    assert module.get_params()[0]["t3_weight"].asnumpy().tolist() == [[1], [1]]


def test_a_parameter_without_a_value_is_named_with_its_bucket():
    module = mx.mod.BucketingModule.load_dict(
        sym_gen=own_steps,
        default_bucket_key=3,
        arg_params={
            f"t{i}_{kind}": mx.nd.ones((2, 1) if kind == "weight" else 2)
            for i in range(3)
            for kind in ("weight", "bias")
        },
    )
    module.bind([("data", (2, 3))], [("softmax_label", (2,))], for_training=False)
    with pytest.raises(mx.MXNetError, match="The parameters t3_weight, t3_bias are not among") as raised:
        module.forward(batch(4))
    assert raised.value.__notes__ == ["This is the network of the bucket 4."]


def test_a_parameter_of_another_shape_is_named_with_its_bucket():
    def wide(length):
        net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
        return mx.sym.SoftmaxOutput(net, name="softmax"), ["data"], ["softmax_label"]

    module = mx.mod.BucketingModule(wide, default_bucket_key=4)
    module.bind([("data", (2, 4))], [("softmax_label", (2,))])
    module.init_params()
    with pytest.raises(mx.MXNetError, match=r"'fc_weight' has the shape \(2, 4\).*needs \(2, 3\)") as raised:
        module.forward(batch(3))
    assert raised.value.__notes__ == ["This is the network of the bucket 3."]


def test_attributes_that_programs_read_are_there_before_binding():
    module = mx.mod.BucketingModule(generate, default_bucket_key=4)
    assert (module._curr_module, module._context, module._fixed_param_names) == (None, mx.cpu(), [])
    assert (module._state_names, module._group2ctxs, module._compression_params) == ([], None, None)
    assert module._work_load_list is None


def test_a_generator_may_return_a_list_and_override_the_call():
    class Mine(mx.mod.BucketingModule):
        def _call_sym_gen(self, *args, **kwargs):
            return list(super()._call_sym_gen(*args, **kwargs))

    module = Mine(generate, default_bucket_key=4)
    module.bind([("data", (2, 4))], [("softmax_label", (2,))])
    assert module.symbol.list_outputs() == ["softmax_output"]


def test_row_sparse_parameters_are_shared():
    def sparse(length):
        weight = mx.sym.Variable("fc_weight", stype="row_sparse", shape=(6, 2))
        net = mx.sym.sparse.dot(mx.sym.Variable("data", stype="csr"), weight)
        return mx.sym.SoftmaxOutput(net, name="softmax"), ["data"], ["softmax_label"]

    module = mx.mod.BucketingModule(sparse, default_bucket_key=1)
    module.bind([("data", (2, 6))], [("softmax_label", (2,))])
    module.init_params(mx.init.One())
    module.init_optimizer()
    for key in (1, 2):
        csr = mx.nd.array(np.eye(6)[[key, 3]]).tostype("csr")
        shapes = {"provide_data": [("data", (2, 6))], "provide_label": [("softmax_label", (2,))]}
        module.forward_backward(mx.io.DataBatch([csr], [mx.nd.array([0, 1])], bucket_key=key, **shapes))
        module.update()
    first, second = (module._buckets[key]._exec_group.execs[0].arg_dict["fc_weight"] for key in (1, 2))
    assert first is second
    weight = module.get_params()[0]["fc_weight"]
    assert weight.stype == "row_sparse"
    assert (weight.asnumpy()[[1, 2, 3]] != 1).all()
