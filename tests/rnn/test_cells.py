"""Recurrent cells: names, weights, and values as under MXNet 1.9.1."""

import json

import numpy as np
import pytest

import mxnet as mx

FED = {"data": (2, 3, 4)}


def _unrolled(cell, **options):
    outputs, _ = cell.unroll(3, mx.sym.Variable("data"), merge_outputs=True, **options)
    return outputs


def _weights(outputs):
    generator = np.random.default_rng(0)
    shapes = dict(zip(outputs.list_arguments(), outputs.infer_shape(**FED)[0], strict=True))
    return {k: mx.nd.array(generator.uniform(-1, 1, s)) for k, s in shapes.items() if k != "data"}


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        (mx.rnn.RNNCell, "rnn_t0_i2h rnn_t0_h2h _plus0 rnn_t0_out"),
        (
            mx.rnn.GRUCell,
            "gru_t0__i2h gru_t0__i2h_slice gru_t0__h2h gru_t0__h2h_slice _plus1 gru_t0__z_act _rminusscalar0 "
            "_plus0 gru_t0__r_act _mul0 _plus2 gru_t0__h_act _mul1 _mul2 gru_t0_out",
        ),
        (
            mx.rnn.LSTMCell,
            "lstm_t0_i2h lstm_t0_h2h _plus0 lstm_t0_slice lstm_t0_o lstm_t0_f _mul0 lstm_t0_i lstm_t0_c _mul1 "
            "lstm_t0_state activation0 lstm_t0_out",
        ),
    ],
)
def test_nodes_of_a_step_are_named_and_ordered_as_in_mxnet(cell, names):
    with mx.name.NameManager():
        output, _ = cell(2)(mx.sym.Variable("x"), [mx.sym.Variable("a"), mx.sym.Variable("b")])
    nodes = json.loads(output.tojson())["nodes"]
    assert " ".join(node["name"] for node in nodes if node["op"] != "null") == names


def test_arguments_of_an_unrolled_lstm_stand_in_the_order_of_mxnet():
    assert _unrolled(mx.rnn.LSTMCell(2)).list_arguments() == [
        "data",
        "lstm_i2h_weight",
        "lstm_i2h_bias",
        "lstm_h2h_weight",
        "lstm_h2h_bias",
    ]


@pytest.mark.filterwarnings("ignore:FusedRNNCell is faster")
@pytest.mark.parametrize("mode", ["lstm", "gru", "rnn_tanh", "rnn_relu"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_fused_cell_computes_what_its_single_cells_compute(mode, bidirectional):
    fused = mx.rnn.FusedRNNCell(3, num_layers=2, mode=mode, bidirectional=bidirectional)
    outputs = _unrolled(fused)
    weights = _weights(outputs)
    single = fused.unfuse()
    data = mx.nd.array(np.random.default_rng(1).uniform(-1, 1, FED["data"]))
    (expected,) = outputs.eval(data=data, **weights)
    (got,) = _unrolled(single).eval(data=data, **single.pack_weights(fused.unpack_weights(weights)))
    np.testing.assert_allclose(got.asnumpy(), expected.asnumpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.filterwarnings("ignore:FusedRNNCell is faster")
@pytest.mark.parametrize("cell", [mx.rnn.LSTMCell(3), mx.rnn.GRUCell(3), mx.rnn.FusedRNNCell(3, 2)])
def test_packed_weights_are_those_that_were_unpacked(cell):
    weights = _weights(_unrolled(cell))
    packed = cell.pack_weights(cell.unpack_weights(weights))
    assert {k: v.asnumpy().tolist() for k, v in packed.items()} == {
        k: v.asnumpy().tolist() for k, v in weights.items()
    }


def test_a_residual_cell_adds_its_inputs():
    base, data = mx.rnn.RNNCell(4), mx.nd.ones(FED["data"])
    residual = _unrolled(mx.rnn.ResidualCell(mx.rnn.RNNCell(4)))
    weights = _weights(residual)
    (plain,) = _unrolled(base).eval(data=data, **weights)
    (added,) = residual.eval(data=data, **weights)
    np.testing.assert_allclose(added.asnumpy(), plain.asnumpy() + 1, rtol=1e-6)


@pytest.mark.parametrize(
    "cell", [mx.rnn.FusedRNNCell(2), mx.rnn.BidirectionalCell(*map(mx.rnn.RNNCell, (2, 2)))]
)
def test_cells_of_whole_sequences_refuse_steps_and_zoneout(cell):
    with pytest.raises(NotImplementedError, match="call unroll"):
        cell(mx.sym.Variable("x"), [])
    with pytest.raises(AssertionError, match="cannot be stepped"):
        mx.rnn.ZoneoutCell(cell)


def test_a_modified_cell_makes_no_states_of_its_own():
    cell = mx.rnn.RNNCell(2)
    assert [s.name for s in mx.rnn.ResidualCell(cell).begin_state()] == ["rnn_begin_state_0"]
    with pytest.raises(mx.rnn.CellError, match="modifier"):
        cell.begin_state()


def test_convolutional_states_keep_the_size_of_the_convolved_inputs():
    cell = mx.rnn.ConvLSTMCell((1, 2, 6, 6), 3, i2h_stride=(2, 2))
    assert cell.state_shape == [(0, 3, 3, 3)] * 2
    assert cell._prefix == "ConvLSTM_"


def test_a_checkpoint_of_single_cells_is_saved_gate_by_gate(tmp_path):
    cell = mx.rnn.LSTMCell(2)
    outputs = _unrolled(cell)
    weights = _weights(outputs)
    prefix = str(tmp_path / "net")
    mx.rnn.do_rnn_checkpoint(cell, prefix)(0, outputs, weights, {})
    assert "arg:lstm_i2h_f_weight" in mx.nd.load(f"{prefix}-0001.params")
    _, loaded, _ = mx.rnn.load_rnn_checkpoint(cell, prefix, 1)
    assert sorted(loaded) == sorted(weights)


@pytest.mark.parametrize("rates", [(0.5, 0.0), (0.0, 0.5), (0.0, 0.0)])
def test_zoneout_takes_a_name_for_the_output_before_whether_it_is_used_or_not(rates):
    with mx.name.NameManager():
        mx.rnn.ZoneoutCell(mx.rnn.RNNCell(2), *rates).unroll(2, mx.sym.Variable("x"))
        assert mx.sym.zeros((1,)).name == "_zeros1"


@pytest.mark.parametrize("request_", ["null", "write"])
@pytest.mark.parametrize("cell", [mx.rnn.RNNCell(6), mx.rnn.LSTMCell(6), mx.rnn.GRUCell(6)])
def test_a_sequence_of_single_numbers_is_unrolled_like_one_of_vectors(cell, request_):
    found = []
    for shape in ((3, 4), (3, 4, 1)):
        outputs, _ = cell.unroll(4, mx.sym.Variable("data"), merge_outputs=True)
        executor = outputs.simple_bind(mx.cpu(), data=shape, grad_req=request_)
        for seed, name in enumerate(sorted(executor.arg_dict)):
            array = executor.arg_dict[name]
            array[:] = np.random.default_rng(seed).uniform(-1, 1, array.size).reshape(array.shape)
        executor.forward(is_train=request_ == "write")
        found.append([executor.outputs[0].asnumpy()])
        if request_ == "write":
            executor.backward(mx.nd.ones(executor.outputs[0].shape))
            found[-1].append(executor.grad_dict[f"{cell._prefix}i2h_weight"].asnumpy())
    for single, vector in zip(*found, strict=True):
        np.testing.assert_allclose(single, vector, rtol=1e-5, atol=1e-6)
