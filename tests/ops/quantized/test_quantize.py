"""What a table of calls cannot say of the quantize family; the numbers are real MXNet 1.9.1's."""

import json

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError

contrib = mx.nd.contrib


def _array(values, dtype="float32"):
    return mx.nd.array(np.array(values), dtype=dtype)


DATA = [-10, -3, -1.5, -0.25, 0, 0.3, 1.4, 2.4999, 3, 10]


@pytest.mark.parametrize(
    ("dtype", "integers", "low"),
    [
        ("uint8", [0, 0, 0, 0, 0, 26, 119, 212, 255, 255], -2),
        ("int8", [-128, -127, -64, -11, 0, 13, 59, 106, 127, 127], -3),
    ],
)
def test_quantize_saturates_and_rounds_half_to_even(dtype, integers, low):
    output, least, most = contrib.quantize(_array(DATA), _array([-2]), _array([3]), out_type=dtype)
    assert output.asnumpy().tolist() == integers
    assert (least.asscalar(), most.asscalar()) == (low, 3)


def test_quantize_v2_finds_the_range_in_the_data_unless_it_is_calibrated():
    _, least, most = contrib.quantize_v2(_array(DATA).abs() + 1, out_type="uint8")
    assert (least.asscalar(), most.asscalar()) == (1, 11)
    output, least, most = contrib.quantize_v2(
        _array(DATA), min_calib_range=0, max_calib_range=3, out_type="auto"
    )
    assert output.dtype == np.uint8
    assert output.asnumpy().tolist() == [0, 0, 0, 0, 0, 26, 119, 213, 255, 255]
    assert (least.asscalar(), most.asscalar()) == (0, 3)


def test_quantize_v2_leaves_bytes_alone():
    output, least, most = contrib.quantize_v2(_array([1, 200], "uint8"))
    assert output.asnumpy().tolist() == [1, -56]
    assert (least.asscalar(), most.asscalar()) == (0, 255.5)


def test_quantize_of_zeros_with_an_empty_range_is_zero():
    assert contrib.quantize(_array([0, 0]), _array([0]), _array([0]))[0].asnumpy().tolist() == [0, 0]


def test_quantizing_and_dequantizing_loses_at_most_a_step():
    data = mx.nd.array(np.random.default_rng(0).normal(size=(5, 7)))
    back = contrib.dequantize(*contrib.quantize_v2(data))
    step = float(data.abs().max().asscalar()) / 127
    assert np.abs((back - data).asnumpy()).max() <= step


def test_quantize_asym_covers_the_range_with_all_levels():
    data = _array([-1, 0, 0.5, 3])
    output, scale, shift = contrib.quantize_asym(data)
    assert output.asnumpy()[[0, -1]].tolist() == [0, 255]
    np.testing.assert_allclose(
        ((output.astype("float32") - shift) / scale).asnumpy(), data.asnumpy(), atol=0.01
    )


def test_requantize_finds_the_range_in_the_data():
    data = _array([-(2**29), -(10**8), -5, 0, 5, 10**8, 2**28, 2**29], "int32")
    output, least, most = contrib.requantize(data, _array([-40]), _array([30]))
    assert output.asnumpy().tolist() == [-127, -24, 0, 0, 0, 24, 64, 127]
    assert (least.asscalar(), most.asscalar()) == (-10, 10)
    output, least, most = contrib.requantize(data, _array([-40]), _array([30]), out_type="uint8")
    assert output.asnumpy().tolist() == [0, 0, 0, 0, 0, 47, 128, 255]
    assert (least.asscalar(), most.asscalar()) == (0, 10)


def test_convolution_adds_the_bias_as_it_is_and_the_dense_layer_converts_it():
    data, weight, bias = _array([[[[3]]]], "uint8"), _array([[[[2]]]], "int8"), _array([48], "int8")
    ranges = {
        "min_data": [0],
        "max_data": [2.5],
        "min_weight": [-1],
        "max_weight": [1],
        "min_bias": [-1.5],
        "max_bias": [1],
    }
    ranges = {name: _array(end) for name, end in ranges.items()}
    convolved, *_ = contrib.quantized_conv(
        data=data, weight=weight, bias=bias, **ranges, kernel=(1, 1), num_filter=1
    )
    assert convolved.asscalar() == 6 + 48
    dense, *_ = contrib.quantized_fully_connected(
        data=data, weight=weight.reshape((1, 1)), bias=bias, **ranges, num_hidden=1
    )
    assert dense.asscalar() == 6 + int(48 * 1.5 * 255.5 / 2.5)


def test_convolution_of_signed_data_converts_the_bias_as_the_dense_layer_does():
    data, weight, bias = _array([[3, -7]], "int8"), _array([[2, 5]], "int8"), _array([47], "int8")
    ranges = {
        f"{end}_{name}": _array([value])
        for name, least, most in (("data", -2.5, 1), ("weight", -1, 1), ("bias", -1.5, 1))
        for end, value in (("min", least), ("max", most))
    }
    dense, *_ = contrib.quantized_fully_connected(data, weight, bias, num_hidden=1, **ranges)
    convolved, *_ = contrib.quantized_conv(
        data.reshape((1, 2, 1, 1)), weight.reshape((1, 2, 1, 1)), bias, kernel=(1, 1), num_filter=1, **ranges
    )
    assert (
        convolved.asnumpy().ravel() == dense.asnumpy().ravel() == 3 * 2 - 7 * 5 + int(47 * 1.5 / 2.5 * 127.5)
    )


