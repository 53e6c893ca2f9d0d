"""ONNX's own examples of its operators give here what they give there."""

import warnings

import numpy as np
import pytest

import mxnet as mx
from mxnet.contrib import onnx as contrib

onnx = pytest.importorskip("onnx")
from mxnet.onnx import readers  # noqa: E402, F401 - who reads what is filled by it
from mxnet.onnx.reading import READERS, NotReadError  # noqa: E402

KNOWN = {"float16", "float32", "float64", "int32", "int64", "int8", "uint8", "bool"}
SHAPED_BY_DATA = {
    "Clip",
    "ConstantOfShape",
    "CumSum",
    "GRU",
    "LSTM",
    "OneHot",
    "PRelu",
    "Pad",
    "QuantizeLinear",
}
SHAPED_BY_DATA |= {
    "RNN",
    "Range",
    "Resize",
    "Trilu",
    "Upsample",
    "ConvTranspose",
    "Tile",
    "Expand",
    "Reshape",
}
DIFFERENT = {
    "test_compress_default_axis": "a condition shorter than the data",
    "test_l2normalization_axis_0": "0 / 0",
}
EMPTY = ("empty_set", "mod_float_edge_cases", "wrap_pad")
"""Extremes of nothing, remainders of infinities, and a way to pad that MXNet does not have."""


def examples():
    np.random.seed(0)  # with which the examples are made
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from onnx.backend.test.case.node import collect_testcases

        found = collect_testcases(None)
    for case in found:
        ops = {node.op_type for node in case.model.graph.node}
        if (
            "expanded" in case.name
            or not ops <= READERS.keys()
            or not case.data_sets
            or case.name in DIFFERENT
        ):
            continue
        if any(each.domain or each.version < 7 for each in case.model.opset_import):
            continue
        if any(part in case.name for part in EMPTY):
            continue
        try:
            inputs, outputs = ([np.asarray(each) for each in side] for side in case.data_sets[0])
        except ValueError:
            continue
        if {str(array.dtype) for array in (*inputs, *outputs)} <= KNOWN:
            yield case.name, case.model, inputs, outputs


def saved_with_constants(model, inputs, path):
    """Write the model; inputs that only tell where and how are constant, as they are in real models."""
    ops = {node.op_type for node in model.graph.node}
    every = bool(ops & SHAPED_BY_DATA)
    kept = onnx.ModelProto()
    kept.CopyFrom(model)
    fed = {}
    for i, (info, array) in enumerate(zip(model.graph.input, inputs, strict=False)):
        tells = array.dtype.kind in "iub" and array.ndim <= 1 and not ops & {"Where", "Gather", "Compress"}
        if (i and (every or tells)) or ops & {"ConstantOfShape", "Range"}:
            kept.graph.initializer.append(onnx.numpy_helper.from_array(array, info.name))
            kept.graph.input.remove(next(each for each in kept.graph.input if each.name == info.name))
        else:
            fed[info.name] = array if array.ndim else array.reshape(1)
    onnx.save(kept, path)
    return fed


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_onnx_s_own_examples_of_operators_give_the_same_or_are_refused(tmp_path):
    problems = {name: problem_of(*case, tmp_path / "model.onnx") for name, *case in examples()}
    assert len(problems) > 500
    assert not {name: problem for name, problem in problems.items() if problem}


def problem_of(model, inputs, outputs, path):
    fed = saved_with_constants(model, inputs, path)
    try:
        symbol, arguments, states = contrib.import_model(path)
    except NotReadError:
        return ""
    every = {**arguments, **states, **{name: mx.nd.array(a, dtype=a.dtype) for name, a in fed.items()}}
    own = {name: every[name] for name in symbol.list_auxiliary_states()}
    given = {name: every[name] for name in symbol.list_arguments()}
    try:
        made = symbol.bind(mx.cpu(), given, grad_req="null", aux_states=own or None).forward()
    except mx.MXNetError as error:
        return str(error)
    for ours, wanted in zip(made, outputs, strict=False):
        pair = ours.asnumpy().astype("f8"), np.atleast_1d(wanted).astype("f8")
        if pair[0].shape != pair[1].shape or not np.allclose(*pair, rtol=1e-3, atol=1e-4, equal_nan=True):
            return f"{pair[0].shape} {pair[1].shape}"
    return ""


