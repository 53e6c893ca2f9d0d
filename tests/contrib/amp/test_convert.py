"""Graphs of mixed precision; the expected ones are what MXNet 1.9.1 makes, but where a test says otherwise."""

import json

import numpy as np
import pytest

import mxnet as mx
from mxnet.contrib import amp

S = mx.sym
a, b = S.Variable("a"), S.Variable("b")


def fc(data, name, **options):
    return S.FullyConnected(data, num_hidden=2, no_bias=True, name=name, **options)


def lines(symbol):
    """Return the operators of a graph, each as ``name = operator(inputs)``, with casts in short."""
    graph = json.loads(symbol.tojson(remove_amp_cast=False))
    nodes = graph["nodes"]

    def shown(reference):
        node, output, _ = reference
        name = nodes[node]["name"]
        return f"{name}:{output}" if output else name

    made = [
        f"{node['name']} = {node['op']}({', '.join(map(shown, node['inputs']))})"
        for node in nodes
        if node["op"] != "null"
    ]
    return [*made, "-> " + ", ".join(map(shown, graph["heads"]))]


def test_operators_that_gain_get_narrow_inputs_and_outputs_are_float32():
    assert lines(amp.convert_symbol(fc(a, "f"))) == [
        "a_amp_cast_float16 = amp_cast(a)",
        "f_weight_amp_cast_float16 = amp_cast(f_weight)",
        "f = FullyConnected(a_amp_cast_float16, f_weight_amp_cast_float16)",
        "f_output_amp_cast_float32 = amp_cast(f)",
        "-> f_output_amp_cast_float32",
    ]


def test_operators_in_between_take_what_comes():
    net = fc(S.relu(S.BatchNorm(fc(a, "f"), name="bn"), name="r"), "g")
    made = lines(amp.convert_symbol(net))
    assert "bn = BatchNorm(f, bn_gamma, bn_beta, bn_moving_mean, bn_moving_var)" in made
    assert "g = FullyConnected(r, g_weight_amp_cast_float16)" in made


def test_operators_that_need_float32_get_it_once_for_all():
    x = fc(a, "f")
    assert lines(amp.convert_symbol(S.Group([S.exp(x, name="e"), S.log(x, name="l")])))[3:] == [
        "f_output_amp_cast_float32 = amp_cast(f)",
        "e = exp(f_output_amp_cast_float32)",
        "l = log(f_output_amp_cast_float32)",
        "-> e, l",
    ]


def test_variables_are_float32_for_operators_that_need_it():
    assert lines(amp.convert_symbol(S.exp(a, name="e"))) == ["e = exp(a)", "-> e"]


def test_outputs_of_which_nothing_is_known_are_cast():
    assert lines(amp.convert_symbol(S.relu(a, name="r"))) == [
        "r = relu(a)",
        "r_0_amp_cast_float32 = amp_cast(r)",
        "-> r_0_amp_cast_float32",
    ]


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ((fc(a, "f"), fc(b, "g")), "w = elemwise_add(f, g)"),
        ((fc(a, "f"), S.exp(b, name="e")), "w = elemwise_add(f_output_amp_cast_float32, e)"),
        ((S.exp(a, name="d"), S.exp(b, name="e")), "w = elemwise_add(d, e)"),
        ((fc(a, "f"), b), "w = elemwise_add(f_output_amp_multicast, f_output_amp_multicast:1)"),
        ((a, b), "w = elemwise_add(a_amp_multicast, a_amp_multicast:1)"),
    ],
)
def test_operators_that_need_one_dtype_get_the_widest(inputs, expected):
    assert expected in lines(amp.convert_symbol(S.elemwise_add(*inputs, name="w")))


def test_a_condition_on_a_parameter_makes_an_operator_float32():
    made = lines(amp.convert_symbol(S.Activation(fc(a, "f"), act_type="softrelu", name="act")))
    assert "act = Activation(f_output_amp_cast_float32)" in made
    made = lines(amp.convert_symbol(S.Activation(fc(a, "f"), act_type="relu", name="act")))
    assert "act = Activation(f)" in made


def test_excluded_nodes_stay_float32():
    made = lines(amp.convert_symbol(fc(fc(a, "f"), "g"), excluded_sym_names=["g"]))
    assert "g = FullyConnected(f_output_amp_cast_float32, g_weight)" in made


def test_the_lists_of_the_user_take_the_place_of_the_defaults():
    net = S.exp(S.softmax(fc(a, "f"), name="s"), name="e")
    made = lines(amp.convert_symbol(net, fp32_ops=["exp"]))
    assert made[3:] == [
        "s = softmax(f)",
        "s_output_amp_cast_float32 = amp_cast(s)",
        "e = exp(s_output_amp_cast_float32)",
        "-> e",
    ]


