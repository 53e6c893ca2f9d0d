"""What the table of samples cannot say of normalisation: statistics that move, outputs that are hidden."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


@pytest.fixture
def batch():
    return np.random.default_rng(1).normal(2, 3, size=(6, 3)).astype("float32")


def _bound(batch, **parameters):
    executor = mx.sym.BatchNorm(mx.sym.Variable("x"), name="bn", **parameters).simple_bind(
        mx.cpu(), x=batch.shape
    )
    executor.arg_dict["x"][:] = batch
    executor.arg_dict["bn_gamma"][:] = 5
    executor.aux_dict["bn_moving_mean"][:] = 1
    executor.aux_dict["bn_moving_var"][:] = 4
    return executor


def _statistics(executor):
    return [executor.aux_dict[name].asnumpy() for name in ("bn_moving_mean", "bn_moving_var")]


@pytest.mark.parametrize("operator", ["BatchNorm", "BatchNorm_v1"])
def test_batch_norm_moves_its_statistics_in_backward_once_per_call(batch, operator):
    executor = getattr(mx.sym, operator)(mx.sym.Variable("x"), name="bn").simple_bind(mx.cpu(), x=batch.shape)
    executor.forward(is_train=True, x=mx.nd.array(batch))
    assert [s.tolist() for s in _statistics(executor)] == [[0, 0, 0], [0, 0, 0]]
    for times in (1, 2):
        executor.backward(mx.nd.ones(batch.shape))
        kept = 0.9**times
        mean, var = _statistics(executor)
        np.testing.assert_allclose(mean, (1 - kept) * batch.mean(0), rtol=1e-5)
        np.testing.assert_allclose(var, (1 - kept) * batch.var(0), rtol=1e-4)


@pytest.mark.parametrize(("is_train", "use_global_stats"), [(False, False), (True, True)])
def test_batch_norm_uses_moving_statistics_outside_of_training_or_if_told(batch, is_train, use_global_stats):
    executor = _bound(batch, use_global_stats=use_global_stats, eps=0.0)
    output = executor.forward(is_train=is_train)[0].asnumpy()
    np.testing.assert_allclose(output, (batch - 1) / 2, rtol=1e-5, atol=1e-6)
    if is_train:
        executor.backward(mx.nd.ones(batch.shape))
    assert [s.tolist() for s in _statistics(executor)] == [[1, 1, 1], [4, 4, 4]]


def test_fixed_gamma_counts_as_one_gets_no_gradient_and_is_overwritten_in_backward(batch):
    executor = _bound(batch)
    output = executor.forward(is_train=True)[0].asnumpy()
    np.testing.assert_allclose(output.std(0), 1, rtol=1e-3)
    executor.backward(mx.nd.array(batch))
    assert executor.grad_dict["bn_gamma"].asnumpy().tolist() == [0, 0, 0]
    assert executor.arg_dict["bn_gamma"].asnumpy().tolist() == [1, 1, 1]


def test_gamma_stays_in_inference(batch):
    executor = _bound(batch)
    executor.forward()
    assert executor.arg_dict["bn_gamma"].asnumpy().tolist() == [5, 5, 5]


def test_the_output_var_of_batch_norm_is_the_inverse_deviation(batch):
    """MXNet calls it `var`; in the old operator it is the variance."""
    for operator, expected in (
        ("BatchNorm", 1 / np.sqrt(batch.var(0) + 1e-3)),
        ("BatchNorm_v1", batch.var(0)),
    ):
        layer = getattr(mx.sym, operator)(mx.sym.Variable("x"), name="bn", output_mean_var=True)
        assert layer.list_outputs() == ["bn_output", "bn_mean", "bn_var"]
        executor = layer.simple_bind(mx.cpu(), x=batch.shape)
        _, mean, var = executor.forward(is_train=True, x=mx.nd.array(batch))
        np.testing.assert_allclose(mean.asnumpy(), batch.mean(0), rtol=1e-5)
        np.testing.assert_allclose(var.asnumpy(), expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("operator", "parameters"),
    [("BatchNorm", {"fix_gamma": False}), ("LayerNorm", {}), ("GroupNorm", {"num_groups": 2})],
)
def test_gradients_of_statistics_are_ignored(operator, parameters):
    layer = getattr(mx.sym, operator)(mx.sym.Variable("x"), name="n", output_mean_var=True, **parameters)
    executor = layer.simple_bind(mx.cpu(), x=(2, 4, 3))
    outputs = executor.forward(is_train=True, x=mx.nd.array(np.random.default_rng(0).normal(size=(2, 4, 3))))
    gradients = []
    for head in (0, 7):
        executor.backward([mx.nd.ones(outputs[0].shape), *(mx.nd.full(o.shape, head) for o in outputs[1:])])
        gradients.append(executor.grad_dict["x"].asnumpy())
    np.testing.assert_array_equal(*gradients)


def test_batch_norm_of_half_precision_keeps_statistics_in_single():
    types = mx.sym.BatchNorm(name="bn").infer_type(bn_data="float16")
    assert [[t.__name__ for t in each] for each in types] == [
        ["float16", "float32", "float32"],
        ["float16"],
        ["float32"] * 2,
    ]


def test_batch_norm_refuses_whole_numbers():
    with pytest.raises(mx.MXNetError, match="expected data of real numbers, but got int32"):
        mx.sym.BatchNorm(name="bn").infer_type(bn_data="int32")


def test_axis_out_of_range_is_named():
    with pytest.raises(mx.MXNetError, match="BatchNorm: axis 3 does not exist in an array of 3 dimensions"):
        mx.sym.BatchNorm(name="bn", axis=3).infer_shape(bn_data=(2, 3, 4))


def test_new_statistics_say_how_they_begin():
    attributes = mx.sym.BatchNorm(name="bn").attr_dict()
    assert attributes["bn_moving_mean"]["__init__"] == '["zero", {}]'
    assert attributes["bn_moving_var"]["__init__"] == '["one", {}]'


@pytest.mark.parametrize(
    ("operator", "parameters", "hidden"),
    [
        ("BatchNorm", {}, ["mean", "var"]),
        ("LayerNorm", {}, ["mean", "std"]),
        ("GroupNorm", {"num_groups": 3}, ["mean", "std"]),
        ("InstanceNorm", {}, ["mean", "var"]),
        ("LRN", {"nsize": 3}, ["tmp_norm"]),
        ("L2Normalization", {}, ["norm"]),
    ],
)
def test_a_monitor_sees_hidden_statistics(operator, parameters, hidden):
    executor = getattr(mx.sym, operator)(mx.sym.Variable("x"), name="n", **parameters).simple_bind(
        mx.cpu(), x=(2, 3, 4, 4)
    )
    seen = []
    executor.set_monitor_callback(lambda name, _: seen.append(name))
    executor.forward()
    assert seen == ["n_output", *(f"n_{name}" for name in hidden)]


def test_group_norm_says_which_channels_it_cannot_divide():
    with pytest.raises(mx.MXNetError, match="5 channels cannot be divided into 2 groups"):
        mx.sym.GroupNorm(name="gn", num_groups=2).infer_shape(gn_data=(2, 5, 3))


def test_local_response_needs_a_channel_in_the_middle():
    with pytest.raises(
        mx.MXNetError, match="nsize must be odd, so that there is a channel in the middle, but is 4"
    ):
        mx.nd.LRN(mx.nd.ones((1, 6, 2, 2)), nsize=4).wait_to_read()


@pytest.mark.parametrize("operator", ["BatchNorm", "InstanceNorm", "GroupNorm", "LRN", "L2Normalization"])
def test_second_derivative_knows_that_statistics_depend_on_the_data(operator):
    """Hidden outputs are kept for the backward pass; differentiating that must not take them for constants."""
    parameters = {
        "BatchNorm": {"fix_gamma": False},
        "GroupNorm": {"num_groups": 2},
        "LRN": {"nsize": 3, "alpha": 0.5},
    }
    layer = getattr(mx.sym, operator)(mx.sym.Variable("x"), name="n", **parameters.get(operator, {}))
    once = mx.sym.sum(mx.sym.square(layer)).gradient(["x"])
    twice = mx.sym.sum(once * mx.sym.Variable("direction")).gradient(["x"])
    random = np.random.default_rng(0)
    shapes = dict(zip(layer.list_arguments(), layer.infer_shape(x=(2, 4, 2, 3))[0], strict=True))
    values = {name: random.normal(size=shape) for name, shape in shapes.items()}
    values["direction"] = random.normal(size=shapes["x"])

    def run(symbol, **changed):
        arrays = {
            k: mx.nd.array(v, dtype="float64")
            for k, v in (values | changed).items()
            if k in symbol.list_arguments()
        }
        aux = {k: mx.nd.ones((4,), dtype="float64") for k in symbol.list_auxiliary_states()}
        return symbol.bind(mx.cpu(), arrays, aux_states=aux).forward(is_train=True)[0].asnumpy()

    step = 1e-5 * values["direction"]
    along = (run(once, x=values["x"] + step) - run(once, x=values["x"] - step)) / 2e-5
    np.testing.assert_allclose(run(twice), along, rtol=1e-5, atol=1e-7)
