"""Files of MXNet's quantized networks: what it put in the place of layers for oneDNN is spelled out again."""

import json

import numpy as np
import pytest

import mxnet as mx
from mxnet.ir.fused import spelled_out
from mxnet.ir.records import read_records


def variable(name):
    return {"op": "null", "name": name, "inputs": []}


def node(op, name, inputs, attrs=None, subgraphs=None):
    made = {"op": op, "name": name, "inputs": [[*each, 0] for each in inputs], "attrs": attrs or {}}
    return made if subgraphs is None else made | {"subgraphs": subgraphs}


def graph(nodes, *heads):
    names = [i for i, each in enumerate(nodes) if each["op"] == "null"]
    return {"nodes": nodes, "arg_nodes": names, "heads": [[*each, 0] for each in heads]}


CONVOLUTION = {"kernel": "(1, 1)", "num_filter": "2", "no_bias": "True"}


def layer(with_sum):
    """Return the graph of a convolution, to which something is added, and a ReLU."""
    nodes = [variable("data"), variable("w"), *([variable("other")] if with_sum else [])]
    nodes.append(node("Convolution", "conv", [(0, 0), (1, 0)], CONVOLUTION))
    if with_sum:
        nodes.append(node("elemwise_add", "plus", [(3, 0), (2, 0)]))
    nodes.append(node("Activation", "relu", [(len(nodes) - 1, 0)], {"act_type": "relu"}))
    return graph(nodes, (len(nodes) - 1, 0))


def network(with_sum, quantized=True, **attrs):
    """Return a network of one such layer, whose inputs are converted to integers if it is quantized."""
    nodes = [variable("data"), variable("w")]
    if not quantized:
        inputs = [(0, 0), (1, 0), *([(0, 0)] if with_sum else [])]
        nodes.append(node("_sg_mkldnn_conv", "sg", inputs, {"with_act": "true"}, [layer(with_sum)]))
        return graph(nodes, (2, 0))
    nodes.append(node("_contrib_quantize_v2", "q", [(0, 0)], {"out_type": "auto"}))
    inputs = [(2, 0), (1, 0), *([(2, 0)] if with_sum else []), *[(2, 1), (2, 2)] * (1 + with_sum)]
    attrs = {"quantized": "true", "min_calib_range": "0.0", "max_calib_range": "4.0", **attrs}
    nodes.append(node("_sg_mkldnn_conv", "sg", inputs, attrs, [layer(with_sum)]))
    return graph(nodes, (3, 0), (3, 1), (3, 2))


DATA = np.random.default_rng(0).uniform(-1, 1, (1, 2, 3, 3)).astype("float32")
WEIGHT = np.array([[1, -2], [0.5, 1]], "float32").reshape(2, 2, 1, 1)


def plain(with_sum):
    made = np.einsum("nchw,fc->nfhw", DATA, WEIGHT[:, :, 0, 0]) + (DATA if with_sum else 0)
    return np.maximum(made, 0)


def answers(made):
    symbol = mx.sym.load_json(json.dumps(made))
    arrays = {"data": mx.nd.array(DATA), "w": mx.nd.array(WEIGHT)}
    return [each.asnumpy() for each in symbol.bind(mx.cpu(), arrays).forward()]


@pytest.mark.parametrize("with_sum", [False, True])
def test_quantized_layer_returns_integers_and_the_range_of_calibration(with_sum):
    integers, low, high = answers(network(with_sum))
    assert integers.dtype == np.uint8
    assert (low, high) == (0, 4)
    np.testing.assert_allclose(integers.astype(float) * 4 / 255, plain(with_sum), atol=0.04)


@pytest.mark.parametrize("with_sum", [False, True])
def test_layer_that_is_not_quantized_is_its_graph(with_sum):
    (made,) = answers(network(with_sum, quantized=False))
    np.testing.assert_allclose(made, plain(with_sum), atol=1e-5)


def test_quantized_layer_may_return_real_numbers():
    made = network(with_sum=False, enable_float_output="True")
    made["heads"] = made["heads"][:1]
    np.testing.assert_allclose(answers(made)[0], plain(with_sum=False), atol=0.02)


def test_nodes_keep_their_names():
    symbol = mx.sym.load_json(json.dumps(network(with_sum=True)))
    names = [each.name for each in symbol.get_internals()]
    assert {"q", "sg_dequantize0", "sg_dequantize1", "conv", "plus", "relu", "sg"} <= set(names)


def test_other_graphs_stay_as_they_are():
    _, listing = read_records(json.dumps(layer(with_sum=True)), "a file")
    assert spelled_out(listing) is listing


def test_operator_that_lacks_inputs_of_its_graph_is_left_to_be_refused():
    made = network(with_sum=False, quantized=False)
    made["nodes"][2]["inputs"].pop()
    with pytest.raises(mx.MXNetError, match="_sg_mkldnn_conv"):
        answers(made)