def test_fewer_operators_compute_in_bfloat16():
    made = lines(amp.convert_symbol(S.Flatten(fc(a, "f"), name="flat"), target_dtype="bfloat16"))
    assert made[-3:] == [
        "f_output_amp_cast_float32 = amp_cast(f)",
        "flat = Flatten(f_output_amp_cast_float32)",
        "-> flat",
    ]


def test_names_of_variables_and_notes_on_them_stay():
    net = fc(S.Variable("q", lr_mult=2), "f")
    converted = amp.convert_symbol(net)
    assert (converted.list_arguments(), converted.attr_dict()["q"]["lr_mult"]) == (["q", "f_weight"], "2")
    converted.get_internals()["f_output"]._set_attr(__note__="x")
    assert "__note__" not in net.attr_dict()["f"]


def test_parameters_become_narrow_if_asked_for():
    converted = amp.convert_symbol(S.exp(fc(a, "f") + b), data_names=["a"], cast_optional_params=True)
    assert "f = FullyConnected(a_amp_cast_float16, f_weight)" in lines(converted)
    attributes = converted.attr_dict()
    assert (attributes["f_weight"]["__dtype__"], attributes["b"]["__dtype__"]) == ("2", "0")


def test_a_narrow_parameter_is_cast_for_those_that_need_float32():  # MXNet lets them compute in float16
    weight = S.Variable("w")
    net = S.Group([fc(a, "f", weight=weight), S.exp(weight, name="e")])
    assert "e = exp(w_amp_cast_float32)" in lines(
        amp.convert_symbol(net, data_names=["a"], cast_optional_params=True)
    )


def test_the_body_of_a_loop_gets_float32():  # MXNet refuses such a network
    out, _ = S.contrib.foreach(
        lambda data, state: (fc(data, "g") + state, state), fc(a, "f", flatten=False), b
    )
    shapes = {"a": (4, 1, 3), "f_weight": (2, 3), "g_weight": (2, 2), "b": (1, 2)}
    executor = amp.convert_symbol(out).simple_bind(mx.cpu(), **shapes)
    assert executor.forward()[0].dtype == np.float32


def test_a_layer_in_no_list_cannot_have_narrow_data_and_wide_weights():
    with pytest.raises(mx.MXNetError, match="FullyConnected 'g'"):
        amp.convert_symbol(
            fc(S.Convolution(a, kernel=(1,), num_filter=2), "g"), target_dtype_ops=["Convolution"]
        )


def test_variables_of_real_numbers_become_float32_and_integers_stay():  # MXNet makes integers float32, too
    net = S.Embedding(
        S.Variable("i", dtype="int32"), S.Variable("w", dtype="float16"), input_dim=3, output_dim=2
    )
    attributes = amp.convert_symbol(fc(net, "f")).attr_dict()
    assert (attributes["i"]["__dtype__"], attributes["w"]["__dtype__"]) == ("4", "0")


