"""Networks go out as ONNX, run in ONNX Runtime, come back, and run again with the same numbers."""

import logging

import numpy as np
import pytest

import mxnet as mx
from mxnet.contrib import onnx as contrib
from mxnet.engines.package import new_session

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")


def export(network, path, **options):
    made = network.symbol.inference_symbol()
    needed = [name for name in made.list_inputs() if name not in network.parameters]
    shapes = [network.inputs[name].shape for name in needed]
    types = [network.inputs[name].dtype for name in needed]
    return mx.onnx.export_model(
        network.symbol, [network.arguments, network.states], shapes, types, str(path), verify=True, **options
    )


@pytest.mark.parametrize("opset", [None, 13, 11])
def test_a_network_runs_in_onnx_runtime_with_its_own_numbers(network, tmp_path, opset):
    path = export(network, tmp_path / "net.onnx", opset_version=opset)
    found = mx.onnx.compare_model(path, network.symbol.inference_symbol(), network.parameters, network.inputs)
    assert max(found.values()) < 1e-4


def test_a_network_comes_back_and_runs_again(network, tmp_path):
    symbol, arguments, states = contrib.import_model(export(network, tmp_path / "net.onnx"))
    original = network.symbol.inference_symbol()
    assert symbol.list_outputs() == original.list_outputs()
    made = network.run(symbol, {**arguments, **states})
    for ours, wanted in zip(made, network.run(original), strict=True):
        np.testing.assert_allclose(ours.asnumpy(), wanted.asnumpy(), rtol=1e-4, atol=1e-6)


def test_what_came_back_goes_out_again(one_network, tmp_path):
    network = one_network("inception")
    symbol, arguments, states = contrib.import_model(export(network, tmp_path / "net.onnx"))
    again = network._replace(symbol=symbol, arguments=arguments, states=states)
    assert export(again, tmp_path / "again.onnx")


@pytest.mark.parametrize("name", ["lenet", "lstm_unroll", "language_model", "densenet"])
def test_an_open_batch_takes_batches_of_any_size(one_network, tmp_path, name):
    network = one_network(name)
    path = export(network, tmp_path / "net.onnx", dynamic=True)
    shape = (5, *network.inputs["data"].shape[1:])
    larger = {"data": mx.nd.random.uniform(0, 3, shape=shape)}
    made = network.symbol.inference_symbol()
    assert max(mx.onnx.compare_model(path, made, network.parameters, larger).values()) < 1e-4


def test_open_extents_have_the_names_they_are_given(one_network, tmp_path):
    network = one_network("fcn")
    shape = ("images", 3, *network.inputs["data"].shape[2:])
    path = export(network, tmp_path / "net.onnx", dynamic=True, dynamic_input_shapes=[shape])
    extents = onnx.load(path).graph.output[0].type.tensor_type.shape.dim
    assert extents[0].dim_param == "images"


def test_extents_that_cannot_be_open_say_so(one_network, tmp_path):
    with pytest.raises(mx.MXNetError, match="The extents 'batch' cannot be open"):
        export(one_network("text_cnn"), tmp_path / "net.onnx", dynamic=True)


def test_a_network_that_came_with_an_open_batch_keeps_it(one_network, tmp_path):
    network = one_network("lstm_unroll")
    path = export(network, tmp_path / "net.onnx", dynamic=True)
    symbol, arguments, states = contrib.import_model(path)
    larger = network._replace(inputs={"data": mx.nd.ones((7, *network.inputs["data"].shape[1:]))})
    assert larger.run(symbol, {**arguments, **states})[0].shape[0] > 0