def test_sums_of_many_products_are_exact():
    n = 2000
    data, weight = _array(np.full((1, n), 255), "uint8"), _array(np.full((1, n), 127), "int8")
    weight[0, 0] = 126
    one = _array([1])
    sums, *_ = contrib.quantized_fully_connected(
        data=data,
        weight=weight,
        min_data=-one,
        max_data=one,
        min_weight=-one,
        max_weight=one,
        num_hidden=1,
        no_bias=True,
    )
    assert sums.asscalar() == 255 * (127 * n - 1)


def test_sum_of_bytes_of_both_kinds_is_signed():
    ends = [_array([0]), _array([2]), _array([-1]), _array([1.5])]
    lhs, rhs = _array([31, 29, 36, 100, 0], "uint8"), _array([31, -29, -36, 100, -128], "int8")
    output, *_ = contrib.quantized_elemwise_add(lhs, rhs, *ends, min_calib_range=-1, max_calib_range=2)
    assert output.dtype == np.int8
    assert output.asnumpy().tolist() == [38, -8, -9, 125, -96]


def test_concat_of_bytes_of_both_kinds_is_signed():
    ends = [_array([0]), _array([2]), _array([-1]), _array([1.5])]
    output, least, most = contrib.quantized_concat(
        _array([[29, 77, 200]], "uint8"), _array([[29, 77, -67]], "int8"), *ends, num_args=2
    )
    assert output.asnumpy().tolist() == [[14, 38, 100, 22, 58, -50]]
    assert (least.asscalar(), most.asscalar()) == (-1, 2)


def test_product_with_a_calibrated_range_cuts_off_fractions():
    lhs, rhs = _array([31, -29, -36, 100], "int8"), _array([19, -3, -94, 100], "int8")
    ends = [_array([-2]), _array([1]), _array([-1]), _array([1.5])]
    output, *_ = contrib.quantized_elemwise_mul(lhs, rhs, *ends, min_calib_range=-1, max_calib_range=2)
    assert output.asnumpy().tolist() == [6, 1, 39, 117]


def test_recurrent_layers_compute_with_what_the_bytes_stand_for():
    random = np.random.default_rng(1)
    data = mx.nd.array(random.uniform(-1, 1, (5, 2, 4)))
    parameters = mx.nd.array(random.uniform(-0.5, 0.5, 108))
    state = mx.nd.zeros((1, 2, 3))
    options = {"state_size": 3, "num_layers": 1, "mode": "lstm"}
    quantized, scale, shift = contrib.quantize_asym(data)
    output = contrib.quantized_rnn(quantized, parameters, state, state, scale, shift, **options)
    expected = mx.nd.RNN(data, parameters, state, state, **options)
    np.testing.assert_allclose(output.asnumpy(), expected.asnumpy(), atol=0.01)


def test_files_have_the_states_of_batch_norm_before_the_range():
    symbol = mx.sym.contrib.quantized_batch_norm(name="bn", min_calib_range=-1, max_calib_range=1)
    nodes = json.loads(symbol.tojson())["nodes"]
    names = [nodes[node]["name"] for node, *_ in nodes[-1]["inputs"]]
    slots = ("data", "gamma", "beta", "moving_mean", "moving_var", "min_data", "max_data")
    assert names == [f"bn_{slot}" for slot in slots]
    again = mx.sym.load_json(symbol.tojson())
    assert again.list_arguments() == symbol.list_arguments()
    assert again.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]


BYTES = _array([[1, 2]], "int8")
END = _array([1])


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ("float64", lambda: contrib.quantize(_array([1], "float64"), END, END)),
        ("float64", lambda: contrib.quantize_v2(_array([1], "float64"))),
        ("int32", lambda: contrib.dequantize(_array([1], "int32"), END, END)),
        ("int8", lambda: contrib.requantize(BYTES, END, END)),
        ("int8", lambda: contrib.quantize_asym(BYTES)),
        ("'relu' only", lambda: contrib.quantized_act(BYTES, END, END, act_type="tanh")),
        ("float32", lambda: contrib.quantized_act(END, END, END, act_type="relu")),
        ("'max' only", lambda: contrib.quantized_pooling(BYTES, END, END, kernel=(1, 1), pool_type="sum")),
        ("4 or 5 dimensions", lambda: contrib.quantized_pooling(BYTES, END, END, kernel=(1, 1))),
        ("of one shape", lambda: contrib.quantized_elemwise_add(BYTES, BYTES[:, :1], END, END, END, END)),
        ("of one shape", lambda: contrib.quantized_elemwise_mul(BYTES, BYTES[0], END, END, END, END)),
        ("uint8", lambda: contrib.quantized_elemwise_mul(*[BYTES.astype("uint8")] * 2, END, END, END, END)),
        ("float32", lambda: contrib.quantized_concat(END, END, END, END, END, END, num_args=2, dim=0)),
        (
            "needs min_calib_range",
            lambda: contrib.quantized_batch_norm(BYTES, *[_array([1, 1])] * 4, END, END),
        ),
        (
            "use_sequence_length",
            lambda: mx.sym.contrib.quantized_rnn(
                state_size=1, num_layers=1, mode="gru", use_sequence_length=True
            ),
        ),
    ],
)
def test_bad_input_is_refused(message, call):
    with pytest.raises(MXNetError, match=message):
        call()
