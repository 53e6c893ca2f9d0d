"""Whole networks in integers; what is recorded is what MXNet 1.9.1 answers."""

import logging
import sys
import types

import numpy as np
import pytest

import mxnet as mx
from mxnet.contrib import quantization as Q

S = mx.sym


@pytest.fixture(scope="module")
def digits():
    """Return images of handwritten digits, and what they are."""
    datasets = pytest.importorskip("sklearn.datasets")
    images, labels = datasets.load_digits(return_X_y=True)
    order = np.random.RandomState(0).permutation(len(images))
    return (images[order] / 16).astype("float32").reshape(-1, 1, 8, 8), labels[order].astype("float32")


def batches(digits, part):
    images, labels = digits
    return mx.io.NDArrayIter(images[part], labels[part], 50)


@pytest.fixture(scope="module")
def trained(digits):
    """Return a network that reads digits, with its parameters and how often it is right."""
    with mx.name.NameManager():
        net = S.Convolution(S.Variable("data"), kernel=(3, 3), pad=(1, 1), num_filter=16, name="conv0")
        net = S.Activation(S.BatchNorm(net, fix_gamma=False, name="bn0"), act_type="relu", name="act0")
        net = S.Pooling(net, kernel=(2, 2), stride=(2, 2), pool_type="max", name="pool0")
        net = S.Activation(
            S.Convolution(net, kernel=(3, 3), num_filter=32, name="conv1"), act_type="relu", name="act1"
        )
        net = S.SoftmaxOutput(
            S.FullyConnected(S.Flatten(net, name="flat"), num_hidden=10, name="fc0"), name="softmax"
        )
    mx.random.seed(0)
    module = mx.mod.Module(net)
    module.fit(
        batches(digits, slice(1500)),
        num_epoch=8,
        optimizer="adam",
        optimizer_params={"learning_rate": 0.003},
        initializer=mx.init.Xavier(),
    )
    accuracy = module.score(batches(digits, slice(1500, None)), "acc")[0][1]
    assert accuracy > 0.95
    return net, *module.get_params(), accuracy


def accuracy_of(model, digits):
    symbol, args, aux = model
    module = mx.mod.Module(symbol)
    part = batches(digits, slice(1500, None))
    module.bind(part.provide_data, part.provide_label, for_training=False)
    module.set_params(args, aux)
    return module.score(part, "acc")[0][1]


@pytest.mark.parametrize("dtype", ["int8", "auto"])
@pytest.mark.parametrize("mode", ["naive", "entropy"])
def test_a_quantized_network_is_right_almost_as_often(trained, digits, mode, dtype):
    net, args, aux, accuracy = trained
    model = Q.quantize_model(
        net, args, aux, calib_mode=mode, calib_data=batches(digits, slice(200)), quantized_dtype=dtype
    )
    assert abs(accuracy_of(model, digits) - accuracy) < 0.02


def test_ranges_may_be_found_anew_in_every_batch(trained, digits):
    net, args, aux, accuracy = trained
    model = Q.quantize_model(net, args, aux, calib_mode="none", excluded_sym_names=["bn0"])
    assert abs(accuracy_of(model, digits) - accuracy) < 0.02


def test_weights_take_a_quarter_of_the_space(trained):
    net, args, aux, _ = trained
    _, quantized, _ = Q.quantize_model(net, args, aux, calib_mode="none")
    assert {name for name in quantized if name.startswith("conv1")} == {
        "conv1_weight_quantize",
        "conv1_weight_quantize_min",
        "conv1_weight_quantize_max",
        "conv1_bias_quantize",
        "conv1_bias_quantize_min",
        "conv1_bias_quantize_max",
    }
    assert quantized["conv1_weight_quantize"].dtype == np.int8
    assert quantized["bn0_gamma"].dtype == np.float32


def test_what_a_quantized_network_was_saved_as_computes_the_same(trained, digits, tmp_path):
    net, args, aux, _ = trained
    model = Q.quantize_model(net, args, aux, calib_mode="naive", calib_data=batches(digits, slice(50)))
    mx.model.save_checkpoint(str(tmp_path / "q"), 0, *model)
    assert accuracy_of(mx.model.load_checkpoint(str(tmp_path / "q"), 0), digits) == accuracy_of(model, digits)


def test_a_range_is_that_of_the_batches_looked_at(conv, filled):
    net = conv(S.Variable("data"), "c")
    args, aux = filled(net, data=(4, 3, 4, 4))
    values = np.arange(8 * 48, dtype="float32").reshape(8, 3, 4, 4)
    options = {"label_names": None, "calib_mode": "naive", "calib_data": mx.io.NDArrayIter(values, None, 4)}
    highest = {}
    for enough in (None, 4, 5):
        symbol, _, _ = Q.quantize_model(net, args, aux, num_calib_examples=enough, **options)
        highest[enough] = float(symbol.attr_dict()["data_quantize"]["max_calib_range"])
    assert highest == {None: 383, 4: 191, 5: 383}


