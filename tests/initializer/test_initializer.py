"""Initializers: what parameters get, by their names and attributes."""

import logging

import numpy as np
import pytest

import mxnet as mx

I = mx.init  # noqa: E741 - as in the examples of MXNet


def filled(init, name="fc_weight", shape=(2,), **attributes):
    array = mx.nd.full(shape, -77.0)
    init(I.InitDesc(name, attributes), array)
    return array.asnumpy()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("w_weight", 5),
        ("w_bias", 0),
        ("bn_gamma", 1),
        ("bn_beta", 0),
        ("q_min", 0),
        ("q_max", 1),
        ("bias_quantize", 0),
    ],
)
def test_names_say_what_a_parameter_gets(name, value):
    assert (filled(I.Constant(5), name) == value).all()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("bn_moving_mean", 0),
        ("bn_moving_var", 1),
        ("bn_moving_inv_var", 0),
        ("bn_moving_avg", 0),
        ("x_weight", 5),
    ],
)
def test_plain_strings_are_looked_up_in_the_older_list(name, value):
    array = mx.nd.zeros((2,))
    I.Constant(5)(name, array)
    assert (array.asnumpy() == value).all()


def test_plain_strings_know_upsampling_and_spatial_transformers():
    array = mx.nd.zeros((6,))
    I.Uniform()("stn_loc_bias", array)
    assert array.asnumpy().tolist() == [1, 0, 0, 0, 1, 0]
    kernel = mx.nd.zeros((1, 1, 4, 4))
    I.Uniform()("upsampling0", kernel)
    assert kernel.asnumpy()[0, 0, 0].tolist() == [0.0625, 0.1875, 0.1875, 0.0625]


def test_quantized_weights_are_small_integers():
    values = filled(I.Zero(), "w_weight_quantize", (100,))
    assert (values == values.round()).all()
    assert np.abs(values).max() <= 127


def test_the_attribute_of_a_variable_comes_before_its_name():
    assert filled(I.Zero(), "fc_bias", __init__='["constant", {"value": 4}]').tolist() == [4, 4]
    assert filled(I.Zero(), "anything", __init__="one").tolist() == [1, 1]


def test_an_unknown_name_says_what_to_do():
    with pytest.raises(ValueError, match=r"How to initialize 'strange' is not known.*mx\.sym\.Variable"):
        filled(I.Uniform(), "strange")


def test_a_name_is_needed():
    with pytest.raises(TypeError, match="Expected the parameter's name as InitDesc or str, got int"):
        I.Uniform()(3, mx.nd.zeros((2,)))


def test_an_unknown_initializer_suggests_another():
    with pytest.raises(ValueError, match="'xavir' is not a registered initializer.*Did you mean 'xavier'"):
        I.create("xavir")


def test_xavier_needs_two_dimensions():
    with pytest.raises(ValueError, match=r"'w_weight' has the shape \(3,\)"):
        filled(I.Xavier(), "w_weight", (3,))


@pytest.mark.parametrize(
    ("init", "message"),
    [
        (I.Xavier(rnd_type="unifrom"), "rnd_type is 'unifrom'.*Did you mean 'uniform'"),
        (I.Xavier(factor_type="both"), "factor_type is 'both'. Expected one of avg, in, out"),
        (I.Orthogonal(rand_type="even"), "rand_type is 'even'. Expected one of uniform, normal"),
    ],
)
def test_a_wrong_choice_lists_the_right_ones(init, message):
    with pytest.raises(ValueError, match=message):
        filled(init, shape=(3, 3))


def test_the_seed_makes_values_repeatable():
    mx.random.seed(7)
    first = filled(I.Xavier(), shape=(4, 5))
    mx.random.seed(7)
    assert (filled(I.Xavier(), shape=(4, 5)) == first).all()


def test_half_precision_weights_can_be_drawn():
    array = mx.nd.zeros((50, 50), dtype="float16")
    I.Normal(2.0)(I.InitDesc("w_weight"), array)
    assert array.dtype == np.float16
    assert array.asnumpy().std() == pytest.approx(2.0, rel=0.1)


def test_constants_may_be_arrays_and_numpy_numbers():
    assert filled(I.Constant(np.array([1.0, 2.0]))).tolist() == [1, 2]
    assert filled(I.Constant([3.0, 4.0])).tolist() == [3, 4]
    assert I.Constant(mx.nd.array([1, 2])).dumps() == '["constant", {"value": [1.0, 2.0]}]'
    assert I.Normal(np.float32(0.5)).dumps() == '["normal", {"sigma": 0.5}]'


def test_equal_parameters_make_equal_initializers():
    assert I.Normal(0.5) == I.Normal(0.5)
    assert I.Normal(0.5) != I.Normal(0.6)
    assert I.Zero() != I.One()
    assert len({I.Zero(), I.Zero()}) == 1


def test_verbosity_logs_each_parameter(caplog):
    caplog.set_level(logging.INFO)
    init = I.One().set_verbosity(True)
    filled(init, "fc_weight", (4,))
    assert caplog.messages == ["Initialized fc_weight as weight: 1.0"]
    filled(I.One().set_verbosity(True, lambda a: str(a.shape)), "fc_bias", (4,))
    assert caplog.messages[1] == "Initialized fc_bias as bias: (4,)"


