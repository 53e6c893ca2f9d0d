"""Graphs of integers; the expected ones are what MXNet 1.9.1 makes, but where a test says otherwise."""

import json

import pytest

import mxnet as mx
from mxnet.contrib import quantization as Q

S = mx.sym
data = S.Variable("data")


def relu(x, name):
    return S.Activation(x, act_type="relu", name=name)


def pool(x, name, pool_type="max"):
    return S.Pooling(x, kernel=(2, 2), pool_type=pool_type, name=name)


def lines(symbol):
    """Return the operators of a graph, each as ``name = operator(inputs)``."""
    graph = json.loads(symbol.tojson())
    nodes = graph["nodes"]

    def shown(reference):
        node, output, _ = reference
        name = nodes[node]["name"]
        return f"{name}:{output}" if output else name

    return [
        f"{node['name']} = {node['op'].removeprefix('_contrib_')}({', '.join(map(shown, node['inputs']))})"
        for node in nodes
        if node["op"] != "null"
    ]


def quantized(net, offline=(), **options):
    offline = offline or [name for name in net.list_arguments() if name != "data"]
    return Q._quantize_symbol(net, mx.cpu(), offline_params=offline, **options)[0]


def names(net, **options):
    """Return the names of the nodes of the quantized graph, without requantize."""
    made = (line.split(" = ")[0] for line in lines(quantized(net, **options)))
    return " ".join(name for name in made if not name.startswith("requantize_"))


def test_a_layer_with_weights_computes_with_integers(conv):
    assert lines(quantized(conv(data, "c", no_bias=False))) == [
        "data_quantize = quantize_v2(data)",
        "quantized_c = quantized_conv(data_quantize, c_weight_quantize, c_bias_quantize, data_quantize:1, "
        "data_quantize:2, c_weight_quantize_min, c_weight_quantize_max, c_bias_quantize_min, c_bias_quantize_max)",
        "requantize_c = requantize(quantized_c, quantized_c:1, quantized_c:2)",
        "c_dequantize = dequantize(requantize_c, requantize_c:1, requantize_c:2)",
    ]


def test_parameters_keep_their_order(conv):
    assert quantized(conv(data, "c")).list_arguments() == [
        "data",
        "c_weight_quantize",
        "c_weight_quantize_min",
        "c_weight_quantize_max",
    ]


def test_what_is_no_parameter_is_quantized_in_the_graph(conv):
    net = conv(data, "c", weight=S.square(S.Variable("w"), name="sq"))
    assert "sq_0_quantize = quantize_v2(sq)" in lines(quantized(net))


def test_batch_norm_takes_the_range_of_its_data_alone(conv):
    made = lines(quantized(conv(S.BatchNorm(conv(data, "c"), name="b"), "d")))
    assert (
        "quantized_b = quantized_batch_norm(requantize_c, b_gamma, b_beta, b_moving_mean, b_moving_var, "
        "requantize_c:1, requantize_c:2)"
    ) in made


def test_arrays_that_are_joined_come_before_their_ranges(conv):
    made = lines(quantized(conv(S.Concat(conv(data, "c"), data, name="j"), "d")))
    assert (
        "quantized_j = quantized_concat(requantize_c, data_quantize, requantize_c:1, requantize_c:2, "
        "data_quantize:1, data_quantize:2)"
    ) in made


def test_a_recurrent_network_reads_integers_and_makes_real_numbers():
    net = S.RNN(data, state_size=4, num_layers=1, mode="lstm", name="r")
    assert lines(quantized(net)) == [
        "data_quantize = quantize_asym(data)",
        "quantized_r = quantized_rnn(data_quantize, r_parameters, r_state, r_state_cell, data_quantize:1, "
        "data_quantize:2)",
    ]


def test_notes_on_nodes_stay(conv):
    assert quantized(conv(data, "c", attr={"__note__": "x"})).attr_dict()["quantized_c"]["__note__"] == "x"


SMART = {
    "between two layers": (
        lambda c: c(relu(c(data, "c"), "r"), "d"),
        "data_quantize quantized_c quantized_r quantized_d d_dequantize",
    ),
    "before the first": (lambda c: c(relu(data, "r"), "c"), "r r_output_quantize quantized_c c_dequantize"),
    "after the last": (lambda c: relu(c(data, "c"), "r"), "data_quantize quantized_c c_dequantize r"),
    "a chain": (
        lambda c: S.FullyConnected(S.Flatten(pool(c(data, "c"), "p"), name="f"), num_hidden=2, name="d"),
        "data_quantize quantized_c quantized_p quantized_f quantized_d d_dequantize",
    ),
    "one of two inputs": (
        lambda c: c(S.elemwise_add(S.sigmoid(data, name="s"), c(data, "c", num_filter=3), name="a"), "d"),
        "s s_0_quantize data_quantize quantized_c quantized_a quantized_d d_dequantize",
    ),
    "none of two inputs": (
        lambda c: c(S.elemwise_add(S.sigmoid(data, name="s"), S.sigmoid(data, name="t"), name="a"), "d"),
        "s t a a_output_quantize quantized_d d_dequantize",
    ),
    "no operator for it": (
        lambda c: c(S.LeakyReLU(c(data, "c"), name="l"), "d"),
        "data_quantize quantized_c c_dequantize l l_output_quantize quantized_d d_dequantize",
    ),
    "no operator for its parameters": (
        lambda c: c(S.Activation(c(data, "c"), act_type="tanh", name="t"), "d"),
        "data_quantize quantized_c c_dequantize t t_output_quantize quantized_d d_dequantize",
    ),
    "an embedding": (
        lambda c: S.FullyConnected(
            S.Embedding(data, input_dim=4, output_dim=2, name="e"), num_hidden=2, name="d"
        ),
        "e e_0_quantize quantized_d d_dequantize",
    ),
}