def test_layers_to_look_at_are_chosen_by_name(conv, filled):
    net = conv(S.Variable("data"), "c")
    symbol, _, _ = Q.quantize_model(
        net,
        *filled(net, data=(4, 3, 4, 4)),
        label_names=None,
        calib_mode="naive",
        calib_data=mx.io.NDArrayIter(np.ones((4, 3, 4, 4)), None, 4),
        calib_layer=lambda name: name.startswith("c"),
    )
    attributes = symbol.attr_dict()
    assert "min_calib_range" in attributes["requantize_c"]
    assert "min_calib_range" not in attributes["data_quantize"]


def test_a_parameter_of_any_name_is_quantized_and_stays_where_it_is_needed(filled):  # MXNet loses both
    weight = S.Variable("w")
    net = S.FullyConnected(S.Variable("data"), weight, num_hidden=2, no_bias=True, name="fc")
    net = S.Group([net, S.exp(weight, name="e")])
    _, args, _ = Q.quantize_model(net, *filled(net, data=(2, 3)), calib_mode="none")
    assert set(args) == {"w", "w_quantize", "w_quantize_min", "w_quantize_max"}


def test_negative_numbers_in_unsigned_integers_are_warned_of(conv, filled):
    net = conv(S.Variable("data"), "c")
    args, aux = filled(net, data=(4, 3, 4, 4))
    with pytest.warns(UserWarning, match="no negative numbers, but there are some in data") as caught:
        Q.quantize_model(
            net,
            args,
            aux,
            label_names=None,
            calib_mode="naive",
            calib_data=mx.io.NDArrayIter(-np.ones((4, 3, 4, 4)), None, 4),
            quantized_dtype="uint8",
        )
    assert caught[0].filename == __file__


def test_the_steps_may_be_taken_one_by_one(trained, digits):
    net, args, aux, _ = trained
    symbol, quantized, states, collector = Q.quantize_graph(
        net, args, aux, calib_mode="naive", quantize_mode="smart"
    )
    assert collector.include_layer == ["data", "conv0_output", "bn0_output", "conv1_output", "fc0_output"]
    batch = batches(digits, slice(50)).next()
    executor = net.simple_bind(mx.cpu(), data=(50, 1, 8, 8))
    executor.copy_params_from(args, aux)
    executor.set_monitor_callback(collector.collect, monitor_all=True)
    executor.forward(data=batch.data[0])
    stepwise = Q.calib_graph(symbol, args, aux, collector, calib_mode="naive")
    at_once = Q.quantize_model(net, args, aux, calib_mode="naive", calib_data=batches(digits, slice(50)))
    for name, attributes in at_once[0].attr_dict().items():
        if "min_calib_range" in attributes:
            ranges = [
                [float(symbol.attr_dict()[name][f"{end}_calib_range"]) for end in ("min", "max")]
                for symbol in (stepwise[0], at_once[0])
            ]
            assert np.allclose(*ranges, rtol=1e-5)
    assert list(stepwise[1]) == list(quantized)
    assert stepwise[2].keys() == states.keys()


def test_a_collector_of_ones_own_is_used_as_it_is(trained):
    class Fixed:
        include_layer = None
        min_max_dict = {"data": (-2, 2)}

        def collect(self, name, arr):
            pass

    net, args, aux, _ = trained
    mine = Fixed()
    symbol, _, _, collector = Q.quantize_graph(
        net, args, aux, calib_mode="customize", LayerOutputCollector=mine
    )
    assert collector is mine
    symbol, _, _ = Q.calib_graph(symbol, args, aux, collector, calib_mode="customize")
    assert symbol.attr_dict()["data_quantize"]["min_calib_range"] == "-2.000000"


def test_a_network_is_read_from_its_file(trained, tmp_path):
    net, args, aux, _ = trained
    net.save(str(tmp_path / "net.json"))
    symbol, _, _ = Q.quantize_model(str(tmp_path / "net.json"), args, aux, calib_mode="none")
    assert "quantized_conv0_output" in symbol.get_internals().list_outputs()