def model_of(nodes, inputs, outputs, opset=17, constants=()):
    helper = onnx.helper
    values = [
        [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in side.items()]
        for side in (inputs, outputs)
    ]
    tensors = [onnx.numpy_helper.from_array(array, name) for name, array in constants]
    graph = helper.make_graph(nodes, "test", *values, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def read(model, tmp_path):
    onnx.save(model, tmp_path / "model.onnx")
    return contrib.import_model(str(tmp_path / "model.onnx"))


def test_operators_without_counterpart_are_named_with_their_nodes(tmp_path):
    nodes = [onnx.helper.make_node("NonZero", ["x"], ["where"])]
    with pytest.raises(NotReadError, match=r"have no counterpart here:\n  NonZero \('where'\)"):
        read(model_of(nodes, {"x": [2]}, {"where": [1, None]}), tmp_path)


def test_a_shape_that_is_computed_from_an_open_batch_keeps_it_open(tmp_path):
    make = onnx.helper.make_node
    nodes = [
        make("Shape", ["x"], ["shape"]),
        make("Gather", ["shape", "zero"], ["batch"], axis=0),
        make("Unsqueeze", ["batch", "axes"], ["first"]),
        make("Concat", ["first", "rest"], ["wanted"], axis=0),
        make("Reshape", ["x", "wanted"], ["y"]),
    ]
    constants = [("zero", np.array(0)), ("axes", np.array([0])), ("rest", np.array([-1]))]
    symbol, _, _ = read(model_of(nodes, {"x": ["n", 3, 4]}, {"y": ["n", 12]}, constants=constants), tmp_path)
    assert symbol.infer_shape(x=(5, 3, 4))[1] == [(5, 12)]


@pytest.mark.parametrize("opset", [7, 9, 11, 13, 18])
def test_softmax_of_old_versions_runs_over_all_later_axes(tmp_path, opset):
    nodes = [onnx.helper.make_node("Softmax", ["x"], ["y"], axis=1)]
    symbol, _, _ = read(model_of(nodes, {"x": [2, 3, 4]}, {"y": [2, 3, 4]}, opset), tmp_path)
    made = symbol.eval(x=mx.nd.random.normal(shape=(2, 3, 4)))[0].asnumpy()
    totals = made.sum((1, 2)) if opset < 13 else made.sum(1)
    np.testing.assert_allclose(totals, np.ones_like(totals), rtol=1e-5)


def test_versions_that_are_too_old_are_refused(tmp_path):
    nodes = [onnx.helper.make_node("Relu", ["x"], ["y"])]
    with pytest.raises(mx.MXNetError, match="is of opset 6; those from 7 to"):
        read(model_of(nodes, {"x": [1]}, {"y": [1]}, opset=6), tmp_path)


@pytest.mark.parametrize("contents", [b"", b"not a model", bytes(100)])
def test_what_is_no_model_is_refused(tmp_path, contents):
    (tmp_path / "model.onnx").write_bytes(contents)
    with pytest.raises(mx.MXNetError, match="is no ONNX model"):
        contrib.import_model(tmp_path / "model.onnx")


def test_metadata_show_open_extents_as_0(tmp_path):
    nodes = [onnx.helper.make_node("Relu", ["x"], ["y"])]
    onnx.save(model_of(nodes, {"x": ["n", 3]}, {"y": ["n", 3]}), tmp_path / "model.onnx")
    assert contrib.get_model_metadata(str(tmp_path / "model.onnx")) == {
        "input_tensor_data": [("x", (0, 3))],
        "output_tensor_data": [("y", (0, 3))],
    }


def test_the_old_places_of_both_directions_are_there():
    assert mx.contrib.onnx.mx2onnx.export_model is mx.onnx.export_model
    assert mx.contrib.onnx.onnx2mx.import_model is contrib.import_model