@pytest.mark.parametrize("case", SMART)
def test_smart_mode_quantizes_what_stands_between_layers_with_weights(case, conv):
    make, expected = SMART[case]
    assert names(make(conv)) == expected


def test_a_value_that_both_kinds_need_is_there_in_both(conv):
    x = relu(conv(data, "c"), "r")
    net = S.Group([conv(x, "d"), S.sigmoid(x, name="s")])
    assert names(net) == "data_quantize quantized_c quantized_r quantized_d d_dequantize r_dequantize s"


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda c: c(relu(data, "r"), "c"), "data_quantize quantized_r quantized_c c_dequantize"),
        (lambda c: relu(c(data, "c"), "r"), "data_quantize quantized_c quantized_r r_dequantize"),
        (lambda c: S.Embedding(data, input_dim=4, output_dim=2, name="e"), "quantized_e e_dequantize"),
    ],
)
def test_full_mode_quantizes_whatever_there_is_an_operator_for(make, expected, conv):
    assert names(make(conv), quantize_mode="full") == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"excluded_symbols": ["c"]}, "c r r_output_quantize quantized_d d_dequantize"),
        (
            {"excluded_symbols": ["r"]},
            "data_quantize quantized_c c_dequantize r r_output_quantize quantized_d d_dequantize",
        ),
        ({"excluded_operators": ["Convolution"]}, "c r d"),
    ],
)
def test_nodes_and_operators_are_excluded(options, expected, conv):
    assert names(conv(relu(conv(data, "c"), "r"), "d"), **options) == expected


def test_pooling_that_sums_stays_as_it_is(conv):  # MXNet hands it integers
    net = conv(pool(conv(data, "c"), "p", "sum"), "d")
    assert names(net) == "data_quantize quantized_c c_dequantize p p_output_quantize quantized_d d_dequantize"


@pytest.mark.parametrize("dtype", ["int8", "uint8", "auto"])
def test_the_dtype_is_that_of_what_layers_exchange(dtype, conv):
    net = S.FullyConnected(data, num_hidden=2, no_bias=True, name="f")
    attributes = quantized(net, quantized_dtype=dtype).attr_dict()
    assert attributes["data_quantize"]["out_type"] == attributes["requantize_f"]["out_type"] == dtype


def test_a_convolution_never_reads_integers_without_sign_by_chance(
    conv,
):  # in MXNet it does, and takes them wrongly
    attributes = quantized(conv(data, "c"), quantized_dtype="auto").attr_dict()
    assert attributes["data_quantize"]["out_type"] == "int8"


def test_an_unknown_mode_is_refused(conv):
    with pytest.raises(mx.MXNetError, match="quantize_mode is 'clever'"):
        quantized(conv(data, "c"), quantize_mode="clever")


def test_ranges_are_wanted_where_numbers_become_integers(conv):
    net = conv(
        S.BatchNorm(S.Reshape(conv(data, "c"), shape=(0, 2, -1), name="rs"), name="b"), "d", kernel=(1,)
    )
    net = S.FullyConnected(S.elemwise_add(net, net, name="a"), num_hidden=2, name="f")
    layers = Q._quantize_symbol(net, mx.cpu(), offline_params=net.list_arguments()[1:], quantize_mode="full")[
        1
    ]
    assert layers == ["data", "c_output", "rs_output", "b_output", "d_output", "a_output", "f_output"]


def test_ranges_are_put_in_by_the_names_of_values(conv):
    net = quantized(conv(S.BatchNorm(conv(data, "c"), name="b"), "d"))
    made = Q._calibrate_quantized_sym(
        net, {"data": (-1, 2), "c_output": (-3.5, 4), "b_output": (0, 1), "zz": (5, 6)}
    )
    attributes = made.attr_dict()
    ranges = {
        name: (a["min_calib_range"], a["max_calib_range"])
        for name, a in attributes.items()
        if "min_calib_range" in a
    }
    assert ranges == {
        "data_quantize": ("-1.000000", "2.000000"),
        "requantize_c": ("-3.500000", "4.000000"),
        "quantized_b": ("0.000000", "1.000000"),
    }
    assert "min_calib_range" not in net.attr_dict()["data_quantize"]


@pytest.mark.parametrize("ranges", [{}, None])
def test_without_ranges_the_graph_is_the_same(ranges, conv):
    net = quantized(conv(data, "c"))
    assert Q._calibrate_quantized_sym(net, ranges) is net