def test_load_takes_parameters_by_name(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    path = str(tmp_path / "x.params")
    mx.nd.save(path, {"arg:a_weight": mx.nd.array([1.0, 2.0]), "aux:m": mx.nd.array([3.0])})
    init = I.Load(path, I.Constant(9), verbose=True)
    assert filled(init, "a_weight").tolist() == [1, 2]
    assert filled(init, "m", (1,)).tolist() == [3]
    assert filled(init, "b_weight").tolist() == [9, 9]
    assert caplog.messages[0] == "Initialized a_weight from the loaded parameters"


def test_load_refuses_other_shapes_and_missing_names():
    init = I.Load({"a_weight": mx.nd.zeros((2,))})
    with pytest.raises(ValueError, match=r"'a_weight' has the shape \(3,\), but the loaded array has \(2,\)"):
        filled(init, "a_weight", (3,))
    with pytest.raises(ValueError, match="'a_weigth' is not among the loaded ones.*Did you mean 'a_weight'"):
        filled(init, "a_weigth")


def test_load_needs_names(tmp_path):
    path = str(tmp_path / "x.params")
    mx.nd.save(path, [mx.nd.zeros((2,))])
    with pytest.raises(ValueError, match="holds a list of arrays"):
        I.Load(path)


def test_mixed_takes_the_first_pattern_that_matches():
    init = I.Mixed([".*_out_weight", ".*"], [I.One(), I.Constant(7)])
    assert filled(init, "fc_out_weight").tolist() == [1, 1]
    assert filled(init, "fc_weight").tolist() == [7, 7]


def test_mixed_says_which_patterns_there_are():
    with pytest.raises(ValueError, match=r"'b' matches none of the patterns \['a'\]"):
        filled(I.Mixed(["a"], [I.One()]), "b")
    with pytest.raises(ValueError, match="got 1 patterns and 0 initializers"):
        I.Mixed(["a"], [])


def test_orthogonal_rows_of_a_tall_matrix_are_columns():
    values = filled(I.Orthogonal(scale=2.0, rand_type="normal"), shape=(6, 2, 2))
    assert np.allclose(values.reshape(6, 4).T @ values.reshape(6, 4), 4 * np.eye(4), atol=1e-4)


@pytest.mark.parametrize(
    ("mode", "bidirectional", "layers", "size"),
    [("lstm", False, 2, 204), ("gru", True, 1, 162), ("rnn_tanh", False, 1, 27)],
)
def test_fused_parameters_are_filled_part_by_part(mode, bidirectional, layers, size):
    init = I.FusedRNN(I.Constant(5), 3, layers, mode, bidirectional, forget_bias=2.0)
    values = filled(init, "rnn_parameters", (size,), __init__=init.dumps())
    gates = {"lstm": 4, "gru": 3, "rnn_tanh": 1}[mode]
    biases = 2 * gates * 3 * layers * (2 if bidirectional else 1)
    assert (values[:-biases] == 5).all()
    expected = [2, 0][mode != "lstm"]
    assert set(values[-biases:].tolist()) == {0, expected}


def test_fused_parameters_without_initializer_use_the_network_s():
    init = I.FusedRNN(None, 2, 1, "rnn_relu")
    array = mx.nd.zeros((2 * 3 + 2 * 2 + 4,))
    I.Constant(6)(I.InitDesc("p_parameters", {"__init__": init.dumps()}), array)
    assert array.asnumpy().tolist() == [6] * 10 + [0] * 4


def test_fused_parameters_of_an_impossible_size_are_refused():
    init = I.FusedRNN(I.One(), 3, 1, "lstm")
    with pytest.raises(ValueError, match="100 values are no parameters of 1 layers of lstm with 3 hidden"):
        filled(init, "rnn_parameters", (100,), __init__=init.dumps())


def test_subclasses_say_what_they_lack():
    with pytest.raises(NotImplementedError, match="Incomplete does not define _init_weight"):
        filled(type("Incomplete", (I.Initializer,), {})())


def test_batch_norm_states_start_at_0_and_1():
    net = mx.sym.BatchNorm(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc"), name="bn")
    module = mx.mod.Module(net, label_names=None)
    module.bind([("data", (2, 3))], for_training=False)
    module.init_params(I.Xavier())
    states = module.get_params()[1]
    assert (states["bn_moving_mean"].asnumpy() == 0).all()
    assert (states["bn_moving_var"].asnumpy() == 1).all()


def test_an_input_that_no_module_knows_is_pointed_out():
    with pytest.raises(ValueError, match="'lro_label' is not known. An input must be known to the module"):
        mx.init.Xavier()(mx.init.InitDesc("lro_label"), mx.nd.ones((2, 2)))


def test_the_helpers_of_the_registry_are_there():
    class Two(mx.init.Initializer):
        def _init_weight(self, name, arr):
            arr[:] = 2

    assert mx.init.alias("two", "zwei")(Two) is Two
    array = mx.nd.zeros(2)
    mx.init.create("zwei")("some_weight", array)
    assert array.asnumpy().tolist() == [2, 2]
    assert {"alias", "create", "register"} <= set(mx.init.__all__)