def test_the_saved_file_has_casts_only_if_asked_for(tmp_path):
    converted = amp.convert_symbol(fc(a, "f"))
    converted.save(str(tmp_path / "with.json"), remove_amp_cast=False)
    converted.save(str(tmp_path / "without.json"))
    assert lines(S.load(str(tmp_path / "with.json"))) == lines(converted)
    assert lines(S.load(str(tmp_path / "without.json"))) == ["f = FullyConnected(a, f_weight)", "-> f"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sym": 5}, "takes a Symbol, not 5"),
        ({"target_dtype": "float64"}, "float16 or bfloat16, not with 'float64'"),
        ({"excluded_sym_names": "f"}, "excluded_sym_names must be a list of names"),
        ({"fp32_ops": ["Convolutoin"]}, "no operator. Did you mean 'Convolution'"),
        ({"fp32_ops": ["Convolution"]}, "'Convolution' is in two lists, target_dtype_ops and fp32_ops"),
        ({"fp32_ops": ["elemwise_add"]}, "'elemwise_add', which takes the widest dtype"),
        ({"conditional_fp32_ops": [("Activation", "act_type", "relu")]}, "lists of values"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(AssertionError, match=message) as error:
        amp.convert_symbol(**{"sym": fc(a, "f"), **arguments})
    assert isinstance(error.value, mx.MXNetError)


def test_data_names_are_variables():
    with pytest.raises(mx.MXNetError, match="data_names has 'f_wieght', .* Did you mean 'f_weight'"):
        amp.convert_symbol(fc(a, "f"), data_names=["f_wieght"])


# ---------------------------------------------------------------------------------------------------- that runs


def digits():
    """Return a small network, its parameters and its input, with their output in float32."""
    net = S.Convolution(S.Variable("data"), kernel=(3, 3), num_filter=4, name="conv")
    net = S.Activation(S.BatchNorm(net, fix_gamma=False, name="bn"), act_type="relu")
    net = S.softmax(S.FullyConnected(net, num_hidden=3, name="fc"), name="prob")
    shapes, _, aux_shapes = net.infer_shape(data=(2, 3, 5, 5))
    rng = np.random.RandomState(0)
    args = {
        name: mx.nd.array(rng.randn(*shape) * 0.3)
        for name, shape in zip(net.list_arguments(), shapes, strict=True)
    }
    aux = {
        name: mx.nd.array(rng.rand(*shape) + 0.5)
        for name, shape in zip(net.list_auxiliary_states(), aux_shapes, strict=True)
    }
    data = {"data": args.pop("data")}
    return net, args, aux, data, net.bind(mx.cpu(), {**args, **data}, aux_states=aux).forward()[0].asnumpy()


@pytest.mark.parametrize("cast_optional_params", [False, True])
@pytest.mark.parametrize(("dtype", "error"), [("float16", 2e-3), ("bfloat16", 2e-2)])
def test_a_converted_model_computes_almost_the_same(dtype, error, cast_optional_params):
    net, args, aux, data, expected = digits()
    model = amp.convert_model(net, args, aux, dtype, cast_optional_params=cast_optional_params)
    output = model[0].bind(mx.cpu(), {**model[1], **data}, aux_states=model[2]).forward()[0]
    assert output.dtype == np.float32
    assert 0 < np.abs(output.asnumpy() - expected).max() < error


def test_narrow_parameters_take_half_the_space_and_those_of_batch_norm_stay():
    net, args, aux, _, _ = digits()
    _, converted, states = amp.convert_model(net, args, aux, cast_optional_params=True)
    assert {name for name, array in converted.items() if array.dtype == np.float16} == {
        "conv_weight",
        "conv_bias",
        "fc_weight",
        "fc_bias",
    }
    assert {array.dtype for array in states.values()} == {np.float32}


def test_gradients_come_back_in_the_dtype_of_the_parameters():
    net, args, aux, data, _ = digits()
    converted, args, aux = amp.convert_model(net, args, aux)
    args |= data
    gradients = {name: mx.nd.zeros_like(array) for name, array in args.items()}
    executor = converted.bind(mx.cpu(), args, args_grad=gradients, aux_states=aux)
    executor.forward(is_train=True)
    executor.backward(mx.nd.array([[1, 0, 0], [0, 1, 0]]))
    assert {array.dtype for array in gradients.values()} == {np.float32}
    assert all(np.isfinite(array.asnumpy()).all() and array.asnumpy().any() for array in gradients.values())


@pytest.mark.parametrize("arguments", [(3, {}), ({}, None), ({"f_weight": 3}, {})])
def test_parameters_are_dictionaries_of_arrays(arguments):
    with pytest.raises(AssertionError, match="_params must be a dictionary"):
        amp.convert_model(fc(a, "f"), *arguments)


@pytest.mark.parametrize("cast_optional_params", [False, True])
def test_a_bucketing_module_is_converted_with_all_its_networks(cast_optional_params):
    def generate(key):
        net = S.sum(S.Reshape(S.Variable("data"), shape=(0, -1, 2)), axis=1)
        net = S.FullyConnected(net, num_hidden=3, name="fc")
        return S.SoftmaxOutput(net, name="softmax"), ("data",), ("softmax_label",)

    def batch(key):
        return mx.io.DataBatch(
            [mx.nd.ones((2, key))],
            [mx.nd.zeros(2)],
            bucket_key=key,
            provide_data=[("data", (2, key))],
            provide_label=[("softmax_label", (2,))],
        )

    module = mx.mod.BucketingModule(generate, default_bucket_key=8)
    module.bind([("data", (2, 8))], [("softmax_label", (2,))])
    module.init_params(mx.init.One())
    converted = amp.convert_bucketing_module(module, cast_optional_params=cast_optional_params)
    assert not converted.binded
    converted.bind([("data", (2, 8))], [("softmax_label", (2,))])
    for key in (8, 4):
        converted.forward(batch(key), is_train=False)
        operators = json.loads(converted.symbol.tojson(remove_amp_cast=False))["nodes"]
        assert any(node["op"] == "amp_cast" for node in operators)
        assert np.allclose(converted.get_outputs()[0].asnumpy(), 1 / 3)
    assert converted.get_params()[0]["fc_weight"].dtype == (
        np.float16 if cast_optional_params else np.float32
    )


def test_only_a_bucketing_module_is_one():
    with pytest.raises(AssertionError, match="takes a BucketingModule, not 3"):
        amp.convert_bucketing_module(3)
