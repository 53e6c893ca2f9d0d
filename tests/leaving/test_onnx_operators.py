"""Every operator that says what it is in ONNX computes there, in ONNX Runtime, what it computes here."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from mxnet.engines.inference import NothingLeftError, inference_graph
from mxnet.engines.onnx_model import Input, NotInOnnxError, onnx_model

GOLDEN = Path(__file__).parents[1] / "golden"
sys.path.insert(0, str(GOLDEN))
import check_ops  # noqa: E402 - it lies there

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
LACKING = onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented
FAILING = onnxruntime.capi.onnxruntime_pybind11_state.RuntimeException

CASES = sorted((GOLDEN / "ops").glob("*.json"))
OPSET = 21
OF_NANS = {"Activation-022", "argmax-011", "argmin-011", "max-023", "max-024", "min-023", "min-024"}
"""Where MXNet has its own rule for what is not a number."""


def session_of(model):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])


def forward_cases(path):
    data = dict(np.load(path.with_suffix(".npz"))) if path.with_suffix(".npz").exists() else {}
    for case in json.loads(path.read_text())["cases"]:
        if case["kind"] == "forward" and case["id"] not in OF_NANS:
            yield case, {key.removeprefix(case["id"] + "/"): each for key, each in data.items()}


def ours(symbol, arrays, states):
    values = [{name: mx.nd.array(a, dtype=a.dtype) for name, a in each.items()} for each in (arrays, states)]
    executor = symbol.bind(mx.cpu(), values[0], grad_req="null", aux_states=values[1] or None)
    return [output.asnumpy() for output in executor.forward(is_train=False)]


def problem_of(case, data, opset, names):
    symbol = check_ops.compose(mx, case)
    arrays = {each["name"]: data["in/" + each["name"]] for each in case.get("inputs", [])}
    arrays = {name: array for name, array in arrays.items() if name in symbol.list_inputs()}
    states = {each["name"]: data["aux/" + each["name"]] for each in case.get("aux", [])}
    inputs = [
        Input(name, array.shape, str(array.dtype), names(array) if names else {})
        for name, array in arrays.items()
    ]
    try:
        graph = inference_graph(symbol.graph)
        model = onnx_model(graph, states, inputs, opset)
    except (NothingLeftError, NotInOnnxError):
        return None
    except mx.MXNetError:
        if names:  # extents that cannot be open
            return None
        raise
    wanted = ours(mx.sym.Symbol(graph.outputs), arrays, states)
    onnx.checker.check_model(model, full_check=True)
    try:
        session = session_of(model)
        found = session.run(None, {each.name: arrays[each.name] for each in session.get_inputs()})
    except (LACKING, FAILING):
        single = all(array.dtype == "float32" for array in arrays.values())
        if single and case["op"] != "linalg.det":  # which ONNX Runtime knows in double precision, or on GPUs
            raise
        return None
    return difference(wanted, found)


def difference(wanted, found):
    for ours_, theirs in zip(wanted, found, strict=True):
        loose = 2e-3 if ours_.dtype == np.float16 else 1e-4
        if (ours_.shape, ours_.dtype) != (theirs.shape, theirs.dtype):
            return f"{ours_.shape} {ours_.dtype} is {theirs.shape} {theirs.dtype}"
        exact = [each.astype("float64") for each in (ours_, theirs)]
        if not np.allclose(*exact, rtol=loose, atol=loose / 10, equal_nan=True):
            return f"differs by {np.nanmax(np.abs(exact[0] - exact[1]))}"
    return None


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_operator_means_the_same_in_onnx(path):
    problems = {case["id"]: problem_of(case, data, OPSET, None) for case, data in forward_cases(path)}
    assert not {name: problem for name, problem in problems.items() if problem}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.slow
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_operator_means_the_same_where_the_batch_is_open(path):
    def names(array):
        return {0: f"n{array.shape[0]}"} if array.ndim > 1 and array.shape[0] else {}

    problems = {case["id"]: problem_of(case, data, OPSET, names) for case, data in forward_cases(path)}
    assert not {name: problem for name, problem in problems.items() if problem}


COVERED_BY_MXNET = """
    Activation BatchNorm BlockGrad Cast Concat Convolution Crop Deconvolution Dropout Embedding Flatten
    FullyConnected InstanceNorm L2Normalization LRN LayerNorm LeakyReLU LogisticRegressionOutput MakeLoss Pad
    Pooling RNN ROIPooling Reshape SequenceMask SequenceReverse SliceChannel SoftmaxOutput SwapAxis UpSampling
    _arange _contrib_AdaptiveAvgPooling2D _contrib_BilinearResize2D _contrib_ROIAlign _contrib_arange_like
    _contrib_box_decode _contrib_box_nms _contrib_div_sqrt_dim _contrib_interleaved_matmul_selfatt_qk
    _contrib_interleaved_matmul_selfatt_valatt _copy _div_scalar _equal_scalar _greater_scalar _lesser_scalar
    _linalg_gemm2 _maximum _maximum_scalar _minimum _minimum_scalar _minus_scalar _mul_scalar _ones
    _plus_scalar _power _power_scalar _random_normal _random_uniform _random_uniform_like _rdiv_scalar
    _rminus_scalar _rnn_param_concat _sample_multinomial _split_v2 _zeros abs add_n arccos arcsin arctan
    argmax argmin argsort batch_dot broadcast_add broadcast_axis broadcast_div broadcast_equal
    broadcast_greater broadcast_greater_equal broadcast_lesser broadcast_lesser_equal broadcast_like
    broadcast_logical_and broadcast_logical_or broadcast_logical_xor broadcast_minimum broadcast_mod
    broadcast_mul broadcast_not_equal broadcast_power broadcast_sub broadcast_to ceil clip cos depth_to_space
    dot elemwise_add elemwise_div elemwise_mul elemwise_sub exp expand_dims floor gather_nd hard_sigmoid
    log log2 log_softmax logical_not max mean min negative norm null one_hot ones_like prod
    reciprocal relu repeat reshape_like reverse shape_array sigmoid sin size_array slice slice_axis slice_like
    softmax space_to_depth sqrt square squeeze stack sum take tan tanh tile topk transpose where zeros_like
""".split()
"""What the exporter of MXNet 1.9.1 says it supports, under the names that operators have."""


def test_everything_is_covered_that_the_exporter_of_mxnet_covers():
    assert not set(COVERED_BY_MXNET) - set(mx.onnx.get_operator_support())
