"""compiler="onnxruntime" and "openvino": inference in these engines, with the numbers that it has here."""

import gc
import importlib.util

import numpy as np
import pytest

import mxnet as mx
from mxnet.engines import package
from mxnet.engines.signal_stack import signal_stack

pytest.importorskip("onnx")

INSTALLED = [
    pytest.param(
        each,
        marks=pytest.mark.skipif(importlib.util.find_spec(each) is None, reason=f"{each} is not installed"),
    )
    for each in package.ENGINES
]
engines = pytest.mark.parametrize("engine", INSTALLED)


def classifier():
    x = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4, name="conv")
    x = mx.sym.Activation(mx.sym.BatchNorm(x, fix_gamma=False, name="bn"), act_type="relu", name="relu")
    x = mx.sym.Pooling(x, kernel=(2, 2), stride=(2, 2), pool_type="avg", name="pool")
    return mx.sym.SoftmaxOutput(mx.sym.FullyConnected(x, num_hidden=3, name="fc"), name="softmax")


def detector():
    x = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), pad=(1, 1), num_filter=6, name="conv")
    anchors = mx.sym.contrib.MultiBoxPrior(x, sizes=(0.5, 0.3), name="anchors")
    scores = mx.sym.Convolution(x, kernel=(1, 1), num_filter=6, name="scores")
    scores = mx.sym.softmax(mx.sym.Reshape(mx.sym.transpose(scores, (0, 2, 3, 1)), shape=(0, -1, 3)), axis=2)
    boxes = mx.sym.Convolution(x, kernel=(1, 1), num_filter=8, name="boxes")
    boxes = mx.sym.Flatten(mx.sym.transpose(boxes, (0, 2, 3, 1)))
    return mx.sym.contrib.MultiBoxDetection(
        mx.sym.transpose(scores, (0, 2, 1)), boxes, anchors, nms_threshold=0.5, name="detection"
    )


def reader():
    words = mx.sym.Embedding(mx.sym.Variable("data"), input_dim=9, output_dim=5, name="words")
    steps = mx.sym.RNN(
        mx.sym.SwapAxis(words, dim1=0, dim2=1),
        mx.sym.Variable("parameters"),
        mx.sym.zeros((2, 2, 4)),
        mx.sym.zeros((2, 2, 4)),
        state_size=4,
        num_layers=1,
        bidirectional=True,
        mode="lstm",
        name="lstm",
    )
    loss = mx.sym.MakeLoss(mx.sym.sum(mx.sym.square(steps - mx.sym.Variable("target"))), name="loss")
    return mx.sym.Group([steps, loss])  # an output that needs what looks like a label stays


NETWORKS = {
    "classifier": (classifier, {"data": (2, 3, 8, 8)}),
    "detector": (detector, {"data": (2, 3, 6, 6)}),
    "reader": (reader, {"data": (2, 7), "target": (7, 2, 8)}),
}


def bound(network, shapes, **options):
    executor = network.simple_bind(mx.cpu(), grad_req="null", **shapes, **options)
    random = np.random.default_rng(0)
    for name, array in (executor.arg_dict | executor.aux_dict).items():
        array[:] = random.uniform(0.1, 0.5, array.shape) - (0.0 if "var" in name or "gamma" in name else 0.3)
    if "words_weight" in executor.arg_dict:
        executor.arg_dict["data"][:] = random.integers(0, 9, shapes["data"])
    return executor


def check_equal(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one.asnumpy(), other.asnumpy(), rtol=1e-4, atol=1e-5)


@engines
@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_are_those_of_the_network(engine, name):
    make, shapes = NETWORKS[name]
    network = make()
    expected = bound(network, shapes).forward()
    check_equal(bound(network, shapes, compiler=engine).forward(), expected)


@engines
def test_parameters_and_states_that_are_written_later_are_noticed(engine):
    shapes = {"data": (2, 3, 8, 8)}
    ours, theirs = bound(classifier(), shapes), bound(classifier(), shapes, compiler=engine)
    before = theirs.forward()[0].asnumpy()
    for executor in (ours, theirs):
        executor.arg_dict["fc_weight"][:] = mx.nd.arange(executor.arg_dict["fc_weight"].size).reshape((3, -1))
        executor.aux_dict["bn_moving_mean"][1] = 0.7
    check_equal(theirs.forward(), ours.forward())
    assert np.abs(theirs.outputs[0].asnumpy() - before).max() > 1e-3