def test_progress_is_logged(trained, digits, caplog):
    net, args, aux, _ = trained
    caplog.set_level(logging.INFO)
    logger = logging.getLogger("quantizing")
    Q.quantize_model(
        net, args, aux, calib_mode="entropy", calib_data=batches(digits, slice(50)), logger=logger
    )
    assert caplog.messages == [
        "Quantizing the network.",
        "Looked at the layers of 50 samples.",
        "Calculating where to cut numbers off.",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"calib_mode": "nonsense"}, "calib_mode is 'nonsense'. Expected one of 'none', 'naive', 'entropy'"),
        ({"quantized_dtype": "int4"}, "quantized_dtype is 'int4'.* Did you mean 'int8'"),
        ({"quantize_granularity": "x"}, "quantize_granularity is 'x'"),
        ({"calib_mode": "naive"}, "needs calib_data"),
        ({"calib_mode": "naive", "calib_data": np.zeros(3)}, "must be a DataIter, but is ndarray"),
        ({"excluded_sym_names": "fc"}, "excluded_sym_names must be a list of names"),
        ({"excluded_op_names": "fc"}, "excluded_op_names must be a list of names"),
        ({"sym": 3}, "must be a Symbol or the path"),
    ],
)
def test_wrong_arguments_are_named(options, message):
    net = S.FullyConnected(S.Variable("data"), num_hidden=2, no_bias=True, name="fc")
    args = {"fc_weight": mx.nd.ones((2, 3))}
    with pytest.raises(ValueError, match=message) as error:
        Q.quantize_model(
            **{"sym": net, "arg_params": args, "aux_params": {}, "calib_mode": "none", **options}
        )
    assert isinstance(error.value, mx.MXNetError)


def test_a_missing_parameter_is_named():
    net = S.FullyConnected(S.Variable("data"), num_hidden=2, no_bias=True, name="fc")
    symbol, _ = Q._quantize_symbol(net, offline_params=["fc_weight"])
    with pytest.raises(KeyError, match="no parameter 'fc_weight' to quantize"):
        Q._quantize_params(symbol, {}, {})


def test_data_that_nobody_supplies_are_named(conv, filled):
    net = conv(S.Variable("picture"), "c")
    args, aux = filled(net, picture=(4, 3, 4, 4))
    with pytest.raises(mx.MXNetError, match="Neither the data nor the parameters have picture"):
        Q.quantize_model(
            net,
            args,
            aux,
            calib_mode="naive",
            label_names=None,
            calib_data=mx.io.NDArrayIter(np.ones((4, 3, 4, 4)), None, 4),
        )


# ------------------------------------------------------------------------------------------------------- blocks


class Block:
    """Stands in for a block of Gluon: it is exported to files, and made from them."""

    def __init__(self, symbol, args, aux):
        self.model = symbol, args, aux
        self.calls = []

    def hybridize(self):
        self.calls.append("hybridize")

    def __call__(self, *arrays):
        self.calls.append([array.shape for array in arrays])

    def export(self, path, epoch=0):
        mx.model.save_checkpoint(path, epoch, *self.model)

    @staticmethod
    def imports(symbol_file, input_names, param_file=None, ctx=None):
        assert input_names == ["data"]
        prefix = symbol_file.removesuffix("-symbol.json")
        assert param_file == f"{prefix}-0000.params"
        return Block(*mx.model.load_checkpoint(prefix, 0))


@pytest.fixture
def block(conv, filled, monkeypatch):
    gluon = types.ModuleType("mxnet.gluon")
    gluon.SymbolBlock = Block
    monkeypatch.setitem(sys.modules, "mxnet.gluon", gluon)
    net = S.Activation(conv(S.Variable("data"), "c"), act_type="relu", name="r")
    return Block(net, *filled(net, data=(4, 3, 4, 4)))


@pytest.mark.parametrize("quantize", [Q.quantize_net, Q.quantize_net_v2])
def test_a_block_becomes_a_quantized_block(block, quantize):
    loader = [(mx.nd.ones((4, 3, 4, 4)), mx.nd.zeros(4))]
    made = quantize(block, calib_mode="naive", calib_data=loader, data_shapes=[(4, 3, 4, 4)])
    assert block.calls == ["hybridize", [(4, 3, 4, 4)]]
    symbol, args, _ = made.model
    attributes = symbol.attr_dict()
    assert attributes["data_quantize"] == {
        "out_type": "int8",
        "min_calib_range": "1.000000",
        "max_calib_range": "1.000000",
    }
    assert "quantized_r" in attributes
    assert args["c_weight_quantize"].dtype == np.int8


def test_layers_of_a_block_are_excluded_by_part_of_their_names(block):
    made = Q.quantize_net(block, exclude_layers_match=["r"])
    assert "quantized_r" not in made.model[0].attr_dict()


def test_a_block_is_converted_to_mixed_precision(block):
    symbol, args, _ = mx.contrib.amp.convert_hybrid_block(block, cast_optional_params=True).model
    assert "r_output_amp_cast_float32_output" in symbol.list_outputs()
    assert args["c_weight"].dtype == np.float16


def test_calibrating_a_block_needs_data(block):
    with pytest.raises(ValueError, match="needs calib_data"):
        Q.quantize_net(block, calib_mode="naive")


def test_what_cannot_be_exported_is_no_block():
    with pytest.raises(AssertionError, match="Expected a HybridBlock"):
        Q.quantize_net(3)


def test_without_gluon_there_are_no_blocks(block, monkeypatch):
    monkeypatch.setitem(sys.modules, "mxnet.gluon", None)
    with pytest.raises(ImportError, match=r"mxnet.gluon, which is not there"):
        Q.quantize_net(block)