def test_the_largest_difference_is_reported(one_network, tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        export(one_network("mlp"), tmp_path / "net.onnx")
    assert "the largest difference in ONNX Runtime is" in caplog.text


def test_what_onnx_cannot_say_is_named_with_its_nodes_and_the_nearest_cut(tmp_path):
    hidden = mx.sym.exp(mx.sym.Variable("data"), name="before")
    net = mx.sym.erfinv(hidden, name="first") + mx.sym.gamma(hidden, name="second")
    with pytest.raises(mx.MXNetError) as caught:
        mx.onnx.export_model(net, {}, [(2, 3)], onnx_file_path=str(tmp_path / "net.onnx"))
    text = str(caught.value)
    assert "erfinv ('first'): ONNX has no such operator" in text
    assert "gamma ('second'): ONNX has no such operator" in text
    assert "The nearest cut: everything up to before_output can be exported" in text
    assert not list(tmp_path.iterdir())


def test_parameters_without_values_are_named(tmp_path):
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    with pytest.raises(mx.MXNetError, match="without values are data, fc_weight, fc_bias"):
        mx.onnx.export_model(net, {}, [(1, 3)], onnx_file_path=str(tmp_path / "net.onnx"))


def test_prefixes_and_files_are_taken_as_by_mxnet(one_network, tmp_path):
    network = one_network("mlp")
    prefix = str(tmp_path / "mlp")
    mx.model.save_checkpoint(prefix, 0, network.symbol, network.arguments, network.states)
    shape = network.inputs["data"].shape
    path = mx.onnx.export_model(
        f"{prefix}-symbol.json", f"{prefix}-0000.params", [shape], np.float32, f"{prefix}.onnx"
    )
    assert contrib.get_model_metadata(path) == {
        "input_tensor_data": [("data", shape)],
        "output_tensor_data": [("softmax_output", (shape[0], 5))],
    }


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'symnet\[onnx\]'"):
        mx.onnx.export_model(mx.sym.Variable("x"), {}, [(1,)])


@pytest.mark.parametrize(
    ("net", "low", "high"),
    [
        (mx.sym.random.uniform(2, 3, shape=(50, 4)), 2, 3),
        (mx.sym.random.normal(100, 1, shape=(50, 4)), 50, 150),
        (mx.sym.random.uniform_like(mx.sym.Variable("data"), low=2, high=3), 2, 3),
        (mx.sym.sample_multinomial(mx.sym.Variable("data"), shape=(4,)), 0, 3),
    ],
    ids=["uniform", "normal", "uniform_like", "multinomial"],
)
def test_random_numbers_are_drawn_in_their_range(tmp_path, net, low, high):
    shapes = [(50, 4)] if net.list_arguments() else []
    path = mx.onnx.export_model(net, {}, shapes, onnx_file_path=str(tmp_path / "net.onnx"))
    session = new_session(path)
    (drawn,) = session.run(None, {name: np.full((50, 4), 0.25, "float32") for name in net.list_arguments()})
    assert drawn.shape == (50, 4)
    assert low <= drawn.min() < drawn.max() <= high


# ------------------------------------------------------------------- known causes of wrong numbers elsewhere


def agrees(net, tmp_path, parameters=None, **shapes):
    inputs = {name: mx.nd.random.normal(shape=shape) for name, shape in shapes.items()}
    order = [name for name in net.list_inputs() if name in shapes]
    path = mx.onnx.export_model(
        net, parameters or {}, [shapes[name] for name in order], onnx_file_path=str(tmp_path / "net.onnx")
    )
    found = mx.onnx.compare_model(path, net.inference_symbol(), parameters or {}, inputs)
    assert max(found.values()) < 1e-5
    return found


DATA = mx.sym.Variable("data")


def test_a_gamma_that_is_fixed_counts_as_one_whatever_is_stored(tmp_path):
    net = mx.sym.BatchNorm(DATA, fix_gamma=True, name="bn")
    ones = {"bn_gamma": 7, "bn_beta": 0.5, "bn_moving_mean": 0.1, "bn_moving_var": 2}
    agrees(net, tmp_path, {name: mx.nd.full((3,), value) for name, value in ones.items()}, data=(2, 3, 4, 4))


@pytest.mark.parametrize("convention", ["valid", "full"])
@pytest.mark.parametrize("kind", ["max", "avg", "sum"])
@pytest.mark.parametrize("pad", [0, 1])
def test_pooling_rounds_as_it_is_told(tmp_path, kind, convention, pad):
    net = mx.sym.Pooling(
        DATA, kernel=(3, 3), stride=(2, 2), pad=(pad, pad), pool_type=kind, pooling_convention=convention
    )
    agrees(net, tmp_path, data=(1, 2, 6, 7))


def test_a_mean_leaves_the_padding_out_where_it_is_told_to(tmp_path):
    net = mx.sym.Pooling(DATA, kernel=(3, 3), pad=(1, 1), pool_type="avg", count_include_pad=False)
    agrees(net, tmp_path, data=(1, 2, 5, 5))


@pytest.mark.parametrize("how", [{"center_crop": True}, {"offset": (1, 2)}])
def test_crop_takes_its_window_from_another_value(tmp_path, how):
    agrees(
        mx.sym.Crop(DATA, mx.sym.Variable("like"), num_args=2, **how),
        tmp_path,
        data=(1, 2, 8, 9),
        like=(1, 1, 4, 5),
    )


@pytest.mark.parametrize("mode", ["instance", "channel", "spatial"])
def test_l2_normalization_adds_its_epsilon_within_the_root(tmp_path, mode):
    agrees(mx.sym.L2Normalization(DATA, mode=mode, eps=0.1), tmp_path, data=(2, 3, 4, 5))


@pytest.mark.parametrize("mode", ["instance", "channel"])
def test_softmax_activation_runs_over_its_axis(tmp_path, mode):
    agrees(mx.sym.SoftmaxActivation(DATA, mode=mode), tmp_path, data=(2, 3, 4, 5))


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("topk", [-1, 6])
def test_a_single_shot_detector_finds_the_same_boxes(tmp_path, force, topk):
    anchors = mx.sym.contrib.MultiBoxPrior(DATA, sizes=(0.4, 0.6), ratios=(1, 2), clip=True)
    places, scores = mx.sym.Variable("places"), mx.sym.Variable("scores")
    found = mx.sym.contrib.MultiBoxDetection(
        mx.sym.softmax(scores, axis=1), places, anchors, force_suppress=force, nms_topk=topk, threshold=0.2
    )
    count = 4 * 4 * 3
    agrees(found, tmp_path, data=(2, 3, 4, 4), places=(2, 4 * count), scores=(2, 4, count))


def test_a_face_detector_s_head_gives_the_same_scores(tmp_path):
    scores = mx.sym.reshape(DATA, shape=(0, 2, -1, 0))
    scores = mx.sym.reshape(mx.sym.SoftmaxActivation(scores, mode="channel"), shape=(0, 4, -1, 0))
    agrees(scores, tmp_path, data=(1, 4, 6, 5))


def test_an_embedding_of_faces_is_the_same(tmp_path):
    flat = mx.sym.FullyConnected(mx.sym.Flatten(DATA), num_hidden=4, name="pre_fc1")
    net = mx.sym.L2Normalization(mx.sym.BatchNorm(flat, fix_gamma=True, eps=2e-5, name="fc1"), name="face")
    parameters = {
        "pre_fc1_weight": mx.nd.random.normal(shape=(4, 12)),
        "pre_fc1_bias": mx.nd.random.normal(shape=(4,)),
        "fc1_gamma": mx.nd.full((4,), 3),
        "fc1_beta": mx.nd.random.normal(shape=(4,)),
        "fc1_moving_mean": mx.nd.random.normal(shape=(4,)),
        "fc1_moving_var": mx.nd.random.uniform(0.5, 2, shape=(4,)),
    }
    agrees(net, tmp_path, parameters, data=(2, 3, 2, 2))