def test_model_is_made_once_for_parameters_that_stay_and_a_few_times_for_those_that_never_do(monkeypatch):
    pytest.importorskip("onnxruntime")
    made = []
    real = package.ENGINES["onnxruntime"]
    engines_ = {"onnxruntime": lambda model: made.append(1) or real(model)}
    monkeypatch.setattr("mxnet.engines.running.ENGINES", engines_)
    ours = bound(classifier(), {"data": (2, 3, 8, 8)})
    theirs = bound(classifier(), {"data": (2, 3, 8, 8)}, compiler="onnxruntime")
    for _ in range(3):
        theirs.forward(data=mx.nd.ones((2, 3, 8, 8)))
    assert len(made) == 1
    for i in range(9):
        for executor in (ours, theirs):
            executor.arg_dict["fc_bias"][:] = i
        check_equal(theirs.forward(), ours.forward(data=mx.nd.ones((2, 3, 8, 8))))
    assert len(made) == 4


def test_environment_chooses_the_engine_of_a_module(monkeypatch):
    pytest.importorskip("onnxruntime")
    data = mx.io.NDArrayIter({"data": np.random.RandomState(0).rand(4, 3, 8, 8)}, batch_size=2)
    found = []
    for engine in ("", "onnxruntime"):
        monkeypatch.setenv("MXNET_COMPILER", engine)
        module = mx.mod.Module(classifier(), label_names=["softmax_label"])
        module.bind(data.provide_data, for_training=False)
        mx.random.seed(3)
        module.init_params(mx.init.Xavier())
        found.append(module.predict(data))
        module.set_params(
            {**module.get_params()[0], "fc_bias": mx.nd.array([1, 2, 3])}, module.get_params()[1]
        )
        found.append(module.predict(data))
    check_equal(found[2:], found[:2])


def refused(network, shapes, engine="onnxruntime", **options):
    with pytest.raises(mx.MXNetError) as caught:
        network.simple_bind(mx.cpu(), compiler=engine, **shapes, **options).forward()
    return str(caught.value)


def test_training_is_refused_with_the_arguments_whose_gradients_are_wanted():
    pytest.importorskip("onnxruntime")
    executor = classifier().simple_bind(mx.cpu(), compiler="onnxruntime", data=(2, 3, 8, 8))
    executor.forward()
    with pytest.raises(mx.MXNetError, match=r"'onnxruntime' runs inference alone.*'conv_weight'"):
        executor.forward(is_train=True)


def test_what_onnx_cannot_say_is_refused_with_its_node():
    pytest.importorskip("onnxruntime")
    text = refused(mx.sym.erfinv(mx.sym.exp(mx.sym.Variable("x")), name="odd"), {"x": (2,)})
    assert "compiler='onnxruntime'" in text
    assert "erfinv ('odd')" in text


def test_random_numbers_are_refused_because_they_would_be_others():
    pytest.importorskip("onnxruntime")
    noise = mx.sym.random.normal(shape=(2,), name="noise")
    assert "'noise', which draws random numbers" in refused(mx.sym.Variable("x") + noise, {"x": (2,)})


def test_sparse_arguments_are_refused():
    pytest.importorskip("onnxruntime")
    x = mx.sym.Variable("x", stype="csr")
    text = refused(mx.sym.dot(x, mx.sym.Variable("w")), {"x": (2, 3), "w": (3, 2)}, grad_req="null")
    assert "'x', which is not stored densely" in text


def test_monitor_sees_the_nodes_of_the_network():
    pytest.importorskip("onnxruntime")
    executor = bound(classifier(), {"data": (2, 3, 8, 8)}, compiler="onnxruntime")
    seen = []
    executor.set_monitor_callback(lambda name, array: seen.append(name))
    executor.forward()
    assert "relu_output" in seen


@pytest.mark.parametrize("engine", package.ENGINES)
def test_missing_package_is_named_with_what_to_install(engine, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == engine else real(name))
    with pytest.raises(mx.MXNetError, match=rf"needs the package {engine}: pip install 'symnet\["):
        mx.sym.Variable("x").simple_bind(mx.cpu(), x=(2,), compiler=engine)


@engines
def test_signals_are_handled_on_the_same_stack_whichever_model_goes_first(engine):
    before = signal_stack()
    net = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=3)
    first, second = (net.simple_bind(mx.cpu(), grad_req="null", compiler=engine, data=(n, 4)) for n in (1, 2))
    for each in (first, second):
        each.forward()[0].wait_to_read()
    del each, first
    gc.collect()
    del second
    gc.collect()
    after = signal_stack()
    assert (after.address, after.size) == (before.address, before.size)
